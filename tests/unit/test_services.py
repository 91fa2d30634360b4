"""The parts of a station are called in one order, whatever one of them does."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from typing import Any

import pytest

from tests.helpers.console import FakeClock, FakeLink, make_station, reading
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.service import AlarmService
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.model import Chamber
from xovac_tui.notify.service import NotifyService
from xovac_tui.recording.service import RecordService
from xovac_tui.runs.service import RunService
from xovac_tui.station.service import Service, Services

HOT = HighRule(name="hot", channel="test_part", limit=80.0)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is called of the services and of the model, in order; of news also what it is."""
    called: list[str] = []

    def spied(kind: type, method: str, really: Any) -> Any:
        @functools.wraps(really)
        def spy(self: object, *args: Any) -> Any:
            news = f" {type(args[0]).__name__}" if method == "on_news" else ""
            called.append(f"{kind.__name__}.{method}{news}")
            return really(self, *args)

        return spy

    services = (RecordService, RunService, NotifyService, AlarmService)
    methods = ("on_event", "on_status", "on_news", "tick", "close")
    for kind, method in [*((one, name) for one in services for name in methods), (Chamber, "apply")]:
        monkeypatch.setattr(kind, method, spied(kind, method, getattr(kind, method)))
    return called


def each(what: str) -> list[str]:
    return [f"{name}Service.{what}" for name in ("Record", "Run", "Notify", "Alarm")]


async def test_an_event_is_on_record_before_the_model_and_all_else_see_it(calls: list[str]) -> None:
    clock = FakeClock()
    link = FakeLink(clock)
    async with make_station(clock, link):
        await asyncio.wait_for(link.running.wait(), 10)
        link.push(LinkWord.ONLINE)
        calls.clear()
        link.deliver("chamber_state", json.dumps(reading("idle", clock.utc())))
        assert calls == [*each("on_event"), "Chamber.apply"]
        calls.clear()
        link.push(LinkWord.LOST, "The cable was pulled.")
        # A mark on the time axis first, then what the link reports, then what is shown of it.
        assert calls == [*each("on_news MarksMade"), *each("on_status"), *each("on_news LinkChanged")]


async def test_a_tick_and_alarm_news_reach_every_service(calls: list[str]) -> None:
    clock = FakeClock()
    link = FakeLink(clock)
    async with make_station(clock, link, watchlist=Watchlist(rules=(HOT,))) as station:
        await asyncio.wait_for(link.running.wait(), 10)
        link.push(LinkWord.ONLINE)
        link.deliver("chamber_state", json.dumps(reading("idle", clock.utc(), part=20.0)))
        station.tick()
        calls.clear()
        station.tick()
        assert calls == each("tick")
        link.deliver("chamber_state", json.dumps(reading("idle", clock.utc(), part=95.0)))
        calls.clear()
        station.tick()
        # Notifications know what was active before the rules are evaluated.
        assert calls == [*each("tick"), *each("on_news MarksMade"), *each("on_news AlarmsChanged")]
        calls.clear()
    assert calls == each("close")


class Part:
    """A service that notes what it receives, and may fail at it."""

    def __init__(self, received: list[str], name: str, error: Exception | None = None) -> None:
        self.received, self.name, self.error = received, name, error

    def _receive(self, what: str) -> None:
        self.received.append(f"{self.name} {what}")
        if self.error is not None:
            raise self.error

    def on_event(self, event: Event) -> None:
        self._receive("event")

    def on_status(self, link: LinkView) -> None:
        self._receive("status")

    def on_news(self, news: object) -> None:
        self._receive("news")

    def tick(self) -> None:
        self._receive("tick")

    async def close(self) -> None:
        self._receive("close")


async def test_one_that_fails_is_logged_once_and_the_rest_go_on(caplog: pytest.LogCaptureFixture) -> None:
    received: list[str] = []
    broken, well = Part(received, "broken", OSError("no room")), Part(received, "well")
    parts: tuple[Service, ...] = (broken, well)
    clock, reported = FakeClock(), list[str]()
    services = Services(
        parts, lambda name, error: reported.append(f"{name} {type(error).__name__}"), clock.mono
    )
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            services.each(lambda service: service.tick())
        services.each(lambda service: service.on_status(LinkView()))
        await services.close()
    assert received == [
        *["broken tick", "well tick"] * 3,
        "broken status",
        "well status",
        "broken close",
        "well close",
    ]
    assert [record.getMessage() for record in caplog.records] == ["Part failed"]
    broken.error = ValueError("another one")
    with caplog.at_level(logging.WARNING):
        services.each(lambda service: service.tick())
    assert len(caplog.records) == 2
    assert reported == ["Part OSError"]
    clock.advance(60)
    services.each(lambda service: service.tick())
    services.each(lambda service: service.tick())
    assert reported == ["Part OSError", "Part ValueError"]
