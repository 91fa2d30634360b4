"""The app: holds a workspace for each chamber and shows the screen of one."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import msgspec
from textual import events, work
from textual._context import active_message_pump
from textual.actions import SkipAction
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.geometry import Size
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.widget import Widget
from textual.widgets import Input

from xovac_tui import paths, replay
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.config import Display
from xovac_tui.config.themes import DEFAULT_THEME, shipped_themes, unknown_theme, variable_defaults
from xovac_tui.errors import SettingsError
from xovac_tui.outlet import write_last
from xovac_tui.station.station import Station
from xovac_tui.text import writable
from xovac_tui.ui import app_actions, dialogs, palette, replay_actions, settings, tabs
from xovac_tui.ui.action import bindings
from xovac_tui.ui.actions import EVERYWHERE, Keys, check_keymap
from xovac_tui.ui.chamber_screen import ChamberScreen
from xovac_tui.ui.format import where_logged
from xovac_tui.ui.frame.defect_notice import NoticeScreen
from xovac_tui.ui.messages import Messages
from xovac_tui.ui.open_chambers import DEFECT, MOUNT_SECONDS, Chambers
from xovac_tui.ui.readable import readable
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.sizes import SizeStep, step_of
from xovac_tui.ui.start import OpenedProfile, Start
from xovac_tui.ui.stopping import Stopping
from xovac_tui.ui.terminal.app import TerminalApp
from xovac_tui.ui.terminal.lifecycle import run_in_terminal
from xovac_tui.ui.terminal.mending import Remedy, take_away
from xovac_tui.ui.terminal.modal import Modal
from xovac_tui.ui.terminal.plainfilter import PlainFilter
from xovac_tui.ui.terminal.scrollbar import AsciiScrollBar
from xovac_tui.ui.theming import to_textual
from xovac_tui.ui.widgets.fitting import fit_step
from xovac_tui.ui.widgets.message_line import MessageLine, elsewhere_messages
from xovac_tui.ui.widgets.rows import EnterClicked
from xovac_tui.ui.widgets.stopbar import KeyClicked
from xovac_tui.ui.workspace import Memory, Workspace

_START_SECONDS = 1.0
"""Seconds after which the station starts even without a first picture."""
_READ_AHEAD_SECONDS = 3.0
"""Seconds after which all tabs are imported: the first picture and the link come first."""


class XovacApp(TerminalApp):
    """The console's app; everything it shows comes from snapshots of its stations."""

    TITLE = "xovac-tui"
    ENABLE_COMMAND_PALETTE = False
    _themed = False
    """The user's theme is set."""
    plain: PlainFilter | None = None
    """Makes everything drawn plain characters; None where the terminal shows all signs."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings((*EVERYWHERE, *replay_actions.ACTIONS)),
        # Also in a text field, where Textual would only copy the selection.
        Binding("ctrl+c,super+c", "interrupt", show=False, priority=True),
    ]

    def __init__(
        self,
        start: Start,
        station: Station,
        playback: replay.playback.Playback | None = None,
        *,
        connect: bool = True,
    ) -> None:
        css = ("app.tcss", "ascii.tcss") if start.display.ascii else ("app.tcss",)
        super().__init__(self._build_again, self._report_failure, css)
        # Textual has no public way to leave its own notices out of every screen.
        self._disable_notifications = True
        self._start = start
        self._problems = list(start.notes)
        keymap: dict[str, str] = {}
        try:
            keymap = check_keymap(start.keys)
        except SettingsError as error:
            self._problems.append(str(error))
        self.set_keymap(keymap)
        self._keys = Keys(keymap)
        self._memory = Memory(start.state, start.state_path)
        first = Workspace(station, start, self._keys, self._memory, self, playback)
        self.chambers = Chambers(self, first, self._beside, self._chamber_changed)
        self.stopping = Stopping(self, lambda: self.workspace)
        self.everywhere = app_actions.AppActions(
            self, lambda: self.workspace, self.chambers.may_leave, self.chambers.choose
        )
        self.replay = replay_actions.ReplayActions(lambda: self.workspace)
        # Textual has no public way to add a namespace of actions.
        self._action_targets |= {"everywhere", "replay"}
        self._mended: dict[str, dict[str, str]] = {}
        """Name of a theme that is not ours -> its variables, made readable."""
        self._connect = connect
        self._started = False
        self._add_themes()

    @property
    def workspace(self) -> Workspace:
        """The chamber that is shown."""
        return self.chambers.shown.workspace

    @property
    def workspaces(self) -> Mapping[str, Workspace]:
        """Name of a chamber -> its workspace, of all that are open."""
        return self.chambers.workspaces

    @property
    def frame(self) -> ChamberScreen | None:
        """Screen of the chamber that is shown; None before the first one and on the notice of defects."""
        lowest = self.screen_stack[0] if self.screen_stack else None
        return lowest if isinstance(lowest, ChamberScreen) else None

    @property
    def messages(self) -> Messages:
        """The messages about the chamber that is shown."""
        return self.chambers.shown.messages

    # -- build --------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """Return the screen of the chamber that is shown."""
        frame = self.chambers.shown.frame = ChamberScreen(self.workspace)
        return frame

    def _beside(self, opened: OpenedProfile) -> Workspace:
        """Return the workspace of a chamber that is opened beside the others, which share what is for all."""
        start = msgspec.structs.replace(
            self.workspace.start, contract_place=opened.contract_place, tour=False, notes=()
        )
        return Workspace(opened.station, start, self._keys, self._memory, self)

    def _chamber_changed(self) -> None:
        """Show everything of the chamber that is shown from now on; STOP is for that one."""
        self.stopping.turn_away()
        self.fit_size(self.size)
        self.rebind(self._keys.keymap)
        if self.frame is not None:
            self.call_after_refresh(self.frame.give_focus)

    async def on_compose(self) -> None:
        """Have the whole screen built before its first picture."""
        await self.screen._mounted_event.wait()

    def on_mount(self) -> None:
        """Start the flush timer and, after the first paint, the station."""
        if self._connect:
            # First of all: a defect of the screen must not keep the station from starting.
            self.call_after_refresh(self._start_station)
            self.set_timer(_START_SECONDS, self._start_station)
        if self.workspace.glyphs.ascii:
            self.add_class("-ascii")
            ScrollBar.renderer = AsciiScrollBar
            self.plain = PlainFilter(self.workspace.glyphs.plain)
        for chamber in self.chambers.open:
            self.chambers.attend(chamber)
        self.set_interval(1 / self._start.display.refresh, self.flush)
        self.flush()
        self.show_keys()
        for problem in self._problems:
            self.workspace.say(problem, "warning", title="Settings", seconds=20)
        if self._start.tour:
            self.call_after_refresh(self.everywhere.action_tour)

    def _start_station(self) -> None:
        if not self._started and not self._exit:
            self._started = True
            self.set_timer(_READ_AHEAD_SECONDS, self._read_ahead)
            for chamber in self.chambers.open:
                self.chambers.start(chamber)

    def _read_ahead(self) -> None:
        self.run_worker(asyncio.to_thread(tabs.import_panes), group="read-ahead", exit_on_error=False)

    def _add_themes(self) -> None:
        for spec in self._start.themes:
            self.register_theme(to_textual(spec))
        wanted = self._start.theme
        if wanted not in self.available_themes:
            self._problems.append(str(unknown_theme(wanted, self.available_themes)))
            wanted = DEFAULT_THEME
        self._themed = True
        if self.available_themes[wanted].ansi:
            self.theme = wanted
        else:
            # Set without a change event: no style sheet is read yet, and the event would read them all twice.
            self.set_reactive(App.theme, wanted)
            dark = self.current_theme.dark
            self.update_classes(
                {f"-theme-{wanted}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False
            )
        self.stylesheet.set_variables(self.get_css_variables())

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables; none before there is one: Textual asks for its default's first."""
        if not self._themed:
            return {}
        variables, theme = super().get_css_variables(), self.current_theme
        if theme.ansi or theme.name in {spec.name for spec in shipped_themes()}:
            return variables
        # Themes that others made are made readable on our layers, with our signs.
        if theme.name not in self._mended:
            self._mended[theme.name] = readable(variables)
        self.theme_variables = self._mended[theme.name]
        return self.theme_variables

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colour variables that our widgets need, for Textual's own themes."""
        return variable_defaults(self.current_theme.dark)

    # -- pictures -----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Take one snapshot and show it."""
        if not self.is_running or not self.screen_stack:
            return
        for chamber in self.chambers.open:
            chamber.messages.report_unreadable()
        lowest = self.screen_stack[0]
        if isinstance(lowest, ChamberScreen | NoticeScreen):
            lowest.flush()
        self.show_messages(self.workspace.newest)

    def show_keys(self) -> None:
        """Show the keys that work where the focus is."""
        if self.frame is not None:
            self.frame.show_keys()
            self.stopping.show()

    def show_stop(self) -> None:
        """Show on every screen how to stop the recipe."""
        self.stopping.show()

    # -- STOP ---------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Pass every key to STOP first, above every dialog; in a text field `!` stays text."""
        if isinstance(event, events.Key) and self.stopping.takes(event):
            event.stop()
            event.prevent_default()
            return
        if self.is_too_early(event) or self.is_for_nothing(event):
            event.stop()
            event.prevent_default()
            return
        if isinstance(event, events.Key):
            for chamber in self.chambers.open:
                chamber.messages.key_pressed()
            if not event.is_forwarded and self.screen_stack and isinstance(self.screen, Modal):
                self.screen.foresee(event)
        elif isinstance(event, events.Paste):
            self.stopping.take_paste()
        await super().on_event(event)

    # -- actions ------------------------------------------------------------------------------------

    async def action_tab(self, tab: str) -> None:
        """Show a tab."""
        if self.frame is not None:
            await self.frame.show_tab(tab)

    async def action_quit(self) -> None:
        """Ask before quitting also where Textual itself offers it, such as by ctrl+q."""
        self.everywhere.action_quit()

    def action_interrupt(self) -> None:
        """Quit, in a text field too; copy what is marked there, if something is."""
        field = self.focused
        if isinstance(field, Input) and not field.selection.is_empty:
            field.action_copy()
        elif "ctrl+c" in self._keys.keymap.get("quit", "ctrl+c"):
            self.everywhere.action_quit()
        else:
            raise SkipAction

    async def show_over(self, workspace: Workspace, tab: str, over: str | Widget | None) -> None:
        """Show a pane in place of a chamber's tab until this is called with None."""
        for chamber in self.chambers.open:
            if chamber.workspace is workspace and chamber.frame is not None:
                await chamber.frame.show_over(tab, over)

    @work(group="dialog")
    async def action_help(self) -> None:
        """Explain the tab."""
        shown = self.frame.pane if self.frame is not None else None
        await self.explain(str(shown.id) if shown is not None else "")

    async def explain(self, tab: str) -> None:
        """Show the help of a tab, of none for an empty name; do what is chosen there."""
        workspace = self.workspace
        pane, title = (tabs.named(tab).load(), tabs.named(tab).title) if tab else (Pane, "")
        tables = self._keys.tables(title, pane.ACTIONS, replay=workspace.playback is not None)
        help_dialog = dialogs.help.HelpDialog(workspace, title, pane.HELP.format_map(self._keys), tables)
        chosen = await workspace.ask(help_dialog)
        if chosen is not None:
            own = tab if chosen in pane.ACTIONS else ""
            await palette.everything.Everything(self, workspace, self._keys.keymap).run(chosen, own)

    def _handle_exception(self, error: Exception) -> None:
        frames = [one.frame for one in self.chambers.open if one.frame is not None]
        if any(frame.opening.takes(error) for frame in frames):
            return
        if not self.chambers.take_defect(active_message_pump.get(None), error):
            super()._handle_exception(error)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy text, cut to what a terminal accepts."""
        super().copy_to_clipboard(writable(text))

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Return the screen as SVG, without addresses of fonts that a viewer would fetch."""
        svg = super().export_screenshot(title=title, simplify=simplify)
        return re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Put what Textual itself has to say into the message line: its own notices would cover readings."""
        self.workspace.say(message, severity, title=title)

    def show_messages(self, snapshot: Snapshot | None = None) -> None:
        """Show the message of the moment on every screen, as of a snapshot or of now."""
        if not self.is_running or not self.screen_stack:
            return
        workspace = self.workspace
        snapshot = snapshot or workspace.station.snapshot()
        others = {one.station.name: one.history for one in workspace.others}
        elsewhere = elsewhere_messages(others, snapshot.mono) if others else ()
        for screen in self.screen_stack:
            line = screen.query_one_optional(MessageLine)
            if line is not None:
                line.show(
                    workspace.history,
                    snapshot.ledger,
                    glyphs=workspace.glyphs,
                    times=workspace.times,
                    now=snapshot.mono,
                    keys=workspace.keys,
                    elsewhere=elsewhere,
                )

    # -- the palette ----------------------------------------------------------------------------------

    def action_command_palette(self) -> None:
        """Find anything by its name, and do what choosing it means."""
        everything = palette.everything.Everything(self, self.workspace, self._keys.keymap)
        self.run_worker(self.find(everything.batches), group="palette")

    def action_find(self, what: str) -> None:
        """Find a "channel", a "command" or an "alarm" by its name, and go there."""
        everything = palette.everything.Everything(self, self.workspace, self._keys.keymap)
        title = f"Find {'an' if what == 'alarm' else 'a'} {what}"
        self.run_worker(self.find(partial(everything.only, what), title), group="palette")

    async def find(self, batches: dialogs.palette.Batches, title: str = "") -> None:
        """Show the palette with these entries, and do what choosing one means. Call it from a worker."""
        workspace, before = self.workspace, self.theme

        def preview(name: str) -> None:
            self.theme = name or before

        chosen = None
        try:
            chosen = await workspace.ask(
                dialogs.palette.PaletteDialog(workspace, batches, preview, title=title)
            )
        finally:
            if chosen is None or not chosen.theme:
                self.theme = before
        if chosen is not None:
            await chosen.run()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what everything drawn goes through."""
        filters = super().get_line_filters()
        return filters if self.plain is None else [*filters, self.plain]

    async def on_key_clicked(self, message: KeyClicked) -> None:
        """Do what the clicked entry says; a click makes the first stroke of STOP, never the second."""
        if not message.title:
            if not self.stopping.switch.armed and self.stopping.field is None:
                self.stopping.press()
            return
        for active in list(self.screen.active_bindings.values()):
            if active.enabled and active.binding.show and active.binding.description == message.title:
                await self.run_action(active.binding.action, active.node)
                return

    async def on_enter_clicked(self, message: EnterClicked) -> None:
        """Do what enter does where it was clicked, whatever the settings' key for it."""
        pane = self.frame.pane if self.frame is not None else None
        opening = (
            {one.id for one in pane.ACTIONS if "enter" in one.keys.split(",")} if pane is not None else ()
        )
        for active in list(self.screen.active_bindings.values()):
            if active.enabled and (active.binding.id in opening or active.binding.key == "enter"):
                await self.run_action(active.binding.action, active.node)
                return

    async def open_chamber(self, name: str) -> None:
        """Show a chamber; open it beside the others first where it is not open."""
        await self.chambers.open_named(name)

    def action_settings(self) -> None:
        """Open the settings screen."""
        self.run_worker(self.change_settings(), group="dialog")

    async def change_settings(self, at: tuple[str, ...] = ()) -> None:
        """Show the settings screen, at the setting with this path. Call it from a worker."""
        await self.workspace.ask(settings.settings_screen.SettingsDialog(self.workspace, self, at))

    def rebind(self, keymap: Mapping[str, str]) -> None:
        """Put actions on other keys from now on."""
        self.set_keymap(dict(keymap))
        self._keys.rebind(dict(keymap))
        if self.frame is not None:
            self.frame.show_tabs()
        self.flush()
        self.show_keys()

    def show_as(self, display: Display, *, keep: bool = False) -> None:
        """Show times and values of all chambers as these settings say; `keep`: they are in force."""
        for workspace in self.workspaces.values():
            workspace.show_as(display)
            if keep:
                workspace.start = msgspec.structs.replace(workspace.start, display=display)
        self.flush()

    def arm_stop(self) -> None:
        """Make the first stroke of STOP."""
        self.stopping.press()

    # -- life ---------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Show the small notice in place of the screens if they do not fit."""
        self.fit_size(event.size)
        self.call_after_refresh(self.flush)
        if self.frame is not None:
            self.call_after_refresh(self.frame.give_focus)
        self.call_after_refresh(self.show_keys)

    def fit_size(self, size: Size) -> None:
        """Show the screens, or the notice if the terminal is too small for them."""
        step = step_of(*size)
        for screen in self.screen_stack[:1]:
            screen.set_class(step is SizeStep.NOTICE or isinstance(screen, NoticeScreen), "-small")
            fit_step(screen, step)

    # -- defects --------------------------------------------------------------------------------------

    async def _build_again(self, remedy: Remedy) -> None:
        """Replace all screens by a new lowest one; unsaved editor contents are kept.

        The station is not touched.
        """
        before, tab, chamber = self.frame, "status", self.chambers.shown
        if before is not None:
            chamber.kept |= before.unsaved()
            tab = before.active_tab if remedy is Remedy.SAME else tab
        full = remedy in (Remedy.SAME, Remedy.FIRST)
        frame = ChamberScreen(self.workspace)
        notice = NoticeScreen(self.workspace, words_only=remedy is Remedy.WORDS)
        old = self.put_lowest(frame if full else notice)
        chamber.frame = frame if full else None
        if full:
            async with asyncio.timeout(MOUNT_SECONDS):
                await frame._mounted_event.wait()
            await frame.bring_back(chamber.kept, tab)
        self.fit_size(self.size)
        self.show_keys()
        if remedy is not Remedy.WORDS:
            self.flush()
        await take_away(old)

    def _report_failure(self, error: BaseException, *, rebuilt: bool) -> None:
        what = "A part of the screen failed" if rebuilt else "Something failed"
        then = ", and the screen was built again" if rebuilt else ""
        self.workspace.say(
            f"{what} by a defect ({type(error).__name__}){then}. Link, recording, alarms and STOP go on. "
            f"{where_logged(self.log_file)}".rstrip(),
            "error",
            title=DEFECT,
            seconds=20,
            path=self.log_file,
        )

    @property
    def log_file(self) -> str:
        """The file with the details of a defect, as shown; empty if there is none."""
        path = self._start.log_path
        return paths.shown(path) if path is not None else ""

    def may_open(self, screen: Screen[object]) -> bool:
        """Return whether a screen may be opened; above the notice of defects, only the quit dialog."""
        if self.screen_stack and isinstance(self.screen_stack[0], NoticeScreen) and not _is_quit(screen):
            return False
        return super().may_open(screen)

    def action_redraw(self) -> None:
        """Repaint the whole screen; from the notice of defects, return to the screens."""
        if self.screen_stack and isinstance(self.screen_stack[0], NoticeScreen):
            self.mender.again()
        else:
            self.paint()

    def pop_screen(self) -> AwaitComplete:
        """Remove the top screen, and show the keys of the one below, which kept its focus."""
        gone = super().pop_screen()
        self.call_after_refresh(self.show_keys)
        return gone

    def on_descendant_focus(self) -> None:
        """Show the keys of the moment."""
        self.call_after_refresh(self.show_keys)

    async def _shutdown(self) -> None:
        # Nothing is sent to the chambers. The terminal is given back before their records are waited for.
        self.chambers.begin_end()
        await super()._shutdown()
        await self.chambers.ended()


def _is_quit(screen: Screen[object]) -> bool:
    return isinstance(screen, dialogs.quit.QuitDialog)


def run_console(start: Start, station: Station, playback: replay.playback.Playback | None = None) -> int:
    """Run the console in this terminal until it is left; return the exit code.

    `playback` drives a replay; None for a live chamber.
    """
    app = XovacApp(start, station, playback)
    code = run_in_terminal(app)
    for unwritten in app.chambers.unwritten:
        write_last(sys.stderr, unwritten)
    return code
