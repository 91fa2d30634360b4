"""The console: one app, one station, its tabs, one flush timer."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.actions import SkipAction
from textual.app import App, ComposeResult, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.widget import Widget
from textual.widgets import Input

from xovac_tui import paths
from xovac_tui.config.themes import DEFAULT_THEME, unknown_theme, variable_defaults
from xovac_tui.errors import SettingsError
from xovac_tui.station.news import News
from xovac_tui.station.station import Station
from xovac_tui.text import writable
from xovac_tui.ui import replay_actions, tabs
from xovac_tui.ui.action import STOP, Action, bindings
from xovac_tui.ui.actions import EVERYWHERE, Keys, check_keymap, footer_order
from xovac_tui.ui.app_actions import AppKeys
from xovac_tui.ui.bell import ring_for_alarms
from xovac_tui.ui.defects.mending import Remedy
from xovac_tui.ui.defects.notice import NoticeScreen
from xovac_tui.ui.defects.opening import Opening
from xovac_tui.ui.defects.rebuilding import build_again
from xovac_tui.ui.frame.alarm_strip import AlarmStrip
from xovac_tui.ui.frame.bars import KeyBar, LedgerLine, LinkBar, TabBar
from xovac_tui.ui.frame.replay_bar import ReplayBar
from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.messages import Telling
from xovac_tui.ui.replay_actions import LIVE_ONLY
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.start import Start
from xovac_tui.ui.stopping import Stopping
from xovac_tui.ui.terminal.app import TerminalApp, run_in_terminal
from xovac_tui.ui.terminal.modal import Modal, StyledOnce
from xovac_tui.ui.terminal.scrollbar import AsciiScrollBar
from xovac_tui.ui.theming import to_textual
from xovac_tui.ui.widgets.stopbar import StopBar
from xovac_tui.ui.workspace import Memory, Workspace

if TYPE_CHECKING:
    from xovac_tui.replay.playback import Playback

_START_SECONDS = 1.0
"""After that the station begins, whether or not a first picture was painted."""
_DEFECT = "Defect"
"""Title of the toast about one."""
_AGAIN_SECONDS, _LONGEST_PAUSE = 2.0, 30.0
"""Before the station begins again after a defect: at first, and at most."""
MIN_WIDTH, MIN_HEIGHT = 80, 24
"""Cells; below this the notice for small terminals stands in for the screens."""


class XovacApp(AppKeys):
    """The console's window; everything it shows comes from snapshots of the station."""

    TITLE = "xovac-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings((*EVERYWHERE, *replay_actions.ACTIONS)),
        # In a text field, too, where Textual would copy what is marked and do nothing else.
        Binding("ctrl+c,super+c", "interrupt", show=False, priority=True),
    ]

    def __init__(
        self,
        start: Start,
        station: Station,
        playback: Playback | None = None,
        *,
        connect: bool = True,
    ) -> None:
        super().__init__()
        self.paused = False
        self.active_tab = "status"
        self.over: dict[str, Pane] = {}
        """Panes that are shown in place of a tab: the recipe editor over Recipes."""
        self._opening = Opening()
        self.kept_panes: dict[str, Callable[[], Pane]] = {}
        """What makes the panes in place of a tab anew that a defect of the screen took away."""
        self._connect = connect
        self._started = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._problems = list(start.notes)
        keymap: dict[str, str] = {}
        try:
            keymap = check_keymap(start.keys)
        except SettingsError as error:
            self._problems.append(str(error))
        self.set_keymap(keymap)
        self.keys = Keys(keymap)
        memory = Memory(start.state, start.state_path)
        self.workspace = Workspace(station, start, self.keys, memory, self, playback)
        self.stopping = Stopping(self)
        self.telling = Telling(self)
        self._add_themes()

    # -- build --------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[object]:
        """Return the screen of the tabs."""
        return StyledOnce(id="_default")

    def compose(self) -> ComposeResult:
        """Build the frame; tabs are mounted when they are first shown."""
        yield TrustBar(id="trust")
        yield TabBar(id="tabs")
        yield StopBar(id="stop")
        yield ReplayBar(id="replay")
        yield LinkBar(id="link")
        yield AlarmStrip(id="alarm-strip")
        yield SmallNotice(id="small")
        with Container(id="panes"):
            yield self._pane("status")
        yield LedgerLine(id="ledger-line")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Start the flush timer and, after the first paint, the station."""
        if self._connect:
            # Above all else: a defect of the screen must not keep the station from beginning.
            self.call_after_refresh(self._start_station)
            self.set_timer(_START_SECONDS, self._start_station)
        if self.workspace.glyphs.ascii:
            self.add_class("-ascii")
            ScrollBar.renderer = AsciiScrollBar
        self._unsubscribe = self.workspace.station.subscribe(self._on_news)
        ring_for_alarms(self)
        self.set_interval(1 / self.workspace.start.display.refresh, self.flush)
        self._show_tabs()
        self.flush()
        self.show_keys()
        for problem in self._problems:
            self.notify(problem, title="Settings", severity="warning", timeout=20, markup=False)

    def _start_station(self) -> None:
        if not self._started and not self._exit:
            self._started = True
            self.run_worker(self._keep_station(), group="station", exit_on_error=False)

    async def _keep_station(self) -> None:
        """Run the station to the end of the console; after a defect it begins again, and that is said."""
        pause = _AGAIN_SECONDS
        while True:
            try:
                await self.workspace.station.run()
                return
            except Exception as error:
                self.mender.log(error)
                self.notify(
                    f"Link and recording failed by a defect ({type(error).__name__}) and begin again. "
                    f"Nothing was sent. {self.where_logged()}",
                    title=_DEFECT,
                    severity="error",
                    timeout=60,
                    markup=False,
                )
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _add_themes(self) -> None:
        for spec in self.workspace.start.themes:
            self.register_theme(to_textual(spec))
        wanted = self.workspace.start.theme
        if wanted not in self.available_themes:
            self._problems.append(str(unknown_theme(wanted, self.available_themes)))
            wanted = DEFAULT_THEME
        if self.available_themes[wanted].ansi:
            self.theme = wanted
            return
        # Set, not changed: no style sheet is read yet, and a change would read them all twice.
        self.set_reactive(App.theme, wanted)
        dark = self.current_theme.dark
        self.update_classes(
            {f"-theme-{wanted}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False
        )
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give Textual's own themes the names that our widgets colour with."""
        return variable_defaults(self.current_theme.dark)

    # -- pictures -----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Take one snapshot and show it: the trust bar always, the tab unless the picture is held."""
        if not self.is_running:
            return
        workspace = self.workspace
        station, glyphs, times = workspace.station, workspace.glyphs, workspace.times
        snapshot = station.snapshot()
        if not self.paused:
            workspace.snapshot = snapshot
        frame = self.screen_stack[0] if self.screen_stack else None
        if frame is None:
            return
        if isinstance(frame, NoticeScreen):
            frame.show_now()
            self.stopping.show()
            return
        playback = workspace.playback
        frame.query_one(TrustBar).show(
            snapshot,
            recorder=station.recorder,
            name=station.name,
            mode=self._mode(),
            extra=self._extra(),
            glyphs=glyphs,
            times=times,
            paused=self.paused if playback is None else playback.paused,
        )
        frame.query_one(ReplayBar).show(workspace.playback, glyphs=glyphs, times=times)
        frame.query_one(LinkBar).show(snapshot.link, snapshot.mono, glyphs, self.keys)
        unresolved = station.alarms.unresolved()
        frame.query_one(AlarmStrip).show(unresolved, snapshot.utc, glyphs, self.keys)
        frame.query_one(LedgerLine).show(
            snapshot.ledger, glyphs=glyphs, times=times, keys=self.keys, now=snapshot.mono
        )
        self.stopping.show()
        self.telling.look_at_record()
        if frame.has_class("-small"):
            frame.query_one(SmallNotice).show(
                snapshot,
                unresolved,
                name=station.name,
                glyphs=glyphs,
                mode=workspace.mode,
            )
            return
        if not self.paused:
            pane = self.pane
            if pane is not None and pane.is_mounted:
                pane.show(snapshot)
            top = self.screen
            if top is not frame and top.is_mounted and hasattr(top, "show_snapshot"):
                top.show_snapshot(snapshot)

    def _mode(self) -> str:
        if self.workspace.playback is not None:
            return self.workspace.glyphs.plain(f"REPLAY ×{self.workspace.playback.speed:g}")
        return self.workspace.mode.name

    def _extra(self) -> str:
        station = self.workspace.station
        speed = station.speed
        word = "DEMO" if station.manner.demo else "SIMULATED"
        if speed == 1:
            return word if station.manner.demo else ""
        return self.workspace.glyphs.plain(f"{word} ×{speed:g}")

    @property
    def pane(self) -> Pane | None:
        """The tab that is shown, or what is shown in its place."""
        if self.active_tab in self.over:
            return self.over[self.active_tab]
        if not self.screen_stack:
            return None
        return self.screen_stack[0].query_one_optional(f"#{self.active_tab}", Pane)

    def show_keys(self) -> None:
        """Show the keys that work where the focus is."""
        frame = self.screen_stack[0]
        if isinstance(frame, NoticeScreen):
            return
        seen: list[tuple[str, str]] = []
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if self.workspace.playback is not None and binding.id in LIVE_ONLY:
                continue
            if binding.show and active.enabled and binding.description:
                pair = (self.workspace.glyphs.plain(self.get_key_display(binding)), binding.description)
                if pair not in seen and not any(words == pair[1] for _, words in seen):
                    seen.append(pair)
        pane = self.pane or Pane
        order = footer_order(pane.ACTIONS, first=pane.KEYS_FIRST)
        seen.sort(key=lambda pair: order.index(pair[1]) if pair[1] in order else -1)
        frame.query_one(KeyBar).show(seen)
        for strip in self.screen.query(StopBar):
            strip.show_keys(seen)
        self.stopping.show()

    def show_stop(self) -> None:
        """Show on every screen how to stop the recipe."""
        self.stopping.show()

    # -- STOP ---------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Let STOP see every key first, above every dialog; in a text field it lets `!` through."""
        if isinstance(event, events.Key) and self.stopping.takes(event):
            event.stop()
            event.prevent_default()
            return
        if self.is_too_early(event) or self.is_for_nothing(event):
            event.stop()
            event.prevent_default()
            return
        if isinstance(event, events.Key):
            self.telling.see_somebody()
            if not event.is_forwarded and self.screen_stack and isinstance(self.screen, Modal):
                self.screen.foresee(event)
        elif isinstance(event, events.Paste):
            self.stopping.take_paste()
        await super().on_event(event)

    # -- actions ------------------------------------------------------------------------------------

    async def action_tab(self, tab: str) -> None:
        """Show a tab."""
        await self.show_tab(tab)

    async def action_interrupt(self) -> None:
        """Quit, in a text field too; copy what is marked there, if something is."""
        field = self.focused
        if isinstance(field, Input) and not field.selection.is_empty:
            field.action_copy()
        elif "ctrl+c" in self.keys.keymap.get("quit", "ctrl+c"):
            await self.action_quit()
        else:
            raise SkipAction

    async def show_tab(self, tab: str) -> None:
        """Show a tab, mounting it at its first time."""
        frame = self.screen_stack[0]
        # Nothing is opened that cannot be seen: above it lies a dialog, or the notice for small terminals.
        if len(self.screen_stack) > 1 or frame.has_class("-small"):
            return
        panes = frame.query("#panes")
        if not panes or not panes.first().is_mounted or not panes.first().is_attached:
            return  # a key that was typed while the screen was being built
        before, self.active_tab = self.active_tab, tab
        if not frame.query(f"#{tab}") and not await self._open(tab, lambda: self._pane(tab)):
            tab = self.active_tab = before
        shown = self.pane
        for pane in frame.query(Pane):
            pane.display = pane is shown
        self._show_tabs()
        self.flush()
        if shown is not None:
            shown.show(self.workspace.snapshot)
            if before != tab or frame.focused is None:
                shown.take_focus()
        self.call_after_refresh(self.show_keys)

    async def _open(self, tab: str, make: Callable[[], Pane]) -> bool:
        """Open a pane of a tab; where that fails say so, and return False."""
        place = self.screen_stack[0].query_one("#panes")
        why = await self._opening.mount(place, make, lambda pane: pane.show(self.workspace.snapshot))
        if why:
            title = tabs.named(tab).title
            self.notify(
                f"{title} cannot be opened: a defect in this program ({why}). Everything else goes on, link, "
                "recording and STOP too. The log file has the details; please report it.",
                title="Defect",
                severity="error",
                timeout=20,
                markup=False,
            )
        return not why

    @work(group="dialog")
    async def action_help(self) -> None:
        """Explain the tab."""
        from xovac_tui.ui.dialogs.help import HelpDialog

        workspace, pane = self.workspace, self.pane or Pane
        title = tabs.named(str(self.pane.id)).title if self.pane else ""
        tables = self.keys.tables(title, pane.ACTIONS, replay=workspace.playback is not None)
        await workspace.ask(HelpDialog(workspace, title, pane.HELP.format_map(self.keys), tables))

    def _handle_exception(self, error: Exception) -> None:
        if not self._opening.takes(error):
            super()._handle_exception(error)

    def _show_tabs(self) -> None:
        shown = [(tab.id, self.keys[f"tab-{tab.id}"], tab.title) for tab in tabs.TABS if tab.key]
        self.screen_stack[0].query_one(TabBar).show(shown, self.active_tab)

    def _pane(self, tab: str | Widget) -> Pane:
        pane = tabs.named(tab).load()(self.workspace, id=tab) if isinstance(tab, str) else tab
        assert isinstance(pane, Pane)
        return pane

    async def show_over(self, tab: str, over: str | Widget | None) -> None:
        """Show a pane in place of a tab until this is called with None; a text is its id in `TABS`."""
        frame = self.screen_stack[0]
        before = self.over.pop(tab, None)
        if before is not None:
            await before.remove()
        if over is not None and await self._open(tab, partial(self._pane, over)):
            self.over[tab] = frame.query_one("#panes").query_children(Pane).last()
        for other in frame.query(Pane):
            other.display = other is self.pane
        shown = self.pane
        if shown is not None and self.active_tab == tab:
            shown.show(self.workspace.snapshot)
            shown.take_focus()
        self.call_after_refresh(self.show_keys)

    async def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Go to the tab that was clicked."""
        await self.show_tab(message.tab)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy text, as much of it as a terminal can be given."""
        super().copy_to_clipboard(writable(text))

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Return the screen as SVG, without the addresses of fonts that a picture should not fetch."""
        svg = super().export_screenshot(title=title, simplify=simplify)
        return re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)

    def on_notify(self) -> None:
        """Leave the bars in sight above what is said."""
        self.telling.make_room()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Fill the palette from the command table."""
        everywhere = (
            *EVERYWHERE[1:],
            *(replay_actions.ACTIONS if self.workspace.playback is not None else ()),
        )
        found: list[tuple[Action, Widget | TerminalApp]] = [(action, self) for action in everywhere]
        if self.pane is not None:
            found += [(action, self.pane) for action in self.pane.ACTIONS]
        for action, target in found:
            if action.palette:
                title = f"{action.title[:1].upper()}{action.title[1:]}"
                yield SystemCommand(title, action.help, self._runner(action.action, target))
        yield SystemCommand("STOP", STOP.help + " Choosing it here arms it.", self.stopping.press)

    def _runner(self, action: str, target: Widget | TerminalApp) -> Callable[[], None]:
        async def run() -> None:
            await self.run_action(action, default_namespace=target)

        def later() -> None:
            self.call_later(run)

        return later

    # -- life ---------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Show the small notice in place of the screens where they would not fit."""
        self.fit_size(event.size)
        self.call_after_refresh(self.flush)
        self.call_after_refresh(self._give_focus)
        self.call_after_refresh(self.show_keys)

    def fit_size(self, size: Size) -> None:
        """Show the screens, or the notice for terminals that are too small for them."""
        small = size.width < MIN_WIDTH or size.height < MIN_HEIGHT
        for screen in self.screen_stack[:1]:
            screen.set_class(small or isinstance(screen, NoticeScreen), "-small")

    # -- defects --------------------------------------------------------------------------------------

    def _on_news(self, news: News) -> None:
        """Show news; a defect in showing them does not reach the station."""
        with self._context():
            try:
                self.telling.on_news(news)
            except Exception as error:
                self._handle_exception(error)

    async def build_again(self, remedy: Remedy) -> None:
        """Build the screen anew, as a remedy after a defect."""
        await build_again(self, remedy)

    async def show_kept(self, tab: str) -> None:
        """Show a tab on a new screen, with the panes in place of tabs that were kept."""
        frame = self.screen_stack[0]
        for place in list(self.kept_panes):
            if not frame.query(f"#{place}"):
                await frame.query_one("#panes").mount(self._pane(place))
            await self.show_over(place, self.kept_panes[place]())
            del self.kept_panes[place]
        await self.show_tab(tab)

    def say_defect(self, error: BaseException, *, rebuilt: bool) -> None:
        """Say that something failed, and what was not touched by it."""
        for said in [one for one in self._notifications if one.title == _DEFECT]:
            self._unnotify(said)  # of a defect that comes again, one is enough
        what = "A part of the screen failed" if rebuilt else "Something failed"
        then = ", and the screen was built again" if rebuilt else ""
        self.notify(
            f"{what} by a defect ({type(error).__name__}){then}. Link, recording, alarms and STOP go on. "
            f"{self.where_logged()}",
            title=_DEFECT,
            severity="error",
            timeout=20,
            markup=False,
        )

    def where_logged(self) -> str:
        """Return where the details of a defect are, as a sentence; empty where nothing can be logged."""
        path = self.workspace.start.log_path
        return f"The details are in {paths.shown(path)}." if path is not None else ""

    def may_open(self, screen: Screen[object]) -> bool:
        """Return whether a screen may be opened; on the notice of defects only the question of leaving."""
        if self.screen_stack and isinstance(self.screen_stack[0], NoticeScreen) and not _is_quit(screen):
            return False
        return super().may_open(screen)

    def action_redraw(self) -> None:
        """Draw the whole screen again; from the notice of defects go back to the screens."""
        if self.screen_stack and isinstance(self.screen_stack[0], NoticeScreen):
            self.mender.again()
        else:
            self.paint()

    def _give_focus(self) -> None:
        """Give the tab the focus where nothing has it: what is hidden in a small terminal loses it."""
        frame, pane = self.screen_stack[0], self.pane
        if pane is None or not pane.is_mounted:
            return
        if frame.focused is None and not frame.has_class("-small"):
            pane.take_focus()

    def pop_screen(self) -> AwaitComplete:
        """Take the top screen away, and show the keys of what is below: it has had its focus all along."""
        gone = super().pop_screen()
        self.call_after_refresh(self.show_keys)
        return gone

    def on_descendant_focus(self) -> None:
        """Show the keys of the moment."""
        self.call_after_refresh(self.show_keys)

    def on_unmount(self) -> None:
        """Stop listening; nothing is sent to the chamber."""
        self._unsubscribe()


def _is_quit(screen: Screen[object]) -> bool:
    from xovac_tui.ui.dialogs.quit import QuitDialog

    return isinstance(screen, QuitDialog)


def run_console(start: Start, station: Station, playback: Playback | None = None) -> int:
    """Open the console in this terminal and return the exit code when it is left.

    `playback` is what turns a replay; None where the chamber is there now.
    """
    app = XovacApp(start, station, playback)
    code = run_in_terminal(app)
    if unwritten := station.record.unwritten:
        from xovac_tui.outlet import say_last

        say_last(sys.stderr, unwritten)
    return code
