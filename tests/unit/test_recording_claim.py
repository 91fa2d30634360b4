"""Who records in a record: its row and its locks let one process do so, and no index is given twice."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.audited import done_to
from tests.helpers.record import UTC, HandClock, events_of, raws_of, reading, session, writer
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.recording.audit import verify
from xovac_tui.recording.audit_faults import AuditCode
from xovac_tui.recording.disk import claim, files, lists
from xovac_tui.recording.disk import lock as lock_module
from xovac_tui.recording.disk.claim import ClaimedError, ClaimRow, other_recorder, row_of
from xovac_tui.recording.disk.kinds import RecordedChange, RecordedMark
from xovac_tui.recording.disk.lock import WriterLock, is_recorded
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.recorder import Recorder
from xovac_tui.recording.disk.schema import open_for_writing
from xovac_tui.recording.file_notes import FileCode, FileNote
from xovac_tui.recording.status import RecorderState


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bench.xovac.sqlite3"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def recorders(path: Path, clock: HandClock) -> Iterator[Callable[..., Recorder]]:
    made: list[Recorder] = []

    def make(at: Path | None = None) -> Recorder:
        recorder = Recorder(at or path, session(), clock)
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
    assert recorder.flush()


def numbers_in(path: Path) -> list[int]:
    return [json.loads(raw)["t"] for raw in raws_of(path)]


def state_of(recorder: Recorder) -> RecorderState:
    return recorder.view.state


# -- two of them ------------------------------------------------------------------------------------------


def test_without_its_locks_a_record_still_has_one_recorder(
    recorders: Callable[..., Recorder],
    path: Path,
    clock: HandClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock_module, "locks_folder", lambda: tmp_path / "none" / "at all")
    first = recorders()
    put(first, clock, range(10))
    path.with_name(f"{path.name}.lock").unlink()
    second = recorders()
    assert (state_of(second), second.view.pid) == (RecorderState.BESIDE, os.getpid())
    put(second, clock, range(100, 105))
    put(first, clock, range(10, 20))
    clock.advance(5.0)
    assert second.flush()
    assert state_of(second) is RecorderState.BESIDE
    first.close()
    clock.advance(5.0)
    assert second.flush()
    assert state_of(second) is RecorderState.ON
    put(second, clock, range(20, 30))
    assert numbers_in(path) == list(range(30))
    assert [one.index for one in events_of(path)] == list(range(30))
    with Record(path) as record:
        # It did not come and go meanwhile.
        assert len(lists.sessions(record, recording=False)) == 3


def test_one_that_was_taken_for_dead_stops_at_its_next_commit(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    first = recorders()
    put(first, clock, range(10))
    # As another machine would, to which a suspended one looked dead.
    done_to(path, "UPDATE recorder SET token = 'theirs', pid = 4711, host = 'far', machine = 'far'")
    done_to(path, f"UPDATE recorder SET seen = {clock.utc()}")
    clock.advance(1.0)
    first.put(RecordedMark(mark=Mark(clock.mono(), clock.utc(), "note", "door"), who="ada@bench"))
    put(first, clock, range(10, 15))
    assert (state_of(first), first.view.pid) == (RecorderState.BESIDE, 4711)
    assert first.view.notes[-1] == FileNote(FileCode.CLAIMED, path, pid=4711, host="far")
    assert numbers_in(path) == list(range(10))
    with Record(path) as record:
        assert [mark.mark.text for mark in lists.marks(record)] == ["door"]
    clock.advance(claim.SILENT + 1.0)
    assert first.flush()
    put(first, clock, range(20, 25))
    assert state_of(first) is RecorderState.ON
    assert [one.index for one in events_of(path)] == list(range(15))


def test_a_symlinked_record_has_one_recorder(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock, tmp_path: Path
) -> None:
    first = recorders()
    link = tmp_path / "profiles" / "other.xovac.sqlite3"
    link.parent.mkdir()
    link.symlink_to(path)
    assert is_recorded(link)
    second = recorders(link)
    assert state_of(second) is RecorderState.BESIDE
    put(first, clock, range(10))
    put(second, clock, range(10))
    assert [one.index for one in events_of(link)] == list(range(10))


def test_locks_that_were_removed_are_taken_again(
    recorders: Callable[..., Recorder], path: Path, clock: HandClock
) -> None:
    first = recorders()
    lock = path.with_name(f"{path.name}.lock")
    (inner,) = lock_module.locks_folder().glob(f"{path.stat().st_dev}-{path.stat().st_ino}.lock")
    for gone in (lock, inner):
        gone.unlink()
        assert is_recorded(path)
        put(first, clock, range(1))
        assert gone.exists()
        assert WriterLock(path).acquire() is False
    first.close()
    assert not inner.exists()
    assert not is_recorded(path)


def test_a_folder_for_locks_that_another_user_made_is_not_used(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    monkeypatch.setattr(lock_module, "locks_folder", lambda: tmp_path / "link")
    path.touch()
    lock = WriterLock(path)
    assert lock.acquire()
    assert list(real.iterdir()) == []
    lock.release()


# -- who lives --------------------------------------------------------------------------------------------


def living(path: Path, utc: float, **fields: object) -> ClaimRow | None:
    """Return what a second recorder sees where the row of the first one says so."""
    db = open_for_writing(path)
    try:
        db.execute("BEGIN IMMEDIATE")
        claim.clear(db)
        token = claim.claim(db, db.files.database, 1, UTC)
        for name, value in fields.items():
            db.execute(f"UPDATE recorder SET {name} = ?", (value,))
        claim.give_up(token)
        return other_recorder(db, db.files.database, utc)
    finally:
        db.close()


ON_LINUX = Path("/proc/self/ns/pid").exists()
LINUX = pytest.mark.skipif(not ON_LINUX, reason="only Linux says so")
PARENT = os.getppid()
# proc(5): the start of a process is the 22nd field, of which the name in brackets is the second.
BORN = Path(f"/proc/{PARENT}/stat").read_text().rpartition(")")[2].split()[19] if ON_LINUX else ""
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip() if ON_LINUX else ""
SPACE = os.stat("/proc/self/ns/pid").st_ino if ON_LINUX else 0


@pytest.mark.parametrize(
    ("fields", "after", "lives"),
    [
        # A recorder of this process that is no more.
        ({}, 1.0, False),
        # Another process that is there, was started at another time, or is gone.
        pytest.param({"pid": PARENT, "born": BORN}, 10_000.0, True, marks=LINUX),
        pytest.param({"pid": PARENT, "born": "1"}, 1.0, False, marks=LINUX),
        ({"pid": 2**22 - 1, "born": ""}, 1.0, False),
        # A machine of this name that was started anew since; one that looks like it records now.
        pytest.param({"pid": PARENT, "boot": f"other/{SPACE}"}, 60.0, False, marks=LINUX),
        pytest.param({"pid": PARENT, "boot": f"other/{SPACE}"}, 1.0, True, marks=LINUX),
        # A container on this machine.
        pytest.param({"pid": PARENT, "boot": f"{BOOT}/7"}, 60.0, True, marks=LINUX),
        pytest.param({"pid": PARENT, "boot": f"{BOOT}/7"}, 200.0, False, marks=LINUX),
        # Another machine, whose clock may be another.
        ({"machine": "far"}, 60.0, True),
        ({"machine": "far"}, -60.0, True),
        ({"machine": "far"}, 200.0, False),
        # A copy of the file, such as a backup that was put in place.
        ({"pid": PARENT, "born": BORN, "inode": 1}, 1.0, False),
    ],
)
def test_a_row_counts_while_its_process_lives(
    path: Path, fields: dict[str, object], after: float, lives: bool
) -> None:
    found = living(path, UTC + after, **fields)
    assert (found is not None) is lives
    if found is not None:
        assert found.host == socket.gethostname()


def test_the_row_goes_with_its_recorder_and_is_not_in_a_copy(path: Path, tmp_path: Path) -> None:
    made = writer(path)
    with pytest.raises(ClaimedError, match=f"process {os.getpid()} on"):
        writer(path)
    with Record(path) as record:
        row = row_of(record.connection)
        assert row is not None
        assert (row.session, row.pid, row.beats) == (made.session, os.getpid(), 0)
        files.copy_database(record.connection, tmp_path / "copy.sqlite3", finish=claim.clear)
    made.event(reading(1.0, t=1))
    made.commit(UTC + 1)
    with Record(path) as record:
        again = row_of(record.connection)
        assert again is not None
        assert (again.beats, again.seen) == (1, UTC + 1)
    made.close(UTC)
    for file in (path, tmp_path / "copy.sqlite3"):
        with Record(file) as record:
            assert row_of(record.connection) is None


# -- indices ----------------------------------------------------------------------------------------------


def test_indices_that_were_given_twice_are_found(path: Path) -> None:
    made = writer(path)
    made.item(RecordedChange(kind="settings", who="ada@bench", text="in force", t=UTC, mono=0.0))
    for number in range(30):
        made.event(reading(float(number), t=number))
        if number % 10 == 9:
            made.commit(UTC)
    made.close(UTC)
    assert verify(path).well
    done_to(
        path, "INSERT INTO tail (session, first, count, shift, data) SELECT 2, 15, 10, shift, data FROM tail"
    )
    (fault,) = verify(path).faults
    assert (fault.code, dict(fault.data)) == (AuditCode.GIVEN_TWICE, {"first": 15, "after": 25})


def test_a_copy_of_version_before_has_no_row_to_clear(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.sqlite3") as db:
        claim.clear(db)
