"""One chamber as the screens see it: the only thing that panes, dialogs and STOP are given."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.config.state import State, save_state
from xovac_tui.station.station import Station
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from xovac_tui.ui.start import Start

if TYPE_CHECKING:
    from xovac_tui.replay.playback import Playback

T = TypeVar("T")


class Mode(Enum):
    """Whether commands can be sent from here."""

    CONTROL = "commands can be sent"
    OBSERVE = "nothing is sent"
    REPLAY = "there is no chamber to send to"


class Memory:
    """What the program keeps for its next start; all workspaces share one."""

    def __init__(self, state: State, path: Path) -> None:
        self.state = state
        self._path = path

    def keep(self, **changes: object) -> str:
        """Change fields of the state and write it; return what went wrong, empty if nothing did."""
        self.state = msgspec.structs.replace(self.state, **changes)
        return save_state(self.state, self._path)


class Window(Protocol):
    """What the screens of a chamber ask of the window that shows them; the app fulfils it."""

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """Screens that lie above each other, the lowest first."""

    async def push_screen_wait(self, screen: Screen[T]) -> T:
        """Show a screen above the others and return its answer; only from a worker."""

    def notify(
        self, message: str, *, title: str, severity: SeverityLevel, timeout: float, markup: bool
    ) -> None:
        """Show a toast."""

    def run_worker(self, work: Awaitable[None], *, group: str) -> object:
        """Do work that goes on when the screen that began it is gone."""

    def suspend(self) -> AbstractContextManager[None]:
        """Lend the terminal to another program."""

    def write_beside(self, characters: str) -> None:
        """Write to the terminal what is no part of the picture: a bell, a notification."""

    def flush(self) -> None:
        """Show a new snapshot now."""

    def show_keys(self) -> None:
        """Show the keys that work where the focus is."""

    def show_stop(self) -> None:
        """Show on every screen how to stop the recipe."""

    async def show_over(self, workspace: Workspace, tab: str, over: str | Widget | None) -> None:
        """Show a pane in place of a chamber's tab until this is called with None."""

    def where_logged(self) -> str:
        """Return where the details of a defect are, as a sentence; empty where nothing can be logged."""


class Workspace:
    """One chamber as the screens see it. Made by the app; panes and dialogs take one in the constructor."""

    def __init__(
        self,
        station: Station,
        start: Start,
        keys: Mapping[str, str],
        memory: Memory,
        window: Window,
        playback: Playback | None = None,
    ) -> None:
        self.station = station
        self.start = start
        self.keys = keys
        """Id of an action -> its first key, as it is printed."""
        self.memory = memory
        self.window = window
        self.playback = playback
        """What turns the replay; None where the chamber is there now."""
        self.glyphs: Glyphs = ASCII if start.display.ascii else UNICODE
        self.times = Times(start.display.time)
        self.held = False
        """The picture is held: the same snapshot goes on being shown."""
        self.snapshot: Snapshot = station.snapshot()
        """The one that is shown."""

    def look(self) -> Snapshot:
        """Return a new snapshot, which is shown from now on unless the picture is held."""
        snapshot = self.station.snapshot()
        if not self.held:
            self.snapshot = snapshot
        return snapshot

    @property
    def mode(self) -> Mode:
        """Whether commands can be sent from here."""
        if self.playback is not None:
            return Mode.REPLAY
        return Mode.OBSERVE if self.station.observe else Mode.CONTROL

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog and return its answer; None where it was left. Only from a worker."""
        return await self.window.push_screen_wait(dialog)

    def say(
        self, text: str, severity: SeverityLevel = "information", *, title: str = "", seconds: float = 8.0
    ) -> None:
        """Say something in a toast; never markup."""
        self.window.notify(
            self.glyphs.plain(text), title=title, severity=severity, timeout=seconds, markup=False
        )

    def remember(self, **changes: object) -> None:
        """Keep something for the next start; say it where that fails."""
        if problem := self.memory.keep(**changes):
            self.say(problem, "warning")

    async def show_over(self, tab: str, over: str | Widget | None) -> None:
        """Show a pane in place of a tab until this is called with None; a text is its id in `TABS`."""
        await self.window.show_over(self, tab, over)
