import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.recipes import bakeout, recipes, settings, temperatures
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.bounds import MAX_UNROLLED, recipe_problems, temperature_problem
from xovac_tui.recipes.findings import Finding, finding
from xovac_tui.recipes.findings import FindingCode as C
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step, count_leaves, unroll
from xovac_tui.recipes.plan import NO_CHANGE, PlanSettings, plan_recipe
from xovac_tui.recipes.rates import RateBand, Rates

RAMP = PlanSettings(assumed_rate=2)
JUMP = PlanSettings(assumed_rate=2, step_reading="jump")


def flat(steps: tuple[Step, ...]) -> Iterator[Ramp | Hold]:
    """Unroll by copying lists, unlike the program."""
    for step in steps:
        if isinstance(step, Repeat):
            yield from list(flat(step.steps)) * step.count
        else:
            yield step


def walked_total(recipe: Recipe, rate: float, here: float) -> float:
    """Add up the time step by step, unlike the program."""
    total = 0.0
    for step in flat(recipe.steps):
        if isinstance(step, Hold):
            total += step.duration
        elif step.over is not None:
            total, here = total + step.over, step.to
        else:
            change = abs(step.to - here)
            total += 60 * change / (step.rate or rate) if change >= NO_CHANGE else 0
            here = step.to
    return total


def test_a_plan_in_numbers() -> None:
    recipe = bakeout(Ramp(60, rate=1), Hold(3600), Repeat(2, (Ramp(-20, over=2400), Hold(600))), Ramp(20))
    plan = plan_recipe(recipe, RAMP, 20)
    rows = [
        (s.index, s.start, s.end, s.from_temp, s.to_temp, s.label, s.cycle, s.where) for s in plan.segments
    ]
    assert rows == [
        (1, 0, 2400, 20, 60, "ramp to 60 °C at 1 K/min", None, "step 1"),
        (2, 2400, 6000, 60, 60, "hold 60 °C for 1h", None, "step 2"),
        (3, 6000, 8400, 60, -20, "ramp to −20 °C in 40m", (1, 2), "step 3.1"),
        (4, 8400, 9000, -20, -20, "hold −20 °C for 10m", (1, 2), "step 3.2"),
        (5, 9000, 11400, -20, -20, "ramp to −20 °C in 40m", (2, 2), "step 3.1"),
        (6, 11400, 12000, -20, -20, "hold −20 °C for 10m", (2, 2), "step 3.2"),
        (7, 12000, 13200, -20, 20, "ramp to 20 °C as fast as it goes", None, "step 4"),
    ]
    assert [s.estimated for s in plan.segments] == [False] * 6 + [True]
    assert (plan.total, plan.minimum, plan.maximum, plan.final, plan.estimated) == (13200, -20, 60, 20, True)


def test_temperature_and_segment_at_a_time() -> None:
    plan = plan_recipe(bakeout(Ramp(60, rate=1), Hold(600)), RAMP, 20)
    assert [plan.temperature_at(t) for t in (-5, 0, 1200, 2400, 2500, 3000, 9999)] == [
        20,
        20,
        40,
        60,
        60,
        60,
        60,
    ]
    first, second = plan.segments
    assert [plan.segment_at(t) for t in (-1, 0, 2399, 2400, 3000, 3001)] == [
        None,
        first,
        first,
        second,
        second,
        None,
    ]
    assert plan.item(2) is second
    assert plan.item(3) is None
    assert plan.points() == [(0, 20), (2400, 60), (3000, 60)]


def test_a_device_that_jumps_waits_at_the_target() -> None:
    plan = plan_recipe(bakeout(Ramp(60, rate=1), Hold(600)), JUMP, 20)
    assert plan.total == 3000
    assert plan.segments[0].arrival == 1200
    assert [plan.temperature_at(t) for t in (0, 600, 1200, 2000)] == [20, 40, 60, 60]
    assert plan.points() == [(0, 20), (1200, 60), (2400, 60), (3000, 60)]


def test_a_ramp_to_where_it_is_takes_no_time_and_is_not_sent() -> None:
    plan = plan_recipe(bakeout(Ramp(20, rate=1), Ramp(20), Hold(60), Ramp(20, over=30)), RAMP, 20)
    assert [(s.index, s.duration, s.label) for s in plan.segments] == [
        (None, 0, "already at 20 °C"),
        (None, 0, "already at 20 °C"),
        (1, 60, "hold 20 °C for 1m"),
        (2, 30, "ramp to 20 °C in 30s"),
    ]


def test_less_than_a_thermometer_sees_is_no_ramp() -> None:
    plan = plan_recipe(bakeout(Ramp(20), Hold(60)), RAMP, 20.0004)
    assert [(s.index, s.to_temp) for s in plan.segments] == [(None, 20), (1, 20)]
    assert not plan.estimated


def test_nothing_to_do_is_a_plan_of_no_time() -> None:
    plan = plan_recipe(bakeout(Ramp(20)), RAMP, 20)
    assert plan.total == 0
    assert plan.temperature_at(0) == 20
    assert plan.points() == [(0, 20)]


LEARNED = Rates(
    (
        RateBand(heating=True, low=20, high=30, slow=1, usual=2, fast=4, seconds=600, runs=3),
        RateBand(heating=True, low=30, high=40, slow=0.5, usual=1, fast=2, seconds=600, runs=3),
    ),
    3,
)


def test_a_ramp_as_fast_as_it_goes_takes_what_was_learned() -> None:
    how = PlanSettings(assumed_rate=5, rates=LEARNED)
    plan = plan_recipe(bakeout(Ramp(40), Hold(600)), how, 20)
    ramp, hold = plan.segments
    assert (ramp.shortest, ramp.duration, ramp.longest) == (450, 900, 1800)
    assert (ramp.estimated, ramp.basis, hold.basis) == (True, "learned from 3 runs", "")
    assert (plan.shortest, plan.total, plan.longest) == (1050, 1500, 2400)
    assert (plan.estimated, plan.basis) == (True, "learned from 3 runs")


def test_a_direction_never_seen_is_assumed_and_said() -> None:
    how = PlanSettings(assumed_rate=2, rates=LEARNED)
    plan = plan_recipe(bakeout(Ramp(40), Hold(600), Ramp(20)), how, 20)
    down = plan.segments[2]
    assert (down.shortest, down.duration, down.longest, down.basis) == (600, 600, 600, "assumed")
    assert plan.basis == "learned from 3 runs, partly assumed"
    assert plan_recipe(bakeout(Ramp(0)), how, 20).basis == "assumed"
    assert plan_recipe(bakeout(Ramp(0, rate=1)), how, 20).basis == ""


def test_what_the_author_asks_for_is_laid_out_as_written() -> None:
    how = PlanSettings(rates=LEARNED)
    plan = plan_recipe(bakeout(Ramp(40, rate=10), Ramp(20, over=30)), how, 20)
    assert [(s.shortest, s.duration, s.longest) for s in plan.segments] == [(120, 120, 120), (30, 30, 30)]


def test_a_device_that_jumps_arrives_when_was_learned() -> None:
    how = PlanSettings(step_reading="jump", rates=LEARNED)
    assert plan_recipe(bakeout(Ramp(40, over=3600)), how, 20).segments[0].arrival == 900


def test_when_a_dwell_counts_is_the_recipes_word_before_the_profiles() -> None:
    how = PlanSettings(tolerance=2.5, pressure=1e-4)
    plan = plan_recipe(bakeout(), how)
    assert (plan.tolerance, plan.pressure) == (2.5, 1e-4)
    own = plan_recipe(Recipe("Own", bakeout().steps, tolerance=1.0, pressure=1e-2), how)
    assert (own.tolerance, own.pressure) == (1.0, 1e-2)
    assert plan_recipe(bakeout(), PlanSettings()).pressure is None


@given(recipes, settings, temperatures)
def test_the_total_equals_an_independent_walk(recipe: Recipe, how: PlanSettings, start: float) -> None:
    plan = plan_recipe(recipe, how, start)
    assert plan.total == pytest.approx(walked_total(recipe, how.assumed_rate, start))


@given(recipes, settings, temperatures)
def test_segments_follow_each_other_without_gaps(recipe: Recipe, how: PlanSettings, start: float) -> None:
    plan = plan_recipe(recipe, how, start)
    now, here = 0.0, start
    for segment in plan.segments:
        assert (segment.start, segment.from_temp) == (now, here)
        assert segment.end >= segment.start
        now, here = segment.end, segment.to_temp
    assert (now, here) == (plan.total, plan.final)
    assert plan.shortest == plan.total == plan.longest
    indices = [segment.index for segment in plan.segments if segment.index is not None]
    assert indices == list(range(1, len(indices) + 1))


@given(recipes, settings, temperatures, st.floats(-0.1, 1.1))
def test_the_profile_stays_within_its_bounds(
    recipe: Recipe, how: PlanSettings, start: float, part: float
) -> None:
    plan = plan_recipe(recipe, how, start)
    assert plan.minimum - 1e-9 <= plan.temperature_at(part * plan.total) <= plan.maximum + 1e-9
    times = [t for t, _ in plan.points()]
    assert times == sorted(times)
    assert plan.points()[-1] == (plan.total, plan.final)


@given(recipes)
def test_repeats_unroll_to_as_many_as_counted(recipe: Recipe) -> None:
    leaves = list(unroll(recipe.steps))
    assert [leaf.step for leaf in leaves] == list(flat(recipe.steps))
    assert len(leaves) == count_leaves(recipe.steps)


def deep(levels: int) -> Step:
    step: Step = Hold(60)
    for _ in range(levels):
        step = Repeat(1, (step,))
    return step


@pytest.mark.parametrize(
    ("recipe", "found"),
    [
        (bakeout(Ramp(math.nan)), finding(C.TEMPERATURE_NOT_FINITE, (0,), "to")),
        (bakeout(Hold(60), Hold(-1)), finding(C.DURATION_NOT_POSITIVE, (1,), "hold")),
        (bakeout(Hold(math.inf)), finding(C.DURATION_NOT_FINITE, (0,), "hold")),
        (bakeout(Ramp(5, rate=0)), finding(C.RATE_NOT_POSITIVE, (0,), "rate")),
        (bakeout(Ramp(5, over=0)), finding(C.DURATION_NOT_POSITIVE, (0,), "over")),
        (bakeout(Ramp(5, rate=1, over=60)), finding(C.RATE_AND_TIME, (0,), "it")),
        (bakeout(Repeat(2, ())), finding(C.STEPS_MISSING, (0,), "steps")),
        (bakeout(Repeat(0, (Hold(60),))), finding(C.NO_ROUNDS, (0,), "repeat")),
        (
            bakeout(Repeat(5000, (Repeat(5000, (Hold(60),)),))),
            finding(C.TOO_MANY_STEPS, key="steps", steps=25_000_000, most=MAX_UNROLLED),
        ),
        (bakeout(deep(6)), finding(C.TOO_DEEP, (0,) * 6, "it", most=5)),
        (bakeout(deep(700)), finding(C.TOO_DEEP, (0,) * 6, "it", most=5)),
        (Recipe("", (Hold(60),)), finding(C.NAME_EMPTY, key="name")),
        (Recipe("x", ()), finding(C.STEPS_MISSING, key="steps")),
    ],
)
def test_a_meaningless_recipe_is_refused(recipe: Recipe, found: Finding) -> None:
    assert recipe_problems(recipe) == [found]
    with pytest.raises(RecipeError) as caught:
        plan_recipe(recipe, RAMP)
    assert caught.value.sentences == (found.sentence,)


@pytest.mark.parametrize("start", [math.nan, math.inf, -400.0])
def test_a_start_that_is_no_temperature_is_refused(start: float) -> None:
    with pytest.raises(RecipeError) as caught:
        plan_recipe(bakeout(), RAMP, start)
    assert str(temperature_problem(start)) in str(caught.value)


def test_the_largest_recipe_is_planned() -> None:
    plan = plan_recipe(bakeout(Repeat(MAX_UNROLLED // 2, (Ramp(40, rate=1), Hold(60)))), RAMP)
    assert len(plan.segments) == MAX_UNROLLED


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"assumed_rate": 0}, "assumed rate"),
        ({"assumed_rate": math.nan}, "assumed rate"),
        ({"max_items": 0}, "at least 1 item"),
        ({"tolerance": 0}, "tolerance of this chamber"),
        ({"pressure": -1.0}, "dwell counts must be"),
        ({"chamber_min": math.nan}, "lowest temperature"),
        ({"chamber_max": math.inf}, "highest temperature"),
        ({"chamber_min": 10, "chamber_max": 10}, "below its highest"),
    ],
)
def test_settings_without_a_meaning_are_refused(wrong: dict[str, float], part: str) -> None:
    with pytest.raises(RecipeError, match=part):
        PlanSettings(**wrong)  # type: ignore[arg-type]
