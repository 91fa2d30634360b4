"""What every store of history is to the one that forwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from xovac_tui.forwarding.batch import Batch
from xovac_tui.forwarding.recordparts import Part


class HistorySink(Protocol):
    """A store that takes batches. Not for several threads at once; every method may block for its time-out.

    Every method raises `SinkError` where the store does not do it, and nothing else that is foreseen.
    """

    most: int
    """Rows of a batch that it takes at the most."""
    losses: int
    """How often its connection had ended since the batch before, and was made anew without an error."""

    @property
    def settles(self) -> float:
        """Seconds until what it has confirmed survives its sudden end; 0: it does at once."""

    def open(self) -> None:
        """Connect, and make what the store needs; again after each failure."""

    def cursor(self, part: Part, ours: int) -> int:
        """Return where to go on: `ours` by the record, or what the store itself holds, where it does."""

    def send(self, batch: Batch) -> int:
        """Store a batch, which changes nothing where it is stored already; return once that is confirmed.

        Returns how many of its rows the store says that it has left out for good; the others are stored.
        """

    def confirm(self) -> None:
        """Ask whether it is there; raises SinkError or counts a loss. Not called where `settles` is 0."""

    def close(self) -> None:
        """Let go of the connection; never raises."""

    def trial(self) -> Iterator[str]:
        """Try step by step whether it can be used, yielding the name of each step that is done."""
