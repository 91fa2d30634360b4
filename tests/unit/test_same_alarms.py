"""The same rules and the same messages raise the same alarms, with a screen and without."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.helpers.console import FakeClock, FakeLink, make_launch, reading
from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.cli.common import alarm_watchlist, resolve
from xovac_tui.cli.link import open_station
from xovac_tui.config import Overrides, effective_settings
from xovac_tui.link.status import LinkState
from xovac_tui.station.live import LiveStation
from xovac_tui.station.news import News
from xovac_tui.ui.app import XovacApp

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
        self.told: list[AlarmChange] = []
        station.subscribe(self._hear)

    def _hear(self, news: News) -> None:
        if isinstance(news, AlarmsChanged):
            self.told.extend(news.changes)


@contextmanager
def stations(monkeypatch: pytest.MonkeyPatch, folder: Path, clock: FakeClock) -> Iterator[list[Bench]]:
    """Give the station of a command without a screen, and that of the console, as they are made."""
    file = folder / "config.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    found = effective_settings(Overrides(config=file))
    chamber = resolve(found)
    watchlist = alarm_watchlist(found, chamber)
    links = [FakeLink(clock), FakeLink(clock)]
    taken = iter(links)
    monkeypatch.setattr("xovac_tui.station.live.SystemClock", lambda: clock)
    monkeypatch.setattr("xovac_tui.station.live._real_link", lambda *a: next(taken).factory(*a))
    launch = msgspec.structs.replace(
        make_launch(folder, profile=chamber.profile, contract=chamber.contract),
        settings=found.settings,
        watchlist=watchlist,
    )
    shown = XovacApp(launch).workspace.station
    assert isinstance(shown, LiveStation)
    yield [
        Bench(station, link)
        for station, link in zip((open_station(chamber, None, watchlist), shown), links, strict=True)
    ]


async def test_headless_and_screen_raise_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    with stations(monkeypatch, tmp_path, clock) as both:
        tasks = []
        for one in both:
            tasks.append(asyncio.create_task(one.station.run()))
            async with asyncio.timeout(10):
                await one.link.running.wait()
            one.link.push(LinkState.ONLINE)
        for second in range(80):
            clock.advance(1.0)
            part = 20.0 + max(0, second - 60) * 2.0
            for one in both:
                mode = "running" if second > 3 else "idle"
                one.link.deliver("chamber_state", json.dumps(reading(mode, clock.utc(), part=part)))
                step = {"name": "r", "state": mode, "step": 1 if second > 3 else 0, "steps": 2}
                one.link.deliver("recipe_state", json.dumps(step))
                one.station.tick()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    headless, screen = both
    assert headless.told == screen.told
    raised = {change.rule for change in headless.told}
    assert raised == {"still", "long run", "late in the step", "drifts"}
