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
        number = second >> self.shift
        if number > self._newest or not self._lows:
            self._advance(number)
        slot = (number - self._base) % self.room
        if value < self._lows[slot]:
            self._lows[slot] = value
        if value > self._highs[slot]:
            self._highs[slot] = value

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
