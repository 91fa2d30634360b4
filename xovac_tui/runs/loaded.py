"""The recipe that the chamber was handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from xovac_tui.recipes.plan import Plan


class LoadedRecipe(msgspec.Struct, frozen=True):
    """A recipe that this console handed to the chamber."""

    name: str
    plan: Plan
    mono: float
    """Monotonic time of sending, seconds."""
    hash: str = ""
    """SHA-256 of the payload as it was sent, hex."""
