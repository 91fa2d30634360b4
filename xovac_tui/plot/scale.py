"""Axis scales: where a value is between the bounds, and bounds that stay put."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

_GROW = 0.12
"""Head room beyond a value that left the bounds, as a part of the span: rescaling repaints everything."""
_PAD = 0.02
_SHRINK = 0.45
"""Bounds shrink when what is shown needs less than this part of them."""

_ROUND = ((1, 0), (2, 0), (5, 0), (2.5, 1), (4, 2), (1.5, 3), (3, 3), (6, 4))
"""Round numbers, and how little round each is."""
_DECADES = (1, 0.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Distances of labels on a logarithmic axis, the best first."""
_HALF_ROWS = 8
"""Rows between labels up to which three is drawn in the same row as half a decade."""
_WASTEFUL = 10.0
"""Part by which an axis is longer than it must be at the most."""
_ROOMY = 1.2
"""Part by which an axis may be longer than it must be, for rounder labels."""
_LABELS = 6
"""Distances between labels that an axis has at the most."""
_DOTS, _LABEL_DOTS = 4, (1, 2)
"""Dots of a row, and those of the top row at which a label may be."""
_LOW, _LOWEST = 9, 4
"""Rows from which on an axis has room for three labels, and up to which each row may have one."""

_WIDEST = 1e300
_WIDEST_LOG = 300.0
"""Places beyond these would have bounds that are no floating-point numbers."""
_NARROWEST = 1e-290
"""Spans below have rows that are no floating-point numbers."""
_LARGEST = 307.0
"""Of a power of ten that is a floating-point number."""


class Scale(msgspec.Struct, frozen=True):
    """The bounds of an axis, in its unit; `step` is the distance of its labels, in decades where it is `log`.

    Labels are on whole rows at equal distances, on an axis of the rows that the bounds were made for.
    """

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
        # In the same order as the lines are worked out: a value must not be drawn beside its label.
        row = (high - place) * ((rows - 1) / (high - low))
        return round(min(max(row, 0.0), rows - 1.0))


def steady(
    previous: Scale | None, low: float, high: float, *, log: bool, rows: int, least: float = 0.0
) -> Scale:
    """Return bounds for values from `low` to `high`: the previous ones where these still do.

    They go when a value is outside, or when less than half of them is needed.
    `rows` is the height of the axis in cells, `least` the smallest span worth showing.
    """
    if log:
        low, high = math.log10(low), math.log10(high)
        least = 1.0
    low, high = _kept(low, high, log)
    if previous is not None and previous.log == log:
        bottom, top = previous.ends()
        fits = bottom <= low and high <= top
        if fits:
            needed = _SHRINK * (top - bottom)
            # New bounds would hold all values: where these alone need enough, they are not worked out.
            if high - low >= needed:
                return previous
            first, last = _bounds(low, high, log, rows, least).ends()
            if last - first >= needed:
                return previous
        else:
            room = _GROW * (max(high, top) - min(low, bottom))
            low -= room if low < bottom else 0.0
            high += room if high > top and not log else 0.0
            low, high = _kept(low, high, log)
    return _bounds(low, high, log, rows, least)


def _kept(low: float, high: float, log: bool) -> tuple[float, float]:
    """Return places whose bounds floating-point numbers can hold."""
    widest = _WIDEST_LOG if log else _WIDEST
    return min(max(low, -widest), widest), max(min(high, widest), -widest)


@lru_cache(32)
def _bounds(low: float, high: float, log: bool, rows: int, least: float) -> Scale:
    """Return bounds around these places in which round labels are on whole rows, all equally far apart."""
    span = max(high - low, least, 1e-9 * max(abs(low), abs(high)))
    span = span if span > _NARROWEST else 1.0
    middle = (low + high) / 2
    low, high = min(low, middle - span / 2), max(high, middle + span / 2)
    pad = 0.0 if log else _PAD * span
    fitting = [
        fit
        for step, roundness in _steps(span / rows, log)
        for every in _distances(rows, log)
        if step / every <= _WASTEFUL * span / rows
        if not (log and step < 1 and every > _HALF_ROWS)
        if (fit := _fit(low - pad, high + pad, step, every, rows, roundness)) is not None
    ]
    best = min(
        (fit for fit in fitting if fit.cell <= _ROOMY * min(one.cell for one in fitting)),
        key=lambda fit: fit.preference,
    )
    # What goes down by decades has room below, all else on both sides.
    top = best.tops[0 if log else len(best.tops) // 2]
    bottom, upper = ((dot * best.cell) / _DOTS for dot in (top - _DOTS * rows + 1, top))
    if log:
        bottom, upper = (10.0 ** min(max(place, -_LARGEST), _LARGEST) for place in (bottom, upper))
    return Scale(bottom, upper, log, best.step)


class _Fit(NamedTuple):
    """A distance of labels, and how many rows apart they are, with which a span fits the axis."""

    cell: float
    """Height of a row."""
    step: float
    tops: tuple[int, ...]
    """Dots that may be the top one, counted from 0 on the axis, the lowest first."""
    preference: tuple[int, int]


def _fit(low: float, high: float, step: float, every: int, rows: int, roundness: int) -> _Fit | None:
    """Return how a span fits where labels at each `step` are `every` rows apart; None where it does not."""
    cell = step / every
    first = math.ceil(high / cell * _DOTS - 1e-6)
    last = math.floor(low / cell * _DOTS + 1e-6) + _DOTS * rows - 1
    tops = tuple(dot for dot in range(first, last + 1) if _has_labels(dot, every, rows))
    return _Fit(cell, step, tops, (roundness, every)) if tops else None


def _has_labels(top: int, every: int, rows: int) -> bool:
    """Return whether labels below this top dot are in the middle of rows, two of them where there is room.

    A label is drawn by the second or third dot of its row, so that it is in that row for all that is drawn.
    """
    row, dot = divmod(top, _DOTS)
    if dot not in _LABEL_DOTS:
        return False
    count = row // every + (rows - 1 - row) // every + 1
    return count >= min(2, rows)


def _distances(rows: int, log: bool) -> range:
    """Return how many rows apart labels may be: they neither crowd, nor is there but one."""
    least = 2 if rows > _LOWEST else 1
    if not log and rows > _LOWEST:
        least = max(least, math.ceil(rows / (min(_LABELS, rows // 2) + 1)))
    return range(least, max(least, rows // (2 if rows < _LOW else 3)) + 1)


def _steps(row: float, log: bool) -> Iterator[tuple[float, int]]:
    """Yield round distances of labels for rows of at least this height, and how little round they are."""
    if log:
        yield from ((step, place) for place, step in enumerate(_DECADES) if step >= row / 2)
        return
    power = 10.0 ** math.floor(math.log10(row))
    for exponent in range(3):
        for factor, roundness in _ROUND:
            yield factor * power * 10**exponent, roundness
