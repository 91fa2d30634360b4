"""The recipe editor, in place of the Recipes tab: table, form, planned profile and findings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual import events, work
from textual.app import ComposeResult

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.recipes.differing import differences, recipe_lines
from xovac_tui.recipes.draft import Draft
from xovac_tui.recipes.model import Hold, Ramp, Repeat
from xovac_tui.recipes.places import StepPath
from xovac_tui.text import clean
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.screens.recipes.diffs import DiffDialog
from xovac_tui.ui.screens.recipes.editor import ACTIONS
from xovac_tui.ui.screens.recipes.editor.form import FieldForm
from xovac_tui.ui.screens.recipes.editor.model import Editing
from xovac_tui.ui.screens.recipes.editor.saving import Saving
from xovac_tui.ui.screens.recipes.editor.view import EditorView
from xovac_tui.ui.screens.recipes.profile import ProfileChart
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.workspace import Workspace

_CHECK_SECONDS = 2.0
"""Seconds between two checks for a change of the file by another program."""

Closed = Callable[[Path | None], None]
"""Callback when the editor is left, with the file written last."""


class EditorPane(Pane):
    """Edits one recipe. Typed texts are applied when the form is left; only saving writes the file."""

    HELP = (
        "The first line of the table is the recipe itself (name, limits, conditions), then comes a line a "
        "step; what a repeat repeats stands indented under it. {step-edit} goes to the form: there, enter "
        "takes what is typed, {edit-leave} drops it, up and down change the field. Type units as you like: "
        "1h30, 90 min, -20C, 90 K/h.\n"
        "Profile and check follow what you type, from the measured temperature. In the check "
        "({edit-findings}) the steps follow the cursor, and {step-edit} goes to the form of that step.\n"
        "To repeat several steps: {step-mark} on the first, go to the last, {step-wrap}. Inserting on the "
        "line of a repeat puts the step into it; {step-up} and {step-down} move a step into and out of "
        "repeats."
    )
    ACTIONS = ACTIONS

    def __init__(self, workspace: Workspace, editing: Editing, folder: Path, closed: Closed) -> None:
        super().__init__(workspace, id="recipe-editor")
        self.view = EditorView(workspace, editing.with_cursor_on(1 if editing.rows else 0))
        self._saving = Saving(self, folder, closed)

    def compose(self) -> ComposeResult:
        """Show table, form, profile and findings."""
        yield self.view

    def on_mount(self) -> None:
        """Show the recipe."""
        self.set_interval(_CHECK_SECONDS, self.check_file)
        self.view.show_form()
        self.view.later()

    def show(self, snapshot: Snapshot) -> None:
        """Keep the end time true, and plan again when the start has moved."""
        self.view.show(snapshot)

    def take_focus(self) -> None:
        """Focus the table, or the field with a problem."""
        if not self.settle():
            return
        self.view.steps.focus()

    async def may_leave(self) -> bool:
        """Ask about unsaved changes; return whether the editor may close."""
        return await self._saving.may_close()

    def again(self) -> Callable[[], EditorPane] | None:
        """Return a factory that opens the same state; None without unsaved changes."""
        workspace, editing, saving = self.workspace, self.view.editing, self._saving
        if not editing.draft.dirty:
            return None
        return lambda: EditorPane(workspace, editing, saving.folder, saving.closed)

    @property
    def touched(self) -> bool:
        """True if the form has texts that are not applied yet."""
        return self.view.form.touched

    # -- one change -----------------------------------------------------------------------------------

    def take(self, editing: Editing) -> None:
        """Show a new editing state, after a change or a move of the cursor."""
        self.view.take(editing)

    def settle(self) -> bool:
        """Apply the texts of the form; return False, with the field focused, if one is wrong."""
        if not self.view.form.touched:
            return True
        typed = self.view.typed()
        if typed.problems:
            self._open_form()
            return False
        self.take(self.view.editing.changed(typed.draft))
        return True

    def on_field_form_changed(self, message: FieldForm.Changed) -> None:
        """Check the new text, and show its effect."""
        message.stop()
        typed = self.view.typed()
        self.view.preview = None if typed.problems else typed.draft
        self.view.later()
        self.view.draw()

    def on_field_form_taken(self, message: FieldForm.Taken) -> None:
        """Apply the texts and go back to the steps."""
        message.stop()
        if self.settle():
            self._close_form()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Apply the texts if the form is left in another way than by its keys."""
        inside = event.widget in self.view.form.walk_children()
        self.view.set_class(inside, "-form")
        if not inside:
            self.settle()

    def on_profile_chart_clicked(self, message: ProfileChart.Clicked) -> None:
        """Go to the step that was clicked in the profile."""
        message.stop()
        self._go_to(message.segment.path)
        self.take_focus()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Go to another step, or to the step of another finding."""
        message.stop()
        if message.rows is self.view.steps:
            if self.settle():
                self.take(self.view.editing.with_cursor_on(message.index))
            else:
                self.view.draw()
        else:
            self._follow_finding()

    def _go_to(self, path: StepPath) -> None:
        if self.settle():
            self.take(self.view.editing.chose(path))

    def _open_form(self, name: str = "") -> None:
        self.view.add_class("-form")
        self.call_after_refresh(self.view.form.take_focus, name)

    def _close_form(self) -> None:
        self.view.remove_class("-form")
        self.view.steps.focus()

    # -- keys -----------------------------------------------------------------------------------------

    def _change(self, change: Callable[[Editing], Editing]) -> None:
        if self.settle():
            self.take(change(self.view.editing))

    def _change_step(self, change: Callable[[Draft, StepPath], Draft]) -> None:
        """Apply a change to the chosen step; does nothing on the head."""
        if self.settle() and self.view.editing.path:
            self.take(self.view.editing.changed(change(self.view.editing.draft, self.view.editing.path)))

    def action_step_edit(self) -> None:
        """Go to the form of the chosen step."""
        if self.settle():
            self._open_form()

    def action_edit_head(self) -> None:
        """Go to the form of the recipe itself."""
        self._go_to(())
        self.action_step_edit()

    def _insert(self, kind: type[Ramp | Hold | Repeat]) -> None:
        self._change(lambda editing: editing.inserted(kind))
        if kind is not Repeat:
            self.action_step_edit()

    def action_step_ramp(self) -> None:
        """Insert a ramp, and ask where to."""
        self._insert(Ramp)

    def action_step_hold(self) -> None:
        """Insert a hold, and ask how long."""
        self._insert(Hold)

    def action_step_repeat(self) -> None:
        """Insert an empty repeat."""
        self._insert(Repeat)

    def action_step_delete(self) -> None:
        """Delete the step; undo brings it back."""
        self._change_step(Draft.delete)

    def action_step_copy(self) -> None:
        """Insert a copy of the step."""
        self._change_step(Draft.duplicate)

    def action_step_up(self) -> None:
        """Move the step up."""
        self._change_step(Draft.move_up)

    def action_step_down(self) -> None:
        """Move the step down."""
        self._change_step(Draft.move_down)

    def action_step_mark(self) -> None:
        """Mark one end of what is to be repeated."""
        self._change(Editing.marked)

    def action_step_wrap(self) -> None:
        """Repeat the steps from the mark to the cursor, and ask how often."""
        before = self.view.editing.draft.recipe
        self._change(Editing.wrapped)
        if self.view.editing.draft.recipe != before:
            self.action_step_edit()

    def action_step_unwrap(self) -> None:
        """Take the steps out of their repeat."""
        self._change_step(Draft.unwrap)

    def action_edit_undo(self) -> None:
        """Undo the last change."""
        if self.settle():
            undone = self.view.editing.draft.undoes
            self.workspace.say(
                f"Taken back: {undone}." if undone else "There is nothing to take back.", seconds=3
            )
            self.take(self.view.editing.changed(self.view.editing.draft.undo()))

    def action_edit_redo(self) -> None:
        """Redo the last undone change."""
        if self.settle():
            redone = self.view.editing.draft.redoes
            self.workspace.say(
                f"Done again: {redone}." if redone else "There is nothing to do again.", seconds=3
            )
            self.take(self.view.editing.changed(self.view.editing.draft.redo()))

    def action_edit_view(self) -> None:
        """Show profile or findings where there is no room for both."""
        self.view.toggle_class("-check")
        self.call_after_refresh(self.view.draw)

    def action_edit_findings(self) -> None:
        """Go through the findings."""
        if self.settle():
            self.view.add_class("-check")
            self.view.check.focus()
            # Hidden widgets get their size, and with it their lines, in the next layout.
            self.call_after_refresh(self._follow_finding)

    def _follow_finding(self) -> None:
        self.view.draw()
        if self.view.check.chosen < len(self.view.found):
            self._go_to(self.view.found[self.view.check.chosen].path)

    @work(group="dialog")
    async def action_edit_differences(self) -> None:
        """Show what differs from the recipe that this one comes from."""
        if not self.settle():
            return
        editing, units = self.view.editing, self.workspace.units
        origin = editing.opened or editing.origin
        if origin is None:
            self.workspace.say("This recipe is new, so there is nothing to compare with.", seconds=5)
            return
        found = differences(recipe_lines(origin.recipe, units), recipe_lines(editing.draft.recipe, units))
        title = f"From {clean(origin.path.name, 30)} to what is edited"
        await self.workspace.ask(DiffDialog(self.workspace, title, found))

    @work(group="dialog")
    async def action_edit_save(self) -> None:
        """Save."""
        await self._saving.save()

    @work(group="dialog")
    async def action_edit_file_outside(self) -> None:
        """Open the file in the user's own editor."""
        await self._saving.outside()

    def action_edit_leave(self) -> None:
        """Go one step back: drop typed texts, leave the findings, leave the editor."""
        if self.view.form.has_focus_within:
            self.view.take(self.view.editing)
            self._close_form()
        elif not self.view.steps.has_focus:
            self.view.steps.focus()
        else:
            self._leave()

    @work(group="dialog")
    async def _leave(self) -> None:
        await self._saving.leave()

    @work(group="editor-look", exclusive=True)
    async def check_file(self) -> None:
        """Check whether another program has changed the file."""
        if self.is_seen:
            await self._saving.check_file()
