"""A line of bars in one row of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆"
"""Higher ones would touch the row above."""
_ASCII_BARS = "_.-=+*"
_WIDEST = 1e300
_GAP = "·"
_ASCII_GAP = " "


def sparkline(
    values: Sequence[float], width: int, ascii: bool = False, *, least: float = 0.0, log: bool = False
) -> str:
    """Return the newest `width` values as bars between their lowest and highest; NaN is a gap (`·`).

    Fewer values are filled with gaps at the left. The bars span at least `least`, so that noise does not look
    like a change; with `log` the logarithm is drawn.
    """
    bars, gap = (_ASCII_BARS, _ASCII_GAP) if ascii else (_BARS, _GAP)
    if width <= 0:
        return ""
    shown = [_place(value, log) for value in values[-width:]]
    known = [value for value in shown if math.isfinite(value)]
    padding = gap * (width - len(shown))
    if not known:
        return padding + gap * len(shown)
    low, high = min(known), max(known)
    span = max(high - low, least)
    low = (low + high - span) / 2
    scale = (len(bars) - 1) / span if span > 1e-300 else 0.0
    return padding + "".join(
        bars[min(len(bars) - 1, round((value - low) * scale))] if math.isfinite(value) else gap
        for value in shown
    )


def _place(value: float, log: bool) -> float:
    if not math.isfinite(value) or (log and value <= 0):
        return math.nan
    return math.log10(value) if log else min(max(value, -_WIDEST), _WIDEST)
