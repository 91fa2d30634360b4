"""Make one attempt to connect, and hold its connection: all that a Link does to the network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
import msgspec

from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.durations import format_whole
from xovac_tui.errors import LinkError
from xovac_tui.link import bounded, explain
from xovac_tui.link.client import REFUSED, SENT_AWAY, SERVER_CLOSED, STOPPED, Client
from xovac_tui.link.engine import MAX_MESSAGE, Socket, log
from xovac_tui.link.reasons import TransportError, raise_reason
from xovac_tui.link.session import open_session
from xovac_tui.link.signs_of_life import LifeSigns
from xovac_tui.link.target import Address, Target, check_target
from xovac_tui.link.wording import worded
from xovac_tui.text import clean

PATIENCE = 0.5
"""Seconds to say good-bye."""
MEASURE_EVERY = 2.0
"""Seconds between two measurements of the round trip at the most; each answer is a sign of life."""


class LinkConnection(Protocol):
    """A connection that was made."""

    @property
    def transport(self) -> str:
        """Return how it goes over the network: `websocket` or `polling`."""
        ...

    @property
    def alive(self) -> bool:
        """Return whether something can be sent."""
        ...

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> None:
        """Hand one event to the transport; with `callback` its acknowledgement is received as its answer."""
        ...

    async def ended(self) -> LinkReason:
        """Wait until it is over, and return why."""
        ...

    async def close(self) -> None:
        """Say good-bye, within a second, and free everything."""
        ...


class Handlers(msgspec.Struct, frozen=True):
    """Callbacks for what comes in. None of these may wait."""

    arguments: Callable[[Any, tuple[Any, ...]], None]
    """An event's name (whatever the server sent for one) and its arguments."""
    malformed: Callable[[str | bytes, Exception], None]
    """A packet that is not socket.io, and why."""
    connected: Callable[[LinkConnection], None]
    """The server has consented; from now on something can be sent."""
    rtt: Callable[[float], None]
    """Seconds of one round trip."""
    silent: Callable[[bool], None] = lambda _: None
    """Whether the server shows no sign of life at present; it is reported when that changes."""


class Connector(Protocol):
    """Make a connection, or raise a LinkError or SettingsError."""

    async def __call__(self, target: Target, transports: Sequence[str], handlers: Handlers) -> LinkConnection:
        """Make a connection."""
        ...


async def connect(target: Target, transports: Sequence[str], handlers: Handlers) -> LinkConnection:
    """Connect by the first of these transports that works, or raise the reason as a sentence.

    Each has the target's `connect_timeout`; none is tried after a reason that holds for all of them.
    """
    address = check_target(target)
    failed: dict[str, LinkReason] = {}
    for at, name in enumerate(transports):
        try:
            # Polling is upgraded where a WebSocket is allowed after it.
            return await _connect_by(target, address, transports[at:], handlers)
        except TransportError as why:
            failed[name] = LinkReason(LinkCode(why.code), target.hidden(str(why)))
        except LinkError as why:
            raise type(why)(target.hidden(str(why)), why.code) from None
    raise explain.no_transport(failed).error()


async def _connect_by(
    target: Target, address: Address, transports: Sequence[str], handlers: Handlers
) -> LinkConnection:
    """Connect by the first of these transports, or raise the reason as a sentence."""
    seen = SimpleNamespace()
    session = open_session(target, address, seen)
    client = Client(
        session,
        target,
        on_arguments=handlers.arguments,
        on_malformed=handlers.malformed,
        on_connect=lambda: handlers.connected(connection),
    )
    connection = _Connection(target, address, session, client, handlers)
    try:
        await _connect(client, target, address, transports, seen, session)
        connection.watch()
        return connection
    except BaseException:
        await _leave(client, session)
        raise


async def _connect(
    client: Client,
    target: Target,
    address: Address,
    transports: Sequence[str],
    seen: SimpleNamespace,
    session: aiohttp.ClientSession,
) -> None:
    """Bring the client online, or raise the reason."""
    connecting = asyncio.ensure_future(
        client.connect(
            address.url,
            auth=target.auth,
            transports=list(transports),
            namespaces=[target.namespace],
            socketio_path=address.path,
            wait_timeout=target.connect_timeout,
        )
    )
    ending = asyncio.ensure_future(client.ended.wait())
    try:
        await asyncio.wait(
            (connecting, ending), timeout=target.connect_timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if connecting.done() and connecting.exception() is None:
            return
        error = connecting.exception() if connecting.done() else None
    finally:
        for task in (connecting, ending):
            task.cancel()
        # Its own good-bye may already be under way; what comes of it does not matter any more.
        await asyncio.wait((connecting,), timeout=PATIENCE)
        if connecting.done() and not connecting.cancelled():
            connecting.exception()
    await raise_reason(client, target, address, seen, session, error)


async def _leave(client: Client, session: aiohttp.ClientSession) -> None:
    """Close everything, within a second, even when cancelled meanwhile."""
    try:
        await client.close(PATIENCE)
    finally:
        with suppress(Exception):
            await session.close()


class _Connection:
    """A connection of the socket.io client, and the watch over it."""

    def __init__(
        self,
        target: Target,
        address: Address,
        session: aiohttp.ClientSession,
        client: Client,
        handlers: Handlers,
    ) -> None:
        self._target = target
        self._address = address
        self._session = session
        self._client = client
        self._handlers = handlers
        self._pause = min(MEASURE_EVERY, target.lost_after / 3)
        self._life = LifeSigns(target.lost_after, handlers.silent, self._lost)
        self._watches: list[asyncio.Future[None]] = []

    def watch(self) -> None:
        """Begin to check whether the server lives, and to measure the round trip."""
        self._client.watch(self._life.note)
        socket = self._client.socket
        if isinstance(socket, Socket):
            socket.on_rtt = self._handlers.rtt
        measuring = self._measure(socket) if isinstance(socket, Socket) else self._poll()
        self._watches = [asyncio.ensure_future(measuring), asyncio.ensure_future(self._life.watch())]

    @property
    def transport(self) -> str:
        return str(self._client.eio.transport())

    @property
    def alive(self) -> bool:
        return (
            not self._client.ended.is_set()
            and self._client.eio.state == "connected"
            and self._target.namespace in self._client.namespaces
        )

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> None:
        await self._client.send(name, arguments, callback=callback)

    async def ended(self) -> LinkReason:
        await self._client.ended.wait()
        why = self._why()
        return LinkReason(why.code, self._target.hidden(why.sentence))

    async def close(self) -> None:
        for watch in self._watches:
            watch.cancel()
        await _leave(self._client, self._session)

    def _lost(self) -> None:
        self._client.end(STOPPED)

    async def _measure(self, socket: Socket) -> None:
        """Measure the round trip now and then, and so ask for a sign of life."""
        with suppress(ConnectionError, RuntimeError):
            while True:
                await socket.measure()
                await asyncio.sleep(self._pause)

    async def _poll(self) -> None:
        """Ask for what is certain to be answered with no, because a long poll does not show a dead server.

        Engine.IO 4 lets only the server ping. A request for a transport that does not exist opens no session
        and is seen by no handler of the server, but only a living server refuses it.
        """
        limit = aiohttp.ClientTimeout(total=self._target.lost_after)
        while True:
            await asyncio.sleep(self._pause)
            begin = time.monotonic()
            try:
                async with self._session.get(self._address.endpoint("none"), timeout=limit) as response:
                    await response.read()
            except (aiohttp.ClientError, TimeoutError, OSError) as why:
                log.debug("the polled server does not answer: %s", self._target.hidden(repr(why)))
                continue
            self._life.note()
            self._handlers.rtt(time.monotonic() - begin)

    def _why(self) -> LinkReason:
        """Return the reason for the end of this connection."""
        address = self._address
        socket = self._client.eio.ws
        ending = socket.ending if isinstance(socket, Socket) else None
        error = socket.exception() if isinstance(socket, Socket) else None
        if self._client.ended_by == STOPPED or isinstance(error, aiohttp.ServerTimeoutError):
            return worded(LinkCode.STOPPED_ANSWERING, address, time=format_whole(self._target.lost_after))
        if self._client.eio.too_long:
            return worded(LinkCode.ANSWER_TOO_LONG, address, most=bounded.LONGEST_BODY >> 20)
        if self._client.ended_by in (SENT_AWAY, REFUSED):
            return worded(LinkCode.SENT_AWAY, address)
        if self._client.ended_by == SERVER_CLOSED:
            return worded(LinkCode.SERVER_CLOSED, address)
        if ending is not None and ending.type is aiohttp.WSMsgType.ERROR:
            if getattr(ending.data, "code", None) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                return worded(LinkCode.MESSAGE_TOO_LONG, address, most=MAX_MESSAGE >> 20)
            return worded(LinkCode.NOT_WEBSOCKET, address, why=clean(str(ending.data), 120))
        if ending is not None and ending.type is aiohttp.WSMsgType.CLOSE:
            said = clean(str(ending.extra or ""), 100)
            said = f", {said}" if said else ""
            return worded(LinkCode.SERVER_CLOSED, address, "websocket", number=ending.data, said=said)
        return worded(LinkCode.BROKEN_OFF, address)
