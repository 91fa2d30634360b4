"""One attempt to connect, and the connection that comes of it: all that a Link does to the network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
import msgspec
import socketio

import xovac_tui
from xovac_tui.api.text import clean
from xovac_tui.errors import LinkError
from xovac_tui.link import bounded, clues, trouble
from xovac_tui.link.certificate import trust
from xovac_tui.link.client import (
    MAX_MESSAGE,
    OLD,
    REFUSED,
    SENT_AWAY,
    STOPPED,
    Client,
    Socket,
    log,
)
from xovac_tui.link.handshake import NO_HTTP, SILENT, Handshake, ask
from xovac_tui.link.life import LifeSigns
from xovac_tui.link.resolve import Resolver
from xovac_tui.link.target import Address, Target, check_target, parse_fingerprint

PATIENCE = 0.5
"""Seconds to say good-bye."""
_MEASURE = 2.0
"""Seconds between two measurements of the round trip at the most; each answer is a sign of life."""


class _TransportError(LinkError):
    """One transport did not work, and another one may."""


class Untrusted(LinkError):  # noqa: N818 - it says what the server is
    """The server's certificate is not trusted: only a person can settle that."""


class Connection(Protocol):
    """A connection that was made."""

    @property
    def alive(self) -> bool:
        """Return whether something can be sent."""
        ...

    @property
    def transport(self) -> str:
        """Return how it goes over the network: `websocket` or `polling`."""
        ...

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> None:
        """Hand one event to the transport; with `callback` its acknowledgement is heard as its answer."""
        ...

    async def ended(self) -> str:
        """Wait until it is over, and return the sentence that says why."""
        ...

    async def close(self) -> None:
        """Say good-bye, within a second, and free everything."""
        ...


class Hearing(msgspec.Struct, frozen=True):
    """Who is told what comes in. None of these may wait."""

    arguments: Callable[[Any, tuple[Any, ...]], None]
    """An event's name (whatever the server sent for one) and its arguments."""
    malformed: Callable[[str | bytes, Exception], None]
    """A packet that is not socket.io, and why."""
    connected: Callable[[Connection], None]
    """The server has consented; from now on something can be sent."""
    rtt: Callable[[float], None]
    """Seconds of one round trip."""
    silent: Callable[[bool], None] = lambda _: None
    """Whether the server shows no sign of life at present; it is reported when that changes."""


class Dialler(Protocol):
    """What makes a connection, or raises a LinkError or SettingsError."""

    async def __call__(self, target: Target, transports: Sequence[str], hearing: Hearing) -> Connection:
        """Make a connection."""
        ...


def open_session(
    target: Target, address: Address, seen: SimpleNamespace | None = None
) -> aiohttp.ClientSession:
    """Return an HTTP session that trusts what the target trusts, and notes in `seen` how far it came."""
    ssl_option: Any = True
    if address.tls:
        ssl_option = (
            aiohttp.Fingerprint(parse_fingerprint(target.fingerprint))
            if target.fingerprint
            else trust(target.ca_file)
        )
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=ssl_option, resolver=Resolver()),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={
            "User-Agent": f"xovac-tui/{xovac_tui.__version__}",
            "Accept-Encoding": bounded.ENCODINGS,
            # The zone is this machine's business: no server knows it, and some refuse it.
            **({"Host": f"[{address.host.partition('%')[0]}]:{address.port}"} if "%" in address.host else {}),
            **target.headers,
        },
        response_class=bounded.Response,
        auto_decompress=False,
        ws_response_class=Socket,
        trace_configs=[_trace(address, SimpleNamespace() if seen is None else seen)],
    )


class Redirected(aiohttp.ClientError):
    """The server answered with another address."""


def _trace(address: Address, seen: SimpleNamespace) -> aiohttp.TraceConfig:
    seen.error, seen.status, seen.connected = None, None, False

    async def failed(session: Any, context: Any, params: aiohttp.TraceRequestExceptionParams) -> None:
        seen.error = params.exception

    async def answered(session: Any, context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        seen.error, seen.status = None, params.response.status

    async def connected(session: Any, context: Any, params: aiohttp.TraceConnectionCreateEndParams) -> None:
        seen.connected = True

    async def redirected(session: Any, context: Any, params: aiohttp.TraceRequestRedirectParams) -> None:
        raise Redirected(trouble.redirected(address, params.response.headers.get("Location", "?")))

    trace = aiohttp.TraceConfig()
    trace.on_request_exception.append(failed)
    trace.on_request_end.append(answered)
    trace.on_connection_create_end.append(connected)
    trace.on_request_redirect.append(redirected)
    return trace


async def dial(target: Target, transports: Sequence[str], hearing: Hearing) -> Connection:
    """Connect by the first of these transports that works, or raise the reason as a sentence.

    Each has the target's `connect_timeout`; none is tried after a reason that holds for all of them.
    """
    address = check_target(target)
    failed: dict[str, str] = {}
    for at, name in enumerate(transports):
        try:
            # Polling is upgraded where a WebSocket is allowed after it.
            return await _dial(target, address, transports[at:], hearing)
        except _TransportError as why:
            failed[name] = target.hidden(str(why))
        except LinkError as why:
            raise type(why)(target.hidden(str(why))) from None
    raise LinkError(trouble.no_transport(failed))


async def _dial(target: Target, address: Address, transports: Sequence[str], hearing: Hearing) -> Connection:
    """Connect by the first of these transports, or raise the reason as a sentence."""
    seen = SimpleNamespace()
    session = open_session(target, address, seen)
    client = Client(
        session,
        target.namespace,
        request_timeout=target.connect_timeout,
        lost_after=target.lost_after,
        on_arguments=hearing.arguments,
        on_malformed=hearing.malformed,
        on_connect=lambda: hearing.connected(connection),
    )
    connection = _Connection(target, address, session, client, hearing)
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
    await _raise_reason(client, target, address, seen, session, error)


async def _raise_reason(
    client: Client,
    target: Target,
    address: Address,
    seen: SimpleNamespace,
    session: aiohttp.ClientSession,
    error: BaseException | None,
) -> None:
    by = (client.eio.transports or target.transports)[0]
    if error is not None and not isinstance(error, socketio.exceptions.ConnectionError):
        log.debug("connecting failed: %s", target.hidden(repr(error)))
    if client.ended_by == REFUSED:
        raise LinkError(trouble.refused(target, address, client.refusal))
    if client.ended_by == OLD:
        raise LinkError(trouble.old_protocol(address))
    if client.ended_by == SENT_AWAY:
        raise LinkError(_sent_away(address))
    if isinstance(seen.error, Redirected):
        raise LinkError(str(seen.error))
    if seen.connected and isinstance(seen.error, TimeoutError):
        raise _TransportError(await no_server(target, address, Handshake(trouble=SILENT)))
    if seen.error is not None and not isinstance(seen.error, asyncio.CancelledError):
        answer = Handshake(trouble=str(seen.error))
        if trouble.is_hung_up(seen.error):
            # Some servers treat a WebSocket on the wrong path like this, but answer a plain request.
            answer = await ask(session, address, min(2.0, target.connect_timeout))
            if answer.status:
                raise await _unfit(target, address, answer, None, by)
            seen.error = aiohttp.ServerDisconnectedError()
        sentence = await trouble.explain_network(seen.error, address)
        if trouble.is_untrusted(seen.error):
            raise Untrusted(sentence)
        reached = not isinstance(seen.error, aiohttp.ClientConnectorError)
        raise LinkError(await no_server(target, address, answer, sentence, reached=reached))
    if seen.status is None and error is None and not client.ended.is_set():
        if seen.connected:
            raise _TransportError(await no_server(target, address, Handshake(trouble=SILENT)))
        raise LinkError(trouble.no_answer(address))
    if client.eio.sid or client.ended.is_set():
        if await clues.speaks_msgpack(session, address, target.namespace):
            raise LinkError(trouble.other_parser(address))
        stage = f"consent to namespace {clean(target.namespace, 80)}"
        if client.ended.is_set():
            raise LinkError(
                f"{address.origin} ended the connection before its {stage}. It may be restarting, or may "
                "want other credentials; trying again."
            )
        raise LinkError(trouble.silent(address, stage, target.connect_timeout))
    status = seen.status if seen.status not in (None, 101, 200) else None
    answer = await ask(session, address, min(2.0, target.connect_timeout))
    raise await _unfit(target, address, answer, status, by)


async def _unfit(
    target: Target, address: Address, answer: Handshake, status: int | None, by: str
) -> LinkError:
    """Return the reason for a transport that was not taken, by the answer to a plain question."""
    kind = _TransportError if answer.serves else LinkError
    sentence = trouble.not_socketio(address, answer, status, target.transports, by)
    return kind(await no_server(target, address, answer, sentence))


async def no_server(
    target: Target, address: Address, answer: Handshake, sentence: str = "", *, reached: bool = True
) -> str:
    """Return the sentence for an answer that makes no connection, with what else is found out about it.

    Without a `sentence` it is the one that the answer itself gives. `reached`: something took the connection.
    """
    if not reached:
        return sentence + await _elsewhere(target, address) if clues.is_loopback(address) else sentence
    if await trouble.wants_certificate(address, answer):
        return trouble.client_certificate(address)
    if await clues.wants_tls(address, answer):
        return trouble.encrypted(address)
    if not sentence:
        sentence = {
            SILENT: trouble.silent(address, "answer", target.connect_timeout),
            NO_HTTP: trouble.no_http(address),
        }.get(answer.trouble) or trouble.not_socketio(address, answer, None, target.transports)
    return sentence if answer.serves else sentence + await _elsewhere(target, address)


async def _elsewhere(target: Target, address: Address) -> str:
    stranger = msgspec.structs.replace(target, auth=None, headers={}, query={})
    with suppress(TimeoutError):
        limit = min(1.0, target.connect_timeout)
        async with asyncio.timeout(limit), open_session(stranger, address) as session:
            clue = await clues.elsewhere(session, address)
            return f" {clue}" if clue else ""
    return ""


def _sent_away(address: Address) -> str:
    return (
        f"The server at {address.origin} has sent this console away. It may be restarting, or let only some "
        "clients in; trying again."
    )


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
        hearing: Hearing,
    ) -> None:
        self._target = target
        self._address = address
        self._session = session
        self._client = client
        self._hearing = hearing
        self._pause = min(_MEASURE, target.lost_after / 3)
        self._life = LifeSigns(target.lost_after, hearing.silent, self._lost)
        self._watches: list[asyncio.Future[None]] = []

    def watch(self) -> None:
        """Begin to look whether the server lives, and how far away it is."""
        self._client.watch(self._life.note)
        socket = self._client.socket
        if isinstance(socket, Socket):
            socket.on_rtt = self._hearing.rtt
        measuring = self._measure(socket) if isinstance(socket, Socket) else self._poll()
        self._watches = [asyncio.ensure_future(measuring), asyncio.ensure_future(self._life.watch())]

    @property
    def alive(self) -> bool:
        return (
            not self._client.ended.is_set()
            and self._client.eio.state == "connected"
            and self._target.namespace in self._client.namespaces
        )

    @property
    def transport(self) -> str:
        return str(self._client.eio.transport())

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> None:
        await self._client.send(name, arguments, callback=callback)

    async def ended(self) -> str:
        await self._client.ended.wait()
        return self._target.hidden(self._why())

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
            self._hearing.rtt(time.monotonic() - begin)

    def _why(self) -> str:
        """Return the sentence for the end of this connection."""
        origin = self._address.origin
        socket = self._client.eio.ws
        ending = socket.ending if isinstance(socket, Socket) else None
        error = socket.exception() if isinstance(socket, Socket) else None
        if self._client.ended_by == STOPPED or isinstance(error, aiohttp.ServerTimeoutError):
            return (
                f"{origin} has stopped answering (no sign of life for {self._target.lost_after:g} s): its "
                "machine is hung, off, or cut from the network. Trying again."
            )
        if self._client.eio.too_long:
            limit = bounded.LONGEST_BODY >> 20
            return f"{origin} answered with more than {limit} MiB at once, which ended the connection."
        if self._client.ended_by in (SENT_AWAY, REFUSED):
            return _sent_away(self._address)
        if self._client.ended_by == "server disconnect":
            return f"The server at {origin} has closed the connection. It may be restarting; trying again."
        if ending is not None and ending.type is aiohttp.WSMsgType.ERROR:
            if getattr(ending.data, "code", None) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                limit = MAX_MESSAGE >> 20
                return f"{origin} sent a message of more than {limit} MiB, which ended the connection."
            return f"{origin} sent what is no WebSocket data ({clean(str(ending.data), 120)}). Trying again."
        if ending is not None and ending.type is aiohttp.WSMsgType.CLOSE:
            said = clean(str(ending.extra or ""), 100)
            code = f"WebSocket code {ending.data}" + (f", {said}" if said else "")
            return f"{origin} has closed the connection ({code}). It may be restarting; trying again."
        return (
            f"The connection to {origin} broke off: the server was ended, or the network cut it. "
            "Trying again."
        )
