"""Frames that are no packets at all: counted and kept, and the connection goes on."""

from __future__ import annotations

import pytest
from aiohttp import web

from tests.helpers.links import running
from tests.helpers.servers import raw_server
from xovac_tui.link.connection import MALFORMED
from xovac_tui.link.status import LinkState


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
        assert harness.states == [LinkState.CONNECTING, LinkState.ONLINE]
        (event,) = [event for event in harness.heard if event.name == MALFORMED]
        assert event.payload.raw == junk
        assert event.payload.problem


async def test_attachments_without_an_end_are_not_collected() -> None:
    async def script(ws: web.WebSocketResponse) -> None:
        await ws.send_str('451000000000-["x",{"_placeholder":true,"num":0}]')
        await ws.send_bytes(b"one")
        await ws.send_str('42["end"]')

    async with raw_server(script) as server, running(server.url) as harness:
        await harness.event("end")
        assert [event.name for event in harness.heard] == [MALFORMED, MALFORMED, "end"]
