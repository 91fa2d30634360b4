"""The workspace of one chamber: the only object that panes, dialogs and STOP receive."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from xovac_tui import replay
from xovac_tui import station as station_room
from xovac_tui.chamber.snapshot import LedgerEntry, Snapshot
from xovac_tui.config import Display
from xovac_tui.config.state import State, save_state
from xovac_tui.station.station import Station
from xovac_tui.text import clean
from xovac_tui.ui.drafts import Drafts
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import ASCII, UNICODE, Glyphs
from xovac_tui.ui.message_history import USUAL_SECONDS, MessageHistory, Severity
from xovac_tui.ui.sizes import SizeStep, step_of
from xovac_tui.ui.start import Start

T = TypeVar("T")
_LONGEST = 4_000
"""Characters of a line in a message at most."""


class Mode(Enum):
    """Whether the console may send commands."""

    CONTROL = "commands can be sent"
    OBSERVE = "nothing is sent"
    REPLAY = "there is no chamber to send to"


class Memory:
    """State kept for the next start; shared by all workspaces."""

    def __init__(self, state: State, path: Path) -> None:
        self.state = state
        self._path = path

    def keep(self, **changes: object) -> str:
        """Change fields of the state and write it; return why that failed, empty if it did not."""
        self.state = msgspec.structs.replace(self.state, **changes)
        return save_state(self.state, self._path)


class Window(Protocol):
    """The interface of the app that the screens of a chamber use."""

    dialog_follows: bool
    """True while a dialog was closed and the next one is on its way: only STOP goes below it."""

    @property
    def workspace(self) -> Workspace:
        """The chamber that is shown."""

    @property
    def workspaces(self) -> Mapping[str, Workspace]:
        """Name -> chamber, of all that are open."""

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """The stack of screens, lowest first."""

    @property
    def size(self) -> Size:
        """The size of the terminal."""

    async def push_screen_wait(self, screen: Screen[T]) -> T:
        """Show a screen above the others and return its answer. Call it from a worker."""

    def show_messages(self) -> None:
        """Show the message of the moment on every screen."""

    def run_worker(self, work: Awaitable[None], *, group: str) -> object:
        """Run work that continues after the screen that began it is gone."""

    def suspend(self) -> AbstractContextManager[None]:
        """Lend the terminal to another program."""

    def write_beside(self, characters: str) -> None:
        """Write a sequence that is not part of the picture, such as a bell or a notification."""

    def flush(self) -> None:
        """Show a new snapshot now."""

    def show_keys(self) -> None:
        """Show the keys that work where the focus is."""

    def show_stop(self) -> None:
        """Show on every screen how to stop the recipe."""

    async def show_over(self, workspace: Workspace, tab: str, over: str | Widget | None) -> None:
        """Show a pane in place of a chamber's tab until this is called with None."""

    @property
    def log_file(self) -> str:
        """The file with the details of a defect, as shown; empty if there is none."""


class Workspace:
    """One chamber for the screens. Made by the app; panes and dialogs take one in the constructor."""

    def __init__(
        self,
        station: Station,
        start: Start,
        keys: Mapping[str, str],
        memory: Memory,
        window: Window,
        playback: replay.playback.Playback | None = None,
    ) -> None:
        self.station = station
        self.start = start
        self.keys = keys
        """Id of an action -> its first key, as it is printed."""
        self.memory = memory
        self.window = window
        self.playback = playback
        """Playback of a replay; None for a live chamber."""
        self.glyphs: Glyphs = ASCII if start.display.ascii else UNICODE
        self.times = Times(start.display.time)
        self.units = start.display.units
        station.alarms.show_in(self.units)
        """The units in which every value is shown."""
        self.history = MessageHistory()
        """What was said."""
        self._contract_desk: station_room.contract_desk.ContractDesk | None = None
        self.drafts = Drafts()
        """What was typed into forms that were left without saving."""
        self.held = False
        """The picture is held: the shown snapshot does not change."""
        self.snapshot: Snapshot = station.snapshot()
        """The shown snapshot."""
        self.newest = self.snapshot
        """The newest snapshot, shown or not."""

    def show_as(self, display: Display) -> None:
        """Show times and values as these settings say from now on."""
        self.times, self.units = Times(display.time), display.units
        self.station.alarms.show_in(display.units)

    @property
    def contract_desk(self) -> station_room.contract_desk.ContractDesk:
        """Where the contract of the chamber is changed."""
        if self._contract_desk is None:
            place = self.start.contract_place
            self._contract_desk = station_room.contract_desk.ContractDesk(self.station, place)
        return self._contract_desk

    def take_snapshot(self) -> Snapshot:
        """Return a new snapshot, and show it from now on unless the picture is held."""
        snapshot = self.newest = self.station.snapshot()
        if not self.held:
            self.snapshot = snapshot
        return snapshot

    @property
    def mode(self) -> Mode:
        """Whether commands can be sent from here."""
        if self.playback is not None:
            return Mode.REPLAY
        return Mode.OBSERVE if self.station.observe else Mode.CONTROL

    @property
    def step(self) -> SizeStep:
        """What the size of the terminal has room for."""
        return step_of(*self.window.size)

    @property
    def is_shown(self) -> bool:
        """False while another chamber is shown in place of this one."""
        return self.window.workspace is self

    @property
    def others(self) -> Sequence[Workspace]:
        """The other chambers that are open."""
        return [one for one in self.window.workspaces.values() if one is not self]

    def titled(self, title: str) -> str:
        """Return a title of a dialog, with the chamber's name before it where several are open."""
        return f"{self.station.name}: {title}" if self.others else title

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog and return its answer, None if it was left. Call it from a worker.

        Of a chamber that is not shown nothing is asked: the answer would be given looking at another one.
        """
        if not self.is_shown:
            self.say(
                "A question was left out, as if it was left by esc, while another chamber was shown.",
                "warning",
            )
            return None
        return await self.window.push_screen_wait(dialog)

    def say(
        self,
        text: str,
        severity: Severity = "information",
        *,
        title: str = "",
        seconds: float = USUAL_SECONDS,
        path: Path | str = "",
        stays: bool = False,
        entry: LedgerEntry | None = None,
    ) -> None:
        """Say something in the message line and in the history, as plain text.

        The line shows its first line, as new for `seconds`, and if it `stays` until it was seen. `path` is
        the file or folder that the text is about: it follows the text, and can be copied. `entry` is the
        command whose outcome it reports.
        """
        plain, clock = self.glyphs.plain, self.station.clock
        self.history.add(
            plain("\n".join(clean(line, _LONGEST) for line in text.split("\n"))),
            severity,
            clock.utc(),
            clock.mono(),
            title=plain(clean(title, _LONGEST)),
            path=str(path),
            seconds=seconds,
            stays=stays,
            entry=entry,
        )
        self.window.show_messages()

    def remember(self, **changes: object) -> None:
        """Keep fields of the state for the next start; say so if that fails."""
        if problem := self.memory.keep(**changes):
            self.say(problem, "warning")

    async def show_over(self, tab: str, over: str | Widget | None) -> None:
        """Show a pane in place of a tab until this is called with None; a text is its id in `TABS`."""
        await self.window.show_over(self, tab, over)
