"""A tab that cannot be opened: a message, a line in the log, and the tab before; the rest goes on."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from tests.helpers.console import console
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.ui import tabs
from xovac_tui.ui.screens.log.pane import LogPane
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.tabs import Tab


class BrokenComposing(Pane):
    def compose(self) -> ComposeResult:
        yield Static("before")
        raise RuntimeError("compose")


class BrokenMounting(Pane):
    def compose(self) -> ComposeResult:
        yield Static("inside")

    def on_mount(self) -> None:
        raise ZeroDivisionError("mount")


class BrokenChild(Widget):
    def on_mount(self) -> None:
        raise LookupError("child")


class BrokenInside(Pane):
    def compose(self) -> ComposeResult:
        yield Static("beside")
        yield BrokenChild()


class BrokenShowing(Pane):
    def show(self, snapshot: Snapshot) -> None:
        raise ValueError("show")


class BrokenMaking(Pane):
    def __init__(self, *_: Any, **__: Any) -> None:
        raise ImportError("making")


KINDS = (BrokenComposing, BrokenMounting, BrokenInside, BrokenShowing, BrokenMaking)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_a_tab_that_cannot_be_opened_leaves_the_rest_alive(
    kind: type[Pane], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    usual = Tab.load
    broken = True

    def load(tab: Tab) -> type[Pane]:
        return kind if broken and tab.id == "log" else usual(tab)

    monkeypatch.setattr(Tab, "load", load)
    async with console(tmp_path, tab="controls") as c:
        with caplog.at_level(logging.ERROR):
            await c.frame.show_tab("log")
            await c.settle()
        assert c.frame.active_tab == "controls"
        assert [shown.id for shown in c.app.query(Pane) if shown.display] == ["controls"]
        assert not c.app.query("#log")
        (said,) = c.messages
        assert said.startswith("Defect: Log cannot be opened: a defect in this program (")
        assert "a tab could not be opened" in caplog.text
        assert c.app.is_running
        # Everything goes on: readings, tabs, keys, and the tab itself once it can be opened.
        await c.readings()
        await c.press("1")
        assert c.frame.active_tab == "status"
        await c.frame.show_tab("log")
        await c.settle()
        assert c.frame.active_tab == "status"
        broken = False
        await c.frame.show_tab("log")
        await c.settle()
        assert c.frame.active_tab == "log"
        assert isinstance(c.frame.pane, LogPane)


async def test_a_pane_over_a_tab_that_cannot_be_opened_leaves_the_tab(tmp_path: Path) -> None:
    async with console(tmp_path, tab="recipes") as c:
        await c.frame.show_over("recipes", BrokenMounting(c.app.workspace, id="over"))
        await c.settle()
        assert c.frame.over == {}
        assert c.frame.pane is c.app.query_one("#recipes")
        assert c.frame.pane.display
        assert [message.partition(":")[0] for message in c.messages] == ["Defect"]


async def test_a_picture_of_the_screen_is_a_new_file_of_the_users_alone(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        c.app.everywhere.action_save_screen()
        c.app.everywhere.action_save_screen()
        await c.settle()
        said = [message for message in c.messages if message.startswith("Saved ")]
    files = [Path(one.removeprefix("Saved ")) for one in said]
    assert len(set(files)) == 2
    for file in files:
        assert file.read_text(encoding="utf-8").startswith("<svg")
        assert file.stat().st_mode & 0o077 == 0


async def test_any_text_can_be_copied(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        c.app.copy_to_clipboard("half \ud800")
        assert c.app.clipboard == "half \\ud800"


def test_panes_are_imported_ahead_and_one_that_fails_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imported: list[str] = []

    def load(tab: tabs.Tab) -> type[Pane]:
        imported.append(tab.id)
        if tab.id == "recipes":
            raise ImportError("broken")
        return Pane

    monkeypatch.setattr(tabs.Tab, "load", load)
    tabs.import_panes()
    assert imported == [tab.id for tab in tabs.TABS]


async def test_a_tab_that_is_asked_for_twice_while_it_is_built_is_shown_once(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await asyncio.gather(c.frame.show_tab("runs"), c.frame.show_tab("runs"))
        await c.settle()
        assert c.frame.active_tab == "runs"
        assert len(c.frame.query("RunsPane")) == 1
