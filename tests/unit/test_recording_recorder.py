"""The recorder's thread: in time, never in the way, and back again after everything that can go wrong."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.helpers.outside import fill_outside, write_outside
from tests.helpers.record import UTC, HandClock, event, events_of, raws_of, reading, session, writer
from tests.unit.test_recording_writer import entry
from xovac_tui.api.event import Event
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.recording.audit import verify
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk import recorder as recorder_module
from xovac_tui.recording.disk.kinds import Item, RecordedChange, RecordedCommand, RecordedMark
from xovac_tui.recording.disk.lock import WriterLock
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.recorder import Recorder
from xovac_tui.recording.disk.schema import VERSION
from xovac_tui.recording.disk.trouble_words import failed_words
from xovac_tui.recording.disk.writer import BLOCK, Writer, lost_words
from xovac_tui.recording.file_notes import FileCode, FileNote
from xovac_tui.recording.status import RecorderState, RecordTrouble

SET_ASIDE = (FileCode.DAMAGED, FileCode.DAMAGED_AND_SAVED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records" / "bench.record"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def recorders(path: Path, clock: HandClock) -> Iterator[Callable[..., Recorder]]:
    """Make recorders that are ended with the test."""
    made: list[Recorder] = []

    def make(at: Path | None = None, **options: object) -> Recorder:
        recorder = Recorder(at or path, session(), clock, **options)  # type: ignore[arg-type]
        made.append(recorder)
        recorder.start()
        assert recorder.opened(10.0)
        return recorder

    yield make
    for recorder in made:
        recorder.close()


def put(recorder: Recorder, clock: HandClock, numbers: range) -> None:
    for number in numbers:
        clock.advance(0.01)
        recorder.put(reading(clock.mono(), t=number))


def numbers_in(path: Path) -> list[int]:
    return [json.loads(raw)["t"] for raw in raws_of(path)]


def state_of(recorder: Recorder) -> RecorderState:
    """Return what the recorder does now: another thread changes it."""
    return recorder.view.state


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10.0
    while not check():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.01)


# -- all is well ------------------------------------------------------------------------------------------


def test_everything_that_is_put_is_written_in_order(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    recorder = recorders()
    assert state_of(recorder) is RecorderState.ON
    assert (recorder.first_index, recorder.first_run) == (0, 1)
    put(recorder, clock, range(1300))
    recorder.put(RecordedMark(mark=Mark(clock.mono(), clock.utc(), "note", "door"), who="ada@bench"))
    assert recorder.flush()
    assert numbers_in(path) == list(range(1300))
    with Record(path) as record:
        assert [(mark.position, mark.mark.text) for mark in lists.marks(record)] == [(1300, "door")]
    put(recorder, clock, range(1300, 1310))
    recorder.close()
    assert numbers_in(path) == list(range(1310))
    with Record(path) as record:
        assert [life.closed for life in lists.sessions(record)] == [True]


def test_what_comes_is_committed_within_a_second(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    recorder = recorders()
    assert recorder_module.COMMIT_EVERY <= 1.0
    began = time.monotonic()
    put(recorder, clock, range(5))
    while numbers_in(path) != list(range(5)):
        assert time.monotonic() < began + 10.0
    # Twice the bound, for a machine that is busy with other things.
    assert time.monotonic() < began + 2.0


def test_the_disk_is_asked_for_certainty_at_most_every_five_seconds(
    recorders: Callable[..., Recorder], clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[tuple[float, bool]] = []
    plain = Writer.commit

    def spied(self: Writer, utc: float, *, durable: bool = False) -> None:
        plain(self, utc, durable=durable)
        commits.append((clock.mono(), durable))

    monkeypatch.setattr(Writer, "commit", spied)
    recorder = recorders()
    for _ in range(60):
        put(recorder, clock, range(1))
        clock.advance(0.5)
        assert recorder.flush()
    certain = [at for at, durable in commits if durable]
    assert len(commits) >= 60
    assert all(3.9 <= after - before <= 5.0 for before, after in pairwise(certain))
    assert 5 <= len(certain) <= 8
    # What came last becomes certain though nothing follows; after that there is nothing to do.
    clock.advance(4.1)
    assert recorder.flush()
    assert commits[-1][1]
    count = len(commits)
    # In steps: nothing ran in a pause of more than ten seconds.
    for _ in range(4):
        clock.advance(7.5)
        assert recorder.flush()
    assert len(commits) == count
    # Once a minute it says that it is alive.
    for _ in range(4):
        clock.advance(7.75)
        assert recorder.flush()
    assert len(commits) == count + 1


def test_a_certain_commit_waits_for_the_disk(path: Path) -> None:
    made = writer(path)
    for durable, word in ((True, 2), (False, 1)):
        made.event(reading(1.0, t=1))
        made.commit(UTC, durable=durable)
        assert made.execute("PRAGMA synchronous") == [(word,)]
    assert made.execute("PRAGMA journal_mode") == [("wal",)]


def test_putting_never_waits(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, inside = threading.Event(), threading.Event()
    plain = Writer.commit

    def stuck(self: Writer, utc: float, *, durable: bool = False) -> None:
        inside.set()
        assert gate.wait(20.0)
        plain(self, utc, durable=durable)

    monkeypatch.setattr(Writer, "commit", stuck)
    monkeypatch.setattr(recorder_module, "HELD_ITEMS", 5000)
    recorder = recorders()
    put(recorder, clock, range(10))
    assert inside.wait(10.0)
    # The disk does not answer; what finds no room is counted.
    put(recorder, clock, range(10, 6000))
    gate.set()
    assert recorder.flush()
    assert recorder.flush()
    found = numbers_in(path)
    assert found == list(range(len(found)))
    assert 5000 <= len(found) < 6000
    assert recorder.view.lost == 6000 - len(found)
    with Record(path) as record:
        reported = [mark.mark.text for mark in lists.marks(record) if mark.mark.kind == "unrecorded"]
        assert reported == [lost_words(6000 - len(found))]


# -- the thread lives on ----------------------------------------------------------------------------------


def test_no_error_ends_the_thread(
    recorders: Callable[..., Recorder],
    path: Path,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the screen is gone")

    recorder = recorders(listener=broken, tidy=broken)
    assert state_of(recorder) is RecorderState.ON
    plain = Writer.event

    def picky(self: Writer, one: Event) -> bool:
        if one.name == "odd":
            raise ZeroDivisionError
        return plain(self, one)

    monkeypatch.setattr(Writer, "event", picky)
    put(recorder, clock, range(5))
    recorder.put(event(clock.mono(), "{}", name="odd"))
    recorder.put("no item at all")  # type: ignore[arg-type]
    put(recorder, clock, range(5, 10))
    assert recorder.flush()
    assert recorder.flush()
    assert numbers_in(path) == list(range(10))
    assert state_of(recorder) is RecorderState.ON
    assert recorder.view.lost == 2
    assert "something could not be recorded" in caplog.text
    assert "the record cannot be tidied" in caplog.text


def test_a_commit_that_fails_is_tried_again(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "COMMIT_EVERY", 0.01)
    received: list[RecorderState] = []
    recorder: Recorder | None = None

    def listener() -> None:
        if recorder is not None:
            received.append(recorder.view.state)

    failing = False
    tries: list[float] = []
    plain = Writer.commit

    def commit(self: Writer, utc: float, *, durable: bool = False) -> None:
        tries.append(clock.mono())
        if failing:
            raise OSError(28, "No space left on device")
        plain(self, utc, durable=durable)

    taken: list[Event] = []
    take = Writer.event

    def event(self: Writer, event: Event) -> bool:
        taken.append(event)
        return take(self, event)

    monkeypatch.setattr(Writer, "commit", commit)
    monkeypatch.setattr(Writer, "event", event)
    recorder = recorders(listener=listener)
    put(recorder, clock, range(5))
    assert recorder.flush()
    failing = True
    put(recorder, clock, range(5, 10))
    eventually(lambda: state_of(recorder) is RecorderState.FAILING)
    assert recorder.view.reason is RecordTrouble.DISK_FULL
    assert str(path) in recorder.view.why
    assert "held in memory" in recorder.view.why
    # It is not tried at every turn, but every few seconds.
    count = len(tries)
    put(recorder, clock, range(10, 20))
    eventually(lambda: len(taken) == 20)
    assert len(tries) == count
    clock.advance(5.0)
    eventually(lambda: len(tries) == count + 1)
    failing = False
    clock.advance(5.0)
    eventually(lambda: state_of(recorder) is RecorderState.ON)
    view = recorder.view
    assert (view.reason, view.why, view.lost) == (None, "", 0)
    assert numbers_in(path) == list(range(20))
    assert received == [RecorderState.FAILING, RecorderState.FAILING, RecorderState.ON]


def test_a_file_locked_by_another_process_is_waited_for(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers: list[Writer] = []
    recorder = recorders(tidy=lambda writer, _: writers.append(writer))
    put(recorder, clock, range(5))
    assert recorder.flush()
    writers[0].execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    put(recorder, clock, range(5, 10))
    assert recorder.flush()
    assert (recorder.view.state, recorder.view.reason) == (RecorderState.FAILING, RecordTrouble.LOCKED)
    assert "tried again" in recorder.view.why
    other.execute("ROLLBACK")
    other.close()
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    assert numbers_in(path) == list(range(10))


# -- files ------------------------------------------------------------------------------------------------


def test_a_newer_file_is_left_alone(recorders: Callable[..., Recorder], path: Path, clock: HandClock) -> None:
    made = writer(path)
    made.execute(f"PRAGMA user_version = {VERSION + 1}")
    made.close(UTC)
    before = path.read_bytes()
    recorder = recorders()
    put(recorder, clock, range(100))
    assert recorder.flush()
    assert (recorder.view.state, recorder.view.reason) == (RecorderState.FAILING, RecordTrouble.NEWER)
    assert "newer xovac-tui" in recorder.view.why
    recorder.close()
    assert path.read_bytes() == before
    # A console that knows it may record meanwhile.
    assert WriterLock(path).acquire()


def test_what_came_before_the_file_could_be_opened_is_written_then(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "HELD_UNOPENED", 100)
    path.parent.write_text("a file where the folder should be")
    recorder = recorders()
    assert state_of(recorder) is RecorderState.FAILING
    assert recorder.first_index is None
    put(recorder, clock, range(300))
    path.parent.unlink()
    clock.advance(5.0)
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    assert recorder.first_index == 0
    assert numbers_in(path) == list(range(100))
    assert recorder.view.lost == 200
    put(recorder, clock, range(300, 500))
    assert recorder.flush()
    assert numbers_in(path)[100:] == list(range(300, 500))


def damaged_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)


def damaged_pages(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096 + 100)


def no_database(path: Path) -> None:
    path.write_text("time,temperature\n" * 500)


def test_a_file_that_is_overwritten_while_it_is_open_is_noticed_within_seconds(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    recorder = recorders()
    put(recorder, clock, range(100))
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    write_outside(path, 0, b"\xff" * 100)
    for _ in range(3):
        clock.advance(5.0)
        put(recorder, clock, range(100, 110))
        assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    assert list(path.parent.glob("*.damaged-*"))
    # All of it could still be read over the open connection.
    assert numbers_in(path) == [*range(100), *3 * list(range(100, 110))]
    assert recorder.view.notes[0].code is FileCode.DAMAGED_AND_SAVED
    assert recorder.view.lost == 0


@pytest.mark.parametrize("harm", [damaged_header, damaged_pages, cut_short, no_database])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, harm: Callable[[Path], None]
) -> None:
    made = writer(path)
    for number in range(3 * BLOCK + 10):
        made.event(reading(float(number), t=number))
    made.commit(UTC)
    made.close(UTC)
    harm(path)
    torn = path.read_bytes()
    recorder = recorders()
    put(recorder, clock, range(2 * BLOCK))
    assert recorder.flush()
    if state_of(recorder) is RecorderState.FAILING:
        # Some damage is found only when something is written there.
        assert recorder.view.reason is RecordTrouble.DAMAGED
        put(recorder, clock, range(BLOCK))
        assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    aside = [file for file in path.parent.iterdir() if file.name.startswith("bench.record.damaged-")]
    assert len(aside) >= 1
    assert any(len(file.read_bytes()) >= len(torn) * 0.9 for file in aside)
    assert any(note.code in SET_ASIDE and aside[0].name[:20] in note.other for note in recorder.view.notes)
    with Record(path) as record:
        assert record.rows("PRAGMA integrity_check") == [("ok",)]
        assert record.total > 0


def overwrite(made: Writer) -> None:
    made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    fill_outside(made.path, 4096)


def spoil(made: Writer) -> None:
    """Damage what SQLite does not look into, so that opening the file anew finds nothing."""
    made.execute("UPDATE bins SET data = x'00'")


@pytest.mark.parametrize("harm", [overwrite, spoil])
def test_a_file_that_is_damaged_while_it_is_open_is_set_aside_too(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, harm: Callable[[Writer], None]
) -> None:
    writers: list[Writer] = []
    recorder = recorders(tidy=lambda writer, _: writers.append(writer))
    put(recorder, clock, range(4 * BLOCK))
    assert recorder.flush()
    harm(writers[0])
    writers[0].execute("PRAGMA shrink_memory")
    for turn in range(20):
        put(recorder, clock, range(BLOCK))
        clock.advance(5.0)
        assert recorder.flush()
        if turn > 2 and recorder.view.notes and state_of(recorder) is RecorderState.ON:
            break
    assert state_of(recorder) is RecorderState.ON
    assert recorder.view.lost == 0
    assert len(recorder.view.notes) == 1
    assert recorder.view.notes[0].code in SET_ASIDE
    aside = [file for file in path.parent.iterdir() if ".damaged-" in file.name]
    assert aside
    with Record(path) as record:
        assert record.rows("PRAGMA integrity_check") == [("ok",)]
        assert not [mark for mark in lists.marks(record) if mark.mark.kind == "unrecorded"]
    # What the damaged file did not take is in the new one, from the first event on.
    assert numbers_in(path)[:BLOCK] == list(range(BLOCK))


def test_at_its_end_nothing_is_promised_for_later(
    path: Path, clock: HandClock, recorders: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    recorder = recorders()
    monkeypatch.setattr(Writer, "commit", commit)
    put(recorder, clock, range(5))
    assert recorder.flush()
    assert "written then" in recorder.view.why
    assert recorder.close() == 5
    full = OSError(28, "No space left on device")
    assert recorder.view.why == failed_words(full, RecordTrouble.DISK_FULL, path, ending=True)


def test_no_event_is_ever_in_a_new_file_before_what_is_in_force(
    path: Path, clock: HandClock, recorders: Callable[..., Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorder that is killed in its first second leaves no record whose chain seems to be emptied."""
    first: list[tuple[int, int]] = []
    plain = Writer.commit

    def commit(self: Writer, utc: float, **options: bool) -> None:
        plain(self, utc, **options)
        asked = "SELECT (SELECT count(*) FROM tail), (SELECT count(*) FROM chain)"
        first.append(self.execute(asked)[0])

    def in_force() -> Iterator[Item]:
        yield RecordedChange(kind="settings", who="ada", text="found", t=clock.utc(), mono=clock.mono())

    monkeypatch.setattr(Writer, "commit", commit)
    recorder = recorders(in_force=in_force)
    for _ in range(2):
        put(recorder, clock, range(3))
        assert recorder.flush()
        assert all(chained for _, chained in first)
        assert any(events for events, _ in first)
        first.clear()
        clock.advance(5.0)
        # The next file is a new one, too.
        path.rename(path.with_name("moved"))
    recorder.close()
    recorder = recorders(in_force=in_force)
    recorder.close()
    assert verify(path.with_name("moved")).well
    with Record(path) as record:
        assert record.rows("SELECT count(*) FROM changes") == [(1,)]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
@pytest.mark.parametrize("moved", [True, False])
def test_a_file_that_is_moved_or_deleted_is_begun_anew(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, moved: bool
) -> None:
    recorder = recorders()
    put(recorder, clock, range(10))
    assert recorder.flush()
    if moved:
        path.parent.rename(path.parent.with_name("elsewhere"))
    else:
        shutil.rmtree(path.parent)
    put(recorder, clock, range(10, 20))
    clock.advance(5.0)
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    put(recorder, clock, range(20, 30))
    assert recorder.flush()
    if moved:
        elsewhere = str(path.parent.with_name("elsewhere") / path.name)
        assert recorder.view.notes[-1] == FileNote(FileCode.MOVED, path, elsewhere)
        assert numbers_in(path.parent.with_name("elsewhere") / path.name) == list(range(10))
        assert numbers_in(path) == list(range(10, 30))
    else:
        assert recorder.view.notes[-1] == FileNote(FileCode.DELETED, path)
        assert numbers_in(path) == list(range(30))
    assert recorder.view.lost == 0
    assert not WriterLock(path).acquire()


# -- disks ------------------------------------------------------------------------------------------------


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount small file systems in memory, for which one must be root on Linux."""
    there: list[Path] = []

    def mount(options: str) -> Path:
        folder = tmp_path / f"mount{len(there)}"
        folder.mkdir()
        if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("mounting a small file system takes root on Linux")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        there.append(folder)
        return folder

    yield mount
    for folder in there:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True, capture_output=True)


def test_a_disk_that_is_really_full(
    recorders: Callable[..., Recorder], mounted: Callable[[str], Path], clock: HandClock
) -> None:
    folder = mounted("size=1m")
    path = folder / "bench.record"
    recorder = recorders(path)
    put(recorder, clock, range(100))
    assert recorder.flush()
    filler = folder / "other data"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    number = 100
    while state_of(recorder) is RecorderState.ON:
        put(recorder, clock, range(number, number + 50))
        number += 50
        assert recorder.flush()
        assert number < 20_000
    assert (recorder.view.state, recorder.view.reason) == (RecorderState.FAILING, RecordTrouble.DISK_FULL)
    committed = numbers_in(path)
    assert committed == list(range(len(committed)))
    put(recorder, clock, range(number, number + 2000))
    assert recorder.flush()
    assert recorder.view.reason is RecordTrouble.DISK_FULL
    assert numbers_in(path) == committed
    filler.unlink()
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    assert numbers_in(path) == list(range(number + 2000))
    assert recorder.view.lost == 0
    with Record(path) as record:
        assert record.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_disk_that_is_full_from_the_beginning(
    recorders: Callable[..., Recorder], mounted: Callable[[str], Path], clock: HandClock
) -> None:
    folder = mounted("size=256k")
    filler = folder / "other data"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    recorder = recorders(folder / "bench.record")
    put(recorder, clock, range(10))
    assert recorder.flush()
    assert (recorder.view.state, recorder.view.reason) == (RecorderState.FAILING, RecordTrouble.DISK_FULL)
    assert "Make room" in recorder.view.why
    filler.unlink()
    clock.advance(5.0)
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    assert numbers_in(folder / "bench.record") == list(range(10))


def test_a_folder_that_becomes_read_only_and_is_mended(
    recorders: Callable[..., Recorder], mounted: Callable[[str], Path], clock: HandClock
) -> None:
    folder = mounted("size=4m")
    path = folder / "bench.record"
    made = writer(path)
    made.event(reading(0.0, t=-1))
    made.commit(UTC)
    made.close(UTC)
    remount(folder, "ro")
    recorder = recorders(path)
    put(recorder, clock, range(10))
    assert recorder.flush()
    assert (recorder.view.state, recorder.view.reason) == (RecorderState.FAILING, RecordTrouble.READ_ONLY)
    assert str(path) in recorder.view.why
    # What was recorded before can be read there.
    assert numbers_in(path) == [-1]
    remount(folder, "rw")
    clock.advance(5.0)
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON
    assert numbers_in(path) == list(range(-1, 10))


def test_what_the_system_says_is_reported_without_its_numbers(
    recorders: Callable[..., Recorder], path: Path
) -> None:
    path.parent.write_text("a file where the folder should be")
    recorder = recorders()
    assert state_of(recorder) is RecorderState.FAILING
    assert f"{path}: " in recorder.view.why
    assert "Errno" not in recorder.view.why


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="file modes do not bind root, or this system"
)
def test_a_folder_of_another_user(recorders: Callable[..., Recorder], path: Path, clock: HandClock) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o500)
    recorder = recorders()
    assert (recorder.view.state, recorder.view.reason) == (RecorderState.FAILING, RecordTrouble.READ_ONLY)
    path.parent.chmod(0o700)
    clock.advance(5.0)
    assert recorder.flush()
    assert state_of(recorder) is RecorderState.ON


# -- two of them ------------------------------------------------------------------------------------------


def test_the_second_one_is_beside_and_takes_over(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    first, second = recorders(), recorders()
    assert (second.view.state, second.view.pid) == (RecorderState.BESIDE, os.getpid())
    assert second.first_index is None
    put(first, clock, range(10))
    put(second, clock, range(10))
    second.put(RecordedCommand(entry=entry(7), t=clock.utc(), mono=clock.mono()))
    assert first.flush()
    assert second.flush()
    assert numbers_in(path) == list(range(10))
    with Record(path) as record:
        assert [one.entry.id for one in lists.commands(record)] == [7]
    first.close()
    put(second, clock, range(10, 15))
    for _ in range(2):
        assert state_of(second) is RecorderState.BESIDE
        clock.advance(3.0)
        assert second.flush()
    assert state_of(second) is RecorderState.ON
    assert second.view.pid is None
    assert second.first_index == 10
    put(second, clock, range(20, 30))
    assert second.flush()
    assert [one.index for one in events_of(path)] == list(range(20))
    assert numbers_in(path)[10:] == list(range(20, 30))


def test_one_that_may_not_record_never_takes_over(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    recorder = recorders(may_record=False)
    for _ in range(3):
        put(recorder, clock, range(5))
        clock.advance(5.0)
        assert recorder.flush()
    assert state_of(recorder) is RecorderState.BESIDE
    assert raws_of(path) == []
    assert WriterLock(path).acquire()


def test_the_recording_process_is_looked_up_again(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    recorders()
    beside = recorders()
    path.with_name(path.name + ".lock").write_text("4711\n")
    clock.advance(5.0)
    assert beside.flush()
    assert (beside.view.state, beside.view.pid) == (RecorderState.BESIDE, 4711)


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
@pytest.mark.parametrize("endings", [("",), ("", "-wal", "-shm")])
def test_the_one_beside_follows_to_the_new_file(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, endings: tuple[str, ...]
) -> None:
    first, beside = recorders(), recorders()
    put(first, clock, range(3))
    assert first.flush()
    for ending in endings:
        path.with_name(path.name + ending).rename(path.with_name("old" + ending))
    clock.advance(5.0)
    assert first.flush()
    clock.advance(5.0)
    assert beside.flush()
    # Where files were moved one by one, the old connection is of no use any more.
    assert beside.flush()
    assert state_of(beside) is RecorderState.BESIDE
    beside.put(RecordedCommand(entry=entry(2), t=clock.utc(), mono=clock.mono()))
    put(first, clock, range(3, 9))
    assert beside.flush()
    assert first.flush()
    with Record(path) as record:
        assert [one.entry.id for one in lists.commands(record)] == [2]
        assert record.rows("PRAGMA integrity_check") == [("ok",)]
    assert numbers_in(path) == list(range(3, 9))


_HOLDER = """
import sys, time
from pathlib import Path
from tests.helpers.record import HandClock, session
from xovac_tui.recording.disk.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), session(), HandClock())
recorder.start()
recorder.opened(10)
print(recorder.view.state, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_the_lock_of_a_killed_process_is_free(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "on\n"
        beside = recorders()
        assert (beside.view.state, beside.view.pid) == (RecorderState.BESIDE, other.pid)
        other.kill()
    clock.advance(5.0)
    assert beside.flush()
    assert state_of(beside) is RecorderState.ON


def test_a_lock_is_held_once(path: Path) -> None:
    first, second = WriterLock(path), WriterLock(path)
    assert first.holder() is None
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    assert (first.held, second.held) == (True, False)
    assert second.holder() == os.getpid()
    first.release()
    first.release()
    assert second.acquire()
    second.release()


def test_a_file_system_without_locks_is_no_other_recorder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(OSError, match="No locks"):
        WriterLock(path).acquire()


def test_one_that_was_never_started_ends_at_once(path: Path, clock: HandClock) -> None:
    recorder = Recorder(path, session(), clock)
    items: list[Event | Item] = [reading(1.0, t=1), RecordedCommand(entry=entry(1), t=UTC, mono=0.0)]
    for item in items:
        recorder.put(item)
    assert not recorder.opened(0.0)
    assert not recorder.flush(0.01)
    recorder.close()
    assert not path.exists()
