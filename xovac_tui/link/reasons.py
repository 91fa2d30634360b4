"""Why a connection was not made: one sentence, and whether another transport may do better."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import aiohttp
import msgspec
import socketio

from xovac_tui.errors import LinkError
from xovac_tui.link import clues, explain
from xovac_tui.link.client import OLD, REFUSED, SENT_AWAY, Client
from xovac_tui.link.engine import log
from xovac_tui.link.handshake import Handshake, NoAnswer, ask
from xovac_tui.link.session import Redirected, open_session
from xovac_tui.link.target import Address, Target
from xovac_tui.text import clean


class TransportError(LinkError):
    """One transport did not work, and another one may."""


class Untrusted(LinkError):  # noqa: N818 - it says what the server is
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
        raise LinkError(explain.refused(target, address, client.refusal))
    if client.ended_by == OLD:
        raise LinkError(explain.old_protocol(address))
    if client.ended_by == SENT_AWAY:
        raise LinkError(sent_away(address))
    if isinstance(seen.error, Redirected):
        raise LinkError(str(seen.error))
    if seen.connected and isinstance(seen.error, TimeoutError):
        raise TransportError(await no_server(target, address, Handshake(no_answer=NoAnswer.SILENT)))
    if seen.error is not None and not isinstance(seen.error, asyncio.CancelledError):
        answer = Handshake(no_answer=NoAnswer.FAILED)
        if explain.is_hung_up(seen.error):
            # Some servers treat a WebSocket on the wrong path like this, but answer a plain request.
            answer = await ask(session, address, min(2.0, target.connect_timeout))
            if answer.status:
                raise await _unfit(target, address, answer, None, by)
            seen.error = aiohttp.ServerDisconnectedError()
        sentence = await explain.explain_network(seen.error, address)
        if explain.is_untrusted(seen.error):
            raise Untrusted(sentence)
        reached = not isinstance(seen.error, aiohttp.ClientConnectorError)
        kind = TransportError if reached and by == "polling" else LinkError
        raise kind(await no_server(target, address, answer, sentence, reached=reached))
    if seen.status is None and error is None and not client.ended.is_set():
        if seen.connected:
            raise TransportError(await no_server(target, address, Handshake(no_answer=NoAnswer.SILENT)))
        raise LinkError(explain.no_answer(address))
    if client.eio.sid or client.ended.is_set():
        if await clues.speaks_msgpack(session, address, target.namespace):
            raise LinkError(explain.other_parser(address))
        stage = f"consent to namespace {clean(target.namespace, 80)}"
        if client.ended.is_set():
            raise LinkError(
                f"{address.origin} ended the connection before its {stage}. It may be restarting, or may "
                "want other credentials; trying again."
            )
        raise LinkError(explain.silent(address, stage, target.connect_timeout))
    status = seen.status if seen.status not in (None, 101, 200) else None
    answer = await ask(session, address, min(2.0, target.connect_timeout))
    raise await _unfit(target, address, answer, status, by)


async def _unfit(
    target: Target, address: Address, answer: Handshake, status: int | None, by: str
) -> LinkError:
    """Return the reason for a transport that was not taken, by the answer to a plain question."""
    # Where plain requests are refused a WebSocket may still pass.
    kind = TransportError if answer.serves or (by == "polling" and not answer.old) else LinkError
    sentence = explain.not_socketio(address, answer, status, target.transports, by)
    return kind(await no_server(target, address, answer, sentence))


async def no_server(
    target: Target, address: Address, answer: Handshake, sentence: str = "", *, reached: bool = True
) -> str:
    """Return the sentence for an answer that makes no connection, with what else is found out about it.

    Without a `sentence` it is the one that the answer itself gives. `reached`: something took the connection.
    """
    if not reached:
        return sentence + await _elsewhere(target, address) if clues.is_loopback(address) else sentence
    if await explain.wants_certificate(address, answer):
        return explain.client_certificate(address)
    if await clues.wants_tls(address, answer):
        return explain.encrypted(address)
    if not sentence:
        match answer.no_answer:
            case NoAnswer.SILENT:
                sentence = explain.silent(address, "answer", target.connect_timeout)
            case NoAnswer.NO_HTTP:
                sentence = explain.no_http(address)
            case _:
                sentence = explain.not_socketio(address, answer, None, target.transports)
    return sentence if answer.serves else sentence + await _elsewhere(target, address)


async def _elsewhere(target: Target, address: Address) -> str:
    anonymous = msgspec.structs.replace(target, auth=None, headers={}, query={})
    with suppress(TimeoutError):
        limit = min(1.0, target.connect_timeout)
        async with asyncio.timeout(limit), open_session(anonymous, address) as session:
            clue = await clues.elsewhere(session, address)
            return f" {clue}" if clue else ""
    return ""


def sent_away(address: Address) -> str:
    """Return the sentence for a server that has ended the connection for us."""
    return (
        f"The server at {address.origin} has sent this console away. It may be restarting, or let only some "
        "clients in; trying again."
    )
