"""A dialog that asks for the fields of a command, a row a field, and checks them; it sends nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from xovac_tui.api.contract import CommandSpec, FieldType, Hazard, Origin, PayloadField
from xovac_tui.api.forms import parse_field
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.digits import digits
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.errors import ContractError
from xovac_tui.quantities import unit
from xovac_tui.station.commands import Prepared
from xovac_tui.ui.dialogs.base import Entries
from xovac_tui.ui.dialogs.facts import ORIGIN_WORDS
from xovac_tui.ui.dialogs.guard import CommandDialog, DialogButton
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lean import LeanInput, LeanStatic
from xovac_tui.ui.widgets.selector import Selector
from xovac_tui.ui.workspace import Workspace

_AUTO_WORDS = {
    "utc_offset_ms": "filled when sent: this machine's time zone",
    "epoch_ms": "filled when sent: this machine's time",
}
_LONGEST = 200_000


def limits(field: PayloadField, units: DisplayUnits = AS_REPORTED) -> str:
    """Return unit and limits as shown after the field: `mbar/s, 0 to 50`.

    A value is typed in the command's unit; where values are shown in another one, that is said.
    """
    parts = [unit(field.unit)] if field.unit else []
    if field.min is not None and field.max is not None:
        parts.append(f"{digits(field.min)} to {digits(field.max)}")
    elif field.min is not None:
        parts.append(f"at least {digits(field.min)}")
    elif field.max is not None:
        parts.append(f"at most {digits(field.max)}")
    if field.type is FieldType.INT and not field.auto:
        parts.append("whole number")
    if not field.required:
        parts.append("may be empty")
    if field.unit and (words := units.hint(field.unit)):
        parts.append(words)
    return ", ".join(parts)


def first_text(field: PayloadField) -> str:
    """Return the initial text of a field."""
    if field.type is FieldType.BOOL:
        return "on" if field.default else "off"
    if field.type is FieldType.CHOICE:
        return str(field.default) if field.default in field.choices else field.choices[0]
    if field.default is None:
        return ""
    return digits(field.default) if isinstance(field.default, float) else str(field.default)


class FieldRow(Vertical):
    """One field: name, input, unit and limits, and below it the help or the problem."""

    DEFAULT_CSS = """
    FieldRow { height: auto; margin-bottom: 1; }
    FieldRow Horizontal { height: 1; }
    FieldRow .name { width: 14; text-style: bold; }
    FieldRow Input { width: 1fr; }
    FieldRow.-last { margin-bottom: 0; }
    FieldRow .limits { width: auto; max-width: 32; padding-left: 2; color: $no-data; }
    FieldRow .below { padding-left: 14; height: auto; color: $no-data; }
    FieldRow .below.-wrong { color: $bad; text-style: bold; }
    """

    class Changed(Message):
        """The field's value changed."""

    def __init__(
        self,
        field: PayloadField,
        text: str,
        glyphs: Glyphs,
        keys: Mapping[str, str],
        units: DisplayUnits = AS_REPORTED,
    ) -> None:
        super().__init__()
        self.field = field
        self.problem = ""
        self._first = text
        self._glyphs, self._keys, self._units = glyphs, keys, units

    def compose(self) -> ComposeResult:
        """Build the row."""
        field, glyphs = self.field, self._glyphs
        with Horizontal():
            yield LeanStatic(f"{field.name} ", classes="name", markup=False)
            if field.auto:
                yield LeanStatic(_AUTO_WORDS[field.auto], markup=False)
            elif field.type is FieldType.BOOL:
                yield Selector(("off", "on"), self._first, glyphs)
            elif field.type is FieldType.CHOICE:
                yield Selector(field.choices, self._first, glyphs)
            else:
                hint = "[[25, 3600, 0.0]]" if field.type is FieldType.RECIPE else "type here"
                yield LeanInput(self._first, compact=True, max_length=_LONGEST, placeholder=hint)
            if words := limits(field, self._units):
                yield LeanStatic(glyphs.plain(words), classes="limits", markup=False)
        yield LeanStatic("", classes="below", markup=False)

    def on_mount(self) -> None:
        """Show the help; an untouched empty field is no mistake yet."""
        self.check(quiet=not self._first)

    @property
    def text(self) -> str:
        """The typed or chosen text."""
        for box in self.query(Input):
            return box.value
        for selector in self.query(Selector):
            return selector.value
        return ""

    @property
    def value(self) -> Any:
        """The checked value; None for an automatic or empty field. Raises ContractError."""
        return None if self.field.auto else parse_field(self.field, self.text)

    def check(self, *, quiet: bool = False) -> bool:
        """Show the problem of the text, or the help; return whether it may be sent."""
        try:
            _ = self.value
        except ContractError as error:
            self.problem = str(error)
        else:
            self.problem = ""
        wrong = bool(self.problem) and not quiet
        below = self.query_one(".below", Static)
        help_ = self.field.help
        if self.field.type is FieldType.RECIPE:
            tab = f"the Recipes tab ({self._keys['tab-recipes']})"
            help_ = f"Recipes are loaded from {tab}. To send one by hand, type a JSON list of items."
        said = f"{self._glyphs.cross} {self.problem}" if wrong else help_
        below.update(self._glyphs.plain(said))
        below.set_class(wrong, "-wrong")
        below.display = bool(said)
        return not self.problem

    def take_focus(self) -> bool:
        """Focus the field; return False if nothing can be typed."""
        for child in self.query("Input, Selector"):
            child.focus()
            return True
        return False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Check the new text."""
        event.stop()
        if event.value != self._first or self.problem:
            self.check()
        self.post_message(self.Changed())

    def on_selector_changed(self, event: Selector.Changed) -> None:
        """Check the new choice."""
        event.stop()
        self.check()
        self.post_message(self.Changed())


Make = Callable[[Mapping[str, str], Mapping[str, Any]], Prepared]
"""Function from texts and values by field to the command, checked as a whole; raises ContractError."""


class FormDialog(CommandDialog[Callable[[], Prepared]]):
    """Typed fields with units and limits; returns the command prepared with their values."""

    OVERHEAD: ClassVar[int] = 8
    DEFAULT_CSS = "FormDialog .about { margin-bottom: 1; }"

    def __init__(
        self, workspace: Workspace, spec: CommandSpec, make: Make, memory: MutableMapping[str, str]
    ) -> None:
        super().__init__(workspace, spec.event, spec.title)
        self._spec = spec
        self._make = make
        self._memory = memory
        """Previous texts by field; kept up to date, so that no typed text is lost."""

    def contents(self) -> ComposeResult:
        """Build the form."""
        spec, glyphs = self._spec, self.workspace.glyphs
        if about := " ".join(self._about()):
            yield LeanStatic(glyphs.plain(about), classes="hint about", markup=False)
        with Entries(can_focus=False):
            for field in spec.fields:
                text = self._memory.get(field.name, first_text(field))
                row = FieldRow(field, text, glyphs, self.workspace.keys, self.workspace.units)
                row.set_class(field is spec.fields[-1], "-last")
                yield row
        yield self.said()
        with Horizontal(classes="buttons"):
            yield DialogButton("Back", id="back")
            yield DialogButton("Send" if spec.hazard is Hazard.SAFE else "Go on (enter)", id="go")

    def on_mount(self) -> None:
        """Focus the first field."""
        if not any(row.take_focus() for row in self.query(FieldRow)):
            self.query_one("#go").focus()

    @property
    def unsaved(self) -> str:
        """The heading where something was typed; else empty."""
        typed = any(row.text != first_text(row.field) for row in self.query(FieldRow))
        return self.heading if typed else ""

    def _about(self) -> list[str]:
        parts = [self._spec.help] if self._spec.help else []
        if self._spec.origin is not Origin.DOCUMENTED:
            parts.append(f"({ORIGIN_WORDS[self._spec.origin]}.)")
        return parts

    def show_now(self, snapshot: Snapshot) -> None:
        """Do nothing: a form has no facts that change."""

    def on_field_row_changed(self, message: FieldRow.Changed) -> None:
        """Keep the typed text."""
        self.say("")
        for row in self.query(FieldRow):
            self._memory[row.field.name] = row.text

    def answered(self, key: str) -> None:
        """Go back, or go on if every field may be sent."""
        if self.focused is not None and self.focused.id == "back":
            self.leave(None)
            return
        wrong = [row for row in self.query(FieldRow) if not row.check()]
        if wrong:
            wrong[0].take_focus()
            return
        texts = {row.field.name: row.text for row in self.query(FieldRow)}
        values = {row.field.name: row.value for row in self.query(FieldRow) if row.value is not None}
        try:
            self._make(texts, values)
        except ContractError as error:
            self.say(str(error))
            return
        self.leave(lambda: self._make(texts, values))
