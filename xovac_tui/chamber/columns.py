"""Pictures of a stretch of time in columns: lowest, highest and mean value, and how two become one."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import msgspec

NAN = math.nan


class Bins(msgspec.Struct, frozen=True):
    """Lowest and highest value per column of a window of time; NaN in both where nothing was received."""

    start: float
    """Monotonic time of the left edge of the first column."""
    seconds: float
    """Width of a column."""
    lows: Sequence[float]
    highs: Sequence[float]
    means: Sequence[float] = ()
    """Mean of the samples per column, NaN without one; empty where it was not asked for."""
    counts: Sequence[int] = ()
    """Number of samples per column, counted up to 255 a bin; empty where it was not asked for."""


def joined(older: Bins, newer: Bins, count: int) -> Bins:
    """Return `count` columns of one picture and the others of another that begins at the same time.

    Bounds count of both where they meet; means are the newer ones', since both may hold the same samples.
    """
    meet = min(len(older.lows), len(newer.lows))
    lows, highs = array("d", older.lows[:count]), array("d", older.highs[:count])
    lows.extend(map(_lower, older.lows[count:meet], newer.lows[count:meet]))
    highs.extend(map(_higher, older.highs[count:meet], newer.highs[count:meet]))
    lows.extend(newer.lows[meet:])
    highs.extend(newer.highs[meet:])
    if not (older.means and newer.means):
        return Bins(newer.start, newer.seconds, lows, highs)
    means, counts = array("d", older.means[:count]), array("I", older.counts[:count])
    for place in range(len(means), len(newer.means)):
        one = older if place < meet and not newer.counts[place] else newer
        means.append(one.means[place])
        counts.append(one.counts[place])
    return Bins(newer.start, newer.seconds, lows, highs, means, counts)


def laid_over(under: Bins, over: Bins, first: int) -> Bins:
    """Return a picture with another one, of means too, laid over it from column `first` on."""
    lows, highs = array("d", under.lows), array("d", under.highs)
    means, counts = array("d", under.means), array("I", under.counts)
    for place, (low, high) in enumerate(zip(over.lows, over.highs, strict=True), first):
        lows[place], highs[place] = _lower(low, lows[place]), _higher(high, highs[place])
        if more := over.counts[place - first]:
            have = counts[place]
            mean = over.means[place - first]
            means[place] = (
                means[place] * (have / (have + more)) + mean * (more / (have + more)) if have else mean
            )
            counts[place] = have + more
    return Bins(under.start, under.seconds, lows, highs, means, counts)


def nothing(start: float, end: float, columns: int) -> Bins:
    """Return a window without a value."""
    columns = max(1, columns)
    empty = array("d", [NAN]) * columns
    return Bins(start, (end - start) / columns, empty, empty[:], empty[:], array("I", [0]) * columns)


def _lower(one: float, two: float) -> float:
    return one if two != two or one < two else two


def _higher(one: float, two: float) -> float:
    return one if two != two or one > two else two


def only_first(bins: Bins, count: int) -> Bins:
    """Return a picture with means of which only the first `count` columns are known."""
    part = slice(0, max(0, count))
    known = Bins(
        bins.start, bins.seconds, bins.lows[part], bins.highs[part], bins.means[part], bins.counts[part]
    )
    empty = nothing(bins.start, bins.start + len(bins.lows) * bins.seconds, len(bins.lows))
    return laid_over(empty, known, 0)
