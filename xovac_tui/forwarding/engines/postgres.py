"""Writes into PostgreSQL; the cursor is moved in the transaction that stores a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xovac_tui.forwarding.batch import Batch
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part

if TYPE_CHECKING:
    from xovac_tui.forwarding.sinksettings import ForwardedChamber, Sink


class PostgresWriter:
    """One connection to a database."""

    most = 2_000

    def __init__(self, sink: Sink, chamber: ForwardedChamber, secret: str) -> None:
        raise SinkError(Failure(FailureCode.MISSING, "postgres"), SinkRemedy.SETTINGS)

    def open(self) -> None:
        """Connect."""

    def cursor(self, part: Part, ours: int) -> int:
        """Return where to go on."""
        return ours

    def send(self, batch: Batch) -> int:
        """Store a batch."""
        return 0

    def close(self) -> None:
        """Let go of the connection."""

    def trial(self) -> Iterator[str]:
        """Try step by step whether it can be used."""
        yield "connect"
