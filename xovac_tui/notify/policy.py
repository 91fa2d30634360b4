"""Which message goes to one receiver, and when: nothing twice, not too many, and nothing lost. Pure.

What waits to be sent is kept by rule, so that it cannot grow without end: an alarm that chatters is one entry
with a count. What may not be sent yet (the same was sent a moment ago, too many were sent, the receiver
could not be reached) stays there, and goes out later in one message with all else that waits.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import msgspec

from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmsView, AlarmView, Severity
from xovac_tui.notify.message import AlarmNotice, Message, MessageKind, begins, change_of, compose
from xovac_tui.notify.settings import Receiver

GATHER = 30.0
"""Seconds between two messages in a flood of alarms; critical ones do not wait."""
TRY_AGAIN = 300.0
"""Seconds after which what could not be sent is tried again, with what came meanwhile."""


class _Waiting(msgspec.Struct):
    """What is to be sent about one alarm."""

    notice: AlarmNotice
    due: float
    """Monotonic seconds."""
    late: bool = False
    """It could not be sent before: it goes with the next message, whatever that is about."""


class Policy:
    """Decides what is sent to one receiver. Times are monotonic seconds, but for `utc`."""

    def __init__(self, receiver: Receiver, chamber: str, *, own_rules: Iterable[str] = ()) -> None:
        """Take `own_rules`, which watch notifications: a receiver out of reach gets none of them."""
        self.receiver = receiver
        self.failing = False
        """The newest message did not arrive."""
        self._chamber = chamber
        self._own_rules = frozenset(own_rules)
        self._waiting: dict[str, _Waiting] = {}
        self._raise_sent: dict[str, float] = {}
        self._return_sent: dict[str, float] = {}
        self._sent_active: set[str] = set()
        """Rules that are active as far as it knows."""
        self._began: dict[str, AlarmChange] = {}
        """How each alarm that is not acknowledged began, with the place of the run."""
        self._remind_from: dict[str, float] = {}
        """Rule of an alarm that is not acknowledged -> since when nothing was sent about it."""
        self._sent: deque[float] = deque()
        self._last = -math.inf
        self._seen = False
        self._soon: set[str] = set()
        """Alarms to remind of soon: a reminder did not arrive, or they waited when this program began, and
        the one before it may not have sent them."""

    @property
    def busy(self) -> bool:
        """True while something waits to be sent."""
        return bool(self._waiting)

    def take(self, changes: Iterable[AlarmChange], mono: float) -> None:
        """Note what happened to alarms."""
        for change in changes:
            if self._concerns(change.severity, change.rule):
                self._take(change, mono)

    def due(self, view: AlarmsView, mono: float, utc: float) -> Message | None:
        """Return the message to send at this moment, which counts as sent; None where there is none.

        `view` holds at least the alarms that want attention.
        """
        reminders = self._reminders(view, mono)
        ready = [one for one in self._waiting.values() if one.due <= mono]
        if ready:
            ready += [one for one in self._waiting.values() if one.late and one.due > mono]
            alarms = [one.notice for one in ready]
            critical = any(notice.change.severity is Severity.CRITICAL and notice.times for notice in alarms)
            gathers = view.flood > 0 and not critical and mono - self._last < GATHER
            if gathers or not self._room(mono, critical=critical):
                return None
            for notice in alarms:
                self._note_sent(notice, mono)
            return self._message(MessageKind.ALARM, alarms, mono, utc, view.flood)
        if not reminders or not self._room(mono):
            return None
        alarms = [AlarmNotice(change=self._reminder(one, mono, utc)) for one in reminders]
        for one in reminders:
            self._remind_from[one.rule] = mono
            self._soon.discard(one.rule)
        return self._message(MessageKind.REMINDER, alarms, mono, utc, view.flood)

    def did_not_arrive(self, message: Message, mono: float) -> None:
        """Take back what was not sent: it is tried again with the next message, or in five minutes."""
        self.failing = True
        for notice in message.alarms:
            rule = notice.change.rule
            if message.kind is MessageKind.REMINDER:
                self._remind_from[rule] = mono
                self._soon.add(rule)
                continue
            later = self._waiting.get(rule)
            if later is None:
                self._waiting[rule] = _Waiting(notice, mono + TRY_AGAIN, late=True)
            else:
                later.notice = msgspec.structs.replace(later.notice, times=later.notice.times + notice.times)
                later.late = True

    def arrived(self) -> None:
        """Note that the newest message arrived."""
        self.failing = False

    # -- inside -----------------------------------------------------------------------------------------

    def _concerns(self, severity: Severity, rule: str) -> bool:
        return severity.value in self.receiver.severities and not (self.failing and rule in self._own_rules)

    def _take(self, change: AlarmChange, mono: float) -> None:
        rule, waiting = change.rule, self._waiting.get(change.rule)
        replace = msgspec.structs.replace
        if begins(change):
            self._began[rule] = change
            again = self._raise_sent.get(rule, -math.inf) + self.receiver.same_after
            if waiting is None:
                self._waiting[rule] = _Waiting(AlarmNotice(change=change), max(mono, again))
                return
            if not waiting.notice.times:
                waiting.due = max(mono, again)
            waiting.notice = AlarmNotice(change=change, times=waiting.notice.times + 1)
        elif change.event is AlarmEvent.RETURNED:
            if waiting is not None:
                waiting.notice = replace(waiting.notice, change=change, returned=True)
            elif self.receiver.returned and rule in self._sent_active:
                again = self._return_sent.get(rule, -math.inf) + self.receiver.same_after
                self._waiting[rule] = _Waiting(
                    AlarmNotice(change=change, times=0, returned=True), max(mono, again)
                )
        elif change.event is AlarmEvent.ACKNOWLEDGED:
            if waiting is not None and waiting.notice.times:
                waiting.notice = replace(waiting.notice, change=change, acknowledged=True)
        elif change.event in (AlarmEvent.SHELVED, AlarmEvent.OUT_OF_SERVICE, AlarmEvent.REMOVED):
            # It returns in silence now.
            self._sent_active.discard(rule)

    def _reminders(self, view: AlarmsView, mono: float) -> list[AlarmView]:
        """Return what to remind of at this moment: all that is not acknowledged, as soon as one is due."""
        concern = [one for one in view.unresolved if self._concerns(one.severity, one.rule)]
        if not self._seen:
            # What was active before this program began was sent by the one before it, or was on its way when
            # that ended: it is reminded of once, soon, even where nothing else is.
            self._seen = True
            self._sent_active |= {one.rule for one in concern if one.active}
            self._soon = {one.rule for one in concern if one.waits}
        waits = {one.rule: one for one in concern if one.waits}
        for rule in [rule for rule in self._began if rule not in waits and rule not in self._waiting]:
            del self._began[rule]
        for rule in waits:
            self._remind_from.setdefault(rule, mono)
        self._soon &= waits.keys()
        known = [one for rule, one in waits.items() if rule not in self._waiting]
        return known if any(self._is_due(one.rule, mono) for one in known) else []

    def _is_due(self, rule: str, mono: float) -> bool:
        """Return whether to remind of an alarm that is not acknowledged."""
        silent, every = mono - self._remind_from[rule], self.receiver.reminder
        if rule in self._soon and silent >= (min(every, TRY_AGAIN) if every else TRY_AGAIN):
            return True
        return bool(every) and silent >= every

    def _reminder(self, view: AlarmView, mono: float, utc: float) -> AlarmChange:
        change, began = change_of(view, utc, mono), self._began.get(view.rule)
        if began is None or began.raised_utc != view.raised_utc:
            return change
        return msgspec.structs.replace(
            change, limit_set=began.limit_set, run=began.run, recipe=began.recipe, step=began.step
        )

    def _room(self, mono: float, *, critical: bool = False) -> bool:
        """Return whether one more may be sent; the last one of `at_most` is kept for critical alarms."""
        receiver = self.receiver
        while self._sent and mono - self._sent[0] >= receiver.per:
            self._sent.popleft()
        kept = not critical and receiver.at_most > 1 and Severity.CRITICAL.value in receiver.severities
        return len(self._sent) < receiver.at_most - kept

    def _note_sent(self, notice: AlarmNotice, mono: float) -> None:
        rule = notice.change.rule
        del self._waiting[rule]
        self._remind_from[rule] = mono
        self._soon.discard(rule)
        if notice.times:
            self._raise_sent[rule] = mono
            self._sent_active.add(rule)
        if notice.returned:
            self._return_sent[rule] = mono
            self._sent_active.discard(rule)

    def _message(
        self, kind: MessageKind, alarms: list[AlarmNotice], mono: float, utc: float, flood: int
    ) -> Message:
        self._sent.append(mono)
        self._last = mono
        return compose(self._chamber, kind, alarms, utc, flood=flood)
