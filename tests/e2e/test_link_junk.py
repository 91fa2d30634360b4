"""Frames that are no packets at all: counted and kept, and the connection goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from tests.helpers.links import running
from tests.helpers.servers import OPEN, raw_server, stay
from xovac_tui.api.link import LinkWord
from xovac_tui.link.connection import MALFORMED
from xovac_tui.link.target import Target


@pytest.mark.parametrize("junk", ["", "x", "\x00", "b4AAAA", "٣", "²", "{}", "HTTP/1.1 200 OK"])
@pytest.mark.parametrize("early", [True, False])
async def test_text_that_is_no_packet_ends_nothing(junk: str, early: bool) -> None:
    async def script(ws: web.WebSocketResponse) -> None:
        if not early:
            await ws.send_str('42["begin"]')
        await ws.send_str(junk)
        await ws.send_str('42["end"]')

    async with raw_server(script) as server, running(server.url) as harness:
        await harness.event("end")
        assert harness.states == [LinkWord.CONNECTING, LinkWord.ONLINE]
        (event,) = [event for event in harness.received if event.name == MALFORMED]
        assert event.payload.raw == junk
        assert event.payload.problem


async def test_attachments_without_an_end_are_not_collected() -> None:
    async def script(ws: web.WebSocketResponse) -> None:
        await ws.send_str('451000000000-["x",{"_placeholder":true,"num":0}]')
        await ws.send_bytes(b"one")
        await ws.send_str('42["end"]')

    async with raw_server(script) as server, running(server.url) as harness:
        await harness.event("end")
        assert [event.name for event in harness.received] == [MALFORMED, MALFORMED, "end"]


def polled(answers: list[bytes]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return what answers one long poll after the other with these."""

    async def polling(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.Response(text="ok")
        if request.query["transport"] != "polling":
            return web.json_response("Invalid transport", status=400)
        if "sid" not in request.query:
            return web.Response(text="0" + json.dumps(OPEN))
        if answers:
            return web.Response(body=answers.pop(0))
        await asyncio.sleep(5)
        return web.Response(text="6")

    return polling


@pytest.mark.parametrize(
    ("body", "junk"),
    [
        (b"x", ["x"]),
        (b"\x1e\x1e", ["", "", ""]),
        (b'42["a"]\x1ex\x1e42["b"]', ["x"]),
        (b"bAA", ["bAA"]),
        (b"d=1", ["d=1"]),
        (b"\xff\xfe", ["\ufffd\ufffd"]),
    ],
)
async def test_a_long_poll_with_junk_ends_nothing(body: bytes, junk: list[str]) -> None:
    answers = [b'40{"sid":"x"}', body, b'42["end"]']

    async with (
        raw_server(stay, greet=False, polling=polled(answers)) as server,
        running(Target(url=server.url, transports=("polling",))) as harness,
    ):
        await harness.event("end")
        assert harness.states == [LinkWord.CONNECTING, LinkWord.ONLINE]
        assert [event.payload.raw for event in harness.received if event.name == MALFORMED] == junk


async def test_bytes_in_a_long_poll_that_are_no_utf8_are_kept_as_far_as_they_go() -> None:
    answers = [b'40{"sid":"x"}', b'42["a","\xff"]', b'42["end"]']

    async with (
        raw_server(stay, greet=False, polling=polled(answers)) as server,
        running(Target(url=server.url, transports=("polling",))) as harness,
    ):
        await harness.event("end")
        assert (await harness.event("a")).payload.raw == "\ufffd"
