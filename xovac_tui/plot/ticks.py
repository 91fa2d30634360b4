"""Labels for axes: round numbers, decades, clock times."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from xovac_tui.digits import digits, figure
from xovac_tui.durations import format_tick
from xovac_tui.plot.scale import Scale
from xovac_tui.units import DAY, HOUR, MINUTE

Clock = Callable[[float], datetime]
"""Turns UTC seconds into the time of day to show, with its zone."""

_TIME_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 7, 14, 28, 56, 112, 224, 448, 896)),
)
_SINCE_STEPS = (
    *(1, 2, 5, 10, 30),
    *(n * MINUTE for n in (1, 2, 5, 10, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)),
)


class Tick(NamedTuple):
    """A place on an axis, in its unit (UTC seconds on the time axis), and its label."""

    value: float
    label: str


def value_ticks(scale: Scale, ascii_only: bool = False) -> tuple[Tick, ...]:
    """Return the ticks of a value axis, highest first; they are equally far apart."""
    return _log_ticks(scale) if scale.log else _linear_ticks(scale, ascii_only)


def _linear_ticks(scale: Scale, ascii_only: bool) -> tuple[Tick, ...]:
    step = scale.step
    places = -math.floor(math.log10(step) + 1e-9)
    # 2.5 needs a digit more than 2 or 5 do.
    whole = abs(step * 10.0**places % 1) < 1e-6 if abs(places) < 300 else True
    decimals = max(0, places if whole else places + 1)
    ticks = []
    for number in _numbers(scale.low, scale.high, step):
        value = number * step
        form = f".{decimals}f" if step >= 1e-4 and abs(value) < 1e7 else ".2e"
        ticks.append(Tick(value, digits(value, form) if ascii_only else figure(value, form)))
    return tuple(ticks)


def _log_ticks(scale: Scale) -> tuple[Tick, ...]:
    ticks = []
    for number in _numbers(*scale.ends(), scale.step):
        decade = math.floor(number * scale.step + 1e-9)
        # Three is as good as half a decade: it is drawn in the same row.
        value = float(f"{1 if number * scale.step - decade < 0.25 else 3}e{decade}")
        ticks.append(Tick(value, f"{value:.0e}"))
    return tuple(ticks)


def _numbers(low: float, high: float, step: float) -> range:
    """Return which multiples of a step lie between two places, the highest first."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return range(last, first - 1, -1)


def even_cell(cell: float, *, since: bool = False) -> float:
    """Return the length of a cell, in seconds, at which ticks are whole cells apart; at least `cell`."""
    step = _step(cell, _SINCE_STEPS if since else _TIME_STEPS)
    return step / max(1, math.floor(step / cell + 1e-9))


def time_ticks(start: float, end: float, cells: int, clock: Clock) -> tuple[Tick, ...]:
    """Return ticks at round clock times between `start` and `end`, UTC seconds, not too dense for `cells`."""
    if end <= start or cells < 1:
        return ()
    step = _step((end - start) / cells, _TIME_STEPS)
    zone = clock(end).utcoffset()
    offset = zone.total_seconds() if zone is not None else 0.0
    ticks = []
    for number in range(math.ceil((start + offset) / step), math.floor((end + offset) / step) + 1):
        utc = number * step - offset
        ticks.append(Tick(utc, _time_label(clock(utc), step)))
    return tuple(ticks)


def since_ticks(start: float, end: float, cells: int) -> tuple[Tick, ...]:
    """Return ticks at round times since 0 between `start` and `end`, seconds, not too dense for `cells`."""
    if end <= start or cells < 1:
        return ()
    step = _step((end - start) / cells, _SINCE_STEPS)
    numbers = range(max(0, math.ceil(start / step - 1e-9)), math.floor(end / step + 1e-9) + 1)
    return tuple(Tick(float(number * step), format_tick(number * step, step)) for number in numbers)


def columns_of(ticks: Sequence[Tick], start: float, cell: float) -> tuple[tuple[int, str], ...]:
    """Return cells and labels of ticks on cells of `even_cell`, the first of which begins at `start`."""
    if not ticks:
        return ()
    # Counted from the first one: a rounding error must not put one of them into the next cell.
    first = math.floor((ticks[0].value - start) / cell + 1e-6)
    return tuple((first + round((tick.value - ticks[0].value) / cell), tick.label) for tick in ticks)


def _step(cell: float, steps: Sequence[float]) -> float:
    """Return the shortest round time whose labels do not crowd where a cell lasts so many seconds."""
    # UTC seconds are known to a quarter of a microsecond only, which counts in windows of some seconds.
    return next((step for step in steps if step / cell >= (13 if step < MINUTE else 10) - 1e-4), steps[-1])


def _time_label(when: datetime, step: float) -> str:
    if step < MINUTE:
        return when.strftime("%H:%M:%S")
    if step > 2 * DAY:
        return when.strftime("%d %b")
    if step >= DAY or (when.hour == 0 and when.minute == 0):
        return when.strftime("%a %d")
    return when.strftime("%H:%M")
