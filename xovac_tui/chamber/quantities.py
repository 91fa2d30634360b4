"""Units of measured values: which can be compared with which, and how one becomes the other."""

from __future__ import annotations

from typing import cast, get_args

import msgspec

from xovac_tui.api.pressure import PER_UNIT
from xovac_tui.recipes.units import TemperatureUnit, celsius_from

TEMPERATURE = "temperature"
DIFFERENCE = "difference"
PRESSURE = "pressure"
TIME = "time"
_DIGITS = 12
"""Digits that are kept of a converted value: 293.15 K is 20 degC, not 19.999999999999943."""

_NAMES: dict[str, TemperatureUnit] = {
    **dict.fromkeys(("degc", "°c", "c", "cel", "celsius"), "degC"),
    **dict.fromkeys(("degf", "°f", "f", "fahrenheit"), "degF"),
    **dict.fromkeys(("k", "kelvin"), "K"),
}
_TIMES = {
    "ms": 0.001,
    **dict.fromkeys(("s", "sec"), 1.0),
    **dict.fromkeys(("m", "min"), 60.0),
    **dict.fromkeys(("h", "hr"), 3600.0),
    "d": 86400.0,
}
_PRESSURES = {name.lower(): name for name in PER_UNIT}


class Unit(msgspec.Struct, frozen=True):
    """A unit: `value * factor + offset` is the same in the unit that all of its dimension share."""

    name: str
    dimension: str
    """What it measures; units of one dimension can be compared. Empty where there is no unit."""
    factor: float = 1.0
    offset: float = 0.0

    def to(self, other: Unit, value: float) -> float:
        """Return a value in another unit of the same dimension."""
        if (self.factor, self.offset) == (other.factor, other.offset):
            return value
        return float(f"{(value * self.factor + self.offset - other.offset) / other.factor:.{_DIGITS}g}")


NONE = Unit("", "")
PER_CENT = Unit("%", "ratio", 0.01)
_TEMPERATURES: dict[str, Unit] = {
    name: Unit(name, TEMPERATURE, celsius_from(1.0, name) - celsius_from(0.0, name), celsius_from(0.0, name))
    for name in cast("tuple[TemperatureUnit, ...]", get_args(TemperatureUnit))
}
_DIFFERENCES: dict[str, Unit] = {
    "degC": Unit("K", DIFFERENCE),
    "K": Unit("K", DIFFERENCE),
    "degF": Unit("degF", DIFFERENCE, _TEMPERATURES["degF"].factor),
}
SECONDS = Unit("s", TIME)


def unit_of(name: str) -> Unit:
    """Return the unit with this name: `degC`, `mbar`, `min`, `K/h`, `%`; any other is of its own kind.

    A temperature is one of a thermometer here; `difference_of` makes it one between two of them.
    """
    words = name.strip()
    lower = words.lower()
    if not words:
        return NONE
    if lower in _NAMES:
        return _TEMPERATURES[_NAMES[lower]]
    if lower in _PRESSURES:
        exact = _PRESSURES[lower]
        return Unit(exact, PRESSURE, PER_UNIT[exact])
    if lower in _TIMES:
        return Unit(words, TIME, _TIMES[lower])
    if lower in ("%", "percent"):
        return PER_CENT
    base, divided, time = words.rpartition("/")
    if divided and base and time.lower() in _TIMES:
        return per_time(unit_of(base), time)
    return Unit(words, words)


def difference_of(unit: Unit) -> Unit:
    """Return the unit of a difference of two values in some unit."""
    return _DIFFERENCES[unit.name] if unit.dimension == TEMPERATURE else unit


def temperature_of(unit: Unit) -> Unit:
    """Return the unit of a temperature whose differences have some unit."""
    return _TEMPERATURES[unit.name] if unit.dimension == DIFFERENCE else unit


def per_time(unit: Unit, time: str) -> Unit:
    """Return the unit of a change of a value in some unit, per `s`, `min` or `h`."""
    changed = difference_of(unit)
    return Unit(
        f"{changed.name or '1'}/{time}",
        f"{changed.dimension or 'number'}/time",
        changed.factor / _TIMES[time.lower()],
    )
