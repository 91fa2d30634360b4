"""The actions that work on every tab."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine

from textual.app import App

from xovac_tui import paths
from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.config import state
from xovac_tui.errors import XovacError
from xovac_tui.recording import exports
from xovac_tui.ui import dialogs
from xovac_tui.ui.action import Action, placed
from xovac_tui.ui.screens import recipes
from xovac_tui.ui.workspace import Workspace

ZOOM = Action(
    "zoom",
    "f10",
    "zoom",
    "Give the panel with the focus the whole tab; once more, or esc, shows all panels again.",
    footer=True,
    method="screen.zoom",
)
CHAMBERS = Action(
    "chambers",
    "P",
    "chambers",
    "Open another profile beside this one, go to an open one, or close one; all record and alarm.",
    footer=True,
)
ACTIONS = placed(
    "everywhere",
    Action(
        "help", "?", "help", "Explain the screen you are on, with its keys.", footer=True, method="app.help"
    ),
    Action(
        "palette",
        ":,ctrl+p",
        "palette",
        "Find anything by its name: actions, commands, recipes, channels, runs, settings, themes, help.",
        footer=True,
        method="app.command_palette",
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
        sends=STOP_COMMAND,
    ),
    Action("reconnect", "r", "reconnect", "Connect now, and read the contract files again."),
    Action(
        "seen",
        "u",
        "seen",
        "Dismiss the unknown outcomes and alarms that stay in the message line: you have seen them.",
    ),
    Action("messages", "M", "messages", "Read all messages: time, text, and paths that can be copied."),
    Action(
        "tour",
        "f1",
        "tour",
        "Take the tour: where to look, naming, outcomes, and STOP with a drill on the demo.",
    ),
    Action("theme", "t", "theme", "Choose another theme."),
    Action(
        "redraw",
        "f3,ctrl+l",
        "redraw",
        "Draw the whole screen again, as after noise on the line; leave the notice that follows on defects.",
        method="app.redraw",
    ),
    Action(
        "settings",
        "f9",
        "settings",
        "Change theme, times, units, keys and more in the settings file, and test the receivers of alarms.",
        method="app.settings",
    ),
    Action("save-screen", "f12", "save screen", "Save a picture of the screen as an SVG file."),
    Action(
        "quit",
        "q,ctrl+c",
        "quit",
        "Leave; asks while a run is on or this console records. The chamber goes on with what it does.",
        footer=True,
    ),
    CHAMBERS,
    ZOOM,
    Action(
        "copy",
        "y",
        "copy",
        "Copy what has the focus: a value or a row by way of the terminal, the chart as a CSV file.",
        method="screen.copy",
    ),
)


class AppActions:
    """The methods of these actions, but for the app's own; bindings name it `everywhere`."""

    def __init__(
        self,
        app: App[int],
        workspace: Callable[[], Workspace],
        may_leave: Callable[[], Awaitable[bool]],
        choose_chamber: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        """`may_leave` asks whether the console may be left, `choose_chamber` which chamber to show."""
        self._app, self._workspace = app, workspace
        self._may_leave, self._choose_chamber = may_leave, choose_chamber
        self._leaving = False
        """Whether to leave is being asked."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Return True: they are always available."""
        return True

    def _live(self) -> Workspace | None:
        """Return the live station; None in a replay, with a message that nothing can be sent."""
        workspace = self._workspace()
        if workspace.playback is None:
            return workspace
        workspace.say("This is a replay: nothing can be sent or noted.", seconds=4)
        return None

    def _ask(self, asking: Coroutine[None, None, None]) -> None:
        self._app.run_worker(asking, group="dialog")

    def action_pause(self) -> None:
        """Hold or release the picture; in a replay, pause or resume the playback."""
        workspace = self._workspace()
        if workspace.playback is not None:
            workspace.playback.toggle()
        else:
            workspace.held = not workspace.held
        workspace.window.flush()

    def action_observe(self) -> None:
        """Switch between OBSERVE and CONTROL."""
        if (workspace := self._live()) is None:
            return
        station = workspace.station
        if station.observe and station.manner.observe_only:
            workspace.say(
                "This console only observes, by its profile or by --observe. Start another to take control.",
                "warning",
            )
        else:
            station.set_observe(not station.observe)

    def action_prove_stop(self) -> None:
        """Prove that STOP reaches the chamber, after a question."""
        if (workspace := self._live()) is not None:
            self._ask(recipes.loading.Loading(workspace).prove_stop())

    def action_reconnect(self) -> None:
        """Connect now."""
        if (workspace := self._live()) is not None:
            workspace.station.reconnect()
            files = " The contract files are read again." if workspace.station.contract_files else ""
            workspace.say(f"Connecting now. Nothing else is sent.{files}", seconds=3)

    def action_seen(self) -> None:
        """Dismiss unknown outcomes and alarms in the message line."""
        workspace = self._workspace()
        for one in (workspace, *workspace.others):
            # What waits elsewhere is on this line, too; unknown outcomes of others stay in their ledgers.
            one.history.see_all()
        workspace.window.show_messages()
        if (live := self._live()) is not None:
            live.station.dismiss_unknown()

    def action_messages(self) -> None:
        """Open the history of messages; an alarm in the line counts as seen then."""
        self._ask(self._messages(self._workspace()))

    async def _messages(self, workspace: Workspace) -> None:
        workspace.history.see_all()
        await workspace.ask(dialogs.all_messages.HistoryDialog(workspace))

    def action_tour(self) -> None:
        """Take the tour."""
        self._ask(self._tour(self._workspace()))

    async def _tour(self, workspace: Workspace) -> None:
        if not workspace.memory.state.toured:
            workspace.remember(toured=True)
        await workspace.ask(dialogs.tour.TourDialog(workspace))

    def action_note(self) -> None:
        """Ask for a note and put it on the time axis."""
        if (workspace := self._live()) is not None:
            self._ask(self._note(workspace))

    async def _note(self, workspace: Workspace) -> None:
        words = "Goes on the time axis, with the time of now."
        if text := await workspace.ask(dialogs.ask.AskDialog(workspace, workspace.titled("Note"), words)):
            workspace.station.note(text)
            workspace.say("Noted.", seconds=2)

    def action_chambers(self) -> None:
        """Choose a chamber to show, to open or to close."""
        if self._live() is not None:
            self._ask(self._choose_chamber())

    def action_theme(self) -> None:
        """Choose a theme, shown while choosing."""
        self._ask(self._theme(self._workspace()))

    async def _theme(self, workspace: Workspace) -> None:
        app, before = self._app, self._app.theme
        names = sorted(app.available_themes, key=lambda n: (not n.startswith("xovac"), n))

        def preview(name: str) -> None:
            app.theme = name

        chosen = await workspace.ask(dialogs.choose.ChooseDialog(workspace, "Theme", names, before, preview))
        app.theme = chosen or before
        if chosen:
            workspace.remember(theme=state.Remembered(chosen, workspace.start.display.theme))

    def action_quit(self) -> None:
        """Leave the console; asks first if a run may be on, or a recording or a typed text would end."""
        self._ask(self._quit())

    async def _quit(self) -> None:
        if self._leaving:
            return
        self._leaving = True
        try:
            if await self._may_leave():
                self._app.exit(0)
        finally:
            self._leaving = False

    def action_save_screen(self) -> None:
        """Save the screen as an SVG beside the program's other files."""
        workspace, folder = self._workspace(), paths.state_folder()
        saved = exports.events.export_file(folder, "screen", workspace.station.clock.utc(), ".svg")
        try:
            with exports.newfile.new_file(saved, derived=True) as file:
                file.write(self._app.export_screenshot())
        except (OSError, XovacError) as why:
            said = getattr(why, "strerror", None) or why
            workspace.say(f"The picture was not saved: {said}.", "error", path=folder)
            return
        workspace.say("Saved", path=saved)
