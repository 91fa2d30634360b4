"""Progress: the chamber's words laid over the plan, and nothing claimed that is not known."""

from __future__ import annotations

import pytest

from xovac_tui.chamber.snapshot import RunState, RunView
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.runs.loaded import LoadedRecipe
from xovac_tui.runs.view import at_a_glance

RECIPE = parse_recipe(
    """
    name = "B"
    [[steps]]
    to = 30
    over = "10min"
    [[steps]]
    repeat = 2
    [[steps.steps]]
    to = 40
    over = "10min"
    [[steps.steps]]
    hold = "1h"
    """,
    "test",
)
LOADED = LoadedRecipe("B", plan_recipe(RECIPE, PlanSettings()), 0.0)
MINUTE = 60.0


def running(**fields: object) -> RunView:
    view: dict[str, object] = {
        "state": RunState.RUNNING,
        "recipe": "B",
        "since_mono": 0.0,
        "step_since_mono": 0.0,
        "start_seen": True,
    }
    return RunView(**{**view, **fields})  # type: ignore[arg-type]


def test_nothing_is_known_of_a_chamber_that_does_not_run() -> None:
    for state in (RunState.IDLE, RunState.UNKNOWN):
        assert at_a_glance(RunView(state=state), LOADED, utc=0, mono=5).elapsed is None


def test_the_chambers_step_places_the_run_in_the_plan() -> None:
    total = LOADED.plan.total
    got = at_a_glance(running(step=3, step_since_mono=30 * MINUTE), LOADED, utc=1000, mono=40 * MINUTE)
    assert got.planned
    assert (got.step_elapsed, got.step_total) == (10 * MINUTE, 60 * MINUTE)
    assert got.cycle == (1, 2)
    # Step 3 is meant to begin after 20 min, so the run is 10 min late.
    assert got.left == pytest.approx(total - 30 * MINUTE)
    assert got.upcoming == (
        (LOADED.plan.item(4).label, 50 * MINUTE),  # type: ignore[union-attr]
        (LOADED.plan.item(5).label, 60 * MINUTE),  # type: ignore[union-attr]
    )
    assert got.left is not None
    assert got.ends_utc == pytest.approx(1000 + got.left)
    assert got.total == pytest.approx(40 * MINUTE + got.left)


def test_a_step_that_takes_longer_than_planned_never_counts_twice() -> None:
    got = at_a_glance(running(step=1, step_since_mono=0.0), LOADED, utc=0, mono=50 * MINUTE)
    assert got.left == pytest.approx(LOADED.plan.total - 10 * MINUTE)


def test_without_steps_the_plan_is_followed_from_a_start_that_was_seen() -> None:
    got = at_a_glance(running(), LOADED, utc=0, mono=15 * MINUTE)
    assert got.planned
    assert got.label == LOADED.plan.item(2).label  # type: ignore[union-attr]
    unseen = at_a_glance(running(start_seen=False), LOADED, utc=0, mono=15 * MINUTE)
    assert not unseen.planned
    assert unseen.elapsed_is_least


def test_a_recipe_of_another_client_has_no_end() -> None:
    for loaded, name in [(None, "B"), (LOADED, "other")]:
        got = at_a_glance(running(recipe=name), loaded, utc=0, mono=5)
        assert (got.planned, got.ends_utc, got.elapsed) == (False, None, 5)


def test_a_faster_simulator_ends_sooner() -> None:
    slow = at_a_glance(running(step=1), LOADED, utc=0, mono=0)
    fast = at_a_glance(running(step=1), LOADED, utc=0, mono=0, speed=60)
    assert slow.left is not None
    assert fast.left == pytest.approx(slow.left / 60)
