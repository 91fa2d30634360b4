"""The life of one alarm after ISA-18.2: pure, each step returns the life after it and what happened.

A condition is evaluated several times a second. What it did in between counts: a spike that lasted one
message is an alarm where no delay is set. Where it is not known whether the condition holds (the data are
stale) nothing changes and no delay begins anew: it goes on when data come again.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from xovac_tui.chamber.alarm import LONGEST_SHELF, AlarmEvent, AlarmState

_SILENCED = (AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)


class Holding(Enum):
    """What a condition did since the last evaluation."""

    HOLDS = "held all the time"
    BEGAN = "holds now, but was gone for a moment"
    TOUCHED = "held for a moment, and is gone now"
    GONE = "did not hold"


class Life(msgspec.Struct, frozen=True):
    """Where one alarm is. `begins` and `ends` in monotonic seconds, all other times in UTC seconds."""

    state: AlarmState = AlarmState.NORMAL
    active: bool = False
    """The condition holds, its delay is over: also while the alarm is shelved."""
    begins: float | None = None
    """Since when the condition holds without having been raised; None while it does not."""
    ends: float | None = None
    """Since when the condition of a raised alarm is gone; None while it holds."""
    since_utc: float | None = None
    """Since when it is in its state."""
    raised_utc: float | None = None
    """Of the newest occurrence."""
    who: str = ""
    reason: str = ""
    until_utc: float | None = None
    """When a shelved one comes back."""
    times: int = 0


NORMAL = Life()

Step = tuple[Life, AlarmEvent | None]


def see(
    life: Life,
    holding: Holding | None,
    *,
    mono: float,
    utc: float,
    on_delay: float = 0.0,
    off_delay: float = 0.0,
) -> Step:
    """Take what the condition did; None where that is not known."""
    if holding is None:
        return life, None
    if life.active:
        return _see_active(life, holding, mono, utc, off_delay)
    if holding is Holding.GONE or (holding is Holding.TOUCHED and on_delay > 0):
        return (life if life.begins is None else msgspec.structs.replace(life, begins=None)), None
    begins = mono if holding is Holding.BEGAN or life.begins is None else life.begins
    if mono - begins < on_delay:
        return (life if begins == life.begins else msgspec.structs.replace(life, begins=begins)), None
    raised = msgspec.structs.replace(life, active=True, begins=None, raised_utc=utc, times=life.times + 1)
    if life.state in _SILENCED:
        return raised, None
    return _become(raised, AlarmState.UNACKNOWLEDGED, utc), AlarmEvent.RAISED


def _see_active(life: Life, holding: Holding, mono: float, utc: float, off_delay: float) -> Step:
    if holding is not Holding.GONE:
        return (life if life.ends is None else msgspec.structs.replace(life, ends=None)), None
    ends = mono if life.ends is None else life.ends
    if mono - ends < off_delay:
        return (life if ends == life.ends else msgspec.structs.replace(life, ends=ends)), None
    gone = msgspec.structs.replace(life, active=False, ends=None)
    if life.state in _SILENCED:
        return gone, None
    waits = life.state is AlarmState.UNACKNOWLEDGED
    after = _become(gone, AlarmState.RETURNED if waits else AlarmState.NORMAL, utc)
    return after, AlarmEvent.RETURNED


def pass_time(life: Life, utc: float, *, over: bool = False) -> Step:
    """Bring a shelved alarm back whose time is over: `over` says so where the wall clock was set back."""
    if life.state is not AlarmState.SHELVED or life.until_utc is None or not (over or utc >= life.until_utc):
        return life, None
    return _occur_again(life, utc), AlarmEvent.UNSHELVED


def acknowledge(life: Life, who: str, utc: float, raised_utc: float | None = None) -> Step:
    """Acknowledge the alarm; one that was raised after that stays unacknowledged."""
    if raised_utc is not None and raised_utc != life.raised_utc:
        return life, None
    if life.state is AlarmState.UNACKNOWLEDGED:
        return _become(life, AlarmState.ACKNOWLEDGED, utc, who), AlarmEvent.ACKNOWLEDGED
    if life.state is AlarmState.RETURNED:
        return _become(life, AlarmState.NORMAL, utc, who), AlarmEvent.ACKNOWLEDGED
    return life, None


def shelve(life: Life, who: str, utc: float, until: float, reason: str) -> Step:
    """Silence the alarm until a time, eight hours from now at the most."""
    if life.state is AlarmState.OUT_OF_SERVICE or until <= utc:
        return life, None
    after = _become(life, AlarmState.SHELVED, utc, who, reason)
    return msgspec.structs.replace(after, until_utc=min(until, utc + LONGEST_SHELF)), AlarmEvent.SHELVED


def take_out(life: Life, who: str, utc: float, reason: str) -> Step:
    """Switch the alarm off until it is switched on by hand."""
    if life.state is AlarmState.OUT_OF_SERVICE:
        return life, None
    return _become(life, AlarmState.OUT_OF_SERVICE, utc, who, reason), AlarmEvent.OUT_OF_SERVICE


_SILENCED_AS = {
    AlarmEvent.UNSHELVED: AlarmState.SHELVED,
    AlarmEvent.IN_SERVICE: AlarmState.OUT_OF_SERVICE,
}


def bring_back(life: Life, event: AlarmEvent, who: str, utc: float) -> Step:
    """Bring the alarm back: from the shelf before its time (UNSHELVED), or into service (IN_SERVICE)."""
    if life.state is not _SILENCED_AS[event]:
        return life, None
    return _occur_again(life, utc, who), event


def _occur_again(life: Life, utc: float, who: str = "") -> Life:
    """Return the life of an alarm that sounds again: what holds now must be acknowledged now."""
    return _become(life, AlarmState.UNACKNOWLEDGED if life.active else AlarmState.NORMAL, utc, who)


def _become(life: Life, state: AlarmState, utc: float, who: str = "", reason: str = "") -> Life:
    return msgspec.structs.replace(life, state=state, since_utc=utc, who=who, reason=reason, until_utc=None)
