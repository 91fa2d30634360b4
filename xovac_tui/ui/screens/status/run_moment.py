"""All that is known of the run at one moment, as its panel is given it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from xovac_tui.chamber.snapshot import RunState, Snapshot

if TYPE_CHECKING:
    from xovac_tui.runs.view import FlightView


class RunMoment(msgspec.Struct, frozen=True):
    """All that is known of the run at one moment."""

    snapshot: Snapshot
    progress: FlightView
    """The run that goes on: the one that is followed, else as it is at a glance."""
    flight: FlightView | None
    """The run that goes on, or the newest that has ended."""

    @property
    def running(self) -> FlightView | None:
        """The run that is followed."""
        flight = self.flight
        return flight if flight is not None and not flight.over else None

    @property
    def ended(self) -> FlightView | None:
        """The newest run, when it has ended and none goes on."""
        return None if self.running is not None else self.flight

    @property
    def planned(self) -> FlightView | None:
        """The run that is followed, if a plan of it is known."""
        flight = self.running
        return flight if flight is not None and flight.planned else None

    @property
    def untold(self) -> bool:
        """True while a run is followed of which the chamber tells nothing."""
        return self.running is not None and self.snapshot.run.state is RunState.UNKNOWN

    @property
    def on(self) -> bool:
        """True while a run goes on, by the chamber's word or else by the plan."""
        return self.snapshot.run.state is RunState.RUNNING or self.untold

    @property
    def silent(self) -> bool:
        """True when the newest word about the run is too old to be believed."""
        flight = self.running
        return self.snapshot.run.stale or (self.untold and flight is not None and flight.silent is not None)
