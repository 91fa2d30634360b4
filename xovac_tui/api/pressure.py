"""Pressures as devices send them, in the unit in which the program compares them: mbar."""

from __future__ import annotations

import math

PER_UNIT = {
    "mbar": 1.0,
    "hPa": 1.0,
    "Pa": 0.01,
    "kPa": 10.0,
    "bar": 1000.0,
    "Torr": 1013.25 / 760,
}
"""mbar in one of the unit."""


def to_mbar(value: float | None, unit: str) -> float | None:
    """Return a pressure in mbar; None where it is not known, not finite, or in a unit nobody explained."""
    factor = PER_UNIT.get(unit)
    if value is None or factor is None or not math.isfinite(value):
        return None
    return value * factor
