"""Writes a record: takes what happened, and commits it whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from xovac_tui.api.event import Event
from xovac_tui.api.payload import LONGEST
from xovac_tui.budget import weight
from xovac_tui.recording.bins import CHUNK, LEVELS, Bin, Chunk, by_chunk, coarser, fold_samples
from xovac_tui.recording.chain import vouching
from xovac_tui.recording.codec import (
    block_of,
    pack_about,
    pack_tail,
    recordable,
    unpack_tail,
)
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.items import Item, Session
from xovac_tui.recording.rows import Place, Row, json_text, mark_row, only_the_recorders, rows_of, writable
from xovac_tui.recording.schema import TornRecordError, as_record_error, open_for_writing, unpacking

BLOCK = 512
"""Events in a block; the newest ones wait in the tail until there are so many."""
_BLOCK_TEXT = 2_000_000
"""Characters after which a block is full even if it holds few events."""
_HELD_BYTES = 32_000_000
"""Packed events held in memory while the disk says no; what comes after that is counted as lost."""
_HELD_ROWS = 50_000
"""The same for everything else."""
_HELD_ROW_BYTES = 64_000_000
"""Bytes of these rows; what comes after that is counted as lost."""
_BEGINNING = b"SQLite format 3\0"
CLOCK_STEP = 1.0
"""Seconds; the wall clock was set if it and the monotonic one part by more than this at once."""
MAX_CHANNELS = 2_000
"""Channels for which bins are kept; those beyond are in the events."""


class Writer:
    """One open record. Not for several threads at once; raises sqlite3.Error and OSError as they come."""

    def __init__(self, path: Path, session: Session, *, recording: bool, utc: float, mono: float) -> None:
        self.path = path
        self.recording = recording
        """False: a console beside a recorder, which adds only what it did itself."""
        self._db = open_for_writing(path)
        self._shift = utc - mono
        self._channels: dict[str, int] | None = None
        self._rows: list[Row] = []
        self._row_bytes = 0
        self._open: list[LoggedEvent] = []
        """The newest events, too few for a block."""
        self._text = 0
        """Characters of their payloads."""
        self._tailed = 0
        """How many of them are in the tail table."""
        self._blocks: list[tuple[Any, ...]] = []
        """Packed and not committed yet; once there is one, nothing in the tail table is of use any more."""
        self._packed = 0
        """Bytes of those."""
        self._bins: dict[str, dict[int, Bin]] = {}
        """Samples of those."""
        self.waiting = 0
        """Events that are taken and not committed."""
        self.lost = 0
        """Events that could not be held while nothing could be written."""
        self._untold = 0
        try:
            self._inode = _inode(path)
            self._begin(session, utc, mono)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise as_record_error(error, path) from error
        except BaseException:
            self._db.close()
            raise

    def _begin(self, session: Session, utc: float, mono: float) -> None:
        db = self._db
        with _transaction(db):
            row = db.execute(
                "INSERT INTO sessions (started, mono, seen, recording, pid, host, who, program, about) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    utc,
                    mono,
                    utc,
                    int(self.recording),
                    session.pid,
                    writable(session.host),
                    writable(session.who),
                    writable(session.program),
                    json_text(session),
                ),
            )
            self.session = int(row.lastrowid or 0)
            for name, (label, unit) in session.channels.items():
                db.execute(
                    "INSERT INTO channels (name, label, unit) VALUES (?, ?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET label = excluded.label, unit = excluded.unit",
                    tuple(map(writable, (name, label, unit))),
                )
        self.next_index = self._next_index()
        """Index that the next event gets."""
        self.first_run = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM runs").fetchone()[0])
        if self.recording:
            self._pack_left_over()

    def _next_index(self) -> int:
        ends = (
            self._db.execute(f"SELECT first + count FROM {table} ORDER BY id DESC LIMIT 1").fetchone()
            for table in ("blocks", "tail")
        )
        return max((int(end[0]) for end in ends if end is not None), default=0)

    def _pack_left_over(self) -> None:
        """Make blocks of what sessions before this one left in the tail; the first commit writes them."""
        rows = self._db.execute("SELECT session, shift, data FROM tail ORDER BY first").fetchall()
        for (session, shift), group in groupby(rows, key=lambda row: row[:2]):
            with unpacking(self.path):
                events = [event for *_, data in group for event in unpack_tail(data)]
            self._pack(session, shift, events)

    # -- taking -------------------------------------------------------------------------------------

    def event(self, event: Event) -> bool:
        """Take an event; False when there is no room for it because nothing can be written."""
        if not self.recording:
            return True
        if self._packed >= _HELD_BYTES:
            self.lost += 1
            self._untold += 1
            return False
        self.time(event.utc, event.mono)
        payload = event.payload
        raw = payload.raw
        kept = LoggedEvent(
            self.next_index,
            event.utc,
            event.mono,
            event.direction,
            event.kind,
            event.name,
            payload.form,
            raw if len(raw) <= LONGEST else raw[:LONGEST],
            payload.problem,
            payload.size,
        )
        self._open.append(recordable(kept))
        self.next_index += 1
        self.waiting += 1
        self._text += len(kept.raw)
        if len(self._open) >= BLOCK or self._text >= _BLOCK_TEXT:
            self._pack_open()
        return True

    def missed(self, count: int) -> None:
        """Take note of events that were lost before they came here: the record says so in their place."""
        self._untold += count

    def time(self, utc: float, mono: float) -> float:
        """Return the record time of a moment: UTC that goes on evenly until somebody sets the clock."""
        step = utc - mono - self._shift
        if abs(step) > CLOCK_STEP:
            self._pack_open()
            self._shift = utc - mono
            said = f"this machine's clock was set by {step:+.1f} s"
            self._hold(mark_row(self._place(), utc, mono, utc, "clock", said, ""))
        return mono + self._shift

    def _pack_open(self) -> None:
        if self._open:
            self._pack(self.session, self._shift, self._open)
            self._open, self._text, self._tailed = [], 0, 0

    def _pack(self, session: int, shift: float, events: Sequence[LoggedEvent]) -> None:
        """Make a block of events that share one shift from monotonic to record time."""
        block = block_of(events)
        times = [mono + shift for mono in block.mono]
        about, data = pack_about(events), block.pack()
        self._blocks.append((session, block.first, block.count, min(times), max(times), shift, about, data))
        self._packed += len(data)
        for name, parts in block.samples().items():
            into = self._bins.setdefault(name, {})
            for series in parts:
                places = series.places
                at = times if len(places) == len(times) else [times[place] for place in places]
                fold_samples(at, series.values, into)

    def item(self, item: Item) -> None:
        """Take anything else."""
        if not self.recording:
            if only_the_recorders(item):
                return
            # Its places among the events are the recorder's.
            with contextlib.suppress(sqlite3.Error):
                self.next_index = self._next_index()
        for row in rows_of(item, self._place()):
            self._hold(row)

    def _place(self) -> Place:
        return Place(self.session, self.next_index, self.time)

    def _hold(self, row: Row) -> None:
        size = weight(row.values)
        if len(self._rows) < _HELD_ROWS and self._row_bytes + size <= _HELD_ROW_BYTES:
            self._rows.append(row)
            self._row_bytes += size
        else:
            self.lost += 1
            self._untold += 1

    # -- committing ---------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """True when there is nothing to commit."""
        return not (self.waiting or self._blocks or self._rows or self._untold)

    def commit(self, utc: float, *, durable: bool = False) -> None:
        """Write everything that was taken; after an error all of it is held still, and nothing half written.

        With `durable` it is on the disk, and what was committed before it, when this returns; without, it
        survives the end of this process, but not that of the machine.
        """
        db = self._db
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        try:
            with _transaction(db):
                self._write_events()
                self._write_rows(utc)
                db.execute("UPDATE sessions SET seen = ? WHERE id = ?", (utc, self.session))
        except BaseException:
            # What ids were given is not known any more.
            self._channels = None
            raise
        self._rows.clear()
        self._blocks.clear()
        self._bins.clear()
        self._packed = self.waiting = self._untold = self._row_bytes = 0
        self._tailed = len(self._open)

    def _write_rows(self, utc: float) -> None:
        rows = self._rows
        if self._untold:
            said = f"{self._untold:,} events were not recorded: nothing could be written"
            rows = [*rows, mark_row(self._place(), utc, utc - self._shift, utc, "unrecorded", said, "")]
        with vouching(self._db) as vouch:
            for statement, values, audited in rows:
                made = self._db.execute(statement, values)
                if audited:
                    vouch(audited, int(made.lastrowid or 0))

    def _write_events(self) -> None:
        db = self._db
        if self._blocks:
            db.execute("DELETE FROM tail")
            db.executemany(
                "INSERT INTO blocks (session, first, count, t0, t1, shift, about, data) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                self._blocks,
            )
            self._write_bins()
        if new := self._open[self._tailed :]:
            db.execute(
                "INSERT INTO tail (session, first, count, shift, data) VALUES (?, ?, ?, ?, ?)",
                (self.session, new[0].index, len(new), self._shift, pack_tail(new)),
            )

    def _write_bins(self) -> None:
        db = self._db
        ids = self._channel_ids()
        for name, made in self._bins.items():
            channel = ids.get(name)
            if channel is None:
                continue
            for level in LEVELS:
                for number, members in by_chunk(made).items():
                    place = (channel, level, number)
                    row = db.execute(
                        "SELECT data FROM bins WHERE channel = ? AND level = ? AND chunk = ?", place
                    ).fetchone()
                    with unpacking(self.path):
                        chunk = Chunk(row[0] if row else None)
                    for member in members:
                        chunk.fold(member % CHUNK, made[member])
                    db.execute(
                        "INSERT INTO bins (channel, level, chunk, data) VALUES (?, ?, ?, ?) "
                        "ON CONFLICT (channel, level, chunk) DO UPDATE SET data = excluded.data",
                        (*place, chunk.pack()),
                    )
                made = coarser(made)

    def _channel_ids(self) -> dict[str, int]:
        """Return the ids of channels, made where they are new and have a sample."""
        if self._channels is None:
            self._channels = dict(self._db.execute("SELECT name, id FROM channels"))
        known = self._channels
        for name, made in self._bins.items():
            # A name with half a character pair cannot be written; its samples are in the events.
            if made and name not in known and len(known) < MAX_CHANNELS and name == writable(name):
                row = self._db.execute("INSERT INTO channels (name) VALUES (?)", (name,))
                known[name] = int(row.lastrowid or 0)
        return known

    # -- life ---------------------------------------------------------------------------------------

    def in_place(self) -> bool:
        """Return False where the file was moved away or deleted: what is written is not found there."""
        try:
            return _inode(self.path) == self._inode
        except OSError:
            return False

    def look(self) -> None:
        """Look whether the file still begins as a record; TornRecordError where something overwrote it."""
        with self.path.open("rb") as file:
            if file.read(len(_BEGINNING)) != _BEGINNING:
                raise TornRecordError(f"{self.path} is damaged: something has overwritten its beginning.")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement of the caller's, such as for housekeeping."""
        return self._db.execute(statement, values).fetchall()

    def close(self, utc: float) -> None:
        """Note that the session ended by itself, and let go of the file."""
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("UPDATE sessions SET seen = ?, closed = 1 WHERE id = ?", (utc, self.session))
        self._db.close()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()


def _inode(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
