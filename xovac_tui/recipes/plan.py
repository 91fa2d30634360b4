"""The time line of a recipe: which temperature is meant when, and in which item of the device's list."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Literal

import msgspec

from xovac_tui.errors import RecipeError
from xovac_tui.recipes import bounds
from xovac_tui.recipes.model import Leaf, Ramp, Recipe, unroll
from xovac_tui.recipes.units import (
    DurationUnit,
    TemperatureUnit,
    format_number,
    format_temperature,
    spell_duration,
)

NO_CHANGE = 0.001
"""K; a ramp over less is no ramp."""


class PlanSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How this device is thought to read a recipe, and what its chamber is thought to do."""

    temperature_unit: TemperatureUnit = "degC"
    duration_unit: DurationUnit = "s"
    step_reading: Literal["ramp", "jump"] = "ramp"
    """`ramp`: the setpoint moves linearly over an item's duration; `jump`: it jumps and holds."""
    chamber_min: float | None = None
    """Lowest temperature that this chamber should be asked for, degC; None: nobody said."""
    chamber_max: float | None = None
    assumed_rate: float = 1.0
    """K/min that this chamber is thought to reach."""
    tolerance: float = 3.0
    """K around the target within which a dwell counts, where the recipe says nothing."""
    pressure: float | None = None
    """mbar at or below which a dwell counts, where the recipe says nothing; None: whatever the pressure."""
    max_items: int = 500
    """Longest list that is sent."""

    def __post_init__(self) -> None:
        if problem := bounds.rate_problem(self.assumed_rate):
            raise RecipeError(f"The assumed rate of this chamber {problem}.")
        if problem := bounds.tolerance_problem(self.tolerance):
            raise RecipeError(f"The tolerance of this chamber {problem}.")
        if self.pressure is not None and (problem := bounds.pressure_problem(self.pressure)):
            raise RecipeError(f"The pressure below which a dwell counts {problem}.")
        if self.max_items < 1:
            raise RecipeError("The longest list that is sent must have at least 1 item.")
        for name, value in (("lowest", self.chamber_min), ("highest", self.chamber_max)):
            if value is not None and (problem := bounds.temperature_problem(value)):
                raise RecipeError(f"The {name} temperature of this chamber {problem}.")
        low, high = self.chamber_min, self.chamber_max
        if low is not None and high is not None and low >= high:
            raise RecipeError("The lowest temperature of this chamber must be below its highest.")


class Segment(msgspec.Struct, frozen=True):
    """One ramp or hold on the time line; times in seconds since the start of the recipe, degC."""

    index: int | None
    """Number of its item in the device's list, the first is 1; None when it takes no time and is not sent."""
    start: float
    end: float
    from_temp: float
    to_temp: float
    label: str
    cycle: tuple[int, int] | None = None
    """(2, 4) in the second of four rounds of the innermost repeat."""
    estimated: bool = False
    """Its duration is not the author's but follows from the assumed rate."""
    where: str = ""
    """Its place in the file, `steps[3].steps[0]`."""
    kind: Literal["ramp", "hold"] = "ramp"
    arrival: float | None = None
    """When `to_temp` is reached, if before `end`: a device that jumps waits there for the rest."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start

    def temperature_at(self, t: float) -> float:
        """Return the planned temperature in degC at a time within the segment."""
        arrival = self.end if self.arrival is None else self.arrival
        if t >= arrival:
            return self.to_temp
        return self.from_temp + (self.to_temp - self.from_temp) * (t - self.start) / (arrival - self.start)


class Plan(msgspec.Struct, frozen=True):
    """A recipe laid out in time from a temperature at the start."""

    recipe_name: str
    segments: tuple[Segment, ...]
    total: float
    """Seconds."""
    estimated: bool
    """Some duration follows from the assumed rate."""
    minimum: float
    """Lowest planned temperature, the start included, degC."""
    maximum: float
    start_temperature: float = 20.0
    tolerance: float = 3.0
    """K around the target within which a dwell counts: the recipe's word, else the profile's."""
    pressure: float | None = None
    """mbar at or below which a dwell counts: the recipe's word, else the profile's; None: any."""

    @property
    def final(self) -> float:
        """The planned temperature at the end, degC."""
        return self.segments[-1].to_temp if self.segments else self.start_temperature

    def segment_at(self, t: float) -> Segment | None:
        """Return the segment at a time in seconds since the start; None before and after the recipe."""
        if not 0 <= t <= self.total or not self.segments:
            return None
        return self.segments[bisect_right(self.segments, t, key=lambda segment: segment.start) - 1]

    def item(self, index: int) -> Segment | None:
        """Return the segment of the device's item with this number (the first is 1), or None."""
        return next((segment for segment in self.segments if segment.index == index), None)

    def temperature_at(self, t: float) -> float:
        """Return the planned temperature in degC, before the start and after the end as at start and end."""
        segment = self.segment_at(t)
        if segment is not None:
            return segment.temperature_at(t)
        return self.start_temperature if t < 0 else self.final

    def points(self) -> list[tuple[float, float]]:
        """Return the corners of the profile as (seconds, degC), in order of time."""
        corners = [(0.0, self.start_temperature)]
        for segment in self.segments:
            if segment.arrival is not None:
                corners.append((segment.arrival, segment.to_temp))
            corners.append((segment.end, segment.to_temp))
        return [corner for n, corner in enumerate(corners) if n == 0 or corner != corners[n - 1]]


def plan_recipe(recipe: Recipe, settings: PlanSettings, start_temperature: float = 20.0) -> Plan:
    """Lay a recipe out in time; RecipeError when it is meaningless (limits are the check's business)."""
    problems = [sentence for _, sentence in bounds.recipe_problems(recipe)]
    if problem := bounds.temperature_problem(start_temperature):
        problems.append(f"The temperature at the start {problem}.")
    if problems:
        raise RecipeError("\n".join(problems))
    segments: list[Segment] = []
    now, here, index = 0.0, start_temperature, 0
    for leaf in unroll(recipe.steps):
        duration, estimated = _duration(leaf, here, settings)
        index += duration > 0
        segment = _segment(leaf, index if duration > 0 else None, now, duration, here, estimated, settings)
        segments.append(segment)
        now, here = segment.end, segment.to_temp
    temperatures = [start_temperature, *(segment.to_temp for segment in segments)]
    return Plan(
        recipe_name=recipe.name,
        segments=tuple(segments),
        total=now,
        estimated=any(segment.estimated for segment in segments),
        minimum=min(temperatures),
        maximum=max(temperatures),
        start_temperature=start_temperature,
        tolerance=settings.tolerance if recipe.tolerance is None else recipe.tolerance,
        pressure=settings.pressure if recipe.pressure is None else recipe.pressure,
    )


def _duration(leaf: Leaf, here: float, settings: PlanSettings) -> tuple[float, bool]:
    """Return the seconds that a ramp or hold takes, and whether they are estimated."""
    step = leaf.step
    if not isinstance(step, Ramp):
        return step.duration, False
    if step.over is not None:
        return step.over, False
    change = abs(step.to - here)
    if change < NO_CHANGE:
        return 0.0, False
    rate = step.rate if step.rate is not None else settings.assumed_rate
    return change / rate * 60.0, step.rate is None


def _segment(
    leaf: Leaf,
    index: int | None,
    start: float,
    duration: float,
    here: float,
    estimated: bool,
    settings: PlanSettings,
) -> Segment:
    step = leaf.step
    target = step.to if isinstance(step, Ramp) else here
    arrival = None
    if settings.step_reading == "jump" and target != here:
        fastest = abs(target - here) / settings.assumed_rate * 60.0
        if fastest < duration and not math.isclose(fastest, duration):
            arrival = start + fastest
    return Segment(
        index=index,
        start=start,
        end=start + duration,
        from_temp=here,
        to_temp=target,
        label=_label(leaf, here, duration),
        cycle=leaf.cycle,
        estimated=estimated,
        where=leaf.where,
        kind="ramp" if isinstance(step, Ramp) else "hold",
        arrival=arrival,
    )


def _label(leaf: Leaf, here: float, duration: float) -> str:
    step = leaf.step
    if not isinstance(step, Ramp):
        return f"hold {format_temperature(here)} for {spell_duration(step.duration)}"
    target = format_temperature(step.to)
    if duration == 0:
        return f"already at {target}"
    if step.rate is not None:
        return f"ramp to {target} at {format_number(step.rate, 3)} K/min"
    if step.over is not None:
        return f"ramp to {target} in {spell_duration(step.over)}"
    return f"ramp to {target} as fast as it goes"
