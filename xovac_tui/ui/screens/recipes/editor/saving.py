"""Save the editor's recipe; ask first if saving or leaving would lose changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from xovac_tui import paths
from xovac_tui.errors import RecipeError
from xovac_tui.recipes import store
from xovac_tui.recipes.files import read_bytes
from xovac_tui.recipes.model import Recipe
from xovac_tui.ui.dialogs.question import Answer, QuestionDialog
from xovac_tui.ui.screens.recipes.editor.finding_list import words
from xovac_tui.ui.screens.recipes.editor.model import Editing
from xovac_tui.ui.screens.recipes.editor.view import EditorView
from xovac_tui.ui.screens.recipes.outside import edit_outside, editor_command
from xovac_tui.ui.workspace import Workspace

STOP_AWAY = "STOP is not available here until you leave that editor."


class Editor(Protocol):
    """The interface of the editor that saving uses."""

    workspace: Workspace
    view: EditorView

    @property
    def touched(self) -> bool:
        """True if the form has texts that are not applied yet."""

    def settle(self) -> bool:
        """Apply the texts of the form; return False if one is wrong."""

    def take(self, editing: Editing) -> None:
        """Show a new editing state."""


class Saving:
    """The file operations of the editor; one at a time, from a worker."""

    def __init__(self, editor: Editor, folder: Path, closed: Callable[[Path | None], None]) -> None:
        self._editor, self.folder, self.closed = editor, folder, closed
        self._workspace = editor.workspace
        self._busy = False

    @property
    def _editing(self) -> Editing:
        return self._editor.view.editing

    async def save(self) -> bool:
        """Save, after a question if that would lose changes; return whether it is saved now."""
        return await self._alone(self._save)

    async def leave(self) -> bool:
        """Close the editor, after a question about unsaved changes."""
        return await self._alone(self._leave)

    async def may_close(self) -> bool:
        """Ask about unsaved changes, and return whether the editor may close."""
        return await self._alone(self._may_close)

    async def outside(self) -> bool:
        """Open the file in the user's own editor, and take its result as one change."""
        return await self._alone(self._outside)

    async def _alone(self, what: Callable[[], Awaitable[bool]]) -> bool:
        if self._busy:
            return False
        self._busy = True
        try:
            return await what()
        finally:
            self._busy = False

    async def _ask(self, title: str, text: str, answers: Sequence[Answer]) -> str:
        return await self._workspace.ask(QuestionDialog(self._workspace, title, text, answers)) or ""

    # -- saving ---------------------------------------------------------------------------------------

    async def _save(self) -> bool:
        if not self._editor.settle():
            return False
        editing = self._editing
        if problems := editing.draft.problems():
            self._editor.take(editing.chose(problems[0].path))
            said = words(problems[0], self._workspace.keys)
            self._workspace.say(f"Not saved: {said}", "warning", seconds=10)
            return False
        if editing.opened is not None and not editing.draft.dirty and not self._editor.view.changed_on_disk:
            self._workspace.say("There is nothing to save.", seconds=3)
            return True
        return await self._write(overwrite=False)

    async def _write(self, *, overwrite: bool) -> bool:
        editing, editor = self._editing, self._editor
        recipe, now = editing.draft.recipe, self._workspace.station.clock.utc()
        try:
            opened = await asyncio.to_thread(_written, editing, self.folder, recipe, now, overwrite)
        except store.ChangedOnDisk as changed:
            return await self._changed(changed)
        except RecipeError as error:
            self._workspace.say(f"Not saved. {error}", "error", seconds=12)
            return False
        kept = " The version before is kept (V in Recipes)." if editing.opened is not None else ""
        editor.view.changed_on_disk = False
        editor.take(self._editing.saved(opened, recipe))
        self._workspace.say(f"Saved.{kept}", path=paths.shown(opened.path))
        return True

    async def _changed(self, changed: store.ChangedOnDisk) -> bool:
        answers = (
            ("stay", "Stay", ""),
            ("overwrite", "Overwrite it", "o"),
            ("read", "Read it again, drop mine", "r"),
        )
        match await self._ask("Changed by another program", str(changed), answers):
            case "overwrite":
                return await self._write(overwrite=True)
            case "read":
                return await self._read("read again")
        return False

    async def _read(self, label: str) -> bool:
        opened = self._editing.opened
        if opened is None:
            return False
        try:
            read = await asyncio.to_thread(store.open_recipe, opened.path)
        except RecipeError as error:
            self._editor.view.changed_on_disk = True
            self._workspace.say(
                f"What is in the file cannot be read, so what is shown stays. {error}", "error", seconds=15
            )
            return False
        self._editor.view.changed_on_disk = False
        self._editor.take(self._editing.reread(read, label))
        return True

    async def check_file(self) -> None:
        """Check in a thread whether the file is unchanged since it was read."""
        opened = self._editing.opened
        if opened is None or self._busy:
            return
        changed = await asyncio.to_thread(_differs, opened)
        if opened is self._editing.opened and changed is not self._editor.view.changed_on_disk:
            self._editor.view.changed_on_disk = changed
            self._editor.view.draw()
            if changed:
                self._workspace.say(
                    "Another program has changed this file. Saving asks what to do; nothing is lost by then.",
                    "warning",
                    seconds=10,
                )

    # -- leaving --------------------------------------------------------------------------------------

    async def _may_close(self) -> bool:
        if self._editor.touched and not self._editor.settle():
            drop = "What is typed in the form is wrong, and would be lost."
            return await self._ask("Leave the editor?", drop, _LEAVE[::2]) == "drop"
        if not self._editing.draft.dirty:
            return True
        text = "What you have changed is not saved."
        match await self._ask("Leave the editor?", text, _LEAVE):
            case "save":
                return await self._save()
            case "drop":
                return True
        return False

    async def _leave(self) -> bool:
        if not await self._may_close():
            return False
        opened = self._editing.opened
        self.closed(opened.path if opened else None)
        return True

    # -- the user's own editor ------------------------------------------------------------------------

    async def _outside(self) -> bool:
        editor = self._editor
        try:
            command = editor_command(os.environ)
        except RecipeError as error:
            self._workspace.say(str(error), "warning", seconds=12)
            return False
        if not editor.settle():
            return False
        unsaved = self._editing.draft.dirty or self._editing.opened is None
        first = "What you have changed is saved first. " if unsaved else ""
        answers = (("stay", "Stay", ""), ("open", "Save and open" if unsaved else "Open", "y"))
        title = f"Open the file in {Path(command[0]).name}?"
        if await self._ask(title, first + STOP_AWAY, answers) != "open":
            return False
        if unsaved and not await self._save():
            return False
        opened = self._editing.opened
        if opened is None:
            return False
        if problem := await edit_outside(self._workspace.window, command, opened.path):
            self._workspace.say(problem, "warning", seconds=12)
        return await self._read(f"edit in {Path(command[0]).name}")


_LEAVE: tuple[Answer, ...] = (("stay", "Stay", ""), ("save", "Save", "s"), ("drop", "Drop the changes", "d"))


def _written(editing: Editing, folder: Path, recipe: Recipe, now: float, overwrite: bool) -> store.Opened:
    """Write a recipe to its file. Blocks."""
    if editing.opened is not None:
        return store.save_recipe(editing.opened, recipe, now=now, overwrite=overwrite)
    if editing.origin is None:
        return store.create_recipe(folder, recipe)
    copy = store.duplicate_recipe(editing.origin, folder, recipe.name)
    return store.save_recipe(copy, recipe, now=now)


def _differs(opened: store.Opened) -> bool:
    """Return whether a file has changed since it was read. Blocks."""
    try:
        return read_bytes(opened.path) != opened.text.encode()
    except RecipeError:
        return True
