"""From what went wrong to its code, with the data that its sentence needs."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.durations import format_whole
from xovac_tui.errors import is_refused
from xovac_tui.link.certificate import Certificate, asks_client, presented
from xovac_tui.link.handshake import FORBIDDEN, UNKNOWN_TRANSPORT, Handshake, NoAnswer
from xovac_tui.link.target import Address, Target, show_fingerprint
from xovac_tui.link.wording import certificate_reason, worded
from xovac_tui.text import clean

_NOT_TLS = frozenset(
    ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING", "HTTP_REQUEST")
)
"""OpenSSL's mnemonics for an answer that is not TLS."""
_VERIFICATION = {
    9: LinkCode.CERTIFICATE_NOT_YET_VALID,
    10: LinkCode.CERTIFICATE_EXPIRED,
    **dict.fromkeys((18, 19, 20, 21), LinkCode.CERTIFICATE_UNTRUSTED),
    **dict.fromkeys((62, 64), LinkCode.CERTIFICATE_OTHER_NAME),
}
"""OpenSSL's X509_V_ERR_* numbers."""
_LOOK = 2.0


async def explain_network(error: BaseException, address: Address) -> LinkReason:
    """Return the reason for a failure of the name, the network, TLS or HTTP."""
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        pinned, presented_ = show_fingerprint(error.expected), show_fingerprint(error.got)
        return worded(LinkCode.OTHER_FINGERPRINT, address, pinned=pinned, presented=presented_)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        certificate = await presented(address, _LOOK)
        return refused_certificate(error.certificate_error, certificate, address)
    cause: BaseException = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if address.tls and (
        is_closed_without_answer(error) or isinstance(cause, ConnectionResetError | ssl.SSLError)
    ):
        if await asks_client(address, _LOOK):
            return worded(LinkCode.CLIENT_CERTIFICATE, address)
        if isinstance(cause, ssl.SSLError):
            return no_tls(cause, address)
    if isinstance(cause, socket.gaierror):
        return worded(LinkCode.UNKNOWN_HOST, address)
    if isinstance(error, TimeoutError) or isinstance(cause, TimeoutError):
        return worded(LinkCode.NO_ANSWER, address)
    if is_closed_without_answer(error):
        return worded(LinkCode.HUNG_UP, address, tls_variant(address))
    if isinstance(cause, OSError):
        return no_connection(cause, address)
    if isinstance(error, aiohttp.ClientResponseError):
        return worded(LinkCode.NOT_HTTP, address, tls_variant(address))
    why = clean(str(error), 200) or type(error).__name__
    return worded(LinkCode.NOT_CONNECTED, address, "otherwise", why=why)


def no_connection(why: OSError, address: Address) -> LinkReason:
    """Return the reason for a TCP connection that could not be made."""
    if is_refused(why):
        return worded(LinkCode.NOTHING_LISTENS, address)
    if why.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN):
        return worded(LinkCode.NO_ROUTE, address)
    said = clean(why.strerror or str(why), 120) or type(why).__name__
    return worded(LinkCode.NOT_CONNECTED, address, why=said)


def no_tls(why: BaseException, address: Address) -> LinkReason:
    """Return the reason for a TLS handshake that failed before any certificate was judged."""
    mnemonic = getattr(why, "reason", None)
    if mnemonic in _NOT_TLS:
        return worded(LinkCode.NOT_TLS, address)
    return worded(LinkCode.TLS_FAILED, address, why=clean(mnemonic or str(why), 120))


async def wants_certificate(address: Address, answer: Handshake) -> bool:
    """Return whether the server gave no answer of ours because it wants a certificate of the client."""
    if answer.status or answer.no_answer in (NoAnswer.SILENT, NoAnswer.NO_HTTP) or not address.tls:
        return answer.wants_certificate
    return await asks_client(address, _LOOK)


def refused_certificate(why: Exception, certificate: Certificate | None, address: Address) -> LinkReason:
    """Return the reason for a certificate that the usual verification refused."""
    code, day = _VERIFICATION.get(getattr(why, "verify_code", 0), LinkCode.CERTIFICATE_REFUSED), ""
    if certificate is not None and code is LinkCode.CERTIFICATE_EXPIRED and certificate.valid_until:
        day = f" on {certificate.valid_until:%Y-%m-%d}"
    if certificate is not None and code is LinkCode.CERTIFICATE_NOT_YET_VALID and certificate.valid_from:
        day = f" (from {certificate.valid_from:%Y-%m-%d})"
    digest = "" if certificate is None else show_fingerprint(certificate.digest)
    said = clean(getattr(why, "verify_message", "") or str(why), 200)
    return certificate_reason(code, address, digest, day=day, why=said)


def no_transport(failed: Mapping[str, LinkReason]) -> LinkReason:
    """Return the reason for transports that all failed, each with its own."""
    if len(reasons := set(failed.values())) == 1:
        return reasons.pop()
    said = " ".join(f"By {name}: {one.sentence}" for name, one in failed.items())
    return LinkReason(LinkCode.SEVERAL, said)


def not_socketio(
    address: Address,
    answer: Handshake,
    status: int | None,
    transports: Sequence[str] = (),
    by: str = "websocket",
) -> LinkReason:
    """Return the reason for a server that did not take the transport, and what it said over plain HTTP."""
    if answer.old:
        return worded(LinkCode.OLD_PROTOCOL, address)
    refused = f" (HTTP status {status})" if status else ""
    if answer.version == 4:
        if by == "polling":
            return worded(LinkCode.NO_POLL_SESSION, address, status=refused)
        variant = "polling" if "polling" in transports else ""
        return worded(LinkCode.NO_WEBSOCKET, address, variant, status=refused)
    if answer.refusal:
        number = "" if answer.code is None else f"Engine.IO error {answer.code}, "
        said = f"{number}{answer.refusal!r}"
        if answer.code == UNKNOWN_TRANSPORT:
            variant = "polling" if by == "polling" else ""
            return worded(LinkCode.NO_POLLING, address, variant, said=said, status=refused)
        code = LinkCode.FORBIDDEN if answer.code == FORBIDDEN else LinkCode.HANDSHAKE_REFUSED
        return worded(code, address, said=said)
    found = answer.status or status
    if not found:
        return worded(LinkCode.NOT_SOCKETIO, address, "silent")
    code, variant = LinkCode.NOT_SOCKETIO, ""
    if 300 <= found < 400:
        code, variant = LinkCode.REDIRECTED, "status"
    elif found in (401, 403, 407):
        code = LinkCode.UNAUTHORIZED
    elif found in (502, 503, 504):
        code = LinkCode.BAD_GATEWAY
    elif found == 429:
        code = LinkCode.TOO_MANY_REQUESTS
    elif found >= 500:
        code = LinkCode.SERVER_ERROR
    name = f", {answer.server}" if answer.server else ""
    return worded(code, address, variant, status=f"{found}{name}")


def refused(target: Target, address: Address, data: tuple[Any, ...]) -> LinkReason:
    """Return the reason for a server that refused the namespace."""
    first = data[0] if data else ""
    message = first.get("message", first) if isinstance(first, dict) else first
    said = clean(message if isinstance(message, str) else repr(message), 160)
    namespace = clean(target.namespace, 80)
    if _is_no_namespace(said):
        return worded(LinkCode.NO_NAMESPACE, address, namespace=namespace, said=said)
    variant = "" if target.auth is not None or target.headers or target.query else "anonymous"
    quoted = f': "{said}"' if said else ""
    return worded(LinkCode.NAMESPACE_REFUSED, address, variant, namespace=namespace, said=quoted)


def _is_no_namespace(said: str) -> bool:
    """Return whether a server's refusal means that it does not have the namespace.

    A refusal carries no code: socket.io 3 and 4 (Node) send "Invalid namespace", python-socketio 5 sends
    "Unable to connect", and older servers "Not connected".
    """
    return said in ("Invalid namespace", "Unable to connect", "Not connected")


def silent(address: Address, stage: str, seconds: float) -> LinkReason:
    """Return the reason for a server that took the connection and then did not go on in time."""
    return worded(LinkCode.SILENT, address, stage=stage, time=format_whole(seconds))


def tls_variant(address: Address) -> str:
    """Return the variant of a sentence that hints at https:// where the address has it not."""
    return "tls" if address.tls else ""


def is_closed_without_answer(error: BaseException | None) -> bool:
    """Return whether the server took the connection and closed it without an answer."""
    closed = isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    return closed and not isinstance(error, aiohttp.ClientConnectorError | TimeoutError)


def is_untrusted(error: BaseException | None) -> bool:
    """Return whether a failure is about trust, which only a person can settle."""
    untrusted = (
        aiohttp.ServerFingerprintMismatch,
        aiohttp.ClientConnectorCertificateError,
        ssl.SSLCertVerificationError,
    )
    return isinstance(error, untrusted)
