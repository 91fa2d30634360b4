"""Lowest, highest and mean values from every sample of a run, in one pass over the record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median_low

import numpy as np
import numpy.typing as npt

from xovac_tui.chamber.channel import INTERVALS, usual
from xovac_tui.recording.disk.axis import SAME
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.exports.parts import ExportPart, ProgressCallback, stretches
from xovac_tui.report.facts import Figures, Phase, Span
from xovac_tui.runs.dwell import NEAR_SECONDS, near

_PACES = 500
"""Pauses between two messages of a channel, the first of the run, of which the usual one is taken."""

Floats = npt.NDArray[np.float64]


class Tally:
    """What all channels did in some phases."""

    def __init__(
        self, phases: Sequence[Phase], paced: Iterable[str] = (), only: frozenset[str] | None = None
    ) -> None:
        """Evaluate `phases`; of `paced` channels also the pauses; `only` leaves all other channels out."""
        self._only = only
        self.messages = 0
        """Messages that carried a sample."""
        self._spans = [
            (number, start, end) for number, phase in enumerate(phases) for start, end in phase.spans
        ]
        self._count = len(phases)
        self._sums: dict[str, list[_Sum | None]] = {}
        self._paced = {name: _Pauses() for name in paced}

    @property
    def names(self) -> tuple[str, ...]:
        """Full names of the channels that have a sample, in the order of their first sight."""
        return tuple(self._sums)

    def read(self, record: Record, part: ExportPart, progress: ProgressCallback | None = None) -> None:
        """Take all samples of a part in."""
        for stretch in stretches(record, part, progress):
            block = stretch.block
            times = np.asarray(block.mono, dtype=np.float64) + stretch.shift
            kept = part.holds(stretch)
            inside = np.ones(block.count, dtype=bool) if kept is None else np.asarray(kept, dtype=bool)
            first, last = float(times.min()), float(times.max())
            near = [one for one in self._spans if one[1] <= last and one[2] > first]
            used = np.zeros(block.count, dtype=bool)
            for name, series in block.samples(self._only).items():
                places = np.asarray(series.places, dtype=np.intp)
                values = np.asarray(series.values, dtype=np.float64)
                good = np.isfinite(values) & inside[places]
                if good.any():
                    used[places[good]] = True
                    self._take(name, times[places[good]], values[good], near)
                if (pace := self._paced.get(name)) is not None:
                    own = inside[places]
                    pace.add(times[places[own]], good[own])
            self.messages += int(used.sum())

    def _take(
        self, name: str, times: Floats, values: Floats, near: Sequence[tuple[int, float, float]]
    ) -> None:
        sums = self._sums.setdefault(name, [None] * self._count)
        for phase, start, end in near:
            within = (times >= start - SAME) & (times < end - SAME)
            if within.any():
                total = sums[phase] or _Sum()
                total.add(times[within], values[within])
                sums[phase] = total

    def figures(self, name: str) -> tuple[Figures | None, ...]:
        """Return what a channel did, by phase."""
        found = self._sums.get(name, [None] * self._count)
        return tuple(None if total is None else total.figures() for total in found)

    def holes(self, name: str, start: float, end: float) -> tuple[Span, ...]:
        """Return when a paced channel had no usable value for longer than it usually has none."""
        pace = self._paced.get(name)
        return () if pace is None else pace.holes(start, end)

    def period(self, name: str) -> float | None:
        """Return the usual seconds between two samples of a channel; None where there are too few."""
        pace = self._paced.get(name)
        return None if pace is None else pace.usual()


class _Sum:
    """Lowest, highest and sum of some samples."""

    def __init__(self) -> None:
        self._low, self._high = math.inf, -math.inf
        self._low_at = self._high_at = 0.0
        self._first: tuple[float, float] | None = None
        self._last = 0.0, 0.0
        self._means: list[tuple[float, int]] = []
        self._count = 0

    def add(self, times: Floats, values: Floats) -> None:
        """Take samples in, in order of time."""
        low, high = int(values.argmin()), int(values.argmax())
        if values[low] < self._low:
            self._low, self._low_at = float(values[low]), float(times[low])
        if values[high] > self._high:
            self._high, self._high_at = float(values[high]), float(times[high])
        if self._first is None:
            self._first = float(values[0]), float(times[0])
        self._last = float(values[-1]), float(times[-1])
        # The sum of the largest numbers would overflow.
        self._means.append((float((values / len(values)).sum()), len(values)))
        self._count += len(values)

    def figures(self) -> Figures:
        """Return what they come to."""
        mean = math.fsum(mean * (count / self._count) for mean, count in self._means)
        low, high = (self._low, self._low_at), (self._high, self._high_at)
        return Figures(*low, *high, mean, self._count, *(self._first or low), *self._last)


class _Pauses:
    """Pauses between the messages of a channel, and between those of them that carry a usable value."""

    def __init__(self) -> None:
        self._pauses: list[float] = []
        """The first ones between usable values."""
        self._long: list[tuple[Span, float | None]] = []
        """Pauses between usable values that may be gaps, each with the usual pause at its end."""
        self._first: float | None = None
        self._end = 0.0
        """Time of the newest usable value."""
        self._times: Floats = np.empty(0)
        """Times of the newest messages, as many as their pace is learned from."""
        self._begin: Floats = np.empty(0)
        """The first pauses between messages."""

    def add(self, times: Floats, good: npt.NDArray[np.bool_]) -> None:
        """Take in the times of more messages, and which of them carry a usable value."""
        if not len(times):
            return
        known = np.concatenate((self._times, times))
        pauses = np.diff(known)
        if len(self._begin) < INTERVALS:
            self._begin = np.concatenate((self._begin, pauses[len(self._times[1:]) :]))[:INTERVALS]
        self._take(times[good], np.flatnonzero(good) + len(self._times), pauses)
        self._times = known[-INTERVALS - 1 :]

    def _take(self, times: Floats, places: npt.NDArray[np.intp], pauses: Floats) -> None:
        """Take in the times of usable values; `pauses[place - 1]` is the pause before the message of one."""
        if not len(times):
            return
        if self._first is None:
            self._first = self._end = float(times[0])
        edges = np.concatenate(([self._end], times))
        between = np.diff(edges)
        for at in np.flatnonzero(between > NEAR_SECONDS):
            before = pauses[max(0, int(places[at]) - INTERVALS) : int(places[at])]
            pace = usual(before.tolist()) if len(before) == INTERVALS else None
            self._long.append(((float(edges[at]), float(edges[at + 1])), pace))
        if (room := _PACES - len(self._pauses)) > 0:
            self._pauses += between[between > 0][:room].tolist()
        self._end = float(times[-1])

    def holes(self, start: float, end: float) -> tuple[Span, ...]:
        """Return the pauses that are no usual ones, those at the beginning and the end included."""
        if self._first is None:
            return ((start, end),)
        # Before there were enough messages to know their pace, the first ones of the run give it.
        early = usual(self._begin.tolist())
        latest = usual(np.diff(self._times)[-INTERVALS:].tolist())
        pauses = (
            ((start, self._first), early),
            *((pause, early if pace is None else pace) for pause, pace in self._long),
            ((self._end, end), latest),
        )
        return tuple(one for one, pace in pauses if one[1] - one[0] > near(pace))

    def usual(self) -> float | None:
        """Return the usual pause between usable values: the median of the first ones of the run."""
        return median_low(self._pauses) if self._pauses else None
