"""The board of quiet alarms, and what it says of what happened to them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from xovac_tui.chamber.alarm import (
    AlarmChange,
    AlarmEvent,
    AlarmNumber,
    AlarmState,
    AlarmsView,
    AlarmView,
    Sense,
    Severity,
)
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits, Spelling, chosen
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.screens.alarms.board import (
    board_head,
    board_line,
    change_line,
    distance_words,
    last_raised,
    nearness,
    on_board,
    raised_lines,
)
from xovac_tui.ui.widgets.lines import Line
from xovac_tui.units import Unit, unit_of

NOON = 1_790_000_000.0
UTC = Times("utc")


def measured(value: float | None, limit: float | None = 80.0, unit: str = "degC", **how: Any) -> AlarmNumber:
    return AlarmNumber(**{"value": value, "limit": limit, "sense": Sense.ABOVE, "unit": unit_of(unit), **how})


def rule(name: str = "plate hot", **fields: Any) -> AlarmView:
    return AlarmView(**{"rule": name, "severity": Severity.HIGH, "channel": "Plate A", **fields})


def text(line: Line) -> str:
    return "".join(part for part, _ in line)


def shown(one: AlarmView, width: int = 116, units: DisplayUnits = AS_REPORTED) -> str:
    return text(board_line(one, width, chosen=False, focus=False, glyphs=UNICODE, units=units))


@pytest.mark.parametrize(
    ("one", "near"),
    [
        (measured(80.0), 1.0),
        (measured(95.0), 1.0),
        (measured(30.0), 0.5),
        (measured(-200.0), 0.0),
        (measured(-40.0, -60.0, sense=Sense.BELOW), 0.8),
        (measured(86.0, 176.0, "degF"), 0.5),
        (measured(1e-5, 1e-2, "mbar", log=True), 0.0),
        (measured(1e-3, 1e-2, "mbar", log=True), 2 / 3),
        (measured(0.0, 1e-2, "mbar", log=True), 0.0),
        (measured(1.0, 4.0, "A"), 0.25),
        (measured(-3.0, 4.0, sense=Sense.BEYOND, spelling=Spelling.DIFFERENCE), 0.75),
        (measured(None), None),
        (measured(20.0, None), None),
        (measured(math.nan), None),
        (None, None),
    ],
)
def test_the_bar_is_full_at_the_limit_and_empty_far_from_it(
    one: AlarmNumber | None, near: float | None
) -> None:
    found = nearness(one)
    assert found == (None if near is None else pytest.approx(near))


def test_a_distance_has_its_own_unit() -> None:
    assert distance_words(measured(22.0), AS_REPORTED) == "58.0 K"
    assert distance_words(measured(22.0), chosen("degF", "")) == "104.4 °F"
    assert distance_words(measured(1e-4, 1e-2, "mbar", log=True), AS_REPORTED) == "2.0 decades"
    free = AlarmNumber(value=82.4, limit=1.0, sense=Sense.BELOW, unit=Unit("GB", "", decimals=2),
                    spelling=Spelling.WORKED_OUT)  # fmt: skip
    assert distance_words(free, AS_REPORTED) == "81.40 GB"
    assert distance_words(measured(None), AS_REPORTED) == ""


def test_a_row_has_value_bar_distance_and_limit_in_the_shown_units() -> None:
    row = shown(rule(measured=measured(30.0), value="+30.0 °C", limit="+80.0 °C"))
    assert row.startswith("▲  plate hot")
    assert row.split()[-4:] == ["50.0", "K", "+80.0", "°C"]
    assert row.count("█") == row.count("░") > 3
    assert "90.0 °F" in shown(rule(measured=measured(30.0), value="+86.0 °F"), units=chosen("degF", ""))


def test_what_is_old_or_not_known_has_no_bar() -> None:
    old = rule(measured=measured(None), doubtful=True)
    for one in (old, rule(measured=measured(None))):
        row = shown(one)
        assert "not known" in row
        assert "—" in row
        assert not set("█░") & set(row)
    styles = dict(board_line(old, 80, chosen=False, focus=False, glyphs=UNICODE, units=AS_REPORTED))
    assert "$good" not in styles.values()


def test_a_rule_without_a_number_says_what_it_watches() -> None:
    assert "No link to the chamber" in shown(
        rule("link lost", condition="No link to the chamber", channel="")
    )


def test_a_pending_alarm_says_when_it_is_raised() -> None:
    assert "raised in <1m" in shown(rule(measured=measured(90.0), pending=4.0))


def test_the_order_of_the_board_does_not_depend_on_values() -> None:
    rules = [
        rule("z", measured=measured(79.0), severity=Severity.MEDIUM),
        rule("link", channel=""),
        rule("b", measured=measured(20.0)),
        rule("off", off="Switched off."),
        rule("shelved", state=AlarmState.SHELVED, measured=measured(20.0)),
        rule("a", measured=measured(None)),
    ]
    assert [one.rule for one in on_board(AlarmsView(alarms=tuple(rules)))] == ["a", "b", "z", "link"]


@given(st.integers(52, 156), st.text(max_size=60), st.floats(allow_nan=True, allow_infinity=True))
def test_rows_are_as_wide_as_their_heading(width: int, name: str, value: float) -> None:
    one = rule(name, measured=measured(value))
    for glyphs in (UNICODE, ASCII):
        line = board_line(one, width, chosen=False, focus=True, glyphs=glyphs, units=AS_REPORTED)
        assert cell_len(text(line)) == cell_len(text(board_head(width))) == width
        assert text(line).isascii() or glyphs is UNICODE


# -- what happened ------------------------------------------------------------------------------------------


def change(utc: float, event: AlarmEvent = AlarmEvent.RAISED, **fields: Any) -> AlarmChange:
    state = AlarmState.UNACKNOWLEDGED
    return AlarmChange(
        **{"rule": "hot", "event": event, "state": state, "severity": Severity.HIGH, "utc": utc, "mono": utc,
           "text": "Plate A is hot.", **fields}
    )  # fmt: skip


def test_only_what_was_raised_since_the_run_began_is_listed() -> None:
    history = [change(NOON), change(NOON + 10, AlarmEvent.RETURNED), change(NOON + 20), change(NOON + 30)]
    assert [one.utc for one in last_raised(history, NOON + 5)] == [NOON + 30, NOON + 20]
    assert len(last_raised(history, None)) == 3
    lines = raised_lines(last_raised(history, NOON + 25), 80, NOON, in_run=True, glyphs=UNICODE, times=UTC)
    assert text(lines[0]).split()[1:] == ["▲", "HIGH", "Plate", "A", "is", "hot."]
    assert len(raised_lines([], 80, NOON, in_run=True, glyphs=UNICODE, times=UTC)) == 1


def test_a_change_has_its_time_what_it_was_and_by_whom() -> None:
    by_ada = change(NOON, AlarmEvent.ACKNOWLEDGED, who="ada@lab")
    line = text(change_line(by_ada, 80, NOON, glyphs=UNICODE, times=UTC))
    assert line.split()[1:] == ["▲", "HIGH", "acknowledged", "hot", "by", "ada@lab"]
    of_before = text(change_line(by_ada, 80, NOON + 86_400, glyphs=UNICODE, times=UTC))
    assert of_before.startswith(f"{UTC.day(NOON)} ")
    assert cell_len(line) == cell_len(of_before) == 80
