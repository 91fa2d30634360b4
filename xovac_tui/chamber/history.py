"""What one channel did: a bounded record of its lowest, highest and mean values, finer for the recent past.

Time is cut into bins of 1 s, 8 s and 64 s, each kept in a ring: about 21 minutes, 3 hours and 49 hours,
120 KB when full. A bin holds the lowest and the highest value that fell into it, so no spike is ever lost,
and mean and number of its samples, so that one spike among many moves no line. Bins without a value stay
empty and are reported as gaps; only between two samples that followed each other at the channel's usual pace
are the bounds filled in, on the straight line from one to the other. A filled bin counts no sample.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from operator import mul
from typing import Protocol

from xovac_tui.chamber.ring import NAN, Bins, Ring
from xovac_tui.units import MINUTE

QUIET = 3.0
"""Seconds without a sample that are never a gap, however fast the channel usually is."""
LONGEST_PERIOD = 600.0
"""Seconds; a channel that speaks more seldom than this is drawn as single points."""
RATE_SECONDS = 60.0
"""Length of the past that the change per minute is taken from, seconds."""
WHOLE = 1.0
"""Step of a channel whose values were whole numbers so far: nothing finer has been shown."""
_DUST = 1e-9
"""Part of a value below which a difference is rounding of the arithmetic, and no step of a sensor."""

_EIGHT = 3
_SIXTY_FOUR = 6
_ROOMS = ((0, 1280), (_EIGHT, 1400), (_SIXTY_FOUR, 2760))
"""Rings as (binary logarithm of the bin's seconds, number of bins)."""


class Curve(Protocol):
    """What one channel did, as charts need it; times are monotonic seconds, or those of the record."""

    @property
    def oldest(self) -> float | None:
        """Time from which on values are kept; None when there are none."""
        ...

    @property
    def last_time(self) -> float | None:
        """Time of the newest value; None when there is none."""
        ...

    def window(self, start: float, end: float, columns: int) -> Bins:
        """Return lowest and highest values per column of `start` to `end` (exclusive)."""
        ...


class ChannelHistory(Curve, Protocol):
    """What one channel did, as readings and lines need it as well."""

    @property
    def resolution(self) -> float:
        """Smallest step that the channel reports; 0 before the first value."""
        ...

    @property
    def uncertainty(self) -> float:
        """Expanded (k = 2): how far a reading may drift unseen; 0 where the contract does not say."""
        ...

    def measured(self, start: float, end: float, columns: int) -> Bins:
        """Return the same as `window`, with mean and number of the samples per column."""
        ...

    def last(self, seconds: float, now: float, n: int) -> Sequence[float]:
        """Return `n` values for about the last `seconds`; NaN is a gap."""
        ...


class History:
    """The record of one numeric channel, newest 48 hours and more."""

    def __init__(self, resolution: float | None = None, uncertainty: float = 0.0) -> None:
        """`resolution`: what the contract says of the sensor's smallest step; None: learned from its values.

        `uncertainty` is what the contract says of a reading, in the channel's unit (k = 2).
        """
        self.uncertainty = uncertainty
        self._stated = resolution
        self._step = math.inf
        self._sum = 0.0
        self._count = 0
        # Bounds of the newest second, which nearly every further sample of it lies within.
        self._low, self._high = math.inf, -math.inf
        self._sum_8 = self._sum_64 = 0.0
        self._count_8 = self._count_64 = 0
        self._rings = tuple(Ring(shift, room) for shift, room in _ROOMS)
        self._first: float | None = None
        self._last = -math.inf
        self._value = NAN
        self._index = 0
        self._usual: float | None = None
        self._broken = True
        self._rate: float | None = None
        self._rate_key: tuple[int, bool] | None = None

    def restate(self, resolution: float | None, uncertainty: float) -> None:
        """Take what another contract says of the sensor from now on; what is kept stays."""
        self._stated, self.uncertainty = resolution, uncertainty

    @property
    def first(self) -> float | None:
        """Monotonic time of the first usable sample ever; None before it."""
        return self._first

    @property
    def last_time(self) -> float | None:
        """Monotonic time of the newest usable sample; None before the first."""
        return None if self._first is None else self._last

    @property
    def oldest(self) -> float | None:
        """Monotonic time from which on values are still kept."""
        if self._first is None:
            return None
        return max(self._first, float(self._rings[-1].oldest << _SIXTY_FOUR))

    @property
    def period(self) -> float | None:
        """Usual seconds between samples in different bins; None until two were seen."""
        return self._usual

    @property
    def resolution(self) -> float:
        """Smallest step that the channel reports; 0 before the first value.

        Learned from raw values that followed each other, whenever that was. Before two of them differed by
        less than 1 it is the last decimal of the newest value, and 1 of a whole number.
        """
        if self._stated is not None:
            return self._stated
        if self._first is None:
            return 0.0
        return self._step if self._step < WHOLE else last_decimal(self._value)

    def add(self, mono: float, value: float) -> None:
        """Take one sample; NaN or infinite means that there is none, and breaks the line."""
        if not math.isfinite(value):
            self._broken = True
            return
        index = math.floor(mono)
        step, smallest = value - self._value, self._step
        if step < smallest and step > -smallest and step:
            self._learn(abs(step), value)
        if index == self._index and self._first is not None:
            # The broken line is left broken for the next bin only: within one bin nothing can be shown.
            self._broken = False
            self._sum += value
            self._count += 1
            if self._low <= value <= self._high:
                self._last = mono
                self._value = value
                return
            self._low, self._high = min(self._low, value), max(self._high, value)
        else:
            if self._first is None:
                self._first = mono
            else:
                self._settle(index)
                self._join(mono, index, value)
            self._sum, self._count = value, 1
            self._low = self._high = value
        for ring in self._rings:
            ring.put(index, value)
        self._last = mono
        self._value = value
        self._index = index
        self._broken = False

    def _learn(self, step: float, value: float) -> None:
        """Take a difference that is smaller than all before, unless arithmetic alone explains it."""
        if step > _DUST * abs(value):
            self._step = step

    def _settle(self, index: int) -> None:
        """Keep the means of the bins that are over once the second `index` has begun."""
        fine, middle, coarse = self._rings
        before = self._index
        fine.average(before, self._sum, self._count)
        self._sum_8 += self._sum
        self._count_8 += self._count
        if index >> _EIGHT != before >> _EIGHT:
            middle.average(before >> _EIGHT, self._sum_8, self._count_8)
            self._sum_64 += self._sum_8
            self._count_64 += self._count_8
            self._sum_8, self._count_8 = 0.0, 0
            if index >> _SIXTY_FOUR != before >> _SIXTY_FOUR:
                coarse.average(before >> _SIXTY_FOUR, self._sum_64, self._count_64)
                self._sum_64, self._count_64 = 0.0, 0

    def _show_newest(self) -> None:
        """Keep the means, so far, of the bins that the newest second is in."""
        fine, middle, coarse = self._rings
        total, count, second = self._sum, self._count, self._index
        fine.average(second, total, count)
        total, count = total + self._sum_8, count + self._count_8
        middle.average(second >> _EIGHT, total, count)
        coarse.average(second >> _SIXTY_FOUR, total + self._sum_64, count + self._count_64)

    def _join(self, mono: float, index: int, value: float) -> None:
        """Learn the pace from the interval before this sample; fill the bins in between if it is no gap."""
        interval = mono - self._last
        usual = self._usual
        allowed = QUIET if usual is None else max(QUIET, 3 * usual)
        if usual is None:
            self._usual = min(interval, LONGEST_PERIOD)
        elif interval < usual:
            self._usual = max(interval, usual / 2)
        else:
            # One long silence must not make the next ones look usual.
            self._usual = min(interval, 1.25 * usual + 0.1, LONGEST_PERIOD)
        begin = self._index + 1
        if begin == index or self._broken or interval > allowed:
            return
        slope = (value - self._value) / interval
        first = self._value + slope * (begin + 0.5 - self._last)
        bounds = min(self._value, value), max(self._value, value)
        for ring in self._rings:
            ring.line(begin, index, first, slope, bounds)

    def window(self, start: float, end: float, columns: int) -> Bins:
        """Return lowest and highest values per column of `start` to `end` (exclusive), monotonic seconds.

        Taken from the finest ring that still reaches back to `start`. Every sample kept lies within the
        bounds of its column; a bin that two columns share counts for both.
        """
        columns = max(columns, 1)
        seconds = (end - start) / columns
        return Bins(start, seconds, *self._ring(start, end).columns(start, seconds, columns))

    def measured(self, start: float, end: float, columns: int) -> Bins:
        """Return the same as `window`, with mean and number of the samples per column.

        A bin that two columns share counts for the one that holds its middle.
        """
        bins = self.window(start, end, columns)
        if self._first is not None:
            # Unlike the bounds, the means of the newest bins wait until these are over.
            self._show_newest()
        ring = self._ring(start, end)
        means, counts = array("d"), array("I")
        edges = [
            math.ceil((start + column * bins.seconds) / ring.seconds - 0.5)
            for column in range(len(bins.lows) + 1)
        ]
        for (begin, after), low, high in zip(pairwise(edges), bins.lows, bins.highs, strict=True):
            total, count = ring.total(begin, after)
            means.append(min(high, max(low, total / count)) if count else NAN)
            counts.append(count)
        return Bins(start, bins.seconds, bins.lows, bins.highs, means, counts)

    def _ring(self, start: float, end: float) -> Ring:
        """Return the finest ring that still reaches back to `start`."""
        age = max(end, self._last) - start
        return next((ring for ring in self._rings if ring.seconds * ring.room >= age), self._rings[-1])

    def bin_seconds(self, start: float, end: float) -> float:
        """Return how wide the bins are that `window` would take, seconds."""
        return float(self._ring(start, end).seconds)

    def last(self, seconds: float, now: float, n: int) -> tuple[float, ...]:
        """Return `n` values (middle of lowest and highest) for about the last `seconds`; NaN is a gap.

        The bins keep their places in time, so that the picture moves by whole bins only.
        """
        width = seconds / n
        end = math.ceil(now / width) * width
        bins = self.window(end - seconds, end, n)
        return tuple(low / 2 + high / 2 for low, high in zip(bins.lows, bins.highs, strict=True))

    def rate_per_minute(self, now: float, ratio: bool = False) -> float | None:
        """Return the change per minute over the last minute: absolute, or as a ratio (-0.002 is -0.2 %).

        None with less than 10 s of samples, or when the newest is overdue. A slower channel is evaluated
        over four of its periods.
        """
        usual = self._usual
        if usual is None or now - self._last > max(QUIET, 3 * usual):
            return None
        key = (self._index, ratio)
        if self._rate_key != key:
            self._rate = self._slope(max(RATE_SECONDS, 4 * usual), ratio)
            self._rate_key = key
        return self._rate

    def _slope(self, seconds: float, ratio: bool) -> float | None:
        """Return the least-squares change per minute over the newest `seconds`."""
        end = self._index + 1
        begin = max(end - round(seconds), self._rings[0].oldest)
        self._show_newest()
        means = self._rings[0].means(begin, end)
        if ratio and any(mean <= 0 for _, mean in means):
            return None
        if len(means) < 3 or means[-1][0] - means[0][0] < 10:
            return None
        count = len(means)
        middle = sum([number for number, _ in means]) / count
        values = [math.log(mean) if ratio else mean for _, mean in means]
        mean = sum([value / count for value in values])
        apart = [number - middle for number, _ in means]
        across = sum(map(mul, apart, [value - mean for value in values]))
        change = MINUTE * across / sum(map(mul, apart, apart))
        if not math.isfinite(change):
            return None
        return math.expm1(min(change, 700.0)) if ratio else change


def last_decimal(value: float) -> float:
    """Return the place of the last decimal of a number as it is written, at most 1: 0.1 of 20.3, 1 of 20."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return 10.0 ** min(0, exponent) if isinstance(exponent, int) else WHOLE
