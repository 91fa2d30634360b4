"""The keys that work on every tab: what each does to the station, or asks before it does it."""

from __future__ import annotations

from textual import work

from xovac_tui import paths
from xovac_tui.chamber.snapshot import Outcome, RunState
from xovac_tui.config import state
from xovac_tui.errors import XovacError
from xovac_tui.recording.status import RecorderState
from xovac_tui.ui.action import Action
from xovac_tui.ui.replay_actions import ReplayKeys
from xovac_tui.ui.screens.pane import Pane

ACTIONS = (
    Action("help", "?", "help", "Explain the screen you are on, with its keys.", footer=True),
    Action(
        "palette", ":,ctrl+p", "palette", "Find a command by its name.", footer=True, method="command_palette"
    ),
    Action(
        "pause",
        "p",
        "pause",
        "Hold the picture still; data go on being received. A replay stands still, or goes on.",
        footer=True,
    ),
    Action("note", "n", "note", "Put a note on the time axis.", footer=True),
    Action(
        "observe", "o", "observe", "Switch between OBSERVE (nothing can be sent) and CONTROL.", footer=True
    ),
    Action(
        "prove-stop",
        "f8",
        "prove STOP",
        "Prove that STOP reaches this chamber: send cancel_recipe while nothing runs; asks first.",
    ),
    Action("reconnect", "r", "reconnect", "Connect now, without waiting for the next try."),
    Action("seen", "u", "unknown seen", "Say that you have looked at commands whose outcome is unknown."),
    Action("theme", "t", "theme", "Choose another theme."),
    Action(
        "redraw",
        "f9,ctrl+l",
        "redraw",
        "Draw the whole screen again, as after noise on the line; leave the notice that follows on defects.",
    ),
    Action("save-screen", "f12", "save screen", "Save a picture of the screen as an SVG file."),
    Action(
        "quit",
        "q,ctrl+c",
        "quit",
        "Leave; asks while a run is on or this console records. The chamber goes on with what it does.",
        footer=True,
    ),
)


class AppKeys(ReplayKeys):
    """What the app does for the keys of the table's scope `app`, but for the tabs and STOP."""

    paused: bool
    _leaving = False
    """Whether to leave is being asked."""

    @property
    def pane(self) -> Pane | None:
        """The tab that is shown."""
        raise NotImplementedError

    def action_pause(self) -> None:
        """Hold the picture, or let it go on; a replay stands still by itself."""
        if self.workspace.playback is not None:
            self.workspace.playback.toggle()
        else:
            self.paused = not self.paused
        self.flush()

    def action_observe(self) -> None:
        """Switch between OBSERVE and CONTROL."""
        if self.is_replay():
            return
        if self.workspace.station.observe and self.workspace.station.manner.observe_only:
            self.notify(
                "This console only observes, by its profile or by --observe. Start another to take control.",
                severity="warning",
                markup=False,
            )
            return
        self.workspace.station.set_observe(not self.workspace.station.observe)

    @work(group="dialog")
    async def action_prove_stop(self) -> None:
        """Prove that STOP reaches the chamber, after a question."""
        from xovac_tui.ui.screens.recipes.loading import Loading

        if not self.is_replay():
            await Loading(self.workspace).prove_stop()

    def action_reconnect(self) -> None:
        """Connect now."""
        if self.is_replay():
            return
        self.workspace.station.reconnect()
        self.notify("Connecting now. Nothing else is sent.", timeout=3, markup=False)

    def action_seen(self) -> None:
        """Put unknown outcomes away."""
        if self.is_replay():
            return
        self.workspace.station.look_at_unknown()

    @work(group="dialog")
    async def action_note(self) -> None:
        """Ask for a note and put it on the time axis."""
        if self.is_replay():
            return
        from xovac_tui.ui.dialogs.ask import AskDialog

        text = await self.workspace.ask(
            AskDialog(self.workspace, "Note", "Goes on the time axis, with the time of now.")
        )
        if text:
            self.workspace.station.note(text)
            self.notify("Noted.", timeout=2, markup=False)

    @work(group="dialog")
    async def action_theme(self) -> None:
        """Choose a theme, with a look at it while choosing."""
        from xovac_tui.ui.dialogs.choose import ChooseDialog

        before = self.theme
        names = sorted(self.available_themes, key=lambda n: (not n.startswith("xovac"), n))

        def preview(name: str) -> None:
            self.theme = name

        chosen = await self.workspace.ask(ChooseDialog(self.workspace, "Theme", names, before, preview))
        self.theme = chosen or before
        if chosen:
            configured = self.workspace.start.display.theme
            self.workspace.remember(theme=state.Remembered(chosen, configured))

    async def action_quit(self) -> None:
        """Leave; asks while a run is on or cannot be ruled out, or a recording would end."""
        self._quit()

    def _may_run(self) -> bool:
        """Return whether a run is on, or cannot be ruled out after what was sent from here."""
        if self.workspace.playback is not None:
            return False
        snapshot = self.workspace.station.snapshot()  # not the picture, which may be held
        run = snapshot.run
        if run.state is not RunState.UNKNOWN:
            return run.state is RunState.RUNNING
        begins = ("load_recipe", self.workspace.station.contract.start)
        happened = (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE, Outcome.SENT)
        return any(e.command in begins and e.outcome in happened for e in snapshot.ledger)

    def _would_end(self) -> bool:
        """Return whether leaving would end a recording, or lose what waits to be written."""
        ours = (RecorderState.STARTING, RecorderState.ON, RecorderState.FAILING)
        return self.workspace.station.recorder.state in ours or self.workspace.station.record.at_stake > 0

    @work(group="dialog")
    async def _quit(self) -> None:
        if self._leaving:
            return
        self._leaving = True
        try:
            if await self._may_quit():
                self.exit(0)
        finally:
            self._leaving = False

    async def _may_quit(self) -> bool:
        for pane in self.screen_stack[0].query(Pane):
            if not await pane.may_leave():
                return False
        if not self._may_run() and not self._would_end():
            return True
        from xovac_tui.ui.dialogs.quit import QuitDialog

        leave = await self.workspace.ask(QuitDialog(self.workspace))
        return leave is True

    def action_save_screen(self) -> None:
        """Save the screen as an SVG beside the program's other files."""
        from xovac_tui.recording.exports.events import export_file
        from xovac_tui.recording.exports.newfile import new_file

        folder = paths.state_folder()
        saved = export_file(folder, "screen", self.workspace.station.clock.utc(), ".svg")
        try:
            with new_file(saved, derived=True) as file:
                file.write(self.export_screenshot())
        except (OSError, XovacError) as why:
            said = getattr(why, "strerror", None) or why
            self.notify(f"The picture was not saved in {folder}: {said}.", severity="error", markup=False)
            return
        self.notify(f"Saved {saved}", timeout=8, markup=False)
