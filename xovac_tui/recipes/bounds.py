"""What no recipe may contain, whatever the chamber: values without a meaning, and sizes typed by mistake.

Each `..._problem` returns the end of a sentence about the value ("is not a finite number"), or an empty text.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from xovac_tui.digits import format_number
from xovac_tui.durations import spell_duration
from xovac_tui.plural import counted
from xovac_tui.recipes.model import Limits, Ramp, Recipe, Repeat, Step, count_leaves
from xovac_tui.recipes.places import StepPath, path_of, place_of
from xovac_tui.units import ABSOLUTE_ZERO

HIGHEST = 1000.0
"""degC; far above any chamber of this kind, so a typing error."""
LOWEST_RATE, HIGHEST_RATE = 0.001, 1000.0
"""K/min."""
SHORTEST, LONGEST = 0.1, 365 * 86400.0
"""Seconds of a single ramp or hold."""
MAX_TOLERANCE = 100.0
"""K."""
LOWEST_PRESSURE, HIGHEST_PRESSURE = 1e-12, 1100.0
"""mbar; from below what any pump of this kind reaches to above any weather."""
MAX_COUNT = 10_000
MAX_DEPTH = 5
"""Repeats inside one another."""
MAX_UNROLLED = 10_000
"""Ramps and holds after unrolling; the profile's own limit for a device's list is usually far lower."""
MAX_NAME = 64
MAX_NOTE = 200
MAX_DESCRIPTION = 2000


def temperature_problem(value: float) -> str:
    """Say what is wrong with a temperature in degC."""
    if not math.isfinite(value):
        return "is not a finite number: say a temperature in °C"
    if value < ABSOLUTE_ZERO:
        return f"is below absolute zero ({format_number(ABSOLUTE_ZERO)} °C)"
    return f"is above {format_number(HIGHEST)} °C: check the number" if value > HIGHEST else ""


def rate_problem(value: float) -> str:
    """Say what is wrong with a rate in K/min."""
    if not math.isfinite(value):
        return "is not a finite number: say a rate in K/min"
    if value <= 0:
        return 'must be above 0 K/min: the direction follows from "to"'
    if LOWEST_RATE <= value <= HIGHEST_RATE:
        return ""
    return f"is outside {LOWEST_RATE:g} to {HIGHEST_RATE:g} K/min: check the number"


def duration_problem(seconds: float) -> str:
    """Say what is wrong with the duration of one step in seconds."""
    if not math.isfinite(seconds):
        return "is not a finite duration"
    if seconds <= 0:
        return "must be longer than 0 s"
    if seconds < SHORTEST:
        return f"is shorter than {spell_duration(SHORTEST)}"
    return f"is longer than {spell_duration(LONGEST)}: check the unit" if seconds > LONGEST else ""


def count_problem(count: int) -> str:
    """Say what is wrong with the count of a repeat."""
    if count < 1:
        return "must be at least 1: leave the steps out to skip them"
    return f"is above {MAX_COUNT}: that is too many rounds" if count > MAX_COUNT else ""


def tolerance_problem(value: float) -> str:
    """Say what is wrong with a tolerance in K."""
    if not math.isfinite(value) or value <= 0:
        return "must be a number above 0, in K"
    return f"is above {MAX_TOLERANCE:g} K: check the number" if value > MAX_TOLERANCE else ""


def pressure_problem(value: float) -> str:
    """Say what is wrong with a pressure in mbar."""
    if not math.isfinite(value) or value <= 0:
        return "must be a number above 0, in mbar"
    if LOWEST_PRESSURE <= value <= HIGHEST_PRESSURE:
        return ""
    return f"is outside {LOWEST_PRESSURE:g} to {HIGHEST_PRESSURE:g} mbar: check the number"


def name_problem(name: str) -> str:
    """Say what is wrong with the name of a recipe."""
    if not name.strip():
        return "is empty: say what the recipe is called"
    if len(name) > MAX_NAME:
        return (
            f"has {counted(len(name), 'character')}: {MAX_NAME} are allowed "
            "(longer text belongs into the description)"
        )
    return "" if name.isprintable() else "holds a character that cannot be shown (a control or special space)"


def text_problem(text: str, longest: int) -> str:
    """Say what is wrong with a note or description; line breaks and tabs are fine."""
    if len(text) > longest:
        return f"has {counted(len(text), 'character')}: {longest} are allowed"
    plain = text.replace("\n", "").replace("\t", "").replace("\N{NO-BREAK SPACE}", "")
    return "" if plain.isprintable() else "holds a control character"


def limits_problem(limits: Limits) -> str:
    """Say what is wrong with the limits of the part."""
    for key, value in (("min", limits.min), ("max", limits.max)):
        if problem := temperature_problem(value):
            return f"{key} {problem}"
    return "" if limits.min < limits.max else "min must be below max"


def size_problem(steps: tuple[Step, ...]) -> str:
    """Say what is wrong with the number of steps after unrolling."""
    if (count := count_leaves(steps)) > MAX_UNROLLED:
        return f"unroll to {count} ramps and holds: at most {MAX_UNROLLED} are allowed, so repeat less"
    return ""


class Problem(NamedTuple):
    """Something that makes a recipe meaningless."""

    where: str
    """Place in the recipe: `step 4.1`, `limits`."""
    message: str
    """What is wrong there, as a sentence that names the key but not the step."""

    @property
    def sentence(self) -> str:
        """What is wrong and where, as a sentence."""
        return f"{self.where}: {self.message}" if path_of(self.where) else self.message


def recipe_problems(recipe: Recipe) -> list[Problem]:
    """Return everything that makes a recipe meaningless, wherever it came from."""
    found = [
        ("name", name_problem(recipe.name)),
        ("description", text_problem(recipe.description, MAX_DESCRIPTION)),
        ("steps", "" if recipe.steps else "are missing"),
    ]
    if recipe.limits is not None:
        found.append(("limits", limits_problem(recipe.limits)))
    if recipe.tolerance is not None:
        found.append(("tolerance", tolerance_problem(recipe.tolerance)))
    if recipe.pressure is not None:
        found.append(("pressure", pressure_problem(recipe.pressure)))
    problems = [Problem(where, f"{where} {problem}.") for where, problem in found if problem]
    problems += _step_problems(recipe.steps, ())
    # Counting needs sound repeat counts and a bounded depth.
    if not problems and (problem := size_problem(recipe.steps)):
        problems.append(Problem("steps", f"The steps {problem}."))
    return problems


def _step_problems(steps: tuple[Step, ...], inside: StepPath) -> list[Problem]:
    found: list[Problem] = []
    for number, step in enumerate(steps):
        path = (*inside, number)
        said = [("note", text_problem(step.note, MAX_NOTE))]
        if isinstance(step, Repeat):
            said.append(("repeat", count_problem(step.count)))
            said.append(("steps", "" if step.steps else "are missing"))
            if len(inside) >= MAX_DEPTH:
                said.append(("it", f"is nested too deep: at most {MAX_DEPTH} repeats inside one another"))
        elif isinstance(step, Ramp):
            said.append(("to", temperature_problem(step.to)))
            said.append(("rate", "" if step.rate is None else rate_problem(step.rate)))
            said.append(("over", "" if step.over is None else duration_problem(step.over)))
            if step.rate is not None and step.over is not None:
                said.append(("it", "has both a rate and a time: only one can be kept"))
        else:
            said.append(("hold", duration_problem(step.duration)))
        found += [Problem(place_of(path), f"{key} {problem}.") for key, problem in said if problem]
        if isinstance(step, Repeat) and len(inside) < MAX_DEPTH:
            found += _step_problems(step.steps, path)
    return found
