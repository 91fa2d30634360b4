"""Columns of a window while bins and samples are put into them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median_low

import msgspec

from xovac_tui.chamber.columns import NAN, Bins
from xovac_tui.chamber.history import QUIET
from xovac_tui.recording.disk.bins import Bin

_GAP_PERIODS = 3
"""Usual periods of a channel without a sample that are no gap yet."""


class BinRow(msgspec.Struct, frozen=True):
    """Bins of one channel and level that follow each other; empty ones have a count of 0."""

    level: int
    first: int
    """Number of the first."""
    lows: array[float]
    highs: array[float]
    means: array[float]
    counts: array[int]


class WindowColumns:
    """Columns that values are put into; some more on both sides are left out in the end."""

    def __init__(self, start: float, seconds: float, columns: int, beyond: int = 0) -> None:
        self._start, self._seconds, self._columns, self._beyond = start, seconds, columns, beyond
        self._count = columns + 2 * beyond
        self._lows = array("d", [math.inf]) * self._count
        self._highs = array("d", [-math.inf]) * self._count
        self._sums = array("d", [0.0]) * self._count
        self._counts = array("d", [0.0]) * self._count

    def cuts(self, level: int, first: int) -> list[tuple[int, int]]:
        """Return which bins touch each column, counted from the one with the number `first`."""
        edges = [self._edge(column) / level for column in range(self._count + 1)]
        return [(math.floor(left) - first, math.ceil(right) - first) for left, right in pairwise(edges)]

    def bins(self, row: BinRow, cuts: Sequence[tuple[int, int]]) -> None:
        """Begin with bins."""
        lows, highs = row.lows, row.highs
        self._lows = array("d", [min(lows[begin:end], default=math.inf) for begin, end in cuts])
        self._highs = array("d", [max(highs[begin:end], default=-math.inf) for begin, end in cuts])
        means, counts, level = row.means, row.counts, row.level
        for column, (begin, end) in enumerate(cuts):
            left, right = self._edge(column) / level - row.first, self._edge(column + 1) / level - row.first
            for place in range(max(0, begin), min(end, len(counts))):
                if counts[place]:
                    # A bin that two columns share counts for each by how much of it lies there.
                    share = counts[place] * (min(place + 1.0, right) - max(float(place), left))
                    self._sums[column] += share * means[place]
                    self._counts[column] += share

    def _edge(self, column: int) -> float:
        return self._start + (column - self._beyond) * self._seconds

    def _columns_of(self, times: Sequence[float]) -> list[int]:
        start, seconds, beyond, floor = self._start, self._seconds, self._beyond, math.floor
        return [floor((at - start) / seconds) + beyond for at in times]

    def samples(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Put samples in."""
        lows, highs, count = self._lows, self._highs, self._count
        sums, counts = self._sums, self._counts
        for column, value in zip(self._columns_of(times), values, strict=True):
            if 0 <= column < count:
                # NaN is neither.
                if value < lows[column]:
                    lows[column] = value
                if value > highs[column]:
                    highs[column] = value
                if value == value:
                    sums[column] += value
                    counts[column] += 1

    def _put(self, column: int, low: float, high: float) -> None:
        if low < self._lows[column]:
            self._lows[column] = low
        if high > self._highs[column]:
            self._highs[column] = high

    def fill_samples(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Join samples that followed each other at the channel's pace, also across the edges."""
        columns = self._columns_of(times)
        jumps = [place for place, (one, two) in enumerate(pairwise(columns)) if two - one > 1]
        if not jumps:
            return
        allowed = max(QUIET, _GAP_PERIODS * median_low(after - before for before, after in pairwise(times)))
        for place in jumps:
            before, after = times[place : place + 2]
            low, high = values[place : place + 2]
            if after - before <= allowed and low == low and high == high:
                for column in range(max(0, columns[place] + 1), min(columns[place + 1], self._count)):
                    at = self._edge(column) + self._seconds / 2
                    self._put_between(column, low, high, min(1.0, max(0.0, (at - before) / (after - before))))

    def spread(self, bins: Iterable[tuple[float, float, Bin]]) -> None:
        """Put bins (start, end, what they hold) into all columns that they touch."""
        for start, end, (low, high, mean, held) in bins:
            first, last = self._columns_of((start, end))
            for column in range(max(0, first), min(last + (self._edge(last) < end), self._count)):
                self._put(column, low, high)
                left, right = max(start, self._edge(column)), min(end, self._edge(column + 1))
                share = held * max(0.0, right - left) / (end - start)
                self._sums[column] += share * mean
                self._counts[column] += share

    def join(self, pace: float) -> None:
        """Join columns of a channel that speaks more seldom than a column is wide."""
        allowed = _GAP_PERIODS * pace
        held = [column for column, low in enumerate(self._lows) if low != math.inf]
        for before, after in pairwise(held):
            if 1 < after - before <= allowed / self._seconds:
                left = self._lows[before] / 2 + self._highs[before] / 2
                right = self._lows[after] / 2 + self._highs[after] / 2
                for column in range(before + 1, after):
                    self._put_between(column, left, right, (column - before) / (after - before))

    def _put_between(self, column: int, left: float, right: float, share: float) -> None:
        # The difference of the largest numbers would overflow; and nothing may lie beyond both ends.
        value = left * (1 - share) + right * share
        value = min(max(left, right), max(min(left, right), value))
        self._put(column, value, value)

    def done(self) -> Bins:
        """Return the columns, NaN where there is nothing."""
        part = slice(self._beyond, self._beyond + self._columns)
        lows, highs = self._lows[part], self._highs[part]
        means, counts = array("d"), array("I")
        for column, (total, count) in enumerate(zip(self._sums[part], self._counts[part], strict=True)):
            low, high = lows[column], highs[column]
            if low == math.inf:
                lows[column] = highs[column] = NAN
            # Of the largest numbers no sum is known, but the bounds are.
            means.append(min(high, max(low, total / count)) if count > 0 else NAN)
            counts.append(min(math.ceil(count), 0xFFFFFFFF))
        return Bins(self._start, self._seconds, lows, highs, means, counts)
