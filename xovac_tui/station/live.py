"""The station itself: wires link, chamber, ledger and record of one chamber together."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import logging
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from xovac_tui.alarms.service import AlarmService
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.analysis.settings import InsightSettings
from xovac_tui.api.contract import LOAD_COMMAND, STOP_COMMAND, Contract
from xovac_tui.api.event import Event, Kind
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.news import AlarmsChanged, LedgerChanged, LinkChanged, ModeChanged
from xovac_tui.chamber.snapshot import LedgerEntry, LinkView, LinkWord, Mark, Outcome, Snapshot
from xovac_tui.clock import Clock, SystemClock
from xovac_tui.config import Profile, Secrets
from xovac_tui.errors import ContractError, LinkError, XovacError
from xovac_tui.link.status import LinkState, LinkStatus
from xovac_tui.link.target import Target
from xovac_tui.notify.service import Notifying
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.recording.alarm_store import RecordAlarmStore
from xovac_tui.recording.log import Log
from xovac_tui.recording.service import OPENING, Adopted, RecordChoice, StationRecord
from xovac_tui.recording.status import RecorderChanged, RecorderState, RecorderView, RecordOpened
from xovac_tui.runs.progress import LoadedRecipe
from xovac_tui.runs.service import Flights
from xovac_tui.station.commands import Prepared, Sender
from xovac_tui.station.confirmation import STOP_KEY, confirmed_by
from xovac_tui.station.eventqueue import EventQueue
from xovac_tui.station.port import LinkCallbacks, LinkFactory
from xovac_tui.station.proofs import StopProofs
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.station.station import Station
from xovac_tui.text import clean

if TYPE_CHECKING:
    from xovac_tui.recipes.plan import Plan

_TICK = 0.25
"""Seconds between looks at what time alone changes: time-outs and staleness."""
_WRITTEN = (RecorderState.ON, RecorderState.BESIDE)
"""States in which there is a record that can be read."""
_HEAD_START = 0.3
"""Seconds for which connecting waits for the record at the most, while what connects is imported: as a rule
it is open by then, and what came before is shown from the first moment on."""
_BEGINNING = 60.0
"""Seconds that importing and making the link may take at the most, on a machine with much else to do."""


class LiveStation(Station):
    """One chamber: its link, its model, its ledger and its record, with or without a screen."""

    alarms: AlarmService

    def __init__(
        self,
        name: str,
        profile: Profile,
        contract: Contract,
        *,
        secrets: Secrets | None = None,
        observe: bool | None = None,
        clock: Clock | None = None,
        who: str | None = None,
        log_events: int = 50_000,
        speed: float = 1.0,
        link_factory: LinkFactory,
        serve: Callable[[], AbstractAsyncContextManager[str]] | None = None,
        record: RecordChoice | None = None,
        watchlist: Watchlist | None = None,
        notify: NotifySettings | None = None,
        insight: InsightSettings | None = None,
        proofs: StopProofs | None = None,
    ) -> None:
        """`serve` starts a server, gives its address, and ends it after all else; None: there is one.

        `watchlist` is what alarms are raised of; without one this station raises none of its own.

        `notify` says who is told of them, with addresses read; without it nobody is. `insight` is what rules
        and the screen call stable. `proofs` says on which chambers STOP is proven; without them that is not
        asked, as in the demo.
        """
        super().__init__(insight, proofs)
        self.name = name
        self.profile = profile
        self.contract = contract
        self.clock: Clock = clock or SystemClock()
        self.who = who or this_user()
        self.log = Log(log_events)
        self.chamber = Chamber(contract, stale_after=profile.stale_after)
        self.assumed_speed = speed
        self._sender = Sender(
            self.chamber,
            profile,
            self.clock,
            self.who,
            changed=self._changed,
            mark=partial(self._mark, kind="command"),
        )
        if observe is not None:
            self._sender.observe = observe
        self._secrets = secrets or Secrets()
        self._link_factory, self._serve = link_factory, serve
        self.demo = serve is not None
        self._linked = asyncio.Event()
        """Set once there is a link that tries, or there will be none."""
        self._shown_link = LinkView()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.record = StationRecord(
            record,
            name=name,
            profile=profile,
            url=lambda: self.profile.url,
            contract=contract,
            who=self.who,
            clock=self.clock,
            log=self.log,
            speed=speed,
            changed=self._recorder_changed,
        )
        self._shown_recorder = self.record.view
        self._handing: tuple[Plan | None, str] = (None, "")
        """Plan and source of the list that is being sent; of a bare list there are none."""
        self.flights = Flights(contract, self.record, self.clock, speed=speed)
        self.alarms = AlarmService(
            watchlist,
            self.chamber,
            contract,
            RecordAlarmStore(self.record),
            self.clock,
            who=self.who,
            values=self.values,
            run_now=self.flights.now,
            publish=self._alarms_changed,
        )
        self.notifying = Notifying(notify, name, self.alarms, self.clock)
        self._defect = ""
        """What failed at a look last, so that it is logged once."""
        self._queues: list[EventQueue] = []
        self.events_dropped = 0
        """Events that a reader of `events` did not get, because it read too slowly."""
        self._status_changed = asyncio.Event()
        self._settled = asyncio.Event()
        """Set once it is known what the record knows, or that this is not to be waited for."""
        if self.record.settled:
            self._settled.set()
        self._early: list[Callable[[], None]] = []
        """What runs are to take once it is known which of them the record holds."""
        self._task: asyncio.Task[None] | None = None

    # -- life -----------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name="station")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run(self) -> None:
        """Connect, and stay connected, until cancelled; on the way out nothing is sent to the chamber."""
        callbacks = LinkCallbacks(self._kind, self._on_event, self._on_status, self.clock)
        self._loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as served:
            try:
                if self._serve is not None:
                    url = await served.enter_async_context(self._serve())
                    self.profile = msgspec.structs.replace(self.profile, url=url)
                await self._run(callbacks)
            except XovacError as error:
                self._offline(error)
            finally:
                self._linked.set()
                self.record.close()
                await self.notifying.close()

    async def _run(self, callbacks: LinkCallbacks) -> None:
        # The record opens beside: whatever holds it up, the chamber can be reached. What comes before it is
        # open waits in memory, so nothing is missed.
        await asyncio.to_thread(self.record.begin)
        making = asyncio.ensure_future(asyncio.to_thread(self._link_factory, self.target(), callbacks))
        try:
            await self.record_read(_HEAD_START)
            link = self._sender.link = await making
            self._linked.set()
        except XovacError as error:
            self._offline(error)
            self._linked.set()
            # There will be no link, but what was is shown all the same.
            await self.record_read(OPENING)
            return
        finally:
            making.cancel()
        # Not before there is a link that could be lost.
        ticker = asyncio.create_task(self._tick_for_ever(), name="station-tick")
        try:
            await link.run()
        finally:
            ticker.cancel()

    def _offline(self, error: XovacError) -> None:
        """Say why there will be no link."""
        utc, mono = self.clock.utc(), self.clock.mono()
        self._on_status(LinkStatus(LinkState.OFFLINE, since_utc=utc, since_mono=mono, why=str(error)))

    async def record_read(self, timeout: float) -> bool:
        """Wait until it is known what the record knows; False when that was not known within `timeout` s."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._settled.wait()
        return self._settled.is_set()

    def target(self) -> Target:
        """Return where and how the profile says to connect."""
        profile = self.profile
        return Target(
            url=profile.url,
            path=profile.path,
            namespace=profile.namespace,
            transports=profile.transports,
            ca_file=profile.ca_file,
            fingerprint=profile.fingerprint,
            connect_timeout=profile.connect_timeout,
            lost_after=profile.lost_after,
            auth=self._secrets.auth,
            headers=self._secrets.headers,
            query=self._secrets.query,
        )

    @property
    def patience(self) -> float:
        """Seconds that one attempt to connect may take."""
        return self.target().patience

    # -- what a face reads ----------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the chamber as it is now; cheap, at any time."""
        return self.chamber.snapshot(self.clock.utc(), self.clock.mono())

    def history(self, full_name: str) -> ChannelHistory | None:
        """Return the history of a numeric channel, back to the beginning of the record; None without any."""
        return self.record.history(full_name, self.chamber.history)

    @property
    def recorder(self) -> RecorderView:
        """What the recorder does."""
        return self.record.view

    @property
    def status(self) -> LinkStatus:
        """The connection as the link itself tells it."""
        return self._sender.link.status if self._sender.link else LinkStatus()

    @property
    def observe(self) -> bool:
        """True while no command can be sent from here, STOP included."""
        return self._sender.observe

    def set_observe(self, observe: bool) -> None:
        """Switch between OBSERVE and CONTROL; a profile that only observes stays so."""
        if observe != self.observe and not (self.profile.observe and not observe):
            self._sender.observe = observe
            word, other = ("OBSERVE", "CONTROL") if observe else ("CONTROL", "OBSERVE")
            said = f"a console was switched to {word}"
            self.record.change("mode", said, before=f'"{other}"', after=f'"{word}"')
            self._tell(ModeChanged(observe))

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield every event from now on, in order, in both directions.

        A reader that is too slow loses the oldest ones; `events_dropped` counts them.
        """
        queue = EventQueue()
        self._queues.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.remove(queue)

    async def online(self, timeout: float) -> None:
        """Wait until the link is ONLINE; LinkError with the reason after `timeout` seconds.

        They count from the first try: what this program takes to begin with is not the chamber's doing.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BEGINNING):
                await self._linked.wait()
        try:
            async with asyncio.timeout(timeout):
                while self.status.state is not LinkState.ONLINE:
                    self._status_changed.clear()
                    await self._status_changed.wait()
        except TimeoutError:
            why = self.status.why or f"{self.profile.url} did not answer within {timeout:g} s."
            raise LinkError(why) from None

    def reconnect(self) -> None:
        """Try to connect now instead of at the next turn."""
        if self._sender.link is not None:
            self._sender.link.reconnect_now()

    def marks(self, snapshot: Snapshot) -> tuple[Mark, ...]:
        """Return the marks on the time axis, with those of the time before this program, oldest first."""
        return self.record.with_past(snapshot.marks)

    def note(self, text: str) -> None:
        """Put the operator's note on the time axis."""
        self._mark(text)

    def _mark(self, text: str, kind: str = "note") -> None:
        self.chamber.note(text, self.clock.utc(), self.clock.mono(), kind=kind)
        self._keep_marks()

    def look_at_unknown(self) -> None:
        """Note that somebody has looked at the commands whose outcome is unknown."""
        self._changed(self.chamber.ledger.look_at_all())

    # -- commands -------------------------------------------------------------------------------------

    def blocked(self, command: str, *, stop: bool = False) -> Refusal | None:
        """Return why `command` could not be sent now; None when it could. `stop`: by the STOP key."""
        return self._sender.blocked(command, stop=stop)

    async def send(
        self, command: str, values: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> LedgerEntry:
        """Send a command of the contract and return its ledger entry when the outcome is final.

        `timeout` in seconds replaces the contract's. Never raises for the device's sake: a guard that says
        no gives an entry with outcome `refused`.
        """
        try:
            prepared = self.prepare(command, values)
        except ContractError as error:
            return self._sender.refuse(Refusal(RefusalCode.NOT_ALLOWED, command, problem=str(error)))
        return await self.send_prepared(prepared, timeout=timeout)

    async def load_recipe(
        self, plan: Plan, payload: Mapping[str, Any], source: str = "", *, timeout: float | None = None
    ) -> LedgerEntry:
        """Hand a compiled recipe to the chamber; its plan is kept for the run's time line.

        `source` is the text of its file: it goes into the record with the plan and what was sent, so that
        whatever becomes of the file does not touch the run.
        """
        self._handing = (plan, source)
        try:
            return await self.send(LOAD_COMMAND, payload, timeout=timeout)
        finally:
            self._handing = (None, "")

    async def _hand_over(self, prepared: Prepared, sending: Awaitable[LedgerEntry]) -> LedgerEntry:
        """Send a list, and keep what it is: a run may begin before its answer has come."""
        plan, source = self._handing
        name = prepared.values.get("name") if isinstance(prepared.values, dict) else None
        name = name if isinstance(name, str) else ""
        from xovac_tui.recording.disk.lists import payload_hash

        handing = None
        if plan is not None:
            handing = LoadedRecipe(name, plan, self.clock.mono(), payload_hash(prepared.text))
        flights = self.flights
        handed_before, flights.handed = flights.handed, self.clock.mono()
        flights.handing = handing
        try:
            entry = await sending
        finally:
            flights.handing = None
        if entry.outcome is not Outcome.REFUSED:
            self.record.load(name, entry, plan, self.plan_settings(), source)
        if entry.outcome in (Outcome.SUCCESS, Outcome.UNKNOWN, Outcome.DONE):
            # Of a bare list nobody has a plan, and what was loaded before it is loaded no more.
            flights.loaded = handing
        else:
            # The chamber did not take it: what it was given before, by whomever, still holds.
            flights.handed = handed_before
        return entry

    async def stop(self) -> LedgerEntry:
        """Send `cancel_recipe` by the STOP key: allowed on stale data, never in OBSERVE."""
        with confirmed_by(STOP_KEY):
            return await self.send_prepared(self.prepare(STOP_COMMAND), stop=True)

    def refuse_stop(self, refusal: Refusal) -> LedgerEntry:
        """Note in the ledger that STOP was asked for and could not be sent; sends nothing."""
        return self._sender.refuse(refusal, self.prepare(STOP_COMMAND).text, stop=True)

    async def send_prepared(
        self, prepared: Prepared, *, timeout: float | None = None, stop: bool = False
    ) -> LedgerEntry:
        """Send what was prepared, once; return its ledger entry when the outcome is final."""
        session = self.status.session
        sending = self._sender.send_once(prepared, session=session, timeout=timeout, stop=stop)
        return await (self._hand_over(prepared, sending) if prepared.spec.event == LOAD_COMMAND else sending)

    # -- what the link tells --------------------------------------------------------------------------

    def _kind(self, name: str) -> Kind:
        if self.contract.is_answer(name):
            return Kind.RESPONSE
        return Kind.COMMAND if name in self.contract.commands else Kind.MESSAGE

    def _on_event(self, event: Event) -> None:
        self.log.append(event)
        self.record.event(event)
        changes = self.chamber.apply(event)
        self._keep_marks()
        if changes:
            self._changed(changes)
        if self._shown_link.word is LinkWord.STALE:
            # A gap ends with the first value after it, not with the next look.
            self._show_link()
        if self.chamber.judges(event) and (self.flights.flying is not None or self.chamber.running):
            # At the moment at which it came: between two ticks a step may begin, and a value leave its
            # tolerance and come back.
            self._fly(event.utc, event.mono)
        for queue in self._queues:
            before = queue.dropped
            queue.put(event)
            self.events_dropped += queue.dropped - before

    def _keep_marks(self) -> None:
        """Put marks that were made since the last time into the record."""
        if marks := self.chamber.take_marks():
            self.record.marks(marks)

    def _on_status(self, status: LinkStatus) -> None:
        mono = self.clock.mono()
        view = LinkView(
            word=LinkWord(status.state.value),
            since_utc=status.since_utc,
            since_mono=status.since_mono,
            why=status.why,
            attempt=status.attempt,
            next_try_mono=status.next_try_mono,
            rtt=status.rtt,
            session=status.session,
        )
        self.chamber.link_silent = status.silent
        changes = self.chamber.link_changed(view, self.clock.utc(), mono)
        self._keep_marks()
        if self.flights.flying is not None:
            # However short a link is gone, nothing counts across that.
            self._fly(self.clock.utc(), mono)
        self._status_changed.set()
        self._show_link()
        self._changed(changes)

    def tick(self) -> None:
        """Look at what time alone changes: time-outs of commands, and data that have stopped."""
        self._changed(self.chamber.tick(self.clock.mono()))
        self._show_link()
        self._show_recorder()
        self.record.tick()
        self._fly(self.clock.utc(), self.clock.mono())
        # Before anything is evaluated, so that it knows what stood already.
        self.notifying.tick(online=self._shown_link.word is LinkWord.ONLINE)
        self.alarms.tick()

    def _fly(self, utc: float, mono: float) -> None:
        """Let the run that goes on, or begins, see the chamber as it was at a moment just now."""
        seen, start_seen = self.chamber.observe(utc, mono), self.chamber.start_seen

        def look() -> None:
            self.flights.tick_blind(seen)
            self.flights.observe(seen, start_seen=start_seen)

        self._when_settled(look)

    def _when_settled(self, take: Callable[[], None]) -> None:
        """Let runs take something now, or in its turn once it is known which runs the record holds."""
        if self._settled.is_set():
            take()
        else:
            self._early.append(take)

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            try:
                self.tick()
            except Exception as error:  # time-outs and alarms must be looked at all the same
                if self._defect != repr(error):
                    self._defect = repr(error)
                    logging.getLogger(__name__).warning("a look at the chamber failed", exc_info=error)

    def _show_link(self) -> None:
        link = self.chamber.link_view(self.clock.mono())
        before = self._shown_link
        if (link.word, link.why, link.session) != (before.word, before.why, before.session):
            self._shown_link = link
            self.record.link(link)
            self._tell(LinkChanged(link, before))

    def _alarms_changed(self, news: AlarmsChanged) -> None:
        self._keep_marks()
        self.notifying.take(news)
        self._tell(news)

    def _recorder_changed(self) -> None:
        """Tell the listeners, from the recorder's thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._show_recorder)

    def _show_recorder(self) -> None:
        """Take what is new of the record: that it was read, is written, fails, or is another file."""
        adopted = self.record.adopt()
        before, self._shown_recorder = self._shown_recorder, self.record.view
        if (before.lost, before.files) != (self._shown_recorder.lost, self._shown_recorder.files):
            self.log.part()
        if before.files != self._shown_recorder.files:
            self.record.reopen()
        elif self.record.record is None and self._shown_recorder.state in _WRITTEN:
            # It could not be opened at first.
            self.record.read_again()
        if adopted is not None or (self.record.settled and not self._settled.is_set()):
            self._take_record(adopted)
        if (before.state, self._shown_recorder.state) == (RecorderState.BESIDE, RecorderState.ON):
            self.flights.recording_began()
        if self._shown_recorder != before:
            self._tell(RecorderChanged(self._shown_recorder, before))

    def _take_record(self, adopted: Adopted | None) -> None:
        """Go on from what the record knows; None: it is not known and no longer waited for."""
        if adopted is not None and adopted.replaced:
            self.flights.number_runs()
            self.alarms.replaced()
            return
        if adopted is not None and adopted.read:
            self.flights.opened()
            self.alarms.opened()
        elif self._settled.is_set():
            return
        self._settled.set()
        early, self._early = self._early, []
        for take in early:
            take()
        self._tell(RecordOpened(adopted.moved if adopted is not None else 0))

    def _changed(self, entries: tuple[LedgerEntry, ...]) -> None:
        self.record.entries(entries)
        for entry in entries:
            self._when_settled(partial(self.flights.took, entry))
            self._sender.took(entry)
            self.proving.took(entry)
            self._tell(LedgerChanged(entry))


def this_user() -> str:
    """Return `user@host` as the record names people, on one line that every file takes."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = "unknown"
    return clean(f"{user}@{socket.gethostname()}")
