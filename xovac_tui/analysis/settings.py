"""Settings of insight: when a channel is called stable, and what a careful operator warns of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from xovac_tui.units import ABSOLUTE_ZERO
from xovac_tui.validation import LeftOut, join_key

LONGEST_NAME = 24
"""Characters of a criterion's name, which has a column of the screen."""
Kelvin = Annotated[float, Meta(gt=0, le=1000)]
Pressure = Annotated[float, Meta(ge=1e-12, le=1100)]
Celsius = Annotated[float, Meta(ge=ABSOLUTE_ZERO, le=1000)]


class CriterionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One named criterion: `within`, `rate` or both."""

    within: Kelvin | None = None
    """K: half width of the band in which all values of the window are; it bounds no rate."""
    rate: Kelvin | None = None
    """K/h: largest change over the window, its uncertainty included."""
    over: Annotated[float, Meta(ge=30, le=86_400)] = 600.0
    """Seconds of the window."""
    hold: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    """Seconds for which it must have been so."""


def _shipped() -> dict[str, CriterionSettings]:
    return {
        "±2 K in 10 min": CriterionSettings(within=2.0, over=600.0),
        "3 K/h": CriterionSettings(rate=3.0, over=1800.0),
        "1 K/h": CriterionSettings(rate=1.0, over=1800.0, hold=600.0),
    }


class StabilitySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a channel is called stable."""

    channels: tuple[str, ...] = ()
    """Channels that are judged, by their short or full names; empty: the controlled and the pinned ones."""
    criteria: dict[str, CriterionSettings] = msgspec.field(default_factory=_shipped)
    """Name -> criterion; those of a file replace the shipped ones."""


class AdviceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a careful operator warns of. Assumed: the device's manual does not say."""

    enabled: bool = True
    cold_below_pressure: Pressure = 1e-3
    """mbar at or below which it may become colder than the dew point."""
    dew_point: Celsius = 12.0
    """degC of the room's air, where no channel reports it or the humidity that it follows from."""
    hot_above: Celsius = 40.0
    """degC from which on a rising pressure is taken for outgassing."""
    corona_low: Pressure = 1e-2
    corona_high: Pressure = 100.0
    """mbar between which a powered part may arc."""


class InsightSettings(msgspec.Struct, frozen=True):
    """The settings of both."""

    stability: StabilitySettings = StabilitySettings()
    advice: AdviceSettings = AdviceSettings()


def insight_mistakes(stability: StabilitySettings, advice: AdviceSettings, left: LeftOut) -> Iterator[str]:
    """Yield a sentence for every value of the two tables that cannot be right, beside what was left out."""
    for name, one in stability.criteria.items():
        key = join_key("stability.criteria", name)
        if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            yield f"`{key}`: a name has 1 to {LONGEST_NAME} printable characters. Give it another one."
        if one.within is None and one.rate is None and not left.of(key):
            yield f"`{key}` asks for nothing. Give `within` (K), `rate` (K/h), or both."
    if advice.corona_low >= advice.corona_high and not left.of("advice"):
        high = f"`corona_high`, which is {advice.corona_high:g} mbar"
        yield f"`advice.corona_low`: {advice.corona_low:g} mbar is not below {high}. Swap them?"
