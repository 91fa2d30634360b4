"""Axis scales: where a value stands between the bounds, and bounds that stay put."""

from __future__ import annotations

import math

import msgspec

_GROW = 0.12
"""Head room beyond a value that left the bounds, as a part of the span: rescaling repaints everything."""
_PAD = 0.02
_SHRINK = 0.45
"""Bounds shrink when what is shown needs less than this part of them."""

_WIDEST = 1e300
_WIDEST_LOG = 300.0
"""Places beyond these would have bounds that are no floating-point numbers."""


class Scale(msgspec.Struct, frozen=True):
    """The bounds of an axis, in its unit; `step` is the distance of its labels (linear only)."""

    low: float
    high: float
    log: bool = False
    step: float = 0.0

    def ends(self) -> tuple[float, float]:
        """Return the bounds as places on the axis: the logarithm where it is logarithmic."""
        return (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)

    def row(self, value: float, rows: int) -> int:
        """Return the row of `rows` (0 is the top one) where a value is drawn; outside goes to the edge."""
        low, high = self.ends()
        place = (math.log10(value) if value > 0 else low) if self.log else value
        part = (high - place) / (high - low)
        return round(min(max(part, 0.0), 1.0) * (rows - 1))


def nice_step(rough: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that is at least `rough` (> 0)."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * power >= rough * (1 - 1e-9):
            return factor * power
    return 10 * power


def steady(
    previous: Scale | None, low: float, high: float, *, log: bool, intervals: int, least: float = 0.0
) -> Scale:
    """Return bounds for values from `low` to `high`: the previous ones where these still do.

    They go when a value is outside, or when less than half of them is needed.
    `intervals` is how many label distances fit the axis, `least` the smallest span worth showing.
    """
    if log:
        low, high = math.log10(low), math.log10(high)
        least = 1.0
    low, high = _kept(low, high, log)
    if previous is not None and previous.log == log:
        bottom, top = previous.ends()
        fresh = _bounds(low, high, log, intervals, least)
        first, last = fresh.ends()
        fits = bottom <= low and high <= top
        if fits and last - first >= _SHRINK * (top - bottom):
            return previous
        if not fits:
            room = _GROW * (max(high, top) - min(low, bottom))
            low -= room if low < bottom else 0.0
            high += room if high > top and not log else 0.0
            low, high = _kept(low, high, log)
    return _bounds(low, high, log, intervals, least)


def _kept(low: float, high: float, log: bool) -> tuple[float, float]:
    """Return places whose bounds floating-point numbers can hold."""
    widest = _WIDEST_LOG if log else _WIDEST
    return min(max(low, -widest), widest), max(min(high, widest), -widest)


def _bounds(low: float, high: float, log: bool, intervals: int, least: float) -> Scale:
    """Return bounds on quarters of a label distance around these places."""
    span = max(high - low, least, 1e-9 * max(abs(low), abs(high))) or 1.0
    middle = (low + high) / 2
    low, high = min(low, middle - span / 2), max(high, middle + span / 2)
    if log:
        # A little above a decade (1013 mbar) must not open a whole new one.
        low, high = math.floor(low * 4 + 1e-9) / 4, math.ceil(high * 4 - 1e-9) / 4
        return Scale(10.0**low, 10.0**high, True)
    step = nice_step(span / max(intervals, 1))
    quarter = step / 4
    pad = _PAD * span
    return Scale(
        math.floor((low - pad) / quarter) * quarter,
        math.ceil((high + pad) / quarter) * quarter,
        False,
        step,
    )
