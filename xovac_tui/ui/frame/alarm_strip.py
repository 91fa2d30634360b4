"""The line on every tab that shows the most urgent active alarm."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from xovac_tui.chamber.alarm import SEVERITIES, AlarmState, AlarmsView, AlarmView
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.ui.frame.bars import Bar
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.alarm_words import (
    STATE_WORDS,
    age_of,
    by_urgency,
    severity_style,
    who_short,
)
from xovac_tui.ui.widgets.lines import Line, clip
from xovac_tui.ui.workspace import Workspace

_ALL = 3
"""Parts beside the alarm's text: its state, the number of others, their tab."""
_LEAST_TEXT = 12
"""Cells that the alarm's text keeps; the parts beside it go first."""


class AlarmStrip(Bar):
    """Shows the most urgent alarm, the number of others, and their tab; hidden while none is active."""

    DEFAULT_CSS = """
    AlarmStrip { height: 1; display: none; background: $surface; }
    AlarmStrip.-shown { display: block; }
    """

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show the currently active alarms, or hide."""
        width = self.size.width or self.app.size.width
        unresolved = workspace.station.alarms.unresolved()
        line = strip_line(unresolved, width, snapshot.utc, workspace.glyphs, workspace.keys)
        self.set_class(bool(line), "-shown")
        self.show_lines([line])


def strip_line(view: AlarmsView, width: int, utc: float, glyphs: Glyphs, keys: Mapping[str, str]) -> Line:
    """Return the strip's spans; empty if no alarm is active and the evaluation is sound."""
    there = by_urgency(view.alarms)
    where = f"  {keys['tab-alarms']}: alarms "
    if not there:
        if not view.problem:
            return ()
        said = f" {glyphs.warning} Alarms: {glyphs.shown(view.problem.sentence)}"
        return (*_filled(((said, "$stale"),), width - len(where), glyphs), (where, "$no-data"))
    first = there[0]
    flood = f" FLOOD {view.flood} alarms in 10 min " if view.flood else ""
    sign = f" {glyphs.severity(first.severity)} {first.severity.upper()} "
    beside = [f"  {_state(first, utc, glyphs)}", _more(there, glyphs), where]
    said = glyphs.shown(first.text or first.condition)
    # The hint at the tab goes before the alarm's text is cut, the other parts before it is cut to nothing.
    while beside and width - len(flood + sign) - 1 - sum(map(cell_len, beside)) < (
        cell_len(said) if len(beside) == _ALL else _LEAST_TEXT
    ):
        beside.pop()
    state, more, where = (*beside, "", "", "")[:3]
    style = "bold" if first.waits else "$no-data"
    room = width - len(flood + sign) - 1 - sum(map(cell_len, beside))
    line = (
        (flood, "bold reverse $alarm-critical"),
        (sign, severity_style(first)),
        (" ", ""),
        *clip(((said, style),), room, ellipsis=glyphs.ellipsis),
        (state, style),
        (more, "$no-data"),
    )
    return (*_filled(line, width - len(where), glyphs), (where, "$no-data"))


def _state(alarm: AlarmView, utc: float, glyphs: Glyphs) -> str:
    """Return the alarm's state: `UNACK 2m`, `acked by ada`."""
    if alarm.state is AlarmState.ACKNOWLEDGED:
        return f"acked by {who_short(alarm.who, glyphs)}" if alarm.who else "acked"
    return f"{STATE_WORDS[alarm.state]} {age_of(alarm, utc)}".rstrip()


def _more(there: list[AlarmView], glyphs: Glyphs) -> str:
    """Return the number of other active alarms, with the worst severity of them if that is worse."""
    rest = there[1:]
    if not rest:
        return ""
    worst = min((one.severity for one in rest), key=SEVERITIES.index)
    worse = SEVERITIES.index(worst) < SEVERITIES.index(there[0].severity)
    return glyphs.plain(f" · {len(rest)} more") + (f", {worst.upper()} acked" if worse else "")


def _filled(line: Line, width: int, glyphs: Glyphs) -> Line:
    """Return the line padded to exactly `width` cells."""
    line = clip(line, width, ellipsis=glyphs.ellipsis)
    used = sum(cell_len(text) for text, _ in line)
    return (*line, (" " * max(0, width - used), ""))
