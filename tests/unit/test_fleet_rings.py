"""Which alarms of the fleet ring: a new one, once; none that was there before."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.helpers.fleet import UTC, alarm, row
from xovac_tui.fleet.rings import FleetRings
from xovac_tui.forwarding.reports import Presence
from xovac_tui.notify.settings import NotifySettings, Receiver, ReceiverKind


def rings(**more: Any) -> FleetRings:
    return FleetRings(NotifySettings(receivers=(Receiver(name="here", kind="bell", **more),)), {})


def test_an_alarm_that_was_there_before_does_not_ring() -> None:
    one = rings()
    rows = [row(of={"alarms": (alarm(),)})]
    assert one.due(rows, UTC, 100.0) == ""
    assert one.due(rows, UTC, 101.0) == ""


def test_a_new_one_rings_once_and_again_when_it_is_raised_anew() -> None:
    one = rings(same_after=0.0)
    assert one.due([row()], UTC, 100.0) == ""
    raised = [row(of={"alarms": (alarm(),)})]
    assert one.due(raised, UTC, 101.0) == "\a"
    assert one.due(raised, UTC, 102.0) == ""
    assert one.due([row(of={"alarms": (alarm(state="acknowledged"),)})], UTC, 103.0) == ""
    assert one.due([row(of={"alarms": (alarm(since=UTC),)})], UTC, 104.0) == "\a"


def test_a_severity_that_the_receiver_does_not_want_is_silent() -> None:
    one = rings(severities=("critical",))
    one.due([row()], UTC, 100.0)
    assert one.due([row(of={"alarms": (alarm(),)})], UTC, 101.0) == ""
    assert one.due([row(of={"alarms": (alarm("worse", severity="critical"),)})], UTC, 102.0) == "\a"


def test_chambers_ring_by_themselves_and_one_that_is_gone_does_not() -> None:
    one = rings()
    one.due([row("a"), row("b")], UTC, 100.0)
    assert (
        one.due([row("a", of={"alarms": (alarm(),)}), row("b", of={"alarms": (alarm(),)})], UTC, 101.0)
        == "\a"
    )
    assert one.due([row("c", presence=Presence.GONE, of={"alarms": (alarm(),)})], UTC, 102.0) == ""


def test_without_a_receiver_nothing_rings() -> None:
    one = FleetRings(NotifySettings(), {})
    one.due([row()], UTC, 100.0)
    assert one.due([row(of={"alarms": (alarm(),)})], UTC, 101.0) == ""


def test_a_chamber_that_appears_later_rings_for_what_was_raised_since() -> None:
    one = rings()
    assert one.due([], UTC, 100.0) == ""
    old, new = (
        row("bench-1", of={"alarms": (alarm(),)}),
        row("bench-2", of={"alarms": (alarm(since=UTC + 9),)}),
    )
    assert one.due([old], UTC + 10, 110.0) == ""
    assert one.due([old, new], UTC + 11, 111.0) == "\a"
    ahead = row("bench-3", clock_ahead=600.0, of={"alarms": (alarm(since=UTC + 500),)})
    assert one.due([old, new, ahead], UTC + 12, 112.0) == ""


@pytest.mark.parametrize("kind", ["bell", "osc9"])
def test_many_alarms_at_once_ring_a_few_at_a_time_and_all_of_them(kind: ReceiverKind) -> None:
    one = FleetRings(NotifySettings(receivers=(Receiver(name="here", kind=kind),)), {})
    names = [f"bench-{number}" for number in range(200)]
    one.due([row(name) for name in names], UTC, 100.0)
    raised = [row(name, of={"alarms": (alarm(since=UTC + 1),)}) for name in names]
    said = [one.due(raised, UTC + second, 100.0 + second) for second in range(1, 40)]
    assert max(text.count("\a") for text in said) == (1 if kind == "bell" else 10)
    if kind == "osc9":
        assert all(re.search(rf"{name}\b", "".join(said)) for name in names)
