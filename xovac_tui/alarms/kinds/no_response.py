"""An output that is high while the channel does not move (`no_response`)."""

from __future__ import annotations

from collections.abc import Iterator

from xovac_tui.alarms.kinds.base import ChannelRule, Condition, Context, OfPast, Seconds, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.api.contract import Role
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.model import Chamber
from xovac_tui.displayunits import Phrase
from xovac_tui.durations import spell_duration
from xovac_tui.text import clean
from xovac_tui.units import in_one, to_celsius


class NoResponseRule(ChannelRule, frozen=True, tag="no_response"):
    """`output` was at or above `output_limit` for `over` seconds, but the channel moved less than `limit`.

    Where `deadband` is given, the channel must be farther than that from the setpoint as well.
    """

    output: str = ""
    """The channel of the output."""
    output_limit: float | None = None
    """At or above this the output is high; in its unit."""
    over: Seconds = 600.0
    """Seconds of the past."""

    def check(self) -> Iterator[str]:
        """Yield a sentence where the channel, the limit or the output is not given."""
        yield from super().check()
        if not self.output or self.output_limit is None:
            yield "`no_response` needs `output`, the channel of the output, and `output_limit`."

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return NoResponse(self)


class NoResponse(OfPast):
    """An output that is high while the temperature does not move."""

    rule: NoResponseRule

    def __init__(self, rule: NoResponseRule) -> None:
        super().__init__(rule)
        self._output: Channel | None = None

    def _seek_output(self, chamber: Chamber) -> Channel | None:
        if self._output is None:
            self._output = chamber.find(self.rule.output)
        return self._output

    def problem(self, chamber: Chamber) -> str:
        """Return why it is not known: the channel or that of the output has not come."""
        if found := super().problem(chamber):
            return found
        return "" if self._seek_output(chamber) else f"No channel {clean(self.rule.output, 60)} has come yet."

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether the output was high all the time and the channel went nowhere."""
        rule, limit = self.rule, self.limit(context.limit_set)
        output = self.past(self._seek_output(context.chamber), context, rule.over)
        past = self.past(self.seek(context.chamber), context, rule.over)
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

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        limit, over = self.limit_phrase(context.limit_set), spell_duration(self.rule.over)
        return (f"The output is high, but {self.label} has moved less than ", *limit, f" in {over}.")
