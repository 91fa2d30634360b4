"""Sinks for tests of forwarding: a store in memory that fails as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from xovac_tui.forwarding.batch import Batch, EventRow, LogRow
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber, Sink

AWAY = SinkError(Failure(FailureCode.REFUSED), SinkRemedy.WAIT)
WRONG = SinkError(Failure(FailureCode.CREDENTIALS, status=401), SinkRemedy.SETTINGS)
BAD = SinkError(Failure(FailureCode.BAD_ROW, status=400), SinkRemedy.SMALLER)


class MemorySink:
    """A store in memory. `fails` is called with each batch before it is stored, and raises what it likes."""

    def __init__(self, most: int = 100) -> None:
        self.most, self.settles, self.losses = most, 0.0, 0
        self.confirm: Callable[[], None] = lambda: None
        self.stored: dict[str, EventRow | LogRow] = {}
        """Key -> row as it came last."""
        self.channels: dict[str, str] = {}
        """Channel -> its label."""
        self.resent = 0
        self.sizes: list[int] = []
        """Rows of each batch that came."""
        self.opened = self.closed = self.tried = 0
        self.fails: Callable[[Batch], None] = lambda _batch: None
        self.trial_fails: SinkError | None = None
        self.begins: dict[Part, int] = {}
        """Cursors that the store itself holds."""

    def open(self) -> None:
        self.opened += 1

    def cursor(self, part: Part, ours: int) -> int:
        return self.begins.get(part, ours)

    def send(self, batch: Batch) -> int:
        self.sizes.append(len(batch))
        self.fails(batch)
        self.store(batch)
        return 0

    def store(self, batch: Batch) -> None:
        for row in rows_of(batch):
            self.resent += row.key.text in self.stored
            self.stored[row.key.text] = row
        self.channels |= {one.name: one.label for one in batch.channels}

    def close(self) -> None:
        self.closed += 1

    def trial(self) -> Iterator[str]:
        self.tried += 1
        yield "connect"
        if self.trial_fails is not None:
            raise self.trial_fails
        yield "write"


def rows_of(batch: Batch) -> Sequence[EventRow | LogRow]:
    return [*batch.events, *batch.log]


MADE: dict[str, MemorySink] = {}
"""Name of a sink -> what it stores into."""


class MemorySettings(Sink, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="memory"):
    """Settings of a store in memory."""

    @property
    def takes_history(self) -> bool:
        return True

    def history(self, chamber: ForwardedChamber, secret: str) -> HistorySink:
        return MADE[self.name]
