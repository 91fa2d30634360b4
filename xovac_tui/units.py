"""Units of measurement: names, spellings, dimensions, conversions and decimals, for the whole program.

Factors are those of NIST SP 811 (2008), appendix B.8. A temperature in this table is that of a thermometer;
`difference_of` gives the unit of a difference between two of them.
"""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache

import msgspec

TEMPERATURE = "temperature"
DIFFERENCE = "difference"
PRESSURE = "pressure"
TIME = "time"
RATIO = "ratio"
FLOW = "flow"
STANDARD_FLOW = "standard flow"
"""Of gas at the standard conditions of its maker (0, 20 or 25 °C): no factor leads from it to a `FLOW`."""
THROUGHPUT = "throughput"
_DIGITS = 12
"""Digits that are kept of a converted value: 293.15 K is 20 degC, not 19.999999999999943."""

ABSOLUTE_ZERO = -273.15
"""degC."""
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
"""Seconds."""


class Unit(msgspec.Struct, frozen=True):
    """A unit: `value * factor + offset` is the same in the unit that all of its dimension share."""

    name: str
    """The one name by which the program knows it: `degC`, `mbar`."""
    dimension: str
    """What it measures; units of one dimension can be compared. Empty where there is no unit."""
    factor: float = 1.0
    offset: float = 0.0
    decimals: int | None = None
    """Decimals that a value is shown with; None: as many as its size asks for."""
    shown: str = ""
    """How people write it (`°C`); empty: by its name."""
    signed: bool = False
    """A value is shown with its sign, also above 0."""

    def to(self, other: Unit, value: float) -> float:
        """Return a value in another unit of the same dimension."""
        if (self.factor, self.offset) == (other.factor, other.offset):
            return value
        return float(f"{(value * self.factor + self.offset - other.offset) / other.factor:.{_DIGITS}g}")


NONE = Unit("", "")
PER_CENT = Unit("%", RATIO, 0.01, decimals=1)
SECONDS = Unit("s", TIME, decimals=1)
CELSIUS = Unit("degC", TEMPERATURE, decimals=1, shown="°C", signed=True)
_KELVIN = Unit("K", TEMPERATURE, 1.0, -273.15, decimals=2)
_FAHRENHEIT = Unit("degF", TEMPERATURE, 5 / 9, -160 / 9, decimals=1, shown="°F", signed=True)
MBAR = Unit("mbar", PRESSURE)
_MMHG = 13_595.1 * 9.806_65 / 1000 / 100
"""mbar in 1 mmHg: density of mercury by convention, kg/m³, and standard gravity, m/s² (SP 811, B.8)."""
_PSI = 0.453_592_37 * 9.806_65 / 0.0254**2 / 100

# Temperatures are in degC, pressures in mbar, times in seconds, ratios of 1; all else in the unit of SI.
_TABLE: tuple[tuple[Unit, str], ...] = (
    (CELSIUS, "degC °C C Cel Celsius degCelsius degreeCelsius degreesCelsius centigrade"),
    (_KELVIN, "K Kelvin Kelvins degK °K"),
    (_FAHRENHEIT, "degF °F F Fahrenheit degFahrenheit degreeFahrenheit degreesFahrenheit [degF]"),
    (MBAR, "mbar mbara mbarabs millibar millibars"),
    (Unit("hPa", PRESSURE), "hPa hectopascal"),
    (Unit("Pa", PRESSURE, 0.01), "Pa pa PA pascal pascals"),
    (Unit("kPa", PRESSURE, 10.0), "kPa kPaabs kilopascal"),
    (Unit("MPa", PRESSURE, 10_000.0), "MPa megapascal"),
    (Unit("mPa", PRESSURE, 1e-5), "mPa millipascal"),
    (Unit("bar", PRESSURE, 1000.0), "bar bara barabs"),
    (Unit("ubar", PRESSURE, 0.001, shown="µbar"), "ubar µbar microbar"),
    (Unit("Torr", PRESSURE, 1013.25 / 760), "Torr torrs"),
    (Unit("mTorr", PRESSURE, 1013.25 / 760 / 1000), "mTorr millitorr"),
    (Unit("mmHg", PRESSURE, _MMHG), "mmHg"),
    (Unit("micron", PRESSURE, _MMHG / 1000), "micron microns umHg µmHg"),
    (Unit("atm", PRESSURE, 1013.25), "atm atmosphere atmospheres"),
    (Unit("psi", PRESSURE, _PSI), "psi psia"),
    (Unit("inHg", PRESSURE, 25.4 * _MMHG), "inHg"),
    (PER_CENT, "% percent pct"),
    (Unit("%RH", RATIO, 0.01, decimals=1), "%RH RH% RH %r.H. r.H. %rF"),
    (Unit("ppm", RATIO, 1e-6), "ppm"),
    (Unit("W", "power", decimals=1), "W watt watts"),
    (Unit("mW", "power", 0.001, decimals=1), "mW milliwatt"),
    (Unit("kW", "power", 1000.0, decimals=3), "kW kilowatt"),
    (Unit("V", "voltage", decimals=2), "V volt volts Vdc Vac"),
    (Unit("mV", "voltage", 0.001, decimals=1), "mV millivolt"),
    (Unit("kV", "voltage", 1000.0, decimals=3), "kV kilovolt"),
    (Unit("A", "current", decimals=2), "A amp amps ampere amperes"),
    (Unit("mA", "current", 0.001, decimals=1), "mA milliampere"),
    (Unit("uA", "current", 1e-6, shown="µA"), "uA µA microampere"),
    (Unit("nA", "current", 1e-9), "nA"),
    (Unit("pA", "current", 1e-12), "pA"),
    (Unit("Ohm", "resistance", shown="Ω"), "Ohm Ohms Ω"),
    (Unit("kOhm", "resistance", 1000.0, shown="kΩ"), "kOhm kΩ"),
    (Unit("J", "energy"), "J joule joules"),
    (Unit("kJ", "energy", 1000.0), "kJ"),
    (Unit("Wh", "energy", HOUR), "Wh"),
    (Unit("kWh", "energy", 1000 * HOUR), "kWh"),
    (Unit("Hz", "frequency"), "Hz hertz"),
    (Unit("kHz", "frequency", 1000.0), "kHz"),
    (Unit("MHz", "frequency", 1e6), "MHz megahertz"),
    (Unit("rpm", "frequency", 1 / MINUTE), "rpm U/min rev/min r/min"),
    (Unit("l/min", FLOW, 0.001 / MINUTE), "l/min lpm liter/min litre/min liters/min litres/min"),
    (Unit("l/s", FLOW, 0.001), "l/s lps"),
    (Unit("l/h", FLOW, 0.001 / HOUR), "l/h lph"),
    (Unit("ml/min", FLOW, 1e-6 / MINUTE), "ml/min ccm/min"),
    (Unit("m3/h", FLOW, 1 / HOUR, shown="m³/h"), "m3/h cmh"),
    (Unit("m3/s", FLOW, shown="m³/s"), "m3/s"),
    (Unit("slm", STANDARD_FLOW, 0.001 / MINUTE), "slm slpm sl/min"),
    (Unit("sccm", STANDARD_FLOW, 1e-6 / MINUTE), "sccm sccpm scc/min"),
    (Unit("mbar l/s", THROUGHPUT, 0.1), "mbarl/s mbar*l/s mbar·l/s mbar.l/s"),
    (Unit("Pa m3/s", THROUGHPUT, shown="Pa m³/s"), "Pam3/s Pa*m3/s Pa·m3/s Pa.m3/s"),
    (Unit("mm", "length", 0.001), "mm"),
    (Unit("um", "length", 1e-6, shown="µm"), "um µm"),
    (SECONDS, "s sec secs second seconds"),
    (Unit("ms", TIME, 0.001), "ms"),
    (Unit("min", TIME, MINUTE), "min m mins minute minutes"),
    (Unit("h", TIME, HOUR), "h hr hrs hour hours"),
    (Unit("d", TIME, DAY), "d day days"),
)
_BY_NAME = {unit.name: unit for unit, _ in _TABLE}
_DIFFERENCES = {
    "degC": Unit("K", DIFFERENCE, decimals=1),
    "K": Unit("K", DIFFERENCE, decimals=2),
    "degF": Unit("degF", DIFFERENCE, _FAHRENHEIT.factor, decimals=1, shown="°F"),
}


def _plain(words: str) -> str:
    """Return a spelling without spaces and with one sign each for degree, micro, ohm and kelvin."""
    # The ordinal indicator and the ring above are what keyboards offer where the degree sign is missing.
    text = words.replace("º", "°").replace("˚", "°").replace("degrees ", "deg").replace("deg. ", "deg")
    return "".join(unicodedata.normalize("NFKC", text).split())


def _spellings() -> tuple[dict[str, Unit], dict[str, Unit]]:
    """Return the units by every spelling, and by those in small letters that can mean one unit only."""
    exact = {_plain(word): unit for unit, words in _TABLE for word in words.split()}
    folded: dict[str, set[Unit]] = {}
    for word, unit in exact.items():
        folded.setdefault(word.casefold(), set()).add(unit)
    return exact, {word: next(iter(units)) for word, units in folded.items() if len(units) == 1}


_EXACT, _FOLDED = _spellings()


@lru_cache(maxsize=1024)
def unit_of(name: str) -> Unit:
    """Return the unit with this name or spelling: `degC`, `℃`, `mbar`, `min`, `K/h`, `%`.

    Any other is of its own kind: its dimension is its name. Large and small letters are distinguished only
    where they make two units (`mPa`, `MPa`).
    """
    words = name.strip()
    if not words:
        return NONE
    plain = _plain(words)
    found = _EXACT.get(plain) or _FOLDED.get(plain.casefold())
    if found is not None:
        return found
    base, divided, time = plain.rpartition("/")
    if divided and base and unit_of(time).dimension == TIME and unit_of(base).dimension != TIME:
        return per_time(unit_of(base), unit_of(time).name)
    return Unit(words, words)


def difference_of(unit: Unit) -> Unit:
    """Return the unit of a difference of two values in some unit."""
    return _DIFFERENCES[unit.name] if unit.dimension == TEMPERATURE else unit


def temperature_of(unit: Unit) -> Unit:
    """Return the unit of a temperature whose differences have some unit."""
    return _BY_NAME[unit.name] if unit.dimension == DIFFERENCE else unit


def per_time(unit: Unit, time: str) -> Unit:
    """Return the unit of a change of a value in some unit, per `s`, `min` or `h`."""
    changed = difference_of(unit)
    base = changed.name or "1"
    return Unit(
        f"{base}/{time}",
        f"{changed.dimension or 'number'}/time",
        changed.factor / unit_of(time).factor,
        shown=f"{changed.shown or base}/{time}",
    )


def is_known(name: str) -> bool:
    """Return whether the table has a unit of this name, or no unit is named at all."""
    unit = unit_of(name)
    base = unit.name.partition("/")[0] if unit.dimension.endswith("/time") else unit.name
    return not base or base in _BY_NAME or base == "1"


def is_temperature(name: str) -> bool:
    """Return whether this is the unit of a thermometer."""
    return unit_of(name).dimension == TEMPERATURE


def names_of(dimension: str) -> tuple[str, ...]:
    """Return the names of the units of a dimension, in the order of the table."""
    return tuple(unit.name for unit, _ in _TABLE if unit.dimension == dimension)


def converted(value: float | None, unit: str, other: str) -> float | None:
    """Return a value in another unit; None where it is not known or the two measure different things."""
    one, two = unit_of(unit), unit_of(other)
    return None if value is None or one.dimension != two.dimension else one.to(two, value)


def to_celsius(value: float | None, unit: str) -> float | None:
    """Return a temperature in degC; None where it is not known or in no unit of temperature.

    A temperature without a unit is taken for one in degC, throughout the program.
    """
    return converted(value, unit or "degC", "degC")


def from_celsius(celsius: float, unit: str) -> float:
    """Return a temperature in degC in another unit of temperature, without a unit in degC.

    Raises ValueError where the unit measures something else.
    """
    found = converted(celsius, "degC", unit or "degC")
    if found is None:
        raise ValueError(f"{unit} is not a unit of temperature")
    return found


def to_mbar(value: float | None, unit: str) -> float | None:
    """Return a pressure in mbar; None where it is not known, not finite, or in no unit of pressure."""
    return None if value is None or not math.isfinite(value) else converted(value, unit, "mbar")


def lowest(name: str) -> float | None:
    """Return what every value in a unit is above: absolute zero, or no pressure at all; else None."""
    unit = unit_of(name)
    if unit.dimension == PRESSURE:
        return 0.0
    return from_celsius(ABSOLUTE_ZERO, name) if unit.dimension == TEMPERATURE else None


def in_one(unit: str, other: str) -> float | None:
    """Return how many of the first unit a difference of 1 of the second is: 1.8 degF are 1 K; else None."""
    one, two = difference_of(unit_of(unit)), difference_of(unit_of(other))
    return two.factor / one.factor if one.dimension == two.dimension else None
