"""How a temperature goes on: an exponential approach, seen from two halves of the past, pure."""

from __future__ import annotations

import math
from itertools import accumulate

import msgspec

from xovac_tui.analysis.fit import ColumnTrack, FittedLine, line
from xovac_tui.units import DAY

LONGEST = 7 * DAY
"""Seconds; what would take longer is not foreseen."""
_SHORTER = 2 * math.sqrt(2.0)
"""How much less is known of a slope from half of the time, when it is noise that hides it."""


class Approach(msgspec.Struct, frozen=True):
    """Where a value is going: from its level now by a slope that fades."""

    level: float
    """Value now, by the line of the newer half."""
    slope: float
    """Per second, now."""
    fade: float
    """By which the slope shrinks, 1/s; 0: it stays as it is."""
    noise: float
    """Highest minus lowest of what is not explained by it."""
    hidden: float
    """Expanded uncertainty of a slope over the whole window that noise alone explains, per second."""

    def drift(self, seconds: float) -> float:
        """Return how far the value will have moved in some seconds."""
        if self.fade <= 0:
            return self.slope * seconds
        return -self.slope * math.expm1(-self.fade * seconds) / self.fade


def approach(past: ColumnTrack) -> Approach | None:
    """Return where the value of a window is going; None where too little is known."""
    times, values = past.points()
    half = len(times) // 2
    doubt = past.doubt
    older = line(times[:half], values[:half], doubt)
    newer = line(times[half:], values[half:], doubt)
    if older is None or newer is None:
        return None
    # From the middle of one half to the middle of the other, and from there to now.
    apart = (times[half] + times[-1] - times[0] - times[half - 1]) / 2
    ago = -(times[half] + times[-1]) / 2
    length = times[-1] - times[half]
    fade = _fade(older, newer, apart)
    slope = newer.slope if abs(newer.slope) > newer.uncertainty else 0.0
    if fade > 0:
        slope = newer.slope * math.exp(-fade * ago) / _steeper(fade * length / 2)
    return Approach(newer.at_zero, slope, fade, _noise(past, newer), newer.uncertainty / _SHORTER)


def _fade(older: FittedLine, newer: FittedLine, apart: float) -> float:
    """Return by how much the slope shrinks, 1/s; 0 where that is not certain."""
    shrinks = older.slope * newer.slope > 0 and abs(newer.slope) < abs(older.slope)
    if not shrinks or abs(older.slope - newer.slope) <= math.hypot(older.uncertainty, newer.uncertainty):
        return 0.0
    return math.log(older.slope / newer.slope) / apart


def _steeper(half: float) -> float:
    """Return how much steeper the line through an exponential is than the curve in its middle.

    `half` is half of the line's length over the time constant.
    """
    if half < 0.05:
        return 1 + half * half / 10
    half = min(half, 300.0)
    return 3 * (half * math.cosh(half) - math.sinh(half)) / half**3


def _noise(past: ColumnTrack, newer: FittedLine) -> float:
    """Return highest minus lowest of the newer half's values around its line."""
    above, below = 0.0, 0.0
    count = len(past.lows)
    first = past.start + past.width / 2 - past.newest
    for column in range(count // 2, count):
        low, high = past.lows[column], past.highs[column]
        if low <= high:
            expected = newer.at_zero + newer.slope * (first + column * past.width)
            # What the slope does within a column is no noise.
            inside = abs(newer.slope) * past.width / 2
            above = max(above, high - expected - inside)
            below = max(below, expected - low - inside)
    return above + below


def until_slow(whole: FittedLine, going: Approach, limit: float) -> float | None:
    """Return the seconds until the slope of a window, uncertainty included, is at most `limit` per second."""
    hidden = min(whole.uncertainty, going.hidden)
    now = abs(whole.slope) + whole.uncertainty
    if now <= limit:
        return 0.0
    if going.fade <= 0 or hidden >= limit:
        return None
    return _foreseen(math.log((now - hidden) / (limit - hidden)) / going.fade)


def until_narrow(past: ColumnTrack, going: Approach, band: float, over: float) -> float | None:
    """Return the seconds until the values of `over` seconds stay within `band`, highest minus lowest.

    The past is taken as it was measured, the future as the approach has it.
    """
    width = past.width
    count = math.ceil(over / width) + 1
    past = past.last(count)
    missing = count - len(past.lows) + sum(1 for low in past.lows if low != low)
    # Of all columns from each one on.
    lows = (math.inf if low != low else low for low in reversed(past.lows))
    highs = (-math.inf if high != high else high for high in reversed(past.highs))
    lowest, highest = list(accumulate(lows, min))[::-1], list(accumulate(highs, max))[::-1]
    spread = going.noise / 2
    for ahead in range(missing, count + 1):
        end = going.level + going.drift(ahead * width)
        low, high = min(going.level, end) - spread, max(going.level, end) + spread
        kept = ahead - (count - len(past.lows))
        if kept < len(past.lows):
            low, high = min(low, lowest[kept]), max(high, highest[kept])
        if high - low <= band:
            return ahead * width
    room = band - going.noise
    if going.fade <= 0 or room <= 0:
        return None
    across = abs(going.drift(count * width))
    return _foreseen(count * width + math.log(across / room) / going.fade)


def _foreseen(seconds: float) -> float | None:
    return max(0.0, seconds) if seconds <= LONGEST else None
