"""A ring of bins of equal length in time, each with lowest, highest and mean of the values in it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import pairwise
from operator import mul

import msgspec

NAN = math.nan


class Bins(msgspec.Struct, frozen=True):
    """Lowest and highest value per column of a window of time; NaN in both where nothing was received."""

    start: float
    """Monotonic time of the left edge of the first column."""
    seconds: float
    """Width of a column."""
    lows: Sequence[float]
    highs: Sequence[float]
    means: Sequence[float] = ()
    """Mean of the samples per column, NaN without one; empty where it was not asked for."""
    counts: Sequence[int] = ()
    """Number of samples per column, counted up to 255 a bin; empty where it was not asked for."""


def joined(older: Bins, newer: Bins, count: int) -> Bins:
    """Return `count` columns of one picture and the others of another that begins at the same time.

    Bounds count of both where they meet; means are the newer ones', since both may hold the same samples.
    """
    meet = min(len(older.lows), len(newer.lows))
    lows, highs = array("d", older.lows[:count]), array("d", older.highs[:count])
    lows.extend(map(_lower, older.lows[count:meet], newer.lows[count:meet]))
    highs.extend(map(_higher, older.highs[count:meet], newer.highs[count:meet]))
    lows.extend(newer.lows[meet:])
    highs.extend(newer.highs[meet:])
    if not (older.means and newer.means):
        return Bins(newer.start, newer.seconds, lows, highs)
    means, counts = array("d", older.means[:count]), array("I", older.counts[:count])
    for place in range(len(means), len(newer.means)):
        one = older if place < meet and not newer.counts[place] else newer
        means.append(one.means[place])
        counts.append(one.counts[place])
    return Bins(newer.start, newer.seconds, lows, highs, means, counts)


def laid_over(under: Bins, over: Bins, first: int) -> Bins:
    """Return a picture with another one, of means too, laid over it from column `first` on."""
    lows, highs = array("d", under.lows), array("d", under.highs)
    means, counts = array("d", under.means), array("I", under.counts)
    for place, (low, high) in enumerate(zip(over.lows, over.highs, strict=True), first):
        lows[place], highs[place] = _lower(low, lows[place]), _higher(high, highs[place])
        if more := over.counts[place - first]:
            have = counts[place]
            mean = over.means[place - first]
            means[place] = (
                means[place] * (have / (have + more)) + mean * (more / (have + more)) if have else mean
            )
            counts[place] = have + more
    return Bins(under.start, under.seconds, lows, highs, means, counts)


def nothing(start: float, end: float, columns: int) -> Bins:
    """Return a window without a value."""
    columns = max(1, columns)
    empty = array("d", [NAN]) * columns
    return Bins(start, (end - start) / columns, empty, empty[:], empty[:], array("I", [0]) * columns)


def _lower(one: float, two: float) -> float:
    return one if two != two or one < two else two


def _higher(one: float, two: float) -> float:
    return one if two != two or one > two else two


def only_first(bins: Bins, count: int) -> Bins:
    """Return a picture with means of which only the first `count` columns are known."""
    part = slice(0, max(0, count))
    known = Bins(
        bins.start, bins.seconds, bins.lows[part], bins.highs[part], bins.means[part], bins.counts[part]
    )
    empty = nothing(bins.start, bins.start + len(bins.lows) * bins.seconds, len(bins.lows))
    return laid_over(empty, known, 0)


_EMPTY_LOW = array("d", [math.inf])
_EMPTY_HIGH = array("d", [-math.inf])
_NO_MEAN = array("f", [0.0])
_MOST = 255
"""Samples of a bin that are counted at most: means of more weigh the same."""


class Ring:
    """Bins of 2 ** `shift` seconds, the newest `room` of them; memory grows with what is put in.

    An empty bin has a low of +inf and a high of -inf, so that bounds over many bins need no special case.
    Means are kept in single precision (2 ** -24 of the value) and are read within their bounds; the number
    of samples is 0 where a bin was only filled in between two of them.
    """

    __slots__ = ("_base", "_counts", "_highs", "_lows", "_means", "_newest", "room", "seconds", "shift")

    def __init__(self, shift: int, room: int) -> None:
        self.shift = shift
        self.seconds = 1 << shift
        self.room = room
        self._lows = array("d")
        self._highs = array("d")
        self._means = array("f")
        self._counts = bytearray()
        self._base = 0
        self._newest = -1

    @property
    def oldest(self) -> int:
        """Number of the oldest bin that is kept."""
        return max(self._base, self._newest - self.room + 1)

    def put(self, second: int, value: float) -> None:
        """Fold a value into the bin of this second, which is never older than the newest bin."""
        number = second >> self.shift
        lows = self._lows
        if number == self._newest and lows:
            slot = (number - self._base) % self.room
            if value < lows[slot]:
                lows[slot] = value
            if value > self._highs[slot]:
                self._highs[slot] = value
            return
        self._fold(number, value, value)

    def line(self, begin: int, end: int, value: float, slope: float, bounds: tuple[float, float]) -> None:
        """Fold a straight line into the bins of the seconds `begin` to `end` (exclusive).

        It begins with `value`, changes by `slope` a second, and never leaves `bounds`.
        """
        lowest, highest = bounds
        if not self.shift and begin == self._newest + 1 and end - begin < self.room:
            self._append([value + slope * second for second in range(end - begin)], lowest, highest)
            return
        start, within = begin, self.seconds - 1
        while begin < end:
            # In a bin its lowest and its highest point are at the ends.
            last = min(end - 1, begin | within)
            one = value + slope * (begin - start)
            two = one if last == begin else value + slope * (last - start)
            if one > two:
                one, two = two, one
            # Only rounding leads out of the bounds.
            if one < lowest or two > highest:
                one, two = max(one, lowest), min(two, highest)
                one, two = min(one, two), max(one, two)
            self._fold(begin >> self.shift, one, two)
            begin = last + 1

    def _fold(self, number: int, low: float, high: float) -> None:
        """Widen the bounds of a bin, which is never older than the newest one."""
        lows, highs = self._lows, self._highs
        if number == self._newest + 1 and lows:
            # By far the most often: the bin that comes next.
            self._newest = number
            if len(lows) < self.room:
                lows.append(low)
                highs.append(high)
                self._means.append(0.0)
                self._counts.append(0)
            else:
                slot = (number - self._base) % self.room
                lows[slot], highs[slot] = low, high
                self._counts[slot] = 0
            return
        if number > self._newest or not lows:
            self._advance(number)
            lows, highs = self._lows, self._highs
        slot = (number - self._base) % self.room
        if low < lows[slot]:
            lows[slot] = low
        if high > highs[slot]:
            highs[slot] = high

    def _append(self, points: list[float], lowest: float, highest: float) -> None:
        """Fill the bins after the newest one with a point each, but none beyond the bounds."""
        if points and not (lowest <= points[0] <= highest and lowest <= points[-1] <= highest):
            points = [min(max(point, lowest), highest) for point in points]
        place = (self._newest + 1 - self._base) % self.room
        # Up to the end of the ring, which grows until it is full, and on from its beginning.
        for at, part in ((place, points[: self.room - place]), (0, points[self.room - place :])):
            after, count = at + len(part), len(part)
            self._lows[at:after] = self._highs[at:after] = array("d", part)
            self._means[at:after] = _NO_MEAN * count
            self._counts[at:after] = bytes(count)
        self._newest += len(points)

    def _advance(self, number: int) -> None:
        """Make room up to and including this bin, empty."""
        more = number - self._newest
        if not self._lows or more >= self.room:
            self._base = number
            self._lows = array("d", _EMPTY_LOW)
            self._highs = array("d", _EMPTY_HIGH)
            self._means = array("f", _NO_MEAN)
            self._counts = bytearray(1)
        else:
            grow = min(more, self.room - len(self._lows))
            if grow:
                self._lows.extend(_EMPTY_LOW * grow)
                self._highs.extend(_EMPTY_HIGH * grow)
                self._means.extend(_NO_MEAN * grow)
                self._counts.extend(bytes(grow))
            for wrapped in range(self._newest + grow + 1, number + 1):
                slot = (wrapped - self._base) % self.room
                self._lows[slot] = math.inf
                self._highs[slot] = -math.inf
                self._counts[slot] = 0
        self._newest = number

    def average(self, number: int, total: float, count: int) -> None:
        """Keep sum and count of the samples in a bin as its mean."""
        slot = (number - self._base) % self.room
        # One too large for single precision becomes infinite; its bounds still hold.
        self._means[slot] = total / count
        self._counts[slot] = count if count < _MOST else _MOST

    def total(self, begin: int, end: int) -> tuple[float, int]:
        """Return sum and number of the samples in the bins `begin` to `end` (exclusive)."""
        begin, end = max(begin, self.oldest), min(end, self._newest + 1)
        if begin >= end:
            return 0.0, 0
        means, counts = self._samples(begin, end)
        return sum(map(mul, means, counts)), sum(counts)

    def _samples(self, begin: int, end: int) -> tuple[array[float], bytearray]:
        """Return means and numbers of samples of bins that are kept."""
        left, right = (begin - self._base) % self.room, (end - self._base) % self.room
        if left < right:
            return self._means[left:right], self._counts[left:right]
        return self._means[left:] + self._means[:right], self._counts[left:] + self._counts[:right]

    def means(self, begin: int, end: int) -> list[tuple[int, float]]:
        """Return number and mean of each of the bins `begin` to `end` (exclusive) in which a sample came."""
        begin, end = max(begin, self.oldest), min(end, self._newest + 1)
        if begin >= end:
            return []
        means, counts = self._samples(begin, end)
        lows, highs = self.slices(begin, end)
        return [
            (number, mean if low <= mean <= high else high if mean > high else low)
            for number, mean, count, low, high in zip(
                range(begin, end), means, counts, lows, highs, strict=True
            )
            if count
        ]

    def slices(self, begin: int, end: int) -> tuple[array[float], array[float]]:
        """Return lows and highs of the bins `begin` to `end` (exclusive), as far as they are kept."""
        begin = max(begin, self.oldest)
        end = min(end, self._newest + 1)
        if begin >= end:
            return array("d"), array("d")
        left = (begin - self._base) % self.room
        right = (end - self._base) % self.room
        if left < right:
            return self._lows[left:right], self._highs[left:right]
        return self._lows[left:] + self._lows[:right], self._highs[left:] + self._highs[:right]

    def columns(self, start: float, seconds: float, count: int) -> tuple[array[float], array[float]]:
        """Return lowest and highest value of each of `count` columns; NaN where there is none.

        The first begins at `start`; each is `seconds` long.
        """
        step = self.seconds
        lows, highs = array("d", [math.nan]) * count, array("d", [math.nan]) * count
        first, after = self.oldest, self._newest + 1
        left, right = 0, count
        if seconds > 0:
            # Only columns in which there may be a bin, and one more at each end, whatever is rounded.
            left = math.floor(min(max((first * step - start) / seconds - 1.0, 0.0), count))
            right = math.ceil(min(max((after * step - start) / seconds + 1.0, 0.0), count))
        edges = [(start + column * seconds) / step for column in range(left, right + 1)]
        if left >= right:
            return lows, highs
        first, after = max(math.floor(edges[0]), first), min(math.ceil(edges[-1]), after)
        kept_lows, kept_highs = self.slices(first, after)
        for column, (begin, end) in enumerate(pairwise(edges), left):
            begin, end = max(math.floor(begin), first) - first, min(math.ceil(end), after) - first
            low, high = math.inf, -math.inf
            if begin + 1 == end:
                low, high = kept_lows[begin], kept_highs[begin]
            elif begin < end:
                low, high = min(kept_lows[begin:end]), max(kept_highs[begin:end])
            if low <= high:
                lows[column], highs[column] = low, high
        return lows, highs
