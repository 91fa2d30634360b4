"""A form of one-line fields, each checked as typed: for a step, for the recipe's head, for a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.recipes.editor.fields import FormField
from xovac_tui.ui.widgets.lean import LeanInput, LeanStatic, field_css
from xovac_tui.ui.widgets.lines import folded

_LONGEST = 4000
"""Characters that can be typed; more than any field may have, so that excess is reported, not lost."""


class FormRow(Horizontal):
    """One field: sign, label, input, and hint."""

    DEFAULT_CSS = (
        field_css("FormRow")
        + """
    FormRow { height: 1; }
    FormRow .label { width: 16; }
    FormRow Input { width: 1fr; }
    FormRow .hint { width: auto; max-width: 16; padding-left: 1; color: $no-data; }
    FormRow.-wrong .label { color: $bad; text-style: bold; }
    """
    )

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.field: FormField | None = None
        self._glyphs = glyphs
        self._label = LeanStatic("", classes="label", markup=False)
        self.input = LeanInput("", compact=True, max_length=_LONGEST, select_on_focus=True)
        self._hint = LeanStatic("", classes="hint", markup=False)

    def compose(self) -> ComposeResult:
        """Build the row."""
        yield self._label
        yield self.input
        yield self._hint

    def show(self, field: FormField | None) -> None:
        """Show a field with its text; None hides the row."""
        self.field = field
        self.display = field is not None
        if field is None:
            return
        self._hint.update(self._glyphs.plain(field.hint))
        with self.input.prevent(Input.Changed):
            self.input.value = self.first
            self.input.cursor_position = 0
        self.show_problem("")

    @property
    def first(self) -> str:
        """The initial text of the field, as this terminal can show it."""
        if self.field is None or self.field.free:
            return self.field.text if self.field else ""
        return self._glyphs.plain(self.field.text)

    @property
    def text(self) -> str:
        """The typed text; exactly the initial text if untouched."""
        untouched = self.field is not None and self.input.value == self.first
        return self.field.text if self.field is not None and untouched else self.input.value

    def show_problem(self, problem: str) -> None:
        """Mark the text as wrong, or as right for an empty `problem`."""
        assert self.field is not None
        self.set_class(bool(problem), "-wrong")
        sign = f"{self._glyphs.cross} " if problem else "  "
        self._label.update(f"{sign}{self.field.label}")


class FieldForm(Vertical):
    """Fields, one a row, and below them the problem or the help of the focused one."""

    DEFAULT_CSS = """
    FieldForm { height: auto; }
    FieldForm .below { height: 2; padding: 0 2; color: $no-data; }
    FieldForm .below.-wrong { color: $bad; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "before", show=False),
        Binding("down", "step(1)", "next", show=False),
    ]

    class Changed(Message):
        """A text was changed."""

        def __init__(self, form: FieldForm) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> FieldForm:
            """The form that was changed."""
            return self.form

    class Taken(Message):
        """Enter was pressed in a field."""

    def __init__(self, rows: int, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._rows = [FormRow(glyphs) for _ in range(rows)]
        self._below = LeanStatic("", classes="below", markup=False)
        self._shown: tuple[FormField, ...] = ()
        self._problems: Mapping[str, str] = {}
        self._at = 0
        """Row of the field that had the focus last."""

    def compose(self) -> ComposeResult:
        """Build as many rows as the largest form has; the others hide the surplus."""
        yield from self._rows
        yield self._below

    @property
    def fields(self) -> tuple[FormField, ...]:
        """The fields that are shown."""
        return self._shown

    @property
    def texts(self) -> dict[str, str]:
        """The current texts by the field's name; untouched fields have exactly their initial text."""
        return {field.name: row.text for field, row in zip(self._shown, self._rows, strict=False)}

    @property
    def touched(self) -> bool:
        """True if a field differs from its initial text."""
        return any(self.texts[field.name] != field.text for field in self._shown)

    @property
    def below(self) -> str:
        """The text under the fields."""
        return str(self._below.content)

    def show(self, fields: Sequence[FormField]) -> None:
        """Show these fields with their initial texts."""
        self._shown = tuple(fields)
        self._problems = {}
        for number, row in enumerate(self._rows):
            row.show(fields[number] if number < len(fields) else None)
        self._at = min(self._at, max(0, len(fields) - 1))
        self._say()

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show problems by the field's name; those under other names concern all fields."""
        self._problems = problems
        for field, row in zip(self._shown, self._rows, strict=False):
            row.show_problem(problems.get(field.name, ""))
        self._say()

    def take_focus(self, name: str = "") -> None:
        """Focus a field: the one of this name, else the first with a problem, else the first."""
        names = [field.name for field in self._shown]
        wanted = name or next((name for name in names if name in self._problems), "")
        self._rows[names.index(wanted) if wanted in names else 0].input.focus()

    def action_step(self, by: int) -> None:
        """Go to the next field, or to the one before."""
        if self._shown:
            self._rows[(self._at + by) % len(self._shown)].input.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show problem or help of the focused field."""
        for number, row in enumerate(self._rows):
            if row.input is event.widget:
                self._at = number
        self._say()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Report the change of a text."""
        event.stop()
        self.post_message(self.Changed(self))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Report that enter was pressed."""
        event.stop()
        self.post_message(self.Taken())

    def on_resize(self) -> None:
        """Fold the text under the fields to the new width."""
        self._say()

    def _say(self) -> None:
        if not self._shown:
            return
        field = self._shown[min(self._at, len(self._shown) - 1)]
        problem = self._problems.get(field.name, "")
        if not problem:
            names = {field.name for field in self._shown}
            problem = next((said for name, said in self._problems.items() if name not in names), "")
        said = f"{self._glyphs.cross} {problem}" if problem else field.help
        said = self._glyphs.plain(said)
        width = max(20, self.size.width - 4)
        self._below.update("\n".join(folded(said, width)[:2]))
        self._below.set_class(bool(problem), "-wrong")
