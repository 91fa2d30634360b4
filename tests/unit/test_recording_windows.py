"""Bins and windows: no lowest or highest value is ever lost, gaps stay gaps, slow channels are joined."""

from __future__ import annotations

import json
import math
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.record import UTC, event, reading, writer, written
from xovac_tui.api.event import Event
from xovac_tui.chamber.ring import Bins
from xovac_tui.recording.disk.bins import (
    CHUNK,
    FINEST,
    LEVELS,
    Bin,
    Chunk,
    coarser,
    fold_samples,
    join_planes,
    split_planes,
)
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.disk.writer import BLOCK

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def to_milliseconds(at: float) -> float:
    return round(at, 3)


# -- bins -------------------------------------------------------------------------------------------------


@given(st.lists(st.floats()))
def test_planes_come_back(values: list[float]) -> None:
    numbers = array("d", values)
    assert join_planes(split_planes(numbers)).tobytes() == numbers.tobytes()


def plain_bins(samples: list[tuple[float, float]], width: int) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for at, value in samples:
        if not math.isnan(value):
            found.setdefault(math.floor(at / width), []).append(value)
    return found


def plain_mean(values: list[float]) -> object:
    mean = sum(Fraction(value) for value in values) / len(values)
    return pytest.approx(float(mean), rel=1e-9, abs=max(1e-300, max(map(abs, values)) * 1e-9))


@given(
    st.lists(
        st.tuples(st.floats(-1e4, 1e4).map(to_milliseconds), st.one_of(FINITE, st.just(math.nan))),
        max_size=60,
    ),
    st.booleans(),
    st.integers(1, 20),
)
@examples(200)
def test_bins_hold_lowest_highest_mean_and_number(
    samples: list[tuple[float, float]], ordered: bool, parts: int
) -> None:
    samples = sorted(samples, key=lambda pair: pair[0]) if ordered else samples
    made: dict[int, Bin] = {}
    for begin in range(0, len(samples), parts):
        some = samples[begin : begin + parts]
        fold_samples([at for at, _ in some], [value for _, value in some], made)
    for width in LEVELS:
        expected = plain_bins(samples, width)
        assert made.keys() == expected.keys()
        for number, values in expected.items():
            low, high, mean, count = made[number]
            assert (low, high, count) == (min(values), max(values), len(values))
            assert mean == plain_mean(values)
        made = coarser(made)


@given(st.lists(st.tuples(st.integers(0, CHUNK - 1), FINITE, FINITE, FINITE, st.integers(1, 9)), max_size=90))
@examples(60)
def test_a_chunk_comes_back_and_goes_on(folds: list[tuple[int, float, float, float, int]]) -> None:
    kept, straight = Chunk(), Chunk()
    for slot, *rest in folds:
        one = [*sorted(rest[:2]), rest[2], rest[3]]
        straight.fold(slot, one)
        kept = Chunk(kept.pack())
        kept.fold(slot, one)
    for left, right in (
        (kept.lows, straight.lows),
        (kept.highs, straight.highs),
        (kept.means, straight.means),
    ):
        assert left == right
    assert kept.counts == straight.counts
    assert sum(kept.counts) == sum(count for *_, count in folds)
    assert all(math.isfinite(mean) for mean in kept.means)


def test_no_number_poisons_a_bin() -> None:
    texts = ['{"t": NaN}', '{"t": 1e999}', '{"t": -Infinity}', '{"t": null}', '{"t": 1.7e308}', '{"t": 1}']
    with recorded([[event(float(number), texts[number % 6]) for number in range(2 * BLOCK)]]) as windows:
        whole = windows.summary("state.t", UTC, UTC + 2 * BLOCK)
        assert whole is not None
        assert (whole.low, whole.high) == (1.0, 1.7e308)
        assert whole.mean == pytest.approx(0.85e308, rel=0.02)
        for columns in (3, 20, 400):
            found = windows.window(["state.t"], UTC, UTC + 2 * BLOCK, columns)["state.t"]
            assert all(low in (1.0, 1.7e308) or 1.0 < low < 1.7e308 for low in found.lows if low == low)
            assert not any(map(math.isinf, [*found.lows, *found.highs]))


# -- a record and what is in it ---------------------------------------------------------------------------


@contextmanager
def recorded(sessions: list[list[Event]]) -> Iterator[Windows]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record"
        for events in sessions:
            written(path, events)
        with Record(path) as record:
            yield Windows(record)


@dataclass
class Life:
    """One session: (seconds since the event before, step of the wall clock, what comes)."""

    events: list[tuple[float, float, dict[str, float | None]]]
    kill_after: int
    """Events after which the writer is left without an end; beyond its events: it ends well."""


VALUE = st.one_of(st.none(), st.integers(-5, 5).map(float), FINITE)
STEP = st.one_of(st.just(1.0), st.just(1.0), st.floats(0.0, 3.0), st.floats(0, 200.0), st.just(5000.0))
EVENT = st.tuples(
    STEP,
    st.sampled_from([0.0] * 12 + [3600.0, -3600.0, -20.0, 0.3]),
    st.dictionaries(st.sampled_from(["t", "p", "slow"]), VALUE, min_size=1, max_size=3),
)
LIFE = st.builds(
    Life,
    st.tuples(st.lists(EVENT, min_size=1, max_size=30), st.integers(1, 40)).map(
        lambda pair: pair[0] * pair[1]
    ),
    st.integers(0, 900),
)


@contextmanager
def recorded_lives(lives: list[Life]) -> Iterator[tuple[Windows, dict[str, list[tuple[float, float]]]]]:
    """Record some sessions; yield the windows and every true sample by channel, in record time."""
    truth: dict[str, list[tuple[float, float]]] = {}
    shift = UTC
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record"
        for number, life in enumerate(lives):
            mono = 7.0
            shift += 20_000.0 * number
            made = writer(path, mono, shift=shift)
            even = shift
            for count, (step, jump, values) in enumerate(life.events):
                mono += step
                shift += jump
                if abs(shift - even) > 1.0:
                    even = shift
                made.event(reading(mono, shift=shift, **values))
                for name, value in values.items():
                    if value is not None:
                        truth.setdefault(f"state.{name}", []).append((mono + even, value))
                if count % 50 == 0:
                    made.commit(mono + shift)
                if count == life.kill_after:
                    break
            made.commit(mono + shift)
            if life.kill_after < len(life.events):
                made.abandon()
            else:
                made.close(mono + shift)
        with Record(path) as record:
            yield Windows(record), truth


def column_of(bins: Bins, at: float) -> set[int]:
    """Return the column of a moment, or both where it lies on their border."""
    place = (at - bins.start) / bins.seconds
    return {math.floor(place - 1e-6), math.floor(place + 1e-6)}


@given(
    st.lists(LIFE, min_size=1, max_size=3),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.sampled_from([1, 2, 3, 17, 80, 300]),
    st.booleans(),
)
@examples(120)
@pytest.mark.slow
def test_every_true_sample_lies_within_its_column(
    lives: list[Life], left: float, right: float, columns: int, whole: bool
) -> None:
    with recorded_lives(lives) as (windows, truth):
        moments = [at for pairs in truth.values() for at, _ in pairs] or [UTC, UTC + 1]
        first, last = min(moments), max(moments)
        left, right = (0.0, 1.0) if whole else sorted((left, right))
        start = first + left * (last - first)
        end = max(first + right * (last - first), start + 1.0) + (1.0 if whole else 0.0)
        names = ["state.t", "state.p", "state.slow", "state.nobody"]
        found = windows.window(names, start, end, columns)
        assert list(found) == names
        for name, bins in found.items():
            assert len(bins.lows) == len(bins.highs) == columns
            inside = [(at, value) for at, value in truth.get(name, []) if start <= at < end]
            for at, value in inside:
                assert any(
                    bins.lows[column] <= value <= bins.highs[column]
                    for column in column_of(bins, at)
                    if 0 <= column < columns
                ), (name, at, value)
            # Nothing is there that was not measured, or lies between two that were: both a little beyond the
            # edges, or in the bins that the edges cut.
            widest = bins.seconds if columns > 16 else bins.seconds / 16
            level = max((level for level in LEVELS if level <= widest), default=0)
            reach = 600.0 + bins.seconds + level if level else 60.0
            near = [v for at, v in truth.get(name, []) if start - reach <= at <= end + reach]
            shown = [low for low in bins.lows if low == low] + [high for high in bins.highs if high == high]
            if inside:
                assert min(near) <= min(shown) <= min(value for _, value in inside)
                assert max(near) >= max(shown) >= max(value for _, value in inside)
            if not near:
                assert shown == []
        assert all(math.isnan(low) for low in found["state.nobody"].lows)


@given(st.lists(LIFE, min_size=1, max_size=3), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@examples(80)
@pytest.mark.slow
def test_a_summary_is_the_plain_computation(lives: list[Life], left: float, right: float) -> None:
    with recorded_lives(lives) as (windows, truth):
        for name in ("state.t", "state.slow"):
            pairs = truth.get(name, [])
            first, last = (min(pairs)[0], max(pairs)[0]) if pairs else (UTC, UTC)
            left, right = sorted((left, right))
            start, end = first + left * (last - first), first + right * (last - first)
            found = windows.summary(name, start, end)
            surely = [value for at, value in pairs if start <= at <= end]
            perhaps = [value for at, value in pairs if start - FINEST < at < end + FINEST]
            if found is None:
                assert surely == []
                continue
            assert len(surely) <= found.count <= len(perhaps)
            assert min(perhaps) <= found.low <= min(surely, default=found.low)
            assert max(perhaps) >= found.high >= max(surely, default=found.high)
            if len(surely) == len(perhaps):
                assert found.mean == plain_mean(surely)


# -- gaps ---------------------------------------------------------------------------------------------------


def ticks(start: float, end: float, period: float, name: str = "state") -> list[Event]:
    count = round((end - start) / period)
    return [
        event(start + period * number, json.dumps({"t": start + period * number}), name=name)
        for number in range(count)
    ]


def holes(bins: Bins) -> list[int]:
    return [column for column, low in enumerate(bins.lows) if math.isnan(low)]


@pytest.mark.parametrize(("columns", "end"), [(60, 120.0), (60, 3600.0), (50, 3200.0), (20, 10_240.0)])
@pytest.mark.parametrize("period", [0.2, 1.0, 2.0])
def test_a_gap_is_a_gap_at_every_width(columns: int, end: float, period: float) -> None:
    seconds = end / columns
    stop, again = 20 * seconds, 25 * seconds
    with recorded([ticks(0.0, stop, period) + ticks(again, end, period)]) as windows:
        bins = windows.window(["state.t"], UTC, UTC + end, columns)["state.t"] if columns > 20 else None
        wide = windows.window(["state.t"], UTC, UTC + 2 * end, 2 * columns)["state.t"]
    if bins is not None:
        found = holes(bins)
        # A bin that a column shares with its neighbour may fill the first and the last.
        assert set(range(21, 24)) <= set(found) <= set(range(20, 25))
    assert set(range(columns + 1, 2 * columns)) <= set(holes(wide))


@pytest.mark.parametrize("shape", ["packed", "tail", "both"])
@pytest.mark.parametrize("period", [8.5, 13.0, 20.0, 47.0, 100.0])
def test_a_slow_channel_is_a_line(period: float, shape: str) -> None:
    count = {"packed": BLOCK, "tail": 300, "both": BLOCK + 100}[shape]
    end = count * period
    with recorded([ticks(0.0, end, period)]) as windows:
        for seconds in (1.0, 8.0, 9.7, 30.0, 64.0, 100.0):
            columns = math.floor(min(end, 6000.0) / seconds) - 1
            start = UTC + end - period - columns * seconds
            bins = windows.window(["state.t"], start, start + columns * seconds, columns)["state.t"]
            # The first column may lie before the first sample in it; further ones follow at the pace.
            assert [hole for hole in holes(bins) if hole * seconds > period] == [], seconds
            for column, (low, high) in enumerate(zip(bins.lows, bins.highs, strict=True)):
                if low == low:
                    middle = start - UTC + (column + 0.5) * seconds
                    assert low - 64 - 2 * period - seconds <= middle <= high + 64 + 2 * period + seconds


def test_a_slow_channel_has_gaps_too() -> None:
    events = ticks(0.0, 6000.0, 20.0) + ticks(9000.0, 30_000.0, 20.0)
    with recorded([events]) as windows:
        bins = windows.window(["state.t"], UTC, UTC + 12_000, 1200)["state.t"]
        assert set(range(602, 898)) <= set(holes(bins)) <= set(range(598, 902))


def test_one_silent_bin_of_a_quick_channel_is_a_gap() -> None:
    # Bins of 8 s hold eight samples of it, and a short silence is no habit.
    with recorded([ticks(0.0, 800.0, 1.0) + ticks(808.0, 4000.0, 1.0)]) as windows:
        bins = windows.window(["state.t"], UTC, UTC + 3200, 400)["state.t"]
        assert holes(bins) == [100]


def test_null_breaks_the_line_of_a_short_window() -> None:
    events = [reading(float(n), t=None if 40 <= n < 50 else 1.0) for n in range(100)]
    with recorded([events]) as windows:
        bins = windows.window(["state.t"], UTC, UTC + 100, 100)["state.t"]
        assert holes(bins) == list(range(40, 50))


def test_a_line_goes_through_the_edges_of_a_short_window() -> None:
    with recorded([ticks(0.0, 3000.0, 20.0)]) as windows:
        bins = windows.window(["state.t"], UTC + 1005.0, UTC + 1015.0, 10)["state.t"]
        assert list(bins.lows) == pytest.approx([1005.5 + number for number in range(10)])


# -- the rest ---------------------------------------------------------------------------------------------


def test_a_window_without_length_is_a_window() -> None:
    with recorded([ticks(0.0, 30.0, 1.0)]) as windows:
        bins = windows.window(["state.t"], UTC + 5, UTC + 5, 0)["state.t"]
        assert list(bins.lows) == [5.0]


@pytest.mark.parametrize("count", [3, BLOCK])
def test_the_first_time_of_a_channel(count: int) -> None:
    events = [event(0.0, '{"t": null}'), *ticks(100.0, 99.0 + count, 1.0), event(1e4, "{}")]
    with recorded([events]) as windows:
        first = windows.first_time("state.t")
        assert first is not None
        assert UTC + 100 - LEVELS[-1] < first <= UTC + 100
        if count == 3:
            assert first == UTC + 100
        assert windows.first_time("state.nobody") is None


def test_a_window_of_what_was_packed_meanwhile_misses_nothing(tmp_path: Path) -> None:
    made = writer(tmp_path / "record")
    made.commit(UTC)
    now = 0.0
    with Record(tmp_path / "record", clock=lambda: now) as record:
        windows = Windows(record)
        for number in range(3 * BLOCK):
            made.event(reading(float(number), t=number))
            if number % 61 == 0:
                made.commit(UTC)
                now += 0.1 if number % 2 else 0.6
                known = record.total
                bins = windows.window(["state.t"], UTC, UTC + 4 * BLOCK, 100)["state.t"]
                assert max(high for high in bins.highs if high == high) >= known - 1
                whole = windows.summary("state.t", UTC, UTC + 4 * BLOCK)
                assert whole is not None
                assert (whole.count, whole.high) == (number + 1, number)
