"""Evaluates all rules of one chamber, and keeps the state of each alarm.

Channels whose values stay well within all their limits cost nearly nothing: their extremes since the last
evaluation are compared with the nearest limits once, however many rules there are.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import msgspec

from xovac_tui.alarms import life as alarms
from xovac_tui.alarms.kinds import Condition, Context, Level
from xovac_tui.alarms.kinds.foreign import ForeignAlarm
from xovac_tui.alarms.life import Holding, Life
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.chamber.alarm import (
    LONGEST_SHELF,
    SEVERITIES,
    UNRESOLVED,
    AlarmChange,
    AlarmEvent,
    AlarmState,
    AlarmView,
    Ask,
    Severity,
)
from xovac_tui.chamber.channel import Channel, Extremes
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.displayunits import AS_REPORTED, as_data
from xovac_tui.durations import spell_duration

FLOOD = 10
FLOOD_SECONDS = 600.0
"""More alarms than this in so many seconds are a flood: they are reported together."""
_COUNTED = 100_000
"""Alarms of a flood that are counted."""


class WatchedRule:
    """One rule with its condition and the life of its alarm."""

    __slots__ = ("condition", "due", "life", "off", "outdated", "rule", "said", "severity", "shelf")

    def __init__(self, condition: Condition, off: str = "") -> None:
        self.rule = rule = condition.rule
        self.condition = condition
        self.severity = Severity(rule.severity)
        self.off = off
        """Why it can never be watched, as a sentence; empty where it can."""
        self.life = alarms.NORMAL
        self.due = -math.inf
        """Monotonic time of its next evaluation."""
        self.said: AlarmChange | None = None
        """What was reported of it last, with values in the contract's units."""
        self.outdated = False
        """`said` was worded by another contract: its names and units may be others now."""
        self.shelf: tuple[float | None, float] | None = None
        """Since when (UTC) it is shelved, and the monotonic time at which that ends at the latest."""

    @property
    def foreign(self) -> bool:
        """True where only another process watches it."""
        return isinstance(self.condition, ForeignAlarm)

    def shelf_is_over(self, context: Context) -> bool:
        """Return whether a shelved alarm's time has passed, also where the wall clock was set back."""
        until = self.life.until_utc
        if until is None:
            return False
        ends = context.mono + min(until - context.utc, LONGEST_SHELF)
        if self.shelf is not None and self.shelf[0] == self.life.since_utc:
            ends = min(ends, self.shelf[1])
        self.shelf = self.life.since_utc, ends
        return context.mono >= ends


class _Levels:
    """All levels of one channel, evaluated together."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.watched: list[tuple[WatchedRule, Level]] = []
        self.low, self.high = -math.inf, math.inf
        """Between these no limit is passed."""
        self.restless = True
        """One of these alarms is active, or its delay is on."""
        if channel.watch is None:
            channel.watch = Extremes()
        self.extremes = channel.watch

    def bounds(self, limit_set: str) -> None:
        """Find the nearest limits for this set of limits."""
        self.low, self.high = -math.inf, math.inf
        for watched, level in self.watched:
            limit = None if watched.off or level.off(limit_set) else level.limit(limit_set)
            if limit is not None and level.above:
                self.high = min(self.high, limit)
            elif limit is not None:
                self.low = max(self.low, limit)


class AlarmEvaluator:
    """Watches one chamber by its rules. Pure: it reads no clock and does no I/O."""

    def __init__(self, watchlist: Watchlist, chamber: Chamber) -> None:
        self.watchlist = watchlist
        self._chamber = chamber
        self.watched: dict[str, WatchedRule] = {
            rule.name: WatchedRule(rule.condition(), watchlist.off.get(rule.name, ""))
            for rule in watchlist.rules
        }
        self._channels = -1
        self._limit_set: str | None = None
        self.units = AS_REPORTED
        """The units in which views have values; what is recorded keeps those of the contract."""
        self._levels: list[_Levels] = []
        self._others: list[WatchedRule] = []
        self._raised: deque[float] = deque(maxlen=_COUNTED)
        """Monotonic times at which alarms were raised in the last ten minutes."""

    # -- evaluating -----------------------------------------------------------------------------------

    def evaluate(self, context: Context) -> list[AlarmChange]:
        """Evaluate every rule that is due; return what happened."""
        if self._channels != self._chamber.channel_count:
            self._channels = self._chamber.channel_count
            self._sort()
        if self._limit_set != context.limit_set:
            self._limit_set = context.limit_set
            for group in self._levels:
                group.bounds(context.limit_set)
                group.restless = True
            for watched in self._others:
                watched.due = -math.inf
        changes: list[AlarmChange] = []
        for group in self._levels:
            extremes = group.extremes
            # Without a value since the last evaluation the extremes are the wrong way round, and well within.
            if group.restless or extremes.low < group.low or extremes.high > group.high:
                self._evaluate_levels(group, context, changes)
            extremes.clear()
        mono = context.mono
        for watched in self._others:
            if watched.due <= mono:
                watched.due = mono + watched.condition.every
                if not self._is_off(watched, context):
                    holding = watched.condition.evaluate(context, active=watched.life.active)
                    self._see(watched, holding, context, changes)
                elif watched.life.active or watched.life.begins is not None:
                    self._see(watched, Holding.GONE, context, changes)
        for watched in self.watched.values():
            if watched.life.state is AlarmState.SHELVED:
                over = watched.shelf_is_over(context)
                self._step(watched, *alarms.pass_time(watched.life, context.utc, over=over), context, changes)
        return changes

    def _evaluate_levels(self, group: _Levels, context: Context, changes: list[AlarmChange]) -> None:
        channel, extremes = group.channel, group.extremes
        good = context.chamber.quality(channel, context.mono) is Quality.GOOD
        now = channel.value if good else None
        low, high = extremes.low, extremes.high
        if low > high and now is not None:
            low = high = now
        restless = False
        for watched, level in group.watched:
            if self._is_off(watched, context):
                holding: Holding | None = Holding.GONE
            else:
                limit = level.limit(context.limit_set)
                assert limit is not None
                holding = level.judge(low, high, now, level.bound(limit, active=watched.life.active))
            self._see(watched, holding, context, changes)
            restless = restless or watched.life.active or watched.life.begins is not None
        group.restless = restless

    def _is_off(self, watched: WatchedRule, context: Context) -> bool:
        return bool(watched.off or watched.condition.off(context.limit_set))

    def _see(
        self, watched: WatchedRule, holding: Holding | None, context: Context, changes: list[AlarmChange]
    ) -> None:
        rule = watched.rule
        life, event = alarms.see(
            watched.life,
            holding,
            mono=context.mono,
            utc=context.utc,
            on_delay=rule.on_delay,
            off_delay=rule.off_delay,
        )
        self._step(watched, life, event, context, changes)

    def _step(
        self,
        watched: WatchedRule,
        life: Life,
        event: AlarmEvent | None,
        context: Context,
        changes: list[AlarmChange],
    ) -> None:
        before, watched.life = watched.life, life
        if event is None:
            return
        if event is AlarmEvent.RAISED:
            self._raised.append(context.mono)
        mattered = before.active or before.state in UNRESOLVED
        changes.append(self._change(watched, event, context, mattered=mattered))

    def _sort(self) -> None:
        """Put the levels of each channel together; those whose channel has not come yet wait."""
        groups: dict[str, _Levels] = {}
        self._others = []
        for watched in self.watched.values():
            condition = watched.condition
            channel = condition.seek(self._chamber) if isinstance(condition, Level) else None
            if isinstance(condition, Level) and channel is not None:
                group = groups.setdefault(channel.full_name, _Levels(channel))
                group.watched.append((watched, condition))
            else:
                self._others.append(watched)
        self._levels = list(groups.values())
        self._limit_set = None

    # -- people ---------------------------------------------------------------------------------------

    def ask(self, ask: Ask, context: Context) -> list[AlarmChange]:
        """Do what a person asks of an alarm; nothing where it makes no sense (any more)."""
        watched = self.watched.get(ask.rule)
        if watched is None:
            return []
        life, who, utc = watched.life, ask.who, context.utc
        match ask.event:
            case AlarmEvent.ACKNOWLEDGED:
                step = alarms.acknowledge(life, who, utc, ask.raised_utc)
            case AlarmEvent.SHELVED:
                step = alarms.shelve(life, who, utc, ask.until or utc, ask.reason)
            case AlarmEvent.OUT_OF_SERVICE:
                step = alarms.take_out(life, who, utc, ask.reason)
            case AlarmEvent.UNSHELVED | AlarmEvent.IN_SERVICE:
                step = alarms.bring_back(life, ask.event, who, utc)
            case _:
                return []
        changes: list[AlarmChange] = []
        self._step(watched, *step, context, changes)
        # The name of who came back to is not kept in the life: the change carries it.
        return [msgspec.structs.replace(change, who=who) for change in changes]

    # -- what another process or the record reports -------------------------------------------------------

    def restore(self, change: AlarmChange, *, news: bool = True) -> None:
        """Take over where an alarm was, or where another process says that it is.

        `news`: it happened just now; else it is long ago, and no part of a flood.
        """
        watched = self.watched.get(change.rule)
        if watched is None:
            if change.event is AlarmEvent.REMOVED or change.state is AlarmState.NORMAL:
                return
            watched = self.watched[change.rule] = WatchedRule(ForeignAlarm(change))
            self._channels = -1
        before = watched.life
        if watched.foreign and change.event is AlarmEvent.REMOVED:
            del self.watched[change.rule]
            self._channels = -1
            return
        if isinstance(watched.condition, ForeignAlarm):
            watched.condition.reported = change
        watched.said, watched.outdated = change, False
        watched.life = Life(
            state=change.state,
            active=change.active,
            since_utc=change.utc,
            raised_utc=change.raised_utc,
            who=change.who,
            reason=change.reason,
            until_utc=change.until,
            times=before.times + (news and change.event is AlarmEvent.RAISED),
        )
        if news and change.event is AlarmEvent.RAISED:
            self._raised.append(change.mono)
        for group in self._levels:
            group.restless = True

    def knows(self, rule: str) -> bool:
        """Return whether something of an alarm was reported already."""
        watched = self.watched.get(rule)
        return watched is not None and watched.said is not None

    def remembered(self) -> list[AlarmChange]:
        """Return the newest change of every alarm that is not normal, for a record that knows nothing."""
        watched = (one for one in self.watched.values() if one.life.state is not AlarmState.NORMAL)
        return [one.said for one in watched if one.said is not None]

    def drop_foreign(self, context: Context) -> list[AlarmChange]:
        """Let go of alarms that no rule here watches: their process is gone."""
        gone = [watched for watched in self.watched.values() if watched.foreign]
        changes: list[AlarmChange] = []
        for watched in gone:
            del self.watched[watched.rule.name]
            watched.life = alarms.NORMAL
            changes.append(self._change(watched, AlarmEvent.REMOVED, context, mattered=True))
        if gone:
            self._channels = -1
        return changes

    def change_rules(self, watchlist: Watchlist, context: Context, *, ours: bool) -> list[AlarmChange]:
        """Watch by other rules, or by other names of channels; return which alarms are watched no more.

        An alarm goes on where the rule of its name still watches the same: by the same kind of condition the
        same channel or expression. With `ours` False another process evaluates: what it reports stays.
        """
        before, self.watched, self.watchlist = self.watched, {}, watchlist
        changes: list[AlarmChange] = []
        for rule in watchlist.rules:
            watched = WatchedRule(rule.condition(), watchlist.off.get(rule.name, ""))
            old = before.pop(rule.name, None)
            if old is not None and old.rule == rule and self._watches_same(old, watched):
                # What its condition knows of the past is still so.
                old.off, old.due = watched.off, -math.inf
                watched = old
            elif old is not None and (old.foreign or not ours or self._watches_same(old, watched)):
                watched.life, watched.said, watched.shelf = old.life, old.said, old.shelf
            elif old is not None:
                changes += self._let_go(old, context)
            watched.outdated = watched.said is not None
            self.watched[rule.name] = watched
        for name, old in before.items():
            if old.foreign:
                self.watched[name] = old
            elif ours:
                changes += self._let_go(old, context)
            elif old.said is not None and old.life.state is not AlarmState.NORMAL:
                # The process that evaluates reports it still.
                kept = self.watched[name] = WatchedRule(ForeignAlarm(old.said))
                kept.life, kept.said, kept.shelf = old.life, old.said, old.shelf
        self._channels, self._limit_set = -1, None
        return changes

    def _watches_same(self, old: WatchedRule, new: WatchedRule) -> bool:
        """Return whether two rules of one name watch the same."""
        if type(old.rule) is not type(new.rule) or old.rule.value != new.rule.value:
            return False
        channel = old.condition.channel
        if channel is None:
            return old.rule.channel == new.rule.channel
        return new.condition.seek(self._chamber) is channel

    def _let_go(self, old: WatchedRule, context: Context) -> list[AlarmChange]:
        """End what no rule watches any more; nothing is reported of an alarm that was normal."""
        if old.life.state is AlarmState.NORMAL and not old.life.active:
            return []
        old.life = alarms.NORMAL
        return [self._change(old, AlarmEvent.REMOVED, context, mattered=True)]

    # -- what comes out -------------------------------------------------------------------------------

    def flood(self, mono: float) -> int:
        """Return how many alarms came in the last ten minutes if they are a flood, else 0."""
        while self._raised and mono - self._raised[0] > FLOOD_SECONDS:
            self._raised.popleft()
        return len(self._raised) if len(self._raised) > FLOOD else 0

    def views(self, context: Context, *, unresolved: bool = False) -> tuple[AlarmView, ...]:
        """Return all alarms, or only those that want attention, in the order of `AlarmsView`."""
        chosen: Iterable[WatchedRule] = self.watched.values()
        if unresolved:
            chosen = [watched for watched in chosen if watched.life.state in UNRESOLVED]
        return tuple(sorted((self._view(watched, context) for watched in chosen), key=_place))

    def shelved(self) -> tuple[Severity, ...]:
        """Return the severity of every shelved alarm, the worst first."""
        shelved = [one.severity for one in self.watched.values() if one.life.state is AlarmState.SHELVED]
        return tuple(sorted(shelved, key=SEVERITIES.index))

    def _view(self, watched: WatchedRule, context: Context) -> AlarmView:
        watched.condition.units = self.units
        try:
            return self._shown(watched, context)
        finally:
            watched.condition.units = AS_REPORTED

    def _shown(self, watched: WatchedRule, context: Context) -> AlarmView:
        """Return an alarm with values in the units of its condition."""
        rule, life, condition = watched.rule, watched.life, watched.condition
        value = condition.value_words(context)
        off = watched.off or condition.off(context.limit_set) or condition.problem(context.chamber)
        said = watched.said
        normal = life.state is AlarmState.NORMAL and not life.active
        return AlarmView(
            rule=rule.name,
            severity=watched.severity,
            state=life.state,
            off=off,
            condition=self._words(watched, context.limit_set),
            text="" if normal or said is None else self._sentence(watched, said, value, context),
            channel=condition.label,
            value=value,
            limit=condition.limit_words(context.limit_set),
            measured=condition.measured(context),
            below=condition.below,
            active=life.active,
            doubtful=not off and condition.doubtful(context, value),
            pending=None if life.begins is None else max(0.0, rule.on_delay - (context.mono - life.begins)),
            since_utc=life.since_utc,
            raised_utc=life.raised_utc,
            who=life.who,
            reason=life.reason,
            until_utc=life.until_utc,
            times=life.times,
            cause=rule.cause,
            consequence=rule.consequence,
            action=rule.action,
        )

    def _sentence(self, watched: WatchedRule, said: AlarmChange, value: str, context: Context) -> str:
        """Return the sentence of an alarm in the shown units, as far as there are numbers for it."""
        now = watched.life.active and bool(value) and bool(said.text)
        if watched.outdated and now:
            return watched.condition.sentence(context)
        if self.units == AS_REPORTED or said.phrase or not now:
            return said.shown_in(self.units).text
        # An earlier version raised it, without its numbers: an active one has the value of now.
        return watched.condition.sentence(context)

    def _words(self, watched: WatchedRule, limit_set: str) -> str:
        if watched.off and not watched.rule.channel and not watched.rule.value:
            # Which channel it is about is not known: words about a channel would leave that out.
            return watched.rule.name
        words, delay = watched.condition.words(limit_set), watched.rule.on_delay
        return f"{words} for {spell_duration(delay)}" if delay else words

    def _change(
        self, watched: WatchedRule, event: AlarmEvent, context: Context, *, mattered: bool
    ) -> AlarmChange:
        """Return what happened; `mattered`: something was the matter before, and is reported still."""
        rule, life, condition = watched.rule, watched.life, watched.condition
        before = watched.said
        back = event in (AlarmEvent.UNSHELVED, AlarmEvent.IN_SERVICE)
        if event is AlarmEvent.RAISED or (back and life.active):
            phrase = condition.phrase(context)
            text, watched.outdated = AS_REPORTED.phrase(phrase), False
        else:
            # An alarm that was silenced while nothing was the matter has nothing to report.
            text, phrase = (before.text, before.phrase) if before and mattered else ("", ())
        change = AlarmChange(
            rule=rule.name,
            event=event,
            state=life.state,
            severity=watched.severity,
            utc=context.utc,
            mono=context.mono,
            text=text,
            channel=condition.label,
            value=condition.value_words(context),
            limit=condition.limit_words(context.limit_set),
            limit_set=context.limit_set,
            who=life.who,
            reason=life.reason,
            until=life.until_utc,
            cause=rule.cause,
            consequence=rule.consequence,
            action=rule.action,
            active=life.active,
            raised_utc=life.raised_utc,
            below=condition.below,
            phrase=as_data(phrase),
            value_phrase=as_data(condition.value_phrase(context)),
            limit_phrase=as_data(condition.limit_phrase(context.limit_set)),
        )
        watched.said = change
        return change


def _place(view: AlarmView) -> tuple[bool, int, bool, float, str]:
    """Return the place of an alarm in the list: unresolved ones first, the worst and newest first."""
    newest = -(view.raised_utc or 0.0) if view.unresolved else 0.0
    worst = SEVERITIES.index(view.severity) if view.unresolved else 0
    return not view.unresolved, worst, not view.waits, newest, view.rule
