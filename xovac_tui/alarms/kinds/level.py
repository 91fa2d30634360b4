"""Conditions of a number: too high, too low, too far from the setpoint, changing too fast."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Context, OfChannel, now_holds
from xovac_tui.alarms.life import Verdict
from xovac_tui.alarms.settings import Rule
from xovac_tui.api.contract import Role
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.digits import figure
from xovac_tui.quantities import difference
from xovac_tui.units import to_celsius


class Level(OfChannel):
    """A value above a limit (`high`, `high_high`) or below one (`low`, `low_low`)."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self.above = rule.kind.startswith("high")

    def bound(self, limit: float, *, active: bool) -> float:
        """Return where the condition ends: the limit, behind its deadband while the alarm stands."""
        if not active:
            return limit
        rule = self.rule
        width = rule.deadband + rule.deadband_ratio * abs(limit)
        return limit - width if self.above else limit + width

    def judge(self, low: float, high: float, now: float | None, bound: float) -> Verdict | None:
        """Return what the condition did while the value went from `low` to `high`, and is `now`."""
        if now is None:
            return None
        if self.above:
            ever, always, here = high > bound, low > bound, now > bound
        else:
            ever, always, here = low < bound, high < bound, now < bound
        if always:
            return Verdict.HOLDS
        if here:
            return Verdict.BEGAN
        return Verdict.TOUCHED if ever else Verdict.GONE

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return what the condition did since the last evaluation, by the value of now alone."""
        limit, now = self.limit(context.limit_set), self.value(context)
        if limit is None or now is None:
            return None
        return self.judge(now, now, now, self.bound(limit, active=active))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        side = "above" if self.above else "below"
        return f"{self.label} {side} {self.limit_words(limit_set) or 'a limit that is not known'}"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        side = "above" if self.above else "below"
        value, words = self.value(context), self.limit_words(context.limit_set)
        limit = self.limit(context.limit_set)
        if value is None or limit is None:
            return f"{self.label} was {side} {words}."
        number = self.value_words(context)
        if self.judge(value, value, value, limit) is Verdict.GONE:
            # A spike between two looks: the value of now would make the sentence wrong.
            return f"{self.label} was {side} {words} for a moment, and is {number}."
        return f"{self.label} is {number}, {side} {words}."


class Magnitude(OfChannel):
    """A number that is too large, whichever sign it has."""

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether it is too large now."""
        limit, value = self.limit(context.limit_set), self.value(context)
        if limit is None or value is None:
            return None
        return now_holds(abs(value) > limit - (self.rule.deadband if active else 0.0))


class Deviation(Magnitude):
    """A temperature too far from the setpoint."""

    every = 0.5

    def value(self, context: Context) -> float | None:
        """Return the distance from the setpoint, K; negative below it."""
        actual = to_celsius(super().value(context), self.unit)
        setpoint = context.chamber.playing(Role.SETPOINT)
        if actual is None or setpoint is None:
            return None
        if context.chamber.quality(setpoint, context.mono) is not Quality.GOOD:
            return None
        target = to_celsius(setpoint.value, setpoint.spec.unit)
        return None if target is None else actual - target

    def spell(self, value: float) -> str:
        """Return a distance, K."""
        return difference(value, "K" if self.unit == "K" else "degC")

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} farther than {self.limit_words(limit_set) or 'a limit'} from the setpoint"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        value, limit = self.value(context), self.limit_words(context.limit_set)
        if value is None:
            return f"{self.label} was farther than {limit} from the setpoint."
        side = "above" if value > 0 else "below"
        return f"{self.label} is {self.spell(abs(value))} {side} the setpoint, more than {limit}."


class Rate(Magnitude):
    """A value that changes too fast."""

    every = 1.0

    def value(self, context: Context) -> float | None:
        """Return the change per minute, in the channel's unit; of a logarithmic one as a ratio."""
        channel = self.trusted(context)
        return None if channel is None else channel.history.rate_per_minute(context.mono, channel.spec.log)

    def spell(self, value: float) -> str:
        """Return a change per minute."""
        if self.log:
            return f"{figure(value * 100, '.0f')} % a minute"
        return f"{difference(value, self.unit)} a minute"

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} changing by more than {self.limit_words(limit_set) or 'a limit'}"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        value, limit = self.value_words(context), self.limit_words(context.limit_set)
        return f"{self.label} changes by {value or 'too much'}, more than {limit}."
