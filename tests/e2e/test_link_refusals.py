"""Every way in which a connection is not made has its code, and its sentence the data of this refusal."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
import socketio
from aiohttp import web
from msgspec.structs import replace

from tests.helpers.links import running
from tests.helpers.servers import (
    Server,
    library_server,
    old_server,
    plain_server,
    raw_server,
    serve,
    socketio_server,
    stay,
    tcp_server,
)
from xovac_tui.api.link import LinkCode, LinkReason, LinkWord
from xovac_tui.link import explain
from xovac_tui.link.connect import Handlers, LinkConnection, connect
from xovac_tui.link.doctor import not_needed, probe
from xovac_tui.link.target import Target, check_target
from xovac_tui.link.wording import worded


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def refusal(target: Target | str) -> LinkReason:
    async with running(target) as harness:
        why = await harness.refused()
        assert LinkWord.ONLINE not in harness.states
        assert harness.link.status.session == 0
        return why


async def test_a_name_that_does_not_resolve_is_named() -> None:
    target = Target(url="http://no-such-host.invalid:8080")
    assert await refusal(target) == worded(LinkCode.UNKNOWN_HOST, check_target(target))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_nothing_listens(host: str) -> None:
    port = free_port()
    why = await refusal(f"http://{host}:{port}")
    assert why.code is LinkCode.NOTHING_LISTENS
    assert f"{host} port {port}" in why.sentence


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (200, LinkCode.NOT_SOCKETIO),
        (404, LinkCode.NOT_SOCKETIO),
        (401, LinkCode.UNAUTHORIZED),
        (429, LinkCode.TOO_MANY_REQUESTS),
        (500, LinkCode.SERVER_ERROR),
        (502, LinkCode.BAD_GATEWAY),
    ],
)
async def test_http_without_socketio_shows_the_status(transport: str, status: int, code: LinkCode) -> None:
    async with plain_server(status) as server:
        why = await refusal(Target(url=server.url, transports=(transport,)))
    assert why.code is code
    assert f"(HTTP status {status}" in why.sentence


async def test_a_redirect_is_not_followed() -> None:
    async with plain_server() as other, plain_server(302, Location=f"{other.url}/socket.io/") as server:
        why = await refusal(server.url)
        assert why.code is LinkCode.REDIRECTED
        assert not other.requests


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("binary", [False, True])
async def test_an_old_server_is_called_by_its_name(transport: str, binary: bool) -> None:
    async with old_server(binary=binary) as server:
        why = await refusal(Target(url=server.url, transports=(transport,)))
    assert why.code is LinkCode.OLD_PROTOCOL


async def test_a_polling_only_server_says_which_setting_helps() -> None:
    async with socketio_server(transports=["polling"]) as server:
        why = await refusal(Target(url=server.url, transports=("websocket",)))
        assert why.code is LinkCode.NO_WEBSOCKET
        assert 'transports = ["polling"]' in why.sentence
        # The question that found it out has left no session behind.
        assert all(kept.closed for kept in server.sio.eio.sockets.values())


async def test_a_websocket_only_server_asked_by_polling() -> None:
    async with socketio_server(transports=["websocket"]) as server:
        target = Target(url=server.url, transports=("polling",))
        said = "Engine.IO error 0, 'Invalid transport'"
        expected = worded(LinkCode.NO_POLLING, check_target(target), "polling", said=said)
        assert await refusal(target) == expected


async def test_a_refused_namespace() -> None:
    async with socketio_server() as server:
        why = await refusal(Target(url=server.url, namespace="/nowhere"))
    assert why.code is LinkCode.NO_NAMESPACE
    assert "/nowhere" in why.sentence


async def test_refused_credentials_show_the_servers_words_cleaned() -> None:
    def accept(auth: Any) -> None:
        raise socketio.exceptions.ConnectionRefusedError("bad \x1b[31mtoken")

    async with socketio_server(accept=accept) as server:
        why = await refusal(Target(url=server.url, auth={"token": "hunter2"}))
    assert why.code is LinkCode.NAMESPACE_REFUSED
    assert "bad ␛[31mtoken" in why.sentence
    assert "auth_file" in why.sentence
    assert "hunter2" not in why.sentence


async def test_a_silent_listener_ends_with_the_connect_timeout() -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with tcp_server(silence) as server:
        begin = asyncio.get_running_loop().time()
        target = Target(url=server.url, connect_timeout=0.5)
        why = await refusal(target)
        assert asyncio.get_running_loop().time() - begin < 3
    assert why == explain.silent(check_target(target), "answer", 0.5)


async def test_a_server_that_hangs_up_without_a_word() -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with tcp_server(close) as server:
        why = await refusal(server.url)
    assert why == worded(LinkCode.HUNG_UP, check_target(Target(url=server.url)))


async def test_a_server_that_hangs_up_on_websockets_but_answers_http() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"transport=polling" in head:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with tcp_server(answer) as server:
        why = await refusal(server.url)
    assert why.code is LinkCode.NOT_SOCKETIO
    assert "/socket.io (HTTP status 404" in why.sentence


async def test_a_server_that_is_not_http() -> None:
    async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_for_Windows_8.1\r\n\r\n")
        await asyncio.sleep(60)

    async with tcp_server(banner) as server:
        why = await refusal(server.url)
    assert why == worded(LinkCode.NOT_HTTP, check_target(Target(url=server.url)))


async def test_engine_io_opens_but_the_namespace_never_comes() -> None:
    async def only_open(ws: web.WebSocketResponse) -> None:
        await ws.send_str('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')

    async with raw_server(only_open, greet=False) as server:
        target = Target(url=server.url, connect_timeout=0.5)
        assert await refusal(target) == explain.silent(check_target(target), "consent to namespace /", 0.5)


async def test_the_server_closes_before_it_consents() -> None:
    async def open_and_close(ws: web.WebSocketResponse) -> None:
        await ws.send_str('0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')
        await ws.close()

    async with raw_server(open_and_close, greet=False) as server:
        target = Target(url=server.url, connect_timeout=5)
        expected = worded(LinkCode.ENDED_EARLY, check_target(target), stage="consent to namespace /")
        assert await refusal(target) == expected


@pytest.mark.parametrize(
    "first",
    ["", "x", "0", "0[]", "0{}", '0{"sid":1}', "2", "40", '0{"sid":"a","pingInterval":"x"}', "\x00" * 9],
)
async def test_a_websocket_that_opens_with_junk(first: str) -> None:
    async def junk(ws: web.WebSocketResponse) -> None:
        await ws.send_str(first)

    async with raw_server(junk, greet=False) as server:
        why = await refusal(Target(url=server.url, connect_timeout=1))
    assert why.sentence.endswith(".")
    assert server.url in why.sentence


@pytest.mark.parametrize("body", ["", "0", "0[]", "0{}", '0{"sid":1}', "x" * 9, "4", '0{"sid":"a"}', "0[1"])
async def test_a_poll_that_opens_with_junk(body: str) -> None:
    async with plain_server(200, body) as server:
        why = await refusal(Target(url=server.url, transports=("polling",), connect_timeout=1))
    assert why.sentence.endswith(".")
    assert server.url in why.sentence


async def test_the_path_is_a_setting_and_a_wrong_one_is_named() -> None:
    async with socketio_server(path="chamber/io") as server:
        why = await refusal(server.url)
        assert why.code is LinkCode.NOT_SOCKETIO
        assert "/socket.io (HTTP status 404" in why.sentence
        async with running(Target(url=server.url, path="/chamber/io")) as harness:
            await harness.state(LinkWord.ONLINE)


async def test_a_name_service_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*arguments: Any, **options: Any) -> list[Any]:
        release.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "not found")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        target = Target(url="http://slow.example", connect_timeout=0.3)
        assert await refusal(target) == worded(LinkCode.NO_ANSWER, check_target(target))
        hung = [thread for thread in threading.enumerate() if thread.name == "look up slow.example"]
        assert hung
        # A thread that is no daemon would be waited for when the program ends.
        assert all(thread.daemon for thread in hung)
    finally:
        release.set()


async def test_nothing_but_the_handshake_is_sent() -> None:
    async with raw_server(stay) as server, running(server.url) as harness:
        await harness.until(lambda: harness.link.status.rtt is not None)
        assert server.frames == []
        assert [request.split("&t=")[0] for request in server.requests] == [
            "GET /socket.io/?transport=websocket&EIO=4"
        ]


async def test_a_bad_url_is_not_retried_until_requested() -> None:
    async with running("chamber:8080") as harness:
        await harness.until(lambda: "no scheme" in harness.link.status.why)
        assert harness.link.status.word is LinkWord.OFFLINE
        harness.statuses.clear()
        harness.link.reconnect_now()
        await harness.until(lambda: len(harness.statuses) >= 2)
        assert harness.link.status.word is LinkWord.OFFLINE


async def test_it_connects_as_soon_as_the_server_is_there() -> None:
    port = free_port()
    async with running(f"http://127.0.0.1:{port}") as harness:
        await harness.refused()
        app = web.Application()
        sio = socketio.AsyncServer(async_mode="aiohttp")
        sio.attach(app)
        async with serve(app, port=port):
            await harness.state(LinkWord.ONLINE)
            assert harness.states == [LinkWord.CONNECTING, LinkWord.ONLINE]
            await sio.shutdown()


@contextlib.asynccontextmanager
async def without(transport: str, status: int = 0) -> AsyncIterator[Server]:
    """Serve socket.io behind what lets one transport not through: a status, or 0 where it is swallowed."""
    app = web.Application()

    @web.middleware
    async def gate(request: web.Request, handler: Callable[[web.Request], Awaitable[Any]]) -> Any:
        if request.query.get("transport") != transport:
            return await handler(request)
        if not status:
            await asyncio.sleep(60)
        return web.Response(status=status or 500)

    app.middlewares.append(gate)
    sio = library_server()
    sio.attach(app)
    async with serve(app) as server:
        yield server
        await sio.shutdown()


@pytest.mark.parametrize("order", [("websocket", "polling"), ("polling", "websocket")])
@pytest.mark.parametrize("closed", ["websocket", "polling"])
@pytest.mark.parametrize("status", [0, 403])
async def test_one_transport_that_passes_is_enough_for_one_attempt(
    status: int, closed: str, order: tuple[str, ...]
) -> None:
    async with without(closed, status) as server:
        target = Target(url=server.url, transports=order, connect_timeout=1)
        used: list[str] = []

        async def watched(target: Target, transports: Sequence[str], handlers: Handlers) -> LinkConnection:
            def connected(connection: LinkConnection) -> None:
                used.append(connection.transport)
                handlers.connected(connection)

            return await connect(target, transports, replace(handlers, connected=connected))

        async with running(target, connector=watched) as harness:
            await harness.state(LinkWord.ONLINE)
            # Nothing failed on the way, so a command that gives up after one attempt works, too.
            assert not any(status.why for status in harness.statuses)
            assert used == [{"websocket": "polling", "polling": "websocket"}[closed]]
        checks = {check.name: check async for check in probe(target, listen=0.1)}
        assert not any(check.failed for check in checks.values())
        assert checks[closed].ok is False
        assert not_needed(closed) in checks["namespace"].detail


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_where_the_only_transport_does_not_pass_it_is_said(transport: str) -> None:
    async with without(transport, 403) as server:
        target = Target(url=server.url, transports=(transport,), connect_timeout=1)
        assert (await refusal(target)).sentence.endswith(".")
        assert any([check.failed async for check in probe(target, listen=0.1)])


async def test_a_reason_that_holds_for_all_transports_is_found_once() -> None:
    tried: list[Any] = []

    def refuse(auth: Any) -> None:
        tried.append(auth)
        raise socketio.exceptions.ConnectionRefusedError("not you")

    async with socketio_server(accept=refuse) as server:
        why = await refusal(Target(url=server.url, auth={"token": "x"}))
        assert why.code is LinkCode.NAMESPACE_REFUSED
        assert "not you" in why.sentence
        assert tried == [{"token": "x"}]
    async with plain_server() as server:
        why = await refusal(server.url)
        assert why.code is LinkCode.NOT_SOCKETIO
        assert why.sentence.count(server.url) == 1
