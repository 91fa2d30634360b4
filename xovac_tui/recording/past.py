"""What a channel did before this program began and since: its history in memory, and the record behind."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.chamber.history import History
from xovac_tui.chamber.ring import Bins, joined, laid_over, nothing
from xovac_tui.errors import XovacError
from xovac_tui.recording.disk.pieces import Shift
from xovac_tui.recording.disk.windows import Windows

_KEPT = 64
"""Windows of the past that are kept: a picture of it is drawn from the same ones again and again."""
_SET = 0.5
"""Seconds by which a clock that was set differs at least; less is how exactly two programs read it."""
_COARSE = 2.0
"""Columns that a bin of the history may be wide before the record is asked for a finer picture."""


class ClockStretch(msgspec.Struct, frozen=True):
    """A stretch of monotonic time in which the clock was not set."""

    shift: float
    """Record time minus monotonic time."""
    start: float = -math.inf
    stop: float = math.inf
    first: int = 0
    """Index of its first event."""
    after: int = sys.maxsize
    """Index behind its last event."""

    def cuts(
        self, start: float, end: float, slack: float, pieces: Sequence[ClockStretch]
    ) -> Iterator[tuple[float, float, range | None]]:
        """Yield what is of it in a window, as (from, to, indices); None: no other piece has these times.

        After the clock was set back, an hour of record time is there twice, and the bins hold both.
        """
        start, end = max(start, self.start), min(end, self.stop)
        twice = [
            (one.start + one.shift - self.shift - slack, one.stop + one.shift - self.shift + slack)
            for one in pieces
            if one is not self
        ]
        twice = [(begin, stop) for begin, stop in twice if begin < self.stop and stop > self.start]
        edges = {start, end, *(edge for both in twice for edge in both if start < edge < end)}
        for begin, stop in pairwise(sorted(edges)):
            shared = any(one <= begin and stop <= other for one, other in twice)
            yield begin, stop, range(self.first, self.after) if shared else None


def clock_stretches(shift: float, later: Iterable[Shift]) -> list[ClockStretch]:
    """Return the stretches of time between which the clock was set, oldest first.

    The first one has this shift; `later` are the shifts that followed, in their order.
    """
    found = [ClockStretch(shift)]
    for one in later:
        if abs(one.seconds - found[-1].shift) > _SET:
            found[-1] = msgspec.structs.replace(found[-1], stop=one.mono, after=one.first)
            found.append(ClockStretch(one.seconds, one.mono, first=one.first))
    return found


class Past:
    """The channels of one record, in the monotonic time of this program."""

    def __init__(self, windows: Windows, shift: float, began: float, first: int | None = None) -> None:
        """Take `shift`, record time minus monotonic time at this program's beginning.

        For all that is older it stays; since then the record knows each time that the clock was set. `first`
        is the index of the first event of this program's time; None: the next one that is recorded.
        """
        self._windows = windows
        self._shift = shift
        self._next = windows.record.total if first is None else first
        """Index of the first event that is recorded in this program's time."""
        self._total = -1
        self._pieces = [ClockStretch(shift)]
        self.began = began
        """Monotonic time at which this program's own histories begin."""
        self.version = 0
        """Goes up where pictures must be drawn anew; each answer is complete at once."""
        self._kept: OrderedDict[tuple[str, float, float, int, float], Bins] = OrderedDict()
        self._firsts: dict[str, float | None] = {}
        self.problem = ""
        """Why the record could not be read when that failed first; empty while it never did."""

    def close(self) -> None:
        """Let go of the record."""
        self._windows.record.close()

    def judge_by(self, contract: Contract, before: Contract) -> None:
        """Let the values count that do by another contract from now on."""
        self._windows.record.judge_by(contract, before)
        self._kept.clear()
        self.version += 1

    def window(self, name: str, start: float, end: float, columns: int, until: float = math.inf) -> Bins:
        """Return lowest and highest values per column, monotonic seconds, as the record has them.

        What is recorded after `until` may be missing.
        """
        key = (name, start, end, columns, until)
        bins = self._kept.get(key)
        if bins is None:
            # What is still being written is another picture the next time.
            done = min(end, until) <= self.end
            try:
                bins = self._picture(name, start, end, max(1, columns), self._known(until))
            except XovacError as error:
                self._failed(error)
                return nothing(start, end, columns)
            if done:
                self._kept[key] = bins
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return bins

    def _known(self, until: float) -> float:
        """Return the monotonic time from which on nothing is shown; inf: everything on record may be."""
        return math.inf

    def _picture(self, name: str, start: float, end: float, columns: int, known: float) -> Bins:
        """Draw each stretch that has one shift by itself, and lay them over each other.

        What was recorded from `known` on, in monotonic seconds, is left out.
        """
        pieces = self._shifts()
        if len(pieces) == 1:
            begin, stop, until = start + self._shift, end + self._shift, known + self._shift
            found = self._windows.window([name], begin, stop, columns, until=until)[name]
            return Bins(start, found.seconds, found.lows, found.highs, found.means, found.counts)
        seconds = (end - start) / columns
        made = nothing(start, end, columns)
        for piece in pieces:
            if piece.stop <= start or piece.start >= end:
                continue
            # A cut is widened to whole columns, and the bins of a column reach one further at most.
            for begin, stop, only in piece.cuts(start, end, 2 * seconds, pieces):
                first = max(0, math.floor((begin - start) / seconds))
                after = min(columns, math.ceil((stop - start) / seconds))
                if first >= after:
                    continue
                left, right = (start + column * seconds + piece.shift for column in (first, after))
                until = known + piece.shift
                found = self._windows.window([name], left, right, after - first, only, until)[name]
                made = laid_over(made, found, first)
        return made

    def _shifts(self) -> Sequence[ClockStretch]:
        """Return the stretches of this program's time between which the clock was set, oldest first."""
        record = self._windows.record
        total = record.total
        if total != self._total:
            self._total = total
            self._pieces = clock_stretches(self._shift, record.shifts_from(self._next))
        return self._pieces

    @property
    def end(self) -> float:
        """Monotonic time up to which the record reaches by now; -inf where nothing can be read from it."""
        record = self._windows.record
        try:
            if len(self._shifts()) > 1:
                last = record.last_mono()
                return -math.inf if last is None else last
            span = record.span()
        except XovacError as error:
            self._failed(error)
            span = None
        return -math.inf if span is None else span[1] - self._shift

    def first(self, name: str) -> float | None:
        """Return the monotonic time from which on the record holds a channel; None where it never does."""
        if name not in self._firsts:
            try:
                found = self._windows.first_time(name)
                self._firsts[name] = None if found is None else self._mono_of(found)
            except XovacError as error:
                self._failed(error)
                return None
        return self._firsts[name]

    def _mono_of(self, time: float) -> float:
        """Return the first moment at which it was so late in record time."""
        pieces = self._shifts()
        found = (max(one.start, time - one.shift) for one in pieces if time - one.shift < one.stop)
        return next(found, time - pieces[-1].shift)

    def _failed(self, error: XovacError) -> None:
        # A chart goes on without its past, and may have it again the next time.
        self.problem = self.problem or str(error)


class AnyPast(Protocol):
    """What a channel's history needs of the past."""

    problem: str
    """Why the record could not be read when that failed first; empty while it never did."""

    @property
    def version(self) -> int:
        """Counter that goes up with every new answer."""
        ...

    @property
    def began(self) -> float:
        """Monotonic time at which this program's own histories begin."""
        ...

    @property
    def end(self) -> float:
        """Monotonic time up to which the record reaches by now; -inf where nothing is known."""
        ...

    def first(self, name: str) -> float | None:
        """Return the monotonic time from which on the record holds a channel; None where it never does."""
        ...

    def window(self, name: str, start: float, end: float, columns: int, until: float = math.inf) -> Bins:
        """Return lowest and highest values per column, monotonic seconds, as far as they are known.

        What is recorded after `until` may be missing.
        """
        ...


class RecordedHistory:
    """A channel's history with its past: what a chart needs of either."""

    def __init__(self, name: str, live: Callable[[], History | None], past: AnyPast) -> None:
        self._name, self._live, self._past = name, live, past

    @property
    def version(self) -> int:
        """Counter that goes up when more of the past is known and a picture must be drawn again."""
        return self._past.version

    @property
    def oldest(self) -> float | None:
        """Monotonic time from which on values are kept; None when there are none."""
        first, live = self._past.first(self._name), self._live()
        times = [time for time in (first, live.oldest if live else None) if time is not None]
        return min(times, default=None)

    @property
    def last_time(self) -> float | None:
        """Monotonic time of the newest value that is known."""
        live = self._live()
        newest = live.last_time if live else None
        if newest is None and self._past.first(self._name) is not None:
            return self._past.began
        return newest

    def window(self, start: float, end: float, columns: int) -> Bins:
        """Return lowest and highest values per column of `start` to `end` (exclusive), monotonic seconds."""
        live = self._live()
        if live is None or live.last_time is None:
            return self._past.window(self._name, start, end, columns)
        return self._with_past(live, live.window(start, end, columns), end)

    def measured(self, start: float, end: float, columns: int) -> Bins:
        """Return the same as `window`, with mean and number of the samples per column."""
        live = self._live()
        if live is None or live.last_time is None:
            return self._past.window(self._name, start, end, columns)
        return self._with_past(live, live.measured(start, end, columns), end)

    @property
    def resolution(self) -> float:
        """Smallest step that the channel reports, as far as this program has received it."""
        live = self._live()
        return 0.0 if live is None else live.resolution

    @property
    def uncertainty(self) -> float:
        """Expanded (k = 2) uncertainty of a reading's drift; 0 where the contract has none."""
        live = self._live()
        return 0.0 if live is None else live.uncertainty

    def _with_past(self, live: History, bins: Bins, end: float) -> Bins:
        """Add what only the record knows to a picture of this program's own time."""
        start, began, width = bins.start, self._past.began, bins.seconds
        if live.bin_seconds(start, end) > max(1.0, _COARSE * width):
            return self._finer(bins, end)
        if start >= began or (first := self._past.first(self._name)) is None or first >= min(began, end):
            return bins
        return self._before(bins, began)

    def _finer(self, bins: Bins, end: float) -> Bins:
        """Take the record's picture, as far as the record reaches by now."""
        reaches = self._past.end
        if reaches <= bins.start:
            return bins
        past = self._past.window(self._name, bins.start, end, len(bins.lows))
        if all(map(math.isnan, past.lows)):
            return bins
        return joined(past, bins, math.floor((min(reaches, end) - bins.start) / bins.seconds))

    def _before(self, bins: Bins, began: float) -> Bins:
        """Put the columns before this program's own time in front."""
        # In whole columns of the same grid, so that the same window of the past serves for many pictures.
        count = min(len(bins.lows), math.ceil((began - bins.start) / bins.seconds))
        if count < 1:
            return bins
        # The last column is recorded while it lasts, which is no reason to read it again: since the beginning
        # its values are in the history, too.
        end = bins.start + count * bins.seconds
        past = self._past.window(self._name, bins.start, end, count, began)
        return joined(past, bins, count - 1)

    def last(self, seconds: float, now: float, n: int) -> Sequence[float]:
        """Return `n` values (middle of lowest and highest) for about the last `seconds`; NaN is a gap."""
        width = seconds / n
        end = math.ceil(now / width) * width
        bins = self.window(end - seconds, end, n)
        return tuple(low / 2 + high / 2 for low, high in zip(bins.lows, bins.highs, strict=True))
