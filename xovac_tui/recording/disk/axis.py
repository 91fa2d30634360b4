"""One even time for a whole record: it goes on by the monotonic clock, whatever the wall clock is set to.

Within a recorder's session it is the session's monotonic time. From one session to the next it goes on by the
wall time between the end of the one and the start of the other, and never back. So it grows with the index of
the events, and the events of a run lie between two moments of it as they lie between two indices.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

SAME = 1e-5
"""Seconds by which two times of one event may differ: an event at the edge of a stretch is on one side of it.
Numbers of seconds since 1970 are 2.4e-7 s apart."""
_NOISE = 1e-3
"""Seconds: two sums of large numbers that differ by less are the same moment."""
_NEAR = 5.0
"""Seconds by which a row's monotonic time may be off its place among the events and be believed."""
_LATE = 120.0
"""Seconds after which a row that belongs to a moment has been written at the latest."""


class Piece(NamedTuple):
    """Events that follow each other in one session with one shift: a block."""

    first: int
    """Index of the first event."""
    after: int
    """Index behind the last event."""
    session: int
    shift: float
    """Record time minus monotonic time, seconds."""
    low: float
    """Monotonic time of the earliest event."""
    high: float

    @classmethod
    def of(cls, first: int, count: int, session: int, shift: float, t0: float, t1: float) -> Piece:
        """Return a block as its row in a record says: from `t0` to `t1` in record time."""
        return cls(first, first + count, session, shift, t0 - shift, t1 - shift)


class SessionTimes(NamedTuple):
    """When a session was, by both clocks, in seconds."""

    id: int
    started: float
    """UTC."""
    mono: float
    """Monotonic, at its start."""
    seen: float
    """UTC at its newest commit."""
    seen_mono: float | None
    """Monotonic at its newest commit; None where only the wall clock is known."""
    recording: bool = True
    """False: it is not a recorder's."""


class Placed(Protocol):
    """A row that lies beside the events."""

    @property
    def session(self) -> int:
        """Return the session that wrote it."""
        ...

    @property
    def position(self) -> int | None:
        """Return the index of the event that came next; None where it is not known."""
        ...

    @property
    def mono(self) -> float | None:
        """Return its session's monotonic seconds; None where they are not known."""
        ...

    @property
    def t(self) -> float:
        """Return its record time."""
        ...


Row = TypeVar("Row", bound=Placed)


class EvenAxis:
    """The even time of a record, in UTC seconds from its anchor on."""

    def __init__(
        self, lives: Iterable[SessionTimes], pieces: Sequence[Piece], *, longest_pause: float = math.inf
    ) -> None:
        """Take `lives`, sessions in the order in which they began, and `pieces`, all events by index.

        A pause between two recorders counts for no more than `longest_pause` seconds.
        """
        self._longest_pause = longest_pause
        self.pieces = pieces
        self._firsts = [piece.first for piece in pieces]
        self._offsets: dict[int, float] = {}
        """Session of a recorder -> even time minus its monotonic time."""
        self._ends: dict[int, float] = {}
        """Session of a recorder -> its newest monotonic time that is known."""
        self._moved = 0.0
        self._begin(lives)

    def _begin(self, lives: Iterable[SessionTimes]) -> None:
        newest: dict[int, float] = {}
        for piece in self.pieces:
            newest[piece.session] = max(piece.high, newest.get(piece.session, piece.high))
        before: SessionTimes | None = None
        end = 0.0
        for life in lives:
            if not life.recording:
                continue
            wall = life.started - life.mono
            offset = wall
            if before is not None:
                seen = _seen_mono(before)
                between = min(self._longest_pause, max(0.0, life.started - before.seen))
                began = max(end, self._offsets[before.id] + seen + between)
                offset = began - life.mono
                if abs(offset - wall) < _NOISE:
                    offset = wall
            self._offsets[life.id] = offset
            last = max(_seen_mono(life), newest.get(life.id, life.mono), life.mono)
            self._ends[life.id] = last
            end, before = offset + last, life

    def anchored(self, session: int, mono: float, utc: float) -> EvenAxis:
        """Return the same axis, on which a moment of a session has this wall time."""
        other = EvenAxis.__new__(EvenAxis)
        other.pieces, other._firsts = self.pieces, self._firsts
        other._offsets, other._ends = self._offsets, self._ends
        other._moved = self._moved + utc - self.even(session, mono)
        return other

    def offset(self, session: int) -> float:
        """Return the even time minus the monotonic time of a recorder's session, seconds."""
        found = self._offsets.get(session)
        if found is None:
            found = next((piece.shift for piece in self.pieces if piece.session == session), 0.0)
        return found + self._moved

    def even(self, session: int, mono: float) -> float:
        """Return the even time of a moment of a recorder's session."""
        return mono + self.offset(session)

    def knows(self, session: int) -> bool:
        """Return whether a session is a recorder's."""
        return session in self._offsets

    def of(self, row: Placed) -> float:
        """Return the even time of a row.

        A console beside the recorder has a clock of its own: its monotonic time counts where it agrees with
        the place of the row among the events (it is the same machine's), else its wall time there.
        """
        return self.place(row.session, row.position, row.mono, row.t)

    def place(self, session: int, position: int | None, mono: float | None, t: float) -> float:
        """Return the even time of a row with these columns; see `of`."""
        if mono is not None and self.knows(session):
            return self.even(session, mono)
        here = self._near(position, t)
        if not here:
            if self.knows(session):
                return t - self._offsets[session] + self.offset(session)
            return t + self._moved
        own = [piece for piece in here if piece.session == session] or here
        found = [(_off(t - piece.shift, piece), t - piece.shift, piece) for piece in own]
        if mono is not None:
            same = min(own, key=lambda piece: _off(mono, piece))
            if _off(mono, same) <= _NEAR:
                return self.even(same.session, mono)
        _, at, piece = min(found, key=lambda one: one[0])
        return self.even(piece.session, at)

    def _near(self, position: int | None, t: float) -> list[Piece]:
        """Return the events before and behind a row; by its record time where its index is not known."""
        pieces = self.pieces
        if not pieces:
            return []
        if position is None:
            return [min(pieces, key=lambda piece: _off(t - piece.shift, piece))]
        at = bisect_right(self._firsts, position)
        return [pieces[place] for place in range(max(0, at - 2), min(len(pieces), at + 1))]

    def bounds(self, piece: Piece) -> tuple[float, float]:
        """Return the even times of the earliest and the latest event of a block."""
        offset = self.offset(piece.session)
        return piece.low + offset, piece.high + offset

    def now(self) -> float:
        """Return the newest even time that is known; 0 in an empty record."""
        ends = [self.even(session, mono) for session, mono in self._ends.items()]
        return max(ends, default=0.0)

    def length(self, session: int, mono: float, end_session: int, end_mono: float) -> float:
        """Return the seconds from one moment to another, never less than 0."""
        return max(0.0, self.even(end_session, end_mono) - self.even(session, mono))

    def within(self, start: float, end: float) -> Within:
        """Return what picks the rows of a stretch of even time."""
        low, high = 0, sys.maxsize
        for piece in self.pieces:
            first, last = self.bounds(piece)
            if last < start:
                low = piece.first
            if first > end + _LATE:
                high = piece.after
                break
        return Within(self, start, end, low, high)


class Within(msgspec.Struct, frozen=True):
    """A stretch of even time, and between which indices its rows lie."""

    axis: EvenAxis
    start: float
    end: float
    """Exclusive."""
    low: int
    high: int

    def holds(self, session: int, position: int | None, mono: float | None, t: float) -> bool:
        """Return whether a row with these columns lies in the stretch."""
        return self.start <= self.axis.place(session, position, mono, t) < self.end

    def keep(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows of the stretch as they are."""
        return [one for one in rows if self.start <= self.axis.of(one) < self.end]

    def timed(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows of the stretch, their `t` in even time."""
        made: list[Any] = []
        for one in rows:
            t = self.axis.of(one)
            if self.start <= t < self.end:
                made.append(msgspec.structs.replace(one, t=t))  # type: ignore[type-var]
        return made


def _seen_mono(life: SessionTimes) -> float:
    """Return the monotonic time at which a session was seen last."""
    if life.seen_mono is not None:
        return life.seen_mono
    return life.mono + max(0.0, life.seen - life.started)


def _off(mono: float, piece: Piece) -> float:
    """Return the seconds by which a moment lies outside of a block; 0 within it."""
    return max(0.0, piece.low - mono, mono - piece.high)
