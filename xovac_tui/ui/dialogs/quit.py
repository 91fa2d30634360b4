"""Asks before leaving while a run is on."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.ui.dialogs.base import Dialog


class QuitDialog(Dialog[bool]):
    """Leaving never changes the chamber; the operator should know that, too."""

    BINDINGS = [("y", "yes", "leave")]  # noqa: RUF012 - Textual's own form

    def __init__(self, name: str, snapshot: Snapshot) -> None:
        super().__init__()
        self._name, self._snapshot = name, snapshot

    def compose(self) -> ComposeResult:
        """Build the question."""
        run = self._snapshot.run
        recipe = f' "{run.recipe}"' if run.recipe else ""
        yield self.stop_bar()
        with Vertical(classes="dialog") as box:
            box.border_title = "Leave the console?"
            yield Label(f"{self._name} runs{recipe}, and goes on with it when you leave.", markup=False)
            yield Label("Leaving sends nothing, and this console keeps nothing more.\n", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Stay", id="stay", compact=True, variant="primary")
                yield Button("Leave (y)", id="leave", compact=True)

    def on_mount(self) -> None:
        """Stand on the harmless button."""
        self.query_one("#stay").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Give the answer."""
        self.dismiss(event.button.id == "leave")

    def action_yes(self) -> None:
        """Leave."""
        self.dismiss(True)
