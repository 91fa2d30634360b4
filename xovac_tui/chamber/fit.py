"""Straight lines through what a channel did, and how far each of them may be believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from xovac_tui.chamber.history import Curve

COVERAGE = 2.0
"""Coverage factor k of every uncertainty told: about 95 %."""
FEWEST = 5
"""Columns with a value that a line is drawn through at least."""
_FINEST = 1.0
"""Seconds; no column is narrower, because the history itself keeps nothing finer."""
COLUMNS = 120
"""Columns that a window is looked at in."""


class Track(msgspec.Struct, frozen=True):
    """Lowest and highest value per column of the past up to a channel's newest value; NaN where it has none.

    Columns keep their places in time, so that the same stretch of the record serves for many looks.
    """

    start: float
    width: float
    """Seconds of a column."""
    lows: Sequence[float]
    highs: Sequence[float]
    newest: float
    """Time of the newest value: the last column is filled up to here."""

    def until(self, time: float) -> Track:
        """Return what was known at an earlier time."""
        if time >= self.newest:
            return self
        count = min(len(self.lows), max(0, math.floor((time - self.start) / self.width) + 1))
        return Track(self.start, self.width, self.lows[:count], self.highs[:count], time)

    def last(self, count: int) -> Track:
        """Return the newest `count` columns."""
        count = max(0, min(count, len(self.lows)))
        first = len(self.lows) - count
        return Track(
            self.start + first * self.width, self.width, self.lows[first:], self.highs[first:], self.newest
        )

    @property
    def measured(self) -> float:
        """Seconds for which there are values, by whole columns."""
        return self.width * sum(low == low for low in self.lows)

    @property
    def unfilled(self) -> float:
        """Seconds of the last column for which there is no value yet."""
        return self.start + len(self.lows) * self.width - self.newest

    def points(self) -> tuple[list[float], list[float]]:
        """Return times, relative to the newest value, and the middle of each column that has one."""
        first = self.start + self.width / 2 - self.newest
        times: list[float] = []
        values: list[float] = []
        for column, (low, high) in enumerate(zip(self.lows, self.highs, strict=True)):
            if low <= high:
                times.append(first + column * self.width)
                values.append(low / 2 + high / 2)
        return times, values

    @property
    def resolution(self) -> float:
        """Smallest step between the values that were seen: what the sensor tells apart, or its noise.

        Of a value that never changed it is the last decimal written; of a whole number nothing is known.
        """
        seen = sorted({value for value in (*self.lows, *self.highs) if value == value})
        if len(seen) > 1:
            return min(after - before for before, after in pairwise(seen))
        decimals = repr(seen[0]).partition(".")[2] if seen else "0"
        return 0.0 if decimals == "0" or not decimals.isdecimal() else 10.0 ** -len(decimals)


def track(curve: Curve, now: float, window: float, seconds: float) -> Track | None:
    """Return the past `seconds` of a channel in columns fit for windows of `window`; None without a value."""
    last = curve.last_time
    if last is None or now - last > seconds:
        return None
    newest = min(now, last)
    width = max(_FINEST, window / COLUMNS)
    end = (math.floor(newest / width) + 1) * width
    count = math.ceil(seconds / width) + 1
    bins = curve.window(end - count * width, end, count)
    return Track(bins.start, width, bins.lows, bins.highs, newest)


class Line(msgspec.Struct, frozen=True):
    """A straight line through points, by least squares."""

    slope: float
    """Change per second."""
    uncertainty: float
    """Of the slope, expanded (k = 2)."""
    at_zero: float
    """Value at time 0: at the newest value."""


def line(times: Sequence[float], values: Sequence[float], resolution: float = 0.0) -> Line | None:
    """Return the line through points, or None where there are too few or too large ones.

    Neighbours that err to the same side tell less than independent ones: with r, the correlation of each
    residual with the next, n points count as n (1 - r) / (1 + r), but at least as three. The resolution adds
    that the values at both ends may be off by half of it.
    """
    count = len(times)
    if count < FEWEST:
        return None
    middle = sum(times) / count
    mean = sum(value / count for value in values)
    across = [time - middle for time in times]
    square = sum(one * one for one in across)
    slope = sum(one * (value - mean) for one, value in zip(across, values, strict=True)) / square
    left = [value - mean - slope * one for one, value in zip(across, values, strict=True)]
    error = sum(one * one for one in left)
    together = sum(one * other for one, other in pairwise(left))
    alike = min(0.999, max(0.0, together / error)) if error > 0 else 0.0
    effective = max(3.0, count * (1 - alike) / (1 + alike))
    scatter = error / (effective - 2) / square
    # Two ends, each anywhere within one step: a variance of a sixth of the step's square.
    step = resolution / (times[-1] - times[0])
    uncertainty = COVERAGE * math.sqrt(scatter + step * step / 6)
    if not (math.isfinite(slope) and math.isfinite(uncertainty)):
        return None
    return Line(slope, uncertainty, mean - slope * middle)
