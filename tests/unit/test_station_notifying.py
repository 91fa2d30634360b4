"""A station that evaluates alarms reports them; one beside it does not; a failure is an alarm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.console import FakeClock
from tests.helpers.hooks import Hook, hook
from tests.unit.test_station_record import Life, life, load_soak
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.kinds.notification import NotificationRule
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.alarm import AlarmsView, AlarmView
from xovac_tui.notify.settings import Heartbeat, NotifySettings, Receiver
from xovac_tui.recording.status import RecorderState

HOT = HighRule(name="part hot", channel="test_part", limit=80.0, deadband=1.0, action="Look at it.")
FAILED = NotificationRule(name="notification failed")
RULES = (HOT, FAILED)


def receivers_of(*servers: Hook, **more: Any) -> NotifySettings:
    values: dict[str, Any] = {"kind": "webhook", "same_after": 0.0, "timeout": 5.0} | more
    return NotifySettings(
        receivers=tuple(
            Receiver(**({"name": f"hook {number}", "url": server.url} | values))
            for number, server in enumerate(servers, 1)
        )
    )


async def until(condition: Callable[[], object], *lives: Life, seconds: float = 1.0) -> None:
    """Let stations look at the time until something is so; each look is so much later."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)
            for one in lives:
                one.clock.advance(seconds)
                one.station.tick()


def unresolved(one: Life) -> dict[str, AlarmView]:
    view: AlarmsView = one.station.alarms.unresolved()
    return {alarm.rule: alarm for alarm in view.alarms}


async def test_an_alarm_goes_out_with_where_the_run_is(tmp_path: Path) -> None:
    clock = FakeClock()
    async with hook() as server, life(tmp_path / "r", clock, rules=RULES, notify=receivers_of(server)) as one:
        await one.report(part=20.0)
        await load_soak(one)
        await one.report("running", seconds=3, part=21.0)
        await one.report("running", part=85.0)
        await until(lambda: server.received)
        await one.report("running", seconds=2, part=20.0)
        await until(lambda: len(server.received) == 2, one)
    raised, returned = server.received
    (alarm,) = raised["alarms"]
    assert (raised["kind"], raised["chamber"], alarm["rule"]) == ("alarm", "bench-1", "part hot")
    assert (alarm["value"], alarm["limit"], alarm["action"]) == ("+85.0 °C", "+80.0 °C", "Look at it.")
    assert (alarm["run"], alarm["recipe"]) == (1, "Soak")
    assert returned["kind"] == "returned"


async def test_only_the_evaluating_process_notifies(tmp_path: Path) -> None:
    path, clock = tmp_path / "r", FakeClock()
    async with (
        hook() as server,
        hook() as beside,
        life(path, clock, "rob@lab", rules=RULES, notify=receivers_of(server)) as recorder,
        life(path, clock, "ada@lab", rules=RULES, notify=receivers_of(beside)) as console,
    ):
        assert console.station.recorder.state is RecorderState.BESIDE
        await recorder.report(part=85.0)
        await until(lambda: server.received)

        def seen() -> bool:
            return "part hot" in unresolved(console)

        async with asyncio.timeout(10):
            while not seen():
                await recorder.written()
                console.station.tick()
        # A reminder would be due there, too.
        clock.advance(4000.0)
        console.station.tick()
        await until(lambda: len(server.received) == 2, recorder)
    assert [reported["kind"] for reported in server.received] == ["alarm", "reminder"]
    assert beside.requests == []


async def test_what_was_active_before_a_restart_is_reminded_of_and_not_notified_again(tmp_path: Path) -> None:
    path, clock = tmp_path / "r", FakeClock()
    async with hook() as server:
        async with life(path, clock, rules=RULES, notify=receivers_of(server)) as one:
            await one.report(part=85.0)
            await until(lambda: server.received)
        async with life(path, clock, rules=RULES, notify=receivers_of(server)) as two:
            await two.report(seconds=30, part=85.0)
            assert len(server.received) == 1
            await until(lambda: len(server.received) == 2, two, seconds=100.0)
            assert two.station.alarms.acknowledge(two.station.alarms.unresolved().alarms) is None
            clock.advance(10_000.0)
            await two.report(part=20.0)
            await until(lambda: len(server.received) == 3, two)
    assert [reported["kind"] for reported in server.received] == ["alarm", "reminder", "returned"]


async def test_a_failing_receiver_is_an_alarm_that_the_others_receive(tmp_path: Path) -> None:
    clock = FakeClock()
    async with hook() as broken, hook() as well:
        broken.status = 404
        notify = receivers_of(broken, well)
        async with life(tmp_path / "r", clock, rules=RULES, notify=notify) as one:
            await one.report(part=85.0)
            await until(lambda: len(well.received) == 2, one)
            alarm = unresolved(one)["notification failed"]
            assert alarm.text.startswith('No notification reached "hook 1" (webhook): it answered 404 Not')
            assert str(broken.port) not in alarm.text
            assert len(broken.requests) == 1
            broken.status = 204
            # After five minutes it is tried again, and then all is well.
            await until(lambda: broken.received, one, seconds=10.0)
            await until(lambda: not unresolved(one)["notification failed"].active, one)
    assert well.rules[:2] == [["part hot"], ["notification failed"]]
    assert broken.rules[0] == ["part hot"]


async def test_the_heartbeat_follows_the_evaluation(tmp_path: Path) -> None:
    clock = FakeClock()
    async with hook() as server:
        notify = NotifySettings(heartbeat=Heartbeat(url=f"{server.url}/{{chamber}}", only_online=True))
        async with life(tmp_path / "r", clock, rules=RULES, notify=notify) as one:
            await until(lambda: len(server.requests) == 3, one)
            began = clock.mono()
            await until(lambda: len(server.requests) == 4, one)
            assert 55 < clock.mono() - began < 65
            one.link.push(LinkWord.LOST, "The cable was pulled.")
            one.station.tick()
            for _ in range(100):
                clock.advance(5.0)
                one.station.tick()
                await asyncio.sleep(0)
            assert len(server.requests) == 4
    assert server.requests[0] == "GET /bench-1"


async def test_without_rules_or_receivers_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    monkeypatch.setattr("xovac_tui.notify.notifier.Notifier", lambda *args, **_: made.append(args))
    clock = FakeClock()
    async with hook() as server, life(tmp_path / "r", clock, notify=receivers_of(server)) as one:
        await one.report(seconds=3, part=85.0)
    bell = NotifySettings(receivers=(Receiver(name="bell", kind="bell"),))
    async with life(tmp_path / "q", clock, rules=RULES, notify=bell) as two:
        await two.report(part=85.0)
    assert made == []
    assert server.requests == []
