"""What the chamber says is taken for no more than it proves, and fills no memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xovac_tui.api.contract import Role
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments, leaves
from xovac_tui.chamber.ledger import Ledger
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, RunState

CONTRACT = load_contract((), simulator=True)


def event(name: str, mono: float, *arguments: Any, kind: EventKind = EventKind.MESSAGE) -> Event:
    return Event(name, decode_arguments(*arguments), Direction.IN, kind, mono, mono)


def answer(ledger: Ledger, mono: float, *arguments: Any) -> None:
    ledger.answer(event("cancel_recipe_ack", mono, *arguments, kind=EventKind.RESPONSE))


def send(ledger: Ledger, mono: float, command: str = "cancel_recipe", values: Any = None) -> LedgerEntry:
    return ledger.open(command, "", who="", utc=mono, mono=mono, timeout=10, session=1, values=values)


@pytest.mark.parametrize("result", ["warning", "error"])
@pytest.mark.parametrize("late", [False, True])
def test_what_the_device_denies_is_not_confirmed(result: str, late: bool) -> None:
    """The run ended by itself before the answer came, which looked like the effect."""
    ledger = Ledger(CONTRACT)
    send(ledger, 0.0)
    ledger.take_report(Role.STATE, RunState.IDLE, 0.5)
    assert ledger.entries[0].confirmed == 0.5
    if late:
        ledger.tick(10.0)
    answer(ledger, 11.0, json.dumps({"result": result, "message": "not running"}))
    assert ledger.entries[0].confirmed is None


def test_one_change_confirms_one_command() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger, 0.0)
    ledger.tick(10.0)
    send(ledger, 60.0)
    changed = ledger.take_report(Role.STATE, RunState.IDLE, 61.0)
    assert [entry.id for entry in changed] == [2]
    assert [entry.confirmed for entry in ledger.entries] == [None, 1.0]


def test_an_answer_without_payload_is_an_answer() -> None:
    ledger = Ledger(CONTRACT)
    send(ledger, 0.0)
    answer(ledger, 0.1)
    answer(ledger, 0.2, json.dumps({"result": "success", "message": ""}))
    (entry,) = ledger.entries
    assert (entry.outcome, entry.late, entry.duplicates) == (Outcome.UNKNOWN, None, 1)


def chamber() -> Chamber:
    found = Chamber(CONTRACT)
    found.link_changed(LinkView(LinkWord.ONLINE, session=1), 0.0, 0.0)
    return found


def test_the_first_recipe_name_ever_reported_confirms_nothing() -> None:
    model = chamber()
    send(model.ledger, 0.0, "load_recipe", {"name": "A"})
    model.apply(event("recipe_state", 1.0, {"name": "A"}))
    assert model.ledger.entries[0].confirmed is None
    model.apply(event("recipe_state", 2.0, {"name": None}))
    model.apply(event("recipe_state", 3.0, {"name": "A"}))
    assert model.ledger.entries[0].confirmed == 3.0


@pytest.mark.parametrize("time", [float("nan"), float("inf"), 1e300, -1e300])
def test_a_clock_that_no_calendar_knows_is_no_clock(time: float) -> None:
    model = chamber()
    model.apply(event("chamber_state", 1.0, {"time": time}))
    assert model.snapshot(1.0, 1.0).clock_offset is None


def test_names_without_an_end_make_no_channels() -> None:
    model = chamber()
    before = len(model.snapshot(1.0, 1.0).channels)
    for number in range(20):
        model.apply(event(f"x{number}", 1.0, {"k" * 100_000: 1}))
    snapshot = model.snapshot(1.0, 1.0)
    assert len(snapshot.channels) == before
    assert snapshot.counters.values_left_out == 20


def test_a_wide_object_is_read_in_order_and_bounded() -> None:
    found = [path for path, _ in leaves({f"k{n}": {"a": n} for n in range(20_000)})]
    assert found == [f"k{n}.a" for n in range(5_000)]


@pytest.mark.parametrize("apart", [0.001, 0.3])
def test_a_burst_is_no_pace_whose_end_forbids_commands(apart: float) -> None:
    """A quiet device that greets with some messages must not count as one whose data have stopped."""
    model = chamber()
    for number in range(4):
        model.apply(event("greeting", number * apart, {"n": number}))
    model.apply(event("greeting", 600.0, {"n": 9}))
    for number in range(4):
        model.apply(event("greeting", 600.0 + number * apart, {"n": number}))
    assert model.word(700.0) is LinkWord.ONLINE


@pytest.mark.parametrize("period", [0.05, 1.0, 10.0])
def test_a_pace_that_was_kept_is_missed(period: float) -> None:
    model = chamber()
    beats = max(3, round(5 / period))
    for number in range(beats + 1):
        model.apply(event("data", number * period, {"n": number}))
    end = beats * period
    assert model.word(end + 2.9) is LinkWord.ONLINE
    assert model.word(end + max(3.0, 3 * period) + 0.1) is LinkWord.STALE
