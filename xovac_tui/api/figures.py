"""Numbers and units as they are written for people, on the screen and in sentences."""

from __future__ import annotations

import math

MINUS = "−"
_UNITS = {
    "degC": "°C",
    "degF": "°F",
    "Cel": "°C",
    "K/min": "K/min",
    "%": "%",
    "percent": "%",
    "Ohm": "Ω",
    "um": "µm",
    "ubar": "µbar",
}
_DECIMALS = {"degC": 1, "Cel": 1, "degF": 1, "K": 1, "W": 1, "%": 1, "percent": 1, "V": 2, "A": 2, "s": 1}
_SIGNED = {"degC", "Cel", "degF"}
_FIXED_BELOW = 1e6
"""Larger values do not fit their column with fixed decimals, and a number that is cut is another number."""


def unit(name: str) -> str:
    """Return a unit as the screen shows it (`degC` becomes `°C`)."""
    return _UNITS.get(name, name)


def number(value: float, unit_name: str = "", *, log: bool = False) -> str:
    """Return a number with the fixed decimals of its unit; with two digits and exponent where `log`."""
    if not math.isfinite(value):
        return "—"
    if log:
        text = f"{value:.1e}"
    elif unit_name in _DECIMALS and abs(value) < _FIXED_BELOW:
        text = (
            f"{value:+.{_DECIMALS[unit_name]}f}"
            if unit_name in _SIGNED
            else f"{value:.{_DECIMALS[unit_name]}f}"
        )
    elif value != 0 and (abs(value) >= _FIXED_BELOW or abs(value) < 1e-3):
        text = f"{value:.2e}"
    else:
        text = f"{value:.0f}" if value.is_integer() and abs(value) >= 1000 else f"{value:.3f}"
    return with_minus(text)


def quantity(value: float, unit_name: str = "", *, log: bool = False) -> str:
    """Return a number with its unit: `−18.4 °C`, `1.3e-04 mbar`."""
    text = number(value, unit_name, log=log)
    return f"{text} {unit(unit_name)}" if unit_name and text != "—" else text


def with_minus(text: str) -> str:
    """Return a number with a true minus sign in its mantissa."""
    mantissa, exponent, power = text.partition("e")
    return mantissa.replace("-", MINUS) + exponent + power
