"""Pressures in the units that devices send."""

from __future__ import annotations

import math

import pytest

from xovac_tui.api.pressure import PER_UNIT, to_mbar


@pytest.mark.parametrize(
    ("value", "unit", "mbar"),
    [
        (2.0, "mbar", 2.0),
        (2.0, "hPa", 2.0),
        (101325.0, "Pa", 1013.25),
        (101.325, "kPa", 1013.25),
        (1.01325, "bar", 1013.25),
        (760.0, "Torr", 1013.25),
    ],
)
def test_the_same_pressure_in_any_unit(value: float, unit: str, mbar: float) -> None:
    assert to_mbar(value, unit) == pytest.approx(mbar)


def test_what_is_not_known_is_not_guessed() -> None:
    for unit in PER_UNIT:
        assert to_mbar(None, unit) is None
        assert to_mbar(math.nan, unit) is None
    for unit in ("", "psi", "MBAR", "degC"):
        assert to_mbar(1.0, unit) is None
