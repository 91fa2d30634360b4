"""The alarms of a replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.alarms.evaluator import AlarmEvaluator
from xovac_tui.alarms.kinds import Context
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.chamber.alarm import AlarmChange, AlarmsView, AlarmView, Ask
from xovac_tui.chamber.alarm_reasons import AlarmRefusal, AlarmRefusalCode
from xovac_tui.chamber.model import Chamber
from xovac_tui.clock import Clock
from xovac_tui.expressions import ValueReading, Wanted


class _NoValues:
    """Answers nothing: what a rule watched is not in a record, so nothing is evaluated in a replay."""

    def read(self, wanted: Wanted) -> ValueReading:
        return ValueReading()

    def known(self, name: str) -> bool:
        return False


class RecordedAlarms(AlarmDesk):
    """The alarms of a replay: as they were at its moment, with nothing to be done about them."""

    def __init__(self, chamber: Callable[[], Chamber], clock: Clock) -> None:
        super().__init__(clock, "")
        self._chamber = chamber
        self._changes: Sequence[tuple[float, AlarmChange]] = ()
        self._evaluator: AlarmEvaluator | None = None
        self._at = 0
        self._now = 0.0

    def follow(self, changes: Sequence[tuple[float, AlarmChange]]) -> None:
        """Show these changes from now on: (monotonic seconds of the replay, change), in order."""
        self._changes, self._evaluator = changes, None

    def _picture(self, *, unresolved: bool) -> AlarmsView:
        now = self._clock.mono()
        if self._evaluator is None or now < self._now:
            self._evaluator, self._at = AlarmEvaluator(Watchlist(), self._chamber()), 0
        self._now = now
        while self._at < len(self._changes) and self._changes[self._at][0] <= now:
            moment, change = self._changes[self._at]
            self._evaluator.restore(msgspec.structs.replace(change, mono=moment))
            self._at += 1
        self._evaluator.units = self._units
        context = Context(chamber=self._chamber(), values=_NoValues(), utc=self._clock.utc(), mono=now)
        # The record does not hold what a rule watched; the recorded changes do.
        views = self._evaluator.views(context, unresolved=unresolved)
        alarms = tuple(msgspec.structs.replace(one, condition="") for one in views)
        newest = self._changes[self._at - 1][1].limit_set if self._at else ""
        return AlarmsView(
            alarms=alarms,
            limit_set=newest,
            flood=self._evaluator.flood(now),
            shelved=self._evaluator.shelved(),
            recorded=True,
            units=self._units,
        )

    def _happened(self) -> Iterable[AlarmChange]:
        now = self._clock.mono()
        return [change for moment, change in self._changes if moment <= now]

    def use_set(self, name: str | None) -> AlarmRefusal:
        """Refuse."""
        return AlarmRefusal(AlarmRefusalCode.REPLAY)

    def acknowledge(self, seen: Iterable[AlarmView]) -> AlarmRefusal:
        """Refuse, whatever waits."""
        return AlarmRefusal(AlarmRefusalCode.REPLAY)

    def _do(self, asks: Sequence[Ask]) -> AlarmRefusal:
        return AlarmRefusal(AlarmRefusalCode.REPLAY)
