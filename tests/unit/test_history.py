"""The record of a channel: bounded, and no extreme is ever lost."""

from __future__ import annotations

import gc
import math
import sys
import time
from types import FunctionType, ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from xovac_tui.chamber.history import History

intervals = st.one_of(
    st.floats(0.0, 2.0), st.just(0.0), st.floats(2.0, 40.0), st.floats(40.0, 5000.0), st.just(200_000.0)
)
values = st.one_of(st.floats(-1e6, 1e6), st.floats(allow_nan=False, allow_infinity=False), st.just(math.nan))


def filled(samples: list[tuple[float, float]]) -> History:
    history = History()
    for mono, value in samples:
        history.add(mono, value)
    return history


@examples(150)
@given(
    begin=st.floats(0, 1e7),
    steps=st.lists(st.tuples(intervals, values), min_size=1, max_size=80),
    length=st.sampled_from([60.0, 600.0, 3600.0, 21600.0, 86400.0, 172800.0]),
    columns=st.integers(1, 400),
)
def test_every_extreme_of_a_window_is_inside_its_column(
    begin: float, steps: list[tuple[float, float]], length: float, columns: int
) -> None:
    mono = begin
    samples = []
    for interval, value in steps:
        mono += interval
        samples.append((mono, value))
    history = filled(samples)
    start, end = mono - length + 1.0, mono + 1.0
    bins = history.window(start, end, columns)
    assert len(bins.lows) == len(bins.highs) == columns
    for when, value in samples:
        if when >= start and not math.isnan(value):
            column = int((when - start) / bins.seconds)
            near = range(max(column - 1, 0), min(column + 2, columns))
            # Rounding may put a sample on the very edge of a column into the next one.
            assert any(bins.lows[c] <= value <= bins.highs[c] for c in near), (when, value)
    known = [value for _, value in samples if not math.isnan(value)]
    for low, high in zip(bins.lows, bins.highs, strict=True):
        assert math.isnan(low) == math.isnan(high)
        if not math.isnan(low):
            assert min(known) <= low <= high <= max(known)
    for ratio in (False, True):
        rate = history.rate_per_minute(mono, ratio=ratio)
        assert rate is None or math.isfinite(rate)
    assert len(history.last(600, mono, 8)) == 8


def test_one_hertz_has_no_holes_even_with_jitter() -> None:
    history = filled([(1000.5 + n + (0.49 if n % 2 else -0.49), float(n)) for n in range(600)])
    bins = history.window(1001, 1599, 598)
    assert not any(math.isnan(low) for low in bins.lows)


@pytest.mark.parametrize("period", [0.05, 1.0, 7.0, 30.0])
def test_a_silence_longer_than_three_periods_is_a_gap(period: float) -> None:
    count = 40
    before = [(100 + n * period, 1.0) for n in range(count)]
    back = before[-1][0] + 20 + 4 * period
    history = filled(before + [(back + n * period, 2.0) for n in range(count)])
    quiet = history.window(before[-1][0] + 8, math.floor(back) - 8, 4)
    assert all(math.isnan(low) for low in quiet.lows)
    # From the tenth sample on a slow channel's pace is known and its points are joined.
    start = before[9][0]
    steady = history.window(start, before[-1][0], max(1, int(before[-1][0] - start)))
    assert not any(math.isnan(low) for low in steady.lows)


def test_a_channel_that_was_silent_once_still_shows_the_next_silence() -> None:
    samples = [(float(n), 1.0) for n in range(60)] + [(3600.0 + n, 1.0) for n in range(5)] + [(3612.0, 1.0)]
    bins = filled(samples).window(3606, 3611, 5)
    assert all(math.isnan(low) for low in bins.lows)


def test_nan_and_infinity_break_the_line() -> None:
    for broken in (math.nan, math.inf, -math.inf):
        history = filled([(10.0, 1.0), (11.0, 1.0), (12.0, broken), (13.0, 2.0), (14.0, 2.0)])
        lows = history.window(10, 15, 5).lows
        assert [math.isnan(low) for low in lows] == [False, False, True, False, False]
        assert history.last_time == 14.0


def test_a_slow_channel_is_joined_by_straight_lines() -> None:
    history = filled([(100.0 + 10 * n, 10.0 * n) for n in range(10)])
    bins = history.window(150, 180, 30)
    assert list(bins.lows) == sorted(bins.lows)
    assert bins.lows[15] == pytest.approx(65.5, abs=1)


def test_twenty_hertz_fold_into_seconds_and_keep_spikes() -> None:
    history = filled([(n / 20, 99.0 if n == 777 else math.sin(n)) for n in range(20 * 60)])
    bins = history.window(0, 60, 60)
    assert max(bins.highs) == 99.0
    assert [column for column, high in enumerate(bins.highs) if high == 99.0] == [38]


def memory_of(thing: object) -> int:
    """Return the bytes of an object and of the arrays and numbers that it holds."""
    seen: dict[int, object] = {}
    left = [thing]
    while left:
        one = left.pop()
        if id(one) not in seen and not isinstance(one, type | ModuleType | FunctionType):
            seen[id(one)] = one
            left += gc.get_referents(one)
    return sum(map(sys.getsizeof, seen.values()))


def test_two_days_are_kept_in_bounded_memory() -> None:
    history = History()
    for second in range(60 * 3600):
        history.add(float(second), 500.0 if second == 14 * 3600 else float(second % 100))
    assert memory_of(history) <= 130_000
    assert history.oldest is not None
    assert history.oldest <= 12 * 3600
    bins = history.window(12 * 3600, 60 * 3600, 200)
    assert max(bins.highs) == 500.0
    assert not any(math.isnan(low) for low in bins.lows)
    assert list(history.window(60 * 3600 - 1200, 60 * 3600, 1200).lows) == [
        float(n % 100) for n in range(1200)
    ]


def test_columns_narrower_than_a_bin_are_not_gaps() -> None:
    history = filled([(float(n), float(n)) for n in range(100)])
    assert not any(math.isnan(low) for low in history.window(20, 30, 100).lows)


def test_empty_history_is_all_gaps() -> None:
    history = History()
    assert all(math.isnan(low) for low in history.window(0, 10, 5).lows)
    assert (history.first, history.last_time, history.oldest, history.period) == (None, None, None, None)
    assert history.rate_per_minute(5.0, ratio=False) is None
    assert all(math.isnan(value) for value in history.last(600, 10.0, 8))


def test_sparkline_values_keep_their_places_between_bins() -> None:
    history = filled([(float(n), float(n)) for n in range(1000)])
    early = history.last(600, 905.0, 8)
    assert early == history.last(600, 970.0, 8)
    assert history.last(600, 976.0, 8)[:-1] == early[1:]


def test_rate_is_the_slope_of_the_last_minute() -> None:
    history = filled([(float(n), 5.0 - 0.6 * n / 60) for n in range(300)])
    assert history.rate_per_minute(300.0, ratio=False) == pytest.approx(-0.6)
    assert history.rate_per_minute(310.0, ratio=False) is None


def test_rate_of_a_log_channel_is_a_ratio() -> None:
    history = filled([(float(n), 1e-3 * 0.9 ** (n / 60)) for n in range(120)])
    assert history.rate_per_minute(119.5, ratio=True) == pytest.approx(-0.1)
    history.add(120.0, -1.0)
    assert history.rate_per_minute(120.5, ratio=True) is None


def test_rate_needs_ten_seconds() -> None:
    history = filled([(float(n), float(n)) for n in range(9)])
    assert history.rate_per_minute(9.0, ratio=False) is None
    history.add(10.0, 10.0)
    assert history.rate_per_minute(10.0, ratio=False) == pytest.approx(60, rel=0.03)


def test_add_is_cheap() -> None:
    history = History()
    began = time.process_time()
    for n in range(100_000):
        history.add(n / 20, float(n % 7))
    # 2,000 samples a second must leave the processor idle; the bound allows for a busy machine.
    assert (time.process_time() - began) / 100_000 < 10e-6


def test_the_rate_goes_through_means() -> None:
    # The middle of lowest and highest would follow the one bad sample, by half a K/min.
    samples = [(n / 20, 20.0 + 0.1 * n / 1200 + (10.0 if n == 20 * 118 else 0.0)) for n in range(20 * 120)]
    rate = filled(samples).rate_per_minute(119.95)
    assert rate == pytest.approx(0.1, abs=0.06)
