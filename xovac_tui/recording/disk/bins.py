"""Bins: lowest, highest and mean value of a channel per stretch of time, at growing widths.

They are made while recording, so that a window of months is read without touching an event. A bin is as wide
as its level says and begins at a whole multiple of that in record time (UTC that does not jump by itself);
`CHUNK` of them are one row of the record.
"""

from __future__ import annotations

import math
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, pairwise

from xovac_tui.recording.disk.foreign_bounds import inflate

LEVELS = (8, 64, 512, 4096)
"""Widths of bins, seconds."""
FINEST = LEVELS[0]
CHUNK = 64
"""Bins in one row of the record."""

_FLOATS = CHUNK * 8
_BYTES = 3 * _FLOATS + 4 * CHUNK
_NO_LOW, _NO_HIGH, _ZERO = (array("d", [value]) * CHUNK for value in (math.inf, -math.inf, 0.0))

Bin = list[float]
"""[lowest, highest, mean, count] of the samples in one stretch of time."""


class Chunk:
    """`CHUNK` bins that follow each other; empty ones have a count of 0, lows of +inf, highs of -inf."""

    __slots__ = ("counts", "highs", "lows", "means")

    def __init__(self, data: bytes | None = None) -> None:
        if data is None:
            self.lows, self.highs, self.means = _NO_LOW[:], _NO_HIGH[:], _ZERO[:]
            self.counts = array("I", bytes(CHUNK * 4))
            return
        plain = inflate(data, _BYTES)
        if len(plain) != _BYTES:
            raise ValueError(f"bins of {len(plain):,} bytes, and not of {_BYTES:,}")
        parts = [join_planes(plain[n * _FLOATS : (n + 1) * _FLOATS]) for n in range(3)]
        self.lows, self.highs, self.means = parts
        self.counts = array("I")
        self.counts.frombytes(plain[3 * _FLOATS :])

    def fold(self, slot: int, made: Bin) -> None:
        """Add the samples of a bin to those that are there."""
        one = made
        if have := self.counts[slot]:
            one = [self.lows[slot], self.highs[slot], self.means[slot], have]
            merge(one, made)
        self.lows[slot], self.highs[slot], self.means[slot] = one[:3]
        self.counts[slot] = min(int(one[3]), 0xFFFFFFFF)

    def pack(self) -> bytes:
        """Return the chunk as it is written."""
        floats = b"".join(split_planes(part) for part in (self.lows, self.highs, self.means))
        return zlib.compress(floats + self.counts.tobytes(), 3)


def split_planes(values: array[float]) -> bytes:
    """Return the bytes of numbers plane by plane: like numbers share their upper ones, which compresses."""
    data = values.tobytes()
    return b"".join(data[plane::8] for plane in range(8))


def join_planes(data: bytes) -> array[float]:
    """Return the numbers whose bytes `split_planes` returned."""
    count = len(data) // 8
    mixed = bytearray(len(data))
    for plane in range(8):
        mixed[plane::8] = data[plane * count : (plane + 1) * count]
    values = array("d")
    values.frombytes(bytes(mixed))
    return values


def fold_samples(times: list[float], values: Sequence[float], into: dict[int, Bin]) -> None:
    """Add samples (record time, value) to bins of the finest level; NaN is no sample."""
    if math.isnan(sum(values)):
        usable = [value == value for value in values]
        times, values = list(compress(times, usable)), list(compress(values, usable))
    if not values:
        return
    if sorted(times) != times:
        # The clock was set back among them.
        pairs = sorted(zip(times, values, strict=True))
        times, values = [time for time, _ in pairs], [value for _, value in pairs]
    at, count = 0, len(values)
    while at < count:
        number = math.floor(times[at] / FINEST)
        end = bisect_left(times, (number + 1) * FINEST, at + 1)
        part = values[at:end]
        low, high = min(part), max(part)
        _put(into, number, [low, high, min(high, max(low, _mean(part))), end - at])
        at = end


def coarser(bins: dict[int, Bin]) -> dict[int, Bin]:
    """Return the bins of the next level."""
    made: dict[int, Bin] = {}
    for number, one in bins.items():
        _put(made, number >> 3, one)
    return made


def merge(into: Bin, one: Bin) -> None:
    """Add the samples of a bin to another one."""
    count = into[3] + one[3]
    if one[0] < into[0]:
        into[0] = one[0]
    if one[1] > into[1]:
        into[1] = one[1]
    # Weighted, because a sum of the largest numbers would overflow.
    mean = into[2] * (into[3] / count) + one[2] * (one[3] / count)
    into[2] = min(into[1], max(into[0], mean))
    into[3] = count


def _put(into: dict[int, Bin], number: int, one: Bin) -> None:
    have = into.get(number)
    if have is None:
        into[number] = list(one)
    else:
        merge(have, one)


def _mean(values: Sequence[float]) -> float:
    total = sum(values)
    count = len(values)
    return total / count if math.isfinite(total) else sum(value / count for value in values)


def by_chunk(numbers: Iterable[int]) -> dict[int, list[int]]:
    """Return bin numbers by the chunk that holds them."""
    chunks: dict[int, list[int]] = {}
    for number in numbers:
        chunks.setdefault(number // CHUNK, []).append(number)
    return chunks


def covering(first: int, after: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, first, after) of the widest bins that together are the finest ones of a stretch."""
    for level, coarser in pairwise(LEVELS):
        ratio = coarser // level
        begin, stop = -(-first // ratio), after // ratio
        if begin >= stop:
            yield level, first, after
            return
        if first < begin * ratio:
            yield level, first, begin * ratio
        if stop * ratio < after:
            yield level, stop * ratio, after
        first, after = begin, stop
    yield LEVELS[-1], first, after
