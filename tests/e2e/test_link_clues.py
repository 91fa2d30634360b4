"""What is behind a connection that is not made: the sentence names it, and the doctor says the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import socketio
from aiohttp import web

from tests.e2e.test_link_refusals import free_port, refusal
from tests.helpers.servers import (
    OPEN,
    Pki,
    Server,
    make_pki,
    plain_server,
    raw_server,
    serve,
    socketio_server,
    tcp_server,
)
from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.link import explain
from xovac_tui.link.doctor import probe
from xovac_tui.link.target import Target, check_target
from xovac_tui.link.wording import elsewhere, worded


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as one:
        one.bind(("::1", 0))
        return True
    return False


ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no ::1")
BOTH = pytest.mark.parametrize("transport", ["websocket", "polling"])


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return make_pki(tmp_path_factory.mktemp("pki"))


async def advised(target: Target) -> str:
    """Return what the doctor advises where it ends."""
    checks = [check async for check in probe(target, listen=0.1)]
    return next(check.advice for check in checks if check.failed)


@BOTH
async def test_http_in_the_url_of_an_encrypted_server(pki: Pki, transport: str) -> None:
    async with socketio_server(context=pki.good) as server:
        target = Target(url=server.url.replace("https", "http"), transports=(transport,))
        expected = worded(LinkCode.TLS_EXPECTED, check_target(target))
        assert f"https://localhost:{server.port} " in expected.sentence
        assert await refusal(target) == expected
        assert await advised(target) == expected.sentence


@BOTH
async def test_http_in_the_url_of_a_gateway_that_answers_it_with_a_page(pki: Pki, transport: str) -> None:
    """nginx, Apache and Go answer plain HTTP on their encrypted port with status 400."""
    async with socketio_server(context=pki.good) as behind:

        async def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first = await reader.read(4096)
            if first[:1] != b"\x16":
                writer.write(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n"
                )
                writer.close()
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", behind.port)
            far_writer.write(first)
            with contextlib.suppress(OSError):
                while data := await far_reader.read(4096):
                    writer.write(data)
                    far_writer.write(await reader.read(4096))
            far_writer.close()
            writer.close()

        async with tcp_server(gateway) as server:
            target = Target(url=f"http://127.0.0.1:{server.port}", transports=(transport,))
            expected = worded(LinkCode.TLS_EXPECTED, check_target(target))
            assert f"https://127.0.0.1:{server.port} " in expected.sentence
            assert await refusal(target) == expected
            assert await advised(target) == expected.sentence


@BOTH
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_wants_a_certificate_of_the_client(
    pki: Pki, transport: str, version: ssl.TLSVersion
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.folder / "good.pem", pki.folder / "good.key")
    context.load_verify_locations(pki.ca_file)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    async with socketio_server(context=context) as server:
        target = Target(url=server.url, transports=(transport,), ca_file=str(pki.ca_file))
        expected = worded(LinkCode.CLIENT_CERTIFICATE, check_target(target))
        assert await refusal(target) == expected
        assert await advised(target) == expected.sentence


async def test_a_proxy_that_wants_a_certificate_of_the_client(pki: Pki) -> None:
    page = "<h1>400 Bad Request</h1>No required SSL certificate was sent"
    async with plain_server(400, page) as server:
        assert (await refusal(server.url)).code is LinkCode.CLIENT_CERTIFICATE


class _Msgpack(socketio.packet.Packet):  # type: ignore[misc]
    """A packet as the msgpack parser writes it."""

    uses_binary_events = False

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(
            {"type": self.packet_type, "data": self.data, "nsp": self.namespace or "/"}
        )

    def decode(self, encoded_packet: Any) -> None:
        read = msgspec.msgpack.decode(encoded_packet if isinstance(encoded_packet, bytes) else b"")
        self.packet_type, self.namespace, self.data, self.id = (
            read["type"],
            read["nsp"],
            read.get("data"),
            None,
        )


@BOTH
@pytest.mark.parametrize("namespace", ["/", "/lab"])
async def test_a_server_with_another_parser(transport: str, namespace: str) -> None:
    async with socketio_server(serializer=_Msgpack, namespace=namespace) as server:
        target = Target(
            url=server.url,
            transports=(transport,),
            namespace=namespace,
            connect_timeout=0.5,
            auth={"token": "hunter2"},
        )
        assert (await refusal(target)).code is LinkCode.OTHER_PARSER
        # The question that found it out carried no credentials, and sent no event.
        assert set(map(str, server.auths)) == {"None"}
        assert server.events == []


async def test_a_hung_server_of_the_usual_parser_is_not_taken_for_another() -> None:
    async def open_only(ws: web.WebSocketResponse) -> None:
        await ws.send_str("0" + json.dumps(OPEN))

    async with raw_server(open_only, greet=False) as server:
        target = Target(url=server.url, connect_timeout=0.3)
        assert await refusal(target) == explain.silent(check_target(target), "consent to namespace /", 0.3)


@BOTH
async def test_a_wrong_path_names_the_right_one(transport: str) -> None:
    async with socketio_server() as server:
        target = Target(url=server.url, path="/chamber", transports=(transport,))
        why = await refusal(target)
        assert why.code is LinkCode.NOT_SOCKETIO
        clue = elsewhere(check_target(target), check_target(Target(url=server.url)))
        for sentence in (why.sentence, await advised(target)):
            assert "/chamber (HTTP status 404" in sentence
            assert sentence.endswith(clue)


@pytest.mark.parametrize(
    ("number", "message", "code", "said"),
    [
        (0, "Transport unknown", LinkCode.NO_POLLING, "(Engine.IO error 0, 'Transport unknown')"),
        (3, "Bad request", LinkCode.HANDSHAKE_REFUSED, "(Engine.IO error 3, 'Bad request')"),
        (4, "Forbidden", LinkCode.FORBIDDEN, "(Engine.IO error 4, 'Forbidden')"),
        (5, "Unsupported protocol version", LinkCode.OLD_PROTOCOL, ""),
    ],
)
async def test_the_errors_of_engine_io_are_distinguished(
    number: int, message: str, code: LinkCode, said: str
) -> None:
    async with plain_server(400, json.dumps({"code": number, "message": message})) as server:
        why = await refusal(Target(url=server.url, transports=("polling",)))
    assert why.code is code
    assert said in why.sentence


@contextlib.asynccontextmanager
async def at(host: str, port: int) -> AsyncIterator[Server]:
    """Serve socket.io at one address of this machine."""
    app = web.Application()
    sio = socketio.AsyncServer(async_mode="aiohttp")
    sio.attach(app)
    server = Server(port)

    @web.middleware
    async def note(request: web.Request, handler: Any) -> Any:
        server.headers.append(dict(request.headers))
        server.requests.append(request.path_qs)
        return await handler(request)

    app.middlewares.append(note)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.02)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    try:
        yield server
    finally:
        await sio.shutdown()
        await runner.cleanup()


@ipv6
@pytest.mark.parametrize(("ours", "theirs"), [("127.0.0.1", "[::1]"), ("[::1]", "127.0.0.1")])
async def test_the_program_at_the_other_loopback_address_is_named(ours: str, theirs: str) -> None:
    port = free_port()
    async with at(theirs.strip("[]"), port) as other:
        target = Target(url=f"http://{ours}:{port}", headers={"X-Key": "hunter2"}, query={"token": "hunter2"})
        address = check_target(target)
        clue = elsewhere(address, check_target(Target(url=f"http://{theirs}:{port}")))
        assert f"http://{theirs}:{port}" in clue
        expected = worded(LinkCode.NOTHING_LISTENS, address).sentence + clue
        assert await refusal(target) == LinkReason(LinkCode.NOTHING_LISTENS, expected)
        assert await advised(target) == expected
        # It was asked as an unknown client asks.
        assert "hunter2" not in str(other.headers) + str(other.requests)


@ipv6
async def test_another_program_at_our_address_does_not_hide_the_server_at_the_other() -> None:
    app = web.Application()
    async with serve(app) as stranger, at("::1", stranger.port):
        target = Target(url=f"http://127.0.0.1:{stranger.port}")
        why = await refusal(target)
        assert why.code is LinkCode.NOT_SOCKETIO
        assert "HTTP status 404" in why.sentence
        found = check_target(Target(url=f"http://[::1]:{stranger.port}"))
        assert why.sentence.endswith(elsewhere(check_target(target), found))
