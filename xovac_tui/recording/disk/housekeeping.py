"""How large a record gets, and what may be deleted from it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from xovac_tui.recording.disk.axis import EvenAxis, Piece, SessionTimes
from xovac_tui.recording.disk.bins import CHUNK, FINEST
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.settings import HeldFor
from xovac_tui.units import DAY

_CHUNK = FINEST * CHUNK
"""Seconds of one row of the finest bins."""
_AT_ONCE = 200
"""Blocks deleted at a time, so that recording never waits long."""
_LEARNED_FROM = 600.0
"""Seconds of a record from which on its own growth is believed."""
USUAL_GROWTH = 100.0
"""Bytes a second assumed for a record that is younger: 16 channels at 1 Hz."""
SCARCE = 200_000_000
"""Bytes that a disk should have left at the end of a run."""

SHARE = 10
"""One part in so many of a record's events is deleted at a start, and again after each `SHARE_EVERY`."""
SHARE_EVERY = 7_200.0

Execute = Callable[[str, Sequence[Any]], list[Any]]
"""Runs one statement and returns its rows."""


class _Old(NamedTuple):
    """A block of events."""

    id: int
    piece: Piece

    @property
    def size(self) -> int:
        """How many events it holds."""
        return self.piece.after - self.piece.first

    @property
    def span(self) -> tuple[float, float]:
        """Record times of its earliest and its latest event."""
        return self.piece.low + self.piece.shift, self.piece.high + self.piece.shift


class Retention:
    """Deletes old events from the record of one session that records, a bounded number at a time.

    Ages are even time: they count from now backwards, by the monotonic clock within a session. A pause
    between two recorders counts for a day at most, since a long one cannot be distinguished from a clock that
    was wrong. So a clock that is set to another year makes nothing old.

    What a store has not received to which the record is forwarded is kept longer, for a while.
    """

    def __init__(
        self, keep_days: float, *, delete_unexported: bool = False, held: HeldFor | None = None
    ) -> None:
        self._keep = keep_days * DAY
        self._delete_unexported = delete_unexported
        self._held = held or HeldFor()
        self.holding: Mapping[str, int] = {}
        """Store -> bytes that are kept for it alone, as of the newest call."""
        self.unsent: Mapping[str, int] = {}
        """Store -> events that the newest call has deleted although it has not received them."""
        self._left = 0
        """Events that may be deleted still."""
        self._first = False
        """Nothing of the share is used yet."""
        self._shared: float | None = None
        """Monotonic time at which the share was given out."""

    def tidy(self, execute: Execute, session: int, utc: float, mono: float) -> int:
        """Delete old events at this moment of the session that records now; return how many blocks went.

        A run that was never exported keeps its events, if the settings do not say otherwise, and so does one
        that goes on. What the present session has recorded stays, and so does the newest block: indices go on
        from it. Bins of a minute and more are kept for good: the trend still reaches back, in less detail.
        Everything that the chain of hashes covers stays, too.
        """
        self.unsent = {}
        if self._keep <= 0:
            return 0
        lives = [
            SessionTimes(*row)
            for row in execute(
                "SELECT id, started, mono, seen, seen_mono FROM sessions WHERE recording AND id <= ? "
                "ORDER BY id",
                (session,),
            )
        ]
        blocks = [
            _Old(number, Piece.of(*row))
            for number, *row in execute(
                "SELECT id, first, count, session, shift, t0, t1 FROM blocks ORDER BY first", ()
            )
        ]
        if not lives or lives[-1].id != session or _doubtful(lives, blocks, utc, mono):
            return 0
        self._give_out(blocks, mono)
        sent = {name: _cursor(execute, name, "events") for name in self._held.sinks}
        gone = self._old(execute, lives, blocks, mono, sent)[:_AT_ONCE]
        self.unsent = {
            name: unsent
            for name, cursor in sent.items()
            if (unsent := sum(max(0, one.piece.after - max(cursor, one.piece.first)) for one in gone))
        }
        for block in gone:
            execute("DELETE FROM blocks WHERE id = ?", (block.id,))
            self._left -= block.size
        for block in gone:
            _delete_bins(execute, block)
        # Marks go with their events, but for those that a store has yet to receive.
        marks = [_cursor(execute, name, "marks") for name in self._held.sinks if name not in self.unsent]
        for low, after in _holes(execute, gone):
            _delete_beside(execute, low, after, min(marks, default=sys.maxsize))
        if gone:
            execute("PRAGMA incremental_vacuum(2000)", ())
        return len(gone)

    def _give_out(self, blocks: Sequence[_Old], mono: float) -> None:
        if self._shared is None or mono - self._shared >= SHARE_EVERY:
            self._shared = mono
            self._left = sum(block.size for block in blocks) // SHARE
            self._first = True

    def _old(
        self,
        execute: Execute,
        lives: Sequence[SessionTimes],
        blocks: Sequence[_Old],
        mono: float,
        sent: Mapping[str, int],
    ) -> list[_Old]:
        """Return the blocks that may go now, oldest first; `sent` is how far each store is."""
        axis = EvenAxis(lives, [block.piece for block in blocks], longest_pause=DAY)
        present = lives[-1].id
        limit = axis.even(present, mono) - self._keep
        kept = execute(
            "SELECT coalesce(first_event, 0), CASE WHEN ended IS NULL THEN ? ELSE coalesce(end_event, ?) END "
            "FROM runs WHERE ended IS NULL OR (exported IS NULL AND NOT ?)",
            (sys.maxsize, sys.maxsize, self._delete_unexported),
        )
        made: list[_Old] = []
        waiting: list[_Old] = []
        everywhere = min(sent.values(), default=sys.maxsize)
        left = self._left
        # Indices go on from the newest.
        for block in blocks[:-1]:
            piece = block.piece
            if piece.session == present or not axis.knows(piece.session) or axis.bounds(piece)[1] >= limit:
                continue
            if any(piece.first < end and piece.after > begin for begin, end in kept):
                continue
            if piece.after > everywhere and axis.bounds(piece)[1] >= limit - self._held.days * DAY:
                waiting.append(block)
                continue
            # A record of few blocks loses one at a start.
            if block.size > left and (made or not self._first):
                break
            left -= block.size
            self._first = False
            made.append(block)
        self._weigh(execute, waiting, sent)
        return made

    def _weigh(self, execute: Execute, waiting: Sequence[_Old], sent: Mapping[str, int]) -> None:
        """Find out how many bytes are kept for each store."""
        self.holding = {}
        for name, cursor in sent.items() if waiting else ():
            ids = [block.id for block in waiting if block.piece.after > cursor]
            if ids:
                found = execute(
                    "SELECT coalesce(sum(length(data) + length(about)), 0) FROM blocks "
                    "WHERE id BETWEEN ? AND ?",
                    (ids[0], ids[-1]),
                )
                self.holding = {**self.holding, name: int(found[0][0])}


def _cursor(execute: Execute, sink: str, table: str) -> int:
    """Return how far a store is; 0 where it has received nothing."""
    found = execute("SELECT upto FROM cursors WHERE sink = ? AND rows_of = ?", (sink, table))
    return int(found[0][0]) if found else 0


def _doubtful(lives: Sequence[SessionTimes], blocks: Sequence[_Old], utc: float, mono: float) -> bool:
    """Return whether the wall clock has jumped by more than a day: then nothing is deleted at this start.

    A long pause has the same effect. It is believed once this session has lasted for a day.
    """
    present = lives[-1]
    set_by = (utc - mono) - (present.started - present.mono)
    if abs(set_by) > DAY:
        return True
    newest = [life.seen for life in lives[-2:-1]]
    newest += [block.span[1] for block in blocks if block.piece.session != present.id][-1:]
    jumped = bool(newest) and min(abs(present.started - one) for one in newest) > DAY
    return jumped and mono - present.mono < DAY


def _delete_bins(execute: Execute, block: _Old) -> None:
    """Delete the finest bins of a block, but for the rows that other blocks have a part in."""
    first, last = (at // _CHUNK for at in block.span)
    stay = execute(
        "SELECT t0, t1 FROM blocks WHERE t1 >= ? AND t0 < ?", (first * _CHUNK, (last + 1) * _CHUNK)
    )
    for begin, after in _without(first, last + 1, stay):
        execute("DELETE FROM bins WHERE level = ? AND chunk >= ? AND chunk < ?", (FINEST, begin, after))


def _holes(execute: Execute, gone: Sequence[_Old]) -> list[tuple[int, int]]:
    """Return where no events are left, as (index behind the event before, index of the event behind)."""
    found: dict[tuple[int, int], None] = {}
    for block in gone:
        first, after = block.piece.first, block.piece.after
        before = execute("SELECT max(first + count) FROM blocks WHERE first < ?", (first,))[0][0]
        behind = execute("SELECT min(first) FROM blocks WHERE first > ?", (first,))[0][0]
        found[-1 if before is None else before, after if behind is None else behind] = None
    return list(found)


def _delete_beside(execute: Execute, low: int, after: int, marks: int) -> None:
    """Delete what lies beside events that are gone: changes of the link and marks, but no notes.

    Of marks only those before number `marks`.

    The newest change of each session stays: it says whether there was a link in what follows. So does the
    newest mark, whose number must not be given again.
    """
    execute(
        "DELETE FROM links WHERE position > ? AND position < ? AND id NOT IN "
        "(SELECT max(id) FROM links WHERE position > ? AND position < ? GROUP BY session)",
        (low, after, low, after),
    )
    execute(
        "DELETE FROM marks WHERE position > ? AND position < ? AND kind != 'note' "
        "AND id < min(?, (SELECT max(id) FROM marks))",
        (low, after, marks),
    )


def _without(
    first: float, after: float, stay: Sequence[tuple[float, float]]
) -> Iterator[tuple[float, float]]:
    """Yield the parts of a row of chunks that share no time with what stays."""
    for start, end in sorted(stay):
        if start // _CHUNK >= after:
            break
        if end // _CHUNK >= first:
            if start // _CHUNK > first:
                yield first, start // _CHUNK
            first = end // _CHUNK + 1
    if first < after:
        yield first, after


class SpaceForecast(msgspec.Struct, frozen=True):
    """What recording for some time will take, and what there is. Bytes."""

    needs: float
    free: float
    learned: bool
    """The growth is this record's own; else it is assumed."""

    @property
    def enough(self) -> bool:
        """True when the disk will not be nearly full at the end."""
        return self.free - self.needs > SCARCE


def forecast(record: Record | None, folder: Path, seconds: float) -> SpaceForecast | None:
    """Return what recording for so long will take; None where the free space is not known."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    growth = None if record is None else _growth(record)
    return SpaceForecast(seconds * (growth or USUAL_GROWTH), float(free), growth is not None)


def _growth(record: Record) -> float | None:
    """Return the bytes a second by which a record grew in its newest blocks; None if it is too young."""
    rows = record.rows(
        "SELECT sum(t1 - t0), sum(length(data) + length(about)) FROM "
        "(SELECT t0, t1, data, about FROM blocks ORDER BY id DESC LIMIT 50)"
    )
    # Within a block the clock was not set.
    seconds, size = rows[0]
    if seconds is None or seconds < _LEARNED_FROM:
        return None
    # Bins and pages take about as much again.
    return 2.0 * float(size) / float(seconds)


def size_words(size: float) -> str:
    """Return a number of bytes as people write it: `12 MB`, `1.4 GB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            value = size / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{size:.0f} bytes"
