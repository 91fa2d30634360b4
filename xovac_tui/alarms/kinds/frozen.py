"""The very same value for a long time (`frozen`)."""

from __future__ import annotations

from collections.abc import Iterator

from xovac_tui.alarms.kinds.base import Condition, Context, OfPast, Rule, Seconds, check_channel, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.displayunits import Phrase
from xovac_tui.durations import spell_duration


class FrozenRule(Rule, frozen=True, tag="frozen"):
    """The value was the very same for `over` seconds."""

    channel: str = ""
    """Channel by its short or full name."""
    over: Seconds = 600.0
    """Seconds of the past."""

    def check(self) -> Iterator[str]:
        """Yield a sentence where the channel is not given."""
        return check_channel(self)

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return Frozen(self)


class Frozen(OfPast):
    """The very same value for a long time, as a dead sensor sends it."""

    rule: FrozenRule

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether the value has not moved at all."""
        past = self.past(self.seek(context.chamber), context, self.rule.over)
        return None if past is None else now_holds(past[0] == past[1])

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} the very same for {spell_duration(self.rule.over)}"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        value = self.value_phrase(context) or ("the same",)
        over = spell_duration(self.rule.over)
        return (f"{self.label} has been exactly ", *value, f" for {over}: the sensor may be frozen.")
