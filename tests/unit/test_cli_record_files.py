"""`xovac-tui record copy` and `record check`: what they write and print, and their exit codes."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.record import UTC, raws_of, reading, writer
from tests.unit.test_cli_audit import SETTINGS
from xovac_tui import paths
from xovac_tui.recording.disk.indices import duplicate_words
from xovac_tui.recording.disk.kinds import RecordedChange
from xovac_tui.recording.disk.lock import WriterLock
from xovac_tui.recording.disk.schema import VERSION, no_record
from xovac_tui.recording.disk.writer import BLOCK, Writer


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    line = CommandLine(tmp_path, capsys)
    line.settings(SETTINGS)
    return line


@pytest.fixture
def record(line: CommandLine) -> Path:
    return paths.record_file("lab", paths.records_folder("", None))


@pytest.fixture
def writing(record: Path) -> Writer:
    """A record that is being written: most of it waits in the -wal."""
    made = writer(record)
    made.item(RecordedChange(kind="settings", who="ada@bench", text="in force", t=UTC, mono=0.0))
    for number in range(BLOCK + 8):
        made.event(reading(float(number), t=number))
    made.commit(UTC)
    return made


def test_a_record_is_copied_whole_while_it_is_written(
    line: CommandLine, record: Path, writing: Writer
) -> None:
    (line.home / "backup").mkdir()
    for target, named in (("copy.sqlite3", "copy.sqlite3"), ("backup", f"backup/{record.name}")):
        done = line("record", "copy", target)
        assert done.code == 0, done.err
        assert done.out == ""
        assert f"{record} is in {named}, whole (" in done.err
        copy = line.home / named
        assert len(raws_of(copy)) == BLOCK + 8
        assert copy.stat().st_mode & 0o777 == 0o600
        checked = json.loads(line("record", "check", named, "--json").out)
        assert (checked["well"], checked["events"], checked["wal_bytes"]) == (True, BLOCK + 8, 0)
    writing.close(UTC)
    assert raws_of(line.home / "copy.sqlite3") == raws_of(record)


def test_a_copy_that_finds_no_room_names_itself_and_not_the_record(
    line: CommandLine, record: Path, writing: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        # A database that may not grow, as on a full disk.
        with contextlib.closing(sqlite3.connect(":memory:")) as small:
            small.execute("PRAGMA max_page_count = 1")
            small.execute("CREATE TABLE t (x)")

    monkeypatch.setattr("xovac_tui.recording.disk.files.copy_database", full)
    refused = line("record", "copy", "copy.sqlite3")
    assert refused.code == 2
    assert refused.err.startswith("copy.sqlite3 cannot be written: No space left")
    assert record.name not in refused.err


def test_a_copy_replaces_nothing_that_it_should_not(line: CommandLine, record: Path, writing: Writer) -> None:
    (line.home / "there").write_text("x")
    refused = line("record", "copy", "there")
    assert (refused.code, "add --force" in refused.err) == (2, True)
    assert line("record", "copy", "there", "--force").code == 0
    assert len(raws_of(line.home / "there")) == BLOCK + 8
    assert "is the record itself" in line("record", "copy", str(record), "--force").err
    assert "no folder" in line("record", "copy", "nowhere/copy").err
    lock = WriterLock(line.home / "there")
    assert lock.acquire()
    assert "is being recorded" in line("record", "copy", "there", "--force").err
    lock.release()
    (line.home / "new-wal").write_text("x")
    assert "would be taken for a part of the copy" in line("record", "copy", "new").err
    assert not (line.home / "new").exists()
    writing.close(UTC)


def test_no_export_replaces_a_record(line: CommandLine, record: Path, writing: Writer) -> None:
    done = line("export", "all", "--out", str(record), "--force")
    assert (done.code, "is never written over" in done.err) == (2, True)
    writing.close(UTC)
    assert len(raws_of(record)) == BLOCK + 8


def test_a_check_says_what_is_in_a_record_and_that_it_is_well(
    line: CommandLine, record: Path, writing: Writer
) -> None:
    done = line("record", "check")
    assert done.code == 0, done.err
    first, wal, last = done.out.splitlines()
    assert first.startswith(f"{record}: {BLOCK + 8} events, 1 session, 0 runs in ")
    assert first.endswith(f"(version {VERSION}).")
    assert f"are in {record.name}-wal beside it" in wal
    assert last == "All is well."
    writing.close(UTC)
    assert len(line("record", "check").out.splitlines()) == 2
    found = json.loads(line("record", "check", "--json", str(record)).out)
    assert (found["well"], found["version"], found["sessions"], found["faults"]) == (True, VERSION, 1, [])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE blocks SET data = x'00'", "1 block of events cannot be read."),
        (
            "INSERT INTO tail (session, first, count, shift, data) SELECT 2, 500, 9, shift, data FROM tail",
            f"{duplicate_words(500, 509)}.",
        ),
        ("UPDATE head SET count = 7", "7 entries were written"),
    ],
)
def test_what_is_wrong_with_a_record_is_a_sentence_and_exit_code_4(
    line: CommandLine, record: Path, writing: Writer, statement: str, said: str
) -> None:
    writing.close(UTC)
    db = sqlite3.connect(record)
    db.execute(statement)
    db.commit()
    db.close()
    done = line("record", "check")
    assert done.code == 4
    assert said in done.out
    assert done.out.count(said) == 1
    assert done.out.endswith("Something is wrong with it.\n")
    assert json.loads(line("record", "check", "--json").out)["well"] is False


def test_a_damaged_file_is_a_sentence_and_exit_code_4(line: CommandLine) -> None:
    (line.home / "torn").write_text("time,temperature\n" * 500)
    done = line("record", "check", "torn")
    assert (done.code, done.out) == (4, "")
    assert "is damaged" in done.err


def test_the_options_of_the_recorder_are_not_those_of_its_files(line: CommandLine, record: Path) -> None:
    assert line("record", "--for", "1s", "check").code == 2
    assert "Name the record once" in line("record", "check", "a", "--record", "b").err
    # The profile may be named before or behind.
    for arguments in (("record", "-p", "lab", "check"), ("record", "check", "-p", "lab")):
        assert no_record(record) in line(*arguments).err
