"""One question over plain HTTP: does a socket.io server answer there, and of which protocol?"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Any

import aiohttp
import msgspec

from xovac_tui.link import bounded
from xovac_tui.link.target import Address
from xovac_tui.text import clean

# Engine.IO 3 frames every packet with its length: in text, or in binary.
_OLD = re.compile(rb"^(?:\d+:|[\x00\x01][\x00-\x09]+\xff)0\{")
_CERTIFICATE = re.compile(rb"(?i)(ssl|client|tls) certificate")
_LONGEST_ANSWER = 65_536
UNKNOWN_TRANSPORT, UNKNOWN_SID, FORBIDDEN, OLD_VERSION = 0, 1, 4, 5
"""Engine.IO's codes: https://github.com/socketio/socket.io/blob/main/packages/engine.io/lib/server.ts."""


class NoAnswer(StrEnum):
    """Why a question got no answer that is HTTP; the words follow "No HTTP answer"."""

    SILENT = "none came in time"
    NO_HTTP = "what came is not HTTP"
    FAILED = "the connection failed"


class Handshake(msgspec.Struct, frozen=True):
    """What a server answered to the request for an Engine.IO session."""

    status: int = 0
    """HTTP status; 0 when nothing came that is HTTP."""
    version: int | None = None
    """Of Engine.IO: 4 (socket.io 3 and later) or 3 (socket.io 2); None when it is neither."""
    upgrades: tuple[str, ...] = ()
    refusal: str = ""
    """An Engine.IO server's reason for saying no, cleaned."""
    code: int | None = None
    """The number of that reason, of those below or another one; None: it gave none."""
    wants_certificate: bool = False
    """What answers wants to see a certificate of the client first."""
    server: str = ""
    """What the server calls itself, cleaned."""
    no_answer: NoAnswer | None = None
    detail: str = ""
    """What the system or the library says of a connection that failed, cleaned."""

    @property
    def serves(self) -> bool:
        """True where a server of our protocol answered, whether or not it accepted this transport."""
        return not self.old and (self.version == 4 or bool(self.refusal))

    @property
    def old(self) -> bool:
        """True where the server speaks only the protocol before ours."""
        return self.version == 3 or self.code == OLD_VERSION


async def ask(
    session: aiohttp.ClientSession, address: Address, timeout: float, version: int = 4
) -> Handshake:
    """Return the answer to a request for a polling session; a session that was opened is closed again."""
    limit = aiohttp.ClientTimeout(total=timeout)
    try:
        async with session.get(address.endpoint("polling", version), timeout=limit) as response:
            body = await bounded.read(response, _LONGEST_ANSWER, cut=True)
            status, server = response.status, clean(response.headers.get("Server", ""), 60)
        answer = _read(status, server, body)
        if answer.version == 4:
            await _close(session, address, body, limit)
        return answer
    except TimeoutError:
        return Handshake(no_answer=NoAnswer.SILENT)
    except aiohttp.ClientResponseError:
        return Handshake(no_answer=NoAnswer.NO_HTTP)
    except (aiohttp.ClientError, OSError, ValueError) as why:
        return Handshake(no_answer=NoAnswer.FAILED, detail=clean(str(why).strip(), 200) or type(why).__name__)


def _read(status: int, server: str, body: bytes) -> Handshake:
    if status == 200 and body.startswith(b"0{"):
        opened = _json(body[1:].split(b"\x1e")[0])
        if isinstance(opened, dict) and "sid" in opened:
            upgrades = opened.get("upgrades")
            names = tuple(clean(str(name), 30) for name in upgrades[:9]) if isinstance(upgrades, list) else ()
            return Handshake(status, 4, names, server=server)
    if status == 200 and _OLD.match(body):
        return Handshake(status, 3, server=server)
    refusal = _json(body) if status == 400 else None
    if isinstance(refusal, dict) and "code" in refusal and isinstance(refusal.get("message"), str):
        code = refusal["code"] if type(refusal["code"]) is int else None
        return Handshake(status, refusal=clean(refusal["message"], 120), code=code, server=server)
    if isinstance(refusal, str) and (code := _code_of_python(refusal)) is not None:
        return Handshake(status, refusal=clean(refusal, 120), code=code, server=server)
    return Handshake(status, server=server, wants_certificate=_asks_for_certificate(status, body))


def _code_of_python(said: str) -> int | None:
    """Return the Engine.IO code of a refusal by python-engineio 3.14 to 4.15; None for another server's text.

    It sends the reason as a JSON string, without a code: "Invalid transport", "Invalid session ...", "The
    client is using an unsupported version of the Socket.IO or Engine.IO protocols".
    """
    words = {"transport": UNKNOWN_TRANSPORT, "version": OLD_VERSION, "session": UNKNOWN_SID}
    return next((code for word, code in words.items() if word in said.lower()), None)


def _asks_for_certificate(status: int, body: bytes) -> bool:
    """Return whether a proxy's page of refusal asks for a certificate of the client.

    nginx 1.x answers 400 with "No required SSL certificate was sent", others 403 with similar words; only
    nginx's own 495 and 496 would say so by number, and they do not leave it.
    """
    return status in (400, 403, 495, 496) and _CERTIFICATE.search(body) is not None


def max_payload(opening: str) -> int | None:
    """Return the bytes of the largest message that a server takes, by the packet that opens its session.

    Engine.IO 4: https://socket.io/docs/v4/engine-io-protocol/#handshake. None: it does not say.
    """
    if not opening.startswith("0{"):
        return None
    opened = _json(opening[1:].split("\x1e")[0].encode())
    limit = opened.get("maxPayload") if isinstance(opened, dict) else None
    return limit if type(limit) is int and limit > 0 else None


async def _close(
    session: aiohttp.ClientSession, address: Address, body: bytes, limit: aiohttp.ClientTimeout
) -> None:
    opened = _json(body[1:].split(b"\x1e")[0])
    url = f"{address.endpoint('polling')}&sid={opened['sid']}"
    try:
        async with session.post(url, data=b"1", headers={"Content-Type": "text/plain"}, timeout=limit):
            pass
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
