"""The connect screen: which chamber to open, what keeps it from answering, and a profile for it.

It connects to nothing that was not chosen, and to check a chamber sends it no command.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Label
from textual.worker import Worker

from xovac_tui.config.check import name_mistake
from xovac_tui.errors import XovacError
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.link.target import shown_through
from xovac_tui.ui.action import BETWEEN
from xovac_tui.ui.dialogs.guard import DialogButton
from xovac_tui.ui.first_lines import (
    USUAL_BEHIND,
    ConnectOffer,
    FirstStart,
    OfferKind,
    address_of,
    check_lines,
    destination_of,
    offer_line,
    works,
)
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.sizes import SizeStep, step_of
from xovac_tui.ui.small_app import Looks, SmallApp
from xovac_tui.ui.terminal.lifecycle import run_in_terminal
from xovac_tui.ui.terminal.modal import LeanScreen
from xovac_tui.ui.widgets.lean import LeanInput, field_css
from xovac_tui.ui.widgets.lines import Line, LinesWidget, entitle, paragraph
from xovac_tui.ui.widgets.rows import EnterClicked, Rows

_HEAD = "No chamber is named. Which one is to be opened?"
_KEYS = "↑↓ choose   enter: open   tab: next   esc: back, leave"
_ANSWERS = "The chamber answers."
_NO_ANSWER = "No connection: what failed is marked, with what to do about it. Nothing was sent."


class ButtonRow(Horizontal):
    """Answers side by side."""

    BINDINGS: ClassVar[list[BindingType]] = BETWEEN


class ConnectScreen(LeanScreen[None]):
    """Offers chambers; checks the chosen one, and lets it be opened and saved as a profile."""

    DEFAULT_CSS = (
        field_css("ConnectScreen .field")
        + """
    ConnectScreen { layout: vertical; }
    ConnectScreen #head, ConnectScreen #foot { height: 1; padding: 0 1; }
    ConnectScreen #said { height: auto; padding: 0 1; }
    ConnectScreen #both { height: 1fr; layout: vertical; }
    ConnectScreen.-side #both { layout: horizontal; }
    ConnectScreen #left { height: 1fr; }
    ConnectScreen #offers { min-height: 3; }
    ConnectScreen #found { display: none; height: 1fr; }
    ConnectScreen.-checked #found { display: block; }
    ConnectScreen .field { height: 1; padding: 0 1; }
    ConnectScreen .field Label { width: 10; }
    ConnectScreen .field Input { width: 1fr; }
    ConnectScreen #name, ConnectScreen #through { display: none; }
    ConnectScreen.-ssh #through { display: block; }
    ConnectScreen.-works.-saves #name { display: block; }
    ConnectScreen.-works #address, ConnectScreen.-works #through { display: none; }
    ConnectScreen ButtonRow { display: none; height: 1; padding: 0 1; }
    ConnectScreen.-works #works { display: block; }
    ConnectScreen.-failed #failed { display: block; }
    ConnectScreen.-checked.-low #left { height: 6; }
    ConnectScreen.-checked.-low #offers { border: none; }
    ConnectScreen.-checked.-least #left { height: 1; }
    ConnectScreen.-checked.-least.-ssh #left { height: 2; }
    ConnectScreen.-checked.-least #offers { display: none; }
    """
    )
    AUTO_FOCUS = "#offers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back"),
        Binding("enter", "take", "open"),
        Binding("q", "leave", "leave", show=False),
    ]

    def __init__(self, first: FirstStart, glyphs: Glyphs) -> None:
        super().__init__()
        self._first, self._glyphs = first, glyphs
        self._checks: list[DoctorCheck] = []
        self._checked: ConnectOffer | None = None
        """The chamber that is, or was, checked."""
        self._worker: Worker[None] | None = None
        self._said: tuple[str, str] = ("", "")

    # -- build --------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Build list, fields, findings and answers."""
        plain = self._glyphs.plain
        yield LinesWidget(id="head")
        with Container(id="both"):
            with Vertical(id="left"):
                yield Rows("Open", choose=True, id="offers")
                with Horizontal(id="through", classes="field"):
                    yield Label("Through")
                    yield LeanInput(compact=True, max_length=255, select_on_focus=False, id="ssh")
                with Horizontal(id="address", classes="field"):
                    yield Label("Address")
                    yield LeanInput(compact=True, max_length=300, select_on_focus=False, id="typed")
            yield Rows("Checks", id="found")
        yield LinesWidget(id="said")
        with Horizontal(id="name", classes="field"):
            yield Label("Save as")
            yield LeanInput(compact=True, max_length=64, select_on_focus=False, id="profile")
        with ButtonRow(id="works"):
            yield DialogButton("Save and open", id="save")
            yield DialogButton("Open, save nothing", id="open")
        with ButtonRow(id="failed"):
            yield DialogButton("Check again", id="again")
            yield DialogButton("Open anyway", id="anyway")
        foot = LinesWidget(id="foot")
        foot.show_lines([((plain(_KEYS), "$footer-key-foreground"),)])
        yield foot

    def on_mount(self) -> None:
        """Show the offers."""
        self.query_one("#head", LinesWidget).show_lines(
            [(("xovac-tui  ", "bold $primary"), (self._glyphs.plain(_HEAD), "bold"))]
        )
        self.on_resize()
        rows = self.query_one("#offers", Rows)
        rows.show_rows(len(self._first.offers), self._row)

    def on_resize(self) -> None:
        """Put the findings beside the list, or below it where the terminal is narrow."""
        step = step_of(*self.app.size)
        # The field for an address is right below the list.
        self.query_one("#offers").styles.max_height = len(self._first.offers) + 2
        self.set_class(step >= SizeStep.FULL, "-side")
        self.set_class(step < SizeStep.FULL, "-low")
        self.set_class(step < SizeStep.SHORT, "-least")
        self._draw()

    def _row(self, index: int, chosen: bool) -> Line:
        rows = self.query_one("#offers", Rows)
        offer = self._first.offers[index]
        return offer_line(offer, rows.size.width, self._glyphs, chosen=chosen, focused=rows.has_focus)

    def _draw(self) -> None:
        text, style = self._said
        width = max(10, self.app.size.width - 2)
        self.query_one("#said", LinesWidget).show_lines(
            paragraph(self._glyphs.plain(text), width, style) if text else []
        )
        found = self.query_one("#found", Rows)
        running = self._worker is not None and self._worker.is_running
        checks = tuple(self._checks)
        found.show_folded(lambda width: check_lines(checks, running, width, self._glyphs))
        found.action_move(len(checks) * 10)
        shown = self._checked.shown if self._checked is not None else ""
        entitle(found, self._glyphs.shown(f"Checks of {shown}", 70) if shown else "Checks")

    def say(self, text: str, style: str = "bold $bad") -> None:
        """Show a sentence below the list; none for an empty text."""
        self._said = (text, style)
        self._draw()

    # -- choosing -----------------------------------------------------------------------------------

    def action_take(self) -> None:
        """Take what has the focus: an offer, or an answer."""
        focused = self.focused
        if isinstance(focused, DialogButton):
            self._answer(str(focused.id))
        elif isinstance(focused, Rows) and focused.id == "offers":
            self._take(self._first.offers[focused.chosen])

    def _take(self, offer: ConnectOffer) -> None:
        if offer.kind is OfferKind.DEMO:
            self._open(offer)
        elif offer.kind in (OfferKind.TYPED, OfferKind.SSH):
            self._type(through=offer.kind is OfferKind.SSH)
        else:
            self._check(offer)

    def _type(self, *, through: bool) -> None:
        """Go to the field for an address, or to that for the destination of ssh that sees it."""
        self.say("")
        self.set_class(through, "-ssh")
        typed = self.query_one("#typed", Input)
        if through and not typed.value.strip():
            typed.value = USUAL_BEHIND
        self.call_after_refresh(self.query_one("#ssh" if through else "#typed").focus)

    def on_enter_clicked(self, message: EnterClicked) -> None:
        """Take an offer that is clicked twice."""
        message.stop()
        self.action_take()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Check the typed address, or save under the typed name."""
        event.stop()
        if event.input.id == "profile":
            self._answer("save")
            return
        ssh, mistake = "", ""
        if self.has_class("-ssh"):
            ssh, mistake = destination_of(self.query_one("#ssh", Input).value)
        if mistake:
            self.say(mistake)
            self.query_one("#ssh").focus()
            return
        if event.input.id == "ssh":
            self.say("")
            self.query_one("#typed").focus()
            return
        url, mistake = address_of(event.value)
        if mistake:
            self.say(mistake)
        else:
            self._check(ConnectOffer(OfferKind.URL, url, shown_through(url, ssh), "", ssh))

    def on_dialog_button_clicked(self, message: DialogButton.Clicked) -> None:
        """Give the clicked answer."""
        self._answer(str(message.button.id))

    def _answer(self, answer: str) -> None:
        offer = self._checked
        if offer is None:
            return
        if answer == "again":
            self._check(offer)
        elif answer in ("open", "anyway"):
            self._open(offer)
        elif answer == "save":
            self._save(offer)

    def _save(self, offer: ConnectOffer) -> None:
        name = self.query_one("#profile", Input).value.strip()
        if reason := name_mistake(name):
            self.say(f'"{name}": {reason}' if name else "Type a name for the profile, such as bench-1.")
            self.query_one("#profile").focus()
            return
        try:
            self._first.save(name, offer)
        except XovacError as error:
            self.say(str(error))
            return
        self._open(ConnectOffer(OfferKind.PROFILE, name, name, ""))

    def _open(self, offer: ConnectOffer) -> None:
        assert isinstance(self.app, FirstApp)
        self.app.chosen = offer
        self.app.exit(0)

    # -- checking -----------------------------------------------------------------------------------

    def _check(self, offer: ConnectOffer) -> None:
        if self._worker is not None:
            self._worker.cancel()
        self._checked, self._checks = offer, []
        self.set_class(True, "-checked")
        self.set_class(False, "-works", "-failed", "-saves")
        self._said = ("", "")
        self._worker = self.run_worker(self._probe(offer), group="check", exclusive=True)
        self._draw()

    async def _probe(self, offer: ConnectOffer) -> None:
        try:
            async with aclosing(self._first.check(offer)) as checks:  # type: ignore[type-var]
                async for check in checks:
                    if self._checked is offer:
                        self._checks.append(check)
                        self._draw()
        except XovacError as error:
            self._checks.append(DoctorCheck("settings", False, "The chamber cannot be checked.", str(error)))
        except asyncio.CancelledError:
            return
        if self._checked is offer:
            self.call_after_refresh(self._conclude, offer)

    def _conclude(self, offer: ConnectOffer) -> None:
        if self._checked is not offer:
            return
        if not works(self._checks):
            self.set_class(True, "-failed")
            self.say(_NO_ANSWER)
            typed = self.query_one("#typed", Input)
            target = typed if typed.value.strip() else self.query_one("#again")
            self.call_after_refresh(target.focus)
            return
        if offer.kind is OfferKind.PROFILE:
            self._open(offer)
            return
        self.set_class(True, "-works")
        self.say(f"{_ANSWERS} {self._first.problem or self._offer_words()}", "bold $good")
        save = not self._first.problem
        self.set_class(save, "-saves")
        self.query_one("#save").display = save
        profile = self.query_one("#profile", Input)
        profile.value = self._first.name_for(offer)
        self.call_after_refresh((profile if save else self.query_one("#open")).focus)

    def _offer_words(self) -> str:
        return f"It can be saved as a profile in {self._first.settings}."

    def action_back(self) -> None:
        """End the checks and go back to the list; leave from there."""
        if self._checked is None and self.focused is self.query_one("#offers"):
            self.action_leave()
            return
        if self._worker is not None:
            self._worker.cancel()
        self._checked, self._checks, self._worker = None, [], None
        self.set_class(False, "-checked", "-works", "-failed", "-saves")
        self.say("")
        # It may have been hidden until now.
        self.call_after_refresh(self.query_one("#offers").focus)

    def action_leave(self) -> None:
        """Leave; nothing was opened."""
        self.app.exit(0)


class FirstApp(SmallApp):
    """Shows the connect screen, and holds what was chosen."""

    def __init__(self, first: FirstStart) -> None:
        super().__init__(Looks(first.display, first.theme, first.themes), self._report_failure)
        self._first = first
        self.chosen: ConnectOffer | None = None

    def get_default_screen(self) -> Screen[None]:
        """Return the connect screen."""
        return ConnectScreen(self._first, self.glyphs)

    def _report_failure(self, error: BaseException, *, rebuilt: bool) -> None:
        screen = self.screen
        if isinstance(screen, ConnectScreen) and screen.is_mounted:
            screen.say(f"A part of the screen failed by a defect ({type(error).__name__}). Nothing was sent.")


def run_first_start(first: FirstStart) -> tuple[ConnectOffer | None, int]:
    """Show the connect screen; return what was chosen, None for nothing, and the exit code."""
    app = FirstApp(first)
    code = run_in_terminal(app, last=False)
    return (app.chosen if not code else None), code
