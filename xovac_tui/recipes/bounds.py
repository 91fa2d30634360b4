"""What no recipe may contain, whatever the chamber: values without a meaning, and sizes typed by mistake.

Each `..._problem` returns what is wrong with a value, or None.
"""

from __future__ import annotations

import math

from xovac_tui.recipes.findings import Finding, FindingCode, Flaw, flaw
from xovac_tui.recipes.model import Limits, Ramp, Recipe, Repeat, Step, count_leaves
from xovac_tui.recipes.places import StepPath
from xovac_tui.units import ABSOLUTE_ZERO, DAY

HIGHEST = 1000.0
"""degC; far above any chamber of this kind, so a typing error."""
LOWEST_RATE, HIGHEST_RATE = 0.001, 1000.0
"""K/min."""
SHORTEST, LONGEST = 0.1, 365 * DAY
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


def temperature_problem(value: float) -> Flaw | None:
    """Return what is wrong with a temperature in degC."""
    if not math.isfinite(value):
        return flaw(FindingCode.TEMPERATURE_NOT_FINITE)
    if value < ABSOLUTE_ZERO:
        return flaw(FindingCode.TEMPERATURE_TOO_LOW, lowest=ABSOLUTE_ZERO)
    return flaw(FindingCode.TEMPERATURE_TOO_HIGH, highest=HIGHEST) if value > HIGHEST else None


def rate_problem(value: float) -> Flaw | None:
    """Return what is wrong with a rate in K/min."""
    if not math.isfinite(value):
        return flaw(FindingCode.RATE_NOT_FINITE)
    if value <= 0:
        return flaw(FindingCode.RATE_NOT_POSITIVE)
    if LOWEST_RATE <= value <= HIGHEST_RATE:
        return None
    return flaw(FindingCode.RATE_UNLIKELY, lowest=LOWEST_RATE, highest=HIGHEST_RATE)


def duration_problem(seconds: float) -> Flaw | None:
    """Return what is wrong with the duration of one step in seconds."""
    if not math.isfinite(seconds):
        return flaw(FindingCode.DURATION_NOT_FINITE)
    if seconds <= 0:
        return flaw(FindingCode.DURATION_NOT_POSITIVE)
    if seconds < SHORTEST:
        return flaw(FindingCode.DURATION_TOO_SHORT, shortest=SHORTEST)
    return flaw(FindingCode.DURATION_TOO_LONG, longest=LONGEST) if seconds > LONGEST else None


def count_problem(count: int) -> Flaw | None:
    """Return what is wrong with the count of a repeat."""
    if count < 1:
        return flaw(FindingCode.NO_ROUNDS)
    return flaw(FindingCode.TOO_MANY_ROUNDS, most=MAX_COUNT) if count > MAX_COUNT else None


def tolerance_problem(value: float) -> Flaw | None:
    """Return what is wrong with a tolerance in K."""
    if not math.isfinite(value) or value <= 0:
        return flaw(FindingCode.TOLERANCE_NOT_POSITIVE)
    return flaw(FindingCode.TOLERANCE_TOO_WIDE, highest=MAX_TOLERANCE) if value > MAX_TOLERANCE else None


def pressure_problem(value: float) -> Flaw | None:
    """Return what is wrong with a pressure in mbar."""
    if not math.isfinite(value) or value <= 0:
        return flaw(FindingCode.PRESSURE_NOT_POSITIVE)
    if LOWEST_PRESSURE <= value <= HIGHEST_PRESSURE:
        return None
    return flaw(FindingCode.PRESSURE_UNLIKELY, lowest=LOWEST_PRESSURE, highest=HIGHEST_PRESSURE)


def name_problem(name: str) -> Flaw | None:
    """Return what is wrong with the name of a recipe."""
    if not name.strip():
        return flaw(FindingCode.NAME_EMPTY)
    if len(name) > MAX_NAME:
        return flaw(FindingCode.NAME_TOO_LONG, length=len(name), most=MAX_NAME)
    return None if name.isprintable() else flaw(FindingCode.NAME_NOT_PRINTABLE)


def text_problem(text: str, longest: int) -> Flaw | None:
    """Return what is wrong with a note or description; line breaks and tabs are fine."""
    if len(text) > longest:
        return flaw(FindingCode.TEXT_TOO_LONG, length=len(text), most=longest)
    plain = text.replace("\n", "").replace("\t", "").replace("\N{NO-BREAK SPACE}", "")
    return None if plain.isprintable() else flaw(FindingCode.TEXT_NOT_PRINTABLE)


def limits_problem(limits: Limits) -> Flaw | None:
    """Return what is wrong with the limits of the part."""
    for key, value in (("min", limits.min), ("max", limits.max)):
        if problem := temperature_problem(value):
            return Flaw(problem.code, (*problem.data, ("part", key)))
    return None if limits.min < limits.max else flaw(FindingCode.LIMITS_CROSSED)


def size_problem(steps: tuple[Step, ...]) -> Flaw | None:
    """Return what is wrong with the number of steps after unrolling."""
    count = count_leaves(steps)
    return flaw(FindingCode.TOO_MANY_STEPS, steps=count, most=MAX_UNROLLED) if count > MAX_UNROLLED else None


def recipe_problems(recipe: Recipe) -> list[Finding]:
    """Return everything that makes a recipe meaningless, wherever it came from."""
    found = [
        ("name", name_problem(recipe.name)),
        ("description", text_problem(recipe.description, MAX_DESCRIPTION)),
        ("steps", None if recipe.steps else flaw(FindingCode.STEPS_MISSING)),
        ("limits", recipe.limits and limits_problem(recipe.limits)),
        ("tolerance", None if recipe.tolerance is None else tolerance_problem(recipe.tolerance)),
        ("pressure", None if recipe.pressure is None else pressure_problem(recipe.pressure)),
    ]
    problems = [problem.at((), key) for key, problem in found if problem]
    problems += _step_problems(recipe.steps, ())
    # Counting needs sound repeat counts and a bounded depth.
    if not problems and (problem := size_problem(recipe.steps)):
        problems.append(problem.at((), "steps"))
    return problems


def _step_problems(steps: tuple[Step, ...], inside: StepPath) -> list[Finding]:
    found: list[Finding] = []
    for number, step in enumerate(steps):
        path = (*inside, number)
        said = [("note", text_problem(step.note, MAX_NOTE))]
        if isinstance(step, Repeat):
            said.append(("repeat", count_problem(step.count)))
            said.append(("steps", None if step.steps else flaw(FindingCode.STEPS_MISSING)))
            if len(inside) >= MAX_DEPTH:
                said.append(("it", flaw(FindingCode.TOO_DEEP, most=MAX_DEPTH)))
        elif isinstance(step, Ramp):
            said.append(("to", temperature_problem(step.to)))
            said.append(("rate", None if step.rate is None else rate_problem(step.rate)))
            said.append(("over", None if step.over is None else duration_problem(step.over)))
            if step.rate is not None and step.over is not None:
                said.append(("it", flaw(FindingCode.RATE_AND_TIME)))
        else:
            said.append(("hold", duration_problem(step.duration)))
        found += [problem.at(path, key) for key, problem in said if problem]
        if isinstance(step, Repeat) and len(inside) < MAX_DEPTH:
            found += _step_problems(step.steps, path)
    return found
