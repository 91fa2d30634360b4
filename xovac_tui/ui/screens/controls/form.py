"""A dialog that asks for the fields of a command and checks them; it sends nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from xovac_tui.api.contract import CommandSpec, Hazard, Origin
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.errors import ContractError
from xovac_tui.station.commands import Prepared
from xovac_tui.ui.dialogs.facts import ORIGIN_WORDS
from xovac_tui.ui.dialogs.guard import CommandDialog, DialogButton
from xovac_tui.ui.screens.controls.fields import FieldRow, first_text
from xovac_tui.ui.workspace import Workspace

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
            yield Static(glyphs.plain(about), classes="hint about", markup=False)
        with VerticalScroll(can_focus=False):
            for field in spec.fields:
                text = self._memory.get(field.name, first_text(field))
                row = FieldRow(field, text, glyphs, self.workspace.keys)
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
