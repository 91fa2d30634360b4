"""Settings of alarms: where rules are written, and how the set of limits is chosen."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


class AlarmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is watched on every chamber."""

    defaults: bool = True
    """Watch what this program watches by itself."""
    files: tuple[str, ...] = ()
    """TOML files with more `[[rules]]`, relative to the settings file."""
    limit_set: Literal["auto", "ambient", "pumping", "tvac"] = "auto"
    """Set of limits to begin with; `auto`: by the pressure."""
    ambient_above: Annotated[float, Meta(gt=0, le=1100)] = 500.0
    """mbar above which `auto` takes the limits for `ambient`."""
    tvac_below: Annotated[float, Meta(gt=0, le=1100)] = 1e-2
    """mbar below which `auto` takes those for `tvac`; between the two it is `pumping`."""
    rules: tuple[Any, ...] = ()
    """Tables as they were written: `alarms.rules` checks and reads them, as it does those of files.

    A rule replaces an earlier one (a default, one of a file) of the same name.
    """
