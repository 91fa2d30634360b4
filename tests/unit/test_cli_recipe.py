import json
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine
from xovac_tui.recipes.differing import NO_DIFFERENCE
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.findings import FindingCode, finding
from xovac_tui.recipes.model import Hold, Ramp, Repeat
from xovac_tui.recipes.store import versions
from xovac_tui.recipes.templates import TemplateError, build, find_template

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
    assert found[0] == {
        "severity": "error",
        "code": "above_part",
        "where": "step 1",
        "message": finding(FindingCode.ABOVE_PART, target=90.0, limit=65.0).message,
        "data": {"target": 90.0, "limit": 65.0},
    }
    assert line("recipe", "compile", str(file)).code == 2


def test_plan_prints_every_round(line: CommandLine, good: str) -> None:
    said = line("recipe", "plan", good)
    reported = said.out.splitlines()
    assert said.code == 0
    assert reported[0].startswith("Two cycles: ")
    assert len(reported) == 2 + 7
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


def test_check_knows_whether_the_profiles_contract_reports_the_pressure(
    line: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "vacuum.toml"
    file.write_text('name = "Vacuum"\npressure = 1e-3\n[[steps]]\nto = 40\n[[steps]]\nhold = "1h"\n')
    unknown = finding(FindingCode.NO_PRESSURE, pressure=1e-3).message
    assert unknown in line("recipe", "check", str(file)).out
    settings = tmp_path / "config.toml"
    settings.write_text('[profiles.sim]\ncontracts = ["simulator"]\n')
    said = line("--config", str(settings), "recipe", "check", str(file), "--profile", "sim")
    assert said.code == 0
    assert unknown not in said.out


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
    reported = line("recipe", "compile", good, "--items").out.splitlines()
    assert reported[0].split() == ["item", "target", "K", "duration", "min", "gradient"]
    assert reported[1].split() == ["1", "333.15", "20", "0"]


def test_without_a_profile_the_defaults_are_named(line: CommandLine, good: str) -> None:
    assert "recipes are read with the default settings" in line("recipe", "compile", good).err
    assert line("recipe", "compile", good, "--profile", "none").code == 2


def test_the_start_matters(line: CommandLine, good: str) -> None:
    hot = json.loads(line("recipe", "compile", good, "--start", "40").out)
    assert hot["recipe"][0] == [60.0, 600.0, 0.0]


@pytest.mark.parametrize("command", ["check", "plan", "compile"])
def test_a_file_that_cannot_be_read_is_reported(line: CommandLine, tmp_path: Path, command: str) -> None:
    assert "none.toml" in line("recipe", command, str(tmp_path / "none.toml")).err
    file = tmp_path / "bad.toml"
    file.write_text('name = "x"\n[[steps]]\ntemp = 3\n')
    said = line("recipe", command, str(file))
    assert said.code == 2
    assert "bad.toml" in said.err


def test_a_new_recipe_lies_in_the_recipes_folder(line: CommandLine, tmp_path: Path) -> None:
    said = line(
        "recipe", "new", "My cycles", "--template", "cycling", "--set", "hot=40", "--set", "cycles = 2"
    )
    file = tmp_path / "recipes" / "my-cycles.toml"
    assert (said.code, said.out) == (0, f"{file}\n")
    recipe = load_recipe(file)
    assert recipe.name == "My cycles"
    assert recipe.steps[0] == Repeat(
        2, (Ramp(40, rate=0.8), Hold(7200, "Hot plateau."), Ramp(-20, rate=0.8), Hold(7200, "Cold plateau."))
    )
    assert line("recipe", "check", str(file)).code == 0


def test_the_recipes_folder_is_that_of_the_settings(line: CommandLine, tmp_path: Path) -> None:
    line.settings('recipes = "elsewhere"\n')
    assert line("recipe", "new", "X", "-t", "bakeout").out == f"{tmp_path / 'elsewhere' / 'x.toml'}\n"


def test_a_file_is_written_over_only_by_force(line: CommandLine, tmp_path: Path, good: str) -> None:
    out = tmp_path / "x.toml"
    assert line("recipe", "new", "One", "-t", "bakeout", "--out", str(out)).code == 0
    said = line("recipe", "new", "Two", "-t", "bakeout", "--out", str(out))
    assert said.code == 2
    assert "exists already" in said.err
    assert "--force" in said.err
    assert load_recipe(out).name == "One"
    assert line("recipe", "new", "Two", "-t", "bakeout", "--out", str(out), "--force").code == 0
    assert load_recipe(out).name == "Two"
    (version,) = versions(out)
    assert load_recipe(version.path).name == "One"
    assert line("recipe", "export", good, "-f", "csv", "--out", str(out)).code == 2
    assert load_recipe(out).name == "Two"


def test_what_is_wrong_with_a_new_recipe_is_said(line: CommandLine, tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as unknown:
        build(find_template("bakeout"), {"warm": "5"})
    for arguments, word in (
        (("-t", "none"), "there are bakeout"),
        (("-t", "bakeout", "--set", "temperature=5 min"), "temperature: "),
        (("-t", "bakeout", "--set", "temperature"), "has no value"),
        (("-t", "bakeout", "--set", "warm=5"), str(unknown.value)),
    ):
        said = line("recipe", "new", "X", *arguments)
        assert said.code == 2
        assert word in said.err
    assert not (tmp_path / "recipes").exists()


def test_templates_are_listed_with_their_values(line: CommandLine) -> None:
    reported = line("recipe", "templates").out
    assert "cycling: Rounds between" in reported
    assert "  cold=-20 °C" in reported
    assert "One of hot, cold." in reported
    data = json.loads(line("recipe", "templates", "--json").out)
    assert [template["name"] for template in data] == ["bakeout", "cycling", "survival", "balance"]
    assert data[0]["parameters"][0]["default"] == "60 °C"


def test_a_recipe_goes_to_csv_and_back(line: CommandLine, good: str, tmp_path: Path) -> None:
    said = line("recipe", "export", good, "--format", "csv")
    assert said.out.startswith("kind,to_degC")
    assert "limits" in said.err
    assert "No profile" not in said.err
    sheet = tmp_path / "Two cycles.csv"
    assert line("recipe", "export", good, "--format", "csv", "--out", str(sheet)).out == ""
    assert sheet.read_text() == said.out
    back = line("recipe", "import", str(sheet))
    file = tmp_path / "recipes" / "two-cycles.toml"
    assert back.out == f"{file}\n"
    assert "after the file" in back.err
    assert load_recipe(file).steps == load_recipe(good).steps
    printed = line("recipe", "import", str(sheet), "--out", "-")
    assert printed.out == file.read_text()


def test_a_devices_list_follows_the_profile_both_ways(line: CommandLine, good: str, tmp_path: Path) -> None:
    line.settings('[profiles.k.recipe]\ntemperature_unit = "K"\nduration_unit = "min"\n')
    exported = line("recipe", "export", good, "-f", "json", "--start", "40").out
    assert json.loads(exported)["recipe"][0] == [333.15, 10.0, 0.0]
    (tmp_path / "list.json").write_text(exported)
    said = line("recipe", "import", str(tmp_path / "list.json"), "--out", str(tmp_path / "back.toml"))
    assert "read as K and durations as min" in said.err
    assert load_recipe(tmp_path / "back.toml").steps[:2] == (Ramp(60, over=600), Ramp(-20, over=2400))


def test_toml_is_exported_tidily(line: CommandLine, good: str, tmp_path: Path) -> None:
    said = line("recipe", "export", good, "-f", "toml")
    (tmp_path / "again.toml").write_text(said.out)
    assert load_recipe(tmp_path / "again.toml") == load_recipe(good)
    assert 'hold = "30m"' in said.out


def test_a_bad_sheet_names_its_lines(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("kind,to\nramp,warm\nwait,\n")
    said = line("recipe", "import", str(tmp_path / "x.csv"))
    assert said.code == 2
    assert "line 2" in said.err
    assert "line 3" in said.err


def test_recipes_are_compared_as_in_the_console(line: CommandLine, good: str, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(f"# a comment\n{GOOD}")
    assert (line("recipe", "diff", good, str(other)).code, line("recipe", "diff", good, good).code) == (0, 0)
    assert line("recipe", "diff", good, str(other)).out == f"{NO_DIFFERENCE}\n"
    assert line("recipe", "diff", good, str(other), "--json").out == "[]\n"
    other.write_text(GOOD.replace("to = -20", "to = -25"))
    said = line("recipe", "diff", good, str(other))
    assert (said.code, said.err) == (1, "")
    assert said.out.splitlines()[:2] == [f"--- {good}", f"+++ {other}"]
    assert [one for one in said.out.splitlines()[2:] if one[0] in "-+"] == [
        "- 2.1   ramp to −20 °C in 40m",
        "+ 2.1   ramp to −25 °C in 40m",
    ]
    found = json.loads(line("recipe", "diff", good, str(other), "--json").out)
    assert [(one["sign"], one["place"]) for one in found] == [("-", "2.1"), ("+", "2.1")]
    assert line("recipe", "diff", good, str(tmp_path / "none.toml")).code == 2
