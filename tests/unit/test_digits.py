"""No number is ever shown as minus nothing, and there is one way in which numbers are written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.digits import digits, figure, format_number
from xovac_tui.durations import format_change, format_duration, spell_duration
from xovac_tui.plot.scale import steady
from xovac_tui.plot.ticks import value_ticks
from xovac_tui.quantities import difference, format_temperature, number, quantity
from xovac_tui.ui.widgets.trend_model import shown_value
from xovac_tui.units import names_of

TOP = Path(__file__).parents[2]
MINUS_NOTHING = re.compile(r"[-−]0*\.?0*(?:e[-+]?[0-9]+)?(?![0-9.])")
"""A minus before a number of noughts only."""
NEAR_NOTHING = st.one_of(st.floats(-1.1, 1.1), st.floats(-1e-3, 1e-3), st.just(-0.0))
NAMES = ["", *names_of("temperature"), *names_of("pressure"), *names_of("ratio"), "W", "s"]


def is_minus_nothing(text: str) -> bool:
    return MINUS_NOTHING.match(text) is not None


def test_what_minus_nothing_looks_like() -> None:
    assert all(map(is_minus_nothing, ("-0.0", "−0", "-0.00e+00", "−0.0 °C", "-0s", "−0 s")))
    assert not any(map(is_minus_nothing, ("-0.1", "−10", "-0.01 K", "0.0", "-1e-05", "−0.5s")))


@given(NEAR_NOTHING, st.sampled_from([".0f", ".1f", "+.1f", ".2f", "+.3f", ".1e", ".2g", "g", "+.0e"]))
def test_a_number_that_rounds_to_nothing_has_no_minus(value: float, form: str) -> None:
    assert not is_minus_nothing(digits(value, form))
    assert not is_minus_nothing(figure(value, form))
    assert float(digits(value, form)) == float(format(value, form))


@given(NEAR_NOTHING, st.sampled_from(NAMES), st.booleans())
def test_values_with_units_are_never_minus_nothing(value: float, unit: str, log: bool) -> None:
    for text in (
        number(value, unit, log=log),
        quantity(value, unit, log=log),
        difference(value, unit),
        difference(value, unit, signed=True),
        shown_value(value, unit, log),
        shown_value(value, unit, log, ascii_only=True),
        format_number(value),
        format_temperature(value),
        format_duration(value),
        spell_duration(value),
        format_change(value),
    ):
        assert not is_minus_nothing(text), text


@given(st.floats(-50, 50), st.floats(0, 80), st.integers(2, 30))
def test_labels_of_an_axis_are_never_minus_nothing(low: float, span: float, rows: int) -> None:
    scale = steady(None, low, low + span, log=False, rows=rows)
    assert not any(is_minus_nothing(tick.label) for tick in value_ticks(scale))


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (-0.04, "degC", "+0.0 °C"),
        (-0.0, "K", "0.00 K"),
        (-0.04, "%RH", "0.0 %RH"),
        (-0.06, "degC", "−0.1 °C"),
    ],
)
def test_a_value_near_nothing(value: float, unit: str, shown: str) -> None:
    assert quantity(value, unit) == shown


def test_signed_numbers_are_written_in_one_place() -> None:
    """A format with a sign outside `digits` would bring minus nothing back."""
    raw = re.compile(r"\{[^{}\"]*:\+[^{}]*[efg]\}")
    found = [
        f"{path.relative_to(TOP)}: {line.strip()}"
        for path in (TOP / "xovac_tui").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if raw.search(line)
    ]
    assert found == []
