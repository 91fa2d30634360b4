"""How values scatter: noise against the step of a sensor, single bad readings, and Student's factor. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist, median

_BOTH_SIDES = 4
"""Neighbours on either side that a value is compared with."""
_FAR = 5.0
"""Standard deviations, as neighbours show them, from which on a value is far off."""
_SUSPECT = 4.0
"""Standard deviations of the second differences below which no value is examined further."""
_MOST_SPIKES = 0.1
"""Part of the values that may be spikes; more are what the channel does."""
_NORMAL = 1.4826
"""Standard deviation of normal values over the median of their absolute deviations."""
_TRIMMED = 0.05
"""Part of the columns, those that spread widest, that a noise is not taken from."""
_TOGETHER = 30
"""Least number of samples whose spread is examined together."""
_PROOF = 1.5
"""Steps from which on a spread proves noise."""
_NOTHING_LEFT = 10.0
"""Steps of noise from which on nothing is left of their error, to the last digit of a number."""
_MANY_STEPS = 20.0
_HARMONICS = 8
_NORMALS = NormalDist()


def student(degrees: float) -> float:
    """Return the factor of a 95 % interval for so many degrees of freedom, 2 at least.

    Expansion of Student's quantile about the normal one (Abramowitz & Stegun 26.7.5); 1 % low at 2.
    """
    z = 1.959964
    one = (z**3 + z) / 4
    two = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    three = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    four = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    n = max(2.0, degrees)
    return z + one / n + two / n**2 + three / n**3 + four / n**4


def undithered(
    step: float,
    lows: Sequence[float],
    highs: Sequence[float],
    means: Sequence[float],
    counts: Sequence[int],
) -> float:
    """Return which part of the error of rounding to a step is left by the noise of the values: 0 to 1.

    Noise with a standard deviation of s makes the mean error of rounding to a step q smaller, harmonic k by
    exp(-2 (pi k s / q)^2) (Widrow & Kollar, Quantization Noise, 2008, ch. 19). Half a step leaves 1 %.
    """
    if step <= 0:
        return 0.0
    spreads = sorted(high - low for low, high, count in zip(lows, highs, counts, strict=True) if count)
    if spreads and spreads[len(spreads) // 2] > _MANY_STEPS * step:
        # Noise or a slope goes over so many steps within a column that its mean knows of none.
        return 0.0
    ratio = min(noise(step, lows, highs, means, counts) / step, _NOTHING_LEFT)
    if ratio <= 0:
        return 1.0
    left = sum(math.exp(-((2 * math.pi * k * ratio) ** 2)) / k**2 for k in range(1, _HARMONICS + 1))
    return math.sqrt(left / sum(1 / k**2 for k in range(1, _HARMONICS + 1)))


def noise(
    step: float,
    lows: Sequence[float],
    highs: Sequence[float],
    means: Sequence[float],
    counts: Sequence[int],
) -> float:
    """Return the standard deviation of single samples before they were rounded to a step, at least.

    From highest minus lowest of some columns together: that of n normal values is on average twice the
    highest normal score of n (Blom, Statistical Estimates and Transformed Beta-Variables, 1958). Two values
    that are one step apart prove no noise: however small it is, it shows where a step changes to the next.
    """
    held = [place for place, count in enumerate(counts) if count]
    samples = sum(counts)
    together = max(1, math.ceil(_TOGETHER * len(held) / samples)) if samples else 1
    groups = [held[at : at + together] for at in range(0, len(held) - together + 1, together)]
    spreads: list[tuple[float, float]] = []
    for group in groups:
        # What a slope does meanwhile is no noise.
        half = max(1, len(group) // 2)
        older, newer = (median(means[place] for place in part) for part in (group[:half], group[-half:]))
        spread = max(highs[place] for place in group) - min(lows[place] for place in group)
        spread -= 2 * abs(newer - older)
        found = sum(counts[place] for place in group)
        spreads.append((spread if spread >= _PROOF * step else 0.0, _expected_spread(found)))
    if not spreads:
        return 0.0
    spreads.sort()
    kept = spreads[: max(1, math.floor(len(spreads) * (1 - _TRIMMED)))]
    return sum(spread for spread, _ in kept) / sum(expected for _, expected in kept)


@lru_cache(maxsize=1024)
def _expected_spread(count: int) -> float:
    """Return highest minus lowest of so many normal values on average, in standard deviations."""
    return 2 * _NORMALS.inv_cdf((count - 0.375) / (count + 0.25))


def without_spikes(times: list[float], values: list[float], step: float) -> tuple[list[float], list[float]]:
    """Return points without those that lie far off their neighbours' line, if these are few.

    Up to three in a row are left out, also the newest: a change counts once it lasts longer. Four in a row
    are no spike (Hampel's identifier about a local line; Pearson, EURASIP J. Adv. Signal Process. 2016:87).
    """
    count = len(values)
    if count < 2 * _BOTH_SIDES + 1:
        return times, values
    bends = [abs(a - 2 * b + c) for a, b, c in zip(values, values[1:], values[2:], strict=False)]
    if max(bends) <= _SUSPECT * max(_NORMAL * median(bends), step):
        return times, values
    off = [_off(values, place) for place in range(count)]
    far = _FAR * max(_NORMAL * median(off), step)
    kept = [place for place in range(count) if off[place] <= far]
    if not 0 < count - len(kept) <= _MOST_SPIKES * count:
        return times, values
    return [times[place] for place in kept], [values[place] for place in kept]


def _off(values: Sequence[float], place: int) -> float:
    """Return how far a value lies off a line of medians through its neighbours and itself."""
    first = min(max(0, place - _BOTH_SIDES), len(values) - 2 * _BOTH_SIDES - 1)
    near = values[first : first + 2 * _BOTH_SIDES + 1]
    slope = median(after - before for before, after in pairwise(near))
    return abs(values[place] - median(value - slope * (n - place + first) for n, value in enumerate(near)))
