"""python-socketio underneath, taught to read in order, in turns, and to keep what it would drop.

A few methods of the library are replaced, because its public handlers cannot do this: it starts a task for
every packet (slow, and without an end when the server is faster), takes events that a server names `connect`
or `disconnect` for its own, drops packets it cannot read with a traceback, and waits for itself when the
server ends the connection.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiohttp
import engineio
import engineio.base_client
import engineio.payload
import socketio

from xovac_tui.api.payload import LONGEST
from xovac_tui.api.wire import PacketJson, Wire, offset_of, split, value_of, with_attachments
from xovac_tui.api.wireform import callback_answer
from xovac_tui.link import bounded, bulky
from xovac_tui.link.handshake import max_payload

log = logging.getLogger("xovac_tui.link")
# The libraries would otherwise write to the terminal by themselves.
_library_log = log.getChild("library")
_library_log.setLevel(logging.CRITICAL)

# A long poll may bring any number of packets; the library's 16 would end the connection.
engineio.payload.Payload.max_decode_packets = max(100_000, engineio.payload.Payload.max_decode_packets)

MAX_MESSAGE = 64 * 1024 * 1024
"""Bytes of the largest message that does not end the connection."""
_ATTACHMENTS = 1000
"""Binary attachments of one packet that are waited for; together they may be as big as a message."""
_WHOLE = LONGEST + 10_000
"""Bytes of a packet that is read at once; a longer one is taken piece by piece, and not decoded."""
_AT_ONCE = 1_000_000
"""Bytes of a long poll's answer that are decoded before everybody else gets a turn."""
_TURN = 0.001
"""Seconds of reading after which everybody else gets a turn; a key stroke needs some dozen of them."""
_RETURN = 1.0
"""Seconds after which the library hears of the traffic again, which otherwise would think it had ended."""

_PACKETS = "0123456"
"""What every Engine.IO packet in a text begins with."""

OLD = "old protocol"
REFUSED = "refused"
SENT_AWAY = "sent away"
STOPPED = "stopped answering"


class Socket(aiohttp.ClientWebSocketResponse):
    """A WebSocket that measures its round trip, and remembers why it ended."""

    ending: aiohttp.WSMessage | None = None
    opening = ""
    """The packet with which the server opened the session."""
    on_rtt: Callable[[float], None] | None = None
    on_sign: Callable[[], None] | None = None
    """Is called whenever anything came."""
    on_text: Callable[[str], bool] | None = None
    """Takes a text that it can handle by itself, and returns whether it did."""
    on_bulky: Callable[[str | bytes], Awaitable[None]] | None = None
    """Takes a text that is too long to be read at once."""
    _turn = 0.0

    async def receive(self, timeout: float | None = None) -> Any:
        """Return the next message that is not a ping or pong; bytes that are not UTF-8 become U+FFFD."""
        begin = time.monotonic()
        while True:
            message = await super().receive(timeout)
            self._signed()
            if message.type is aiohttp.WSMsgType.TEXT:
                text: Any = message.data
                if len(text) > _WHOLE and self.on_bulky is not None:
                    await self.on_bulky(text)
                    continue
                # Before the server has consented, nothing that long is a packet of the protocol.
                text = text[:_WHOLE]
                if isinstance(text, bytes):
                    text = text.decode("utf-8", "replace")
                self.opening = self.opening or text
                busy = self._turn - begin > _RETURN and text[:1].isdecimal()
                if self.on_text is None or busy or not self.on_text(text):
                    return aiohttp.WSMessage(message.type, text, message.extra)
                if time.monotonic() - self._turn > _TURN:
                    # A full buffer is read without ever giving way.
                    await asyncio.sleep(0)
                    self._turn = time.monotonic()
            elif message.type is aiohttp.WSMsgType.PING:
                await self.pong(message.data)
            elif message.type is aiohttp.WSMsgType.PONG:
                self._answered(bytes(message.data))
            else:
                if message.type is not aiohttp.WSMsgType.BINARY and self.ending is None:
                    self.ending = message
                return message

    def _signed(self) -> None:
        if self.on_sign is not None:
            self.on_sign()

    def _on_data_received(self) -> None:
        # Called by aiohttp 3.14 and later, also in the middle of a long message.
        self._signed()
        super()._on_data_received()

    async def measure(self) -> None:
        """Send one ping that carries its own time."""
        await self.ping(f"{time.monotonic():.6f}".encode())

    def _answered(self, sent: bytes) -> None:
        # The library's own pings carry nothing, and a server may pong what it likes.
        try:
            took = time.monotonic() - float(sent)
        except ValueError:
            return
        if self.on_rtt and 0 <= took < 60:
            self.on_rtt(took)


class _Poll:
    """The answer to a long poll, from which everything is taken that is no packet."""

    def __init__(self, response: aiohttp.ClientResponse, engine: _Engine) -> None:
        self.status = response.status
        self._response = response
        self._engine = engine

    async def read(self) -> bytes:
        """Return what is left, as UTF-8; TooLongError where it is longer than the limit."""
        try:
            body = await self._response.read()
        except bounded.TooLongError:
            self._engine.too_long = True
            raise
        if self._engine.on_sign is not None:
            self._engine.on_sign()
        packets, done = [], 0
        for data in body.split(b"\x1e") if body else ():
            packet = data[:_WHOLE].decode("utf-8", "replace")
            if len(data) > _WHOLE:
                packets.append(self._engine.put_aside(data))
            elif _is_packet(packet):
                packets.append(packet)
            else:
                self._engine.junk(packet)
            done += len(packet)
            if done > _AT_ONCE:
                done = 0
                await asyncio.sleep(0)
        return "\x1e".join(packets).encode()


def _is_packet(text: str) -> bool:
    if text[:1] == "b":
        try:
            base64.b64decode(text[1:])
        except ValueError:
            return False
        return True
    return text[:1] in _PACKETS and text != ""


class _Engine(engineio.AsyncClient):  # type: ignore[misc]
    """Engine.IO that hands over one packet after the other in its read path."""

    _yielded = 0.0
    ping_timeout: Any
    on_junk: Callable[[str], None] | None = None
    """Takes what is no packet, at which the library would end the connection."""
    on_sign: Callable[[], None] | None = None
    """Is called whenever a long poll was answered."""
    opening = ""
    """The answer with which the server opened a polled session."""
    patience = 0.0
    """Seconds for which the library's own time-outs let a silent server be, at the least."""
    too_long = False
    """True once an answer was longer than the limit, which ends the connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._aside: dict[str, bytes] = {}
        self._mark = f"bulky {id(self):x} "

    def junk(self, packet: str) -> None:
        """Hand over what is no packet."""
        if self.on_junk:
            self.on_junk(packet)

    def put_aside(self, packet: bytes) -> str:
        """Keep a packet that is too long to be read at once; return what takes its place in the order."""
        key = f"{self._mark}{len(self._aside)}"
        self._aside[key] = packet
        return f"4{key}"

    def aside(self, text: str) -> bytes | None:
        """Return the packet that was put aside under this text; None where none was."""
        return self._aside.pop(text, None)

    async def _send_request(self, method: str, *args: Any, **kwargs: Any) -> Any:
        response = await super()._send_request(method, *args, **kwargs)
        if method == "GET" and self.state == "connected" and isinstance(response, aiohttp.ClientResponse):
            return _Poll(response, self)
        if method == "GET" and isinstance(response, aiohttp.ClientResponse) and response.status == 200:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
                self.opening = (await response.read())[:_WHOLE].decode("utf-8", "replace")
        return response

    async def _connect_websocket(self, *args: Any) -> bool:
        if not self.sid:
            return bool(await super()._connect_websocket(*args))
        # An upgrade that something on the way swallows must not cost the polling that works.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.request_timeout / 2):
                return bool(await super()._connect_websocket(*args))
        return False

    async def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        if event != "message":
            if event == "connect":
                # Whether a silent server lives is not the library's business before it is ours.
                self.ping_timeout = max(float(self.ping_timeout), self.patience - self.ping_interval)
            return await super()._trigger_event(event, *args, **kwargs)
        await self.handlers["message"](*args)
        now = time.monotonic()
        if now - self._yielded > _TURN:
            await asyncio.sleep(0)
            self._yielded = time.monotonic()
        return None


class _Packet(socketio.packet.Packet):  # type: ignore[misc]
    """A packet whose arguments stay the text that crossed the wire."""

    json = PacketJson


class Client(socketio.AsyncClient):  # type: ignore[misc]
    """One socket.io connection: made, used and thrown away."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        namespace: str,
        *,
        request_timeout: float,
        lost_after: float,
        on_arguments: Callable[[Any, tuple[Any, ...]], None],
        on_malformed: Callable[[str | bytes, Exception], None],
        on_connect: Callable[[], None],
    ) -> None:
        super().__init__(
            reconnection=False,
            handle_sigint=False,
            logger=_library_log,
            engineio_logger=_library_log,
            http_session=session,
            request_timeout=request_timeout,
            websocket_extra_options=_websocket_options(lost_after),
            serializer=_Packet,
        )
        self._namespace = namespace
        self._on_arguments = on_arguments
        self._on_malformed = on_malformed
        self._on_connect = on_connect
        self.ended = asyncio.Event()
        self.ended_by = ""
        """How it ended: one of the words above, or the library's."""
        self.refusal: tuple[Any, ...] = ()
        """What the server sent with its refusal."""
        # How an event of our namespace that nobody wants a receipt for begins.
        self._plain = "42[" if namespace == "/" else f"42{namespace},["
        self._event_head = re.compile(
            "42" + ("" if namespace == "/" else re.escape(f"{namespace},")) + r"([0-9]{0,18})\["
        )
        self._recovers = False
        """The server keeps connections for recovery: it appends an offset to what it broadcasts."""
        self._filling: Any = None
        """The packet whose last binary attachment is handled now."""
        self.eio.on_junk = self._junk
        self.eio.patience = lost_after
        self.eio.on("message", self._message)
        self.eio.on("disconnect", self._disconnected)
        self.on("connect_error", self._refused, namespace=namespace)

    def _engineio_client_class(self) -> type[_Engine]:
        return _Engine

    @property
    def socket(self) -> Socket | None:
        """The WebSocket, when it is one."""
        return self.eio.ws if self.eio.transport() == "websocket" else None

    @property
    def _half(self) -> Any:
        """The packet that still waits for its binary attachments."""
        return self._binary_packet

    @_half.setter
    def _half(self, packet: Any) -> None:
        self._binary_packet = packet

    async def send(self, name: str, arguments: tuple[Any, ...], *, callback: bool) -> None:
        """Send one event; with `callback` its acknowledgement is handed over as the answer to it."""
        asked = (lambda: name) if callback else None
        await self.emit(name, arguments, namespace=self._namespace, callback=asked)

    @property
    def max_payload(self) -> int | None:
        """Bytes that a message must stay below for this server, as it said itself; None: it did not say."""
        ws = self.eio.ws
        return max_payload(self.eio.opening or (ws.opening if isinstance(ws, Socket) else ""))

    async def _send_packet(self, pkt: Any) -> None:
        encoded = pkt.encode()
        parts = encoded if isinstance(encoded, list) else [encoded]
        if pkt.packet_type in (socketio.packet.EVENT, socketio.packet.BINARY_EVENT):
            size = 1 + max(len(part.encode() if isinstance(part, str) else part) for part in parts)
            limit = self.max_payload
            if limit is not None and size >= limit:
                # The server would end the connection at it, and whether it has heard it would be unknown.
                raise ValueError(
                    f"it has {size:,} bytes, and this server takes less than {limit:,} at once (its "
                    "maxPayload). Make it shorter"
                )
        for part in parts:
            await self.eio.send(part)

    def take(self, text: str) -> bool:
        """Handle a text without the library where that goes: a plain event at once, and junk at all.

        Returns whether it is handled.
        """
        if text[:1] not in _PACKETS or not text:
            self._junk(text)
            return True
        if not text.startswith(self._plain) or self._half:
            return False
        try:
            data = split(text[len(self._plain) - 1 :])
        except ValueError:
            return False
        if not data:
            return False
        self._hand_over(data)
        return True

    async def take_bulky(self, data: str | bytes) -> None:
        """Handle a packet that is too long to be read at once."""
        if self.ended.is_set():
            return
        half, self._half = self._half, None
        if half:
            self._on_malformed("", ValueError("a binary attachment is missing"))
        if isinstance(data, str):
            data = data.encode("utf-8", "replace")
        found = await bulky.event_of(data, self._event_head)
        text = "" if found is not None else await bulky.text_of(data)
        if self.ended.is_set():
            return
        if found is None:
            why = f"it is no event, and {len(data):,} bytes are too many to read"
            self._on_malformed(text, ValueError(why))
            return
        number, name, argument = found
        self._on_arguments(name, (argument,) if argument or not isinstance(argument, Wire) else ())
        if number:
            await self._receipt(None if self._namespace == "/" else self._namespace, int(number))

    def _junk(self, text: str) -> None:
        if not self.ended.is_set():
            self._on_malformed(text, ValueError("it is no Engine.IO packet"))

    def _hand_over(self, data: Sequence[Any], *, receipt: bool = False) -> None:
        # What still comes after the end is not heard, or a link would show data while it says LOST.
        if not self.ended.is_set():
            name, *arguments = data
            if isinstance(name, Wire):
                name = value_of(name)
            # An event that wants a receipt carries no offset.
            offset = offset_of(arguments[-1]) if self._recovers and not receipt and arguments[1:] else None
            own = self._filled(arguments if offset is None else arguments[:-1])
            self._on_arguments(name, own if offset is None else (*own, offset))

    def _filled(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        if self._filling is None:
            return tuple(arguments)
        return tuple(with_attachments(one, self._filling.attachments) for one in arguments)

    async def _message(self, data: Any) -> None:
        try:
            if isinstance(data, str) and (aside := self.eio.aside(data)) is not None:
                if not aside.startswith(b"b"):
                    await self.take_bulky(aside)
                    return
                data = await bulky.bytes_of(aside[1:])
            if self._half and isinstance(data, str):
                self._half = None
                self._on_malformed("", ValueError("a binary attachment is missing"))
            self._filling = self._half
            await self._handle_eio_message(data)
            if self._half and _too_much(self._half):
                raise ValueError("its binary attachments are too many or too big")
        except Exception as why:  # a packet may be anything
            self._half = None
            if not self.ended.is_set():
                self._on_malformed(data if isinstance(data, str | bytes) else repr(data), why)
        finally:
            self._filling = None

    async def _handle_connect(self, namespace: str | None, data: Any) -> None:
        if (namespace or "/") != self._namespace or self._namespace in self.namespaces:
            return
        # The fifth protocol promises a session id; the older ones send nothing here.
        if isinstance(data, dict):
            self.namespaces[self._namespace] = data.get("sid", self.sid)
            # Nothing is ever recovered by it: a new connection begins without it, and nothing is sent again.
            self._recovers = "pid" in data
            if isinstance(self.socket, Socket):
                # From the next packet on, which may have come already.
                self.socket.on_text = self.take
                self.socket.on_bulky = self.take_bulky
            self._on_connect()
            self._connect_event.set()
        else:
            self.end(OLD)

    async def _handle_event(self, namespace: str | None, number: int | None, data: Any) -> None:
        if (namespace or "/") != self._namespace:
            return
        if not isinstance(data, list) or not data:
            raise ValueError("an event without a name")
        self._hand_over(data, receipt=number is not None)
        if number is not None:
            await self._receipt(namespace, number)

    async def _handle_ack(self, namespace: str | None, number: int | None, data: Any) -> None:
        """Hand over the acknowledgement of a command as its answer."""
        if (namespace or "/") != self._namespace:
            return
        waiting = self.callbacks.get(self._namespace, {})
        # Under 0 the library keeps its counter.
        asked = waiting.pop(number, None) if number else None
        if asked is None or not isinstance(data, list):
            raise ValueError("an acknowledgement of nothing that was sent")
        if not self.ended.is_set():
            self._on_arguments(callback_answer(asked()), self._filled(data))

    async def _receipt(self, namespace: str | None, number: int) -> None:
        """Send a receipt of the protocol, which a server may wait for; it says nothing."""
        await self._send_packet(
            self.packet_class(socketio.packet.ACK, namespace=namespace, id=number, data=[])
        )

    async def _handle_error(self, namespace: str | None, data: Any) -> None:
        if isinstance(data, list):
            data = [value_of(one) if isinstance(one, Wire) else one for one in data]
        await super()._handle_error(namespace, data)

    async def _handle_disconnect(self, namespace: str | None) -> None:
        if (namespace or "/") == self._namespace:
            self.end(SENT_AWAY)

    async def _disconnected(self, reason: str) -> None:
        self.namespaces: dict[str, Any] = {}
        self.connected = False
        self.end(reason)

    def _refused(self, *data: Any) -> None:
        # The library also calls this when there is not even a connection.
        if self.eio.state == "connected":
            self.refusal = data
            self.end(REFUSED)

    def end(self, by: str) -> None:
        """Note that the connection is over."""
        if not self.ended.is_set():
            self.ended_by = by
            self.ended.set()

    def watch(self, on_sign: Callable[[], None]) -> None:
        """See to it that the connection is over when nothing reads any more; report every sign of life."""
        self.eio.on_sign = on_sign
        if isinstance(self.socket, Socket):
            self.socket.on_sign = on_sign
        task = self.eio.read_loop_task
        if task is not None:
            task.add_done_callback(lambda _: self.end("transport error"))

    async def close(self, patience: float) -> None:
        """Say good-bye if that can be done within `patience` seconds, then leave nothing behind."""
        # A server that has ended the connection itself wants no good-bye.
        told = self.ended.is_set() and self.ended_by != STOPPED
        self.end("client disconnect")
        leaving = asyncio.ensure_future(self._say_goodbye(told))
        waits = {leaving}
        if self.eio.transport() == "polling" and self.eio.write_loop_task is not None:
            # The good-bye is said when it is written; the long poll would hang on for up to a minute.
            waits.add(self.eio.write_loop_task)
        try:
            await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaving, self.eio.read_loop_task, self.eio.write_loop_task):
                if task is not None:
                    task.cancel()
            self.eio.state = "disconnected"
            if self.eio in engineio.base_client.connected_clients:
                engineio.base_client.connected_clients.remove(self.eio)

    async def _say_goodbye(self, told: bool) -> None:
        try:
            if self.namespaces and not told:
                for namespace in self.namespaces:
                    await self._send_packet(
                        self.packet_class(socketio.packet.DISCONNECT, namespace=namespace)
                    )
                # The library closes a WebSocket before what waits for it is written.
                await self.eio.queue.join()
            if self.eio.state == "connected":
                await self.eio.disconnect()
        except Exception as why:  # it may break while it is closed
            log.debug("closing: %r", why)


def _too_much(half: Any) -> bool:
    """Return whether a packet that waits for attachments could fill the memory."""
    return half.attachment_count > _ATTACHMENTS or sum(map(len, half.attachments)) > MAX_MESSAGE


def _websocket_options(lost_after: float) -> dict[str, Any]:
    options: dict[str, Any] = {"max_msg_size": MAX_MESSAGE, "autoping": False}
    # The library would give up half of it later; with it it reports every piece of data that comes.
    options["heartbeat"] = lost_after
    # aiohttp without this option ends the connection at text that is not UTF-8.
    if "decode_text" in inspect.signature(aiohttp.ClientSession.ws_connect).parameters:
        options["decode_text"] = False
    return options
