"""What single lines of the screen say: numbers, ages, times, trust bar, readings, ledger, small notice."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import AlarmsView
from xovac_tui.chamber.snapshot import ChannelView, LedgerEntry, Outcome, Quality, RunState, RunView, Snapshot
from xovac_tui.durations import format_age, format_clock, format_part, format_tick, format_to_tenth
from xovac_tui.quantities import number
from xovac_tui.recording.status import RecorderChanged, RecorderState, RecorderView, RecordTrouble
from xovac_tui.ui.format import Times, rate, reading, reading_with_unit
from xovac_tui.ui.frame.small_notice import small_lines
from xovac_tui.ui.frame.trust_bar import trust_line
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.message_words import outcome_words, recorder_words
from xovac_tui.ui.screens.status.reading_lines import Columns, reading_line
from xovac_tui.ui.widgets.lines import clip, fit
from xovac_tui.ui.widgets.message_line import ledger_spans
from xovac_tui.ui.workspace import Mode

UTC = Times("utc")
NOON = 1_700_049_600.0


def view(**fields: object) -> ChannelView:
    known: dict[str, object] = {
        "name": "part",
        "full_name": "m.part",
        "label": "Test part",
        "unit": "degC",
        "value": -18.42,
        "text": "",
        "quality": Quality.GOOD,
        "age": 0.4,
        "period": 1.0,
        "overdue": False,
        "per_minute": -0.61,
        "pinned": True,
        "log": False,
        "hidden": False,
        "role": None,
        "origin": None,
        "seen_mono": 1.0,
    }
    return ChannelView(**{**known, **fields})  # type: ignore[arg-type]


OFF = RecorderView()
FAILING = RecorderView(RecorderState.FAILING, reason=RecordTrouble.DISK_FULL)


def bar(
    width: int = 100,
    *,
    paused: bool = False,
    mode: str = "CONTROL",
    extra: str = "",
    recorder: RecorderView = OFF,
    elsewhere: Mapping[str, AlarmsView] | None = None,
    **fields: object,
) -> str:
    known: dict[str, object] = {
        "utc": NOON,
        "mono": 100.0,
        "link": LinkView(LinkWord.ONLINE, NOON, 10.0, session=1),
        "newest_age": 0.4,
    }
    snapshot = Snapshot(**{**known, **fields})  # type: ignore[arg-type]
    line = trust_line(
        snapshot,
        width,
        recorder=recorder,
        elsewhere=elsewhere or {},
        name="bench-1",
        mode=mode,
        extra=extra,
        glyphs=UNICODE,
        times=UTC,
        paused=paused,
    )
    return "".join(text for text, _ in line)


def test_lost_events_are_on_the_trust_bar_and_reported_once() -> None:
    on, lost = RecorderView(RecorderState.ON), RecorderView(RecorderState.ON, lost=1_234)
    assert "lost" not in bar(recorder=on)
    assert "1,234 lost" in bar(recorder=lost)
    failing = RecorderView(RecorderState.FAILING, reason=RecordTrouble.DISK_FULL, lost=7)
    assert "disk full, 7 lost" in bar(recorder=failing)
    said = recorder_words(RecorderChanged(lost, on))
    assert said is not None
    assert "1,234 events found no room" in said.said
    more = RecorderView(RecorderState.ON, lost=1_235)
    assert recorder_words(RecorderChanged(more, lost)) is None


@pytest.mark.parametrize(
    ("value", "unit", "log", "shown"),
    [
        (-18.42, "degC", False, "−18.4"),
        (20.0, "degC", False, "+20.0"),
        (1.3e-4, "mbar", True, "1.3e-04"),
        (1013.25, "mbar", True, "1.0e+03"),
        (3.14159, "", False, "3.142"),
        (1.5e9, "", False, "1.50e+09"),
        (2.5e-7, "", False, "2.50e-07"),
        (0.0, "", False, "0.000"),
        (math.nan, "degC", False, "—"),
        (-1e308, "degC", False, "−1.00e+308"),
        (1e6, "W", False, "1.00e+06"),
    ],
)
def test_numbers(value: float, unit: str, log: bool, shown: str) -> None:
    assert number(value, unit, log=log) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "—"),
        (0.42, "0.4s"),
        (9.96, "10s"),
        (59.6, "1m00s"),
        (125, "2m05s"),
        (11520, "3h12m"),
        (187200, "2d04h"),
    ],
)
def test_ages(seconds: float | None, shown: str) -> None:
    assert format_age(seconds) == shown


@given(st.floats(0, 8e7))
def test_an_age_is_always_short(seconds: float) -> None:
    assert len(format_age(seconds)) <= 7


def test_values_that_cannot_be_believed_show_none() -> None:
    assert reading(view(quality=Quality.NO_DATA)) == "—"
    assert reading(view(quality=Quality.BAD)) == "—"
    assert reading_with_unit(view(quality=Quality.STALE)) == "−18.4 °C"
    assert reading_with_unit(view(value=None, text="warm", unit="")) == "warm"
    assert rate(view(log=True, per_minute=-0.002)) == "−0.2%"


def test_times_carry_their_zone() -> None:
    assert UTC.clock_with_zone(NOON) == "12:00:00Z"
    assert UTC.stamp(NOON + 0.25) == "2023-11-15 12:00:00.250Z"


def test_the_trust_bar_says_link_freshness_run_mode_and_time() -> None:
    run = RunView(state=RunState.RUNNING, word="running", recipe="BakeOut", step=3, steps=8)
    shown = " ".join(bar(run=run).split())
    assert shown == "bench-1 ● ONLINE ▶ RUN 3/8 BakeOut CONTROL 12:00:00Z"
    assert "● ONLINE 3.0s" in bar(newest_age=3.0)


def test_a_lost_link_says_that_the_chamber_goes_on_and_shows_no_run() -> None:
    run = RunView(state=RunState.RUNNING, stale=True)
    shown = bar(link=LinkView(LinkWord.LOST, NOON, 88.0, "cut", session=1), run=run)
    assert "✖ LOST 12s" in shown
    assert "chamber continues on its own" in shown
    assert "RUN" not in shown


def test_a_chamber_never_reached_is_not_said_to_go_on() -> None:
    assert "continues" not in bar(link=LinkView(LinkWord.CONNECTING, NOON, 88.0))


def test_a_run_reported_by_old_data_is_unknown() -> None:
    link = LinkView(LinkWord.STALE, NOON, 10.0, session=1)
    shown = bar(link=link, run=RunView(state=RunState.RUNNING, stale=True), newest_age=14.0)
    assert "◌ STALE 14s" in shown
    assert "run unknown" in shown


@given(st.integers(20, 200), st.sampled_from(list(LinkWord)), st.booleans())
def test_the_trust_bar_fits_and_never_loses_the_links_word(width: int, word: LinkWord, paused: bool) -> None:
    shown = bar(
        width, paused=paused, link=LinkView(word, NOON, 10.0, session=1), extra="DEMO", clock_offset=1.0
    )
    assert word.value in shown
    assert cell_len(shown.rstrip()) <= width


def test_a_reading_is_as_wide_as_its_columns_whatever_its_text() -> None:
    for width in range(20, 120, 7):
        columns = Columns.for_width(width)
        for label in ("Test part", "温度" * 20, "x" * 100, "[red]\x1b[31m"):
            for quality in Quality:
                channel = view(label=label, quality=quality, overdue=quality is Quality.STALE, age=3600.0)
                spans = reading_line(channel, columns, UNICODE, "▁▂▃", chosen=False)
                text = "".join(part for part, _ in spans)
                assert text.isprintable()
                assert cell_len(text) <= width


def test_a_stale_reading_carries_its_age_and_no_change() -> None:
    channel = view(quality=Quality.STALE, overdue=True, age=14.0)
    spans = reading_line(channel, Columns.for_width(66), UNICODE, "", chosen=False)
    text = "".join(part for part, _ in spans)
    assert "14s" in text
    assert "−0.61" not in text
    assert ("$no-data") in {style for _, style in spans}


def entry(**fields: object) -> LedgerEntry:
    known: dict[str, object] = {
        "id": 1,
        "command": "cancel_recipe",
        "payload": "",
        "who": "ada@lab",
        "utc": NOON,
        "mono": 10.0,
        "outcome": Outcome.SUCCESS,
        "took": 0.2,
    }
    return LedgerEntry(**{**known, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "12:00:00 cancel_recipe sent ▸ success 0.2s"),
        ({"confirmed": 1.4}, "success 0.2s ▸ confirmed 1.4s"),
        ({"outcome": Outcome.SENT, "took": None}, "sent ▸ waiting 5.0s"),
        ({"outcome": Outcome.REFUSED, "took": None, "reason": "No."}, "cancel_recipe ▸ refused"),
        (
            {"outcome": Outcome.UNKNOWN, "took": 10.0, "late": Outcome.SUCCESS, "late_after": 12.0},
            "late success 12s",
        ),
        ({"duplicates": 1}, "(×2 answers)"),
        ({"stop": True}, "STOP cancel_recipe"),
        ({"outcome": Outcome.WARNING, "message": "Not running."}, "warning 0.2s  Not running."),
    ],
)
def test_the_ledger_says_what_became_of_a_command(fields: dict[str, object], said: str) -> None:
    spans = ledger_spans(entry(**fields), glyphs=UNICODE, times=UTC, now=15.0)
    assert said in "".join(text for text, _ in spans)


def test_ascii_has_only_ascii() -> None:
    snapshot = Snapshot(
        utc=NOON,
        mono=100.0,
        link=LinkView(LinkWord.LOST, NOON, 10.0, session=2),
        channels=(view(), view(log=True, value=1e-4, unit="mbar", per_minute=0.1)),
        ledger=(entry(outcome=Outcome.UNKNOWN),),
        clock_offset=-5.0,
    )
    line = trust_line(
        snapshot,
        120,
        recorder=FAILING,
        name="b",
        mode="OBSERVE",
        extra="DEMO",
        glyphs=ASCII,
        times=UTC,
        paused=True,
    )
    lines = [line, *small_lines(snapshot, AlarmsView(), name="b", glyphs=ASCII, mode=Mode.OBSERVE)]
    for channel in snapshot.channels:
        lines.append(tuple(reading_line(channel, Columns.for_width(60), ASCII, "", chosen=True)))
    lines.append(tuple(ledger_spans(entry(confirmed=1.0, duplicates=2), glyphs=ASCII, times=UTC, now=1)))
    for spans in lines:
        assert "".join(text for text, _ in spans).isascii()


@given(st.text(), st.integers(0, 40))
def test_fit_is_exact(text: str, width: int) -> None:
    printable = "".join(char for char in text if char.isprintable() and cell_len(char) > 0)
    assert cell_len(fit(printable, width)) == width


@given(st.lists(st.text(alphabet="ab温 ", max_size=8), max_size=5), st.integers(0, 30))
def test_a_clipped_line_fits_and_says_that_it_was_clipped(texts: list[str], width: int) -> None:
    line = tuple((text, "") for text in texts)
    whole = "".join(texts)
    shown = "".join(text for text, _ in clip(line, width))
    if cell_len(whole) <= width:
        assert shown == whole
    else:
        assert cell_len(shown) <= width
        assert width == 0 or shown.rstrip().endswith("…")


def test_a_narrow_trust_bar_drops_the_round_trip_before_the_recipe() -> None:
    run = RunView(state=RunState.RUNNING, word="running", recipe="BakeOut", step=3, steps=8)
    link = LinkView(LinkWord.ONLINE, NOON, 10.0, session=1, rtt=0.003)
    shown = bar(80, run=run, link=link, clock_offset=0.2, extra="DEMO")
    assert "BakeOut" in shown
    assert "12:00:00Z" in shown
    assert "rtt" not in shown


@pytest.mark.parametrize(
    ("recorder", "said"),
    [
        (RecorderView(RecorderState.ON), "REC ●  CONTROL"),
        (RecorderView(RecorderState.BESIDE, pid=4711), "REC ● 4711  CONTROL"),
        (RecorderView(RecorderState.STARTING), "REC …  CONTROL"),
        (FAILING, "REC ○ disk full  CONTROL"),
    ],
)
def test_the_recorder_says_whether_anything_is_kept(recorder: RecorderView, said: str) -> None:
    assert said in bar(recorder=recorder)
    # What fails is never the part that goes first.
    assert ("REC" in bar(38, recorder=recorder)) is (recorder is FAILING)
    assert "REC" not in bar(recorder=OFF)


def test_a_long_answer_is_cut_in_its_message_which_names_the_key_of_the_ledger() -> None:
    entry = LedgerEntry(1, "load_recipe", "", "ops@lab", 0.0, 0.0, Outcome.WARNING, message="x" * 500)
    message = outcome_words(entry, {"tab-controls": "f7"})
    assert message is not None
    assert message.said == "x" * 239 + "… (the whole is in the ledger: f7)"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (format_to_tenth(0.0), "0s"),
        (format_to_tenth(12.0), "12s"),
        (format_to_tenth(12.34), "12.3s"),
        (format_to_tenth(59.96), "1m 00s"),
        (format_to_tenth(-3.0), "−3s"),
        (format_to_tenth(None), "—"),
        (format_to_tenth(math.nan), "—"),
        (format_clock(0.2), "+0:00:00"),
        (format_clock(3_725.2), "+1:02:05"),
        (format_clock(-61.0), "−0:01:01"),
        (format_tick(0.0, 20.0), "0"),
        (format_tick(90.0, 30.0), "90 s"),
        (format_tick(1_800.0, 600.0), "30 min"),
        (format_tick(5_400.0, 1_800.0), "1h30"),
        (format_tick(172_800.0, 43_200.0), "48 h"),
        (format_tick(172_800.0, 86_400.0), "2 d"),
        (format_part(599.0, 600.0), "9 of 10 min"),
    ],
)
def test_each_form_of_a_duration(written: str, said: str) -> None:
    assert written == said
