from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.alarmchanges import UTC, changed, unresolved
from tests.helpers.examples import examples
from xovac_tui.chamber.alarm import AlarmEvent, AlarmState, AlarmsView, AlarmView, Severity
from xovac_tui.notify.message import Message, MessageKind, flood_words
from xovac_tui.notify.policy import GATHER, TRY_AGAIN, Policy
from xovac_tui.notify.settings import Receiver

NOTHING = AlarmsView()


def policy(**receiver: Any) -> Policy:
    values: dict[str, Any] = {"kind": "webhook", "url": "https://c", "same_after": 0.0, "reminder": 0.0}
    return Policy(
        Receiver(**({"name": "phone"} | values | receiver)), "bench-1", own_rules=["notification failed"]
    )


def due(policy: Policy, at: float, view: AlarmsView = NOTHING) -> Message | None:
    return policy.due(view, at, UTC + at)


def rules(message: Message | None) -> list[str]:
    return [] if message is None else [reported.change.rule for reported in message.alarms]


def test_an_alarm_is_notified_at_once_and_once() -> None:
    one = policy()
    assert due(one, 0.0) is None
    one.take([changed(at=5.0)], 5.0)
    message = due(one, 5.0, unresolved("part too hot"))
    assert message is not None
    assert message.kind is MessageKind.ALARM
    assert rules(message) == ["part too hot"]
    assert due(one, 6.0, unresolved("part too hot")) is None


def test_only_the_severities_that_it_wants() -> None:
    one = policy(severities=("critical",), reminder=60.0)
    one.take([changed(severity=Severity.HIGH)], 0.0)
    assert due(one, 0.0) is None
    assert due(one, 1000.0, unresolved("part too hot")) is None
    one.take([changed("fire", severity=Severity.CRITICAL)], 1000.0)
    assert rules(due(one, 1000.0)) == ["fire"]


def test_a_return_is_notified_only_where_the_alarm_was() -> None:
    one = policy()
    one.take([changed("never told", AlarmEvent.RETURNED)], 0.0)
    assert due(one, 0.0) is None
    one.take([changed()], 1.0)
    due(one, 1.0)
    one.take([changed(event=AlarmEvent.RETURNED, at=9.0)], 9.0)
    message = due(one, 9.0)
    assert message is not None
    assert message.kind is MessageKind.RETURNED
    silent = policy(returned=False)
    silent.take([changed()], 1.0)
    due(silent, 1.0)
    silent.take([changed(event=AlarmEvent.RETURNED)], 9.0)
    assert due(silent, 9.0) is None


def test_what_was_active_before_the_program_began_is_notified_when_it_returns() -> None:
    one = policy()
    assert due(one, 0.0, unresolved("part too hot")) is None
    one.take([changed(event=AlarmEvent.RETURNED)], 5.0)
    message = due(one, 5.0)
    assert message is not None
    assert message.kind is MessageKind.RETURNED


@pytest.mark.parametrize("reminder", [0.0, 60.0, 3600.0])
def test_what_waited_before_the_program_began_is_reminded_of_soon_and_then_as_usual(reminder: float) -> None:
    one = policy(reminder=reminder, at_most=1000)
    view = unresolved("part too hot")
    reported = [second for second in range(0, 8000, 10) if due(one, float(second), view) is not None]
    first = min(reminder, TRY_AGAIN) if reminder else TRY_AGAIN
    assert reported[0] == first
    assert reported[1:] == ([] if not reminder else list(range(int(first + reminder), 8000, int(reminder))))


def test_a_chattering_alarm_is_counted_and_notified_when_the_time_is_over() -> None:
    one = policy(same_after=300.0)
    sent = []
    for second in range(0, 600, 10):
        event = AlarmEvent.RETURNED if second % 20 else AlarmEvent.RAISED
        one.take([changed(event=event, at=second)], float(second))
        if message := due(one, float(second)):
            sent.append((second, [(reported.times, reported.returned) for reported in message.alarms]))
    # Raised 30 times: the first is notified at once, as its return is; then all of five minutes together.
    assert sent == [(0, [(1, False)]), (10, [(0, True)]), (300, [(15, False)]), (310, [(0, True)])]


def test_a_return_meets_the_raise_that_still_waits() -> None:
    one = policy(same_after=300.0)
    one.take([changed()], 0.0)
    due(one, 0.0)
    one.take([changed(event=AlarmEvent.RETURNED)], 1.0)
    due(one, 1.0)
    one.take([changed(at=5.0), changed(event=AlarmEvent.RETURNED, at=6.0)], 6.0)
    assert due(one, 299.0) is None
    message = due(one, 300.0)
    assert message is not None
    assert message.kind is MessageKind.ALARM
    assert [(reported.times, reported.returned) for reported in message.alarms] == [(1, True)]


def test_a_return_that_is_held_back_does_not_bring_the_next_raise_forward() -> None:
    one = policy(same_after=300.0)
    raised, returned = AlarmEvent.RAISED, AlarmEvent.RETURNED
    happens = {0: raised, 250: returned, 300: raised, 310: returned, 320: raised}
    sent = []
    for second in range(700):
        if second in happens:
            one.take([changed(event=happens[second], at=second)], float(second))
        if message := due(one, float(second)):
            sent.append((second, message.kind))
    assert [second for second, kind in sent if kind is MessageKind.ALARM] == [0, 300, 600]


def test_unshelving_while_it_holds_is_notified() -> None:
    one = policy()
    back = changed(event=AlarmEvent.UNSHELVED, state=AlarmState.UNACKNOWLEDGED)
    one.take([back, changed("quiet", AlarmEvent.UNSHELVED)], 0.0)
    assert rules(due(one, 0.0)) == ["part too hot"]


def test_one_that_was_shelved_returns_in_silence() -> None:
    one = policy()
    one.take([changed()], 0.0)
    due(one, 0.0)
    one.take([changed(event=AlarmEvent.SHELVED), changed(event=AlarmEvent.RETURNED)], 1.0)
    assert due(one, 1.0) is None


def test_it_reminds_until_acknowledged() -> None:
    one = policy(reminder=600.0)
    one.take([changed(run=12, recipe="Bakeout", step=3)], 0.0)
    due(one, 0.0, unresolved("part too hot", raised_utc=UTC))
    view = unresolved("part too hot", raised_utc=UTC)
    reminded = []
    for second in range(1, 1801):
        if (message := due(one, float(second), view)) is not None:
            assert message.kind is MessageKind.REMINDER
            assert "not acknowledged" in message.title
            assert 'Run: 12 "Bakeout", step 3' in message.text
            reminded.append(second)
    assert reminded == [600, 1200, 1800]
    assert due(one, 2500.0, unresolved("part too hot", state=AlarmState.ACKNOWLEDGED)) is None
    # A new occurrence is notified at once, and its reminder counts from there.
    one.take([changed(at=2600.0)], 2600.0)
    assert rules(due(one, 2600.0, view)) == ["part too hot"]
    assert due(one, 3199.0, view) is None
    assert due(one, 3200.0, view) is not None


def test_one_reminder_is_of_all_that_wait() -> None:
    one = policy(reminder=600.0)
    one.take([changed("a")], 0.0)
    due(one, 0.0, unresolved("a"))
    one.take([changed("b")], 300.0)
    due(one, 300.0, unresolved("a", "b"))
    assert rules(due(one, 600.0, unresolved("a", "b"))) == ["a", "b"]
    assert due(one, 900.0, unresolved("a", "b")) is None


def test_what_is_too_much_comes_in_one_message_when_there_is_room() -> None:
    one = policy(at_most=3, per=600.0)
    sent = []
    for second in range(700):
        if second < 10:
            one.take([changed(f"rule {second}", at=second)], float(second))
        if message := due(one, float(second)):
            sent.append((second, rules(message)))
    # The third place is kept for critical ones.
    assert sent == [(0, ["rule 0"]), (1, ["rule 1"]), (600, [f"rule {n}" for n in range(2, 10)])]


def test_the_last_place_is_kept_for_a_critical_alarm() -> None:
    one = policy(at_most=2, per=600.0)
    one.take([changed("a")], 0.0)
    assert rules(due(one, 0.0)) == ["a"]
    one.take([changed("b")], 1.0)
    assert due(one, 1.0) is None
    one.take([changed("fire", severity=Severity.CRITICAL)], 2.0)
    message = due(one, 2.0)
    assert rules(message) == ["fire", "b"]
    assert message is not None
    assert message.severity is Severity.CRITICAL


def test_a_flood_is_gathered_but_critical_ones_do_not_wait() -> None:
    one = policy(at_most=100)
    view = unresolved(flood=14)
    one.take([changed("a")], 0.0)
    message = due(one, 0.0, view)
    assert message is not None
    assert flood_words(14) in message.text
    for second in range(1, 10):
        one.take([changed(f"rule {second}")], float(second))
        assert due(one, float(second), view) is None
    one.take([changed("fire", severity=Severity.CRITICAL)], 10.0)
    assert len(rules(due(one, 10.0, view))) == 10
    one.take([changed("last")], 11.0)
    assert due(one, 10.0 + GATHER - 0.1, view) is None
    assert rules(due(one, 10.0 + GATHER, view)) == ["last"]


def test_what_did_not_arrive_is_notified_with_the_next_or_after_a_while() -> None:
    one = policy()
    one.take([changed("a")], 0.0)
    lost = due(one, 0.0)
    assert lost is not None
    one.did_not_arrive(lost, 60.0)
    assert one.failing
    assert due(one, 60.0 + TRY_AGAIN - 1) is None
    again = due(one, 60.0 + TRY_AGAIN)
    assert rules(again) == ["a"]
    assert again is not None
    one.did_not_arrive(again, 420.0)
    one.take([changed("a", AlarmEvent.RETURNED), changed("b")], 430.0)
    message = due(one, 430.0)
    assert message is not None
    assert [(reported.change.rule, reported.times, reported.returned) for reported in message.alarms] == [
        ("b", 1, False),
        ("a", 1, True),
    ]
    one.arrived()
    assert not one.failing
    assert not one.busy


def test_what_happened_while_it_was_on_its_way_is_added() -> None:
    one = policy(same_after=300.0)
    one.take([changed("a")], 0.0)
    lost = due(one, 0.0)
    assert lost is not None
    one.take([changed("a", AlarmEvent.RETURNED), changed("a")], 10.0)
    one.did_not_arrive(lost, 60.0)
    one.take([changed("b")], 61.0)
    message = due(one, 61.0)
    assert message is not None
    assert {reported.change.rule: reported.times for reported in message.alarms} == {"a": 2, "b": 1}


def test_a_reminder_that_did_not_arrive_is_tried_again() -> None:
    one = policy(reminder=3600.0)
    view = unresolved("a")
    due(one, 0.0, view)
    lost = due(one, 3600.0, view)
    assert lost is not None
    one.did_not_arrive(lost, 3660.0)
    assert due(one, 3660.0 + TRY_AGAIN - 1, view) is None
    assert due(one, 3660.0 + TRY_AGAIN, view) is not None


def test_a_failing_receiver_is_not_notified_of_failed_notifications() -> None:
    one = policy(reminder=60.0)
    one.take([changed("a")], 0.0)
    lost = due(one, 0.0)
    assert lost is not None
    one.did_not_arrive(lost, 0.0)
    one.take([changed("notification failed")], 1.0)
    assert due(one, 200.0, unresolved("notification failed")) is None
    one.arrived()
    one.take([changed("notification failed")], 201.0)
    assert "notification failed" in rules(due(one, 201.0))


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from([AlarmEvent.RAISED, AlarmEvent.RETURNED, AlarmEvent.ACKNOWLEDGED]),
        st.floats(0.0, 120.0),
        st.sampled_from(["arrives", "fails", "is on its way"]),
    ),
    max_size=60,
)


class _Chamber:
    """A plain model of alarms: what stands, and what was acknowledged."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.waits: set[str] = set()

    def apply(self, rule: str, event: AlarmEvent) -> bool:
        """Do it if it makes sense now; return whether it did."""
        if event is AlarmEvent.RAISED and rule not in self.active:
            self.active.add(rule)
            self.waits.add(rule)
        elif event is AlarmEvent.RETURNED and rule in self.active:
            self.active.discard(rule)
        elif event is AlarmEvent.ACKNOWLEDGED and rule in self.waits:
            self.waits.discard(rule)
        else:
            return False
        return True

    def view(self) -> AlarmsView:
        return AlarmsView(
            alarms=tuple(
                AlarmView(
                    rule=rule,
                    severity=Severity.HIGH,
                    state=AlarmState.UNACKNOWLEDGED if rule in self.waits else AlarmState.ACKNOWLEDGED,
                    active=rule in self.active,
                )
                for rule in sorted(self.active | self.waits)
            )
        )


@examples(150)
@given(_STEPS, st.integers(1, 4), st.sampled_from([0.0, 50.0, 400.0]), st.sampled_from([0.0, 90.0]))
def test_nothing_is_lost_and_never_too_much(
    steps: list[tuple[str, AlarmEvent, float, str]], at_most: int, same_after: float, reminder: float
) -> None:
    """Whatever happens and whatever arrives: every alarm is notified or counted, and none too often."""
    per = 300.0
    one = policy(at_most=at_most, per=per, same_after=same_after, reminder=reminder)
    chamber, at = _Chamber(), 0.0
    sent: list[float] = []
    raised = dict.fromkeys("abcd", 0)
    counted = dict.fromkeys("abcd", 0)
    reminded_unasked: list[str] = []

    on_its_way: list[Message] = []

    def look(fate: str) -> None:
        """Send what is due, unless one is on its way; then see what becomes of it."""
        if not on_its_way and (message := due(one, at, chamber.view())) is not None:
            sent.append(at)
            on_its_way.append(message)
            if message.kind is MessageKind.REMINDER:
                reminded_unasked.extend(rule for rule in rules(message) if rule not in chamber.waits)
        if not on_its_way or fate == "is on its way":
            return
        message = on_its_way.pop()
        if fate == "fails":
            one.did_not_arrive(message, at)
            return
        one.arrived()
        if message.kind is not MessageKind.REMINDER:
            for reported in message.alarms:
                counted[reported.change.rule] += reported.times

    look("arrives")
    for rule, event, pause, fate in steps:
        at += pause
        if chamber.apply(rule, event):
            raised[rule] += event is AlarmEvent.RAISED
            one.take([changed(rule, event, at)], at)
        look(fate)
    for _ in range(30):
        at += 100.0
        look("arrives")
    assert counted == raised
    assert not reminded_unasked
    assert all(sum(start <= moment < start + per for moment in sent) <= at_most for start in sent)
    if reminder and chamber.waits:
        assert at - sent[-1] <= max(reminder, per) + 100.0


@pytest.mark.parametrize("count", [1, 5000])
def test_what_waits_does_not_grow(count: int) -> None:
    one = policy(same_after=86_400.0)
    for second in range(count):
        one.take([changed("a", at=second), changed("a", AlarmEvent.RETURNED, at=second)], float(second))
        due(one, float(second))
    assert rules(due(one, 1e9)) == ["a"][: count - 1]
    assert not one.busy
