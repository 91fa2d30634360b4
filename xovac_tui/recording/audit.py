"""Reads the chain of hashes in a record: what it covers, and whether that is as it was written."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.plural import counted
from xovac_tui.recording.audit_faults import AuditCode, AuditedRow, AuditFault
from xovac_tui.recording.disk import chain
from xovac_tui.recording.disk.foreign_bounds import EARLIEST, LATEST
from xovac_tui.recording.disk.indices import given_twice
from xovac_tui.recording.disk.kinds import AUDITED
from xovac_tui.recording.disk.schema import (
    CHAINED,
    RecordError,
    TornRecordError,
    as_record_error,
    open_for_reading,
)
from xovac_tui.recording.disk.table import columns_of
from xovac_tui.recording.disk.unchained import YOUNGER, replace_missing_tables, tables, unchained
from xovac_tui.text import clean

SHORTEST = 12
"""Characters of a noted head's hash at least."""
_TRIED = 40_000
"""Pairs of entry and row that are tried at the most, to distinguish moved rows from changed ones."""
_MOST_TEXT = 100_000
"""Bytes of a column that are read for the words of a fault."""
_NO_ENTRY = AuditedRow(place="", row=0)


class Head(msgspec.Struct, frozen=True):
    """The newest entry of a chain: a copy kept elsewhere shows later whether the whole chain is left."""

    count: int
    hash: str
    """SHA-256, hex."""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """Result of an audit of a whole chain."""

    head: Head
    """What the chain ends with."""
    faults: tuple[AuditFault, ...] = ()
    migrated: int | None = None
    """How many rows were there before there was a chain, and are covered only since; None: none were."""
    noted: int | None = None
    """Number of the entry with the noted hash; None where it was not asked for, or not found."""
    unchained: dict[str, int] = {}
    """How many there are of what the chain does not cover, by what it is called."""

    @property
    def well(self) -> bool:
        """True when everything is as it was written."""
        return not self.faults


def head_of(path: Path) -> Head | None:
    """Return the head of a record's chain; None in a file of a version without one. Raises RecordError."""
    with _reading(path) as db:
        replace_missing_tables(db)
        return None if _version(db) < CHAINED else _head_from(db)


def entries(path: Path, since: float = 0.0) -> Iterator[AuditedRow]:
    """Yield what the chain covers, in its order, from a record time on; raises RecordError."""
    with _reading(path) as db:
        _refuse_old(db, path)
        replace_missing_tables(db)
        for number, place, row, _ in db.execute("SELECT id, place, row, hash FROM chain ORDER BY id"):
            entry = _entry(db, number, _text(place), row)
            if entry.place == chain.MIGRATED or entry.t is None or entry.t >= since:
                yield entry


def verify(path: Path, expected: str = "") -> Audit:
    """Check every entry of a record's chain, and every row that must be in it; raises RecordError.

    `expected` is the hash of a head that was noted elsewhere, or its beginning: it must be in the chain.
    """
    with _reading(path) as db:
        if _version(db) < CHAINED and (younger := YOUNGER & tables(db)):
            raise TornRecordError(
                f"{path} says that it is older than the audit, but has what came with it "
                f"({', '.join(sorted(younger))}): its version was changed."
            )
        _refuse_old(db, path)
        return _Walk(db).audit(expected.strip().lower())


class _Doubt(msgspec.Struct, frozen=True):
    """An entry whose hash does not fit to its row as it is now."""

    number: int
    place: str
    row: int
    before: str
    hash: str
    there: bool
    """Its row is there."""


class _Walk:
    """One walk along a chain."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._faults: list[AuditFault] = []
        self._doubts: list[_Doubt] = []
        self._covered: dict[str, set[int]] = {place: set() for place in AUDITED}
        self._newest = 0
        self._hash: str | None = chain.BEGINNING
        """Of the newest entry, as the chain has it; None where that entry is missing."""
        self._fitting: tuple[str, ...] = ()
        """What the hash of the newest entry would be, where it is another one."""
        self._missing_tables = replace_missing_tables(db)
        self._migrated: int | None = None
        self._noted: int | None = None

    def audit(self, expected: str) -> Audit:
        """Check all entries, and what is in the record beside the chain."""
        for table in self._missing_tables:
            self._fault(AuditCode.TABLE_REMOVED, _NO_ENTRY, table=table)
        for number, place, row, hashed in self._db.execute(
            "SELECT id, place, row, hash FROM chain ORDER BY id"
        ):
            self._check_entry(number, _text(place), row if isinstance(row, int) else -1, _text(hashed))
            if expected and _text(hashed).startswith(expected):
                self._noted = number
        self._check_head()
        self._settle()
        for first, after in given_twice(self._db):
            self._fault(AuditCode.GIVEN_TWICE, _NO_ENTRY, first=first, after=after)
        beside = unchained(self._db)
        if not self._newest and (beside.get("events") or beside.get("runs")):
            self._faults.insert(0, AuditFault(code=AuditCode.CHAIN_EMPTY, entry=_NO_ENTRY))
        if expected and self._noted is None:
            self._fault(AuditCode.NOTED_HEAD_MISSING, _NO_ENTRY, noted=clean(expected, 64))
        return Audit(
            head=Head(self._newest, self._hash or ""),
            faults=tuple(sorted(self._faults, key=lambda one: one.entry.number or 1 << 62)),
            migrated=self._migrated,
            noted=self._noted,
            unchained=beside,
        )

    def _check_entry(self, number: int, place: str, row: Any, hashed: str) -> None:
        before, fitting_before = self._hash, self._fitting
        if number != self._newest + 1:
            first = self._newest + 1
            self._fault(AuditCode.ENTRIES_REMOVED, _chained(first), first=first, after=number)
            before, fitting_before = None, ()
        self._newest, self._hash, self._fitting = number, hashed, ()
        values = _values(self._db, place, row)
        if values is not None and place in AUDITED:
            self._covered[place].add(row)
        if place == chain.MIGRATED and number == 1:
            self._migrated = row
        if before is None:
            # Without the entry before it this cannot be checked; that one is reported as missing.
            return
        fitting = () if values is None else chain.entry_hashes(before, number, place, row, values)
        if hashed in fitting:
            return
        if values is not None and any(
            hashed in chain.entry_hashes(one, number, place, row, values) for one in fitting_before
        ):
            self._rehashed(number - 1)
            return
        self._fitting = fitting
        self._doubts.append(_Doubt(number, place, row, before, hashed, values is not None))

    def _rehashed(self, number: int) -> None:
        """Take it back that a row was changed: it fits, only the hash beside it does not."""
        doubt = self._doubts.pop()
        entry = self._entry(number, doubt.place, doubt.row)
        self._fault(AuditCode.HASH_CHANGED, entry)

    def _check_head(self) -> None:
        """Compare the end of the chain with the head, which would miss entries removed there."""
        head, last = _head_from(self._db), self._newest
        if head is None:
            self._fault(AuditCode.HEAD_REMOVED, _chained(last), last=last)
        elif head.count > last:
            self._fault(AuditCode.END_REMOVED, _chained(last + 1), written=head.count, left=last)
        elif head.count == last and head.hash in self._fitting:
            self._rehashed(last)
        elif (head.count, head.hash) != (last, self._hash):
            self._fault(AuditCode.HEAD_DIFFERS, _chained(last), named=head.count)

    def _settle(self) -> None:
        """Report for each doubt whether its row was changed, removed or moved, and find what was added."""
        added: dict[tuple[str, int], None] = {}
        for place, covered in self._covered.items():
            added |= {(place, row): None for row in chain.audited_rows(self._db, place) if row not in covered}
        # What is at another place now is there, or where another one was doubted.
        there = [
            *added,
            *((one.place, one.row) for one in self._doubts if one.there and one.place in AUDITED),
        ]
        tried = len(there) * len(self._doubts) <= _TRIED
        for doubt in self._doubts:
            spot = next((spot for spot in there if tried and self._fits(doubt, *spot)), None)
            if spot is not None:
                added.pop(spot, None)
                self._at_another_place(doubt, *spot)
            elif doubt.there:
                entry = self._entry(doubt.number, doubt.place, doubt.row)
                self._fault(AuditCode.ROW_CHANGED, entry)
            else:
                entry = self._entry(doubt.number, doubt.place, doubt.row)
                self._fault(AuditCode.ROW_REMOVED, self._near(entry))
        for place, row in added:
            self._fault(AuditCode.ROW_ADDED, self._entry(0, place, row))

    def _at_another_place(self, doubt: _Doubt, place: str, row: int) -> None:
        """Report a row that an entry covered and that it does not name now."""
        entry = self._entry(doubt.number, place, row)
        if place == doubt.place and self._fits(doubt, place, row) == doubt.row:
            self._fault(AuditCode.ROW_MOVED, entry, written=doubt.row)
        else:
            self._fault(AuditCode.ENTRY_CHANGED, entry)

    def _fits(self, doubt: _Doubt, place: str, row: int) -> int | None:
        """Return in which row it was written if a row is what an entry covered; None if it is not."""
        values = chain.read_row(self._db, place, row)
        rows = {row, doubt.row} if place == doubt.place else {row}
        for one in rows if values is not None else ():
            if doubt.hash in chain.entry_hashes(doubt.before, doubt.number, place, one, values or ()):
                return one
        return None

    def _near(self, entry: AuditedRow) -> AuditedRow:
        """Return an entry whose row is gone, with the newest moment before it that is known."""
        earlier = self._db.execute(
            "SELECT place, row FROM chain WHERE id < ? ORDER BY id DESC LIMIT 20", (entry.number,)
        ).fetchall()
        for place, row in earlier:
            near = self._entry(0, _text(place), row)
            if near.t is not None:
                return msgspec.structs.replace(entry, t=near.t, what="the time of the entry before it")
        return entry

    def _entry(self, number: int, place: str, row: Any) -> AuditedRow:
        return _entry(self._db, number, place, row)

    def _fault(self, code: AuditCode, entry: AuditedRow, **data: Any) -> None:
        self._faults.append(AuditFault(code=code, entry=entry, data=tuple(data.items())))


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a record as it is at one moment, its text as bytes; RecordError where SQLite finds it damaged."""
    db = open_for_reading(path)
    try:
        with chain.raw_text(db):
            db.execute("BEGIN")
            yield db
    except sqlite3.DatabaseError as error:
        if _lacks_a_column(error):
            raise TornRecordError(f"{path} is not as it was written: {error}.") from error
        raise as_record_error(error, path) from error
    finally:
        db.close()


def _lacks_a_column(error: sqlite3.DatabaseError) -> bool:
    """Return whether a statement failed because a table lacks a column.

    SQLite 3.x has no extended code for it: it is SQLITE_ERROR, as every mistake in a statement is.
    """
    return "no such column" in str(error)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _refuse_old(db: sqlite3.Connection, path: Path) -> None:
    if _version(db) < CHAINED:
        raise RecordError(
            f"{path} was written before there was an audit, so no chain covers it yet. When this version "
            "writes it for the first time, it is audited from then on."
        )


def _head_from(db: sqlite3.Connection) -> Head | None:
    found = db.execute("SELECT count, hash FROM head WHERE id = 1").fetchone()
    if found is None:
        return None
    return Head(found[0] if isinstance(found[0], int) else -1, _text(found[1]))


def _chained(number: int) -> AuditedRow:
    """Return an entry of the chain of which the number alone is known."""
    return AuditedRow(place="", row=0, number=number)


def _values(db: sqlite3.Connection, place: str, row: Any) -> chain.Values | None:
    """Return what is hashed of what an entry of the chain names; None where that is not there."""
    if place == chain.MIGRATED:
        return ()
    return chain.read_row(db, place, row) if place in AUDITED and isinstance(row, int) else None


def _entry(db: sqlite3.Connection, number: int, place: str, row: Any) -> AuditedRow:
    """Return a row in words; with its place alone where it is not there."""
    if place == chain.MIGRATED:
        return AuditedRow(
            number=number,
            place=place,
            row=row,
            what=f"{counted(row, 'row was', 'rows were')} there before the chain",
        )
    values = _values(db, place, row)
    if values is None:
        return AuditedRow(number=number, place=place, row=row)
    kind = AUDITED[place]
    found = dict(zip(columns_of(kind), values, strict=True))
    t = found["t"]
    return AuditedRow(
        number=number,
        place=place,
        row=row,
        t=t if isinstance(t, int | float) and EARLIEST <= t <= LATEST else None,
        who=clean(_text(found["who"]), 60),
        what=clean(kind.what({name: _text(value) for name, value in found.items()}), 200),
    )


def _text(value: Any) -> str:
    """Return a column as text, also one that was tampered with; of long ones the beginning."""
    if isinstance(value, bytes | bytearray):
        return bytes(value[:_MOST_TEXT]).decode("utf-8", "backslashreplace")
    return "" if value is None else str(value)
