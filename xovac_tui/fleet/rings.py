"""Which alarms of the fleet ring in this terminal, by the receivers of a console. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, AlarmsView, AlarmView
from xovac_tui.fleet.overview import FleetAlarm, FleetRow
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.notify.terminal import TerminalNotices

_ALIKE = 1.0
"""Seconds by which two moments at which an alarm was raised differ at least."""
_AT_ONCE = 10
"""Chambers that ring at one moment at the most; the others ring at the next ones."""
_MOST_KEPT = 1_000
"""Chambers that are kept although they are not shown any more."""


class _ChamberRings:
    """The alarms of one chamber, as they were last seen."""

    def __init__(self, notices: TerminalNotices) -> None:
        self.notices = notices
        self.known: dict[str, FleetAlarm] | None = None
        """None before the first look at it."""

    def changes(self, row: FleetRow, since: float, utc: float, mono: float) -> list[AlarmChange]:
        """Return what happened since the last look; at the first one, since UTC seconds.

        What was active before the fleet was opened was sent by the program that evaluates.
        """
        before, now = self.known, {one.alarm.rule: one for one in row.alarms}
        self.known = now
        if before is None:
            since += row.clock_ahead or 0.0
            before = {rule: one for rule, one in now.items() if (one.alarm.since or 0.0) <= since}
        made = []
        for rule, one in now.items():
            was = before.get(rule)
            again = was is None or abs((one.alarm.since or 0.0) - (was.alarm.since or 0.0)) > _ALIKE
            if one.waits and one.alarm.state != AlarmState.RETURNED and (again or not was or not was.waits):
                made.append(_change(one, AlarmEvent.RAISED, AlarmState.UNACKNOWLEDGED, utc, mono))
            elif one.alarm.state == AlarmState.RETURNED and (was is None or was.alarm.active):
                made.append(_change(one, AlarmEvent.RETURNED, AlarmState.RETURNED, utc, mono))
            elif was is not None and was.waits and not one.waits:
                made.append(_change(one, AlarmEvent.ACKNOWLEDGED, AlarmState.ACKNOWLEDGED, utc, mono))
        return made


class FleetRings:
    """Decides what is written to the terminal for new alarms of any chamber."""

    def __init__(
        self, settings: NotifySettings, environ: Mapping[str, str], plain: Callable[[str], str] = str
    ) -> None:
        """Take `plain`, which makes text that the terminal can show."""
        self._settings, self._environ, self._plain = settings, environ, plain
        self._chambers: dict[tuple[str, str], _ChamberRings] = {}
        self._opened: float | None = None
        """UTC seconds of the first look."""

    def due(self, rows: Iterable[FleetRow], utc: float, mono: float) -> str:
        """Return what to write to the terminal at this moment; empty for nothing."""
        if not self._settings.in_terminal:
            return ""
        rows = tuple(rows)
        self._opened = utc if self._opened is None else self._opened
        found: list[str] = []
        for row in rows:
            if row.summary is None:
                continue
            rings = self._of(row)
            if changes := rings.changes(row, self._opened, utc, mono):
                rings.notices.take(changes, mono)
            if (changes or row.alarms) and len(found) < _AT_ONCE:
                ring = rings.notices.due(_view(row.alarms), mono, utc, plain=self._plain)
                # Bells are all the same: one is enough.
                found += [ring] if ring and ring not in found else []
        if len(self._chambers) > len(rows) + _MOST_KEPT:
            shown = {(row.site, row.chamber) for row in rows}
            self._chambers = {key: one for key, one in self._chambers.items() if key in shown}
        return "".join(found)

    def _of(self, row: FleetRow) -> _ChamberRings:
        key = row.site, row.chamber
        if key not in self._chambers:
            notices = TerminalNotices(self._settings, row.name, environ=self._environ)
            self._chambers[key] = _ChamberRings(notices)
        return self._chambers[key]


def _state(one: FleetAlarm) -> AlarmState:
    known = {state.value: state for state in AlarmState}
    return known.get(one.alarm.state, AlarmState.UNACKNOWLEDGED)


def _view(alarms: Iterable[FleetAlarm]) -> AlarmsView:
    return AlarmsView(
        alarms=tuple(
            AlarmView(
                rule=one.alarm.rule,
                severity=one.severity,
                state=_state(one),
                text=one.alarm.text,
                active=one.alarm.active,
                raised_utc=one.alarm.since,
            )
            for one in alarms
        )
    )


def _change(one: FleetAlarm, event: AlarmEvent, state: AlarmState, utc: float, mono: float) -> AlarmChange:
    return AlarmChange(
        rule=one.alarm.rule,
        event=event,
        state=state,
        severity=one.severity,
        utc=utc,
        mono=mono,
        text=one.alarm.text,
        active=one.alarm.active,
        raised_utc=one.alarm.since,
    )
