"""Bounds that hold the data and stay put, and round labels."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.plot.scale import Scale, steady
from xovac_tui.plot.ticks import columns_of, even_cell, since_ticks, time_ticks, value_ticks

finite = st.floats(-1e290, 1e290)


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=8), st.integers(1, 30))
def test_bounds_hold_every_value(pairs: list[tuple[float, float]], rows: int) -> None:
    scale = None
    for pair in pairs:
        low, high = min(pair), max(pair)
        scale = steady(scale, low, high, log=False, rows=rows)
        assert scale.low <= low <= high <= scale.high
        assert scale.low < scale.high
        assert value_ticks(scale) is not None


@given(st.lists(st.tuples(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300)), min_size=1, max_size=8))
def test_log_bounds_hold_every_value_and_a_decade_at_least(pairs: list[tuple[float, float]]) -> None:
    scale = None
    for pair in pairs:
        low, high = min(pair), max(pair)
        scale = steady(scale, low, high, log=True, rows=12)
        assert scale.low <= low * (1 + 1e-6)
        assert high <= scale.high * (1 + 1e-6)
        assert value_ticks(scale)


def test_extremes_of_floating_point_do_no_harm() -> None:
    for log, low, high in ((False, -1.7e308, 1.7e308), (True, 5e-324, 1.7e308), (False, 0.0, 0.0)):
        scale = steady(None, low, high, log=log, rows=12)
        assert 0 <= scale.row(high, 40) <= scale.row(low, 40) <= 39
        value_ticks(scale)


def test_bounds_stay_while_values_move_inside() -> None:
    first = steady(None, -20.0, 60.0, log=False, rows=12)
    assert steady(first, -15.0, 55.0, log=False, rows=12) is first
    assert steady(first, -20.3, 60.2, log=False, rows=12) is first


def test_a_ramp_moves_the_bounds_seldom() -> None:
    scale, moves = None, 0
    for tenth in range(200, 601):
        new = steady(scale, 20.0, tenth / 10, log=False, rows=12, least=2.0)
        moves += new is not scale
        scale = new
    assert moves < 25


def test_bounds_shrink_only_when_half_is_free() -> None:
    wide = steady(None, -20.0, 60.0, log=False, rows=12)
    assert steady(wide, 0.0, 50.0, log=False, rows=12) is wide
    narrow = steady(wide, 20.0, 22.0, log=False, rows=12)
    assert narrow.high - narrow.low < 5


def test_noise_is_not_blown_up() -> None:
    scale = steady(None, 21.34, 21.36, log=False, rows=12, least=2.0)
    assert scale.high - scale.low >= 2


def test_atmospheric_pressure_opens_no_empty_decade() -> None:
    scale = steady(None, 1.2e-4, 1013.0, log=True, rows=17)
    assert scale.high < 2000
    assert value_ticks(scale)[0].label == "1e+03"


def test_decades_are_thinned_and_halved_to_fit() -> None:
    def labels(low: float, high: float, rows: int) -> list[str]:
        return [tick.label for tick in value_ticks(steady(None, low, high, log=True, rows=rows))]

    assert labels(1e-6, 1e3, 30)[:3] == ["1e+03", "1e+02", "1e+01"]
    assert labels(1e-6, 1e3, 8) == ["1e+03", "1e+00", "1e-03", "1e-06"]
    assert labels(1.1e-4, 9e-4, 5) == ["1e-03", "3e-04", "1e-04"]


def rows_of(scale: Scale, rows: int) -> list[int]:
    """Return the rows of an axis in which its ticks are drawn."""
    return [scale.row(tick.value, rows * 4) // 4 for tick in value_ticks(scale)]


@given(
    st.floats(-300, 300), st.floats(0, 400), st.integers(3, 60), st.sampled_from([0.0, 2.0]), st.booleans()
)
def test_labels_of_values_stand_at_equal_distances_on_whole_rows(
    low: float, span: float, rows: int, least: float, log: bool
) -> None:
    if log:
        low, span = 10 ** (low / 60), 10 ** (span / 60)
    scale = steady(None, low, low + span, log=log, rows=rows, least=least)
    drawn = rows_of(scale, rows)
    distances = {after - before for before, after in pairwise(drawn)}
    assert len(drawn) >= 2
    assert len(distances) == 1
    assert min(distances) >= (2 if rows > 4 else 1)
    assert log or len(drawn) <= 9


@given(st.floats(0.02, 2e6), st.integers(16, 250), st.booleans(), st.floats(0, 1e5))
def test_labels_of_times_stand_at_equal_distances_on_whole_cells(
    raw: float, width: int, since: bool, begin: float
) -> None:
    cell = even_cell(raw, since=since)
    assert raw * (1 - 1e-9) <= cell <= raw * 1.1001
    start = math.floor(begin / cell) * cell + (0.0 if since else 1.79e9)
    if since:
        ticks = since_ticks(start, start + cell * width, width)
    else:
        ticks = time_ticks(start, start + cell * width, width, utc)
    columns = [column for column, _ in columns_of(ticks, start, cell)]
    distances = {after - before for before, after in pairwise(columns)}
    assert len(distances) <= 1
    assert not distances or min(distances) >= 10


@pytest.mark.parametrize("width", range(20, 200, 7))
@pytest.mark.parametrize("raw", [0.1503, 0.7329, 0.7514, 0.7187, 14.9, 1.53, 0.0763])
def test_labels_stand_evenly_where_they_just_fit(raw: float, width: int) -> None:
    cell = even_cell(raw)
    for number in range(40):
        start = math.floor((1.79e9 + 7.3 * number) / cell) * cell
        columns = [
            at for at, _ in columns_of(time_ticks(start, start + cell * width, width, utc), start, cell)
        ]
        assert len({after - before for before, after in pairwise(columns)}) <= 1


def test_linear_labels_have_the_decimals_of_their_step() -> None:
    assert [tick.label for tick in value_ticks(Scale(-20, 60, False, 20.0))] == [
        "60",
        "40",
        "20",
        "0",
        "−20",
    ]
    labels = [tick.label for tick in value_ticks(Scale(-0.5, 0.5, False, 0.5), ascii_only=True)]
    assert labels == ["0.5", "0.0", "-0.5"]
    assert [tick.label for tick in value_ticks(Scale(0, 5, False, 2.5))] == ["5.0", "2.5", "0.0"]
    assert [tick.label for tick in value_ticks(Scale(0, 50, False, 25.0))] == ["50", "25", "0"]


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
