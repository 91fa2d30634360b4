"""From what went wrong to a sentence: what happened, to what, and what to do next."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from xovac_tui.durations import format_whole
from xovac_tui.link.certificate import Certificate, asks_client, presented
from xovac_tui.link.handshake import Handshake, NoAnswer
from xovac_tui.link.target import Address, Target, show_fingerprint
from xovac_tui.text import clean

# OpenSSL's X509_V_ERR_* numbers.
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_ISSUER = {18, 19, 20, 21}
_WRONG_NAME = {62, 64}
_LOOK = 2.0
# Of Engine.IO: https://github.com/socketio/socket.io/blob/main/packages/engine.io/lib/server.ts
_TRANSPORT_UNKNOWN, _FORBIDDEN = 0, 4


async def explain_network(error: BaseException, address: Address) -> str:
    """Return the sentence for a failure of the name, the network, TLS or HTTP."""
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        return wrong_fingerprint(error.got, error.expected, address)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        certificate = await presented(address.host, address.port, _LOOK)
        return refused_certificate(error.certificate_error, certificate, address)
    cause: BaseException = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if address.tls and (is_hung_up(error) or isinstance(cause, ConnectionResetError | ssl.SSLError)):
        if await asks_client(address.host, address.port, _LOOK):
            return client_certificate(address)
        if isinstance(cause, ssl.SSLError):
            return no_tls(cause, address)
    if isinstance(cause, socket.gaierror):
        return no_name(address)
    if isinstance(error, TimeoutError) or isinstance(cause, TimeoutError):
        return no_answer(address)
    if is_hung_up(error):
        return hung_up(address)
    if isinstance(cause, OSError):
        return no_connection(cause, address)
    if isinstance(error, aiohttp.ClientResponseError):
        return no_http(address)
    return f"The connection to {address.origin} failed: {clean(str(error), 200) or type(error).__name__}."


def no_name(address: Address) -> str:
    """Return the sentence for a host name that does not resolve."""
    return (
        f"The name {clean(address.host, 100)} is not known here. Check the url's spelling and this machine's "
        "name service, or use the address in numbers."
    )


def no_connection(why: OSError, address: Address) -> str:
    """Return the sentence for a TCP connection that could not be made."""
    where = f"{clean(address.host, 100)} port {address.port}"
    text = str(why).lower()
    if why.errno == errno.ECONNREFUSED or "refused" in text or "connect call failed" in text:
        return (
            f"Nothing listens on {where} (connection refused). Check that the chamber's server is running, "
            "and the port in the url; through ssh -L, that the tunnel is up."
        )
    if why.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN):
        return f"There is no way to {where} from here. Check the network, the VPN and the address in the url."
    reason = clean(why.strerror or str(why), 120) or type(why).__name__
    return f"The connection to {where} failed: {reason}. Check the network and the url."


def no_answer(address: Address) -> str:
    """Return the sentence for a connection that was not even made in time."""
    return (
        f"{clean(address.host, 100)} port {address.port} did not answer in time. The machine may be off or "
        "hung, or a firewall swallows the connection; connect_timeout in the profile sets how long is waited."
    )


def hung_up(address: Address) -> str:
    """Return the sentence for a server that closed without an answer."""
    hint = (
        "Check the server."
        if address.tls
        else "If the server is encrypted, the url must begin with https://; else check the server."
    )
    return f"{address.origin} took the connection and closed it without an answer. {hint}"


def no_http(address: Address) -> str:
    """Return the sentence for an answer that is not HTTP."""
    hint = "" if address.tls else " If the server is encrypted, the url must begin with https://."
    return f"{address.origin} answered with something that is not HTTP. Check the port in the url.{hint}"


def no_tls(why: BaseException, address: Address) -> str:
    """Return the sentence for a TLS handshake that failed before any certificate was judged."""
    text = clean(getattr(why, "reason", None) or str(why), 120)
    if any(
        word in text for word in ("WRONG_VERSION_NUMBER", "RECORD_LAYER", "UNEXPECTED_EOF", "HTTP_REQUEST")
    ):
        return (
            f"{address.origin} is not encrypted, or not with TLS. If the server has no certificate, write "
            "http:// in the url."
        )
    return (
        f"No encrypted connection to {address.origin} could be agreed on ({text}). The server's TLS may be "
        "too old or want a client certificate; ask its administrator."
    )


async def wants_certificate(address: Address, answer: Handshake) -> bool:
    """Return whether the server gave no answer of ours because it wants a certificate of the client."""
    if answer.status or answer.no_answer in (NoAnswer.SILENT, NoAnswer.NO_HTTP) or not address.tls:
        return answer.wants_certificate
    return await asks_client(address.host, address.port, _LOOK)


def client_certificate(address: Address) -> str:
    """Return the sentence for a server that wants a certificate of the client (mutual TLS)."""
    return (
        f"{address.origin} wants a certificate of the client (mutual TLS), which this program cannot "
        "present. Reach it through something that can, such as ssh -L or stunnel, or ask who runs it for "
        "another way in."
    )


def encrypted(address: Address) -> str:
    """Return the sentence for a server that speaks TLS where plain HTTP was tried."""
    return (
        f"{address.origin} is encrypted (TLS), but the url begins with http://. Write "
        f"https://{address.netloc} in the url."
    )


def other_parser(address: Address) -> str:
    """Return the sentence for a server that packs its packets in another way than the usual one."""
    return (
        f"{address.origin} is a socket.io server with the msgpack parser; this program speaks only the usual "
        "one. Ask for a server, or a port of it, with the default parser (JSON)."
    )


def wrong_fingerprint(got: bytes, expected: bytes, address: Address) -> str:
    """Return the sentence for a certificate that is not the pinned one."""
    return (
        f"WARNING: the certificate of {address.origin} is NOT the pinned one. Pinned: "
        f"{show_fingerprint(expected)}. Presented: {show_fingerprint(got)}. Another machine may be between "
        "here and the chamber; nothing was sent. Only if you know that the certificate was renewed, put the "
        "new fingerprint into the profile."
    )


def refused_certificate(why: BaseException, certificate: Certificate | None, address: Address) -> str:
    """Return the sentence for a certificate that the usual verification refused."""
    code = getattr(why, "verify_code", None)
    reason = clean(getattr(why, "verify_message", "") or str(why), 200)
    host = clean(address.host, 100)
    if code == _EXPIRED:
        when = f" on {certificate.valid_until:%Y-%m-%d}" if certificate and certificate.valid_until else ""
        what, todo = f"has expired{when}", "Have it renewed, or check this machine's clock"
    elif code == _NOT_YET_VALID:
        when = f" (from {certificate.valid_from:%Y-%m-%d})" if certificate and certificate.valid_from else ""
        what, todo = f"is not valid yet{when}", "Check this machine's clock"
    elif code in _WRONG_NAME or (code is None and "match" in reason):
        what, todo = f"is not made out to {host}", "Use the name that the certificate carries in the url"
    elif code in _UNKNOWN_ISSUER:
        what = "is self-signed, or signed by an authority that is not known here"
        todo = 'Set ca_file = "…" in the profile to the PEM file of its authority'
    else:
        what, todo = f"was refused ({reason})", "Ask the server's administrator"
    text = f"The certificate of {address.origin} {what}; nothing was sent."
    if certificate is None:
        return f"{text} {todo}."
    digest = show_fingerprint(certificate.digest)
    return (
        f"{text} Its SHA-256 fingerprint is {digest}. {todo}; or, if the server's administrator confirms "
        f'these digits, trust this one certificate with fingerprint = "{digest}" in the profile.'
    )


def no_transport(failed: Mapping[str, str]) -> str:
    """Return the sentence for transports that all failed, each with its own sentence."""
    sentences = dict.fromkeys(failed.values())
    if len(sentences) == 1:
        return next(iter(sentences))
    return " ".join(f"By {name}: {sentence}" for name, sentence in failed.items())


def not_socketio(
    address: Address,
    answer: Handshake,
    status: int | None,
    transports: Sequence[str] = (),
    by: str = "websocket",
) -> str:
    """Return the sentence for a server that did not take the transport, and what it said over plain HTTP."""
    path = address.path.rstrip("/")
    if answer.old:
        return old_protocol(address)
    code = f" (HTTP status {status})" if status else ""
    if answer.version == 4:
        if by == "polling":
            return (
                f"{address.origin} is a socket.io server, but the long poll gave no session{code}. A proxy "
                "may be in the way; trying again."
            )
        return (
            f"{address.origin} is a socket.io server, but refused the WebSocket{code}. A proxy may be in the "
            "way, or it offers only polling"
            + ("." if "polling" in transports else ': set transports = ["polling"] in the profile.')
        )
    if answer.refusal:
        number = "" if answer.code is None else f"Engine.IO error {answer.code}, "
        quoted = f"({number}{answer.refusal!r})"
        if answer.code == _TRANSPORT_UNKNOWN:
            also = "" if by == "polling" else f"refused the WebSocket{code} and "
            return (
                f"{address.origin} is a socket.io server, but {also}does not offer long polling {quoted}. "
                + ("Ask its administrator what it offers." if also else "Set transports to what it offers.")
            )
        if answer.code == _FORBIDDEN:
            return (
                f"{address.origin} is a socket.io server, but does not let this machine in {quoted}. Put "
                "what it wants to know into auth_file of the profile (auth, query in [auth], or headers)."
            )
        return (
            f"{address.origin} is a socket.io server, but refused the connection {quoted}. Ask its "
            "administrator; a proxy between here and it may have changed the request."
        )
    found = answer.status or status
    if not found:
        return (
            f"{address.origin} took the connection but gave no answer of a socket.io server. Check the port "
            "in the url."
        )
    name = f", {answer.server}" if answer.server else ""
    if 300 <= found < 400:
        return (
            f"{address.origin} redirects to another address (HTTP status {found}{name}). That is not "
            "followed: a command must go where the profile says. Put the final address into its url."
        )
    if found in (401, 403, 407):
        return (
            f"{address.origin} wants to know who asks (HTTP status {found}{name}). Put what it wants into "
            "auth_file of the profile (auth, query in [auth], or headers)."
        )
    if found in (502, 503, 504):
        return (
            f"A proxy answers at {address.origin}, but the server behind it does not (HTTP status "
            f"{found}{name}). Check that the chamber's server is running."
        )
    if found == 429:
        return (
            f"{address.origin} takes no more requests for now (HTTP status 429{name}). Connect less often, "
            "or ask its administrator."
        )
    if found >= 500:
        return (
            f"{address.origin} failed at the request for {path} (HTTP status {found}{name}), so whether a "
            "socket.io server is there is not known. Its own log says why."
        )
    return (
        f"{address.origin} answers, but there is no socket.io server at {path} (HTTP status {found}{name}). "
        "Check the port in the url, and path in the profile."
    )


def old_protocol(address: Address) -> str:
    """Return the sentence for a server of the protocol before ours."""
    return (
        f"{address.origin} is a socket.io 2 server (Engine.IO 3); this program speaks Engine.IO 4, that is "
        "socket.io 3 and later. Ask for an update of the server, or for the port of a newer one."
    )


def redirected(address: Address, where: str) -> str:
    """Return the sentence for a redirect, which is never followed."""
    return (
        f"{address.origin} redirects to {clean(where, 120)}. That is not followed, because a command must "
        "only reach the chamber that was named. Put the right address into the url."
    )


def refused(target: Target, address: Address, data: tuple[Any, ...]) -> str:
    """Return the sentence for a server that refused the namespace."""
    first = data[0] if data else ""
    message = first.get("message", first) if isinstance(first, dict) else first
    said = clean(message if isinstance(message, str) else repr(message), 160)
    namespace = clean(target.namespace, 80)
    if said in ("Invalid namespace", "Unable to connect", "Not connected"):
        return (
            f'{address.origin} has no namespace {namespace} (it said "{said}"). Correct namespace in the '
            'profile; usual is "/".'
        )
    given = target.auth is not None or target.headers or target.query
    what = "with what auth_file holds" if given else "without credentials"
    quoted = f': "{said}"' if said else ""
    return (
        f"{address.origin} refused the connection to namespace {namespace} {what}{quoted}. Check auth and "
        "headers in auth_file of the profile."
    )


def silent(address: Address, stage: str, seconds: float) -> str:
    """Return the sentence for a server that took the connection and then did not go on in time."""
    return (
        f"{address.origin} took the connection but sent no {stage} within {format_whole(seconds)}. "
        f"The server may be hung, or there is no socket.io server at {address.path.rstrip('/')}; "
        "connect_timeout in the profile sets how long is waited."
    )


def is_hung_up(error: BaseException | None) -> bool:
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
