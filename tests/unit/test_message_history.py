"""The history of messages, and which of them the message line shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.ui.dialogs.all_messages import message_facts
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from xovac_tui.ui.message_history import MOST_MESSAGES, MessageHistory
from xovac_tui.ui.screens.controls.command_lists import entry_spans
from xovac_tui.ui.widgets.message_line import NOTHING_SENT, message_line

NOON = 1_700_049_600.0
KEYS = {"seen": "u", "messages": "M"}


def say(
    history: MessageHistory, text: str, severity: Any = "information", at: float = 0.0, **how: Any
) -> None:
    history.add(text, severity, NOON + at, at, **how)


def command(number: int, outcome: Outcome = Outcome.SENT, **fields: Any) -> LedgerEntry:
    return LedgerEntry(
        number, "start_recipe", '"x"', "ada@lab", NOON + number, float(number), outcome, **fields
    )


def line(
    history: MessageHistory,
    ledger: Sequence[LedgerEntry] = (),
    *,
    width: int = 100,
    now: float = 1.0,
    glyphs: Glyphs = UNICODE,
) -> str:
    shown = message_line(history, ledger, width, glyphs=glyphs, times=Times("utc"), now=now, keys=KEYS)
    text = "".join(part for part, _ in shown)
    assert cell_len(text) <= width
    return text


def test_the_newest_message_is_kept_until_another_replaces_it() -> None:
    history = MessageHistory()
    assert NOTHING_SENT in line(history)
    say(history, "Noted.")
    assert line(history, now=9_999.0) == " ▸ 12:00:00 Noted."
    say(history, "Too late.", "warning", title="Load")
    assert line(history) == " ⚠ 12:00:00 Load: Too late."
    say(history, "It failed.", "error", at=2.0)
    assert line(history) == " ✖ 12:00:02 It failed."
    assert [one.text for one in history.messages] == ["Noted.", "Too late.", "It failed."]


def test_a_command_has_one_message_from_sent_to_confirmed() -> None:
    history = MessageHistory()
    say(history, "It waits.", entry=command(1))
    assert line(history, [command(1)], now=3.0).endswith("start_recipe sent ▸ waiting 2.0s")
    say(history, "Noted.")
    done = command(1, Outcome.SUCCESS, took=0.2)
    say(history, "Acknowledged.", at=4.0, entry=done)
    confirmed = msgspec.structs.replace(done, confirmed=1.7)
    say(history, "Confirmed.", at=5.0, entry=confirmed)
    assert line(history, [confirmed]).endswith("start_recipe sent ▸ success 0.2s ▸ confirmed 1.7s")
    assert [one.text for one in history.messages] == ["Confirmed.", "Noted."]


def test_an_unknown_outcome_outranks_information_until_it_is_dismissed() -> None:
    history, lost = MessageHistory(), command(1, Outcome.UNKNOWN)
    say(history, "Not known.", "error", entry=lost)
    say(history, "Noted.", at=1.0)
    assert "UNKNOWN (u: seen) " in line(history, [lost])
    assert "Noted" not in line(history, [lost])
    # What failed meanwhile, and a command that was sent after it, stand behind its sign.
    say(history, "No room.", "error", at=2.0)
    assert "UNKNOWN (u: seen), now 12:00:02 No room." in line(history, [lost])
    say(history, "It waits.", at=3.0, entry=command(3))
    assert "UNKNOWN (u: seen), now 12:00:03 start_recipe sent" in line(history, [lost, command(3)])
    again = command(4, Outcome.UNKNOWN)
    say(history, "Not known.", "error", entry=again)
    assert "UNKNOWN +1 (u: seen) 12:00:04" in line(history, [lost, again])
    seen = [msgspec.structs.replace(one, dismissed=True) for one in (lost, again)]
    assert "UNKNOWN" not in line(history, seen)
    # Also one of a time before this console was opened.
    assert "UNKNOWN (u: seen) " in line(MessageHistory(), [lost])


def test_an_alarm_stays_until_it_was_seen() -> None:
    history = MessageHistory()
    say(history, "Plate A is hot.", "warning", title="HIGH alarm", stays=True)
    say(history, "Noted.", at=1.0)
    assert "(u: seen) 12:00:00 HIGH alarm: Plate A is hot." in line(history)
    say(history, "It waits.", at=2.0, entry=command(2))
    assert "ALARM (u: seen), now 12:00:02 start_recipe" in line(history, [command(2)])
    history.see_all()
    assert "ALARM" not in line(history, [command(2)])


def test_what_the_line_cannot_hold_is_behind_a_key() -> None:
    history = MessageHistory()
    say(history, "First line.\nSecond line.")
    assert line(history).endswith("First line.  M: more ")
    say(history, "Long. " * 40)
    assert line(history, width=60).endswith("…  M: more ")
    say(history, "Saved", path="/tmp/a b.csv")
    assert line(history) == " ▸ 12:00:00 Saved /tmp/a b.csv"
    facts = {fact.label: fact.text for fact in message_facts(history.messages[-1], UNICODE, Times("utc"))}
    assert facts["Path"] == "/tmp/a b.csv"


def test_a_long_payload_does_not_push_the_outcome_out_of_sight() -> None:
    history = MessageHistory()
    entry = msgspec.structs.replace(command(1, Outcome.SUCCESS, confirmed=2.0), payload="x" * 300)
    say(history, "Confirmed.", entry=entry)
    assert "confirmed 2.0s" in line(history, [entry], width=60)
    assert "x" * 300 in {fact.text for fact in message_facts(history.messages[0], UNICODE, Times("utc"))}


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    ("newest", "last"),
    [
        (command(7, Outcome.DONE, took=0.1, confirmed=2.0), "confirmed 2.0s"),
        (command(7, Outcome.DONE, took=0.1), f"{Outcome.DONE.after_sent} 0.1s"),
        (command(7, Outcome.SUCCESS, took=0.2, confirmed=1.7, message="Wide. " * 20), "confirmed 1.7s"),
        (command(7, Outcome.ERROR, took=0.2, message="Wide. " * 20), "error 0.2s"),
        (command(7), "waiting 2.0s"),
    ],
)
@pytest.mark.parametrize("alarm", [False, True])
def test_the_last_state_of_the_newest_command_is_seen_beside_what_waits(
    width: int, newest: LedgerEntry, last: str, alarm: bool
) -> None:
    history, lost = MessageHistory(), command(1, Outcome.UNKNOWN)
    newest = msgspec.structs.replace(newest, command="begin_profile")
    say(history, "Not known.", "error", entry=lost)
    if alarm:
        say(history, "Plate A is hot.", "warning", title="HIGH alarm", stays=True)
    say(history, "Newest.", at=7.0, entry=newest)
    for glyphs in (UNICODE, ASCII):
        shown = line(history, [lost, newest], width=width, now=9.0, glyphs=glyphs)
        assert last in shown
        assert "begin" in shown
        assert "UNKNOWN" in shown
        assert ("ALARM" in shown) is alarm
        assert "(u" in shown, "the key that dismisses it"


DECIDES = "The list was not taken: item 7 is hotter than 80 degC"
"""53 cells, of which the last ones decide."""


@pytest.mark.parametrize("alarm", [False, True])
@pytest.mark.parametrize("width", [60, 80])
def test_what_decides_in_a_warning_is_read_beside_an_unknown_outcome(width: int, alarm: bool) -> None:
    history, lost = MessageHistory(), command(1, Outcome.UNKNOWN)
    say(history, "Not known.", "error", entry=lost)
    if alarm:
        say(history, "Plate A is hot.", "warning", title="HIGH alarm", stays=True)
    say(history, DECIDES, "warning", at=2.0)
    shown = line(history, [lost], width=width)
    assert "UNKNOWN" in shown
    assert "(u" in shown
    assert "80 degC" in shown
    # Time and words of the key give way before it is cut in its middle.
    assert (DECIDES in shown) is (width == 80)
    assert "The list" in shown
    assert shown.endswith("M: more ") is (width == 60)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.WARNING])
def test_what_the_chamber_said_is_read_beside_an_unknown_outcome(width: int, outcome: Outcome) -> None:
    history, lost = MessageHistory(), command(1, Outcome.UNKNOWN, reason="The wire broke.")
    failed = command(2, outcome, took=0.2, message="item 7 is hotter than 80 degC")
    say(history, "Not known.", "error", entry=lost)
    say(history, "It failed.", "error", at=2.0, entry=failed)
    shown = line(history, [lost, failed], width=width)
    assert f"{outcome.value} 0.2s" in shown
    assert "80 degC" in shown
    assert (failed.message in shown) is (width == 80)
    before = MessageHistory()
    say(before, "Not known.", "error", entry=lost)
    shown = line(before, [lost], width=width)
    assert "UNKNOWN (u: seen)" in shown
    assert "start_recipe" in shown
    assert "The wire broke." in shown


def test_an_unknown_outcome_that_was_confirmed_says_so_and_a_long_reason_begins_at_its_beginning() -> None:
    reason = "The wire broke before an echo. " + "It may have been done. " * 8
    history, lost = MessageHistory(), command(1, Outcome.UNKNOWN, reason=reason, confirmed=10.0)
    say(history, "Not known.", "error", entry=lost)
    for width in (60, 80):
        shown = line(history, [lost], width=width)
        assert "confirmed 10s" in shown
        assert "UNKNOWN (u" in shown
    alone = msgspec.structs.replace(lost, confirmed=None)
    assert "start_recipe  The wire broke before" in line(history, [alone], width=80)


@pytest.mark.parametrize("width", [56, 76, 116])
def test_the_ledger_shows_what_decides(width: int) -> None:
    for entry in (
        command(2, Outcome.ERROR, took=0.2, message="item 7 is hotter than 80 degC"),
        command(3, Outcome.UNKNOWN, reason="The wire broke before an echo."),
    ):
        spans = entry_spans(entry, width, glyphs=UNICODE, times=Times("utc"), now=9.0)
        shown = "".join(part for part, _ in spans)
        said = entry.message or entry.reason
        assert shown.rstrip().endswith(said[-7:])
        assert (said in shown) is (width > 56)
        assert entry.command in shown
        assert entry.outcome.value in shown
        assert cell_len(shown.rstrip()) <= width


def test_a_flood_is_bounded_and_counted_and_loses_nothing_that_waits() -> None:
    history = MessageHistory()
    say(history, "It burns.", "error", stays=True)
    for number in range(MOST_MESSAGES + 20):
        say(history, f"Number {number}")
    assert len(history.messages) == MOST_MESSAGES
    assert history.dropped == 21
    assert history.messages[0].text == "It burns."
    assert history.messages[-1].text == f"Number {MOST_MESSAGES + 19}"
    for _ in range(3):
        say(history, "Again.", "warning")
    assert history.messages[-1].times == 3
    assert line(history).endswith("Again. (×3)") or "It burns." in line(history)
    assert history.dropped == 22


def test_a_new_message_is_shown_however_many_alarms_wait_to_be_seen() -> None:
    history = MessageHistory()
    for number in range(MOST_MESSAGES):
        say(history, f"Alarm {number}", "warning", stays=True)
    say(history, "Nothing was sent.", "warning")
    assert history.newest is not None
    assert "Nothing was sent." in line(history)
    assert history.messages[0].text == "Alarm 1"
    assert history.dropped == 1


@pytest.mark.parametrize("width", [20, 60, 200])
def test_the_line_fits_and_has_only_ascii_where_nothing_else_can_be_shown(width: int) -> None:
    history = MessageHistory()
    say(history, "Hot", "error", title="HIGH alarm", stays=True)
    assert line(history, width=width, glyphs=ASCII).isascii()
    say(history, "Saved", path="/tmp/ä.csv")
    history.see_all()
    assert line(history, width=width, glyphs=ASCII).isascii()
