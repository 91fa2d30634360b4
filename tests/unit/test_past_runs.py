"""Runs read back from a record, and reported in lines: list, facts, steps, readings, what differs."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.examples import examples
from tests.helpers.pastruns import BEGAN, begin, record_run, three_runs
from xovac_tui import report
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.chamber.ring import Bins
from xovac_tui.errors import XovacError
from xovac_tui.recording.disk.bins import LEVELS, covering
from xovac_tui.recording.disk.kinds import Attachment, RecordedRun, RunItem
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.report.gather import gather
from xovac_tui.report.glance import RunGlance, glance
from xovac_tui.report.judge import RunVerdict, judge
from xovac_tui.runs.endings import EndCode, RunEnding
from xovac_tui.runs.past import PastRun, TrackedChannel, read_run, read_runs
from xovac_tui.runs.state import Result, RunSnapshot
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from xovac_tui.ui.screens.runs.compare import pair_head, pair_lines
from xovac_tui.ui.screens.runs.lines import (
    fact_lines,
    happened_lines,
    list_line,
    reading_head,
    reading_line,
    step_head,
    step_line,
)
from xovac_tui.ui.screens.runs.trend import RunCurve, pair_model, run_model
from xovac_tui.ui.widgets.lines import CHOSEN, Line
from xovac_tui.ui.widgets.trend_view import View

TIMES = Times("utc")
CONTRACT = load_contract((), simulator=True)
CANCELLED = RunEnding(EndCode.CANCELLED, who="ann@lab").sentence.partition(",")[0]
"""Who cancelled it: the beginning of the sentence, which narrow lines have whole."""
PINNED: tuple[TrackedChannel, ...] = (("chamber_state.part", "Test part", "degC", False),)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_runs(tmp_path_factory.mktemp("record") / "r.sqlite3")


def read(path: Path, number: int, now: float = BEGAN + 20_000) -> PastRun:
    past = read_run(path, number, contract=CONTRACT, channels=PINNED, now=now)
    assert past is not None
    return past


def text(lines: Sequence[Line], width: int) -> str:
    for line in lines:
        assert sum(cell_len(part) for part, _ in line) <= width, line
    return "\n".join("".join(part for part, _ in line) for line in lines)


def facts(past: PastRun, width: int = 76, height: int = 8) -> str:
    lines = fact_lines(past, width, height, glyphs=UNICODE, times=TIMES)
    assert len(lines) <= height
    return text(lines, width)


def steps(past: PastRun, width: int) -> list[str]:
    state = past.state
    legs = state.as_run if state.leg is None else (*state.as_run, state.leg)
    lines = [step_line(leg, state.t, width, plan=past.plan, glyphs=UNICODE, times=TIMES) for leg in legs]
    return text([step_head(width), *lines], width).split("\n")


# -- reading ------------------------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_leaves_out_what_is_long(path: Path) -> None:
    runs = read_runs(path)
    assert [(run.id, run.result) for run in runs] == [(3, "running"), (2, "cancelled"), (1, "completed")]
    assert {run.flight for run in runs} == {""}


def test_a_run_is_read_with_all_that_is_known_of_it(path: Path) -> None:
    past = read(path, 1)
    assert past.description == "Board X, lot 3"
    assert past.load is not None
    assert past.load.who == "ada@lab"
    assert past.plan is not None
    assert past.planned_seconds == pytest.approx(220.0, abs=0.1)
    assert past.seconds == pytest.approx(221.0)
    assert [(gap.start - BEGAN, gap.seconds, gap.recorded) for gap in past.gaps] == [(260.0, 20.0, True)]
    assert [one.entry.command for one in past.commands] == ["start_recipe"]
    assert [one.mark.text for one in past.marks if one.mark.kind == "note"] == ["Strap checked"]
    assert past.extremes[0].label == "Test part"
    assert past.extremes[0].summary.high == pytest.approx(50.0, abs=2.0)
    assert {"chamber_state.shroud", "chamber_state.vacuum.p"} < {one.name for one in past.extremes}
    # 80 s at 50 degC, of which 20 s were without data.
    dwell = past.state.as_run[1].dwell
    assert dwell is not None
    assert dwell.elapsed == pytest.approx(80.0)
    assert dwell.creditable == pytest.approx(59.0)


def test_commands_of_other_runs_are_not_those_of_this_one(path: Path) -> None:
    assert [one.entry.command for one in read(path, 2).commands] == ["start_recipe", "cancel_recipe"]
    assert read(path, 2).state.result is Result.CANCELLED


@pytest.mark.parametrize("now", [19_981.0, 19_985.0, 19_992.5, 19_996.0, 20_000.0])
def test_the_readings_of_a_silent_run_are_its_own(path: Path, now: float) -> None:
    summary = next(one.summary for one in read(path, 3, now=BEGAN + now).extremes if one.label == "Test part")
    assert (summary.count, summary.low) == (121, 27.069)
    assert summary.mean == pytest.approx(46.184, abs=0.001)


def test_a_run_that_goes_on_reaches_to_now(path: Path) -> None:
    past = read(path, 3, now=BEGAN + 19_990)
    assert past.running
    assert past.until == BEGAN + 19_990
    assert past.view().step == 2
    model = run_model(past, utc=True)
    # Its plan is ahead of it: the chart reaches to the planned end.
    assert model.now_mono == pytest.approx(past.recorded.started + 220.0, abs=0.1)


def test_the_curves_are_in_the_units_of_the_plan(path: Path) -> None:
    past = read(path, 1)
    assert past.temperature is not None
    assert past.pressure is not None
    assert (past.temperature.unit, past.pressure.unit) == ("degC", "mbar")
    known = [high for high in past.temperature.bins.highs if high == high]
    assert len(known) == pytest.approx(221, abs=2)
    assert max(known) == pytest.approx(past.extremes[0].summary.high)


def test_without_a_contract_there_is_no_curve_but_all_readings(path: Path) -> None:
    past = read_run(path, 1, contract=documented_contract(), channels=(), now=BEGAN + 20_000)
    assert past is not None
    assert past.temperature is None
    assert past.pressure is None
    assert len(past.extremes) > 5
    (series,) = run_model(past, utc=True).series
    assert "not reported" in series.label


def test_what_is_not_there_or_cannot_be_read_is_no_run(path: Path, tmp_path: Path) -> None:
    assert read_run(path, 99, contract=CONTRACT, channels=(), now=0.0) is None
    with pytest.raises(XovacError):
        read_runs(tmp_path / "none.sqlite3")


@pytest.mark.parametrize("flight", [b"", b"{", b'{"result": "odd"}', b"[]"])
def test_an_unreadable_run_state_leaves_the_rest(tmp_path: Path, flight: bytes) -> None:
    writer = begin(tmp_path / "r.sqlite3")
    writer.item(
        RunItem(
            id=1, name="Odd", load=7, started_utc=BEGAN + 10, started_mono=10.0, utc=BEGAN + 70, mono=70.0,
            result="exploded", reason="It did.", flight=flight,
        )
    )  # fmt: skip
    writer.commit(BEGAN + 100)
    writer.close(BEGAN + 100)
    past = read(tmp_path / "r.sqlite3", 1)
    assert past.state.result is Result.UNKNOWN
    said = facts(past)
    assert "Odd  ? unknown" in said
    assert "It did." in said
    assert "no plan of it is known" in said
    assert "not by a program on this record" in said


def test_where_the_beginning_was_not_seen_the_plan_lies_where_the_steps_say(path: Path) -> None:
    past = read(path, 1)
    late = msgspec.structs.replace(past.state, start_seen=False, shift=-600.0)
    points = msgspec.structs.replace(past, state=late).planned_points()
    assert points[0][0] == pytest.approx(-20.0)
    stranger = msgspec.structs.replace(past.state, fits=False)
    assert msgspec.structs.replace(past, state=stranger).planned_points() == []


@examples(300)
@given(first=st.integers(-5_000, 5_000), count=st.integers(0, 5_000))
def test_the_bins_of_a_summary_are_those_of_its_stretch(first: int, count: int) -> None:
    covered: list[int] = []
    for level, begin_, after in covering(first, first + count):
        ratio = level // LEVELS[0]
        for number in range(begin_, after):
            covered += range(number * ratio, (number + 1) * ratio)
    assert sorted(covered) == list(range(first, first + count))


def test_a_summary_of_a_long_stretch_holds_every_sample(path: Path) -> None:
    with Record(path) as record:
        windows = Windows(record)
        start, end = BEGAN + 160, BEGAN + 1_150
        _, values = windows.samples(["chamber_state.part"], start - 8, end + 8)["chamber_state.part"]
        found = windows.summary("chamber_state.part", start, end)
        assert found is not None
        assert found.low == pytest.approx(min(values), abs=0.3)
        assert found.high == max(values)
        assert found.count == pytest.approx(len(values), abs=16)


# -- lines --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [23, 38])
def test_a_run_in_the_list_has_two_rows(path: Path, width: int) -> None:
    completed = read_runs(path)[2]
    rows = [
        list_line(
            completed, second, width, chosen=chosen, focus=True, marked=False,
            glyphs=UNICODE, times=TIMES,
        )
        for chosen in (False, True)
        for second in (False, True)
    ]  # fmt: skip
    said = text(rows, width).split("\n")
    assert said[0].split() == ["r1", "Soak", "·"]
    assert said[1].split()[:2] == ["●", "completed"]
    assert said[1].split()[-2:] == ["3m", "41s"]
    assert (said[2][0], said[3]) == ("▸", said[1])
    assert all(style == CHOSEN for line in rows[2:] for _, style in line)


def test_a_run_at_a_glance_is_as_its_report(path: Path) -> None:
    seen = {number: glance(path, number, contract=CONTRACT) for number in (1, 2, 3, 99)}
    for number in (1, 2):
        facts = gather(path, number, chamber="bench-1", contract=CONTRACT, program="test", now=BEGAN + 20_000)
        assert seen[number].verdict is judge(facts).verdict is RunVerdict.FAIL
    # One that goes on has a shape, and nothing is said of it before it has ended.
    assert seen[3].verdict is None
    assert seen[3].shape[-1] == pytest.approx(50.0, abs=2.0)
    assert seen[99] == RunGlance()
    # What cannot be known is no verdict.
    assert glance(path, 1, contract=documented_contract()) == RunGlance(seen[1].verdict, ())
    shape = seen[1].shape
    assert len(shape) == 24
    assert shape[0] < 40 < max(shape)


def test_without_the_libraries_of_a_report_there_is_a_shape_and_no_verdict(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gather", "figures"):
        monkeypatch.delattr(report, name, raising=False)
        monkeypatch.delitem(sys.modules, f"xovac_tui.report.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    seen = glance(path, 1, contract=CONTRACT)
    assert seen.verdict is None
    assert max(seen.shape) > 40


@pytest.mark.parametrize(
    ("seen", "badge", "plain"),
    [
        (None, "·", "."),
        (RunGlance(), "·", "."),
        (RunGlance(RunVerdict.PASS), "✓ PASS", "* PASS"),
        (RunGlance(RunVerdict.FAIL), "✖ FAIL", "x FAIL"),
        (RunGlance(RunVerdict.NOT_JUDGED), "? open", "? open"),
    ],
)
def test_the_badge_of_a_run(path: Path, seen: RunGlance | None, badge: str, plain: str) -> None:
    running, _, completed = read_runs(path)

    def row(run: RecordedRun, width: int, glyphs: Glyphs = UNICODE, *, chosen: bool = False) -> str:
        line = list_line(
            run, False, width, chosen=chosen, focus=True, marked=False,
            glyphs=glyphs, times=TIMES, glance=seen,
        )  # fmt: skip
        return text([line], width)

    assert row(completed, 23).split() == ["r1", "Soak", *badge.split()]
    assert row(completed, 23, chosen=True).split() == ["▸", "r1", "Soak", *badge.split()]
    assert row(completed, 38, ASCII).split() == ["r1", "Soak", *plain.split()]
    assert row(running, 23).split() == ["r3", "Soak"]


@pytest.mark.parametrize(("width", "cells"), [(23, 0), (38, 12), (60, 24)])
def test_the_list_shows_the_course_of_a_run_where_there_is_room(path: Path, width: int, cells: int) -> None:
    nan = math.nan
    shape = (*(20.0 + number for number in range(20)), nan, nan, 40.0, 40.0)
    line = list_line(
        read_runs(path)[2], False, width, chosen=False, focus=True, marked=False,
        glyphs=UNICODE, times=TIMES, glance=RunGlance(RunVerdict.PASS, shape),
    )  # fmt: skip
    bars = [sign for sign in text([line], width) if sign in "▁▂▃▄▅▆·"]
    assert len(bars) == cells
    assert bars.count("·") == cells // 12
    assert bars[:1] == ["▁"][:cells]
    assert bars[-1:] == ["▆"][:cells]


def test_the_facts_of_a_run(path: Path) -> None:
    said = facts(read(path, 1))
    assert said.startswith(f"r1 Soak  ● completed\n{RunEnding(EndCode.LAST_STEP).sentence}")
    assert "Part    Board X, lot 3" in said
    assert "Began   09-21 08:42  ended 08:46Z" in said
    assert "Took    3m 41s of 3m 40s planned, +1 s" in said
    assert "by ada@lab  sha256 " in said
    assert "Gaps    1, 21s" in said
    assert CANCELLED in facts(read(path, 2))
    assert "Took    1m 31s of 3m 40s planned\n" in facts(read(path, 2))
    assert "item 2/4, hold 50 °C for 40m" in facts(read(path, 3))


@pytest.mark.parametrize("width", [49, 74])
def test_steps_as_run(path: Path, width: int) -> None:
    head, *rows = steps(read(path, 1), width)
    assert ("began" in head) is (width > 70)
    assert rows[1].split()[:4] == ["2", "hold", "50", "°C"]
    assert "1m 20s" in rows[1]
    assert rows[1].split()[-2:] == ["59s", "59s"]
    assert steps(read(path, 3), width)[-1].split()[:2] == ["2", "hold"]


def test_steps_not_reported_or_not_seen_are_marked(path: Path) -> None:
    past = read(path, 1)
    first, second, *rest = past.state.as_run
    legs = (
        msgspec.structs.replace(first, estimated=True),
        msgspec.structs.replace(second, start=None, end=None, start_utc=None, dwell=None),
        *rest,
    )
    rows = steps(msgspec.structs.replace(past, state=msgspec.structs.replace(past.state, as_run=legs)), 74)
    assert "~41s" in rows[1]
    assert "unseen" in rows[2]


def test_the_readings_of_a_run(path: Path) -> None:
    past = read(path, 1)
    said = text([reading_head(74), reading_line(past.extremes[0], 74, UNICODE)], 74).split("\n")
    assert said[0].split() == ["channel", "lowest", "highest", "mean"]
    assert said[1].startswith("Test part")
    assert said[1].rstrip().endswith("°C")
    assert "mean" not in text([reading_head(49)], 49)


def test_what_happened_in_order_of_time(path: Path) -> None:
    said = text(happened_lines(read(path, 2), 49, glyphs=UNICODE, times=TIMES), 49)
    first = f"cancelled: {CANCELLED}"
    order = [first, "start_recipe by ada@lab", "note by ada@lab", "cancel_recipe by"]
    places = [said.index(words) for words in order]
    assert places == sorted(places)
    assert "no link or no data for 20s" in text(
        happened_lines(read(path, 1), 49, glyphs=UNICODE, times=TIMES), 49
    )
    bare = msgspec.structs.replace(
        read(path, 2), commands=(), marks=(), gaps=(), state=RunSnapshot(result=Result.RUNNING)
    )
    assert "no alarm and no gap" in " ".join(
        text(happened_lines(bare, 49, glyphs=UNICODE, times=TIMES), 49).split()
    )


def test_what_others_wrote_is_shown_literally(path: Path) -> None:
    past = read(path, 1)
    evil = "[red]\x1b[31m\u202eSoak\nx"
    recorded = msgspec.structs.replace(past.recorded, name=evil, result="completed")
    past = msgspec.structs.replace(past, recorded=recorded, description=evil)
    said = facts(past)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[red]" in said


@pytest.mark.parametrize("width", [76, 116])
def test_two_runs_beside_each_other(path: Path, width: int) -> None:
    one, other = read(path, 1), read(path, 2)
    head = text(pair_head((one, other), width, glyphs=UNICODE, times=TIMES), width).split("\n")
    assert head[0].split()[:4] == ["r1", "Soak", "●", "completed"]
    assert head[1].split()[:4] == ["r2", "Soak", "✖", "cancelled"]
    rows = text(pair_lines(one, other, width, UNICODE), width).split("\n")
    assert rows[0].split() == ["took", "counts"]
    assert rows[1].split() == ["step", "what", "r1", "r2", "change", "r1", "r2", "change"]
    assert rows[3].split()[:4] == ["2", "hold", "50", "°C"]
    assert "1m 20s" in rows[3]
    assert "−29 s" in rows[3] or "−30 s" in rows[3]
    # What only one of them has run has no difference.
    assert rows[5].split() == ["4", "hold", "25", "°C", "1m", "00s", "1m00s"]
    channel = next(row for row in rows if "Test part" in row)
    assert len(channel.split()) >= 8


def test_recipes_that_differ_are_reported(path: Path) -> None:
    one, other = read(path, 1), read(path, 2)
    renamed = msgspec.structs.replace(other, recorded=msgspec.structs.replace(other.recorded, name="Other"))
    assert "different recipes" in text(pair_head((one, renamed), 76, glyphs=UNICODE, times=TIMES), 76)
    unknown = msgspec.structs.replace(other, load=None)
    assert "not known what was loaded" in text(pair_head((one, unknown), 76, glyphs=UNICODE, times=TIMES), 76)


def test_everything_is_ascii_where_it_must_be(path: Path) -> None:
    one, other = read(path, 1), read(path, 2)
    lines = [
        *fact_lines(one, 76, 8, glyphs=ASCII, times=TIMES),
        *happened_lines(one, 76, glyphs=ASCII, times=TIMES),
        *(step_line(leg, 0.0, 74, plan=one.plan, glyphs=ASCII, times=TIMES) for leg in one.state.as_run),
        *(reading_line(extreme, 74, ASCII) for extreme in one.extremes),
        *pair_head((one, other), 76, glyphs=ASCII, times=TIMES),
        *pair_lines(one, other, 76, ASCII),
    ]
    assert "".join(part for line in lines for part, _ in line).isascii()


# -- charts -------------------------------------------------------------------------------------------------


def test_a_chart_of_a_run_begins_and_ends_with_it(path: Path) -> None:
    model = run_model(read(path, 1), utc=True)
    view = View()
    view.take(model)
    picture = view.picture(model, 78, 14)
    assert view.layout is not None
    # Cells are a little longer where that puts labels at equal distances.
    assert view.layout.plot_width * 0.9 - 3 <= view.span.column(model.now_mono) <= view.layout.plot_width - 3
    assert view.span.column(BEGAN + 160.0) in (0, 1)
    words = "\n".join(row.text for row in picture)
    assert "┄ plan" in words
    assert "Test part" in words
    assert "08:45" in words
    assert view.title(model) == "r1 over its plan all"


def test_two_runs_are_laid_over_each_other_from_their_beginnings(path: Path) -> None:
    model = pair_model(read(path, 1), read(path, 2))
    view = View()
    view.take(model)
    words = "\n".join(row.text for row in view.picture(model, 78, 14))
    assert "1━ r1" in words
    assert "2━ r2" in words
    assert "0 " in words
    assert "2 min" in words
    for series in model.series:
        start = series.history.window(0.0, 5.0, 1)
        assert start.lows[0] == pytest.approx(27.0, abs=3.0)
    view.move(model, 0)
    assert "after 3m" in "\n".join(row.text for row in view.picture(model, 78, 14))


def test_a_gap_in_a_run_stays_a_gap_in_its_curve() -> None:
    nan = math.nan
    curve = RunCurve(100.0, Bins(100.0, 1.0, [1.0, nan, nan, 4.0], [2.0, nan, nan, 5.0]))
    wide = curve.window(100.0, 104.0, 2)
    assert list(wide.lows) == [1.0, 4.0]
    narrow = curve.window(100.0, 104.0, 8)
    assert [low == low for low in narrow.lows] == [True, True, False, False, False, False, True, True]
    assert curve.last_time == 103.5
    outside = curve.window(0.0, 99.0, 3)
    assert all(low != low for low in outside.lows)


@examples(200)
@given(
    values=st.lists(st.one_of(st.just(math.nan), st.floats(-50, 50)), min_size=1, max_size=60),
    columns=st.integers(1, 100),
)
def test_no_extreme_of_a_curve_is_ever_lost(values: list[float], columns: int) -> None:
    curve = RunCurve(0.0, Bins(0.0, 1.0, values, values))
    made = curve.window(0.0, float(len(values)), columns)
    known = [value for value in values if value == value]
    lows = [low for low in made.lows if low == low]
    highs = [high for high in made.highs if high == high]
    if known:
        assert (min(lows), max(highs)) == (min(known), max(known))
    else:
        assert not lows


def test_a_run_without_any_data_draws_its_plan(tmp_path: Path) -> None:
    writer = begin(tmp_path / "r.sqlite3")
    record_run(writer, 1, 100.0, seconds=30.0)
    writer.close(BEGAN + 400)
    past = msgspec.structs.replace(read(tmp_path / "r.sqlite3", 1), temperature=None, pressure=None)
    model = run_model(past, utc=True)
    view = View()
    view.take(model)
    words = "\n".join(row.text for row in view.picture(model, 78, 14))
    assert "┄ plan" in words


def test_what_is_attached_is_reported_among_what_happened(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    writer = begin(path)
    record_run(writer, 1, 100.0)
    for name, caption in (("wiring.png", "before\x1b[31m"), ("log.csv", "")):
        writer.item(
            Attachment(
                t=BEGAN + 20_000,
                mono=20_000.0,
                run=1,
                who="ada@lab",
                name=name,
                media="image/png",
                text=caption,
                hash="00",
                data=b"x",
            )
        )
    writer.commit(BEGAN + 20_000)
    writer.close(BEGAN + 20_000)
    shown = text(happened_lines(read(path, 1), 100, glyphs=UNICODE, times=TIMES), 100)
    assert "attached by ada@lab: wiring.png (before␛[31m)" in shown
    assert any(line.endswith("attached by ada@lab: log.csv") for line in shown.splitlines())
