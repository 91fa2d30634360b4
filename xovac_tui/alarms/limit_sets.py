"""Which set of limits is in force: by the pressure around the part, or chosen by hand."""

from __future__ import annotations

from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.alarms.store import AlarmStore
from xovac_tui.api.contract import Role
from xovac_tui.chamber.alarm import LIMIT_SETS
from xovac_tui.chamber.alarm_reasons import AlarmRefusal, AlarmRefusalCode
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import Quality, RunState
from xovac_tui.clock import Clock
from xovac_tui.units import HOUR

CHOSEN = "limit set"
"""Kind of decision in the record: a set of limits was chosen by hand, or `auto`."""
IN_FORCE = "limits in force"
"""Kind of decision in the record: another set of limits is in force from now on."""
_AUTO = "auto"
_BACK = 1.5
"""By how much the pressure must pass a bound on its way back before another set is in force."""
_SETTLE = 15.0
"""Seconds from the first pressure on in which a set of limits from before stays in force: what says that the
pump is on, or that a recipe runs, may come in messages of its own."""
_HELD_FOR = HOUR
"""Seconds for which nothing may have been recorded, so that the set of limits from before stays in force."""


class LimitSetChoice:
    """The set of limits that is in force on one chamber, and how it was chosen."""

    def __init__(
        self,
        settings: AlarmSettings,
        chamber: Chamber,
        store: AlarmStore,
        clock: Clock,
        *,
        evaluates: bool,
    ) -> None:
        """Begin with the set of the settings; where `evaluates`, what is in force is recorded."""
        self._settings, self._chamber, self._store, self._clock = settings, chamber, store, clock
        self._evaluates = evaluates
        self._by_hand: str | None = None if settings.limit_set == _AUTO else settings.limit_set
        self._set_by = "" if self._by_hand is None else "the settings"
        self.current: str = self._by_hand or ""
        """The set in force; empty while the pressure that decides it is not known."""
        self._settled_at: float | None = -1e18
        """Monotonic time from which on the set follows what is measured; None: not known yet."""
        self._seen = 0
        """Row of the newest choice in the record that was taken."""

    @property
    def _pressure_reported(self) -> bool:
        """True where a channel has the role of the pressure, by the contract of now."""
        return self._chamber.playing(Role.PRESSURE) is not None

    @property
    def by_hand(self) -> bool:
        """True where it was chosen by hand; else it follows the pressure."""
        return self._by_hand is not None

    @property
    def set_by(self) -> str:
        """User who chose it by hand; empty where it follows the pressure."""
        return self._set_by if self.by_hand else ""

    def opened(self) -> None:
        """Take up what the record knows."""
        recorded = self._store.last_recorded()
        if not self.current and self._clock.utc() - recorded < _HELD_FOR:
            # A vacuum that was lost must not become one that was never there by a restart.
            settled = self.read_in_force() != "tvac" or not self._pressure_reported
            self._settled_at = -1e18 if settled else None
        self.read_choice()

    def forget_row(self) -> None:
        """Begin with another record, which knows nothing yet."""
        self._seen = 0

    def note_again(self) -> None:
        """Write what was chosen and is in force to another record, which replaces the one before."""
        if self._by_hand is not None and not self._seen:
            self._note_choice("nothing", self._by_hand)
        if self.current:
            self._note_in_force("")

    def read_choice(self) -> None:
        """Take the choice that was made last, here or in another process on this record.

        Raises ValueError, once, where it cannot be read.
        """
        newest = self._store.decision(CHOSEN)
        if newest is None or newest[0] <= self._seen:
            return
        self._seen, who, name = newest
        if name is None:
            raise ValueError("the choice of a set of limits is not JSON")
        self._set_by = who
        self._by_hand = name if name in LIMIT_SETS else None

    def read_in_force(self) -> str:
        """Take and return the set of limits that the process which evaluates (or evaluated) goes by."""
        newest = self._store.decision(IN_FORCE)
        if newest is not None and newest[2] in LIMIT_SETS:
            self.current = newest[2]
        return self.current

    def use(self, name: str | None, who: str, *, note: bool) -> AlarmRefusal | None:
        """Choose by hand; None: by the pressure again. Returns why that was refused."""
        if name is not None and name not in LIMIT_SETS:
            return AlarmRefusal(AlarmRefusalCode.UNKNOWN_SET, name, LIMIT_SETS)
        before = self._by_hand or _AUTO
        self._by_hand, self._set_by, self._settled_at = name, who, -1e18
        self._note_choice(before, name or _AUTO)
        self.choose(note=note)
        return None

    def choose(self, *, note: bool) -> None:
        """Find the set of limits that is in force; `note`: it is decided here, so it is recorded."""
        before = self.current
        if self._by_hand is not None:
            self.current = self._by_hand
        else:
            mono = self._clock.mono()
            seen = self._chamber.observe(self._clock.utc(), mono)
            if self._settled_at is None and seen.pressure is not None:
                self._settled_at = mono + _SETTLE
            if self._settled_at is None or mono < self._settled_at:
                return
            pumping = self._is_on(Role.PUMP) and not self._is_on(Role.VENT)
            self.current = by_pressure(
                seen, before, self._settings, pressure_reported=self._pressure_reported, pumping=pumping
            )
        if note and self._evaluates and self.current != before:
            self._note_in_force(before)

    def _is_on(self, role: Role) -> bool:
        """Return whether the channel with a role says that it is on; what is not known is not on."""
        channel = self._chamber.playing(role)
        if channel is None or self._chamber.quality(channel, self._clock.mono()) is not Quality.GOOD:
            return False
        return bool(channel.value)

    def _note_in_force(self, before: str) -> None:
        how = "chosen by hand" if self.by_hand else "by the pressure"
        said = f"limits in force: {before or 'of no set'} -> {self.current or 'of no set'}, {how}"
        self._store.decide(IN_FORCE, said, before=before, after=self.current)

    def _note_choice(self, before: str, after: str) -> None:
        said = f"set of limits: {before} -> {after}"
        self._store.decide(CHOSEN, said, before=before, after=after)


def by_pressure(
    seen: Observation, before: str, settings: AlarmSettings, *, pressure_reported: bool, pumping: bool = False
) -> str:
    """Return the set of limits for a moment; `before` is the one so far, empty at the beginning.

    Where no pressure is ever reported it is `tvac` while a recipe runs, else `ambient`. While it is not known
    the set stays as it was, and so it does when the vacuum is lost in a run, or while the pump is on (and the
    chamber is not vented): just then its limits matter.
    """
    if not pressure_reported:
        if seen.state is RunState.UNKNOWN:
            return before
        return "tvac" if seen.state is RunState.RUNNING else "ambient"
    pressure = seen.pressure
    if pressure is None:
        return before
    if before == "tvac" and (pumping or seen.state is RunState.RUNNING):
        return before
    ambient = settings.ambient_above / (_BACK if before == "ambient" else 1.0)
    tvac = settings.tvac_below * (_BACK if before == "tvac" else 1.0)
    if pressure >= ambient:
        return "ambient"
    return "tvac" if pressure <= tvac else "pumping"
