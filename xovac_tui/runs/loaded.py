"""The recipe that the chamber was handed."""

from __future__ import annotations

import msgspec

from xovac_tui import recipes


class LoadedRecipe(msgspec.Struct, frozen=True):
    """A recipe that this console handed to the chamber."""

    name: str
    plan: recipes.plan.Plan
    mono: float
    """Monotonic time of sending, seconds."""
    hash: str = ""
    """SHA-256 of the payload as it was sent, hex."""
