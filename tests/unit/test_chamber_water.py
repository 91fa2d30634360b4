"""Saturation of water and the dew point, against published values."""

from __future__ import annotations

import pytest

from xovac_tui.analysis.water import dew_point, saturation_pressure, saturation_temperature


@pytest.mark.parametrize(
    ("celsius", "mbar"),
    # Goff and Gratch, in the Smithsonian Meteorological Tables.
    [(-20.0, 1.2540), (0.0, 6.1078), (10.0, 12.272), (20.0, 23.373), (30.0, 42.430), (50.0, 123.40)],
)
def test_the_saturation_over_water(celsius: float, mbar: float) -> None:
    assert saturation_pressure(celsius) == pytest.approx(mbar, rel=0.005)


@pytest.mark.parametrize(
    ("mbar", "celsius"),
    [
        (23.373, 20.0),
        (6.112, 0.0),
        # Over ice, the same tables: 1.032 mbar at -20, 0.1283 at -40, 0.01080 at -60 degC.
        (1.032, -20.0),
        (0.1283, -40.0),
        (0.01080, -60.0),
        # Murphy and Koop (Q. J. R. Meteorol. Soc. 131, 2005, 1539): 0.105 Pa at -76 degC.
        (1.05e-3, -76.0),
        (1013.25, 60.0),
        (9.9e9, 60.0),
    ],
)
def test_where_vapour_condenses(mbar: float, celsius: float) -> None:
    assert saturation_temperature(mbar) == pytest.approx(celsius, abs=0.3)


@pytest.mark.parametrize(
    ("celsius", "humidity", "expected"),
    [
        (20.0, 50.0, 9.3),
        (25.0, 60.0, 16.7),
        (21.0, 100.0, 21.0),
        # A sensor in saturated air may say more.
        (21.0, 102.0, 21.0),
        # The frost point of air whose dew point is -8.1 degC.
        (10.0, 27.0, -7.2),
    ],
)
def test_the_dew_point_of_air(celsius: float, humidity: float, expected: float) -> None:
    assert dew_point(celsius, humidity) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("celsius", "humidity"), [(20, 0), (20, -1), (20, 999), (-273, 50), (1372, 50)])
def test_what_no_air_can_be_has_none(celsius: float, humidity: float) -> None:
    assert dew_point(celsius, humidity) is None
