"""What is known of all chambers at one moment: rows, their order, ages and troubles. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum, StrEnum

import msgspec

from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.alarm import SEVERITIES, AlarmState, Severity
from xovac_tui.chamber.snapshot import Quality, RunState
from xovac_tui.forwarding.reports import (
    SILENT,
    ChamberReport,
    FleetSourceView,
    Presence,
    SourceState,
)
from xovac_tui.forwarding.summary import AlarmSummary, ChamberSummary, ChannelSummary, SinkSummary
from xovac_tui.forwarding.view import SinkState
from xovac_tui.recording.status import RecorderState
from xovac_tui.units import PRESSURE, TEMPERATURE, unit_of

LOST_AT_ONCE = 3.0
"""Seconds without a report after which it counts as silent while its source is lost."""
CLOCKS_DIFFER = 5.0
"""Seconds by which clocks may differ before that is reported."""
MOST_CHAMBERS = 500
"""Chambers that are shown; further ones are counted."""
_MOST_COUNTED = 9_999
"""Further chambers that are counted at the most."""

_READINGS = 6
"""Channels of a chamber that are shown at the most."""
_DIGITS = re.compile(r"(\d+)")
_KNOWN_STATES, _SEVERITIES = frozenset(AlarmState), frozenset(SEVERITIES)
_IN_ORDER = frozenset((SinkState.ON, SinkState.STARTING, SinkState.ELSEWHERE))


class RowState(StrEnum):
    """What a row says first, as it is shown."""

    ONLINE = "ONLINE"
    STALE = "STALE"
    LOST = "LOST"
    CONNECTING = "CONNECTING"
    OFFLINE = "OFFLINE"
    GONE = "RECORDER GONE"
    """The program that records the chamber has ended, or its broker has lost it."""
    SILENT = "NO REPORT"
    """Nothing says that the program is gone, and its reports are overdue."""
    UNREADABLE = "UNREADABLE"
    """The newest state cannot be read."""
    UNKNOWN = "UNKNOWN"
    """No state was reported yet, or none that is known here."""


NO_WORD = frozenset((RowState.GONE, RowState.SILENT, RowState.UNREADABLE, RowState.UNKNOWN))
"""States in which nothing is known of now, not even by the recorder."""


class Trouble(IntEnum):
    """What is the matter with a chamber, worst first."""

    WAITING = 0
    """An alarm is not acknowledged."""
    GONE = 1
    """Nothing is known of it now."""
    LOST = 2
    STALE = 3
    ALARM = 4
    """Every alarm is acknowledged."""
    MINOR = 5
    """Recording, forwarding, or a clock."""
    NONE = 9


_OF_STATE = {
    RowState.GONE: Trouble.GONE,
    RowState.SILENT: Trouble.GONE,
    RowState.UNREADABLE: Trouble.GONE,
    RowState.UNKNOWN: Trouble.GONE,
    RowState.LOST: Trouble.LOST,
    RowState.OFFLINE: Trouble.LOST,
    RowState.STALE: Trouble.STALE,
    RowState.CONNECTING: Trouble.STALE,
}
_BY_LINK = {word.value: RowState(word.value) for word in LinkWord}


class FleetAlarm(msgspec.Struct, frozen=True):
    """An alarm of a chamber."""

    chamber: str
    """As the row is called."""
    alarm: AlarmSummary
    severity: Severity
    waits: bool
    """It is not acknowledged."""
    old: bool
    """What is known of it is old: no recorder says so now."""


class FleetReading(msgspec.Struct, frozen=True):
    """A channel that is shown in a row."""

    channel: ChannelSummary
    age: float | None
    """Seconds; None: unknown."""
    old: bool
    """It is not a value of now."""
    target: float | None = None
    """In the unit of the channel."""
    log: bool = False


class FleetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A chamber at one moment. Ages in seconds."""

    site: str
    chamber: str
    name: str
    """What it is called here: no other row is called the same."""
    report: ChamberReport
    state: RowState
    age: float | None
    """How long it has been in this state; of ONLINE and STALE how old the newest data are."""
    data_age: float | None
    """How old the newest data are."""
    live: bool
    """What is shown is of now."""
    trouble: Trouble
    alarms: tuple[FleetAlarm, ...]
    """Those that want attention, the worst first."""
    readings: tuple[FleetReading, ...]
    """The pinned channels, or those that stand out."""
    clock_ahead: float | None
    """Seconds, where that is worth a report."""
    ends: float | None
    """UTC seconds of this machine at which the run ends; None where that is not known now."""

    @property
    def summary(self) -> ChamberSummary | None:
        """Its newest state that could be read."""
        return self.report.summary

    @property
    def troubled(self) -> bool:
        """True where something is the matter."""
        return self.trouble is not Trouble.NONE

    @property
    def waiting(self) -> int:
        """How many alarms are not acknowledged."""
        return sum(one.waits for one in self.alarms)

    @property
    def sink(self) -> SinkSummary | None:
        """The sink that is worst off; None where none is in trouble."""
        summary = self.summary
        bad = [one for one in summary.sinks if one.state not in _IN_ORDER] if summary is not None else []
        return max(bad, key=lambda one: one.behind, default=None)

    def has(self, words: str) -> bool:
        """Return whether its name, place, recipe or alarms have all of these words."""
        summary = self.summary
        texts = [self.name, self.site, self.chamber, self.state.value]
        if summary is not None:
            texts += [summary.host, summary.recipe, summary.run]
        texts += [text for one in self.alarms for text in (one.alarm.rule, one.alarm.text, one.severity)]
        whole = " ".join(texts).casefold()
        return all(word in whole for word in words.casefold().split())


class FleetView(msgspec.Struct, frozen=True):
    """All chambers at one moment, in their fixed order."""

    rows: tuple[FleetRow, ...] = ()
    alarms: tuple[FleetAlarm, ...] = ()
    """Of all: those that wait first, then the worst and newest."""
    left_out: int = 0
    """Chambers for which there is no room."""

    @property
    def waiting(self) -> int:
        """How many alarms are not acknowledged."""
        return sum(one.waits for one in self.alarms)

    @property
    def troubled(self) -> tuple[FleetRow, ...]:
        """The chambers with which something is the matter."""
        return tuple(row for row in self.rows if row.troubled)


def worst_first(rows: Iterable[FleetRow]) -> tuple[FleetRow, ...]:
    """Return rows with the worst first, in their fixed order where they are alike."""

    def rank(row: FleetRow) -> tuple[int, int]:
        return row.trouble, min((SEVERITIES.index(one.severity) for one in row.alarms), default=9)

    return tuple(sorted(rows, key=rank))


class FleetBoard:
    """Keeps the newest report of every chamber and source, and says what is known at a moment."""

    def __init__(self) -> None:
        self._reports: dict[tuple[str, str], dict[int, ChamberReport]] = {}
        """Those that were heard last are at the end."""
        self._left: dict[tuple[str, str], float] = {}
        """Chamber for which there is no room -> when it was heard last, monotonic seconds."""

    def take(self, source: int, reports: Iterable[ChamberReport]) -> None:
        """Take the newest reports of a source, by its number."""
        for report in reports:
            key = report.site, report.chamber
            found = self._reports.pop(key, None)
            if found is None:
                if not self._has_room(report.heard):
                    if len(self._left) < _MOST_COUNTED:
                        self._left[key] = report.heard
                    continue
                found = {}
            self._left.pop(key, None)
            self._reports[key] = {**found, source: report}

    def _has_room(self, mono: float) -> bool:
        """Return whether one more has room; a silent chamber gives up its place for one that reports."""
        if len(self._reports) < MOST_CHAMBERS:
            return True
        oldest, found = next(iter(self._reports.items()))
        if mono - max(one.heard for one in found.values()) <= SILENT:
            return False
        del self._reports[oldest]
        return True

    def view(self, mono: float, sources: Sequence[FleetSourceView] = ()) -> FleetView:
        """Return all chambers at a moment of this program's monotonic clock; `sources` by their numbers."""
        lost = frozenset(number for number, one in enumerate(sources) if one.state is SourceState.LOST)
        chosen = {key: _best(found) for key, found in self._reports.items()}
        names = _names(chosen)
        rows = tuple(
            _row(names[key], report, mono, source_lost=source in lost)
            for key, (source, report) in sorted(chosen.items(), key=lambda one: _order(one[0]))
        )
        alarms = sorted((one for row in rows for one in row.alarms), key=_urgency)
        self._left = {key: heard for key, heard in self._left.items() if mono - heard <= SILENT}
        return FleetView(rows, tuple(alarms), len(self._left))


def _best(found: Mapping[int, ChamberReport]) -> tuple[int, ChamberReport]:
    """Return the report that knows most, of several sources: that of a recorder that is there, the newest."""

    def rank(one: tuple[int, ChamberReport]) -> tuple[bool, bool, bool, float]:
        report = one[1]
        here, read = report.presence is Presence.HERE, report.summary is not None
        return here, read, report.fault is None, report.arrived - report.age

    return max(found.items(), key=rank)


def _names(chosen: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return what each chamber is called: its name, with its site where there are several of that name."""
    keys = list(chosen)
    count: dict[str, int] = {}
    for _, chamber in keys:
        count[chamber] = count.get(chamber, 0) + 1
    made: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for site, chamber in sorted(keys):
        name, number = chamber if count[chamber] == 1 else f"{site or '?'}/{chamber}", 1
        while name in taken:
            # A name from a bus may hold a slash, too.
            number += 1
            name = f"{site or '?'}/{chamber} ({number})"
        taken.add(name)
        made[site, chamber] = name
    return made


def _order(key: tuple[str, str]) -> list[tuple[list[tuple[int, str]], str]]:
    """Return what sorts chambers by site and name, numbers in them by their value."""
    return [([_part(part) for part in _DIGITS.split(text.casefold())], text) for text in key]


def _part(text: str) -> tuple[int, str]:
    # Digits of other scripts, and endless ones, are sorted as text.
    number = text.isascii() and text.isdecimal() and len(text) < 19
    return (int(text), "") if number else (-1, text)


def _urgency(one: FleetAlarm) -> tuple[bool, int, bool, float]:
    return not one.waits, SEVERITIES.index(one.severity), not one.alarm.active, -(one.alarm.since or 0.0)


def _row(name: str, report: ChamberReport, mono: float, *, source_lost: bool) -> FleetRow:
    summary, passed = report.summary, max(0.0, mono - report.arrived) + report.age
    state = _state(report, mono, source_lost=source_lost)
    live = state is RowState.ONLINE
    data_age = None
    if summary is not None and summary.newest_age is not None:
        data_age = summary.newest_age + passed
    age = _age(state, report, mono, passed, data_age)
    if state is RowState.GONE and data_age is not None and age is not None:
        # The clocks of two machines may make the last words younger than their speaker's end.
        data_age = max(data_age, age)
    ahead = report.clock_ahead
    ahead = ahead if ahead is not None and abs(ahead) > CLOCKS_DIFFER else None
    alarms: tuple[FleetAlarm, ...] = ()
    if summary is not None:
        # The recorder evaluates on while the link is lost.
        made = (_alarm(name, one, old=state in NO_WORD) for one in summary.alarms or ())
        alarms = tuple(sorted(made, key=_urgency))
    row = FleetRow(
        site=report.site,
        chamber=report.chamber,
        name=name,
        report=report,
        state=state,
        age=age,
        data_age=data_age,
        live=live,
        trouble=Trouble.NONE,
        alarms=alarms,
        readings=_readings(summary, passed, live=live) if summary is not None else (),
        clock_ahead=ahead,
        ends=None if not live or summary is None or summary.ends is None else summary.ends - (ahead or 0.0),
    )
    return msgspec.structs.replace(row, trouble=_trouble(row))


def _state(report: ChamberReport, mono: float, *, source_lost: bool) -> RowState:
    if report.presence is Presence.GONE:
        return RowState.GONE
    if report.fault is not None:
        return RowState.UNREADABLE
    silent = mono - report.heard
    if silent > SILENT or (source_lost and silent > LOST_AT_ONCE):
        return RowState.SILENT
    if report.summary is None:
        return RowState.UNKNOWN
    if mono - report.arrived + report.age > SILENT:
        return RowState.SILENT
    return _BY_LINK.get(report.summary.link, RowState.UNKNOWN)


def _age(
    state: RowState, report: ChamberReport, mono: float, passed: float, data_age: float | None
) -> float | None:
    summary = report.summary
    match state:
        case RowState.ONLINE | RowState.STALE:
            return data_age
        case RowState.GONE:
            if report.gone_for is not None:
                return report.gone_for + max(0.0, mono - report.heard)
            return data_age
        case RowState.SILENT | RowState.UNREADABLE:
            return passed
    if summary is None or summary.link_since is None:
        return data_age
    return max(0.0, summary.utc - summary.link_since) + passed


def _alarm(name: str, alarm: AlarmSummary, *, old: bool) -> FleetAlarm:
    known = alarm.severity in _SEVERITIES
    # Of a newer program: what is not known here is not taken lightly.
    severity = Severity(alarm.severity) if known else Severity.HIGH
    waits = (
        alarm.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED) or alarm.state not in _KNOWN_STATES
    )
    return FleetAlarm(name, alarm, severity, waits, old)


def _trouble(row: FleetRow) -> Trouble:
    found = [_OF_STATE.get(row.state, Trouble.NONE)]
    if row.alarms:
        found.append(Trouble.WAITING if row.waiting else Trouble.ALARM)
    summary = row.summary
    recorded = summary is None or summary.recorder != RecorderState.FAILING
    if row.clock_ahead is not None or row.sink is not None or not recorded:
        found.append(Trouble.MINOR)
    return min(found)


# -- readings -------------------------------------------------------------------------------------------


def _readings(summary: ChamberSummary, passed: float, *, live: bool) -> tuple[FleetReading, ...]:
    """Return the channels to show: controlled temperature and pressure, then the other pinned ones."""
    channels = [one for one in summary.channels if one.value is not None]
    first = _first(channels, Role.CONTROLLED, TEMPERATURE), _first(channels, Role.PRESSURE, PRESSURE)
    pinned = [one for one in channels if one.pinned]
    # One channel may be both: each is shown once.
    shown = list({one.full_name: one for one in (*first, *(pinned or channels)) if one is not None}.values())
    return tuple(
        FleetReading(
            one,
            None if one.age is None else one.age + passed,
            not live or one.quality != Quality.GOOD,
            _target(summary, one) if one is first[0] else None,
            unit_of(one.unit).dimension == PRESSURE if one.unit else False,
        )
        for one in shown[:_READINGS]
    )


def _first(channels: Sequence[ChannelSummary], role: Role, dimension: str) -> ChannelSummary | None:
    """Return the channel with a role, else the first pinned one of a dimension; None where there is none."""
    for one in channels:
        if one.role == role:
            return one
    alike = [one for one in channels if one.unit and unit_of(one.unit).dimension == dimension]
    return next((one for one in alike if one.pinned), None)


def _target(summary: ChamberSummary, channel: ChannelSummary) -> float | None:
    """Return where a controlled temperature is to go, in its unit; None where that is not known."""
    if summary.run != RunState.RUNNING or summary.target is None:
        return None
    one, other = unit_of(summary.target_unit or "degC"), unit_of(channel.unit)
    return one.to(other, summary.target) if one.dimension == other.dimension else None
