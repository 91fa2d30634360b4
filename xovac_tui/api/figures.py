"""Numbers and units as they are written for people, on the screen and in sentences."""

from __future__ import annotations

import math

from xovac_tui.digits import MINUS, figure
from xovac_tui.units import Unit, difference_of, unit_of

_FIXED_BELOW = 1e6
"""Larger values do not fit their column with fixed decimals, and a number that is cut is another number."""


def unit(name: str) -> str:
    """Return a unit as the screen shows it (`degC` becomes `°C`)."""
    return unit_of(name).shown or unit_of(name).name


def number(value: float, unit_name: str = "", *, log: bool = False) -> str:
    """Return a number with the fixed decimals of its unit; with two digits and exponent where `log`."""
    return _number(value, unit_of(unit_name), log)


def _number(value: float, measured_in: Unit, log: bool) -> str:
    if not math.isfinite(value):
        return "—"
    decimals = measured_in.decimals
    if log:
        form = ".1e"
    elif decimals is not None and abs(value) < _FIXED_BELOW:
        form = f"{'+' if measured_in.signed else ''}.{decimals}f"
    elif value != 0 and (abs(value) >= _FIXED_BELOW or abs(value) < 1e-3):
        form = ".2e"
    else:
        form = ".0f" if value.is_integer() and abs(value) >= 1000 else ".3f"
    return figure(value, form)


def quantity(value: float, unit_name: str = "", *, log: bool = False) -> str:
    """Return a number with its unit: `−18.4 °C`, `1.3e-04 mbar`."""
    text = number(value, unit_name, log=log)
    return f"{text} {unit(unit_name)}" if unit_name and text != "—" else text


def difference(value: float, unit_name: str = "", *, signed: bool = False) -> str:
    """Return a difference of two values in a unit, with its own unit: `0.3 K` between two in degC."""
    text = written(value, difference_of(unit_of(unit_name)))
    return f"+{text}" if signed and not text.startswith((MINUS, "—")) else text


def written(value: float, measured_in: Unit) -> str:
    """Return a number with its unit, which need not have a name in the table: a difference, a rate."""
    text = _number(value, measured_in, False)
    return f"{text} {measured_in.shown or measured_in.name}".rstrip() if text != "—" else text
