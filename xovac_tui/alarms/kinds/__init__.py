"""The conditions that alarms watch."""

from __future__ import annotations

from collections.abc import Mapping

from xovac_tui.alarms.kinds.base import Condition, Context
from xovac_tui.alarms.kinds.derived import DerivedLevel, DerivedTruth
from xovac_tui.alarms.kinds.frozen import Frozen, NoResponse
from xovac_tui.alarms.kinds.level import Deviation, Level, Rate
from xovac_tui.alarms.kinds.program import DiskLow, LinkLost, NotificationFails, RecorderFails
from xovac_tui.alarms.kinds.stale import Equals, Stale
from xovac_tui.alarms.settings import Rule

__all__ = ["Condition", "Context", "Level", "condition_of"]

_KINDS: Mapping[str, type[Condition]] = {
    "high": Level,
    "high_high": Level,
    "low": Level,
    "low_low": Level,
    "deviation": Deviation,
    "rate": Rate,
    "stale": Stale,
    "equals": Equals,
    "link": LinkLost,
    "recorder": RecorderFails,
    "disk": DiskLow,
    "no_response": NoResponse,
    "frozen": Frozen,
    "notification": NotificationFails,
}


def condition_of(rule: Rule) -> Condition:
    """Return what a rule watches; ExpressionError where its `value` cannot be understood."""
    if rule.value:
        return DerivedTruth(rule) if rule.kind == "equals" else DerivedLevel(rule)
    return _KINDS[rule.kind](rule)
