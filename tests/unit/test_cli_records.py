from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import xovac_tui
from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.pastruns import three_runs
from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui import paths
from xovac_tui.api.event import Event
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.kinds import Item, RecordedRun, RunItem
from xovac_tui.recording.disk.lock import WriterLock, is_recorded
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import no_record
from xovac_tui.recording.exports.exported import note_exported
from xovac_tui.recording.exports.imports import read_transcript
from xovac_tui.recording.exports.parts import unknown_channel

SETTINGS = """
profile = "lab"
[display]
time = "utc"
[profiles.lab]
url = "http://127.0.0.1:3000"
contracts = ["own.toml"]
"""
CONTRACT = """
[messages.sensor_data]
"plate.B" = { channel = "plate_b", label = "Plate B", unit = "degC" }
"""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    line = CommandLine(tmp_path, capsys)
    line.settings(SETTINGS)
    (tmp_path / "own.toml").write_text(CONTRACT)
    return line


def run_item(number: int, start: float, now: float, result: str = "running") -> RunItem:
    return RunItem(
        id=number,
        name="Bake\x1bout",
        load=None,
        started_utc=UTC + start,
        started_mono=MONO + start,
        utc=UTC + now,
        mono=MONO + now,
        result=result,
    )


@pytest.fixture
def record() -> Path:
    """Two sessions: one that was killed, with a run that ended; one that ended, with a run that did not."""
    things: list[Event | Item] = [
        message(n, json.dumps({"plate": {"A": 20 + n / 8, "B": -n}, "p": 1e-5})) for n in range(900)
    ]
    things[700:700] = [run_item(1, 600, 700, "completed")]
    things[600:600] = [run_item(1, 600, 600)]
    path = write_record(paths.record_file("lab"), things, end=900, ended=False)
    later: list[Event | Item] = [message(5000 + n, '{"p": 2e-5}') for n in range(10)]
    later.append(run_item(2, 5001, 5001))
    return write_record(path, later, utc=UTC + 5000, mono=MONO + 5000, end=60)


def test_runs_and_sessions_are_listed_newest_last(line: CommandLine, record: Path) -> None:
    said = line("runs")
    assert said.code == 0
    head, *rows = said.out.splitlines()
    assert head.startswith(f"{record}: ")
    assert [row.split()[:3] for row in rows if row.startswith(("s1", "s2"))] == [
        ["s1", "2026-09-21", "14:13:20+00:00"],
        ["s2", "2026-09-21", "15:36:40+00:00"],
    ]
    assert "was killed or lost power" in rows[2]
    assert "15m 00s" in rows[2]
    assert "ended" in rows[3]
    assert "ada@bench" in rows[3]
    assert rows[6].split()[:6] == ["r1", "Bake␛out", "2026-09-21", "14:23:20+00:00", "1m", "40s"]
    assert "completed" in rows[6]
    assert "so far" in rows[7]
    assert all(row.isprintable() for row in rows)


def test_runs_as_json(line: CommandLine, record: Path) -> None:
    reported = json.loads(line("runs", "--json").out)
    assert set(reported) == {"record", "bytes", "sessions", "runs", "unreadable"}
    assert reported["record"] == str(record)
    assert reported["bytes"] >= record.stat().st_size
    assert [(life["id"], life["state"]) for life in reported["sessions"]] == [
        ("s1", "was killed or lost power"),
        ("s2", "ended"),
    ]
    assert [(run["id"], run["session"], run["result"]) for run in reported["runs"]] == [
        ("r1", "s1", "completed"),
        ("r2", "s2", "running"),
    ]
    assert reported["runs"][0]["seconds"] == 100.0
    assert reported["runs"][0]["began"] == "2026-09-21T14:23:20.000+00:00"
    assert reported["runs"][0]["exported"] is reported["runs"][1]["ended"] is None


def test_a_session_that_goes_on_is_known_by_its_lock(line: CommandLine, record: Path) -> None:
    write_record(record, [message(9000, "{}")], utc=UTC + 9000, mono=MONO + 9000, ended=False)
    assert not is_recorded(record)
    lock = WriterLock(record)
    assert lock.acquire()
    try:
        assert is_recorded(record)
        states = [life["state"] for life in json.loads(line("runs", "--json").out)["sessions"]]
    finally:
        lock.release()
    assert states == ["was killed or lost power", "ended", "goes on"]
    assert not is_recorded(record)


def test_without_a_record_it_says_where_one_would_be(line: CommandLine) -> None:
    said = line("runs")
    assert said.code == 2
    assert said.err == f"{no_record(paths.record_file('lab'))}\n"
    assert line("export", "last").code == 2
    assert "demo.xovac.sqlite3" in line("runs", "--demo").err
    assert "leave --profile" in line("runs", "--demo", "--profile", "lab").err


def test_any_record_can_be_named(line: CommandLine, tmp_path: Path, record: Path) -> None:
    other = record.rename(tmp_path / "elsewhere.sqlite3")
    assert json.loads(line("runs", "--json", "--record", str(other)).out)["record"] == str(other)
    # The profile's name stands in it, so its contract's names work.
    said = line("export", "r1", "--record", str(other), "--channels", "plate_b", "--out", "-")
    assert said.out.splitlines()[:2] == [
        "time,t_s,sensor_data.plate.B",
        "2026-09-21T14:23:20.000Z,0.000,-600",
    ]
    (tmp_path / "own.toml").unlink()
    said = line("export", "r1", "--record", str(other), "--channels", "plate.b", "--out", "-")
    assert said.code == 0
    assert "own.toml" in said.err


def test_a_run_is_exported_as_csv_which_does_not_stand_for_it(
    line: CommandLine, record: Path, tmp_path: Path
) -> None:
    said = line("export", "r1")
    assert (said.code, said.out) == (0, "")
    file = tmp_path / "lab-r1.csv"
    assert said.err == f"r1 is in lab-r1.csv ({file.stat().st_size:,} bytes).\n"
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600
    rows = list(csv.reader(io.StringIO(file.read_text(), newline="")))
    assert rows[0] == ["time", "t_s", "sensor_data.plate.A", "sensor_data.p", "sensor_data.plate.B"]
    assert rows[1] == ["2026-09-21T14:23:20.000Z", "0.000", "95.0", "1e-05", "-600"]
    assert len(rows) == 101
    # Texts, commands and exact payloads are not in a table: the original must stay.
    assert line("export", "r1", "--out", "x.parquet").code == 0
    assert exported(line) == []


def exported(line: CommandLine) -> list[str]:
    """Return the runs that count as exported."""
    return [run["id"] for run in json.loads(line("runs", "--json").out)["runs"] if run["exported"]]


def test_only_what_is_exported_whole_is_noted(line: CommandLine, record: Path) -> None:
    for number, more in enumerate((["--from", "10s"], ["--to", "14:24"], ["--channels", "p"])):
        assert line("export", "r1", "--out", f"{number}.jsonl", *more).code == 0
        assert exported(line) == []
    # A run that goes on is not whole.
    assert line("export", "r2", "--out", "r2.jsonl").code == 0
    assert exported(line) == []
    assert line("export", "s1", "--out", "s1.jsonl").code == 0
    assert exported(line) == ["r1"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of POSIX")
def test_a_pipe_counts_as_no_export_but_a_file_behind_standard_output_does(
    line: CommandLine, record: Path, tmp_path: Path
) -> None:
    program = [sys.executable, "-m", "xovac_tui", "export", "r1", "--format", "jsonl", "--out", "-"]
    environment = {**os.environ, "PYTHONPATH": str(Path(xovac_tui.__file__).parents[1])}
    # Whoever reads may look at the first line only.
    subprocess.run(program, stdout=subprocess.PIPE, env=environment, check=True)
    assert exported(line) == []
    with (tmp_path / "whole.jsonl").open("wb") as file:
        subprocess.run(program, stdout=file, env=environment, check=True)
    assert exported(line) == ["r1"]


def spoil(record: Path) -> None:
    """Damage the second block of a record as a disk would."""
    with sqlite3.connect(record) as db:
        (data,) = db.execute("SELECT data FROM blocks WHERE id = 2").fetchone()
        db.execute("UPDATE blocks SET data = ? WHERE id = 2", (data[:40] + bytes(len(data) - 40),))
    db.close()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_damaged_blocks_are_reported_and_keep_the_original(
    line: CommandLine, record: Path, form: str
) -> None:
    spoil(record)
    said = line("export", "s1", "--format", form)
    assert said.code == 3
    assert (
        "388 events (1 block) from 2026-09-21 14:21:52+00:00 to 2026-09-21 14:28:19+00:00 cannot be"
        in said.err
    )
    assert exported(line) == []
    # What is whole elsewhere is an export as ever.
    said = line("export", "s2", "--format", form)
    assert (said.code, "cannot be read" in said.err) == (0, False)
    assert line("export", "s1", "--to", "2min", "--out", "x.csv").code == 0


def test_runs_report_what_is_damaged(line: CommandLine, record: Path) -> None:
    assert json.loads(line("runs", "--json").out)["unreadable"] is None
    spoil(record)
    assert json.loads(line("runs", "--json").out)["unreadable"] == {
        "blocks": 1,
        "events": 388,
        "from": "2026-09-21T14:21:52.000+00:00",
        "to": "2026-09-21T14:28:19.000+00:00",
    }
    assert "388 events (1 block) from" in line("runs").out.splitlines()[1]


def test_blocks_that_are_deleted_during_an_export_count_likewise(
    line: CommandLine, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lists.find_span

    def find(opened: Record, wanted: str) -> lists.RecordSpan:
        found = real(opened, wanted)
        with sqlite3.connect(record) as db:
            db.execute("DELETE FROM blocks WHERE id = 1")
        db.close()
        return found

    monkeypatch.setattr("xovac_tui.cli.export.find_span", find)
    said = line("export", "s1", "--format", "jsonl")
    assert said.code == 3
    assert "512 events (1 block) from 2026-09-21 14:13:20+00:00" in said.err
    assert exported(line) == []


def test_a_record_that_cannot_be_noted_in_is_only_a_note(line: CommandLine, record: Path) -> None:
    assert note_exported(record, [], UTC) == note_exported(record, [1], UTC) == ""
    with sqlite3.connect(record) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    said = note_exported(record, [1, 2], UTC)
    assert said == "That r1, r2 was exported could not be noted in the record: newer file."


def test_the_format_is_taken_from_the_file_name(line: CommandLine, record: Path, tmp_path: Path) -> None:
    assert line("export", "all", "--out", "x.jsonl").code == 0
    sliced = read_transcript(tmp_path / "x.jsonl")
    assert [len(sliced.of(RecordedRun)), len(sliced.head.sessions)] == [2, 2]
    assert sum(stretch.block.count for stretch in sliced.stretches(0)) == 910
    assert line("export", "all", "--out", "x.parquet").code == 0
    assert (tmp_path / "x.parquet").read_bytes()[:4] == b"PAR1"
    assert line("export", "all", "--format", "jsonl", "--channels", "plate*", "--out", "s.txt").code == 0
    first = json.loads((tmp_path / "s.txt").read_text().splitlines()[0])
    assert first["samples"] == {"sensor_data.plate.A": 20.0, "sensor_data.plate.B": 0.0}


def test_nothing_is_written_over_without_force(line: CommandLine, record: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("mine")
    said = line("export", "r1", "--out", "x.csv")
    assert (said.code, file.read_text()) == (2, "mine")
    assert said.err == "x.csv is there and is not written over. Name another file, or add --force.\n"
    assert line("export", "r1", "--out", "x.csv", "--force").code == 0
    assert file.read_text().startswith("time,")
    assert "is a folder" in line("export", "r1", "--out", ".").err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["r9"], 'No run or session "r9" is in'),
        (["r1", "--from", "nonsense"], '"nonsense" is not a time'),
        (["r1", "--from", "2h"], "Nothing of r1 is from"),
        (["r1", "--channels", "plato"], f'{unknown_channel("plato")} Did you mean "plate'),
        (["r1", "--labels", "--format", "jsonl"], "--labels is for csv"),
    ],
)
def test_mistakes_are_reported_and_leave_nothing(
    line: CommandLine, record: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    before = sorted({file.name for file in tmp_path.iterdir()} | {"logs"})
    reported = line("export", *arguments)
    assert reported.code == 2
    assert said in reported.err
    assert sorted(file.name for file in tmp_path.iterdir()) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_a_sentence(
    line: CommandLine, record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = line("export", "r1", "--out", "/dev/full")
    assert said.code == 2
    assert said.err.startswith("/dev/full cannot be written: No space left on device.")
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    said = line("export", "r1", "--out", "x.csv")
    monkeypatch.setattr(os, "fsync", real)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "x.csv cannot be written: No space left on device. Make room there" in said.err
    assert not [file for file in tmp_path.iterdir() if file.name.startswith((".x.csv", "x.csv"))]
    assert json.loads(line("runs", "--json").out)["runs"][0]["exported"] is None


# -- report -----------------------------------------------------------------------------------------------


def test_a_report_is_written_beside_and_its_hash_is_that_of_the_export(line: CommandLine) -> None:
    record = str(three_runs(line.home / "three.sqlite3"))
    done = line("report", "r1", "--record", record)
    assert done.code == 0, done.err
    assert "The report of r1 is in bench-1-r1.html" in done.err
    text = (line.home / "bench-1-r1.html").read_text()
    assert line("export", "r1", "--record", record, "--out", "r1.jsonl").code == 0
    assert hashlib.sha256((line.home / "r1.jsonl").read_bytes()).hexdigest() in text
    again = line("report", "r1", "--record", record)
    assert again.code == 2
    assert "add --force" in again.err
    assert line("report", "last", "--record", record, "--out", "last.html").code == 0
    assert "interim" not in (line.home / "last.html").read_text()
    lock = WriterLock(Path(record))
    assert lock.acquire()
    try:
        assert line("report", "last", "--record", record, "--out", "last.html", "--force").code == 0
    finally:
        lock.release()
    assert "interim" in (line.home / "last.html").read_text()


def test_a_report_of_what_is_not_there_says_what_is(line: CommandLine) -> None:
    record = str(three_runs(line.home / "three.sqlite3"))
    session = line("report", "s1", "--record", record)
    assert (session.code, session.out) == (2, "")
    assert "a report is of one run. There are r1, r2, r3 and `last`" in session.err
    assert "no folder nowhere" in line("report", "r1", "--record", record, "--out", "nowhere/x.html").err


def test_a_report_that_lacks_damaged_events_says_so(line: CommandLine) -> None:
    path = three_runs(line.home / "three.sqlite3")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE blocks SET data = x'00' WHERE id = (SELECT min(id) FROM blocks)")
    db.close()
    done = line("report", "r1", "--record", str(path))
    assert done.code == 3, done.err
    assert "They are missing in the report." in done.err
    assert "are damaged in the record" in (line.home / "bench-1-r1.html").read_text()
