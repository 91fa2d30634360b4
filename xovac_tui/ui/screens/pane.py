"""What every tab has in common."""

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
    """A tab. It is mounted when it is first shown, and gets snapshots only while it is shown."""

    DEFAULT_CSS = "Pane { height: 1fr; width: 1fr; }"

    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    """What its keys do; declared in its package, so that they are known before it is imported."""
    KEYS_FIRST: ClassVar[bool] = True
    """The footer shows its keys before those that work everywhere."""
    HELP: ClassVar[str] = ""
    """What the tab is for, in a few plain sentences (help screen); `{id}` stands for the key of an action."""

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
        """Id of an action -> its key, as it is printed."""
        return self.workspace.keys

    def show(self, snapshot: Snapshot) -> None:
        """Show this picture of the chamber; called at the flush rate while the tab is shown, and on entry."""

    def on_news(self, news: News) -> None:
        """Take news that cannot wait for the next flush; called while the tab is mounted."""

    async def may_leave(self) -> bool:
        """Return whether the console may be left; asks where that would lose something."""
        return True

    def again(self) -> Callable[[], Pane] | None:
        """Return what makes this pane anew with what was typed into it; None where nothing was."""
        return None

    def take_focus(self) -> None:
        """Put the focus where the tab's keys work; called when the tab is shown."""
        for child in self.query("*"):
            if child.focusable:
                child.focus()
                return
