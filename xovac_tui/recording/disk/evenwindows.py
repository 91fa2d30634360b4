"""Windows of a span: from its own events alone, in its even time."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from xovac_tui.chamber.ring import Bins
from xovac_tui.recording.disk.axis import SAME, EvenAxis, Piece
from xovac_tui.recording.disk.bins import FINEST, Bin, merge
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import SHORTEST, Summary, Windows, in_order, samples_of, summary_of

_EVEN = 0.5
"""Seconds by which even time and record time may be apart and be the same."""


class EvenWindows(Windows):
    """Windows of one record in the even time of a span, from its own events alone.

    Where the wall clock was not set, and no other events have the same times on it, bins can be used.
    """

    def __init__(self, record: Record, axis: EvenAxis, first: int = 0, after: int = sys.maxsize) -> None:
        """Count events from index `first` up to, not including, `after`."""
        super().__init__(record)
        self._axis, self._first, self._after = axis, first, after
        self._plain: dict[tuple[float, float], bool] = {}

    def window(
        self,
        names: Sequence[str],
        start: float,
        end: float,
        columns: int,
        only: range | None = None,
        until: float = math.inf,
    ) -> dict[str, Bins]:
        """Return lowest and highest values of channels per column of `start` to `end` (even time)."""
        if self._is_plain(start, end):
            return super().window(names, start, end, columns, only, until)
        return self._from_samples(names, start, max(end, start + SHORTEST), max(1, columns), None, until)

    def samples(
        self, names: Sequence[str], start: float, end: float, only: range | None = None
    ) -> dict[str, tuple[list[float], list[float]]]:
        """Return every sample of channels in a stretch of even time, in order; NaN is no number."""
        if self._is_plain(start, end):
            return super().samples(names, start, end, only)
        axis = self._axis
        wanted = self.record.blocks_of(lambda piece: self._has(piece, start, end))
        found = samples_of(
            ((one, axis.offset(one.session)) for one in wanted), names, start, end, self._within
        )
        return {name: in_order(*pair) for name, pair in found.items()}

    def summary(self, name: str, start: float, end: float) -> Summary | None:
        """Return lowest, highest and mean value of a channel over a stretch; None without a sample.

        Samples at both ends that lie outside do not count, where they are not deleted.
        """
        # A run's first event is in it, and what came at its end is not.
        start, end = start - SAME, end - SAME
        first, after = math.ceil(start / FINEST), math.floor(end / FINEST)
        begin, stop = first * FINEST, after * FINEST
        if not self._is_plain(start, end) or begin >= stop:
            return summary_of(self._sampled(name, start, end))
        edges = [(at, to) for at, to in ((start, begin), (stop, end)) if at < to]
        total = self._merged(name, first, after, begin, math.nextafter(stop, begin))
        for at, to in edges:
            if any(self._has(piece, at, to) for piece in self._axis.pieces):
                found = self._sampled(name, at, to)
            else:
                # Nothing came then, or its events are deleted: their bin counts whole.
                found = self._merged(name, math.floor(at / FINEST), math.ceil(to / FINEST), at, to)
            if found[3]:
                merge(total, found)
        return summary_of(total)

    def _sampled(self, name: str, start: float, end: float) -> Bin:
        """Return what all samples of a stretch come to."""
        total: Bin = [math.inf, -math.inf, 0.0, 0]
        for value in self.samples([name], start, end).get(name, ((), ()))[1]:
            if value == value:
                merge(total, [value, value, value, 1])
        return total

    def _within(self, index: int) -> bool:
        return self._first <= index < self._after

    def _has(self, piece: Piece, start: float, end: float) -> bool:
        first, last = self._axis.bounds(piece)
        return piece.first < self._after and piece.after > self._first and last >= start and first < end

    def _is_plain(self, start: float, end: float) -> bool:
        """Return whether even time is record time in a stretch, for its own events and for no others."""
        found = self._plain.get((start, end))
        if found is None:
            found = all(self._fits(piece, start, end) for piece in self._axis.pieces)
            self._plain[start, end] = found
        return found

    def _fits(self, piece: Piece, start: float, end: float) -> bool:
        at, stop = piece.low + piece.shift - FINEST, piece.high + piece.shift + FINEST
        if piece.first < self._after and piece.after > self._first and self._has(piece, start, end):
            return abs(self._axis.offset(piece.session) - piece.shift) < _EVEN
        first, last = self._axis.bounds(piece)
        same = abs(first - piece.low - piece.shift) < _EVEN
        # Events beside the stretch are outside of it on either time, or would be counted with it.
        return stop < start or at > end or (same and (last < start or first >= end))
