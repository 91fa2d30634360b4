from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui import paths
from xovac_tui.api.event import Event
from xovac_tui.cli import replay as command
from xovac_tui.recording.disk.kinds import Item, RunItem
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.exports.imports import not_exported
from xovac_tui.replay.playback import Playback
from xovac_tui.replay.station import ReplayStation
from xovac_tui.ui.start import Start


class Opened:
    """What the console was opened with."""

    def __init__(self) -> None:
        self.start: Start | None = None
        self.look: Callable[[ReplayStation], Any] = lambda station: None
        self.seen: Any = None

    def run(self, start: Start, station: ReplayStation, playback: Playback) -> int:
        assert playback is station.playback
        self.start = start
        while station.playback.seeking is not None:
            station.playback.turn()
        self.seen = self.look(station)
        return 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    from xovac_tui.ui import app

    made = Opened()
    monkeypatch.setattr(app, "run_console", made.run)
    monkeypatch.setattr(command, "need_terminal", lambda: None)
    return made


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    line = CommandLine(tmp_path, capsys)
    line.settings('profile = "lab"\n[display]\ntime = "utc"\n[profiles.lab]\nurl = "http://127.0.0.1:3000"\n')
    return line


@pytest.fixture
def record() -> Path:
    things: list[Event | Item] = [message(n, json.dumps({"p": n})) for n in range(0, 3000, 2)]
    for now, result in ((1000, "running"), (2000, "completed")):
        item = RunItem(
            id=1,
            name="Soak",
            load=None,
            started_utc=UTC + 1000,
            started_mono=MONO + 1000,
            utc=UTC + now,
            mono=MONO + now,
            result=result,
        )
        things.insert(now // 2, item)
    return write_record(paths.record_file("lab"), things, end=3000)


def value(station: ReplayStation) -> float | None:
    channel = station.snapshot().channel("sensor_data.p")
    return channel.value if channel else None


def test_a_run_is_opened_at_its_beginning_with_what_was_before(
    line: CommandLine, record: Path, opened: Opened
) -> None:
    opened.look = lambda station: (
        station.name,
        value(station),
        round(station.playback.passed),
        round(station.playback.length),
        station.snapshot().counters.events_in,
        station.playback.speed,
        station.record.choice,
    )
    said = line("replay", "r1", "--speed", "20")
    assert (said.code, said.err) == (0, "")
    # 10 minutes before the run are fed first.
    assert opened.seen == ("lab", 1000.0, 0, 1000, 301, 20.0, None)


def test_it_can_begin_later(line: CommandLine, record: Path, opened: Opened) -> None:
    opened.look = value
    assert line("replay", "last", "--from", "5min").code == 0
    assert opened.seen == 1300.0
    assert line("replay", "r1", "--from", "14:40:00").code == 0
    assert opened.seen == 1600.0
    said = line("replay", "r1", "--from", "never")
    assert said.code == 2
    assert "is not a time" in said.err


def test_an_exported_file_is_replayed(
    line: CommandLine, record: Path, opened: Opened, tmp_path: Path
) -> None:
    assert line("export", "r1", "--out", "run.jsonl").code == 0
    record.unlink()
    opened.look = lambda station: (
        station.name,
        value(station),
        round(station.playback.length),
        len(station.log),
    )
    assert line("replay", "run.jsonl", "--from", "100s").code == 0
    assert opened.seen == ("lab", 1100.0, 1000, 51)
    (tmp_path / "run.jsonl").write_text('{"no": "record"}\n')
    said = line("replay", "run.jsonl")
    assert said.code == 2
    assert said.err == f"{not_exported(Path('run.jsonl'))}\n"


def test_a_record_anywhere_is_replayed(
    line: CommandLine, record: Path, opened: Opened, tmp_path: Path
) -> None:
    other = record.rename(tmp_path / "copy.sqlite3")
    opened.look = lambda station: (station.playback.label, round(station.playback.length))
    assert line("replay", "copy.sqlite3").code == 0
    assert opened.seen[0] == "all"
    assert line("replay", "r1", "--record", str(other)).code == 0
    assert opened.seen == ("r1", 1000)


def test_what_is_not_there_is_reported(line: CommandLine, opened: Opened, record: Path) -> None:
    said = line("replay", "r7")
    assert said.code == 2
    with Record(record) as opened_record, pytest.raises(RecordError) as refused:
        find_span(opened_record, "r7")
    assert said.err == f"{refused.value}\n"
    assert line("replay", "r1", "--speed", "0").code == 2
    assert line("replay", "r1", "--record", "nowhere").code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the standard streams are no terminal here")
def test_without_a_terminal_it_says_what_works(line: CommandLine, record: Path) -> None:
    said = line("replay", "r1")
    assert said.code == 2
    assert "needs a terminal" in said.err
    assert "record, runs, export" in said.err


def test_what_is_damaged_is_reported_at_the_beginning(
    line: CommandLine, record: Path, opened: Opened
) -> None:
    with sqlite3.connect(record) as db:
        db.execute("UPDATE blocks SET data = zeroblob(100) WHERE id = 2")
    db.close()
    assert line("replay", "r1").code == 0
    assert opened.start is not None
    (note,) = [note for note in opened.start.notes if "cannot be read" in note]
    assert note.startswith("512 events (1 block) from 2026-09-21 14:30:24+00:00")
    assert note.endswith("They are left out of this replay.")
