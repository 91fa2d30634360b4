"""The files of a record: only SQLite opens them, and what is done to them loses nothing."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import audited
from tests.helpers.outside import copy_outside, read_outside, run_outside
from tests.helpers.record import UTC, HandClock, raws_of, reading, session, writer, written
from tests.helpers.simulator import ROOT
from xovac_tui.recording.checking import check
from xovac_tui.recording.disk import cursors, files, schema
from xovac_tui.recording.disk import recorder as recorder_module
from xovac_tui.recording.disk.kinds import RecordedChange
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.recorder import Recorder
from xovac_tui.recording.disk.schema import (
    VERSION,
    RecordError,
    SecondNameError,
    open_for_reading,
    open_for_writing,
)
from xovac_tui.recording.disk.writer import BLOCK
from xovac_tui.recording.file_notes import FileCode, FileNote
from xovac_tui.recording.status import RecorderState, RecordTrouble

PACKAGE = Path(files.__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records" / "bench.xovac.sqlite3"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def recorder(path: Path, clock: HandClock) -> Iterator[Recorder]:
    made = Recorder(path, session(), clock)
    made.start()
    assert made.opened(10.0)
    made.put(
        RecordedChange(kind="settings", who="ada@bench", text="in force", t=clock.utc(), mono=clock.mono())
    )
    yield made
    made.close()


def put(recorder: Recorder, clock: HandClock, numbers: range) -> None:
    for number in numbers:
        clock.advance(0.01)
        recorder.put(reading(clock.mono(), t=number))
    assert recorder.flush()


def numbers_in(path: Path) -> list[int]:
    return [json.loads(raw)["t"] for raw in raws_of(path)]


# -- only SQLite opens them -------------------------------------------------------------------------------


def locked(path: Path) -> bool:
    """Return whether this process holds a POSIX lock on a file."""
    number = path.stat().st_ino
    lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    mine = [line for line in lines if line[1] == "POSIX" and line[4] == str(os.getpid())]
    return any(int(line[5].rpartition(":")[2]) == number for line in mine)


_opened: list[str] = []
_listening = False


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _listening and isinstance(arguments[0], str | bytes | os.PathLike):
        _opened.append(os.fsdecode(arguments[0]))


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Return what Python code opens by name, while the test runs."""
    global _listening
    if not getattr(_listen, "hooked", False):
        sys.addaudithook(_listen)
        _listen.hooked = True  # type: ignore[attr-defined]
    _opened.clear()
    _listening = True
    yield _opened
    _listening = False


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux lists locks")
def test_the_locks_are_held_for_as_long_as_the_record_is_open(
    recorder: Recorder, path: Path, clock: HandClock, opened: list[str]
) -> None:
    assert locked(path)
    opened.clear()
    for turn in range(40):
        put(recorder, clock, range(20))
        clock.advance(recorder_module.DURABLE_EVERY / 3)
        with Record(path) as record:
            assert record.total == 20 * (turn + 1)
        assert locked(path), turn
    clock.advance(recorder_module.TIDY_EVERY)
    put(recorder, clock, range(20))
    assert check(path).well
    files.copy_database(open_for_reading(path), path.with_name("copy.sqlite3"))
    open_for_writing(path).close()
    assert locked(path)
    ours = {str(path) + ending for ending in files.ENDINGS}
    assert not ours & set(opened)


@pytest.mark.parametrize("ending", files.ENDINGS)
def test_nothing_else_in_the_process_can_open_a_record_that_is_open(
    recorder: Recorder, path: Path, clock: HandClock, ending: str, tmp_path: Path
) -> None:
    put(recorder, clock, range(3))
    file = path.with_name(path.name + ending)
    link = tmp_path / "link"
    link.symlink_to(file)
    same = tmp_path / "same"
    os.link(file, same)
    for name in (file, link, same, str(file), os.fsencode(file)):
        attempts: list[Callable[[], object]] = [
            lambda name=name: os.open(name, os.O_RDONLY),  # type: ignore[misc]
            lambda name=name: Path(os.fsdecode(name)).read_bytes(),  # type: ignore[misc]
            lambda name=name: shutil.copyfile(name, tmp_path / "copy"),  # type: ignore[misc]
        ]
        for attempt in attempts:
            with pytest.raises(OSError, match="record that this program has open") as caught:
                attempt()
            assert caught.value.errno == errno.EBUSY
    same.unlink()
    recorder.close()
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_there_is_one_place_that_connects_to_a_database() -> None:
    found = [
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if "sqlite3.connect(" in file.read_text(encoding="utf-8")
    ]
    assert found == ["recording/disk/files.py"]


# -- what others do to them -------------------------------------------------------------------------------


def remove(*endings: str) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        for ending in endings:
            path.with_name(path.name + ending).unlink()

    return harm


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


DELETED = {
    "database": remove(""),
    "wal": remove("-wal"),
    "shm": remove("-shm"),
    "wal and shm": remove("-wal", "-shm"),
    "all": remove("", "-wal", "-shm"),
    "folder": remove_folder,
}


@pytest.mark.parametrize("harm", DELETED.values(), ids=DELETED)
def test_what_was_recorded_into_deleted_files_is_in_place_again(
    recorder: Recorder, path: Path, clock: HandClock, harm: Callable[[Path], None]
) -> None:
    put(recorder, clock, range(2 * BLOCK + 7))
    with Record(path) as reader:
        # It has the files open, as the console's own screens have.
        assert reader.total == 2 * BLOCK + 7
        harm(path)
        put(recorder, clock, range(2 * BLOCK + 7, 2 * BLOCK + 20))
        assert recorder.view.state is RecorderState.ON
        assert len(recorder.view.notes) == 1
        assert recorder.view.notes[0].code in (FileCode.DELETED, FileCode.WRITTEN_ANEW)
        put(recorder, clock, range(2 * BLOCK + 20, 3 * BLOCK))
    assert numbers_in(path) == list(range(3 * BLOCK))
    assert recorder.view.lost == 0
    assert path.stat().st_mode & 0o077 == 0
    recorder.close()
    assert check(path).well
    endings = ("", "-wal", "-shm", ".lock")
    assert {file.name for file in path.parent.iterdir()} <= {path.name + ending for ending in endings}


def test_deleted_files_are_noticed_though_nothing_comes(
    recorder: Recorder, path: Path, clock: HandClock
) -> None:
    put(recorder, clock, range(5))
    path.unlink()
    clock.advance(1.0)
    assert recorder.flush()
    assert recorder.view.notes[0] == FileNote(FileCode.DELETED, path)
    assert numbers_in(path) == list(range(5))


def test_a_record_that_was_moved_away_is_whole_there_and_a_new_one_is_begun(
    recorder: Recorder, path: Path, clock: HandClock
) -> None:
    put(recorder, clock, range(5))
    # The file alone, without what waits in the -wal.
    path.rename(path.with_name("moved.sqlite3"))
    put(recorder, clock, range(5, 9))
    assert recorder.view.notes[0] == FileNote(FileCode.MOVED, path, str(path.with_name("moved.sqlite3")))
    put(recorder, clock, range(9, 12))
    recorder.close()
    assert numbers_in(path.with_name("moved.sqlite3")) == list(range(5))
    assert numbers_in(path) == list(range(5, 12))
    for name in ("moved.sqlite3", path.name):
        assert not check(path.with_name(name)).faults


def test_an_older_copy_that_takes_its_place_is_recorded_on_and_what_was_there_is_saved(
    recorder: Recorder, path: Path, clock: HandClock, tmp_path: Path
) -> None:
    put(recorder, clock, range(BLOCK))
    older = tmp_path / "older.sqlite3"
    files.copy_database(open_for_reading(path), older)
    put(recorder, clock, range(BLOCK, 2 * BLOCK))
    os.replace(older, path)
    put(recorder, clock, range(2 * BLOCK, 2 * BLOCK + 9))
    assert recorder.view.state is RecorderState.ON
    (saved,) = path.parent.glob("*.rescued-*")
    assert recorder.view.notes[0] == FileNote(FileCode.REPLACED, path, saved.name)
    with Record(saved) as record:
        # What was taken and not committed yet is in the other file.
        assert record.rows("SELECT end_event FROM sessions") == [(2 * BLOCK,)]
    recorder.close()
    assert numbers_in(saved) == list(range(2 * BLOCK))
    assert numbers_in(path) == [*range(BLOCK), *range(2 * BLOCK, 2 * BLOCK + 9)]
    for file in (path, saved):
        assert check(file).well


def test_an_older_copy_that_is_written_over_it_is_noticed_and_loses_nothing(
    recorder: Recorder, path: Path, clock: HandClock, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    clock.advance(recorder_module.CHECKPOINT_EVERY)
    put(recorder, clock, range(BLOCK))
    copy_outside(path, older)
    for turn in range(1, 3):
        clock.advance(recorder_module.CHECKPOINT_EVERY)
        put(recorder, clock, range(turn * BLOCK, (turn + 1) * BLOCK))
    copy_outside(older, path)
    for turn in range(3, 6):
        clock.advance(recorder_module.DURABLE_EVERY)
        put(recorder, clock, range(turn * BLOCK, (turn + 1) * BLOCK))
    assert recorder.view.state is RecorderState.ON
    (aside,) = (one for one in path.parent.glob("*.damaged-*") if not one.name.endswith(("-wal", "-shm")))
    assert recorder.view.notes[0] == FileNote(FileCode.DAMAGED_AND_SAVED, path, aside.name)
    assert numbers_in(path) == list(range(6 * BLOCK))
    recorder.close()
    assert not check(path).faults


def test_no_room_for_what_is_left_of_a_damaged_file_keeps_it_open(
    recorder: Recorder, path: Path, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "older"
    clock.advance(recorder_module.CHECKPOINT_EVERY)
    put(recorder, clock, range(BLOCK))
    copy_outside(path, older)
    for turn in range(1, 3):
        clock.advance(recorder_module.CHECKPOINT_EVERY)
        put(recorder, clock, range(turn * BLOCK, (turn + 1) * BLOCK))
    copy_outside(older, path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("xovac_tui.recording.disk.rescue.copy_database", full)
        clock.advance(recorder_module.DURABLE_EVERY)
        put(recorder, clock, range(3 * BLOCK, 3 * BLOCK + 5))
        assert (recorder.view.state, recorder.view.reason) == (RecorderState.FAILING, RecordTrouble.DISK_FULL)
    for turn in range(2):
        clock.advance(recorder_module.TRY_EVERY)
        put(recorder, clock, range(3 * BLOCK + 5 + turn, 3 * BLOCK + 6 + turn))
    assert recorder.view.reason is None
    assert numbers_in(path) == list(range(3 * BLOCK + 7))


def test_checkpoints_of_others_are_no_damage(recorder: Recorder, path: Path, clock: HandClock) -> None:
    for turn in range(30):
        put(recorder, clock, range(turn * 40, turn * 40 + 40))
        clock.advance(recorder_module.DURABLE_EVERY)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM tail").fetchall()
            put(recorder, clock, range(0))
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as third:
                third.execute("PRAGMA wal_checkpoint(PASSIVE)")
    assert recorder.view.notes == ()
    assert recorder.view.state is RecorderState.ON
    assert numbers_in(path) == list(range(1200))


def test_no_room_for_what_must_be_saved_keeps_the_old_files_open(
    recorder: Recorder, path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(recorder, clock, range(5))
    path.unlink()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("xovac_tui.recording.disk.rescue.copy_database", full)
        put(recorder, clock, range(5, 8))
        assert recorder.view.state is RecorderState.FAILING
        assert recorder.view.reason is RecordTrouble.DISK_FULL
        put(recorder, clock, range(8, 10))
    clock.advance(recorder_module.TRY_EVERY)
    put(recorder, clock, range(10, 12))
    assert recorder.view.reason is None
    assert numbers_in(path) == list(range(12))
    assert recorder.view.lost == 0


def test_what_was_saved_and_is_deleted_again_before_it_is_open_is_saved_again(
    recorder: Recorder, path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(recorder, clock, range(5))
    path.unlink()

    def broken(*_: object, **__: object) -> None:
        # Its inode is free, and the next file gets it.
        path.unlink()
        path.touch()
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr("xovac_tui.recording.disk.recorder.Writer", broken)
        put(recorder, clock, range(5, 8))
        assert recorder.view.reason is RecordTrouble.DISK_ERROR
    clock.advance(recorder_module.TRY_EVERY)
    put(recorder, clock, range(8, 10))
    assert recorder.view.reason is None
    (saved,) = path.parent.glob("*.rescued-*")
    assert numbers_in(saved) == list(range(5))
    assert numbers_in(path) == list(range(5, 10))


def test_what_was_put_in_place_and_is_deleted_before_it_is_open_is_saved_again(
    recorder: Recorder, path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(recorder, clock, range(5))
    path.unlink()
    plain, times = schema.open_for_writing, []

    def late(record: Path) -> files.RecordConnection:
        times.append(record)
        if len(times) == 1:
            # Nothing has it open yet. What is opened is an empty file, made because there is none.
            record.unlink()
        return plain(record)

    monkeypatch.setattr("xovac_tui.recording.disk.writer.open_for_writing", late)
    put(recorder, clock, range(5, 8))
    put(recorder, clock, range(8, 10))
    assert recorder.view.state is RecorderState.ON
    (saved,) = path.parent.glob("*.rescued-*")
    recorder.close()
    assert numbers_in(saved) == list(range(5))
    assert numbers_in(path) == list(range(5, 10))
    assert recorder.view.lost == 0


_EMPTY = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
"""
_JOIN = """
import contextlib, os, sqlite3, sys
os.unlink(sys.argv[1] + "-wal")
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    with contextlib.suppress(sqlite3.Error):
        db.execute(statement).fetchall()
db.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
@pytest.mark.parametrize(
    "statements",
    [
        ("SELECT count(*) FROM tail",),
        ("PRAGMA wal_checkpoint(TRUNCATE)",),
        ("CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)"),
        ("CREATE TABLE theirs (x)", "PRAGMA wal_checkpoint(PASSIVE)", "INSERT INTO theirs VALUES (1)"),
        ("CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (zeroblob(9000))", "PRAGMA wal_checkpoint"),
    ],
)
@pytest.mark.parametrize("empty", [False, True])
def test_a_program_that_joins_without_the_deleted_wal_loses_nothing(
    recorder: Recorder, path: Path, clock: HandClock, statements: tuple[str, ...], empty: bool
) -> None:
    """It shares the `-shm`, so that it reads a `-wal` that is empty, and brings that into the main file."""
    put(recorder, clock, range(BLOCK))
    if empty:
        # Only the newest pages are in the `-wal` then.
        run_outside(_EMPTY, path)
    put(recorder, clock, range(BLOCK, BLOCK + 7))
    run_outside(_JOIN, path, *statements)
    for turn in range(4):
        clock.advance(recorder_module.TRY_EVERY)
        put(recorder, clock, range(BLOCK + 7 + turn, BLOCK + 8 + turn))
    assert recorder.view.state is RecorderState.ON
    assert recorder.view.lost == 0
    recorder.close()
    assert numbers_in(path) == list(range(BLOCK + 11))
    assert check(path).well


@pytest.mark.parametrize("ended", [False, True])
def test_another_programs_database_in_its_place_is_left_alone_and_all_is_held(
    recorder: Recorder, path: Path, clock: HandClock, ended: bool
) -> None:
    put(recorder, clock, range(5))
    for ending in files.ENDINGS:
        path.with_name(path.name + ending).unlink()
    foreign = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE bookmarks (url)')"
    run_outside(foreign, path)
    before = read_outside(path)
    put(recorder, clock, range(5, 8))
    assert recorder.view.reason is RecordTrouble.FOREIGN
    clock.advance(recorder_module.TRY_EVERY)
    put(recorder, clock, range(8, 10))
    assert read_outside(path) == before
    if ended:
        recorder.close()
        assert read_outside(path) == before
        _, second = sorted(path.parent.glob("*.rescued-*"))
        assert numbers_in(second) == list(range(10))
        return
    path.rename(path.with_name("bookmarks"))
    clock.advance(recorder_module.TRY_EVERY)
    put(recorder, clock, range(10, 12))
    assert recorder.view.reason is None
    saved = min(path.parent.glob("*.rescued-*"))
    assert {*numbers_in(saved), *numbers_in(path)} == set(range(12))
    assert recorder.view.lost == 0


def test_a_file_that_is_replaced_while_it_is_opened_is_not_taken_for_the_record(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = files.Files.learn

    def late(self: files.Files) -> None:
        path.unlink()
        path.touch()
        plain(self)

    monkeypatch.setattr(files.Files, "learn", late)
    with pytest.raises(FileNotFoundError, match="moved or deleted when it was opened"):
        writer(path)


# -- one whole file ---------------------------------------------------------------------------------------


def test_a_closed_record_is_one_whole_file_though_something_still_reads_it(
    path: Path, tmp_path: Path
) -> None:
    made = writer(path)
    for number in range(40):
        made.event(reading(float(number), t=number))
    made.commit(UTC)
    with Record(path) as reader:
        assert reader.total == 40
        made.close(UTC)
        copy_outside(path, tmp_path / "alone.sqlite3")
    assert numbers_in(tmp_path / "alone.sqlite3") == list(range(40))


def test_now_and_then_the_main_file_takes_in_what_was_recorded(
    recorder: Recorder, path: Path, clock: HandClock, tmp_path: Path
) -> None:
    put(recorder, clock, range(5))
    clock.advance(recorder_module.CHECKPOINT_EVERY)
    with Record(path) as reader:
        assert reader.total == 5
        put(recorder, clock, range(5, 40))
        copy_outside(path, tmp_path / "alone.sqlite3")
    assert numbers_in(tmp_path / "alone.sqlite3") == list(range(40))


def test_a_copy_is_of_one_moment_and_for_its_owner_only(path: Path, tmp_path: Path) -> None:
    made = writer(path)
    for number in range(10):
        made.event(reading(float(number), t=number))
    made.commit(UTC)
    target = tmp_path / "copy.sqlite3"
    reported: list[float] = []
    with contextlib.closing(open_for_reading(path)) as db:
        files.copy_database(db, target, progress=reported.append)
        with pytest.raises(FileExistsError):
            files.copy_database(db, target)
    made.close(UTC)
    assert numbers_in(target) == list(range(10))
    assert target.stat().st_mode & 0o777 == 0o600
    assert reported[-1] == 1.0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.sqlite3", "records"]


def test_a_copy_without_its_wal_says_where_the_rest_is(path: Path, tmp_path: Path) -> None:
    made = writer(path)
    copy_outside(path, tmp_path / "copy.sqlite3")
    made.close(UTC)
    with pytest.raises(RecordError, match=r"copy\.sqlite3-wal belongs to it"):
        Record(tmp_path / "copy.sqlite3")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """Copy files into a folder that may not be written."""
    folder = tmp_path / "kept"
    root = os.geteuid() == 0

    def mount(*options: str) -> None:
        if sys.platform != "linux" or shutil.which("mount") is None:
            pytest.skip("root may write everywhere but on what is mounted read-only")
        done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")

    def make(source: Path) -> Path:
        folder.mkdir()
        if root:
            mount("-t", "tmpfs", "tmpfs")
        for file in source.iterdir():
            copy_outside(file, folder / file.name)
        if root:
            mount("-o", "remount,ro")
        else:
            for file in folder.iterdir():
                file.chmod(0o400)
            folder.chmod(0o500)
        return folder

    yield make
    if root:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)
    elif folder.exists():
        folder.chmod(0o700)


@pytest.mark.parametrize("shm", [True, False])
def test_a_wal_in_a_folder_that_may_not_be_written_is_read(
    path: Path, tmp_path: Path, read_only: Callable[[Path], Path], shm: bool
) -> None:
    made = writer(path)
    for number in range(10):
        made.event(reading(float(number), t=number))
    made.commit(UTC)
    copy_outside(path.parent, tmp_path / "live")
    made.close(UTC)
    if not shm:
        (tmp_path / "live" / f"{path.name}-shm").unlink()
    folder = read_only(tmp_path / "live")
    kept = folder / path.name
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert numbers_in(kept) == list(range(10))
    with Record(kept) as record:
        assert ("a copy was read" in record.note) is not shm
        elsewhere = record.rows("PRAGMA database_list")[0][2]
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert shm or not Path(elsewhere).exists()


def test_without_a_wal_the_file_is_all_there_is(path: Path, read_only: Callable[[Path], Path]) -> None:
    written(path, [reading(float(number), t=number) for number in range(9)])
    folder = read_only(path.parent)
    assert numbers_in(folder / path.name) == list(range(9))
    with Record(folder / path.name) as record:
        assert record.note == ""


# -- names ------------------------------------------------------------------------------------------------


def test_a_symlinked_record_is_set_aside_where_it_is(path: Path, clock: HandClock, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.write_text("time,temperature\n" * 500)
    link = tmp_path / "link.sqlite3"
    link.symlink_to(path)
    recorder = Recorder(link, session(), clock)
    recorder.start()
    assert recorder.opened(10.0)
    put(recorder, clock, range(3))
    recorder.close()
    assert link.is_symlink()
    assert numbers_in(path) == numbers_in(link) == [0, 1, 2]
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


def test_a_second_name_of_a_record_is_refused_while_it_is_recorded(
    recorder: Recorder, path: Path, clock: HandClock, tmp_path: Path
) -> None:
    put(recorder, clock, range(3))
    other = tmp_path / "other.sqlite3"
    os.link(path, other)
    with pytest.raises(SecondNameError, match=f"{path.name}, in which process {os.getpid()} records"):
        open_for_writing(other)
    second = Recorder(other, session(), clock)
    second.start()
    assert second.opened(10.0)
    assert (second.view.state, second.view.reason) == (RecorderState.FAILING, RecordTrouble.HARD_LINK)
    second.close()
    recorder.close()
    open_for_writing(other).close()


_KILLED = """
import os, sys
from pathlib import Path
from tests.helpers.record import reading, writer
from xovac_tui.recording.disk.lock import WriterLock
path = Path(sys.argv[1])
path.parent.mkdir()
lock = WriterLock(path)
assert lock.acquire()
made = writer(path)
assert lock.keep()
for number in range(7):
    made.event(reading(float(number), t=number))
made.commit(0.0)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be linked there")
def test_a_second_name_of_a_record_is_refused_while_the_first_has_a_wal(
    path: Path, clock: HandClock, tmp_path: Path
) -> None:
    """A killed recorder leaves it. Opened by another name the file would be written without it."""
    subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=True, cwd=ROOT, timeout=60)
    others = path.with_name("other.sqlite3"), tmp_path / "elsewhere.sqlite3"
    for other in others:
        os.link(path, other)
        for _ in range(2):
            second = Recorder(other, session(), clock)
            second.start()
            assert second.opened(10.0)
            assert (second.view.state, second.view.reason) == (RecorderState.FAILING, RecordTrouble.HARD_LINK)
            assert f"{path.name}-wal" in second.view.why
            second.close()
    assert numbers_in(path) == list(range(7))
    writer(path).close(UTC)
    for other in others:
        open_for_writing(other).close()
        assert numbers_in(other) == list(range(7))


# -- versions ---------------------------------------------------------------------------------------------


def of_before(path: Path) -> None:
    """Make a record of this version one of the version before."""
    with audited.opened(path) as db:
        audited.without_cursors(db)


def test_a_file_of_the_version_before_is_kept_beside_the_new_one(path: Path) -> None:
    written(path, [reading(float(number), t=number) for number in range(9)])
    of_before(path)
    writer(path).close(UTC)
    kept = path.with_name(f"bench.xovac.v{VERSION - 1}-backup.sqlite3")
    assert numbers_in(kept) == list(range(9))
    assert kept.stat().st_mode & 0o777 == 0o600
    with Record(kept) as old, Record(path) as new:
        assert old.rows("PRAGMA user_version") == [(VERSION - 1,)]
        assert new.rows("PRAGMA user_version") == [(VERSION,)]
    # Once only.
    writer(path).close(UTC)
    assert len(list(path.parent.glob("*backup*"))) == 1


def test_an_upgrade_that_fails_leaves_the_file_as_it_was_and_no_copy(path: Path) -> None:
    written(path, [reading(1.0, t=1)])
    of_before(path)
    with audited.opened(path) as db:
        # The upgrade makes this table.
        db.execute(cursors.TABLE)
    for _ in range(2):
        with pytest.raises(RecordError):
            open_for_writing(path)
    assert not list(path.parent.glob("*backup*"))
    with Record(path) as record:
        assert record.rows("PRAGMA user_version") == [(VERSION - 1,)]


_HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("UPDATE sessions SET pid = 1")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_copy_of_a_file_that_another_program_locks_does_not_wait_without_end(
    path: Path, tmp_path: Path
) -> None:
    written(path, [reading(1.0, t=1)])
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            contextlib.closing(files.connect(path, mode="ro", timeout=0.01)) as db,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            files.copy_database(db, tmp_path / "copy.sqlite3")
        other.communicate()
    assert [file.name for file in tmp_path.iterdir()] == ["records"]
