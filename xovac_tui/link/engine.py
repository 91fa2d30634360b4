"""Extend python-engineio: it reads in order and in turns, and reports its traffic.

A few methods of the library are replaced, because its public handlers cannot do this: it ends the connection
at what it cannot read, reads no piece of a long packet, and keeps to itself when anything came.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from xovac_tui.api.payload import LONGEST
from xovac_tui.link import bounded
from xovac_tui.link.library import engineio

log = logging.getLogger("xovac_tui.link")

# A long poll may bring any number of packets; the library's 16 would end the connection.
engineio.payload.Payload.max_decode_packets = max(100_000, engineio.payload.Payload.max_decode_packets)

MAX_MESSAGE = 64 * 1024 * 1024
"""Bytes of the largest message that does not end the connection."""
PACKETS = "0123456"
"""What every Engine.IO packet in a text begins with."""
_WHOLE = LONGEST + 10_000
"""Bytes of a packet that is read at once; a longer one is taken piece by piece, and not decoded."""
_AT_ONCE = 1_000_000
"""Bytes of a long poll's answer that are decoded before other tasks get a turn."""
_TURN = 0.001
"""Seconds of reading after which other tasks get a turn; a key stroke needs some dozen of them."""
_RETURN = 1.0
"""Seconds after which the traffic is reported to the library again, which would else take it as ended."""


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

    def __init__(self, response: aiohttp.ClientResponse, engine: Engine) -> None:
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
    return text[:1] in PACKETS and text != ""


class Engine(engineio.AsyncClient):  # type: ignore[misc]
    """Engine.IO that hands over one packet after the other in its read path."""

    _yielded = 0.0
    ping_timeout: float
    ping_interval: float
    on_junk: Callable[[str], None] | None = None
    """Takes what is no packet, at which the library would end the connection."""
    on_sign: Callable[[], None] | None = None
    """Is called whenever a long poll was answered."""
    opening = ""
    """The answer with which the server opened a polled session."""
    patience = 0.0
    """Seconds for which the library's own time-outs let a silent server be, at the least.

    A silence may begin just before the server's ping is due. The library gives up when it has nothing to
    write for longer than `ping_timeout` + 5 s, and reads nothing for `ping_interval` + `ping_timeout`.
    """
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
        if method == "POST" and self.state == "connected":
            # A server that is blocked takes what is posted when it goes on.
            kwargs["timeout"] = max(kwargs.get("timeout") or 0.0, self.patience)
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
                self.ping_timeout = max(self.ping_timeout, self.ping_interval + self.patience)
            return await super()._trigger_event(event, *args, **kwargs)
        await self.handlers["message"](*args)
        now = time.monotonic()
        if now - self._yielded > _TURN:
            await asyncio.sleep(0)
            self._yielded = time.monotonic()
        return None


def websocket_options(lost_after: float) -> dict[str, Any]:
    """Return what every WebSocket is opened with; `lost_after` in seconds."""
    options: dict[str, Any] = {"max_msg_size": MAX_MESSAGE, "autoping": False}
    # The library would give up half of it later; with it it reports every piece of data that comes.
    options["heartbeat"] = lost_after
    # aiohttp without this option ends the connection at text that is not UTF-8.
    if "decode_text" in inspect.signature(aiohttp.ClientSession.ws_connect).parameters:
        options["decode_text"] = False
    return options
