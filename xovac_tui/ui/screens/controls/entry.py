"""A dialog that shows one ledger entry in full, all text literal."""

from __future__ import annotations

from textual.app import ComposeResult

from xovac_tui.chamber.news import LedgerChanged
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.durations import format_age, format_whole
from xovac_tui.station.news import News
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.base import ReadingDialog
from xovac_tui.ui.dialogs.facts import Fact, FactsView
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.workspace import Workspace

_STYLE = {
    Outcome.SENT: "bold $accent",
    Outcome.SUCCESS: "$good",
    Outcome.DONE: "$foreground",
    Outcome.WARNING: "$stale",
    Outcome.REFUSED: "$stale",
    Outcome.ERROR: "bold $bad",
    Outcome.UNKNOWN: "bold $bad",
}


def entry_facts(entry: LedgerEntry, *, glyphs: Glyphs, times: Times) -> list[Fact]:
    """Return all facts of one command; text from the chamber is cleaned and never cut."""
    sent = entry.outcome is not Outcome.REFUSED
    took = f" after {format_age(entry.took)}" if entry.took is not None else ""
    outcome = f"{glyphs.outcome(entry.outcome)} {entry.outcome.shown}{took}"
    facts = [
        Fact("Command", clean(entry.command) + ("   by the STOP key" if entry.stop else "")),
        Fact("Outcome", outcome, _STYLE[entry.outcome]),
    ]
    if entry.reason:
        facts.append(Fact("Why", clean(entry.reason)))
    if entry.message:
        facts.append(Fact("Message", clean(entry.message), literal=True))
    if entry.late is not None:
        facts.append(
            Fact(
                "Late",
                f"{entry.late.value} came {format_age(entry.late_after)} after sending",
                _STYLE[entry.late],
            )
        )
    if entry.confirmed is not None:
        facts.append(
            Fact(
                "Confirmed",
                f"the chamber's own messages showed the effect {format_age(entry.confirmed)} after sending",
                "$good",
            )
        )
    elif sent:
        facts.append(Fact("Confirmed", "not seen in the chamber's own messages", "$no-data"))
    if entry.duplicates:
        facts.append(Fact("Repeats", f"{entry.duplicates} further answer(s) received", "$stale"))
    if entry.form:
        facts.append(Fact("Form", f"{clean(entry.form)} (assumed)"))
    facts.append(
        Fact("Payload", clean(entry.payload) if entry.payload else "''", "bold $accent", literal=True)
    )
    if entry.answer:
        facts.append(Fact("Answer", clean(entry.answer), "bold $accent", literal=True))
    facts += [
        Fact(
            "Asked",
            f"{times.stamp(entry.utc)} by {clean(entry.who)}"
            + (f", confirmed by {clean(entry.confirmation)}" if entry.confirmation else ""),
        ),
        Fact(
            "Details",
            f"entry {entry.id}"
            + (
                f", connection {entry.session}, waits {format_whole(entry.timeout)} for an answer"
                if sent
                else ", not sent"
            ),
            "$no-data",
        ),
    ]
    return [Fact(f.label, glyphs.plain(f.text), f.style, f.literal) for f in facts]


class EntryDialog(ReadingDialog):
    """One ledger entry, updated when an answer arrives."""

    def __init__(self, workspace: Workspace, entry: LedgerEntry) -> None:
        super().__init__(workspace, "Command", "esc: back")
        self.entry = entry

    def text(self) -> ComposeResult:
        """Build the list of facts."""
        yield FactsView(label_width=11)

    def on_mount(self) -> None:
        """Show the facts."""
        self._show()

    def on_resize(self) -> None:
        """Fit the terminal."""
        super().on_resize()
        self.query_one(".dialog").styles.width = max(20, min(92, self.app.size.width - 4))

    def on_news(self, news: News) -> None:
        """Show a change of the entry."""
        if isinstance(news, LedgerChanged) and news.entry.id == self.entry.id:
            self.entry = news.entry
            self._show()

    def _show(self) -> None:
        facts = entry_facts(self.entry, glyphs=self.workspace.glyphs, times=self.workspace.times)
        self.query_one(FactsView).show(facts)
