"""Little room where the record is (`disk`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, LimitRule, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.chamber.alarm import AlarmNumber, Sense
from xovac_tui.displayunits import Phrase, Spelling
from xovac_tui.units import Unit


class DiskRule(LimitRule, frozen=True, tag="disk"):
    """Less than `limit` GB are free where the record is."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return DiskLow(self)


class DiskLow(Condition):
    """Little room where the record is."""

    every = 5.0
    below = True
    rule: DiskRule

    def measured(self, context: Context) -> AlarmNumber:
        """Return what is free and the limit."""
        return AlarmNumber(
            value=context.disk_free,
            limit=self.limit(context.limit_set),
            sense=Sense.BELOW,
            unit=Unit("GB", "", decimals=2),
            spelling=Spelling.WORKED_OUT,
        )

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether less than the limit is free."""
        limit, free = self.limit(context.limit_set), context.disk_free
        if limit is None or free is None:
            return None
        return now_holds(free < limit + (self.rule.deadband if active else 0.0))

    def value_phrase(self, context: Context) -> Phrase:
        """Return what is free."""
        return () if context.disk_free is None else (f"{context.disk_free:.2f} GB",)

    def limit_phrase(self, limit_set: str) -> Phrase:
        """Return the limit."""
        limit = self.limit(limit_set)
        return () if limit is None else (f"{limit:g} GB",)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"Less than {self.limit_words(limit_set) or 'a limit'} free where the record is"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        free = self.value_words(context) or "little"
        limit = self.limit_words(context.limit_set)
        return (f"The disk with the record has {free} left, less than {limit}.",)
