"""The Recipes tab: choose a recipe, see its plan and findings, load, start and cancel it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input
from textual.worker import WorkerCancelled, WorkerFailed

from xovac_tui import paths
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.spans import repeat_spans, usual_total
from xovac_tui.recipes.store import Fingerprint, fingerprint
from xovac_tui.recipes.study import Library, Study, read_library, study_recipe
from xovac_tui.station.loading import LoadStart, start_of
from xovac_tui.station.news import News
from xovac_tui.ui.glyphs import ASCII
from xovac_tui.ui.screens import recipes
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.screens.recipes import ACTIONS, lines
from xovac_tui.ui.screens.recipes.loading import CheckedFile, Loading
from xovac_tui.ui.screens.recipes.profile import ProfileChart
from xovac_tui.ui.widgets.find_field import FindField
from xovac_tui.ui.widgets.fitting import fit, set_height
from xovac_tui.ui.widgets.lines import Line, LinesWidget
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.workspace import Workspace


class RecipesView(Horizontal):
    """Draws the library and the study that it is given, for the size there is."""

    DEFAULT_CSS = """
    RecipesView #recipe-left { width: 27; height: 1fr; }
    RecipesView.-wide #recipe-left { width: 40; }
    RecipesView.-spacious #recipe-left { width: 76; }
    RecipesView #recipe-right { width: 1fr; height: 1fr; }
    RecipesView #recipe-facts { height: 6; width: 1fr; padding: 0 1; }
    RecipesView.-tall #recipe-facts { height: 8; }
    RecipesView #recipe-profile { height: 7; }
    RecipesView.-tall #recipe-profile { height: 2fr; }
    RecipesView #recipe-below { height: 1fr; }
    RecipesView.-tall #recipe-below { height: 3fr; }
    RecipesView #recipe-check { display: none; }
    RecipesView.-check #recipe-check { display: block; }
    RecipesView.-check #recipe-steps { display: none; }
    RecipesView.-tall #recipe-check { display: block; height: 2fr; }
    RecipesView.-tall #recipe-steps { display: block; height: 3fr; }
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.library = Library()
        """The recipes that can be chosen from."""
        self.entries: list[lines.RecipeListRow] = []
        self.chosen: RecipeFile | None = None
        self.study: Study | None = None
        """Plan and findings of the chosen recipe; None until they are computed."""
        self.start = LoadStart(20.0, False, ())
        self._shared = self._listed = 0
        self._units = workspace.units

    def compose(self) -> ComposeResult:
        """Build list, facts, profile, steps and findings."""
        with Vertical(id="recipe-left"):
            yield Rows("Recipes", choose=True, id="recipe-list")
            yield FindField("words of name, file or text", lambda: self.files, id="recipe-find")
        with Vertical(id="recipe-right"):
            yield LinesWidget(id="recipe-facts")
            yield ProfileChart(glyphs=self.workspace.glyphs, id="recipe-profile")
            with Vertical(id="recipe-below"):
                yield Rows("Steps", choose=True, id="recipe-steps")
                yield Rows("Check", id="recipe-check")

    @property
    def files(self) -> Rows:
        """The list."""
        return self.query_one("#recipe-list", Rows)

    @property
    def steps(self) -> Rows:
        """The table of steps."""
        return self.query_one("#recipe-steps", Rows)

    def on_descendant_focus(self) -> None:
        """Show which step is chosen."""
        self.show_profile()

    def on_mount(self) -> None:
        """Choose the layout for the size."""
        fit(self)

    def on_resize(self) -> None:
        """Choose the layout for the size, and draw for it."""
        fit(self)
        self.call_after_refresh(self.draw)

    def turn(self) -> None:
        """Show steps or findings where there is no room for both."""
        self.toggle_class("-check")
        self.call_after_refresh(self.draw)

    def show_study(self, study: Study, start: LoadStart) -> None:
        """Show what is known of the chosen recipe now."""
        other = self.study is None or self.study.file.path != study.file.path
        self.study, self.start = study, start
        if other:
            self.set_class(study.compiled is None, "-check")
        self.draw(rewind=other)
        # What the class shows or hides gets its size with the next layout.
        self.call_after_refresh(self.draw)

    def keep_true(self) -> None:
        """Show what depends on the moment, and what depends on a size that is another one now."""
        if self._units != self.workspace.units:
            self._units = self.workspace.units
            self.draw()
        self.show_facts()
        if self._listed != self.files.size.width:
            self.show_files()
        if self._shared != self.query_one("#recipe-below").size.height:
            self._share()

    # -- drawing ------------------------------------------------------------------------------------

    def draw(self, *, rewind: bool = False) -> None:
        """Draw everything, from its beginning where `rewind`."""
        self.show_files()
        self.show_facts()
        study = self.study
        if study is None:
            return
        glyphs, units = self.workspace.glyphs, self.workspace.units
        steps = self.steps
        if rewind:
            steps.chosen = 0
        self.show_profile()
        segments = study.plan.segments if study.plan else ()
        sides = lines.side_signs(repeat_spans(segments), len(segments), glyphs)
        room = lines.number_width(segments)
        self._share()

        def step(index: int, chosen: bool) -> Line:
            return lines.step_line(
                segments[index],
                steps.size.width,
                glyphs,
                room,
                units,
                side=sides[index],
                chosen=chosen and steps.has_focus,
            )

        def head() -> Line:
            return lines.step_head(steps.size.width, room, len(sides[0])) if segments else ()

        steps.show_rows(len(segments), step, head=head, rewind=rewind)
        self.query_one("#recipe-check", Rows).show_folded(
            lambda width: lines.finding_lines(study.findings, width, glyphs, units), rewind=rewind
        )

    def show_profile(self) -> None:
        """Show the planned profile, with the chosen step bright while the table has the focus."""
        if self.study is None:
            return
        bright = (self.steps.chosen,) if self.steps.has_focus else ()
        workspace = self.workspace
        self.query_one(ProfileChart).show(
            self.study.plan, workspace.units, bright=bright, speed=workspace.station.speed
        )

    def _share(self) -> None:
        """Divide the rows below the profile between steps and findings by their needs."""
        study, height = self.study, self.query_one("#recipe-below").size.height
        table, check = self.query_one("#recipe-steps", Rows), self.query_one("#recipe-check", Rows)
        self._shared = height
        if study is None or not self.has_class("-tall") or not height:
            set_height(table, None)
            set_height(check, None)
            return
        steps = len(study.plan.segments) + 1 if study.plan else 0
        found = len(
            lines.finding_lines(
                study.findings,
                max(10, self.query_one("#recipe-facts").size.width - 2),
                ASCII,
                self.workspace.units,
            )
        )
        least = height // 2 if study.compiled is None or study.compiled.warnings else height // 3
        wanted = max(4, min(found + 2, max(least, height - steps - 2)))
        set_height(check, wanted)
        set_height(table, "1fr")

    def listed(self) -> list[lines.RecipeListRow]:
        """Return the lines of the list."""
        folder = self.workspace.start.recipes
        shown = paths.shown(folder) if folder else ""
        return lines.list_entries(self.library, shown, self.files.size.width, self.field.value)

    @property
    def field(self) -> FindField:
        """The field with the words that listed recipes have."""
        return self.query_one("#recipe-find", FindField)

    def show_files(self) -> None:
        """Show the list, with the cursor on the chosen file."""
        files, glyphs = self.files, self.workspace.glyphs
        width = self._listed = files.size.width
        entries = self.entries = self.listed()
        chosen_path = self.chosen.path if self.chosen is not None else None
        at = next((n for n, entry in enumerate(entries) if entry.file and entry.file.path == chosen_path), 0)
        skip = [number for number, entry in enumerate(entries) if entry.file is None]

        def line(index: int, chosen: bool) -> Line:
            return lines.entry_line(entries[index], width, glyphs, chosen=chosen, focus=files.has_focus)

        files.show_rows(len(entries), line, skip=skip, chosen=at)

    def show_facts(self) -> None:
        """Show the chosen recipe in a few lines, as they are by now."""
        study, facts = self.study, self.query_one("#recipe-facts", LinesWidget)
        if study is None or not facts.size:
            return
        workspace, station = self.workspace, self.workspace.station
        facts.show_lines(
            lines.fact_lines(
                study,
                self.start,
                station.plan_settings(),
                width=facts.size.width,
                height=facts.size.height,
                utc=station.clock.utc(),
                speed=station.speed,
                blocked=station.blocked("load_recipe"),
                example=study.file in self.library.examples,
                glyphs=workspace.glyphs,
                times=workspace.times,
                keys=workspace.keys,
                units=workspace.units,
            )
        )


_DRIFT = 1.0
"""Change of the start temperature, K, that causes a new plan."""
CHECK_SECONDS = 2.0
"""Seconds between two checks for changes of the folder by another program."""
_REST = 20
"""Factor on a plan's duration: shortest time to the next plan that only a moved start causes."""


_DRAWN = 200
"""Recipes whose thumbnails are made ready when the folder is read."""
_READY_SECONDS, _READY_CHECKS = 0.05, 60
"""Seconds between two checks whether a recipe is there, and how many are made."""


def _read_drawn(folder: Path | None) -> Library:
    """Return the recipes of a folder, with the shapes of the first ones worked out. Blocks."""
    library = read_library(folder)
    for file in library.files[:_DRAWN]:
        if file.recipe is not None:
            usual_total(file.recipe)
    return library


class RecipesPane(Pane):
    """Recipe files at the left, the chosen one at the right."""

    HELP = (
        "Left: the recipe files of your folder, and three examples that come with the program. Right: what "
        "the chosen one will do. The number of a step is that of the item in the list that is sent.\n"
        "{edit-recipe} edits the chosen recipe (an example: a copy of it), {new-recipe} makes a new one. "
        "What another program changes in the folder is seen within seconds.\n"
        "Load checks the file once more, shows exactly what will be sent, and asks. Times and the profile "
        "start from the measured temperature, or from 20 °C where none can be believed.\n"
        "Units, and how the chamber reads an item, are not documented: they are settings of the profile."
    )
    ACTIONS = ACTIONS

    def __init__(self, workspace: Workspace, *, id: str) -> None:
        super().__init__(workspace, id=id)
        self.view = RecipesView(workspace)
        self._loading = Loading(workspace)
        self._files: recipes.files.FileWork | None = None
        self._rest_until = 0.0
        self._folder_was: Fingerprint = ()

    def compose(self) -> ComposeResult:
        """Show the list, and what the chosen recipe will do."""
        yield self.view

    def on_mount(self) -> None:
        """Start checking the folder; nothing is read yet."""
        self.set_interval(CHECK_SECONDS, self.check_folder)

    def take_focus(self) -> None:
        """Focus the list, and check the folder."""
        self.view.files.focus()
        self._read()

    async def be_ready(self) -> None:
        """Wait until a recipe is chosen and checked."""
        for _ in range(_READY_CHECKS):
            if self.view.study is not None:
                return
            await asyncio.sleep(_READY_SECONDS)

    async def open_named(self, name: str) -> bool:
        """Choose a recipe by the path of its file."""
        path = Path(name)
        self.view.field.close()
        with suppress(WorkerFailed, WorkerCancelled):
            await self._read(path).wait()
        return self.view.chosen is not None and self.view.chosen.path == path

    def show(self, snapshot: Snapshot) -> None:
        """Update the end time and the start temperature."""
        start, view = start_of(snapshot), self.view
        moved = abs(start.celsius - view.start.celsius) >= _DRIFT
        measured = start.measured is not view.start.measured
        rested = self.station.clock.mono() >= self._rest_until
        if (measured or (moved and rested)) and view.study is not None and not self._loading.asking:
            self._restudy()
        elif start.celsius == view.start.celsius:
            view.start = start
        view.keep_true()

    def on_news(self, news: News) -> None:
        """Show at once whether loading is possible."""
        self.view.show_facts()

    # -- reading ------------------------------------------------------------------------------------

    def action_read_again(self) -> None:
        """Read the folder again."""
        self._read()

    def read_and_choose(self, path: Path | None) -> None:
        """Read the folder again and put the cursor on a file; None: on the chosen one, or near it."""
        self._read(path)

    def _reread(self, path: Path | None) -> None:
        # After a defect of the screen another pane may have replaced this one.
        for pane in self.workspace.window.screen_stack[0].query(RecipesPane):
            pane.read_and_choose(path)

    @work(group="recipes-read", exclusive=True)
    async def _read(self, path: Path | None = None) -> None:
        """Read folder and chosen recipe in a thread."""
        folder, view = self.workspace.start.recipes, self.view
        at = view.files.chosen
        # The state is taken before reading: a change in between then causes another reading.
        self._folder_was = await asyncio.to_thread(fingerprint, folder)
        view.library = await asyncio.to_thread(_read_drawn, folder)
        files = view.library.files
        if not files or not self.query("#recipe-list"):
            # The reading thread may end after the console.
            return
        wanted = path or (view.chosen.path if view.chosen is not None else None)
        same = [file for file in files if file.path == wanted]
        # Without the file the cursor stays at its row.
        listed = view.listed()
        near = [entry.file for entry in listed[at:] + listed[:at][::-1] if entry.file is not None]
        await self._choose(same[0] if same else near[0])

    @work(group="recipes-look", exclusive=True)
    async def check_folder(self) -> None:
        """Read the folder again if another program has changed it."""
        if not self.is_seen or self.view.study is None:
            return
        if await asyncio.to_thread(fingerprint, self.workspace.start.recipes) != self._folder_was:
            self._read()

    async def _choose(self, file: RecipeFile) -> None:
        self.view.chosen = file
        self.view.show_files()
        start = start_of(self.workspace.snapshot)
        began = time.perf_counter()
        study = await asyncio.to_thread(study_recipe, file, self.station.plan_settings(), start.celsius)
        # A changing temperature must not keep the machine busy with planning a long recipe.
        self._rest_until = self.station.clock.mono() + _REST * (time.perf_counter() - began)
        if self.view.chosen is file and self.query("#recipe-list"):
            self.view.show_study(study, start)

    @work(group="recipes-study", exclusive=True)
    async def _restudy(self) -> None:
        if self.view.chosen is not None:
            await self._choose(self.view.chosen)

    def on_profile_chart_clicked(self, message: ProfileChart.Clicked) -> None:
        """Choose the step that was clicked in the profile, and show the steps."""
        view = self.view
        view.remove_class("-check")
        view.steps.focus()
        view.steps.action_move(message.number - view.steps.chosen)
        view.show_profile()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Plan and check the recipe under the cursor, or show the chosen step in the profile."""
        if message.rows is self.view.steps:
            self.view.show_profile()
            return
        entry = self.view.entries[message.index] if message.index < len(self.view.entries) else None
        if message.rows is self.view.files and entry is not None and entry.file is not None:
            self.view.chosen = entry.file
            self._restudy()

    # -- finding --------------------------------------------------------------------------------------

    def action_find_recipe(self) -> None:
        """Open the field for the words of a recipe."""
        self.view.field.open()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the recipes that have these words; the cursor goes to the first where it must move."""
        event.stop()
        view = self.view
        view.show_files()
        files = [entry.file for entry in view.entries if entry.file is not None]
        if files and view.chosen not in files:
            view.chosen = files[0]
            self._restudy()
        view.show_files()

    def action_recipes_back(self) -> None:
        """Go from the field or the steps to the list; in the list, show all recipes again."""
        view = self.view
        if view.field.has_focus or view.files.has_focus:
            view.field.back()
        view.files.focus()

    def action_recipe_view(self) -> None:
        """Show steps or findings where there is no room for both."""
        self.view.turn()

    # -- commands -----------------------------------------------------------------------------------

    @work(group="dialog")
    async def action_load_recipe(self) -> None:
        """Read the file once more, check it, show what would be sent, ask, send."""
        shown = self.view.chosen
        if shown is None:
            # A key without any effect would be pressed again, with another meaning.
            self._loading.say("The recipes are still being read: nothing was loaded. Press it again.")
            return
        await self._loading.load(shown, lambda checked: self._show_checked(shown, checked))

    def _show_checked(self, shown: RecipeFile, checked: CheckedFile) -> None:
        """Show the file as read for loading, and report why it is not loaded."""
        file, say = checked.study.file, self._loading.say
        if self.view.chosen is not None and self.view.chosen.path == file.path:
            self.view.chosen = file
            self.view.show_study(checked.study, checked.start)
        if file.recipe != shown.recipe:
            say(
                f"{paths.shown(file.path)} has changed since it was shown. Check it as it is now, then "
                "load it again.",
                "warning",
            )
            self._read()
        elif checked.study.compiled is None or checked.study.plan is None:
            self.view.add_class("-check")
            say(f'"{file.name}" cannot be loaded: the check says why. Nothing was sent.', "error")

    @work(group="dialog")
    async def action_start_recipe(self) -> None:
        """Send the contract's start command, or report that it names none."""
        await self._loading.start()

    @work(group="dialog")
    async def action_cancel_recipe(self) -> None:
        """Cancel the running recipe after a confirmation."""
        await self._loading.command("cancel_recipe", "Cancel the running recipe?")

    # -- files --------------------------------------------------------------------------------------

    @property
    def work_on_files(self) -> recipes.files.FileWork:
        """The file operations; imported when first needed."""
        if self._files is None:
            self._files = recipes.files.FileWork(self.workspace, self._reread)
        return self._files

    @work(group="dialog")
    async def _with_chosen(
        self, what: Callable[[recipes.files.FileWork, RecipeFile, bool], Awaitable[None]]
    ) -> None:
        """Run an operation on the chosen file; `work` also gets whether it is an example."""
        files, file = self.work_on_files, self.view.chosen
        if file is not None:
            example = any(file.path == one.path for one in self.view.library.examples)
            await files.alone(lambda: what(files, file, example))

    @work(group="dialog")
    async def action_new_recipe(self) -> None:
        """Make a new recipe in the editor."""
        await self.work_on_files.alone(self.work_on_files.new)

    @work(group="dialog")
    async def action_import_recipe(self) -> None:
        """Make a recipe of another program's file."""
        await self.work_on_files.alone(self.work_on_files.import_)

    @work(group="dialog")
    async def action_undelete_recipe(self) -> None:
        """Take the last deletion back."""
        await self.work_on_files.alone(self.work_on_files.undelete)

    def action_edit_recipe(self) -> None:
        """Open the chosen recipe in the editor."""
        self._with_chosen(lambda files, file, example: files.edit(file, example=example))

    def action_edit_outside(self) -> None:
        """Open the chosen file in the user's own editor."""
        self._with_chosen(lambda files, file, example: files.outside(file, example=example))

    def action_copy_recipe(self) -> None:
        """Make a copy of the chosen recipe."""
        self._with_chosen(lambda files, file, example: files.copy(file))

    def action_rename_recipe(self) -> None:
        """Give the chosen recipe another name."""
        self._with_chosen(lambda files, file, example: files.rename(file, example=example))

    def action_delete_recipe(self) -> None:
        """Move the chosen recipe into the trash folder."""
        self._with_chosen(lambda files, file, example: files.delete(file, example=example))

    def action_recipe_versions(self) -> None:
        """Go back to an earlier version of the chosen recipe."""
        self._with_chosen(lambda files, file, example: files.versions(file))

    def action_compare_recipe(self) -> None:
        """Show what differs between what is loaded and the chosen recipe."""
        study = self.view.study
        self._with_chosen(
            lambda files, file, example: files.compare(
                file, study.plan if study is not None and study.file.path == file.path else None
            )
        )

    def action_export_recipe(self) -> None:
        """Write the chosen recipe for another program."""
        self._with_chosen(lambda files, file, example: files.export(file))
