"""Advice: each warning comes with its values when it is so, and only then."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from xovac_tui.analysis.advice import Advice, AdviceContext, Temperature, advise
from xovac_tui.analysis.settings import AdviceSettings

SETTINGS = AdviceSettings()
WARM = Temperature("Test part", 22.0, 0.0)
COLD = Temperature("Plate A", 8.2, 0.0)


def reported(*, settings: AdviceSettings = SETTINGS, **parts: Any) -> tuple[Advice, ...]:
    return advise(AdviceContext(**{"temperatures": (WARM, COLD), **parts}), settings)


def titles(*, settings: AdviceSettings = SETTINGS, **parts: Any) -> list[str]:
    return [one.title for one in reported(settings=settings, **parts)]


VENTING = "Venting while something is cold"
COOLING = "Cooling before the pressure is low"
CORONA = "Part powered in the corona range"
HOT = "Pressure rising in a hot dwell"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, []),
        ({"pressure": 1e-4}, []),
        ({"pressure": 1e-3}, []),
        # At most all of the gas is water: it saturates at -72 degC, at +5.5 and +10.0 degC.
        ({"pressure": 2e-3}, []),
        ({"pressure": 2e-3, "temperatures": (WARM, Temperature("P", -75.0, 0.0))}, [COOLING]),
        ({"pressure": 9.0}, []),
        ({"pressure": 12.3}, [COOLING]),
        ({"pressure": 12.3, "temperatures": (Temperature("P", 11.0, 0.0),)}, []),
        ({"pressure": 900.0}, [COOLING]),
        ({"pressure": 900.0, "temperatures": (WARM,)}, []),
        ({"pressure": 900.0, "temperatures": ()}, []),
        ({"pressure": 900.0, "dew_point": 5.0}, []),
        # It falls and will be there within minutes, and it is meant to.
        ({"pressure": 90.0, "setpoint": -20.0, "temperatures": (Temperature("P", 14.0, -1.0),)}, [COOLING]),
        ({"pressure": 90.0, "setpoint": 15.0, "temperatures": (Temperature("P", 14.0, -1.0),)}, []),
        ({"pressure": 90.0, "setpoint": -20.0, "temperatures": (Temperature("P", 20.0, -1.0),)}, []),
        # One that is not meant to fall so far hides none that is below already.
        (
            {"pressure": 90.0, "setpoint": 15.0, "temperatures": (Temperature("P", 14.0, -2.0), COLD)},
            [COOLING],
        ),
        ({"pressure": 1e-5, "vent": True}, [VENTING]),
        ({"vent": True}, [VENTING]),
        ({"vent": True, "temperatures": (WARM,)}, []),
        ({"pressure": 3.0, "rises": True, "pump": False}, [VENTING]),
        ({"pressure": 30.0, "rises": True, "pump": None}, [COOLING]),
        ({"pressure": 5e-4, "rises": True, "pump": False}, []),
        ({"pressure": 1.0, "powered": True, "temperatures": ()}, [CORONA]),
        ({"pressure": 1.0, "powered": False, "temperatures": ()}, []),
        ({"pressure": 1.0, "temperatures": ()}, []),
        ({"pressure": 1e-4, "powered": True}, []),
        ({"pressure": 200.0, "powered": True, "temperatures": ()}, []),
        ({"powered": True, "temperatures": ()}, []),
    ],
)
def test_it_is_said_when_it_is_so(parts: dict[str, Any], expected: list[str]) -> None:
    assert titles(**parts) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [HOT]),
        ({"rises": False}, []),
        ({"pump": False}, []),
        ({"vent": True}, []),
        ({"pressure": None}, []),
        ({"controlled": None}, []),
        ({"controlled": Temperature("Test part", 39.0, 0.0)}, []),
        ({"controlled": Temperature("Test part", 60.0, 1.0)}, []),
        ({"controlled": Temperature("Test part", 60.0, None)}, []),
        # A ramp of 6 K/h changes as little as a dwell does.
        ({"dwelling": False}, []),
        ({"dwelling": True}, [HOT]),
    ],
)
def test_outgassing_is_said_in_a_hot_dwell_only(changes: dict[str, Any], expected: list[str]) -> None:
    hot = Temperature("Test part", 60.0, 0.1)
    parts = {"pressure": 5e-4, "rises": True, "controlled": hot, "temperatures": (hot,), **changes}
    assert titles(**parts) == expected


def test_held_is_said_where_the_step_says_so() -> None:
    hot = Temperature("Test part", 60.0, 0.1)
    parts: dict[str, Any] = {"pressure": 5e-4, "rises": True, "controlled": hot, "temperatures": (hot,)}
    assert reported(dwelling=True, **parts)[0].text.startswith("Test part is held at +60.0 °C, above")
    assert reported(**parts)[0].text.startswith("Test part is at +60.0 °C, above")


def test_a_place_that_was_not_given_is_called_assumed() -> None:
    (one,) = reported(pressure=32.0, temperatures=(Temperature("Plate A", 8.2, 0.0, place_assumed=True),))
    assert one.text.startswith("Plate A (assumed to be in the vacuum) is +8.2 °C, below")


def test_values_and_assumptions_stand_in_the_words() -> None:
    (one,) = reported(pressure=32.0)
    assert one.text == (
        "Plate A is +8.2 °C, below the dew point of +12.0 °C (assumed), and the pressure is 32.0 mbar: "
        "water may condense."
    )
    assert one.action == "Do not cool on before the pressure is at most 1.0e-03 mbar (assumed)."


def test_the_saturation_at_this_pressure_stands_in_the_words() -> None:
    (one,) = reported(pressure=9.0, temperatures=(Temperature("Plate A", 2.0, 0.0),))
    assert one.text == (
        "Plate A is +2.0 °C, below +5.5 °C, where water saturates at this pressure, and the pressure is "
        "9.00 mbar: water may condense."
    )
    (one,) = reported(pressure=9.0, temperatures=(Temperature("Plate A", 8.0, -1.0),))
    assert one.text.startswith("Plate A is +8.0 °C and falls by 1.0 K/min towards +5.5 °C, where water")


def test_what_is_set_or_reported_is_not_called_assumed() -> None:
    mine = msgspec.structs.replace(SETTINGS, cold_below_pressure=5e-3, dew_point=10.0)
    (one,) = reported(settings=mine, pressure=32.0)
    assert "assumed" not in one.text + one.action
    (one,) = reported(pressure=32.0, dew_point=9.5)
    assert "the dew point of +9.5 °C, and" in one.text


def test_it_can_be_switched_off() -> None:
    assert titles(settings=msgspec.structs.replace(SETTINGS, enabled=False), pressure=32.0) == []
