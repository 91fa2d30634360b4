"""The file of a record: its tables, its version, and how it is opened."""

from __future__ import annotations

import contextlib
import errno
import re
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from xovac_tui.errors import XovacError
from xovac_tui.recording.disk import claim, files
from xovac_tui.recording.disk.chain import BEGINNING, chain_all
from xovac_tui.recording.disk.cursors import FORWARDED
from xovac_tui.recording.disk.cursors import TABLE as CURSORS
from xovac_tui.recording.disk.files import RecordConnection
from xovac_tui.recording.disk.kinds import KINDS, KINDS_VERSION
from xovac_tui.recording.disk.lock import recorded_as, unfinished_names
from xovac_tui.recording.disk.shape import foreign_part
from xovac_tui.recording.disk.table import PLACED, adding, creating
from xovac_tui.recording.disk.upgrade import place_copies, place_rows
from xovac_tui.recording.status import RecordTrouble

CHAINED = 2
"""Version from which on the chain of hashes covers what people did."""
VERSION = max(FORWARDED, KINDS_VERSION)
"""Of the tables; a file with a higher one was written by a newer program and is left alone."""
APPLICATION = 0x584F5641
"""`XOVA` in the file's header."""

_BLOCKS = """
CREATE TABLE blocks (               -- events, packed
    id INTEGER PRIMARY KEY, session INTEGER NOT NULL,
    first INTEGER NOT NULL, count INTEGER NOT NULL,     -- index of the first event, and how many
    t0 REAL NOT NULL, t1 REAL NOT NULL,                 -- record time of the first and the last
    shift REAL NOT NULL,                                -- record time minus monotonic time
    about BLOB NOT NULL, data BLOB NOT NULL
);
CREATE TABLE tail (                 -- the newest events, until there are enough for a block
    id INTEGER PRIMARY KEY, session INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
    shift REAL NOT NULL, data BLOB NOT NULL
);
CREATE TABLE channels (             -- name: event.path
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, label TEXT NOT NULL DEFAULT '',
    unit TEXT NOT NULL DEFAULT ''
);
CREATE TABLE bins (                 -- level: width of a bin, seconds
    channel INTEGER NOT NULL, level INTEGER NOT NULL, chunk INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE UNIQUE INDEX bins_place ON bins (channel, level, chunk);
"""
_CHAIN = """
CREATE TABLE chain (                -- vouches for rows of the audited tables, in the order in which they came
    id INTEGER PRIMARY KEY,         -- without a gap
    place TEXT NOT NULL,            -- name of the table
    row INTEGER NOT NULL,
    hash TEXT NOT NULL              -- SHA-256 of the hash before and of the row, hex
);
CREATE TABLE head (                 -- the newest entry of the chain, so that one removed at its end is missed
    id INTEGER PRIMARY KEY CHECK (id = 1),
    count INTEGER NOT NULL,         -- its number, which is how many there are
    hash TEXT NOT NULL
);
"""
_OTHERS = {
    1: _BLOCKS,
    2: _CHAIN,
    PLACED: ";\n".join([*map(";\n".join, map(adding, KINDS)), claim.TABLE]),
    FORWARDED: CURSORS,
}
"""Version -> statements that it added beside the tables of kinds."""


def _step(version: int) -> tuple[str, ...]:
    """Return the statements that a version added: tables of its kinds, then others."""
    kinds = [one for kind in KINDS if kind.table.version == version for one in creating(kind)]
    return *kinds, *(one for one in _OTHERS.get(version, "").split(";\n") if one.strip())


_STEPS = tuple(map(_step, range(1, VERSION + 1)))
"""Statements that bring a file from each version to the next; an empty file has version 0."""
STATEMENTS = tuple(statement for step in _STEPS for statement in step)
"""Statements that make the tables of this version."""
TABLES = frozenset(re.findall(r"CREATE TABLE (\w+)", "\n".join(STATEMENTS)))
"""Names of the tables of a record."""


class RecordError(XovacError):
    """A record that cannot be written or read: which file, why, and what to do."""

    several_lines = False


class NewerRecordError(RecordError):
    """A record written by a newer program."""


class TornRecordError(RecordError):
    """A file that is no record, or no longer one."""


class SecondNameError(RecordError):
    """A record that is written under another name of the same file: both would spoil it."""


def open_for_writing(path: Path) -> RecordConnection:
    """Open a record, made where there is none; raises RecordError, or OSError where the folder says no."""
    files.real(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.create(path)
    _refuse_second_name(path)
    _refuse_foreign(path)
    connection = files.connect(path)
    try:
        version = _version(connection, path)
        if version == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if version < VERSION:
            _upgrade(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise as_record_error(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_second_name(path: Path) -> None:
    """Raise SecondNameError where another name of the file has a `-wal` of its own: each name has one."""
    if files.real(path).stat().st_nlink < 2:
        return
    advice = "Two names of one database spoil it: name that one, or make a copy with `xovac-tui record copy`."
    if (found := recorded_as(path)) is not None:
        who = f"process {found[1]}" if found[1] else "another process"
        raise SecondNameError(
            f"{path} is another name (a hard link) of {found[0]}, in which {who} records. {advice}"
        )
    for other in unfinished_names(path):
        raise SecondNameError(
            f"{path} is another name (a hard link) of {other}, and the newest of what was recorded is in "
            f"{other.name}-wal. {advice}"
        )


def _refuse_foreign(path: Path) -> None:
    """Raise RecordError where a file is another program's or a newer one's, without a byte written to it."""
    # What is in the main file alone is enough to refuse it, and never enough to take it for ours.
    tries = [True, False] if files.size(path, "-wal") else [True]
    for immutable in tries:
        # Damage is found, and its kind, when the file is opened for good.
        with (
            contextlib.suppress(sqlite3.DatabaseError),
            contextlib.closing(
                files.connect(path, mode="ro", immutable=immutable, timeout=0.5)
            ) as connection,
        ):
            _version(connection, path)


def keep_old_version(path: Path, version: int) -> Path:
    """Copy a record before it is made one of this version, so that the older program can go back to that.

    For within a transaction of another connection that has the write lock. Raises RecordError, sqlite3.Error.
    """
    whole = files.real(path)
    kept = files.unused(whole.with_name(f"{whole.stem}.v{version}-backup.sqlite3"))
    with contextlib.closing(files.connect(path, mode="ro")) as source:
        files.copy_database(source, kept)
    return kept


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables that a file lacks; all of them, or none."""
    connection.execute("BEGIN IMMEDIATE")
    kept: Path | None = None
    try:
        # Another process may have been quicker.
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if 0 < found < VERSION:
            kept = keep_old_version(path, found)
        for step in _STEPS[found:]:
            for statement in step:
                connection.execute(statement)
        if found < CHAINED:
            connection.execute("INSERT INTO head (id, count, hash) VALUES (1, 0, ?)", (BEGINNING,))
        if 0 < found < PLACED:
            place_rows(connection)
        if 0 < found < CHAINED:
            chain_all(connection)
        if found < VERSION:
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        if kept is not None:
            # The record itself is as it was, and the next try makes the next copy.
            kept.unlink(missing_ok=True)
        raise


def no_record(path: Path) -> str:
    """Return what is reported where a record is to be read and there is no file."""
    return f"There is no record at {path}. It is made when something is recorded."


def open_for_reading(path: Path) -> RecordConnection:
    """Open a record that exists, without ever writing to it; raises RecordError.

    A file of an older version is seen as this version would make it.
    """
    try:
        if not path.is_file():
            odd = f"{path} is not a regular file, so it is no record. Name the file of a record."
            raise RecordError(odd if path.exists() else no_record(path))
        connection = files.connect(path, mode="ro")
    except OSError as error:
        reason = error.strerror or str(error)
        raise RecordError(f"{path} cannot be read: {reason}. Check the permissions of its folder.") from error
    except sqlite3.Error as error:
        raise as_record_error(error, path) from error
    try:
        try:
            found = _version(connection, path)
        except sqlite3.OperationalError as error:
            if _code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            connection.close()
            connection = _open_in_read_only_folder(path)
            found = _version(connection, path)
        if found == 0:
            raise RecordError(
                f"{path} is empty: nothing was recorded in it yet. If it is a copy of a record, the file "
                f"{path.name}-wal belongs to it; `xovac-tui record copy` makes one file of both."
            )
        if found < PLACED:
            place_copies(connection)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise as_record_error(error, path) from error
    except UnicodeDecodeError as error:
        # SQLite says what is wrong by the damaged text itself.
        connection.close()
        raise TornRecordError(f"{path} is damaged: {error}.") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _open_in_read_only_folder(path: Path) -> RecordConnection:
    """Open a record in a folder that may not be written; RecordError where its `-wal` cannot be read."""
    if not files.size(path, "-wal"):
        # Nothing is being written, so the file is all there is.
        return files.connect(path, mode="ro", immutable=True)
    try:
        return files.connect_to_copy(path)
    except (OSError, sqlite3.Error) as error:
        raise RecordError(
            f"The newest part of {path} is in {path.name}-wal, which cannot be read in a folder that may not "
            f"be written ({trouble_of(error)}). Copy both files into a folder of yours, and read that copy."
        ) from error


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and application != APPLICATION:
        raise RecordError(f"{path} is a database of another program. Move it away, or name another folder.")
    if version > VERSION:
        raise NewerRecordError(
            f"{path} was written by a newer xovac-tui (record version {version}, this one knows {VERSION}). "
            "Nothing is written to it. Install that version again, or move the file away."
        )
    if odd := foreign_part(connection, STATEMENTS):
        raise RecordError(
            f"{path} is not as a recorder makes it: it has {odd}. Nothing is read from it or written to it. "
            "Move it away, or name another file."
        )
    return version


def _code(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def as_record_error(error: sqlite3.Error, path: Path) -> RecordError:
    """Return what a database error means for the user."""
    if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return TornRecordError(f"{path} is damaged: {error}.")
    return RecordError(f"{path} cannot be used: {error}.")


NOT_UNPACKED = (
    zlib.error, msgspec.MsgspecError, ValueError, LookupError, OverflowError, TypeError, RecursionError,
    MemoryError,
)  # fmt: skip
"""What is raised where bytes from a file are not what they should be."""


@contextlib.contextmanager
def unpacking(path: Path) -> Iterator[None]:
    """Raise TornRecordError where what a record holds packed cannot be unpacked."""
    try:
        yield
    except NOT_UNPACKED as error:
        raise TornRecordError(f"{path} is damaged: {error}.") from error


def trouble_of(error: BaseException) -> RecordTrouble:
    """Return why nothing is recorded, or why a record cannot be written."""
    if isinstance(error, NewerRecordError):
        return RecordTrouble.NEWER
    if isinstance(error, TornRecordError):
        return RecordTrouble.DAMAGED
    if isinstance(error, SecondNameError):
        return RecordTrouble.HARD_LINK
    if isinstance(error, RecordError) and error.__cause__ is not None:
        return trouble_of(error.__cause__)
    if isinstance(error, RecordError):
        return RecordTrouble.FOREIGN
    if isinstance(error, sqlite3.Error):
        words = {
            sqlite3.SQLITE_FULL: RecordTrouble.DISK_FULL,
            sqlite3.SQLITE_READONLY: RecordTrouble.READ_ONLY,
            sqlite3.SQLITE_PERM: RecordTrouble.NOT_PERMITTED,
            sqlite3.SQLITE_CANTOPEN: RecordTrouble.CANNOT_OPEN,
            sqlite3.SQLITE_BUSY: RecordTrouble.LOCKED,
            sqlite3.SQLITE_LOCKED: RecordTrouble.LOCKED,
            sqlite3.SQLITE_IOERR: RecordTrouble.DISK_ERROR,
            sqlite3.SQLITE_CORRUPT: RecordTrouble.DAMAGED,
            sqlite3.SQLITE_NOTADB: RecordTrouble.DAMAGED,
        }
        return words.get(_code(error), RecordTrouble.DATABASE_ERROR)
    if isinstance(error, PermissionError):
        return RecordTrouble.READ_ONLY
    if isinstance(error, OSError):
        return {
            errno.ENOSPC: RecordTrouble.DISK_FULL,
            errno.EDQUOT: RecordTrouble.QUOTA_FULL,
            errno.EROFS: RecordTrouble.READ_ONLY,
        }.get(error.errno or 0, RecordTrouble.DISK_ERROR)
    return RecordTrouble.DEFECT
