"""A second chamber beside the console's first one: a fake link of its own, on the same fake clock."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.helpers.console import NAME, URL, Console, FakeClock, FakeLink, console, make_station, reading
from xovac_tui.api.link import LinkWord
from xovac_tui.errors import SettingsError
from xovac_tui.station.live import LiveStation
from xovac_tui.ui.dialogs.chambers import ChambersDialog
from xovac_tui.ui.start import OpenedProfile, ProfileLine

OTHER = "bench-2"


class FakeProfiles:
    """Profiles of settings that there are only in a test."""

    def __init__(self, clock: FakeClock, **options: Any) -> None:
        self.clock, self.options = clock, options
        self.names = [NAME, OTHER, "bench-3"]
        self.links: dict[str, FakeLink] = {}
        self.stations: dict[str, LiveStation] = {}
        self.wrong = ""
        """A sentence here makes every opening fail with it."""

    def listed(self) -> Sequence[ProfileLine]:
        return [ProfileLine(name, URL) for name in self.names]

    def opened(self, name: str) -> OpenedProfile:
        if self.wrong:
            raise SettingsError(self.wrong)
        link = self.links[name] = FakeLink(self.clock)
        options = {key: value(name) if callable(value) else value for key, value in self.options.items()}
        self.stations[name] = make_station(self.clock, link, name=name, **options)
        return OpenedProfile(station=self.stations[name])


@dataclass
class Beside:
    """A console with a way to other chambers."""

    c: Console
    profiles: FakeProfiles

    @property
    def shown(self) -> str:
        return self.c.station.name

    @property
    def link(self) -> FakeLink:
        """The link of the second chamber."""
        return self.profiles.links[OTHER]

    @property
    def station(self) -> LiveStation:
        """The station of the second chamber."""
        return self.profiles.stations[OTHER]

    async def list_them(self) -> ChambersDialog:
        """Open the list of chambers."""
        await self.c.press("P")
        await self.c.until(lambda: isinstance(self.c.app.screen, ChambersDialog))
        await self.c.settle()
        assert isinstance(self.c.app.screen, ChambersDialog)
        return self.c.app.screen

    async def go(self, name: str) -> None:
        """Go to a chamber by the list; open it where it is not open."""
        await self.list_them()
        await self.point_at(name)
        await self.c.press("enter")
        await self.c.until(lambda: self.shown == name and len(self.c.app.screen_stack) == 1)
        await self.c.settle()

    async def point_at(self, name: str) -> None:
        """Put the cursor of the list on a chamber."""
        rows = self.c.app.screen.query_one("ChamberRows")
        await self.c.press("home")
        for _ in range(9):
            if rows.chosen is not None and rows.chosen.name == name:  # type: ignore[attr-defined]
                return
            await self.c.press("down")
        raise AssertionError(name)

    async def both_online(self) -> None:
        """Open the second chamber with a reading, and go back to the first one."""
        await self.go(OTHER)
        await self.c.until(self.link.running.is_set)
        self.link.push(LinkWord.ONLINE)
        self.say()
        await self.c.settle()
        await self.go(NAME)

    def say(self, mode: str = "idle", **leaves: Any) -> None:
        """Let the second chamber report."""
        self.c.clock.advance(1.0)
        self.link.deliver("chamber_state", json.dumps(reading(mode, self.c.clock.utc(), **leaves)))
        self.station.tick()


@asynccontextmanager
async def beside(
    folder: Path, *, others: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Beside]:
    """Run a console that can open other chambers; `others` are the options of their stations.

    One that can be called is called with the chamber's name.
    """
    async with console(folder, **options) as c:
        profiles = FakeProfiles(c.clock, **(others or {}))
        start = c.app.workspace.start
        c.app.workspace.start = msgspec.structs.replace(start, profiles=profiles)
        yield Beside(c, profiles)
