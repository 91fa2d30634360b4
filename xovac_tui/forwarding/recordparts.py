"""The parts of a record that are forwarded."""

from __future__ import annotations

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
