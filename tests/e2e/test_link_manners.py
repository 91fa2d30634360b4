"""How the link behaves towards a server: what it says on leaving, what it does not send, whom it names."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from typing import Any

import pytest
from aiohttp import web

from tests.e2e.test_link_clues import ipv6
from tests.helpers.links import running
from tests.helpers.servers import OPEN, library_server, plain_server, raw_server, serve, socketio_server, stay
from xovac_tui.api.link import LinkWord
from xovac_tui.errors import LinkError, SettingsError
from xovac_tui.link.doctor import probe
from xovac_tui.link.target import Target, check_target, query_mistake

BOTH = pytest.mark.parametrize("transport", ["websocket", "polling"])
TOKEN = "hunter2/+=&%"


@pytest.mark.parametrize(("namespace", "goodbye"), [("/", "41"), ("/lab", "41/lab,")])
async def test_it_says_good_bye_before_it_closes_a_websocket(namespace: str, goodbye: str) -> None:
    async with raw_server(stay) as server:
        async with running(Target(url=server.url, namespace=namespace)) as harness:
            await harness.state(LinkWord.ONLINE)
        await server.until(lambda: server.frames)
        assert server.frames[0] == goodbye


@BOTH
@pytest.mark.parametrize("namespace", ["/", "/lab"])
async def test_what_is_longer_than_the_server_takes_is_not_sent(transport: str, namespace: str) -> None:
    async with (
        socketio_server(namespace=namespace, max_http_buffer_size=2_000) as server,
        running(Target(url=server.url, transports=(transport,), namespace=namespace)) as harness,
    ):
        await harness.state(LinkWord.ONLINE)
        # A sign outside of ASCII counts by what it is written with.
        for long in ("x" * 2_000, "é" * 1_000):
            with pytest.raises(LinkError, match=r"not sent: it has [26],0\d\d bytes, and .* than 2,000 at"):
                await harness.link.emit("load_recipe", long)
        await harness.link.emit("load_recipe", "x" * 1_900)
        await harness.link.emit("cancel_recipe", "")
        await harness.event("cancel_recipe_ack")
        assert [name for name, _ in server.events] == ["load_recipe", "cancel_recipe"]
        assert harness.states == [LinkWord.CONNECTING, LinkWord.ONLINE]


@pytest.mark.parametrize("limit", [1, 16])
async def test_no_limit_of_a_server_holds_stop_back(limit: int) -> None:
    async def mean(ws: web.WebSocketResponse) -> None:
        await ws.send_str("0" + json.dumps(OPEN | {"maxPayload": limit}))
        await ws.receive_str(timeout=5)
        await ws.send_str('40{"sid":"xyz"}')
        await stay(ws)

    async with raw_server(mean, greet=False) as server, running(Target(url=server.url)) as harness:
        await harness.state(LinkWord.ONLINE)
        await harness.link.emit("cancel_recipe", "")
        await server.until(lambda: '42["cancel_recipe",""]' in server.frames)


@BOTH
async def test_a_token_of_the_address_lets_in_and_is_never_shown(
    transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = web.Application()
    seen: list[str | None] = []

    @web.middleware
    async def gate(request: web.Request, handler: Any) -> Any:
        seen.append(request.query.get("token"))
        if seen[-1] != TOKEN:
            # A server may repeat what it was asked.
            raise web.HTTPFound(f"/login?from={request.path_qs}")
        return await handler(request)

    app.middlewares.append(gate)
    sio = library_server()
    sio.attach(app)
    async with serve(app) as server:
        target = Target(url=server.url, transports=(transport,), query={"token": TOKEN})
        async with running(target) as harness:
            await harness.state(LinkWord.ONLINE)
            said = [f"{status}" for status in harness.statuses]
        wrong = Target(url=server.url, transports=(transport,), query={"token": TOKEN + "x"})
        async with running(wrong) as harness:
            said.append((await harness.refused()).sentence)
        assert "(secret)" in said[-1]
        said += [f"{check}" async for check in probe(wrong, listen=0.1)]
        await sio.shutdown()
    # None: the other address of this machine was asked, as an unknown client asks.
    assert {TOKEN, TOKEN + "x"} <= set(seen) <= {TOKEN, TOKEN + "x", None}
    said += [repr(target), repr(check_target(target)), *caplog.messages]
    assert not any("hunter2" in text for text in said)


async def test_errors_of_a_library_are_shown_without_the_token() -> None:
    async with plain_server(403) as server:
        target = Target(url=server.url, query={"token": "hunter2"})
        async with running(target) as harness:
            why = (await harness.refused()).sentence
    assert "hunter2" not in why
    assert (
        target.hidden("404, url='ws://a/?token=hunter2&EIO=4'") == "404, url='ws://a/?token=(secret)&EIO=4'"
    )
    assert target.hidden("nothing of it") == "nothing of it"


@pytest.mark.parametrize("name", ["EIO", "sid", "transport", "t"])
def test_the_query_cannot_be_that_of_the_protocol(name: str) -> None:
    reason = query_mistake(name, "x")
    assert reason
    with pytest.raises(SettingsError) as refused:
        check_target(Target(url="http://a", query={name: "x"}))
    assert str(refused.value).endswith(f" {reason}")


@ipv6
@pytest.mark.skipif(sys.platform != "linux", reason="numbers of interfaces are another matter elsewhere")
@pytest.mark.parametrize("zone", ["%251", "%1"])
@BOTH
async def test_the_zone_of_an_ipv6_address_stays_here(zone: str, transport: str) -> None:
    app = web.Application()
    hosts: list[str] = []

    @web.middleware
    async def note(request: web.Request, handler: Any) -> Any:
        hosts.append(request.headers["Host"])
        return await handler(request)

    app.middlewares.append(note)
    sio = library_server()
    sio.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.02)
    await runner.setup()
    await web.TCPSite(runner, "::1", 0).start()
    port = runner.addresses[0][1]
    try:
        target = Target(url=f"http://[::1{zone}]:{port}", transports=(transport,))
        async with running(target) as harness:
            await harness.state(LinkWord.ONLINE)
        checks = [check async for check in probe(target, listen=0.1)]
        assert not any(check.failed for check in checks)
        assert set(hosts) == {f"[::1]:{port}"}
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sio.shutdown(), 2)
        await runner.cleanup()


async def test_a_poller_that_can_send_no_more_is_lost_and_never_looks_live() -> None:
    """The library goes on reading when its writer has ended, and takes what is to be sent for sent."""
    asked, joined = asyncio.Event(), asyncio.Event()

    async def polling(request: web.Request) -> web.Response:
        if request.method == "POST":
            refused = asked.is_set()
            asked.set()
            return web.Response(status=500 if refused else 200, text="ok")
        if "sid" not in request.query:
            return web.Response(text="0" + json.dumps(OPEN))
        if not joined.is_set():
            await asked.wait()
            joined.set()
            return web.Response(text='40{"sid":"2"}')
        await asyncio.sleep(60)
        return web.Response(text="6")

    async with (
        raw_server(stay, polling=polling) as server,
        running(Target(url=server.url, transports=("polling",))) as harness,
    ):
        await harness.state(LinkWord.ONLINE)
        await harness.link.emit("cancel_recipe", "")
        await harness.state(LinkWord.LOST)
