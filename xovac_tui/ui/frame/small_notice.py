"""The notice that replaces the screens in a terminal too small for them."""

from __future__ import annotations

from rich.cells import cell_len

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.alarm import AlarmsView
from xovac_tui.chamber.snapshot import ChannelView, Outcome, Snapshot
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age
from xovac_tui.plural import counted
from xovac_tui.ui.format import reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.sizes import LEAST_SIZES, SizeStep
from xovac_tui.ui.widgets.alarm_words import (
    STATE_WORDS,
    by_urgency,
    severity_style,
    sign_of,
)
from xovac_tui.ui.widgets.lines import Line, LinesWidget, fit, fit_label, folded
from xovac_tui.ui.workspace import Mode, Workspace

_READINGS = 4
_ALARM_ROWS = 3
"""Rows for the text of an alarm at most."""
_USUAL_WIDTH = 80
_NEEDED = LEAST_SIZES[SizeStep.LEAST]
NEEDS_ROOM = f"All else needs {_NEEDED}."


class SmallNotice(LinesWidget):
    """The essential state at any size of terminal."""

    DEFAULT_CSS = """
    SmallNotice { display: none; height: 1fr; width: 1fr; }
    """

    def show(self, workspace: Workspace, snapshot: Snapshot, otherwise: str = NEEDS_ROOM) -> None:
        """Show the current state; `otherwise` is the reason for showing nothing else."""
        lines = small_lines(
            snapshot,
            workspace.station.alarms.unresolved(),
            name=workspace.station.name,
            glyphs=workspace.glyphs,
            mode=workspace.mode,
            otherwise=otherwise,
            width=self.size.width or _USUAL_WIDTH,
            units=workspace.units,
        )
        self.show_lines(lines)


def small_lines(
    snapshot: Snapshot,
    unresolved: AlarmsView,
    *,
    name: str,
    glyphs: Glyphs,
    mode: Mode,
    otherwise: str = NEEDS_ROOM,
    width: int = _USUAL_WIDTH,
    units: DisplayUnits = AS_REPORTED,
) -> list[Line]:
    """Return the notice's lines, most important first; `otherwise` is the reason for showing no more.

    Folds sentences to `width` cells, and cuts labels of readings instead of values.
    """
    word = snapshot.link.word
    style = "$good" if word is LinkWord.ONLINE else "bold $bad"
    lines: list[Line] = [
        (
            (f"{name} ", ""),
            (f"{glyphs.link(word)} {word}", style),
            (glyphs.plain(f" {format_age(snapshot.newest_age)}"), ""),
        ),
        (
            (f"{glyphs.run(snapshot.run.state)} ", ""),
            ("last known: " if snapshot.run.stale else "", "bold $bad"),
            (snapshot.run.state.value, ""),
            (f" {snapshot.run.recipe or ''}", ""),
        ),
    ]
    unknown = [e for e in snapshot.ledger if e.outcome is Outcome.UNKNOWN and not e.dismissed]
    if unknown:
        lines.append(((f"{unknown[-1].command}: outcome UNKNOWN", "bold $bad"),))
    lines += _alarm_lines(unresolved, glyphs, width)
    most = _READINGS - (2 if unresolved.alarms else 0)
    lines += [
        _reading(c, glyphs, width, units) for c in [c for c in snapshot.channels if c.log or c.pinned][:most]
    ]
    ending = f"{_stop_words(word, mode)} {otherwise}"
    sentences = [ending] if cell_len(ending) <= width else [_stop_words(word, mode), otherwise]
    lines += [((line, "$no-data"),) for one in sentences for line in folded(one, width)]
    return lines


def _reading(channel: ChannelView, glyphs: Glyphs, width: int, units: DisplayUnits) -> Line:
    value = glyphs.plain(reading_with_unit(channel, units))
    overdue = f" {format_age(channel.age)}" if channel.overdue else ""
    room = max(1, width - cell_len(value) - cell_len(overdue) - 3)
    label = glyphs.plain(channel.label)
    if cell_len(label) > room:
        label = fit_label(label, room, ellipsis=glyphs.ellipsis)
    return (
        (f"{glyphs.quality(channel.quality)} ", ""),
        (f"{label} ", "$no-data"),
        (value, ""),
        (overdue, "bold $bad"),
    )


def _stop_words(word: LinkWord, mode: Mode) -> str:
    """Return a sentence on whether STOP can be sent now."""
    if mode is Mode.REPLAY:
        return "A replay: nothing is sent."
    if mode is Mode.OBSERVE:
        return "OBSERVE: nothing is sent, STOP included."
    if word in (LinkWord.ONLINE, LinkWord.STALE):
        return "! ! STOP works."
    return "STOP cannot be sent without a link."


def _alarm_lines(unresolved: AlarmsView, glyphs: Glyphs, width: int) -> list[Line]:
    """Return the most urgent alarm and the number of active ones; empty if none is active."""
    there = by_urgency(unresolved.alarms)
    if not there:
        return []
    first = there[0]
    word = f"{sign_of(first, glyphs)} {first.severity.upper()} {STATE_WORDS[first.state]}"
    stand = f" {counted(len(there), 'alarm stands', 'alarms stand')}"
    return [
        ((word, severity_style(first)), (stand, "")),
        *(((line, ""),) for line in _in_rows(glyphs.shown(first.text or first.condition), width, glyphs)),
    ]


def _in_rows(text: str, width: int, glyphs: Glyphs) -> list[str]:
    """Return a text folded to `width` cells and cut with an ellipsis to the rows allowed."""
    lines = list(folded(text, width))
    if len(lines) <= _ALARM_ROWS:
        return lines
    return [
        *lines[: _ALARM_ROWS - 1],
        fit(" ".join(lines[_ALARM_ROWS - 1 :]), width, ellipsis=glyphs.ellipsis),
    ]
