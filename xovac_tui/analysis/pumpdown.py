"""When a falling pressure will be low enough: a law fitted to the whole pump-down, with a range. Pure; mbar.

What is left to pump below about 1 mbar comes off surfaces, and the pressure falls as a power of the time
since pump-on: p(t) = A (t - t0)^-n + p0. The exponent n is near 1 for metals and near 0.5 where gas diffuses
out of polymers (J. M. Lafferty, ed., Foundations of Vacuum Science and Technology, Wiley 1998; K. Jousten,
ed., Handbook of Vacuum Technology, 2nd ed., Wiley-VCH 2016: both in the chapter on outgassing). The floor p0
is what leaks and the pump leave.

A forecast is the span of all these laws that explain the pump-down. Where even the best leaves residuals that
follow each other, the oldest part is left out: what valves and pumps did first is over soonest. Nothing is
foreseen where what is left is too short, where the exponent is none of a surface, or the span is too wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from xovac_tui.analysis.powerlaw import ColumnGroup, PowerFit, PressureLaw
from xovac_tui.chamber.history import Curve
from xovac_tui.units import DAY, HOUR

SURFACES = 1.0
"""mbar below which the law is fitted: medium vacuum (ISO 3529-1) and better."""
LOOK_BACK = 48 * HOUR
"""Seconds of the past in which the pump-down is searched for."""
LONGEST = 7 * DAY
"""Seconds; what may take longer is not foreseen."""
WIDEST = 5.0
"""Latest over soonest from which on nothing is foreseen: exponent and floor are not determined."""

_SCAN = 720
"""Columns in which the beginning of the pump-down is searched for."""
_TOP = 0.9
"""Part of the highest pressure above which the pump-down has not begun."""
_ROSE = 0.5
"""Part of a later pressure below which an earlier one belongs to what was before."""
_WIDTHS = ((1100.0, 1.0), (10_000.0, 8.0), (math.inf, 64.0))
"""Age in seconds up to which a channel's history keeps bins of so many seconds."""
_COLUMNS = 512
"""Columns of an octave of time at most."""
_GROUPS = 8
"""Groups that they are averaged to at most ..."""
_VALUES = 4
"""... and values of the channel in each of them at least."""
_STEEPEST = 1 / 6
"""Width of a column over the time from the beginning to its octave, at most."""
_FEWEST = 16
"""Groups that a law is fitted to at least."""
_TIMES = 14.0
"""How many times longer the pump-down has gone on at least than before the first of them."""
_LATER = 0.1
"""Part of the time until the first group by which the origin of time may be after the fall began ..."""
_EARLIER = 120.0
"""... and seconds by which it may be before, where that beginning was seen."""


class PressureForecast(msgspec.Struct, frozen=True):
    """When a pressure will be reached, in seconds from now."""

    soonest: float
    likely: float
    latest: float

    def times(self, factor: float) -> PressureForecast:
        """Return the same in the seconds of another clock."""
        return PressureForecast(self.soonest * factor, self.likely * factor, self.latest * factor)


class PumpDown(msgspec.Struct, frozen=True):
    """How the pressure falls."""

    pressure: float
    """mbar, at the newest value."""
    slope: float
    """Of its natural logarithm over the recent past, per second."""
    courses: tuple[PressureLaw, ...] = ()
    """Laws that span all that explain it, the likeliest first; empty where none does."""
    longest: float = LONGEST
    """Seconds; what may take longer is not foreseen."""

    @property
    def halves(self) -> float | None:
        """Seconds in which the pressure halves at the rate of the recent past; None if it does not fall."""
        return math.log(2.0) / -self.slope if self.slope < 0 else None

    def until(self, threshold: float, now: float) -> PressureForecast | None:
        """Return the seconds from `now` until the pressure is at a threshold in mbar; None: not foreseen."""
        if threshold >= self.pressure:
            return PressureForecast(0.0, 0.0, 0.0)
        if not self.courses:
            return None
        reached = [max(0.0, course.reached(threshold) - now) for course in self.courses]
        soonest, latest = min(reached), max(reached)
        if latest > self.longest or latest > WIDEST * max(1.0, soonest):
            return None
        return PressureForecast(soonest, reached[0], latest)


def foresee(
    curve: Curve,
    per_unit: float,
    *,
    period: float = 0.0,
    pump_on: float | None = None,
    speed: float = 1.0,
) -> tuple[PressureLaw, ...]:
    """Return the laws that span all that explain the fall of a pressure, the likeliest first; else ().

    `per_unit` is mbar in one of the channel's unit, `period` its usual seconds between values, `pump_on` the
    monotonic time at which the pump went on, where that was seen, and `speed` the seconds of a simulated
    chamber in one of the clock.
    """
    newest, oldest = curve.last_time, curve.oldest
    if newest is None or oldest is None:
        return ()
    begun = _beginning(curve, max(oldest, newest - LOOK_BACK / speed), newest)
    if begun is None:
        return ()
    groups = _groups(curve, begun.time, newest, per_unit, period)
    high = next((n for n in range(len(groups), 0, -1) if groups[n - 1].pressure >= SURFACES), 0)
    groups = groups[high:]
    if len(groups) < _FEWEST:
        return ()
    first, last = groups[0].after, newest - begun.time
    later = min(0.9 * first, _LATER * first + begun.width)
    earlier = max(_EARLIER / speed, first) if begun.seen else last
    if pump_on is not None and pump_on <= begun.time + begun.width:
        earlier = max(0.0, begun.time - pump_on) + _EARLIER / speed
    while len(groups) >= _FEWEST and last >= _TIMES * groups[0].after:
        fit = PowerFit(groups, first, (first - later, first + earlier))
        if fit.explains:
            return tuple(fit.courses(begun.time, newest))
        groups = groups[_GROUPS // 2 :]
    return ()


# -- what the record shows ----------------------------------------------------------------------------


class _Beginning(msgspec.Struct, frozen=True):
    """When the fall began."""

    time: float
    width: float
    """Seconds by which that may have been later."""
    seen: bool
    """The record shows what was before."""


def _beginning(curve: Curve, oldest: float, newest: float) -> _Beginning | None:
    """Return when the pressure began to fall to what it is now; None where nothing is known of it."""
    coarse = 2.0 ** max(0, math.ceil(math.log2(max(1.0, (newest - oldest) / _SCAN))))
    start = math.floor(oldest / coarse) * coarse
    # Up to a time ahead of the newest value, so that the same window serves for many looks.
    count = _SCAN + 1
    highs = curve.window(start, start + count * coarse, count).highs
    top, first = 0.0, count
    for column in range(count - 1, -1, -1):
        if highs[column] < _ROSE * top:
            break
        if highs[column] > 0:
            top, first = max(top, highs[column]), column
    column = next((n for n in range(count - 1, -1, -1) if highs[n] >= _TOP * top > 0), count)
    if column == count:
        return None
    # A plateau that lasts longer than the fall from it to its half is no part of the fall.
    half = next((n for n in range(column, count) if highs[n] < top / 2), count)
    seen = column - first > half - column or any(high > 0 for high in highs[:first])
    # The same once more, as finely as is known of that time.
    start += column * coarse
    width = min(coarse, _finest(newest - start))
    highs = curve.window(start, start + coarse, round(coarse / width)).highs
    column = next((n for n in range(len(highs) - 1, -1, -1) if highs[n] >= _TOP * top), 0)
    return _Beginning(max(oldest, start + column * width), width, seen)


def _finest(age: float) -> float:
    """Return how narrow columns of an age may be, seconds."""
    return next(width for limit, width in _WIDTHS if age <= limit)


def _groups(curve: Curve, begin: float, newest: float, per_unit: float, period: float) -> list[ColumnGroup]:
    """Return the fall in groups, a few to each octave of the time since its beginning, oldest first.

    Octaves keep their places in time, so that the same windows of the record serve for many looks. Between
    values further apart than a column the history draws straight lines: groups of fewer than `_VALUES` would
    share them with their neighbours.
    """
    found: list[list[ColumnGroup]] = []
    stop = newest
    length = 2.0 ** math.floor(math.log2(max(1.0, newest - begin)))
    while length >= 1:
        start = begin + length
        width = _finest(newest - start)
        while length / width > _COLUMNS:
            width *= 2
        if width > _STEEPEST * length:
            break
        first, count = math.ceil(start / width), math.floor(stop / width) - math.ceil(start / width)
        seconds = count * width
        parted = int(min(count, round(_GROUPS * seconds / length), seconds / max(width, _VALUES * period)))
        if parted >= 1:
            bins = curve.window(first * width, (first + count) * width, count)
            at = first * width - begin
            parts = (range(n * count // parted, (n + 1) * count // parted) for n in range(parted))
            made = (_group(bins.lows, bins.highs, part, at, width, per_unit) for part in parts)
            found.append([group for group in made if group is not None])
        elif found:
            break
        stop, length = first * width, length / 2
    return [group for octave in reversed(found) for group in octave]


def _group(
    lows: Sequence[float], highs: Sequence[float], part: range, after: float, width: float, per_unit: float
) -> ColumnGroup | None:
    """Return the geometric means of some columns; None where none of them has a value above 0.

    What falls is highest at the beginning of a column and lowest at its end. By a power of time the mean of
    both logarithms belongs to the mean of the logarithms of both times.
    """
    columns = [n for n in part if lows[n] > 0]
    if not columns:
        return None
    times = sum(math.log((after + n * width) * (after + (n + 1) * width)) for n in columns) / 2
    values = sum(math.log(lows[n]) + math.log(highs[n]) for n in columns) / 2
    count = len(columns)
    return ColumnGroup(math.exp(times / count), math.exp(values / count) * per_unit, count * width)
