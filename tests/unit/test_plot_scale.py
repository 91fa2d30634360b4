"""Bounds that hold the data and stay put, and round labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.plot.scale import Scale, nice_step, steady
from xovac_tui.plot.ticks import time_ticks, value_ticks

finite = st.floats(-1e290, 1e290)


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=8), st.integers(1, 8))
def test_bounds_hold_every_value(pairs: list[tuple[float, float]], intervals: int) -> None:
    scale = None
    for pair in pairs:
        low, high = min(pair), max(pair)
        scale = steady(scale, low, high, log=False, intervals=intervals)
        assert scale.low <= low <= high <= scale.high
        assert scale.low < scale.high
        assert value_ticks(scale, 12) is not None


@given(st.lists(st.tuples(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300)), min_size=1, max_size=8))
def test_log_bounds_hold_every_value_and_a_decade_at_least(pairs: list[tuple[float, float]]) -> None:
    scale = None
    for pair in pairs:
        low, high = min(pair), max(pair)
        scale = steady(scale, low, high, log=True, intervals=4)
        assert scale.low <= low * (1 + 1e-6)
        assert high <= scale.high * (1 + 1e-6)
        assert value_ticks(scale, 12)


def test_extremes_of_floating_point_do_no_harm() -> None:
    for log, low, high in ((False, -1.7e308, 1.7e308), (True, 5e-324, 1.7e308), (False, 0.0, 0.0)):
        scale = steady(None, low, high, log=log, intervals=5)
        assert 0 <= scale.row(high, 40) <= scale.row(low, 40) <= 39
        value_ticks(scale, 10)


def test_bounds_stay_while_values_move_inside() -> None:
    first = steady(None, -20.0, 60.0, log=False, intervals=5)
    assert steady(first, -15.0, 55.0, log=False, intervals=5) is first
    assert steady(first, -20.3, 60.2, log=False, intervals=5) is first


def test_a_ramp_moves_the_bounds_seldom() -> None:
    scale, moves = None, 0
    for tenth in range(200, 601):
        new = steady(scale, 20.0, tenth / 10, log=False, intervals=5, least=2.0)
        moves += new is not scale
        scale = new
    assert moves < 25


def test_bounds_shrink_only_when_half_is_free() -> None:
    wide = steady(None, -20.0, 60.0, log=False, intervals=5)
    assert steady(wide, 0.0, 50.0, log=False, intervals=5) is wide
    narrow = steady(wide, 20.0, 22.0, log=False, intervals=5)
    assert narrow.high - narrow.low < 5


def test_noise_is_not_blown_up() -> None:
    scale = steady(None, 21.34, 21.36, log=False, intervals=5, least=2.0)
    assert scale.high - scale.low >= 2


def test_atmospheric_pressure_opens_no_empty_decade() -> None:
    scale = steady(None, 1.2e-4, 1013.0, log=True, intervals=5)
    assert scale.high < 2000
    labels = [tick.label for tick in value_ticks(scale, 17)]
    assert labels[0] == "1e+03"
    assert labels[-1] == "1e-04"


def test_decades_are_thinned_and_halved_to_fit() -> None:
    scale = Scale(1e-6, 1e3, True)
    assert [tick.label for tick in value_ticks(scale, 30)][:3] == ["1e+03", "1e+02", "1e+01"]
    assert [tick.label for tick in value_ticks(scale, 8)] == ["1e+03", "1e+00", "1e-03", "1e-06"]
    assert [tick.label for tick in value_ticks(Scale(1e-4, 1e-3, True), 16)] == [
        "1e-03",
        "5e-04",
        "2e-04",
        "1e-04",
    ]


def test_linear_labels_have_the_decimals_of_their_step() -> None:
    assert [tick.label for tick in value_ticks(Scale(-20, 60, False, 20.0), 17)] == [
        "60",
        "40",
        "20",
        "0",
        "−20",
    ]
    labels = [tick.label for tick in value_ticks(Scale(-0.5, 0.5, False, 0.5), 17, ascii_only=True)]
    assert labels == ["0.5", "0.0", "-0.5"]
    assert [tick.label for tick in value_ticks(Scale(0, 5, False, 2.5), 9)] == ["5.0", "2.5", "0.0"]
    assert [tick.label for tick in value_ticks(Scale(0, 50, False, 25.0), 9)] == ["50", "25", "0"]


@pytest.mark.parametrize(("rough", "nice"), [(0.11, 0.2), (1.0, 1.0), (2.3, 2.5), (3.0, 5.0), (70.0, 100.0)])
def test_nice_step(rough: float, nice: float) -> None:
    assert nice_step(rough) == pytest.approx(nice)


@given(st.floats(60, 2e5), st.integers(10, 300))
def test_time_labels_never_crowd(length: float, cells: int) -> None:
    ticks = time_ticks(1.75e9, 1.75e9 + length, cells, utc)
    for before, after in pairwise(ticks):
        assert (after.value - before.value) / length * cells >= len(after.label) + 1


def test_time_labels_are_round_in_the_local_zone() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    start = datetime(2026, 3, 1, 20, 10, tzinfo=zone).timestamp()
    ticks = time_ticks(start, start + 6 * 3600, 60, lambda seconds: datetime.fromtimestamp(seconds, zone))
    assert [tick.label for tick in ticks] == ["21:00", "22:00", "23:00", "Mon 02", "01:00", "02:00"]


def test_short_windows_show_seconds() -> None:
    assert [tick.label for tick in time_ticks(0, 60, 60, utc)] == [
        "00:00:00", "00:00:15", "00:00:30", "00:00:45", "00:01:00",
    ]  # fmt: skip
