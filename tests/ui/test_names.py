"""Textual gives a widget the styles of every class of its name: two classes of one name dress each other."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import textual.command
import textual.widgets
from textual.widget import Widget

import xovac_tui.ui
from tests.helpers.console import console
from xovac_tui.ui.dialogs.palette import PaletteDialog
from xovac_tui.ui.screens.controls.command_lists import ContractCommands


def _below(kind: type[Widget]) -> Iterator[type[Widget]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def test_no_widget_of_ours_has_the_name_of_one_of_textual() -> None:
    for package in (textual.widgets, xovac_tui.ui):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    theirs = {kind.__name__ for kind in _below(Widget) if kind.__module__.startswith("textual.")}
    ours = {kind.__name__ for kind in _below(Widget) if kind.__module__.startswith("xovac_tui.")}
    assert ours
    assert theirs >= {"CommandPalette", "OptionList"}
    assert not ours & theirs


async def test_the_commands_are_still_there_after_the_palette(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.press("colon")
        await c.until(lambda: isinstance(c.app.screen, PaletteDialog))
        await c.settle()
        await c.press("escape")
        await c.press("1", "2")
        commands = c.app.query_one(ContractCommands)
        assert commands.visible
        assert commands.focusable
