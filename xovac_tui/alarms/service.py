"""The alarms of a live chamber: evaluated here, or mirrored from the process that records."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from xovac_tui import alarms
from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.alarms.limit_sets import LimitSetChoice
from xovac_tui.alarms.mirror import LIMITS, Mirror
from xovac_tui.alarms.store import AlarmStore
from xovac_tui.alarms.surroundings import Surroundings, Unforwarded
from xovac_tui.alarms.watchlist import Watchlist, limits
from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkView
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmsView, Ask
from xovac_tui.chamber.alarm_reasons import AlarmRefusal, AlarmRefusalCode, AlarmsProblem, AlarmsProblemCode
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.news import AlarmsChanged, ContractChanged, RecordOpened, RecordReplaced
from xovac_tui.clock import Clock
from xovac_tui.displayunits import DisplayUnits

if TYPE_CHECKING:
    from xovac_tui.expressions import MovingValues

_LISTEN_EVERY = 1.0
"""Seconds between two readings of what other processes decided about limits."""
_ASKED_LATELY = 60.0
"""Seconds for which what was asked of a process that is gone is done by the next one."""

_HISTORY = 500
"""Changes of alarms that are kept for the screens, the newest."""

_IN_VAIN = {
    AlarmEvent.ACKNOWLEDGED: AlarmRefusalCode.WAITS_NO_MORE,
    AlarmEvent.SHELVED: AlarmRefusalCode.CANNOT_SHELVE,
    AlarmEvent.UNSHELVED: AlarmRefusalCode.NOT_SHELVED,
    AlarmEvent.OUT_OF_SERVICE: AlarmRefusalCode.OUT_ALREADY,
    AlarmEvent.IN_SERVICE: AlarmRefusalCode.IN_ALREADY,
}
"""Why nothing came of what was asked."""

RunNow = tuple[int, str, int | None]
"""Number, recipe and step of the run that goes on."""


class AlarmPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What the alarms of a chamber ask of its other parts."""

    store: AlarmStore
    values: Callable[[], MovingValues]
    """Makes what answers the expressions of rules."""
    run_now: Callable[[], RunNow | None]
    """Returns the run that goes on, None where none does."""
    publish: Callable[[AlarmsChanged], None]
    unforwarded: Callable[[], Unforwarded | None] = lambda: None
    """Returns what is recorded and not forwarded yet; None: not known, or nothing is to be."""


class AlarmService(AlarmDesk):
    """The alarms of a live chamber.

    The process that records evaluates, so that each alarm is raised once, however many viewers there are. A
    viewer shows what that process reports, and asks it to acknowledge. Without a record each process
    evaluates for itself.
    """

    def __init__(
        self,
        watchlist: Watchlist | None,
        chamber: Chamber,
        clock: Clock,
        ports: AlarmPorts,
        *,
        who: str,
    ) -> None:
        """Evaluate the rules of a `watchlist`; None: nothing is evaluated here, at the most mirrored."""
        super().__init__(clock, who)
        self.watchlist = watchlist or Watchlist()
        self._may_evaluate = watchlist is not None
        self._chamber = chamber
        store = self._store = ports.store
        self._unforwarded = ports.unforwarded
        self._make_values, self._run_now, self._publish = ports.values, ports.run_now, ports.publish
        self._begun: tuple[alarms.evaluator.AlarmEvaluator, MovingValues] | None = None
        self._surroundings = Surroundings(store)
        self.will_notify = self._surroundings.will_notify
        self.notified = self._surroundings.notified
        self._mirror = Mirror(store)
        self._limit_set = LimitSetChoice(
            self.watchlist.settings, chamber, store, clock, evaluates=self._may_evaluate
        )
        self._history: deque[AlarmChange] = deque(maxlen=_HISTORY)
        self._listened_at = -1e18
        self._was_mirrored: bool | None = None

    # -- what it does by itself -----------------------------------------------------------------------

    def _made(self) -> tuple[alarms.evaluator.AlarmEvaluator, MovingValues]:
        """Return what evaluates the rules, made when it is needed: the first picture does not wait for it."""
        if self._begun is None:
            self._begun = alarms.evaluator.AlarmEvaluator(self.watchlist, self._chamber), self._make_values()
        return self._begun

    @property
    def _evaluator(self) -> alarms.evaluator.AlarmEvaluator:
        return self._made()[0]

    @property
    def mirrored(self) -> bool:
        """True while another process evaluates the alarms."""
        return self._store.elsewhere

    @property
    def evaluates(self) -> bool:
        """True while this process is the one that evaluates the alarms."""
        return self._may_evaluate and not (self._store.elsewhere or self._store.starting)

    def on_event(self, event: Event) -> None:
        """Do nothing: rules are evaluated four times a second."""

    def on_status(self, link: LinkView) -> None:
        """Do nothing: rules see the link in the model."""

    def on_news(self, news: object) -> None:
        """Take up what the record knows, go on in another file, or go by another contract."""
        if isinstance(news, ContractChanged):
            self.change_contract(news.contract)
        elif isinstance(news, RecordReplaced):
            self.replaced()
        elif isinstance(news, RecordOpened) and news.read:
            self.opened()

    async def close(self) -> None:
        """Do nothing: what happened to alarms is in the record."""

    @property
    def receiver_rules(self) -> Sequence[str]:
        """Names of the rules that watch whether receivers of notifications can be reached."""
        return [rule.name for rule in self.watchlist.rules if rule.kind == "notification"]

    def opened(self, *, anew: bool = False) -> None:
        """Take up what the record knows: which alarms there were, who acknowledged them, what is shelved.

        What is known here already is newer, unless everything is to be taken `anew`.
        """
        if not self._store.readable:
            return
        with self._mirror.listening():
            self._mirror.row = self._store.newest_row()
            if not self._history:
                self._history.extend(self._store.recent(_HISTORY))
            for change in self._store.newest():
                if anew or not self._evaluator.knows(change.rule):
                    self._evaluator.restore(change, news=False)
            self._limit_set.opened()

    def replaced(self) -> None:
        """Go on in another file, which is the record now: write to it which alarms are not normal."""
        self._mirror.replaced()
        self._limit_set.forget_row()
        self.opened(anew=self.mirrored)
        if not self.evaluates:
            return
        utc, mono = self._clock.utc(), self._clock.mono()
        self._store.add(
            # With times of this process's clocks: another one's would look like a clock that was set.
            msgspec.structs.replace(change, mono=mono - (utc - change.utc))
            for change in self._evaluator.remembered()
        )
        self._limit_set.note_again()

    def change_contract(self, contract: Contract) -> None:
        """Make the rules anew by another contract; an alarm goes on where its rule watches the same."""
        self.watchlist = self.watchlist.by_contract(contract)
        self._mirror.rules_changed()
        if self._begun is None:
            return
        evaluator = self._evaluator
        # Expressions may mean other channels and units.
        self._begun = evaluator, self._make_values()
        changes = evaluator.change_rules(self.watchlist, self._context(), ours=self.evaluates)
        if self.evaluates:
            self._record_changes(changes)
            self._store.note(LIMITS, limits(self.watchlist))

    def tick(self) -> None:
        """Evaluate all rules that are due, and take what other processes report or ask."""
        if self._store.starting:
            return
        mono, mirrored = self._clock.mono(), self.mirrored
        begins = self._may_evaluate and not mirrored and self._was_mirrored is not False
        self._mirror.turn(mono, mirrored=mirrored)
        self._listen(mono, mirrored=mirrored, begins=begins)
        if not mirrored or not self._limit_set.current:
            self._limit_set.choose(note=not mirrored)
        if mirrored or not self._may_evaluate:
            self._was_mirrored = mirrored
            return
        context = self._context()
        changes = self._begin(context) if begins else []
        changes += self._evaluator.evaluate(context)
        self._record_changes(changes)
        self._surroundings.measure(mono)

    def _listen(self, mono: float, *, mirrored: bool, begins: bool) -> None:
        with self._mirror.listening():
            # The last words of the process that evaluated until now count as well.
            self._take_others(mirrored or begins)
            if begins or mono - self._listened_at >= _LISTEN_EVERY:
                self._listened_at = mono
                self._limit_set.read_choice()
                if mirrored:
                    self._limit_set.read_in_force()
                    if self._may_evaluate and self._store.readable:
                        self._mirror.compare_rules(self.watchlist)

    def _begin(self, context: alarms.kinds.Context) -> list[AlarmChange]:
        """Begin to evaluate in this process; return the changes of alarms by that."""
        # From now on what no rule here watches is watched by no process.
        changes = self._evaluator.drop_foreign(context)
        self._was_mirrored = False
        self._mirror.ended()
        self._store.note(LIMITS, limits(self.watchlist))
        with self._mirror.listening():
            # What was asked a moment ago of the process that evaluated, and that it did not do.
            self._mirror.row = max(self._mirror.row, self._store.newest_row())
            for ask in self._store.unanswered(_ASKED_LATELY):
                changes += self._evaluator.ask(ask, context)
        return changes

    def _take_others(self, mirrored: bool) -> None:
        """Take what other processes on this record report of alarms, or ask."""
        mirrored_news = self._mirror.read_news()
        reported = [one for one in mirrored_news if isinstance(one, AlarmChange)] if mirrored else []
        for change in reported:
            self._mirror.take(change, self._evaluator)
        if reported:
            self._history.extend(reported)
            self._mark(reported)
            self._publish(AlarmsChanged(tuple(reported), mirrored=True))
        for ask in mirrored_news if self._may_evaluate and not mirrored else ():
            if isinstance(ask, Ask):
                self._record_changes(self._evaluator.ask(ask, self._context()))

    # -- what screens show and do ----------------------------------------------------------------------

    def _happened(self) -> Iterable[AlarmChange]:
        return self._history

    def show_in(self, units: DisplayUnits) -> None:
        super().show_in(units)
        self._evaluator.units = units

    def use_set(self, name: str | None) -> AlarmRefusal | None:
        """Choose the set of limits by hand; None: by the pressure again."""
        return self._limit_set.use(name, self._who, note=self.evaluates)

    # -- inside -----------------------------------------------------------------------------------------

    def _picture(self, *, unresolved: bool) -> AlarmsView:
        if unresolved and self._begun is None:
            # Before anything is evaluated there are none.
            return AlarmsView()
        context, chosen = self._context(), self._limit_set
        return AlarmsView(
            alarms=self._evaluator.views(context, unresolved=unresolved),
            limit_set=chosen.current,
            by_hand=chosen.by_hand,
            set_by=chosen.set_by,
            flood=self._evaluator.flood(context.mono),
            shelved=self._evaluator.shelved(),
            mirrored=self.mirrored,
            problem=self._problem(context.mono),
            units=self._units,
        )

    def _context(self) -> alarms.kinds.Context:
        utc, mono = self._clock.utc(), self._clock.mono()
        around, values = self._surroundings, self._made()[1]
        values.at(utc, mono)
        return alarms.kinds.Context(
            chamber=self._chamber,
            values=values,
            utc=utc,
            mono=mono,
            limit_set=self._limit_set.current,
            recorder_why=self._store.why_failing,
            disk_free=around.disk_free,
            failing=around.failing,
            untried=around.untried,
            unforwarded=self._unforwarded(),
        )

    def _do(self, asks: Sequence[Ask]) -> AlarmRefusal | None:
        """Do what is asked, or have the process that evaluates do it."""
        if unknown := [ask.rule for ask in asks if ask.rule not in self._evaluator.watched]:
            return AlarmRefusal(AlarmRefusalCode.UNKNOWN_ALARM, unknown[0])
        if self.mirrored:
            self._mirror.ask(asks, self._clock.mono())
            return None
        context = self._context()
        changes = [change for ask in asks for change in self._evaluator.ask(ask, context)]
        self._record_changes(changes)
        return None if changes else AlarmRefusal(_IN_VAIN[asks[0].event], asks[0].rule)

    def _record_changes(self, changes: Sequence[AlarmChange]) -> None:
        """Record changes, mark raised alarms on the time axis, and publish them."""
        if not changes:
            return
        run = self._run_now()
        if run is not None:
            number, recipe, step = run
            changes = [
                msgspec.structs.replace(change, run=number, recipe=recipe, step=step) for change in changes
            ]
        self._history.extend(changes)
        self._store.add(changes)
        self._mark(changes)
        self._publish(AlarmsChanged(tuple(changes)))

    def _mark(self, changes: Iterable[AlarmChange]) -> None:
        for change in changes:
            if change.event is AlarmEvent.RAISED:
                said = change.text or change.rule
                self._chamber.note(said, change.utc, change.mono, kind="alarm", phrase=change.phrase)

    def _problem(self, mono: float) -> AlarmsProblem | None:
        if self._may_evaluate and self._store.starting:
            return AlarmsProblem(AlarmsProblemCode.OPENING)
        return self._mirror.problem(mono, mirrored=self.mirrored)
