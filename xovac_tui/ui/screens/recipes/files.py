"""Make, copy, rename, delete and restore recipe files, and exchange them with other programs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from xovac_tui import paths
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.recipes import bounds, store
from xovac_tui.recipes.differing import differences, plan_lines, recipe_lines
from xovac_tui.recipes.exchange import FORMATS, Imported, export_recipe, import_recipe
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import Plan, PlanSettings
from xovac_tui.recipes.templates import TEMPLATES
from xovac_tui.station.loading import start_of
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.ask_path import PathDialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.question import Answer, QuestionDialog
from xovac_tui.ui.message_history import Severity
from xovac_tui.ui.screens.recipes.diffs import DiffDialog, VersionChoice, VersionsDialog
from xovac_tui.ui.screens.recipes.editor.model import Editing
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.recipes.editor.saving import STOP_AWAY
from xovac_tui.ui.screens.recipes.outside import edit_outside, editor_command
from xovac_tui.ui.screens.recipes.template import TemplateDialog
from xovac_tui.ui.workspace import Workspace

_EMPTY = "Empty"
_LONGEST_NAME = 1000
"""Characters that can be typed for a name; a longer one than is allowed is told so."""

Reread = Callable[[Path | None], None]
"""Callback that reads the folder again and puts the cursor on this file."""


class FileWork:
    """The operations on recipe files; one at a time, from a worker."""

    def __init__(self, workspace: Workspace, reread: Reread) -> None:
        self._workspace, self._reread = workspace, reread
        self._folder = workspace.start.recipes
        self._busy = False
        self._deleted: list[store.Version] = []

    async def alone(self, what: Callable[[], Awaitable[None]]) -> None:
        """Run an operation unless another is running; say its errors."""
        if self._busy:
            return
        self._busy = True
        try:
            await what()
        except RecipeError as error:
            self._say(str(error), "error")
        finally:
            self._busy = False

    # -- into the editor ------------------------------------------------------------------------------

    async def new(self) -> None:
        """Ask for a template and its values, and open the new recipe in the editor."""
        names = [template.label for template in TEMPLATES]
        chosen = await self._workspace.ask(
            ChooseDialog(self._workspace, "New recipe from", [*names, _EMPTY], names[0])
        )
        if chosen is None:
            return
        recipe: Recipe | None = Recipe("", ())
        if chosen in names:
            template = TEMPLATES[names.index(chosen)]
            recipe = await self._workspace.ask(TemplateDialog(self._workspace, template))
        if recipe is not None:
            await self._open(Editing.of_new(recipe))

    async def edit(self, file: RecipeFile, *, example: bool) -> None:
        """Open a recipe in the editor."""
        if file.recipe is None:
            self._say(
                f'"{clean(file.name, 40)}" cannot be read, so there is no table of it: '
                f"{self._workspace.keys['edit-outside']} opens the file.",
                "warning",
            )
            return
        opened = await asyncio.to_thread(store.open_recipe, file.path)
        await self._open(Editing.of_example(opened) if example else Editing.of_file(opened))

    async def _open(self, editing: Editing) -> None:
        async def close(path: Path | None) -> None:
            await self._workspace.show_over("recipes", None)
            self._reread(path)

        def closed(path: Path | None) -> None:
            # In a worker of the app: one of the editor would wait for its own end.
            self._workspace.window.run_worker(close(path), group="editor")

        await self._workspace.show_over("recipes", EditorPane(self._workspace, editing, self._folder, closed))

    async def outside(self, file: RecipeFile, *, example: bool) -> None:
        """Open a recipe's file in the user's own editor; for an example, a copy."""
        command = editor_command(os.environ)
        copy = "This is an example: a copy in your folder is opened. " if example else ""
        answers = (("stay", "Stay", ""), ("open", "Open", "y"))
        title = f"Open the file in {clean(Path(command[0]).name, 30)}?"
        if (
            await self._workspace.ask(QuestionDialog(self._workspace, title, copy + STOP_AWAY, answers))
            != "open"
        ):
            return
        path = file.path
        if example:
            path = (await asyncio.to_thread(_copied, path, self._folder, file.name)).path
        if problem := await edit_outside(self._workspace.window, command, path):
            self._say(problem, "warning")
        self._reread(path)

    # -- files ----------------------------------------------------------------------------------------

    async def copy(self, file: RecipeFile) -> None:
        """Make a copy in the user's folder."""
        opened = await asyncio.to_thread(_copied, file.path, self._folder, "")
        self._say("Copied to", path=opened.path)
        self._reread(opened.path)

    async def rename(self, file: RecipeFile, *, example: bool) -> None:
        """Give a recipe and its file another name."""
        if example:
            copies = self._workspace.keys["copy-recipe"]
            self._say(
                f"An example keeps its name: {copies} makes a copy of it, and that can be renamed.", "warning"
            )
            return
        opened = await asyncio.to_thread(store.open_recipe, file.path)
        name, problem = opened.recipe.name, ""
        while True:
            words = "Name of the recipe, which the device gets too, and of its file."
            answer = await self._workspace.ask(
                AskDialog(self._workspace, "Rename", words, name, problem=problem, longest=_LONGEST_NAME)
            )
            if answer is None:
                return
            name, wrong = answer.strip(), bounds.name_problem(answer.strip())
            if not wrong:
                break
            problem = f"The name {wrong}."
        renamed = await asyncio.to_thread(
            lambda: store.rename_recipe(opened, name, now=self._workspace.station.clock.utc())
        )
        self._reread(renamed.path)

    async def delete(self, file: RecipeFile, *, example: bool) -> None:
        """Move a recipe into the trash folder, after a question."""
        if example:
            self._say("An example comes with the program and cannot be deleted.", "warning")
            return
        answers = (("keep", "Keep it", ""), ("delete", "Delete", "y"))
        name = clean(file.path.name, 60)
        back = f"{self._workspace.keys['undelete-recipe']} takes that back."
        text = f"{name} goes into the folder .trash beside it. {back}"
        if await self._ask("Delete?", text, answers) != "delete":
            return
        version = await asyncio.to_thread(
            lambda: store.delete_recipe(file.path, now=self._workspace.station.clock.utc())
        )
        self._deleted.append(version)
        self._say(f"{name} is in the trash folder. {back}")
        self._reread(None)

    async def undelete(self) -> None:
        """Undo the last deletion."""
        if not self._deleted:
            self._say("Nothing was deleted from here. Older files are in the folder .trash.", "warning")
            return
        path = await asyncio.to_thread(store.undelete_recipe, self._deleted[-1])
        self._deleted.pop()
        self._say("Back as", path=path)
        self._reread(path)

    async def versions(self, file: RecipeFile) -> None:
        """List the earlier versions of a recipe, and restore one."""
        found = await asyncio.to_thread(_described, file, self._workspace.units)
        if not found:
            self._say("There is no earlier version: one is kept with each save from now on.", "warning")
            return
        times = self._workspace.times
        choices = [
            VersionChoice(f"{times.second(version.saved)}  {one.words}", one.changes, one.same)
            for version, one in found
        ]
        title = "Go back to the version replaced at"
        chosen = await self._workspace.ask(VersionsDialog(self._workspace, title, choices))
        if chosen is None:
            return
        version = found[chosen][0]
        now = self._workspace.station.clock.utc()
        await asyncio.to_thread(lambda: store.restore_version(file.path, version, now=now))
        self._say("This version is the file again. The one before it is kept, too.")
        self._reread(file.path)

    async def compare(self, file: RecipeFile, plan: Plan | None) -> None:
        """Show what differs between the recipe that was loaded last and a recipe."""
        loaded, name = self._workspace.station.runs.loaded, clean(file.name, 30)
        if loaded is None:
            self._say("No recipe is known to be loaded, so there is nothing to compare with.", "warning")
        elif plan is None:
            self._say(f'"{name}" has no time line, so it cannot be compared: see its check.', "warning")
        else:
            units = self._workspace.units
            found = differences(plan_lines(loaded.plan, units), plan_lines(plan, units))
            title = f"From what is loaded ({clean(loaded.name, 20)}) to {name}"
            await self._workspace.ask(DiffDialog(self._workspace, title, found))

    # -- other programs -------------------------------------------------------------------------------

    async def import_(self) -> None:
        """Ask for a CSV or JSON file, and open the recipe in it in the editor."""
        settings, typed, problem = self._workspace.station.plan_settings(), "", ""
        words = "A file to make a recipe of: CSV from a spreadsheet, or the device's own JSON."
        while True:
            answer = await self._workspace.ask(
                PathDialog(
                    self._workspace, "Import", words, typed, problem=problem, endings=(".csv", ".json")
                )
            )
            if not answer:
                return
            typed = answer
            try:
                imported: Imported = await asyncio.to_thread(import_recipe, _path(answer), settings)
                break
            except RecipeError as error:
                problem = _few(error.sentences)
        await self._open(Editing.of_new(imported.recipe))
        for note in imported.notes:
            self._say(note, "warning")

    async def export(self, file: RecipeFile) -> None:
        """Ask for a path, and write the recipe in the format of its ending."""
        if file.recipe is None:
            self._say(f'"{clean(file.name, 40)}" cannot be read, so it cannot be exported.', "warning")
            return
        recipe, problem, overwrite = file.recipe, "", False
        settings = self._workspace.station.plan_settings()
        start = start_of(self._workspace.snapshot).celsius
        typed = str(paths.state_folder() / "exports" / store.file_name(recipe.name).replace(".toml", ".csv"))
        words = (
            "Write it to this file. The ending says as what: .csv, the steps for a spreadsheet; .json, the "
            "list that the device gets; .toml, the recipe written anew."
        )
        while True:
            answer = await self._workspace.ask(
                PathDialog(self._workspace, "Export", words, typed, problem=problem)
            )
            if not answer:
                return
            typed, path = answer, _path(answer)
            try:
                if path.exists() and not (overwrite := await self._may_overwrite(path)):
                    problem = "It exists already: type another name."
                    continue
                notes = await asyncio.to_thread(_exported, recipe, path, settings, start, overwrite)
                break
            except RecipeError as error:
                problem = _few(error.sentences)
            except OSError as error:
                problem = _few([str(error)])
        self._say(" ".join((*notes, "Written:")), path=path)

    async def _may_overwrite(self, path: Path) -> bool:
        answers = (("keep", "Keep it", ""), ("overwrite", "Overwrite it", "o"))
        text = f"{paths.shown(path)} exists already, and no version of it is kept."
        return await self._ask("Overwrite?", text, answers) == "overwrite"

    async def _ask(self, title: str, text: str, answers: Sequence[Answer]) -> str | None:
        return await self._workspace.ask(QuestionDialog(self._workspace, title, text, answers))

    def _say(self, text: str, severity: Severity = "information", path: Path | None = None) -> None:
        self._workspace.say(text, severity, path="" if path is None else paths.shown(path))


def _path(text: str) -> Path:
    """Return a typed path; `~` is the user's home folder."""
    return Path(os.path.abspath(os.path.expanduser(text.strip())))


def _few(sentences: Sequence[str]) -> str:
    """Return as many of the sentences as a small dialog has room for, one a line."""
    more = [f"… and {len(sentences) - 3} more"] if len(sentences) > 3 else []
    return "\n".join([*(clean(one, 300) for one in sentences[:3]), *more])


def _copied(path: Path, folder: Path, name: str) -> store.Opened:
    return store.duplicate_recipe(store.open_recipe(path), folder, name)


def _described(file: RecipeFile, units: DisplayUnits) -> Sequence[tuple[store.Version, VersionChoice]]:
    """Return the earlier versions of a file, each with a summary and what has changed since."""
    now = recipe_lines(file.recipe, units) if file.recipe is not None else []
    found = []
    for version in store.versions(file.path):
        try:
            recipe = store.open_recipe(version.path).recipe
            said = f"{clean(recipe.name, 32)}, {counted(len(recipe.steps), 'step')}"
            changes = tuple(differences(recipe_lines(recipe, units), now))
            choice = VersionChoice(said, changes, "Only comments or layout differ.")
        except RecipeError:
            choice = VersionChoice("cannot be read", (), "It cannot be read, so it is not compared.")
        found.append((version, choice))
    return found


def _exported(
    recipe: Recipe, path: Path, settings: PlanSettings, start: float, overwrite: bool
) -> tuple[str, ...]:
    """Write a recipe in the format of a path's ending; return what the format leaves out."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise RecipeError(f'"{clean(path.name, 60)}" must end in .csv, .json or .toml.')
    exported = export_recipe(recipe, ending, settings, start)
    store.write_file(path, exported.text, overwrite=overwrite)
    return exported.notes
