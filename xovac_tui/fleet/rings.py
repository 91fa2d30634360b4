"""Which alarms of the fleet ring in this terminal, by the receivers of a console. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, AlarmsView, AlarmView
from xovac_tui.fleet.overview import FleetAlarm, FleetRow
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.notify.terminal import TerminalNotices

_ALIKE = 1.0
"""Seconds by which two moments at which an alarm was raised differ at least."""


class _ChamberRings:
    """The alarms of one chamber, as they were last seen."""

    def __init__(self, notices: TerminalNotices) -> None:
        self.notices = notices
        self.known: dict[str, FleetAlarm] | None = None
        """None before the first look: what was active then was sent by the program that evaluates."""

    def changes(self, alarms: Iterable[FleetAlarm], utc: float, mono: float) -> list[AlarmChange]:
        """Return what happened since the last look."""
        before, now = self.known, {one.alarm.rule: one for one in alarms}
        self.known = now
        if before is None:
            return []
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

    def due(self, rows: Iterable[FleetRow], utc: float, mono: float) -> str:
        """Return what to write to the terminal at this moment; empty for nothing."""
        if not self._settings.in_terminal:
            return ""
        found = ""
        for row in rows:
            if row.summary is None:
                continue
            rings = self._of(row)
            if changes := rings.changes(row.alarms, utc, mono):
                rings.notices.take(changes, mono)
            if changes or row.alarms:
                found += rings.notices.due(_view(row.alarms), mono, utc, plain=self._plain)
        return found

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
