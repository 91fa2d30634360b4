"""Any window of any channel as lowest, highest and mean value per column: from bins, or samples if short."""

from __future__ import annotations

import math
import operator
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress, islice, pairwise
from statistics import median_low

import msgspec

from xovac_tui.api.validity import Validity
from xovac_tui.chamber.history import QUIET
from xovac_tui.chamber.ring import NAN, Bins
from xovac_tui.recording.disk.bins import CHUNK, FINEST, LEVELS, Bin, Chunk, covering, merge
from xovac_tui.recording.disk.record import Record, Stretch
from xovac_tui.recording.disk.schema import unpacking

_GAP_PERIODS = 3
"""Usual periods of a channel without a sample that are no gap yet."""


class BinRow(msgspec.Struct, frozen=True):
    """Bins of one channel and level that follow each other; empty ones have a count of 0."""

    level: int
    first: int
    """Number of the first."""
    lows: array[float]
    highs: array[float]
    means: array[float]
    counts: array[int]


class WindowColumns:
    """Columns that values are put into; some more on both sides are left out in the end."""

    def __init__(self, start: float, seconds: float, columns: int, beyond: int = 0) -> None:
        self._start, self._seconds, self._columns, self._beyond = start, seconds, columns, beyond
        self._count = columns + 2 * beyond
        self._lows = array("d", [math.inf]) * self._count
        self._highs = array("d", [-math.inf]) * self._count
        self._sums = array("d", [0.0]) * self._count
        self._counts = array("d", [0.0]) * self._count

    def cuts(self, level: int, first: int) -> list[tuple[int, int]]:
        """Return which bins touch each column, counted from the one with the number `first`."""
        edges = [self._edge(column) / level for column in range(self._count + 1)]
        return [(math.floor(left) - first, math.ceil(right) - first) for left, right in pairwise(edges)]

    def bins(self, row: BinRow, cuts: Sequence[tuple[int, int]]) -> None:
        """Begin with bins."""
        lows, highs = row.lows, row.highs
        self._lows = array("d", [min(lows[begin:end], default=math.inf) for begin, end in cuts])
        self._highs = array("d", [max(highs[begin:end], default=-math.inf) for begin, end in cuts])
        means, counts, level = row.means, row.counts, row.level
        for column, (begin, end) in enumerate(cuts):
            left, right = self._edge(column) / level - row.first, self._edge(column + 1) / level - row.first
            for place in range(max(0, begin), min(end, len(counts))):
                if counts[place]:
                    # A bin that two columns share counts for each by how much of it lies there.
                    share = counts[place] * (min(place + 1.0, right) - max(float(place), left))
                    self._sums[column] += share * means[place]
                    self._counts[column] += share

    def _edge(self, column: int) -> float:
        return self._start + (column - self._beyond) * self._seconds

    def _columns_of(self, times: Sequence[float]) -> list[int]:
        start, seconds, beyond, floor = self._start, self._seconds, self._beyond, math.floor
        return [floor((at - start) / seconds) + beyond for at in times]

    def samples(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Put samples in."""
        lows, highs, count = self._lows, self._highs, self._count
        sums, counts = self._sums, self._counts
        for column, value in zip(self._columns_of(times), values, strict=True):
            if 0 <= column < count:
                # NaN is neither.
                if value < lows[column]:
                    lows[column] = value
                if value > highs[column]:
                    highs[column] = value
                if value == value:
                    sums[column] += value
                    counts[column] += 1

    def _put(self, column: int, low: float, high: float) -> None:
        if low < self._lows[column]:
            self._lows[column] = low
        if high > self._highs[column]:
            self._highs[column] = high

    def fill_samples(self, times: Sequence[float], values: Sequence[float]) -> None:
        """Join samples that followed each other at the channel's pace, also across the edges."""
        columns = self._columns_of(times)
        jumps = [place for place, (one, two) in enumerate(pairwise(columns)) if two - one > 1]
        if not jumps:
            return
        allowed = max(QUIET, _GAP_PERIODS * median_low(after - before for before, after in pairwise(times)))
        for place in jumps:
            before, after = times[place : place + 2]
            low, high = values[place : place + 2]
            if after - before <= allowed and low == low and high == high:
                for column in range(max(0, columns[place] + 1), min(columns[place + 1], self._count)):
                    at = self._edge(column) + self._seconds / 2
                    self._put_between(column, low, high, min(1.0, max(0.0, (at - before) / (after - before))))

    def spread(self, bins: Iterable[tuple[float, float, Bin]]) -> None:
        """Put bins (start, end, what they hold) into all columns that they touch."""
        for start, end, (low, high, mean, held) in bins:
            first, last = self._columns_of((start, end))
            for column in range(max(0, first), min(last + (self._edge(last) < end), self._count)):
                self._put(column, low, high)
                left, right = max(start, self._edge(column)), min(end, self._edge(column + 1))
                share = held * max(0.0, right - left) / (end - start)
                self._sums[column] += share * mean
                self._counts[column] += share

    def join(self, pace: float) -> None:
        """Join columns of a channel that speaks more seldom than a column is wide."""
        allowed = _GAP_PERIODS * pace
        held = [column for column, low in enumerate(self._lows) if low != math.inf]
        for before, after in pairwise(held):
            if 1 < after - before <= allowed / self._seconds:
                left = self._lows[before] / 2 + self._highs[before] / 2
                right = self._lows[after] / 2 + self._highs[after] / 2
                for column in range(before + 1, after):
                    self._put_between(column, left, right, (column - before) / (after - before))

    def _put_between(self, column: int, left: float, right: float, share: float) -> None:
        # The difference of the largest numbers would overflow; and nothing may lie beyond both ends.
        value = left * (1 - share) + right * share
        value = min(max(left, right), max(min(left, right), value))
        self._put(column, value, value)

    def done(self) -> Bins:
        """Return the columns, NaN where there is nothing."""
        part = slice(self._beyond, self._beyond + self._columns)
        lows, highs = self._lows[part], self._highs[part]
        means, counts = array("d"), array("I")
        for column, (total, count) in enumerate(zip(self._sums[part], self._counts[part], strict=True)):
            low, high = lows[column], highs[column]
            if low == math.inf:
                lows[column] = highs[column] = NAN
            # Of the largest numbers no sum is known, but the bounds are.
            means.append(min(high, max(low, total / count)) if count > 0 else NAN)
            counts.append(min(math.ceil(count), 0xFFFFFFFF))
        return Bins(self._start, self._seconds, lows, highs, means, counts)


_FEW = 16
"""Columns; so many and fewer are made of bins that much narrower."""
SHORTEST = 0.001
"""Seconds of a window."""
_BEYOND, _LITTLE_BEYOND = 600.0, 60.0
"""Seconds beyond the edges that are read in bins and in samples: a slow channel's line goes through."""
_HOLE = 2.0 * FINEST
"""Seconds without a sample, of which the bins may know more: housekeeping takes the samples first."""


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

    def window(
        self,
        names: Sequence[str],
        start: float,
        end: float,
        columns: int,
        only: range | None = None,
        until: float = math.inf,
    ) -> dict[str, Bins]:
        """Return lowest, highest and mean values of channels per column of `start` to `end` (record time).

        No sample is ever left out of its column; a bin that two columns share counts for both. Columns
        without a sample are NaN, but for those between two that followed each other at the channel's pace.
        `only` leaves out blocks that do not begin with one of these indices; then no bins can be used.
        Samples from `until` (record time) on are in no column, not even by a bin that reaches past it.
        """
        columns = max(1, columns)
        end = max(end, start + SHORTEST)
        seconds = (end - start) / columns
        # A picture of few columns serves as bounds: its edges matter more than what it costs.
        widest = seconds if columns > _FEW else seconds / _FEW
        level = max((level for level in LEVELS if level <= widest), default=0)
        if not level or only is not None:
            return self._from_samples(names, start, end, columns, only, until)
        found = {}
        beyond = math.ceil(_BEYOND / seconds)
        first, last = start - beyond * seconds, end + beyond * seconds
        cuts: list[tuple[int, int]] = []
        with self.record.moment():
            newest = self._newest(names, first, last, until)
            for name in names:
                row = self._bins(name, level, first, last, until)
                canvas = WindowColumns(start, seconds, columns, beyond)
                cuts = cuts or canvas.cuts(level, row.first)
                canvas.bins(row, cuts)
                for times, values in newest.get(name, ()):
                    canvas.samples(times, values)
                canvas.join(_pace(row, newest.get(name, ())))
                found[name] = canvas.done()
        return found

    def _bins(self, name: str, level: int, start: float, end: float, until: float = math.inf) -> BinRow:
        """Return all bins that touch a stretch, with what was recorded before `until` alone."""
        first, last = math.floor(start / level), math.ceil(end / level)
        count = max(0, last - first)
        lows, highs = array("d", [math.inf]) * count, array("d", [-math.inf]) * count
        counts = array("I", [0]) * count
        means = array("d", [0.0]) * count
        made = BinRow(level, first, lows, highs, means, counts)
        channel = self._channel(name)
        if channel is None:
            return made
        rows = self.record.rows(
            "SELECT chunk, data FROM bins WHERE channel = ? AND level = ? AND chunk BETWEEN ? AND ?",
            (channel, level, first // CHUNK, last // CHUNK),
        )
        for number, data in rows:
            chunk = self._chunk(data)
            at = number * CHUNK - first
            begin, stop = max(0, -at), min(CHUNK, count - at)
            if begin < stop:
                lows[at + begin : at + stop] = chunk.lows[begin:stop]
                highs[at + begin : at + stop] = chunk.highs[begin:stop]
                means[at + begin : at + stop] = chunk.means[begin:stop]
                counts[at + begin : at + stop] = chunk.counts[begin:stop]
        if level == FINEST:
            there = {number for number, _ in rows}
            missing = [n for n in range(first // CHUNK, last // CHUNK + 1) if n not in there]
            self._fall_back(name, made, missing, until)
        rule = self.record.rules.get(name)
        if rule is not None and rule.bounds:
            self._judge(name, made, rule)
        self._cut(name, made, until)
        return made

    def _cut(self, name: str, row: BinRow, until: float) -> None:
        """Empty the bins after `until`, and make the one that it lies in from what came before it."""
        count = len(row.counts)
        if until >= (row.first + count) * row.level:
            return
        place = max(0, math.floor(until / row.level) - row.first)
        start = (row.first + place) * row.level
        total: Bin = [math.inf, -math.inf, 0.0, 0]
        if start < until and row.counts[place]:
            for one in self._parts(name, row.level, start, until):
                merge(total, one)
        for at in range(place, count):
            row.lows[at], row.highs[at], row.means[at], row.counts[at] = math.inf, -math.inf, 0.0, 0
        row.lows[place], row.highs[place], row.means[place] = total[:3]
        row.counts[place] = int(total[3])

    def _parts(self, name: str, level: int, start: float, until: float) -> Iterator[Bin]:
        """Yield what a bin holds up to a moment: the next finer bins, or the samples of a finest one."""
        if level == FINEST:
            for value in Windows.samples(self, [name], start, until).get(name, ((), ()))[1]:
                if value == value:
                    yield [value, value, value, 1]
            return
        row = self._bins(name, LEVELS[LEVELS.index(level) - 1], start, until, until)
        for low, high, mean, held in zip(row.lows, row.highs, row.means, row.counts, strict=True):
            if held:
                yield [low, high, mean, held]

    def _judge(self, name: str, row: BinRow, rule: Validity) -> None:
        """Make those bins anew that hold values which did count when they were made, and do not by the rule.

        Without their samples, which housekeeping takes first, they are empty.
        """
        for place in compress(range(len(row.counts)), row.counts):
            if not rule.problem(row.lows[place]) and not rule.problem(row.highs[place]):
                continue
            start = (row.first + place) * row.level
            total: Bin = [math.inf, -math.inf, 0.0, 0]
            for value in Windows.samples(self, [name], start, start + row.level).get(name, ((), ()))[1]:
                if value == value:
                    merge(total, [value, value, value, 1])
            row.lows[place], row.highs[place], row.means[place] = total[:3]
            row.counts[place] = int(total[3])

    def _fall_back(self, name: str, row: BinRow, missing: Sequence[int], until: float) -> None:
        """Fill the finest bins from the next wider ones where housekeeping has taken whole chunks away.

        One that reaches past `until` is left out: what of it came before is no longer known.
        """
        if not missing:
            return
        wider, seconds = LEVELS[1], CHUNK * FINEST
        ratio = wider // FINEST
        coarse = self._bins(name, wider, missing[0] * seconds, (missing[-1] + 1) * seconds)
        wanted = frozenset(missing)
        for place in compress(range(len(coarse.counts)), coarse.counts):
            begin = (coarse.first + place) * ratio
            if begin // CHUNK not in wanted or (begin + ratio) * FINEST > until:
                continue
            share = max(1, coarse.counts[place] // ratio)
            for at in range(max(0, begin - row.first), min(len(row.counts), begin + ratio - row.first)):
                row.lows[at], row.highs[at] = coarse.lows[place], coarse.highs[place]
                row.means[at], row.counts[at] = coarse.means[place], share

    def _chunk(self, data: bytes) -> Chunk:
        with unpacking(self.record.path):
            return Chunk(data)

    def _newest(
        self, names: Sequence[str], start: float, end: float, until: float = math.inf
    ) -> dict[str, list[tuple[Sequence[float], Sequence[float]]]]:
        """Return the samples of the tail, of which there are no bins yet."""
        wanted = frozenset(names)
        found: dict[str, list[tuple[Sequence[float], Sequence[float]]]] = {}
        for stretch in self.record.tail():
            mono, shift = stretch.block.mono, stretch.shift
            if mono[-1] + shift < start or mono[0] + shift > end:
                continue
            for name, series in stretch.block.samples(wanted).items():
                times = [mono[place] + shift for place in series.places]
                values = series.values
                if times and max(times) >= until:
                    known = [at < until for at in times]
                    times, values = list(compress(times, known)), list(compress(values, known))
                found.setdefault(name, []).append((times, values))
        return found

    def _from_samples(
        self,
        names: Sequence[str],
        start: float,
        end: float,
        columns: int,
        only: range | None,
        until: float,
    ) -> dict[str, Bins]:
        found = self.samples(names, start - _LITTLE_BEYOND, min(end + _LITTLE_BEYOND, until), only)
        known = min(end, until)
        made = {}
        for name in names:
            canvas = WindowColumns(start, (end - start) / columns, columns)
            times, values = found.get(name, ((), ()))
            canvas.samples(times, values)
            canvas.fill_samples(times, values)
            holes = (after - before > _HOLE for before, after in pairwise([start, *times, known]))
            # A bin holds all that has its times, also what `only` leaves out.
            if only is None and any(holes):
                canvas.spread(self._taken(name, start, known, times, until))
            made[name] = canvas.done()
        return made

    def _taken(
        self, name: str, start: float, end: float, times: Sequence[float], until: float
    ) -> Iterator[tuple[float, float, Bin]]:
        """Yield (start, end, what they hold) of bins whose samples are no longer there."""
        row = self._bins(name, FINEST, start, end, until)
        there = {math.floor(at / FINEST) for at in times}
        for place in compress(range(len(row.counts)), row.counts):
            number = row.first + place
            if number not in there:
                held = [row.lows[place], row.highs[place], row.means[place], float(row.counts[place])]
                yield number * FINEST, (number + 1) * FINEST, held

    def samples(
        self, names: Sequence[str], start: float, end: float, only: range | None = None
    ) -> dict[str, tuple[list[float], list[float]]]:
        """Return every sample of channels in a stretch of record time, in order of time; NaN is no number."""
        blocks = (
            (stretch, stretch.shift)
            for stretch in self.record.blocks(start, end)
            if only is None or stretch.block.first in only
        )
        found = samples_of(blocks, names, start, end, None)
        return {name: in_order(*pair) for name, pair in found.items()}

    def summary(self, name: str, start: float, end: float) -> Summary | None:
        """Return lowest, highest and mean value of a channel over a stretch; None without a sample.

        The bins of 8 s at both ends count whole.
        """
        return summary_of(
            self._merged(name, math.floor(start / FINEST), math.floor(end / FINEST) + 1, start, end)
        )

    def _merged(self, name: str, first: int, after: int, start: float, end: float) -> Bin:
        """Return all bins between two numbers of the finest, and what the tail has from start to end."""
        total: Bin = [math.inf, -math.inf, 0.0, 0]
        with self.record.moment():
            self.record.refresh(at_once=True)
            for level, begin, stop in covering(first, after):
                row = self._bins(name, level, begin * level, stop * level)
                for one in zip(row.lows, row.highs, row.means, row.counts, strict=True):
                    if one[-1]:
                        merge(total, list(one))
            for times, values in self._newest([name], start, end).get(name, ()):
                for at, value in zip(times, values, strict=True):
                    if start <= at <= end and value == value:
                        merge(total, [value, value, value, 1])
        return total

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
            slot = next((n for n, have in enumerate(self._chunk(data).counts) if have), 0)
            return float((number * CHUNK + slot) * level)
        for stretch in self.record.tail():
            series = stretch.block.samples(frozenset([name])).get(name)
            if series is None:
                continue
            usable = (value == value for value in series.values)
            first = next(compress(series.places, usable), None)
            if first is not None:
                return stretch.block.mono[first] + stretch.shift
        return None

    def _channel(self, name: str) -> int | None:
        if name not in self._ids:
            self._ids.update((channel.name, channel.id) for channel in self.record.channels())
        return self._ids.get(name)


def summary_of(total: Bin) -> Summary | None:
    """Return what a bin comes to; None for one without a sample."""
    return Summary(total[0], total[1], total[2], int(total[3])) if total[3] else None


Blocks = Iterable[tuple[Stretch, float]]


def samples_of(
    blocks: Blocks, names: Sequence[str], start: float, end: float, within: Callable[[int], bool] | None
) -> dict[str, tuple[list[float], list[float]]]:
    """Return the samples of blocks, each with what makes its monotonic time another one."""
    wanted = frozenset(names)
    found: dict[str, tuple[list[float], list[float]]] = {}
    for stretch, shift in blocks:
        block = stretch.block
        all_times = [mono + shift for mono in block.mono]
        for name, series in block.samples(wanted).items():
            into = found.setdefault(name, ([], []))
            whole = isinstance(series.places, range)
            times = all_times if whole else [all_times[place] for place in series.places]
            inside = [start <= at < end for at in times]
            if within is not None:
                places = zip(inside, series.places, strict=True)
                inside = [kept and within(block.first + place) for kept, place in places]
            into[0].extend(compress(times, inside))
            into[1].extend(compress(series.values, inside))
    return found


def in_order(times: list[float], values: list[float]) -> tuple[list[float], list[float]]:
    """Return samples in order of time."""
    if not any(map(operator.gt, times, islice(times, 1, None))):
        return times, values
    # The clock was set back.
    order = sorted(range(len(times)), key=times.__getitem__)
    return [times[place] for place in order], [values[place] for place in order]


def _pace(row: BinRow, newest: Sequence[tuple[Sequence[float], Sequence[float]]]) -> float:
    """Return the usual seconds from one sample of a channel to the next; 0 where it is not known."""
    held = [number for number, count in enumerate(row.counts) if count]
    paces = [(after - before) * row.level / row.counts[before] for before, after in pairwise(held)]
    for times, _ in newest:
        paces += [after - before for before, after in pairwise(times)]
    return median_low(paces) if paces else 0.0
