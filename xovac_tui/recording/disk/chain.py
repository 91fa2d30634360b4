"""Keep the chain of hashes in a record: each entry covers one row, and every entry before it.

What people did and what was reported to them (commands, notes, recipes loaded, alarms, changes of settings,
attachments) is chained in the transaction that writes it. `docs/audit.md` says how a hash is computed.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from xovac_tui.recording.disk.kinds import AUDITED
from xovac_tui.recording.disk.table import columns_of, first_of

MIGRATED = "migrated"
"""In place of a table in the first entry of a file that was written before there was a chain."""
BEGINNING = "0" * 64
"""In place of the hash before the first entry."""

Values = tuple[Any, ...]
ChainRow = Callable[[str, int], None]


def canonical(values: Iterable[Any]) -> bytes:
    """Return values one after the other with type and length, so that each list has bytes of its own."""
    parts = []
    for value in values:
        match value:
            case None:
                tag, data = b"N", b""
            case int():
                tag, data = b"I", b"%d" % value
            case float():
                tag, data = b"R", struct.pack(">d", value)
            case str():
                tag, data = b"T", value.encode()
            # SQLite's text as it is in the file, which may be no UTF-8; see `raw_text`.
            case bytearray():
                tag, data = b"T", bytes(value)
            case _:
                tag, data = b"B", bytes(value)
        parts.append(b"%b%d:%b" % (tag, len(data), data))
    return b"".join(parts)


def entry_hash(before: str, number: int, place: str, row: int, values: Values) -> str:
    """Return the hash of an entry of the chain, hex; `before` is that of the entry before it."""
    return hashlib.sha256(before.encode() + canonical((number, place, row, *values))).hexdigest()


def entry_hashes(before: str, number: int, place: str, row: int, values: Values) -> tuple[str, ...]:
    """Return the hashes that an entry may have: of all its columns, or of those of older versions."""
    made = entry_hash(before, number, place, row, values)
    first = len(first_of(AUDITED[place])) if place in AUDITED else len(values)
    return (made,) if first >= len(values) else (made, entry_hash(before, number, place, row, values[:first]))


@contextlib.contextmanager
def raw_text(db: sqlite3.Connection) -> Iterator[None]:
    """Read text as the bytes in the file, in a bytearray, which distinguishes it from a blob."""
    usual, db.text_factory = db.text_factory, bytearray
    try:
        yield
    finally:
        db.text_factory = usual


def read_row(db: sqlite3.Connection, place: str, row: int) -> Values | None:
    """Return what is hashed of an audited row; None where it is not there."""
    statement = f"SELECT {', '.join(columns_of(AUDITED[place]))} FROM {place} WHERE id = ?"
    found: Values | None = db.execute(statement, (row,)).fetchone()
    return found


def audited_rows(db: sqlite3.Connection, place: str) -> Iterator[int]:
    """Yield the ids of the rows of a table that the chain must cover."""
    for (row,) in db.execute(f"SELECT id FROM {place} WHERE {AUDITED[place].table.audited} ORDER BY id"):
        yield row


@contextlib.contextmanager
def chaining(db: sqlite3.Connection) -> Iterator[ChainRow]:
    """Give what adds a row that was just written to the chain; for within one transaction.

    Several processes write a record, so the head is read anew each time.
    """
    head: tuple[int, str] | None = None

    def chain_row(place: str, row: int) -> None:
        nonlocal head
        # What counts is what the file holds: a whole number in a column of times comes back as a float.
        values = read_row(db, place, row) or ()
        head = _append(db, head or _head(db), place, row, values)

    with raw_text(db):
        yield chain_row
        if head is not None:
            db.execute("INSERT OR REPLACE INTO head (id, count, hash) VALUES (1, ?, ?)", head)


def chain_all(db: sqlite3.Connection) -> None:
    """Chain what a file of the first version holds, in the order of time; for within a transaction."""
    tables = [kind.table for kind in AUDITED.values()]
    parts = [f"SELECT '{one.name}', id, t FROM {one.name} WHERE {one.audited}" for one in tables]
    rows = db.execute(f"{' UNION ALL '.join(parts)} ORDER BY 3, 1, 2").fetchall()
    with raw_text(db):
        head = _append(db, _head(db), MIGRATED, len(rows), ())
    db.execute("UPDATE head SET count = ?, hash = ?", head)
    with chaining(db) as chain_row:
        for place, row, _ in rows:
            chain_row(place, row)


def _head(db: sqlite3.Connection) -> tuple[int, str]:
    """Return the number and hash that the next entry goes on from.

    Where the head or the end of the chain was tampered with, the next entry does not fit to the one
    before it, so that it shows; the record is written all the same.
    """
    newest = db.execute("SELECT coalesce(max(id), 0) FROM chain").fetchone()[0]
    found = db.execute("SELECT count, hash FROM head").fetchone()
    if found is None:
        return newest, BEGINNING
    count, hashed = found
    hashed = hashed.decode("ascii", "replace") if isinstance(hashed, bytearray) else BEGINNING
    return max(newest, count if isinstance(count, int) else 0), hashed


def _append(
    db: sqlite3.Connection, head: tuple[int, str], place: str, row: int, values: Values
) -> tuple[int, str]:
    number = head[0] + 1
    made = entry_hash(head[1], number, place, row, values)
    db.execute("INSERT INTO chain (id, place, row, hash) VALUES (?, ?, ?, ?)", (number, place, row, made))
    return number, made
