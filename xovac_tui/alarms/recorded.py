"""The alarms of a replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from xovac_tui.alarms.defaults import Watchlist
from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.alarms.evaluator import Watchkeeper
from xovac_tui.alarms.kinds import Around
from xovac_tui.analysis.values import ChamberValues
from xovac_tui.chamber.alarm import AlarmChange, AlarmsView, AlarmView
from xovac_tui.chamber.model import Chamber
from xovac_tui.clock import Clock


class RecordedAlarms(AlarmDesk):
    """The alarms of a replay: as they were at its moment, with nothing to be done about them."""

    REFUSAL = "This is a replay: its alarms can only be looked at."

    def __init__(self, chamber: Callable[[], Chamber], clock: Clock) -> None:
        self._chamber, self._clock = chamber, clock
        self._told: Sequence[tuple[float, AlarmChange]] = ()
        self._keeper: Watchkeeper | None = None
        self._at = 0
        self._now = 0.0

    def tell(self, told: Sequence[tuple[float, AlarmChange]]) -> None:
        """Give it what happened, as (moment of the replay, change) in order."""
        self._told, self._keeper = told, None

    def view(self) -> AlarmsView:
        """Return all alarms at this moment of the replay."""
        return self._picture(standing=False)

    def standing(self) -> AlarmsView:
        """Return only those that wanted attention at this moment."""
        return self._picture(standing=True)

    def _picture(self, *, standing: bool) -> AlarmsView:
        now = self._clock.mono()
        if self._keeper is None or now < self._now:
            self._keeper, self._at = Watchkeeper(Watchlist(), self._chamber()), 0
        self._now = now
        while self._at < len(self._told) and self._told[self._at][0] <= now:
            moment, change = self._told[self._at]
            self._keeper.restore(msgspec.structs.replace(change, mono=moment))
            self._at += 1
        chamber = self._chamber()
        around = Around(chamber=chamber, values=ChamberValues(chamber), utc=self._clock.utc(), mono=now)
        # What a rule watched is not in the record, but in what was told of it.
        views = self._keeper.views(around, standing=standing)
        alarms = tuple(msgspec.structs.replace(one, condition="") for one in views)
        newest = self._told[self._at - 1][1].limit_set if self._at else ""
        return AlarmsView(alarms=alarms, limit_set=newest, flood=self._keeper.flood(now))

    def acknowledge(self, seen: Iterable[AlarmView]) -> str:
        """Refuse."""
        return self.REFUSAL

    def shelve(self, rule: str, seconds: float, reason: str) -> str:
        """Refuse."""
        return self.REFUSAL

    def unshelve(self, rule: str) -> str:
        """Refuse."""
        return self.REFUSAL

    def take_out(self, rule: str, reason: str) -> str:
        """Refuse."""
        return self.REFUSAL

    def put_back(self, rule: str) -> str:
        """Refuse."""
        return self.REFUSAL

    def use_set(self, name: str | None) -> str:
        """Refuse."""
        return self.REFUSAL
