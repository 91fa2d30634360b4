"""Numbers with a unit: as people type temperatures, differences and rates, and as any quantity is shown."""

from __future__ import annotations

import math
import re
from typing import Literal, TypeAlias

from xovac_tui.digits import MINUS, figure, format_number, spell_number
from xovac_tui.durations import time_unit
from xovac_tui.errors import RecipeError
from xovac_tui.text import LONGEST_TEXT, quoted
from xovac_tui.units import MINUTE, Unit, difference_of, in_one, is_temperature, to_celsius, unit_of

TemperatureUnit: TypeAlias = Literal["degC", "K", "degF"]

_TYPED = re.compile(r"([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?)\s*(.*)", re.DOTALL)
_TEMPERATURE_HINT = 'write it like "-20", "-20 °C", "253.15 K" or "-4 °F"'
_DIFFERENCE_HINT = 'write it like "2", "2 K" or "3.6 °F"'
_RATE_HINT = 'write it like "1.5", "1.5 K/min", "90 K/h" or "0.02 K/s"'
_NOISE = 9
"""Decimals that are kept of a converted number; binary fractions differ below that."""


def parse_temperature(text: str) -> float:
    """Return the degC of a temperature as a person types it, bare numbers being degC; RecipeError else."""
    value, unit = _typed(text, "temperature", _TEMPERATURE_HINT)
    celsius = to_celsius(value, unit)
    if celsius is None:
        raise RecipeError(
            f"{quoted(text)} has an unknown unit {quoted(unit)}: temperatures are in °C, K or °F."
        )
    return value if celsius == value else _without_noise(celsius)


def parse_difference(text: str) -> float:
    """Return the K of a difference of temperatures as a person types it; RecipeError says what is wrong."""
    value, unit = _typed(text, "difference", _DIFFERENCE_HINT)
    return _kelvins(value, unit, text)


def parse_rate(text: str) -> float:
    """Return the K/min of a rate as a person types it, bare numbers being K/min; RecipeError else."""
    value, unit = _typed(text, "rate", _RATE_HINT)
    if value < 0:
        raise RecipeError(
            f"{quoted(text)} is negative: a rate is above 0, the direction follows from the target."
        )
    degrees, divided, time = unit.replace(" per ", "/").partition("/")
    if not unit:
        return value
    if not divided:
        raise RecipeError(f"{quoted(text)} does not say in which time: {_RATE_HINT}.")
    measured_in = time_unit(time.strip())
    if measured_in is None:
        raise RecipeError(f"{quoted(text)} has an unknown time {quoted(time)}: rates are per h, min or s.")
    kelvins = _kelvins(value, degrees.strip(), text)
    return kelvins if measured_in.factor == MINUTE else _without_noise(kelvins * MINUTE / measured_in.factor)


def _typed(text: str, what: str, hint: str) -> tuple[float, str]:
    """Split "−20 °C" into a number and its unit in lower case."""
    words = " ".join(text.lower().split()).replace(MINUS, "-").replace("\N{EN DASH}", "-")
    if not words:
        raise RecipeError(f"The {what} is empty: {hint}.")
    if len(words) > LONGEST_TEXT:
        raise RecipeError(f"The {what} is {len(words)} characters long: {hint}.")
    if re.match(r"[-+]?[0-9]*,[0-9]", words):
        raise RecipeError(f'{quoted(text)}: decimals are written with a point, like "1.5".')
    # "- 20" is a negative number.
    found = _TYPED.fullmatch(re.sub(r"^([-+]) ", r"\1", words))
    if found is None:
        raise RecipeError(f"{quoted(text)} is not a {what}: {hint}.")
    value = float(found[1])
    if not math.isfinite(value):
        raise RecipeError(f"{quoted(text)} is far too large: check the number.")
    return value + 0.0, found[2]


def _kelvins(value: float, unit: str, text: str) -> float:
    """Return a difference in degrees of some unit in K."""
    kelvins = in_one("K", unit or "K") if is_temperature(unit or "K") else None
    if kelvins is None:
        raise RecipeError(f"{quoted(text)} has an unknown unit {quoted(unit)}: degrees are K, °C or °F.")
    return value if kelvins == 1.0 else _without_noise(value * kelvins)


def _without_noise(value: float) -> float:
    return round(value, _NOISE) + 0.0


def spell_temperature(celsius: float) -> str:
    """Return a temperature in degC as a field shows it, and `parse_temperature` reads it: "-20 °C"."""
    return f"{spell_number(celsius)} °C"


def spell_difference(kelvins: float) -> str:
    """Return a difference in K as a field shows it, and `parse_difference` reads it: "2 K"."""
    return f"{spell_number(kelvins)} K"


def spell_rate(rate: float) -> str:
    """Return a rate in K/min as a field shows it, and `parse_rate` reads it: "1.5 K/min"."""
    return f"{spell_number(rate)} K/min"


def format_temperature(celsius: float) -> str:
    """Return a temperature for a sentence: "−20 °C", "37.5 °C", at most two decimals."""
    return f"{format_number(celsius)} °C"


def format_rate(rate: float) -> str:
    """Return a rate in K/min for a sentence: "1.5 K/min", at most three decimals."""
    return f"{format_number(rate, 3)} K/min"


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


def difference(value: float, unit_name: str = "", *, signed: bool = False, bare: bool = False) -> str:
    """Return a difference of two values in a unit: `0.3 K` between two in degC, `bare` without its unit."""
    unit = difference_of(unit_of(unit_name))
    text = _number(value, unit, False) if bare else written(value, unit)
    return f"+{text}" if signed and not text.startswith((MINUS, "—")) else text


def written(value: float, measured_in: Unit) -> str:
    """Return a number with its unit, which need not have a name in the table: a difference, a rate."""
    text = _number(value, measured_in, False)
    return f"{text} {measured_in.shown or measured_in.name}".rstrip() if text != "—" else text
