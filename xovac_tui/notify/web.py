"""Calls an address: a webhook with a message, or a heartbeat. Failures are reported without the address."""

from __future__ import annotations

import http
import json
import socket
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from xovac_tui import __version__
from xovac_tui.durations import format_whole
from xovac_tui.errors import NotifyError, is_refused

_WORTH_ANOTHER_TRY = (408, 425, 429)
"""HTTP answers below 500 that may be others a moment later."""


async def call(url: str, fields: dict[str, Any] | None = None, *, timeout: float) -> None:
    """POST fields as JSON, or GET without any; NotifyError unless it was taken within `timeout` seconds."""
    headers = {"User-Agent": f"xovac-tui/{__version__}"}
    body = None
    if fields is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(fields).encode()
    try:
        async with (
            # A proxy that the environment names is taken; no cookie is kept.
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=timeout),
                trust_env=True,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
            # Not where it redirects to: the message, and what the address holds, are for this one alone.
            session.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                proxy=_bare_proxy(url),
            ) as response,
        ):
            status = response.status
    except TimeoutError:
        raise NotifyError(f"it did not answer within {format_whole(timeout)}.") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _explained(error) from None
    if not 200 <= status < 300:
        raise NotifyError(_refusal(status), again=status >= 500 or status in _WORTH_ANOTHER_TRY)


def _bare_proxy(url: str) -> str | None:
    """Return the proxy that the environment names without a scheme (`proxy:3128`) for an address, else None.

    curl and others take this for http, and aiohttp refuses it; a proxy with a scheme is aiohttp's business.
    """
    parts = urlsplit(url)
    named = getproxies().get(parts.scheme, "")
    if not named or "://" in named or proxy_bypass(parts.hostname or ""):
        return None
    return f"http://{named}"


def _explained(error: Exception) -> NotifyError:
    """Return why there was no answer, in words that do not hold the address."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return NotifyError("its certificate cannot be trusted, so nothing was sent.", again=False)
    if isinstance(error, aiohttp.ClientSSLError):
        return NotifyError("no encrypted connection to it could be agreed on.", again=False)
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return NotifyError("its address cannot be used; check it in the settings.", again=False)
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, socket.gaierror):
        return NotifyError("the name in its address is not known here.")
    if is_refused(cause):
        return NotifyError("nothing listens there (connection refused).")
    if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, aiohttp.ClientError):
        return NotifyError(f"the connection failed: {cause.strerror}.")
    return NotifyError("the connection failed.")


def _refusal(status: int) -> str:
    try:
        phrase = f" {http.HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    hint = ""
    if 300 <= status < 400:
        hint = " It redirects, which is not followed: give the address that it leads to."
    elif status in (401, 403, 404, 410):
        hint = " The address may be wrong or not valid any more."
    return f"it answered {status}{phrase}.{hint}"
