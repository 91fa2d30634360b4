"""Recipes and settings for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.plan import PlanSettings

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


def bakeout(*steps: Step) -> Recipe:
    """Return a recipe of these steps, or a small sound one."""
    return Recipe("Bakeout", steps or (Ramp(60, rate=0.5), Hold(3600), Ramp(22, rate=0.5), Hold(1800)))
