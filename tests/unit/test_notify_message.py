from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.alarmchanges import UTC, changed, unresolved
from xovac_tui.chamber.alarm import AlarmEvent, Severity
from xovac_tui.notify.message import AlarmNotice, Message, MessageKind, compose, trial_message
from xovac_tui.notify.sending import environment
from xovac_tui.notify.services import hidden
from xovac_tui.notify.settings import NotifySettings, Receiver, ReceiverKind
from xovac_tui.notify.terminal import TerminalNotices, sequence

HOSTILE = "bad\x1b]0;owned\x07\x9b31m\r\n\u202e\x00;title"


def message(*alarms: AlarmNotice, kind: MessageKind = MessageKind.ALARM, flood: int = 0) -> Message:
    return compose("bench-1", kind, alarms, UTC, flood=flood)


def test_one_alarm_is_reported_with_all_that_is_known_of_it() -> None:
    reported = message(AlarmNotice(change=changed(run=12, recipe="Bakeout", step=3)))
    assert reported.title == "bench-1 HIGH: part too hot: Plate A is +84.2 °C, above +80.0 °C."
    assert reported.text.splitlines() == [
        "Chamber bench-1",
        "part too hot: Plate A is +84.2 °C, above +80.0 °C.",
        "Severity: high",
        "Alarm: part too hot",
        "Value: Plate A: +84.2 °C, limit +80.0 °C (limits tvac)",
        'Run: 12 "Bakeout", step 3',
        "Raised: 2027-01-15 08:00:00 UTC",
        "Likely: The controller overshoots.",
        "If nothing is done: The part is damaged.",
        "Do: Cancel the recipe.",
        "Sent 2027-01-15 08:00:00 UTC by xovac-tui",
    ]


def test_what_is_not_known_is_left_out() -> None:
    bare = changed(
        channel="", value="", limit="", text="", raised_utc=None, cause="", consequence="", action=""
    )
    assert message(AlarmNotice(change=bare)).text.splitlines() == [
        "Chamber bench-1",
        "Alarm part too hot.",
        "Severity: high",
        "Alarm: part too hot",
        "Sent 2027-01-15 08:00:00 UTC by xovac-tui",
    ]


def test_a_return_says_so_first() -> None:
    reported = message(AlarmNotice(change=changed(event=AlarmEvent.RETURNED), times=0, returned=True))
    assert reported.kind is MessageKind.RETURNED
    assert reported.title.startswith("bench-1 returned: part too hot has returned to normal. It was: ")


def test_how_often_and_by_whom() -> None:
    change = changed(event=AlarmEvent.ACKNOWLEDGED, who="eva@lab")
    lines = message(AlarmNotice(change=change, times=3, acknowledged=True)).text.splitlines()
    assert "Raised 3 times since the last notification." in lines
    assert "Acknowledged by eva@lab." in lines


def test_several_are_listed_the_worst_first_and_counted_beyond_ten() -> None:
    alarms = [AlarmNotice(change=changed(f"rule {number}")) for number in range(12)]
    alarms.append(AlarmNotice(change=changed("fire", severity=Severity.CRITICAL)))
    reported = message(*alarms, flood=13)
    assert reported.severity is Severity.CRITICAL
    assert reported.key == "several"
    assert reported.title.startswith("bench-1 CRITICAL: 13 alarms. fire: Plate A is")
    lines = reported.text.splitlines()
    assert lines[1].startswith("- CRITICAL fire: ")
    assert "- and 3 more" in lines
    assert "A flood: 13 alarms in the last ten minutes, so they are in one message." in lines
    assert len(reported.fields()["alarms"]) == 13


def test_a_test_says_that_it_is_one() -> None:
    reported = trial_message("bench-1", Severity.CRITICAL, UTC)
    assert "TEST" in reported.title
    assert "No alarm was raised." in reported.text
    assert reported.fields()["kind"] == "test"


def test_programs_get_fields() -> None:
    fields = json.loads(json.dumps(message(AlarmNotice(change=changed(run=12, step=3))).fields()))
    assert fields["chamber"] == "bench-1"
    assert fields["time"] == "2027-01-15T08:00:00Z"
    (alarm,) = fields["alarms"]
    assert (alarm["rule"], alarm["value"], alarm["run"], alarm["step"]) == ("part too hot", "+84.2 °C", 12, 3)
    assert (alarm["event"], alarm["returned"], alarm["times"]) == ("raised", False, 1)


@given(st.text(), st.text(), st.text())
def test_nothing_in_it_can_act_on_a_terminal(name: str, text: str, value: str) -> None:
    reported = compose(
        name, MessageKind.ALARM, [AlarmNotice(change=changed(text, text=text, value=value))], UTC
    )
    assert all(
        line.isprintable()
        for line in [reported.title, reported.key, reported.chamber, *reported.text.split("\n")]
    )
    assert all(
        not isinstance(found, str) or found.isprintable() for found in reported.fields()["alarms"][0].values()
    )


@pytest.mark.parametrize("kind", ["osc9", "osc777"])
def test_a_terminal_gets_one_sequence_whatever_the_server_says(kind: ReceiverKind) -> None:
    reported = message(AlarmNotice(change=changed(text=HOSTILE)))
    written = sequence(kind, reported, {})
    assert re.fullmatch(r"\x1b\](9;xovac-tui: |777;notify;xovac-tui;)[^\x00-\x1f\x7f-\x9f]*\x07", written)
    assert written.count(";") == (3 if kind == "osc777" else 1 + reported.title.count(";"))


def test_tmux_and_screen_hand_it_on() -> None:
    reported = message(AlarmNotice(change=changed()))
    assert sequence("osc9", reported, {"TMUX": "/tmp/x"}).startswith("\x1bPtmux;\x1b\x1b]9;xovac-tui: ")
    assert sequence("osc9", reported, {"TMUX": "/tmp/x"}).endswith("\x07\x1b\\")
    assert sequence("osc9", reported, {"STY": "1"}).startswith("\x1bP\x1b]9;")
    assert sequence("bell", reported, {"TMUX": "/tmp/x"}) == "\a"


def test_the_bell_is_silent_when_all_is_well_again() -> None:
    reported = message(AlarmNotice(change=changed(event=AlarmEvent.RETURNED), times=0, returned=True))
    assert sequence("bell", reported, {}) == ""


def test_a_terminal_is_notified_like_any_other_receiver() -> None:
    receivers = (
        Receiver(name="bell", kind="bell", reminder=60.0),
        Receiver(name="desk", kind="osc9", severities=("critical",)),
        Receiver(name="phone", kind="webhook", url="https://c"),
    )
    notices = TerminalNotices(NotifySettings(receivers=receivers), "bench-1", environ={})
    assert notices.due(unresolved(), 0.0, UTC) == ""
    notices.take([changed()], 1.0)
    assert notices.due(unresolved("part too hot"), 1.0, UTC) == "\a"
    assert notices.due(unresolved("part too hot"), 60.0, UTC) == ""
    assert notices.due(unresolved("part too hot"), 61.0, UTC) == "\a"
    notices.take([changed("fire", severity=Severity.CRITICAL)], 62.0)
    written = notices.due(unresolved(), 62.0, UTC, plain=lambda text: text.replace("°", ""))
    assert written.startswith("\a\x1b]9;xovac-tui: bench-1 CRITICAL: fire: Plate A is +84.2 C")


def test_a_command_gets_it_in_its_environment_without_the_chambers_secrets() -> None:
    inherited = {"PATH": "/bin", "XOVAC_AUTH": '{"token": "x"}', "XOVAC_HEADERS": "{}", "XOVAC_HOME": "/h"}
    found = environment(message(AlarmNotice(change=changed(run=12))), inherited)
    assert found["PATH"] == "/bin"
    assert found["XOVAC_HOME"] == "/h"
    assert "XOVAC_AUTH" not in found
    assert "XOVAC_HEADERS" not in found
    assert found["XOVAC_NOTIFY_RULE"] == "part too hot"
    assert found["XOVAC_NOTIFY_RUN"] == "12"
    assert found["XOVAC_NOTIFY_STEP"] == ""
    assert found["XOVAC_NOTIFY_COUNT"] == "1"
    several = environment(message(AlarmNotice(change=changed("a")), AlarmNotice(change=changed("b"))), {})
    assert several["XOVAC_NOTIFY_RULE"] == ""
    assert several["XOVAC_NOTIFY_COUNT"] == "2"


def test_a_command_may_call_this_program() -> None:
    """None of our own variables is one that the settings would take for a slip."""
    from xovac_tui.config import from_environment

    from_environment(environment(message(AlarmNotice(change=changed())), {}))


def test_the_pieces_of_an_address_are_hidden_however_they_are_written() -> None:
    assert hidden("No topic secrettopic at HOST.EXAMPLE", "ntfy://host.example/SecretTopic") == (
        "No topic *** at ***"
    )


def test_the_pieces_of_an_address_are_hidden() -> None:
    url = "slack://T0KEN_A/B1234/s3cr%2Fet/#lab?x=longer"
    said = hidden("slack: T0KEN_A said no to s3cr/et at B1234, longer\x1b", url)
    assert said == "slack: *** said no to ***/et at ***, ***␛"
