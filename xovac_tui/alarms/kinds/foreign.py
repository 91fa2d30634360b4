"""An alarm that only another process watches: no rule of ours, shown as that process reports it."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, Rule
from xovac_tui.alarms.life import Holding
from xovac_tui.chamber.alarm import AlarmChange
from xovac_tui.displayunits import Phrase


class ForeignAlarm(Condition):
    """What another process reports of an alarm that has no rule here."""

    def __init__(self, reported: AlarmChange) -> None:
        """Represent the rule of the other process, as far as it is known."""
        super().__init__(
            Rule(
                name=reported.rule,
                severity=reported.severity.value,
                cause=reported.cause,
                consequence=reported.consequence,
                action=reported.action,
            )
        )
        self.reported = reported
        self.below = reported.below

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return that it does not hold: what no rule here watches does not stay active by itself."""
        return Holding.GONE

    @property
    def label(self) -> str:
        """What the other process calls the channel."""
        return self.reported.channel

    def limit_phrase(self, limit_set: str) -> Phrase:
        """Return the limit as it was reported."""
        reported = self.reported
        return reported.limit_phrase or ((reported.limit,) if reported.limit else ())

    def words(self, limit_set: str) -> str:
        """Return that it is not watched here."""
        return "Another process watches this; no rule here does."

    def phrase(self, context: Context) -> Phrase:
        """Return what was reported."""
        return self.reported.phrase or (self.reported.text,)
