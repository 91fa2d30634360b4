"""What the top line, the message line and the strip say of chambers that are open and not shown."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.unit.test_screen_words import FAILING, UTC, bar
from xovac_tui.chamber.alarm import AlarmState, AlarmsView, AlarmView
from xovac_tui.chamber.alarm import Severity as AlarmSeverity
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.message_history import MessageHistory, Severity
from xovac_tui.ui.widgets.message_line import elsewhere_messages, message_line
from xovac_tui.ui.widgets.stopbar import armed_words

KEYS = {"seen": "u", "messages": "M"}
"""As in `Workspace.keys`."""


def alarms(count: int, severity: AlarmSeverity = AlarmSeverity.HIGH) -> AlarmsView:
    one = AlarmView(
        rule="part hot",
        condition="Test part above 80",
        severity=severity,
        state=AlarmState.UNACKNOWLEDGED,
        active=True,
    )
    return AlarmsView(alarms=(one,) * count)


@pytest.mark.parametrize("width", [160, 120, 100, 80, 70, 60])
def test_alarms_elsewhere_are_on_the_top_line_at_every_width(width: int) -> None:
    shown = bar(width, elsewhere={"bench-2": alarms(2), "bench-3": AlarmsView()}, recorder=FAILING)
    assert cell_len(shown) == width
    assert "bench-2 2" in shown or "+2" in shown


def test_alarms_of_several_chambers_are_counted_together() -> None:
    worst = {"bench-2": alarms(1, AlarmSeverity.MEDIUM), "bench-3": alarms(2, AlarmSeverity.CRITICAL)}
    assert "2 chambers 3 CRITICAL" in bar(160, elsewhere=worst)
    assert "chambers" not in bar(160, elsewhere={"bench-2": AlarmsView()})


def said(history: MessageHistory, text: str, severity: Severity, mono: float, *, stays: bool = False) -> None:
    history.add(text, severity, 0.0, mono, title="Title", stays=stays, seconds=5.0)


def line(own: MessageHistory, other: MessageHistory, now: float, width: int = 100) -> str:
    spans = message_line(
        own,
        (),
        width,
        glyphs=UNICODE,
        times=UTC,
        now=now,
        keys=KEYS,
        elsewhere=elsewhere_messages({"bench-2": other}, now),
    )
    return "".join(text for text, _ in spans)


def test_what_waits_elsewhere_outranks_information_and_stays() -> None:
    own, other = MessageHistory(), MessageHistory()
    said(other, "Hot.", "warning", 1.0, stays=True)
    said(own, "Noted.", "information", 2.0)
    assert "bench-2: Title: Hot." in line(own, other, 100.0)
    said(own, "Hot here.", "warning", 3.0, stays=True)
    assert "Title: Hot here." in line(own, other, 100.0)
    own.see_all()
    said(own, "Failed.", "error", 4.0)
    assert "ALARM (u: seen), now" in line(own, other, 100.0)
    other.see_all()
    assert "bench-2" not in line(own, other, 100.0)


def test_a_warning_elsewhere_is_there_while_it_is_new_and_mere_information_never() -> None:
    own, other = MessageHistory(), MessageHistory()
    said(own, "Here.", "information", 1.0)
    said(other, "There.", "information", 2.0)
    assert "bench-2" not in line(own, other, 2.0)
    said(other, "Lost.", "error", 3.0)
    assert "bench-2: Title: Lost." in line(own, other, 4.0)
    said(own, "Newer.", "information", 4.5)
    assert "Newer." in line(own, other, 5.0)
    said(other, "Lost again.", "error", 6.0)
    assert "bench-2" not in line(own, other, 12.0)


def test_two_chambers_with_the_same_beginning_are_told_apart_where_their_names_are_cut() -> None:
    shown = [armed_words(3.0, "cancel_recipe", f"thermal-vacuum-chamber-{n}", 55) for n in (1, 2)]
    assert [text[-1] for text in shown] == ["1", "2"]
    assert all(cell_len(text) <= 55 for text in shown)


@pytest.mark.parametrize("width", range(15, 60))
def test_an_armed_stop_names_its_chamber_in_every_width(width: int) -> None:
    words = armed_words(2.4, "cancel_recipe", "bench-1", width)
    assert words.endswith("bench-1")
    assert len(words) <= width
