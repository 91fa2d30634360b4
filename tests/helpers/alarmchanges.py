"""Alarms as tests need them: what happened to one, and a view of those that stand."""

from __future__ import annotations

from typing import Any

from xovac_tui.chamber.alarm import (
    AlarmChange,
    AlarmEvent,
    AlarmState,
    AlarmsView,
    AlarmView,
    Severity,
)

UTC = 1_800_000_000.0
_AFTER = {
    AlarmEvent.RAISED: AlarmState.UNACKNOWLEDGED,
    AlarmEvent.RETURNED: AlarmState.RETURNED,
    AlarmEvent.ACKNOWLEDGED: AlarmState.ACKNOWLEDGED,
    AlarmEvent.SHELVED: AlarmState.SHELVED,
}


def changed(
    rule: str = "part too hot",
    event: AlarmEvent = AlarmEvent.RAISED,
    at: float = 0.0,
    *,
    severity: Severity = Severity.HIGH,
    **more: Any,
) -> AlarmChange:
    """Return what happened to an alarm so many seconds after the beginning."""
    values: dict[str, Any] = {
        "state": _AFTER.get(event, AlarmState.NORMAL),
        "text": f"{rule}: Plate A is +84.2 °C, above +80.0 °C.",
        "channel": "Plate A",
        "value": "+84.2 °C",
        "limit": "+80.0 °C",
        "limit_set": "tvac",
        "cause": "The controller overshoots.",
        "consequence": "The part is damaged.",
        "action": "Cancel the recipe.",
        "raised_utc": UTC + at,
        "active": event is AlarmEvent.RAISED,
    }
    return AlarmChange(rule=rule, event=event, severity=severity, utc=UTC + at, mono=at, **(values | more))


def unresolved(*rules: str, flood: int = 0, severity: Severity = Severity.HIGH, **more: Any) -> AlarmsView:
    """Return a view in which these alarms stand, unacknowledged if nothing else is said."""
    values: dict[str, Any] = {"state": AlarmState.UNACKNOWLEDGED, "active": True, "text": "It is too hot."}
    values |= more
    return AlarmsView(
        alarms=tuple(AlarmView(rule=rule, severity=severity, **values) for rule in rules), flood=flood
    )
