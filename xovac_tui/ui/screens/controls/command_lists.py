"""The list of commands, and the ledger: what was sent from here, and what became of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from enum import StrEnum

from rich.cells import cell_len

from xovac_tui.api.contract import LOAD_COMMAND, STOP_COMMAND, CommandSpec, Contract, Hazard, Origin
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.durations import format_age
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.facts import hazard_sign
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import HEAD, Line, Span, fit, fit_said, line_width
from xovac_tui.ui.widgets.message_line import OUTCOME_STYLE
from xovac_tui.ui.widgets.rows import CursorRows

ORIGIN_WORD = {Origin.DOCUMENTED: "documented", Origin.ASSUMED: "assumed", Origin.USER: "yours"}
_GROUP, _TITLE, _NARROW_TITLE, _HAZARD, _ORIGIN, _LAST = 8, 26, 20, 11, 11, 24
_HELP_FROM = 1 + _GROUP + _TITLE + _HAZARD + _ORIGIN + _LAST + 20
_ORIGIN_FROM = 70
"""Width in cells from which the list says where a command is known from, and has room for whole titles."""


class CommandGroup(StrEnum):
    """What a command is about, in the order of the list."""

    RUN = "Run"
    CHAMBER = "Chamber"
    DANGER = "Danger"


_EDGE_STYLE = {
    CommandGroup.RUN: "$running",
    CommandGroup.CHAMBER: "$accent",
    CommandGroup.DANGER: "bold $bad",
}


def group_of(spec: CommandSpec, start: str | None) -> CommandGroup:
    """Return a command's group; `start` is the contract's start command."""
    if spec.event in (LOAD_COMMAND, STOP_COMMAND, start):
        return CommandGroup.RUN
    return CommandGroup.DANGER if spec.hazard is Hazard.CRITICAL else CommandGroup.CHAMBER


def grouped(commands: Iterable[CommandSpec], contract: Contract) -> tuple[CommandSpec, ...]:
    """Return commands by their groups, within each in the given order."""
    order = list(CommandGroup)
    return tuple(sorted(commands, key=lambda one: order.index(group_of(one, contract.start))))


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
        self._start: str | None = None
        self._mono = 0.0

    def show(
        self,
        commands: Sequence[CommandSpec],
        last: Mapping[str, LedgerEntry],
        blocked: frozenset[str],
        *,
        start: str | None,
        mono: float,
    ) -> None:
        """Show commands; `last`: newest entry by event; `blocked`: events that cannot be sent now.

        `start` is the contract's start command.
        """
        self._last, self._blocked, self._start, self._mono = last, blocked, start, mono
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

        group = group_of(item, self._start)
        at = next((n for n, one in enumerate(self._items) if one is item), 0)
        first = at == 0 or group_of(self._items[at - 1], self._start) is not group
        title = _TITLE if width >= _ORIGIN_FROM else _NARROW_TITLE
        spans: list[Span] = [
            (glyphs.edge, _EDGE_STYLE[group]),
            (cell(group.value if first else "", _GROUP), "bold" if first and not dim else "$no-data"),
            (cell(item.title, title), title_style),
            (cell(hazard, _HAZARD), hazard_style),
        ]
        room = width - 1 - _GROUP - title - _HAZARD
        if width >= _ORIGIN_FROM:
            spans.append((cell(ORIGIN_WORD[origin], _ORIGIN), "$stale" if assumed else "$no-data"))
            room -= _ORIGIN
        text, style = self._outcome(item.event, min(room, _LAST))
        if width < _HELP_FROM:
            return [*spans, (fit(text, room, ellipsis=glyphs.ellipsis), style)]
        help_ = fit(glyphs.plain(clean(item.help, 200)), room - _LAST, ellipsis=glyphs.ellipsis)
        return [*spans, (cell(text, _LAST), style), (help_, "$no-data")]

    def _outcome(self, event: str, room: int) -> tuple[str, str]:
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
        timed = f"{sign} {word} {self._times.clock(entry.utc)}"
        # The ledger has the time where there is no room for it here.
        return timed if cell_len(timed) <= room else f"{sign} {word}", style


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
        return entry_spans(
            item, width, glyphs=self.glyphs, times=self._times, now=mono, day=day if day != today else ""
        )


_WHAT, _OUTCOME, _TOOK, _BY = 20, 22, 6, 10
_BY_FROM, _WIDE_WHAT_FROM = 72, 110
"""Widths in cells from which the ledger says by whom, and has room for longer names."""


def ledger_head(width: int) -> Line:
    """Return the names of the ledger's columns; `width` is that of the list."""
    what, by = _columns(width - 2)
    row = f"    {'time':<8} {fit('what', what)} {fit('outcome', _OUTCOME)} {'took':>{_TOOK}} "
    row += f"{fit('by', by)} " if by else ""
    return ((fit(f"{row}payload, message", width, ellipsis=""), HEAD),)


def _columns(width: int) -> tuple[int, int]:
    """Return the cells for the command and for the user, 0 for none."""
    return _WHAT + 6 * (width >= _WIDE_WHAT_FROM), _BY if width >= _BY_FROM else 0


def entry_spans(
    entry: LedgerEntry, width: int, *, glyphs: Glyphs, times: Times, now: float, day: str = ""
) -> list[Span]:
    """Return a ledger entry as a row of the table: time, what, outcome, took, by, and payload last.

    Where what was said is longer than its room it takes that of the columns.
    """
    then, ellipsis = f" {glyphs.then} ", glyphs.ellipsis
    what, by = _columns(width)
    style = OUTCOME_STYLE[entry.outcome]
    if entry.outcome is Outcome.SENT:
        word, took = "waiting", max(0.0, now - entry.mono)
    else:
        word = {Outcome.DONE: "no answer"}.get(entry.outcome, entry.outcome.value)
        took = entry.took if entry.took is not None else -1.0
    if entry.late is not None:
        word, style = f"{word}{then}late {entry.late.value}", OUTCOME_STYLE[entry.late]
        took = entry.late_after if entry.late_after is not None else took
    if entry.confirmed is not None:
        word, style = f"{word}{then}confirmed", "$good"
    name = ("STOP " if entry.stop else "") + clean(entry.command, 80)
    spans: list[Span] = [
        (f"{glyphs.outcome(entry.outcome)} ", OUTCOME_STYLE[entry.outcome]),
        (f"{day} " if day else "", "$no-data"),
        (f"{times.clock(entry.utc)} ", "$no-data"),
        (f"{fit(glyphs.plain(name), what, ellipsis=ellipsis)} ", "bold" if entry.stop else ""),
        (f"{fit(word, _OUTCOME, ellipsis=ellipsis)} ", style),
        (f"{fit(format_age(took) if took >= 0 else '', _TOOK, right=True)} ", "$no-data"),
    ]
    if by:
        who = clean(entry.who.partition("@")[0], 40)
        spans.append((f"{fit(glyphs.plain(who), by, ellipsis=ellipsis)} ", "$no-data"))
    said = entry.message or (entry.reason if entry.outcome in (Outcome.REFUSED, Outcome.UNKNOWN) else "")
    answers = glyphs.plain(f"(×{entry.duplicates + 1} answers) ") if entry.duplicates else ""
    payload = f"{clean(entry.payload, 400)} " if entry.payload else ""
    message = clean(said, 400)
    whole = [*spans, (answers, "$stale"), (payload, ""), (message, "$no-data")]
    if not message or line_width(whole) <= width:
        return whole
    # What was said decides what to do: the columns before it shrink to what they hold, and the payload goes.
    age = f" {format_age(took)}" if took >= 0 else ""
    close: list[Span] = [
        *spans[:3],
        (f"{fit(glyphs.plain(name), min(what, cell_len(name)), ellipsis=ellipsis)} ", spans[3][1]),
        (word, style),
        (age, "$no-data"),
        ("  ", ""),
        (answers, "$stale"),
    ]
    room = max(0, width - line_width(close))
    shown = message if cell_len(message) <= room else fit_said(message, room, ellipsis=ellipsis)
    return [*close, (shown, "$no-data")]
