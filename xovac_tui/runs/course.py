"""The plan as a course to follow: the items that the device was given, and what is left after each."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from xovac_tui import recipes


class PlanCourse:
    """A plan, made ready for finding a place in it often; times in seconds of the recipe."""

    def __init__(self, plan: recipes.plan.Plan) -> None:
        self.plan = plan
        self.items = tuple(segment for segment in plan.segments if segment.index is not None)
        """The segments that take time, in order; the first is the device's step 1."""
        self._starts = [segment.start for segment in self.items]
        self._shortest = list(accumulate((segment.shortest for segment in self.items), initial=0.0))
        self._longest = list(accumulate((segment.longest for segment in self.items), initial=0.0))

    def item(self, step: int) -> recipes.plan.Segment | None:
        """Return the segment of the device's step (the first is 1), or None."""
        return self.items[step - 1] if 1 <= step <= len(self.items) else None

    def at(self, position: float) -> recipes.plan.Segment | None:
        """Return the segment at a time of the plan, from its end on the last; None where there is none."""
        if not self.items:
            return None
        return self.items[max(0, bisect_right(self._starts, position) - 1)]

    def left(self, position: float) -> tuple[float, float, float]:
        """Return what is left from a time of the plan on: shortest, planned and longest seconds."""
        segment = self.at(position)
        if segment is None or segment.index is None or position >= self.plan.total:
            return 0.0, 0.0, 0.0
        part = min(1.0, max(0.0, (segment.end - position) / segment.duration))
        return (
            self._shortest[-1] - self._shortest[segment.index] + part * segment.shortest,
            self.plan.total - position,
            self._longest[-1] - self._longest[segment.index] + part * segment.longest,
        )
