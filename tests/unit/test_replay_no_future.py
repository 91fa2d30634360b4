"""Charts of a replay end at its moment: no value that comes later is in any column of any window."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.helpers.console import FakeClock
from tests.helpers.record import copied
from tests.helpers.records import MONO, message, write_record
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.replays import build_replay
from xovac_tui.config import Profile
from xovac_tui.recording.disk.bins import FINEST
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.exports.parts import part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.replay.station import ReplayStation

NAME = "sensor_data.x"
HOURS = 6
BEGIN = 2 * 3600
"""Seconds of the record after which the slice begins."""
SPIKE = 3 * 3600 + 303
"""Second at which the one extreme value comes."""

LATE = 5 * 3600
"""Second from which on another channel reports."""


def _spiked(path: Path) -> None:
    things = []
    for second in range(0, HOURS * 3600, 3):
        values = {"x": 500.0 if second == SPIKE else 20.0}
        if second >= LATE:
            values["late"] = 1.0
        things.append(message(second, json.dumps(values)))
    write_record(path, things, end=HOURS * 3600)


LAST = HOURS * 3600 - 3
"""Second of the last message."""
SET = 3 * 3600
"""Second at which the clock is set."""


def _rising(path: Path, by: float) -> None:
    """Record values that are the second at which they came; the clock is set by so much on the way."""
    things = []
    for second in range(0, HOURS * 3600, 3):
        # A silence that an hour of the other time would fill.
        if not SET - 1_800 <= second < SET - 1_700:
            came = message(second, json.dumps({"x": second}))
            things.append(msgspec.structs.replace(came, utc=came.utc + (by if second >= SET else 0.0)))
    write_record(path, things, end=HOURS * 3600)


def _set_back(path: Path) -> None:
    _rising(path, -3_600.0)


def _set_ahead(path: Path) -> None:
    _rising(path, 7_200.0)


@contextmanager
def replayed(
    path: Path, make: Callable[[Path], None] = _spiked, begin: int = BEGIN
) -> Iterator[ReplayStation]:
    with Record(copied(path, make)) as record:
        sliced = slice_of(record, part_of(find_span(record, "s1"), f"{begin}s", None, None))
        setup = ChamberSetup("lab", Profile(), load_contract((), simulator=True))
        yield build_replay(setup, sliced, record=record, clock=FakeClock())


def go_to(station: ReplayStation, second: float) -> float:
    """Go to a second of the record, and return the monotonic time there."""
    station.playback.paused = True
    station.playback.seek(MONO + second)
    station.turn()
    while station.playback.seeking is not None:
        station.turn()
    now = station.snapshot().mono
    assert now == MONO + second
    return now


def highest(station: ReplayStation, now: float) -> float:
    """Return the highest value in windows as the trend, its axis, sparklines and readings ask for them."""
    history = station.history(NAME)
    assert history is not None
    seen = [*history.last(600.0, now, 60), *history.last(86_400.0, now, 24)]
    for seconds in (60.0, 600.0, 3_600.0, 14_400.0, 86_400.0, 604_800.0):
        for columns in (1, 7, 160, 500):
            for end in (now, now + 1.0, now + 0.3 * seconds, now - 1.0):
                for bins in (history.window, history.measured):
                    found = bins(end - seconds, end, columns)
                    seen += [*found.highs, *found.means]
    return max(value for value in seen if value == value)


@pytest.mark.parametrize("before", [1, 7, 60, 500, 3_000])
def test_no_window_holds_what_comes_later(tmp_path: Path, before: int) -> None:
    with replayed(tmp_path / "r.sqlite3") as station:
        assert highest(station, go_to(station, SPIKE - before)) == 20.0


def test_a_channel_that_reports_later_has_no_history_yet(tmp_path: Path) -> None:
    with replayed(tmp_path / "r.sqlite3") as station:
        go_to(station, LATE - 5_000)
        history = station.history("sensor_data.late")
        assert history is not None
        assert (history.oldest, history.last_time) == (None, None)
        go_to(station, LATE + 2_000)
        assert history.oldest is not None
        assert history.oldest <= MONO + LATE


@pytest.mark.parametrize("make", [_set_back, _set_ahead])
@pytest.mark.parametrize(
    ("begin", "moments"), [(BEGIN, (SET - 2_001, SET - 60, SET + 1_800)), (SET + 900, (SET + 3_699, LAST))]
)
def test_a_clock_that_was_set_shows_nothing_earlier_or_later(
    tmp_path: Path, make: Callable[[Path], None], begin: int, moments: Sequence[int]
) -> None:
    with replayed(tmp_path / "r.sqlite3", make, begin) as station:
        for second in moments:
            go_to(station, second)
            history = station.history(NAME)
            assert history is not None
            assert history.oldest is not None
            assert history.oldest <= MONO
            for seconds, columns in ((600, 60), (4_000, 200), (second, 90), (second, 7), (second, 1_500)):
                check_columns(history, second - seconds, second, columns)


def check_columns(history: ChannelHistory, start: int, end: int, columns: int) -> None:
    """Check that each column holds what came in it and nothing else, up to an end that is now."""
    bins = history.window(MONO + start, MONO + end, columns)
    width = (end - start) / columns
    # Bins are as wide as a column at most, in memory as 16 s.
    beyond = max(width, 16.0)
    for column, (low, high) in enumerate(zip(bins.lows, bins.highs, strict=True)):
        left, right = start + column * width, start + (column + 1) * width
        if low == low:
            assert left - beyond <= low <= high <= min(end, right + beyond), (left, right)
        else:
            assert SET - 1_803 - 2 * width < left < SET - 1_700 + 2 * width, "nothing came only then"


def test_what_was_seen_later_is_not_shown_after_going_back(tmp_path: Path) -> None:
    with replayed(tmp_path / "r.sqlite3") as station:
        later = go_to(station, SPIKE + 600)
        assert highest(station, later) == 500.0
        history = station.history(NAME)
        assert history is not None
        # The same windows, which end before the moment gone back to and just after it.
        now = MONO + SPIKE - 30
        windows = [(now - 86_400, now - 5, columns) for columns in (1, 16, 200)]
        for window in windows:
            history.window(*window)
        assert go_to(station, SPIKE - 30) == now
        assert [max(history.window(*window).highs[-1:]) for window in windows] == [20.0] * 3
        assert highest(station, now) == 20.0


def test_the_bin_of_the_last_moment_holds_what_came_before_it(tmp_path: Path) -> None:
    """It is made of them anew, and is not merely left out."""
    path = copied(tmp_path / "r.sqlite3", _spiked)
    with Record(path) as record:
        windows = Windows(record)
        span = record.span()
        assert span is not None
        start = math.floor(span[0] / 4096 + 1) * 4096.0
        spike = span[0] + SPIKE
        for width, columns in ((4096.0, 17), (64.0, 300), (FINEST, 2_000), (1.0, 600)):
            begin = max(start, spike + 2 - width * (columns - 1))
            for until in (spike - 1.0, spike + 1.0):
                bins = windows.window([NAME], begin, begin + width * columns, columns, until=until)[NAME]
                held = [high for high in bins.highs if high == high]
                assert max(held) == (500.0 if until > spike else 20.0)
                place = math.floor((spike - 2.99 - begin) / width)
                assert bins.lows[place] == 20.0
                assert not any(high == high for high in bins.highs[math.floor((until - begin) / width) + 2 :])
