"""Recipes and settings for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from xovac_tui.recipes import bounds
from xovac_tui.recipes.compiler import Compiled
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.plan import Plan, PlanSettings
from xovac_tui.units import ABSOLUTE_ZERO

temperatures = st.floats(-80, 150).map(lambda value: round(value, 3))
rates = st.floats(0.01, 50).map(lambda value: round(value, 3))
durations = st.floats(0.1, 200_000).map(lambda value: round(value, 3))

ramps = st.one_of(
    st.builds(Ramp, temperatures),
    st.builds(lambda to, rate: Ramp(to, rate=rate), temperatures, rates),
    st.builds(lambda to, over: Ramp(to, over=over), temperatures, durations),
)
leaves: st.SearchStrategy[Step] = st.one_of(ramps, st.builds(Hold, durations))


def _repeats(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    return st.builds(Repeat, st.integers(1, 4), st.lists(inner, min_size=1, max_size=3).map(tuple))


# At most two repeats inside one another, so that unrolling stays small.
steps = st.lists(st.one_of(leaves, _repeats(st.one_of(leaves, _repeats(leaves)))), min_size=1, max_size=5)
recipes = st.builds(Recipe, st.just("Any"), steps.map(tuple))
settings = st.builds(
    PlanSettings,
    temperature_unit=st.sampled_from(["degC", "K", "degF"]),
    duration_unit=st.sampled_from(["s", "min", "h", "ms"]),
    step_reading=st.sampled_from(["ramp", "jump"]),
    assumed_rate=rates,
    max_items=st.just(10_000),
)

# All that a recipe may say: any text, any number that has a meaning.
_signs = st.characters().filter(lambda sign: not bounds.text_problem(sign, 1))


def _texts(longest: int) -> st.SearchStrategy[str]:
    return st.text(_signs | st.sampled_from("\n\t\\\"'#=- "), max_size=longest)


notes = _texts(40)
_any_duration = st.floats(bounds.SHORTEST, bounds.LONGEST)
_any_temperature = st.floats(ABSOLUTE_ZERO, bounds.HIGHEST)
_any_leaf: st.SearchStrategy[Step] = st.one_of(
    st.builds(Ramp, _any_temperature, st.none(), st.none(), notes),
    st.builds(Ramp, _any_temperature, st.floats(bounds.LOWEST_RATE, bounds.HIGHEST_RATE), st.none(), notes),
    st.builds(Ramp, _any_temperature, st.none(), _any_duration, notes),
    st.builds(Hold, _any_duration, notes),
)


def _any_repeat(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    return st.builds(Repeat, st.integers(1, 9), st.lists(inner, min_size=1, max_size=3).map(tuple), notes)


_limits = st.tuples(_any_temperature, _any_temperature).filter(lambda pair: pair[0] < pair[1])
whole_recipes = st.builds(
    Recipe,
    _texts(bounds.MAX_NAME).map(str.strip).filter(lambda name: not bounds.name_problem(name)),
    st.lists(st.one_of(_any_leaf, _any_repeat(st.one_of(_any_leaf, _any_repeat(_any_leaf)))), min_size=1).map(
        tuple
    ),
    _texts(200).map(str.strip),
    st.none() | _limits.map(lambda pair: Limits(*pair)),
    st.none() | st.floats(0.001, bounds.MAX_TOLERANCE),
    st.none() | st.floats(bounds.LOWEST_PRESSURE, bounds.HIGHEST_PRESSURE),
)


def bakeout(*steps: Step) -> Recipe:
    """Return a recipe of these steps, or a small sound one."""
    return Recipe("Bakeout", steps or (Ramp(60, rate=0.5), Hold(3600), Ramp(22, rate=0.5), Hold(1800)))


def compiled_of(plan: Plan, payload: dict[str, Any]) -> Compiled:
    """Return what hands over a payload, whatever its items are, with a plan."""
    return Compiled((), payload, plan.total, (), plan)
