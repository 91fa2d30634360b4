"""What differs between two recipes, or between two time lines, as lines of text with the places of steps."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple, TypeAlias

from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import spell_duration
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath, step_number
from xovac_tui.recipes.plan import Plan

DiffSign: TypeAlias = Literal["-", "+", " ", "~"]
"""Only before, only after, in both; `~` stands for equal lines that are left out."""
NO_DIFFERENCE = "Nothing differs."
AROUND = 1
"""Equal lines that are kept beside a difference."""


class DiffLine(NamedTuple):
    """One line of a difference."""

    sign: DiffSign
    place: str
    """Number of the step, "2.2"; empty for the recipe itself."""
    words: str


class RecipeLine(NamedTuple):
    """One fact of a recipe."""

    place: str
    depth: int
    """Repeats around it."""
    words: str


def recipe_lines(recipe: Recipe, units: DisplayUnits = AS_REPORTED) -> list[RecipeLine]:
    """Return everything that a recipe says, a line each."""
    head = [f"name {recipe.name}"]
    if recipe.description:
        head.append(f"description {' '.join(recipe.description.split())}")
    if recipe.limits is not None:
        low, high = (units.temperature_words(one) for one in (recipe.limits.min, recipe.limits.max))
        head.append(f"limits {low} to {high}")
    if recipe.tolerance is not None:
        head.append(f"tolerance {units.tolerance_words(recipe.tolerance)}")
    if recipe.pressure is not None:
        head.append(f"pressure {units.pressure_words(recipe.pressure)}")
    return [*(RecipeLine("", 0, words) for words in head), *_step_lines(recipe.steps, (), units)]


def _step_lines(steps: Sequence[Step], inside: StepPath, units: DisplayUnits) -> list[RecipeLine]:
    found = []
    for number, step in enumerate(steps):
        path = (*inside, number)
        note = f"  ({' '.join(step.note.split())})" if step.note.strip() else ""
        found.append(RecipeLine(step_number(path), len(inside), step_words(step, units) + note))
        if isinstance(step, Repeat):
            found += _step_lines(step.steps, path, units)
    return found


def step_words(step: Step, units: DisplayUnits = AS_REPORTED) -> str:
    """Return what a step does: "ramp to 60 °C at 1.5 K/min", "hold 3h", "repeat ×4"."""
    if isinstance(step, Hold):
        return f"hold {spell_duration(step.duration)}"
    if isinstance(step, Repeat):
        return f"repeat ×{step.count}"
    return f"ramp to {units.temperature_words(step.to)} {_way(step, units)}"


def _way(step: Ramp, units: DisplayUnits) -> str:
    if step.rate is not None:
        return f"at {units.rate_words(step.rate)}"
    return f"in {spell_duration(step.over)}" if step.over is not None else "as fast as it goes"


def plan_lines(plan: Plan, units: DisplayUnits = AS_REPORTED) -> list[RecipeLine]:
    """Return the steps of a time line, each once, with the rounds of its repeat."""
    found = [RecipeLine("", 0, f"name {plan.recipe_name}")]
    seen = set()
    for segment in plan.segments:
        if segment.where in seen:
            continue
        seen.add(segment.where)
        path = segment.path
        rounds = "" if segment.cycle is None else f", ×{segment.cycle[1]}"
        found.append(RecipeLine(step_number(path), len(path) - 1, segment.label_in(units) + rounds))
    return found


def differences(
    before: Sequence[RecipeLine], after: Sequence[RecipeLine], around: int = AROUND
) -> list[DiffLine]:
    """Return what differs, with some equal lines beside it; nothing where both are equal.

    A step that only has another number, because one was inserted before it, is equal.
    """
    matcher = SequenceMatcher(None, [one[1:] for one in before], [one[1:] for one in after], autojunk=False)
    found: list[DiffLine] = []
    shown = 0
    for group in matcher.get_grouped_opcodes(around):
        if group[0][3] > shown:
            found.append(DiffLine("~", "", ""))
        for kind, first, last, start, end in group:
            if kind == "equal":
                found += [DiffLine(" ", one.place, _indented(one)) for one in after[start:end]]
                continue
            found += [DiffLine("-", one.place, _indented(one)) for one in before[first:last]]
            found += [DiffLine("+", one.place, _indented(one)) for one in after[start:end]]
        shown = group[-1][4]
    if found and shown < len(after):
        found.append(DiffLine("~", "", ""))
    return found


def written_lines(lines: Sequence[DiffLine], ellipsis: str = "...") -> list[str]:
    """Return differences as lines of text, the places of the steps below each other."""
    room = max((len(line.place) for line in lines), default=0)
    return [
        f"  {ellipsis}" if line.sign == "~" else f"{line.sign} {line.place:<{room}} {line.words}".rstrip()
        for line in lines
    ]


def _indented(line: RecipeLine) -> str:
    return "  " * line.depth + line.words
