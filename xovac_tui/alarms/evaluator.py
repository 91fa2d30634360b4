"""Looks at all conditions of a chamber again and again, and leads the lives of their alarms.

Channels whose values stay well within all their limits cost nearly nothing: their extremes since the last
look are compared with the nearest limits once, however many rules there are.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import msgspec

from xovac_tui.alarms import life as alarms
from xovac_tui.alarms.defaults import Watchlist
from xovac_tui.alarms.kinds import Around, Condition, Level, condition_of
from xovac_tui.alarms.life import Life, Look
from xovac_tui.alarms.settings import Rule
from xovac_tui.chamber.alarm import (
    SEVERITIES,
    STANDING,
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
from xovac_tui.durations import spell_duration

FLOOD = 10
FLOOD_SECONDS = 600.0
"""More alarms than this in so many seconds are a flood: they are told together."""
_ELSEWHERE = "Another process watches this; no rule here does."
_COUNTED = 100_000
"""Alarms of a flood that are counted."""


class Kept:
    """One rule with its condition and the life of its alarm."""

    __slots__ = ("condition", "due", "life", "off", "rule", "said", "severity", "shelf")

    def __init__(self, rule: Rule, condition: Condition, off: str = "") -> None:
        self.rule = rule
        self.condition = condition
        self.severity = Severity(rule.severity)
        self.off = off
        """Why it can never be watched, as a sentence; empty where it can."""
        self.life = alarms.NORMAL
        self.due = -math.inf
        """Monotonic time of its next look."""
        self.said: AlarmChange | None = None
        """What was told of it last."""
        self.shelf: tuple[float | None, float] | None = None
        """Since when (UTC) it is shelved, and the monotonic time at which that ends at the latest."""

    @property
    def stranger(self) -> bool:
        """True where only another process watches it."""
        return self.off == _ELSEWHERE

    def shelf_is_over(self, around: Around) -> bool:
        """Return whether a shelved alarm's time has passed, also where the wall clock was set back."""
        until = self.life.until_utc
        if until is None:
            return False
        ends = around.mono + min(until - around.utc, alarms.LONGEST_SHELF)
        if self.shelf is not None and self.shelf[0] == self.life.since_utc:
            ends = min(ends, self.shelf[1])
        self.shelf = self.life.since_utc, ends
        return around.mono >= ends


class _Levels:
    """All levels of one channel, looked at together."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.kept: list[tuple[Kept, Level]] = []
        self.low, self.high = -math.inf, math.inf
        """Between these no limit is passed."""
        self.restless = True
        """An alarm of these stands, or its delay is on."""
        if channel.watch is None:
            channel.watch = Extremes()
        self.extremes = channel.watch

    def bounds(self, limit_set: str) -> None:
        """Find the nearest limits for this set of limits."""
        self.low, self.high = -math.inf, math.inf
        for kept, level in self.kept:
            limit = None if kept.off or level.off(limit_set) else level.limit(limit_set)
            if limit is not None and level.above:
                self.high = min(self.high, limit)
            elif limit is not None:
                self.low = max(self.low, limit)


class Watchkeeper:
    """Watches one chamber by its rules. Pure: it reads no clock and does no I/O."""

    def __init__(self, watchlist: Watchlist, chamber: Chamber) -> None:
        self.watchlist = watchlist
        self._chamber = chamber
        self.kept: dict[str, Kept] = {
            rule.name: Kept(rule, condition_of(rule), watchlist.off.get(rule.name, ""))
            for rule in watchlist.rules
        }
        self._channels = -1
        self._limit_set: str | None = None
        self._levels: list[_Levels] = []
        self._others: list[Kept] = []
        self._raised: deque[float] = deque(maxlen=_COUNTED)
        """Monotonic times at which alarms were raised in the last ten minutes."""

    # -- looking --------------------------------------------------------------------------------------

    def look(self, around: Around) -> list[AlarmChange]:
        """Look at everything that is due; return what happened."""
        if self._channels != self._chamber.channel_count:
            self._channels = self._chamber.channel_count
            self._sort()
        if self._limit_set != around.limit_set:
            self._limit_set = around.limit_set
            for group in self._levels:
                group.bounds(around.limit_set)
                group.restless = True
            for kept in self._others:
                kept.due = -math.inf
        changes: list[AlarmChange] = []
        for group in self._levels:
            extremes = group.extremes
            # Without a value since the last look the extremes are the wrong way round, and well within.
            if group.restless or extremes.low < group.low or extremes.high > group.high:
                self._look_levels(group, around, changes)
            extremes.clear()
        mono = around.mono
        for kept in self._others:
            if kept.due <= mono:
                kept.due = mono + kept.condition.every
                if not self._is_off(kept, around):
                    look = kept.condition.look(around, active=kept.life.active)
                    self._see(kept, look, around, changes)
                elif kept.life.active or kept.life.begins is not None:
                    self._see(kept, Look.GONE, around, changes)
        for kept in self.kept.values():
            if kept.life.state is AlarmState.SHELVED:
                over = kept.shelf_is_over(around)
                self._step(kept, *alarms.pass_time(kept.life, around.utc, over=over), around, changes)
        return changes

    def _look_levels(self, group: _Levels, around: Around, changes: list[AlarmChange]) -> None:
        channel, extremes = group.channel, group.extremes
        good = around.chamber.quality(channel, around.mono) is Quality.GOOD
        now = channel.value if good else None
        low, high = extremes.low, extremes.high
        if low > high and now is not None:
            low = high = now
        restless = False
        for kept, level in group.kept:
            if self._is_off(kept, around):
                look: Look | None = Look.GONE
            else:
                limit = level.limit(around.limit_set)
                assert limit is not None
                look = level.judge(low, high, now, level.bound(limit, active=kept.life.active))
            self._see(kept, look, around, changes)
            restless = restless or kept.life.active or kept.life.begins is not None
        group.restless = restless

    def _is_off(self, kept: Kept, around: Around) -> bool:
        return bool(kept.off or kept.condition.off(around.limit_set))

    def _see(self, kept: Kept, look: Look | None, around: Around, changes: list[AlarmChange]) -> None:
        rule = kept.rule
        life, event = alarms.see(
            kept.life,
            look,
            mono=around.mono,
            utc=around.utc,
            on_delay=rule.on_delay,
            off_delay=rule.off_delay,
        )
        self._step(kept, life, event, around, changes)

    def _step(
        self, kept: Kept, life: Life, event: AlarmEvent | None, around: Around, changes: list[AlarmChange]
    ) -> None:
        before, kept.life = kept.life, life
        if event is None:
            return
        if event is AlarmEvent.RAISED:
            self._raised.append(around.mono)
        changes.append(self._tell(kept, event, around, matter=before.active or before.state in STANDING))

    def _sort(self) -> None:
        """Put the levels of each channel together; those whose channel has not come yet wait."""
        groups: dict[str, _Levels] = {}
        self._others = []
        for kept in self.kept.values():
            condition = kept.condition
            channel = condition.seek(self._chamber) if isinstance(condition, Level) else None
            if isinstance(condition, Level) and channel is not None:
                group = groups.setdefault(channel.full_name, _Levels(channel))
                group.kept.append((kept, condition))
            else:
                self._others.append(kept)
        self._levels = list(groups.values())
        self._limit_set = None

    # -- people ---------------------------------------------------------------------------------------

    def ask(self, ask: Ask, around: Around) -> list[AlarmChange]:
        """Do what a person asks of an alarm; nothing where it makes no sense (any more)."""
        kept = self.kept.get(ask.rule)
        if kept is None:
            return []
        life, who, utc = kept.life, ask.who, around.utc
        match ask.event:
            case AlarmEvent.ACKNOWLEDGED:
                step = alarms.acknowledge(life, who, utc, ask.raised_utc)
            case AlarmEvent.SHELVED:
                step = alarms.shelve(life, who, utc, ask.until or utc, ask.reason)
            case AlarmEvent.UNSHELVED:
                step = alarms.unshelve(life, who, utc)
            case AlarmEvent.OUT_OF_SERVICE:
                step = alarms.take_out(life, who, utc, ask.reason)
            case AlarmEvent.IN_SERVICE:
                step = alarms.put_back(life, who, utc)
            case _:
                return []
        changes: list[AlarmChange] = []
        self._step(kept, *step, around, changes)
        # The name of who came back to is not kept in the life: the change carries it.
        return [msgspec.structs.replace(change, who=who) for change in changes]

    # -- what another process or the record tells ---------------------------------------------------------

    def restore(self, change: AlarmChange, *, news: bool = True) -> None:
        """Take over where an alarm was, or where another process says that it is.

        `news`: it happened just now; else it is long ago, and no part of a flood.
        """
        kept = self.kept.get(change.rule)
        if kept is None:
            if change.event is AlarmEvent.REMOVED or change.state is AlarmState.NORMAL:
                return
            # Watched by another process only: it is shown as that one tells it.
            rule = Rule(
                name=change.rule,
                kind="link",
                severity=change.severity.value,
                cause=change.cause,
                consequence=change.consequence,
                action=change.action,
            )
            kept = self.kept[change.rule] = Kept(rule, condition_of(rule), _ELSEWHERE)
            self._channels = -1
        before = kept.life
        if kept.stranger and change.event is AlarmEvent.REMOVED:
            del self.kept[change.rule]
            self._channels = -1
            return
        kept.said = change
        kept.life = Life(
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

    def has_told(self, rule: str) -> bool:
        """Return whether something of an alarm was told already."""
        kept = self.kept.get(rule)
        return kept is not None and kept.said is not None

    def remembered(self) -> list[AlarmChange]:
        """Return what was told last of every alarm that is not normal, for a record that knows nothing."""
        kept = (one for one in self.kept.values() if one.life.state is not AlarmState.NORMAL)
        return [one.said for one in kept if one.said is not None]

    def forget_strangers(self, around: Around) -> list[AlarmChange]:
        """Let go of alarms that no rule here watches: their process is gone."""
        gone = [kept for kept in self.kept.values() if kept.stranger]
        changes: list[AlarmChange] = []
        for kept in gone:
            del self.kept[kept.rule.name]
            kept.life = alarms.NORMAL
            changes.append(self._tell(kept, AlarmEvent.REMOVED, around, matter=True))
        if gone:
            self._channels = -1
        return changes

    # -- what comes out -------------------------------------------------------------------------------

    def flood(self, mono: float) -> int:
        """Return how many alarms came in the last ten minutes if they are a flood, else 0."""
        while self._raised and mono - self._raised[0] > FLOOD_SECONDS:
            self._raised.popleft()
        return len(self._raised) if len(self._raised) > FLOOD else 0

    def views(self, around: Around, *, standing: bool = False) -> tuple[AlarmView, ...]:
        """Return all alarms, or only those that want attention, in the order of `AlarmsView`."""
        chosen: Iterable[Kept] = self.kept.values()
        if standing:
            chosen = [kept for kept in chosen if kept.life.state in STANDING]
        return tuple(sorted((self._view(kept, around) for kept in chosen), key=_place))

    def _view(self, kept: Kept, around: Around) -> AlarmView:
        rule, life, condition = kept.rule, kept.life, kept.condition
        stranger = kept.stranger
        value = "" if stranger else condition.value_words(around)
        off = kept.off or condition.off(around.limit_set) or condition.problem(around.chamber)
        said = kept.said
        normal = life.state is AlarmState.NORMAL and not life.active
        return AlarmView(
            rule=rule.name,
            severity=kept.severity,
            state=life.state,
            off="" if stranger else off,
            condition=_ELSEWHERE if stranger else self._words(kept, around.limit_set),
            text="" if normal or said is None else said.text,
            channel=said.channel if stranger and said else ("" if stranger else condition.label),
            value=value,
            limit=said.limit if stranger and said else condition.limit_words(around.limit_set),
            active=life.active,
            doubtful=not off and condition.doubtful(around, value),
            pending=None if life.begins is None else max(0.0, rule.on_delay - (around.mono - life.begins)),
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

    def _words(self, kept: Kept, limit_set: str) -> str:
        if kept.off and not kept.rule.channel and not kept.rule.value:
            # Nobody knows which channel it is about: words about a channel would leave that out.
            return kept.rule.name[:1].upper() + kept.rule.name[1:]
        words, label = kept.condition.words(limit_set), kept.condition.label
        if not label or not words.startswith(label):
            # What is written to be found again, a name or an expression, stays as it is.
            words = words[:1].upper() + words[1:]
        delay = kept.rule.on_delay
        return f"{words} for {spell_duration(delay)}" if delay else words

    def _tell(self, kept: Kept, event: AlarmEvent, around: Around, *, matter: bool) -> AlarmChange:
        """Return what happened; `matter`: something was the matter before, so that it is still told what."""
        rule, life, condition = kept.rule, kept.life, kept.condition
        stranger = kept.stranger
        before = kept.said
        back = event in (AlarmEvent.UNSHELVED, AlarmEvent.IN_SERVICE)
        if event is AlarmEvent.RAISED or (back and life.active and not stranger):
            text = condition.sentence(around)
        else:
            # Of an alarm that was silenced while nothing was the matter there is nothing to tell.
            text = before.text if before and matter else ""
        change = AlarmChange(
            rule=rule.name,
            event=event,
            state=life.state,
            severity=kept.severity,
            utc=around.utc,
            mono=around.mono,
            text=text,
            channel="" if stranger else condition.label,
            value="" if stranger else condition.value_words(around),
            limit="" if stranger else condition.limit_words(around.limit_set),
            limit_set=around.limit_set,
            who=life.who,
            reason=life.reason,
            until=life.until_utc,
            cause=rule.cause,
            consequence=rule.consequence,
            action=rule.action,
            active=life.active,
            raised_utc=life.raised_utc,
        )
        kept.said = change
        return change


def _place(view: AlarmView) -> tuple[bool, int, bool, float, str]:
    """Return where an alarm stands in the list: standing ones first, the worst and newest first."""
    newest = -(view.raised_utc or 0.0) if view.standing else 0.0
    worst = SEVERITIES.index(view.severity) if view.standing else 0
    return not view.standing, worst, not view.waits, newest, view.rule
