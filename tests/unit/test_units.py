"""Units: every spelling means one unit, and a value is the same in another one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.quantities import difference, number, quantity
from xovac_tui.quantities import unit as shown
from xovac_tui.units import (
    NONE,
    PRESSURE,
    converted,
    difference_of,
    from_celsius,
    in_one,
    is_known,
    is_temperature,
    names_of,
    per_time,
    temperature_of,
    to_celsius,
    to_mbar,
    unit_of,
)


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("degC", ["degC", "DegC", "°C", "° C", "º C", "˚C", "℃", "C", "c", "Cel", "Celsius", "deg C"]),
        ("degC", ["degrees C", "degrees Celsius", "degree celsius", " °C ", "Centigrade"]),
        ("K", ["K", "k", "Kelvin", "kelvin", "KELVIN", "\N{KELVIN SIGN}", "degK"]),
        ("degF", ["degF", "°F", "℉", "F", "Fahrenheit", "deg F", "[degF]"]),
        ("mbar", ["mbar", "MBAR", "m bar", "millibar"]),
        ("Pa", ["Pa", "pa", "PA", "pascal"]),
        ("kPa", ["kPa", "kpa", "KPA"]),
        ("hPa", ["hPa", "hpa"]),
        ("mPa", ["mPa"]),
        ("MPa", ["MPa"]),
        ("bar", ["bar", "Bar", "bara"]),
        ("Torr", ["Torr", "torr", "TORR"]),
        ("mTorr", ["mTorr", "mtorr", "millitorr"]),
        ("micron", ["micron", "Microns", "µmHg", "\N{GREEK SMALL LETTER MU}mHg", "um Hg"]),
        ("ubar", ["ubar", "µbar"]),
        ("%", ["%", "percent", "\N{FULLWIDTH PERCENT SIGN}"]),
        ("%RH", ["%RH", "% RH", "%rh", "RH", "r.H.", "%rF"]),
        ("W", ["W", "w", "watts"]),
        ("V", ["V", "Volts", "VDC"]),
        ("A", ["A", "Amps"]),
        ("Ohm", ["Ohm", "Ω", "\N{OHM SIGN}"]),
        ("min", ["min", "minutes"]),
        ("K/min", ["K/min", "°C/min", "degC / min", "K/minute"]),
        ("l/min", ["l/min", "L/min", "LPM", "l / min", "litres/min"]),
        ("m3/h", ["m3/h", "m³/h"]),
        ("slm", ["slm", "SLPM"]),
        ("mbar l/s", ["mbar l/s", "mbar*l/s", "mbar·l/s"]),
        ("degF/h", ["°F/hr", "degF/h"]),
    ],
)
def test_every_spelling_means_one_unit(name: str, spellings: list[str]) -> None:
    for spelling in spellings:
        assert unit_of(spelling).name == name, spelling
        assert is_known(spelling), spelling


@pytest.mark.parametrize("name", ["mpa", "psig", "barg", "degX", "gpm", "gal/min"])
def test_what_could_mean_two_things_or_is_unheard_of_is_not_guessed(name: str) -> None:
    assert unit_of(name).dimension not in (PRESSURE, "temperature")
    assert not is_known(name)
    assert to_mbar(1.0, name) is None


@pytest.mark.parametrize(
    ("value", "unit", "other", "expected"),
    [
        (293.15, "K", "degC", 20.0),
        (68.0, "degF", "degC", 20.0),
        (20.0, "°C", "F", 68.0),
        (-40.0, "degC", "degF", -40.0),
        (1.0, "Torr", "mbar", 1013.25 / 760),
        (1.0, "mbar", "pa", 100.0),
        (1000.0, "mTorr", "Torr", 1.0),
        # 1 mmHg = 133.322387415 Pa (BS 350).
        (1000.0, "micron", "Pa", 133.322387415),
        (1.0, "atm", "Torr", 760.0),
        (1.0, "psi", "Pa", 6894.75729316836),
        (1.0, "h", "min", 60.0),
        (1.0, "d", "h", 24.0),
        (50.0, "%", "percent", 50.0),
        (50.0, "%RH", "%", 50.0),
        (1.0, "K/min", "K/h", 60.0),
        (1.0, "degC/min", "degF/min", 1.8),
        (1.0, "Pa/s", "mbar/h", 36.0),
        (3.0, "W", "mW", 3000.0),
    ],
)
def test_the_same_in_another_unit(value: float, unit: str, other: str, expected: float) -> None:
    assert unit_of(unit).dimension == unit_of(other).dimension
    assert converted(value, unit, other) == pytest.approx(expected, rel=1e-11)
    assert converted(expected, other, unit) == pytest.approx(value, rel=1e-11)


def test_round_values_stay_round() -> None:
    assert to_celsius(293.15, "K") == 20.0
    assert to_celsius(325.15, "Kelvin") == 52.0
    assert to_celsius(125.6, "°F") == 52.0
    assert from_celsius(-40, "degF") == -40
    assert from_celsius(0, "K") == 273.15
    assert from_celsius(100, "℉") == 212
    assert to_celsius(21.3, "") == 21.3


@given(st.floats(-273.15, 1000), st.sampled_from(["degC", "K", "degF", "℃", ""]))
def test_temperatures_survive_the_round_trip(celsius: float, unit: str) -> None:
    assert to_celsius(from_celsius(celsius, unit), unit) == pytest.approx(celsius, abs=1e-8)


@pytest.mark.parametrize(
    ("value", "unit", "mbar"),
    [
        (2.0, "mbar", 2.0),
        (2.0, "hPa", 2.0),
        (101325.0, "Pa", 1013.25),
        (101.325, "kPa", 1013.25),
        (1.01325, "bar", 1013.25),
        (760.0, "Torr", 1013.25),
        (760e3, "mTorr", 1013.25),
    ],
)
def test_the_same_pressure_in_any_unit(value: float, unit: str, mbar: float) -> None:
    assert to_mbar(value, unit) == pytest.approx(mbar)


def test_what_is_not_known_is_not_guessed() -> None:
    for unit in names_of(PRESSURE):
        assert to_mbar(None, unit) is None
        assert to_mbar(math.nan, unit) is None
    for unit in ("", "psig", "degC"):
        assert to_mbar(1.0, unit) is None
    assert to_celsius(1.0, "mbar") is None
    assert to_celsius(None, "degC") is None
    with pytest.raises(ValueError, match="not a unit of temperature"):
        from_celsius(20.0, "V")


def test_a_temperature_and_a_difference_are_two_things() -> None:
    celsius = unit_of("degC")
    assert difference_of(celsius).name == "K"
    assert difference_of(unit_of("degF")).to(difference_of(celsius), 9.0) == 5.0
    assert temperature_of(difference_of(celsius)).dimension == celsius.dimension
    assert difference_of(unit_of("mbar")) == unit_of("mbar")
    assert per_time(celsius, "h").name == "K/h"
    assert per_time(NONE, "min").name == "1/min"
    assert in_one("degF", "K") == pytest.approx(1.8)
    assert in_one("", "K") is None


def test_a_unit_of_another_kind_is_compared_with_itself_only() -> None:
    assert unit_of("") is NONE
    assert unit_of("gpm").dimension == "gpm"
    assert unit_of("gal/s").dimension == "gal/time"
    assert unit_of("V/A").dimension == "V/A"
    assert unit_of("m/s").dimension == "m/s"
    assert not is_temperature("V/A")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (20.04, "degC", "+20.0 °C"),
        (20.04, "℃", "+20.0 °C"),
        (293.15, "K", "293.15 K"),
        (293.15, "Kelvin", "293.15 K"),
        (-4.0, "Fahrenheit", "−4.0 °F"),
        (45.2, "% RH", "45.2 %RH"),
        (12.0, "µA", "12.000 µA"),
        (3.5, "furlong", "3.500 furlong"),
    ],
)
def test_a_value_is_written_with_the_decimals_of_its_unit(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_a_difference_is_written_with_its_own_unit() -> None:
    assert difference(0.31, "degC") == "0.3 K"
    assert difference(0.31, "K", signed=True) == "+0.31 K"
    assert difference(-0.31, "degC", signed=True) == "−0.3 K"
    assert difference(1.8, "degF") == "1.8 °F"
    assert number(math.nan, "K") == "—"
    assert shown("°C/min") == "K/min"


def test_a_flow_at_standard_conditions_is_no_flow_of_a_volume() -> None:
    assert converted(2.0, "slm", "sccm") == 2000.0
    assert converted(60.0, "l/min", "m3/h") == 3.6
    assert converted(1.0, "mbar l/s", "Pa m3/s") == 0.1
    assert converted(1.0, "slm", "l/min") is None
