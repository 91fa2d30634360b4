"""Conditions of what a channel did for a while: frozen, or not moved by the output."""

from __future__ import annotations

import math

from xovac_tui.alarms.kinds.base import Context, OfChannel, now_holds
from xovac_tui.alarms.life import Verdict
from xovac_tui.alarms.settings import Rule
from xovac_tui.api.contract import Role
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.durations import spell_duration
from xovac_tui.text import clean
from xovac_tui.units import in_one, to_celsius

_COLUMNS = 10
"""Parts of the past in each of which a value must have come, or nobody knows what was between."""


class OfPast(OfChannel):
    """A condition of what a channel did for a while."""

    every = 5.0

    def span(self, channel: Channel, mono: float, seconds: float) -> tuple[float, float, float] | None:
        """Return the lowest, the highest and the first value of the past; None where a part of it is missing.

        A channel that speaks seldom is looked at for longer.
        """
        seconds = max(seconds, _COLUMNS * (channel.pace.period or 0.0))
        bins = channel.history.window(mono - seconds, mono, _COLUMNS)
        if any(math.isnan(low) for low in bins.lows):
            return None
        return min(bins.lows), max(bins.highs), (bins.lows[0] + bins.highs[0]) / 2

    def past(self, channel: Channel | None, context: Context) -> tuple[float, float, float] | None:
        """Return `span` of a channel that can be believed now."""
        if channel is None or context.chamber.quality(channel, context.mono) is not Quality.GOOD:
            return None
        return self.span(channel, context.mono, self.rule.over)


class Frozen(OfPast):
    """The very same value for a long time, as a dead sensor sends it."""

    needs_limit = False

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether the value has not moved at all."""
        past = self.past(self.seek(context.chamber), context)
        return None if past is None else now_holds(past[0] == past[1])

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} the very same for {spell_duration(self.rule.over)}"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        return (
            f"{self.label} has been exactly {self.value_words(context) or 'the same'} for "
            f"{spell_duration(self.rule.over)}: the sensor may be frozen."
        )


class NoResponse(OfPast):
    """An output that is high while the temperature does not move."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._output: Channel | None = None

    def _seek_output(self, chamber: Chamber) -> Channel | None:
        if self._output is None:
            self._output = chamber.find(self.rule.output)
        return self._output

    def problem(self, chamber: Chamber) -> str:
        """Return why nobody can tell: the channel or that of the output has not come."""
        if found := super().problem(chamber):
            return found
        return "" if self._seek_output(chamber) else f"No channel {clean(self.rule.output, 60)} has come yet."

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether the output was high all the time and the channel went nowhere."""
        rule, limit = self.rule, self.limit(context.limit_set)
        output = self.past(self._seek_output(context.chamber), context)
        past = self.past(self.seek(context.chamber), context)
        value = self.value(context)
        if limit is None or rule.output_limit is None or output is None or past is None or value is None:
            return None
        return now_holds(
            output[0] >= rule.output_limit and abs(value - past[2]) < limit and not self._there(context)
        )

    def _there(self, context: Context) -> bool:
        """Return whether the temperature is where it is to be, so that it need not move."""
        target, actual = context.chamber.playing(Role.SETPOINT), self.channel
        if target is None or actual is None or not self.rule.deadband:
            return False
        wanted, here = to_celsius(target.value, target.spec.unit), to_celsius(actual.value, actual.spec.unit)
        if wanted is None or here is None:
            return False
        # The deadband is in degrees of the channel.
        return abs(wanted - here) <= self.rule.deadband * (in_one("K", self.unit) or 1.0)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return (
            f"{self.label} moving less than {self.limit_words(limit_set) or 'a limit'} in "
            f"{spell_duration(self.rule.over)} with the output high"
        )

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        return (
            f"The output is high, but {self.label} has moved less than "
            f"{self.limit_words(context.limit_set)} in {spell_duration(self.rule.over)}."
        )
