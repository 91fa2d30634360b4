"""Texts and colours of alarms, shared by strip, list, dialogs and small notice. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from xovac_tui.chamber.alarm import SEVERITIES, AlarmChange, AlarmState, AlarmView
from xovac_tui.durations import format_minutes
from xovac_tui.ui.glyphs import Glyphs

STATE_WORDS = {
    AlarmState.NORMAL: "NORMAL",
    AlarmState.UNACKNOWLEDGED: "UNACK",
    AlarmState.ACKNOWLEDGED: "ACKED",
    AlarmState.RETURNED: "RETURNED",
    AlarmState.SHELVED: "SHELVED",
    AlarmState.OUT_OF_SERVICE: "OUT OF SERVICE",
}
SET_ASIDE = frozenset((AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE))
"""States of a silenced alarm: shelved or out of service."""


def state_word(alarm: AlarmView) -> str:
    """Return the word of an alarm's state; `OFF` for a rule that is not evaluated without being silenced."""
    return "OFF" if alarm.off and alarm.state is AlarmState.NORMAL else STATE_WORDS[alarm.state]


def sign_of(alarm: AlarmView | AlarmChange, glyphs: Glyphs) -> str:
    """Return the sign of an alarm's severity, which points to the side of its limit."""
    return glyphs.severity(alarm.severity, below=alarm.below)


def severity_style(alarm: AlarmView) -> str:
    """Return the style of an alarm's sign and severity; reverse, which needs no colour, while it waits."""
    if not alarm.unresolved:
        return "$no-data"
    return f"bold reverse $alarm-{alarm.severity}" if alarm.waits else f"$alarm-{alarm.severity}"


def age_of(alarm: AlarmView, utc: float) -> str:
    """Return how long the alarm has been in its state; empty if it was never in another."""
    return "" if alarm.since_utc is None else format_minutes(utc - alarm.since_utc)


def who_short(who: str, glyphs: Glyphs) -> str:
    """Return the user of `user@host`."""
    return glyphs.shown(who.partition("@")[0], 16)


def by_urgency(alarms: Iterable[AlarmView]) -> list[AlarmView]:
    """Return alarms that want attention: unacknowledged ones first, then the worst and newest."""
    return sorted(
        (one for one in alarms if one.unresolved),
        key=lambda one: (
            not one.waits,
            SEVERITIES.index(one.severity),
            not one.active,
            -(one.raised_utc or 0.0),
        ),
    )


def about(alarm: AlarmView) -> str:
    """Return a sentence with the current state of an alarm's condition; clean it before showing it."""
    if alarm.unresolved and alarm.text:
        return alarm.text
    condition = alarm.condition or alarm.rule
    if alarm.off:
        return f"{condition}: {alarm.off}"
    return f"{condition}: {alarm.text}" if alarm.active and alarm.text else condition
