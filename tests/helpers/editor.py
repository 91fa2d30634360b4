"""The recipe editor under test: a console on the Recipes tab, and what the editor shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from textual.widgets import Input

from tests.helpers.console import Console, console
from tests.helpers.quiet import SOON
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.model import Recipe
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.screens.recipes.editor import view
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.recipes.editor.view import EditorView
from xovac_tui.ui.screens.recipes.pane import RecipesPane
from xovac_tui.ui.widgets.lines import LinesWidget

SOAK = """# Our own.
name = "Hot soak"
limits = { min = -30, max = 65 }
[[steps]]
to = 60
rate = 1
[[steps]]
hold = "2h"
[[steps]]
repeat = 3
[[steps.steps]]
to = -20
over = "90min"
[[steps.steps]]
hold = "1h"
[[steps]]
to = 25
rate = 1
[[steps]]
hold = "30min"
"""


def write(folder: Path, **files: str) -> None:
    """Write recipe files into the console's folder."""
    (folder / "recipes").mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / "recipes" / f"{name}.toml").write_text(content)


def on_disk(folder: Path, name: str = "soak") -> Recipe:
    """Return the recipe that a file has now."""
    return load_recipe(folder / "recipes" / f"{name}.toml")


class Edited:
    """A console with the editor open, or about to be."""

    def __init__(self, c: Console, folder: Path) -> None:
        self.c, self.folder = c, folder

    @property
    def editor_pane(self) -> EditorPane:
        pane = self.c.frame.pane
        assert isinstance(pane, EditorPane)
        return pane

    @property
    def editor(self) -> EditorView:
        return self.editor_pane.view

    @property
    def pane(self) -> RecipesPane:
        return self.c.app.query_one(RecipesPane)

    @property
    def recipe(self) -> Recipe:
        """The recipe in work, without what is being typed."""
        return self.editor.editing.draft.recipe

    @property
    def table(self) -> list[str]:
        """The table's lines below its heading, without those that are empty."""
        return [line for line in self.editor.steps.plain.splitlines()[1:] if line.strip()]

    @property
    def head(self) -> str:
        return self.editor.query_one("#edit-head", LinesWidget).plain

    @property
    def check(self) -> str:
        return self.editor.check.plain

    @property
    def dialogs(self) -> int:
        return len(self.c.app.screen_stack) - 1

    async def press(self, *keys: str) -> None:
        await self.c.press(*keys)

    async def edit(self) -> None:
        """Open the chosen recipe."""
        await self.press("e")
        await self.c.until(lambda: isinstance(self.c.frame.pane, EditorPane))
        await self.studied()

    async def studied(self) -> None:
        """Wait until plan and check are of what is shown."""
        await self.c.settle()
        editor = self.editor
        await self.c.until(
            lambda: editor.study is not None and editor.study.file.recipe == editor.draft.recipe
        )
        await self.c.settle()

    async def form(self, name: str = "") -> Input:
        """Go into the form, to a field, and return it."""
        if not self.editor.form.has_focus_within:
            await self.press("enter")
            await self.c.until(lambda: self.editor.form.has_focus_within)
        if name:
            self.editor.form.take_focus(name)
            await self.c.settle()
        focused = self.c.app.focused
        assert isinstance(focused, Input)
        return focused

    async def fill(self, name: str, text: str) -> None:
        """Type over what a field of the form has."""
        field = await self.form(name)
        field.value = ""
        await self.c.settle()
        await self.c.type(text)

    async def dialog(self, depth: int = 1) -> None:
        """Wait for a dialog."""
        await self.c.until(lambda: self.dialogs == depth)
        await self.c.settle()

    async def answer(self, answer: str) -> None:
        """Choose an answer of a question."""
        await self.dialog()
        self.c.app.screen.query_one(f"#{answer}", DialogButton).focus()
        await self.press("enter")

    async def closed(self) -> None:
        """Wait until the editor is closed."""
        await self.c.until(lambda: isinstance(self.c.frame.pane, RecipesPane))
        await self.c.settle()

    async def saved(self) -> None:
        """Wait until the recipe is saved; what is said of it then is a matter of one test."""
        await self.c.until(lambda: self.editor.editing.opened and not self.editor.editing.draft.dirty)
        await self.c.settle()

    def said(self, words: str) -> bool:
        """Return whether a message says this."""
        return any(words in message for message in self.c.messages)


@asynccontextmanager
async def recipes_tab(folder: Path, *, edit: bool = True, **options: Any) -> AsyncIterator[Edited]:
    """Run a console on the Recipes tab; with the first recipe in the editor unless `edit` is False.

    What is typed is planned when the pilot has waited for it, not after the editor's pause.
    """
    if not (folder / "recipes").exists():
        write(folder, soak=SOAK)
    with patch.object(view, "PAUSE", SOON / 2):
        async with console(folder, tab="recipes", **options) as c:
            edited = Edited(c, folder)
            await c.until(lambda: edited.pane.view.study is not None)
            await c.settle()
            if edit:
                await edited.edit()
            yield edited
