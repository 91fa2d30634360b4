"""What the pressure says: how it falls, and with the pump off how fast it rises. Pure; mbar."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence

import msgspec

from xovac_tui.analysis.fit import COLUMNS, ColumnTrack, FittedLine, line, track
from xovac_tui.analysis.pumpdown import LONGEST, LOOK_BACK, PumpDown, foresee
from xovac_tui.chamber.history import ChannelHistory

RECENT = 600.0
"""Seconds of the past in which the pressure must have risen to be called rising."""
FALLING = 1200.0
"""Seconds of the past in which it must have fallen, at most ..."""
_FALLEN = math.log(3.0)
"""... and no longer ago than when the pressure was three times as high (its logarithm): while pumps start,
what was before misleads."""
_SHORTEST = 12
"""Columns of the past that this is taken from at least."""
_FINER = 6.0
"""How many times narrower columns are for this than for other windows of that length."""
_SWITCHED = 64.0
"""Seconds to which the time at which the pump went on is searched."""
_SETTLING = 0.1
"""Part of the time since the pump went off that its valves may still work."""


class Rise(msgspec.Struct, frozen=True):
    """How the pressure rises while nothing pumps."""

    rate: float
    """mbar/s, over the newer half."""
    uncertainty: float
    """Of it, expanded (k = 2)."""
    fades: bool
    """It becomes slower: gas that comes off the surfaces. A leak would go on."""
    seconds: float
    """Of the past, that it was taken from."""
    leak: float | None = None
    """mbar l/s that leak in at the most, where the volume is known."""


def pump_down(
    curve: ChannelHistory,
    now: float,
    per_unit: float,
    *,
    period: float = 0.0,
    pump: ChannelHistory | None = None,
    speed: float = 1.0,
) -> PumpDown | None:
    """Return how the pressure falls; None where it does not, or too little is known.

    `per_unit` is mbar in one of the channel's unit, `period` its usual seconds between values, `pump` what
    the pump did, and `speed` the seconds of a simulated chamber in one of the clock.
    """
    past = track(curve, now, FALLING / speed / _FINER, FALLING / speed)
    if past is None:
        return None
    _, newer = _halves(_since_high(logarithm(past)))
    pump_on = None if pump is None else _switched_on(pump, now, LOOK_BACK / speed, _SWITCHED / speed)
    courses = foresee(curve, per_unit, period=period, pump_on=pump_on, speed=speed)
    if newer is None or newer.slope > (newer.uncertainty if courses else -newer.uncertainty):
        return None
    pressure = courses[0].above + courses[0].floor if courses else math.exp(newer.at_zero) * per_unit
    return PumpDown(pressure, newer.slope, courses, LONGEST / speed)


def rising(curve: ChannelHistory, now: float, recent: float = RECENT) -> FittedLine | None:
    """Return the line through the logarithm of the recent pressure if it surely rises, else None."""
    past = track(curve, now, recent, recent)
    found = None if past is None else _through(logarithm(past))
    return found if found is not None and found.slope > found.uncertainty else None


def rate_of_rise(
    curve: ChannelHistory,
    pump: ChannelHistory,
    now: float,
    per_unit: float,
    *,
    volume: float | None = None,
    recent: float = RECENT,
) -> Rise | None:
    """Return how the pressure rises since the pump went off; None while it runs, or too little is known.

    `volume` in litres.
    """
    off = seconds_off(pump, now, recent)
    past = track(curve, now, recent, recent)
    if past is None or off <= 0:
        return None
    count = math.floor(off * (1 - _SETTLING) / past.width)
    past = past.last(count)
    older, newer = _halves(past)
    if newer is None or newer.slope <= newer.uncertainty:
        return None
    fades = older is not None and older.slope - newer.slope > math.hypot(older.uncertainty, newer.uncertainty)
    rate = newer.slope * per_unit
    uncertainty = newer.uncertainty * per_unit
    leak = None if volume is None else (rate + uncertainty) * volume
    return Rise(rate, uncertainty, fades, count * past.width, leak)


def seconds_off(pump: ChannelHistory, now: float, most: float) -> float:
    """Return for how long a channel has been at 0 without a gap, looking back `most` seconds."""
    past = track(pump, now, most, most)
    if past is None:
        return 0.0
    columns = 0
    for high in reversed(past.highs):
        if high != 0:
            break
        columns += 1
    return max(0.0, columns * past.width - past.unfilled)


def logarithm(past: ColumnTrack) -> ColumnTrack:
    """Return the natural logarithm of a track; what is not above 0 becomes a gap."""
    newest = next((mean for mean in reversed(past.means) if mean > 0), math.inf)
    return msgspec.structs.replace(
        past,
        lows=_logs(past.lows),
        highs=_logs(past.highs),
        means=_logs(past.means),
        # A small part of a value is the difference of its logarithm.
        step=past.step / newest,
        drift=past.drift / newest,
    )


def _through(past: ColumnTrack) -> FittedLine | None:
    return line(*past.points(), past.doubt)


def _since_high(past: ColumnTrack) -> ColumnTrack:
    """Return the newest columns, back to where the logarithm was higher by `_FALLEN`."""
    newest = math.nan
    for count, low in enumerate(reversed(past.lows), 1):
        newest = low if newest != newest else newest
        if low > newest + _FALLEN:
            return past.last(max(count, _SHORTEST))
    return past


def _logs(values: Iterable[float]) -> Sequence[float]:
    return array("d", (math.log(value) if value > 0 else math.nan for value in values))


def _switched_on(pump: ChannelHistory, now: float, most: float, width: float) -> float | None:
    """Return when a channel went from 0 to what it has been since, at the earliest; None where not seen."""
    past = track(pump, now, width * COLUMNS, most)
    if past is None:
        return None
    for column in range(len(past.lows) - 1, -1, -1):
        low = past.lows[column]
        if low != low:
            return None
        if low == 0:
            return past.start + column * past.width
    return None


def _halves(past: ColumnTrack) -> tuple[FittedLine | None, FittedLine | None]:
    """Return the lines through the older and the newer half."""
    times, values = past.points()
    half = len(times) // 2
    if half < 1:
        return None, None
    doubt = past.doubt
    older, newer = (line(times[part], values[part], doubt) for part in (slice(half), slice(half, None)))
    return older, newer
