"""Brings what was recorded to where it is found, when files of an open record were moved or deleted.

A deleted file is there for as long as it is open: what the connection still reads is copied before it is
closed. Where that is not whole, the bytes of the open files are what counts.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from xovac_tui import createfile
from xovac_tui.recording.disk import claim, files
from xovac_tui.recording.disk.bins import Chunk
from xovac_tui.recording.disk.codec import Block, unpack_tail
from xovac_tui.recording.disk.files import (
    RecordConnection,
    beside,
    connect,
    copy_database,
    identity,
    present_path,
    real,
    unused,
)
from xovac_tui.recording.disk.schema import TABLES, trouble_of
from xovac_tui.recording.file_notes import FileCode, FileNote
from xovac_tui.recording.status import RecordTrouble

_PIECE = 1 << 20
"""Bytes that are read at a time."""
_WAL_HEADER, _FRAME_HEADER = 32, 24
"""Bytes in front of a `-wal` and of each page in it."""


def keep_bytes(source: files.RecordConnection, target: Path) -> None:
    """Write the database and the `-wal` that a connection has open into new files.

    Raises OSError, also where this system does not list what is open.
    """
    for ending in files.ENDINGS[:2]:
        _copy(files.descriptor_of(source.files.known(ending)), files.beside(target, ending))


def _copy(file: int, target: Path) -> None:
    with os.fdopen(createfile.create(target), "wb") as copy:
        at = 0
        while piece := os.pread(file, _PIECE, at):
            copy.write(piece)
            at += len(piece)


@contextlib.contextmanager
def as_written(source: files.RecordConnection) -> Iterator[files.RecordConnection]:
    """Give a connection to a copy of these bytes, with the pages of the `-wal` in the main file."""
    with _scratch(source, "bytes") as part:
        _copy(files.descriptor_of(source.files.known("")), part)
        _overlay(files.descriptor_of(source.files.known("-wal")), part)
        with contextlib.closing(files.connect(part)) as made:
            made.execute("PRAGMA journal_mode = DELETE").fetchone()
            yield made


def _overlay(wal: int, part: Path) -> None:
    """Write all pages that a `-wal` has, up to its last commit, over those of a main file.

    SQLite would cut the file off at the size that it had then, and with it what another program has added
    since, to which pages in front of it may point. Format: sqlite.org, "Database File Format", 4.
    """
    head = os.pread(wal, _WAL_HEADER, 0)
    if len(head) < _WAL_HEADER:
        return
    size, salts = int.from_bytes(head[8:12], "big") or 65_536, head[16:24]
    pages: list[tuple[int, int]] = []
    """Number of a page, and where it is in the `-wal`."""
    committed = 0
    at = _WAL_HEADER
    while len(frame := os.pread(wal, _FRAME_HEADER, at)) == _FRAME_HEADER and frame[8:16] == salts:
        pages.append((int.from_bytes(frame[:4], "big"), at + _FRAME_HEADER))
        if any(frame[4:8]):
            committed = len(pages)
        at += _FRAME_HEADER + size
    with open(part, "r+b") as main:
        for number, place in pages[:committed]:
            main.seek((number - 1) * size)
            main.write(os.pread(wal, size, place))


@contextlib.contextmanager
def own_tables(source: files.RecordConnection, names: frozenset[str]) -> Iterator[files.RecordConnection]:
    """Give a connection to a new database with these tables out of such a copy.

    What another program has written beside them may be what spoils the file.
    """
    with as_written(source) as spoilt, _scratch(source, "tables") as part:
        files.create(part)
        with contextlib.closing(files.connect(part)) as made:
            made.execute("PRAGMA auto_vacuum = INCREMENTAL")
            for pragma in ("application_id", "user_version"):
                (number,) = spoilt.execute(f"PRAGMA {pragma}").fetchone()
                made.execute(f"PRAGMA {pragma} = {int(number)}")
            made.execute("BEGIN")
            _copy_tables(spoilt, made, names)
            made.execute("COMMIT")
            yield made


def _copy_tables(source: sqlite3.Connection, target: sqlite3.Connection, names: frozenset[str]) -> None:
    asked = (
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name = ? ORDER BY type DESC"
    )
    for table in sorted(names):
        for kind, name, sql in source.execute(asked, (table,)).fetchall():
            target.execute(sql)
            if kind == "table":
                rows = source.execute(f'SELECT * FROM "{name}"')
                places = ", ".join("?" * len(rows.description))
                target.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)


@contextlib.contextmanager
def _scratch(source: files.RecordConnection, ending: str) -> Iterator[Path]:
    part = source.files.real.with_name(f".{source.files.real.name}.{os.getpid()}.{ending}")
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.delete(part)
    try:
        yield part
    finally:
        files.delete(part)


_UNREADABLE = (
    sqlite3.Error,
    OSError,
    zlib.error,
    msgspec.MsgspecError,
    ValueError,
    LookupError,
    OverflowError,
)


_TORN = (RecordTrouble.DAMAGED, RecordTrouble.DISK_ERROR, RecordTrouble.DATABASE_ERROR)
"""Why nothing whole can be read over a connection, as opposed to a full disk or a lock."""


class DisplacedError(Exception):
    """What is written over a connection is not found under the record's path any more."""


class Rescued(NamedTuple):
    """Result of a rescue."""

    note: FileNote
    """What happened."""
    place: tuple[int, ...] | None
    """What is at the record's path now, by device and inode; None where it is free. What was put there is
    known by size and time as well: nothing has it open, so that its inode may soon be another file's."""
    damaged: bool = False
    """What is there is another program's doing, and no whole database."""
    put: bool = False
    """What is there was put there, and holds everything; nothing has it open yet."""

    def holds(self, path: Path) -> bool:
        """Return whether the path is still as it was left."""
        now = _state(path)
        if now is None or self.place is None:
            return now == self.place
        return now[: len(self.place)] == self.place


class Held(NamedTuple):
    """What a session has committed, all of which a copy must have."""

    session: int
    first: int
    """Index of its first event."""
    after: int
    """Index behind its newest event."""


def rescue(db: RecordConnection, stamp: str, held: Held) -> Rescued:
    """Save what a connection reads, so that it can be closed.

    Afterwards the path has a record with all of it, or is free, or has what another program put there.
    `stamp` names the file for the last case. Raises sqlite3.Error and OSError: then nothing is lost yet, the
    connection must stay open, and it can be tried again.
    """
    files, path = db.files, db.files.path
    now = identity(path)
    if now is not None and now == files.database:
        _put_in_place(db, files.real, held)
        return Rescued(
            FileNote(FileCode.WRITTEN_ANEW, path),
            _state(path),
            put=True,
        )
    moved = present_path(files.database)
    if moved is not None and _whole(db, held):
        files.drop_left_over()
        code = FileCode.MOVED if now is None else FileCode.MOVED_AND_REPLACED
        return Rescued(FileNote(code, path, str(moved)), now, now is not None and not _sound(path))
    if now is None:
        _put_in_place(db, real(path), held)
        return Rescued(
            FileNote(FileCode.DELETED, path),
            _state(path),
            put=True,
        )

    saved = unused(beside(path, f".rescued-{stamp}.sqlite3"))
    _copy_whole(db, saved, held, claimed=False)
    files.drop_left_over()
    return Rescued(FileNote(FileCode.REPLACED, path, saved.name), now, not _sound(path))


def _state(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def salvage(db: RecordConnection, stamp: str, held: Held) -> Path | None:
    """Copy what a connection to a damaged file still reads (memory, `-wal`) into a file beside it.

    None where that is not whole any more; then the bytes of what is open are kept, for `.recover`. Raises
    sqlite3.Error or OSError where there is no room: it can be tried again while the connection stays open.
    """
    path = db.files.path
    saved = unused(beside(path, f".rescued-{stamp}.sqlite3"))
    try:
        _copy_whole(db, saved, held, claimed=False, unpacked=True)
    except _UNREADABLE as error:
        if _no_room(error):
            raise
        with contextlib.suppress(OSError):
            keep_bytes(db, unused(beside(path, f".unread-{stamp}.sqlite3")))
        return None
    return saved


class _TornError(sqlite3.DatabaseError):
    """A copy that is not all of what was committed."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _copy_whole(
    db: RecordConnection,
    target: Path,
    held: Held,
    *,
    claimed: bool = True,
    unpacked: bool = False,
    in_place: bool = False,
) -> None:
    """Write all that was committed over a connection into a new file; raises sqlite3.Error, OSError.

    From what the connection reads; else from the bytes that it has open; else from this program's own tables
    in these. With `unpacked` everything is read, and with `in_place` it becomes the record.
    """

    def finish(copy: sqlite3.Connection) -> None:
        _refuse_unsound(copy, held, unpacked=unpacked)
        if not claimed:
            claim.clear(copy)

    def copy(source: sqlite3.Connection) -> None:
        copy_database(source, target, replace=in_place, last=in_place, finish=finish)

    try:
        copy(db)
        return
    except _UNREADABLE as error:
        if isinstance(error, sqlite3.Error | OSError) and trouble_of(error) not in _TORN:
            raise
        torn = error
    for source in (as_written(db), own_tables(db, TABLES)):
        try:
            with source as found:
                copy(found)
                return
        except _UNREADABLE as error:
            if _no_room(error):
                raise
    raise torn


def _no_room(error: Exception) -> bool:
    known = isinstance(error, sqlite3.Error | OSError)
    return known and trouble_of(error) in (RecordTrouble.DISK_FULL, RecordTrouble.QUOTA_FULL)


def _refuse_short(db: sqlite3.Connection, held: Held) -> None:
    """Raise an error where events of a session are missing at its end or among the others.

    Of older sessions there may be events that were deleted because they are old.
    """
    parts = "SELECT session, first, count FROM blocks UNION ALL SELECT session, first, count FROM tail"
    spans = db.execute(
        f"SELECT first, first + count FROM ({parts}) WHERE session = ? ORDER BY first", (held.session,)
    ).fetchall()
    at = held.first
    for first, after in spans:
        if first != at:
            break
        at = after
    # A commit that failed at its very end may be there all the same.
    if at < held.after:
        raise _TornError("what is left of it is not whole")


def _refuse_unsound(copy: sqlite3.Connection, held: Held, *, unpacked: bool) -> None:
    """Raise an error where a copy is damaged or lacks events; `unpacked`: or has unreadable ones."""
    check = "integrity_check" if unpacked else "quick_check"
    if copy.execute(f"PRAGMA {check}(1)").fetchone()[0] != "ok":
        raise _TornError("what is left of it is not whole")
    _refuse_short(copy, held)
    if not unpacked:
        return
    # A page of another file can pass for one of this; what is packed in it shows that.
    for (data,) in copy.execute("SELECT data FROM blocks"):
        Block.unpack(data)
    for (data,) in copy.execute("SELECT data FROM tail"):
        unpack_tail(data)
    for (data,) in copy.execute("SELECT data FROM bins"):
        Chunk(data)


def _sound(path: Path) -> bool:
    """Return whether a database is whole: one that met the `-wal` of another may not be."""
    try:
        with contextlib.closing(connect(path, mode="ro")) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        # Locked, or gone again: that shows when it is opened.
        return True
    except sqlite3.DatabaseError:
        return False


def _whole(db: sqlite3.Connection, held: Held) -> bool:
    """Move everything into the main file; return False where that is not possible."""
    try:
        if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return False
        _refuse_short(db, held)
    except sqlite3.DatabaseError as error:
        if trouble_of(error) not in _TORN:
            raise
        return False
    return True


def _put_in_place(db: RecordConnection, target: Path, held: Held) -> None:
    """Make a new file of what a connection reads, and give it the record's name."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy_whole(db, target, held, in_place=True)
