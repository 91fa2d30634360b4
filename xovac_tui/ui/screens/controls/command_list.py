"""The list of commands: name, hazard, origin and last outcome."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from xovac_tui.api.contract import CommandSpec, Hazard, Origin
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.durations import format_age
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.facts import hazard_sign
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import OUTCOME_STYLE
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Span, fit
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
