"""Writes a record: takes what happened, and commits it whole or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.api.event import Event
from xovac_tui.recording.bins import CHUNK, LEVELS, Bin, Chunk, by_chunk, coarser, fold_samples
from xovac_tui.recording.codec import (
    LONGEST,
    Block,
    block_of,
    pack_about,
    pack_tail,
    recordable,
    unpack_tail,
)
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.items import (
    Item,
    LedgerItem,
    LinkItem,
    LoadItem,
    MarkItem,
    RunItem,
    Session,
    VisitItem,
)
from xovac_tui.recording.schema import open_for_writing

BLOCK = 512
"""Events in a block; the newest ones wait in the tail until there are so many."""
_BLOCK_TEXT = 2_000_000
"""Characters after which a block is full even if it holds few events."""
_HELD_TEXT = 64_000_000
_HELD_EVENTS = 200_000
"""What is held in memory while the disk says no; what comes after that is counted as lost."""
CLOCK_STEP = 1.0
"""Seconds; the wall clock was set if it and the monotonic one part by more than this at once."""
MAX_CHANNELS = 2_000
"""Channels for which bins are kept; those beyond are in the events."""

_json = msgspec.json.encode


class _Stretch(msgspec.Struct):
    """Events of one session that share one shift from monotonic to record time, not in a block yet."""

    session: int
    shift: float
    events: list[LoggedEvent]
    tailed: int = 0
    """How many of them are in the tail table."""


class Writer:
    """One open record. Not for several threads at once; raises sqlite3.Error and OSError as they come."""

    def __init__(self, path: Path, session: Session, *, recording: bool, utc: float, mono: float) -> None:
        self.path = path
        self.recording = recording
        """False: a console beside a recorder, which adds only what it did itself."""
        self._db = open_for_writing(path)
        self._shift = utc - mono
        self._channels: dict[str, int] | None = None
        self._labels = session.channels
        self._rows: list[tuple[str, tuple[Any, ...]]] = []
        self._text = 0
        self.lost = 0
        """Events that could not be held while nothing could be written."""
        self._untold = 0
        try:
            self._begin(session, utc, mono)
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
                    session.host,
                    session.who,
                    session.program,
                    _json(session).decode(),
                ),
            )
            self.session = int(row.lastrowid or 0)
            for name, (label, unit) in session.channels.items():
                db.execute(
                    "INSERT INTO channels (name, label, unit) VALUES (?, ?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET label = excluded.label, unit = excluded.unit",
                    (name, label, unit),
                )
        self._stretches = self._left_over() if self.recording else []
        self._stretches.append(_Stretch(self.session, self._shift, []))
        last = db.execute(
            "SELECT max(n) FROM (SELECT max(first + count) AS n FROM blocks "
            "UNION ALL SELECT max(first + count) FROM tail)"
        ).fetchone()[0]
        self.next_index = int(last or 0)
        """Index that the next event gets."""
        self.first_run = int(db.execute("SELECT coalesce(max(id), 0) + 1 FROM runs").fetchone()[0])

    def _left_over(self) -> list[_Stretch]:
        """Return what sessions before this one left in the tail: the first commit makes blocks of it."""
        stretches: list[_Stretch] = []
        for session, shift, data in self._db.execute("SELECT session, shift, data FROM tail ORDER BY first"):
            if not stretches or (stretches[-1].session, stretches[-1].shift) != (session, shift):
                stretches.append(_Stretch(session, shift, []))
            stretches[-1].events += unpack_tail(data)
        for stretch in stretches:
            stretch.tailed = len(stretch.events)
        return stretches

    # -- taking -------------------------------------------------------------------------------------

    def event(self, event: Event) -> bool:
        """Take an event; False when there is no room for it because nothing can be written."""
        if not self.recording:
            return True
        raw = event.payload.raw
        if self._text + len(raw) > _HELD_TEXT or self.waiting >= _HELD_EVENTS:
            self.lost += 1
            self._untold += 1
            return False
        self.time(event.utc, event.mono)
        kept = LoggedEvent(
            self.next_index,
            event.utc,
            event.mono,
            event.direction,
            event.kind,
            event.name,
            event.payload.form,
            raw if len(raw) <= LONGEST else raw[:LONGEST],
            event.payload.problem,
            len(raw),
        )
        self._stretches[-1].events.append(recordable(kept))
        self._text += len(kept.raw)
        self.next_index += 1
        return True

    @property
    def waiting(self) -> int:
        """Events that are taken and not committed."""
        return sum(len(stretch.events) - stretch.tailed for stretch in self._stretches)

    def time(self, utc: float, mono: float) -> float:
        """Return the record time of a moment: UTC that goes on evenly until somebody sets the clock."""
        step = utc - mono - self._shift
        if abs(step) > CLOCK_STEP:
            self._shift = utc - mono
            self._stretches.append(_Stretch(self.session, self._shift, []))
            said = f"this machine's clock was set by {step:+.1f} s"
            self._mark(mono + self._shift, mono, utc, "clock", said, "")
        return mono + self._shift

    def item(self, item: Item) -> None:
        """Take anything else."""
        match item:
            case LedgerItem(entry, utc, mono):
                self._row(
                    "INSERT INTO ledger (session, entry, position, t, command, who, outcome, data) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    self.session,
                    entry.id,
                    self.next_index,
                    self.time(utc, mono),
                    entry.command,
                    entry.who,
                    entry.outcome.value,
                    _json(entry).decode(),
                )
            case LinkItem(link, utc, mono):
                if self.recording:
                    self._row(
                        "INSERT INTO links (session, position, t, word, data) VALUES (?, ?, ?, ?, ?)",
                        self.session,
                        self.next_index,
                        self.time(utc, mono),
                        link.word.value,
                        _json(link).decode(),
                    )
            case MarkItem(mark, who):
                # What the chamber tells, the recorder hears as well; a note is only this console's.
                if self.recording or mark.kind in ("note", "command"):
                    time = self.time(mark.utc, mark.mono)
                    self._mark(time, mark.mono, mark.utc, mark.kind, mark.text, who)
            case LoadItem():
                self._row(
                    "INSERT INTO loads (session, t, who, name, outcome, hash, source, payload, plan, "
                    "settings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    self.session,
                    self.time(item.utc, item.mono),
                    item.who,
                    item.name,
                    item.outcome,
                    item.hash,
                    item.source,
                    item.payload,
                    item.plan.decode(),
                    item.settings.decode(),
                )
            case RunItem():
                self._run(item)
            case VisitItem(who, arrived, seen):
                self._row("DELETE FROM visits WHERE session = ? AND arrived = ?", self.session, arrived)
                self._row(
                    "INSERT INTO visits (session, who, arrived, seen) VALUES (?, ?, ?, ?)",
                    self.session,
                    who,
                    arrived,
                    seen,
                )

    def _run(self, item: RunItem) -> None:
        now = self.time(item.utc, item.mono)
        ended = None if item.result == "running" else now
        self._row(
            "INSERT INTO runs (id, session, load, name, started, ended, result, reason, flight) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET load = excluded.load, "
            "ended = excluded.ended, result = excluded.result, reason = excluded.reason, "
            "flight = excluded.flight",
            item.id,
            self.session,
            item.load,
            item.name,
            now - (item.mono - item.started_mono),
            ended,
            item.result,
            item.reason,
            item.flight.decode(),
        )
        if item.rates:
            self._row("INSERT OR REPLACE INTO rates (run, data) VALUES (?, ?)", item.id, item.rates.decode())

    def _mark(self, time: float, mono: float, utc: float, kind: str, text: str, who: str) -> None:
        self._row(
            "INSERT INTO marks (session, position, t, mono, utc, kind, text, who) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self.session,
            self.next_index,
            time,
            mono,
            utc,
            kind,
            text,
            who,
        )

    def _row(self, statement: str, *values: Any) -> None:
        self._rows.append((statement, values))

    # -- committing ---------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """True when there is nothing to commit."""
        return not self._rows and not self.waiting and len(self._stretches) == 1

    def commit(self, utc: float, *, durable: bool = False) -> None:
        """Write everything that was taken; after an error all of it is held still, and nothing half written.

        With `durable` it is on the disk, and what was committed before it, when this returns; without, it
        survives the end of this process, but not that of the machine.
        """
        if self._untold:
            said = f"{self._untold:,} events were not recorded: nothing could be written"
            self._mark(utc, utc - self._shift, utc, "unrecorded", said, "")
            self._untold = 0
        db = self._db
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        try:
            with _transaction(db):
                rest = self._write_events()
                for statement, values in self._rows:
                    db.execute(statement, values)
                db.execute("UPDATE sessions SET seen = ? WHERE id = ?", (utc, self.session))
        except BaseException:
            # What ids were given is not known any more.
            self._channels = None
            raise
        self._rows.clear()
        self._stretches = [rest]
        self._text = 0

    def _write_events(self) -> _Stretch:
        """Write the events; return the stretch that stays open."""
        db, open_one = self._db, self._stretches[-1]
        bins: dict[str, dict[int, Bin]] = {}
        packed = False
        rest: list[LoggedEvent] = []
        for stretch in self._stretches:
            for part, whole in _cut(stretch.events):
                if stretch is open_one and not whole:
                    rest = part
                    continue
                self._write_block(stretch, part, bins)
                packed = True
        if packed:
            db.execute("DELETE FROM tail")
            self._write_bins(bins)
            new = rest
        else:
            new = open_one.events[open_one.tailed :]
        if new:
            db.execute(
                "INSERT INTO tail (session, first, count, shift, data) VALUES (?, ?, ?, ?, ?)",
                (open_one.session, new[0].index, len(new), open_one.shift, pack_tail(new)),
            )
        return _Stretch(open_one.session, open_one.shift, rest, len(rest))

    def _write_block(
        self, stretch: _Stretch, events: Sequence[LoggedEvent], bins: dict[str, dict[int, Bin]]
    ) -> None:
        block = block_of(events)
        times = [mono + stretch.shift for mono in block.mono]
        self._db.execute(
            "INSERT INTO blocks (session, first, count, t0, t1, shift, about, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                stretch.session,
                block.first,
                block.count,
                min(times),
                max(times),
                stretch.shift,
                pack_about(events),
                block.pack(),
            ),
        )
        _fold_block(block, times, bins)

    def _write_bins(self, bins: dict[str, dict[int, Bin]]) -> None:
        db = self._db
        ids = self._channel_ids(bins)
        for name, made in bins.items():
            channel = ids.get(name)
            if channel is None:
                continue
            for level in LEVELS:
                for number, members in by_chunk(made).items():
                    place = (channel, level, number)
                    row = db.execute(
                        "SELECT data FROM bins WHERE channel = ? AND level = ? AND chunk = ?", place
                    ).fetchone()
                    chunk = Chunk(row[0] if row else None)
                    for member in members:
                        chunk.fold(member % CHUNK, made[member])
                    db.execute(
                        "INSERT INTO bins (channel, level, chunk, data) VALUES (?, ?, ?, ?) "
                        "ON CONFLICT (channel, level, chunk) DO UPDATE SET data = excluded.data",
                        (*place, chunk.pack()),
                    )
                made = coarser(made)

    def _channel_ids(self, names: dict[str, Any]) -> dict[str, int]:
        """Return the ids of channels, made where they are new."""
        if self._channels is None:
            self._channels = dict(self._db.execute("SELECT name, id FROM channels"))
        known = self._channels
        for name in names:
            if name not in known and len(known) < MAX_CHANNELS:
                row = self._db.execute("INSERT INTO channels (name) VALUES (?)", (name,))
                known[name] = int(row.lastrowid or 0)
        return known

    # -- life ---------------------------------------------------------------------------------------

    def beat(self, utc: float) -> None:
        """Say that this session still goes on, though nothing happened."""
        self._db.execute("UPDATE sessions SET seen = ? WHERE id = ?", (utc, self.session))

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


def _fold_block(block: Block, times: Sequence[float], bins: dict[str, dict[int, Bin]]) -> None:
    """Add the samples of a block to bins of the finest level."""
    for name, parts in block.samples().items():
        into = bins.setdefault(name, {})
        for series in parts:
            places = series.places
            at = times if len(places) == len(times) else [times[place] for place in places]
            fold_samples(at, series.values, into)


def _cut(events: list[LoggedEvent]) -> Iterator[tuple[list[LoggedEvent], bool]]:
    """Yield the events as parts of a block's size; only the last one may not be whole."""
    part: list[LoggedEvent] = []
    text = 0
    for event in events:
        part.append(event)
        text += len(event.raw)
        if len(part) == BLOCK or text >= _BLOCK_TEXT:
            yield part, True
            part, text = [], 0
    if part:
        yield part, False


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
