"""Whole runs with the simulator's physics: what is followed, predicted and learned is what the model does."""

from __future__ import annotations

from functools import cache

import pytest

from tests.helpers.simulatedrun import PARAMETERS, UTC, Bench, without_roles
from xovac_tui.recipes.check import check_recipe
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.rates import Rates, learn, merge
from xovac_tui.runs.followed import Run
from xovac_tui.runs.state import Result
from xovac_tui.runs.view import RunProgress
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.program import Program, ProgramItem

HARD = Recipe(
    "Hard", (Ramp(60, over=60), Hold(2700), Ramp(-20, over=60), Hold(7200), Ramp(22, over=60), Hold(1800))
)
"""Asks for more than the chamber can, so that it shows what it can."""
CYCLES = Recipe(
    "Cycles",
    (Repeat(2, (Ramp(50), Hold(3600), Ramp(-10), Hold(3600))), Ramp(22), Hold(1800)),
    tolerance=2.0,
    pressure=1e-2,
)


@cache
def rates_learned() -> Rates:
    bench = Bench(HARD, PlanSettings())
    followed = Run(bench.plan, speed=bench.speed)
    for seen in bench.observations(bench.plan.total / bench.speed + 3):
        followed.observe(seen)
    assert followed.view().result is Result.COMPLETED
    return merge([learn(bench.samples)])


@pytest.fixture
def learned() -> Rates:
    return rates_learned()


def crossing(start: float, low: float, high: float, target: float) -> float:
    """Measure how long the bare physics take from one temperature to another, driven hard, in seconds."""
    machine = Machine(PARAMETERS, warm=True)
    for node in ("part", "shroud", "plate_a", "plate_b"):
        machine.thermal.set_celsius(node, start)
    machine.load(Program("x", (ProgramItem(target, 100_000.0),), "jump"))
    machine.start()
    begin, end = (low, high) if target > start else (high, low)
    times: list[float] = []
    while len(times) < 2:
        machine.step(1.0)
        wanted = (begin, end)[len(times)]
        there = machine.thermal.celsius("part")
        if (there >= wanted) if target > start else (there <= wanted):
            times.append(machine.elapsed)
    return times[1] - times[0]


@pytest.mark.parametrize(
    ("start", "low", "high", "target"),
    [(60, 20, 40, -20), (60, 0, 20, -20), (60, -10, 0, -20), (-20, -10, 10, 22)],
)
def test_learned_rates_are_those_of_the_physics(
    learned: Rates, start: float, low: float, high: float, target: float
) -> None:
    way = (low, high) if target > start else (high, low)
    times = learned.time(*way)
    assert times is not None
    quickest, usual, slowest = times
    true = crossing(start, low, high, target)
    assert usual == pytest.approx(true, rel=0.15)
    assert quickest * 0.95 <= true <= slowest * 1.05


@pytest.mark.slow
def test_a_chamber_that_reports_no_setpoint_is_learned_from_its_quick_ramps() -> None:
    # By the assumed rate the ramps are laid out for more than the chamber can.
    bench = Bench(CYCLES, PlanSettings(assumed_rate=4.0))
    followed = Run(bench.plan, speed=bench.speed)
    for seen in bench.observations(bench.plan.total / bench.speed + 3):
        followed.observe(without_roles(seen))
    assert len(followed.quick_ramps()) == 5
    blind = [(t, actual, None) for t, actual, _ in bench.samples]
    assert learn(blind) == Rates()
    seen_there = learn(blind, followed.quick_ramps()).fastest(heating=False, low=30, high=40)
    assert seen_there == pytest.approx(2.6, rel=0.15)


def test_heating_and_cooling_are_kept_apart(learned: Rates) -> None:
    up = learned.fastest(heating=True, low=-10, high=10)
    down = learned.fastest(heating=False, low=-10, high=10)
    assert up is not None
    assert down is not None
    assert up > 2 * down


def test_the_check_knows_what_was_learned(learned: Rates) -> None:
    findings = check_recipe(HARD, PlanSettings(rates=learned), 35.0)
    said = [f.where for f in findings if "learned from 1 run" in f.message]
    assert said == ["step 1", "step 3", "step 5"]


def follow(bench: Bench) -> tuple[list[RunProgress], list[RunProgress]]:
    """Follow the run to its end; return what each second showed, with reports of the device and without."""
    reported, estimated = (Run(bench.plan, speed=bench.speed) for _ in range(2))
    shown: tuple[list[RunProgress], list[RunProgress]] = ([], [])
    for seen in bench.observations(bench.plan.total / bench.speed * 1.2):
        for followed, views, look in ((reported, shown[0], seen), (estimated, shown[1], without_roles(seen))):
            if not followed.over:
                followed.observe(look)
                views.append(followed.view())
        if reported.over and estimated.over:
            break
    return shown


@cache
def cycles(known: bool) -> tuple[Bench, list[RunProgress], list[RunProgress]]:
    """Follow the cycles with assumed rates or with learned ones."""
    bench = Bench(CYCLES, PlanSettings(rates=rates_learned() if known else None))
    return bench, *follow(bench)


KNOWN = pytest.mark.parametrize(
    "known", [pytest.param(False, id="assumed"), pytest.param(True, id="learned", marks=pytest.mark.slow)]
)


@KNOWN
def test_a_run_reported_by_the_device(known: bool) -> None:
    _, shown, _ = cycles(known)
    first, last = shown[0], shown[-1]
    assert last.result is Result.COMPLETED
    assert not any(view.estimated for view in shown[5:-1])
    assert first.basis == ("learned from 1 run" if known else "assumed")
    assert first.ends_earliest_utc is not None
    assert first.ends_latest_utc is not None
    assert last.ends_utc is not None
    # The end is reported by a message that comes once a second of the wall clock.
    assert first.ends_earliest_utc - 1 <= last.ends_utc <= first.ends_latest_utc + 2
    assert all(abs(view.drift or 0.0) <= 2 for view in shown)
    assert [leg.step for leg in last.legs] == list(range(1, 11))
    for leg in last.legs:
        assert leg.start is not None
        assert leg.end is not None
        assert leg.planned is not None
        assert leg.end - leg.start == pytest.approx(leg.planned, abs=1.01)
        if leg.dwell is not None:
            lasted = leg.dwell
            assert 0 < lasted.in_tolerance <= lasted.elapsed == pytest.approx(leg.end - leg.start)
            # The part comes late, and the first dwell begins before the pressure is low enough or not at all.
            assert lasted.reached is not None
            assert lasted.in_tolerance <= lasted.elapsed - lasted.reached + 1e-6
            assert lasted.creditable <= lasted.in_tolerance
    dwells = [leg.dwell for leg in last.legs if leg.dwell is not None]
    assert sum(dwell.creditable for dwell in dwells) > 0.8 * sum(dwell.in_tolerance for dwell in dwells)
    late = [leg.dwell.reached or 0.0 for leg in last.legs if leg.dwell is not None]
    assert sum(late) < sum(leg.planned or 0.0 for leg in last.legs if leg.dwell is not None) / 3


@KNOWN
def test_a_run_followed_without_a_word_from_the_device(known: bool) -> None:
    _, reported, estimated = cycles(known)
    assert estimated[-1].result is Result.COMPLETED
    assert estimated[-1].ends_utc is not None
    assert estimated[-1].ends_utc == pytest.approx(reported[-1].ends_utc or 0.0, abs=3)
    right = 0
    for true, guess in zip(reported[:-2], estimated, strict=False):
        assert guess.estimated
        assert true.step is not None
        assert guess.step is not None
        # A ramp as fast as it goes is left when the part is there: before the device's time, never after.
        assert 0 <= guess.step - true.step <= 1 or (guess.step_elapsed or 0.0) <= 2
        right += guess.step == true.step
    assert right > 0.9 * len(reported)


def test_dwells_without_vacuum_are_not_credited() -> None:
    bench = Bench(CYCLES, PlanSettings(), speed=60.0, vented=True)
    run = Run(bench.plan, speed=bench.speed)
    for seen in bench.observations(bench.plan.total / bench.speed + 3):
        run.observe(seen)
    last = run.view()
    assert last.result is Result.COMPLETED
    dwells = [leg.dwell for leg in last.legs if leg.dwell is not None]
    assert dwells[-1].in_tolerance > 0
    assert [dwell.creditable for dwell in dwells] == [0] * len(dwells)


def test_a_run_is_reported_in_the_clock_of_the_wall() -> None:
    bench, (first, *_), _ = cycles(known=False)
    assert first.ends_utc == pytest.approx(UTC + bench.began + bench.plan.total / bench.speed, abs=1)
