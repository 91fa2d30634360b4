"""What a face may ask of a chamber, whether it is there now or is replayed."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.analysis.settings import InsightSettings
from xovac_tui.api.contract import Contract, Role
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Snapshot
from xovac_tui.clock import Clock
from xovac_tui.config import Profile
from xovac_tui.recording.log import Log
from xovac_tui.recording.service import StationRecord
from xovac_tui.recording.status import RecorderView
from xovac_tui.runs.progress import LoadedRecipe, Progress, of_flight, progress
from xovac_tui.runs.service import Flights
from xovac_tui.station import commands
from xovac_tui.station.commands import Prepared
from xovac_tui.station.news import News
from xovac_tui.station.proving import Proving
from xovac_tui.station.refusal import Refusal

if TYPE_CHECKING:
    from xovac_tui.analysis.insight import Insight
    from xovac_tui.analysis.values import ChamberValues
    from xovac_tui.recipes.plan import Plan, PlanSettings
    from xovac_tui.replay.playback import Player
    from xovac_tui.runs.view import FlightView
    from xovac_tui.station.proofs import StopProofs


log = logging.getLogger(__name__)


class Station(ABC):
    """One chamber as a face sees it: what is the same with a link and without."""

    name: str
    profile: Profile
    contract: Contract
    clock: Clock
    """The clock of the person at the face."""
    demo = False
    """It is a simulator that this program has started."""
    assumed_speed = 1.0
    """Seconds that pass in the device in one of the clock, until it says so itself."""
    log: Log
    record: StationRecord
    chamber: Chamber
    flights: Flights
    alarms: AlarmDesk
    player: Player | None = None
    """What turns the replay; None where the chamber is there now."""
    insight_settings: InsightSettings
    """What is called stable, and what advice is given on."""

    def __init__(self, insight: InsightSettings | None = None, proofs: StopProofs | None = None) -> None:
        self.insight_settings = insight or InsightSettings()
        self.proving = Proving(self, proofs)
        """Whether STOP is proven on this chamber."""
        self._listeners: list[Callable[[News], None]] = []
        self._insight: Insight | None = None

    @property
    def speed(self) -> float:
        """Seconds that pass in the device in one of the clock: 1 but for a simulator."""
        told = self.chamber.speed
        return self.assumed_speed if told is None else told

    @property
    def unreadable(self) -> str:
        """Why the time before, or a part of it, cannot be shown; empty while nothing is wrong."""
        return self.record.unreadable or self.log.problem

    # -- what each kind of station does in its own way -------------------------------------------------

    @abstractmethod
    async def run(self) -> None:
        """Go on until cancelled."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return the chamber as it is now; cheap, at any time."""

    @abstractmethod
    def history(self, full_name: str) -> ChannelHistory | None:
        """Return the history of a numeric channel, back to the beginning of the record; None without any."""

    @abstractmethod
    def marks(self, snapshot: Snapshot) -> tuple[Mark, ...]:
        """Return the marks on the time axis, oldest first."""

    @property
    @abstractmethod
    def recorder(self) -> RecorderView:
        """What the recorder does."""

    @property
    @abstractmethod
    def observe(self) -> bool:
        """True while no command can be sent from here, STOP included."""

    @abstractmethod
    def set_observe(self, observe: bool) -> None:
        """Switch between OBSERVE and CONTROL, where that is possible."""

    @abstractmethod
    def blocked(self, command: str, *, stop: bool = False) -> Refusal | None:
        """Return why `command` could not be sent now; None when it could. `stop`: by the STOP key."""

    @abstractmethod
    async def send_prepared(
        self, prepared: Prepared, *, timeout: float | None = None, stop: bool = False
    ) -> LedgerEntry:
        """Send what was prepared, once; return its ledger entry when the outcome is final."""

    @abstractmethod
    async def load_recipe(
        self, plan: Plan, payload: Mapping[str, Any], source: str = "", *, timeout: float | None = None
    ) -> LedgerEntry:
        """Hand a compiled recipe to the chamber."""

    @abstractmethod
    async def stop(self) -> LedgerEntry:
        """Send `cancel_recipe` by the STOP key."""

    @abstractmethod
    def refuse_stop(self, refusal: Refusal) -> LedgerEntry:
        """Note in the ledger that STOP was asked for and could not be sent; sends nothing."""

    @abstractmethod
    def reconnect(self) -> None:
        """Try to connect now instead of at the next turn."""

    @abstractmethod
    def note(self, text: str) -> None:
        """Put the operator's note on the time axis."""

    @abstractmethod
    def look_at_unknown(self) -> None:
        """Note that somebody has looked at the commands whose outcome is unknown."""

    # -- what a face reads ----------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """Call `listener` with news at once when it happens; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def progress(self, snapshot: Snapshot) -> Progress:
        """Return how far the run is, as far as the chamber's words and the plan tell."""
        flight = self.flights.flying
        view = flight.view() if flight is not None else None
        if flight is not None and view is not None and flight.course is not None and view.planned:
            return of_flight(view, estimated=flight.course.plan.estimated)
        found = progress(snapshot.run, self.loaded, utc=snapshot.utc, mono=snapshot.mono, speed=self.speed)
        if view is None or found.planned or found.elapsed is None:
            return found
        # The flight may have been there before this program was: its clock goes on.
        return msgspec.structs.replace(found, elapsed=view.elapsed, elapsed_is_least=view.elapsed_is_least)

    def planned_profile(self, snapshot: Snapshot) -> list[tuple[float, float]]:
        """Return the running recipe's planned profile as (monotonic seconds, degC); empty when unknown."""
        return self.flights.planned_profile()

    @property
    def loaded(self) -> LoadedRecipe | None:
        """The recipe that was handed to the chamber last, from here or by another program on this record."""
        return self.flights.loaded

    @property
    def insight(self) -> Insight:
        """What the readings mean: stability, the course of the pressure, advice."""
        if self._insight is None:
            # Nobody needs it for the first paint.
            from xovac_tui.analysis.insight import Insight

            self._insight = Insight(self)
        return self._insight

    def values(self) -> ChamberValues:
        """Return what answers expressions: with the past, the run, and the criteria of the settings.

        Alarm rules and `wait` ask the same, with a screen and without.
        """
        from xovac_tui.analysis.values import ChamberValues

        return ChamberValues(
            self.chamber,
            curve=self.history,
            criteria=self.insight_settings.stability.criteria,
            times=self._times,
        )

    def _times(self) -> tuple[float | None, float | None]:
        """Return for how many seconds the run and its step go on, where their beginnings were seen."""
        flight = self.flight()
        if flight is None or flight.over:
            return None, None
        return None if flight.elapsed_is_least else flight.elapsed, flight.step_elapsed

    def flight(self) -> FlightView | None:
        """Return the run that goes on, or the newest that has ended; None before the first."""
        return self.flights.view()

    def plan_settings(self) -> PlanSettings:
        """Return how this chamber reads recipes, as its profile assumes."""
        # Recipes are planned when somebody looks at one: the first paint does not wait for that.
        from xovac_tui.recipes.plan import PlanSettings

        recipe = self.profile.recipe
        return PlanSettings(
            temperature_unit=recipe.temperature_unit,
            duration_unit=recipe.duration_unit,
            step_reading=recipe.step_reading,
            chamber_min=recipe.min,
            chamber_max=recipe.max,
            assumed_rate=recipe.assumed_rate,
            tolerance=recipe.tolerance,
            pressure=recipe.pressure,
            max_items=recipe.max_items,
            rates=self.flights.rates,
            pressure_told=any(
                leaf.role is Role.PRESSURE
                for message in self.contract.messages.values()
                for leaf in message.leaves
            ),
        )

    # -- commands -------------------------------------------------------------------------------------

    def prepare(self, command: str, values: Mapping[str, Any] | None = None) -> Prepared:
        """Check a command of the contract; ContractError says what is wrong and what would be right."""
        return commands.prepare(self.contract, command, values or {}, utc=self.clock.utc())

    def prepare_raw(self, event: str, text: str) -> Prepared:
        """Check an expert's event: any name, and any JSON or nothing."""
        return commands.prepare_raw(self.contract, event, text)

    def _tell(self, news: News) -> None:
        for listener in list(self._listeners):
            try:
                listener(news)
            except Exception:  # what listens must not end what it listens to
                log.exception("a listener failed at %s", type(news).__name__)
