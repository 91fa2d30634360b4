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

    def open(self) -> None: ...
    def cursor(self, part: Part, ours: int) -> int: ...
    def send(self, batch: Batch) -> None: ...
    def close(self) -> None: ...
    def trial(self) -> Iterator[str]: ...
