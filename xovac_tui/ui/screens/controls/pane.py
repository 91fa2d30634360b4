"""The Controls tab: the commands of the contract and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical

from xovac_tui.api.contract import CommandSpec, FieldType, Hazard, Origin, PayloadField
from xovac_tui.chamber.snapshot import LedgerEntry, Snapshot
from xovac_tui.station.commands import Prepared
from xovac_tui.station.news import News
from xovac_tui.station.proving import UNPROVEN
from xovac_tui.ui import dialogs
from xovac_tui.ui.dialogs.confirm import ask, confirm_and_send
from xovac_tui.ui.dialogs.facts import wrap
from xovac_tui.ui.screens.controls import ACTIONS
from xovac_tui.ui.screens.controls.command_lists import (
    ORIGIN_WORD,
    ContractCommands,
    LedgerList,
    grouped,
    ledger_head,
)
from xovac_tui.ui.screens.controls.entry import EntryDialog
from xovac_tui.ui.screens.controls.form import FormDialog
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.sizes import SizeStep
from xovac_tui.ui.strokes import SETTLE_SECONDS, Strokes
from xovac_tui.ui.widgets.lines import Line, LinesWidget, entitle, fit
from xovac_tui.ui.widgets.rows import CursorRows
from xovac_tui.ui.workspace import Workspace

EXPERT = CommandSpec(
    "any event",
    "Any event (expert)",
    help="Sends any event with any JSON, or with none. Nothing checks what it means to the chamber.",
    fields=(
        PayloadField(FieldType.STRING, name="event", help="Name of the event, such as cancel_recipe."),
        PayloadField(
            FieldType.JSON, name="payload", required=False, help="JSON, sent exactly as typed. Empty: ''."
        ),
    ),
    hazard=Hazard.CRITICAL,
    origin=Origin.USER,
)
_ABOUT_ROWS = 3
_MOST_REASON = 6
"""Rows at most of why nothing can be sent; what is longer ends in a sign."""
_TALL = 26
"""Height of the tab in rows from which the description of the command is longer."""
_LEDGER_ROWS = 7
"""Rows of the ledger at least, frame included."""


class ControlsPane(Pane):
    """Commands above, ledger below."""

    HELP = (
        "Every command the contract names, by groups: Run, Chamber, and Danger for critical ones. The hazard "
        "says what happens before it is sent: safe commands are sent from here, confirm asks, critical wants "
        "the chamber's name typed. documented: the device's manual describes it; assumed: it does not, or "
        "not the form in which it is sent; yours: your contract file names it. Until STOP is proven on this "
        "chamber, the heading says so.\n"
        "Under the commands stands the ledger, newest on top: time, command, the chamber's answer, then "
        "confirmed when its own messages show the effect, how long it took, by whom, and what was sent. "
        "unknown: it may or may not have happened; {seen} dismisses it. {open-command} shows an entry in "
        "full. Tab moves between commands and ledger."
    )
    ACTIONS = ACTIONS
    KEYS_FIRST = False
    DEFAULT_CSS = """
    ControlsPane #about { height: 3; width: 1fr; border-top: solid $border-blurred; }
    ControlsPane #commands-box { height: auto; border: round $border-blurred; padding: 0 1; }
    ControlsPane #ledger-box { height: 1fr; min-height: 4; border: round $border-blurred; padding: 0 1; }
    ControlsPane #commands-box:focus-within, ControlsPane #ledger-box:focus-within {
        border: round $border; border-title-style: bold;
    }
    ControlsPane #commands-box, ControlsPane #ledger-box { border-title-color: $foreground; }
    ControlsPane #ledger-head { height: 1; width: 1fr; }
    ControlsPane #commands-box.-unproven { border-title-color: $stale; }
    """

    def compose(self) -> ComposeResult:
        """Build the two lists."""
        glyphs, times = self.workspace.glyphs, self.workspace.times
        with Vertical(id="commands-box") as commands:
            commands.border_title = "Commands"
            yield ContractCommands(glyphs, times, id="commands")
            yield LinesWidget(id="about")
        with Vertical(id="ledger-box") as ledger:
            ledger.border_title = "Ledger"
            yield LinesWidget(id="ledger-head")
            yield LedgerList(glyphs, times, id="ledger")

    def __init__(self, workspace: Workspace, *, id: str) -> None:
        super().__init__(workspace, id=id)
        self._strokes = Strokes()
        self._typed: dict[str, dict[str, str]] = {}
        """Texts typed into forms, by command and field."""
        self._forget_settling: Callable[[], None] = lambda: None

    def on_mount(self) -> None:
        """Show the entries from before this tab was first shown."""
        self.call_after_refresh(lambda: self.show(self.workspace.snapshot))
        snapshot = self.workspace.snapshot
        self.query_one(LedgerList).show(
            self.station.chamber.ledger.entries, utc=snapshot.utc, mono=snapshot.mono
        )

    def on_resize(self) -> None:
        """Divide the height between the lists, then fill them."""
        self.query_one("#ledger-head").display = self.workspace.step >= SizeStep.SHORT
        self.show(self.workspace.snapshot)
        self.call_after_refresh(self._describe)

    @property
    def commands(self) -> tuple[CommandSpec, ...]:
        """The contract's commands by groups, documented ones first; the expert's line last, if allowed."""
        expert = (EXPERT,) if self.station.manner.expert else ()
        contract = self.station.contract
        return grouped((*contract.commands.values(), *expert), contract)

    def show(self, snapshot: Snapshot) -> None:
        """Show this moment."""
        ledger, listed = self.query_one(LedgerList), self.query_one(ContractCommands)
        ledger.show(snapshot.ledger, utc=snapshot.utc, mono=snapshot.mono)
        last: dict[str, LedgerEntry] = {}
        for entry in reversed(ledger.entries):
            last[entry.command] = entry
        blocked = frozenset(c.event for c in self.commands if self.station.blocked(c.event))
        listed.show(self.commands, last, blocked, start=self.station.contract.start, mono=snapshot.mono)
        rows = len(self.commands)
        room = max(
            3, self.size.height - 2 - self.query_one("#about", LinesWidget).outer_size.height - _LEDGER_ROWS
        )
        if self.size.height:
            listed.styles.height = min(rows, room)
        unproven = self.station.proving.unproven
        listing = self.query_one("#commands-box")
        listing.set_class(unproven, "-unproven")
        entitle(
            listing,
            f"Commands {self.workspace.glyphs.warning} {UNPROVEN} ({self.keys['prove-stop']})"
            if unproven
            else "Commands",
            f"{rows} commands, arrows scroll" if rows > room else "",
        )
        words = [f"{len(ledger.entries)}" if ledger.entries else "", "newest on top"]
        if ledger.dropped:
            words.append(f"{ledger.dropped} older dropped")
        if ledger.unknown:
            words.append(f"{ledger.unknown} UNKNOWN ({self.keys['seen']}: seen)")
        counts = f" {', '.join(w for w in words if w)}" if ledger.entries else ""
        entitle(self.query_one("#ledger-box"), f"Ledger{counts}")
        head = self.query_one("#ledger-head", LinesWidget)
        if head.size.width:
            head.show_lines([ledger_head(head.size.width)])
        self._describe()

    def on_news(self, news: News) -> None:
        """Show at once whether commands can be sent."""

    def on_cursor_rows_moved(self, message: CursorRows.Moved) -> None:
        """Describe the chosen command."""
        self._describe()

    def _describe(self) -> None:
        about, spec = self.query_one("#about", LinesWidget), self.query_one(ContractCommands).chosen
        width = about.size.width
        if spec is None or not width:
            return
        glyphs = self.workspace.glyphs
        rows_shown = _ABOUT_ROWS - 1 + 2 * (self.size.height >= _TALL)
        if refusal := self.station.blocked(spec.event):
            rows = wrap(glyphs.plain(refusal.before), width)
            # Why nothing can be sent is shown in full, at the cost of the ledger.
            rows_shown = max(rows_shown, min(len(rows), _MOST_REASON))
            if len(rows) > rows_shown:
                rest = " ".join(rows[rows_shown - 1 :])
                rows = [*rows[: rows_shown - 1], fit(rest, width, ellipsis=glyphs.ellipsis)]
            lines: list[Line] = [((row, "bold $stale"),) for row in rows]
        else:
            fields = ", ".join(field.name for field in spec.fields) or "no payload"
            if spec.form.words:
                fields += f"; {spec.form.words}, assumed"
            source = fit(
                f" ({fields})  {ORIGIN_WORD[spec.origin]}: {spec.source or 'typed by you'}",
                width - cell_len(spec.event),
                ellipsis=glyphs.ellipsis,
            )
            head: Line = ((spec.event, "bold"), (source, "$no-data"))
            room = rows_shown - 1
            said = wrap(glyphs.plain(spec.help or spec.means), width)
            if len(said) > room:
                said = [*said[: room - 1], fit(" ".join(said[room - 1 :]), width, ellipsis=glyphs.ellipsis)]
            lines = [head, *(((row, ""),) for row in said)]
        about.styles.height = rows_shown + 1
        about.show_lines(lines)

    async def open_named(self, name: str) -> bool:
        """Open the form or the question of a command by its event."""
        spec = self._choose_named(name)
        if spec is not None:
            self._ask_for(spec)
        return spec is not None

    async def choose_named(self, name: str) -> bool:
        return self._choose_named(name) is not None

    def _choose_named(self, name: str) -> CommandSpec | None:
        spec = next((one for one in self.commands if one.event == name), None)
        if spec is not None:
            commands = self.query_one(ContractCommands)
            commands.choose(spec)
            commands.focus()
        return spec

    # -- actions ------------------------------------------------------------------------------------

    def on_cursor_rows_picked(self, message: CursorRows.Picked) -> None:
        """Open what was clicked."""
        self._open()

    def action_open_command(self) -> None:
        """Open the chosen command or entry, once the key is known not to be held down."""
        self._forget_settling()
        if self._strokes.held("enter", self.station.clock.mono()):
            return
        self._forget_settling = self.set_timer(SETTLE_SECONDS, self._open).stop

    def action_expert_event(self) -> None:
        """Open the expert's form."""
        if not self.station.manner.expert:
            self.workspace.say(
                "Set expert = true in this chamber's profile to send any event.", "warning", title="Any event"
            )
        else:
            self._ask_for(EXPERT)

    @work(group="contract", exclusive=True)
    async def action_edit_command(self) -> None:
        """Show the form in which the contract names the chosen command."""
        spec = self.query_one(ContractCommands).chosen
        if spec is EXPERT:
            self.workspace.say("No contract names this line: it sends what you type.", title="Contract")
        elif spec is not None:
            await dialogs.contract.command_form.edit_command(self.workspace, spec.event)

    @work(group="contract", exclusive=True)
    async def action_new_command(self) -> None:
        """Show the form of a new command; choose in the list what it made."""
        before = {spec.event for spec in self.commands}
        await dialogs.contract.command_form.edit_command(self.workspace)
        made = [spec for spec in self.commands if spec.event not in before]
        if made and self.is_mounted:
            self.show(self.workspace.snapshot)
            self.query_one(ContractCommands).choose(made[-1])

    @work(group="contract", exclusive=True)
    async def action_contract_file(self) -> None:
        """Show what the contract has beside channels and commands."""
        await dialogs.contract.command_form.edit_contract_file(self.workspace)

    @work(group="contract")
    async def action_undo_contract(self) -> None:
        """Take the last change of the contract back."""
        await dialogs.contract.undo.undo_contract(self.workspace)

    def _open(self) -> None:
        if len(self.app.screen_stack) > 1 or not self.display:
            return
        if self.query_one(LedgerList).has_focus:
            entry = self.query_one(LedgerList).chosen
            if entry is not None:
                self.app.push_screen(EntryDialog(self.workspace, entry))
            return
        spec = self.query_one(ContractCommands).chosen
        if spec is not None:
            self._ask_for(spec)

    @work(group="command", exit_on_error=True)
    async def _ask_for(self, spec: CommandSpec) -> None:
        workspace, station = self.workspace, self.station
        if refusal := station.blocked(spec.event):
            workspace.say(refusal.before, "warning", title=spec.title, seconds=6)
            return

        def make(texts: Mapping[str, str], values: Mapping[str, Any]) -> Prepared:
            if spec is EXPERT:
                return station.prepare_raw(texts["event"].strip(), texts["payload"])
            return station.prepare(spec.event, values)

        renew: Callable[[], Prepared] | None = partial(make, {}, {})
        if any(not field.auto for field in spec.fields):
            typed = self._typed.setdefault(spec.event, {})
            renew = await ask(workspace, FormDialog(workspace, spec, make, typed))
        if renew is None:
            return
        await confirm_and_send(workspace, renew(), renew=renew)
