"""A value above a limit (`high`, `high_high`) or below one (`low`, `low_low`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from xovac_tui.alarms.kinds.base import Condition, Context, LimitRule, OfChannel, check_source
from xovac_tui.alarms.kinds.derived import DerivedValue
from xovac_tui.alarms.life import Holding
from xovac_tui.chamber.alarm import AlarmNumber, Sense
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.model import Chamber
from xovac_tui.displayunits import Phrase, Spelling, worked_out
from xovac_tui.text import clean
from xovac_tui.units import Unit


class LevelRule(LimitRule, frozen=True):
    """What the four kinds have in common."""

    channel: str = ""
    """Channel by its short or full name."""
    value: str = ""
    """In place of a channel: an expression of channels, such as `plate_a - plate_b`."""
    deadband_ratio: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """The deadband as a ratio of the limit, for pressure: 0.2 is 20 %."""

    def check(self) -> Iterator[str]:
        """Yield a sentence where what is watched, or its limit, is not given."""
        yield from check_source(self)
        yield from super().check()

    def condition(self) -> Condition:
        """Return what the rule watches; ExpressionError where its `value` cannot be understood."""
        return DerivedLevel(self) if self.value else Level(self)


class HighRule(LevelRule, frozen=True, tag="high"):
    """The value is above the limit; a spike of one message counts where no `on_delay` is set."""


class HighHighRule(LevelRule, frozen=True, tag="high_high"):
    """The same, for a second limit above the first."""


class LowRule(LevelRule, frozen=True, tag="low"):
    """The value is below the limit."""


class LowLowRule(LevelRule, frozen=True, tag="low_low"):
    """The same, for a second limit below the first."""


class Level(OfChannel):
    """A value above a limit (`high`, `high_high`) or below one (`low`, `low_low`)."""

    rule: LevelRule

    def __init__(self, rule: LevelRule) -> None:
        super().__init__(rule)
        self.above = rule.kind.startswith("high")
        self.below = not self.above

    def measured(self, context: Context) -> AlarmNumber:
        """Return what is compared with the limit."""
        return self.compared(context, Sense.ABOVE if self.above else Sense.BELOW)

    def bound(self, limit: float, *, active: bool) -> float:
        """Return where the condition ends: the limit, behind its deadband while the alarm is active."""
        if not active:
            return limit
        rule = self.rule
        width = rule.deadband + rule.deadband_ratio * abs(limit)
        return limit - width if self.above else limit + width

    def judge(self, low: float, high: float, now: float | None, bound: float) -> Holding | None:
        """Return what the condition did while the value went from `low` to `high`, and is `now`."""
        if now is None:
            return None
        if self.above:
            ever, always, here = high > bound, low > bound, now > bound
        else:
            ever, always, here = low < bound, high < bound, now < bound
        if always:
            return Holding.HOLDS
        if here:
            return Holding.BEGAN
        return Holding.TOUCHED if ever else Holding.GONE

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return what the condition did since the last evaluation, by the value of now alone."""
        limit, now = self.limit(context.limit_set), self.value(context)
        if limit is None or now is None:
            return None
        return self.judge(now, now, now, self.bound(limit, active=active))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        side = "above" if self.above else "below"
        return f"{self.label} {side} {self.limit_words(limit_set) or 'a limit that is not known'}"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        side = "above" if self.above else "below"
        value, limit = self.value(context), self.limit(context.limit_set)
        bound = self.limit_phrase(context.limit_set)
        if value is None or limit is None:
            return (f"{self.label} was {side} ", *bound, ".")
        number = self.worded(value)
        if self.judge(value, value, value, limit) is Holding.GONE:
            # A spike between two evaluations: the value of now would make the sentence wrong.
            return (f"{self.label} was {side} ", *bound, " for a moment, and is ", *number, ".")
        return (f"{self.label} is ", *number, f", {side} ", *bound, ".")


class DerivedLevel(Level):
    """A worked-out number above a limit, or below one."""

    every = 0.5

    def __init__(self, rule: LevelRule) -> None:
        super().__init__(rule)
        self._value = DerivedValue(rule.value)

    def seek(self, chamber: Chamber) -> Channel | None:
        """Return no channel: it is made of several."""
        return None

    @property
    def label(self) -> str:
        """The expression as it was written."""
        return clean(self.rule.value, 60)

    @property
    def unit(self) -> str:
        """Unit of the newest value."""
        return self._value.unit.name

    @property
    def measured_in(self) -> Unit:
        """Unit of the newest value, which need not have a name in the table."""
        return self._value.unit

    @property
    def spelling(self) -> Spelling:
        """How the number is written."""
        return Spelling.WORKED_OUT

    def worded(self, value: float) -> Phrase:
        """Return such a number as a part of a sentence; a difference in K has the decimals of one."""
        return worked_out(value, self._value.unit)

    def value(self, context: Context) -> float | None:
        """Return the number; None where a part of it is not known."""
        return self._value.number(context.values)

    def problem(self, chamber: Chamber) -> str:
        """Return why the newest value makes no sense, or which part of it has not come."""
        return self._value.why_unknown(chamber)
