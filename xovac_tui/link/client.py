"""python-socketio underneath, taught to read in order, in turns, and to keep what it would drop.

A few methods of the library are replaced, because its public handlers cannot do this: it starts a task for
every packet (slow, and without an end when the server is faster), takes events that a server names `connect`
or `disconnect` for its own, drops packets it cannot read with a traceback, and waits for itself when the
server ends the connection.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp

from xovac_tui.api.wire import PacketJson, Wire, offset_of, split, value_of, with_attachments
from xovac_tui.api.wireform import callback_answer
from xovac_tui.link import bulky, engine
from xovac_tui.link.engine import PACKETS, Engine, Socket, log, websocket_options
from xovac_tui.link.handshake import max_payload
from xovac_tui.link.library import engineio, socketio
from xovac_tui.link.target import Target

# The libraries would otherwise write to the terminal by themselves.
_library_log = log.getChild("library")
_library_log.setLevel(logging.CRITICAL)

_ATTACHMENTS = 1000
"""Binary attachments of one packet that are waited for; together they may be as big as a message."""

_SHORT = 1_000
"""Bytes of an event that is sent whatever limit a server gives: STOP is one, and is never held back by it."""

OLD = "old protocol"
REFUSED = "refused"
SENT_AWAY = "sent away"
STOPPED = "stopped answering"
_Reason = engineio.base_client.BaseClient.reason
SERVER_CLOSED: str = _Reason.SERVER_DISCONNECT


class _Packet(socketio.packet.Packet):  # type: ignore[misc]
    """A packet whose arguments stay the text that crossed the wire."""

    json = PacketJson


class Client(socketio.AsyncClient):  # type: ignore[misc]
    """One socket.io connection: made, used and thrown away."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        target: Target,
        *,
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
            request_timeout=target.connect_timeout,
            websocket_extra_options=websocket_options(target.lost_after),
            serializer=_Packet,
        )
        namespace = self._namespace = target.namespace
        self._on_arguments = on_arguments
        self._on_malformed = on_malformed
        self._on_connect = on_connect
        self.ended = asyncio.Event()
        self.ended_by = ""
        """How it ended: one of the words above, or the library's."""
        self.refusal: tuple[Any, ...] = ()
        """What the server sent with its refusal."""
        # How an event of our namespace begins that asks for no receipt.
        self._plain = "42[" if namespace == "/" else f"42{namespace},["
        self._event_head = re.compile(
            "42" + ("" if namespace == "/" else re.escape(f"{namespace},")) + r"([0-9]{0,18})\["
        )
        self._recovers = False
        """The server keeps connections for recovery: it appends an offset to what it broadcasts."""
        self._filling: Any = None
        """The packet whose last binary attachment is handled now."""
        self.eio.on_junk = self._junk
        self.eio.patience = target.lost_after
        self.eio.on("message", self._message)
        self.eio.on("disconnect", self._disconnected)
        self.on("connect_error", self._refused, namespace=namespace)

    def _engineio_client_class(self) -> type[Engine]:
        return Engine

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

    def take(self, text: str) -> bool:
        """Handle a text without the library where that goes: a plain event at once, and junk at all.

        Returns whether it is handled.
        """
        if text[:1] not in PACKETS or not text:
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
            why = f"it is not an event, and {len(data):,} bytes are too many to read"
            self._on_malformed(text, ValueError(why))
            return
        number, name, argument = found
        self._on_arguments(name, (argument,) if argument or not isinstance(argument, Wire) else ())
        if number:
            await self._receipt(None if self._namespace == "/" else self._namespace, int(number))

    def _junk(self, text: str) -> None:
        if not self.ended.is_set():
            self._on_malformed(text, ValueError("it is not an Engine.IO packet"))

    def _hand_over(self, data: Sequence[Any], *, receipt: bool = False) -> None:
        # What still comes after the end is ignored, or a link would show data while it says LOST.
        if not self.ended.is_set():
            name, *arguments = data
            if isinstance(name, Wire):
                name = value_of(name)
            # An event that asks for a receipt carries no offset.
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

    @property
    def max_payload(self) -> int | None:
        """Bytes that a message must stay below for this server, as it reported; None: it did not."""
        ws = self.eio.ws
        return max_payload(self.eio.opening or (ws.opening if isinstance(ws, Socket) else ""))

    async def _send_packet(self, pkt: Any) -> None:
        encoded = pkt.encode()
        parts = encoded if isinstance(encoded, list) else [encoded]
        if pkt.packet_type in (socketio.packet.EVENT, socketio.packet.BINARY_EVENT):
            size = 1 + max(len(part.encode() if isinstance(part, str) else part) for part in parts)
            limit = self.max_payload
            if limit is not None and size >= max(limit, _SHORT):
                # The server would end the connection at it, and whether it has received it would be unknown.
                raise ValueError(
                    f"it has {size:,} bytes, and this server takes less than {limit:,} at once (its "
                    "maxPayload). Make it shorter"
                )
        for part in parts:
            await self.eio.send(part)

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
        """End the connection when nothing reads any more; report every sign of life."""
        self.eio.on_sign = on_sign
        if isinstance(self.socket, Socket):
            self.socket.on_sign = on_sign
        # Without its writer the library would go on reading, and send nothing any more.
        for task in (self.eio.read_loop_task, self.eio.write_loop_task):
            if task is not None:
                task.add_done_callback(lambda _: self.end(_Reason.TRANSPORT_ERROR))

    async def close(self, patience: float) -> None:
        """Say good-bye if that can be done within `patience` seconds, then leave nothing behind."""
        # A server that has ended the connection itself wants no good-bye.
        server_ended = self.ended.is_set() and self.ended_by != STOPPED
        self.end(_Reason.CLIENT_DISCONNECT)
        leaving = asyncio.ensure_future(self._close_session(server_ended))
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

    async def _close_session(self, server_ended: bool) -> None:
        try:
            if self.namespaces and not server_ended:
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
    return half.attachment_count > _ATTACHMENTS or sum(map(len, half.attachments)) > engine.MAX_MESSAGE
