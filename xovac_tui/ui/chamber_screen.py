"""The screen of one chamber: the bars and the tabs."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input

from xovac_tui import paths
from xovac_tui.errors import XovacError
from xovac_tui.recording import exports
from xovac_tui.station.news import News
from xovac_tui.text import writable
from xovac_tui.ui import tabs
from xovac_tui.ui.actions import footer_order
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.frame.bars import AlarmStrip, FrameBar, KeyBar, LinkBar, ReplayBar, TabBar
from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.replay_actions import LIVE_ONLY
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.sizes import step_classes
from xovac_tui.ui.terminal.modal import LeanScreen
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.message_line import MessageLine
from xovac_tui.ui.widgets.stopbar import StopBar
from xovac_tui.ui.widgets.trend import TrendChart
from xovac_tui.ui.workspace import Workspace


class Opening:
    """Collects the failures of a pane while it is opened."""

    def __init__(self) -> None:
        self._busy = False
        self._error: Exception | None = None

    def takes(self, error: Exception) -> bool:
        """Take a widget's defect while a pane is opened; return False if none is being opened."""
        if self._busy and self._error is None:
            self._error = error
        return self._busy

    async def mount(self, place: Widget, make: Callable[[], Pane], show: Callable[[Pane], None]) -> str:
        """Make, mount and show a pane; return why that failed, empty if it did not.

        Removes a pane that failed, and logs the details.
        """
        self._busy, self._error = True, None
        pane: Pane | None = None
        try:
            pane = make()
            await place.mount(pane)
            if self._error is None:
                show(pane)
        except Exception as error:
            self._error = self._error or error
        finally:
            self._busy = False
        if self._error is None:
            return ""
        logging.getLogger(__name__).error("a tab could not be opened", exc_info=self._error)
        if pane is not None and pane.is_attached:
            if pane.is_running:
                await pane.remove()
            else:
                # The pane's own loop, which would do this, ended when its building failed.
                await pane._message_loop_exit()
        return type(self._error).__name__


class ChamberScreen(LeanScreen[None]):
    """The lowest screen of a chamber, below all dialogs. Mounts each pane when it is first shown."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the keys of the tab, which may leave it with the same one.
        Binding("escape", "unzoom", show=False, priority=True),
    ]

    def __init__(self, workspace: Workspace) -> None:
        # From the first picture on: a class that comes later would have everything styled twice.
        steps = step_classes(workspace.step)
        super().__init__(classes=" ".join(name for name, has in steps.items() if has))
        self.workspace = workspace
        self.active_tab = "status"
        self.over: dict[str, Pane] = {}
        """Panes that are shown in place of a tab: the recipe editor over Recipes."""
        self.opening = Opening()

    def compose(self) -> ComposeResult:
        """Build the bars and the first tab."""
        yield TrustBar(id="trust")
        yield TabBar(id="tabs")
        yield StopBar(id="stop")
        if self.workspace.playback is not None:
            yield ReplayBar(id="replay")
        yield LinkBar(id="link")
        yield AlarmStrip(id="alarm-strip")
        yield SmallNotice(id="small")
        with Container(id="panes"):
            yield self._pane(self.active_tab)
        yield MessageLine(id="message-line")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the tabs; the first flush shows all else."""
        self.show_tabs()

    # -- pictures -----------------------------------------------------------------------------------

    def flush(self) -> None:
        """Show a new snapshot in the bars, and in the tab or dialog unless the picture is held."""
        workspace = self.workspace
        snapshot = workspace.take_snapshot()
        for bar in self.children:
            if isinstance(bar, FrameBar):
                bar.show(workspace, snapshot)
        self._show_counts()
        workspace.window.show_stop()
        if self.has_class("-small"):
            self.query_one(SmallNotice).show(workspace, snapshot)
            return
        if not workspace.held:
            pane, top = self.pane, self.app.screen
            if pane is not None and pane.is_mounted:
                pane.show(snapshot)
                if pane.zoomed is not None:
                    pane.zoomed.keep()
            if isinstance(top, Dialog) and top.is_mounted:
                top.show_snapshot(snapshot)

    def show_keys(self) -> None:
        """Show the keys that work where the focus is."""
        plain, top = self.workspace.glyphs.plain, self.app.screen
        seen: list[tuple[str, str]] = []
        for active in top.active_bindings.values():
            binding = active.binding
            if self.workspace.playback is not None and binding.id in LIVE_ONLY:
                continue
            if binding.show and active.enabled and binding.description:
                shown = self.app.get_key_display(binding)
                if _is_typed(shown, top.focused):
                    continue
                pair = (plain(shown), binding.description)
                if pair not in seen and not any(words == pair[1] for _, words in seen):
                    seen.append(pair)
        pane = self.pane or Pane
        order = footer_order(pane.ACTIONS, first=pane.KEYS_FIRST, several=bool(self.workspace.others))
        seen.sort(key=lambda pair: order.index(pair[1]) if pair[1] in order else -1)
        self.query_one(KeyBar).show(seen)
        for strip in top.query(StopBar):
            strip.show_keys(seen)

    def on_news(self, news: News) -> None:
        """Pass news that cannot wait for the flush to panes and dialogs."""
        for pane in self.query(Pane):
            # A pane that is still being built has no widgets to show it with.
            if pane.is_mounted:
                pane.on_news(news)
        for screen in self.app.screen_stack[1:]:
            if isinstance(screen, Dialog) and screen.is_mounted and screen.workspace is self.workspace:
                screen.on_news(news)

    # -- tabs ---------------------------------------------------------------------------------------

    @property
    def pane(self) -> Pane | None:
        """The pane that is shown: a tab's own, or the one in its place."""
        if self.active_tab in self.over:
            return self.over[self.active_tab]
        return self.query_one_optional(f"#{self.active_tab}", Pane)

    async def show_tab(self, tab: str) -> None:
        """Show a tab; mount it if it is shown for the first time."""
        # A tab below a dialog or the notice for small terminals could not be seen: open none.
        if len(self.app.screen_stack) > 1 or self.has_class("-small"):
            return
        panes = self.query("#panes")
        if not panes or not panes.first().is_mounted or not panes.first().is_attached:
            return  # a key typed while the screen was being built
        before, self.active_tab = self.active_tab, tab
        if not self.query(f"#{tab}") and not await self._open(tab, lambda: self._pane(tab)):
            tab = self.active_tab = before
        shown = self._show_pane()
        self.show_tabs()
        self.workspace.window.flush()
        # A pane that is still being built for an earlier key shows itself when it is.
        if shown is not None and shown.is_mounted:
            shown.show(self.workspace.snapshot)
            if before != tab or self.focused is None:
                shown.take_focus()
        self.call_after_refresh(self.workspace.window.show_keys)

    async def show_over(self, tab: str, over: str | Widget | None) -> None:
        """Show a pane in place of a tab until this is called with None; a text is its id in `TABS`."""
        before = self.over.pop(tab, None)
        if before is not None:
            await before.remove()
        if over is not None and await self._open(tab, partial(self._pane, over)):
            self.over[tab] = self.query_one("#panes").query_children(Pane).last()
        shown = self._show_pane()
        if shown is not None and shown.is_mounted and self.active_tab == tab:
            shown.show(self.workspace.snapshot)
            shown.take_focus()
        self.call_after_refresh(self.workspace.window.show_keys)

    async def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Go to the tab that was clicked."""
        await self.show_tab(message.tab)

    def on_replay_bar_clicked(self, message: ReplayBar.Clicked) -> None:
        """Go to a place of the replay, or pause it or let it go on."""
        playback = self.workspace.playback
        if playback is None:
            return
        if message.part is None:
            playback.toggle()
        else:
            playback.seek(playback.replay.origin + message.part * playback.length)
        self.workspace.window.flush()

    def give_focus(self) -> None:
        """Focus the tab if no widget has the focus: widgets hidden in a small terminal lose it."""
        pane = self.pane
        if pane is not None and pane.is_mounted and self.focused is None and not self.has_class("-small"):
            pane.take_focus()

    def _show_pane(self) -> Pane | None:
        shown = self.pane
        for pane in self.query(Pane):
            pane.display = pane is shown
        return shown

    def show_tabs(self) -> None:
        """Show the tabs with their keys."""
        keys = self.workspace.keys
        shown = [(tab.id, keys[f"tab-{tab.id}"], tab.title) for tab in tabs.TABS if tab.key]
        self.query_one(TabBar).show(shown, self.active_tab)

    def _show_counts(self) -> None:
        """Show behind the title of Alarms how many want attention."""
        wanting = len(self.workspace.station.alarms.unresolved().alarms)
        counts = {"alarms": f"{self.workspace.glyphs.dot}{wanting}"} if wanting else {}
        self.query_one(TabBar).count(counts)

    def _pane(self, tab: str | Widget) -> Pane:
        pane = tabs.named(tab).load()(self.workspace, id=tab) if isinstance(tab, str) else tab
        assert isinstance(pane, Pane)
        return pane

    async def _open(self, tab: str, make: Callable[[], Pane]) -> bool:
        """Open a pane of a tab; return False, with a message, if that fails."""
        place = self.query_one_optional("#panes")
        if place is None or not place.is_mounted or not place.is_attached:
            return False  # the screen is being built, or goes
        why = await self.opening.mount(place, make, lambda pane: pane.show(self.workspace.snapshot))
        if why:
            self.workspace.say(
                f"{tabs.named(tab).title} cannot be opened: a defect in this program ({why}). Everything "
                "else goes on, link, recording and STOP too. The log file has the details; please report it.",
                "error",
                title="Defect",
                seconds=20,
            )
        return not why

    # -- one panel alone, and copies ------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to text fields, and to the chart's cursor, before it ends a zoom."""
        if action != "unzoom":
            return True
        pane, focused = self.pane, self.focused
        if pane is None or pane.zoomed is None or isinstance(focused, Input):
            return False
        return not (isinstance(focused, TrendChart) and focused.is_away)

    def action_zoom(self) -> None:
        """Give the panel with the focus the whole tab, or give all panels their places again."""
        if (pane := self.pane) is not None and not self.has_class("-small"):
            pane.zoom()
            self.call_after_refresh(self.workspace.window.flush)

    def action_unzoom(self) -> None:
        """Give all panels their places again."""
        if (pane := self.pane) is not None:
            pane.unzoom()
            self.call_after_refresh(self.workspace.window.flush)

    def action_copy(self) -> None:
        """Copy what has the focus: to the terminal by OSC 52, a chart into a file."""
        copied = self.pane.copied() if self.pane is not None else None
        workspace = self.workspace
        if copied is None:
            workspace.say("There is nothing to copy here.", seconds=3)
        elif copied.ending:
            save_copy(workspace, copied)
        else:
            text = base64.b64encode(writable(copied.text).encode()).decode()
            workspace.window.write_beside(f"\x1b]52;c;{text}\a")
            workspace.say(f"Copied {copied.what}, if this terminal lets programs copy.", seconds=4)

    # -- defects ------------------------------------------------------------------------------------

    def unsaved(self) -> dict[str, Callable[[], Pane]]:
        """Return factories of the panes shown in place of tabs, with their unsaved contents."""
        return {tab: again for tab, pane in self.over.items() if (again := pane.again()) is not None}

    async def bring_back(self, kept: dict[str, Callable[[], Pane]], tab: str) -> None:
        """Show the panes of `kept` in place of their tabs again after a defect; then show a tab."""
        for place, again in list(kept.items()):
            if not self.query(f"#{place}"):
                await self.query_one("#panes").mount(self._pane(place))
            await self.show_over(place, again())
            del kept[place]
        await self.show_tab(tab)


def save_copy(workspace: Workspace, copied: Copied) -> None:
    """Write a copy into a new file beside the program's other files, and say where it is."""
    folder = paths.state_folder()
    path = exports.events.export_file(folder, copied.what, workspace.station.clock.utc(), copied.ending)
    try:
        with exports.newfile.new_file(path, derived=True) as file:
            file.write(copied.text)
    except (OSError, XovacError) as why:
        said = getattr(why, "strerror", None) or why
        workspace.say(f"Nothing was saved: {said}.", "error", path=folder)
        return
    workspace.say("Saved", path=path)


def _is_typed(shown: str, focused: Widget | None) -> bool:
    """Return whether the focused field takes a key as text: Textual knows `/` and some others by no name."""
    typed = shown if len(shown) == 1 and shown.isascii() else None
    return focused is not None and focused.check_consume_key(shown, typed)
