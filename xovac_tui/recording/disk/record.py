"""Reads a record, its events by their index, and its channels; another process may write it meanwhile."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.api.validity import Validity
from xovac_tui.chamber.names import shown_names
from xovac_tui.recording.disk.axis import Piece
from xovac_tui.recording.disk.codec import Block, BlockSummary, block_of, unpack_about, unpack_tail
from xovac_tui.recording.disk.foreign_bounds import EARLIEST, LATEST, check_first, check_tail, check_times
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.recording.disk.pieces import Shift, Unread, piece_of, unread
from xovac_tui.recording.disk.schema import (
    STATEMENTS,
    TornRecordError,
    as_record_error,
    open_for_reading,
    unpacking,
)
from xovac_tui.recording.disk.shape import column_kinds
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.units import unit_of

_session = msgspec.json.Decoder(Session).decode


def recorded_rules(select: Callable[[str], Sequence[Sequence[Any]]]) -> Mapping[str, Validity]:
    """Return the rules of the newest recorder, by full names of channels; empty without one.

    A session that cannot be decoded has none here: whatever reads sessions reports the damage.
    """
    rows = select("SELECT about FROM sessions WHERE recording ORDER BY id DESC LIMIT 1")
    try:
        return _session(rows[0][0]).rules if rows else {}
    except (msgspec.MsgspecError, TypeError, UnicodeError):
        return {}


def rules_by(
    recorded: Mapping[str, Validity], contract: Contract, before: Contract | None = None
) -> Mapping[str, Validity]:
    """Return the rules of a contract, and the recorded ones of channels that it does not name.

    Of channels that a contract `before` it named, what is recorded counts no more.
    """
    named = {
        message.full_name(leaf)
        for one in (contract, before)
        if one is not None
        for message in one.messages.values()
        for leaf in message.leaves
    }
    return {name: rule for name, rule in recorded.items() if name not in named} | contract.rules()


_OPEN_BLOCKS = 12
"""Blocks held open for a reader that scrolls or pans."""
OPEN_BYTES = 48_000_000
"""Bytes of these in memory; the newest one is held however big it is."""
_FRESH = 0.5
"""Seconds for which what was last read of the newest events is new enough."""


class RecordedChannel(msgspec.Struct, frozen=True):
    """A channel of which the record holds samples."""

    id: int
    name: str
    """`event.path`."""
    label: str
    unit: str


class Stretch(msgspec.Struct, frozen=True):
    """Events of the tail that share one shift, as a block."""

    block: Block
    shift: float
    session: int


class _Listed(NamedTuple):
    """A block of the record; `start` and `stop` in record time."""

    id: int
    piece: Piece
    start: float
    stop: float


def _first(one: _Listed) -> int:
    return one.piece.first


class Record:
    """One record, opened for reading only. Raises RecordError where it is damaged."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._db = open_for_reading(path)
        self._clock = clock
        self._version = 0
        self._listed: list[_Listed] = []
        """Its blocks, by index."""
        self._gone = 0
        """Blocks at the beginning of these that have been deleted since."""
        self._abouts: dict[int, tuple[BlockSummary, ...]] = {}
        self._open: OrderedDict[int, Block] = OrderedDict()
        self._events: OrderedDict[int, list[LoggedEvent]] = OrderedDict()
        self._tail: list[Stretch] | None = []
        """None: not made of the newest events yet."""
        self._tail_key: tuple[int, int] = (0, 0)
        self._tail_groups: list[tuple[int, float, list[LoggedEvent]]] = []
        self._tail_events: list[LoggedEvent] = []
        self._refreshed: float | None = None
        self._rules: Mapping[str, Validity] | None = None
        self.damaged: set[int] = set()
        """First indices of the blocks that were found damaged: their events cannot be read any more."""
        self.taken: set[int] = set()
        """First indices of the blocks that were listed, and deleted by housekeeping before they were read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of one statement; RecordError where the file is damaged."""
        try:
            cursor = self._db.execute(statement, values)
            found = cursor.fetchall()
        except sqlite3.DatabaseError as error:
            raise as_record_error(error, self.path) from error
        # Every number with a fraction in a record is a moment or a clock reading, and becomes a date.
        if any(type(one) is float and not EARLIEST <= one <= LATEST for row in found for one in row):
            raise TornRecordError(f"{self.path} is damaged: one of its times is not a time.")
        if found:
            kinds = column_kinds(STATEMENTS)
            for place, (name, *_) in enumerate(cursor.description):
                kind = kinds.get(name)
                if kind is not None and not all(isinstance(row[place], kind) for row in found):
                    raise TornRecordError(f"{self.path} is damaged: {name} in a table is of another kind.")
        return found

    @property
    def version(self) -> int:
        """A number that changes with each commit of another connection (sqlite.org, `data_version`)."""
        return int(self.rows("PRAGMA data_version")[0][0])

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for what reads tables of its own."""
        return self._db

    @property
    def note(self) -> str:
        """What is odd about the way in which it could be opened, as a sentence; else empty."""
        return self._db.note

    def has(self, version: int) -> bool:
        """Return whether it has the tables of a version; an older file lacks them until it is written."""
        # Once they are there they stay, and this is asked several times a second.
        if self._version < version:
            self._version = int(self.rows("PRAGMA user_version")[0][0])
        return self._version >= version

    # -- events ---------------------------------------------------------------------------------------

    def refresh(self, *, at_once: bool = False) -> None:
        """Read what has been written since the last time, at most twice a second unless `at_once`."""
        now = self._clock()
        if not at_once and self._refreshed is not None and now - self._refreshed < _FRESH:
            return
        self._refreshed = now
        # At one moment: a block that is made of the tail between two reads would be missed, or seen twice.
        with self.moment(), unpacking(self.path):
            self._refresh()

    @contextlib.contextmanager
    def moment(self) -> Iterator[None]:
        """Read the record within the block as of one moment, also while it is written."""
        if self._db.in_transaction:
            yield
            return
        self.rows("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self.rows("COMMIT")

    def _refresh(self) -> None:
        last = self._listed[-1].id if self._listed else 0
        found = self.rows(
            "SELECT id, first, count, t0, t1, shift, session FROM blocks WHERE id > ? ORDER BY id", (last,)
        )
        key = self.rows("SELECT coalesce(max(id), 0), count(*) FROM tail")[0]
        oldest = self.rows("SELECT coalesce(min(id), 0) FROM blocks")[0][0]
        check_times([time for row in found for time in row[3:6]])
        for number, first, count, start, stop, shift, session in found:
            check_first(first)
            piece = Piece.of(first, count, session, shift, start, stop)
            self._listed.append(_Listed(number, piece, start, stop))
        # Housekeeping takes the oldest away, and never the newest.
        while self._gone < len(self._listed) - 1 and self._listed[self._gone].id < oldest:
            self._gone += 1
        if key != self._tail_key or found:
            self._take_tail(self.rows("SELECT session, shift, data FROM tail ORDER BY first"))
            self._tail_key = key

    def _take_tail(self, rows: list[tuple[int, float, bytes]]) -> None:
        with unpacking(self.path):
            self._tail_groups = [
                (session, shift, [event for *_, data in group for event in unpack_tail(data)])
                for (session, shift), group in groupby(rows, key=lambda row: row[:2])
            ]
            check_tail([(shift, events) for _, shift, events in self._tail_groups])
        self._tail_events = [event for *_, events in self._tail_groups for event in events]
        self._tail = None

    @property
    def first(self) -> int:
        """Index of the oldest event that is kept."""
        self.refresh()
        if self._listed:
            return self._listed[self._gone].piece.first
        return self._tail_events[0].index if self._tail_events else 0

    @property
    def total(self) -> int:
        """Index that the next event will get."""
        self.refresh()
        if self._tail_events:
            return self._tail_events[-1].index + 1
        return self._listed[-1].piece.after if self._listed else 0

    def get(self, index: int) -> LoggedEvent | None:
        """Return the event with this index, or None when it is not kept or has not come yet."""
        self.refresh()
        at = bisect_right(self._listed, index, key=_first) - 1
        if at >= 0 and index < self._listed[at].piece.after:
            events = self._events_of(at)
            return events[index - self._listed[at].piece.first] if events else None
        if not self._tail_events or not 0 <= index - self._tail_events[0].index < len(self._tail_events):
            return None
        return self._tail_events[index - self._tail_events[0].index]

    def scan(
        self, start: int = 0, *, passes: Callable[[tuple[BlockSummary, ...]], bool] | None = None
    ) -> Iterator[LoggedEvent]:
        """Yield the events from index `start` on; blocks of which `passes` says no stay unopened."""
        self.refresh()
        begin = bisect_right(self._listed, start, key=lambda one: one.piece.after)
        for at in range(begin, len(self._listed)):
            if passes is not None and not passes(self._about(at)):
                continue
            block = self._read(at)
            for event in block.events() if block is not None else ():
                if event.index >= start:
                    yield event
        for event in self._tail_events:
            if event.index >= start:
                yield event

    def _events_of(self, at: int) -> list[LoggedEvent]:
        events = self._events.get(at)
        if events is None:
            block = self._read(at)
            events = self._events[at] = block.events() if block is not None else []
            while len(self._events) > 1 and (
                len(self._events) > _OPEN_BLOCKS or sum(map(_weight, self._events.values())) > OPEN_BYTES
            ):
                self._events.popitem(last=False)
        else:
            self._events.move_to_end(at)
        return events

    def _read(self, at: int) -> Block | None:
        """Return a block; None where it is damaged, or housekeeping took it away since it was listed."""
        number, piece, *_ = self._listed[at]
        found = self.rows("SELECT data FROM blocks WHERE id = ?", (number,))
        if not found:
            self.taken.add(piece.first)
            return None
        try:
            with unpacking(self.path):
                block = Block.unpack(found[0][0])
                if (block.first, block.count) != (piece.first, piece.after - piece.first):
                    raise ValueError("a block holds other events than it is listed with")
                return self._judged(block)
        except TornRecordError:
            # The others can be read still.
            self.damaged.add(piece.first)
            return None

    def _about(self, at: int) -> tuple[BlockSummary, ...]:
        about = self._abouts.get(at)
        if about is None:
            found = self.rows("SELECT about FROM blocks WHERE id = ?", (self._listed[at].id,))
            with unpacking(self.path):
                about = self._abouts[at] = unpack_about(found[0][0]) if found else ()
        return about

    @property
    def rules(self) -> Mapping[str, Validity]:
        """Rule by channel for which values count: as set, else by the contract of the newest recorder."""
        if self._rules is None:
            self._rules = recorded_rules(self.rows)
        return self._rules

    def judge_by(self, contract: Contract, before: Contract | None = None) -> None:
        """Let only the values count that do by a contract, of the channels that it names, from now on.

        `before` is the contract in whose place it comes.
        """
        self._rules = rules_by(self.rules, contract, before)
        self._open.clear()
        self._tail = None

    def _judged(self, block: Block) -> Block:
        block.rules = self.rules
        return block

    # -- blocks by index ------------------------------------------------------------------------------

    def pieces(self) -> list[Piece]:
        """Return where each block begins and ends, the tail's last."""
        self.refresh()
        tail = (piece_of(*group) for group in self._tail_groups if group[-1])
        return [*(one.piece for one in self._listed[self._gone :]), *tail]

    def blocks_of(self, wanted: Callable[[Piece], bool]) -> Iterator[Stretch]:
        """Yield the blocks that are wanted, by index, the tail's last."""
        for piece in self.pieces():
            at = bisect_left(self._listed, piece.first, key=_first)
            if not wanted(piece):
                continue
            if at < len(self._listed) and self._listed[at].piece.first == piece.first:
                if (block := self._block(at)) is not None:
                    yield Stretch(block, piece.shift, piece.session)
            else:
                yield from (one for one in self.tail() if one.block.first == piece.first)

    def unread_of(self, wanted: Callable[[Piece], bool]) -> Unread | None:
        """Return what was found damaged or deleted so far of the blocks that are wanted; else None."""
        missed = self.damaged | self.taken
        return unread([piece for piece in self.pieces() if piece.first in missed and wanted(piece)])

    def _block(self, at: int) -> Block | None:
        block = self._open.get(at) or self._read(at)
        if block is None:
            return None
        self._open[at] = block
        self._open.move_to_end(at)
        while len(self._open) > 1 and (
            len(self._open) > _OPEN_BLOCKS or sum(held.weight for held in self._open.values()) > OPEN_BYTES
        ):
            self._open.popitem(last=False)
        return block

    # -- blocks by time -------------------------------------------------------------------------------

    def blocks(self, start: float, stop: float) -> Iterator[Stretch]:
        """Yield the blocks that hold events of a stretch of record time, the tail's last."""
        self.refresh()
        for at, one in enumerate(self._listed[:]):
            if one.stop >= start and one.start < stop and (block := self._block(at)) is not None:
                yield Stretch(block, one.piece.shift, one.piece.session)
        for stretch in self.tail():
            mono = stretch.block.mono
            if mono[-1] + stretch.shift >= start and mono[0] + stretch.shift < stop:
                yield stretch

    def tail(self) -> list[Stretch]:
        """Return the newest events, of which no bins are made yet."""
        self.refresh()
        if self._tail is None:
            self._tail = [
                Stretch(self._judged(block_of(events)), shift, session)
                for session, shift, events in self._tail_groups
            ]
        return self._tail

    def shifts_from(self, index: int) -> list[Shift]:
        """Return each shift that follows another, in the blocks that begin with event `index` or later."""
        self.refresh()
        first = bisect_left(self._listed, index, key=_first)
        starts = [(one.piece.first, one.piece.low, one.piece.shift) for one in self._listed[first:]]
        starts += [
            (stretch.block.first, stretch.block.mono[0], stretch.shift)
            for stretch in self.tail()
            if stretch.block.first >= index
        ]
        return [Shift(*next(same)) for _, same in groupby(starts, key=lambda one: one[2])]

    def last_mono(self) -> float | None:
        """Return the monotonic time of the newest event; None where there is none."""
        if tail := self.tail():
            return tail[-1].block.mono[-1]
        return self._listed[-1].piece.high if self._listed else None

    def span(self) -> tuple[float, float] | None:
        """Return the record times of the oldest and the newest event; None where there is none."""
        self.refresh()
        kept = self._listed[self._gone :]
        times = [kept[0].start, kept[-1].stop] if kept else []
        for stretch in self.tail():
            times += [stretch.block.mono[0] + stretch.shift, stretch.block.mono[-1] + stretch.shift]
        return (min(times), max(times)) if times else None

    # -- channels -------------------------------------------------------------------------------------

    def channels(self) -> list[RecordedChannel]:
        """Return the channels of which there are samples, in the order of their first sight."""
        found = self.rows("SELECT id, name, label, unit FROM channels ORDER BY id")
        # A record of an older version holds the unit as the contract spelled it then.
        return [RecordedChannel(key, name, label, unit_of(unit).name) for key, name, label, unit in found]

    def names(self) -> dict[str, str]:
        """Return what the channels are called where they are shown, by their full names."""
        return shown_names({channel.name: channel.label for channel in self.channels()})


def _weight(events: list[LoggedEvent]) -> int:
    """Return how many characters or bytes the payloads of events hold."""
    return sum(len(event.raw) for event in events)
