"""What strip, list, detail, head, messages and small notice say of alarms."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.keys import KEYS
from xovac_tui.chamber.alarm import (
    AlarmChange,
    AlarmEvent,
    AlarmState,
    AlarmsView,
    AlarmView,
    Severity,
)
from xovac_tui.chamber.alarm_reasons import AlarmsProblem, AlarmsProblemCode
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.durations import format_minutes
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import alarm_line
from xovac_tui.ui.frame.small_notice import small_lines
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.message_words import alarm_words
from xovac_tui.ui.screens.alarms.lines import (
    detail_lines,
    empty_words,
    head_lines,
    list_head,
    list_line,
    listed,
    question_line,
    value_width,
)
from xovac_tui.ui.widgets.alarm_words import by_urgency, severity_style
from xovac_tui.ui.widgets.lines import Line
from xovac_tui.ui.workspace import Mode

NOON = 1_790_000_000.0
UTC = Times("utc")
HOSTILE = "\x1b[31m[red]hot[/red]\u202e plate"


def alarm(**fields: Any) -> AlarmView:
    reported: dict[str, Any] = {
        "rule": "plate hot",
        "severity": Severity.HIGH,
        "state": AlarmState.UNACKNOWLEDGED,
        "active": True,
        "condition": "Plate A above +80.0 °C for 10s",
        "text": "Plate A is +84.2 °C, above +80.0 °C.",
        "channel": "Plate A",
        "value": "+84.0 °C",
        "limit": "+80.0 °C",
        "since_utc": NOON - 130,
        "raised_utc": NOON - 130,
        "times": 2,
    }
    return AlarmView(**{**reported, **fields})


def quiet(**fields: Any) -> AlarmView:
    reported: dict[str, Any] = {"state": AlarmState.NORMAL, "active": False, "text": "", "since_utc": None}
    return alarm(**{**reported, "raised_utc": None, "times": 0, **fields})


def view(*alarms: AlarmView, **fields: Any) -> AlarmsView:
    return AlarmsView(alarms=alarms, **{"limit_set": "tvac", **fields})


def text(*lines: Line) -> str:
    return "\n".join("".join(part for part, _ in line) for line in lines)


def strip(shown: AlarmsView, width: int = 120) -> str:
    return text(alarm_line(shown, width, NOON, UNICODE, KEYS))


def detail(one: AlarmView) -> str:
    return text(*detail_lines(one, view(one), 100, NOON, glyphs=UNICODE, times=UTC))


# -- the strip ----------------------------------------------------------------------------------------------


def test_without_an_alarm_there_is_no_strip() -> None:
    assert alarm_line(view(), 80, NOON, UNICODE, KEYS) == ()
    aside = (quiet(), alarm(state=AlarmState.SHELVED), alarm(state=AlarmState.OUT_OF_SERVICE))
    assert alarm_line(view(*aside), 80, NOON, UNICODE, KEYS) == ()


def test_failed_evaluation_is_reported_without_an_active_alarm() -> None:
    problem = AlarmsProblem(AlarmsProblemCode.NO_ANSWER, 4711)
    assert strip(view(problem=problem)).startswith(" ⚠ Alarms: Process 4711 does not")


def test_the_strip_says_sign_severity_text_state_and_how_many_more() -> None:
    said = strip(view(alarm(), alarm(rule="b"), alarm(rule="c")))
    assert said.startswith(" ▲ HIGH  Plate A is +84.2 °C, above +80.0 °C.  UNACK 2m · 2 more")
    assert said.endswith("5: alarms ")
    assert len(said) == 120


def test_acknowledgement_and_return_are_notified() -> None:
    acked = alarm(state=AlarmState.ACKNOWLEDGED, who="ada@lab")
    assert "acked by ada" in strip(view(acked))
    assert "RETURNED 2m" in strip(view(alarm(state=AlarmState.RETURNED, active=False)))
    # The low one was not acknowledged: it comes first, and the worse active one is named beside it.
    said = strip(
        view(alarm(severity=Severity.CRITICAL, state=AlarmState.ACKNOWLEDGED), alarm(severity=Severity.LOW))
    )
    assert said.startswith(" ▵ LOW ")
    assert "1 more, CRITICAL acked" in said


def test_a_flood_is_notified_first() -> None:
    assert strip(view(alarm(), flood=14)).startswith(" FLOOD 14 alarms in 10 min  ▲ HIGH ")


def test_what_waits_is_reversed_and_the_others_are_dimmer() -> None:
    styles = [style for _, style in alarm_line(view(alarm()), 80, NOON, UNICODE, KEYS)]
    assert "bold reverse $alarm-high" in styles
    assert "bold" in styles
    styles = [
        style for _, style in alarm_line(view(alarm(state=AlarmState.ACKNOWLEDGED)), 80, NOON, UNICODE, KEYS)
    ]
    assert "$alarm-high" in styles
    assert "bold reverse $alarm-high" not in styles
    assert "bold" not in styles


@given(st.integers(60, 160), st.text(max_size=200), st.integers(0, 3), st.sampled_from([0, 14]))
def test_the_strip_fits_whatever_is_said(width: int, said: str, more: int, flood: int) -> None:
    alarms = [alarm(text=said or "x", rule=str(number)) for number in range(more + 1)]
    assert cell_len(strip(view(*alarms, flood=flood), width)) == width


def test_the_most_urgent_comes_first() -> None:
    worst = alarm(rule="1", severity=Severity.CRITICAL)
    older = alarm(rule="2", raised_utc=NOON - 900)
    newer = alarm(rule="3")
    gone = alarm(rule="4", state=AlarmState.RETURNED, active=False)
    known = alarm(rule="5", severity=Severity.CRITICAL, state=AlarmState.ACKNOWLEDGED)
    found = by_urgency([known, gone, older, newer, worst, quiet()])
    assert [one.rule for one in found] == ["1", "3", "2", "4", "5"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "<1m"), (59.9, "<1m"), (60, "1m"), (3599, "59m"), (3600, "1h00m"), (90_000, "1d01h")],
)
def test_an_age_changes_once_a_minute(seconds: float, said: str) -> None:
    assert format_minutes(seconds) == said


# -- the tab ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (alarm(), "▲  HIGH     UNACK        2m Plate A is +84.2 °C, above +80.0 °C."),
        (quiet(), "▲  HIGH     NORMAL          Plate A above +80.0 °C for 10s"),
        (
            quiet(off="No limit is known."),
            "▲  HIGH     OFF             Plate A above +80.0 °C for 10s: No limit",
        ),
        (alarm(state=AlarmState.OUT_OF_SERVICE), "▲  HIGH     OUT OF SERVICE  Plate A above"),
        (alarm(state=AlarmState.SHELVED), "▲  HIGH     SHELVED      2m Plate A above"),
    ],
)
def test_a_row_says_how_an_alarm_is(one: AlarmView, said: str) -> None:
    row = text(list_line(one, 116, NOON, chosen=False, focus=True, glyphs=UNICODE))
    assert row.startswith(said)
    assert row.endswith("+84.0 °C      +80.0 °C")


@given(st.integers(60, 160), st.text(max_size=120), st.sampled_from(list(AlarmState)))
def test_all_rows_are_as_wide_as_their_heading(width: int, said: str, state: AlarmState) -> None:
    one = alarm(text=said, value=said[:20], state=state)
    row = text(list_line(one, width, NOON, chosen=False, focus=True, glyphs=UNICODE))
    assert cell_len(row) == cell_len(text(list_head(width))) == width


@pytest.mark.parametrize(
    ("fields", "said"),
    [({}, "? +84.0 °C "), ({"value": ""}, " —      +80.0 °C"), ({"value": "", "channel": ""}, "  +80.0 °C")],
)
def test_a_value_that_is_not_known_is_shown_as_such(fields: dict[str, Any], said: str) -> None:
    one = alarm(doubtful=True, **fields)
    assert said in text(list_line(one, 116, NOON, chosen=False, focus=True, glyphs=UNICODE))


def test_views_show_what_they_are_called() -> None:
    shown = view(alarm(rule="a"), quiet(rule="b"), alarm(rule="c", state=AlarmState.SHELVED))
    assert [one.rule for one in listed(shown, "unresolved")] == ["a"]
    assert [one.rule for one in listed(shown, "all")] == ["a", "b", "c"]
    assert [one.rule for one in listed(shown, "shelved")] == ["c"]


def test_the_detail_says_first_what_to_do() -> None:
    said = detail(alarm(cause="The loop stands.", consequence="It breaks.", action="Press !."))
    assert said.split("\n")[0] == "▲ HIGH  UNACK for 2m"
    assert said.index("Press !.") < said.index("The loop stands.") < said.index("It breaks.")
    assert "Plate A above +80.0 °C for 10s (limits: tvac)" in said
    assert "2 times since evaluation began" in said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"state": AlarmState.ACKNOWLEDGED, "who": "ada@lab"},
            "Acked     2026-09-21 14:11:10.000Z by ada@lab",
        ),
        ({"state": AlarmState.RETURNED, "active": False}, "not acknowledged since it was raised"),
        (
            {"state": AlarmState.SHELVED, "who": "ada@lab", "reason": "known", "until_utc": NOON + 3600},
            "Shelved   by ada@lab until Mon 15:13: known",
        ),
        ({"state": AlarmState.SHELVED}, "The condition holds by now."),
        (
            {"state": AlarmState.OUT_OF_SERVICE, "who": "bob@lab", "reason": "sensor"},
            "Out       by bob@lab: sensor",
        ),
        ({"doubtful": True}, "unknown now: the data are stale"),
        (
            {"state": AlarmState.NORMAL, "active": False, "pending": 6.0},
            "raised in 6s, if it goes on like this",
        ),
        ({"state": AlarmState.NORMAL, "off": "No limit is known."}, "Off       No limit is known."),
    ],
)
def test_the_detail_says_how_it_came_to_be_so(fields: dict[str, Any], said: str) -> None:
    assert said in detail(alarm(**fields))


def test_the_head_says_what_is_watched_and_by_whom() -> None:
    shown = view(
        alarm(),
        quiet(),
        quiet(off="x"),
        alarm(state=AlarmState.SHELVED),
        alarm(state=AlarmState.OUT_OF_SERVICE),
    )
    recorder = RecorderView(RecorderState.BESIDE, pid=4711)
    said = text(*head_lines(shown, 110, recorder, glyphs=UNICODE, keys=KEYS))
    assert said == "Limits: tvac, by the pressure. 2 rules watch, 1 off, 1 shelved, 1 out of service."
    shown = msgspec.structs.replace(
        shown,
        by_hand=True,
        set_by="ada@lab",
        mirrored=True,
        flood=14,
        problem=AlarmsProblem(AlarmsProblemCode.OPENING),
    )
    said = text(*head_lines(shown, 110, recorder, glyphs=UNICODE, keys=KEYS))
    assert shown.problem is not None
    assert "Limits: tvac, chosen by ada@lab." in said
    assert "Evaluated by process 4711, which records" in said
    assert "FLOOD: 14 alarms in 10 min" in said
    assert f"⚠ {shown.problem.sentence}" in " ".join(said.split())


def test_an_empty_list_says_what_is_watched() -> None:
    shown = view(quiet(), quiet(), quiet(off="x"))
    assert (
        empty_words(shown, "unresolved", KEYS) == "No active alarms. 2 rules watch; 1 is off (v shows them)."
    )
    assert empty_words(shown, "shelved", KEYS) == "Nothing is shelved or out of service."
    assert "No rule watches" in empty_words(view(), "unresolved", KEYS)
    # In a replay nothing is evaluated, and the pressure has nothing to do with it.
    replayed = view(limit_set="", recorded=True)
    assert "recorded up to this moment" in empty_words(replayed, "unresolved", KEYS)
    head = text(*head_lines(replayed, 110, RecorderView(), glyphs=UNICODE, keys=KEYS))
    assert head == "A replay shows alarms as they were recorded."


def test_everything_is_ascii_where_it_must_be_and_hostile_text_is_literal() -> None:
    one = alarm(
        text=HOSTILE, rule=HOSTILE, who=HOSTILE, value="温 °C", condition=HOSTILE, cause=HOSTILE,
        state=AlarmState.ACKNOWLEDGED, doubtful=True,
    )  # fmt: skip
    problem = AlarmsProblem(AlarmsProblemCode.UNREADABLE, detail=HOSTILE)
    shown = view(one, alarm(severity=Severity.CRITICAL), flood=11, problem=problem)
    for glyphs in (ASCII, UNICODE):
        lines = [
            alarm_line(shown, 100, NOON, glyphs, KEYS),
            list_line(one, 100, NOON, chosen=True, focus=True, glyphs=glyphs),
            list_head(100),
            question_line(one, 70, NOON, "", glyphs),
            *detail_lines(one, shown, 70, NOON, glyphs=glyphs, times=UTC),
            *head_lines(shown, 70, RecorderView(), glyphs=glyphs, keys=KEYS),
            *small_lines(Snapshot(), shown, name="b", glyphs=glyphs, mode=Mode.CONTROL),
        ]
        said = text(*lines)
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert said.isascii() or glyphs is UNICODE


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_has_a_sign_and_a_colour(severity: Severity) -> None:
    assert ASCII.severity(severity).isascii()
    assert severity_style(alarm(severity=severity)) == f"bold reverse $alarm-{severity}"
    assert severity_style(alarm(severity=severity, state=AlarmState.ACKNOWLEDGED)) == f"$alarm-{severity}"
    assert severity_style(quiet(severity=severity)) == "$no-data"


def test_signs_of_severities_differ() -> None:
    for glyphs in (ASCII, UNICODE):
        assert len({glyphs.severity(severity) for severity in Severity}) == len(Severity)


# -- elsewhere ----------------------------------------------------------------------------------------------


def change(**fields: Any) -> AlarmChange:
    reported: dict[str, Any] = {
        "rule": "plate hot",
        "event": AlarmEvent.RAISED,
        "state": AlarmState.UNACKNOWLEDGED,
        "severity": Severity.HIGH,
        "utc": NOON,
        "mono": 1.0,
        "text": "Plate A is hot.",
    }
    return AlarmChange(**{**reported, **fields})


def test_one_message_reports_all_that_were_raised_at_once() -> None:
    critical = change(severity=Severity.CRITICAL, text="It burns.")
    words = alarm_words([change(), critical, change(), change(), change(severity=Severity.LOW)])
    assert words is not None
    assert words.title == "4 alarms, worst CRITICAL"
    assert words.said == "It burns.\nPlate A is hot.\nPlate A is hot.\nand 1 more"
    assert words.severity == "error"
    words = alarm_words([change()])
    assert words is not None
    assert (words.title, words.said, words.severity) == ("HIGH alarm", "Plate A is hot.", "warning")


@pytest.mark.parametrize(
    "reported",
    [
        [],
        [change(severity=Severity.MEDIUM), change(severity=Severity.LOW)],
        [change(event=AlarmEvent.RETURNED), change(event=AlarmEvent.UNSHELVED)],
    ],
)
def test_lesser_alarms_and_other_changes_are_no_message(reported: list[AlarmChange]) -> None:
    assert alarm_words(reported) is None


def test_the_small_notice_says_the_worst_and_how_many() -> None:
    shown = view(
        alarm(state=AlarmState.RETURNED, active=False), alarm(severity=Severity.CRITICAL, text="It burns.")
    )
    said = text(*small_lines(Snapshot(), shown, name="b", glyphs=UNICODE, mode=Mode.CONTROL))
    assert "▲▲ CRITICAL UNACK 2 alarms stand\nIt burns." in said


def test_the_small_notice_folds_what_an_alarm_says() -> None:
    shown = view(alarm(severity=Severity.CRITICAL, text="It burns. " * 20))
    lines = small_lines(Snapshot(), shown, name="b", glyphs=ASCII, mode=Mode.OBSERVE, width=24)
    said = text(*lines).split("\n")
    first = said.index("It burns. It burns. It")
    assert said[first : first + 3] == [
        "It burns. It burns. It",
        "burns. It burns. It",
        "burns. It burns. It bur~",
    ]
    assert said[-1] == "All else needs 60x16."


def test_signs_point_down_only_where_a_lower_limit_was_crossed() -> None:
    signs = {one: (UNICODE.severity(one), ASCII.severity(one)) for one in Severity}
    assert signs == {
        Severity.CRITICAL: ("▲▲", "^^"),
        Severity.HIGH: ("▲", "^"),
        Severity.MEDIUM: ("△", "="),
        Severity.LOW: ("▵", "-"),
    }
    assert [UNICODE.severity(one, below=True) for one in Severity] == ["▼▼", "▼", "▽", "▿"]
    assert strip(view(alarm(below=True))).startswith(" ▼ HIGH ")


def test_the_column_of_values_is_as_wide_as_they_need_in_few_steps() -> None:
    silent = alarm(value="", channel="", text="A text that needs most of the room of a row")
    widths = [
        value_width(shown, UNICODE) for shown in ([silent], [silent, alarm()], [alarm(value="3.6e-06 mbar")])
    ]
    assert widths == [3, 9, 13]
    shown = text(list_line(silent, 80, NOON, chosen=False, focus=False, glyphs=UNICODE, value=3))
    assert "A text that needs most of the room of a" in shown
    assert cell_len(shown) == cell_len(text(list_head(80, 3))) == 80


def test_a_question_has_a_blank_between_severity_and_text() -> None:
    sign, said, _ = question_line(alarm(), 60, NOON, "", UNICODE)
    assert sign[0].endswith("HIGH    ")
    assert said[0].startswith(" Plate A")
