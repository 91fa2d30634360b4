"""What comes over a connection that stands: kept as it came, in order, whatever a server sends."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import WSCloseCode, WSMsgType, web

from tests.helpers.links import Harness, running
from tests.helpers.servers import raw_server, socketio_server, stay, transport_of
from xovac_tui.api.event import Direction, EventKind, Form
from xovac_tui.api.link import LinkCode, LinkWord
from xovac_tui.errors import LinkError
from xovac_tui.link.connection import MALFORMED
from xovac_tui.link.target import Target


def sends(*frames: str | bytes) -> Any:
    async def script(ws: web.WebSocketResponse) -> None:
        for frame in frames:
            await (ws.send_str(frame) if isinstance(frame, str) else ws.send_bytes(frame))

    return script


async def through(*frames: str | bytes) -> Harness:
    """Return what a link received of raw frames; the event `end` comes after them."""
    async with raw_server(sends(*frames, '42["end"]')) as server, running(server.url) as harness:
        await harness.event("end")
        assert harness.states == [LinkWord.CONNECTING, LinkWord.ONLINE]
        return harness


@pytest.mark.parametrize("transports", [("websocket",), ("polling",), ("polling", "websocket")])
async def test_a_command_and_its_answer(transports: tuple[str, ...]) -> None:
    async with socketio_server() as server, running(Target(url=server.url, transports=transports)) as harness:
        status = await harness.state(LinkWord.ONLINE)
        assert status.session == 1
        assert status.why == ""
        sent = await harness.link.emit("cancel_recipe", "")
        assert (sent.name, sent.direction, sent.payload.form) == ("cancel_recipe", Direction.OUT, Form.EMPTY)
        assert sent in harness.events
        answer = await harness.event("cancel_recipe_ack")
        assert answer.kind is EventKind.RESPONSE
        assert answer.payload.value == {"result": "success", "message": ""}
        assert server.events == [("cancel_recipe", ("",))]
        if transports[0] == "polling" and len(transports) == 2:
            assert any("transport=websocket" in request for request in server.requests)


@pytest.mark.parametrize("transports", [("websocket",), ("polling",)])
async def test_namespace_auth_and_headers_arrive(transports: tuple[str, ...]) -> None:
    async with socketio_server(namespace="/bench") as server:
        target = Target(
            url=server.url,
            namespace="/bench",
            transports=transports,
            auth={"token": "t0p"},
            headers={"X-Key": "secret", "Authorization": "Bearer b"},
        )
        async with running(target) as harness:
            await harness.state(LinkWord.ONLINE)
            await harness.link.emit("cancel_recipe", "")
            await harness.event("cancel_recipe_ack")
        assert server.auths == [{"token": "t0p"}]
        assert server.headers[0]["X-Key"] == "secret"
        assert server.headers[0]["Authorization"] == "Bearer b"


async def test_events_of_another_namespace_are_not_ours() -> None:
    harness = await through('42/other,["alien",1]', '42["mine",1]')
    assert [event.name for event in harness.received] == ["mine", "end"]


async def test_events_with_the_librarys_own_names_are_only_events() -> None:
    names = ["connect", "disconnect", "connect_error", "__disconnect_final", "*", "message"]
    harness = await through(*(f'42["{name}",{{"a":1}}]' for name in names))
    assert [event.name for event in harness.received] == [*names, "end"]
    assert all(event.payload.value == {"a": 1} for event in harness.received[:-1])


async def test_names_that_are_no_names() -> None:
    long = "n" * 100_000
    harness = await through("42[5,1]", "42[null]", '42[{"a":1},2]', f'42["{long}",1]', '42["",7]')
    names = [event.name for event in harness.received]
    assert names[:3] == ["5", "None", "{'a': 1}"]
    assert names[3] == "n" * 500
    assert harness.received[4].payload.value == 7


async def test_payloads_in_every_form() -> None:
    harness = await through(
        '42["none"]',
        '42["empty",""]',
        '42["json","{\\"a\\":[1,2]}"]',
        '42["object",{"a":1}]',
        '42["two",1,"x"]',
        '42["nan",NaN]',
        '42["text","so, what"]',
        '451-["bytes",{"_placeholder":true,"num":0}]',
        b"\xff\xfe\x00",
        '451-["json_bytes",{"_placeholder":true,"num":0}]',
        b'{"a":1}',
    )
    forms = {event.name: event.payload.form for event in harness.received}
    assert forms == {
        "none": Form.NOTHING,
        "empty": Form.EMPTY,
        "json": Form.JSON,
        "object": Form.OBJECT,
        "two": Form.ARGUMENTS,
        "nan": Form.OBJECT,
        "text": Form.TEXT,
        "bytes": Form.BYTES,
        "json_bytes": Form.BYTES,
        "end": Form.NOTHING,
    }
    kept = {event.name: event.payload for event in harness.received}
    assert kept["bytes"].raw == b"\xff\xfe\x00"
    assert kept["json_bytes"].value == {"a": 1}


@pytest.mark.parametrize(
    "frame",
    [
        '42["broken',
        "42",
        "42[]",
        '42{"a":1}',
        "4",
        "49",
        "4x",
        '43999["ack of nothing"]',
        "42" + "[" * 100_000,
        '451-["x",{"_placeholder":true,"num":9}]',
        b"bytes of nobody",
        '4599999999999-["x"]',
        "6",
        "3",
        "7",
        "2probe",
        "41/other,",
        '44/other,"no"',
        '40/other,{"sid":"z"}',
        "42" + "9" * 200 + '["long id"]',
    ],
    ids=lambda frame: repr(frame[:20]),
)
async def test_packets_that_are_not_socketio_do_not_end_the_connection(frame: str | bytes) -> None:
    harness = await through(frame)
    strange = [event for event in harness.received if event.name == MALFORMED]
    assert len(strange) + 1 >= len(harness.received)
    assert all("not socket.io" in event.payload.problem for event in strange)


async def test_what_cannot_be_read_is_kept() -> None:
    harness = await through('42["broken')
    payload = harness.received[0].payload
    assert harness.received[0].name == MALFORMED
    assert payload.raw == '2["broken'
    assert payload.form is Form.TEXT
    assert payload.value is None


async def test_a_binary_event_without_its_attachment_does_not_eat_the_next_event() -> None:
    harness = await through('452-["x",{"_placeholder":true,"num":0}]', '42["next",1]')
    assert [event.name for event in harness.received] == [MALFORMED, "next", "end"]


@pytest.mark.skipif(
    "decode_text" not in inspect.signature(aiohttp.ClientSession.ws_connect).parameters,
    reason="this aiohttp ends the connection at such text",
)
async def test_text_that_is_not_utf_8_is_shown_with_replacements() -> None:
    async def script(ws: web.WebSocketResponse) -> None:
        text = b'42["odd","caf\xe9"]'
        transport_of(ws).write(bytes([0x80 | WSMsgType.TEXT, len(text)]) + text)
        await ws.send_str('42["end"]')

    async with raw_server(script) as server, running(server.url) as harness:
        await harness.event("end")
        assert harness.received[0].payload.raw == "caf�"
        assert LinkWord.LOST not in harness.states


async def test_nesting_and_size() -> None:
    deep = "[" * 100 + "]" * 100
    big = "x" * 5_000_000
    rows = json.dumps({"rows": [{"n": number, "v": 0.5} for number in range(500_000)]})
    assert len(rows) > 10_000_000
    harness = await through(
        f'42["deep",{deep}]', f'42["big",{json.dumps(big)}]', f'42["rows",{json.dumps(rows)}]'
    )
    kept = {event.name: event.payload for event in harness.received}
    assert kept["deep"].raw.replace(" ", "") == deep if isinstance(kept["deep"].raw, str) else False
    assert kept["big"].raw == big
    assert kept["big"].form is Form.TEXT
    assert (kept["rows"].raw, kept["rows"].value) == (rows, None)


async def test_ten_megabytes_of_bytes_and_by_polling() -> None:
    blob = bytes(range(256)) * 45_000

    async def greet(sio: Any, sid: str) -> None:
        await sio.emit("blob", blob, to=sid)
        await sio.emit("after", "1", to=sid)

    async with socketio_server(greet=greet) as server:
        for transports in (("websocket",), ("polling",)):
            async with running(Target(url=server.url, transports=transports)) as harness:
                await harness.event("after")
                assert (await harness.event("blob")).payload.raw == blob


async def test_many_events_in_one_poll() -> None:
    async def greet(sio: Any, sid: str) -> None:
        for number in range(500):
            await sio.emit("tick", str(number), to=sid)

    async with (
        socketio_server(greet=greet) as server,
        running(Target(url=server.url, transports=("polling",))) as harness,
    ):
        await harness.until(lambda: len(harness.received) == 500)
        assert [event.payload.value for event in harness.received] == list(range(500))


async def test_a_receipt_that_the_server_waits_for_is_given() -> None:
    async with socketio_server() as server, running(server.url) as harness:
        await harness.state(LinkWord.ONLINE)
        await harness.until(lambda: server.sids)
        assert await server.sio.call("asked", "x", to=server.sids[0], timeout=5) is None
        assert (await harness.event("asked")).payload.raw == "x"


async def test_emit_sends_one_argument_as_it_is() -> None:
    async with raw_server(stay) as server, running(server.url) as harness:
        await harness.state(LinkWord.ONLINE)
        await harness.link.emit("load_recipe", '{"name":"ü","recipe":[[1,2,0.0]]}')
        await harness.link.emit("cancel_recipe", "")
        await server.until(lambda: len(server.frames) == 2)
        sent = [json.loads(frame[2:]) for frame in server.frames]
        assert sent == [["load_recipe", '{"name":"ü","recipe":[[1,2,0.0]]}'], ["cancel_recipe", ""]]


@pytest.mark.parametrize("name", ["", "connect", "disconnect", "disconnecting"])
async def test_reserved_names_are_not_sent(name: str) -> None:
    async with raw_server(stay) as server, running(server.url) as harness:
        await harness.state(LinkWord.ONLINE)
        with pytest.raises(LinkError, match="keeps this name"):
            await harness.link.emit(name, "")
        assert harness.events == []


async def test_the_ways_to_be_left() -> None:
    async def by_namespace(ws: web.WebSocketResponse) -> None:
        await ws.send_str("41")

    async def by_engine(ws: web.WebSocketResponse) -> None:
        await ws.send_str("1")

    async def by_close(ws: web.WebSocketResponse) -> None:
        await ws.close(code=WSCloseCode.GOING_AWAY, message=b"lunch \x1b[2J")

    async def by_cut(ws: web.WebSocketResponse) -> None:
        transport_of(ws).abort()

    async def by_junk(ws: web.WebSocketResponse) -> None:
        transport_of(ws).write(b"\xff\xff\xff\xff\xff\xff\xff\xff")

    async def by_late_refusal(ws: web.WebSocketResponse) -> None:
        await ws.send_str('44{"message":"not any more"}')

    expected = {
        by_namespace: (LinkCode.SENT_AWAY, ""),
        by_engine: (LinkCode.SERVER_CLOSED, ""),
        by_close: (LinkCode.SERVER_CLOSED, "WebSocket code 1001, lunch ␛[2J"),
        by_cut: (LinkCode.BROKEN_OFF, ""),
        by_junk: (LinkCode.NOT_WEBSOCKET, ""),
        by_late_refusal: (LinkCode.SENT_AWAY, ""),
    }
    for script, (code, words) in expected.items():
        async with raw_server(script) as server, running(server.url) as harness:
            lost = await harness.state(LinkWord.LOST)
            status = next(status for status in harness.statuses if status.word is LinkWord.LOST)
            assert status.code == code, script
            assert words in status.why
            assert lost.session == 1
            with pytest.raises(LinkError, match="LOST"):
                await harness.link.emit("cancel_recipe", "")
            # It comes back, and sends nothing but the handshake.
            harness.link.reconnect_now()
            await harness.until(lambda: harness.link.status.session == 2)
            assert server.frames == []


async def test_a_message_without_measure_ends_the_connection_with_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("xovac_tui.link.engine.MAX_MESSAGE", 1000)
    script = sends('42["small",1]', f'42["big","{"x" * 2000}"]')
    async with raw_server(script) as server, running(server.url) as harness:
        lost = await harness.state(LinkWord.LOST)
        assert lost.code == LinkCode.MESSAGE_TOO_LONG
        assert [event.name for event in harness.received] == ["small"]


async def test_close_open_and_reconnect_now() -> None:
    async with socketio_server() as server, running(server.url) as harness:
        await harness.state(LinkWord.ONLINE)
        harness.link.close()
        status = await harness.state(LinkWord.OFFLINE)
        assert "operator" in status.why
        await asyncio.sleep(0.05)
        assert harness.link.status.word is LinkWord.OFFLINE
        harness.link.open()
        await harness.state(LinkWord.ONLINE)
        harness.link.open()
        harness.link.reconnect_now()
        await harness.until(lambda: harness.link.status.session == 3)
        assert harness.states == [
            LinkWord.CONNECTING,
            LinkWord.ONLINE,
            LinkWord.OFFLINE,
            LinkWord.CONNECTING,
            LinkWord.ONLINE,
            LinkWord.CONNECTING,
            LinkWord.ONLINE,
        ]
        assert server.events == []


async def test_nothing_is_received_after_the_end() -> None:
    async with raw_server(sends("41", *['42["late",1]'] * 50)) as server, running(server.url) as harness:
        await harness.state(LinkWord.LOST)
        harness.link.close()
        await harness.state(LinkWord.OFFLINE)
        assert harness.received == []


async def test_a_listener_that_fails_does_not_end_the_link() -> None:
    async with socketio_server() as server, running(server.url) as harness:
        await harness.state(LinkWord.ONLINE)

        harness.fails = ValueError("a defect elsewhere")
        await harness.link.emit("cancel_recipe", "")
        await server.until(lambda: server.events)
        harness.fails = None
        await harness.link.emit("cancel_recipe", "")
        assert harness.link.status.word is LinkWord.ONLINE
