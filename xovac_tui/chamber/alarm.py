"""Alarms as a face and the record see them: states, changes, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import msgspec

from xovac_tui.chamber.alarm_reasons import AlarmsProblem
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits, Phrase, Spelling
from xovac_tui.units import HOUR, Unit

SeverityName = Literal["critical", "high", "medium", "low"]
LimitSet = Literal["ambient", "pumping", "tvac"]
LONGEST_SHELF = 8 * HOUR
"""Seconds for which an alarm may be shelved at the most."""
LIMIT_SETS: tuple[LimitSet, ...] = ("ambient", "pumping", "tvac")


class AlarmState(StrEnum):
    """Where an alarm is in its life (ISA-18.2)."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    """The condition is gone, and it was not acknowledged."""
    SHELVED = "shelved"
    """Silenced by a person, until a time."""
    OUT_OF_SERVICE = "out of service"
    """Switched off by a person, until it is switched on."""


UNRESOLVED = frozenset((AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED))
"""States in which an alarm wants attention."""


class Severity(StrEnum):
    """How much it matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


SEVERITIES = tuple(Severity)
LOUD = (Severity.CRITICAL, Severity.HIGH)
"""Severities that are said aloud on every tab."""


class Sense(StrEnum):
    """On which side of its limit a value is the matter."""

    ABOVE = "above"
    BELOW = "below"
    BEYOND = "beyond"
    """Too large, whichever sign it has."""


class AlarmNumber(msgspec.Struct, frozen=True, kw_only=True):
    """The number of now that an alarm compares with its limit, in the unit of the data."""

    value: float | None
    """None where it is not known now."""
    limit: float | None
    """None where there is none with the limits in force."""
    sense: Sense
    unit: Unit
    log: bool = False
    spelling: Spelling = Spelling.VALUE


class AlarmEvent(StrEnum):
    """What happened to an alarm."""

    RAISED = "raised"
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    """By hand, or because its time was over."""
    OUT_OF_SERVICE = "out of service"
    IN_SERVICE = "in service"
    REMOVED = "removed"
    """Its rule is not watched any more."""


class AlarmChange(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something that happened to an alarm, with all that a notification or a report says about it."""

    rule: str
    """Name of the rule."""
    event: AlarmEvent
    state: AlarmState
    """Where it is now."""
    severity: Severity
    utc: float
    mono: float
    text: str = ""
    """What is the matter, as a sentence in the units of the contract: `Plate A is 84.2 °C, above 80 °C.`"""
    channel: str = ""
    """Label of the channel; empty where there is none."""
    value: str = ""
    """With its unit, as it was then; empty where there is none."""
    limit: str = ""
    """With its unit."""
    limit_set: str = ""
    who: str = ""
    """`user@host`; empty where it happened on its own."""
    reason: str = ""
    """Why it was shelved or taken out of service."""
    until: float | None = None
    """UTC seconds at which a shelved one comes back."""
    cause: str = ""
    consequence: str = ""
    action: str = ""
    run: int = 0
    """Number of the run in the record; 0 where none goes on."""
    recipe: str = ""
    step: int | None = None
    active: bool = False
    """The condition holds (also while it is shelved)."""
    raised_utc: float | None = None
    """When it was raised that the change is about."""
    below: bool = False
    """Its limit is a lower one."""
    phrase: Phrase = ()
    """`text` with its numbers as data; empty where it has none, and where an earlier version recorded it."""
    value_phrase: Phrase = ()
    limit_phrase: Phrase = ()

    def shown_in(self, units: DisplayUnits) -> AlarmChange:
        """Return it with the texts in the shown units, as far as their numbers are known."""
        if units == AS_REPORTED:
            return self
        pairs = (("text", self.phrase), ("value", self.value_phrase), ("limit", self.limit_phrase))
        return msgspec.structs.replace(self, **{name: units.phrase(one) for name, one in pairs if one})


def as_shown(changes: Iterable[AlarmChange], view: AlarmsView) -> tuple[AlarmChange, ...]:
    """Return changes with their values in the units of a view of these alarms, as far as it has them."""
    shown = {one.rule: one for one in view.alarms}
    return tuple(_as_shown(change, shown.get(change.rule), view.units) for change in changes)


def _as_shown(change: AlarmChange, shown: AlarmView | None, units: DisplayUnits) -> AlarmChange:
    if change.phrase:
        return change.shown_in(units)
    if shown is None or not change.text or not shown.text or shown.text == change.text:
        return change
    if change.event is not AlarmEvent.RAISED:
        return msgspec.structs.replace(change, text=shown.text)
    # The view is of the same moment.
    return msgspec.structs.replace(change, text=shown.text, value=shown.value, limit=shown.limit)


class Ask(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a person asks of an alarm."""

    rule: str
    event: AlarmEvent
    """ACKNOWLEDGED, SHELVED, UNSHELVED, OUT_OF_SERVICE or IN_SERVICE."""
    who: str
    utc: float
    reason: str = ""
    until: float | None = None
    """UTC seconds, for SHELVED."""
    raised_utc: float | None = None
    """Of the occurrence that was shown: one that came later is not acknowledged with it."""


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm at one moment. Times in UTC seconds."""

    rule: str
    severity: Severity
    state: AlarmState = AlarmState.NORMAL
    off: str = ""
    """Why it is not watched now, as a sentence; empty where it is."""
    condition: str = ""
    """What it watches, in words: `Plate A above 80 degC for 10 s`."""
    text: str = ""
    """What is (or was) the matter, as a sentence; empty while it is normal."""
    channel: str = ""
    value: str = ""
    """Now, with its unit; empty where it is not known."""
    limit: str = ""
    active: bool = False
    """The condition holds, its delay is over."""
    doubtful: bool = False
    """Whether the condition holds is unknown now: the data are stale."""
    measured: AlarmNumber | None = None
    """What is compared with its limit; None where no number is."""
    below: bool = False
    """Its limit is a lower one."""
    pending: float | None = None
    """Seconds until it is raised if its condition goes on; None while it does not hold."""
    since_utc: float | None = None
    """Since when it is in its state; None where it never was in another."""
    raised_utc: float | None = None
    """Of the newest occurrence."""
    who: str = ""
    """Who acknowledged it, shelved it or took it out of service."""
    reason: str = ""
    until_utc: float | None = None
    """When a shelved one comes back."""
    times: int = 0
    """How often it was raised since this program (or the recorder) began."""
    cause: str = ""
    consequence: str = ""
    action: str = ""

    @property
    def unresolved(self) -> bool:
        """True while it wants attention."""
        return self.state in UNRESOLVED

    @property
    def waits(self) -> bool:
        """True while it is not acknowledged."""
        return self.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)


class AlarmsView(msgspec.Struct, frozen=True, kw_only=True):
    """All alarms at one moment."""

    alarms: tuple[AlarmView, ...] = ()
    """Those that want attention first, the worst and newest first; then the others, by their names."""
    limit_set: str = ""
    by_hand: bool = False
    """That set of limits was chosen by hand; else it follows the pressure."""
    set_by: str = ""
    """Who chose it."""
    flood: int = 0
    """Alarms of the last ten minutes, if there were so many that they must be taken together; else 0."""
    shelved: tuple[Severity, ...] = ()
    """Severity of every shelved alarm, the worst first."""
    mirrored: bool = False
    """Another process evaluates them; this one shows them, and asks that one."""
    recorded: bool = False
    """Those of a replay: as they were recorded, nothing is evaluated."""
    problem: AlarmsProblem | None = None
    """Why not everything can be watched; None: it can."""
    units: DisplayUnits = AS_REPORTED
    """In which its texts have values."""

    @property
    def unresolved(self) -> tuple[AlarmView, ...]:
        """Those that want attention."""
        return tuple(one for one in self.alarms if one.unresolved)

    @property
    def waiting(self) -> tuple[AlarmView, ...]:
        """Those that are not acknowledged."""
        return tuple(one for one in self.alarms if one.waits)
