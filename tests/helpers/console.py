"""A console under test: the real app and station on a fake link and a fake clock.

    async with console(tmp_path) as c:          # ONLINE, IDLE, with fresh readings, on Status
        await c.pilot.press("2")
        ...
        assert c.link.emitted == [("cancel_recipe", "")]

Time does not pass until `c.advance(seconds)`; the link does only what the test says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import UNSET, UnsetType
from textual import events
from textual._context import visible_screen_stack
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip

from tests.helpers.quiet import wait_until_quiet
from xovac_tui.analysis.settings import InsightSettings
from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Direction, Event
from xovac_tui.api.link import LinkCallbacks, LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.api.wire import as_sent
from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.clock import Clock
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment, build_station
from xovac_tui.config import Display, Profile, Secrets
from xovac_tui.config.state import State
from xovac_tui.config.themes import shipped_themes
from xovac_tui.errors import LinkError
from xovac_tui.link.target import Target
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.recording.service import RecordService
from xovac_tui.station.live import LiveStation
from xovac_tui.station.setup import LinkFactory
from xovac_tui.station.station import Station
from xovac_tui.ui.app import XovacApp
from xovac_tui.ui.chamber_screen import ChamberScreen
from xovac_tui.ui.message_history import SaidMessage
from xovac_tui.ui.start import Start
from xovac_tui.ui.stopping import Stopping

NAME = "bench-1"
URL = "http://chamber.lab:8080"
UTC = 1_790_000_000.0


class FakeClock:
    """Both clocks, which do not move until `advance`."""

    def __init__(self) -> None:
        self._mono = 1000.0

    def utc(self) -> float:
        return UTC + self._mono - 1000.0

    def mono(self) -> float:
        return self._mono

    def advance(self, seconds: float) -> None:
        self._mono += seconds


class FakeLink:
    """A link that records what it is asked to send, and reports what the test says."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.emitted: list[tuple[str, Any]] = []
        """(event, argument) of everything that was sent; a tuple where it was not one argument."""
        self.refuse = ""
        """A sentence here makes every `emit` fail with it."""
        self.reconnects = 0
        self.callbacks: LinkCallbacks | None = None
        self.session = 0
        self._status = LinkView()
        self.running = asyncio.Event()
        """Set once the station has taken this link."""

    def factory(self, target: Target, callbacks: LinkCallbacks) -> FakeLink:
        """Be the station's link."""
        self.callbacks = callbacks
        return self

    @property
    def status(self) -> LinkView:
        return self._status

    async def run(self) -> None:
        self.running.set()
        await asyncio.Event().wait()

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> Event:
        if self.refuse:
            raise LinkError(self.refuse)
        self.emitted.append((name, arguments[0] if len(arguments) == 1 else arguments))
        return self._answer(name, as_sent(arguments), Direction.OUT)

    def reconnect_now(self) -> None:
        self.reconnects += 1

    # -- what the test makes it say -------------------------------------------------------------------

    def push(
        self, state: LinkWord, why: str = "", *, silent: bool = False, code: str | UnsetType = UNSET
    ) -> None:
        """Change the connection's state."""
        assert self.callbacks is not None
        if state is LinkWord.ONLINE and not silent and not self._status.silent:
            self.session += 1
        self._status = LinkView(
            state,
            since_utc=self.clock.utc(),
            since_mono=self.clock.mono(),
            why=why,
            silent=silent,
            session=self.session,
            code=code,
        )
        self.callbacks.on_status(self._status)

    def deliver(self, name: str, *args: Any) -> Event:
        """Let the chamber say something: the arguments are what socket.io would hand over."""
        return self._answer(name, args, Direction.IN)

    def answer(self, command: str, result: str = "success", message: str = "") -> Event:
        """Let the chamber answer a command as its manual says."""
        return self.deliver(f"{command}_ack", json.dumps({"result": result, "message": message}))

    def _answer(self, name: str, args: tuple[Any, ...], direction: Direction) -> Event:
        assert self.callbacks is not None
        event = Event(
            name,
            decode_arguments(*args),
            direction,
            self.callbacks.contract_kind(name),
            self.clock.utc(),
            self.clock.mono(),
        )
        self.callbacks.on_event(event)
        return event


def frame_of(app: XovacApp) -> ChamberScreen:
    """Return the screen of the chamber that is shown."""
    assert app.frame is not None
    return app.frame


def strips(screen: Screen[Any]) -> list[Strip]:
    """Return what a screen shows, a strip a row, with what is seen below a dialog."""
    # What is drawn here is kept, and would be missing in the next picture of the app.
    visible_screen_stack.set(screen.app._background_screens if screen is screen.app.screen else [])
    return screen._compositor.render_strips()


def drawn(screen: Screen[Any]) -> list[str]:
    """Return what a screen shows, a text a row, with what is seen below a dialog."""
    return [strip.text for strip in strips(screen)]


_FORGOTTEN: WeakKeyDictionary[XovacApp, dict[int, SaidMessage]] = WeakKeyDictionary()
"""App -> the messages that a test has forgotten, by their numbers."""


def forget_said(app: XovacApp) -> None:
    """Have `said` leave out what was said up to now."""
    _FORGOTTEN[app] = {one.number: one for one in app.workspace.history.messages}


def said(app: XovacApp, *, titles: bool = True) -> list[str]:
    """Return what the messages of an app say (title and words, then the path), oldest first."""
    forgotten = _FORGOTTEN.get(app, {})
    new = [one for one in app.workspace.history.messages if forgotten.get(one.number) != one]
    return [f"{one.whole if titles else one.text} {one.path}".rstrip() for one in new]


@dataclass
class Console:
    """An app that runs under the pilot, with all that a test may turn."""

    app: XovacApp
    pilot: Pilot[int]
    link: FakeLink
    clock: FakeClock

    @property
    def station(self) -> LiveStation:
        station = self.app.workspace.station
        assert isinstance(station, LiveStation)
        return station

    @property
    def frame(self) -> ChamberScreen:
        return frame_of(self.app)

    @property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        return self.station.snapshot().ledger

    @property
    def word(self) -> LinkWord:
        return self.station.snapshot().link.word

    @property
    def messages(self) -> list[str]:
        """What messages say (title and words), oldest first."""
        return said(self.app)

    async def settle(self) -> None:
        """Let the app work off everything that is waiting."""
        self.app.flush()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys, each a human moment (0.2 s of the fake clock) after the one before."""
        for key in keys:
            self.clock.advance(0.2)
            await self.pilot.press(key)
        await self.settle()

    async def press_stop(self) -> None:
        """Press STOP twice, as a person does, and wait until it is sent or refused."""
        await self.press("exclamation_mark")
        await self.press_stop_again()

    async def press_stop_again(self) -> None:
        """Press the second stroke of STOP, and wait until it is sent or refused."""
        before = len(self.ledger)
        await self.press("exclamation_mark")
        async with asyncio.timeout(30):
            while len(self.ledger) == before:
                self.clock.advance(0.2)
                await self.pilot.pause(0.02)
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text into what has the focus: each letter is worked off, and the last one drawn."""
        for char in text:
            name = char if char.isalnum() else _character_to_key(char)
            self.app.post_message(events.Key(name, char))
            await wait_until_quiet(threads=0.0, drawing=False)
        await self.settle()

    async def advance(self, seconds: float) -> None:
        """Let time pass without a word from the chamber."""
        self.clock.advance(seconds)
        self.station.tick()
        await self.settle()

    async def until(self, condition: Callable[[], object], within: float = 30.0) -> None:
        """Wait until the condition holds; at most so many seconds of the loop."""
        async with asyncio.timeout(within):
            while not condition():
                await self.pilot.pause()
                if not condition():
                    await self.pilot.pause(0.05)

    async def lose(self, why: str = "The connection was reset.") -> None:
        """Break the link."""
        self.link.push(LinkWord.LOST, why)
        await self.settle()

    async def online(self) -> None:
        """Bring the link (back)."""
        self.link.push(LinkWord.ONLINE)
        await self.settle()

    async def go_stale(self) -> None:
        """Let the readings stop while the connection stays open."""
        await self.readings(seconds=8)
        await self.advance(60)

    async def readings(self, mode: str = "idle", seconds: int = 1, **leaves: Any) -> None:
        """Let the chamber report once a second, in the words of the simulator's contract."""
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.link.deliver("chamber_state", json.dumps(reading(mode, self.clock.utc(), **leaves)))
            self.station.tick()
        await self.settle()

    async def run_state(self, recipe: str = "Bakeout", step: int = 2, steps: int = 5) -> None:
        """Let the chamber report that it runs a recipe."""
        self.link.deliver("recipe_state", json.dumps({"name": recipe, "step": step, "steps": steps}))
        await self.readings("running")


def reading(mode: str, utc: float, **leaves: Any) -> dict[str, Any]:
    """Return one reading as the simulator would send it; `leaves` replace or add."""
    return {
        "part": 20.5,
        "shroud": 19.0,
        "vacuum": {"p": 1.3e-4},
        "setpoint": 20.0,
        "mode": mode,
        "time": round(utc * 1000),
        **leaves,
    }


@cache
def of_the_simulator() -> Contract:
    """Return the simulator's contract, read once."""
    return load_contract((), simulator=True)


def make_station(
    clock: Clock,
    link: FakeLink | LinkFactory,
    *,
    name: str = NAME,
    who: str = "ada@lab",
    profile: Profile | None = None,
    contract: Contract | None = None,
    observe: bool | None = None,
    secrets: Secrets | None = None,
    insight: InsightSettings | None = None,
    **equipment: Any,
) -> LiveStation:
    """Return a station on a fake link; by default it knows the simulator's contract, and records nothing.

    `equipment` is what `Equipment` holds; proofs of STOP are not asked for where none are given.
    """
    setup = ChamberSetup(
        name,
        profile or Profile(url=URL),
        contract or of_the_simulator(),
        secrets or Secrets(),
        insight or InsightSettings(),
    )
    has = Equipment(**{"proofs": None, **equipment})
    make = link.factory if isinstance(link, FakeLink) else link
    station = build_station(setup, has, clock=clock, who=who, link=make)
    if observe:
        station.set_observe(True)
    return station


def recorder_of(station: Station) -> RecordService:
    """Return what records a station, for what only its own tests ask it."""
    assert isinstance(station.record, RecordService)
    return station.record


def make_start(
    folder: Path,
    *,
    display: Display | None = None,
    keys: Mapping[str, str] | None = None,
    theme: str = "xovac-dark",
    notify: NotifySettings | None = None,
) -> Start:
    """Return what screens begin with by default, whose files would all be in `folder`."""
    display = display or Display(time="utc", theme=theme, refresh=2.0)
    return Start(
        display=display,
        keys=dict(keys or {}),
        theme=theme,
        window=display.window,
        themes=shipped_themes(),
        recipes=folder / "recipes",
        state=State(),
        state_path=folder / "state.toml",
        bell=notify or NotifySettings(),
        log_path=None,
    )


def make_app(folder: Path, clock: FakeClock, link: FakeLink, **options: Any) -> XovacApp:
    """Return the app on a fake link; `options` go to `make_station` and `make_start` by their names."""
    starts = ("display", "keys", "theme", "notify")
    ours = {key: value for key, value in options.items() if key in starts}
    theirs = {key: value for key, value in options.items() if key not in starts}
    app = XovacApp(make_start(folder, **ours), make_station(clock, link, **theirs))
    app.stopping = Stopping(app, lambda: app.workspace, now=clock.mono, arrived=lambda _: clock.mono())
    return app


@asynccontextmanager
async def console(
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    tab: str = "",
    online: bool = True,
    later: float = 0.0,
    **options: Any,
) -> AsyncIterator[Console]:
    """Run a console under the pilot: ONLINE with a first reading unless `online` is False.

    It begins `later` seconds after one that began without.
    """
    clock = FakeClock()
    clock.advance(later)
    link = FakeLink(clock)
    app = make_app(folder, clock, link, **options)
    async with app.run_test(size=size) as pilot:
        running = Console(app, pilot, link, clock)
        await running.until(link.running.is_set)
        assert await running.station.record_read(10)
        if online:
            link.push(LinkWord.ONLINE)
            await running.readings()
        if tab:
            await running.frame.show_tab(tab)
        await running.settle()
        yield running
