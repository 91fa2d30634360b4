"""Checks a record from one end to the other: its database, its events and their indices, its chain."""

from __future__ import annotations

from pathlib import Path

import msgspec

from xovac_tui.plural import counted
from xovac_tui.recording.audit import Audit, verify
from xovac_tui.recording.disk import files
from xovac_tui.recording.disk.indices import duplicate_words, given_twice
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import CHAINED

_MOST = 20
"""Lines of SQLite about damage that are shown."""


class RecordCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a check."""

    version: int
    """Of the record."""
    size: int
    """Bytes of the main file."""
    wal: int
    """Bytes that wait in the `-wal` beside it; a copy of the main file alone lacks them."""
    events: int
    sessions: int
    runs: int
    faults: tuple[str, ...] = ()
    """What is wrong, as sentences."""
    audit: Audit | None = None
    """None in a file of a version without a chain."""
    note: str = ""
    """What was odd about opening it, as a sentence."""

    @property
    def well(self) -> bool:
        """True when nothing is wrong with it."""
        return not self.faults and (self.audit is None or self.audit.well)


def check(path: Path) -> RecordCheck:
    """Read everything in a record, which may be written meanwhile; RecordError where it cannot be opened."""
    with Record(path) as record, record.moment():
        lines = record.rows(f"PRAGMA integrity_check({_MOST})")
        faults = [f"SQLite: {line}." for (line,) in lines if line != "ok"]
        record.refresh(at_once=True)
        events = sum(1 for _ in record.scan())
        if lost := len(record.damaged):
            faults.append(f"{counted(lost, 'block')} of events cannot be read.")
        faults += [f"{duplicate_words(*stretch)}." for stretch in given_twice(record.connection)]
        version = int(record.rows("PRAGMA user_version")[0][0])
        sessions, runs = (
            int(record.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in ("sessions", "runs")
        )
        note = record.note
    audit = verify(path) if version >= CHAINED else None
    return RecordCheck(
        version=version,
        size=files.size(path),
        wal=files.size(path, "-wal"),
        events=events,
        sessions=sessions,
        runs=runs,
        faults=tuple(dict.fromkeys(faults)),
        audit=audit,
        note=note,
    )
