"""The base class of all tabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.station.news import News
from xovac_tui.station.station import Station
from xovac_tui.ui.action import Action, bindings
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.zoomed import ZoomedPanel, panel_of
from xovac_tui.ui.workspace import Workspace


class Pane(Vertical):
    """A tab. Mounted when first shown; gets snapshots only while shown."""

    DEFAULT_CSS = "Pane { height: 1fr; width: 1fr; }"

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    """Actions of the tab, declared in its package, so that they are known before it is imported."""
    KEYS_FIRST: ClassVar[bool] = True
    """Whether the footer shows the tab's keys before those that work everywhere."""
    HELP: ClassVar[str] = ""
    """Text of the help; `{id}` is replaced by the key of that action."""

    def __init_subclass__(cls, **options: Any) -> None:
        cls.BINDINGS = bindings(cls.ACTIONS)
        super().__init_subclass__(**options)

    def __init__(self, workspace: Workspace, *, id: str) -> None:
        super().__init__(id=id)
        self.workspace = workspace

    @property
    def station(self) -> Station:
        """The chamber's station."""
        return self.workspace.station

    @property
    def keys(self) -> Mapping[str, str]:
        """Key of each action by its id, as printed."""
        return self.workspace.keys

    @property
    def is_seen(self) -> bool:
        """False behind another tab, or while another chamber is shown."""
        return self.display and self.screen in self.app.screen_stack

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot; called at the flush rate while the tab is shown, and when it is opened."""

    def on_news(self, news: News) -> None:
        """Handle news that cannot wait for the next flush; called while the tab is mounted."""

    async def may_leave(self) -> bool:
        """Return whether the console may be left; ask first if that would lose changes."""
        return True

    def again(self) -> Callable[[], Pane] | None:
        """Return a factory of this pane with its unsaved contents; None if there are none."""
        return None

    # -- one panel alone ----------------------------------------------------------------------------

    zoomed: ZoomedPanel | None = None
    """The panel that has the whole tab now."""

    def zoom(self) -> None:
        """Give the panel with the focus the whole tab, or give all panels their places again."""
        focused = self.screen.focused
        if self.zoomed is not None:
            self.unzoom()
        elif focused is not None and self in focused.ancestors:
            self.zoomed = ZoomedPanel(panel_of(focused, self), self)
            self.on_zoom(self.zoomed.panel)

    def unzoom(self) -> None:
        """Give all panels their places again."""
        if self.zoomed is not None:
            self.zoomed.undo()
            self.zoomed = None
            self.on_zoom(None)

    def on_zoom(self, panel: Widget | None) -> None:
        """Handle that a panel has the whole tab; None: all have their places again."""

    def copied(self) -> Copied | None:
        """Return what is copied where the focus is; None where there is nothing."""
        focused = self.screen.focused
        inside = focused.ancestors_with_self if focused is not None and self in focused.ancestors else ()
        for node in inside:
            if node is self:
                break
            if callable(copied := getattr(node, "copied", None)):
                found: Copied | None = copied()
                return found
        return None

    async def be_ready(self) -> None:
        """Wait a moment for what the actions work on, if the tab has just been opened."""

    async def open_named(self, name: str) -> bool:
        """Go to one of the things that the tab shows, by its unique name; return whether it is there."""
        return False

    async def choose_named(self, name: str) -> bool:
        """Put the cursor on one of the things that the tab shows, for an action; return if it is there."""
        return await self.open_named(name)

    def take_focus(self) -> None:
        """Focus the widget in which the tab's keys work; called when the tab is shown."""
        for child in self.query("*"):
            if child.focusable:
                child.focus()
                return
