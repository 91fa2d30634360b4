"""Stability: slopes against plain least squares, criteria against a plain reading of the same samples."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.simulatedrun import Bench
from xovac_tui.analysis.fit import line, track
from xovac_tui.analysis.stability import Stability, StabilityCriterion, StabilityWatch, change_per_hour
from xovac_tui.chamber.history import History
from xovac_tui.recipes.model import Hold, Ramp, Recipe
from xovac_tui.recipes.plan import PlanSettings

BAND = StabilityCriterion("band", within=2.0, over=600.0)
RATE = StabilityCriterion("rate", per_hour=1.0, over=1800.0)


def history(samples: Iterable[tuple[float, float]]) -> History:
    found = History()
    for mono, value in samples:
        found.add(mono, value)
    return found


def seconds(begin: int, end: int, value: Callable[[float], float]) -> list[tuple[float, float]]:
    """One value a second, in the middle of it."""
    return [(n + 0.5, value(n + 0.5)) for n in range(begin, end)]


def look(
    samples: list[tuple[float, float]], criterion: StabilityCriterion, now: float | None = None
) -> Stability:
    when = samples[-1][0] if now is None else now
    return StabilityWatch(criterion).look(history(samples), when, fresh=True)


# -- the change per hour ------------------------------------------------------------------------------


def plain_slope(samples: list[tuple[float, float]]) -> float:
    n = len(samples)
    mean_time, mean = sum(t for t, _ in samples) / n, sum(v for _, v in samples) / n
    return sum((t - mean_time) * (v - mean) for t, v in samples) / sum(
        (t - mean_time) ** 2 for t, _ in samples
    )


@given(st.lists(st.floats(-100, 100), min_size=8, max_size=60), st.integers(0, 10_000))
def test_the_slope_is_that_of_plain_least_squares(values: list[float], begin: int) -> None:
    samples = [(begin + n + 0.5, value) for n, value in enumerate(values)]
    past = track(history(samples), samples[-1][0], 60.0, 60.0)
    assert past is not None
    found = line(*past.points())
    assert found is not None
    # Means are kept in single precision.
    assert found.slope == pytest.approx(plain_slope(samples), abs=1e-5)
    assert found.uncertainty >= 0


def test_a_straight_line_is_certain_and_its_slope_exact() -> None:
    samples = seconds(0, 1900, lambda t: 20 + t / 1200)
    found = change_per_hour(history(samples), 1899.5, 1800.0)
    assert found is not None
    assert found[0] == pytest.approx(3.0, rel=1e-3)
    assert found[1] < 0.05


@pytest.mark.parametrize("memory", [0.0, 0.9, 0.98])
def test_the_uncertainty_covers_the_truth_also_where_neighbours_err_alike(memory: float) -> None:
    covered, tries = 0, 60
    for seed in range(tries):
        chance, drift, noise = random.Random(seed), 2.0, 0.0
        samples = []
        for t in range(1300):
            noise = memory * noise + chance.gauss(0, 0.1 * math.sqrt(1 - memory * memory))
            samples.append((t + 0.5, 20 + drift * t / 3600 + noise))
        found = change_per_hour(history(samples), 1299.5, 1200.0)
        assert found is not None
        covered += abs(found[0] - drift) <= found[1]
    assert covered >= 0.85 * tries


def test_no_slope_is_more_certain_than_the_resolution_allows() -> None:
    # 0.5 K/h in steps of 0.1 K: over a quarter of an hour one step may or may not be seen.
    for begin in range(0, 720, 90):
        samples = seconds(0, 2000, lambda t, begin=begin: round(20 + (t + begin) / 7200, 1))  # type: ignore[misc]
        found = change_per_hour(history(samples), 1999.5, 900.0)
        assert found is not None
        assert abs(found[0] - 0.5) <= found[1]
    still = change_per_hour(history(seconds(0, 1000, lambda t: 20.4)), 999.5, 900.0)
    assert still is not None
    assert still[0] == pytest.approx(0.0, abs=1e-9)
    assert still[1] == pytest.approx(2 * 0.1 / math.sqrt(6) / 0.25, rel=0.05)


def test_nothing_is_reported_of_too_few_or_too_old_values() -> None:
    few = history(seconds(0, 4, float))
    assert change_per_hour(few, 3.5, 600.0) is None
    assert change_per_hour(History(), 3.5, 600.0) is None
    old = history(seconds(0, 900, float))
    assert change_per_hour(old, 899.5, 600.0) is not None
    assert change_per_hour(old, 1600.0, 600.0) is None


# -- within a band ------------------------------------------------------------------------------------

chunks = st.lists(
    st.tuples(
        st.integers(1, 400),  # seconds
        st.floats(-3, 3),  # K away from the target
        st.booleans(),  # these seconds are missing
    ),
    min_size=1,
    max_size=10,
)


@examples(60)
@given(chunks, st.floats(0, 0.9))
@example([(1, 0.0, False), (1, 3.764669109265657e-281, False), (28, 1.0, False)], 0.0)
@example([(84, 0.0, True), (1, 0.0, False), (3, 0.0, True), (1, 0.0, False)], 0.5)
def test_a_band_is_kept_exactly_when_a_plain_scan_of_the_samples_says_so(
    parts: list[tuple[int, float, bool]], off: float
) -> None:
    samples, now = [], 0
    for length, value, missing in parts:
        if not missing:
            samples += [(now + n + off, value) for n in range(length)]
        now += length
    if not samples:
        return
    end, over, column = samples[-1][0], BAND.over, BAND.over / 120
    found = look(samples, BAND)

    def span(back: float) -> float:
        inside = [value for time, value in samples if time > end - back]
        return max(inside) - min(inside)

    def covered(back: float) -> float:
        return float(sum(1 for time, _ in samples if time > end - back))

    assert 0 <= found.held <= found.needed
    if found.stable:
        # Never too soon: the whole window was measured (but for a tenth), and lies in the band.
        assert span(over - 1) <= 4.0
        assert covered(1.1 * over + 2 * column) >= over - 1
    beyond = over + 3 * column
    if covered(beyond) >= beyond - 1 and span(beyond) <= 4.0:
        assert found.stable
    # A column counts whole that has a sample, wherever its beginning lies.
    recent = {int(time // column) for time, _ in samples if time > end - 1.1 * over - 3 * column}
    assert found.held <= column * (len(recent) + 1)


def test_progress_is_reported_and_the_end_foreseen() -> None:
    samples = seconds(0, 1000, lambda t: 20.0 if t < 700 else 30.0)
    found = look(samples, BAND)
    assert found.stable is False
    assert found.needed == 600
    assert found.held == pytest.approx(300, abs=10)
    assert found.forecast == pytest.approx(300, abs=15)


def test_a_gap_stops_the_clock_and_a_long_one_begins_it_anew() -> None:
    def with_gap(gap: int) -> Stability:
        return look([*seconds(0, 400, lambda t: 20.0), *seconds(400 + gap, 700 + gap, lambda t: 20.0)], BAND)

    assert with_gap(0).stable is True
    bridged = with_gap(40)
    assert bridged.stable is True
    shorter = look([*seconds(0, 250, lambda t: 20.0), *seconds(290, 590, lambda t: 20.0)], BAND)
    assert shorter.stable is False
    assert 500 <= shorter.held <= 550
    anew = with_gap(120)
    assert anew.stable is False
    assert 285 <= anew.held <= 300


def test_old_data_are_no_proof_and_lose_nothing() -> None:
    samples = seconds(0, 500, lambda t: 20.0)
    past, watch = history(samples), StabilityWatch(BAND)
    before = watch.look(past, 499.5, fresh=True)
    gone = watch.look(past, 530.0, fresh=False)
    assert (gone.stable, gone.forecast, gone.per_hour) == (None, None, None)
    assert gone.held == before.held
    assert StabilityWatch(BAND).look(History(), 10.0, fresh=True).stable is None


# -- slow enough --------------------------------------------------------------------------------------


def test_slow_enough_includes_the_uncertainty_and_wants_a_full_window() -> None:
    def drifting(rate: float, count: int = 2000) -> Stability:
        return look(seconds(0, count, lambda t: 20 + rate * t / 3600), RATE)

    assert drifting(0.9).stable is True
    assert drifting(-0.9).stable is True
    assert drifting(1.1).stable is False
    assert drifting(0.9, 900).stable is False
    assert drifting(0.9, 900).held == pytest.approx(900, abs=35)
    chance = random.Random(4)
    noisy = seconds(0, 2000, lambda t: 20 + 0.9 * t / 3600 + chance.gauss(0, 2.0))
    assert look(noisy, RATE).stable is False


def test_it_must_hold_and_a_late_evaluation_finds_the_same() -> None:
    held = StabilityCriterion("held", per_hour=1.0, over=600.0, hold=300.0)
    samples = seconds(0, 2400, lambda t: 20 + max(0.0, 1200 - t) / 60)
    past, watch = History(), StabilityWatch(held)
    first = None
    for mono, value in samples:
        past.add(mono, value)
        if mono % 5 != 0.5:
            continue
        seen = watch.look(past, mono, fresh=True)
        if seen.stable and first is None:
            first = mono
            late = StabilityWatch(held).look(past, mono + 60, fresh=True)
            assert late.held == pytest.approx(900, abs=60)
    # The ramp leaves the window after 600 s (its last half minute tilts the line but little), then it holds.
    assert first == pytest.approx(1200 + 600 + 300, abs=30)
    assert watch.look(past, 2399.5, fresh=True).held == held.needed


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize(
    "criterion", [RATE, BAND, StabilityCriterion("both", within=1.0, per_hour=3.0, over=900.0)]
)
def test_an_exponential_approach_is_foreseen(criterion: StabilityCriterion, noise: float) -> None:
    chance, past, watch = random.Random(7), History(), StabilityWatch(criterion)
    reported: list[tuple[float, float]] = []
    done = math.inf
    for t in range(15_000):
        past.add(t + 0.5, 60 - 80 * math.exp(-t / 1500) + (chance.gauss(0, noise) if noise else 0))
        if t % 100 == 0:
            found = watch.look(past, t + 0.5, fresh=True)
            if found.stable:
                done = t
                break
            if found.forecast is not None and t > criterion.over:
                reported.append((t, t + found.forecast))
    assert done < 15_000
    late = [abs(end - done) / (done - t) for t, end in reported if done - 4000 < t < done - 300]
    assert late
    assert sorted(late)[len(late) // 2] < 0.3


def test_what_goes_on_is_not_foreseen() -> None:
    steady = look(seconds(0, 3000, lambda t: 20 + t / 60), RATE)
    assert (steady.stable, steady.forecast) == (False, None)
    faster = look(seconds(0, 3000, lambda t: 20 + math.exp(t / 1000)), BAND)
    assert (faster.stable, faster.forecast) == (False, None)


def test_a_simulated_soak_is_called_stable_when_it_is() -> None:
    speed, criterion = 60.0, StabilityCriterion("1 K/h", per_hour=60.0, over=30.0, hold=10.0)
    recipe = Recipe("Soak", steps=(Ramp(to=45.0, over=1800.0), Hold(4 * 3600.0)))
    bench = Bench(recipe, PlanSettings(), speed=speed)
    watch, first, reported = StabilityWatch(criterion), None, []
    for seen in bench.observations(270):
        past = bench.chamber.history("chamber_state.part")
        assert past is not None
        found = watch.look(past, seen.mono, fresh=True)
        since = [(t, part) for t, part, _ in bench.samples if t > bench.samples[-1][0] - 1800]
        if found.stable and first is None:
            first = seen.mono
        if found.stable:
            assert abs(3600 * plain_slope(since)) < 1.0
        elif found.forecast is not None and first is None:
            reported.append(seen.mono + found.forecast)
    # Half an hour of ramp and half an hour of window must be over before.
    assert first is not None
    assert first > bench.began + 60 + 10
    assert reported
    assert reported[-1] == pytest.approx(first, abs=10)


# -- resets -------------------------------------------------------------------------------------------


def test_what_was_lost_is_counted_once_each() -> None:
    # Stable, pushed away for a moment, stable, pushed away half-way, stable.
    def value(t: float) -> float:
        return 30.0 if 1000 <= t < 1020 or 2000 <= t < 2020 or 2400 <= t < 2420 else 20.0

    past, watch = History(), StabilityWatch(BAND)
    counts = []
    for mono, number in seconds(0, 3500, value):
        past.add(mono, number)
        if mono % 10 == 0.5:
            counts.append(watch.look(past, mono, fresh=True).resets)
    assert counts == sorted(counts)
    assert counts[-1] == 3
    late = StabilityWatch(BAND).look(past, 3499.5, fresh=True)
    assert late.resets == 2, "those of the past that it looks back at"
    assert late.stable is True


def test_a_steady_ramp_resets_nothing_more_than_once() -> None:
    samples = [*seconds(0, 1000, lambda t: 20.0), *seconds(1000, 4000, lambda t: 20 + (t - 1000) / 60)]
    past, watch = History(), StabilityWatch(BAND)
    for mono, number in samples:
        past.add(mono, number)
        if mono % 10 == 0.5:
            watch.look(past, mono, fresh=True)
    found = watch.look(past, mono, fresh=True)
    assert (found.stable, found.resets) == (False, 1)


def test_going_back_in_time_begins_anew() -> None:
    samples = seconds(0, 3000, lambda t: 20.0 if t < 1500 or t > 1510 else 40.0)
    watch = StabilityWatch(BAND)
    assert watch.look(history(samples), 2999.5, fresh=True).resets == 1
    early = watch.look(history(samples[:700]), 699.5, fresh=True)
    assert (early.stable, early.resets) == (True, 0)
