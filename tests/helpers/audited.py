"""Records with one of everything that is audited, and changes made to them past the program."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.helpers.record import UTC, reading, writer
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, Ask, Severity
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.recording.disk.chain import BEGINNING, entry_hash, raw_text
from xovac_tui.recording.disk.kinds import (
    AUDITED,
    KINDS,
    Attachment,
    Item,
    RecordedAlarm,
    RecordedAsk,
    RecordedChange,
    RecordedCommand,
    RecordedLoad,
    RecordedMark,
)
from xovac_tui.recording.disk.table import first_of, later_of

PLACES = ("ledger", "alarms", "changes", "loads", "attachments", "marks")


def one_of_each(mono: float) -> list[Item]:
    """Return items that make a row in every audited table, two in `alarms`, and a mark that is not."""
    utc = UTC + mono
    entry = LedgerEntry(int(mono), "load_recipe", '{"é": 1}', "ada@bench", utc, mono, Outcome.SUCCESS)
    raised = AlarmChange(
        rule="Plate A high",
        event=AlarmEvent.RAISED,
        state=AlarmState.UNACKNOWLEDGED,
        severity=Severity.HIGH,
        utc=utc,
        mono=mono,
        text="Plate A is 84.2 °C.",
    )
    return [
        RecordedCommand(entry=entry, t=utc, mono=mono),
        RecordedMark(mark=Mark(mono, utc, "step", "step 2"), who=""),
        RecordedMark(mark=Mark(mono, utc, "note", f"door \x00 opened, {mono:g}"), who="bob@bench"),
        RecordedAlarm(change=raised),
        RecordedAsk(
            ask=Ask(rule="Plate A high", event=AlarmEvent.ACKNOWLEDGED, who="eve@bench", utc=utc), mono=mono
        ),
        RecordedChange(
            kind="settings", who="ada@bench", text="recipe.max: 80 -> 90", t=utc, mono=mono, after="{}"
        ),
        RecordedLoad(
            t=utc,
            mono=mono,
            who="ada@bench",
            name="Bake",
            outcome="success",
            hash="ab" * 32,
            source="name = 'Bake'\n",
            payload='{"recipe": []}',
            plan="{}",
            settings="{}",
        ),
        Attachment(
            t=utc,
            mono=mono,
            run=1,
            who="ada@bench",
            name="a.png",
            media="image/png",
            text="",
            hash="cd" * 32,
            data=b"\x89PNG\x00\xff" + str(mono).encode(),
        ),
    ]


def audited_record(path: Path, rounds: int = 4) -> Path:
    """Write a record in which everything audited happened so many times, 1 s apart."""
    made = writer(path)
    for number in range(1, rounds + 1):
        made.event(reading(number + 0.5, t=number))
        for item in one_of_each(number + 0.25):
            made.item(item)
        made.commit(UTC + number)
    made.close(UTC + rounds)
    return path


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a record's file past the program; what is done to it is done at once."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.text_factory = bytes
        yield db


def done_to(path: Path, statement: str, values: tuple[Any, ...] = ()) -> None:
    """Do something to a record's file past the program."""
    with opened(path) as db:
        db.execute(statement, values)


def without_cursors(db: sqlite3.Connection) -> None:
    """Take away what version 4 has added to a record, as a program of version 3 wrote it."""
    db.execute("DROP TABLE cursors")
    db.execute("PRAGMA user_version = 3")


def without_places(db: sqlite3.Connection) -> None:
    """Take away what versions 3 and 4 have added to a record, as a program of version 2 wrote it."""
    without_cursors(db)
    for kind in KINDS:
        for column in later_of(kind):
            db.execute(f"ALTER TABLE {kind.table.name} DROP COLUMN {column}")
    db.execute("DROP TABLE recorder")
    before = BEGINNING
    with raw_text(db):
        for number, place, row in db.execute("SELECT id, CAST(place AS BLOB), row FROM chain").fetchall():
            name = place.decode()
            columns = ", ".join(first_of(AUDITED[name]))
            values = db.execute(f"SELECT {columns} FROM {name} WHERE id = ?", (row,)).fetchone()
            before = entry_hash(before, number, name, row, values)
            db.execute("UPDATE chain SET hash = ? WHERE id = ?", (before, number))
    db.execute("UPDATE head SET hash = ?", (before,))
    db.execute("PRAGMA user_version = 2")


def downgraded(path: Path) -> None:
    """Make a file of the first version of a record, as a program without an audit wrote it."""
    with opened(path) as db:
        without_places(db)
        for table in ("alarms", "changes", "attachments", "chain", "head"):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version = 1")
