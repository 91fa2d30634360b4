"""Notifications that do not arrive (`notification`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, Rule, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.displayunits import Phrase


class NotificationRule(Rule, frozen=True, tag="notification"):
    """A notification could not be sent."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return NotificationFails(self)


class NotificationFails(Condition):
    """A receiver that could not be reached."""

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether a receiver could not be reached; what failed before a restart is not well by it."""
        if active and context.untried and not context.failing:
            return None
        return now_holds(bool(context.failing))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "A notification could not be sent"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        return (" ".join(context.failing.values()) or "A notification could not be sent.",)
