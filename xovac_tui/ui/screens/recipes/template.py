"""A dialog for the values of a recipe template that shows the resulting duration."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Static

from xovac_tui.durations import spell_shortly
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.recipes import bounds
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.study import Study, study_recipe
from xovac_tui.recipes.templates import Template, TemplateError, build
from xovac_tui.station.loading import start_of
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.screens.recipes.editor.fields import FormField
from xovac_tui.ui.screens.recipes.editor.form import FieldForm
from xovac_tui.ui.widgets.lean import LeanStatic
from xovac_tui.ui.workspace import Workspace

_PAUSE = 0.15
"""Seconds without a change before the total is computed again."""


class TemplateDialog(Dialog[Recipe]):
    """Checks values as typed; enter makes the recipe once all of them are valid."""

    DEFAULT_CSS = """
    TemplateDialog Static { height: auto; width: 1fr; }
    TemplateDialog FormRow .label { width: 20; }
    TemplateDialog FormRow .hint { max-width: 20; }
    TemplateDialog #template-about { color: $no-data; margin-bottom: 1; }
    TemplateDialog #total { text-style: bold; }
    TemplateDialog .buttons { margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "make it")]

    def __init__(self, workspace: Workspace, template: Template) -> None:
        super().__init__(workspace, f"New: {template.label}")
        self._template = template
        self._recipe: Recipe | None = None
        self._timer: Timer | None = None

    def contents(self) -> ComposeResult:
        """Build the form."""
        template, glyphs = self._template, self.workspace.glyphs
        yield LeanStatic(template.help, id="template-about", markup=False)
        yield FieldForm(len(template.parameters) + 1, glyphs)
        yield LeanStatic("", id="total", markup=False)
        with Horizontal(classes="buttons"):
            yield DialogButton("Back", id="back")
            yield DialogButton("Make it (enter)", id="make")

    def on_mount(self) -> None:
        """Show the form with the default values."""
        form = self.query_one(FieldForm)
        form.show(template_fields(self._template))
        form.take_focus()
        self._check()

    @property
    def unsaved(self) -> str:
        """The heading where something was typed; else empty."""
        return self.heading if any(form.touched for form in self.query(FieldForm)) else ""

    def on_field_form_changed(self, message: FieldForm.Changed) -> None:
        """Check as typed."""
        self._check()

    def on_field_form_taken(self, message: FieldForm.Taken) -> None:
        """Make the recipe, or focus the first mistake."""
        self._make()

    def action_choose(self) -> None:
        """Choose the focused answer."""
        if self.focused is not None and self.focused.id == "back":
            self.dismiss(None)
        else:
            self._make()

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Choose the clicked answer."""
        if message.button.id == "back":
            self.dismiss(None)
        else:
            self._make()

    def _make(self) -> None:
        self._check()
        if self._recipe is not None:
            self.dismiss(self._recipe)
        else:
            # Focus the first mistake, so that its sentence is shown.
            self.query_one(FieldForm).take_focus()

    def _check(self) -> None:
        form = self.query_one(FieldForm)
        self._recipe, problems = read_template(self._template, form.texts)
        form.show_problems(problems)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self._work_out)

    @work(group="template-study", exclusive=True)
    async def _work_out(self) -> None:
        recipe, glyphs = self._recipe, self.workspace.glyphs
        total = self.query_one("#total", Static)
        if recipe is None:
            total.update("")
            return
        start = start_of(self.station.snapshot()).celsius
        file = RecipeFile(Path("new.toml"), recipe.name, recipe)
        study = await asyncio.to_thread(study_recipe, file, self.station.plan_settings(), start)
        if recipe is self._recipe and total.is_attached:
            total.update(glyphs.plain(total_words(study)))


def total_words(study: Study) -> str:
    """Return a recipe's duration and number of items sent, or why it could not be loaded."""
    errors = [finding.message for finding in study.findings if finding.severity == "error"]
    if study.plan is None or study.compiled is None:
        return f"  It could not be loaded: {errors[0]}" if errors else ""
    about = "about " if study.plan.estimated else ""
    items = counted(len(study.compiled.items), "item")
    return f"  Takes {about}{spell_shortly(study.plan.total)} in all: {items}."


def template_fields(template: Template) -> tuple[FormField, ...]:
    """Return the form of a template: the recipe's name, then the parameters."""
    help_ = "What the recipe is called; empty: after its values."
    return (
        FormField("", "Name", help_, "may be empty", free=True),
        *(
            FormField(one.name, one.label, one.help, " or ".join(one.choices) or one.unit, text=one.default)
            for one in template.parameters
        ),
    )


def read_template(template: Template, texts: dict[str, str]) -> tuple[Recipe | None, dict[str, str]]:
    """Return the recipe for the typed texts, and the problems by the name of their field."""
    problems: dict[str, str] = {}
    name = texts[""].strip()
    if name and (problem := bounds.name_problem(name)):
        problems[""] = f"The name {problem}."
    values = {key: text for key, text in texts.items() if key}
    try:
        recipe = build(template, values, name)
    except TemplateError as error:
        # A problem between two values is shown at the first of them.
        return None, problems | dict(error.problems)
    except RecipeError as error:
        return None, problems or {"": str(error)}
    return (None, problems) if problems else (recipe, {})
