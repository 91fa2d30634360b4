"""What happened in a run, as rows of tables: alarms, commands, notes, gaps."""

from __future__ import annotations

from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.durations import format_to_tenth
from xovac_tui.quantities import quantity
from xovac_tui.report.facts import ReportFacts
from xovac_tui.report.formatting import DASH, ReportTimes, Row, text


def alarm_rows(facts: ReportFacts, times: ReportTimes) -> list[Row]:
    """Return each alarm: raised, severity, what, returned, acknowledged."""
    made: list[Row] = []
    for one in facts.alarms:
        change = one.raised
        words = text(change.text or change.rule, 300)
        if change.limit_set:
            words += f" (limits {text(change.limit_set, 40)})"
        acknowledged = DASH
        if one.acknowledged is not None:
            by = text(one.acknowledged_by, 60)
            acknowledged = f"{times.stamp(one.acknowledged)} by {by}"
        made.append(
            (
                times.stamp(change.utc) + (" (before the run)" if one.earlier else ""),
                change.severity.value,
                words,
                times.stamp(one.returned),
                acknowledged,
            )
        )
    return made


def handled_rows(facts: ReportFacts, times: ReportTimes) -> list[Row]:
    """Return what else was done to alarms: time, alarm, action, user, reason."""
    return [
        (
            times.stamp(change.utc),
            text(change.rule, 80),
            change.event.value + (f" until {times.stamp(change.until)}" if change.until is not None else ""),
            text(change.who, 60),
            text(change.reason, 200),
        )
        for change in facts.handled
    ]


def command_row(entry: LedgerEntry, times: ReportTimes) -> Row:
    """Return one command: time sent, command, user, outcome."""
    outcome = entry.outcome.shown
    if entry.late is not None:
        outcome += f", later {entry.late.value}"
    if entry.confirmed is not None:
        outcome += f", confirmed by the chamber after {quantity(entry.confirmed, 's')}"
    said = entry.reason or entry.message
    return (
        times.stamp(entry.utc),
        ("STOP: " if entry.stop else "") + text(entry.command, 60),
        text(entry.who, 60),
        outcome + (f" ({text(said, 200)})" if said else ""),
    )


def note_rows(facts: ReportFacts, times: ReportTimes) -> list[Row]:
    """Return the notes: time, user, text."""
    return [
        (times.stamp(one.t), text(one.who, 60), text(one.mark.text, 600))
        for one in facts.past.marks
        if one.mark.kind == "note"
    ]


def gap_rows(facts: ReportFacts, times: ReportTimes) -> list[Row]:
    """Return the gaps: from, to, how long, why."""
    return [
        (
            times.stamp(gap.start),
            times.stamp(gap.end),
            format_to_tenth(gap.seconds),
            gap.why,
        )
        for gap in facts.gaps
    ]
