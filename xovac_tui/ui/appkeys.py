"""The keys that work on every tab: what each does to the station, or asks before it does it."""

from __future__ import annotations

import msgspec
from textual import work

from xovac_tui import paths, state
from xovac_tui.chamber.snapshot import Outcome, RunState, Snapshot
from xovac_tui.launch import Launch
from xovac_tui.ui.pane import Pane
from xovac_tui.ui.replaykeys import ReplayKeys


class AppKeys(ReplayKeys):
    """What the app does for the keys of the table's scope `app`, but for the tabs and STOP."""

    launch: Launch
    snapshot: Snapshot
    memory: state.State
    paused: bool

    @property
    def pane(self) -> Pane | None:
        """The tab that is shown."""
        raise NotImplementedError

    def remember(self, **changes: object) -> None:
        """Keep something for the next start; failing to is no error."""
        self.memory = msgspec.structs.replace(self.memory, **changes)
        if problem := state.save_state(self.memory, self.launch.state_path):
            self.notify(problem, severity="warning", markup=False)

    def action_pause(self) -> None:
        """Hold the picture, or let it go on; a replay stands still by itself."""
        if self.player is not None:
            self.player.toggle()
        else:
            self.paused = not self.paused
        self.flush()

    def action_observe(self) -> None:
        """Switch between OBSERVE and CONTROL."""
        if self.is_replay():
            return
        if self.station.observe and self.station.profile.observe:
            self.notify(
                "This console only observes, by its profile or by --observe. Start another to take control.",
                severity="warning",
                markup=False,
            )
            return
        self.station.set_observe(not self.station.observe)

    def action_reconnect(self) -> None:
        """Connect now."""
        if self.is_replay():
            return
        self.station.reconnect()
        self.notify("Connecting now. Nothing else is sent.", timeout=3, markup=False)

    def action_seen(self) -> None:
        """Put unknown outcomes away."""
        if self.is_replay():
            return
        self.station.look_at_unknown()

    @work(group="dialog")
    async def action_note(self) -> None:
        """Ask for a note and put it on the time axis."""
        if self.is_replay():
            return
        from xovac_tui.ui.dialogs.ask import AskDialog

        text = await self.push_screen_wait(AskDialog("Note", "Goes on the time axis, with the time of now."))
        if text:
            self.station.note(text)
            self.notify("Noted.", timeout=2, markup=False)

    @work(group="dialog")
    async def action_theme(self) -> None:
        """Choose a theme, with a look at it while choosing."""
        from xovac_tui.ui.dialogs.choose import ChooseDialog

        before = self.theme
        names = sorted(self.available_themes, key=lambda n: (not n.startswith("xovac"), n))

        def preview(name: str) -> None:
            self.theme = name

        chosen = await self.push_screen_wait(ChooseDialog("Theme", names, before, preview))
        self.theme = chosen or before
        if chosen:
            self.remember(theme=state.Remembered(chosen, self.launch.settings.display.theme))

    @work(group="dialog")
    async def action_help(self) -> None:
        """Explain the tab."""
        from xovac_tui.ui.dialogs.help import HelpDialog

        await self.push_screen_wait(HelpDialog(self.pane))

    async def action_quit(self) -> None:
        """Leave; asks while a run is on or cannot be ruled out, or something cannot be recorded."""
        self._quit()

    def _may_run(self) -> bool:
        """Return whether a run is on, or cannot be ruled out after what was sent from here."""
        if self.player is not None:
            return False
        snapshot = self.station.snapshot()  # not the picture, which may be held
        run = snapshot.run
        if run.state is not RunState.UNKNOWN:
            return run.state is RunState.RUNNING
        begins = ("load_recipe", self.station.contract.start)
        happened = (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE, Outcome.SENT)
        return any(e.command in begins and e.outcome in happened for e in snapshot.ledger)

    @work(group="dialog")
    async def _quit(self) -> None:
        for pane in self.screen_stack[0].query(Pane):
            if not await pane.may_leave():
                return
        if self._may_run() or self.station.record.at_stake:
            from xovac_tui.ui.dialogs.quit import QuitDialog

            if not await self.push_screen_wait(QuitDialog(self.station, self.snapshot)):
                return
        self.exit(0)

    def action_save_screen(self) -> None:
        """Save the screen as an SVG beside the program's other files."""
        folder = paths.state_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            saved = self.save_screenshot(path=str(folder))
        except OSError as why:
            self.notify(
                f"The picture was not saved in {folder}: {why.strerror}.", severity="error", markup=False
            )
            return
        self.notify(f"Saved {saved}", timeout=8, markup=False)
