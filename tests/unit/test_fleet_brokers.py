"""What a broker says of chambers, as the fleet has it."""

from __future__ import annotations

from tests.helpers.fleet import UTC, summary
from tests.helpers.record import HandClock
from xovac_tui.fleet.brokers import BrokenSource, BrokerSource
from xovac_tui.fleet.overview import FleetBoard, FleetRow, RowState
from xovac_tui.forwarding.failures import Failure, FailureCode
from xovac_tui.forwarding.fleetview import SeenChamber
from xovac_tui.forwarding.reports import SourceState
from xovac_tui.forwarding.view import SinkState, SinkView


class HandReader:
    """A reader that knows what a test gives it."""

    def __init__(self, *seen: SeenChamber) -> None:
        self.seen = seen
        self.view = SinkView(name="lab", kind="mqtt", state=SinkState.ON)
        self.heard: float | None = 99.0

    def start(self) -> None:
        pass

    def chambers(self) -> tuple[SeenChamber, ...]:
        return self.seen

    def stop(self) -> None:
        pass


def seen(**more: object) -> SeenChamber:
    about: dict[str, object] = {"summary": summary(), "arrived": 100.0, "live": True, "online": True}
    return SeenChamber(site="lab", chamber="bench-1", **{"status_arrived": 90.0, **about, **more})  # type: ignore[arg-type]


def shown(one: SeenChamber, at: float = 101.0) -> FleetRow:
    clock = HandClock(at, UTC - 100.0)
    source, board = BrokerSource(HandReader(one), clock, place="broker"), FleetBoard()
    board.take(0, source.take())
    assert list(source.take()) == []
    return board.view(at, [source.view]).rows[0]


def test_a_live_state_is_as_old_as_it_is_here_whatever_its_clock_says() -> None:
    one = shown(seen(summary=summary(utc=UTC - 9_999.0), clock_ahead=-9_999.0))
    assert (one.state, one.data_age, one.clock_ahead) == (RowState.ONLINE, 1.5, -9_999.0)


def test_a_state_that_the_broker_had_kept_is_as_old_as_it_says() -> None:
    assert shown(seen(summary=summary(utc=UTC - 5.0), live=False)).data_age == 6.5
    assert shown(seen(summary=summary(utc=UTC - 3_600.0), live=False)).state is RowState.SILENT


def test_a_recorder_is_gone_since_its_will_came_or_since_its_last_state() -> None:
    will = shown(seen(online=False, status_arrived=100.5, status_live=True), at=110.5)
    assert (will.state, will.age) == (RowState.GONE, 10.0)
    kept = shown(seen(online=False, summary=summary(utc=UTC - 7_200.0), live=False), at=101.0)
    assert (kept.state, kept.age) == (RowState.GONE, 7_201.0)
    never = shown(seen(online=False, summary=None, arrived=None))
    assert (never.state, never.age) == (RowState.GONE, None)


def test_a_status_without_a_state_is_no_state() -> None:
    assert shown(seen(summary=None, arrived=None, status_arrived=100.0)).state is RowState.UNKNOWN
    assert shown(seen(online=None)).live


def test_a_broker_that_is_away_or_cannot_be_followed_is_lost() -> None:
    reader = HandReader()
    reader.view = SinkView(name="lab", kind="mqtt", state=SinkState.WAITING)
    assert BrokerSource(reader, HandClock(), place="x").view.state is SourceState.LOST
    broken = BrokenSource("lab", Failure(FailureCode.MISSING, "mqtt"))
    assert (broken.view.state, list(broken.take())) == (SourceState.LOST, [])
