"""A value that changes too fast (`rate`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import ChannelRule, Condition, Context, Magnitude
from xovac_tui.displayunits import Phrase, Spelling


class RateRule(ChannelRule, frozen=True, tag="rate"):
    """The value changes by more than `limit` a minute (a ratio where the channel is logarithmic)."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return Rate(self)


class Rate(Magnitude):
    """A value that changes too fast."""

    every = 1.0

    def value(self, context: Context) -> float | None:
        """Return the change per minute, in the channel's unit; of a logarithmic one as a ratio."""
        channel = self.trusted(context)
        return None if channel is None else channel.history.rate_per_minute(context.mono, channel.spec.log)

    @property
    def spelling(self) -> Spelling:
        """How the number is written."""
        return Spelling.RATIO_PER_MINUTE if self.log else Spelling.PER_MINUTE

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} changing by more than {self.limit_words(limit_set) or 'a limit'}"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        value, limit = self.value_phrase(context), self.limit_phrase(context.limit_set)
        return (f"{self.label} changes by ", *(value or ("too much",)), ", more than ", *limit, ".")
