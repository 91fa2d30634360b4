"""Ask before a command is sent, and send it once if the answer is yes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from xovac_tui.api.contract import LOAD_COMMAND, Hazard, Origin
from xovac_tui.chamber.snapshot import LedgerEntry, Snapshot
from xovac_tui.digits import digits
from xovac_tui.durations import format_age
from xovac_tui.quantities import unit
from xovac_tui.station.commands import Prepared
from xovac_tui.station.confirmation import ANSWER, SAFE, TYPED_NAME, confirmed_by
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.facts import ORIGIN_WORDS, Fact, FactsView, hazard_sign, now_facts
from xovac_tui.ui.dialogs.guard import CommandDialog, DialogButton
from xovac_tui.ui.widgets.lean import LeanInput, LeanStatic
from xovac_tui.ui.widgets.lines import entitle
from xovac_tui.ui.workspace import Workspace

T = TypeVar("T")

_NAMED = 66
"""Width of the terminal in cells from which the button shows the event's name."""
_LONGEST_NAME = 80
_LATELY = 3600.0
"""Seconds for which a command of another client is mentioned."""
_LONG = 240
"""Length of a payload in characters from which it is shown last."""


class ConfirmDialog(CommandDialog[bool]):
    """Shows what will be sent, to which chamber, in which state; the harmless answer has the focus."""

    DEFAULT_CSS = """
    ConfirmDialog .hint { margin-top: 1; }
    ConfirmDialog.-critical > .dialog { border: round $bad; border-title-color: $bad; }
    ConfirmDialog #typing { height: 1; }
    ConfirmDialog #name { width: 1fr; }
    ConfirmDialog #count { width: auto; padding-left: 2; color: $no-data; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "stroke('y')", "send", show=False)]

    def __init__(
        self,
        workspace: Workspace,
        prepared: Prepared,
        title: str,
        facts: Sequence[tuple[str, str]],
        renew: Callable[[], Prepared],
    ) -> None:
        super().__init__(workspace, prepared.spec.event, title)
        self.prepared = prepared
        self._facts = [Fact(label, clean(text)) for label, text in facts]
        self._renew = renew
        self.critical = prepared.spec.hazard is Hazard.CRITICAL
        if self.critical:
            self.add_class("-critical")
            self.heading = clean(
                f"{hazard_sign(Hazard.CRITICAL, workspace.glyphs)} {workspace.titled(title)}", 66
            )
        # Typed text belongs into the field; without one the harmless answer has the focus.
        self.AUTO_FOCUS = "#name" if self.critical else "#keep"  # type: ignore[misc]
        self.OVERHEAD = 9 if self.critical else 5  # type: ignore[misc]

    def contents(self) -> ComposeResult:
        """Build the question."""
        name = self.station.name
        with VerticalScroll(can_focus=False):
            yield FactsView()
        if self.critical:
            yield LeanStatic(f"To send it, type the chamber's name: {name}", classes="hint", markup=False)
            with Horizontal(id="typing"):
                # Text typed from a button, before the field has the focus, must stay.
                yield LeanInput(
                    id="name",
                    compact=True,
                    max_length=_LONGEST_NAME,
                    placeholder="type it here",
                    select_on_focus=False,
                )
                yield LeanStatic(letters("", name), id="count", markup=False)
        yield self.said()
        with Horizontal(classes="buttons"):
            yield DialogButton("Do not send", id="keep")
            yield DialogButton("Send", id="send")

    def on_resize(self) -> None:
        """Show the event's name on the button if there is room."""
        event = f" {clean(self.event_name, 30)}" if self.app.size.width >= _NAMED else ""
        for button in self.query("#send").results(DialogButton):
            button.relabel(f"Send{event}" + ("" if self.critical else " (y)"))

    def show_now(self, snapshot: Snapshot) -> None:
        """Show the current facts."""
        self.prepared = self._renew()
        spec, glyphs = self.prepared.spec, self.workspace.glyphs
        text = self.prepared.shown
        sends = Fact("Sends", text, "bold $accent", literal=True)
        means = list(self._facts)
        begins = (LOAD_COMMAND, self.station.contract.start)
        if self.event_name in begins and not any(one.label == "STOP" for one in means):
            # Before a run begins it counts most whether it can be stopped.
            means += [Fact("STOP", glyphs.plain(words))] if (words := self.station.proving.words) else []
        means += other_client(self.station.chamber.ledger.of_another, snapshot.mono)
        if spec.means or spec.help:
            means.append(Fact("Means", glyphs.plain(spec.means or spec.help)))
        if spec.origin is not Origin.DOCUMENTED:
            means.append(Fact("Origin", ORIGIN_WORDS[spec.origin], "$stale"))
        # A long payload goes last, so that it pushes no other fact out of sight.
        items = self._item_facts() if self.event_name == LOAD_COMMAND else ()
        long = bool(items) or len(text) > _LONG
        facts = [
            Fact("Chamber", f"{self.station.name}  {clean(self.station.manner.address, 200)}"),
            *now_facts(snapshot, glyphs, self.workspace.units),
            *([*means, *items, sends] if long else [sends, *means]),
        ]
        self.query_one(FactsView).show(facts)
        self._hint_scrolling()
        # Whether all of it has room is known when it is laid out.
        self.call_after_refresh(self._hint_scrolling)

    def _hint_scrolling(self) -> None:
        """Name the keys that scroll where something is out of sight."""
        for view in self.query(VerticalScroll):
            cut = view.max_scroll_y > 0
            entitle(self.query_one(".dialog"), below="pgup pgdn: scroll" if cut else "")

    def _item_facts(self) -> list[Fact]:
        """Return the items that are sent, in the units of the chamber: others may be shown around them."""
        settings, plain = self.station.plan_settings(), self.workspace.glyphs.plain
        return item_facts(self.prepared, plain(unit(settings.temperature_unit)), settings.duration_unit)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Count the matching letters, and clear the message about a wrong answer."""
        self.query_one("#count", Static).update(letters(event.value, self.station.name))
        self.say("")

    def on_key(self, event: events.Key) -> None:
        """Type into the field wherever the focus is: a critical command has no other keys."""
        if not self.critical or event.character is None or not event.is_printable:
            return
        field = self.query_one("#name", Input)
        if not field.has_focus:
            event.stop()
            field.focus()
            field.insert_text_at_cursor(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Paste into the field wherever the focus is."""
        field = self.query("#name").results(Input)
        for name in field:
            if not name.has_focus:
                event.stop()
                name.focus()
                name.insert_text_at_cursor(event.text.partition("\n")[0])

    def action_dismiss(self, result: bool | None = None) -> None:  # type: ignore[override]
        """Leave without an answer."""
        self._keep()

    def _keep(self) -> None:
        """Close without sending; a critical question says so."""
        if self.critical and not self._done:
            self.workspace.say("Nothing was sent.", title=self.question, seconds=6)
        self.leave(False)

    def answered(self, key: str) -> None:
        """Send on `y` or the send button; a critical command requires the chamber's name first."""
        where = self.focused.id if self.focused is not None else ""
        if key == "enter" and where not in ("send", "name"):
            self._keep()
        elif not self.critical or self.query_one("#name", Input).value.strip() == self.station.name:
            self.leave(True)
        else:
            typed = self.query_one("#name", Input).value.strip()
            self.say(
                f'"{clean(typed, 40)}" is not this chamber\'s name, so nothing was sent.'
                if typed
                else "Type the chamber's name first. Nothing was sent."
            )
            self.query_one("#name").focus()


def other_client(answer: tuple[str, float] | None, mono: float) -> list[Fact]:
    """Return that another client commands the chamber; `answer` is the newest that was not asked for here."""
    if answer is None or not 0 <= mono - answer[1] <= _LATELY:
        return []
    command, at = answer
    return [Fact("Others", f"another client sent {clean(command, 60)} {format_age(mono - at)} ago", "$stale")]


def item_facts(prepared: Prepared, temperature: str, duration: str) -> list[Fact]:
    """Return the items of a recipe that is to be loaded as a table of the numbers that are sent.

    `temperature` and `duration` are the units in which the chamber is assumed to read them.
    """
    payload = prepared.values
    items = payload.get("recipe") if isinstance(payload, Mapping) else None
    if not isinstance(items, list) or not all(isinstance(one, list | tuple) for one in items):
        return []
    rows = [[str(n), *(digits(cell) if isinstance(cell, float) else str(cell) for cell in one)]
            for n, one in enumerate(items, 1)]  # fmt: skip
    names = ["item", f"target {temperature}", f"duration {duration}", "gradient"]
    table = [names[: max((len(row) for row in rows), default=0)], *rows]
    widths = [max(len(row[at]) for row in table if at < len(row)) for at in range(len(max(table, key=len)))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=False)) for row in table]
    return [
        Fact("Items" if not n else "", clean(line, 80), "$no-data" if not n else "", literal=True)
        for n, line in enumerate(lines)
    ]


def letters(typed: str, name: str) -> str:
    """Return the count of matching letters, `5 of 12`, or that one does not match."""
    typed = typed.strip()
    right = next((n for n, pair in enumerate(zip(typed, name, strict=False)) if pair[0] != pair[1]), None)
    if right is None and len(typed) <= len(name):
        return f"{len(typed)} of {len(name)}"
    return f"{len(name) if right is None else right} of {len(name)}, then wrong"


async def ask(workspace: Workspace, dialog: CommandDialog[T]) -> T | None:
    """Show a dialog about a command; return None if it was left or another one is open."""
    if any(isinstance(screen, CommandDialog) for screen in workspace.window.screen_stack):
        return None
    return await workspace.ask(dialog)


async def confirm_and_send(
    workspace: Workspace,
    prepared: Prepared,
    *,
    title: str | None = None,
    facts: Sequence[tuple[str, str]] = (),
    send: Callable[[], Awaitable[LedgerEntry]] | None = None,
    renew: Callable[[], Prepared] | None = None,
) -> LedgerEntry | None:
    """Ask as the command's hazard requires, then send once; return None if nothing was sent.

    Call it from a worker. `facts` are further labelled lines of the question. `send` replaces
    `LiveStation.send_prepared`. `renew` prepares the command again if its payload holds the current time;
    it is called again at the moment of sending.
    """
    station, event = workspace.station, prepared.spec.event
    title = title or f"{prepared.spec.title}?"

    def refused() -> bool:
        refusal = station.blocked(event)
        if refusal:
            workspace.say(refusal.sentence, "warning", title=title or "")
        return refusal is not None

    if refused():
        return None
    how = SAFE
    if prepared.spec.hazard is not Hazard.SAFE:
        how = TYPED_NAME if prepared.spec.hazard is Hazard.CRITICAL else ANSWER
        dialog = ConfirmDialog(workspace, prepared, title, facts, renew or (lambda: prepared))
        if not await ask(workspace, dialog) or refused():
            return None
    with confirmed_by(how):
        sending = send() if send is not None else station.send_prepared(renew() if renew else prepared)
        # A command is followed to its end even if a defect removes the tab that asked.
        return await asyncio.shield(asyncio.ensure_future(sending))
