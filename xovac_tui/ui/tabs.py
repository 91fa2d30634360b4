"""The tabs, one line each; a pane is imported when it is first shown, its keys are known without it."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

from xovac_tui.ui.action import Action
from xovac_tui.ui.screens.pane import Pane


class Tab(NamedTuple):
    """One line of `TABS`."""

    id: str
    title: str
    pane: str
    """`module:class` below `ui/screens`."""
    key: str = ""
    """Key that goes there; empty: opened from another tab, in whose place it is shown."""
    about: str = ""
    """What is there, for the help of its key."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """Its keys, as declared beside its pane: in the package of a module `pane`, else in the module."""
        declared: tuple[Action, ...] = self._module(self.pane.partition(":")[0].removesuffix(".pane")).ACTIONS
        return declared

    def load(self) -> type[Pane]:
        """Return the class of its pane."""
        module, _, name = self.pane.partition(":")
        pane: type[Pane] = getattr(self._module(module), name)
        return pane

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{__package__}.screens.{name}")


TABS = (
    Tab("status", "Status", "status.pane:StatusPane", "1", ": readings, run and trend"),
    Tab("insight", "Insight (in place of Status)", "insight.pane:InsightPane"),
    Tab("controls", "Controls", "controls.pane:ControlsPane", "2", ": commands and ledger"),
    Tab("recipes", "Recipes", "recipes.pane:RecipesPane", "3"),
    Tab("editor", "Recipe editor", "recipes.editor.pane:EditorPane"),
    Tab("log", "Log", "log.pane:LogPane", "4", ": every event in and out"),
    Tab("alarms", "Alarms", "alarms.pane:AlarmsPane", "5", ": what stands, and what to do about it"),
    Tab("runs", "Runs", "runs.pane:RunsPane", "6", ": what was flown, and how"),
)
"""In the order of the tab bar."""

ACTIONS = tuple(
    Action(f"tab-{tab.id}", tab.key, tab.title, f"Go to {tab.title}{tab.about}.", method=f"tab('{tab.id}')")
    for tab in TABS
    if tab.key
)


def named(tab: str) -> Tab:
    """Return the line of a tab by its id."""
    return next(line for line in TABS if line.id == tab)
