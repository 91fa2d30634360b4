"""The chambers that are open: each with its station, messages and screen; one of them is shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial

from textual.dom import DOMNode
from textual.screen import Screen
from textual.timer import Timer

from xovac_tui.chamber.snapshot import Outcome, RunState
from xovac_tui.errors import XovacError
from xovac_tui.recording.status import RecorderState
from xovac_tui.station.news import News
from xovac_tui.station.station import Station
from xovac_tui.ui import dialogs
from xovac_tui.ui.chamber_screen import ChamberScreen
from xovac_tui.ui.format import where_logged
from xovac_tui.ui.messages import CHECK_SECONDS, Messages, ring_for_alarms
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.start import OpenedProfile, ProfileLine, ProfileSource
from xovac_tui.ui.terminal.app import TerminalApp
from xovac_tui.ui.terminal.mending import take_away
from xovac_tui.ui.workspace import Workspace

DEFECT = "Defect"
"""Title of the message about one."""
AGAIN_SECONDS, _LONGEST_PAUSE = 2.0, 30.0
"""Seconds before the station restarts after a defect: at first, and at most."""
MOUNT_SECONDS = 3.0
"""Longest wait for widgets that are not there yet, seconds."""
_END_SECONDS = 15.0
"""Seconds that stations get at the end of the console; what they close has shorter limits of its own."""


class OpenChamber:
    """One chamber that is open."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.messages = Messages(workspace)
        self.frame: ChamberScreen | None = None
        """Its screen, which lives on while another chamber is shown; None: it is built when it is shown."""
        self.building: ChamberScreen | None = None
        """Its screen until that is built; a try to show it that took too long goes on with it."""
        self.kept: dict[str, Callable[[], Pane]] = {}
        """Factories of the panes shown in place of a tab, kept over a defect of the screen."""
        self.task: asyncio.Task[None] | None = None
        """Keeps the station running."""
        self.unsubscribe: Callable[[], None] = lambda: None
        self.ringing: Timer | None = None


class Chambers:
    """Opens, shows and closes chambers. STOP and every key are for the one that is shown."""

    def __init__(
        self,
        app: TerminalApp,
        first: Workspace,
        make: Callable[[OpenedProfile], Workspace],
        moved: Callable[[], None],
    ) -> None:
        """`make` makes the workspace of a chamber; `moved` is called when another one is shown."""
        self._app, self._make, self._moved = app, make, moved
        self.shown = OpenChamber(first)
        """The chamber that is shown."""
        self.workspaces: dict[str, Workspace] = {first.station.name: first}
        """Name -> workspace of each open chamber, in the order in which they were opened."""
        self._open = {first.station.name: self.shown}
        self._busy: dict[str, str] = {}
        """Name of a chamber that is being opened or closed -> what is done with it."""
        self._ended: list[Workspace] = []
        self._before: list[str] = []
        """Names of the chambers that were shown before, the newest last."""
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> Sequence[OpenChamber]:
        """The open chambers, in the order in which they were opened."""
        return tuple(self._open.values())

    @property
    def source(self) -> ProfileSource | None:
        """Where chambers to open come from; None: nowhere."""
        return self.shown.workspace.start.profiles

    @property
    def unwritten(self) -> Sequence[str]:
        """After the end, what is not in the records and why, a sentence each."""
        workspaces = (*self._ended, *self.workspaces.values())
        return [said for one in workspaces if (said := one.station.record.unwritten)]

    def busy(self, name: str) -> str:
        """Return what is done with a chamber, "opening" or "closing"; empty for nothing."""
        return self._busy.get(name, "")

    # -- news -----------------------------------------------------------------------------------------

    def attend(self, chamber: OpenChamber) -> None:
        """Subscribe to the news of a chamber, and ring for its alarms."""
        station = chamber.workspace.station
        chamber.unsubscribe = station.subscribe(
            lambda news: self._app.guarded(partial(self._take_news, chamber, news))
        )
        if ring_if_due := ring_for_alarms(chamber.workspace):
            chamber.ringing = self._app.set_interval(CHECK_SECONDS, ring_if_due)

    def _take_news(self, chamber: OpenChamber, news: News) -> None:
        if not self._app.is_running or not self._app.screen_stack:
            return
        chamber.messages.on_news(news)
        # A pane that is not seen takes news as the panes behind other tabs do, and nothing is painted.
        frame = chamber.frame or chamber.building
        if frame is not None and frame._mounted_event.is_set():
            frame.on_news(news)
        if chamber is self.shown:
            chamber.workspace.window.flush()

    # -- stations -------------------------------------------------------------------------------------

    def start(self, chamber: OpenChamber) -> None:
        """Run the station of a chamber until it is closed, or the console ends."""
        chamber.task = asyncio.create_task(self._keep_station(chamber), name="station")

    async def _keep_station(self, chamber: OpenChamber) -> None:
        """Run the station to the end of the console; after a defect restart it and show a message."""
        workspace, pause = chamber.workspace, AGAIN_SECONDS
        while True:
            try:
                await workspace.station.run()
                return
            except Exception as error:
                self._app.mender.log(error)
                log_file = workspace.window.log_file
                workspace.say(
                    f"Link and recording failed by a defect ({type(error).__name__}) and begin again. "
                    f"Nothing was sent. {where_logged(log_file)}".rstrip(),
                    "error",
                    title=DEFECT,
                    seconds=60,
                    path=log_file,
                )
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def begin_end(self) -> None:
        """End all stations, each with its record; `ended` waits for that."""
        for chamber in self.open:
            chamber.unsubscribe()
            if chamber.task is not None:
                chamber.task.cancel()
                self._ending.add(chamber.task)

    async def ended(self) -> None:
        """Wait until all stations have ended."""
        if self._ending:
            await asyncio.wait(self._ending, timeout=_END_SECONDS)

    # -- one after another on the screen --------------------------------------------------------------

    async def show(self, name: str) -> bool:
        """Show another open chamber; return False, with a message, where something else is open above it."""
        chamber, app = self._open.get(name), self._app
        if chamber is None or chamber is self.shown:
            return chamber is not None
        if not self._may_switch():
            return False
        frame = chamber.frame or await self._built(chamber)
        if frame is None or chamber is self.shown:
            return frame is not None
        self._before = [one for one in self._before if one != name] + [self.shown.workspace.station.name]
        self.shown = chamber
        app.swap_lowest(frame)
        self._moved()
        await frame.bring_back(chamber.kept, frame.active_tab)
        chamber.messages.shown()
        return True

    async def _built(self, chamber: OpenChamber) -> ChamberScreen | None:
        """Return the screen of a chamber once it is built; None, with a message, where it cannot be shown."""
        frame = chamber.building
        if frame is None:
            frame = chamber.building = ChamberScreen(chamber.workspace)
            self._app.add_unseen(frame)
        name = chamber.workspace.station.name
        try:
            async with asyncio.timeout(MOUNT_SECONDS):
                await frame._mounted_event.wait()
        except TimeoutError:
            self.shown.workspace.say(
                f"{name} is open, but this machine is too busy to show it now. Try again.", "warning"
            )
            return None
        if not self._may_switch() or self._open.get(name) is not chamber:
            return None
        chamber.frame, chamber.building = frame, None
        return frame

    def _may_switch(self) -> bool:
        stack = self._app.screen_stack
        if len(stack) == 1 and isinstance(stack[0], ChamberScreen) and not self._app.dialog_follows:
            return True
        self.shown.workspace.say("Close what is open here, then go to another chamber.", "warning")
        return False

    async def open_named(self, name: str) -> bool:
        """Open a chamber beside the others and show it; one that is open is only shown.

        Returns False, with a message, where that is not possible.
        """
        if name in self._open:
            return await self.show(name)
        say, source = self.shown.workspace.say, self.source
        if doing := self.busy(name):
            say(f"{name} is {doing}: wait a moment, then try again.")
            return False
        if source is None or not self._may_switch():
            return False
        self._busy[name] = "opening"
        try:
            opened = await asyncio.to_thread(source.opened, name)
        except XovacError as error:
            say(str(error), "error", title=f"{name} was not opened", seconds=20)
            return False
        finally:
            del self._busy[name]
        place = opened.station.manner.place
        same = [one for one in self.workspaces.values() if place and one.station.manner.place == place]
        chamber = OpenChamber(self._make(opened))
        self._open[name], self.workspaces[name] = chamber, chamber.workspace
        self.attend(chamber)
        self.start(chamber)
        for note in opened.notes:
            chamber.workspace.say(note, "warning", title="Settings", seconds=20)
        if same:
            chamber.workspace.say(
                f"{name} has the address of {same[0].station.name}, which is open: one chamber is recorded twice, "
                "and its alarms are raised twice.",
                "warning",
                seconds=20,
            )
        return await self.show(name)

    async def close(self, name: str) -> None:
        """Close a chamber that is not the last one: its recording and alarms end; nothing is sent to it."""
        chamber = self._open.get(name)
        if chamber is None or len(self._open) == 1:
            return
        if chamber is self.shown:
            left = [one for one in (*self._open, *self._before) if one != name and one in self._open]
            if not await self.show(left[-1]):
                return
        del self._open[name], self.workspaces[name]
        self._busy[name] = "closing"
        self._ended.append(chamber.workspace)
        chamber.unsubscribe()
        if chamber.ringing is not None:
            chamber.ringing.stop()
        # The end of the console waits for it, too, and ends it no second time.
        ending = asyncio.create_task(self._end(name, chamber), name=f"close {name}")
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        self.shown.workspace.window.flush()
        await asyncio.shield(ending)

    async def _end(self, name: str, chamber: OpenChamber) -> None:
        if chamber.task is not None:
            chamber.task.cancel()
            await asyncio.wait([chamber.task])
        del self._busy[name]
        if (frame := chamber.frame or chamber.building) is not None:
            # What is taken away while it is being built fails in what it has not built yet.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOUNT_SECONDS):
                    await frame._mounted_event.wait()
            await take_away([frame])
        say, unwritten = self.shown.workspace.say, chamber.workspace.station.record.unwritten
        if unwritten:
            say(unwritten, "error", title=f"{name} is closed", seconds=60)
        else:
            say("Nothing was sent to it.", title=f"{name} is closed")

    async def choose(self) -> None:
        """Ask which chamber to show, to open or to close, and do so."""
        workspace = self.shown.workspace
        listed: Sequence[ProfileLine] = ()
        if self.source is not None:
            try:
                listed = await asyncio.to_thread(self.source.listed)
            except XovacError as error:
                workspace.say(str(error), "error", title="The profiles cannot be read")
        chosen = await workspace.ask(dialogs.chambers.ChambersDialog(workspace, partial(self._rows, listed)))
        if chosen is None:
            return
        if chosen.close:
            await self._ask_to_close(chosen.name)
        else:
            await self.open_named(chosen.name)

    def _rows(self, listed: Sequence[ProfileLine]) -> list[dialogs.chambers.ChamberRow]:
        row = dialogs.chambers.ChamberRow
        return [
            *(row(name, "", one) for name, one in self.workspaces.items()),
            *(
                row(one.name, one.about, None, self.busy(one.name))
                for one in listed
                if one.name not in self._open
            ),
        ]

    async def _ask_to_close(self, name: str) -> None:
        """Show a chamber, ask whether to close it, and show the present one again."""
        before = self.shown.workspace.station.name
        if not await self.show(name) or not await self._may_leave_panes(self.shown):
            return
        answer = await self.shown.workspace.ask(dialogs.quit.CloseDialog(self.shown.workspace))
        if answer == "close":
            await self.close(name)
        if before in self._open:
            await self.show(before)

    # -- the end --------------------------------------------------------------------------------------

    async def may_leave(self) -> bool:
        """Return whether the console may be left; asks once, and names each chamber with what ends."""
        for chamber in (self.shown, *(one for one in self.open if one is not self.shown)):
            unseen = chamber is not self.shown
            if unseen and (chamber.frame is None or not chamber.frame.unsaved()):
                continue
            if unseen and not await self.show(chamber.workspace.station.name):
                return False
            if not await self._may_leave_panes(chamber):
                return False
        lost = dialogs.quit.unsaved_texts(self.workspaces.values(), self._app.screen_stack)
        if not lost and not any(_may_run(one) or _would_end(one.station) for one in self.workspaces.values()):
            return True
        workspace = self.shown.workspace
        return await workspace.ask(dialogs.quit.QuitDialog(workspace)) == "leave"

    async def _may_leave_panes(self, chamber: OpenChamber) -> bool:
        for pane in chamber.frame.query(Pane) if chamber.frame is not None else ():
            if not await pane.may_leave():
                return False
        return True

    # -- defects --------------------------------------------------------------------------------------

    def take_defect(self, node: object, error: Exception) -> bool:
        """Take a defect of a screen that is not shown: it is built again when it is; False for another."""
        while isinstance(node, DOMNode) and not isinstance(node, Screen):
            node = node._parent
        for chamber in self.open:
            frame = chamber.frame or chamber.building
            if chamber is not self.shown and frame is not None and frame is node:
                chamber.frame = chamber.building = None
                self._app.mender.log(error)
                chamber.kept |= frame.unsaved()
                self._app.run_worker(take_away([frame]), group="broken", exit_on_error=False)
                return True
        return False


def _may_run(workspace: Workspace) -> bool:
    """Return whether a run is on, or may be on after the commands sent from here."""
    if workspace.playback is not None:
        return False
    station = workspace.station
    snapshot = station.snapshot()  # from the station: the picture may be held
    run = snapshot.run
    if run.state is not RunState.UNKNOWN:
        return run.state is RunState.RUNNING
    begins = ("load_recipe", station.contract.start)
    happened = (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE, Outcome.SENT)
    return any(e.command in begins and e.outcome in happened for e in snapshot.ledger)


def _would_end(station: Station) -> bool:
    """Return whether leaving would end a recording, or lose events that wait to be written."""
    ours = (RecorderState.STARTING, RecorderState.ON, RecorderState.FAILING)
    return station.recorder.state in ours or station.record.at_stake > 0
