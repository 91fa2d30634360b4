"""Writes a record: takes what happened, and commits it whole or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from xovac_tui.api.event import Event
from xovac_tui.api.payload import LONGEST
from xovac_tui.api.validity import Validity
from xovac_tui.budget import weight
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.digits import digits
from xovac_tui.durations import format_duration
from xovac_tui.plural import counted
from xovac_tui.recording.disk import claim, files
from xovac_tui.recording.disk.axis import Piece
from xovac_tui.recording.disk.bins import CHUNK, LEVELS, Bin, Chunk, by_chunk, coarser, fold_samples
from xovac_tui.recording.disk.chain import chaining
from xovac_tui.recording.disk.codec import (
    block_of,
    pack_about,
    pack_tail,
    recordable,
    unpack_tail,
)
from xovac_tui.recording.disk.kinds import (
    CLOCK_STEP,
    Item,
    RecordedMark,
    RecordedSession,
    Session,
    SessionItem,
    names_row,
)
from xovac_tui.recording.disk.rescue import DisplacedError, Held, Rescued, rescue, salvage
from xovac_tui.recording.disk.schema import TornRecordError, as_record_error, open_for_writing, unpacking
from xovac_tui.recording.disk.table import RecordedRow, RowPlace
from xovac_tui.recording.disk.upgrade import index_in_block
from xovac_tui.recording.eventlog import LoggedEvent


class MainFile:
    """The main file of a record that is written. `token` is its recorder's, empty beside one."""

    def __init__(self, path: Path, token: str) -> None:
        self._path, self._token = path, token
        self._beats: int | None = None
        """Commits of this recorder, as the main file had them when it was checked last."""

    def check(self) -> None:
        """Raise TornRecordError where another program has overwritten it.

        Beside a `-wal` it may lack any page, or have an old one, which is no damage. But its beginning never
        changes, and its row of the present recorder only ever gets newer.
        """
        try:
            found = self._read() if files.size(self._path) else None
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
                said = f"{self._path} is damaged: something has overwritten its beginning."
                raise TornRecordError(said) from None
            return
        mine = found is not None and found.token == self._token
        if self._beats is not None and (found is None or not mine or found.beats < self._beats):
            raise TornRecordError(
                f"{self._path} was overwritten with another file while it was written. "
                "To restore a copy, end the recorder first."
            )
        if found is not None and mine:
            self._beats = found.beats

    def _read(self) -> claim.ClaimRow | None:
        # Through SQLite, whose locks an ordinary `open` would drop.
        with contextlib.closing(files.connect(self._path, mode="ro", immutable=True)) as main:
            # Of another program's database the first statement says so too.
            if not main.execute("SELECT 1 FROM sqlite_schema WHERE name = 'recorder'").fetchone():
                return None
            return claim.row_of(main)


BLOCK = 512
"""Events in a block; the newest ones wait in the tail until there are so many."""
_BLOCK_TEXT = 2_000_000
"""Characters after which a block is full even if it holds few events."""
HELD_BYTES = 32_000_000
"""Packed events held in memory while the disk says no; what comes after that is counted as lost."""
HELD_ROWS = 50_000
"""The same for everything else."""
_REMEMBERED = 100_000
"""Events whose times are remembered, to say where among them a run began."""
HELD_ROW_BYTES = 64_000_000
"""Bytes of these rows; what comes after that is counted as lost."""
MAX_CHANNELS = 2_000
"""Channels for which bins are kept; those beyond are in the events."""


def lost_words(events: int) -> str:
    """Return what a mark says of events for which there was no room, without the full stop."""
    return f"{counted(events, 'event was', 'events were')} not recorded: nothing could be written"


class Writer:
    """One open record. Not for several threads at once; raises sqlite3.Error and OSError as they come."""

    def __init__(self, path: Path, session: Session, *, recording: bool, utc: float, mono: float) -> None:
        self.path = path
        self.recording = recording
        """False: a console beside a recorder, which adds only what it did itself."""
        self._db = open_for_writing(path)
        self._shift = utc - mono
        self._began = mono
        self.mono: float | None = None
        """This moment in monotonic seconds, for the next commit; None: as the wall clock says."""
        self._times = array("d")
        """Monotonic times of the newest events of this session."""
        self._channels: dict[str, int] | None = None
        self._rows: list[RecordedRow] = []
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
        self._rules: Mapping[str, Validity] = {}
        """Which values count, by channel."""
        self._bins: dict[str, dict[int, Bin]] = {}
        """Samples of those."""
        self.next_index = 0
        """Index that the next event gets."""
        self._first = 0
        """Index of the first event of this session."""
        self.waiting = 0
        """Events that are taken and not committed."""
        self.lost = 0
        """Events that could not be held while nothing could be written."""
        self.unreported = 0
        """Losses of which the record does not say anything yet."""
        self._token = ""
        """Of this recorder in the record's row of the present recorder; empty while it is none."""
        self._rescued: Rescued | None = None
        self._seen = utc
        """UTC seconds of the newest commit."""
        try:
            self._begin(session, utc, mono)
        except sqlite3.DatabaseError as error:
            self.abandon()
            raise as_record_error(error, path) from error
        except BaseException:
            self.abandon()
            raise

    def _begin(self, session: Session, utc: float, mono: float) -> None:
        db = self._db
        with _transaction(db):
            self.next_index = self._first = self._next_index()
            row = RecordedSession(
                started=utc,
                mono=mono,
                seen=utc,
                recording=self.recording,
                pid=session.pid,
                host=session.host,
                who=session.who,
                program=session.program,
                about=session,
                seen_mono=mono,
                first=self.next_index,
                after=self.next_index,
            ).insert()
            self.session = int(db.execute(row.statement, row.values).lastrowid or 0)
            self._rules = session.rules
            names = names_row(session)
            db.execute(names.statement, names.values)
            if self.recording:
                self._token = claim.claim(db, self._db.files.database, self.session, utc)
        self._db.files.learn()
        self._main = MainFile(self.path, self._token)
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
        if self._packed >= HELD_BYTES:
            self.lost += 1
            self.unreported += 1
            return False
        self.time(event.utc, event.mono)
        kept = recordable(LoggedEvent.of(event, self.next_index, LONGEST))
        self._open.append(kept)
        self._times.append(event.mono)
        if len(self._times) > 2 * _REMEMBERED:
            del self._times[:_REMEMBERED]
        self.next_index += 1
        self.waiting += 1
        self._text += len(kept.raw) + len(kept.name) + len(kept.problem)
        if len(self._open) >= BLOCK or self._text >= _BLOCK_TEXT:
            self._pack_open()
        return True

    def missed(self, count: int) -> None:
        """Take note of events that were lost before they came here: the record says so in their place."""
        self.unreported += count

    def time(self, utc: float, mono: float) -> float:
        """Return the record time of a moment: UTC that goes on evenly until the clock is set."""
        step = utc - mono - self._shift
        if abs(step) > CLOCK_STEP:
            self._pack_open()
            self._shift = utc - mono
            said = f"this machine's clock was set by {digits(step, '+.1f')} s"
            self._hold(self._mark(utc, mono, utc, "clock", said))
        return mono + self._shift

    def note_suspension(self, before: float, now: float, utc: float) -> None:
        """Note that nothing ran here from one moment to another, in monotonic seconds; `utc` is the later."""
        lasted = format_duration(now - before)
        said = f"Nothing was recorded for {lasted}: this machine was suspended, or this program was held."
        for mono, kind, text in ((before, "asleep", said), (now, "awake", "Recording goes on.")):
            at = utc - (now - mono)
            self._hold(self._mark(self.time(at, mono), mono, at, kind, text))

    def _pack_open(self) -> None:
        if self._open:
            self._pack(self.session, self._shift, self._open)
            self._open, self._text, self._tailed = [], 0, 0

    def _pack(self, session: int, shift: float, events: Sequence[LoggedEvent]) -> None:
        """Make a block of events that share one shift from monotonic to record time."""
        block = block_of(events)
        block.rules = self._rules
        times = [mono + shift for mono in block.mono]
        about, data = pack_about(events), block.pack()
        self._blocks.append((session, block.first, block.count, min(times), max(times), shift, about, data))
        self._packed += len(data)
        for name, series in block.samples().items():
            places = series.places
            at = times if isinstance(places, range) else [times[place] for place in places]
            fold_samples(at, series.values, self._bins.setdefault(name, {}))

    def item(self, item: Item) -> None:
        """Take anything else."""
        if not self.recording:
            if item.recorder_only:
                return
            # Its places among the events are the recorder's.
            with contextlib.suppress(sqlite3.Error):
                self.next_index = self._next_index()
        if isinstance(item, SessionItem):
            # What came before is judged as it was.
            self._pack_open()
            self._rules = item.about.rules
        for row in item.rows(self._place()):
            self._hold(row)

    def _mark(self, t: float, mono: float, utc: float, kind: str, text: str) -> RecordedRow:
        """Return a mark of the recorder's own, at a record time."""
        mark, at = Mark(mono, utc, kind, text), self.next_index
        return RecordedMark(session=self.session, position=at, t=t, mark=mark, who="").insert()

    def _place(self) -> RowPlace:
        return RowPlace(self.session, self.next_index, self.time, self._index_at)

    def _index_at(self, mono: float) -> int:
        """Return the index of the first event at a moment in monotonic seconds or later."""
        times = self._times
        at = bisect_left(times, mono)
        first = self.next_index - len(times)
        if at or not first:
            return first + at
        own = mono >= self._began
        if own and len(times) < _REMEMBERED:
            return first
        # Before all that is remembered: in a block of this session, or of the recorder before it.
        with contextlib.suppress(sqlite3.Error):
            found = self._db.execute(
                "SELECT first, count, session, shift, t0, t1 FROM blocks "
                f"WHERE first < ? AND session {'=' if own else '<'} ? AND t0 <= ? "
                "ORDER BY first DESC LIMIT 1",
                (first, self.session, mono + self._shift),
            ).fetchone()
            if found is not None:
                block = Piece.of(*found)
                at_mono = mono if own else mono + self._shift - block.shift
                return block.after if at_mono > block.high else index_in_block(self._db, block, at_mono)
        return first

    def _hold(self, row: RecordedRow) -> None:
        size = weight(row.values)
        if len(self._rows) < HELD_ROWS and self._row_bytes + size <= HELD_ROW_BYTES:
            self._rows.append(row)
            self._row_bytes += size
        else:
            self.lost += 1
            self.unreported += 1

    @property
    def held(self) -> int:
        """Events and rows that are taken and not committed."""
        return self.waiting + len(self._rows)

    # -- committing ---------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """True when there is nothing to commit."""
        return not (self.waiting or self._blocks or self._rows or self.unreported)

    def commit(self, utc: float, *, durable: bool = False, anywhere: bool = False) -> None:
        """Write everything that was taken; after an error all of it is held still, and nothing half written.

        With `durable` it is on the disk, and what was committed before it, when this returns; without, it
        survives the end of this process, but not that of the machine. Raises DisplacedError where it would
        not be found again (unless `anywhere`), ClaimedError where another process records now.
        """
        db = self._db
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        self._rescued = None
        try:
            with _transaction(db):
                # With the write lock, since a recorder that puts the record in place anew has it meanwhile.
                if not (anywhere or self.in_place()):
                    raise DisplacedError
                if self.recording and not anywhere:
                    claim.confirm(db, self._token, utc)
                self._write_events()
                self._write_rows(utc)
                self._write_seen(utc, self.next_index)
        except BaseException:
            # What ids were given is not known any more.
            self._channels = None
            raise
        self._seen = utc
        self._rows.clear()
        self._blocks.clear()
        self._bins.clear()
        self._packed = self.waiting = self.unreported = self._row_bytes = 0
        self._tailed = len(self._open)

    def _write_seen(self, utc: float, after: int) -> None:
        self._db.execute(
            "UPDATE sessions SET seen = ?, seen_mono = ?, end_event = ? WHERE id = ?",
            (utc, self._mono_of(utc), after, self.session),
        )

    def _mono_of(self, utc: float) -> float:
        return utc - self._shift if self.mono is None else self.mono

    def _write_rows(self, utc: float) -> None:
        rows = self._rows
        if self.unreported:
            said = lost_words(self.unreported)
            rows = [*rows, self._mark(utc, self._mono_of(utc), utc, "unrecorded", said)]
        with chaining(self._db) as chain_row:
            for row in rows:
                settled = row if row.settle is None else row.settle(self._db)
                if settled is None:
                    continue
                made = self._db.execute(settled.statement, settled.values)
                if settled.audited:
                    chain_row(settled.audited, int(made.lastrowid or 0))

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
            if made and name not in known and len(known) < MAX_CHANNELS:
                row = self._db.execute("INSERT INTO channels (name) VALUES (?)", (name,))
                known[name] = int(row.lastrowid or 0)
        return known

    # -- life ---------------------------------------------------------------------------------------

    def in_place(self) -> bool:
        """Return False where a file of the record was moved, deleted or replaced; OSError: unknown."""
        return self._db.files.in_place()

    def check(self) -> None:
        """Raise TornRecordError where another program has overwritten the main file."""
        self._main.check()

    def checkpoint(self, *, whole: bool = False) -> bool:
        """Bring what is committed into the main file, as far as readers let it; return whether all is there.

        `whole` waits for readers a moment, and empties the `-wal`: then the one file is all of the record.
        """
        kind = "TRUNCATE" if whole else "PASSIVE"
        busy, pages, moved = self._db.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()
        return not busy and pages == moved

    def other_recorder(self, utc: float) -> claim.ClaimRow | None:
        """Return the row of another process that records in this record; None where there is none."""
        return claim.other_recorder(self._db, self._db.files.database, utc)

    def rescue(self, utc: float, stamp: str) -> Rescued:
        """Save what was committed, where a file was moved, deleted or replaced; once for each file there.

        Raises sqlite3.Error and OSError: then it can be tried again.
        """
        if self._rescued is None or not self._rescued.holds(self.path):
            with contextlib.suppress(sqlite3.Error):
                self._end(utc)
            self._rescued = rescue(self._db, stamp, self._committed)
            claim.give_up(self._token)
        return self._rescued

    @property
    def new(self) -> bool:
        """True while nothing was ever recorded in this file, and no entry covers anything."""
        chained = self._db.execute("SELECT EXISTS (SELECT 1 FROM chain)").fetchone()[0]
        return not (self.next_index or chained)

    @property
    def _committed(self) -> Held:
        after = self.next_index - self.waiting if self.recording else self._first
        return Held(self.session, self._first, after)

    def holds(self, other: Writer) -> bool:
        """Return whether this file has the session of another writer with its newest commit."""
        found = self._db.execute("SELECT mono, seen FROM sessions WHERE id = ?", (other.session,)).fetchone()
        return bool(found == (other._began, other._seen))

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement of the caller's, such as for housekeeping."""
        return self._db.execute(statement, values).fetchall()

    def salvage(self, stamp: str) -> Path | None:
        """Copy what can still be read of a damaged file; None where that is not whole any more."""
        return salvage(self._db, stamp, self._committed)

    def close(self, utc: float) -> None:
        """Note that the session ended by itself, and let go of the file: it holds everything then."""
        with contextlib.suppress(sqlite3.Error, OSError):
            self._end(utc)
            if self.in_place():
                self._db.execute("PRAGMA busy_timeout = 2000")
                self.checkpoint(whole=True)
        self.abandon()

    def _end(self, utc: float) -> None:
        with _transaction(self._db):
            # What is taken and not committed goes into another file.
            self._write_seen(utc, self.next_index - self.waiting)
            self._db.execute("UPDATE sessions SET closed = 1 WHERE id = ?", (self.session,))
            claim.clear(self._db, self._token)
        self._seen = utc

    def abandon(self) -> None:
        """Let go of the file as it is."""
        claim.give_up(self._token)
        with contextlib.suppress(sqlite3.Error):
            self._db.close()


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
