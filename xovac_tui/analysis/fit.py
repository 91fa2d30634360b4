"""Straight lines through what a channel did, and how far each of them may be believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist, median

import msgspec

from xovac_tui.chamber.history import ChannelHistory

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


def undithered(past: ColumnTrack) -> float:
    """Return which part of the error of rounding to its step the noise of a track leaves: 0 to 1.

    Noise with a standard deviation of s makes the mean error of rounding to a step q smaller, harmonic k by
    exp(-2 (pi k s / q)^2) (Widrow & Kollar, Quantization Noise, 2008, ch. 19). Half a step leaves 1 %.
    """
    step = past.step
    if step <= 0:
        return 0.0
    columns = zip(past.lows, past.highs, past.counts, strict=True)
    spreads = sorted(high - low for low, high, count in columns if count)
    if spreads and spreads[len(spreads) // 2] > _MANY_STEPS * step:
        # Noise or a slope goes over so many steps within a column that its mean knows of none.
        return 0.0
    ratio = min(noise(past) / step, _NOTHING_LEFT)
    if ratio <= 0:
        return 1.0
    left = sum(math.exp(-((2 * math.pi * k * ratio) ** 2)) / k**2 for k in range(1, _HARMONICS + 1))
    return math.sqrt(left / sum(1 / k**2 for k in range(1, _HARMONICS + 1)))


def noise(past: ColumnTrack) -> float:
    """Return the standard deviation of a track's samples before they were rounded to its step, at least.

    From highest minus lowest of some columns together: that of n normal values is on average twice the
    highest normal score of n (Blom, Statistical Estimates and Transformed Beta-Variables, 1958). Two values
    that are one step apart prove no noise: however small it is, it shows where a step changes to the next.
    """
    step, counts = past.step, past.counts
    held = [place for place, count in enumerate(counts) if count]
    samples = sum(counts)
    together = max(1, math.ceil(_TOGETHER * len(held) / samples)) if samples else 1
    groups = [held[at : at + together] for at in range(0, len(held) - together + 1, together)]
    spreads: list[tuple[float, float]] = []
    for group in groups:
        # What a slope does meanwhile is no noise.
        half = max(1, len(group) // 2)
        older, newer = (median(past.means[place] for place in part) for part in (group[:half], group[-half:]))
        spread = max(past.highs[place] for place in group) - min(past.lows[place] for place in group)
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


FEWEST = 5
"""Columns with a value that a line is drawn through at least."""
_FINEST = 1.0
"""Seconds; no column is narrower, because the history itself keeps nothing finer."""
COLUMNS = 120
"""Columns in which a window is evaluated."""
_LENGTHS = ((1200.0, 1.0), (11_000.0, 8.0), (math.inf, 64.0))
"""(seconds of the past, seconds of the history's bins so far back): a column is a whole number of them."""
_FEWEST_EFFECTIVE = 5.0
"""Independent values that a line through related ones counts as at least."""
_ENDS = 0.85
"""Of a step, for both ends of a line together. Each end is anywhere within one step: that is a variance of a
sixth of its square, and 0.82 with k = 2; a little more, because a lone step tilts the line as well."""
_LONE_STEPS = 1.5
"""Steps that a line crosses from which on they average each other out: as one over their number."""


class ColumnTrack(msgspec.Struct, frozen=True):
    """Lowest, highest and mean value per column of the past up to a channel's newest value; NaN without one.

    Columns keep their places in time, so that the same stretch of the record serves for many looks.
    """

    start: float
    width: float
    """Seconds of a column."""
    lows: Sequence[float]
    highs: Sequence[float]
    newest: float
    """Time of the newest value: the last column is filled up to here."""
    means: Sequence[float]
    """NaN where no sample came, also where the bounds were filled in between two."""
    counts: Sequence[int]
    """Samples per column."""
    step: float = 0.0
    """Smallest step that the channel reports."""
    drift: float = 0.0
    """Expanded uncertainty (k = 2) of a reading that no averaging takes away."""

    def until(self, time: float) -> ColumnTrack:
        """Return what was known at an earlier time."""
        if time >= self.newest:
            return self
        count = min(len(self.lows), max(0, math.floor((time - self.start) / self.width) + 1))
        return self._part(0, count, time)

    def last(self, count: int) -> ColumnTrack:
        """Return the newest `count` columns."""
        count = max(0, min(count, len(self.lows)))
        return self._part(len(self.lows) - count, len(self.lows), self.newest)

    def _part(self, first: int, after: int, newest: float) -> ColumnTrack:
        return msgspec.structs.replace(
            self,
            start=self.start + first * self.width,
            lows=self.lows[first:after],
            highs=self.highs[first:after],
            newest=newest,
            means=self.means[first:after],
            counts=self.counts[first:after],
        )

    @property
    def measured(self) -> float:
        """Seconds for which there are values, by whole columns."""
        return self.width * sum(low == low for low in self.lows)

    @property
    def unfilled(self) -> float:
        """Seconds of the last column for which there is no value yet."""
        return self.start + len(self.lows) * self.width - self.newest

    def points(self) -> tuple[list[float], list[float]]:
        """Return times, relative to the newest value, and the mean of each column in which a sample came."""
        first = self.start + self.width / 2 - self.newest
        times: list[float] = []
        values: list[float] = []
        for column, mean in enumerate(self.means):
            if mean == mean:
                times.append(first + column * self.width)
                values.append(mean)
        return times, values

    @property
    def doubt(self) -> Doubt:
        """What no averaging of this window takes away from its readings."""
        return Doubt(self.step, undithered(self), self.drift)


class Doubt(msgspec.Struct, frozen=True):
    """What no averaging takes away from readings, in their unit."""

    step: float = 0.0
    """Smallest step of the sensor."""
    left: float = 1.0
    """Part of the error of rounding to it that noise does not average out."""
    drift: float = 0.0
    """Expanded uncertainty (k = 2) of a reading, by which each end of a line may be off."""


CERTAIN = Doubt()


def track(curve: ChannelHistory, now: float, window: float, seconds: float) -> ColumnTrack | None:
    """Return the past `seconds` of a channel in columns fit for windows of `window`; None without a value."""
    last = curve.last_time
    if last is None or now - last > seconds:
        return None
    newest = min(now, last)
    bins = next(length for reach, length in _LENGTHS if seconds <= reach)
    width = max(_FINEST, window / COLUMNS)
    width = math.ceil(width / bins) * bins
    end = (math.floor(newest / width) + 1) * width
    count = math.ceil(seconds / width) + 1
    found = curve.measured(end - count * width, end, count)
    return ColumnTrack(
        found.start,
        width,
        found.lows,
        found.highs,
        newest,
        found.means,
        found.counts,
        curve.resolution,
        curve.uncertainty,
    )


class FittedLine(msgspec.Struct, frozen=True):
    """A straight line through points, by least squares."""

    slope: float
    """Change per second."""
    uncertainty: float
    """Of the slope, expanded: about 95 %."""
    at_zero: float
    """Value at time 0: at the newest value."""


def robust_points(past: ColumnTrack, doubt: Doubt) -> tuple[list[float], list[float]]:
    """Return the points of a track but for those that lie far off all their neighbours."""
    return without_spikes(*past.points(), doubt.step)


def independent(left: Sequence[float]) -> float:
    """Return as how many independent values those count that a fit left these residuals of, at least five.

    With r, the correlation of each residual with the next, n points count as n (1 - r) / (1 + r) (Santer et
    al., J. Geophys. Res. 105, 7337, 2000). Residuals about a line are less alike than the noise is, by about
    (1 + 4 r) / n (Kendall, Biometrika 41, 403, 1954); half of that is added to r, because means of columns
    are more alike than the values in their middles.
    """
    count, error = len(left), sum(one * one for one in left)
    alike = sum(one * other for one, other in pairwise(left)) / error if error > 0 else 0.0
    alike = min(0.999, max(0.0, alike + (1 + 4 * alike) / (2 * count)))
    return min(count, max(_FEWEST_EFFECTIVE, count * (1 - alike) / (1 + alike)))


def line(times: Sequence[float], values: Sequence[float], doubt: Doubt = CERTAIN) -> FittedLine | None:
    """Return the line through points, or None where there are too few or too large ones.

    Neighbours that err to the same side carry less information: see `independent`. The coverage factor is
    Student's (JCGM 100:2008, G.3).

    A step that noise does not average out adds that the values at both ends may be off by half of it; what
    residuals it explains by itself, a variance of a twelfth of its square, is taken from the scatter.
    """
    count = len(times)
    if count < FEWEST:
        return None
    middle = sum(times) / count
    mean = sum(value / count for value in values)
    across = [time - middle for time in times]
    square = sum(one * one for one in across)
    slope = sum(one * (value - mean) for one, value in zip(across, values, strict=True)) / square
    left = [value - mean - slope * one for one, value in zip(across, values, strict=True)]
    error = sum(one * one for one in left)
    effective = independent(left)
    length = times[-1] - times[0]
    crossed = abs(slope) * length / doubt.step if doubt.step else 0.0
    step = doubt.step * doubt.left / max(1.0, crossed / _LONE_STEPS)
    unexplained = max(0.0, error - count * step * step / 12)
    scatter = student(effective - 2) * math.sqrt(unexplained / (effective - 2) / square)
    uncertainty = math.hypot(scatter, _ENDS * step / length, math.sqrt(2) * doubt.drift / length)
    if not (math.isfinite(slope) and math.isfinite(uncertainty)):
        return None
    return FittedLine(slope, uncertainty, mean - slope * middle)
