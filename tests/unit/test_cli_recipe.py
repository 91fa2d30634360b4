import json
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, clean_environment

GOOD = """
name = "Two cycles"
limits = { min = -30, max = 65 }
[[steps]]
to = 60
rate = 2
[[steps]]
repeat = 2
[[steps.steps]]
to = -20
over = "40min"
[[steps.steps]]
hold = "2h"
[[steps]]
to = 22
rate = 1
[[steps]]
hold = "30min"
"""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    return CommandLine(tmp_path, capsys)


@pytest.fixture
def good(tmp_path: Path) -> str:
    file = tmp_path / "good.toml"
    file.write_text(GOOD)
    return str(file)


def test_a_good_recipe_may_be_sent(line: CommandLine, good: str) -> None:
    said = line("recipe", "check", good)
    assert said.code == 0
    assert said.out.endswith(f"{good}: may be sent.\n")


def test_a_recipe_beyond_its_limits_must_not_be_sent(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "hot.toml"
    file.write_text(GOOD.replace("to = 60", "to = 90"))
    said = line("recipe", "check", str(file))
    assert said.code == 2
    assert "error" in said.out
    assert said.out.endswith("must not be sent.\n")
    found = json.loads(line("recipe", "check", str(file), "--json").out)
    assert {"severity", "where", "message"} == set(found[0])
    assert found[0]["severity"] == "error"
    assert line("recipe", "compile", str(file)).code == 2


def test_plan_prints_every_round(line: CommandLine, good: str) -> None:
    said = line("recipe", "plan", good)
    told = said.out.splitlines()
    assert said.code == 0
    assert told[0].startswith("Two cycles: ")
    assert len(told) == 2 + 7
    assert "2/2" in said.out
    data = json.loads(line("recipe", "plan", good, "--json").out)
    assert data["name"] == "Two cycles"
    assert data["segments"][-1]["end"] == data["total_s"]


def test_plan_says_what_estimated_times_rest_on(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "quick.toml"
    file.write_text('name = "Quick"\n[[steps]]\nto = 60\n[[steps]]\nhold = "1h"\n')
    assert line("recipe", "plan", str(file)).out.startswith("Quick: about 1h 40m (assumed), ")
    data = json.loads(line("recipe", "plan", str(file), "--json").out)
    assert (data["shortest_s"], data["longest_s"], data["basis"]) == (6000, 6000, "assumed")


def test_check_knows_whether_the_profiles_contract_tells_the_pressure(
    line: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "vacuum.toml"
    file.write_text('name = "Vacuum"\npressure = 1e-3\n[[steps]]\nto = 40\n[[steps]]\nhold = "1h"\n')
    assert "no message is known to tell the pressure" in line("recipe", "check", str(file)).out
    settings = tmp_path / "config.toml"
    settings.write_text('[profiles.sim]\ncontracts = ["simulator"]\n')
    said = line("--config", str(settings), "recipe", "check", str(file), "--profile", "sim")
    assert said.code == 0
    assert "no message is known" not in said.out


def test_compile_prints_the_documented_payload(line: CommandLine, good: str) -> None:
    said = line("recipe", "compile", good)
    payload = json.loads(said.out)
    assert said.code == 0
    assert said.out.count("\n") == 1
    assert payload["name"] == "Two cycles"
    assert payload["recipe"][0] == [60.0, 1200.0, 0.0]
    assert payload["recipe"][2] == [-20.0, 7200.0, 0.0]


def test_compile_follows_the_profile(line: CommandLine, good: str) -> None:
    line.settings('[profiles.k.recipe]\ntemperature_unit = "K"\nduration_unit = "min"\n')
    said = line("recipe", "compile", good)
    assert json.loads(said.out)["recipe"][0] == [333.15, 20.0, 0.0]
    assert "defaults" not in said.err
    told = line("recipe", "compile", good, "--items").out.splitlines()
    assert told[0].split() == ["item", "target", "K", "duration", "min", "gradient"]
    assert told[1].split() == ["1", "333.15", "20", "0"]


def test_without_a_profile_the_defaults_are_named(line: CommandLine, good: str) -> None:
    assert "the defaults are taken" in line("recipe", "compile", good).err
    assert line("recipe", "compile", good, "--profile", "none").code == 2


def test_the_start_matters(line: CommandLine, good: str) -> None:
    hot = json.loads(line("recipe", "compile", good, "--start", "40").out)
    assert hot["recipe"][0] == [60.0, 600.0, 0.0]


@pytest.mark.parametrize("command", ["check", "plan", "compile"])
def test_a_file_that_cannot_be_read_is_told(line: CommandLine, tmp_path: Path, command: str) -> None:
    assert "none.toml" in line("recipe", command, str(tmp_path / "none.toml")).err
    file = tmp_path / "bad.toml"
    file.write_text('name = "x"\n[[steps]]\ntemp = 3\n')
    said = line("recipe", command, str(file))
    assert said.code == 2
    assert "bad.toml" in said.err
