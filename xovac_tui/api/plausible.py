"""Which values of a quantity are assumed to be impossible where no contract file says which count."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec

from xovac_tui.units import converted, unit_of
from xovac_tui.validation import convert, read_toml

_FILE = Path(__file__).with_name("plausible.toml")


class PlausibleRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lowest and highest value of a quantity that counts, in a unit. None is no bound."""

    name: str
    """Of the quantity."""
    unit: str
    source: str
    """Why, and that it is assumed."""
    low: float | None = None
    high: float | None = None
    alone: bool = False
    """It is for this unit only, and not for all of its kind."""


class _PlausibleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantities: tuple[PlausibleRange, ...]


@lru_cache(maxsize=1)
def plausible_ranges() -> tuple[PlausibleRange, ...]:
    """Return the table of all quantities."""
    return convert(read_toml(_FILE), _PlausibleTable, str(_FILE)).quantities


@lru_cache(maxsize=1024)
def plausible(unit: str) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value that counts in a unit; None is no bound.

    A unit that the table does not know has none.
    """
    wanted = unit_of(unit)
    own = [one for one in plausible_ranges() if one.alone and unit_of(one.unit) == wanted]
    kind = [
        one for one in plausible_ranges() if not one.alone and unit_of(one.unit).dimension == wanted.dimension
    ]
    for found in (*own, *kind):
        return converted(found.low, found.unit, unit), converted(found.high, found.unit, unit)
    return None, None
