"""The three clocks of a dwell: how long it lasts, how long it was in tolerance, how much of that counts.

Only what was measured counts: time is credited between two measured values that both fulfil the condition and
followed each other at the channel's usual pace. What happened while nobody saw it is never credited.
"""

from __future__ import annotations

from typing import Any

import msgspec

from xovac_tui.chamber.observation import Observation

NEAR_PERIODS = 3.0
NEAR_SECONDS = 3.0
"""Values this many usual periods apart, and always this many seconds, vouch for the time between them."""


class Dwell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One dwell as it stands; times in seconds on the caller's clock, temperatures in degC."""

    began: float
    target: float
    tolerance: float
    """K around the target."""
    pressure: float | None = None
    """mbar at or below which it counts; None: at any pressure."""
    elapsed: float = 0.0
    in_tolerance: float = 0.0
    """Seconds with the temperature within the tolerance."""
    creditable: float = 0.0
    """Seconds of these with the pressure condition met, the link up and the data fresh."""
    reached: float | None = None
    """Seconds from the beginning until the temperature was first within the tolerance."""
    excursions: int = 0
    """How often the temperature left the tolerance after that."""
    minimum: float | None = None
    maximum: float | None = None
    at: float | None = None
    """Time of the newest observation."""
    anchor: float | None = None
    """Time of the newest measured value; None before the first, and after one that could not be used."""
    within: bool = False
    """That value was within the tolerance."""
    counts: bool = False
    """That value fulfilled every condition."""
    cut: bool = False
    """The link was gone since then."""
    doubt: bool = False
    """The data were stale or the pressure too high (or not known) since then."""

    def observe(self, seen: Observation) -> Dwell:
        """Return the dwell after one more look at the chamber."""
        before = self.began if self.at is None else self.at
        now = max(before, seen.mono)
        changes: dict[str, Any] = {"at": now, "elapsed": self.elapsed + (now - before)}
        counts = self.pressure is None or (seen.pressure is not None and seen.pressure <= self.pressure)
        if not seen.linked:
            changes |= {"cut": True, "doubt": True}
        elif not seen.fresh:
            changes |= {"doubt": True}
        elif seen.actual is None:
            # The message came, but without a usable value: what was before cannot reach beyond it.
            changes |= {"anchor": None}
        else:
            when = min(now, max(self.began, seen.mono if seen.seen is None else seen.seen))
            if self.anchor is None or when > self.anchor:
                changes |= self._measured(when, seen.actual, counts=counts, period=seen.period)
            elif not counts:
                changes |= {"doubt": True}
        return msgspec.structs.replace(self, **changes)

    def _measured(self, when: float, actual: float, *, counts: bool, period: float | None) -> dict[str, Any]:
        """Return what a new measured value changes, credit for the time since the one before included."""
        within = abs(actual - self.target) <= self.tolerance
        changes: dict[str, Any] = {
            "anchor": when,
            "within": within,
            "counts": within and counts,
            "cut": False,
            "doubt": False,
            "minimum": actual if self.minimum is None else min(self.minimum, actual),
            "maximum": actual if self.maximum is None else max(self.maximum, actual),
        }
        if within and self.reached is None:
            changes["reached"] = when - self.began
        if self.within and not within:
            changes["excursions"] = self.excursions + 1
        if self.anchor is not None:
            gap = when - self.anchor
            near = gap <= max(NEAR_PERIODS * (period or 0.0), NEAR_SECONDS)
            if near and self.within and within and not self.cut:
                changes["in_tolerance"] = self.in_tolerance + gap
                if self.counts and counts and not self.doubt:
                    changes["creditable"] = self.creditable + gap
        return changes
