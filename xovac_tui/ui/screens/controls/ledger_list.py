"""The list of the ledger: every command requested here and its outcome, newest first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import OUTCOME_STYLE, ledger_spans
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Span
from xovac_tui.ui.widgets.rows import CursorRows

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
        return sum(e.outcome is Outcome.UNKNOWN and not e.looked_at for e in self._items)

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
