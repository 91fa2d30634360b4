"""The station itself: wires link, chamber, ledger and record of one chamber together."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import logging
import socket
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from xovac_tui import recipes
from xovac_tui.alarms.desk import AlarmDesk
from xovac_tui.api import contracts
from xovac_tui.api.contract import LOAD_COMMAND, STOP_COMMAND, Contract
from xovac_tui.api.event import Event, EventKind
from xovac_tui.api.link import LinkCallbacks, LinkCode, LinkView, LinkWord
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.news import (
    ContractChanged,
    ContractProblem,
    ContractProblemChanged,
    LedgerChanged,
    LinkChanged,
    MarksMade,
    ModeChanged,
    RecordOpened,
)
from xovac_tui.chamber.snapshot import LedgerEntry, Snapshot
from xovac_tui.daemon import in_daemon
from xovac_tui.durations import format_whole
from xovac_tui.errors import ContractError, LinkError, XovacError
from xovac_tui.forwarding.view import ForwardView
from xovac_tui.recording.log import Log
from xovac_tui.recording.service import OPENING
from xovac_tui.station.commands import Prepared, Sender
from xovac_tui.station.confirmation import STOP_KEY, confirmed_by
from xovac_tui.station.contract_files import (
    ANSWERS_WITHIN,
    LOOK_EVERY,
    SETTLE,
    SETTLE_AT_MOST,
    ContractReading,
    Stamp,
)
from xovac_tui.station.eventqueue import EventQueue
from xovac_tui.station.news import News, NewsFeed, ServiceFailed
from xovac_tui.station.proofs import StopProofs
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.station.service import ForwardDesk, RecordDesk, RunKeeper, Service, Services
from xovac_tui.station.setup import Reach, StationSetup, Way
from xovac_tui.station.station import Station
from xovac_tui.text import clean

TICK_EVERY = 0.25
"""Seconds between checks of what time alone changes: time-outs and staleness."""
_HEAD_START = 0.3
"""Seconds for which connecting waits for the record at the most, while what connects is imported: as a rule
it is open by then, and what came before is shown from the first moment on."""
_MOST_SAID = 3
"""Largest number of differences of a new contract in one message; the record names more."""
_BEGINNING = 60.0
"""Seconds that importing and making the link may take at the most, on a machine with much else to do."""


class Parts(msgspec.Struct, frozen=True):
    """What the station of a live chamber is made of."""

    chamber: Chamber
    log: Log
    record: RecordDesk
    runs: RunKeeper
    alarms: AlarmDesk
    forward: ForwardDesk
    services: Sequence[Service]
    """All that is called with what happens, in this order: what they do depends on it."""


class LiveStation(Station):
    """One chamber: its link, its model, its ledger and its services, with or without a screen."""

    def __init__(
        self, setup: StationSetup, parts: Parts, reach: Reach, news: NewsFeed, proofs: StopProofs | None
    ) -> None:
        """Take `news`, by which the parts publish; `proofs` None: it is not asked whether STOP is proven."""
        # Services get news before any screen.
        news.subscribe(self._on_news)
        super().__init__(setup, news=news, proofs=proofs)
        self.who = setup.who
        self.chamber, self.log = parts.chamber, parts.log
        self.record, self.alarms = parts.record, parts.alarms
        self.runs, self._runs = parts.runs.runs, parts.runs
        self._services = Services(parts.services, self._service_failed, self.clock.mono)
        self.target, self._reach = reach.target, reach
        self._sender = Sender(
            self.chamber,
            self.manner,
            self.clock,
            self.who,
            changed=self._changed,
            mark=partial(self._mark, kind="command"),
        )
        self._linked = asyncio.Event()
        """Set once there is a link that tries, or there will be none."""
        self._shown_link = LinkView()
        self._defect = ""
        """What failed in a check last, so that it is logged once."""
        self._queues: list[EventQueue] = []
        self.events_dropped = 0
        """Events that a reader of `events` did not get, because it read too slowly."""
        self._status_changed = asyncio.Event()
        self._settled = asyncio.Event()
        """Set once it is known what the record knows, or that this is not to be waited for."""
        if self.record.settled:
            self._settled.set()
        self._task: asyncio.Task[None] | None = None
        self._forward = parts.forward
        self._files = setup.contract_files
        self._files_seen: Stamp | None = None
        """The contract files as they were when they were read last; None: not since the start."""
        self._hashes: Mapping[str, str] = {}
        """SHA-256 of each contract file, as they were read last."""
        self._contract_problem: ContractProblem | None = None
        self._reading_files = asyncio.Lock()
        self._look_now = asyncio.Event()

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
        watching = asyncio.create_task(self._watch_contract(), name="station-contract")
        async with contextlib.AsyncExitStack() as served:
            if self._reach.way is not None:
                served.push_async_callback(self._reach.way.close)
            try:
                if self._reach.serve is not None:
                    url = await served.enter_async_context(self._reach.serve())
                    self.target = msgspec.structs.replace(self.target, url=url)
                    self.manner = msgspec.structs.replace(self.manner, address=url)
                await self._run(callbacks)
            except XovacError as error:
                self._offline(error)
            finally:
                watching.cancel()
                self._linked.set()
                await self._services.close()

    async def _run(self, callbacks: LinkCallbacks) -> None:
        # The record opens beside: whatever holds it up, the chamber can be reached. What comes before it is
        # open waits in memory, so nothing is missed.
        await self.record.open()
        making = asyncio.ensure_future(asyncio.to_thread(self._reach.link, self.target, callbacks))
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
        """Report why there will be no link."""
        utc, mono = self.clock.utc(), self.clock.mono()
        code = error.code if isinstance(error, LinkError) else LinkCode.UNUSABLE_SETTINGS
        self._on_status(LinkView(LinkWord.OFFLINE, since_utc=utc, since_mono=mono, why=str(error), code=code))

    async def record_read(self, timeout: float) -> bool:
        """Wait until it is known what the record knows; False when that was not known within `timeout` s."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._settled.wait()
        return self._settled.is_set()

    @property
    def patience(self) -> float:
        """Seconds that one attempt to connect may take."""
        return self.target.patience

    @property
    def way(self) -> Way | None:
        """The tunnel to the chamber, which may ask before it is there; None: it is connected to directly."""
        return self._reach.way

    # -- what screens read ----------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the chamber as it is now; cheap, at any time."""
        return self.chamber.snapshot(self.clock.utc(), self.clock.mono())

    def history(self, full_name: str) -> ChannelHistory | None:
        """Return the history of a numeric channel, back to the beginning of the record; None without any."""
        return self.record.history(full_name, self.chamber.history)

    @property
    def status(self) -> LinkView:
        """The connection as the link itself reports it."""
        return self._sender.link.status if self._sender.link else LinkView()

    @property
    def observe(self) -> bool:
        """True while no command can be sent from here, STOP included."""
        return self._sender.observe

    def set_observe(self, observe: bool) -> None:
        """Switch between OBSERVE and CONTROL; a profile that only observes stays so."""
        if observe != self.observe and not (self.manner.observe_only and not observe):
            self._sender.observe = observe
            self.news.publish(ModeChanged(observe))

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
                while self.status.word is not LinkWord.ONLINE:
                    self._status_changed.clear()
                    await self._status_changed.wait()
        except TimeoutError:
            why = self.status.why or f"{self.manner.address} did not answer within {format_whole(timeout)}."
            raise LinkError(why, self.status.code or LinkCode.NOT_REACHED) from None

    # -- the contract ---------------------------------------------------------------------------------

    @property
    def forward(self) -> ForwardView:
        """State of the sinks to which the chamber is forwarded."""
        return self._forward.view

    @property
    def contract_files(self) -> tuple[Path, ...]:
        """The contract files that are in force, in their order."""
        return self._files.paths

    @property
    def contract_problem(self) -> ContractProblem | None:
        """Why the contract files cannot be used as they are on disk; None while they are in force."""
        return self._contract_problem

    @property
    def contract_fixed(self) -> bool:
        """False: another contract can be put in force at any time."""
        return False

    def change_contract(self, contract: Contract) -> bool:
        """Put another contract in force at once, everywhere; return False where it is in force already.

        Readings, alarms, runs and record go by it from the next event on; what they know by full names stays.
        Nothing is sent.
        """
        before = self.contract
        if contract == before:
            return False
        self.chamber.change_contract(contract, self.clock.utc(), self.clock.mono())
        self._insight = None
        words = contracts.comparing.in_short(contracts.comparing.differences(before, contract), _MOST_SAID)
        self.news.publish(ContractChanged(contract, before, words, self._hashes))
        self._show_link()
        return True

    async def reread_contract(self, files: Sequence[Path] | None = None) -> ContractProblem | None:
        """Read the contract files again, in a thread, and put them in force at once where they are right.

        `files` are to be used instead from now on. Returns why they were not taken: the contract before
        stays in force then.
        """
        if files is not None:
            self._files, self._files_seen = self._files.with_paths(files), None
        try:
            async with asyncio.timeout(ANSWERS_WITHIN), self._reading_files:
                await self._read_contract()
        except TimeoutError:
            said = f"The contract files were not read within {format_whole(ANSWERS_WITHIN)}: see their disk."
            self._take_problem((said,))
        return self._contract_problem

    async def _watch_contract(self) -> None:
        """Read the contract files again when they change, or when that is asked for; for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._look_now.wait()
            asked = self._look_now.is_set()
            self._look_now.clear()
            if not self._files.paths:
                continue
            try:
                # A disk that hangs is waited for here for as long as it takes: no second thread joins it.
                async with self._reading_files:
                    await self._look_at_files(asked=asked)
            except Exception as error:  # the watch goes on
                logging.getLogger(__name__).warning("contract files were not watched", exc_info=error)

    async def _look_at_files(self, *, asked: bool) -> None:
        files = self._files
        stamp = await in_daemon(files.stamp, "contract")
        if self._files_seen is None and not asked:
            # As they were at the start, but for what happened in these seconds.
            await self._read_contract()
        elif asked or stamp != self._files_seen:
            for _ in range(round(SETTLE_AT_MOST / SETTLE)):
                await asyncio.sleep(SETTLE)
                before, stamp = stamp, await in_daemon(files.stamp, "contract")
                if stamp == before:
                    break
            await self._read_contract()

    async def _read_contract(self) -> None:
        """Read the contract files, and take what they hold."""
        files = self._files

        def read() -> tuple[Stamp, ContractReading]:
            return files.stamp(), files.read()

        stamp, found = await in_daemon(read, "contract")
        if files is not self._files:
            return
        self._files_seen = stamp
        self._take_problem(found.mistakes)
        if not found.mistakes:
            self._hashes = found.hashes
            self.change_contract(found.contract)

    def _take_problem(self, sentences: tuple[str, ...]) -> None:
        """Publish why the contract files cannot be used, once, and that they can again."""
        before = self._contract_problem
        if sentences == (() if before is None else before.sentences):
            return
        problem = ContractProblem(sentences, self.clock.utc()) if sentences else None
        self._contract_problem = problem
        self.news.publish(ContractProblemChanged(problem))

    def reconnect(self) -> None:
        """Try to connect now instead of at the next turn, and read the contract files again."""
        self._look_now.set()
        if self._sender.link is not None:
            self._sender.link.reconnect_now()

    def note(self, text: str) -> None:
        """Put the operator's note on the time axis."""
        self._mark(text)

    def _mark(self, text: str, kind: str = "note") -> None:
        self.chamber.note(text, self.clock.utc(), self.clock.mono(), kind=kind)
        self._keep_marks()

    def dismiss_unknown(self) -> None:
        """Dismiss the commands whose outcome is unknown: the user has seen them."""
        self._changed(self.chamber.ledger.dismiss_all())

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
        self, compiled: recipes.compiler.Compiled, source: str = "", *, timeout: float | None = None
    ) -> LedgerEntry:
        """Hand a compiled recipe to the chamber; its plan is kept for the run's time line.

        `source` is the text of its file: it goes into the record with the plan and what was sent, so that
        whatever becomes of the file does not touch the run.
        """
        with self._runs.handing(compiled.plan, source):
            return await self.send(LOAD_COMMAND, compiled.payload, timeout=timeout)

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
        return await self._sender.send_once(prepared, session=session, timeout=timeout, stop=stop)

    # -- what the link reports --------------------------------------------------------------------------

    def _kind(self, name: str) -> EventKind:
        if self.contract.is_answer(name) or self.chamber.ledger.waits_for(name):
            return EventKind.RESPONSE
        return EventKind.COMMAND if name in self.contract.commands else EventKind.MESSAGE

    def _on_event(self, event: Event) -> None:
        self._services.each(lambda service: service.on_event(event))
        changes = self.chamber.apply(event)
        self._keep_marks()
        if changes:
            self._changed(changes)
        if self._shown_link.word is LinkWord.STALE:
            # A gap ends with the first value after it, not with the next check.
            self._show_link()
        if self.chamber.judges(event) and (self.runs.running is not None or self.chamber.running):
            # At the moment at which it came: between two ticks a step may begin, and a value leave its
            # tolerance and come back.
            self._runs.observe(event.utc, event.mono)
        for queue in self._queues:
            before = queue.dropped
            queue.put(event)
            self.events_dropped += queue.dropped - before

    def _keep_marks(self) -> None:
        """Record the marks that were made since the last time."""
        if marks := self.chamber.take_marks():
            made = MarksMade(tuple(marks))
            self._services.each(lambda service: service.on_news(made))

    def _on_status(self, link: LinkView) -> None:
        changes = self.chamber.link_changed(link, self.clock.utc(), self.clock.mono())
        self._keep_marks()
        self._services.each(lambda service: service.on_status(link))
        self._status_changed.set()
        self._show_link()
        self._changed(changes)

    def tick(self) -> None:
        """Check what time alone changes: time-outs of commands, and data that have stopped."""
        self._changed(self.chamber.tick(self.clock.mono()))
        self._show_link()
        self._services.each(lambda service: service.tick())

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TICK_EVERY)
            try:
                self.tick()
            except Exception as error:  # time-outs and alarms must be checked all the same
                if self._defect != repr(error):
                    self._defect = repr(error)
                    logging.getLogger(__name__).warning("a check of the chamber failed", exc_info=error)

    def _show_link(self) -> None:
        link = self.chamber.link_view(self.clock.mono())
        before = self._shown_link
        if (link.word, link.why, link.session) != (before.word, before.why, before.session):
            self._shown_link = link
            self.news.publish(LinkChanged(link, before))

    def _on_news(self, news: News) -> None:
        """Hand news to the services, and take what concerns commands and the record."""
        self._keep_marks()
        self._services.each(lambda service: service.on_news(news))
        if isinstance(news, LedgerChanged):
            self._sender.take_outcome(news.entry)
            self.proving.take_outcome(news.entry)
        elif isinstance(news, RecordOpened):
            self._settled.set()

    def _service_failed(self, service: str, error: Exception) -> None:
        self.news.publish(ServiceFailed(service, type(error).__name__))

    def _changed(self, entries: tuple[LedgerEntry, ...]) -> None:
        for entry in entries:
            self.news.publish(LedgerChanged(entry))


def this_user() -> str:
    """Return `user@host` as the record names people, on one line that every file takes."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = "unknown"
    return clean(f"{user}@{socket.gethostname()}")
