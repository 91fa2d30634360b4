"""What else may be behind a connection that is not made: found out by questions that change nothing.

They are asked only after a failure, and command nothing. Another place than that of the profile is asked
without its credentials.
"""

from __future__ import annotations

import base64
from contextlib import suppress

import aiohttp
import msgspec

from xovac_tui.link import bounded
from xovac_tui.link.certificate import presented
from xovac_tui.link.handshake import Handshake, NoAnswer, ask
from xovac_tui.link.target import Address

USUAL_PATH = "/socket.io/"
_LOOPBACK = {"127.0.0.1": ("::1",), "::1": ("127.0.0.1",), "localhost": ("127.0.0.1", "::1")}
"""What means this machine, and the addresses at which another program of it may listen."""
_PATIENCE = 1.0
"""Seconds for one question."""


def is_loopback(address: Address) -> bool:
    """Return whether an address means this machine; through a tunnel it means the far one."""
    return not address.via and address.host.lower() in _LOOPBACK


async def wants_tls(address: Address, answer: Handshake) -> bool:
    """Return whether a server that gave no answer of ours to plain HTTP speaks TLS on the same port."""
    # One that speaks TLS answers plain HTTP at once, and be it by an end.
    if address.tls or answer.serves or answer.status not in (0, 400) or answer.no_answer is NoAnswer.SILENT:
        return False
    return await presented(address, _PATIENCE) is not None


async def elsewhere(session: aiohttp.ClientSession, address: Address) -> Address | None:
    """Return the place where a socket.io server is after all; None where none is.

    `session` holds no credentials.
    """
    moved = msgspec.structs.replace
    address = moved(address, query="")
    if address.path != USUAL_PATH:
        usual = moved(address, path=USUAL_PATH)
        if (await ask(session, usual, _PATIENCE)).serves:
            return usual
    for host in _LOOPBACK.get(address.host.lower(), ()) if is_loopback(address) else ():
        other = moved(address, host=host)
        if (await ask(session, other, _PATIENCE)).serves:
            return other
    return None


async def speaks_msgpack(session: aiohttp.ClientSession, address: Address, namespace: str) -> bool:
    """Return whether a server that takes our greeting for nothing answers one of the msgpack parser.

    The greeting asks for the namespace, without credentials; whatever is answered in binary is enough.
    https://socket.io/docs/v4/custom-parser/
    """
    greeting = msgspec.msgpack.encode({"type": 0, "nsp": namespace})
    with suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
        limit = aiohttp.ClientWSTimeout(ws_receive=_PATIENCE, ws_close=_PATIENCE)
        async with session.ws_connect(address.endpoint("websocket"), timeout=limit) as ws:
            await ws.receive()
            await ws.send_bytes(greeting)
            return (await ws.receive()).type is aiohttp.WSMsgType.BINARY
    with suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
        patience = aiohttp.ClientTimeout(total=_PATIENCE)
        url = address.endpoint("polling")
        async with session.get(url, timeout=patience) as response:
            opened = msgspec.json.decode((await bounded.read(response, 65_536))[1:], type=dict[str, object])
        url = f"{url}&sid={opened.get('sid')}"
        body = b"b" + base64.b64encode(greeting)
        async with session.post(url, data=body, timeout=patience) as response:
            await response.read()
        async with session.get(url, timeout=patience) as response:
            answered = (await bounded.read(response, 65_536)).startswith(b"b")
        async with session.post(url, data=b"1", timeout=patience):
            return answered
    return False
