"""A ring of bins of equal length in time, each with the lowest and the highest value that fell into it."""

from __future__ import annotations

import math
from array import array

_EMPTY_LOW = array("d", [math.inf])
_EMPTY_HIGH = array("d", [-math.inf])


class Ring:
    """Bins of 2 ** `shift` seconds, the newest `room` of them; memory grows with what is put in.

    An empty bin has a low of +inf and a high of -inf, so that bounds over many bins need no special case.
    """

    __slots__ = ("_base", "_highs", "_lows", "_newest", "room", "seconds", "shift")

    def __init__(self, shift: int, room: int) -> None:
        self.shift = shift
        self.seconds = 1 << shift
        self.room = room
        self._lows = array("d")
        self._highs = array("d")
        self._base = 0
        self._newest = -1

    @property
    def oldest(self) -> int:
        """Number of the oldest bin that is kept."""
        return max(self._base, self._newest - self.room + 1)

    def inside(self, value: float) -> bool:
        """Tell whether the newest bin's bounds hold this value already."""
        slot = (self._newest - self._base) % self.room
        return self._lows[slot] <= value <= self._highs[slot]

    def put(self, second: int, value: float) -> None:
        """Fold a value into the bin of this second, which is never older than the newest bin."""
        self._fold(second >> self.shift, value, value)

    def line(self, begin: int, end: int, value: float, slope: float, bounds: tuple[float, float]) -> None:
        """Fold a straight line into the bins of the seconds `begin` to `end` (exclusive).

        It begins with `value`, changes by `slope` a second, and never leaves `bounds`.
        """
        lowest, highest = bounds
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
            else:
                slot = (number - self._base) % self.room
                lows[slot], highs[slot] = low, high
            return
        if number > self._newest or not lows:
            self._advance(number)
            lows, highs = self._lows, self._highs
        slot = (number - self._base) % self.room
        if low < lows[slot]:
            lows[slot] = low
        if high > highs[slot]:
            highs[slot] = high

    def _advance(self, number: int) -> None:
        """Make room up to and including this bin, empty."""
        more = number - self._newest
        if not self._lows or more >= self.room:
            self._base = number
            self._lows = array("d", _EMPTY_LOW)
            self._highs = array("d", _EMPTY_HIGH)
        else:
            grow = min(more, self.room - len(self._lows))
            if grow:
                self._lows.extend(_EMPTY_LOW * grow)
                self._highs.extend(_EMPTY_HIGH * grow)
            for wrapped in range(self._newest + grow + 1, number + 1):
                slot = (wrapped - self._base) % self.room
                self._lows[slot] = math.inf
                self._highs[slot] = -math.inf
        self._newest = number

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

    def bounds(self, begin: int, end: int) -> tuple[float, float]:
        """Return lowest and highest value of the bins `begin` to `end` (exclusive); (inf, -inf) if empty."""
        lows, highs = self.slices(begin, end)
        return (min(lows), max(highs)) if lows else (math.inf, -math.inf)
