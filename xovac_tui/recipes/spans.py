"""Where the repeats of a recipe are on its time line, and its shape in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from xovac_tui.errors import RecipeError
from xovac_tui.recipes.model import Recipe, count_leaves
from xovac_tui.recipes.places import StepPath
from xovac_tui.recipes.plan import Plan, PlanSettings, Segment, plan_recipe

MOST_DRAWN = 2_000
"""Ramps and holds of a recipe whose shape is worked out: a list of recipes must not wait for long ones."""


class RepeatSpan(NamedTuple):
    """One execution of a repeat: `first` to `last` are numbers of segments, `last` included."""

    path: StepPath
    depth: int
    """Repeats around it."""
    first: int
    last: int
    rounds: int
    """0 where the time line does not say how many."""


def repeat_spans(segments: Sequence[Segment]) -> tuple[RepeatSpan, ...]:
    """Return every execution of every repeat in a time line, in order of time, outer ones first."""
    paths = [segment.path for segment in segments]
    found: list[RepeatSpan] = []
    _find(paths, segments, 0, len(paths), 0, found)
    return tuple(found)


def _find(
    paths: Sequence[StepPath],
    segments: Sequence[Segment],
    start: int,
    end: int,
    depth: int,
    found: list[RepeatSpan],
) -> None:
    for _, group in groupby(range(start, end), key=lambda at: paths[at][: depth + 1]):
        at = list(group)
        first, last = at[0], at[-1]
        if len(paths[first]) == depth + 1:
            continue
        begins = _rounds(paths, segments, first, last, depth)
        count = len(begins) if begins else 0
        found.append(RepeatSpan(paths[first][: depth + 1], depth, first, last, count))
        begins = begins or [first]
        for begin, after in zip(begins, [*begins[1:], last + 1], strict=True):
            _find(paths, segments, begin, after, depth + 1, found)


def _rounds(
    paths: Sequence[StepPath], segments: Sequence[Segment], first: int, last: int, depth: int
) -> list[int]:
    """Return the first segment of each round of a repeat; none where that cannot be told."""
    children = [paths[at][depth + 1] for at in range(first, last + 1)]
    if len(set(children)) > 1:
        falls = [n for n in range(1, len(children)) if children[n] < children[n - 1]]
        return [first, *(first + n for n in falls)]
    if len(paths[first]) == depth + 2:
        return list(range(first, last + 1))
    # Its only step is a repeat: each round has all rounds of that one.
    cycle = segments[first].cycle
    if len(paths[first]) != depth + 3 or cycle is None:
        return []
    same = [at for at in range(first, last + 1) if paths[at] == paths[first]]
    return same[:: cycle[1]]


@lru_cache(maxsize=512)
def outline(recipe: Recipe, count: int) -> tuple[float, ...]:
    """Return `count` planned temperatures in degC at even distances of time; empty for a very long recipe."""
    plan = _drawn(recipe)
    if plan is None or count < 1:
        return ()
    return tuple(plan.temperature_at(plan.total * (n + 0.5) / count) for n in range(count))


@lru_cache(maxsize=512)
def _drawn(recipe: Recipe) -> Plan | None:
    try:
        if count_leaves(recipe.steps) > MOST_DRAWN:
            return None
        return plan_recipe(recipe, PlanSettings())
    except RecipeError:
        return None


def usual_total(recipe: Recipe) -> float | None:
    """Return about how many seconds a recipe takes from 20 degC; None for one that is not worked out."""
    plan = _drawn(recipe)
    return None if plan is None else plan.total
