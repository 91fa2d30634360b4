"""The list of commands, and the ledger: what was sent from here, and what became of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

from xovac_tui.api.contract import CommandSpec, Hazard, Origin
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.durations import format_age
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.facts import hazard_sign
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Span, fit
from xovac_tui.ui.widgets.message_line import OUTCOME_STYLE, ledger_spans
from xovac_tui.ui.widgets.rows import CursorRows

ORIGIN_WORD = {Origin.DOCUMENTED: "documented", Origin.ASSUMED: "assumed", Origin.USER: "yours"}
_TITLE, _HAZARD, _ORIGIN, _LAST = 26, 11, 11, 24
_HELP_FROM = _TITLE + _HAZARD + _ORIGIN + _LAST + 20


class ContractCommands(CursorRows[CommandSpec]):
    """The commands, one a line; dimmed while nothing can be sent."""

    DEFAULT_CSS = """
    ContractCommands { height: auto; width: 1fr; }
    """
    EMPTY = "The contract names no command."

    def __init__(self, glyphs: Glyphs, times: Times, *, id: str | None = None) -> None:
        super().__init__(glyphs, id=id)
        self._times = times
        self._last: Mapping[str, LedgerEntry] = {}
        self._blocked: frozenset[str] = frozenset()
        self._mono = 0.0

    def show(
        self,
        commands: Sequence[CommandSpec],
        last: Mapping[str, LedgerEntry],
        blocked: frozenset[str],
        *,
        mono: float,
    ) -> None:
        """Show commands; `last`: newest entry by event; `blocked`: events that cannot be sent now."""
        self._last, self._blocked, self._mono = last, blocked, mono
        self.show_items(commands)

    def key_of(self, item: CommandSpec) -> Hashable:
        """Return the command's event."""
        return item.event

    def spans_of(self, item: CommandSpec, width: int) -> Sequence[Span]:
        """Return the command's line; its description only if there is room."""
        glyphs = self.glyphs
        dim = item.event in self._blocked
        hazard = f"{hazard_sign(item.hazard, glyphs)} {item.hazard.value}"
        critical = item.hazard is Hazard.CRITICAL
        title_style = "$no-data" if dim else "bold"
        hazard_style = "bold $bad" if critical and not dim else "$no-data"
        # If only the form is assumed, the list says so; the text below says both.
        origin = Origin.ASSUMED if item.form.words and item.origin is Origin.DOCUMENTED else item.origin
        assumed = origin is not Origin.DOCUMENTED and not dim

        def cell(text: str, room: int) -> str:
            return fit(glyphs.plain(clean(text, 200)), room - 1, ellipsis=glyphs.ellipsis) + " "

        spans: list[Span] = [
            (cell(item.title, _TITLE), title_style),
            (cell(hazard, _HAZARD), hazard_style),
            (cell(ORIGIN_WORD[origin], _ORIGIN), "$stale" if assumed else "$no-data"),
        ]
        room = width - _TITLE - _HAZARD - _ORIGIN
        text, style = self._outcome(item.event)
        if width < _HELP_FROM:
            return [*spans, (fit(text, room, ellipsis=glyphs.ellipsis), style)]
        help_ = fit(glyphs.plain(clean(item.help, 200)), room - _LAST, ellipsis=glyphs.ellipsis)
        return [*spans, (cell(text, _LAST), style), (help_, "$no-data")]

    def _outcome(self, event: str) -> tuple[str, str]:
        entry = self._last.get(event)
        if entry is None:
            return self.glyphs.dash, "$no-data"
        sign = self.glyphs.outcome(entry.outcome)
        if entry.outcome is Outcome.SENT:
            return f"{sign} waiting {format_age(max(0.0, self._mono - entry.mono))}", OUTCOME_STYLE[
                entry.outcome
            ]
        word = {Outcome.DONE: "no answer"}.get(entry.outcome, entry.outcome.value)
        style = OUTCOME_STYLE[entry.outcome]
        if entry.late is not None:
            word, style, sign = (
                f"late {entry.late.value}",
                OUTCOME_STYLE[entry.late],
                self.glyphs.outcome(entry.late),
            )
        if entry.confirmed is not None:
            word, style = "confirmed", "$good"
        return f"{sign} {word} {self._times.clock(entry.utc)}", style


KEEP = 2_000
"""Entries kept on this screen; older ones are dropped and counted."""


class LedgerList(CursorRows[LedgerEntry]):
    """The ledger, one line a command; highlights unknown outcomes that are not dismissed."""

    DEFAULT_CSS = """
    LedgerList { height: 1fr; width: 1fr; }
    """
    EMPTY = "No command has been sent from here."

    def __init__(self, glyphs: Glyphs, times: Times, *, id: str | None = None) -> None:
        super().__init__(glyphs, id=id)
        self._times = times
        self._entries: dict[int, LedgerEntry] = {}
        self._now = (0.0, 0.0)
        self.dropped = 0

    def show(self, entries: Iterable[LedgerEntry], *, utc: float, mono: float) -> None:
        """Update these entries; earlier ones stay."""
        self._now = (utc, mono)
        for entry in entries:
            self._entries[entry.id] = entry
        while len(self._entries) > KEEP:
            del self._entries[next(iter(self._entries))]
            self.dropped += 1
        self.show_items([self._entries[number] for number in reversed(self._entries)])

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The shown entries, newest first."""
        return self._items

    @property
    def unknown(self) -> int:
        """The number of unknown outcomes that are not dismissed."""
        return sum(e.outcome is Outcome.UNKNOWN and not e.dismissed for e in self._items)

    def key_of(self, item: LedgerEntry) -> Hashable:
        """Return the entry's number."""
        return item.id

    def spans_of(self, item: LedgerEntry, width: int) -> Sequence[Span]:
        """Return the entry's line, with the date if it is not today's."""
        utc, mono = self._now
        day, today = self._times.stamp(item.utc)[5:10], self._times.stamp(utc)[5:10]
        spans: list[Span] = [(f"{self.glyphs.outcome(item.outcome)} ", OUTCOME_STYLE[item.outcome])]
        if day != today:
            spans.append((f"{day} ", "$no-data"))
        return [*spans, *ledger_spans(item, glyphs=self.glyphs, times=self._times, now=mono)]
