"""The parts of a record that are forwarded."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Part(StrEnum):
    """A part of the record with a cursor of its own, by the name of its table."""

    EVENTS = "events"
    """Readings: one row a message."""
    ALARMS = "alarms"
    COMMANDS = "ledger"
    MARKS = "marks"
    RUNS = "runs"


LOG_PARTS = (Part.ALARMS, Part.COMMANDS, Part.MARKS, Part.RUNS)
"""Parts whose rows are entries of the log."""


def received_name(table: str) -> str:
    """Return in place of a table what a sink has received of it, though a sudden end may still lose that."""
    return f"{table} received"


def received(known: Mapping[tuple[str, str], int], sink: str, table: str, otherwise: int = 0) -> int:
    """Return the cursor before which a sink has received a table's rows; `otherwise`: not known."""
    return max(known.get((sink, table), otherwise), known.get((sink, received_name(table)), otherwise))
