"""From what happened to alarms to a message: a title, a text for people, and fields for programs. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from xovac_tui.chamber.alarm import SEVERITIES, AlarmChange, AlarmEvent, AlarmState, AlarmView, Severity
from xovac_tui.text import clean

PROGRAM = "xovac-tui"
_MOST_LISTED = 10
"""Alarms that the text of one message names; the others are counted."""
_TITLE_LENGTH = 140
_LINE_LENGTH = 400
_Labelled: TypeAlias = tuple[str, str]
_VALUE, _RUN, _DO = "Value", "Run", "Do"
_IN_LIST = (_VALUE, _RUN, _DO)
"""Labels of what a message about several alarms has of each."""


class MessageKind(StrEnum):
    """Why a message is sent."""

    ALARM = "alarm"
    RETURNED = "returned"
    """Everything in it has returned to normal."""
    REMINDER = "reminder"
    """It is not acknowledged yet."""
    TEST = "test"


class AlarmNotice(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One alarm in a message."""

    change: AlarmChange
    """What happened to it last, as far as the message reports."""
    times: int = 1
    """How often it was raised since its last notification."""
    returned: bool = False
    """Its condition is gone again."""
    acknowledged: bool = False


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to one receiver at once. Every text in it is clean."""

    kind: MessageKind
    chamber: str
    """Name of its profile."""
    severity: Severity
    """The worst of its alarms."""
    title: str
    text: str
    """Some lines."""
    key: str
    """The same for messages about the same: the rule, or `several`."""
    utc: float
    alarms: tuple[AlarmNotice, ...] = ()

    def fields(self) -> dict[str, Any]:
        """Return it for programs, as JSON has it."""
        return {
            "program": PROGRAM,
            "kind": self.kind.value,
            "chamber": self.chamber,
            "severity": self.severity.value,
            "title": self.title,
            "text": self.text,
            "key": self.key,
            "time": _iso(self.utc),
            "alarms": [_alarm_fields(notice) for notice in self.alarms],
        }


def compose(
    chamber: str, kind: MessageKind, alarms: Sequence[AlarmNotice], utc: float, *, flood: int = 0
) -> Message:
    """Return the message that reports these alarms.

    `flood` is how many came in the last ten minutes, where they are too many to be listed one by one; else 0.
    """
    ordered = sorted(alarms, key=lambda notice: (notice.returned, SEVERITIES.index(notice.change.severity)))
    severity = min((notice.change.severity for notice in alarms), key=SEVERITIES.index)
    if kind is MessageKind.ALARM and all(notice.returned and not notice.times for notice in alarms):
        kind = MessageKind.RETURNED
    if len(ordered) == 1:
        notice = ordered[0]
        said, key = _sentence(notice), notice.change.rule
        about = _lines_of((*_details(notice.change), *_guidance(notice.change)))
        lines = [said, *_state_lines(notice), *about]
    else:
        said, key = f"{len(ordered)} alarms. {_sentence(ordered[0])}", "several"
        lines = _list_lines(ordered)
    if flood:
        lines.append(flood_words(flood))
    return Message(
        kind=kind,
        chamber=clean(chamber, 80),
        severity=severity,
        title=clean(f"{chamber} {_word(kind, severity)}: {said}", _TITLE_LENGTH),
        text=_text([f"Chamber {chamber}", *lines, f"Sent {_time(utc)} by {PROGRAM}"]),
        key=clean(key, 120),
        utc=utc,
        alarms=tuple(ordered),
    )


def flood_words(count: int) -> str:
    """Return the sentence about `count` alarms in ten minutes that share a message."""
    return f"A flood: {count} alarms in the last ten minutes, so they are in one message."


def trial_message(chamber: str, severity: Severity, utc: float) -> Message:
    """Return a message that says that it is a test."""
    said = "This is a test. No alarm was raised."
    return Message(
        kind=MessageKind.TEST,
        chamber=clean(chamber, 80),
        severity=severity,
        title=clean(f"{chamber} TEST ({severity.value}): {said}", _TITLE_LENGTH),
        text=_text([f"Chamber {chamber}", said, f"Sent {_time(utc)} by {PROGRAM} notify test"]),
        key="test",
        utc=utc,
    )


def change_of(view: AlarmView, utc: float, mono: float) -> AlarmChange:
    """Return an active alarm as a change, for a reminder, without the place of the run."""
    return AlarmChange(
        rule=view.rule,
        event=AlarmEvent.RAISED if view.active else AlarmEvent.RETURNED,
        state=view.state,
        severity=view.severity,
        utc=utc,
        mono=mono,
        text=view.text,
        channel=view.channel,
        value=view.value,
        limit=view.limit,
        cause=view.cause,
        consequence=view.consequence,
        action=view.action,
        active=view.active,
        raised_utc=view.raised_utc,
    )


def begins(change: AlarmChange) -> bool:
    """Return whether an alarm begins to want attention: raised, or back while its condition holds."""
    back = change.event in (AlarmEvent.UNSHELVED, AlarmEvent.IN_SERVICE)
    return change.event is AlarmEvent.RAISED or (back and change.state is AlarmState.UNACKNOWLEDGED)


def _word(kind: MessageKind, severity: Severity) -> str:
    match kind:
        case MessageKind.RETURNED:
            return "returned"
        case MessageKind.REMINDER:
            return f"{severity.value.upper()}, not acknowledged"
    return severity.value.upper()


def _sentence(notice: AlarmNotice) -> str:
    change = notice.change
    said = change.text or f"Alarm {change.rule}."
    return f"{change.rule} has returned to normal. It was: {said}" if notice.returned else said


def _state_lines(notice: AlarmNotice) -> list[str]:
    lines = []
    if notice.times > 1:
        lines.append(f"Raised {notice.times} times since the last notification.")
    if notice.acknowledged:
        who = notice.change.who
        lines.append(f"Acknowledged by {who}." if who else "Acknowledged.")
    return lines


def _details(change: AlarmChange) -> list[_Labelled]:
    found = [("Severity", change.severity.value), ("Alarm", change.rule)]
    value = ": ".join(part for part in (change.channel, change.value) if part) if change.value else ""
    limits = f" (limits {change.limit_set})" if change.limit_set else ""
    limit = f"limit {change.limit}{limits}" if change.limit else ""
    if value or limit:
        found.append((_VALUE, ", ".join(part for part in (value, limit) if part)))
    if run := _run(change):
        found.append((_RUN, run))
    if change.raised_utc is not None:
        found.append(("Raised", _time(change.raised_utc)))
    return found


def _run(change: AlarmChange) -> str:
    if not change.run and not change.recipe:
        return ""
    parts = [str(change.run) if change.run else "", f'"{change.recipe}"' if change.recipe else ""]
    step = f", step {change.step}" if change.step is not None else ""
    return " ".join(part for part in parts if part) + step


def _guidance(change: AlarmChange) -> list[_Labelled]:
    pairs = (("Likely", change.cause), ("If nothing is done", change.consequence), (_DO, change.action))
    return [(label, said) for label, said in pairs if said]


def _lines_of(pairs: Iterable[_Labelled]) -> list[str]:
    return [f"{label}: {said}" for label, said in pairs]


def _list_lines(alarms: Sequence[AlarmNotice]) -> list[str]:
    """Return a short paragraph for each alarm, and how many there is no room for."""
    lines = []
    for notice in alarms[:_MOST_LISTED]:
        change = notice.change
        lines.append(f"- {change.severity.value.upper()} {change.rule}: {_sentence(notice)}")
        about = (pair for pair in (*_details(change), *_guidance(change)) if pair[0] in _IN_LIST)
        lines += [f"  {line}" for line in (*_state_lines(notice), *_lines_of(about))]
    more = len(alarms) - _MOST_LISTED
    return [*lines, f"- and {more} more"] if more > 0 else lines


def _alarm_fields(notice: AlarmNotice) -> dict[str, Any]:
    change = notice.change
    found: dict[str, Any] = {
        "rule": change.rule,
        "event": change.event.value,
        "state": change.state.value,
        "severity": change.severity.value,
        "time": _iso(change.utc),
        "raised": _iso(change.raised_utc),
        "times": notice.times,
        "returned": notice.returned,
        "acknowledged": notice.acknowledged,
        "text": change.text,
        "channel": change.channel,
        "value": change.value,
        "limit": change.limit,
        "limit_set": change.limit_set,
        "run": change.run or None,
        "recipe": change.recipe,
        "step": change.step,
        "cause": change.cause,
        "consequence": change.consequence,
        "action": change.action,
    }
    return {
        name: clean(value, _LINE_LENGTH) if isinstance(value, str) else value for name, value in found.items()
    }


def _text(lines: Sequence[str]) -> str:
    return "\n".join(clean(line, _LINE_LENGTH) for line in lines)


def _time(utc: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(utc))


def _iso(utc: float | None) -> str | None:
    return None if utc is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(utc))
