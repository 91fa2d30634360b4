"""What was handed over to the chamber: the recipe, its plan, and whether it may have arrived."""

from __future__ import annotations

import msgspec

from xovac_tui import recipes
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recording import disk

_LOADED = (Outcome.SUCCESS.value, Outcome.UNKNOWN.value)


class LoadedRecipe(msgspec.Struct, frozen=True):
    """A recipe that this console handed to the chamber."""

    name: str
    plan: recipes.plan.Plan
    mono: float
    """Monotonic time of sending, seconds."""
    hash: str = ""
    """SHA-256 of the payload as it was sent, hex."""


def plan_of(load: disk.kinds.RecordedLoad) -> recipes.plan.Plan | None:
    """Return the plan of a recipe that was handed over; None where there is none, or it cannot be read."""
    try:
        return msgspec.json.decode(load.plan, type=recipes.plan.Plan) if load.plan else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def loaded(load: disk.kinds.RecordedLoad) -> bool:
    """Return whether a recipe that was handed over may have arrived."""
    return load.outcome in _LOADED
