"""The table of tabs. A pane is imported when first shown; its keys are known without it."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any, NamedTuple

from xovac_tui.ui.action import Action
from xovac_tui.ui.screens.pane import Pane


class Tab(NamedTuple):
    """One line of `TABS`."""

    id: str
    key: str
    """Key that goes there; empty: it is opened from another tab."""
    title: str
    about: str
    """What is there, for the help of its key; without a key, where it is shown."""
    pane: str
    """`module:class` below `ui/screens`."""
    over: str = ""
    """Tab in whose place it is shown whenever it is asked for."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """The tab's keys, as declared in the package of a module `pane`, else in the module."""
        declared: tuple[Action, ...] = self._module(self.pane.partition(":")[0].removesuffix(".pane")).ACTIONS
        return declared

    def load(self) -> type[Pane]:
        """Import and return the class of the tab's pane."""
        module, _, name = self.pane.partition(":")
        pane: type[Pane] = getattr(self._module(module), name)
        return pane

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{__package__}.screens.{name}")


TABS = (
    Tab("status", "1", "Status", "readings, run and trend", "status.pane:StatusPane"),
    Tab("insight", "", "Insight", "in place of Status", "insight.pane:InsightPane", over="status"),
    Tab("controls", "2", "Controls", "commands and ledger", "controls.pane:ControlsPane"),
    Tab("recipes", "3", "Recipes", "", "recipes.pane:RecipesPane"),
    Tab("recipe-editor", "", "Recipe editor", "", "recipes.editor.pane:EditorPane"),
    Tab("log", "4", "Log", "every event in and out", "log.pane:LogPane"),
    Tab("alarms", "5", "Alarms", "active alarms, and what to do about them", "alarms.pane:AlarmsPane"),
    Tab("runs", "6", "Runs", "past runs, and how they went", "runs.pane:RunsPane"),
)
"""In the order of the tab bar."""

ACTIONS = tuple(
    Action(
        f"tab-{tab.id}",
        tab.key,
        tab.title,
        f"Go to {tab.title}{': ' if tab.about else ''}{tab.about}.",
        method=f"tab('{tab.id}')",
    )
    for tab in TABS
    if tab.key
)


def import_panes() -> None:
    """Import all panes, so that opening one is quick; one that cannot be imported is left to its opening."""
    for tab in TABS:
        with suppress(Exception):
            tab.load()


def named(tab: str) -> Tab:
    """Return the tab with this id."""
    return next(line for line in TABS if line.id == tab)
