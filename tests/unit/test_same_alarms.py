"""The same rules and the same messages raise the same alarms, with a screen and without."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from tests.helpers.commandline import CommandLine, Launched
from tests.helpers.console import FakeClock, FakeLink, reading
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.compose import stations
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment, build_station
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News

Both = tuple[FakeClock, "Bench", "Bench"]

SETTINGS = """
[profiles.bench]
url = "http://127.0.0.1:9"
contracts = ["simulator"]
record = false

[stability.criteria."bench still"]
within = 0.5
over = 30

[alarms]
defaults = false

[[alarms.rules]]
name = "still"
kind = "equals"
value = 'stable(test_part, "bench still")'

[[alarms.rules]]
name = "long run"
kind = "high"
value = "elapsed"
limit = 20

[[alarms.rules]]
name = "late in the step"
kind = "equals"
value = "step_elapsed > 15 s and step == 1"

[[alarms.rules]]
name = "drifts"
kind = "high"
value = "abs(per_hour(test_part, 1 min))"
limit = 1000
"""


class Bench:
    """A station on a fake link, and what its alarms did."""

    def __init__(self, station: LiveStation, link: FakeLink) -> None:
        self.station, self.link = station, link
        self.reported: list[AlarmChange] = []
        station.subscribe(self._receive)

    def _receive(self, news: News) -> None:
        if isinstance(news, AlarmsChanged):
            self.reported.extend(news.changes)


@pytest.fixture
def both(line: CommandLine, launched: list[Launched], monkeypatch: pytest.MonkeyPatch) -> Both:
    """The stations of `xovac-tui record` and of the console, as those commands have them built."""
    clock = FakeClock()
    built: list[Bench] = []

    def build(setup: ChamberSetup, equipment: Equipment, **_: object) -> LiveStation:
        link = FakeLink(clock)
        bare = msgspec.structs.replace(equipment, record=None)
        built.append(Bench(build_station(setup, bare, clock=clock, link=link.factory), link))
        return built[-1].station

    monkeypatch.setattr(stations, "build_station", build)
    # The command would record until it is ended.
    monkeypatch.setattr("asyncio.run", lambda recording: recording.close())
    monkeypatch.setattr("xovac_tui.ui.app.run_console", lambda *_: 0)
    line.settings(SETTINGS)
    assert [line("record").code, line().code] == [0, 0]
    headless, screen = built
    return clock, headless, screen


async def test_headless_and_screen_raise_the_same(both: Both) -> None:
    clock, headless, screen = both
    benches = (headless, screen)
    tasks = []
    for one in benches:
        tasks.append(asyncio.create_task(one.station.run()))
        async with asyncio.timeout(10):
            await one.link.running.wait()
        one.link.push(LinkWord.ONLINE)
    for second in range(80):
        clock.advance(1.0)
        part = 20.0 + max(0, second - 60) * 2.0
        for one in benches:
            mode = "running" if second > 3 else "idle"
            one.link.deliver("chamber_state", json.dumps(reading(mode, clock.utc(), part=part)))
            step = {"name": "r", "state": mode, "step": 1 if second > 3 else 0, "steps": 2}
            one.link.deliver("recipe_state", json.dumps(step))
            one.station.tick()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert headless.reported == screen.reported
    raised = {change.rule for change in headless.reported}
    assert raised == {"still", "long run", "late in the step", "drifts"}
