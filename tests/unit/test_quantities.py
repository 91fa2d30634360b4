"""Units: what they measure, and that a value becomes the same one in another unit."""

import pytest

from xovac_tui.chamber.quantities import NONE, difference_of, per_time, temperature_of, unit_of


@pytest.mark.parametrize(
    ("value", "unit", "other", "expected"),
    [
        (293.15, "K", "degC", 20.0),
        (68.0, "degF", "degC", 20.0),
        (20.0, "°C", "F", 68.0),
        (-40.0, "degC", "degF", -40.0),
        (1.0, "Torr", "mbar", 1013.25 / 760),
        (1.0, "mbar", "pa", 100.0),
        (1.0, "h", "min", 60.0),
        (1.0, "d", "h", 24.0),
        (50.0, "%", "percent", 50.0),
        (1.0, "K/min", "K/h", 60.0),
        (1.0, "degC/min", "degF/min", 1.8),
        (1.0, "Pa/s", "mbar/h", 36.0),
        (3.0, "W", "W", 3.0),
    ],
)
def test_the_same_in_another_unit(value: float, unit: str, other: str, expected: float) -> None:
    assert unit_of(unit).dimension == unit_of(other).dimension
    assert unit_of(unit).to(unit_of(other), value) == pytest.approx(expected, rel=1e-11)
    assert unit_of(other).to(unit_of(unit), expected) == pytest.approx(value, rel=1e-11)


def test_a_kelvin_becomes_a_round_number() -> None:
    assert unit_of("K").to(unit_of("degC"), 293.15) == 20.0


def test_a_temperature_and_a_difference_are_two_things() -> None:
    celsius = unit_of("degC")
    assert difference_of(celsius).name == "K"
    assert difference_of(unit_of("degF")).to(difference_of(celsius), 9.0) == 5.0
    assert temperature_of(difference_of(celsius)).dimension == celsius.dimension
    assert difference_of(unit_of("mbar")) == unit_of("mbar")
    assert per_time(celsius, "h").name == "K/h"
    assert per_time(NONE, "min").name == "1/min"


def test_what_nobody_explained_is_of_its_own_kind() -> None:
    assert unit_of("") is NONE
    assert unit_of("V").dimension == "V"
    assert unit_of("l/s").dimension == "l/time"
    assert unit_of("V/A").dimension == "V/A"
