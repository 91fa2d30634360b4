"""The tour: where to look, how channels get names, how commands end, and STOP with a drill on the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, Snapshot
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.widgets.lean import LeanStatic
from xovac_tui.ui.widgets.lines import entitle
from xovac_tui.ui.workspace import Mode, Workspace


class TourStep(NamedTuple):
    """One page of the tour."""

    title: str
    text: str


def tour_steps(keys: Mapping[str, str], drill: str) -> tuple[TourStep, ...]:
    """Return the pages; `keys` are the keys of actions as printed, `drill` is what STOP does here."""
    return (
        TourStep(
            "Where to look",
            "The top line says which chamber this is, whether its data are fresh (ONLINE, STALE, LOST), "
            "whether a recipe runs, whether everything is recorded (REC), and the time.\n\n"
            f"{keys['tab-status']} has readings and trend, {keys['tab-controls']} commands, "
            f"{keys['tab-recipes']} recipes, {keys['tab-log']} every message, {keys['tab-alarms']} alarms, "
            f"{keys['tab-runs']} past runs. {keys['help']} explains the tab you are on, {keys['palette']} "
            "finds anything by its name. What the console has to say is in the line above the bottom one; "
            f"{keys['messages']} has all of it.",
        ),
        TourStep("Naming a channel", _naming(keys)),
        TourStep(
            "Commands and outcomes",
            "But for STOP, nothing is sent without a question. A command goes through stages: sent, then "
            "success, warning or error as the chamber answers, or unknown if it does not. An answer is not "
            "proof: confirmed comes only when the chamber's own messages show the effect.\n\n"
            "An unknown outcome is never sent again by itself: look at the readings, then press "
            f"{keys['seen']}. {keys['observe']} switches to OBSERVE, in which nothing can be sent at all, "
            "STOP included.",
        ),
        TourStep(
            "STOP",
            f"! and ! again within 3 s sends {STOP_COMMAND}, from every tab and above every dialog. A held "
            "key sends nothing; any other key drops it. In a text field ! is text, and esc leaves the "
            "field.\n\n" + drill,
        ),
    )


def _naming(keys: Mapping[str, str]) -> str:
    try:
        how = (
            f"{keys['edit-channel']} on a reading of {keys['tab-status']} opens its form: label, short "
            "name, unit, pin and more, with the value of this moment beside it. Saved into the profile's "
            "contract file, it is in force at once."
        )
    except KeyError:
        how = (
            "`xovac-tui contract draft` writes the names and units that it can guess into a contract file; "
            "what you change there is in force as soon as the file is saved."
        )
    return (
        "A chamber calls its channels as it likes, such as tc_04 or p2. Give them names and units once, and "
        f"readings, trend, alarms and reports use them.\n\n{how}\n\n{keys['pin']} on a reading pins it to "
        "the top and to the trend."
    )


def drill_words(mode: Mode, *, demo: bool, name: str, means: str) -> str:
    """Return what the page about STOP asks for, or why there is no drill here."""
    if mode is Mode.REPLAY:
        return "This is a replay: there is nothing to stop here. The demo has the drill: xovac-tui --demo"
    if not demo:
        return (
            f"{name} is a real chamber, so there is no drill here: ! ! would be sent. What it does: {means} "
            "The demo has the drill: xovac-tui --demo"
        )
    if mode is Mode.OBSERVE:
        return "This demo only observes, so STOP cannot be sent. Take control, then try it."
    return (
        "Try it now: press ! and then ! again, as two separate strokes. This is the demo: it goes to the "
        "simulator on this machine, and nothing is sent to a real chamber."
    )


def drill_result(entries: Sequence[LedgerEntry], since: float, means: str) -> str:
    """Return what came of the drill that began at `since` (monotonic); empty before STOP was sent."""
    sent = [one for one in entries if one.command == STOP_COMMAND and one.mono >= since]
    if not sent:
        return ""
    last = max(sent, key=lambda one: one.mono)
    if last.outcome is Outcome.REFUSED:
        return f"It was not sent: {last.reason}"
    if last.outcome is Outcome.SENT:
        return "Sent. Its outcome comes."
    said = f" ({last.message})" if last.message else ""
    return (
        f"That was STOP: sent after the second stroke, outcome {last.outcome.value}{said}. On a real chamber "
        f"it would have done this: {means}"
    )


class TourDialog(Dialog[None]):
    """Four pages; enter goes on, esc leaves."""

    DEFAULT_CSS = """
    TourDialog > .dialog.-wide { width: 76; }
    TourDialog Static { height: auto; width: 1fr; }
    TourDialog #drill { text-style: bold; color: $good; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "next"),
        Binding("right,l,space", "turn(1)", "next", show=False),
        Binding("left,h,backspace", "turn(-1)", "back", show=False),
    ]

    def __init__(self, workspace: Workspace) -> None:
        plain = workspace.glyphs.plain
        super().__init__(workspace, "Tour", plain("enter: next   ←: back   esc: back to the screen"))
        self._at = 0
        self._opened = self.station.clock.mono()
        spec = self.station.contract.commands[STOP_COMMAND]
        self._means = spec.means
        demo = self.station.manner.demo
        drill = drill_words(workspace.mode, demo=demo, name=self.station.name, means=self._means)
        self._steps = tour_steps(workspace.keys, drill)
        self._drills = demo and workspace.mode is Mode.CONTROL
        self._drilled = ""
        """What is said of the drill."""

    def contents(self) -> ComposeResult:
        """Build the page and its buttons."""
        with VerticalScroll():
            yield LeanStatic("", id="words", markup=False)
            yield LeanStatic("", id="drill", markup=False)
        with Horizontal(classes="buttons"):
            yield DialogButton("Next", id="next")
            yield DialogButton("Back", id="before")

    def on_mount(self) -> None:
        """Show the first page."""
        super().on_mount()
        self.on_resize()
        self._draw()
        self.query_one("#next").focus()

    def on_resize(self) -> None:
        """Keep the buttons in sight."""
        super().on_resize()
        self.fit_words()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show what came of the drill."""
        drill = self.query_one("#drill", Static)
        last = self._drills and self._at == len(self._steps) - 1
        said = drill_result(snapshot.ledger, self._opened, self._means) if last else ""
        if said != self._drilled:
            self._drilled = said
            drill.update(self.workspace.glyphs.plain(f"\n{said}" if said else ""))
            drill.display = bool(said)
            self.query_one(VerticalScroll).scroll_end(animate=False)

    def _draw(self) -> None:
        step, count = self._steps[self._at], len(self._steps)
        plain = self.workspace.glyphs.plain
        entitle(self.query_one(".dialog"), plain(f"Tour {self._at + 1} of {count}: {step.title}"))
        self.query_one("#words", Static).update(plain(step.text))
        self.query_one("#next", DialogButton).relabel("Next" if self._at < count - 1 else "Done")
        self.query_one("#before").display = self._at > 0
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self.show_snapshot(self.workspace.newest)

    def action_turn(self, pages: int) -> None:
        """Turn the page; behind the last one the tour ends."""
        at = self._at + pages
        if at >= len(self._steps):
            self.dismiss(None)
        elif at >= 0:
            self._at = at
            self._draw()

    def action_choose(self) -> None:
        """Take the button that has the focus."""
        before = isinstance(self.focused, DialogButton) and self.focused.id == "before"
        self.action_turn(-1 if before else 1)

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Turn the page as the clicked button says."""
        self.action_turn(-1 if message.button.id == "before" else 1)

    def on_key(self, event: events.Key) -> None:
        """Scroll a page that does not fit."""
        way = {"down": 1, "j": 1, "up": -1, "k": -1}.get(event.key)
        if way is not None:
            event.stop()
            self.query_one(VerticalScroll).scroll_relative(y=way, animate=False)
