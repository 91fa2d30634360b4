"""Why a connection was not made, and whether another transport may do better."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import aiohttp
import msgspec

from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.errors import LinkError
from xovac_tui.link import clues, explain
from xovac_tui.link.client import OLD, REFUSED, SENT_AWAY, Client
from xovac_tui.link.engine import log
from xovac_tui.link.handshake import Handshake, NoAnswer, ask
from xovac_tui.link.library import socketio
from xovac_tui.link.session import Redirected, open_session
from xovac_tui.link.target import Address, Target
from xovac_tui.link.wording import elsewhere, worded
from xovac_tui.text import clean

_SILENT = Handshake(no_answer=NoAnswer.SILENT)


class TransportError(LinkError):
    """One transport did not work, and another one may."""


class UntrustedCertificateError(LinkError):
    """The server's certificate is not trusted: only a person can settle that."""


async def raise_reason(
    client: Client,
    target: Target,
    address: Address,
    seen: SimpleNamespace,
    session: aiohttp.ClientSession,
    error: BaseException | None,
) -> None:
    """Raise the reason why a connection was not made, with what is found out about it."""
    by = (client.eio.transports or target.transports)[0]
    if error is not None and not isinstance(error, socketio.exceptions.ConnectionError):
        log.debug("connecting failed: %s", target.hidden(repr(error)))
    if client.ended_by == REFUSED:
        raise explain.refused(target, address, client.refusal).error()
    if client.ended_by == OLD:
        raise worded(LinkCode.OLD_PROTOCOL, address).error()
    if client.ended_by == SENT_AWAY:
        raise worded(LinkCode.SENT_AWAY, address).error()
    if isinstance(seen.error, Redirected):
        raise seen.error.reason.error()
    if seen.connected and isinstance(seen.error, TimeoutError):
        raise (await no_server(target, address, _SILENT)).error(TransportError)
    if seen.error is not None and not isinstance(seen.error, asyncio.CancelledError):
        answer = Handshake(no_answer=NoAnswer.FAILED)
        if explain.is_closed_without_answer(seen.error):
            # Some servers treat a WebSocket on the wrong path like this, but answer a plain request.
            answer = await ask(session, address, min(2.0, target.connect_timeout))
            if answer.status:
                raise await _unfit(target, address, answer, None, by)
            seen.error = aiohttp.ServerDisconnectedError()
        reason = await explain.explain_network(seen.error, address)
        if explain.is_untrusted(seen.error):
            raise reason.error(UntrustedCertificateError)
        reached = not isinstance(seen.error, aiohttp.ClientConnectorError)
        kind = TransportError if reached and by == "polling" else LinkError
        raise (await no_server(target, address, answer, reason, reached=reached)).error(kind)
    if seen.status is None and error is None and not client.ended.is_set():
        if seen.connected:
            raise (await no_server(target, address, _SILENT)).error(TransportError)
        raise worded(LinkCode.NO_ANSWER, address).error()
    if client.eio.sid or client.ended.is_set():
        if await clues.speaks_msgpack(session, address, target.namespace):
            raise worded(LinkCode.OTHER_PARSER, address).error()
        stage = f"consent to namespace {clean(target.namespace, 80)}"
        if client.ended.is_set():
            raise worded(LinkCode.ENDED_EARLY, address, stage=stage).error()
        raise explain.silent(address, stage, target.connect_timeout).error()
    status = seen.status if seen.status not in (None, 101, 200) else None
    answer = await ask(session, address, min(2.0, target.connect_timeout))
    raise await _unfit(target, address, answer, status, by)


async def _unfit(
    target: Target, address: Address, answer: Handshake, status: int | None, by: str
) -> LinkError:
    """Return the reason for a transport that was not taken, by the answer to a plain question."""
    # Where plain requests are refused a WebSocket may still pass.
    kind = TransportError if answer.serves or (by == "polling" and not answer.old) else LinkError
    reason = explain.not_socketio(address, answer, status, target.transports, by)
    return (await no_server(target, address, answer, reason)).error(kind)


async def no_server(
    target: Target,
    address: Address,
    answer: Handshake,
    reason: LinkReason | None = None,
    *,
    reached: bool = True,
) -> LinkReason:
    """Return the reason for an answer that makes no connection, with what else is found out about it.

    Without a `reason` it is the one that the answer itself gives. `reached`: something took the connection.
    """
    if reason is not None and not reached:
        return await _elsewhere(target, address, reason) if clues.is_loopback(address) else reason
    if await explain.wants_certificate(address, answer):
        return worded(LinkCode.CLIENT_CERTIFICATE, address)
    if await clues.wants_tls(address, answer):
        return worded(LinkCode.TLS_EXPECTED, address)
    if reason is None:
        match answer.no_answer:
            case NoAnswer.SILENT:
                reason = explain.silent(address, "answer", target.connect_timeout)
            case NoAnswer.NO_HTTP:
                reason = worded(LinkCode.NOT_HTTP, address, explain.tls_variant(address))
            case _:
                reason = explain.not_socketio(address, answer, None, target.transports)
    return reason if answer.serves else await _elsewhere(target, address, reason)


async def _elsewhere(target: Target, address: Address, reason: LinkReason) -> LinkReason:
    """Return a reason, and where a socket.io server is instead."""
    anonymous = msgspec.structs.replace(target, auth=None, headers={}, query={})
    with suppress(TimeoutError):
        limit = min(1.0, target.connect_timeout)
        async with asyncio.timeout(limit), open_session(anonymous, address) as session:
            clue = elsewhere(address, await clues.elsewhere(session, address))
            return LinkReason(reason.code, reason.sentence + clue)
    return reason
