"""A hold of a run, placed in time for charts."""

from __future__ import annotations

import msgspec


class PlacedHold(msgspec.Struct, frozen=True):
    """A hold of a run, as it went or as it is planned; monotonic seconds, degC and K."""

    start: float
    end: float
    target: float
    tolerance: float
    pressure: float | None = None
    """mbar at or below which its time counts; None: at any pressure."""
    planned: bool = False
    """It has not begun."""
