"""`xovac-tui contract draft|check|show|diff`."""

import json
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, Script
from tests.helpers.record import event, reading, written
from xovac_tui import paths
from xovac_tui.api.event import EventKind
from xovac_tui.api.link import LinkCode, LinkView, LinkWord
from xovac_tui.api.loader import load_contract

URL = ("--url", "http://chamber.lab:8080")
TELEMETRY = ("telemetry", {"p_mbar": 1e-6, "state": "idle", "a.b \u202e": {"t_degC": 20.5}})


def test_a_draft_of_what_comes_is_a_contract_file(line: CommandLine, script: Script) -> None:
    script.messages = [TELEMETRY] * 3
    file = line.home / "new" / "bench.toml"
    said = line("contract", "draft", "--for", "0.1s", *URL, "--output", str(file))
    assert (said.code, said.out) == (0, f"{file}\n")
    assert script.sent == []
    assert file.stat().st_mode & 0o777 == 0o644
    rules = load_contract([file]).rules()
    assert rules.keys() == {"telemetry.p_mbar", 'telemetry."a.b \u202e".t_degC'}
    printed = line("contract", "draft", "--for", "0.1s", *URL)
    assert printed.out == file.read_text()
    assert '# guessed: unit = "mbar": the name ends in "mbar"; ' in printed.out
    assert line("contract", "check", str(file)).code == 0


def test_a_file_that_is_there_is_overwritten_only_with_force(line: CommandLine, script: Script) -> None:
    script.messages = [TELEMETRY]
    file = line.home / "x.toml"
    file.write_text("# mine\n")
    draft = ("contract", "draft", "--for", "0.1s", *URL, "-o", str(file))
    said = line(*draft)
    assert (said.code, file.read_text()) == (2, "# mine\n")
    assert str(file) in said.err
    assert line(*draft, "--force").code == 0
    assert line("contract", "draft", "--for", "0.1s", *URL, "-o", str(file / "x")).code == 2


def test_only_what_has_no_name_yet_is_drafted(line: CommandLine, script: Script) -> None:
    (line.home / "own.toml").write_text(
        '[messages.telemetry]\n"state" = { role = "state", idle = ["idle"] }\n'
        '"p_mbar" = { role = "pressure", unit = "mbar" }\n'
    )
    line.settings('[profiles.lab]\nurl = "http://lab:1"\ncontracts = ["own.toml"]\n')
    script.messages = [TELEMETRY]
    said = line("contract", "draft", "--for", "0.1s")
    assert "1 leaf of 1 event" in said.err
    assert said.out.count(" = {") == 1


def test_a_draft_does_not_take_the_place_of_the_names_that_it_leaves_out(
    line: CommandLine, script: Script
) -> None:
    own = line.home / "own.toml"
    own.write_text('[messages.telemetry]\n"state" = { role = "state", idle = ["idle"] }\n')
    (line.home / "link.toml").symlink_to(own)
    line.settings('[profiles.lab]\nurl = "http://lab:1"\ncontracts = ["own.toml"]\n')
    script.messages = [TELEMETRY]
    before = own.read_text()
    for name in ("own.toml", "link.toml"):
        said = line("contract", "draft", "--for", "0.1s", "-o", str(line.home / name), "--force")
        assert (said.code, own.read_text()) == (2, before)
        assert "Write into another file" in said.err


def test_a_draft_of_a_record_connects_to_nothing(line: CommandLine, script: Script) -> None:
    record = paths.record_file("lab", line.home)
    written(record, [reading(float(number), p_mbar=10.0**-number) for number in range(6)])
    said = line("contract", "draft", "--from", str(record))
    assert said.code == 0
    assert script.chamber is None
    assert "log = true" in said.out
    assert line("contract", "draft", "--from", str(record), "--for", "3s").code == 2
    assert line("contract", "draft", "--from", str(line.home / "none")).code == 2
    written(line.home / "empty.xovac.sqlite3", [event(1.0, name="go", kind=EventKind.COMMAND)])
    assert line("contract", "draft", "--from", str(line.home / "empty.xovac.sqlite3")).code == 2


def test_a_draft_of_nothing_is_none(line: CommandLine, script: Script) -> None:
    assert line("contract", "draft", "--for", "0.1s", *URL).code == 7
    script.statuses = [LinkView(LinkWord.CONNECTING, attempt=1, why="Off.", code=LinkCode.NOTHING_LISTENS)]
    assert line("contract", "draft", "--for", "0.1s", *URL).code == 6


@pytest.fixture
def profile(line: CommandLine) -> Path:
    own = line.home / "own.toml"
    own.write_text('[messages.m]\n"x" = { unit = "bananas" }\n[commands.go]\n')
    line.settings('[profiles.lab]\nurl = "http://lab:1"\ncontracts = ["simulator", "own.toml"]\n')
    return own


def test_check_reports_every_mistake(line: CommandLine, profile: Path) -> None:
    said = line("contract", "check")
    assert said.code == 0
    assert "profile lab: no mistakes" in said.out
    assert '"bananas"' in said.err
    bad = line.home / "bad.toml"
    bad.write_text('start = "x"\n[messages.m]\n"x" = { unt = "K" }\n"y" = { role = "presure" }\n')
    said = line("contract", "check", str(bad))
    assert said.code == 2
    assert len(said.out.splitlines()) == 3
    bad.write_text('[confirm.go]\nrole = "state"\nbecomes = "running"\n')
    assert line("contract", "check", str(bad)).code == 2
    assert line("contract", "check", str(bad), "--profile", "lab").code == 0
    bad.write_text("[messages.m]\nx = {\ny\n")
    assert f"{bad}: not valid TOML" in line("contract", "check", str(bad)).out
    assert line("contract", "check", str(line.home / "none.toml")).code == 2


def test_show_prints_the_contract_in_force_with_origins(line: CommandLine, profile: Path) -> None:
    said = line("contract", "show")
    assert said.code == 0
    rows = [row.split() for row in said.out.splitlines()]
    assert ["go", "user"] in rows
    assert ["m", "x", "user", "unit", "=", '"bananas"'] in rows
    assert ["set_pump", "assumed"] in [row[:2] for row in rows]
    data = json.loads(line("contract", "show", "--json").out)
    assert data["files"] == ["documented.toml", "simulator.toml", str(profile)]
    assert data["start"] == "start_recipe"
    leaf = {"event": "m", "path": "x", "unit": "bananas", "origin": "user", "source": str(profile)}
    assert leaf in data["leaves"]
    profile.write_text("x")
    assert line("contract", "show").code == 2
    line.settings("")
    assert json.loads(line("contract", "show", "--json").out)["files"] == ["documented.toml"]


def test_diff_prints_what_differs(line: CommandLine, profile: Path) -> None:
    other = line.home / "other.toml"
    other.write_text('[messages.m]\n"x" = { unit = "K" }\n')
    said = line("contract", "diff", str(profile), str(other))
    assert said.out.splitlines() == [
        'messages.m."x".unit: "bananas" -> "K"',
        "commands.go: {} -> nothing",
    ]
    data = json.loads(line("contract", "diff", "--json", str(other)).out)
    assert {"where": ["messages", "m", "x", "unit"], "before": "bananas", "after": "K"} in data
    assert len(data) == 2
    assert line("contract", "diff", str(other), str(other)).out == "They say the same.\n"
    assert line("contract", "diff", str(other), str(line.home / "none.toml")).code == 2
