"""What is left of the screen in a terminal that is too small for it."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from xovac_tui.chamber.alarmview import AlarmsView
from xovac_tui.chamber.snapshot import LinkWord, Outcome, Snapshot
from xovac_tui.plural import counted
from xovac_tui.ui.format import age, reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.alarmwords import (
    ALARM_CLASSES,
    ALARM_CSS,
    STATE_WORDS,
    by_urgency,
    severity_style,
    shown,
)
from xovac_tui.ui.widgets.lines import Line, LinesWidget

_READINGS = 4


class Mode(Enum):
    """Whether commands can be sent from this screen."""

    CONTROL = "control"
    OBSERVE = "observe"
    REPLAY = "replay"


_NEEDS_ROOM = "All else needs 80x24."


class SmallNotice(LinesWidget):
    """The few things that must be seen at any size."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "small--good", "small--bad", "small--quiet", *ALARM_CLASSES,
    }  # fmt: skip
    DEFAULT_CSS = """
    SmallNotice { display: none; height: 1fr; width: 1fr; }
    SmallNotice .small--good { color: $good; }
    SmallNotice .small--bad { color: $bad; text-style: bold; }
    SmallNotice .small--quiet { color: $no-data; }
    """ + ALARM_CSS.format(name="SmallNotice")

    def show(
        self,
        snapshot: Snapshot,
        standing: AlarmsView,
        *,
        name: str,
        glyphs: Glyphs,
        mode: Mode,
        otherwise: str = _NEEDS_ROOM,
    ) -> None:
        """Show this moment; `otherwise` says why there is nothing else."""
        self.show_lines(
            small_lines(snapshot, standing, name=name, glyphs=glyphs, mode=mode, otherwise=otherwise)
        )


def small_lines(
    snapshot: Snapshot,
    standing: AlarmsView,
    *,
    name: str,
    glyphs: Glyphs,
    mode: Mode,
    otherwise: str = _NEEDS_ROOM,
) -> list[Line]:
    """Return the notice's lines, the most important first; `otherwise` says why there is nothing else."""
    word = snapshot.link.word
    style = "small--good" if word is LinkWord.ONLINE else "small--bad"
    lines: list[Line] = [
        (
            (f"{name} ", ""),
            (f"{glyphs.link(word)} {word}", style),
            (glyphs.plain(f" {age(snapshot.newest_age)}"), ""),
        ),
        (
            (f"{glyphs.run(snapshot.run.state)} ", ""),
            ("last known: " if snapshot.run.stale else "", "small--bad"),
            (snapshot.run.state.value, ""),
            (f" {snapshot.run.recipe or ''}", ""),
        ),
    ]
    unknown = [e for e in snapshot.ledger if e.outcome is Outcome.UNKNOWN and not e.looked_at]
    if unknown:
        lines.append(((f"{unknown[-1].command}: outcome UNKNOWN", "small--bad"),))
    alarms = _alarm_lines(standing, glyphs)
    lines += alarms
    readings = [c for c in snapshot.channels if c.log or c.pinned][: _READINGS - len(alarms)]
    lines += [
        (
            (f"{glyphs.quality(c.quality)} ", ""),
            (f"{glyphs.plain(c.label)} ", "small--quiet"),
            (glyphs.plain(reading_with_unit(c)), ""),
            (f" {age(c.age)}" if c.overdue else "", "small--bad"),
        )
        for c in readings
    ]
    lines.append(((f"{_stop_words(word, mode)} {otherwise}", "small--quiet"),))
    return lines


def _stop_words(word: LinkWord, mode: Mode) -> str:
    """Return whether STOP could be sent at this moment."""
    if mode is Mode.REPLAY:
        return "A replay: nothing is sent."
    if mode is Mode.OBSERVE:
        return "OBSERVE: nothing is sent, STOP included."
    if word in (LinkWord.ONLINE, LinkWord.STALE):
        return "! ! STOP works."
    return "STOP cannot be sent without a link."


def _alarm_lines(standing: AlarmsView, glyphs: Glyphs) -> list[Line]:
    """Return the most urgent alarm, and how many stand; nothing where none does."""
    there = by_urgency(standing.alarms)
    if not there:
        return []
    first = there[0]
    word = f"{glyphs.severity(first.severity)} {first.severity.upper()} {STATE_WORDS[first.state]}"
    stand = f" {counted(len(there), 'alarm stands', 'alarms stand')}"
    return [
        ((word, severity_style(first)), (stand, "")),
        ((shown(first.text or first.condition, glyphs), ""),),
    ]
