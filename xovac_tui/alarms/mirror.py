"""Alarms that another process on the same record evaluates: shown here, and asked of that process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import msgspec

from xovac_tui import alarms
from xovac_tui.alarms.store import AlarmStore
from xovac_tui.alarms.watchlist import Watchlist, limits
from xovac_tui.chamber.alarm import AlarmChange, Ask
from xovac_tui.chamber.alarm_reasons import AlarmsProblem, AlarmsProblemCode
from xovac_tui.errors import XovacError

LIMITS = "limits"
"""Kind of what is in force in the record: the rules of the process that evaluates."""
_ANSWER_WITHIN = 5.0
"""Seconds within which the process that evaluates does what is asked of an alarm."""


class Mirror:
    """What the process that evaluates reports, and what was asked of it. Times are monotonic seconds."""

    def __init__(self, store: AlarmStore) -> None:
        self._store = store
        self.row = 0
        """Newest row about alarms that was taken."""
        self._asked: dict[str, float] = {}
        """Rule -> when the process that evaluates was asked to do something to it."""
        self._since: float | None = None
        """Since when another process evaluates; None while none does."""
        self._unheard: AlarmsProblem | None = None
        """Why it is not known what other processes did to alarms."""
        self._rules_row = -1
        self._rules: AlarmsProblemCode | None = None
        """What is wrong with the rules of that process."""

    def replaced(self) -> None:
        """Begin with another record, which knows nothing yet."""
        self.row, self._rules_row = 0, -1

    def turn(self, mono: float, *, mirrored: bool) -> None:
        """Take note whether another process evaluates now."""
        self._since = None if not mirrored else mono if self._since is None else self._since

    def ended(self) -> None:
        """Forget what was asked: from now on it is done here."""
        self._asked.clear()

    def ask(self, asks: Iterable[Ask], mono: float) -> None:
        """Ask the process that evaluates to do something to alarms."""
        for ask in asks:
            self._store.ask(ask)
            self._asked[ask.rule] = mono

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Go on where a record cannot be read, and say so: it may be damaged, or another program's."""
        try:
            yield
            self._unheard = None
        except (XovacError, msgspec.MsgspecError, ValueError) as error:
            self._unheard = AlarmsProblem(AlarmsProblemCode.UNREADABLE, detail=str(error))

    def read_news(self) -> list[AlarmChange | Ask]:
        """Return what other processes reported and asked since this was called last, oldest first."""
        found = self._store.later(self.row)
        if found:
            self.row = found[-1][0]
        return [what for _, what in found]

    def take(self, change: AlarmChange, evaluator: alarms.evaluator.AlarmEvaluator) -> None:
        """Show what the process that evaluates reports of an alarm."""
        evaluator.restore(change)
        self._asked.pop(change.rule, None)

    def compare_rules(self, watchlist: Watchlist) -> None:
        """Find out whether the process that evaluates watches what is shown here."""
        newest = self._store.decision(LIMITS)
        row = 0 if newest is None else newest[0]
        if row == self._rules_row:
            return
        self._rules_row = row
        if newest is None:
            self._rules = AlarmsProblemCode.RULES_UNKNOWN
        elif newest[2] != limits(watchlist):
            self._rules = AlarmsProblemCode.OTHER_RULES
        else:
            self._rules = None

    def rules_changed(self) -> None:
        """Compare again: the rules here are others."""
        self._rules_row = -1

    def problem(self, mono: float, *, mirrored: bool) -> AlarmsProblem | None:
        """Return why what is shown may not be what holds; None where it is."""
        if self._unheard or not mirrored:
            return self._unheard
        pid = self._store.writer
        if any(mono - asked > _ANSWER_WITHIN for asked in self._asked.values()):
            return AlarmsProblem(AlarmsProblemCode.NO_ANSWER, pid)
        if self._rules and self._since is not None and mono - self._since > _ANSWER_WITHIN:
            return AlarmsProblem(self._rules, pid)
        return None
