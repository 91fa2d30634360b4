"""Check the connection piece by piece, each with what to do when it fails.

Nothing is sent but what a connection sends anyway: handshakes, and the auth payload at the end.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec

from xovac_tui.api.link import LinkCode
from xovac_tui.durations import format_whole
from xovac_tui.errors import LinkError, SettingsError
from xovac_tui.link import explain
from xovac_tui.link.certificate import asks_client, presented, trust
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.link.connect import Handlers, LinkConnection, connect
from xovac_tui.link.handshake import Handshake, ask
from xovac_tui.link.name_lookup import look_up
from xovac_tui.link.reasons import no_server
from xovac_tui.link.session import open_session
from xovac_tui.link.ssh.tunnel import Tunnel
from xovac_tui.link.streams import open_stream
from xovac_tui.link.target import Address, Target, check_target, show_fingerprint
from xovac_tui.link.wording import worded
from xovac_tui.plural import counted
from xovac_tui.text import clean

_NAMES_SHOWN = 12
_REFUSED_WITHIN = 1.0
"""Seconds within which the far end of a tunnel has refused what it does not connect."""
_SOON = 14
"""Days before a certificate's end from which on it is worth a word."""


async def probe(
    target: Target, *, listen: float = 3.0, tunnel: Tunnel | None = None
) -> AsyncIterator[DoctorCheck]:
    """Check everything from the name to the first messages, in order; `listen` seconds for those.

    `tunnel` is the one to go through, where it was made already; it is closed at the end.
    """
    steps: list[tuple[str, Callable[[_Patient], Awaitable[DoctorCheck]]]] = [
        ("address", _address),
        *((("ssh", _ssh),) if target.ssh else ()),
        ("name", _name),
        ("tcp", _tcp),
        ("tls", _tls),
        ("http", _http),
        ("polling", _polling),
        ("websocket", _websocket),
        ("namespace", _namespace),
        ("messages", _messages),
    ]
    patient = _Patient(target, listen, (tunnel or Tunnel(target)) if target.ssh else None)
    failed = ""
    try:
        for name, step in steps:
            if failed:
                yield DoctorCheck(name, None, f"Skipped, because {failed} failed.")
                continue
            check = await patient.blamed(await step(patient))
            yield msgspec.structs.replace(
                check, detail=target.hidden(check.detail), advice=target.hidden(check.advice)
            )
            if name == "websocket" and not patient.usable:
                failed = "every transport of the profile"
            elif check.failed and name != "polling":
                failed = name
    finally:
        await patient.discharge()


class _Patient:
    """What is known so far of the server that is checked."""

    def __init__(self, target: Target, listen: float, tunnel: Tunnel | None = None) -> None:
        self.target = target
        self.listen = listen
        self.tunnel = tunnel
        self.address = Address("", 0, False, "/")
        self.handshake = Handshake()
        self.offered: set[str] = set()
        self.websocket: DoctorCheck | None = None
        """What was found of WebSockets, once that was tried."""
        self.received: Counter[str] = Counter()
        self.malformed = 0
        self.rtt: float | None = None
        self.connection: LinkConnection | None = None

    @property
    def usable(self) -> tuple[str, ...]:
        """The transports that the profile allows and the server offers."""
        return tuple(name for name in self.target.transports if name in self.offered)

    @property
    def handlers(self) -> Handlers:
        def arguments(name: Any, _: tuple[Any, ...]) -> None:
            shown = clean(name if isinstance(name, str) else repr(name), 60)
            # A server that invents names without an end must not fill the memory.
            self.received[shown if len(self.received) < 1000 or shown in self.received else "…"] += 1

        def malformed(_: str | bytes, __: Exception) -> None:
            self.malformed += 1

        def rtt(seconds: float) -> None:
            self.rtt = seconds

        return Handlers(arguments, malformed, lambda _: None, rtt)

    async def blamed(self, check: DoctorCheck) -> DoctorCheck:
        """Return a check with the advice for the tunnel, where it failed because of that."""
        if check.ok is not False or self.tunnel is None or not self.address.via:
            return check
        trouble = await self.tunnel.trouble(0)
        return check if trouble is None else msgspec.structs.replace(check, advice=trouble.sentence)

    async def discharge(self) -> None:
        try:
            if self.connection is not None:
                await self.connection.close()
        finally:
            if self.tunnel is not None:
                await self.tunnel.close()


async def _address(patient: _Patient) -> DoctorCheck:
    try:
        patient.address = check_target(patient.target)
        if patient.address.tls and not patient.target.fingerprint:
            trust(patient.target.ca_file)
    except SettingsError as error:
        return DoctorCheck("address", False, "The settings cannot work.", str(error))
    address = patient.address
    namespace = clean(patient.target.namespace, 80)
    return DoctorCheck("address", True, f"{address.origin}{address.path}, namespace {namespace}.")


async def _ssh(patient: _Patient) -> DoctorCheck:
    assert patient.tunnel is not None
    begin = time.monotonic()
    try:
        near_end = await patient.tunnel.up()
    except LinkError as error:
        return DoctorCheck("ssh", False, f"No tunnel ({error.code}).", str(error))
    took = _milliseconds(time.monotonic() - begin)
    patient.target = msgspec.structs.replace(patient.target, via=near_end)
    patient.address = check_target(patient.target)
    return DoctorCheck("ssh", True, f"The tunnel to {patient.address.ssh} is there after {took}.")


async def _name(patient: _Patient) -> DoctorCheck:
    host = patient.address.host
    if patient.address.via:
        return DoctorCheck("name", None, f"{patient.address.ssh} looks it up.")
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return DoctorCheck("name", None, "The address is in numbers; nothing to look up.")
    try:
        async with asyncio.timeout(patient.target.connect_timeout):
            found = await look_up(host, patient.address.port)
    except TimeoutError:
        return DoctorCheck(
            "name",
            False,
            f"{clean(host, 100)}: no answer in time.",
            worded(LinkCode.UNKNOWN_HOST, patient.address).sentence,
        )
    except (OSError, UnicodeError) as why:
        reason = clean(getattr(why, "strerror", None) or str(why), 120)
        return DoctorCheck(
            "name",
            False,
            f"{clean(host, 100)}: {reason}.",
            worded(LinkCode.UNKNOWN_HOST, patient.address).sentence,
        )
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return DoctorCheck("name", True, f"{clean(host, 100)} is {', '.join(numbers[:4])}.")


async def _tcp(patient: _Patient) -> DoctorCheck:
    address = patient.address
    begin = time.monotonic()
    try:
        async with asyncio.timeout(patient.target.connect_timeout):
            reader, writer = await open_stream(address)
            took = _milliseconds(time.monotonic() - begin)
            refused = bool(address.via) and await _ends_soon(reader)
    except TimeoutError:
        return DoctorCheck(
            "tcp",
            False,
            f"No connection to port {address.port} in time.",
            worded(LinkCode.NO_ANSWER, address).sentence,
        )
    except OSError as why:
        reason = explain.no_connection(why, address)
        reason = await no_server(patient.target, address, Handshake(), reason, reached=False)
        return DoctorCheck("tcp", False, f"No connection to port {address.port}.", reason.sentence)
    writer.transport.abort()
    if refused:
        advice = worded(LinkCode.HUNG_UP, address, explain.tls_variant(address)).sentence
        return DoctorCheck("tcp", False, f"No connection to port {address.port} from the far end.", advice)
    how = "is connected to by the far end" if address.via else f"answers after {took}"
    return DoctorCheck("tcp", True, f"Port {address.port} {how}.")


async def _ends_soon(reader: asyncio.StreamReader) -> bool:
    """Return whether the other side ends a stream at once; ssh takes it before the far end does."""
    try:
        async with asyncio.timeout(_REFUSED_WITHIN):
            return not await reader.read(1)
    except TimeoutError:
        return False
    except OSError:
        return True


async def _tls(patient: _Patient) -> DoctorCheck:
    address = patient.address
    if not address.tls and address.via:
        return DoctorCheck("tls", None, f"By ssh as far as {address.ssh}; not encrypted behind it (http).")
    if not address.tls:
        return DoctorCheck("tls", None, "Not encrypted (http): anyone on the network can read and command.")
    certificate = await presented(address, patient.target.connect_timeout)
    async with open_session(patient.target, address) as session:
        error = await _first_error(session, patient)
    if error is not None:
        reason = await explain.explain_network(error, address)
        return DoctorCheck("tls", False, "No trusted encrypted connection.", reason.sentence)
    limit = min(2.0, patient.target.connect_timeout)
    if certificate is None and await asks_client(address, limit):
        why = worded(LinkCode.CLIENT_CERTIFICATE, address).sentence
        return DoctorCheck("tls", False, "No encrypted connection without a certificate of ours.", why)
    if certificate is None:
        why = explain.silent(address, "certificate", patient.target.connect_timeout).sentence
        return DoctorCheck("tls", False, "No encrypted connection in time.", why)
    how = (
        "pinned"
        if patient.target.fingerprint
        else "trusted by ca_file"
        if patient.target.ca_file
        else "trusted"
    )
    detail = f"{how}, SHA-256 {show_fingerprint(certificate.digest)}"
    advice = ""
    if certificate.valid_until is not None:
        left = (certificate.valid_until - datetime.now(UTC)).days
        detail += f", valid until {certificate.valid_until:%Y-%m-%d} ({counted(left, 'day')})"
        if left < 0:
            advice = "The certificate has expired. It is trusted only because it is pinned: have it renewed."
        elif left < _SOON:
            advice = "The certificate ends soon: have it renewed."
    return DoctorCheck("tls", True, f"{detail}.", advice)


async def _first_error(session: aiohttp.ClientSession, patient: _Patient) -> BaseException | None:
    """Return why no request gets through the encryption, or None when one does."""
    limit = aiohttp.ClientTimeout(total=patient.target.connect_timeout)
    try:
        async with session.get(patient.address.endpoint("none"), timeout=limit):
            return None
    except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch) as error:
        return error
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None  # the encryption works; what is behind it is the next check's business


async def _http(patient: _Patient) -> DoctorCheck:
    address = patient.address
    async with open_session(patient.target, address) as session:
        answer = patient.handshake = await ask(session, address, patient.target.connect_timeout)
    if answer.no_answer:
        advice = (await no_server(patient.target, address, answer)).sentence
        spare = await _passes_websocket(patient)
        return DoctorCheck(
            "http", False, f"No HTTP answer ({answer.detail or answer.no_answer}).", advice, spare
        )
    status = f"HTTP status {answer.status}" + (f", {answer.server}" if answer.server else "")
    if answer.old:
        return DoctorCheck(
            "http", False, f"Engine.IO 3 ({status}).", worded(LinkCode.OLD_PROTOCOL, address).sentence
        )
    if answer.version == 4:
        return DoctorCheck("http", True, f"Engine.IO 4 ({status}).")
    if answer.refusal:
        return DoctorCheck(
            "http", None, f"An Engine.IO server that says no to polling: {answer.refusal!r} ({status})."
        )
    advice = (await no_server(patient.target, address, answer)).sentence
    spare = await _passes_websocket(patient)
    return DoctorCheck("http", False, f"No Engine.IO answer ({status}).", advice, spare)


async def _passes_websocket(patient: _Patient) -> bool:
    """Return whether a WebSocket that the profile allows works, though plain requests do not."""
    return "websocket" in patient.target.transports and (await _websocket(patient)).ok is True


async def _polling(patient: _Patient) -> DoctorCheck:
    wanted = "polling" in patient.target.transports
    if patient.handshake.version == 4:
        patient.offered.add("polling")
        upgrades = ", ".join(patient.handshake.upgrades) or "none"
        return DoctorCheck("polling", True, f"Offered; upgrades offered: {upgrades}.")
    advice = "Take polling out of transports in the profile." if wanted else ""
    spare = "websocket" in patient.target.transports
    return DoctorCheck("polling", False if wanted else None, "Not offered.", advice, spare)


async def _websocket(patient: _Patient) -> DoctorCheck:
    if patient.websocket is None:
        patient.websocket = await _try_websocket(patient)
    return patient.websocket


async def _try_websocket(patient: _Patient) -> DoctorCheck:
    wanted = "websocket" in patient.target.transports
    address = patient.address
    limit: Any = aiohttp.ClientWSTimeout(ws_close=1.0)
    try:
        async with (
            open_session(patient.target, address) as session,
            asyncio.timeout(patient.target.connect_timeout),
            session.ws_connect(address.endpoint("websocket"), timeout=limit) as ws,
        ):
            first = await ws.receive()
    except (aiohttp.ClientError, TimeoutError, OSError) as why:
        status = type(why).__name__
        if isinstance(why, aiohttp.WSServerHandshakeError):
            status = f"HTTP status {why.status}"
        advice = (
            'Set transports = ["polling"] in the profile, or let the proxy pass WebSockets.' if wanted else ""
        )
        spare = bool(patient.usable)
        return DoctorCheck("websocket", False if wanted else None, f"Not offered ({status}).", advice, spare)
    if isinstance(first.data, str) and first.data.startswith("0{"):
        patient.offered.add("websocket")
        return DoctorCheck("websocket", True, "Offered.")
    advice = explain.not_socketio(address, Handshake(), None).sentence if wanted else ""
    detail = "It opens, but does not speak Engine.IO."
    return DoctorCheck("websocket", False if wanted else None, detail, advice, bool(patient.usable))


async def _namespace(patient: _Patient) -> DoctorCheck:
    begin = time.monotonic()
    try:
        patient.connection = await connect(patient.target, patient.usable, patient.handlers)
    except (LinkError, SettingsError) as error:
        return DoctorCheck("namespace", False, "No connection.", str(error))
    took = _milliseconds(time.monotonic() - begin)
    how = patient.connection.transport
    if missing := [name for name in patient.target.transports if name not in patient.offered]:
        how += f" ({not_needed(missing[0])})"
    return DoctorCheck(
        "namespace", True, f"Connected to {clean(patient.target.namespace, 80)} by {how} in {took}."
    )


def not_needed(transport: str) -> str:
    """Return what is remarked of a transport of the profile that failed beside one that works."""
    return f"{transport} failed, and is not needed"


async def _messages(patient: _Patient) -> DoctorCheck:
    connection = patient.connection
    assert connection is not None
    ending = asyncio.ensure_future(connection.ended())
    try:
        await asyncio.wait((ending,), timeout=patient.listen)
        if ending.done():
            return DoctorCheck("messages", False, "The connection did not last.", ending.result().sentence)
    finally:
        ending.cancel()
    rtt = f"; round trip {_milliseconds(patient.rtt)}" if patient.rtt is not None else ""
    count = sum(patient.received.values())
    if not count and not patient.malformed:
        return DoctorCheck(
            "messages",
            None,
            f"None in {format_whole(patient.listen)}{rtt}.",
            "The device may be quiet while nothing runs. If it should speak, check namespace and port.",
        )
    common = [f"{name} ×{number}" for name, number in patient.received.most_common(_NAMES_SHOWN)]
    more = len(patient.received) - len(common)
    names = ", ".join(common) + (f" and {counted(more, 'more name')}" if more > 0 else "")
    strange = (
        f"; {counted(patient.malformed, 'packet was', 'packets were')} not socket.io"
        if patient.malformed
        else ""
    )
    return DoctorCheck("messages", True, f"{count} in {format_whole(patient.listen)}: {names}{strange}{rtt}.")


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "less than 1 ms"
