"""How fast a chamber has been: rates by band of temperature, learned from the record of its own runs.

Only what a chamber does while it is driven as hard as it can says what it *can* do: the setpoint is well
ahead of the temperature. Where it follows a gentle ramp closely, it can be at least so fast, and that is all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

import msgspec

from xovac_tui.plural import counted
from xovac_tui.units import MINUTE

BAND = 10.0
"""K; width of a band of temperature."""
LEAD = 5.0
"""K by which the setpoint is ahead of the temperature of a chamber that is driven as hard as it can."""
WINDOW, LONG_WINDOW = 60.0, 300.0
"""Seconds, at least, from which one rate is taken, and after which it is even if little has changed."""
WAY = 1.0
"""K of change from which a rate exceeds the noise."""
FEWEST = 6
"""Samples, at least, from which one rate is taken."""
LONGEST_GAP = 120.0
"""Seconds without a sample that no rate is taken across."""
STALL = 0.02
"""K/min below which a chamber has come to rest, whatever its setpoint says."""

Sample = tuple[float, float, float | None]
"""Seconds, temperature in degC (NaN in a gap), setpoint in degC (None where it is not reported)."""
Crossing = tuple[float, float, float]
"""Seconds: shortest, usual, longest."""


class RateBand(msgspec.Struct, frozen=True, kw_only=True):
    """What a chamber has managed in one band of temperature, in one direction."""

    heating: bool
    low: float
    """degC."""
    high: float
    slow: float
    """K/min that it kept at 90 % of the way."""
    usual: float
    fast: float
    """K/min that it exceeded at 10 % of the way at most."""
    seconds: float
    """Time driven as hard as it could; 0 where it only followed a ramp and may be able to do more."""
    runs: int
    """Runs in which it was driven so."""

    def __post_init__(self) -> None:
        numbers = (self.low, self.high, self.slow, self.usual, self.fast, self.seconds)
        if not all(map(math.isfinite, numbers)) or not self.low < self.high or self.seconds < 0:
            raise ValueError("a band of rates needs finite numbers, low below high, and seconds from 0 up")
        if not 0 < self.slow <= self.usual <= self.fast:
            raise ValueError("the rates of a band must be above 0 and in order: slow, usual, fast")


class Rates(msgspec.Struct, frozen=True):
    """What a chamber has managed, as far as it was seen."""

    bands: tuple[RateBand, ...] = ()
    runs: int = 0
    """Runs that it was learned from."""

    def time(self, start: float, end: float) -> Crossing | None:
        """Return how long the way between two temperatures takes at (fast, usual, slow) rates, in seconds.

        Where a band was never crossed the nearest known one is taken; None where none is known at all.
        """
        heating = end > start
        known = [band for band in self.bands if band.heating is heating and band.seconds > 0]
        if not known:
            return None
        quickest = usual = slowest = 0.0
        for low, high in _pieces(min(start, end), max(start, end)):
            band = min(known, key=lambda band: _distance(band, (low + high) / 2))
            minutes = (high - low) * MINUTE
            quickest += minutes / band.fast
            usual += minutes / band.usual
            slowest += minutes / band.slow
        return quickest, usual, slowest

    def lateness(self, start: float, end: float, duration: float) -> float | None:
        """Return how late the chamber, at its usual rates, is at the end of a linear ramp, in seconds.

        It cannot be ahead of the ramp, so time that it loses where it is slow is won back only where it is
        faster than the ramp. None where nothing is known.
        """
        if self.time(start, end) is None:
            return None
        way, there = abs(end - start), 0.0
        for low, high in _pieces(min(start, end), max(start, end))[:: 1 if end > start else -1]:
            near, far = (low, high) if end > start else (high, low)
            crossing = self.time(near, far)
            needed = crossing[1] if crossing else 0.0
            there = max(duration * abs(far - start) / way, there + needed)
        return max(0.0, there - duration)

    def fastest(self, *, heating: bool, low: float, high: float) -> float | None:
        """Return the K/min that the chamber has managed all the way; None where it was never seen there.

        It is the rate of the slowest band on the way, since a ramp cannot be kept where one cannot follow.
        """
        there = [
            band.fast
            for band in self.bands
            if band.heating is heating and band.seconds > 0 and band.low < high and band.high > low
        ]
        return min(there, default=None)

    @property
    def words(self) -> str:
        """Where the rates come from: "learned from 3 runs"."""
        return f"learned from {counted(self.runs, 'run')}"


class _Windows:
    """Rates in one band and direction: pairs of (K/min, seconds), driven hard or merely following."""

    def __init__(self) -> None:
        self.driven: list[tuple[float, float]] = []
        self.following: list[tuple[float, float]] = []

    def band(self, low: float, *, heating: bool) -> RateBand:
        """Return the slow, usual and fast rate (K/min) of the band from `low` degC upwards."""
        # The share of the way counts, not that of the time: slow stretches would count twice otherwise.
        slow, usual, fast = _quantiles(
            [(rate, rate * seconds) for rate, seconds in self.driven or self.following]
        )
        if self.driven and self.following:
            fast = max(fast, _quantiles([(rate, rate * seconds) for rate, seconds in self.following])[2])
        return RateBand(
            heating=heating,
            low=low,
            high=low + BAND,
            slow=slow,
            usual=usual,
            fast=fast,
            seconds=math.fsum(seconds for _, seconds in self.driven),
            runs=1 if self.driven else 0,
        )


def learn(
    samples: Iterable[Sample], ramps: Sequence[tuple[float, float, float]] = (), *, lead: float = LEAD
) -> Rates:
    """Return the rates that one run shows; times of the samples in seconds of the recipe, in order.

    `ramps` are the plan's ramps "as fast as it goes", as (from, to, target): they say what the chamber was
    driven to where the setpoint is not reported.
    """
    found: dict[tuple[bool, float], _Windows] = {}
    for window in _windows(samples):
        seconds = window[-1][0] - window[0][0]
        third = len(window) // 3
        first, last = window[:third], window[-third:]
        between = median(t for t, _, _ in last) - median(t for t, _, _ in first)
        change = median(actual for _, actual, _ in last) - median(actual for _, actual, _ in first)
        rate, heating = abs(change) / between * MINUTE, change > 0
        if rate < STALL:
            continue
        middle = median(actual for _, actual, _ in window)
        ahead = _ahead(window, middle, ramps)
        if ahead is None:
            continue
        low = math.floor(middle / BAND) * BAND
        windows = found.setdefault((heating, low), _Windows())
        if abs(ahead) <= lead:
            windows.following.append((rate, seconds))
        elif heating == (ahead > 0):
            windows.driven.append((rate, seconds))
    bands = tuple(
        windows.band(low, heating=heating)
        for (heating, low), windows in sorted(found.items())
        if windows.driven or windows.following
    )
    return Rates(bands, 1 if any(band.runs for band in bands) else 0)


def merge(many: Iterable[Rates]) -> Rates:
    """Return what several runs say together, each with the weight of the time that it was driven hard."""
    together: dict[tuple[bool, float, float], list[RateBand]] = {}
    runs = 0
    for rates in many:
        runs += rates.runs
        for band in rates.bands:
            together.setdefault((band.heating, band.low, band.high), []).append(band)
    return Rates(tuple(_merged(bands) for _, bands in sorted(together.items())), runs)


def _merged(bands: list[RateBand]) -> RateBand:
    driven = [band for band in bands if band.seconds > 0]
    fastest = max(band.fast for band in bands if band not in driven) if len(driven) < len(bands) else 0.0
    points = [
        (rate, share * (band.seconds or 1.0))
        for band in driven or bands
        for rate, share in ((band.slow, 0.25), (band.usual, 0.5), (band.fast, 0.25))
    ]
    slow, usual, fast = _quantiles(points)
    return RateBand(
        heating=bands[0].heating,
        low=bands[0].low,
        high=bands[0].high,
        slow=slow,
        usual=usual,
        fast=max(fast, fastest),
        seconds=math.fsum(band.seconds for band in driven),
        runs=sum(band.runs for band in driven),
    )


def _quantiles(points: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the values below which 10, 50 and 90 % of the weight lie, of pairs of (value, weight)."""
    points = sorted(points)
    total = math.fsum(weight for _, weight in points)
    found, so_far, wanted = [], 0.0, [0.1, 0.5, 0.9]
    for value, weight in points:
        so_far += weight
        while wanted and so_far >= wanted[0] * total:
            found.append(value)
            del wanted[0]
    # Rounding of the sums may leave the last one open.
    found += [points[-1][0]] * len(wanted)
    return found[0], found[1], found[2]


def _windows(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    """Cut a run into stretches that are long enough for a rate and hold no gap."""
    window: list[Sample] = []
    for sample in samples:
        if not math.isfinite(sample[1]) or (window and not 0 < sample[0] - window[-1][0] <= LONGEST_GAP):
            window = []
        if math.isfinite(sample[1]):
            window.append(sample)
        if len(window) >= FEWEST and _long_enough(window[0], window[-1]):
            yield window
            window = [sample]


def _long_enough(first: Sample, last: Sample) -> bool:
    seconds = last[0] - first[0]
    return seconds >= WINDOW and (abs(last[1] - first[1]) >= WAY or seconds >= LONG_WINDOW)


def _ahead(window: list[Sample], middle: float, ramps: Sequence[tuple[float, float, float]]) -> float | None:
    """Return by how many K the setpoint is ahead of the temperature (negative: below); None: not known."""
    offsets = [
        target - actual for _, actual, target in window if target is not None and math.isfinite(target)
    ]
    if len(offsets) * 2 > len(window):
        return median(offsets)
    start, end = window[0][0], window[-1][0]
    return next((target - middle for begin, stop, target in ramps if begin <= start and end <= stop), None)


def _pieces(low: float, high: float) -> list[tuple[float, float]]:
    """Cut a way at the edges of the bands."""
    pieces = []
    while low < high:
        edge = min(high, (math.floor(low / BAND) + 1) * BAND)
        pieces.append((low, edge))
        low = edge
    return pieces


def _distance(band: RateBand, celsius: float) -> float:
    """Return how far a temperature is from a band, K."""
    return max(band.low - celsius, celsius - band.high, 0.0)
