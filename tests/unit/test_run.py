"""A run followed against its plan: reported or estimated, with gaps, and with one of five results."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.recipes import recipes
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.model import Hold, Ramp, Recipe
from xovac_tui.recipes.plan import Plan, PlanSettings, plan_recipe
from xovac_tui.recipes.rates import RateBand, Rates
from xovac_tui.runs.endings import EndCode, RunEnding
from xovac_tui.runs.followed import Run
from xovac_tui.runs.state import Result, RunSnapshot

UTC = 1_800_000_000.0
MINUTE = 60.0

RECIPE = parse_recipe(
    """
    name = "B"
    tolerance = 2
    pressure = 1e-3
    [[steps]]
    to = 40
    over = "10min"
    [[steps]]
    repeat = 2
    [[steps.steps]]
    hold = "20min"
    [[steps.steps]]
    to = 60
    over = "10min"
    [[steps]]
    hold = "20min"
    """,
    "test",
)
PLAN = plan_recipe(RECIPE, PlanSettings(), 20.0)
"""Ramp to 40 (10), hold (20), ramp to 60 (10), hold (20), ramp "to 60" (10), hold (20): 90 min."""


class Chamber:
    """A chamber that follows its plan to the dot, observed once a second unless said otherwise."""

    def __init__(
        self, plan: Plan = PLAN, *, roles: bool = True, state: bool = True, start: float = 0.0
    ) -> None:
        self.plan = plan
        self.roles, self.reports = roles, state
        self.start = start
        self.items = [segment for segment in plan.segments if segment.index is not None]

    def look(self, at: float, **changes: object) -> Observation:
        t = at - self.start
        segment = self.plan.segment_at(t) if t < self.plan.total else None
        running = segment is not None
        known: dict[str, object] = {
            "mono": at,
            "utc": UTC + at,
            "linked": True,
            "fresh": True,
            "period": 1.0,
            "actual": self.plan.temperature_at(t),
            "pressure": 1e-4,
            "state": (RunState.RUNNING if running else RunState.IDLE) if self.reports else RunState.UNKNOWN,
            "recipe": self.plan.recipe_name if self.roles else None,
            "step": segment.index if self.roles and segment else None,
            "steps": len(self.items) if self.roles else None,
        }
        return Observation(**{**known, **changes})  # type: ignore[arg-type]


LOST: dict[str, object] = {
    "linked": False,
    "fresh": False,
    "state": RunState.UNKNOWN,
    **dict.fromkeys(("actual", "pressure", "recipe", "step", "steps")),
}


def follow(run: Run, chamber: Chamber, start: float, end: float, **changes: object) -> Run:
    """Look at the chamber once a second from `start` up to `end`, both included."""
    for second in range(int(start), int(end) + 1):
        run.observe(chamber.look(float(second), **changes))
    return run


def test_a_run_that_goes_as_planned() -> None:
    run = follow(Run(PLAN), Chamber(), 0, 45 * MINUTE)
    view = run.view()
    assert (view.planned, view.estimated, view.name, view.result) == (True, False, "B", Result.RUNNING)
    assert (view.step, view.steps, view.kind, view.cycle) == (4, 6, "hold", (2, 2))
    assert view.label == PLAN.segments[3].label
    assert (view.elapsed, view.left, view.total) == (45 * MINUTE, 45 * MINUTE, 90 * MINUTE)
    assert (view.step_elapsed, view.step_total, view.step_left) == (5 * MINUTE, 20 * MINUTE, 15 * MINUTE)
    assert view.ends_utc == UTC + 90 * MINUTE
    assert (view.ends_earliest_utc, view.ends_latest_utc) == (view.ends_utc, view.ends_utc)
    assert (view.drift, view.gaps, view.silent) == (0, 0, None)
    assert (view.actual, view.planned_temperature) == (60, 60)
    assert [what for what, _ in view.upcoming] == [PLAN.segments[4].label, PLAN.segments[5].label]
    assert view.dwell is not None
    assert view.dwell.elapsed == view.dwell.creditable == 5 * MINUTE
    assert [(leg.step, leg.start, leg.end, leg.kind) for leg in view.legs] == [
        (1, 0, 600, "ramp"),
        (2, 600, 1800, "hold"),
        (3, 1800, 2400, "ramp"),
        (4, 2400, None, "hold"),
    ]
    held = view.legs[1].dwell
    assert held is not None
    assert (held.elapsed, held.in_tolerance, held.creditable) == (1200, 1200, 1200)
    follow(run, Chamber(), 45 * MINUTE + 1, 90 * MINUTE + 2)
    done = run.view()
    assert run.ending == RunEnding(EndCode.LAST_STEP)
    assert (done.result, done.reason) == (Result.COMPLETED, run.ending.sentence)
    assert (done.ends_utc, done.left, done.total) == (UTC + 90 * MINUTE, None, 90 * MINUTE)
    assert run.over
    assert not run.observe(Chamber().look(1.0))
    assert run.view().dwell is None
    assert [leg.end for leg in done.legs] == [600, 1800, 2400, 3600, 4200, 5400]


def test_a_step_or_an_end_is_reported_at_once() -> None:
    run, chamber = Run(PLAN), Chamber()
    changed = [second for second in range(90 * 60 + 1) if run.observe(chamber.look(float(second)))]
    assert changed == [0, 600, 1800, 2400, 3600, 4200, 5400]


def test_a_late_chamber_moves_the_end() -> None:
    run, chamber = Run(PLAN), Chamber()
    follow(run, chamber, 0, 599)
    late = Chamber(start=5 * MINUTE)
    # Step 1 goes on for five minutes more than planned.
    follow(run, chamber, 600, 899, step=1)
    assert run.view().drift == pytest.approx(299)
    assert run.view().left == 80 * MINUTE
    follow(run, late, 900, 1500)
    view = run.view()
    assert (view.step, view.drift, view.ends_utc) == (2, 5 * MINUTE, UTC + 95 * MINUTE)


@pytest.mark.parametrize("actual", [None, 20.0])
def test_without_roles_the_plans_time_is_followed(actual: float | None) -> None:
    run = follow(Run(PLAN), Chamber(roles=False, state=False), 0, 45 * MINUTE, actual=actual)
    view = run.view()
    assert (view.planned, view.estimated, view.step, view.steps) == (True, True, 4, 6)
    assert (view.step_elapsed, view.step_total) == (5 * MINUTE, 20 * MINUTE)
    assert all(leg.estimated for leg in view.legs)
    assert [leg.end for leg in view.legs] == [600, 1800, 2400, None]
    follow(run, Chamber(roles=False, state=False), 45 * MINUTE, 90 * MINUTE)
    assert run.view().result is Result.COMPLETED
    assert run.ending == RunEnding(EndCode.PLAN_OVER)


@pytest.mark.parametrize(("late", "estimated"), [(2, False), (40, True)])
def test_a_step_that_is_reported_long_after_its_estimated_beginning_stays_estimated(
    late: int, estimated: bool
) -> None:
    """That it runs is known then, and not when it began."""
    run = follow(Run(PLAN), Chamber(roles=False), 0, 600 + late - 1)
    follow(run, Chamber(), 600 + late, 900)
    assert [(leg.step, leg.start, leg.estimated) for leg in run.view().legs] == [
        (1, 0, True),
        (2, 600, estimated),
    ]
    assert not run.view().estimated


def test_a_step_that_ends_between_two_observations_ends_when_it_was_due() -> None:
    run, chamber = Run(PLAN), Chamber(roles=False, state=False)
    for second in range(0, 2400, 7):
        run.observe(chamber.look(float(second), period=7.0))
    legs = run.view().legs
    assert [leg.end for leg in legs] == [600, 1800, None]
    assert legs[1].end_utc == UTC + 1800
    held = legs[1].dwell
    assert held is not None
    assert held.elapsed == held.creditable == pytest.approx(1200)


QUICK = plan_recipe(
    Recipe("Q", (Ramp(40), Hold(1200), Ramp(20), Hold(600)), tolerance=2.0),
    PlanSettings(assumed_rate=1.0),
    20.0,
)
"""Ramps as fast as they go, 20 min each by the assumed rate."""


def test_a_quick_ramp_is_left_when_the_temperature_is_there_and_moves_nothing_else() -> None:
    run, chamber = Run(QUICK), Chamber(QUICK, roles=False, state=False)
    follow(run, chamber, 0, 300)
    assert run.view().step == 1
    follow(run, chamber, 301, 310, actual=38.5)
    view = run.view()
    assert (view.step, view.estimated, view.kind) == (2, True, "hold")
    assert view.legs[0].end == 301
    # The device goes through its list by time: the hold ends when it would have, and so does the whole.
    assert (view.step_total, view.ends_utc, view.drift) == (2400 - 301, UTC + QUICK.total, 0)
    follow(run, chamber, 311, 2401, actual=40.0)
    assert run.view().step == 3
    assert run.view().legs[1].end == 2400


def test_quick_ramps_are_handed_over_for_learning() -> None:
    chamber = Chamber(QUICK, roles=False, state=False)
    run = Run(QUICK, speed=2.0)
    for second in range(2000):
        run.observe(chamber.look(second * 2.0, mono=float(second), utc=UTC + second, actual=None))
    assert run.quick_ramps() == ((0, 1200, 40), (2400, 3600, 20))
    assert follow(Run(PLAN), Chamber(), 0, 3000).quick_ramps() == ()


def test_a_quick_ramp_that_lags_is_left_when_its_time_is_up() -> None:
    run = follow(Run(QUICK), Chamber(QUICK, roles=False, state=False), 0, 1300, actual=30.0)
    view = run.view()
    assert (view.step, view.legs[0].end) == (2, 1200)
    assert view.dwell is not None
    assert (view.dwell.in_tolerance, view.dwell.elapsed) == (0, 100)


def test_a_ramp_at_a_rate_is_not_left_before_its_time() -> None:
    run = follow(Run(PLAN), Chamber(roles=False, state=False), 0, 300, actual=40.0)
    assert run.view().step == 1


def test_learned_rates_give_the_end_a_range() -> None:
    band = RateBand(heating=True, low=20, high=30, slow=0.5, usual=1, fast=2, seconds=600, runs=4)
    plan = plan_recipe(Recipe("L", (Ramp(40), Hold(600))), PlanSettings(rates=Rates((band,), 4)), 20.0)
    run = follow(Run(plan), Chamber(plan), 0, 600)
    view = run.view()
    assert view.basis == "learned from 4 runs"
    assert (view.left_shortest, view.left, view.left_longest) == (300 + 600, 600 + 600, 1200 + 600)
    follow(run, Chamber(plan), 601, 1300)
    view = run.view()
    assert view.left_shortest == view.left == view.left_longest == 500


def test_a_link_gap_is_counted_and_never_credited() -> None:
    run, chamber = Run(PLAN), Chamber()
    follow(run, chamber, 0, 1000)
    follow(run, chamber, 1001, 1300, **LOST)
    gone = run.view()
    assert (gone.gaps, gone.gap_seconds, gone.silent, gone.estimated) == (1, 300, 300, True)
    assert (gone.step, gone.left) == (2, 90 * MINUTE - 1300)
    follow(run, chamber, 1301, 1500)
    back = run.view()
    assert (back.gaps, back.gap_seconds, back.silent, back.estimated) == (1, 301, None, False)
    assert back.dwell is not None
    assert back.dwell.elapsed == 900
    assert back.dwell.creditable == back.dwell.in_tolerance == 900 - 301


def test_without_data_the_plan_says_where_it_should_be() -> None:
    run, chamber = Run(PLAN), Chamber()
    follow(run, chamber, 0, 1000)
    follow(run, chamber, 1001, 3000, **LOST)
    gone = run.view()
    assert (gone.step, gone.estimated, gone.step_elapsed) == (4, True, 10 * MINUTE)
    assert gone.dwell is None
    follow(run, chamber, 3001, 3002)
    legs = run.view().legs
    assert [(leg.step, leg.start, leg.end) for leg in legs] == [
        (1, 0, 600),
        (2, 600, 3001),
        (3, None, None),
        (4, 3001, None),
    ]
    held = run.view().legs[1].dwell
    assert held is not None
    # Of the first hold nothing is known but what was seen of it: 60 °C belong to the second.
    assert (held.creditable, held.maximum) == (400, 40)


def test_stale_data_are_a_gap_too() -> None:
    run, chamber = Run(PLAN), Chamber()
    follow(run, chamber, 0, 700)
    follow(run, chamber, 701, 800, fresh=False, actual=None)
    follow(run, chamber, 801, 900)
    assert (run.view().gaps, run.view().gap_seconds) == (1, 101)


def test_observations_that_did_not_happen_are_a_gap() -> None:
    run, chamber = Run(PLAN), Chamber()
    follow(run, chamber, 0, 700)
    follow(run, chamber, 760, 800)
    view = run.view()
    assert (view.gaps, view.gap_seconds) == (1, 60)
    assert view.dwell is not None
    assert view.dwell.creditable == 200 - 60


def test_a_chamber_that_stops_before_its_time() -> None:
    run = follow(Run(PLAN), Chamber(), 0, 1000)
    follow(run, Chamber(), 1001, 1001, state=RunState.IDLE, step=None)
    view = run.view()
    assert view.result is Result.ENDED_EARLY
    assert run.ending == RunEnding(EndCode.EARLY, step=2, steps=6, seconds=90 * MINUTE - 1001)
    assert view.ends_utc == UTC + 1001


def test_a_cancelled_run_names_its_canceller() -> None:
    run = follow(Run(PLAN), Chamber(), 0, 1000)
    assert not run.cancel("ann@lab")
    follow(run, Chamber(), 1001, 1010)
    assert not run.over
    follow(run, Chamber(), 1011, 1011, state=RunState.IDLE, step=None)
    assert run.view().result is Result.CANCELLED
    assert run.ending == RunEnding(EndCode.CANCELLED, who="ann@lab")


def test_a_cancel_that_was_not_obeyed_does_not_explain_the_end() -> None:
    run = follow(Run(PLAN), Chamber(), 0, 1000)
    run.cancel("ann@lab")
    follow(run, Chamber(), 1001, 90 * MINUTE + 1)
    assert run.view().result is Result.COMPLETED


def test_a_cancel_is_the_end_where_the_chamber_reports_nothing() -> None:
    run = follow(Run(PLAN), Chamber(roles=False, state=False), 0, 1000)
    assert run.cancel("ann@lab")
    assert run.view().result is Result.CANCELLED
    assert run.ending == RunEnding(EndCode.CANCELLED_BLIND, who="ann@lab")
    assert not run.cancel("bob@lab")


@pytest.mark.parametrize(("back", "code"), [(2000, EndCode.NOT_SEEN), (6000, EndCode.NOT_SEEN_PLAN_OVER)])
def test_an_end_that_was_not_seen_is_unknown(back: float, code: EndCode) -> None:
    run = follow(Run(PLAN), Chamber(), 0, 1000)
    follow(run, Chamber(), 1001, back, **LOST)
    follow(run, Chamber(), back + 1, back + 1, state=RunState.IDLE, step=None)
    assert run.view().result is Result.UNKNOWN
    assert run.ending is not None
    assert run.ending.code is code


def test_a_silent_chambers_plan_that_ran_out_in_a_gap_is_unknown() -> None:
    chamber = Chamber(roles=False, state=False)
    run = follow(Run(PLAN), chamber, 0, 1000)
    follow(run, chamber, 1001, 6000, **LOST)
    assert not run.over
    follow(run, chamber, 6001, 6001)
    assert run.view().result is Result.UNKNOWN
    assert run.ending == RunEnding(EndCode.PLAN_OVER_UNSEEN)


def test_another_recipe_ends_it() -> None:
    run = follow(Run(PLAN), Chamber(), 0, 1000)
    follow(run, Chamber(), 1001, 1001, recipe="Other\x1b")
    assert run.view().result is Result.UNKNOWN
    assert run.ending == RunEnding(EndCode.OTHER_RECIPE, recipe="Other\x1b")


def test_giving_up_is_unknown() -> None:
    run = Run(PLAN)
    again = RunEnding(EndCode.BEGUN_AGAIN, command="start", who="ann@lab")
    run.give_up(again)
    run.give_up(RunEnding(EndCode.NOTHING_RUNS, command="cancel_recipe"))
    assert (run.ending, run.view().result, run.view().reason) == (again, Result.UNKNOWN, again.sentence)


def test_a_plan_that_does_not_fit_is_not_used() -> None:
    for wrong in ({"recipe": "Other"}, {"steps": 7}):
        run = follow(Run(PLAN), Chamber(), 0, 700, **wrong)
        view = run.view()
        assert (view.planned, view.ends_utc, view.label, view.dwell) == (False, None, "", None)
        assert (view.step, view.step_elapsed) == (2, 100)
    # A name that comes late is not held against it.
    run = follow(Run(PLAN), Chamber(), 0, 700, recipe="Before")
    follow(run, Chamber(), 701, 800)
    view = run.view()
    assert (view.planned, view.step, view.step_elapsed, view.left) == (True, 2, 200, 90 * MINUTE - 800)


def test_a_run_without_a_plan() -> None:
    run = follow(Run(None), Chamber(), 0, 700)
    view = run.view()
    assert (view.name, view.planned, view.step, view.steps, view.step_elapsed) == ("B", False, 2, 6, 100)
    follow(run, Chamber(), 701, 701, state=RunState.IDLE, step=None)
    assert run.view().result is Result.UNKNOWN
    assert run.ending == RunEnding(EndCode.NO_PLAN, step=2, steps=6)


def test_a_run_that_was_on_already() -> None:
    run = follow(Run(PLAN, start_seen=False), Chamber(), 1000, 1100)
    view = run.view()
    assert (view.step, view.elapsed, view.elapsed_is_least, view.planned) == (2, 100, True, True)
    blind = follow(Run(PLAN, start_seen=False), Chamber(roles=False), 1000, 1100)
    assert (blind.view().planned, blind.view().ends_utc) == (False, None)


def test_a_faster_simulator_is_followed_in_wall_seconds() -> None:
    run = Run(PLAN, speed=60.0)
    for tick in range(46 * 4):
        now = tick / 4
        seen = Chamber().look(now * 60, mono=now, utc=UTC + now)
        run.observe(seen)
    view = run.view()
    assert (view.step, view.elapsed, view.step_total) == (4, 45.75, 20)
    assert view.left == pytest.approx(90 - 45.75)
    assert view.legs[1].planned == 20
    held = view.legs[1].dwell
    assert held is not None
    assert held.creditable == pytest.approx(20, abs=0.3)


# -- resumed --------------------------------------------------------------------------------------------


def again(run: Run) -> Run:
    """What a recorder that was killed goes on with."""
    text = msgspec.json.encode(run.state())
    return Run(run.course.plan if run.course else None, resume=msgspec.json.decode(text, type=RunSnapshot))


def test_the_stored_keys_of_a_run_are_those_of_older_records() -> None:
    chamber = Chamber()
    kept = msgspec.json.decode(msgspec.json.encode(follow(Run(PLAN), chamber, 0, 3000).state()))
    assert kept["told"] is True
    assert [leg["step"] for leg in kept["flown"]] == list(range(1, kept["leg"]["step"]))
    kept["stranger"] = True
    assert msgspec.json.decode(msgspec.json.encode(kept), type=RunSnapshot).other_recipe


@pytest.mark.parametrize("rebooted", [False, True])
def test_a_killed_recorder_goes_on_and_counts_the_gap(rebooted: bool) -> None:
    chamber = Chamber()
    run = again(follow(Run(PLAN), chamber, 0, 1000))
    assert run.view().step == 2
    for second in range(1200, 1301):
        # After a reboot the monotonic clock begins anew: the wall clock shows how long it was gone.
        seen = chamber.look(float(second), **({"mono": second - 1195.0} if rebooted else {}))
        run.observe(seen)
    view = run.view()
    assert (view.elapsed, view.gaps, view.gap_seconds) == (1300, 1, 200)
    assert (view.step, view.drift, view.left) == (2, 0, 90 * MINUTE - 1300)
    assert view.dwell is not None
    assert (view.dwell.elapsed, view.dwell.creditable) == (700, 500)


def test_a_recorder_that_was_gone_for_a_moment_is_a_gap_in_both_clocks() -> None:
    """Two values that are near cover nothing that was not observed."""
    run = again(follow(Run(PLAN), Chamber(), 0, 1000))
    follow(run, Chamber(), 1003, 1100)
    dwell = run.view().dwell
    assert dwell is not None
    assert (dwell.elapsed, dwell.in_tolerance, dwell.creditable) == (500, 497, 497)


def test_a_run_that_is_over_stays_over_when_it_is_read_back() -> None:
    run = again(follow(Run(PLAN), Chamber(), 0, 90 * MINUTE + 1))
    assert run.over
    assert run.view().result is Result.COMPLETED


def test_estimated_steps_that_passed_while_it_was_killed_end_when_they_were_due() -> None:
    chamber = Chamber(roles=False, state=False)
    run = again(follow(Run(PLAN), chamber, 0, 1000))
    follow(run, chamber, 2500, 2600)
    view = run.view()
    assert [leg.end for leg in view.legs] == [600, 1800, 2400, None]
    first = view.legs[1].dwell
    assert first is not None
    assert (first.elapsed, first.creditable) == (1200, 400)


WAYS: dict[str, dict[str, object]] = {
    "well": {},
    "lost": LOST,
    "stale": {"fresh": False, "actual": None},
    "hot": {"actual": 500.0},
}
looks = st.lists(st.tuples(st.floats(0.1, 400), st.sampled_from(sorted(WAYS))), min_size=1, max_size=30)


@given(recipes, looks, st.booleans(), st.integers(0, 29))
@examples(60)
def test_whatever_happens_the_clocks_are_true(
    recipe: Recipe, parts: list[tuple[float, str]], roles: bool, kill: int
) -> None:
    plan = plan_recipe(recipe, PlanSettings(max_items=10_000))
    if not plan.total:
        return
    chamber = Chamber(plan, roles=roles, state=roles)
    run, now = Run(plan), 0.0
    run.observe(chamber.look(0.0))
    for number, (wait, how) in enumerate(parts):
        now += wait
        run.observe(chamber.look(now, **WAYS[how]))
        if number == kill:
            run = again(run)
    view = run.view()
    state = run.state()
    assert state.gap_seconds <= state.t + 1e-6
    assert state.t <= now + 1e-6
    times = [t for leg in view.legs for t in (leg.start, leg.end) if t is not None]
    assert times == sorted(times)
    for leg in view.legs:
        if leg.dwell is not None and leg.start is not None:
            lasted = (state.t if leg.end is None else leg.end) - leg.start
            assert leg.dwell.creditable <= leg.dwell.in_tolerance + 1e-6 <= leg.dwell.elapsed + 2e-6
            assert leg.dwell.elapsed <= lasted + 1e-6
    if view.left is not None:
        assert view.left_shortest is not None
        assert view.left_longest is not None
        assert view.left_shortest - 1e-3 <= view.left <= view.left_longest + 1e-3
        assert view.left >= 0
