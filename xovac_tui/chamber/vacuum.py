"""What the pressure tells: when it will be low enough, and with the pump off how fast it rises. Pure; mbar.

Falling, its logarithm is followed over the recent past. Through both halves of that a curve is laid that is
exponential where the fall goes on as fast (a volume that is pumped empty), and a power of time where it
slows down (gas that comes off the surfaces). The pressure at which the pump gives out is not in it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence

import msgspec

from xovac_tui.chamber.approach import LONGEST
from xovac_tui.chamber.fit import Line, Track, line, track
from xovac_tui.chamber.history import ChannelHistory

RECENT = 600.0
"""Seconds of the past in which the pressure must have risen to be told so."""
FALLING = 1200.0
"""Seconds of the past that a forecast is taken from at the most ..."""
_FALLEN = math.log(3.0)
"""... and no longer ago than when the pressure was three times as high (its logarithm): while pumps start,
what was before misleads."""
_SHORTEST = 12
"""Columns of the past that it is taken from at least."""
_FINER = 6.0
"""How many times narrower columns are for this than for other windows of that length."""
_SETTLING = 0.1
"""Part of the time since the pump went off that its valves may still work."""


class PumpDown(msgspec.Struct, frozen=True):
    """How the pressure falls."""

    pressure: float
    """mbar, now, by the curve."""
    slope: float
    """Of its natural logarithm per second, now; negative."""
    power: float
    """Of time, by which it falls; infinite while it falls exponentially."""

    def until(self, threshold: float) -> float | None:
        """Return the seconds until the pressure is at a threshold in mbar; None where it takes too long."""
        if threshold >= self.pressure:
            return 0.0
        down = math.log(self.pressure / threshold)
        if math.isinf(self.power):
            seconds = down / -self.slope
        else:
            seconds = self.power / -self.slope * math.expm1(min(down / self.power, 50.0))
        return seconds if seconds <= LONGEST else None


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


def pump_down(curve: ChannelHistory, now: float, per_unit: float, recent: float = FALLING) -> PumpDown | None:
    """Return how the pressure falls; None where it does not, or too little is known.

    `per_unit` is mbar in one of the channel's unit.
    """
    past = track(curve, now, recent / _FINER, recent)
    if past is None:
        return None
    older, newer, apart, ago = _halves(_since_high(logarithm(past)))
    if newer is None or newer.slope >= -newer.uncertainty:
        return None
    pressure = math.exp(newer.at_zero) * per_unit
    power = math.inf
    if older is not None and older.slope < -older.uncertainty:
        # For a power n of time the inverse of the slope grows by 1/n a second.
        slower = 1 / -newer.slope - 1 / -older.slope
        certain = newer.slope - older.slope > math.hypot(older.uncertainty, newer.uncertainty)
        if slower > 0 and certain:
            power = apart / slower
    slope = newer.slope if math.isinf(power) else -1 / (1 / -newer.slope + ago / power)
    return PumpDown(pressure, slope, power)


def rising(curve: ChannelHistory, now: float, recent: float = RECENT) -> Line | None:
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
    older, newer, _, _ = _halves(past)
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


def logarithm(past: Track) -> Track:
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


def _through(past: Track) -> Line | None:
    return line(*past.points(), past.doubt)


def _since_high(past: Track) -> Track:
    """Return the newest columns, back to where the logarithm was higher by `_FALLEN`."""
    newest = math.nan
    for count, low in enumerate(reversed(past.lows), 1):
        newest = low if newest != newest else newest
        if low > newest + _FALLEN:
            return past.last(max(count, _SHORTEST))
    return past


def _logs(values: Iterable[float]) -> Sequence[float]:
    return array("d", (math.log(value) if value > 0 else math.nan for value in values))


def _halves(past: Track) -> tuple[Line | None, Line | None, float, float]:
    """Return the lines through both halves, the seconds between their middles, and from the newer to now."""
    times, values = past.points()
    half = len(times) // 2
    if half < 1:
        return None, None, 0.0, 0.0
    doubt = past.doubt
    older, newer = (line(times[part], values[part], doubt) for part in (slice(half), slice(half, None)))
    ago = -(times[half] + times[-1]) / 2
    return older, newer, (times[half] + times[-1] - times[0] - times[half - 1]) / 2, ago
