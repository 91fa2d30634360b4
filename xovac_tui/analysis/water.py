"""When water condenses: saturation over water and ice, and the dew point of air. Pure; degC and mbar.

Saturation vapour pressure by the Magnus formulas of the WMO's Guide to Instruments and Methods of Observation
(WMO-No. 8), annex 4.B: over water from -45 to 60 degC, over ice from -65 to 0 degC. The enhancement factor of
moist air, which makes less than 0.1 K in the dew point, is left out.
"""

from __future__ import annotations

import math

_AT_ZERO = 6.112
"""mbar, saturation vapour pressure at 0 degC."""
_WATER, _ICE = (17.62, 243.12), (22.46, 272.62)
"""Factor (1) and temperature (K) of the Magnus formulas."""
_LOWEST, _HIGHEST = -45.0, 60.0
"""degC between which the one over water holds."""
_WETTEST = 105.0
"""% of humidity up to which a sensor is taken to mean saturated air; more is no humidity."""


def saturation_pressure(celsius: float) -> float:
    """Return the saturation vapour pressure over water in mbar."""
    factor, kelvin = _WATER
    return _AT_ZERO * math.exp(factor * celsius / (kelvin + celsius))


def saturation_temperature(mbar: float) -> float:
    """Return the temperature below which vapour of a pressure in mbar condenses, to ice below 0 degC.

    60 degC for all pressures of which it is higher: there the formula ends.
    """
    factor, kelvin = _WATER if mbar >= _AT_ZERO else _ICE
    logarithm = math.log(min(mbar, saturation_pressure(_HIGHEST)) / _AT_ZERO)
    return kelvin * logarithm / (factor - logarithm)


def dew_point(celsius: float, humidity: float) -> float | None:
    """Return the dew point of air with a relative humidity over water in %; below 0 degC the frost point.

    None for what no air can be, and where the formula does not hold.
    """
    if not (_LOWEST <= celsius <= _HIGHEST and 0 < humidity <= _WETTEST):
        return None
    return saturation_temperature(saturation_pressure(celsius) * min(humidity, 100.0) / 100)
