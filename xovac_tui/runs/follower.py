"""Follow the runs of one chamber: begin, resume and end them, and keep them in the record."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import Sequence

import msgspec

from xovac_tui import recipes, recording, runs
from xovac_tui.api.contract import LOAD_COMMAND, STOP_COMMAND, Contract, Role
from xovac_tui.chamber.observation import Observation
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, RunState
from xovac_tui.clock import Clock
from xovac_tui.errors import XovacError
from xovac_tui.recording import disk
from xovac_tui.runs.hold import PlacedHold
from xovac_tui.runs.loaded import LoadedRecipe
from xovac_tui.runs.store import RunRecord

SAVE_EVERY = 10.0
"""Seconds between two notes in the record of how far a run is; a step that begins is noted at once."""
_OTHERS_COMMIT = 1.5
"""Seconds after which a console beside this recorder has written what it sent."""
_FIRST_DATA = 10.0
"""Seconds for which a run that goes on already waits for the first data before it is followed."""
_ASK_EVERY = 1.0
"""Seconds between checks of what other programs on this record have sent."""
_SAME_RUN = 300.0
"""Seconds by which two programs may see a run begin apart."""
_MOST_UNSAVED = 100
"""Runs that wait for a record to be opened."""
_HAPPENED = (Outcome.SUCCESS, Outcome.DONE)


class _RunEntry(msgspec.Struct):
    """A run as the record knows it."""

    number: int = 0
    """0 where it has none, or none yet."""
    started: tuple[float, float] = (0.0, 0.0)
    """UTC and monotonic time of its beginning."""
    load: str = ""
    """Hash of the list that it runs; empty where it is not known."""


class _Unsaved(msgspec.Struct, frozen=True):
    """How far a run was at a moment, until the record is open in which that is noted."""

    run: _RunEntry
    state: runs.state.RunSnapshot
    mono: float
    """Monotonic time of that moment."""
    rates: bytes


class RunFollower:
    """The run that goes on, the recipe that was loaded last, and what the chamber has managed."""

    def __init__(self, contract: Contract, record: RunRecord, clock: Clock, *, speed: float) -> None:
        self._record, self._clock = record, clock
        self._speed = speed
        """Of a device that does not say its own."""
        self.change_contract(contract)
        self.loaded: LoadedRecipe | None = None
        """The recipe that was handed to the chamber last, from here or by another program on this record."""
        self.rates: recipes.rates.Rates | None = None
        """What the chamber has managed in its recorded runs; None where nothing is known."""
        self.newest: runs.followed.Run | None = None
        """The run that goes on, or the newest that has ended."""
        self.handing: LoadedRecipe | None = None
        """The recipe that is on its way to the chamber from here."""
        self.handed: float | None = None
        """Monotonic time at which a list was handed to the chamber from here, the newest; None: none was."""
        self._entry = _RunEntry()
        self._unsaved: list[_Unsaved] = []
        """Of each run that has no number yet, the newest that is to be noted."""
        self._saved = 0.0
        self._begun_blind = False
        self._held: list[Observation] = []
        """Observations of a run that has begun, until it is known which recipe it runs."""
        self._asked = 0.0
        """When the ledger was last checked for what others sent, monotonic seconds."""
        self._ledger_seen = 0
        self._taken: set[tuple[int, int]] = set()
        """Commands that have had their effect here: what else becomes of them changes no run."""
        self._tasks: set[asyncio.Task[None]] = set()

    def change_contract(self, contract: Contract) -> None:
        """Go by another contract from now on; what was credited to a run stays."""
        self._contract = contract
        self._reports_state = contract.by_role(Role.STATE) is not None

    # -- what comes back from the record ----------------------------------------------------------------

    def opened(self) -> None:
        """Take up what the record knows, once it can be read; runs seen before that get their numbers."""
        record = self._record.record
        if self.newest is None or record is None:
            self.read_back()
            return
        try:
            self._take_up(record)
        except (XovacError, msgspec.MsgspecError, UnicodeError):
            return
        self.number_runs()
        if self._record.recording and not self._entry.number:
            self.recording_began()

    def number_runs(self) -> None:
        """Give the runs that have ended while the record could not be read their numbers, and note them."""
        unsaved, self._unsaved = self._unsaved, []
        for one in unsaved:
            # What goes on may be a run that the record holds already.
            if one.run is not self._entry or self.running is None:
                one.run.number = self._record.new_run()
                self._note(one)

    def _take_up(self, record: disk.record.Record) -> None:
        """Take up the recipe that was loaded last and the learned rates."""
        self._ledger_seen = disk.lists.newest_state(record)
        sent = self._sent_by_others()
        if self.handed is None or (sent is not None and self._is_newer(sent)):
            self.loaded = self._loaded_by(sent)
        self._learn_again()

    def read_back(self) -> None:
        """Take up what the record knows: the recipe that was loaded, the run that goes on, learned rates."""
        record = self._record.record
        if record is None:
            return
        try:
            self._take_up(record)
            self._resume_open(record)
        except (XovacError, msgspec.MsgspecError, UnicodeError):
            # A record of strange hands: what cannot be read is not known.
            return
        self._close_others(self._entry.number)

    def _close_others(self, keep: int) -> None:
        """End the runs in the record that another program left open, all but one."""
        reason = runs.endings.RunEnding(runs.endings.EndCode.NOT_FOLLOWED).sentence
        self._record.close_runs(disk.kinds.CloseRunsItem(keep, reason))

    def _resume_open(self, record: disk.record.Record) -> None:
        """Go on with the run that is open in the record, if there is one, from where it was last seen."""
        going = disk.lists.open_run(record)
        if going is None or not going.flight:
            return
        state = msgspec.json.decode(going.flight, type=runs.state.RunSnapshot)
        load = going.load
        if load is None:
            # The load may have been written just after the run's last note.
            newest = disk.lists.newest_load(record, going.name, of=going)
            load = newest.id if newest is not None else None
        loaded = self._plan_of(load)
        self.loaded = loaded or self.loaded
        self.newest = runs.followed.Run(loaded.plan if loaded else None, resume=state)
        began = self._mono_of_run(going)
        self._entry = _RunEntry(going.id, (going.started, began), loaded.hash if loaded else "")
        self._saved = self._clock.mono()

    def _sent_by_others(self) -> disk.lists.SentLoad | None:
        """Return the list that another program on this record handed over last."""
        record = self._record.record
        if record is None:
            return None
        return disk.lists.newest_sent_load(record, without=self._record.session)

    def _loaded_by(self, sent: disk.lists.SentLoad | None) -> LoadedRecipe | None:
        """Return the recipe of a list that was sent; None where no plan of it is known."""
        record = self._record.record
        if record is None or sent is None:
            return None
        load = disk.lists.load_with(record, sent.hash)
        found = self._plan_of(load.id) if load is not None else None
        return None if found is None else LoadedRecipe(found.name, found.plan, self._mono_of(sent), sent.hash)

    def _axis(self) -> disk.axis.EvenAxis:
        """Return the even time of the record, which ends now by the wall clock."""
        assert self._record.record is not None
        utc, mono = self._clock.utc(), self._clock.mono()
        return recording.digest.axis_to_now(self._record.record, utc, self._record.session, mono)

    def _mono_of(self, row: disk.axis.Placed) -> float:
        """Return when something in the record happened, in monotonic seconds of this program."""
        return self._clock.mono() - (self._clock.utc() - self._axis().of(row))

    def _mono_of_run(self, run: disk.kinds.RecordedRun) -> float:
        """Return when a run in the record began, in monotonic seconds of this program."""
        axis = self._axis()
        began = run.started
        if run.started_mono is not None and axis.knows(run.session):
            began = axis.even(run.session, run.started_mono)
        return self._clock.mono() - (self._clock.utc() - began)

    def _plan_of(self, load: int | None) -> LoadedRecipe | None:
        """Return the recipe of a load in the record; None where no plan of it is known."""
        record = self._record.record
        found = disk.lists.load(record, load) if record is not None and load is not None else None
        if found is None or not found.plan:
            return None
        plan = msgspec.json.decode(found.plan, type=recipes.plan.Plan)
        return LoadedRecipe(found.name, plan, self._mono_of(found), found.hash)

    def _learn_again(self) -> None:
        """Put together what all recorded runs have taught."""
        record = self._record.record
        if record is None:
            return
        known = [msgspec.json.decode(data, type=recipes.rates.Rates) for _, data in disk.lists.rates(record)]
        merged = recipes.rates.merge(known)
        self.rates = merged if merged.bands else None

    def recording_began(self) -> None:
        """Take over a run that another program recorded until now, or give ours a number of its own."""
        record = self._record.record
        if record is None:
            return
        try:
            going = disk.lists.open_run(record)
        except XovacError:
            return
        run, followed = self._entry, self.running
        if followed is not None:
            same = going is not None and abs(going.started - run.started[0]) <= _SAME_RUN
            run.number = going.id if same and going is not None else 0
            self._save(followed, run)
        self._close_others(run.number if followed is not None else 0)

    def copy(self) -> RunFollower:
        """Return other ones that go on by themselves from here."""
        other = copy.copy(self)
        other.newest = copy.copy(self.newest)
        other._entry = msgspec.structs.replace(self._entry)
        other._held = list(self._held)
        other._taken = set(self._taken)
        return other

    # -- what happens -----------------------------------------------------------------------------------

    @property
    def running(self) -> runs.followed.Run | None:
        """The run that goes on; None where none is known to."""
        return self.newest if self.newest is not None and not self.newest.over else None

    @property
    def number(self) -> int:
        """Number of the newest run in the record; 0 where it has none."""
        return self._entry.number

    def now(self) -> tuple[int, str, int | None] | None:
        """Return number, recipe and step of the run that goes on; None where none does."""
        view = self.view() if self.running is not None else None
        return None if view is None else (self.number, view.name, view.step)

    def view(self) -> runs.view.RunProgress | None:
        """Return the run that goes on, or the newest that has ended; None before the first."""
        return self.newest.view() if self.newest is not None else None

    def times(self) -> tuple[float | None, float | None]:
        """Return for how many seconds the run and its step go on, where their beginnings were seen."""
        view = self.view()
        if view is None or view.over:
            return None, None
        return None if view.elapsed_is_least else view.elapsed, view.step_elapsed

    def planned_profile(self) -> list[tuple[float, float]]:
        """Return the plan of the run that goes on as (monotonic seconds, degC); empty when unknown."""
        followed = self.running
        if followed is None or followed.course is None or not followed.view().planned:
            return []
        state = followed.state()
        began = state.mono - state.t
        plan = followed.course.plan
        points = [(began + (t + state.shift) / state.speed, celsius) for t, celsius in plan.points()]
        # A run that is ahead of its plan began in the middle of it, not before it began.
        later = [point for point in points if point[0] > began]
        return [(began, plan.temperature_at(max(0.0, -state.shift))), *later]

    def holds(self) -> list[PlacedHold]:
        """Return the holds of the run that goes on, as they went and as they are planned; else none."""
        followed = self.running
        if followed is None or followed.course is None:
            return []
        state, plan = followed.state(), followed.course.plan
        view = followed.view()
        if not view.planned:
            return []
        began = state.mono - state.t
        found = []
        for leg in view.legs:
            if leg.dwell is not None and leg.start is not None:
                planned_end = leg.start + (leg.planned or 0.0)
                end = leg.end if leg.end is not None else max(state.t, planned_end)
                dwell = leg.dwell
                found.append(
                    PlacedHold(began + leg.start, began + end, dwell.target, dwell.tolerance, dwell.pressure)
                )
        reached = view.step or 0
        for item in followed.course.items:
            if item.kind == "hold" and (item.index or 0) > reached:
                start, end = (began + (t + state.shift) / state.speed for t in (item.start, item.end))
                found.append(
                    PlacedHold(start, end, item.to_temp, plan.tolerance, plan.pressure, planned=True)
                )
        return found

    def observe(self, seen: Observation, *, start_seen: bool) -> None:
        """Take one observation of the chamber: a run may begin, go on, or end."""
        self._check_ledger(seen.mono)
        followed = self.running
        if followed is None:
            if seen.state is RunState.RUNNING or self._held:
                self._may_begin(seen, start_seen=start_seen)
            return
        if followed.observe(seen) or seen.mono - self._saved >= SAVE_EVERY:
            self._save(followed, self._entry)
        if followed.over:
            self._ended(followed)
            if seen.state is RunState.RUNNING:
                self._may_begin(seen, start_seen=True)

    def _check_ledger(self, mono: float) -> None:
        """Read what other programs on this record did: commands where we record, the run where they do."""
        record = self._record.record
        if record is None or mono - self._asked < _ASK_EVERY:
            return
        self._asked = mono
        try:
            if self._record.recording:
                for state in disk.lists.later_states(record, self._ledger_seen, without=self._record.session):
                    self._ledger_seen = state.id
                    self.take_outcome(state.entry, session=state.session)
            elif mono - self._saved >= SAVE_EVERY:
                self._saved = mono
                # The recorder's account of the run is the one that stays.
                self._resume_open(record)
        except (XovacError, msgspec.MsgspecError, UnicodeError):
            return

    def take_outcome(self, entry: LedgerEntry, *, session: int = 0) -> None:
        """Take the outcome of a command: it may begin a run that the device does not report, or end one.

        `session` is that of another program on this record, if one sent it.
        """
        followed, key = self.running, (session, entry.id)
        denied = entry.command == STOP_COMMAND and entry.outcome is Outcome.WARNING
        if denied and followed is not None and not self._reports_state:
            followed.give_up(runs.endings.RunEnding(runs.endings.EndCode.NOTHING_RUNS, command=STOP_COMMAND))
            self._ended(followed)
            return
        if key in self._taken or entry.outcome not in (*_HAPPENED, Outcome.UNKNOWN):
            return
        self._taken.add(key)
        if entry.command == STOP_COMMAND:
            # Where the chamber does not report its state, only an answer says that the command arrived.
            if followed is not None and followed.cancel(entry.who, sure=entry.outcome in _HAPPENED):
                self._ended(followed)
            return
        starts = self._contract.start or LOAD_COMMAND
        if entry.command == starts and entry.outcome in _HAPPENED and not self._reports_state:
            if followed is not None:
                followed.give_up(
                    runs.endings.RunEnding(runs.endings.EndCode.BEGUN_AGAIN, command=starts, who=entry.who)
                )
                self._ended(followed)
            self._begun_blind = True

    def tick_blind(self, seen: Observation) -> None:
        """Begin a run that the device does not report, once the recipe that was loaded is known."""
        if self._begun_blind and self.running is None:
            self._begin([seen], start_seen=True, asked=True)
        self._begun_blind = False

    def _may_begin(self, seen: Observation, *, start_seen: bool) -> None:
        """Begin a run; beside consoles only after they have written which recipe they handed over.

        One that went on before this program did begins for it with the first data: what it did not receive
        before is no gap.
        """
        self._held.append(seen)
        waited = seen.mono - self._held[0].mono
        if seen.state is RunState.RUNNING:
            if not start_seen and not (seen.linked and seen.fresh) and waited < _FIRST_DATA:
                return
            if waited < _OTHERS_COMMIT and self._record.others():
                return
        held, self._held = self._held, []
        if not start_seen:
            held = [one for one in held if one.linked and one.fresh] or held[-1:]
        self._begin(held, start_seen=start_seen)

    def _begin(self, held: list[Observation], *, start_seen: bool, asked: bool = False) -> None:
        first = held[0]
        try:
            loaded = self._recipe_of(held[-1].recipe, asked=asked)
        except (XovacError, msgspec.MsgspecError, UnicodeError):
            loaded = None
        self.loaded = loaded or self.loaded
        name = held[-1].recipe or (loaded.name if loaded else "")
        followed = self.newest = runs.followed.Run(
            loaded.plan if loaded else None,
            name=name,
            speed=held[-1].speed or self._speed,
            start_seen=start_seen,
        )
        self._entry = _RunEntry(
            self._record.new_run(), (first.utc, first.mono), loaded.hash if loaded else ""
        )
        for seen in held:
            followed.observe(seen)
        self._save(followed, self._entry)
        if followed.over:
            self._ended(followed)

    def _recipe_of(self, name: str | None, *, asked: bool) -> LoadedRecipe | None:
        """Return the recipe of a run that begins now, None where it is not known what the chamber has.

        `name` is what the chamber reports. The newest load_recipe of any program on this record counts: a
        list without a plan hides the recipes before it. Without a name, and without having been `asked` for
        by a command on record, a recipe that has run before does not count: it is not known what the chamber
        was given since.
        """
        theirs, found = self._sent_by_others(), self.handing or self.loaded
        if theirs is not None and self._is_newer(theirs):
            found = self._loaded_by(theirs)
        if found is None or (name is not None and name != found.name):
            return None
        return None if name is None and not asked and self._has_run(found) else found

    def _is_newer(self, theirs: disk.lists.SentLoad) -> bool:
        """Return whether another program's list came after the newest one from here."""
        return self.handed is None or self.handed < self._mono_of(theirs)

    def _has_run(self, loaded: LoadedRecipe) -> bool:
        record = self._record.record
        if record is None:
            return False
        axis = self._axis()
        handed = self._clock.utc() - (self._clock.mono() - loaded.mono)
        return any(
            axis.even(run.session, run.started_mono) > handed
            for run in disk.lists.runs(record, states=False)
            if run.started_mono is not None and axis.knows(run.session)
        )

    def _save(self, followed: runs.followed.Run, run: _RunEntry, rates: bytes = b"") -> None:
        """Note in the record how far a run is, if this program is the one that records."""
        self._saved = self._clock.mono()
        run.number = run.number or self._record.new_run()
        state = followed.state()
        # What is found out about a run after its end is of no later moment than that.
        one = _Unsaved(run, state, state.mono if followed.over else self._saved, rates)
        if run.number or not self._record.will_number:
            self._note(one)
        else:
            # The record is not open yet: the newest of each run waits for its number.
            self._unsaved = [*(old for old in self._unsaved if old.run is not run), one][-_MOST_UNSAVED:]

    def _note(self, one: _Unsaved) -> None:
        # By the clock as it is now: an older reading of it would look like a clock that was set.
        utc = self._clock.utc() - (self._clock.mono() - one.mono)
        self._record.run(
            disk.kinds.RunItem(
                id=one.run.number,
                name=one.state.name,
                load=one.run.load or None,
                started_utc=one.run.started[0],
                started_mono=one.run.started[1],
                utc=utc,
                mono=one.mono,
                result=one.state.result.value,
                reason=one.state.reason,
                flight=msgspec.json.encode(one.state),
                rates=one.rates,
            )
        )

    def _ended(self, followed: runs.followed.Run) -> None:
        run = self._entry
        self._save(followed, run)
        try:
            task = asyncio.get_running_loop().create_task(self._settle(followed, run), name="run-settle")
        except RuntimeError:
            return
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, followed: runs.followed.Run, run: _RunEntry) -> None:
        """Find out after the end whether another user cancelled it, and learn how fast the chamber was."""
        if not self._record.recording:
            return

        if (
            followed.state().result in (runs.state.Result.ENDED_EARLY, runs.state.Result.UNKNOWN)
            and self._record.others()
        ):
            await asyncio.sleep(_OTHERS_COMMIT)
            await asyncio.to_thread(self._find_cancel, followed)
        ramps, speed = followed.quick_ramps(), followed.state().speed
        learned = await asyncio.to_thread(self._learn, run.number, ramps, speed)
        self._save(followed, run, rates=learned)
        await asyncio.to_thread(self._record.flush)
        with contextlib.suppress(XovacError, msgspec.MsgspecError):
            self._learn_again()

    def _learn(self, number: int, ramps: Sequence[tuple[float, float, float]], speed: float) -> bytes:
        """Return what the chamber managed in a run, as JSON, else nothing. For a thread."""
        record = self._record.record
        if record is None:
            return b""

        self._record.flush()
        return runs.rate_learning.learn_run(record.path, self._contract, number, ramps, speed)

    def _find_cancel(self, followed: runs.followed.Run) -> None:
        who = self._record.cancelled_by(STOP_COMMAND)
        if who:
            followed.amend(runs.endings.RunEnding(runs.endings.EndCode.CANCELLED_ELSEWHERE, who=who))
