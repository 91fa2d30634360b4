"""A loaded recipe and its setpoint at any moment. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from xovac_tui.durations import seconds_from
from xovac_tui.simulator.parameters import ControllerParameters, RecipeReading
from xovac_tui.units import DAY, converted

MAX_NAME = 500
MAX_DURATION = 366 * DAY
"""Longest item taken, s."""


class Unfit(Exception):  # noqa: N818 - the word of the answer, not of a defect
    """A recipe that the device rejects; the text is the sentence for the client."""


@dataclass(frozen=True, slots=True)
class ProgramItem:
    """One item of a recipe, in degC, s and K/s."""

    target: float
    """degC"""
    duration: float
    """s"""


@dataclass(frozen=True, slots=True)
class Program:
    """A recipe as loaded into the device."""

    name: str
    items: tuple[ProgramItem, ...]
    reading: Literal["ramp", "jump"]

    @property
    def duration(self) -> float:
        """Total duration, seconds."""
        return math.fsum(item.duration for item in self.items)


@dataclass(frozen=True, slots=True)
class ProgramPoint:
    """The current point of a running recipe."""

    setpoint: float
    """degC"""
    slope: float
    """How the setpoint moves, K/s."""
    step: int
    """The first is 1."""
    in_step: float
    """Seconds since the step began."""
    left_in_step: float


def read_program(
    payload: Any, recipe: RecipeReading, limits: ControllerParameters, reading: Literal["ramp", "jump"]
) -> Program:
    """Return the program in a decoded `load_recipe` payload; raise Unfit with a sentence."""
    if not isinstance(payload, dict):
        raise Unfit("Could not load recipe as the payload is not a JSON object.")
    name, items = payload.get("name"), payload.get("recipe")
    if not isinstance(name, str) or not name.strip():
        raise Unfit("Could not load recipe as it has no name.")
    if len(name) > MAX_NAME:
        raise Unfit(f"Could not load recipe as its name is longer than {MAX_NAME} characters.")
    if not isinstance(items, list) or not items:
        raise Unfit("Could not load recipe as it has no items.")
    if len(items) > recipe.max_items:
        raise Unfit(f"Could not load recipe as it has {len(items)} items, more than {recipe.max_items}.")
    return Program(name, tuple(_item(n, item, recipe, limits) for n, item in enumerate(items, 1)), reading)


def _item(number: int, item: Any, recipe: RecipeReading, limits: ControllerParameters) -> ProgramItem:
    if not isinstance(item, Sequence) or isinstance(item, str | bytes) or len(item) != 3:
        raise Unfit(
            f"Could not load recipe as item {number} is not an array of target, duration and gradient."
        )
    if not all(_is_number(value) for value in item[:2]):
        raise Unfit(f"Could not load recipe as item {number} holds something that is not a finite number.")
    # The third value is the gradient: the server computes it, whatever was sent.
    target = converted(float(item[0]), recipe.temperature_unit, "degC") or 0.0
    duration = seconds_from(float(item[1]), recipe.duration_unit)
    if not limits.lowest_target <= target <= limits.highest_target:
        raise Unfit(
            f"Could not load recipe as the target of item {number} is outside "
            f"{limits.lowest_target:g} to {limits.highest_target:g} degC."
        )
    if not 0 <= duration <= MAX_DURATION:
        raise Unfit(f"Could not load recipe as the duration of item {number} is negative or too long.")
    return ProgramItem(target, duration)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300  # false for NaN, infinity, and whole numbers too big for a float


def moment(program: Program, start: float, elapsed: float) -> ProgramPoint | None:
    """Return the program's point `elapsed` seconds after it began at `start` degC; None when it is over."""
    before, began = start, 0.0
    for number, item in enumerate(program.items, 1):
        into = elapsed - began
        if into < item.duration:
            left = item.duration - into
            if program.reading == "jump":
                return ProgramPoint(item.target, 0.0, number, into, left)
            slope = (item.target - before) / item.duration
            return ProgramPoint(before + slope * into, slope, number, into, left)
        before = item.target
        began += item.duration
    return None
