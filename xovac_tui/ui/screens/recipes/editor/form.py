"""A form of one-line fields, each checked as typed: for a step, for the recipe's head, for a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.recipes.editor.fields import FormField
from xovac_tui.ui.widgets.lines import folded

_LONGEST = 4000
"""Characters that can be typed; more than any field may have, so that too many are told and not lost."""


class FormRow(Horizontal):
    """One field: sign, label, what is typed, and what may be typed."""

    DEFAULT_CSS = """
    FormRow { height: 1; }
    FormRow .label { width: 16; }
    FormRow Input { width: 1fr; background: $panel; }
    FormRow Input:focus { background: $block-cursor-background; }
    FormRow .hint { width: auto; max-width: 16; padding-left: 1; color: $no-data; }
    FormRow.-wrong .label { color: $bad; text-style: bold; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.field: FormField | None = None
        self._glyphs = glyphs
        self._label = Static("", classes="label", markup=False)
        self.input = Input("", compact=True, max_length=_LONGEST, select_on_focus=True)
        self._hint = Static("", classes="hint", markup=False)

    def compose(self) -> ComposeResult:
        """Build the row."""
        yield self._label
        yield self.input
        yield self._hint

    def show(self, field: FormField | None) -> None:
        """Show a field with its text, or nothing."""
        self.field = field
        self.display = field is not None
        if field is None:
            return
        self._hint.update(self._glyphs.plain(field.hint))
        with self.input.prevent(Input.Changed):
            self.input.value = self.first
            self.input.cursor_position = 0
        self.tell("")

    @property
    def first(self) -> str:
        """The text that the field came with, as this terminal can show it."""
        if self.field is None or self.field.free:
            return self.field.text if self.field else ""
        return self._glyphs.plain(self.field.text)

    @property
    def text(self) -> str:
        """What is typed; untouched, exactly the text that the field came with."""
        untouched = self.field is not None and self.input.value == self.first
        return self.field.text if self.field is not None and untouched else self.input.value

    def tell(self, problem: str) -> None:
        """Show that what is typed is wrong, or that it is not."""
        assert self.field is not None
        self.set_class(bool(problem), "-wrong")
        sign = f"{self._glyphs.cross} " if problem else "  "
        self._label.update(f"{sign}{self.field.label}")


class FieldForm(Vertical):
    """Fields under each other, and below them what is wrong with the one that has the focus, or its help."""

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
        """Something was typed."""

        def __init__(self, form: FieldForm) -> None:
            super().__init__()
            self.form = form

        @property
        def control(self) -> FieldForm:
            """The form in which it was typed."""
            return self.form

    class Taken(Message):
        """Enter was pressed in a field."""

    def __init__(self, rows: int, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._rows = [FormRow(glyphs) for _ in range(rows)]
        self._below = Static("", classes="below", markup=False)
        self._shown: tuple[FormField, ...] = ()
        self._problems: Mapping[str, str] = {}
        self._at = 0
        """Row of the field that had the focus last."""

    def compose(self) -> ComposeResult:
        """Build as many rows as any of its forms has; those that are not needed are hidden."""
        yield from self._rows
        yield self._below

    @property
    def fields(self) -> tuple[FormField, ...]:
        """What is asked for."""
        return self._shown

    @property
    def texts(self) -> dict[str, str]:
        """What is typed now, by the field's name; untouched fields have exactly the text they came with."""
        return {field.name: row.text for field, row in zip(self._shown, self._rows, strict=False)}

    @property
    def touched(self) -> bool:
        """True when a field has another text than it came with."""
        return any(self.texts[field.name] != field.text for field in self._shown)

    @property
    def below(self) -> str:
        """What is said under the fields."""
        return str(self._below.content)

    def show(self, fields: Sequence[FormField]) -> None:
        """Ask for these fields, with the texts that they come with."""
        self._shown = tuple(fields)
        self._problems = {}
        for number, row in enumerate(self._rows):
            row.show(fields[number] if number < len(fields) else None)
        self._at = min(self._at, max(0, len(fields) - 1))
        self._say()

    def tell(self, problems: Mapping[str, str]) -> None:
        """Say what is wrong, by the field's name; sentences for names of no field belong to all of them."""
        self._problems = problems
        for field, row in zip(self._shown, self._rows, strict=False):
            row.tell(problems.get(field.name, ""))
        self._say()

    def take_focus(self, name: str = "") -> None:
        """Stand in a field: the one of this name, else the first that is wrong, else the first of all."""
        names = [field.name for field in self._shown]
        wanted = name or next((name for name in names if name in self._problems), "")
        self._rows[names.index(wanted) if wanted in names else 0].input.focus()

    def action_step(self, by: int) -> None:
        """Go to the next field, or to the one before."""
        if self._shown:
            self._rows[(self._at + by) % len(self._shown)].input.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what belongs to the field that has the focus."""
        for number, row in enumerate(self._rows):
            if row.input is event.widget:
                self._at = number
        self._say()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell that something was typed."""
        event.stop()
        self.post_message(self.Changed(self))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell that enter was pressed."""
        event.stop()
        self.post_message(self.Taken())

    def on_resize(self) -> None:
        """Fold what is said for the new width."""
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
