"""A dialog that shows what happened during the operator's absence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from xovac_tui.chamber.alarm import SEVERITIES
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_duration
from xovac_tui.plural import counted
from xovac_tui.recording.digest import Digest
from xovac_tui.runs.followed import Run
from xovac_tui.runs.view import RunProgress
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.base import ReadingDialog
from xovac_tui.ui.dialogs.facts import Fact, FactsView
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.run_words import drift_words, range_words
from xovac_tui.ui.workspace import Workspace

_RECENT = 60.0
"""Seconds since a run's last observation within which it counts as going on."""
_MOST = 6
"""Lines of one kind at most; the rest are counted."""


class DigestDialog(ReadingDialog):
    """Summary of the time since the console was last used; any key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "dismiss(True)", "back", show=False)]

    def __init__(self, workspace: Workspace, digest: Digest, followed: Run | None = None) -> None:
        away = format_duration(digest.until - digest.since)
        super().__init__(workspace, f"While you were away ({away})", "enter: go on")
        self._digest, self._followed = digest, followed

    def text(self) -> ComposeResult:
        """Build the list."""
        workspace, facts = self.workspace, FactsView()
        facts.show(
            digest_facts(
                self._digest,
                workspace.times,
                workspace.glyphs,
                workspace.keys,
                self._followed,
                workspace.units,
            )
        )
        yield facts


def digest_facts(
    digest: Digest,
    times: Times,
    glyphs: Glyphs,
    keys: Mapping[str, str],
    followed: Run | None = None,
    units: DisplayUnits = AS_REPORTED,
) -> list[Fact]:
    """Return the digest as labelled lines, the most urgent first.

    `followed` is the run that is followed; its current state is shown as well.
    """
    facts: list[Fact] = []
    if followed is not None and not followed.over:
        facts.append(
            Fact(
                "Now", _now(followed.view(), digest.until, followed.state().utc, times, units), "$foreground"
            )
        )
    facts += _alarms(digest, times, glyphs, keys, units)
    facts += _listed("Runs", [_run(digest, n, times) for n in range(len(digest.runs))], "none began or ended")
    if digest.steps:
        facts.append(Fact("Steps", f"{digest.steps} begun"))
    lost = sum(gap.seconds for gap in digest.gaps)
    gaps = [
        f"{times.day_and_time(gap.start)} for {format_duration(gap.seconds)}: "
        + ("no link or no data" if gap.recorded else "nothing was recorded")
        for gap in sorted(digest.gaps, key=lambda gap: -gap.seconds)
    ]
    facts += _listed("Gaps", gaps, "none: the data are whole")
    if len(gaps) > 1:
        facts.append(Fact("", f"{counted(len(gaps), 'gap')}, {format_duration(lost)} without data in all"))
    commands = [
        f"{times.day_and_time(entry.utc)} {entry.command} by {clean(entry.who, 40)}: {entry.outcome.shown}"
        for entry in digest.commands
        if entry.outcome is not Outcome.REFUSED
    ]
    facts += _listed("Commands", commands, "none that are in this record")
    facts += _listed("Notes", [clean(note, 200) for note in digest.notes], "")
    for place, extreme in enumerate(digest.extremes):
        low, high = (
            units.number(value, extreme.unit, log=extreme.log)
            for value in (extreme.summary.low, extreme.summary.high)
        )
        words = f"{clean(extreme.label, 24)}  {low} to {high} {units.unit(extreme.unit)}".rstrip()
        facts.append(Fact("Readings" if place == 0 else "", words))
    facts.append(Fact("Recorded", counted(digest.events, "event")))
    return [Fact(fact.label, glyphs.plain(fact.text), fact.style) for fact in facts]


def _now(followed: RunProgress, now: float, seen: float, times: Times, units: DisplayUnits) -> str:
    """Return the current run's step, its end, and the drift of that end.

    `seen` is the time of the last observation in UTC seconds: the run may have changed since.
    """
    words = f'"{clean(followed.name, 40)}"' if followed.name else "A run"
    words += " goes on" if now - seen < _RECENT else f" went on when last seen, {times.day_and_time(seen)}"
    if followed.step:
        words += f", {followed.where}"
    if followed.label:
        words += f", {followed.label_in(units)}"
    if followed.planned and followed.estimated:
        words += " (estimated)"
    if followed.ends_utc is None:
        return f"{words}; when it ends is not known"
    spread, drift = range_words(followed), drift_words(followed.drift)
    ends = f"{words}; ends {times.day_and_time(followed.ends_utc)}" + (f" {spread}" if spread else "")
    return ends + (f", {drift} since its start" if drift else "")


def _alarms(
    digest: Digest, times: Times, glyphs: Glyphs, keys: Mapping[str, str], units: DisplayUnits
) -> list[Fact]:
    """Return the alarms that were raised, the worst first, and the number that are active now."""
    shown = (one.shown_in(units) for one in digest.alarms)
    raised = sorted(shown, key=lambda one: (SEVERITIES.index(one.severity), -one.utc))
    lines = [
        f"{times.day_and_time(one.utc)} {one.severity.upper()} {glyphs.shown(one.text or one.rule, 160)}"
        for one in raised
    ]
    facts = _listed("Alarms", lines, "none was raised")
    if digest.unresolved:
        words = f"{counted(len(digest.unresolved), 'stands', 'stand')} now: press {keys['tab-alarms']}"
        facts.append(Fact("", words, "$stale"))
    return facts


def _run(digest: Digest, place: int, times: Times) -> str:
    run = digest.runs[place]
    began = f"began {times.day_and_time(run.started)}"
    if run.ended is None:
        how = "goes on" if run.result == "running" else run.result
    else:
        how = f"{run.result} {times.day_and_time(run.ended)}"
    reason = f" ({clean(run.reason, 80)})" if run.reason else ""
    return f'{run.label} "{clean(run.name, 40)}" {began}, {how}{reason}'


def _listed(label: str, lines: list[str], none: str) -> list[Fact]:
    if not lines:
        return [Fact(label, none)] if none else []
    facts = [Fact(label if place == 0 else "", line) for place, line in enumerate(lines[:_MOST])]
    if len(lines) > _MOST:
        facts.append(Fact("", f"and {len(lines) - _MOST} more: see the Log and Runs"))
    return facts
