"""What all kinds of alarms have in common: the settings of a rule, and the condition that it watches."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec
from msgspec import Meta

from xovac_tui.alarms.life import Holding
from xovac_tui.alarms.surroundings import Unforwarded
from xovac_tui.chamber.alarm import AlarmNumber, LimitSet, Sense, SeverityName
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits, Phrase, Spelling, worded
from xovac_tui.expressions import Values
from xovac_tui.text import clean
from xovac_tui.units import Unit, unit_of

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Deadband = Annotated[float, Meta(ge=0)]
_COLUMNS = 10
"""Parts of the past in each of which a value must have come, or it is not known what was between."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """One rule: what every kind of alarm has. Keys of one kind alone are in its own file."""

    name: str
    """What it is called on the screen, and in the record: unique."""
    on_delay: Seconds = 0.0
    """Seconds for which the condition must hold before the alarm is raised."""
    off_delay: Seconds = 0.0
    """Seconds for which it must be gone before the alarm returns."""
    severity: SeverityName = "medium"
    sets: tuple[LimitSet, ...] = ()
    """Sets of limits in which it is watched at all; empty: in all of them."""
    cause: str = ""
    """Guidance: what is likely behind it."""
    consequence: str = ""
    """Guidance: what happens if nothing is done."""
    action: str = ""
    """Guidance: what to do."""
    enabled: bool = True

    @property
    def kind(self) -> str:
        """The kind by its name in the settings."""
        return str(self.__struct_config__.tag)

    @property
    def channel(self) -> str:
        """The channel by its short or full name; empty where the kind has none."""
        return ""

    @property
    def value(self) -> str:
        """The expression that takes the place of a channel; empty where there is none."""
        return ""

    def limit_in(self, limit_set: str) -> float | None:
        """Return the limit in a set of limits; None where there is none."""
        return None

    def check(self) -> Iterator[str]:
        """Yield a sentence for everything that has the right type and still cannot be right."""
        return iter(())

    def condition(self) -> Condition:
        """Return what the rule watches; ExpressionError where its `value` cannot be understood."""
        raise NotImplementedError(f"no condition for {type(self).__name__}")

    def switched_off(self) -> Self:
        """Return the same rule with `enabled = false`."""
        return msgspec.structs.replace(self, enabled=False)

    def as_noted(self) -> dict[str, Any]:
        """Return what a record keeps of the rule, as builtins: its kind, and what differs from a bare one."""
        usual = msgspec.to_builtins(type(self)(name=self.name))
        differing = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in msgspec.to_builtins(self).items()
            if value != usual[key]
        }
        return {"kind": self.kind, **differing}


def check_channel(rule: Rule) -> Iterator[str]:
    """Yield the sentence about a missing channel."""
    if not rule.channel:
        yield f"`{rule.kind}` needs `channel`, the short or full name of one."


def check_source(rule: Rule) -> Iterator[str]:
    """Yield a sentence where a rule gives not exactly one of `channel` and `value`."""
    if rule.channel and rule.value:
        yield "it has `channel` and `value`. Give one of them."
    if not rule.channel and not rule.value:
        yield (f"`{rule.kind}` needs `channel`, the short or full name of one, or an expression in `value`.")


class LimitRule(Rule, frozen=True):
    """A rule with a limit, which may differ between the sets of limits."""

    limit: float | None = None
    """In the channel's unit, for every set of limits that `limits` does not name; None: not watched there."""
    limits: dict[LimitSet, float] = {}
    """Set of limits -> limit; overrides `limit` there."""
    deadband: Deadband = 0.0
    """How far back behind the limit a value must be before the alarm returns, in the channel's unit."""

    def limit_in(self, limit_set: str) -> float | None:
        """Return the limit in a set of limits; None where there is none."""
        found: float | None = self.limits.get(limit_set, self.limit)  # type: ignore[call-overload]
        return found

    def check(self) -> Iterator[str]:
        """Yield a sentence where no limit is given."""
        if self.limit is None and not self.limits:
            yield f"`{self.kind}` needs `limit`, or `limits` with one for each set of limits that it is for."


class ChannelRule(LimitRule, frozen=True):
    """A rule with a channel and a limit."""

    channel: str = ""
    """Channel by its short or full name."""

    def check(self) -> Iterator[str]:
        """Yield a sentence where the channel or the limit is not given."""
        yield from check_channel(self)
        yield from super().check()


class Context(msgspec.Struct, kw_only=True):
    """All that conditions are evaluated from, at one moment."""

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
    unforwarded: Unforwarded | None = None
    """What is not forwarded yet; None: nothing is to be forwarded from here, or it is not known."""


class Condition(ABC):
    """What one rule watches."""

    every: ClassVar[float] = 0.0
    """Seconds between two evaluations; 0: at every one."""
    channel: Channel | None = None
    below = False
    """The limit is a lower one."""
    units: DisplayUnits = AS_REPORTED
    """The units in which its words have values: those of the contract in all that is recorded."""
    _called = ""
    """What the channel was called at the last evaluation."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    @abstractmethod
    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return what the condition did since the last evaluation; None where that is not known.

        `active`: the alarm is active, so the condition is gone only when the deadband is left as well.
        """

    @abstractmethod
    def words(self, limit_set: str) -> str:
        """Return what is watched, as a sentence begins: `Plate A above 80 °C`, `No link to the chamber`."""

    @abstractmethod
    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter, as a sentence."""

    def value_phrase(self, context: Context) -> Phrase:
        """Return the value of now; empty where there is none to believe."""
        return ()

    def limit_phrase(self, limit_set: str) -> Phrase:
        """Return the limit; empty where there is none."""
        return ()

    def sentence(self, context: Context) -> str:
        """Return what is the matter, in the units of its words."""
        return self.units.phrase(self.phrase(context))

    def value_words(self, context: Context) -> str:
        """Return the value of now, with its unit; empty where there is none to believe."""
        return self.units.phrase(self.value_phrase(context))

    def limit_words(self, limit_set: str) -> str:
        """Return the limit with its unit; empty where there is none."""
        return self.units.phrase(self.limit_phrase(limit_set))

    def measured(self, context: Context) -> AlarmNumber | None:
        """Return what is compared with the limit; None where no number is."""
        return None

    def doubtful(self, context: Context, value: str) -> bool:
        """Return whether it is not known now whether it holds; `value` is that of `value_words`."""
        return self.channel is not None and not value

    def limit(self, limit_set: str) -> float | None:
        """Return the limit in a set of limits; None where it is not watched there."""
        return self.rule.limit_in(limit_set)

    def off(self, limit_set: str) -> str:
        """Return why it is not watched with this set of limits, as a sentence; empty where it is."""
        rule = self.rule
        if not rule.enabled:
            return "It is switched off in the settings (enabled = false)."
        if rule.sets and limit_set not in rule.sets:
            return f"It is watched with the limits for {' and '.join(rule.sets)} only."
        if isinstance(rule, LimitRule) and rule.limit_in(limit_set) is None:
            if not rule.limits:
                return "No limit is known."
            if not limit_set:
                return "The pressure that chooses between its limits is not known."
            return f"It has no limit for {limit_set}."
        return ""

    def problem(self, chamber: Chamber) -> str:
        """Return why it is not known now whether it holds, as a sentence, where that is not for old data.

        It is evaluated all the same: what is missing may come.
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

    @property
    def unit(self) -> str:
        """Unit of the value."""
        return self.channel.spec.unit if self.channel else ""

    @property
    def log(self) -> bool:
        """True where the value is written with an exponent."""
        return self.channel is not None and self.channel.spec.log

    def value(self, context: Context) -> float | None:
        """Return the number that is compared; None where there is none to believe."""
        channel = self.trusted(context)
        return None if channel is None else channel.value

    def compared(self, context: Context, sense: Sense) -> AlarmNumber:
        """Return the number of now and its limit."""
        return AlarmNumber(
            value=self.value(context),
            limit=self.limit(context.limit_set),
            sense=sense,
            unit=self.measured_in,
            log=self.log,
            spelling=self.spelling,
        )

    @property
    def measured_in(self) -> Unit:
        """Unit of the number that is compared."""
        return unit_of(self.unit)

    @property
    def spelling(self) -> Spelling:
        """How the number is written."""
        return Spelling.VALUE

    def worded(self, value: float) -> Phrase:
        """Return such a number, or its limit, as a part of a sentence."""
        return worded(value, self.unit, self.spelling, log=self.log)

    def value_phrase(self, context: Context) -> Phrase:
        """Return the value of now; empty where there is none to believe."""
        value = self.value(context)
        return () if value is None else self.worded(value)

    def limit_phrase(self, limit_set: str) -> Phrase:
        """Return the limit."""
        limit = self.limit(limit_set)
        return () if limit is None else self.worded(limit)


class Magnitude(OfChannel):
    """A number that is too large, whichever sign it has."""

    rule: LimitRule

    def measured(self, context: Context) -> AlarmNumber:
        """Return what is compared with the limit."""
        return self.compared(context, Sense.BEYOND)

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether it is too large now."""
        limit, value = self.limit(context.limit_set), self.value(context)
        if limit is None or value is None:
            return None
        return now_holds(abs(value) > limit - (self.rule.deadband if active else 0.0))


class OfPast(OfChannel):
    """A condition of what a channel did for a while."""

    every = 5.0

    def span(self, channel: Channel, mono: float, seconds: float) -> tuple[float, float, float] | None:
        """Return the lowest, the highest and the first value of the past; None where a part of it is missing.

        A channel that reports seldom is evaluated over a longer time.
        """
        seconds = max(seconds, _COLUMNS * (channel.pace.period or 0.0))
        bins = channel.history.window(mono - seconds, mono, _COLUMNS)
        if any(math.isnan(low) for low in bins.lows):
            return None
        return min(bins.lows), max(bins.highs), (bins.lows[0] + bins.highs[0]) / 2

    def past(
        self, channel: Channel | None, context: Context, seconds: float
    ) -> tuple[float, float, float] | None:
        """Return `span` of a channel that can be believed now."""
        if channel is None or context.chamber.quality(channel, context.mono) is not Quality.GOOD:
            return None
        return self.span(channel, context.mono, seconds)


def now_holds(holds: bool) -> Holding:
    """Return how a condition holds of which it is not known what it did between two evaluations."""
    return Holding.HOLDS if holds else Holding.GONE
