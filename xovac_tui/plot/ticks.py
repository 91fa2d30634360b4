"""Labels for axes: round numbers, decades, clock times."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from xovac_tui.plot.scale import Scale

Clock = Callable[[float], datetime]
"""Turns UTC seconds into the time of day to show, with its zone."""

MINUTE, HOUR, DAY = 60, 3600, 86400
_TIME_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 3, 6, 12)),
    *(n * DAY for n in (1, 2, 7, 14, 28, 56, 112)),
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


def value_ticks(scale: Scale, rows: int, ascii_only: bool = False) -> tuple[Tick, ...]:
    """Return ticks for an axis `rows` cells high, at most one for every other row, highest first."""
    return _log_ticks(scale, rows) if scale.log else _linear_ticks(scale, ascii_only)


def _linear_ticks(scale: Scale, ascii_only: bool) -> tuple[Tick, ...]:
    step = scale.step
    digits = -math.floor(math.log10(step) + 1e-9)
    # 2.5 needs a digit more than 2 or 5 do.
    whole = abs(step * 10.0**digits % 1) < 1e-6 if abs(digits) < 300 else True
    decimals = max(0, digits if whole else digits + 1)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    ticks = []
    for number in range(last, first - 1, -1):
        value = number * step
        label = f"{value:.{decimals}f}" if step >= 1e-4 and abs(value) < 1e7 else f"{value:.2e}"
        ticks.append(Tick(value, label if ascii_only else label.replace("-", "−")))
    return tuple(ticks)


def _log_ticks(scale: Scale, rows: int) -> tuple[Tick, ...]:
    low, high = scale.ends()
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    most = max(rows // 2, 1)
    factors = (5, 2, 1) if last - first < 2 and 3 * (high - low) <= most else (1,)
    every = max(1, math.ceil((last - first + 1) / most))
    ticks = []
    for decade in range(last, first - 2, -1):
        if decade % every:
            continue
        for factor in factors:
            value = factor * 10.0**decade
            if scale.low * (1 - 1e-9) <= value <= scale.high * (1 + 1e-9):
                ticks.append(Tick(value, f"{value:.0e}"))
    return tuple(ticks)


def time_ticks(start: float, end: float, cells: int, clock: Clock) -> tuple[Tick, ...]:
    """Return ticks at round clock times between `start` and `end`, UTC seconds, not too dense for `cells`."""
    if end <= start or cells < 1:
        return ()
    cell = (end - start) / cells
    step = next(
        (step for step in _TIME_STEPS if step / cell >= (13 if step < MINUTE else 10)), _TIME_STEPS[-1]
    )
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
    cell = (end - start) / cells
    step = next((step for step in _SINCE_STEPS if step / cell >= 8), _SINCE_STEPS[-1])
    numbers = range(max(0, math.ceil(start / step - 1e-9)), math.floor(end / step + 1e-9) + 1)
    return tuple(Tick(float(number * step), _since_label(number * step, step)) for number in numbers)


def _since_label(seconds: int, step: int) -> str:
    if not seconds:
        return "0"
    if step >= DAY:
        return f"{seconds // DAY} d"
    if seconds % HOUR == 0:
        return f"{seconds // HOUR} h"
    if seconds % MINUTE == 0:
        if seconds < HOUR:
            return f"{seconds // MINUTE} min"
        return f"{seconds // HOUR}h{seconds // MINUTE % MINUTE:02d}"
    return f"{seconds} s"


def _time_label(when: datetime, step: int) -> str:
    if step < MINUTE:
        return when.strftime("%H:%M:%S")
    if step > 2 * DAY:
        return when.strftime("%d %b")
    if step >= DAY or (when.hour == 0 and when.minute == 0):
        return when.strftime("%a %d")
    return when.strftime("%H:%M")
