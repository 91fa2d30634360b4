"""Lines and their uncertainty: through means, past bad readings, over the steps of a sensor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from xovac_tui.analysis.fit import (
    ColumnTrack,
    Doubt,
    FittedLine,
    line,
    robust_points,
    student,
    undithered,
    without_spikes,
)
from xovac_tui.analysis.stability import StabilityCriterion, StabilityWatch, change_per_hour
from xovac_tui.chamber.history import History, last_decimal

WINDOW = 1800.0
COLUMN = 16.0
"""Seconds of a column of such a window: of two bins of the history."""


def fed(
    times: Sequence[float], values: Sequence[float], resolution: float | None = None, uncertainty: float = 0.0
) -> History:
    found = History(resolution, uncertainty)
    for time, value in zip(times, values, strict=True):
        found.add(time, value)
    return found


def noisy(rate: float, seconds: float, seed: int = 1) -> tuple[list[float], list[float]]:
    """Times and values of 20 degC with a white noise of 0.05 K."""
    count = int(seconds * rate)
    times = (np.arange(count) + 0.5) / rate
    return times.tolist(), (20 + np.random.default_rng(seed).normal(0, 0.05, count)).tolist()


# -- means --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "window"), [(20.0, 600.0), (1.0, 600.0), (1.0, 1800.0), (0.1, 1800.0)])
def test_the_points_are_the_means_of_the_samples(rate: float, window: float) -> None:
    times, values = noisy(rate, window)
    # Columns are whole bins of the history.
    count = round(window / 40) if window > 600 else 60
    bins = fed(times, values).measured(0.0, window, count)
    columns = np.floor(np.array(times) / (window / count)).astype(int)
    expected = np.bincount(columns, values, count) / np.bincount(columns, minlength=count)
    assert np.allclose(bins.means, expected, atol=1e-5)
    if rate < 20:
        assert list(bins.counts) == np.bincount(columns, minlength=count).tolist()


def test_a_column_that_was_only_filled_in_is_no_point() -> None:
    times, values = noisy(0.1, 600)
    bins = fed(times, values).measured(0.0, 600.0, 120)
    assert sum(low == low for low in bins.lows) == 118
    assert sum(mean == mean for mean in bins.means) == 60


def test_means_of_the_largest_numbers_lie_between_their_bounds() -> None:
    bins = fed([0.1, 0.2, 0.3, 1.5], [1.7e308, 1.7e308, 1.6e308, -1.7e308]).measured(0.0, 2.0, 2)
    assert 1.6e308 <= bins.means[0] <= 1.7e308
    assert bins.means[1] == -1.7e308


# -- bad readings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [1.0, 20.0])
@pytest.mark.parametrize("off", [5.0, 500.0])
def test_one_bad_sample_moves_no_line_and_resets_no_clock(rate: float, off: float) -> None:
    times, values = noisy(rate, 2200)
    watch = StabilityWatch(StabilityCriterion("0.1 K/h", per_hour=0.1, over=WINDOW))
    past, bad, seen = History(), int(2050 * rate), []
    for place, (time, value) in enumerate(zip(times, values, strict=True)):
        past.add(time, value + off if place == bad else value)
        if time > 2000 and place % (10 * rate) < 1:
            found = watch.look(past, time, fresh=True)
            seen.append((found.stable, found.resets))
    assert set(seen) == {(True, 0)}
    reported = change_per_hour(past, times[-1], WINDOW)
    without = change_per_hour(fed(times, values), times[-1], WINDOW)
    assert reported is not None
    assert without is not None
    assert reported[0] == pytest.approx(without[0], abs=0.01)
    assert reported[1] < 0.03


def test_what_stays_away_is_no_bad_reading() -> None:
    times, values = noisy(1.0, 2200)
    watch = StabilityWatch(StabilityCriterion("0.1 K/h", per_hour=0.1, over=WINDOW))
    past, lost = History(), None
    for time, value in zip(times, values, strict=True):
        past.add(time, value + max(0.0, time - 2000) / 60)
        if time > 1950 and lost is None and watch.look(past, time, fresh=True).stable is False:
            lost = time
    assert lost is not None
    assert 2000 < lost <= 2000 + 5 * COLUMN


def test_many_far_values_are_what_the_channel_does() -> None:
    times = [float(n) for n in range(100)]
    values = [20.0 + 5 * (n % 7 == 0) for n in range(100)]
    assert without_spikes(times, values, 0.1) == (times, values)
    values = [20.0 + 5 * (n == 50) for n in range(100)]
    assert without_spikes(times, values, 0.1) == (times[:50] + times[51:], values[:50] + values[51:])


# -- resolution ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([20.0] * 9, 1.0),
        ([20.0, 25.0, 30.0], 1.0),
        ([20.1] * 9, 0.1),
        ([20.1, 25.1], 0.1),
        ([20.0, 20.5, 21.0, 20.5], 0.5),
        ([20.0, 20.1, 20.0, 25.0, 30.0], 0.1),
        ([20.25], 0.01),
        ([1.3e-5], 1e-6),
        ([300.0, 300.0 + 3e-13, 300.0], 1.0),
    ],
)
def test_a_step_is_what_raw_values_show(values: list[float], step: float) -> None:
    past = fed([float(n) for n in range(len(values))], values)
    assert past.resolution == pytest.approx(step)
    # What a slow channel's line passes through is no value of the sensor.
    assert fed([10.0 * n for n in range(len(values))], values).resolution == pytest.approx(step)


def test_a_step_that_was_seen_is_remembered() -> None:
    past = fed([0.0, 1.0], [20.0, 20.1])
    for n in range(2, 3000):
        past.add(float(n), 20.0)
    assert past.resolution == pytest.approx(0.1)
    assert History().resolution == 0.0
    assert last_decimal(0.0) == 1.0


def test_a_whole_number_that_never_changed_is_not_certain() -> None:
    times = [n + 0.5 for n in range(1800)]
    whole = change_per_hour(fed(times, [20.0] * 1800), 1799.5, WINDOW)
    tenth = change_per_hour(fed(times, [20.1] * 1800), 1799.5, WINDOW)
    stated = change_per_hour(fed(times, [20.0] * 1800, 0.01), 1799.5, WINDOW)
    assert whole is not None
    assert tenth is not None
    assert stated is not None
    assert whole[0] == tenth[0] == stated[0] == 0.0
    assert whole[1] == pytest.approx(0.85 * 1.0 / 0.5, rel=0.03)
    assert tenth[1] == pytest.approx(whole[1] / 10, rel=1e-3)
    assert stated[1] == pytest.approx(whole[1] / 100, rel=1e-3)


def test_a_stated_uncertainty_counts_at_both_ends() -> None:
    times = [n + 0.5 for n in range(1800)]
    found = change_per_hour(fed(times, [20.0] * 1800, 1e-6, 0.05), 1799.5, WINDOW)
    assert found is not None
    assert found[1] == pytest.approx(math.sqrt(2) * 0.05 / 0.5, rel=0.03)


def test_noise_of_half_a_step_averages_it_out_and_a_flicker_does_not() -> None:
    chance = np.random.default_rng(3)

    def left(sigma: float) -> float:
        values = np.round(20.47 + chance.normal(0, sigma, (60, 30)))
        lows, highs, means = values.min(1).tolist(), values.max(1).tolist(), values.mean(1).tolist()
        return undithered(ColumnTrack(0.0, 1.0, lows, highs, 60.0, means, [30] * 60, step=1.0))

    assert left(0.6) < 0.05
    assert left(0.01) == 1.0
    # Two neighbouring values: however small a noise is, it shows next to where one becomes the other.
    assert left(0.1) == 1.0


# -- coverage -----------------------------------------------------------------------------------------


def test_students_factor() -> None:
    # Tables of the 97.5 % quantile.
    for degrees, factor in ((2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (118, 1.980)):
        assert student(degrees) == pytest.approx(factor, rel=0.01)


def columns_of(times: np.ndarray, values: np.ndarray, step: float) -> ColumnTrack:
    """The track that a history gives of samples of a whole window."""
    count = math.ceil(WINDOW / COLUMN)
    edges = np.searchsorted(times, COLUMN * np.arange(count + 1))
    parts = [values[begin:end] for begin, end in pairwise(edges)]
    return ColumnTrack(
        0.0,
        COLUMN,
        [float(part.min()) for part in parts],
        [float(part.max()) for part in parts],
        float(times[-1]),
        [float(part.mean()) for part in parts],
        [len(part) for part in parts],
        step,
    )


def coverage(rate: float, step: float, memory: float, cases: int) -> float:
    """Part of the cases whose stated interval holds the true change, of up to 3 K/h either way."""
    chance = np.random.default_rng(round(1000 * (rate + step)))
    times = (np.arange(int(WINDOW * rate)) + 0.5) / rate
    covered = 0
    for _ in range(cases):
        drift, noise = chance.uniform(-3, 3), chance.normal(0, 0.05, len(times))
        if memory:
            keeps = math.exp(-1 / rate / memory)
            noise[1:] *= math.sqrt(1 - keeps * keeps)
            powers = keeps ** np.arange(len(times))
            noise = np.cumsum(noise / powers) * powers
        values = 20 + chance.random() + drift * times / 3600 + noise
        if step:
            values = np.round(values / step) * step
        past = columns_of(times, values, step or 1e-6)
        doubt = past.doubt
        found = line(*robust_points(past, doubt), doubt)
        assert isinstance(found, FittedLine)
        covered += abs(3600 * found.slope - drift) <= 3600 * found.uncertainty
    return covered / cases


KINDS = {"white": (0.0, 0.0), "related": (0.0, WINDOW / 15), "0.1 K": (0.1, 0.0), "1 K": (1.0, 0.0)}


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("kind", KINDS)
def test_the_stated_interval_holds_the_truth_in_90_to_99_of_100_cases(kind: str, rate: float) -> None:
    assert 0.90 <= coverage(rate, *KINDS[kind], cases=200) <= 0.99


def test_the_stated_interval_holds_the_truth_in_90_to_99_of_100_cases_in_short() -> None:
    found = [coverage(rate, *KINDS[kind], cases=12) for kind in KINDS for rate in (0.1, 1.0, 20.0)]
    assert min(found) >= 0.75
    assert 0.90 <= sum(found) / len(found) <= 0.99


def test_a_line_needs_no_doubt() -> None:
    found = line([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0], Doubt())
    assert found is not None
    assert found.slope == pytest.approx(1.0)
    assert found.uncertainty == pytest.approx(0.0, abs=1e-9)
