"""Data that have stopped, of one channel or all (`stale`)."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, Rule, now_holds
from xovac_tui.alarms.life import Holding
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.channel import Channel
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.displayunits import Phrase

NEVER_RECEIVED = 60.0
"""Seconds of an open link after which a channel that a contract names is missing, and not only late."""


class StaleRule(Rule, frozen=True, tag="stale"):
    """The channel has stopped or brings no number; without a channel: all data have stopped."""

    channel: str = ""
    """Channel by its short or full name."""

    def condition(self) -> Condition:
        """Return what the rule watches."""
        return Stale(self)


class Stale(Condition):
    """A channel that has stopped, or of which no usable value comes; without a channel all data."""

    every = 1.0

    def evaluate(self, context: Context, *, active: bool) -> Holding | None:
        """Return whether the data have stopped.

        None while there is no link, and of one channel while no data come at all: those are other alarms.
        """
        chamber = context.chamber
        if not chamber.linked:
            return None
        stopped = chamber.word(context.mono) is LinkWord.STALE
        if not self.rule.channel:
            return now_holds(stopped)
        if stopped:
            return None
        channel = self.seek(chamber)
        if channel is None:
            return None
        quality = chamber.quality(channel, context.mono)
        if quality is Quality.STALE and not chamber.waited_for(channel, context.mono):
            # The link has just come back: its message has not had the time to come.
            return None
        if quality is Quality.NO_DATA:
            # A contract names it and other data come: it is missing, and not only late.
            missing = chamber.has_messages and chamber.open_for(context.mono) > NEVER_RECEIVED
            return Holding.HOLDS if missing else None
        return now_holds(quality is not Quality.GOOD or _no_number(channel))

    def doubtful(self, context: Context, value: str) -> bool:
        """Return whether it is not known now: a channel that has stopped is what this is about."""
        return self.channel is not None and context.chamber.word(context.mono) is not LinkWord.ONLINE

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"{self.label} stale or without a usable value" if self.rule.channel else "All data stale"

    def phrase(self, context: Context) -> Phrase:
        """Return what is the matter."""
        if not self.rule.channel:
            why = context.chamber.link_view(context.mono).why
            return (why or "The data that used to come had stopped.",)
        quality = context.chamber.quality(self.channel, context.mono) if self.channel else Quality.NO_DATA
        if quality is Quality.NO_DATA:
            return (f"{self.label} has never come, though other data do.",)
        comes = quality in (Quality.GOOD, Quality.BAD)
        why = self.channel.problem if self.channel else ""
        usable = f"brings no usable value any more ({why or 'null or no number'})"
        said = usable if comes else "has stopped coming"
        return (f"{self.label} {said}.",)


def _no_number(channel: Channel) -> bool:
    """Return whether text comes where numbers did, or where a contract names the unit of one."""
    return channel.value is None and (bool(channel.spec.unit) or channel.history.oldest is not None)
