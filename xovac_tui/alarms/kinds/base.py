"""What all conditions have in common: each reports what it did since the evaluation before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from xovac_tui.alarms.life import Verdict
from xovac_tui.alarms.settings import Rule
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.expressions import Values
from xovac_tui.quantities import quantity
from xovac_tui.text import clean


class Context(msgspec.Struct, kw_only=True):
    """Everything that conditions look at, at one moment."""

    chamber: Chamber
    values: Values
    """Answers what expressions ask."""
    utc: float
    mono: float
    limit_set: str = ""
    """The set of limits that holds; empty while the pressure that decides it is not known."""
    recorder_why: str | None = ""
    """Why the recorder fails, as a sentence; empty: it does not; None: nothing is to be recorded."""
    disk_free: float | None = None
    """GB that are free where the record is; None where that is not known."""
    failing: Mapping[str, str] = {}
    """Receiver of notifications that could not be reached -> why, as a sentence."""
    untried: bool = False
    """Of some receiver nothing is known since this program began."""


class Condition(ABC):
    """What one rule watches."""

    every: ClassVar[float] = 0.0
    """Seconds between two looks; 0: at every one."""
    needs_limit: ClassVar[bool] = False
    channel: Channel | None = None
    _called = ""
    """What the channel was called at the last evaluation."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    @abstractmethod
    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return what the condition did since the last evaluation; None where that is not known.

        `active`: the alarm stands, so the condition is gone only when the deadband is left as well.
        """

    @abstractmethod
    def words(self, limit_set: str) -> str:
        """Return what is watched: `Plate A above 80 °C`."""

    @abstractmethod
    def sentence(self, context: Context) -> str:
        """Return what is the matter."""

    def value_words(self, context: Context) -> str:
        """Return the value of now, with its unit; empty where there is none to believe."""
        return ""

    def limit_words(self, limit_set: str) -> str:
        """Return the limit with its unit; empty where there is none."""
        return ""

    def doubtful(self, context: Context, value: str) -> bool:
        """Return whether nobody can tell now; `value` is that of `value_words`."""
        return self.channel is not None and not value

    def limit(self, limit_set: str) -> float | None:
        """Return the limit in a set of limits; None where it is not watched there."""
        return next((value for name, value in self.rule.limits.items() if name == limit_set), self.rule.limit)

    def off(self, limit_set: str) -> str:
        """Return why it is not watched with this set of limits, as a sentence; empty where it is."""
        rule = self.rule
        if not rule.enabled:
            return "It is switched off in the settings (enabled = false)."
        if rule.sets and limit_set not in rule.sets:
            return f"It is watched with the limits for {' and '.join(rule.sets)} only."
        if self.needs_limit and self.limit(limit_set) is None:
            if not rule.limits:
                return "No limit is known."
            if not limit_set:
                return "The pressure that chooses between its limits is not known."
            return f"It has no limit for {limit_set}."
        return ""

    def problem(self, chamber: Chamber) -> str:
        """Return why nobody can tell now whether it holds, as a sentence, where that is not for old data.

        It is looked at all the same: what is missing may come.
        """
        if self.rule.channel and self.seek(chamber) is None:
            return f"No channel {clean(self.rule.channel, 60)} has come yet."
        return ""

    @property
    def label(self) -> str:
        """What the channel is called; empty where there is none."""
        return clean(self._called, 40) or self.rule.channel

    def seek(self, chamber: Chamber) -> Channel | None:
        """Return the rule's channel; None until it has come."""
        if self.channel is None:
            self.channel = chamber.find(self.rule.channel)
        if self.channel is not None:
            self._called = chamber.label(self.channel)
        return self.channel

    def trusted(self, context: Context) -> Channel | None:
        """Return the rule's channel where its value is to be believed now, else None."""
        channel, chamber = self.seek(context.chamber), context.chamber
        if channel is None or chamber.quality(channel, context.mono) is not Quality.GOOD:
            return None
        return channel


class OfChannel(Condition):
    """A condition of one channel's number."""

    needs_limit = True

    @property
    def unit(self) -> str:
        """Of the value."""
        return self.channel.spec.unit if self.channel else ""

    @property
    def log(self) -> bool:
        """The value is written with an exponent."""
        return self.channel is not None and self.channel.spec.log

    def value(self, context: Context) -> float | None:
        """Return the number that is compared; None where there is none to believe."""
        channel = self.trusted(context)
        return None if channel is None else channel.value

    def spell(self, value: float) -> str:
        """Return such a number, or its limit, with its unit."""
        return quantity(value, self.unit, log=self.log)

    def value_words(self, context: Context) -> str:
        """Return the value of now, with its unit; empty where there is none to believe."""
        value = self.value(context)
        return "" if value is None else self.spell(value)

    def limit_words(self, limit_set: str) -> str:
        """Return the limit with its unit."""
        limit = self.limit(limit_set)
        return "" if limit is None else self.spell(limit)


def now_holds(holds: bool) -> Verdict:
    """Return the verdict on a condition of which it is not known what it did between two evaluations."""
    return Verdict.HOLDS if holds else Verdict.GONE
