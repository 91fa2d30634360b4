"""The station's alarms: evaluated here, or told by the program that records; acknowledged from either."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from xovac_tui.alarms.defaults import Watchlist
from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.alarms.life import LONGEST_SHELF
from xovac_tui.alarms.limit_sets import by_pressure
from xovac_tui.api.contract import Contract, Role
from xovac_tui.chamber.alarm import LIMIT_SETS, AlarmChange, AlarmEvent, AlarmsView, AlarmView, Ask
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.news import AlarmsChanged
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.clock import Clock
from xovac_tui.durations import spell_duration
from xovac_tui.errors import XovacError
from xovac_tui.recording.service import StationRecord
from xovac_tui.recording.status import RecorderState

if TYPE_CHECKING:
    from xovac_tui.alarms.evaluator import Watchkeeper
    from xovac_tui.alarms.kinds import Around
    from xovac_tui.analysis.values import ChamberValues
    from xovac_tui.runs.service import Flights

LIMIT_SET = "limit set"
"""Kind of change in the record: somebody chose a set of limits."""
IN_FORCE = "limits in force"
"""Kind of change in the record: another set of limits holds from now on."""
_AUTO = "auto"
_ASK_EVERY = 1.0
"""Seconds between looks at which set of limits somebody else chose."""
_MEASURE_EVERY = 30.0
"""Seconds between looks at how much room the disk has."""
_ANSWER_WITHIN = 5.0
"""Seconds within which the program that records does what is asked of an alarm."""
_ASKED_LATELY = 60.0
"""Seconds for which what was asked of a program that is gone is done by the next one."""
_SETTLE = 15.0
"""Seconds from the first pressure on in which a set of limits from before holds: what says that the pump
is on, or that a recipe runs, may come in messages of its own."""
_HELD_FOR = 3600.0
"""Seconds for which nobody may have recorded, so that the set of limits from before still holds."""


class Alarms(AlarmDesk):
    """The alarms of a chamber that is there now.

    Whoever records evaluates, so that each alarm is raised once however many consoles look. A program beside
    it shows what that one tells, and asks it to acknowledge. Without a record each evaluates for itself.
    """

    def __init__(
        self,
        watchlist: Watchlist | None,
        chamber: Chamber,
        contract: Contract,
        record: StationRecord,
        flights: Flights,
        clock: Clock,
        *,
        who: str,
        values: Callable[[], ChamberValues],
        tell: Callable[[AlarmsChanged], None],
        free: Callable[[Path], float | None] | None = None,
    ) -> None:
        """`values` makes what answers the rules' expressions."""
        self.watchlist = watchlist or Watchlist()
        self._may_evaluate = watchlist is not None
        self._chamber, self._record, self._flights, self._clock = chamber, record, flights, clock
        self._who, self._tell, self._free = who, tell, free or _free
        self._make_values = values
        self._begun: tuple[Watchkeeper, ChamberValues] | None = None
        self._pressure_told = contract.by_role(Role.PRESSURE) is not None
        chosen = self.watchlist.settings.limit_set
        self._by_hand: str | None = None if chosen == _AUTO else chosen
        self._set_by = "" if self._by_hand is None else "the settings"
        self._set: str = self._by_hand or ""
        self._settled_at: float | None = -1e18
        """Monotonic time from which on the set of limits follows what is measured; None: not known yet."""
        self._change_seen = 0
        self._row_seen = 0
        self._asked_at = self._measured_at = -1e18
        self._disk: float | None = None
        self._failing: dict[str, str] = {}
        self._untried: set[str] = set()
        """Receivers of notifications that nobody has told anything since the start."""
        self._asks: dict[str, float] = {}
        """Rule -> monotonic time at which the program that records was asked to do something to it."""
        self._was_mirrored: bool | None = None
        self._mirrored_at: float | None = None
        """Since when (monotonic) another program evaluates; None while none does."""
        self._others_row = -1
        self._others = ""
        """What is wrong with the rules of the program that evaluates, as a sentence."""
        self._unheard = ""
        """Why it is not known what others tell of alarms, as a sentence."""
        self._measuring = False

    # -- what it does by itself -----------------------------------------------------------------------

    def _begin(self) -> tuple[Watchkeeper, ChamberValues]:
        """Return what watches, made when it is needed: the first picture does not wait for it."""
        if self._begun is None:
            from xovac_tui.alarms.evaluator import Watchkeeper

            self._begun = Watchkeeper(self.watchlist, self._chamber), self._make_values()
        return self._begun

    @property
    def _keeper(self) -> Watchkeeper:
        return self._begin()[0]

    @property
    def mirrored(self) -> bool:
        """True while another program evaluates the alarms."""
        return self._record.view.state is RecorderState.BESIDE

    @property
    def evaluates(self) -> bool:
        """True while this program is the one that evaluates the alarms."""
        return self._may_evaluate and self._record.view.state not in (
            RecorderState.BESIDE,
            RecorderState.STARTING,
        )

    def opened(self, *, anew: bool = False) -> None:
        """Take up what the record knows: what stood, who acknowledged it, what is shelved.

        What is known here already is the newer word, but where everything is to be taken `anew`.
        """
        record = self._record.record
        if record is None:
            return
        with self._listening():
            from xovac_tui.recording.disk import lists

            self._row_seen = lists.newest_alarm_row(record)
            for one in lists.newest_alarms(record):
                if anew or not self._keeper.has_told(one.change.rule):
                    self._keeper.restore(one.change, news=False)
            recorded = lists.last_recorded(record, without=self._record.session)
            if not self._set and self._clock.utc() - recorded < _HELD_FOR:
                # A vacuum that was lost must not become one that was never there by a restart.
                in_force = self._hear_set_in_force()
                self._settled_at = None if in_force == "tvac" and self._pressure_told else -1e18
            self._hear_set()

    def replaced(self) -> None:
        """Go on in another file, which the record is now: it is told what stands and what is silenced."""
        self._row_seen = self._change_seen = 0
        self._others_row = -1
        self.opened(anew=self.mirrored)
        if not self.evaluates:
            return
        utc, mono = self._clock.utc(), self._clock.mono()
        self._record.alarms(
            # With times of this program's clocks: another one's would look like a clock that was set.
            msgspec.structs.replace(told, mono=mono - (utc - told.utc))
            for told in self._keeper.remembered()
        )
        if self._by_hand is not None and not self._change_seen:
            self._note_choice("nothing", self._by_hand)
        if self._set:
            self._note_set("")

    def tick(self) -> None:
        """Look at everything that is watched, and hear what others ask or tell."""
        if self._record.view.state is RecorderState.STARTING:
            return
        mono, mirrored = self._clock.mono(), self.mirrored
        begins = self._may_evaluate and not mirrored and self._was_mirrored is not False
        self._mirrored_at = None if not mirrored else mono if self._mirrored_at is None else self._mirrored_at
        with self._listening():
            # The last words of the program that evaluated until now count as well.
            self._hear(mirrored or begins)
            if begins or mono - self._asked_at >= _ASK_EVERY:
                self._asked_at = mono
                self._hear_set()
                if mirrored:
                    self._hear_set_in_force()
                    self._hear_rules()
        if not mirrored or not self._set:
            self._choose_set(note=not mirrored)
        if mirrored or not self._may_evaluate:
            self._was_mirrored = mirrored
            return
        around = self._around()
        changes: list[AlarmChange] = []
        if begins:
            # From now on what no rule here watches is watched by nobody.
            changes += self._keeper.forget_strangers(around)
            self._was_mirrored = False
            self._asks.clear()
            self._note_limits()
            with self._listening():
                changes += self._do_undone(around)
        changes += self._keeper.look(around)
        self._happened(changes)
        self._measure(mono)

    def _note_limits(self) -> None:
        from xovac_tui.recording.differences import limits

        self._record.note_change("limits", limits(self.watchlist))

    def will_notify(self, receivers: Iterable[str]) -> None:
        """Take note of who is told of alarms: until one has been, nobody knows whether that works."""
        self._untried = set(receivers)

    def notified(self, receiver: str, why: str) -> None:
        """Take note that a receiver of notifications could not be reached; without a reason: that it was."""
        self._untried.discard(receiver)
        self._failing.pop(receiver, None)
        if why:
            self._failing[receiver] = why

    # -- what a face sees and does ----------------------------------------------------------------------

    def view(self) -> AlarmsView:
        """Return all alarms at this moment."""
        return self._picture(standing=False)

    def standing(self) -> AlarmsView:
        """Return only those that want attention; cheap, however many rules there are."""
        # Before anything is watched nothing stands.
        return AlarmsView() if self._begun is None else self._picture(standing=True)

    def acknowledge(self, seen: Iterable[AlarmView]) -> str:
        """Acknowledge alarms as they were seen: what was raised after that is not meant."""
        waiting = [one for one in seen if one.waits]
        if not waiting:
            return "Nothing there waits to be acknowledged."
        asks = [self._ask(one.rule, AlarmEvent.ACKNOWLEDGED, raised=one.raised_utc) for one in waiting]
        return self._do(asks)

    def shelve(self, rule: str, seconds: float, reason: str) -> str:
        """Silence an alarm for a time, eight hours at the most."""
        if not reason.strip():
            return "Say why it is shelved: whoever comes next must know."
        if not 0 < seconds <= LONGEST_SHELF:
            return f"An alarm can be shelved for {spell_duration(LONGEST_SHELF)} at the most."
        until = self._clock.utc() + seconds
        return self._do([self._ask(rule, AlarmEvent.SHELVED, reason=reason.strip(), until=until)])

    def unshelve(self, rule: str) -> str:
        """Bring a shelved alarm back before its time."""
        return self._do([self._ask(rule, AlarmEvent.UNSHELVED)])

    def take_out(self, rule: str, reason: str) -> str:
        """Take an alarm out of service, until somebody puts it back."""
        if not reason.strip():
            return "Say why it is out of service: whoever comes next must know."
        return self._do([self._ask(rule, AlarmEvent.OUT_OF_SERVICE, reason=reason.strip())])

    def put_back(self, rule: str) -> str:
        """Put an alarm back into service."""
        return self._do([self._ask(rule, AlarmEvent.IN_SERVICE)])

    def use_set(self, name: str | None) -> str:
        """Choose the set of limits by hand; None: by the pressure again."""
        if name is not None and name not in LIMIT_SETS:
            return f'There is no set of limits "{name}". There are {", ".join(LIMIT_SETS)}.'
        before = self._by_hand or _AUTO
        self._by_hand, self._set_by, self._settled_at = name, self._who, -1e18
        self._note_choice(before, name or _AUTO)
        self._choose_set(note=self.evaluates)
        return ""

    # -- inside -----------------------------------------------------------------------------------------

    def _picture(self, *, standing: bool) -> AlarmsView:
        around = self._around()
        return AlarmsView(
            alarms=self._keeper.views(around, standing=standing),
            limit_set=self._set,
            by_hand=self._by_hand is not None,
            set_by=self._set_by if self._by_hand is not None else "",
            flood=self._keeper.flood(around.mono),
            mirrored=self.mirrored,
            problem=self._problem(around.mono),
        )

    def _around(self) -> Around:
        recorder = self._record.view
        why: str | None = recorder.why if recorder.state is RecorderState.FAILING else ""
        utc, mono = self._clock.utc(), self._clock.mono()
        from xovac_tui.alarms.kinds import Around

        values = self._begin()[1]
        values.at(utc, mono)
        return Around(
            chamber=self._chamber,
            values=values,
            utc=utc,
            mono=mono,
            limit_set=self._set,
            recorder_why=None if recorder.state is RecorderState.OFF else why,
            disk_free=self._disk,
            failing=self._failing,
            untried=bool(self._untried),
        )

    def _ask(
        self,
        rule: str,
        event: AlarmEvent,
        *,
        reason: str = "",
        until: float | None = None,
        raised: float | None = None,
    ) -> Ask:
        utc = self._clock.utc()
        return Ask(
            rule=rule, event=event, who=self._who, utc=utc, reason=reason, until=until, raised_utc=raised
        )

    def _do(self, asks: Sequence[Ask]) -> str:
        """Do what is asked, or have the program that records do it."""
        if unknown := [ask.rule for ask in asks if ask.rule not in self._keeper.kept]:
            return f'There is no alarm "{unknown[0]}".'
        mono = self._clock.mono()
        if self.mirrored:
            for ask in asks:
                self._record.ask(ask)
                self._asks[ask.rule] = mono
            return ""
        around = self._around()
        changes = [change for ask in asks for change in self._keeper.ask(ask, around)]
        self._happened(changes)
        return "" if changes else _senseless(asks[0])

    def _happened(self, changes: Sequence[AlarmChange]) -> None:
        """Put what happened into the record, on the time axis, and tell it."""
        if not changes:
            return
        told = tuple(self._placed(change) for change in changes)
        self._record.alarms(told)
        self._mark(told)
        self._tell(AlarmsChanged(told))

    def _placed(self, change: AlarmChange) -> AlarmChange:
        """Return a change with where the run is."""
        view = self._flights.view() if self._flights.flying is not None else None
        if view is None:
            return change
        return msgspec.structs.replace(change, run=self._flights.number, recipe=view.name, step=view.step)

    def _mark(self, changes: Iterable[AlarmChange]) -> None:
        for change in changes:
            if change.event is AlarmEvent.RAISED:
                self._chamber.note(change.text or change.rule, change.utc, change.mono, kind="alarm")

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Go on where a record cannot be read, and say so: it may be damaged, or somebody else's."""
        try:
            yield
            self._unheard = ""
        except (XovacError, msgspec.MsgspecError, ValueError) as error:
            self._unheard = f"What others did to alarms cannot be read from the record: {error}"

    def _hear(self, mirrored: bool) -> None:
        """Take what other programs on this record tell of alarms, or ask."""
        record = self._record.record
        if record is None:
            return
        from xovac_tui.recording.disk import kinds, lists

        told: list[AlarmChange] = []
        for one in lists.later_alarms(record, self._row_seen, without=self._record.session):
            self._row_seen = one.id
            if isinstance(one, kinds.RecordedAsk):
                if not mirrored and self._may_evaluate:
                    self._happened(self._keeper.ask(one.ask, self._around()))
            elif mirrored:
                self._keeper.restore(one.change)
                self._asks.pop(one.change.rule, None)
                told.append(one.change)
        if told:
            self._mark(told)
            self._tell(AlarmsChanged(tuple(told), mirrored=True))

    def _hear_set(self) -> None:
        """Take the set of limits that somebody chose last, here or in another program on this record."""
        record = self._record.record
        if record is None:
            return
        from xovac_tui.recording.disk import lists

        newest = lists.newest_change(record, LIMIT_SET)
        if newest is None or newest.id <= self._change_seen:
            return
        self._change_seen = newest.id
        name = json.loads(newest.after)
        self._by_hand = name if name in LIMIT_SETS else None
        self._set_by = newest.who

    def _hear_set_in_force(self) -> str:
        """Take and return the set of limits that the program which evaluates (or evaluated) goes by."""
        from xovac_tui.recording.disk import lists

        record = self._record.record
        newest = None if record is None else lists.newest_change(record, IN_FORCE)
        name = None if newest is None else json.loads(newest.after)
        if name in LIMIT_SETS:
            self._set = name
        return self._set

    def _hear_rules(self) -> None:
        """See whether the program that evaluates watches what this one shows."""
        record = self._record.record
        if record is None or not self._may_evaluate:
            return
        from xovac_tui.recording.differences import limits
        from xovac_tui.recording.disk import lists

        newest = lists.newest_change(record, "limits")
        row = 0 if newest is None else newest.id
        if row == self._others_row:
            return
        self._others_row = row
        if newest is None:
            self._others = "does not say what it watches; of an older version it watches nothing. Restart it."
        elif newest.after != limits(self.watchlist):
            self._others = (
                "watches other rules than the settings name here, so that what is shown as normal may not be "
                "watched. Restart it."
            )
        else:
            self._others = ""

    def _do_undone(self, around: Around) -> list[AlarmChange]:
        """Do what people asked a moment ago of the program that evaluated, and that it did not do."""
        record = self._record.record
        if record is None:
            return []
        from xovac_tui.recording.disk import lists

        self._row_seen = max(self._row_seen, lists.newest_alarm_row(record))
        asked = lists.unanswered(record, _ASKED_LATELY)
        return [change for one in asked for change in self._keeper.ask(one.ask, around)]

    def _choose_set(self, *, note: bool) -> None:
        """Find the set of limits that holds; `note`: here it is decided, so the record is told."""
        before = self._set
        if self._by_hand is not None:
            self._set = self._by_hand
        else:
            mono = self._clock.mono()
            seen = self._chamber.observe(self._clock.utc(), mono)
            if self._settled_at is None and seen.pressure is not None:
                self._settled_at = mono + _SETTLE
            if self._settled_at is None or mono < self._settled_at:
                return
            pumping = self._is_on(Role.PUMP) and not self._is_on(Role.VENT)
            self._set = by_pressure(
                seen, self._set, self.watchlist.settings, pressure_told=self._pressure_told, pumping=pumping
            )
        if note and self._may_evaluate and self._set != before:
            self._note_set(before)

    def _note_set(self, before: str) -> None:
        how = "chosen by hand" if self._by_hand is not None else "by the pressure"
        said = f"limits in force: {before or 'of no set'} -> {self._set or 'of no set'}, {how}"
        self._record.change(IN_FORCE, said, before=json.dumps(before), after=json.dumps(self._set))

    def _note_choice(self, before: str, after: str) -> None:
        said = f"set of limits: {before} -> {after}"
        self._record.change(LIMIT_SET, said, before=json.dumps(before), after=json.dumps(after))

    def _is_on(self, role: Role) -> bool:
        """Return whether the channel with a role says that it is on; what is not known is not on."""
        channel = self._chamber.playing(role)
        if channel is None or self._chamber.quality(channel, self._clock.mono()) is not Quality.GOOD:
            return False
        return bool(channel.value)

    def _measure(self, mono: float) -> None:
        """See now and then how much room the disk has, beside everything else: a disk may hang."""
        choice = self._record.choice
        if choice is None or self._measuring or mono - self._measured_at < _MEASURE_EVERY:
            return
        self._measured_at = mono
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._disk = self._free(choice.path.parent)
            return

        # One that hangs must not be joined by others, nor waited for when the program ends.
        self._measuring = True

        def measured(free: float | None) -> None:
            self._measuring, self._disk = False, free

        def measure() -> None:
            free = self._free(choice.path.parent)
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(measured, free)

        threading.Thread(target=measure, name="disk-room", daemon=True).start()

    def _problem(self, mono: float) -> str:
        if self._may_evaluate and self._record.view.state is RecorderState.STARTING:
            return "Nothing is watched yet: the record is being opened, and may know of alarms."
        if self._unheard or not self.mirrored:
            return self._unheard
        pid = self._record.view.pid
        who = f"Process {pid}" if pid else "The program that records"
        if any(mono - asked > _ANSWER_WITHIN for asked in self._asks.values()):
            return f"{who} does not answer: what was asked of alarms is not done (yet)."
        if self._others and self._mirrored_at is not None and mono - self._mirrored_at > _ANSWER_WITHIN:
            return f"{who} {self._others}"
        return ""


def _senseless(ask: Ask) -> str:
    words = {
        AlarmEvent.ACKNOWLEDGED: "It does not wait to be acknowledged (any more).",
        AlarmEvent.SHELVED: "It is out of service, so it cannot be shelved.",
        AlarmEvent.UNSHELVED: "It is not shelved (any more).",
        AlarmEvent.OUT_OF_SERVICE: "It is out of service already.",
        AlarmEvent.IN_SERVICE: "It is in service already.",
    }
    return words.get(ask.event, "That cannot be done to an alarm.")


def _free(folder: Path) -> float | None:
    """Return the GB that are free where a folder is; None where nobody can tell."""
    try:
        return shutil.disk_usage(folder).free / 1e9
    except OSError:
        return None
