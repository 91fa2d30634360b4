"""The units in which values are shown: the one place that converts from the units of the data.

Data, record, exports, rules and recipe files keep the units of the contract and of the recipe. What shows a
value asks a `DisplayUnits` for its text, with the unit that the value has.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, TypeAlias

import msgspec

from xovac_tui import quantities
from xovac_tui.digits import figure, format_number
from xovac_tui.units import (
    DIFFERENCE,
    MBAR,
    PRESSURE,
    TEMPERATURE,
    Unit,
    difference_of,
    per_time,
    unit_of,
)

PLAIN_ABOVE = 0.01
"""mbar at or above which a pressure is written without an exponent, where the settings say nothing."""
_PLAIN_BELOW = 1e6
"""In the shown unit: seven digits and more are written with an exponent."""
_PLAIN_DIGITS = 3
_CHOICES = {TEMPERATURE: ("degC", "K", "degF"), PRESSURE: ("mbar", "Pa", "Torr")}
"""What can be chosen; the screens have room for the digits of these."""


def choices(dimension: str) -> tuple[str, ...]:
    """Return the names of the units in which temperatures, or pressures, can be shown."""
    return _CHOICES[dimension]


_LARGE_PERCENT = 1e6
"""Per cent from which on a change is written with an exponent."""


class Spelling(StrEnum):
    """How a number is written."""

    VALUE = "value"
    DIFFERENCE = "difference"
    PER_MINUTE = "per minute"
    RATIO_PER_MINUTE = "ratio per minute"
    WORKED_OUT = "worked out"
    """In a unit that need not have a name in the table."""


class WordedNumber(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number of a sentence, in the unit that it has in the data."""

    value: float
    unit: str = ""
    """Name in the table of units, of a difference that of the two values."""
    spelling: Spelling = Spelling.VALUE
    log: bool = False
    """Written with an exponent."""
    decimals: Annotated[int, msgspec.Meta(ge=0, le=12)] | None = None
    """Of a number that is worked out; None: as many as its size asks for."""
    difference: bool = False
    """A number that is worked out is the difference of two temperatures."""


Phrase: TypeAlias = tuple[str | WordedNumber, ...]
"""A sentence or a part of one, with its numbers as data, so that it can be shown in any unit."""


def worded(value: float, unit: str = "", spelling: Spelling = Spelling.VALUE, *, log: bool = False) -> Phrase:
    """Return a number as a part of a sentence."""
    # JSON has no other numbers.
    return (WordedNumber(value, unit, spelling, log),) if math.isfinite(value) else ("—",)


def worked_out(value: float, measured_in: Unit) -> Phrase:
    """Return a number in a unit that need not have a name in the table, as a part of a sentence."""
    if not math.isfinite(value):
        return ("—",)
    difference = measured_in.dimension == DIFFERENCE
    return (
        WordedNumber(
            value,
            measured_in.name,
            Spelling.WORKED_OUT,
            decimals=measured_in.decimals,
            difference=difference,
        ),
    )


def as_data(phrase: Phrase) -> Phrase:
    """Return what is kept of a sentence beside its text: the sentence where it has numbers, else nothing."""
    return phrase if any(isinstance(one, WordedNumber) for one in phrase) else ()


class DisplayUnits(msgspec.Struct, frozen=True):
    """The chosen units, as their names in the table; empty: values are shown in the unit that they have."""

    temperature: str = ""
    pressure: str = ""
    plain_above: float = PLAIN_ABOVE
    """mbar at or above which a pressure has no exponent; 0: it always has one."""

    # -- values and differences -------------------------------------------------------------------------

    def shown_unit(self, unit_name: str) -> str:
        """Return the name of the unit in which values in a unit are shown."""
        return _target(self.temperature, self.pressure, unit_of(unit_name)).name if unit_name else ""

    def value(self, value: float, unit_name: str) -> float:
        """Return a value in the unit in which it is shown."""
        return self._to(unit_of(unit_name), value)

    def values(self, values: Sequence[float], unit_name: str) -> Sequence[float]:
        """Return many values in the unit in which they are shown; NaN stays NaN."""
        one = unit_of(unit_name)
        other = _target(self.temperature, self.pressure, one)
        factor = one.factor / other.factor
        offset = (one.offset - other.offset) / other.factor
        return array("d", (value * factor + offset for value in values))

    def change(self, value: float, unit_name: str) -> float:
        """Return a difference of two values in the unit of a difference of the shown ones: no offset."""
        return self._to(difference_of(unit_of(unit_name)), value)

    def back(self, shown: float, unit_name: str) -> float:
        """Return a shown value in the unit that it has in the data."""
        one = unit_of(unit_name)
        return _target(self.temperature, self.pressure, one).to(one, shown)

    def _to(self, one: Unit, value: float) -> float:
        return one.to(_target(self.temperature, self.pressure, one), value)

    # -- texts ------------------------------------------------------------------------------------------

    def unit(self, unit_name: str) -> str:
        """Return the shown unit as people write it: `°F` for `degC`."""
        return quantities.unit(self.shown_unit(unit_name))

    def number(self, value: float, unit_name: str = "", *, log: bool = False) -> str:
        """Return a value without its unit: `−18.4`, `1.3e-04`, `180`."""
        shown = self.value(value, unit_name)
        if log and (text := self._plain(value, shown, unit_of(unit_name))):
            return text
        return quantities.number(shown, self.shown_unit(unit_name), log=log)

    def quantity(self, value: float, unit_name: str = "", *, log: bool = False) -> str:
        """Return a value with its unit: `−18.4 °C`, `1.3e-04 mbar`, `180 mbar`."""
        text = self.number(value, unit_name, log=log)
        return f"{text} {self.unit(unit_name)}" if unit_name and text != "—" else text

    def difference(
        self, value: float, unit_name: str = "", *, signed: bool = False, bare: bool = False
    ) -> str:
        """Return a difference of two values in a unit: `0.3 K`, `bare` without its unit."""
        shown = self.change(value, unit_name)
        return quantities.difference(shown, self.shown_unit(unit_name), signed=signed, bare=bare)

    def difference_unit(self, unit_name: str) -> str:
        """Return the unit of `difference` as people write it: `K`, `°F`."""
        one = difference_of(unit_of(self.shown_unit(unit_name)))
        return one.shown or one.name

    def written(self, value: float, measured_in: Unit) -> str:
        """Return a value with its unit, which need not have a name in the table: a difference, a rate."""
        return quantities.written(
            self._to(measured_in, value), _target(self.temperature, self.pressure, measured_in)
        )

    def spell(self, number: WordedNumber) -> str:
        """Return a number of a sentence, with its unit."""
        match number.spelling:
            case Spelling.DIFFERENCE:
                return self.difference(number.value, number.unit)
            case Spelling.PER_MINUTE:
                return f"{self.difference(number.value, number.unit)} a minute"
            case Spelling.RATIO_PER_MINUTE:
                percent = number.value * 100
                form = ".0f" if abs(percent) < _LARGE_PERCENT else ".1e"
                return f"{figure(percent, form)} % a minute" if math.isfinite(percent) else "—"
            case Spelling.WORKED_OUT:
                one = unit_of(number.unit)
                one = difference_of(one) if number.difference else one
                return self.written(number.value, msgspec.structs.replace(one, decimals=number.decimals))
        return self.quantity(number.value, number.unit, log=number.log)

    def phrase(self, phrase: Iterable[str | WordedNumber]) -> str:
        """Return a sentence with its numbers in the shown units."""
        return "".join(one if isinstance(one, str) else self.spell(one) for one in phrase)

    # -- as sentences have them -------------------------------------------------------------------------

    def temperature_words(self, celsius: float) -> str:
        """Return a temperature in degC for a sentence: "−20 °C", "37.5 °C", at most two decimals."""
        return f"{format_number(self.value(celsius, 'degC'))} {self.unit('degC')}"

    def tolerance_words(self, kelvins: float) -> str:
        """Return a difference in K for a sentence: "3 K", "5.4 °F", at most two decimals."""
        return f"{format_number(self.change(kelvins, 'degC'))} {self.difference_unit('degC')}"

    def rate_words(self, rate: float, decimals: int = 3) -> str:
        """Return a rate in K/min for a sentence: "1.5 K/min", at most that many decimals."""
        return f"{format_number(self.change(rate, 'degC'), decimals)} {self.difference_unit('degC')}/min"

    def pressure_words(self, mbar: float) -> str:
        """Return a pressure in mbar for a sentence: `1.3e-04 mbar`, `180 mbar`."""
        return self.quantity(mbar, "mbar", log=True)

    def hint(self, unit_name: str) -> str:
        """Return what to say beside a field that takes another unit than the shown one: `shown in °F`."""
        shown = self.unit(unit_name)
        return "" if shown == quantities.unit(unit_name) else f"shown in {shown}"

    def _plain(self, value: float, shown: float, one: Unit) -> str:
        """Return a pressure without an exponent; empty where it is to have one."""
        if one.dimension != PRESSURE or not self.plain_above or not math.isfinite(shown):
            return ""
        if one.to(MBAR, value) < self.plain_above or shown >= _PLAIN_BELOW:
            return ""
        decimals = max(0, _PLAIN_DIGITS - 1 - math.floor(math.log10(shown)))
        # 9.996 has its first digit in another place once it is rounded.
        rounded = round(shown, decimals)
        return figure(rounded, f".{max(0, _PLAIN_DIGITS - 1 - math.floor(math.log10(rounded)))}f")


AS_REPORTED = DisplayUnits()
"""Every value in the unit that it has."""


@lru_cache(maxsize=1024)
def _target(temperature: str, pressure: str, one: Unit) -> Unit:
    """Return the unit in which values in a unit are shown; the same one where nothing is chosen for it."""
    changing, divided, _ = one.dimension.partition("/")
    if divided:
        # Degrees and pressures alone are chosen: a rate of them follows, a rate of anything else stays.
        shown = {DIFFERENCE: temperature, PRESSURE: pressure}.get(changing, "")
        return per_time(unit_of(shown), one.name.rpartition("/")[2]) if shown else one
    if one.dimension == TEMPERATURE and temperature:
        return unit_of(temperature)
    if one.dimension == DIFFERENCE and temperature:
        return difference_of(unit_of(temperature))
    if one.dimension == PRESSURE and pressure:
        return unit_of(pressure)
    return one


def chosen(temperature: str, pressure: str, plain_above: float = PLAIN_ABOVE) -> DisplayUnits:
    """Return the chosen units; each name may have any spelling of the table, or be empty."""
    return DisplayUnits(
        unit_of(temperature).name if temperature.strip() else "",
        unit_of(pressure).name if pressure.strip() else "",
        plain_above,
    )


def flaw(dimension: str, name: str) -> str:
    """Return what is wrong with a unit chosen for temperatures or pressures; empty where nothing is."""
    if not name.strip() or unit_of(name).name in choices(dimension):
        return ""
    *first, last = (f'"{one}"' for one in choices(dimension))
    return f'"{name}" cannot be shown. Write {", ".join(first)} or {last}; "" is the unit of the contract.'
