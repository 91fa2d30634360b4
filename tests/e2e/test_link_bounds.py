"""What a server sends is kept exactly as it was sent, and can be neither endless nor a bomb."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiohttp import web

from tests.e2e.test_link_traffic import through
from tests.helpers.links import running
from tests.helpers.servers import raw_server, socketio_server, stay
from xovac_tui.api.event import Form
from xovac_tui.api.link import LinkCode, LinkWord
from xovac_tui.api.payload import LONGEST
from xovac_tui.link import bounded
from xovac_tui.link.target import Target
from xovac_tui.recording.eventlog import payload_of

ODD = (
    '{"z": 1.0, "a": 1.10, "a": 2e5, "big": 123456789012345678901234567890, "far": 1e400, '
    '"caf\\u00e9": "\\ud800", "nan": NaN , "minus": -0.0}'
)
"""What JSON libraries rewrite: order, doubled keys, spellings of numbers, spaces, escapes."""


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("number", ["", "12"])
async def test_an_object_is_kept_as_it_was_written(transport: str, number: str) -> None:
    frames = [f'42{number}["odd",{ODD}]', f'42{number}["plain",{ODD.replace("NaN", "null")}]', '42["end"]']
    if transport == "websocket":
        harness = await through(*frames[:2])
    else:
        async with polled(frames) as server, running(Target(url=server, transports=("polling",))) as harness:
            await harness.event("end")
    odd, plain, _ = (event.payload for event in harness.received)
    assert (odd.form, odd.raw) == (Form.OBJECT, ODD)
    assert plain.raw == ODD.replace("NaN", "null")
    assert odd.value["a"] == 2e5
    # What is read from the record later is the same.
    assert repr(payload_of(odd.form, odd.raw).value) == repr(odd.value)


async def test_several_arguments_and_bytes_in_objects_are_kept_whole() -> None:
    data = bytes(range(256)) * 4
    harness = await through(
        '42["many",{"a":1.00},"[2.0]", null]',
        '451-["with",{"a":1.00,"data":{"_placeholder":true,"num":0}}]',
        data,
        '451-["list",[{"num":0,"_placeholder":true}],"x"]',
        b'{"t": 5}',
        '451-["alone",{"_placeholder":true,"num":0}]',
        data,
    )
    many, held, listed, alone = (event.payload for event in harness.received[:4])
    assert (many.form, many.raw) == (Form.ARGUMENTS, '[{"a":1.00},"[2.0]",null]')
    assert many.value == payload_of(many.form, many.raw).value == [{"a": 1}, [2], None]
    assert isinstance(held.raw, str)
    assert held.raw.startswith('{"a":1.00,"data":{"base64":"AAECAw')
    assert held.value == payload_of(held.form, held.raw).value
    assert listed.value == payload_of(listed.form, listed.raw).value
    assert alone.raw == data


async def test_a_long_packet_over_either_transport_is_whole_and_in_order() -> None:
    rows = json.dumps({"rows": ['a "quoted" wörd'] * 200_000}, ensure_ascii=False)
    assert len(rows) > LONGEST

    async def greet(sio: Any, sid: str) -> None:
        await sio.emit("before", "1", to=sid)
        await sio.emit("text", rows, to=sid)
        await sio.emit("object", json.loads(rows), to=sid)
        await sio.emit("after", "1", to=sid)

    async with socketio_server(greet=greet) as server:
        for transport in ("websocket", "polling"):
            async with running(Target(url=server.url, transports=(transport,))) as harness:
                await harness.event("after")
                assert [event.name for event in harness.received] == ["before", "text", "object", "after"]
                text, found = (event.payload for event in harness.received[1:3])
                assert (text.form, text.raw, text.value) == (Form.JSON, rows, None)
                assert (found.form, json.loads(found.raw)) == (Form.OBJECT, json.loads(rows))


async def test_what_is_no_event_and_too_long_to_read_is_shown_as_such() -> None:
    harness = await through('42[7,"' + "x" * (LONGEST + 20_000) + '"]')
    assert "too many to read" in harness.received[0].payload.problem


# -- bodies of HTTP answers ---------------------------------------------------------------------------


def polled(answers: Sequence[str | Callable[[web.Request], Awaitable[Any]]]) -> Any:
    """Serve long polls: a handshake, then these answers, a packet or a handler each."""
    left = list(answers)
    opened = {"sid": "1", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000}

    async def polling(request: web.Request) -> Any:
        if request.method == "POST":
            return web.Response(text="ok")
        if "sid" not in request.query:
            return web.Response(text="0" + json.dumps(opened))
        state.setdefault("joined", 0)
        state["joined"] += 1
        if state["joined"] == 1:
            return web.Response(text='40{"sid":"2"}')
        if left:
            answer = left.pop(0)
            return web.Response(text=answer) if isinstance(answer, str) else await answer(request)
        await asyncio.sleep(60)
        return web.Response(text="6")

    state: dict[str, int] = {}

    @contextlib.asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        async with raw_server(stay, polling=polling) as server:
            yield server.url

    return serving()


async def bomb(request: web.Request) -> Any:
    """Answer with a few kilobytes that become 50 MB."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"0" * 100_000
    data = squeezed.compress(b"4") + b"".join(squeezed.compress(zeros) for _ in range(500)) + squeezed.flush()
    assert len(data) < 100_000
    return web.Response(body=data, headers={"Content-Encoding": "gzip"})


async def endless(request: web.Request) -> Any:
    """Answer without an end."""
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b"4" * 65_536)
    except (ConnectionError, OSError):
        return response


@pytest.mark.parametrize("answer", [bomb, endless])
async def test_an_answer_without_end_ends_the_connection_and_says_so(
    answer: Callable[[web.Request], Awaitable[Any]],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(bounded, "LONGEST_BODY", 4 << 20)
    tracemalloc.start()
    request.addfinalizer(tracemalloc.stop)
    async with polled([answer]) as url, running(Target(url=url, transports=("polling",))) as harness:
        await harness.state(LinkWord.LOST)
        lost = next(said for said in harness.statuses if said.word is LinkWord.LOST)
        assert lost.code == LinkCode.ANSWER_TOO_LONG
        assert "4 MiB" in lost.why
        _, most = tracemalloc.get_traced_memory()
    # The rest was never taken out of its compression, or off the network.
    assert 4 << 20 < most < 8 << 20


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_an_answer_that_cannot_be_decompressed_only_ends_the_connection(encoding: str) -> None:
    async def torn(request: web.Request) -> Any:
        return web.Response(body=b"4no such thing", headers={"Content-Encoding": encoding})

    async with polled([torn]) as url, running(Target(url=url, transports=("polling",))) as harness:
        await harness.state(LinkWord.ONLINE)
        await harness.state(LinkWord.LOST)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "bare deflate"])
async def test_compressed_answers_are_read(encoding: str) -> None:
    text = '42["a",{"t": 1.50}]'

    async def squeezed(request: web.Request) -> Any:
        assert "gzip" in request.headers["Accept-Encoding"]
        data = text.encode()
        bare = zlib.compressobj(wbits=-15)
        body = {
            "gzip": gzip.compress(data),
            "deflate": zlib.compress(data),
            "bare deflate": bare.compress(data) + bare.flush(),
        }[encoding]
        return web.Response(body=body, headers={"Content-Encoding": encoding.split()[-1]})

    async with polled([squeezed]) as url, running(Target(url=url, transports=("polling",))) as harness:
        assert (await harness.event("a")).payload.raw == '{"t": 1.50}'
