"""The three clocks of a dwell: how long it lasts, how long it was in tolerance, how much of that counts.

Only what was measured counts: time is credited between two measured values that both fulfil the condition and
followed each other at the channel's usual pace. What happened while nothing was received is never credited.

A dwell goes from the message that reports its step to the one that reports another, which is no part of it.
The newest value before it holds at its beginning, and its own newest value until its end, where the edge
follows the value at the usual pace. Lowest, highest and excursions are those of the dwell's own values.
"""

from __future__ import annotations

from typing import Any

import msgspec

from xovac_tui.chamber.observation import Observation

NEAR_PERIODS = 3.0
NEAR_SECONDS = 3.0
"""Values this many usual periods apart, and always this many seconds, cover the time between them."""
_DIGITS = 9
"""Decimals of a difference in K that count: 50.1 is within 50 ± 0.1, whatever binary fractions make of it."""


def near(period: float | None) -> float:
    """Return how far two values may be apart, in seconds, and cover the time between them."""
    return max(NEAR_PERIODS * (period or 0.0), NEAR_SECONDS)


def is_within(celsius: float, target: float, tolerance: float) -> bool:
    """Return whether a temperature is within a tolerance of a target, the edges included. degC and K."""
    return round(abs(celsius - target), _DIGITS) <= tolerance


class Dwell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One dwell so far; times in seconds on the caller's clock, temperatures in degC."""

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
    """Lowest value that came in the dwell."""
    maximum: float | None = None
    """Highest value that came in the dwell."""
    at: float | None = None
    """Time of the newest observation."""
    anchor: float | None = None
    """Time of the newest measured value, which may be of before the dwell; None before the first, and after
    one that could not be used."""
    within: bool = False
    """That value was within the tolerance."""
    counts: bool = False
    """That value fulfilled every condition."""
    cut: bool = False
    """The link was gone since then."""
    doubt: bool = False
    """The data were stale or the pressure too high (or not known) since then."""

    def observe(self, seen: Observation) -> Dwell:
        """Return the dwell after one more observation of the chamber."""
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
            when = min(now, seen.mono if seen.seen is None else seen.seen)
            if self.anchor is None or when > self.anchor:
                changes |= self._measured(when, seen.actual, counts=counts, period=seen.period)
            elif not counts:
                changes |= {"doubt": True}
        return msgspec.structs.replace(self, **changes)

    def close(self, at: float, period: float | None) -> Dwell:
        """Return the dwell as it ended; its newest value holds until then, where that is no gap."""
        before = self.began if self.at is None else self.at
        now = max(before, at)
        credit = self._credit(now, period, counts=True)
        return msgspec.structs.replace(self, at=now, elapsed=self.elapsed + (now - before), **credit)

    def _measured(self, when: float, actual: float, *, counts: bool, period: float | None) -> dict[str, Any]:
        """Return what a new measured value changes, credit for the time since the one before included."""
        within = is_within(actual, self.target, self.tolerance)
        changes: dict[str, Any] = {
            "anchor": when,
            "within": within,
            "counts": within and counts,
            "cut": False,
            "doubt": False,
        }
        if when < self.began:
            # A value of before the dwell is none of its own; it holds at the beginning while it is fresh.
            if self.began - when > near(period):
                return {}
            return changes | ({"reached": 0.0} if within else {})
        changes["minimum"] = actual if self.minimum is None else min(self.minimum, actual)
        changes["maximum"] = actual if self.maximum is None else max(self.maximum, actual)
        if within and self.reached is None:
            changes["reached"] = when - self.began
        if self.within and not within:
            changes["excursions"] = self.excursions + 1
        return changes | (self._credit(when, period, counts=counts) if within else {})

    def _credit(self, until: float, period: float | None, *, counts: bool) -> dict[str, Any]:
        """Return the clocks with the time from the newest value on, as far as that counts."""
        if self.anchor is None or not self.within or self.cut or until - self.anchor > near(period):
            return {}
        seconds = until - max(self.anchor, self.began)
        credited = {"in_tolerance": self.in_tolerance + seconds}
        if self.counts and counts and not self.doubt:
            credited["creditable"] = self.creditable + seconds
        return credited
