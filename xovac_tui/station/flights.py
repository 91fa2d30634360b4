"""Follows the runs of one chamber: begins, resumes and ends flights, and keeps them in the record."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING

import msgspec

from xovac_tui.api.contract import Contract, Role
from xovac_tui.api.text import clean
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, RunState
from xovac_tui.clock import Clock
from xovac_tui.errors import XovacError
from xovac_tui.progress import LoadedRecipe
from xovac_tui.station.recording import StationRecord

if TYPE_CHECKING:
    from xovac_tui.flight import Flight, FlightView
    from xovac_tui.recipes.rates import Rates

STOP_COMMAND = "cancel_recipe"
SAVE_EVERY = 10.0
"""Seconds between two notes in the record of how far a run is; a step that begins is noted at once."""
_OTHERS_COMMIT = 1.5
"""Seconds after which a console beside this recorder has written what it sent."""
_HAPPENED = (Outcome.SUCCESS, Outcome.DONE)


class Flights:
    """The run that is flown now, the recipe that was loaded last, and what the chamber has managed."""

    def __init__(
        self, contract: Contract, record: StationRecord, clock: Clock, *, speed: float, who: str
    ) -> None:
        self._contract, self._record, self._clock = contract, record, clock
        self.speed, self._who = speed, who
        self._tells_state = any(
            leaf.role is Role.STATE for message in contract.messages.values() for leaf in message.leaves
        )
        self.loaded: LoadedRecipe | None = None
        """The recipe that was handed to the chamber last, from here or by another program on this record."""
        self.rates: Rates | None = None
        """What the chamber has managed in its recorded runs; None where nothing is known."""
        self.flight: Flight | None = None
        """The run that goes on, or the newest that has ended."""
        self._run = 0
        """Its number in the record; 0 where it has none."""
        self._started = (0.0, 0.0)
        """UTC and monotonic time of its beginning."""
        self._saved = 0.0
        self._begun_blind = False
        self._taken: set[int] = set()
        """Commands that have had their effect here: what else becomes of them changes no run."""
        self._tasks: set[asyncio.Task[None]] = set()

    # -- what comes back from the record ----------------------------------------------------------------

    def read_back(self) -> None:
        """Take up what the record knows: the recipe that was loaded, the run that goes on, learned rates."""
        record = self._record.record
        if record is None:
            return
        # The first picture does not wait for what flies runs.
        from xovac_tui.flight import Flight, FlightState

        try:
            from xovac_tui.recording import lists

            self._take_loaded(None)
            self._learn_again()
            going = lists.open_run(record)
            if going is None or not going.flight:
                return
            state = msgspec.json.decode(going.flight, type=FlightState)
            # The load may have been written just after the run's last note.
            load = lists.newest_load(record, going.name, before=going.started + 1.0)
            loaded = self._plan_of(going.load or (load.id if load is not None else None))
        except (XovacError, msgspec.MsgspecError, UnicodeError):
            # A record of strange hands: what cannot be read is not known.
            return
        self.loaded = loaded or self.loaded
        self.flight = Flight(loaded.plan if loaded else None, resume=state)
        self._run = going.id
        self._started = (going.started, self._clock.mono() - (self._clock.utc() - going.started))

    def _take_loaded(self, name: str | None) -> None:
        """Take the newest recipe of this name (of any where None) that the record knows as loaded."""
        from xovac_tui.recording import lists

        record = self._record.record
        found = lists.newest_load(record, name) if record is not None else None
        if found is not None:
            self.loaded = self._plan_of(found.id)

    def _plan_of(self, load: int | None) -> LoadedRecipe | None:
        """Return the recipe of a load in the record."""
        from xovac_tui.recipes.plan import Plan
        from xovac_tui.recording import lists

        record = self._record.record
        found = lists.load(record, load) if record is not None and load is not None else None
        if found is None:
            return None
        mono = self._clock.mono() - (self._clock.utc() - found.t)
        return LoadedRecipe(found.name, msgspec.json.decode(found.plan, type=Plan), mono)

    def _learn_again(self) -> None:
        """Put together what all recorded runs have taught."""
        from xovac_tui.recipes.rates import Rates, merge
        from xovac_tui.recording import lists

        record = self._record.record
        if record is None:
            return
        known = [msgspec.json.decode(data, type=Rates) for _, data in lists.rates(record)]
        merged = merge(known)
        self.rates = merged if merged.bands else None

    def copy(self) -> Flights:
        """Return other ones that go on by themselves from here."""
        other = copy.copy(self)
        other.flight = copy.copy(self.flight)
        other._taken = set(self._taken)
        return other

    # -- what happens -----------------------------------------------------------------------------------

    @property
    def flying(self) -> Flight | None:
        """The run that goes on; None where none does, as far as anybody knows."""
        return self.flight if self.flight is not None and not self.flight.over else None

    @property
    def number(self) -> int:
        """Number of the newest run in the record; 0 where it has none."""
        return self._run

    def view(self) -> FlightView | None:
        """Return the run that goes on, or the newest that has ended; None before the first."""
        return self.flight.view() if self.flight is not None else None

    def planned_profile(self) -> list[tuple[float, float]]:
        """Return the plan of the run that goes on as (monotonic seconds, degC); empty when unknown."""
        flight = self.flying
        if flight is None or flight.course is None or not flight.view().planned:
            return []
        state = flight.state()
        began = state.mono - state.t
        return [
            (began + (t + state.shift) / state.speed, celsius) for t, celsius in flight.course.plan.points()
        ]

    def observe(self, seen: Observation, *, start_seen: bool) -> None:
        """Take one look at the chamber: a run may begin, go on, or end."""
        flight = self.flying
        if flight is None:
            if seen.state is RunState.RUNNING:
                self._begin(seen, start_seen=start_seen)
            return
        if flight.observe(seen) or seen.mono - self._saved >= SAVE_EVERY:
            self._save(flight, seen)
        if flight.over:
            self._ended(flight, seen)
            if seen.state is RunState.RUNNING:
                self._begin(seen, start_seen=True)

    def took(self, entry: LedgerEntry) -> None:
        """Take what became of a command: it may begin a run that nobody tells of, or end one."""
        flight = self.flying
        if entry.id in self._taken:
            return
        if entry.outcome in (*_HAPPENED, Outcome.UNKNOWN):
            self._taken.add(entry.id)
        if entry.command == STOP_COMMAND and entry.outcome in (*_HAPPENED, Outcome.UNKNOWN):
            if flight is not None and flight.cancel(entry.who):
                self._ended(flight, None)
            return
        starts = self._contract.start or "load_recipe"
        if entry.command == starts and entry.outcome in _HAPPENED and not self._tells_state:
            if flight is not None:
                flight.give_up(f"{starts} was sent again by {clean(entry.who, 60)}: another run has begun.")
                self._ended(flight, None)
            self._begun_blind = True

    def tick_blind(self, seen: Observation) -> None:
        """Begin a run of which the device tells nothing, once the recipe that was loaded is known."""
        if self._begun_blind and self.flying is None:
            self._begin(seen, start_seen=True)
        self._begun_blind = False

    def _begin(self, seen: Observation, *, start_seen: bool) -> None:
        from xovac_tui.flight import Flight

        if seen.recipe is not None and (self.loaded is None or self.loaded.name != seen.recipe):
            try:
                self._take_loaded(seen.recipe)
            except (XovacError, msgspec.MsgspecError):
                self.loaded = None
        loaded = self.loaded
        if loaded is not None and seen.recipe not in (None, loaded.name):
            loaded = None
        name = seen.recipe or (loaded.name if loaded else "")
        self.flight = Flight(
            loaded.plan if loaded else None, name=name, speed=self.speed, start_seen=start_seen
        )
        self._run = self._record.new_run()
        self._started = (seen.utc, seen.mono)
        self.flight.observe(seen)
        self._save(self.flight, seen)

    def _save(self, flight: Flight, seen: Observation | None, rates: bytes = b"") -> None:
        """Note in the record how far the run is, if this program is the one that records."""
        state = flight.state()
        self._saved = state.mono if seen is None else seen.mono
        self._record.run(
            self._run,
            name=state.name,
            started=self._started,
            result=state.result.value,
            reason=state.reason,
            flight=msgspec.json.encode(state),
            rates=rates,
        )

    def _ended(self, flight: Flight, seen: Observation | None) -> None:
        self._save(flight, seen)
        try:
            task = asyncio.get_running_loop().create_task(self._settle(flight), name="run-settle")
        except RuntimeError:
            return
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, flight: Flight) -> None:
        """After the end: see whether somebody else cancelled it, and learn how fast the chamber was."""
        if not self._record.recording:
            return
        from xovac_tui.flight import Result

        run, started = self._run, self._started
        if flight.state().result in (Result.ENDED_EARLY, Result.UNKNOWN) and self._record.others():
            await asyncio.sleep(_OTHERS_COMMIT)
            await asyncio.to_thread(self._find_cancel, flight)
        ramps, speed = flight.quick_ramps(), flight.state().speed
        learned = await asyncio.to_thread(self._record.learn, started[0], ramps, speed)
        if self._run == run and (learned or flight.state().reason):
            self._save(flight, None, rates=learned)
            await asyncio.to_thread(self._record.flush)
            self._learn_again()

    def _find_cancel(self, flight: Flight) -> None:
        from xovac_tui.flight import Result

        who = self._record.cancelled_by(STOP_COMMAND, self._clock.utc())
        if who:
            flight.amend(
                Result.CANCELLED, f"{STOP_COMMAND} was sent by {clean(who, 60)}, and the chamber stopped."
            )
