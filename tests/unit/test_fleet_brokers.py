"""What a broker says of chambers, as the fleet has it."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.helpers.fleet import UTC, source_view, summary
from xovac_tui.fleet.overview import FleetBoard, FleetRow, RowState
from xovac_tui.forwarding.engines.mqtt_connection import BrokerMessage
from xovac_tui.forwarding.engines.mqtt_fleet import MOST_CHAMBERS, FleetBook
from xovac_tui.forwarding.failures import Failure, FailureCode
from xovac_tui.forwarding.reports import FleetSourceView, LostSource, SourceState

BASE = "xovac/lab/bench-1"


def state(utc: float = UTC, *, kept: bool = False) -> BrokerMessage:
    return BrokerMessage(f"{BASE}/state", msgspec.json.encode(summary(utc=utc)), kept)


def status(word: str, *, kept: bool = False, **more: Any) -> BrokerMessage:
    return BrokerMessage(f"{BASE}/status", msgspec.json.encode({"state": word, **more}), kept)


def shown(*messages: BrokerMessage, at: float = 101.0) -> FleetRow:
    """Return the row of a chamber of which messages came at the monotonic time 100, at which it was `UTC`."""
    book, board = FleetBook(), FleetBoard()
    for one in messages:
        book.receive(one, 100.0, UTC)
    board.take(0, book.take())
    return board.view(at, [source_view()]).rows[0]


def test_a_live_state_is_as_old_as_it_is_here_whatever_its_clock_says() -> None:
    one = shown(status("online"), state(UTC - 9_999.0))
    assert (one.state, one.data_age, one.clock_ahead) == (RowState.ONLINE, 1.5, -9_999.0)


def test_a_state_that_the_broker_had_kept_is_as_old_as_it_says() -> None:
    assert shown(status("online", kept=True), state(UTC - 5.0, kept=True)).data_age == 6.5
    old = shown(status("online", kept=True), state(UTC - 3_600.0, kept=True))
    assert old.state is RowState.SILENT


def test_a_recorder_is_gone_since_its_will_came_or_since_its_last_state() -> None:
    will = shown(state(), status("offline", why="connection lost", t=UTC - 99.0), at=110.0)
    assert (will.state, will.age) == (RowState.GONE, 10.0)
    kept = status("offline", kept=True, why="connection lost", t=UTC - 99_999.0)
    for messages in ((state(UTC - 7_200.0, kept=True), kept), (kept, state(UTC - 7_200.0, kept=True))):
        one = shown(*messages)
        assert (one.state, one.age) == (RowState.GONE, 7_201.0)
    never = shown(kept)
    assert (never.state, never.age) == (RowState.GONE, None)


def test_a_status_without_a_state_is_no_state() -> None:
    assert shown(status("online")).state is RowState.UNKNOWN
    assert shown(state()).live


def test_a_newer_state_that_cannot_be_read_is_said() -> None:
    assert shown(state(), BrokerMessage(f"{BASE}/state", b"{", False)).state is RowState.UNREADABLE


def test_names_that_came_once_keep_no_chamber_out() -> None:
    book = FleetBook()
    for number in range(MOST_CHAMBERS):
        book.receive(BrokerMessage(f"xovac/lab/j{number}/state", b"{", False), 100.0, UTC)
    book.receive(status("online"), 101.0, UTC)
    assert "bench-1" not in {one.chamber for one in book.take()}
    book.receive(status("online"), 120.0, UTC)
    assert [one.chamber for one in book.take()] == ["bench-1"]


def test_a_broker_that_cannot_be_followed_is_lost() -> None:
    failure = Failure(FailureCode.MISSING, "mqtt")
    lost = LostSource(FleetSourceView(name="lab", state=SourceState.LOST, failure=failure))
    assert (lost.view.state, [*lost.take()]) == (SourceState.LOST, [])
