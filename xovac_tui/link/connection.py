"""The link: one connection to one chamber, kept up for ever, that never sends anything by itself."""

from __future__ import annotations

import asyncio
import math
import random as chance
import traceback
from collections.abc import Callable
from typing import Any

from xovac_tui.api.contract import RESERVED_EVENTS
from xovac_tui.api.event import Direction, Event, EventKind, Form, Payload
from xovac_tui.api.link import LinkCallbacks, LinkCode, LinkReason, LinkView, LinkWord
from xovac_tui.api.payload import decode_arguments
from xovac_tui.api.wire import as_sent
from xovac_tui.errors import LinkError, SettingsError
from xovac_tui.link import backoff
from xovac_tui.link.connect import Connector, Handlers, LinkConnection, connect
from xovac_tui.link.engine import log
from xovac_tui.link.reasons import UntrustedCertificateError
from xovac_tui.link.target import Target
from xovac_tui.link.wording import worded
from xovac_tui.text import clean, writable

MALFORMED = "(not socket.io)"
"""Name of the event that reports a packet that could not be read."""
_LONGEST_NAME = 500


class Link:
    """Connect, reconnect, report events and the state of the link, and emit what is asked for.

    Everything happens on one event loop. `on_event` and `on_status` are called from it and must not wait;
    `on_status` is called for every change, also of the round trip time, the attempt and the reason
    (`since_mono` shows whether it is still the same state).
    """

    def __init__(
        self,
        target: Target,
        callbacks: LinkCallbacks,
        *,
        random: Callable[[], float] = chance.random,
        connector: Connector = connect,
    ) -> None:
        self._target = target
        self._kind, self._on_event = callbacks.contract_kind, callbacks.on_event
        self._on_status, clock = callbacks.on_status, callbacks.clock
        self._clock = clock
        self._random = random
        self._connect = connector
        self._connection: LinkConnection | None = None
        self._wake = asyncio.Event()
        self._closed = False
        self._status = LinkView(
            since_utc=clock.utc(),
            since_mono=clock.mono(),
            why=worded(LinkCode.NOT_YET).sentence,
            code=LinkCode.NOT_YET,
        )

    @property
    def status(self) -> LinkView:
        """The state of the link now."""
        return self._status

    async def run(self) -> None:
        """Connect and reconnect until cancelled; then say good-bye, within a second."""
        failures = 0
        why: LinkReason | None = None
        try:
            while True:
                self._wake.clear()
                if self._closed:
                    failures, why = 0, None
                    self._set(LinkWord.OFFLINE, worded(LinkCode.CLOSED_HERE))
                    await self._wake.wait()
                    continue
                try:
                    why, lasted = await self._attempt(failures + 1, why)
                except SettingsError as error:
                    # Trying again cannot help: wait for a request to.
                    failures, why = 0, None
                    self._set(LinkWord.OFFLINE, LinkReason(LinkCode.UNUSABLE_SETTINGS, str(error)))
                    await self._wake.wait()
                    continue
                except LinkError as error:
                    why, failures = LinkReason(LinkCode(error.code), str(error)), failures + 1
                    seconds = backoff.PERSONS.get(
                        why.code,
                        backoff.LONGEST
                        if isinstance(error, UntrustedCertificateError)
                        else self._delay(failures),
                    )
                except Exception as error:
                    # A defect, here or in a library, must not take the console down with it.
                    hidden = self._target.hidden
                    log.error("connecting failed unexpectedly\n%s", hidden(traceback.format_exc()))
                    what = clean(hidden(str(error)), 160) or type(error).__name__
                    why = worded(LinkCode.DEFECT, why=what)
                    failures += 1
                    seconds = self._delay(failures)
                else:
                    # A server that lets go at once is no better than one that is not there.
                    failures = 0 if lasted >= backoff.SETTLED else failures + 1
                    seconds = self._delay(max(1, failures), dropped=failures > 0)
                if not self._wake.is_set():
                    await self._pause(seconds, failures, why)
        finally:
            self._set(LinkWord.OFFLINE, worded(LinkCode.ENDED_HERE))

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> Event:
        """Send one event now and return it, or raise a LinkError; nothing is ever kept for later.

        With `callback` a socket.io acknowledgement is asked for, and received as its answer.
        """
        connection = self._connection
        if self._status.word is not LinkWord.ONLINE or connection is None or not connection.alive:
            raise worded(LinkCode.OFFLINE, event=clean(name, 60), word=self._status.word).error()
        if not name or name in RESERVED_EVENTS:
            raise worded(LinkCode.RESERVED_EVENT, event=name).error()
        try:
            await connection.emit(name, *arguments, callback=callback)
        except Exception as error:
            why = clean(str(error), 160) or type(error).__name__
            raise worded(LinkCode.NOT_HANDED_OVER, event=clean(name, 60), why=why).error() from error
        event = self._event(name, as_sent(arguments), Direction.OUT)
        self._hand_on(event)
        return event

    def reconnect_now(self) -> None:
        """Try now: end a wait, or drop a connection that is there and make a new one."""
        self._closed = False
        self._wake.set()

    def close(self) -> None:
        """Go OFFLINE and stay there until `open` or `reconnect_now`."""
        self._closed = True
        self._wake.set()

    def open(self) -> None:
        """Reopen after `close`; do nothing when not closed."""
        if self._closed:
            self.reconnect_now()

    async def _attempt(self, number: int, before: LinkReason | None) -> tuple[LinkReason | None, float]:
        """Connect, stay as long as it lasts, and return why it ended and how many seconds it lasted.

        An end that the operator wanted has no reason, and counts as having lasted.
        """
        self._set(self._trying(), before, attempt=number)
        handlers = Handlers(self._received, self._malformed, self._connected, self._measured, self._silent)
        connecting = asyncio.ensure_future(self._connect(self._target, self._target.transports, handlers))
        try:
            await self._until_woken(connecting)
            if not connecting.done():
                self._over(None)
                return None, math.inf
            connection = connecting.result()
            if self._connection is None:
                self._connected(connection)
            began = self._status.since_mono
            ended = asyncio.ensure_future(connection.ended())
            try:
                await self._until_woken(ended)
                why = ended.result() if ended.done() else None
            finally:
                ended.cancel()
            self._over(why)
            return why, self._clock.mono() - began if why else math.inf
        finally:
            self._connection = None
            # An attempt that is ended cleans up after itself; one that has just succeeded is left to us.
            connecting.cancel()
            try:
                await asyncio.wait((connecting,))
            finally:
                # Also where the link itself is ended at this very moment.
                if connecting.done() and not connecting.cancelled() and connecting.exception() is None:
                    await connecting.result().close()

    def _over(self, why: LinkReason | None) -> None:
        """Note that nothing can be sent any more, and why; without a reason the operator asked for it."""
        self._connection = None
        if why:
            self._set(LinkWord.LOST, why)
        elif not self._closed:
            self._set(LinkWord.CONNECTING, worded(LinkCode.RECONNECTING))

    async def _until_woken(self, future: asyncio.Future[Any]) -> None:
        """Wait until the future is done or the operator asks for something else."""
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((future, waking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()

    async def _pause(self, seconds: float, failures: int, why: LinkReason | None) -> None:
        """Wait before the next attempt, unless the operator asks for it now."""
        self._set(self._trying(), why, attempt=failures, next_try_mono=self._clock.mono() + seconds)
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    def _delay(self, failures: int, *, dropped: bool = False) -> float:
        longest = backoff.LONGEST_DROPPED if dropped else backoff.LONGEST
        return backoff.delay(failures, self._random, longest)

    def _trying(self) -> LinkWord:
        """Return the state of a link that tries: once connected, it stays LOST until it is online again."""
        was_connected = self._status.word in (LinkWord.LOST, LinkWord.ONLINE)
        return LinkWord.LOST if was_connected else LinkWord.CONNECTING

    def _set(self, word: LinkWord, why: LinkReason | None = None, **more: Any) -> None:
        now = self._status
        if word is now.word:
            utc, mono = now.since_utc, now.since_mono
        else:
            utc, mono = self._clock.utc(), self._clock.mono()
        more.setdefault("session", now.session)
        if why is not None:
            more.update(why=why.sentence, code=why.code.value)
        status = LinkView(word=word, since_utc=utc, since_mono=mono, **more)
        if status == now:
            return
        self._status = status
        if (word, status.code) != (now.word, now.code):
            log.info("the link is %s", status.spoken)
        try:
            self._on_status(status)
        except Exception:
            log.exception("a listener failed at the link's state")

    def _connected(self, connection: LinkConnection) -> None:
        self._connection = connection
        self._set(LinkWord.ONLINE, session=self._status.session + 1)

    def _measured(self, rtt: float) -> None:
        if self._status.word is LinkWord.ONLINE:
            self._set(LinkWord.ONLINE, rtt=rtt, silent=self._status.silent)

    def _silent(self, silent: bool) -> None:
        if self._status.word is LinkWord.ONLINE:
            self._set(LinkWord.ONLINE, rtt=self._status.rtt, silent=silent)

    def _received(self, name: Any, arguments: tuple[Any, ...]) -> None:
        if not isinstance(name, str):
            name = clean(repr(name), _LONGEST_NAME)
        self._hand_on(self._event(writable(name[:_LONGEST_NAME]), arguments, Direction.IN))

    def _malformed(self, raw: str | bytes, why: Exception) -> None:
        reason = clean(str(why), 200) or type(why).__name__
        payload = Payload(Form.TEXT, None, raw, f"The packet is not socket.io: {reason}.")
        self._hand_on(
            Event(MALFORMED, payload, Direction.IN, EventKind.MESSAGE, self._clock.utc(), self._clock.mono())
        )

    def _event(self, name: str, arguments: tuple[Any, ...], direction: Direction) -> Event:
        return Event(
            name,
            decode_arguments(*arguments),
            direction,
            self._kind(name),
            self._clock.utc(),
            self._clock.mono(),
        )

    def _hand_on(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:
            log.exception("a listener failed at the event %r", event.name[:80])
