"""What a careful operator would say now. Advisory only: nothing here interlocks or acts on the chamber."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from xovac_tui.analysis.settings import AdviceSettings
from xovac_tui.analysis.water import saturation_temperature
from xovac_tui.digits import digits
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits

SOON = 5.0
"""Minutes ahead within which a temperature that falls is announced before it is reached."""
_STEADY = 0.5
"""K/min; a temperature that changes less is steady."""
LABEL = "Advisory only: nothing here interlocks or acts on the chamber"
VENTING = "Venting while something is cold"
COOLING = "Cooling before the pressure is low"
CORONA = "Part powered in the corona range"
OUTGASSING = "Pressure rising in a hot dwell"
"""Titles: each names one kind of advice."""


class Temperature(msgspec.Struct, frozen=True):
    """One temperature of the chamber."""

    label: str
    celsius: float
    per_minute: float | None = None
    """K/min."""
    place_assumed: bool = False
    """It is not known to be in the vacuum."""

    @property
    def named(self) -> str:
        """What it is called, with the mark of a place that is assumed."""
        return self.label + (" (assumed to be in the vacuum)" if self.place_assumed else "")


class AdviceContext(msgspec.Struct, frozen=True, kw_only=True):
    """All that advice is given on; None means that it is not reported, or too old."""

    temperatures: tuple[Temperature, ...] = ()
    """Those in the vacuum."""
    controlled: Temperature | None = None
    setpoint: float | None = None
    """degC."""
    pressure: float | None = None
    """mbar."""
    rises: bool = False
    """The pressure has surely risen over the recent past."""
    pump: bool | None = None
    vent: bool | None = None
    """The vent valve is open."""
    powered: bool | None = None
    """The test part is powered."""
    dew_point: float | None = None
    """degC of the room's air, as channels report it."""
    dwelling: bool | None = None
    """The step of the recipe holds its temperature; False in a ramp, None where no step is known."""
    units: DisplayUnits = AS_REPORTED
    """The units in which the advice shows values."""


class Advice(msgspec.Struct, frozen=True):
    """One warning."""

    title: str
    text: str
    """What is so, with the values, as a sentence."""
    action: str
    """What to do, as a sentence."""


def advise(moment: AdviceContext, settings: AdviceSettings) -> tuple[Advice, ...]:
    """Return what is to be said, the worst first."""
    return tuple(_all(moment, settings)) if settings.enabled else ()


def _all(moment: AdviceContext, settings: AdviceSettings) -> Iterator[Advice]:
    pressure, units = moment.pressure, moment.units
    dew = settings.dew_point if moment.dew_point is None else moment.dew_point
    dew_words = units.quantity(dew, "degC") + (
        _assumed(settings, "dew_point") if moment.dew_point is None else ""
    )
    coldest = min(moment.temperatures, key=lambda one: one.celsius, default=None)
    if coldest is not None and coldest.celsius < dew and _vents(moment, settings):
        now = "is being vented" if moment.vent else "fills with air"
        if pressure is not None:
            now += f" ({units.pressure_words(pressure)})"
        yield Advice(
            VENTING,
            f"{coldest.named} is {units.quantity(coldest.celsius, 'degC')}, below the dew point of "
            f"{dew_words}, and the chamber {now}: water condenses on it.",
            "Close the vent, and warm everything above the dew point first.",
        )
    elif pressure is not None and pressure > settings.cold_below_pressure:
        # No more of the gas than all of it is water.
        saturated = saturation_temperature(pressure)
        limit_words = f"the dew point of {dew_words}"
        if saturated < dew:
            limit_words = f"{units.quantity(saturated, 'degC')}, where water saturates at this pressure"
        yield from _cold_in_air(moment, settings, pressure, min(dew, saturated), limit_words)
    if moment.powered and pressure is not None and settings.corona_low <= pressure <= settings.corona_high:
        low, high = (
            digits(units.value(one, "mbar"), ".3g") for one in (settings.corona_low, settings.corona_high)
        )
        span = f"{low} to {high} {units.unit('mbar')}"
        span += _assumed(settings, "corona_low", "corona_high")
        yield Advice(
            CORONA,
            f"The test part is powered at {units.pressure_words(pressure)}, within {span}: "
            "high voltages may arc.",
            "Switch the part off until the pressure is below, or above, that range.",
        )
    yield from _outgassing(moment, settings)


def _vents(moment: AdviceContext, settings: AdviceSettings) -> bool:
    """Return whether air comes in: the valve is open, or the pressure rises far with the pump off."""
    if moment.vent:
        return True
    high = moment.pressure is not None and moment.pressure > settings.cold_below_pressure
    return moment.pump is False and moment.rises and high


def _cold_in_air(
    moment: AdviceContext, settings: AdviceSettings, pressure: float, limit: float, words: str
) -> Iterator[Advice]:
    """Yield advice where something is, or soon will be, cold enough for water to condense on it."""

    def soon(one: Temperature) -> float:
        falls = min(0.0, one.per_minute or 0.0)
        return one.celsius + SOON * falls

    # What is below it now comes before what will be.
    found = min(moment.temperatures, key=lambda one: (one.celsius >= limit, soon(one)), default=None)
    if found is None or soon(found) >= limit:
        return
    if found.celsius < limit:
        is_so = f"is {moment.units.quantity(found.celsius, 'degC')}, below {words}"
    elif moment.setpoint is not None and moment.setpoint >= limit:
        return
    else:
        is_so = (
            f"is {moment.units.quantity(found.celsius, 'degC')} and falls by "
            f"{moment.units.difference(-(found.per_minute or 0.0), 'degC')}/min towards {words}"
        )
    low = moment.units.pressure_words(settings.cold_below_pressure) + _assumed(
        settings, "cold_below_pressure"
    )
    yield Advice(
        COOLING,
        f"{found.named} {is_so}, and the pressure is {moment.units.pressure_words(pressure)}: "
        "water may condense.",
        f"Do not cool on before the pressure is at most {low}.",
    )


def _outgassing(moment: AdviceContext, settings: AdviceSettings) -> Iterator[Advice]:
    """Yield advice where the pressure rises in a hot dwell, though it is pumped."""
    one = moment.controlled
    if one is None or moment.pressure is None or not moment.rises or moment.pump is False or moment.vent:
        return
    # A slow ramp changes as little as a dwell does: the step says which it is.
    steady = one.per_minute is not None and abs(one.per_minute) < _STEADY
    if one.celsius < settings.hot_above or not steady or moment.dwelling is False:
        return
    held = "is held at" if moment.dwelling else "is at"
    yield Advice(
        OUTGASSING,
        f"{one.label} {held} {moment.units.quantity(one.celsius, 'degC')}, above "
        f"{moment.units.quantity(settings.hot_above, 'degC')}{_assumed(settings, 'hot_above')}, and the "
        f"pressure has risen to {moment.units.pressure_words(moment.pressure)}: something gives off gas.",
        "Look what it is before going hotter: gas may foul the part, and can be toxic where it is let out.",
    )


def _assumed(settings: AdviceSettings, *fields: str) -> str:
    """Return the mark of figures that are not set for this chamber."""
    shipped = AdviceSettings()
    mine = all(getattr(settings, field) != getattr(shipped, field) for field in fields)
    return "" if mine else " (assumed)"
