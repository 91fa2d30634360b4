"""Charts that reach back: the history in memory and the record behind it are one picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.payload import decode_arguments
from xovac_tui.chamber.history import History
from xovac_tui.chamber.ring import Bins
from xovac_tui.recording.disk.housekeeping import SCARCE, Retention, SpaceForecast, forecast, size_words
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.past import AnyPast, Past, RecordedHistory

UTC = 1_790_000_000.0
SESSION = Session(pid=1, host="lab", who="ada@lab", program="test", profile="bench", url="http://x")
NAME = "state.t"


def message(mono: float, value: float) -> Event:
    return Event(
        "state",
        decode_arguments(json.dumps({"t": value})),
        Direction.IN,
        EventKind.MESSAGE,
        UTC + mono,
        mono,
    )


def write(path: Path, samples: Iterable[tuple[float, float]], *, begin: float = 0.0) -> None:
    """Record samples at monotonic times; record time is UTC + that."""
    writer = Writer(path, SESSION, recording=True, utc=UTC + begin, mono=begin)
    for mono, value in samples:
        writer.event(message(mono, value))
    writer.commit(UTC + begin)
    writer.close(UTC + begin)


def history_of(path: Path, began: float, live: History | None) -> RecordedHistory:
    return RecordedHistory(NAME, lambda: live, Past(Windows(Record(path)), UTC, began))


def held(bins: Bins) -> list[tuple[float, float]]:
    return [(low, high) for low, high in zip(bins.lows, bins.highs, strict=True) if low == low]


def test_before_this_program_and_since_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    write(path, ((float(t), 10.0 + t / 100) for t in range(1_000)))
    live = History()
    for t in range(1_000, 1_200):
        live.add(float(t), 10.0 + t / 100)
    both = history_of(path, 1_000.0, live)
    bins = both.window(600.0, 1_200.0, 600)
    assert not any(math.isnan(low) for low in bins.lows)
    assert bins.lows[0] == pytest.approx(16.0, abs=0.02)
    assert bins.highs[-1] == pytest.approx(21.99, abs=0.02)
    assert both.oldest is not None
    assert both.oldest <= 0.0
    assert both.last_time == 1_199.0


def test_means_are_those_of_the_samples_wherever_they_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    samples = [(t + 0.5, 20.0 + (5.0 if t % 100 == 7 else 0.0)) for t in range(4_000)]
    write(path, samples[:3_000])
    live = History()
    for t, value in samples[3_000:]:
        live.add(t, value)
    both = history_of(path, 3_000.0, live)
    for start, end, columns in ((2_400.0, 3_000.0, 60), (2_400.0, 3_600.0, 60), (0.0, 4_000.0, 100)):
        bins, width = both.measured(start, end, columns), (end - start) / columns
        for column, mean in enumerate(bins.means):
            inside = [v for t, v in samples if start + column * width <= t < start + (column + 1) * width]
            # A bin of 8 s that two columns share counts for both in part.
            assert mean == pytest.approx(sum(inside) / len(inside), abs=0.3)
            assert bins.counts[column] == pytest.approx(len(inside), abs=8)
        assert sum(bins.means) / columns == pytest.approx(20.05, abs=0.01)
    assert both.resolution == 1.0


def test_a_gap_between_two_programs_stays_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    write(path, ((float(t), 20.0) for t in range(100)))
    live = History()
    for t in range(160, 200):
        live.add(float(t), 21.0)
    bins = history_of(path, 150.0, live).window(0.0, 200.0, 200)
    empty = [column for column, low in enumerate(bins.lows) if low != low]
    assert empty == list(range(100, 160))


def test_before_anything_came_the_past_alone_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    write(path, ((float(t), 20.0 + t % 3) for t in range(3_000)))
    for live in (None, History()):
        both = history_of(path, 3_000.0, live)
        assert both.last_time == 3_000.0
        low, high = zip(*held(both.window(2_400.0, 3_000.0, 60)), strict=True)
        assert (min(low), max(high)) == (20.0, 22.0)
        assert len(both.last(600.0, 3_000.0, 10)) == 10


def test_an_old_stretch_is_shown_finer_than_memory_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    samples = [(float(t), 20.0 + (t % 60 == 0)) for t in range(40_000)]
    write(path, samples)
    live = History()
    for t, value in samples:
        live.add(t, value)
    both = history_of(path, 0.0, live)
    # Ten minutes of ten hours ago: memory has bins of 64 s, the record every sample.
    bins = both.window(1_200.0, 1_800.0, 600)
    assert [column for column, high in enumerate(bins.highs) if high == 21.0] == list(range(0, 600, 60))
    # What memory keeps as fine as it is drawn comes from memory.
    assert both.window(39_000.0, 39_600.0, 600).lows == live.window(39_000.0, 39_600.0, 600).lows


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    begin=st.integers(0, 4_000),
    length=st.sampled_from([60, 600, 3_600, 21_600]),
    columns=st.sampled_from([20, 97, 200]),
    split=st.integers(500, 4_500),
)
def test_no_value_is_ever_left_out(
    tmp_path_factory: pytest.TempPathFactory, begin: int, length: int, columns: int, split: int
) -> None:
    path = tmp_path_factory.mktemp("past") / "r.sqlite3"
    samples = [(float(t), math.sin(t / 50) * 30 + (100 if t % 997 == 0 else 0)) for t in range(5_000)]
    write(path, samples[:split])
    live = History()
    for t, value in samples[split:]:
        live.add(t, value)
    bins = history_of(path, float(split), live).window(float(begin), float(begin + length), columns)
    width = length / columns
    for t, value in samples:
        column = math.floor((t - begin) / width)
        if 0 <= column < columns and begin <= t < begin + length:
            assert bins.lows[column] <= value <= bins.highs[column]


# -- the clock is set ---------------------------------------------------------------------------------


def set_clock(path: Path, steps: dict[int, float], *, until: int) -> Past:
    """Record a sample a second from 0 on, this program's from 10 000; at some moments the clock is set.

    The values report their own monotonic time.
    """
    write(path, ((float(t), float(t)) for t in range(10_000)))
    past = Past(Windows(Record(path, clock=lambda: math.nan)), UTC, 10_000.0)
    writer = Writer(path, SESSION, recording=True, utc=UTC + 10_000, mono=10_000.0)
    ahead = 0.0
    for t in range(10_000, until):
        ahead += steps.get(t, 0.0)
        writer.event(msgspec.structs.replace(message(float(t), float(t)), utc=UTC + ahead + t))
        if t % 100 == 0:
            writer.commit(UTC + ahead + t)
    writer.commit(UTC + ahead + until)
    writer.close(UTC + ahead + until)
    return past


@pytest.fixture(
    scope="module",
    params=[{13_000: -3_600.0}, {13_000: 7_200.0}, {13_000: -3_600.0, 15_000: 7_200.0}],
    ids=["back", "ahead", "back and ahead"],
)
def past(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Past:
    return set_clock(tmp_path_factory.mktemp("set") / "r.sqlite3", request.param, until=18_500)


@pytest.mark.parametrize(
    ("start", "end", "columns"),
    [
        (9_700, 10_300, 600),  # this program's beginning
        (11_000, 11_600, 600),
        (12_700, 13_300, 600),  # across the first step
        (13_600, 14_200, 300),
        (14_950, 15_050, 37),
        (16_500, 17_100, 600),
        (8_000, 18_000, 100),  # all of it, from bins
        (12_000, 16_000, 250),
    ],
)
def test_values_stay_where_they_were_when_the_clock_is_set(
    past: Past, start: int, end: int, columns: int
) -> None:
    bins = past.window(NAME, float(start), float(end), columns)
    assert len(bins.lows) == columns
    width = (end - start) / columns
    # Bins of 8 s and more reach beyond the edges of a column.
    beyond = 1.0 if width < 8 else width
    for column, (low, high) in enumerate(zip(bins.lows, bins.highs, strict=True)):
        left, right = start + column * width, start + (column + 1) * width
        assert left - beyond <= low <= high <= right + beyond
    for t in range(start, end):
        column = min(columns - 1, math.floor((t - start) / width))
        assert bins.lows[column] <= t <= bins.highs[column]
    assert past.end == 18_499.0


# -- housekeeping -----------------------------------------------------------------------------------------


def with_runs(path: Path) -> Writer:
    """Ten days, a sample a minute; run 1 on day 2 (exported), run 2 on day 4, run 3 goes on since day 9."""
    write(path, ((float(t), 20.0) for t in range(0, 864_000, 60)))
    writer = Writer(path, SESSION, recording=True, utc=UTC + 864_000, mono=864_000.0)
    day = 86_400.0
    for number, start, end, exported in (
        (1, 2 * day, 2.5 * day, 1.0),
        (2, 4 * day, 4.5 * day, None),
        (3, 9 * day, None, None),
    ):
        writer.execute(
            "INSERT INTO runs (id, session, name, started, ended, result, exported, first_event, end_event) "
            "VALUES (?, 1, 'x', ?, ?, '', ?, ?, ?)",
            (
                number,
                UTC + start,
                None if end is None else UTC + end,
                exported,
                start // 60,
                (end or start) // 60,
            ),
        )
    return writer


def swept(writer: Writer, mono: float, keep_days: float, *, delete_unexported: bool = False) -> int:
    """Start as often as it takes to delete all that may go at this moment; return how many blocks went."""
    total = 0
    while True:
        retention = Retention(keep_days, delete_unexported=delete_unexported)
        gone = retention.tidy(writer.execute, writer.session, UTC + mono, mono)
        if not gone:
            return total
        total += gone


def kept(path: Path, day: float) -> bool:
    """Return whether events of the middle of a day are there."""
    with Record(path) as record:
        at = UTC + (day + 0.25) * 86_400
        return bool(record.rows("SELECT 1 FROM blocks WHERE t0 <= ? AND t1 >= ?", (at, at)))


def test_old_events_go_but_no_run_that_was_not_exported(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    writer = with_runs(path)
    now = UTC + 864_000
    assert swept(writer, 864_000.0, 0.0) == 0
    assert swept(writer, 864_000.0, 5.0) > 0
    assert [kept(path, day) for day in (0, 2, 4, 6, 9)] == [False, False, True, True, True]
    assert swept(writer, 864_000.0, 5.0, delete_unexported=True) > 0
    assert [kept(path, day) for day in (0, 2, 4, 6, 9)] == [False, False, False, True, True]
    writer.close(now)
    # The trend still reaches back.
    with Record(path) as record:
        bins = Windows(record).window([NAME], UTC, now, 100)[NAME]
        assert not math.isnan(bins.lows[3])


def test_a_run_that_goes_on_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    writer = with_runs(path)
    with Record(path) as reader:
        assert reader.first == 0
        assert swept(writer, 30 * 86_400.0, 1.0, delete_unexported=True) > 0
        assert [kept(path, day) for day in (6, 9)] == [False, True]
        # Who reads meanwhile sees where it begins now.
        reader.refresh(at_once=True)
        span = reader.span()
        assert reader.first > 0
        assert reader.get(0) is None
        assert span is not None
        assert span[0] > UTC + 8 * 86_400
    writer.close(UTC)


def test_what_recording_will_take_is_learned_from_the_record(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    assumed = forecast(None, tmp_path, 86_400.0)
    assert assumed is not None
    assert not assumed.learned
    write(path, ((float(t), 20.0) for t in range(20_000)))
    with Record(path) as record:
        learned = forecast(record, tmp_path, 86_400.0)
    assert learned is not None
    assert learned.learned
    # One channel once a second takes far less than sixteen, and its true size lies within a factor of four.
    size = path.stat().st_size * 86_400 / 20_000
    assert size / 4 < learned.needs < size * 4
    assert not SpaceForecast(1e9, 1e9 + SCARCE / 2, True).enough
    assert forecast(None, tmp_path / "nowhere", 1.0) is None


@pytest.mark.parametrize(
    ("size", "said"), [(12, "12 bytes"), (4_200, "4.2 kB"), (12_300_000, "12 MB"), (1.44e9, "1.4 GB")]
)
def test_sizes_are_short(size: float, said: str) -> None:
    assert size_words(size) == said


def test_a_record_that_breaks_leaves_the_chart_of_this_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite3"
    write(path, ((float(t), 10.0) for t in range(1_000)))
    live = History()
    for t in range(1_000, 9_000):
        live.add(float(t), 20.0)
    past = Past(Windows(Record(path)), UTC, 1_000.0)
    chart = RecordedHistory(NAME, lambda: live, past)
    assert past.problem == ""

    def broken(*_: object) -> list[object]:
        raise RecordError("the disk is gone.")

    monkeypatch.setattr(Record, "rows", broken)
    assert chart.oldest == live.oldest
    assert set(held(chart.window(0.0, 9_000.0, 90))) == {(20.0, 20.0)}
    # Old enough to be asked for in more detail than memory has it, and held before this program began.
    assert set(held(chart.window(1_000.0, 1_100.0, 100))) == {(20.0, 20.0)}
    assert held(chart.window(0.0, 500.0, 50)) == []
    assert past.problem == "the disk is gone."
    assert held(history_of_none(past).window(0.0, 500.0, 50)) == []


def history_of_none(past: AnyPast) -> RecordedHistory:
    return RecordedHistory(NAME, lambda: None, past)


def retained(path: Path) -> Windows:
    """A sample each second for 20,000 s, of which only the run from 9,000 to 9,400 s keeps its events."""
    write(path, ((float(t), float(t)) for t in range(20_000)))
    writer = Writer(path, SESSION, recording=True, utc=UTC + 864_000, mono=864_000.0)
    writer.execute(
        "INSERT INTO runs (id, session, name, started, ended, result, first_event, end_event) "
        "VALUES (1, 1, 'x', ?, ?, '', 9000, 9400)",
        (UTC + 9_000, UTC + 9_400),
    )
    writer.event(message(864_000.0, 0.0))
    writer.commit(UTC + 864_000)
    # After a pause of ten days it is believed once this session has lasted for one.
    assert swept(writer, 864_000.0, 1.0) == 0
    assert swept(writer, 864_000.0 + 90_000, 1.0) > 30
    writer.close(UTC + 864_000)
    return Windows(Record(path))


def test_the_finest_bins_of_a_run_that_is_kept_stay(tmp_path: Path) -> None:
    windows = retained(tmp_path / "r.sqlite3")
    found = windows.window([NAME], UTC + 9_000, UTC + 9_400, 40)[NAME]
    for place, (low, high) in enumerate(zip(found.lows, found.highs, strict=True)):
        # Columns of 10 s from bins of 8 s.
        assert 9_000 + place * 10 - 8 <= low <= high < 9_000 + place * 10 + 18
    # What is not kept is gone in that detail.
    assert windows.record.rows("SELECT count(*) FROM bins WHERE level = 8")[0][0] < 10


@pytest.mark.parametrize(("start", "end", "columns"), [(3_000.0, 4_000.0, 100), (3_000.0, 3_100.0, 100)])
def test_where_events_were_deleted_a_short_window_shows_the_wider_bins(
    tmp_path: Path, start: float, end: float, columns: int
) -> None:
    windows = retained(tmp_path / "r.sqlite3")
    found = windows.window([NAME], UTC + start, UTC + end, columns)[NAME]
    width = (end - start) / columns
    for place, (low, high) in enumerate(zip(found.lows, found.highs, strict=True)):
        at = start + place * width
        assert at - 64 <= low <= at <= at + width - 1 <= high < at + width + 64


def test_a_summary_over_deleted_events_is_whole(tmp_path: Path) -> None:
    found = retained(tmp_path / "r.sqlite3").summary(NAME, UTC + 3_003, UTC + 3_995)
    assert found is not None
    assert 3_003 - 64 <= found.low <= 3_003
    assert 3_995 <= found.high <= 3_995 + 64
