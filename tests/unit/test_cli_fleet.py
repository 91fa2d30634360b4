"""`xovac-tui fleet --json` on records of this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine
from tests.helpers.record import reading, writer
from xovac_tui.clock import SystemClock
from xovac_tui.compose import fleets
from xovac_tui.errors import Exit

SETTINGS = """
[forward]
site = "lab"
[profiles.bench-1]
url = "http://127.0.0.1:9"
contracts = ["missing.toml"]
"""


@pytest.fixture
def records(tmp_path: Path) -> Path:
    folder = tmp_path / "records"
    folder.mkdir()
    (tmp_path / "config.toml").write_text(SETTINGS)
    return folder


def record(folder: Path, name: str) -> Path:
    """Write the record of a chamber that was recorded until now, and whose recorder was killed."""
    clock, path = SystemClock(), folder / f"{name}.xovac.sqlite3"
    shift = clock.utc() - clock.mono()
    made = writer(path, clock.mono() - 5.0, shift=shift)
    made.event(reading(clock.mono(), shift=shift, part=21.5))
    made.commit(clock.utc())
    made.abandon()
    return path


def test_a_list_of_chambers_once(line: CommandLine, records: Path) -> None:
    record(records, "bench-1")
    record(records, "127.0.0.1-9")
    old = record(records, "long-ago")
    for path in records.glob("long-ago*"):
        os.utime(path, (1e9, 1e9))
    said = line("fleet", "--json")
    assert (said.code, said.err) == (Exit.OK, "")
    found = json.loads(said.out)
    assert [one["chamber"] for one in found] == ["127.0.0.1-9", "bench-1"]
    assert old.exists()
    one = found[1]
    assert (one["site"], one["state"], one["live"], one["presence"]) == (
        "lab",
        "RECORDER GONE",
        False,
        "gone",
    )
    assert one["recorded_here"] is True
    assert one["data_age"] < 60
    assert one["summary"]["channels"][0]["value"] == 21.5
    assert one["summary"]["utc"].endswith("+00:00")
    assert one["summary"]["ends"] is None


def test_no_chamber_is_an_empty_list(line: CommandLine, records: Path) -> None:
    said = line("fleet", "--json")
    assert (said.code, said.out) == (Exit.OK, "[]\n")


def test_a_broker_that_is_not_there_is_said_and_what_is_known_is_printed(
    line: CommandLine, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xovac_tui.cli.fleet.SETTLED", 0.1)
    record(records, "bench-1")
    sink = '[[forward.sinks]]\nname = "lab"\nkind = "mqtt"\nurl = "mqtt://127.0.0.1:1"\n'
    (tmp_path / "config.toml").write_text(SETTINGS + sink)
    said = line("fleet", "--json")
    assert said.code == Exit.CONNECT
    assert len(json.loads(said.out)) == 1
    assert said.err.startswith("lab: ")
    assert line("fleet", "--json", "--local").code == Exit.OK


def test_the_screen_needs_a_terminal(line: CommandLine, records: Path) -> None:
    said = line("fleet")
    assert said.code == Exit.USAGE
    assert "xovac-tui fleet --json" in said.err


def test_the_demo_is_known_by_its_name() -> None:
    assert [fleets.is_demo(name) for name in ("demo", "demo-2", "demonstrator", "bench")] == [
        True,
        True,
        False,
        False,
    ]
