"""The tables of a run, and its papers: recipe, settings, recorders, attached files."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any

from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.digits import format_number
from xovac_tui.durations import format_to_tenth
from xovac_tui.plural import counted
from xovac_tui.quantities import quantity, unit
from xovac_tui.recording.attachments import media_words, text_of
from xovac_tui.recording.disk.kinds import RecordedChange
from xovac_tui.recording.disk.lists import payload_hash
from xovac_tui.report.facts import Paper, ReportFacts
from xovac_tui.report.formatting import DASH, Pair, ReportTimes, Row, lines, text

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_MOST_TEXT = 200_000
"""Characters of an attached text that are shown."""


def attachment_words(paper: Paper, times: ReportTimes) -> dict[str, Any]:
    """Return an attached file: pictures and texts as they are shown, others by name and hash."""
    one, data = paper.about, paper.data
    picture = ""
    if one.media in _PICTURES:
        picture = f"data:{one.media};base64,{b64encode(data).decode('ascii')}"
    shown = ""
    if one.media.startswith("text/"):
        whole = text_of(one.media, data)
        shown = lines(whole[:_MOST_TEXT])
        if len(whole) > _MOST_TEXT:
            shown += "\n… the rest is in the file"
    return {
        "name": text(one.name, 120),
        "caption": text(one.text, 400) if one.text else "",
        "about": f"{text(media_words(one.media), 60)}, {counted(len(data), 'byte')}, "
        f"attached {times.stamp(one.t)} by {text(one.who, 60)}",
        "hash": text(one.hash, 64),
        "picture": picture,
        "text": shown,
    }


def bare_words(facts: ReportFacts, times: ReportTimes) -> dict[str, str] | None:
    """Return the list that was sent without a recipe file; None where that is not what happened."""
    sent = facts.bare
    if sent is None:
        return None
    return {
        "sent": f"{times.stamp(sent.utc)} by {text(sent.who, 60)}",
        "payload": lines(sent.payload),
        "hash": payload_hash(sent.payload),
    }


def recipe_words(facts: ReportFacts, times: ReportTimes) -> dict[str, Any] | None:
    """Return the recipe as it was sent and as it was written; None where it was not handed over from here."""
    load = facts.past.load
    if load is None:
        return None
    known = facts.settings
    degrees = seconds = ""
    if known is not None:
        degrees, seconds = f", {unit(known.temperature_unit)}", f", {known.duration_unit}"
    return {
        "loaded": f"{times.stamp(load.t)} by {text(load.who, 60)}: {text(load.outcome, 40)}",
        "source": lines(load.source),
        "source_hash": hashlib.sha256(load.source.encode("utf-8", "backslashreplace")).hexdigest(),
        "hash": text(load.hash, 64),
        "whole": facts.payload_is_whole,
        "heads": (f"Target{degrees}", f"Duration{seconds}", "Gradient"),
        "items": [
            (str(place), *(format_number(one, 6) for one in item))
            for place, item in enumerate(facts.items, 1)
        ],
        "payload": "" if facts.items else lines(load.payload),
    }


def reading_pairs(facts: ReportFacts) -> list[Pair]:
    """Return how the device was assumed to read the list."""
    known, units = facts.settings, facts.units
    if known is None:
        return []
    reading = {
        "ramp": "the setpoint moves linearly over an item's duration",
        "jump": "the setpoint jumps and holds",
    }[known.step_reading]
    limits = [
        "not set" if one is None else units.temperature_words(one)
        for one in (known.chamber_min, known.chamber_max)
    ]
    pressure = "any pressure" if known.pressure is None else f"≤ {units.pressure_words(known.pressure)}"
    rates = known.rates.words if known.rates is not None else ""
    return [
        ("Units of the list", f"{unit(known.temperature_unit)}, {known.duration_unit} (assumed)"),
        ("How an item is read", f"{known.step_reading}: {reading} (assumed)"),
        ("Coldest of the chamber", limits[0]),
        ("Hottest of the chamber", limits[1]),
        ("Rate of the chamber", rates or f"{units.rate_words(known.assumed_rate, 2)} (assumed)"),
        (
            "A dwell counts within",
            f"± {units.tolerance_words(known.tolerance)} where the recipe says nothing",
        ),
        ("A dwell counts at", f"{pressure} where the recipe says nothing"),
    ]


def session_rows(facts: ReportFacts) -> list[Row]:
    """Return one row a recorder: session, program, user, address, contract, speed (the run's, if any)."""
    # A session that began before a simulator reported its speed does not know it; the run does.
    speed = facts.past.state.speed
    return [
        (
            f"s{life.id}",
            text(life.program, 60),
            text(life.who, 60),
            text(life.about.url, 120),
            text(", ".join(life.about.contract), 300),
            _speed(life.about.speed if speed == 1.0 else speed),
        )
        for life in facts.sessions
    ]


def _speed(speed: float) -> str:
    return "real time" if speed == 1.0 else f"{format_number(speed)} × (simulated)"


def change_words(one: RecordedChange, times: ReportTimes) -> dict[str, str]:
    """Return a change of settings, limits, contract or trust."""
    return {
        "kind": text(one.kind, 40),
        "when": times.stamp(one.t),
        "who": text(one.who, 60),
        "text": text(one.text, 1_000),
        "after": _pretty(one.after),
    }


_IN_THE_RECORD = ("commands", "responses", "messages")
"""Tables of a contract that the page leaves out: the record has them."""


def _pretty(held: str) -> str:
    """Return JSON with a line a value, for people, without a contract's tables; other text as it is."""
    try:
        found = json.loads(held) if held else ""
        if isinstance(found, dict):
            found = {key: value for key, value in found.items() if key not in _IN_THE_RECORD}
        return lines(json.dumps(found, indent=1, ensure_ascii=False)) if held else ""
    except (ValueError, RecursionError):
        return lines(held)


def alarm_rows(facts: ReportFacts, times: ReportTimes) -> list[Row]:
    """Return each alarm: raised, severity, what, returned, acknowledged."""
    made: list[Row] = []
    for one in facts.alarms:
        change = one.raised.shown_in(facts.units)
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
