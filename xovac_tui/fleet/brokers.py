"""Report the chambers that publish their state to a broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from xovac_tui.clock import Clock
from xovac_tui.forwarding.failures import Failure
from xovac_tui.forwarding.fleetview import SeenChamber
from xovac_tui.forwarding.reports import ChamberReport, FleetSourceView, Presence, SourceState, fitted
from xovac_tui.forwarding.view import SinkState, SinkView

_STATES = {SinkState.STARTING: SourceState.STARTING, SinkState.ON: SourceState.ON}
_PRESENCE = {True: Presence.HERE, False: Presence.GONE, None: Presence.UNKNOWN}


class BrokerReader(Protocol):
    """What follows a broker, from a thread of its own."""

    @property
    def view(self) -> SinkView:
        """How the connection is."""

    @property
    def heard(self) -> float | None:
        """When the newest message came, monotonic seconds; None: none came yet."""

    def start(self) -> None:
        """Begin."""

    def chambers(self) -> tuple[SeenChamber, ...]:
        """Return what is known of every chamber."""

    def stop(self) -> None:
        """End."""


class BrokerSource:
    """Reports what a broker says of chambers."""

    def __init__(self, reader: BrokerReader, clock: Clock, *, place: str) -> None:
        """Take a reader that counts time by `clock`; `place` is the host of the broker, as it is shown."""
        self._reader, self._clock, self._place = reader, clock, place
        self._known: dict[tuple[str, str], SeenChamber] = {}
        self._fit: dict[tuple[str, str], ChamberReport] = {}

    @property
    def view(self) -> FleetSourceView:
        """How the connection is."""
        view = self._reader.view
        return FleetSourceView(
            name=view.name,
            place=self._place,
            state=_STATES.get(view.state, SourceState.LOST),
            heard=self._reader.heard,
            failure=view.failure,
        )

    def start(self) -> None:
        """Begin."""
        self._reader.start()

    def stop(self) -> None:
        """End."""
        self._reader.stop()

    def take(self) -> Sequence[ChamberReport]:
        """Return the newest report of each chamber of which something came since this was last asked."""
        made = []
        for seen in self._reader.chambers():
            key = seen.site, seen.chamber
            if self._known.get(key) is not seen:
                self._known[key] = seen
                made.append(self._report(seen))
        return made

    def _report(self, seen: SeenChamber) -> ChamberReport:
        utc, mono = self._clock.utc(), self._clock.mono()
        summary = None if seen.summary is None else fitted(seen.summary)
        moments = [one for one in (seen.arrived, seen.status_arrived) if one is not None]
        heard = max(moments, default=mono)
        age = 0.0
        if summary is not None and not seen.live and seen.arrived is not None:
            # The broker had kept it: by the clocks of both machines, which is all that is known.
            age = max(0.0, utc - (mono - seen.arrived) - summary.utc)
        gone_for = None
        if seen.online is False:
            if seen.status_live and seen.status_arrived is not None:
                gone_for = heard - seen.status_arrived
            elif summary is not None and seen.arrived is not None:
                gone_for = heard - seen.arrived + age
        return ChamberReport(
            site=seen.site,
            chamber=seen.chamber,
            presence=_PRESENCE[seen.online],
            summary=summary,
            arrived=heard if seen.arrived is None else seen.arrived,
            age=age,
            heard=heard,
            gone_for=gone_for,
            clock_ahead=seen.clock_ahead,
        )


class BrokenSource:
    """A broker that cannot be followed as the settings are; it is shown as lost."""

    def __init__(self, name: str, failure: Failure) -> None:
        self.view = FleetSourceView(name=name, state=SourceState.LOST, failure=failure)

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def take(self) -> Sequence[ChamberReport]:
        """Return nothing."""
        return ()
