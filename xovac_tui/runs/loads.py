"""What was handed over to the chamber: the plan of a recorded load, and whether it may have arrived."""

from __future__ import annotations

import msgspec

from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recipes.plan import Plan
from xovac_tui.recording.disk.kinds import RecordedLoad

_LOADED = (Outcome.SUCCESS.value, Outcome.UNKNOWN.value)


def plan_of(load: RecordedLoad) -> Plan | None:
    """Return the plan of a recipe that was handed over; None where there is none, or it cannot be read."""
    try:
        return msgspec.json.decode(load.plan, type=Plan) if load.plan else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def loaded(load: RecordedLoad) -> bool:
    """Return whether a recipe that was handed over may have arrived."""
    return load.outcome in _LOADED
