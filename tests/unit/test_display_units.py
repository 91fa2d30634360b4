"""The units in which values are shown: conversion, texts, and the way back."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.alarmed import Watched
from xovac_tui.alarms.kinds import Rule
from xovac_tui.alarms.kinds.equals import EqualsRule
from xovac_tui.alarms.kinds.frozen import FrozenRule
from xovac_tui.alarms.kinds.level import HighRule, LowRule
from xovac_tui.alarms.kinds.rate import RateRule
from xovac_tui.chamber.alarm import AlarmChange, AlarmsView, as_shown
from xovac_tui.config.check import settings_mistakes
from xovac_tui.config.model import Display, Settings
from xovac_tui.digits import MINUS
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits, Spelling, WordedNumber, choices, chosen
from xovac_tui.units import PRESSURE, TEMPERATURE, difference_of, names_of, unit_of

ROOT = Path(__file__).parents[2]
FAHRENHEIT = DisplayUnits("degF", "Torr")
KELVIN = DisplayUnits("K", "Pa")
CELSIUS = DisplayUnits("degC", "mbar")
_TEMPERATURES = st.floats(-273.15, 1000.0)
_PRESSURES = st.floats(1e-11, 2e3)


def _read(text: str) -> tuple[float, float]:
    """Return a shown number and half of its last digit."""
    plain = text.replace(MINUS, "-")
    mantissa, _, power = plain.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(plain), 0.5 * 10.0 ** (int(power or 0) - decimals)


@given(_TEMPERATURES, st.sampled_from(names_of(TEMPERATURE)), st.sampled_from(choices(TEMPERATURE)))
def test_a_shown_temperature_converted_back_is_the_value_within_its_digits(
    celsius: float, unit: str, shown: str
) -> None:
    units, value = DisplayUnits(shown), unit_of("degC").to(unit_of(unit), celsius)
    number, half = _read(units.number(value, unit))
    one_shown = unit_of(shown).factor / unit_of(unit).factor
    assert abs(units.back(number, unit) - value) <= half * one_shown * (1 + 1e-6) + 1e-9
    assert abs(units.back(units.value(value, unit), unit) - value) < 1e-7


@given(
    _PRESSURES,
    st.sampled_from(names_of(PRESSURE)),
    st.sampled_from(choices(PRESSURE)),
    st.sampled_from((0.0, 0.01, 1.0)),
)
def test_a_shown_pressure_converted_back_is_the_value_within_its_digits(
    mbar: float, unit: str, shown: str, above: float
) -> None:
    units, value = DisplayUnits("", shown, above), unit_of("mbar").to(unit_of(unit), mbar)
    text = units.number(value, unit, log=True)
    number, half = _read(text)
    assert ("e" not in text) == (bool(above) and unit_of(unit).to(unit_of("mbar"), value) >= above)
    one_shown = unit_of(shown).factor / unit_of(unit).factor
    assert abs(units.back(number, unit) - value) <= half * one_shown * (1 + 1e-6)
    assert abs(units.back(units.value(value, unit), unit) - value) <= 1e-9 * value


@given(st.floats(-500, 500), st.sampled_from(names_of(TEMPERATURE)), st.sampled_from(choices(TEMPERATURE)))
def test_a_difference_has_no_offset(change: float, unit: str, shown: str) -> None:
    units = DisplayUnits(shown)
    expected = change * unit_of(unit).factor / unit_of(shown).factor
    assert units.change(change, unit) == pytest.approx(expected, abs=1e-9)
    assert units.change(0.0, unit) == 0.0
    at = units.value(20.0 + change, unit) - units.value(20.0, unit)
    assert units.change(change, unit) == pytest.approx(at, abs=1e-6)


@pytest.mark.parametrize(
    ("units", "value", "unit", "log", "text"),
    [
        (AS_REPORTED, 21.25, "degC", False, "+21.2 °C"),
        (AS_REPORTED, 294.4, "K", False, "294.40 K"),
        (CELSIUS, 294.4, "K", False, "+21.2 °C"),
        (KELVIN, -20.4, "degC", False, "252.75 K"),
        (FAHRENHEIT, -40.0, "°C", False, f"{MINUS}40.0 °F"),
        (FAHRENHEIT, 21.0, "", False, "21.000"),
        (FAHRENHEIT, 40.0, "W", False, "40.0 W"),
        (AS_REPORTED, 3.6e-6, "mbar", True, "3.6e-06 mbar"),
        (AS_REPORTED, 180.0, "mbar", True, "180 mbar"),
        (AS_REPORTED, 1013.25, "mbar", True, "1013 mbar"),
        (AS_REPORTED, 0.01, "mbar", True, "0.0100 mbar"),
        (AS_REPORTED, 9.996, "mbar", True, "10.0 mbar"),
        (AS_REPORTED, 0.00999, "mbar", True, "1.0e-02 mbar"),
        (KELVIN, 3.6e-6, "mbar", True, "3.6e-04 Pa"),
        (KELVIN, 1013.25, "mbar", True, "101325 Pa"),
        (FAHRENHEIT, 1013.25, "mbar", True, "760 Torr"),
        (DisplayUnits(plain_above=0.0), 180.0, "mbar", True, "1.8e+02 mbar"),
        (FAHRENHEIT, math.nan, "degC", False, "—"),
        (FAHRENHEIT, math.nan, "mbar", True, "—"),
    ],
)
def test_a_value_is_written_in_the_chosen_unit(
    units: DisplayUnits, value: float, unit: str, log: bool, text: str
) -> None:
    assert units.quantity(value, unit, log=log) == text


def test_differences_rates_and_words_follow() -> None:
    assert FAHRENHEIT.difference(5.0, "degC", signed=True) == "+9.0 °F"
    assert CELSIUS.difference(9.0, "degF") == "5.0 K"
    assert FAHRENHEIT.tolerance_words(3.0) == "5.4 °F"
    assert FAHRENHEIT.rate_words(1.5) == "2.7 °F/min"
    assert FAHRENHEIT.temperature_words(-20.0) == f"{MINUS}4 °F"
    assert AS_REPORTED.temperature_words(37.5) == "37.5 °C"
    assert FAHRENHEIT.shown_unit("K/h") == "degF/h"
    assert KELVIN.shown_unit("mbar/s") == "Pa/s"
    assert KELVIN.written(2.0, difference_of(unit_of("degC"))) == "2.00 K"


def test_names_have_any_spelling_of_the_table_and_others_are_refused() -> None:
    assert chosen("°F", "pascal") == DisplayUnits("degF", "Pa")
    assert chosen("", "") == AS_REPORTED == Display().units
    wrong = Settings(display=Display(temperature="mbar", pressure="psi"))
    places = [one.partition(":")[0] for one in settings_mistakes(wrong)]
    assert places == ["`display.temperature`", "`display.pressure`"]
    assert not list(settings_mistakes(Settings(display=Display(temperature="kelvin", pressure="torr"))))


def test_an_alarm_is_shown_in_the_chosen_unit_and_recorded_in_the_contracts() -> None:
    bench = Watched(HighRule(name="hot", channel="test_part", limit=60.0))
    bench.evaluator.units = FAHRENHEIT
    bench.report(part=65.0)
    (raised,) = bench.evaluate()
    view = bench.view("hot")
    assert (raised.value, raised.limit) == ("+65.0 °C", "+60.0 °C")
    assert (view.value, view.limit) == ("+149.0 °F", "+140.0 °F")
    assert "°F" in view.text
    assert "°C" not in view.text + view.condition
    assert "°F" not in raised.text
    for change in (raised, by_an_earlier_version(raised)):
        (shown,) = as_shown([change], AlarmsView(alarms=(view,), units=FAHRENHEIT))
        assert (shown.text, shown.value, shown.limit) == (view.text, view.value, view.limit)
    bench.report(part=20.0)
    bench.now += 1.0
    bench.evaluate()
    assert "+149.0 °F" in bench.view("hot").text, "the value that it was raised with"
    bench.evaluator.units = AS_REPORTED
    assert bench.view("hot").text == raised.text


def by_an_earlier_version(change: AlarmChange) -> AlarmChange:
    """Return a change as a record has it that knows the sentence alone."""
    return msgspec.structs.replace(change, phrase=(), value_phrase=(), limit_phrase=())


def test_an_alarm_of_another_process_has_the_value_that_it_was_raised_with() -> None:
    first, second = (Watched(HighRule(name="hot", channel="test_part", limit=60.0)) for _ in range(2))
    first.report(part=65.0)
    (raised,) = first.evaluate()
    second.report(part=66.0)
    second.evaluator.units = FAHRENHEIT
    second.evaluator.restore(msgspec.json.decode(msgspec.json.encode(raised), type=AlarmChange))
    assert "+149.0 °F" in second.view("hot").text
    (returned,) = first.let_pass(1, part=20.0)
    second.evaluator.restore(returned)
    assert "+149.0 °F" in second.view("hot").text


def test_an_alarm_of_an_earlier_version_has_the_value_of_now_while_it_is_active() -> None:
    first, second = (Watched(HighRule(name="hot", channel="test_part", limit=60.0)) for _ in range(2))
    first.report(part=65.0)
    (raised,) = first.evaluate()
    second.report(part=66.0)
    second.evaluator.units = FAHRENHEIT
    second.evaluator.restore(by_an_earlier_version(raised))
    assert "+150.8 °F" in second.view("hot").text
    (returned,) = first.let_pass(1, part=20.0)
    second.evaluator.restore(by_an_earlier_version(returned))
    assert second.view("hot").text == returned.text, "no number of then is known"


@pytest.mark.parametrize(
    "rule",
    [
        HighRule(name="hot", channel="test_part", limit=60.0),
        HighRule(name="spread", value="test_part - plate_a", limit=3.0, on_delay=1.0),
        LowRule(name="cold", channel="test_part", limit=70.0),
        RateRule(name="fast", channel="test_part", limit=0.1),
        EqualsRule(name="both", value="test_part > 60 and plate_a < 60"),
        FrozenRule(name="dead", channel="plate_a", over=20.0),
    ],
    ids=lambda rule: rule.name,
)
def test_what_is_recorded_of_an_alarm_is_its_sentence_in_any_unit(rule: Rule) -> None:
    bench = Watched(rule)
    for second in range(60):
        bench.let_pass(1, part=40.0 + second / 2, plateT={"A": 20.0})
    changes = [msgspec.json.decode(msgspec.json.encode(one), type=AlarmChange) for one in bench.happened]
    assert changes
    for change in changes:
        shown = change.shown_in(FAHRENHEIT)
        assert change.shown_in(DisplayUnits("degC", "mbar")).text == change.text
        assert "°F" in shown.text
        assert not any(unit in shown.text + shown.value + shown.limit for unit in ("°C", " K"))


_WRITERS = frozenset(
    ["number", "quantity", "difference", "written", "format_temperature", "format_rate", "converted"]
)


@given(
    st.builds(
        WordedNumber,
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(["degC", "K", "degF", "mbar", "W", "", "unheard of"]),
        st.sampled_from(Spelling),
        st.booleans(),
        st.none() | st.integers(0, 12),
        st.booleans(),
    ),
    st.builds(
        DisplayUnits,
        temperature=st.sampled_from(["", *choices(TEMPERATURE)]),
        pressure=st.sampled_from(["", *choices(PRESSURE)]),
    ),
)
def test_every_number_of_a_sentence_is_short_and_a_number(number: WordedNumber, units: DisplayUnits) -> None:
    shown = units.spell(number)
    assert len(shown) < 50
    assert "inf" not in shown
    assert "nan" not in shown


def test_the_screens_take_values_from_the_chosen_units_alone() -> None:
    """What formats a value in the contract's unit, or converts one, is asked nowhere else in `ui`."""
    found = {
        (path.name, name)
        for path in (ROOT / "xovac_tui" / "ui").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in ("xovac_tui.quantities", "xovac_tui.units")
        for name in (alias.name for alias in node.names)
        if name in _WRITERS
    }
    # Seconds alone.
    assert found == {("trust_bar.py", "quantity"), ("lines.py", "quantity")}
