"""A record that is not forwarded in time (`forward`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, LimitRule, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.chamber.alarm import AlarmNumber, Sense
from xovac_tui.displayunits import Phrase, Spelling
from xovac_tui.durations import format_roughly
from xovac_tui.units import Unit


class ForwardRule(LimitRule, frozen=True, tag="forward"):
    """Something recorded has waited for longer than `limit` seconds to be forwarded."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return ForwardLate(self)


class ForwardLate(Condition):
    """A store that is behind."""

    every = 1.0
    rule: ForwardRule

    def measured(self, context: Context) -> AlarmNumber:
        """Return for how long the oldest of what waits has waited, and the limit."""
        return AlarmNumber(
            value=self._waited(context),
            limit=self.limit(context.limit_set),
            sense=Sense.ABOVE,
            unit=Unit("s", "", decimals=0),
            spelling=Spelling.WORKED_OUT,
        )

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether something has waited for too long; None while that is not known."""
        limit, waited = self.limit(context.limit_set), self._waited(context)
        if limit is None or waited is None:
            return None
        return now_holds(waited > limit - (self.rule.deadband if active else 0.0))

    def value_phrase(self, context: Context) -> Phrase:
        """Return for how long the oldest of what waits has waited."""
        waited = self._waited(context)
        return () if waited is None else (format_roughly(waited),)

    def limit_phrase(self, limit_set: str) -> Phrase:
        """Return the limit."""
        limit = self.limit(limit_set)
        return () if limit is None else (format_roughly(limit),)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"Not forwarded for more than {self.limit_words(limit_set) or 'a limit'}"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        why = "" if context.unforwarded is None else context.unforwarded.why
        return (why or "What is recorded is not forwarded in time.",)

    @staticmethod
    def _waited(context: Context) -> float | None:
        return None if context.unforwarded is None else context.unforwarded.seconds
