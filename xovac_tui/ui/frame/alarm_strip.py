"""The line that says on every tab which alarm stands, for as long as one stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len

from xovac_tui.chamber.alarm import SEVERITIES, AlarmState, AlarmsView, AlarmView
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.alarm_words import (
    ALARM_CLASSES,
    ALARM_CSS,
    STATE_WORDS,
    age_of,
    by_urgency,
    severity_style,
    who_short,
)
from xovac_tui.ui.widgets.lines import Line, LinesWidget, clip

_ALL = 3
"""Parts beside what is the matter: its state, how many more, where they are."""
_LEAST_TEXT = 12
"""Cells that what is the matter keeps; what stands beside it goes first."""


class AlarmStrip(LinesWidget):
    """The most urgent alarm, how many more there are, and where they are; hidden while none stands."""

    COMPONENT_CLASSES: ClassVar[set[str]] = ALARM_CLASSES
    DEFAULT_CSS = """
    AlarmStrip { height: 1; display: none; background: $surface; }
    AlarmStrip.-shown { display: block; }
    """ + ALARM_CSS.format(name="AlarmStrip")

    def show(self, view: AlarmsView, utc: float, glyphs: Glyphs, keys: Mapping[str, str]) -> None:
        """Show what stands at this moment, or nothing."""
        width = self.size.width or self.app.size.width
        line = strip_line(view, width, utc, glyphs, keys)
        self.set_class(bool(line), "-shown")
        self.show_lines([line])


def strip_line(view: AlarmsView, width: int, utc: float, glyphs: Glyphs, keys: Mapping[str, str]) -> Line:
    """Return the strip's spans; none where nothing stands, and nothing is wrong with the watching."""
    there = by_urgency(view.alarms)
    where = f"  {keys['tab-alarms']}: alarms "
    if not there:
        if not view.problem:
            return ()
        said = f" {glyphs.warning} Alarms: {glyphs.shown(view.problem)}"
        return (*_filled(((said, "alarm--warn"),), width - len(where), glyphs), (where, "alarm--quiet"))
    first = there[0]
    flood = f" FLOOD {view.flood} alarms in 10 min " if view.flood else ""
    sign = f" {glyphs.severity(first.severity)} {first.severity.upper()} "
    beside = [f"  {_state(first, utc, glyphs)}", _more(there, glyphs), where]
    said = glyphs.shown(first.text or first.condition)
    # Where it is goes before what is the matter is cut, the rest before that is cut to nothing.
    while beside and width - len(flood + sign) - 1 - sum(map(cell_len, beside)) < (
        cell_len(said) if len(beside) == _ALL else _LEAST_TEXT
    ):
        beside.pop()
    state, more, where = (*beside, "", "", "")[:3]
    style = "alarm--text" if first.waits else "alarm--quiet"
    room = width - len(flood + sign) - 1 - sum(map(cell_len, beside))
    line = (
        (flood, "alarm--wait-critical"),
        (sign, severity_style(first)),
        (" ", ""),
        *clip(((said, style),), room, ellipsis=glyphs.ellipsis),
        (state, style),
        (more, "alarm--quiet"),
    )
    return (*_filled(line, width - len(where), glyphs), (where, "alarm--quiet"))


def _state(alarm: AlarmView, utc: float, glyphs: Glyphs) -> str:
    """Return the state in words: `UNACK 2m`, `acked by ada`."""
    if alarm.state is AlarmState.ACKNOWLEDGED:
        return f"acked by {who_short(alarm.who, glyphs)}" if alarm.who else "acked"
    return f"{STATE_WORDS[alarm.state]} {age_of(alarm, utc)}".rstrip()


def _more(there: list[AlarmView], glyphs: Glyphs) -> str:
    """Return how many stand beside the first, and how bad the worst of them is if that is worse."""
    rest = there[1:]
    if not rest:
        return ""
    worst = min((one.severity for one in rest), key=SEVERITIES.index)
    worse = SEVERITIES.index(worst) < SEVERITIES.index(there[0].severity)
    return glyphs.plain(f" · {len(rest)} more") + (f", {worst.upper()} acked" if worse else "")


def _filled(line: Line, width: int, glyphs: Glyphs) -> Line:
    """Return a line of exactly `width` cells."""
    line = clip(line, width, ellipsis=glyphs.ellipsis)
    used = sum(cell_len(text) for text, _ in line)
    return (*line, (" " * max(0, width - used), ""))
