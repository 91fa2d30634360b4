"""The ledger: every command comes to exactly one outcome, whatever the server answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.helpers.examples import examples
from xovac_tui.api.contract import Role
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.chamber.ledger import CONFIRM_WINDOW, LATE_WINDOW, Ledger
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, RunState
from xovac_tui.chamber.unknown_reasons import UnknownCode

CONTRACT = load_contract((), simulator=True)
SUCCESS = '{"result": "success", "message": ""}'
FINAL = {Outcome.SUCCESS, Outcome.WARNING, Outcome.ERROR, Outcome.UNKNOWN, Outcome.DONE, Outcome.REFUSED}


def response(name: str, mono: float, *arguments: Any) -> Event:
    return Event(name, decode_arguments(*arguments), Direction.IN, EventKind.RESPONSE, mono, mono)


def send(
    ledger: Ledger, mono: float = 0.0, command: str = "cancel_recipe", values: Any = None, session: int = 1
) -> LedgerEntry:
    return ledger.open(
        command, "", who="op@lab", utc=mono, mono=mono, timeout=10, session=session, values=values
    )


def newest(ledger: Ledger) -> LedgerEntry:
    return ledger.entries[-1]


@pytest.mark.parametrize("result", ["success", "warning", "error"])
def test_an_answer_gives_its_result_and_words(result: str) -> None:
    ledger = Ledger(CONTRACT)
    entry = send(ledger)
    assert entry.outcome is Outcome.SENT
    ledger.answer(response("cancel_recipe_ack", 0.2, f'{{"result": "{result}", "message": "why"}}'))
    entry = newest(ledger)
    assert (entry.outcome.value, entry.message, entry.took) == (result, "why", 0.2)


@pytest.mark.parametrize(
    "junk", [[], [""], ["nonsense"], ['{"result": "maybe"}'], ["[1]"], [b"\xff"], ["null"]]
)
def test_an_unreadable_answer_is_unknown(junk: list[Any]) -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    ledger.answer(response("cancel_recipe_ack", 1.0, *junk))
    assert newest(ledger).outcome is Outcome.UNKNOWN
    assert ledger.why_unknown(newest(ledger).id) is UnknownCode.NOT_UNDERSTOOD


def test_no_answer_in_time_is_unknown_and_says_that_it_may_have_happened() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    assert ledger.tick(9.9) == ()
    (entry,) = ledger.tick(10.0)
    assert entry.outcome is Outcome.UNKNOWN
    assert ledger.why_unknown(entry.id) is UnknownCode.TIMED_OUT
    assert ledger.tick(11.0) == ()


def test_a_late_answer_is_attached_and_the_outcome_stays() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    ledger.tick(10)
    ledger.answer(response("cancel_recipe_ack", 12, SUCCESS))
    entry = newest(ledger)
    assert (entry.outcome, entry.late, entry.late_after) == (Outcome.UNKNOWN, Outcome.SUCCESS, 12)


def test_a_late_answer_belongs_to_the_oldest_unanswered_command_of_its_name() -> None:
    ledger = Ledger(CONTRACT)
    first = send(ledger, 0)
    ledger.tick(10)
    second = send(ledger, 11)
    other = send(ledger, 11, "load_recipe")
    ledger.answer(response("cancel_recipe_ack", 12, SUCCESS))
    ledger.answer(response("cancel_recipe_ack", 13, '{"result": "warning", "message": "idle"}'))
    states = {e.id: (e.outcome, e.late) for e in ledger.entries}
    assert states[first.id] == (Outcome.UNKNOWN, Outcome.SUCCESS)
    assert states[second.id] == (Outcome.WARNING, None)
    assert states[other.id] == (Outcome.SENT, None)


def test_an_answer_that_was_lost_for_long_does_not_shift_the_next_ones() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger, 0)
    ledger.tick(10)
    second = send(ledger, 10 + LATE_WINDOW + 1)
    ledger.answer(response("cancel_recipe_ack", second.mono + 1, SUCCESS))
    assert newest(ledger).outcome is Outcome.SUCCESS


def test_a_broken_link_makes_what_is_under_way_unknown_and_closes_the_door_for_its_answers() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    (entry,) = ledger.link_lost(1)
    assert entry.outcome is Outcome.UNKNOWN
    assert ledger.why_unknown(entry.id) is UnknownCode.LINK_BROKE
    second = send(ledger, 2, session=2)
    ledger.answer(response("cancel_recipe_ack", 3, SUCCESS))
    assert ledger.entries[0].late is None
    after = ledger.get(second.id)
    assert after is not None
    assert after.outcome is Outcome.SUCCESS


def test_a_second_answer_is_counted_as_a_duplicate() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    for mono in (1, 2):
        ledger.answer(response("cancel_recipe_ack", mono, SUCCESS))
    assert newest(ledger).duplicates == 1
    assert ledger.unasked == 0


def test_an_answer_to_the_command_of_another_client_is_counted() -> None:
    ledger = Ledger(CONTRACT)
    assert ledger.answer(response("cancel_recipe_ack", 1, SUCCESS)) == ()
    assert ledger.unasked == 1


def test_a_command_without_answer_is_done_at_once() -> None:
    ledger = Ledger(CONTRACT)
    assert send(ledger, command="sync_xovac_time").outcome is Outcome.DONE
    assert send(ledger, command="never_heard_of").outcome is Outcome.DONE


def test_confirmed_when_the_chamber_shows_the_effect() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    ledger.answer(response("cancel_recipe_ack", 0.2, SUCCESS))
    assert ledger.take_report(Role.STATE, RunState.RUNNING, 1.0) == ()
    (entry,) = ledger.take_report(Role.STATE, RunState.IDLE, 1.4)
    assert entry.confirmed == 1.4
    assert ledger.take_report(Role.STATE, RunState.IDLE, 2.0) == ()


def test_confirmed_by_the_name_that_was_sent() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger, command="load_recipe", values={"name": "B"})
    assert ledger.take_report(Role.RECIPE_NAME, "A", 1.0) == ()
    (entry,) = ledger.take_report(Role.RECIPE_NAME, "B", 2.0)
    assert entry.confirmed == 2.0


def test_a_warning_is_never_confirmed() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    ledger.answer(response("cancel_recipe_ack", 0.2, '{"result": "warning", "message": ""}'))
    assert ledger.take_report(Role.STATE, RunState.IDLE, 1.0) == ()


def test_a_run_that_ends_by_itself_much_later_confirms_nothing() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    ledger.answer(response("cancel_recipe_ack", 0.2, SUCCESS))
    assert ledger.take_report(Role.STATE, RunState.IDLE, CONFIRM_WINDOW + 1) == ()


def test_unknown_stays_until_it_is_dismissed() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger)
    ledger.tick(10)
    assert not newest(ledger).dismissed
    ledger.dismiss_all()
    assert newest(ledger).dismissed


def test_the_oldest_settled_entries_are_dropped_and_never_one_that_waits() -> None:
    ledger = Ledger(CONTRACT, keep=3)
    first = send(ledger)
    for number in range(10):
        ledger.refuse("x", "", who="", utc=0, mono=number, reason="no")
    assert ledger.entries[0].id == first.id
    assert len(ledger.entries) == 3


class AnyServer(RuleBasedStateMachine):
    """Whatever order things happen in, each sent command ends in one outcome and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(CONTRACT)
        self.now = 0.0
        self.session = 1
        self.sent: list[int] = []
        self.outcomes: dict[int, Outcome] = {}
        self.answers = 0

    @rule(command=st.sampled_from(["cancel_recipe", "load_recipe", "sync_xovac_time", "vent"]))
    def send(self, command: str) -> None:
        if self.ledger.in_flight(command) is None:
            self.sent.append(send(self.ledger, self.now, command, session=self.session).id)

    @rule(
        name=st.sampled_from(["cancel_recipe_ack", "load_recipe_ack", "vent_ack"]),
        payload=st.sampled_from(
            [SUCCESS, '{"result": "warning"}', '{"result": "error", "message": 3}', "x", ""]
        ),
    )
    def answer(self, name: str, payload: str) -> None:
        self.answers += 1
        self.ledger.answer(response(name, self.now, payload))

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.ledger.tick(self.now)

    @rule()
    def lose_link(self) -> None:
        self.session += 1
        self.ledger.link_lost(self.now)

    @rule(state=st.sampled_from(list(RunState)))
    def report(self, state: RunState) -> None:
        self.ledger.take_report(Role.STATE, state, self.now)

    @invariant()
    def an_outcome_is_final(self) -> None:
        for entry in self.ledger.entries:
            before = self.outcomes.get(entry.id)
            if before is not None and before in FINAL:
                assert entry.outcome is before
            self.outcomes[entry.id] = entry.outcome

    @invariant()
    def every_answer_belongs_to_a_client(self) -> None:
        reported = sum(bool(e.answer) + e.duplicates for e in self.ledger.entries) + self.ledger.unasked
        assert reported == self.answers

    def teardown(self) -> None:
        self.ledger.tick(self.now + 11)
        by_id = {entry.id: entry for entry in self.ledger.entries}
        assert all(by_id[number].outcome in FINAL for number in self.sent)


TestAnyServer = AnyServer.TestCase
TestAnyServer.settings = examples(60, stateful_step_count=30)
