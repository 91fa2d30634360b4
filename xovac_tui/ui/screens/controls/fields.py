"""The typed fields of a command's form, each with unit, limits and problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from xovac_tui.api.contract import FieldType, PayloadField
from xovac_tui.api.forms import parse_field
from xovac_tui.digits import digits
from xovac_tui.errors import ContractError
from xovac_tui.quantities import unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.selector import Selector

_AUTO_WORDS = {
    "utc_offset_ms": "filled when sent: this machine's time zone",
    "epoch_ms": "filled when sent: this machine's time",
}
_LONGEST = 200_000


def limits(field: PayloadField) -> str:
    """Return unit and limits as shown after the field: `mbar/s, 0 to 50`."""
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

    def __init__(self, field: PayloadField, text: str, glyphs: Glyphs, keys: Mapping[str, str]) -> None:
        super().__init__()
        self.field = field
        self.problem = ""
        self._first = text
        self._glyphs, self._keys = glyphs, keys

    def compose(self) -> ComposeResult:
        """Build the row."""
        field, glyphs = self.field, self._glyphs
        with Horizontal():
            yield Static(f"{field.name} ", classes="name", markup=False)
            if field.auto:
                yield Static(_AUTO_WORDS[field.auto], markup=False)
            elif field.type is FieldType.BOOL:
                yield Selector(("off", "on"), self._first, glyphs)
            elif field.type is FieldType.CHOICE:
                yield Selector(field.choices, self._first, glyphs)
            else:
                hint = "[[25, 3600, 0.0]]" if field.type is FieldType.RECIPE else "type here"
                yield Input(self._first, compact=True, max_length=_LONGEST, placeholder=hint)
            if words := limits(field):
                yield Static(glyphs.plain(words), classes="limits", markup=False)
        yield Static("", classes="below", markup=False)

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
