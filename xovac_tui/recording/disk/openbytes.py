"""Read the bytes of a record's open files: what counts when SQLite itself reads them wrongly.

A program that opens a record between the deletion of its `-wal` and the moment when the recorder notices
shares the `-shm` with it, and both read a `-wal` that lacks what the `-shm` promises: errors, empty pages, or
an older state; a checkpoint brings that into the main file. The recorder's own `-wal` has the pages still.
The bytes are read from the descriptors that SQLite has, of which none is opened or closed for that.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from xovac_tui import createfile
from xovac_tui.recording.disk import files

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
