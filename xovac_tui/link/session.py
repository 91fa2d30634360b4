"""Open the HTTP session of one target: what it trusts, what it sends along, and how far it came."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp

import xovac_tui
from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.link import bounded
from xovac_tui.link.certificate import trust
from xovac_tui.link.engine import Socket
from xovac_tui.link.name_lookup import Resolver
from xovac_tui.link.target import Address, Target, parse_fingerprint
from xovac_tui.link.through import ThroughConnector
from xovac_tui.link.wording import worded
from xovac_tui.text import clean


def open_session(
    target: Target, address: Address, seen: SimpleNamespace | None = None
) -> aiohttp.ClientSession:
    """Return an HTTP session that trusts what the target trusts, and notes in `seen` how far it came."""
    ssl_option: Any = True
    if address.tls:
        ssl_option = (
            aiohttp.Fingerprint(parse_fingerprint(target.fingerprint))
            if target.fingerprint
            else trust(target.ca_file)
        )
    return aiohttp.ClientSession(
        connector=_connector(address, ssl_option),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={
            "User-Agent": f"xovac-tui/{xovac_tui.__version__}",
            "Accept-Encoding": bounded.ENCODINGS,
            # The zone is this machine's business: no server knows it, and some refuse it.
            **({"Host": f"[{address.host.partition('%')[0]}]:{address.port}"} if "%" in address.host else {}),
            **target.headers,
        },
        response_class=bounded.Response,
        auto_decompress=False,
        ws_response_class=Socket,
        trace_configs=[_trace(address, SimpleNamespace() if seen is None else seen)],
    )


def _connector(address: Address, ssl_option: Any) -> aiohttp.BaseConnector:
    if address.via:
        return ThroughConnector(address.via, ssl_option if address.tls else None)
    return aiohttp.TCPConnector(ssl=ssl_option, resolver=Resolver())


class Redirected(aiohttp.ClientError):
    """The server answered with another address."""

    def __init__(self, reason: LinkReason) -> None:
        super().__init__(reason.sentence)
        self.reason = reason


def _trace(address: Address, seen: SimpleNamespace) -> aiohttp.TraceConfig:
    seen.error, seen.status, seen.connected = None, None, False

    async def failed(session: Any, context: Any, params: aiohttp.TraceRequestExceptionParams) -> None:
        seen.error = params.exception

    async def answered(session: Any, context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        seen.error, seen.status = None, params.response.status

    async def connected(session: Any, context: Any, params: aiohttp.TraceConnectionCreateEndParams) -> None:
        seen.connected = True

    async def redirected(session: Any, context: Any, params: aiohttp.TraceRequestRedirectParams) -> None:
        to = clean(params.response.headers.get("Location", "?"), 120)
        raise Redirected(worded(LinkCode.REDIRECTED, address, to=to))

    trace = aiohttp.TraceConfig()
    trace.on_request_exception.append(failed)
    trace.on_request_end.append(answered)
    trace.on_connection_create_end.append(connected)
    trace.on_request_redirect.append(redirected)
    return trace
