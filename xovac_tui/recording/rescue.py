"""Brings what was recorded to where it is found, when files of an open record were moved or deleted.

A deleted file is there for as long as it is open: what the connection still reads is copied before it is
closed.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from xovac_tui.recording import claim
from xovac_tui.recording.bins import Chunk
from xovac_tui.recording.codec import Block
from xovac_tui.recording.files import (
    Connection,
    beside,
    connect,
    copy_database,
    identity,
    real,
    unused,
    whereabouts,
)

_UNREADABLE = (
    sqlite3.Error,
    OSError,
    zlib.error,
    msgspec.MsgspecError,
    ValueError,
    LookupError,
    OverflowError,
)


class DisplacedError(Exception):
    """What is written over a connection is not found under the record's path any more."""


class Rescued(NamedTuple):
    """What became of a rescue."""

    said: str
    """What happened, as sentences."""
    place: tuple[int, ...] | None
    """What is at the record's path now, by device and inode; None where it is free. What was put there is
    known by size and time as well: nothing has it open, so that its inode may soon be another file's."""
    damaged: bool = False
    """What is there is another program's doing, and no whole database."""

    def stands(self, path: Path) -> bool:
        """Tell whether the path is still as it was left."""
        now = _state(path)
        if now is None or self.place is None:
            return now == self.place
        return now[: len(self.place)] == self.place


def rescue(db: Connection, stamp: str) -> Rescued:
    """Save what a connection reads, so that it can be closed.

    Afterwards the path has a record with all of it, or is free, or has what another program put there.
    `stamp` names the file for the last case. Raises sqlite3.Error and OSError: then nothing is lost yet, the
    connection must stay open, and it can be tried again.
    """
    files, path = db.files, db.files.path
    now = identity(path)
    if now is not None and now == files.database:
        _put_in_place(db, files.real)
        return Rescued(
            f"The -wal or -shm file of {path} was deleted while it was written. The record was written anew "
            "from what was open: nothing is lost. Delete none of its three files while it is recorded.",
            _state(path),
        )
    moved = whereabouts(files.database)
    if moved is not None and _whole(db):
        files.drop_left_over()
        said = f"The record {path} was moved to {moved} while it was written; all until then is there."
        if now is None:
            return Rescued(f"{said} A new one was begun.", None)
        return Rescued(f"{said} Another file is in its place now.", now, not _sound(path))
    if now is None:
        _put_in_place(db, real(path))
        return Rescued(
            f"The record {path} was deleted while it was written. "
            "It was written again, whole, from what was open.",
            _state(path),
        )
    saved = unused(beside(path, f".rescued-{stamp}.sqlite3"))
    copy_database(db, saved, finish=claim.clear)
    files.drop_left_over()
    return Rescued(
        f"The record {path} was replaced by another file while it was written. All until then is in "
        f"{saved.name} beside it; what comes now goes into the file that is there now. "
        "To restore an older copy, end the recorder first.",
        now,
        not _sound(path),
    )


def _state(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def salvage(db: Connection, stamp: str) -> Path | None:
    """Copy what a connection to a damaged file still reads (memory, `-wal`) into a file beside it.

    None where that is not whole any more.
    """
    saved = unused(beside(db.files.path, f".rescued-{stamp}.sqlite3"))
    try:
        copy_database(db, saved, finish=_refuse_broken)
    except _UNREADABLE:
        return None
    return saved


def _refuse_broken(copy: sqlite3.Connection) -> None:
    """Raise an error where a copy is damaged, or where events are missing among the others."""
    parts = "SELECT first, count FROM blocks UNION ALL SELECT first, count FROM tail"
    gaps = f"SELECT lag(first + count) OVER (ORDER BY first) <> first AS gap FROM ({parts})"
    whole = copy.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    if not whole or copy.execute(f"SELECT count(*) FROM ({gaps}) WHERE gap").fetchone()[0]:
        raise sqlite3.DatabaseError("what is left of it is not whole")
    # A page of another file can look like one of this; what is packed in it shows that.
    for (data,) in copy.execute("SELECT data FROM blocks"):
        Block.unpack(data)
    for (data,) in copy.execute("SELECT data FROM bins"):
        Chunk(data)
    claim.clear(copy)


def _sound(path: Path) -> bool:
    """Tell whether a database is whole: one that met the `-wal` of another may not be."""
    try:
        with contextlib.closing(connect(path, mode="ro")) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        # Locked, or gone again: that shows when it is opened.
        return True
    except sqlite3.DatabaseError:
        return False


def _whole(db: sqlite3.Connection) -> bool:
    """Have the main file hold everything; False where something keeps it from that."""
    return bool(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


def _put_in_place(db: Connection, target: Path) -> None:
    """Make a new file of what a connection reads, and give it the record's name."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy_database(db, target, replace=True, last=True)
