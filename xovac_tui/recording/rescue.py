"""Brings what was recorded to where it is found, when files of an open record were moved or deleted.

A deleted file is there for as long as it is open: what the connection still reads is copied before it is
closed.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from xovac_tui.recording import claim
from xovac_tui.recording.files import Connection, beside, copy_database, identity, real, whereabouts


class DisplacedError(Exception):
    """What is written over a connection is not found under the record's path any more."""


def rescue(db: Connection, stamp: str) -> str:
    """Save what a connection reads, so that it can be closed; return what happened, as sentences.

    Afterwards the path has a record with all of it, or is free, or has what another program put there.
    `stamp` names the file for the last case. Raises sqlite3.Error and OSError: then nothing is lost yet, the
    connection must stay open, and it can be tried again.
    """
    files, path = db.files, db.files.path
    now = identity(path)
    if now is not None and now == files.database:
        _put_in_place(db, files.real)
        return (
            f"The -wal or -shm file of {path} was deleted while it was written. The record was written anew "
            "from what was open: nothing is lost. Delete none of its three files while it is recorded."
        )
    moved = whereabouts(files.database)
    if moved is not None and _whole(db):
        files.drop_left_over()
        said = f"The record {path} was moved to {moved} while it was written; all until then is there."
        return f"{said} {'A new one was begun.' if now is None else 'Another file is in its place now.'}"
    if now is None:
        _put_in_place(db, real(path))
        return (
            f"The record {path} was deleted while it was written. "
            "It was written again, whole, from what was open."
        )
    saved = beside(path, f".rescued-{stamp}.sqlite3")
    copy_database(db, saved, finish=claim.clear)
    files.drop_left_over()
    return (
        f"The record {path} was replaced by another file while it was written. All until then is in "
        f"{saved.name} beside it; what comes now goes into the file that is there now. "
        "To restore an older copy, end the recorder first."
    )


def _whole(db: sqlite3.Connection) -> bool:
    """Have the main file hold everything; False where something keeps it from that."""
    return bool(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


def _put_in_place(db: Connection, target: Path) -> None:
    """Make a new file of what a connection reads, and give it the record's name."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy_database(db, target, replace=True, last=True)
