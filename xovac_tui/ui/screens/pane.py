"""The base class of all tabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual.containers import Vertical

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.station.news import News
from xovac_tui.station.station import Station
from xovac_tui.ui.action import Action, bindings
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

    async def be_ready(self) -> None:
        """Wait a moment for what the actions work on, if the tab has just been opened."""

    async def open_named(self, name: str) -> bool:
        """Go to one of the things that the tab shows, by its unique name; return whether it is there."""
        return False

    def take_focus(self) -> None:
        """Focus the widget in which the tab's keys work; called when the tab is shown."""
        for child in self.query("*"):
            if child.focusable:
                child.focus()
                return
