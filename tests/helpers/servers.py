"""Servers on 127.0.0.1 for the link: python-socketio, raw Engine.IO that may send anything, and others.

Run as a module it is a socket.io server process that prints its port: `python -m tests.helpers.servers`.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import json
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import socketio
from aiohttp import WSMsgType, web


@dataclass
class Server:
    """A server that runs, and what it saw."""

    port: int
    tls: bool = False
    auths: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    events: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """`METHOD path?query` of every HTTP request."""
    sids: list[str] = field(default_factory=list)
    sio: Any = None
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    frames: list[Any] = field(default_factory=list)

    async def until(self, condition: Callable[[], object], within: float = 10.0) -> None:
        """Wait until something has arrived."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - the lists here notify nothing
                await asyncio.sleep(0.005)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"


def library_server(**options: Any) -> Any:
    """Return a python-socketio server that is silent on the terminal."""
    import logging

    silent = logging.getLogger("tests.servers")
    silent.setLevel(logging.CRITICAL)
    return socketio.AsyncServer(
        async_mode="aiohttp", cors_allowed_origins="*", logger=silent, engineio_logger=silent, **options
    )


@contextlib.asynccontextmanager
async def serve(
    app: web.Application, server: Server | None = None, context: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[Server]:
    """Serve an application until the end of the block."""
    server = server or Server(0)

    @web.middleware
    async def note(request: web.Request, handler: Callable[[web.Request], Awaitable[Any]]) -> Any:
        server.requests.append(f"{request.method} {request.path_qs}")
        return await handler(request)

    app.middlewares.append(note)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.02)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    server.port, server.tls = runner.addresses[0][1], context is not None
    try:
        yield server
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def socketio_server(
    *,
    namespace: str = "/",
    path: str = "socket.io",
    context: ssl.SSLContext | None = None,
    port: int = 0,
    accept: Callable[[Any], None] | None = None,
    greet: Callable[[Any, str], Awaitable[None]] | None = None,
    **options: Any,
) -> AsyncIterator[Server]:
    """Serve python-socketio; `accept` may raise to refuse, `greet(sio, sid)` is called for every client."""
    sio = library_server(namespaces=[namespace], **options)
    server = Server(0, sio=sio)

    async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        server.auths.append(auth)
        server.headers.append(dict(environ["aiohttp.request"].headers))
        if accept:
            accept(auth)
        server.sids.append(sid)
        if greet:
            asyncio.get_running_loop().call_later(0.01, lambda: sio.start_background_task(greet, sio, sid))

    async def anything(name: str, sid: str, *arguments: Any) -> None:
        server.events.append((name, arguments))
        if name == "cancel_recipe":
            answer = '{"result":"success","message":""}'
            await sio.emit("cancel_recipe_ack", answer, to=sid, namespace=namespace)

    sio.on("connect", connect, namespace=namespace)
    sio.on("*", anything, namespace=namespace)
    app = web.Application()
    sio.attach(app, socketio_path=path)
    async with serve(app, server, context, port):
        yield server
        await sio.shutdown()


Script = Callable[[web.WebSocketResponse], Awaitable[None]]

OPEN = {"sid": "abc", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 1000000}


async def greet_raw(ws: web.WebSocketResponse) -> None:
    """Open an Engine.IO 4 session and consent to the namespace that is asked for."""
    await ws.send_str("0" + json.dumps(OPEN))
    asked = await ws.receive_str(timeout=5)
    head = asked[2:].split("{")[0]
    await ws.send_str(f'40{head}{{"sid":"xyz"}}')


class _RawSocket(web.WebSocketResponse):
    """Remembers what is under it, for what is no message of a WebSocket."""

    transport: asyncio.Transport | None = None

    async def prepare(self, request: web.BaseRequest) -> Any:
        self.transport = request.transport
        return await super().prepare(request)


def transport_of(ws: web.WebSocketResponse) -> asyncio.Transport:
    """Return the transport of a raw server's WebSocket."""
    assert isinstance(ws, _RawSocket)
    assert ws.transport is not None
    return ws.transport


@contextlib.asynccontextmanager
async def raw_server(
    script: Script, *, greet: bool = True, polling: Callable[[web.Request], Awaitable[Any]] | None = None
) -> AsyncIterator[Server]:
    """Serve a WebSocket on which `script` may send anything; it is answered and kept open afterwards."""
    server = Server(0)

    async def handle(request: web.Request) -> Any:
        if request.query.get("transport") != "websocket":
            return await polling(request) if polling else web.json_response("Invalid transport", status=400)
        ws = _RawSocket(max_msg_size=0)
        await ws.prepare(request)
        server.sockets.append(ws)
        if greet:
            await greet_raw(ws)
        await script(ws)
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                server.frames.append(message.data)
        return ws

    app = web.Application()
    app.router.add_route("*", "/socket.io/", handle)
    async with serve(app, server):
        yield server


async def stay(ws: web.WebSocketResponse) -> None:
    """Do nothing: the script of a quiet server."""


@contextlib.asynccontextmanager
async def old_server(*, binary: bool = False) -> AsyncIterator[Server]:
    """Answer as an Engine.IO 3 server (socket.io 2) does, on both transports."""
    opened = "0" + json.dumps(
        {"sid": "old", "upgrades": ["websocket"], "pingInterval": 25000, "pingTimeout": 5000}
    )

    async def polling(request: web.Request) -> web.Response:
        if binary:
            digits = bytes(int(digit) for digit in str(len(opened)))
            return web.Response(body=b"\x00" + digits + b"\xff" + opened.encode() + b"\x00\x02\xff40")
        return web.Response(text=f"{len(opened)}:{opened}2:40")

    async def script(ws: web.WebSocketResponse) -> None:
        await ws.send_str(opened)
        await ws.send_str("40")

    async with raw_server(script, greet=False, polling=polling) as server:
        yield server


@contextlib.asynccontextmanager
async def plain_server(status: int = 404, text: str = "Not here", **headers: str) -> AsyncIterator[Server]:
    """Answer every HTTP request with the same page."""

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", handle)
    async with serve(app) as server:
        yield server


@contextlib.asynccontextmanager
async def tcp_server(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[Server]:
    """Serve bare TCP."""
    writers: list[asyncio.StreamWriter] = []

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await handle(reader, writer)

    listener = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield Server(listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        for writer in writers:
            writer.transport.abort()


@dataclass(frozen=True)
class Pki:
    """Certificates made for one test: files in PEM form, and contexts for servers."""

    ca_file: Path
    folder: Path
    good: ssl.SSLContext
    """Signed by the authority, for localhost."""
    other_name: ssl.SSLContext
    expired: ssl.SSLContext
    future: ssl.SSLContext
    self_signed: ssl.SSLContext
    fingerprints: dict[str, str]
    """SHA-256 of each, hex with colons."""


def make_pki(folder: Path, *, bare: bool = False) -> Pki:
    """Return an authority and what it signed; a `bare` one has none of the extensions that RFC 5280 wants."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    fingerprints: dict[str, str] = {}

    def make(
        name: str,
        hosts: tuple[str, ...],
        begin: datetime.datetime,
        end: datetime.datetime,
        issuer: tuple[Any, Any] | None,
        authority: bool = False,
    ) -> tuple[Any, Any]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer, signer_key = issuer or (None, key)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(signer.subject if signer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=not bare)
        )
        if not bare:
            key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key())
            builder = builder.add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            ).add_extension(key_id, critical=False)
        if authority and not bare:
            usage = dict.fromkeys(
                ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                 "key_agreement", "encipher_only", "decipher_only"), False)  # fmt: skip
            builder = builder.add_extension(
                x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True
            )
        if hosts:
            names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
            names.append(
                x509.IPAddress(ipaddress.ip_address("127.0.0.1" if "localhost" in hosts else "192.0.2.1"))
            )
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(signer_key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        fingerprints[name] = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
        return certificate, key

    def context(name: str) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        return made

    ca = make("ca", (), now - day, now + 30 * day, None, authority=True)
    make("good", ("localhost",), now - day, now + 30 * day, ca)
    make("other", ("elsewhere.example",), now - day, now + 30 * day, ca)
    make("expired", ("localhost",), now - 9 * day, now - 2 * day, ca)
    make("future", ("localhost",), now + 3 * day, now + 9 * day, ca)
    make("self", ("localhost",), now - day, now + 30 * day, None)
    return Pki(
        ca_file=folder / "ca.pem",
        folder=folder,
        good=context("good"),
        other_name=context("other"),
        expired=context("expired"),
        future=context("future"),
        self_signed=context("self"),
        fingerprints=fingerprints,
    )


async def _main() -> None:
    """Serve until the standard input ends; print the port, and then what arrives."""

    def say(*words: object) -> None:
        print(*words, flush=True)

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    note = json.dumps({"plate": {"A": 21.5, "B": 22.25}, "pressure": 1.3e-4, "mode": "running"})

    async def greet(sio: Any, sid: str) -> None:
        say("client")
        for number in range(count):
            await sio.emit("sensor_data", note, to=sid)
            if number % 100 == 99:
                await sio.sleep(0)
        if count:
            await sio.emit("done", str(count), to=sid)

    async with socketio_server(greet=greet) as server:
        say(server.port)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
