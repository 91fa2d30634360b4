"""Any window of any channel as lowest and highest value per column: from bins, or from samples if short."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

import msgspec

from xovac_tui.chamber.history import QUIET, Bins
from xovac_tui.recording.bins import CHUNK, FINEST, LEVELS, Chunk
from xovac_tui.recording.record import Record

NAN = math.nan
_FEW = 16
"""Columns; so many and fewer are made of bins that much narrower."""
_GAP_PERIODS = 3
"""Usual periods of a channel without a sample that are no gap yet."""


class Summary(msgspec.Struct, frozen=True):
    """A channel over a stretch of time."""

    low: float
    high: float
    mean: float
    count: int


class Windows:
    """Windows of one record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._ids: dict[str, int] = {}

    def window(self, names: Sequence[str], start: float, end: float, columns: int) -> dict[str, Bins]:
        """Return lowest and highest values of channels per column of `start` to `end` (record time).

        No sample is ever left out of its column; a bin that two columns share counts for both. Columns
        without a sample are NaN, but for those between two that followed each other at the channel's pace.
        """
        columns = max(1, columns)
        seconds = (end - start) / columns
        # A picture of few columns is somebody's bounds: its edges matter more than what it costs.
        widest = seconds if columns > _FEW else seconds / _FEW
        level = max((level for level in LEVELS if level <= widest), default=0)
        if not level:
            return self._from_samples(names, start, end, columns)
        newest = self._newest(names, start, end)
        found = {}
        for name in names:
            lows, highs, first = self._bins(name, level, start, end)
            canvas = _Canvas(start, seconds, columns)
            canvas.bins(lows, highs, first, level)
            for times, values in newest.get(name, ()):
                canvas.samples(times, values)
            canvas.fill_bins(lows, level)
            found[name] = canvas.done()
        return found

    def _bins(
        self, name: str, level: int, start: float, end: float
    ) -> tuple[array[float], array[float], int]:
        """Return lows and highs of all bins that touch a stretch, and the number of the first."""
        first, last = math.floor(start / level), math.ceil(end / level)
        count = max(0, last - first)
        lows, highs = array("d", [math.inf]) * count, array("d", [-math.inf]) * count
        channel = self._channel(name)
        if channel is None:
            return lows, highs, first
        rows = self.record.rows(
            "SELECT chunk, data FROM bins WHERE channel = ? AND level = ? AND chunk BETWEEN ? AND ?",
            (channel, level, first // CHUNK, last // CHUNK),
        )
        for number, data in rows:
            chunk = Chunk(data)
            at = number * CHUNK - first
            begin, stop = max(0, -at), min(CHUNK, count - at)
            if begin < stop:
                lows[at + begin : at + stop] = chunk.lows[begin:stop]
                highs[at + begin : at + stop] = chunk.highs[begin:stop]
        return lows, highs, first

    def _newest(
        self, names: Sequence[str], start: float, end: float
    ) -> dict[str, list[tuple[Sequence[float], Sequence[float]]]]:
        """Return the samples of the tail, of which there are no bins yet."""
        wanted = frozenset(names)
        found: dict[str, list[tuple[Sequence[float], Sequence[float]]]] = {}
        for stretch in self.record.tail():
            mono, shift = stretch.block.mono, stretch.shift
            if mono[-1] + shift < start or mono[0] + shift >= end:
                continue
            for name, parts in stretch.block.samples(wanted).items():
                for part in parts:
                    times = [mono[place] + shift for place in part.places]
                    found.setdefault(name, []).append((times, part.values))
        return found

    def _from_samples(self, names: Sequence[str], start: float, end: float, columns: int) -> dict[str, Bins]:
        # A little beyond the edges, so that a slow channel's line goes through them.
        found = self.samples(names, start - 60.0, end + 60.0)
        made = {}
        for name in names:
            canvas = _Canvas(start, (end - start) / columns, columns)
            times, values = found.get(name, ((), ()))
            canvas.samples(times, values)
            canvas.fill_samples(times, values)
            made[name] = canvas.done()
        return made

    def samples(
        self, names: Sequence[str], start: float, end: float
    ) -> dict[str, tuple[list[float], list[float]]]:
        """Return every sample of channels in a stretch of record time, in order of time; NaN is no number."""
        wanted = frozenset(names)
        pairs: dict[str, list[tuple[float, float]]] = {}
        for stretch in self.record.blocks(start, end):
            mono, shift = stretch.block.mono, stretch.shift
            for name, parts in stretch.block.samples(wanted).items():
                into = pairs.setdefault(name, [])
                for part in parts:
                    for place, value in zip(part.places, part.values, strict=True):
                        if start <= (at := mono[place] + shift) < end:
                            into.append((at, value))
        found = {}
        for name, into in pairs.items():
            into.sort(key=lambda pair: pair[0])
            found[name] = ([at for at, _ in into], [value for _, value in into])
        return found

    def summary(self, name: str, start: float, end: float) -> Summary | None:
        """Return lowest, highest and mean value of a channel over a stretch; None without a sample.

        The bins of 8 s at both ends count whole.
        """
        low, high, total, count = math.inf, -math.inf, 0.0, 0
        channel = self._channel(name)
        first, last = math.floor(start / FINEST), math.floor(end / FINEST)
        rows = self.record.rows(
            "SELECT chunk, data FROM bins WHERE channel = ? AND level = ? AND chunk BETWEEN ? AND ?",
            (channel, FINEST, first // CHUNK, last // CHUNK),
        )
        for number, data in rows:
            chunk = Chunk(data)
            for slot in range(max(0, first - number * CHUNK), min(CHUNK, last + 1 - number * CHUNK)):
                if chunk.counts[slot]:
                    low, high = min(low, chunk.lows[slot]), max(high, chunk.highs[slot])
                    total += chunk.means[slot] * chunk.counts[slot]
                    count += chunk.counts[slot]
        for times, values in self._newest([name], start, end).get(name, ()):
            for at, value in zip(times, values, strict=True):
                if start <= at <= end and value == value:
                    low, high, total, count = min(low, value), max(high, value), total + value, count + 1
        return Summary(low, high, total / count, count) if count else None

    def first_time(self, name: str) -> float | None:
        """Return the record time from which on there are bins of a channel, or samples of the newest."""
        channel = self._channel(name)
        level = LEVELS[-1]
        row = self.record.rows(
            "SELECT chunk, data FROM bins WHERE channel = ? AND level = ? ORDER BY chunk LIMIT 1",
            (channel, level),
        )
        if row:
            number, data = row[0]
            slot = next(n for n, have in enumerate(Chunk(data).counts) if have)
            return float((number * CHUNK + slot) * level)
        for stretch in self.record.tail():
            for part in stretch.block.samples(frozenset([name])).get(name, ()):
                return stretch.block.mono[part.places[0]] + stretch.shift
        return None

    def _channel(self, name: str) -> int | None:
        if name not in self._ids:
            self._ids.update((channel.name, channel.id) for channel in self.record.channels())
        return self._ids.get(name)


class _Canvas:
    """Columns that values are put into."""

    def __init__(self, start: float, seconds: float, columns: int) -> None:
        self._start, self._seconds, self._count = start, seconds, columns
        self._lows = array("d", [math.inf]) * columns
        self._highs = array("d", [-math.inf]) * columns

    def bins(self, lows: array[float], highs: array[float], first: int, level: int) -> None:
        """Put bins in, of which `first` is the number of the first."""
        for column in range(self._count):
            begin = math.floor((self._start + column * self._seconds) / level) - first
            end = math.ceil((self._start + (column + 1) * self._seconds) / level) - first
            if lows[begin:end]:
                self._put(column, min(lows[begin:end]), max(highs[begin:end]))

    def samples(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Put samples in."""
        for at, value in zip(times, values, strict=True):
            column = math.floor((at - self._start) / self._seconds)
            if 0 <= column < self._count and value == value:
                self._put(column, value, value)

    def _put(self, column: int, low: float, high: float) -> None:
        if low < self._lows[column]:
            self._lows[column] = low
        if high > self._highs[column]:
            self._highs[column] = high

    def fill_bins(self, lows: array[float], level: int) -> None:
        """Join columns of a channel that speaks more seldom than a bin is wide."""
        held = [number for number, low in enumerate(lows) if low != math.inf]
        distances = [after - before for before, after in pairwise(held)]
        if not distances or (usual := median_low(distances)) == 1:
            return
        self._join(_GAP_PERIODS * usual * level)

    def fill_samples(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Join samples that followed each other at the channel's pace, also across the edges."""
        distances = [after - before for before, after in pairwise(times)]
        if not distances:
            return
        allowed = max(QUIET, _GAP_PERIODS * median_low(distances))
        for (before, low), (after, high) in pairwise(zip(times, values, strict=True)):
            if after - before <= allowed and low == low and high == high:
                begin = math.floor((before - self._start) / self._seconds) + 1
                end = math.floor((after - self._start) / self._seconds)
                for column in range(max(0, begin), min(end, self._count)):
                    at = self._start + (column + 0.5) * self._seconds
                    value = low + (high - low) * min(1.0, max(0.0, (at - before) / (after - before)))
                    self._put(column, value, value)

    def _join(self, allowed: float) -> None:
        held = [column for column, low in enumerate(self._lows) if low != math.inf]
        for before, after in pairwise(held):
            if 1 < after - before <= allowed / self._seconds:
                low = (self._lows[before] + self._highs[before]) / 2
                high = (self._lows[after] + self._highs[after]) / 2
                for column in range(before + 1, after):
                    value = low + (high - low) * (column - before) / (after - before)
                    self._put(column, value, value)

    def done(self) -> Bins:
        """Return the columns, NaN where there is nothing."""
        empty = [low == math.inf for low in self._lows]
        return Bins(
            self._start,
            self._seconds,
            array("d", (NAN if gap else low for low, gap in zip(self._lows, empty, strict=True))),
            array("d", (NAN if gap else high for high, gap in zip(self._highs, empty, strict=True))),
        )
