"""The widgets of the recipe editor: table, form, planned profile and findings, laid out by size."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from textual import work
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.timer import Timer

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.recipes.draft import Draft
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.model import Hold, Ramp, Repeat
from xovac_tui.recipes.places import step_number
from xovac_tui.recipes.plan import Plan
from xovac_tui.recipes.study import Study, study_recipe
from xovac_tui.station.loading import start_of
from xovac_tui.ui.screens.recipes.editor.fields import Typed, fields_of, hint_in, read_form
from xovac_tui.ui.screens.recipes.editor.finding_list import FindingLine, finding_rows
from xovac_tui.ui.screens.recipes.editor.form import FieldForm
from xovac_tui.ui.screens.recipes.editor.lines import (
    draft_sides,
    head_line,
    recipe_line,
    row_line,
    table_head,
)
from xovac_tui.ui.screens.recipes.editor.model import Editing
from xovac_tui.ui.screens.recipes.profile import ProfileChart
from xovac_tui.ui.widgets.fitting import fit
from xovac_tui.ui.widgets.lines import Line, LinesWidget
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.workspace import Workspace

PAUSE = 0.15
"""Seconds without a change before a recipe is planned and checked again."""
_DRIFT = 1.0
"""Change of the start temperature, K, that causes a new plan."""
_HEAD_FIELDS = 6


class EditorView(Vertical):
    """Table, form, profile and findings of an edited recipe."""

    DEFAULT_CSS = """
    EditorView #edit-head { height: 1; width: 1fr; }
    EditorView #edit-body { height: 1fr; layout: vertical; }
    EditorView.-wide #edit-body { layout: horizontal; }
    EditorView #edit-side { height: 8; }
    EditorView.-form.-head #edit-side { height: 10; }
    EditorView.-tall #edit-side, EditorView.-tall.-form.-head #edit-side { height: 2fr; }
    EditorView.-wide #edit-side, EditorView.-wide.-form.-head #edit-side { height: 1fr; width: 52; }
    EditorView #edit-form {
        height: 1fr; padding: 0 1; display: none;
        border: round $border-blurred; border-title-color: $foreground;
        border-subtitle-color: $foreground-muted;
    }
    EditorView #edit-form:focus-within { border: round $border; }
    EditorView #edit-check { display: none; }
    EditorView.-check #edit-check { display: block; }
    EditorView.-check #edit-profile { display: none; }
    EditorView.-form #edit-form { display: block; }
    EditorView.-form #edit-check, EditorView.-form #edit-profile { display: none; }
    EditorView.-tall #edit-form { display: block; height: 10; }
    EditorView.-tall #edit-check, EditorView.-tall #edit-profile { display: block; }
    """

    def __init__(self, workspace: Workspace, editing: Editing) -> None:
        super().__init__()
        self.workspace = workspace
        self.editing = editing
        self.preview: Draft | None = None
        """The draft with the texts being typed; None if nothing is typed or it is invalid."""
        self.study: Study | None = None
        self.found: list[FindingLine] = []
        self.changed_on_disk = False
        """Another program has changed the file since it was read."""
        self._studied: Draft | None = None
        self._timer: Timer | None = None
        self._start: float | None = None
        self._units = workspace.units

    def compose(self) -> ComposeResult:
        """Build the first line, the table, and the parts beside or below it."""
        glyphs = self.workspace.glyphs
        yield LinesWidget(id="edit-head")
        with Container(id="edit-body"):
            yield Rows("Steps", choose=True, id="edit-steps")
            with Vertical(id="edit-side"):
                with Vertical(id="edit-form") as form:
                    form.border_subtitle = f"enter: take   {self.workspace.keys['edit-leave']}: drop"
                    yield FieldForm(_HEAD_FIELDS, glyphs)
                yield ProfileChart(glyphs=glyphs, id="edit-profile")
                yield Rows("Check", choose=True, id="edit-check")

    def on_mount(self) -> None:
        """Choose the layout for the size."""
        fit(self)

    def on_resize(self) -> None:
        """Choose the layout for the size, and draw for it."""
        fit(self)
        self.call_after_refresh(self.draw)

    @property
    def steps(self) -> Rows:
        """The table."""
        return self.query_one("#edit-steps", Rows)

    @property
    def check(self) -> Rows:
        """The list of findings."""
        return self.query_one("#edit-check", Rows)

    @property
    def form(self) -> FieldForm:
        """The form of the chosen step."""
        return self.query_one(FieldForm)

    @property
    def draft(self) -> Draft:
        """The shown recipe: with the texts being typed if they are valid."""
        return self.preview or self.editing.draft

    def show(self, snapshot: Snapshot) -> None:
        """Update the end time, and plan again if the start temperature has moved."""
        start = start_of(snapshot).celsius
        if self._start is not None and abs(start - self._start) >= _DRIFT and self._timer is None:
            self.later(again=True)
        if self._units != self.workspace.units:
            self._units = self.workspace.units
            self.draw()
        self._show_head()

    def take(self, editing: Editing) -> None:
        """Show a new editing state, after a change or a move of the cursor; drops typed texts."""
        self.editing = editing
        self.preview = None
        self.show_form()
        self.later()
        self.draw()

    def typed(self) -> Typed:
        """Return the form's result, and show the problems at its fields."""
        typed = read_form(self.editing.draft, self.editing.path, self.form.texts)
        self.form.show_problems(typed.problems)
        return typed

    # -- plan and check -------------------------------------------------------------------------------

    def later(self, *, again: bool = False) -> None:
        """Plan and check the shown recipe once nothing has changed for a moment."""
        if self.draft.recipe == (self._studied.recipe if self._studied else None) and not again:
            return
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._work_out)

    @work(group="editor-study", exclusive=True)
    async def _work_out(self) -> None:
        self._timer = None
        draft = self.draft
        # Set at the start: planning a long recipe must finish before it starts again.
        self._start = start = start_of(self.workspace.snapshot).celsius
        named = self.editing.opened or self.editing.origin
        file = RecipeFile(named.path if named else Path("new.toml"), draft.recipe.name, draft.recipe)
        study = await asyncio.to_thread(study_recipe, file, self.workspace.station.plan_settings(), start)
        self.study, self._studied = study, draft
        self.draw()

    def draw(self) -> None:
        """Draw everything."""
        if not self.query("#edit-head"):
            # The planning thread may end after the editor.
            return
        self._show_head()
        self._show_steps()
        if self.study is not None:
            self._show_profile(self.study.plan)
            self._show_findings(self.study)

    def _show_profile(self, plan: Plan | None) -> None:
        """Show the planned profile, with the chosen step bright, each time that it is done."""
        path = self.editing.path
        bright: tuple[int, ...] = ()
        if plan is not None and path:
            bright = tuple(n for n, one in enumerate(plan.segments) if one.path[: len(path)] == path)
        chart, workspace = self.query_one("#edit-profile", ProfileChart), self.workspace
        chart.show(plan, workspace.units, bright=frozenset(bright), speed=workspace.station.speed)

    def _show_head(self) -> None:
        head = self.query_one("#edit-head", LinesWidget)
        if not head.size:
            return
        line = head_line(
            msgspec.structs.replace(self.editing, draft=self.draft),
            self.study,
            head.size.width,
            changed_on_disk=self.changed_on_disk,
            utc=self.workspace.station.clock.utc(),
            speed=self.workspace.station.speed,
            glyphs=self.workspace.glyphs,
            times=self.workspace.times,
        )
        head.show_lines([line])

    def _show_steps(self) -> None:
        table, glyphs, units = self.steps, self.workspace.glyphs, self.workspace.units
        draft = self.draft
        rows, marked = draft.rows(), self.editing.in_range()
        sides = draft_sides(rows, glyphs)
        findings = self.study.findings if self.study is not None else ()
        wrong = {finding.path for finding in findings if finding.severity == "error"}

        def line(index: int, chosen: bool) -> Line:
            focus, width = table.has_focus, table.size.width
            if index == 0:
                return recipe_line(draft.recipe, width, glyphs, chosen=chosen, focus=focus, units=units)
            row = rows[index - 1]
            return row_line(
                row,
                width,
                glyphs,
                chosen=chosen,
                focus=focus,
                marked=row.path in marked,
                wrong=wrong,
                units=units,
                side=sides[index - 1],
            )

        table.show_rows(
            len(rows) + 1, line, head=lambda: table_head(table.size.width), chosen=self.editing.at
        )

    def _show_findings(self, study: Study) -> None:
        check, glyphs, keys = self.check, self.workspace.glyphs, self.workspace.keys

        def fold(width: int) -> int:
            self.found = finding_rows(study.findings, width, glyphs, keys, self.workspace.units)
            return len(self.found)

        def line(index: int, chosen: bool) -> Line:
            found = self.found
            at = found[check.chosen].number if check.chosen < len(found) else -1
            return found[index].line(glyphs, chosen=found[index].number == at, focus=check.has_focus)

        check.show_rows(fold, line)

    def show_form(self) -> None:
        """Show the form of the chosen step with the step's values."""
        editing, keys = self.editing, self.workspace.keys
        fields = fields_of(editing.draft.recipe, editing.step)
        units = self.workspace.units
        self.form.show(
            [
                msgspec.structs.replace(one, help=one.help.format_map(keys), hint=hint_in(one, units))
                for one in fields
            ]
        )
        self.set_class(editing.step is None, "-head")
        kind = {Ramp: "ramp", Hold: "hold", Repeat: "repeat"}
        title = f"Step {step_number(editing.path)}: {kind[type(editing.step)]}" if editing.step else "Recipe"
        self.query_one("#edit-form").border_title = Content(title)
