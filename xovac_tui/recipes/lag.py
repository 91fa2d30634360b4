"""Ramps that the chamber cannot follow, and what they leave of the holds behind them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from xovac_tui.recipes.plan import Plan, PlanSettings, Segment
from xovac_tui.units import MINUTE

_HAIR = 1.001
"""Ratio within which two rates are the same."""
_SCATTER = 1.1
"""The same for learned rates, which scatter."""


class Lag(msgspec.Struct, frozen=True):
    """One ramp whose duration is the author's, and what this chamber makes of it."""

    ramp: Segment
    rate: float
    """K/min that the ramp asks for."""
    managed: float
    """K/min that the chamber has managed on this way, or is assumed to reach."""
    learned: bool
    """`managed` was learned from its runs."""
    late: float
    """Seconds after the end of the ramp at which the chamber is there, at its usual rates."""
    hold: Segment | None
    """The hold that follows, and that the lag is taken from."""

    @property
    def too_fast(self) -> bool:
        """Whether the ramp asks for more than the chamber has managed or is assumed to reach."""
        return self.rate > self.managed * (_SCATTER if self.learned else _HAIR)


def lags(plan: Plan, settings: PlanSettings) -> Iterator[Lag]:
    """Yield what the chamber makes of each ramp that asks for a rate or a time."""
    segments = [segment for segment in plan.segments if segment.index is not None]
    for ramp, after in pairwise([*segments, None]):
        if ramp is None or ramp.kind != "ramp" or ramp.estimated or ramp.from_temp == ramp.to_temp:
            continue
        hold = after if after is not None and after.kind == "hold" else None
        yield _lag(ramp, hold, settings)


def _lag(ramp: Segment, hold: Segment | None, settings: PlanSettings) -> Lag:
    start, end = ramp.from_temp, ramp.to_temp
    rates = settings.rates
    managed = rates and rates.fastest(heating=end > start, low=min(start, end), high=max(start, end))
    crossing = rates and rates.time(start, end)
    late = abs(end - start) / settings.assumed_rate * MINUTE - ramp.duration
    if rates and crossing:
        # A setpoint that jumps is always ahead, one that moves holds the chamber back where it is fast.
        jumped = crossing[1] - ramp.duration
        late = jumped if settings.step_reading == "jump" else rates.lateness(start, end, ramp.duration) or 0.0
    return Lag(
        ramp=ramp,
        rate=abs(end - start) / ramp.duration * MINUTE,
        managed=managed or settings.assumed_rate,
        learned=bool(managed),
        late=max(0.0, late),
        hold=hold,
    )
