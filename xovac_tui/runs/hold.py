"""A hold of a run, placed in time for charts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from xovac_tui import recipes


class PlacedHold(msgspec.Struct, frozen=True):
    """A hold of a run, as it went or as it is planned; monotonic seconds, degC and K."""

    start: float
    end: float
    target: float
    tolerance: float
    pressure: float | None = None
    """mbar at or below which its time counts; None: at any pressure."""
    planned: bool = False
    """It has not begun."""


def next_hold(
    holds: Sequence[PlacedHold], segment: recipes.plan.Segment | None, now: float
) -> PlacedHold | None:
    """Return the hold whose tolerance the running step leads to: itself, or of a ramp the hold at its end.

    `now` is monotonic seconds. None where the step is not known, or where it leads to no hold.
    """
    if segment is None:
        return None
    if segment.kind == "hold":
        return next((one for one in reversed(holds) if not one.planned and one.start <= now), None)
    following = next((one for one in holds if one.planned), None)
    leads = following is not None and abs(segment.to_temp - following.target) <= following.tolerance
    return following if leads else None
