"""Lay a recipe out over time: its temperature at each moment, and the item of the device's list."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Literal, NamedTuple

import msgspec

from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import DurationUnit, spell_duration
from xovac_tui.errors import RecipeError
from xovac_tui.quantities import TemperatureUnit, format_rate, format_temperature
from xovac_tui.recipes import bounds
from xovac_tui.recipes.model import Leaf, Ramp, Recipe, unroll
from xovac_tui.recipes.places import StepPath, path_of, place_of
from xovac_tui.recipes.rates import Rates
from xovac_tui.units import MINUTE

NO_CHANGE = 0.001
"""K; a ramp over less is no ramp."""
ASSUMED = "assumed"
"""The basis of a time that follows from the assumed rate."""


class PlanSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How this device is thought to read a recipe, and what its chamber is thought to do."""

    temperature_unit: TemperatureUnit = "degC"
    duration_unit: DurationUnit = "s"
    step_reading: Literal["ramp", "jump"] = "ramp"
    """`ramp`: the setpoint moves linearly over an item's duration; `jump`: it jumps and holds."""
    chamber_min: float | None = None
    """Lowest temperature that this chamber should be asked for, degC; None: not set."""
    chamber_max: float | None = None
    assumed_rate: float = 1.0
    """K/min that this chamber is thought to reach."""
    rates: Rates | None = None
    """What this chamber has managed; where it is known it replaces the assumed rate."""
    tolerance: float = 3.0
    """K around the target within which a dwell counts, where the recipe says nothing."""
    pressure: float | None = None
    """mbar at or below which a dwell counts, where the recipe says nothing; None: whatever the pressure."""
    max_items: int = 500
    """Longest list that is sent."""
    pressure_reported: bool | None = None
    """Whether a message is known to report the pressure; None: not checked."""

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
    """Its duration is not the author's but follows from learned rates or from the assumed one."""
    basis: str = ""
    """What an estimated duration rests on: "assumed" or "learned from 3 runs"."""
    shortest: float = 0.0
    """Seconds that it may take at least, by what the chamber has managed."""
    longest: float = 0.0
    where: str = ""
    """Its place in the recipe as records keep it, `step 4.1`; read it as `path`."""
    kind: Literal["ramp", "hold"] = "ramp"
    arrival: float | None = None
    """When `to_temp` is reached, if before `end`: a device that jumps waits there for the rest."""
    rate: float | None = None
    """K/min, where the author says it."""

    def label_in(self, units: DisplayUnits) -> str:
        """Return `label` with its temperature and rate in the units in which they are shown."""
        target = units.temperature_words(self.to_temp)
        if self.kind == "hold":
            return f"hold {target} for {spell_duration(self.duration)}"
        if self.duration == 0:
            return f"already at {target}"
        if self.rate is not None:
            return f"ramp to {target} at {units.rate_words(self.rate)}"
        if self.estimated:
            return f"ramp to {target} as fast as it goes"
        return f"ramp to {target} in {spell_duration(self.duration)}"

    @property
    def path(self) -> StepPath:
        """Its place in the recipe."""
        return path_of(self.where)

    @property
    def duration(self) -> float:
        """Duration in seconds."""
        return self.end - self.start

    @property
    def goal(self) -> str:
        """Its action without duration or rate: `ramp to 60 °C`, `hold 60 °C`."""
        return self.goal_in(AS_REPORTED)

    def goal_in(self, units: DisplayUnits) -> str:
        """Return `goal` with its temperature in the unit in which it is shown."""
        return f"{'ramp to' if self.kind == 'ramp' else 'hold'} {units.temperature_words(self.to_temp)}"

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
    """Duration in seconds."""
    estimated: bool
    """Some duration follows from learned rates or from the assumed one."""
    minimum: float
    """Lowest planned temperature, the start included, degC."""
    maximum: float
    start_temperature: float = 20.0
    tolerance: float = 3.0
    """K around the target within which a dwell counts: the recipe's word, else the profile's."""
    pressure: float | None = None
    """mbar at or below which a dwell counts: the recipe's word, else the profile's; None: any."""
    shortest: float = 0.0
    """Seconds that it may take at least in all, by what the chamber has managed."""
    longest: float = 0.0

    @property
    def basis(self) -> str:
        """What the estimated times rest on: "assumed", "learned from 3 runs", or empty."""
        found = {segment.basis for segment in self.segments if segment.basis}
        learned = next((basis for basis in found if basis != ASSUMED), "")
        return f"{learned}, partly assumed" if learned and ASSUMED in found else learned or "".join(found)

    @property
    def assumed(self) -> bool:
        """Whether some estimated time rests on the assumed rate."""
        return any(segment.basis == ASSUMED for segment in self.segments)

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
    problems = bounds.recipe_problems(recipe)
    if problem := bounds.temperature_problem(start_temperature):
        problems.append(problem.at(()))
    if problems:
        raise RecipeError(*(problem.sentence for problem in problems))
    segments: list[Segment] = []
    now, here, index = 0.0, start_temperature, 0
    pace = _FastestPace(settings)
    for leaf in unroll(recipe.steps):
        time = _time(leaf, here, pace)
        index += time.usual > 0
        segment = _segment(leaf, index if time.usual > 0 else None, now, time, here, pace)
        segments.append(segment)
        now, here = segment.end, segment.to_temp
    temperatures = [start_temperature, *(segment.to_temp for segment in segments)]
    return Plan(
        recipe_name=recipe.name,
        segments=tuple(segments),
        total=now,
        estimated=any(segment.estimated for segment in segments),
        shortest=_added(segment.shortest for segment in segments),
        longest=_added(segment.longest for segment in segments),
        minimum=min(temperatures),
        maximum=max(temperatures),
        start_temperature=start_temperature,
        tolerance=settings.tolerance if recipe.tolerance is None else recipe.tolerance,
        pressure=settings.pressure if recipe.pressure is None else recipe.pressure,
    )


class _Time(NamedTuple):
    """How long a ramp or hold takes, in seconds, and what that rests on."""

    usual: float
    shortest: float
    longest: float
    basis: str = ""


class _FastestPace:
    """How long this chamber takes from one temperature to another when it goes as fast as it can."""

    def __init__(self, settings: PlanSettings) -> None:
        self._settings = settings
        # Cycles go the same ways over and over.
        self._known: dict[tuple[float, float], _Time] = {}

    @property
    def jumps(self) -> bool:
        """True where the device's setpoint jumps, so that every ramp goes as fast as it can."""
        return self._settings.step_reading == "jump"

    def time(self, start: float, end: float) -> _Time:
        """Return the time for a way in degC: learned, else by the assumed rate."""
        known = self._known.get((start, end))
        if known is None:
            known = self._known[start, end] = self._worked_out(start, end)
        return known

    def _worked_out(self, start: float, end: float) -> _Time:
        rates = self._settings.rates
        crossing = rates.time(start, end) if rates else None
        if rates is None or crossing is None:
            assumed = abs(end - start) / self._settings.assumed_rate * MINUTE
            return _Time(assumed, assumed, assumed, ASSUMED)
        # A device takes whole seconds: what was learned is not known to fractions.
        shortest, usual, longest = (max(1.0, float(math.ceil(seconds))) for seconds in crossing)
        return _Time(usual, shortest, longest, rates.words)


def _time(leaf: Leaf, here: float, pace: _FastestPace) -> _Time:
    """Return how long a ramp or hold takes from this temperature in degC."""
    step = leaf.step
    if not isinstance(step, Ramp):
        return _Time(step.duration, step.duration, step.duration)
    if step.over is not None:
        return _Time(step.over, step.over, step.over)
    change = abs(step.to - here)
    if change < NO_CHANGE:
        return _Time(0.0, 0.0, 0.0)
    if step.rate is None:
        return pace.time(here, step.to)
    duration = change / step.rate * MINUTE
    return _Time(duration, duration, duration)


def _added(seconds: Iterable[float]) -> float:
    """Return the sum as the ends of segments are added up; since Python 3.12 `sum` rounds in another way."""
    return reduce(add, seconds, 0.0)


def _segment(
    leaf: Leaf, index: int | None, start: float, time: _Time, here: float, pace: _FastestPace
) -> Segment:
    step = leaf.step
    target = step.to if isinstance(step, Ramp) else here
    arrival = None
    if pace.jumps and target != here:
        fastest = pace.time(here, target).usual
        if fastest < time.usual and not math.isclose(fastest, time.usual):
            arrival = start + fastest
    return Segment(
        index=index,
        start=start,
        end=start + time.usual,
        from_temp=here,
        to_temp=target,
        label=_label(leaf, here, time.usual),
        cycle=leaf.cycle,
        estimated=bool(time.basis),
        basis=time.basis,
        shortest=time.shortest,
        longest=time.longest,
        where=place_of(leaf.path),
        kind="ramp" if isinstance(step, Ramp) else "hold",
        arrival=arrival,
        rate=step.rate if isinstance(step, Ramp) else None,
    )


def _label(leaf: Leaf, here: float, duration: float) -> str:
    step = leaf.step
    if not isinstance(step, Ramp):
        return f"hold {format_temperature(here)} for {spell_duration(step.duration)}"
    target = format_temperature(step.to)
    if duration == 0:
        return f"already at {target}"
    if step.rate is not None:
        return f"ramp to {target} at {format_rate(step.rate)}"
    if step.over is not None:
        return f"ramp to {target} in {spell_duration(step.over)}"
    return f"ramp to {target} as fast as it goes"
