"""Settings of recipes: how this device reads one. Assumed, because its manual does not say."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from xovac_tui.units import ABSOLUTE_ZERO


class RecipeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How this device reads a recipe: assumed, because its manual does not say."""

    temperature_unit: Literal["degC", "K", "degF"] = "degC"
    duration_unit: Literal["s", "min", "h", "ms"] = "s"
    step_reading: Literal["ramp", "jump"] = "ramp"
    """`ramp`: the setpoint moves linearly over the duration; `jump`: it jumps and holds."""
    min: Annotated[float, Meta(ge=ABSOLUTE_ZERO)] | None = None
    """Lowest temperature this chamber should be asked for, degC."""
    max: Annotated[float, Meta(ge=ABSOLUTE_ZERO)] | None = None
    """Highest, degC."""
    assumed_rate: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    """K/min taken for a ramp "as fast as it goes" when a time line is planned."""
    tolerance: Annotated[float, Meta(gt=0, le=100)] = 3.0
    """K around the target within which a dwell counts, where a recipe says nothing."""
    pressure: Annotated[float, Meta(ge=1e-12, le=1100)] | None = None
    """mbar at or below which a dwell counts, where a recipe says nothing; None: whatever the pressure."""
    max_items: Annotated[int, Meta(ge=1, le=100_000)] = 500
    """Longest flat list that is sent."""
