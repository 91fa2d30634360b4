"""From what went wrong to its code and sentence: what happened, to what, and what to do next."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from xovac_tui.api.link import LinkCode, LinkReason, LinkWord
from xovac_tui.durations import format_whole
from xovac_tui.errors import is_refused
from xovac_tui.link.certificate import Certificate, asks_client, presented
from xovac_tui.link.handshake import FORBIDDEN, UNKNOWN_TRANSPORT, Handshake, NoAnswer
from xovac_tui.link.target import Address, Target, show_fingerprint
from xovac_tui.text import clean

_NOT_TLS = frozenset(
    ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING", "HTTP_REQUEST")
)
"""OpenSSL's mnemonics for an answer that is not TLS."""
_LOOK = 2.0


NOT_YET = LinkReason(LinkCode.NOT_YET, "Not connected yet.")
CLOSED_HERE = LinkReason(
    LinkCode.CLOSED_HERE, "Disconnected at the operator's wish. Connect again with reconnect."
)
RECONNECTING = LinkReason(LinkCode.RECONNECTING, "Reconnecting on request.")
ENDED_HERE = LinkReason(LinkCode.ENDED_HERE, "Disconnected: this program has ended the connection.")


def defect(what: str) -> LinkReason:
    """Return the reason for a failure that nothing here expects."""
    return LinkReason(
        LinkCode.DEFECT, f"Connecting failed unexpectedly ({what}); the log file has details. Trying again."
    )


def not_online(event: str, word: LinkWord) -> LinkReason:
    """Return why an event was not sent: the link is not ONLINE."""
    return LinkReason(
        LinkCode.OFFLINE,
        f"{clean(event, 60)} was not sent: the link is {word}. Wait until it is ONLINE and ask again; "
        "nothing is kept for later.",
    )


def reserved_event(event: str) -> LinkReason:
    """Return why an event was not sent: its name is one of socket.io's own."""
    return LinkReason(
        LinkCode.RESERVED_EVENT,
        f'"{event}" was not sent: socket.io keeps this name for itself. Use another event.',
    )


def not_handed_over(event: str, error: Exception) -> LinkReason:
    """Return why an event was not sent: the library could not take it."""
    why = clean(str(error), 160) or type(error).__name__
    return LinkReason(LinkCode.NOT_HANDED_OVER, f"{clean(event, 60)} was not sent: {why}.")


async def explain_network(error: BaseException, address: Address) -> LinkReason:
    """Return the reason for a failure of the name, the network, TLS or HTTP."""
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
    return LinkReason(
        LinkCode.NOT_CONNECTED,
        f"The connection to {address.origin} failed: {clean(str(error), 200) or type(error).__name__}.",
    )


def no_name(address: Address) -> LinkReason:
    """Return the reason for a host name that does not resolve."""
    return LinkReason(
        LinkCode.UNKNOWN_HOST,
        f"The name {clean(address.host, 100)} is not known here. Check the url's spelling and this machine's "
        "name service, or use the address in numbers.",
    )


def no_connection(why: OSError, address: Address) -> LinkReason:
    """Return the reason for a TCP connection that could not be made."""
    where = f"{clean(address.host, 100)} port {address.port}"
    if is_refused(why):
        return LinkReason(
            LinkCode.NOTHING_LISTENS,
            f"Nothing listens on {where} (connection refused). Check that the chamber's server is running, "
            "and the port in the url; through ssh -L, that the tunnel is up.",
        )
    if why.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN):
        return LinkReason(
            LinkCode.NO_ROUTE,
            f"There is no way to {where} from here. Check the network, the VPN and the address in the url.",
        )
    reason = clean(why.strerror or str(why), 120) or type(why).__name__
    return LinkReason(
        LinkCode.NOT_CONNECTED, f"The connection to {where} failed: {reason}. Check the network and the url."
    )


def no_answer(address: Address) -> LinkReason:
    """Return the reason for a connection that was not even made in time."""
    return LinkReason(
        LinkCode.NO_ANSWER,
        f"{clean(address.host, 100)} port {address.port} did not answer in time. The machine may be off or "
        "hung, or a firewall swallows the connection; connect_timeout in the profile sets how long is "
        "waited.",
    )


def hung_up(address: Address) -> LinkReason:
    """Return the reason for a server that closed without an answer."""
    hint = (
        "Check the server."
        if address.tls
        else "If the server is encrypted, the url must begin with https://; else check the server."
    )
    return LinkReason(
        LinkCode.HUNG_UP, f"{address.origin} took the connection and closed it without an answer. {hint}"
    )


def no_http(address: Address) -> LinkReason:
    """Return the reason for an answer that is not HTTP."""
    hint = "" if address.tls else " If the server is encrypted, the url must begin with https://."
    return LinkReason(
        LinkCode.NOT_HTTP,
        f"{address.origin} answered with something that is not HTTP. Check the port in the url.{hint}",
    )


def no_tls(why: BaseException, address: Address) -> LinkReason:
    """Return the reason for a TLS handshake that failed before any certificate was judged."""
    mnemonic = getattr(why, "reason", None)
    if mnemonic in _NOT_TLS:
        return LinkReason(
            LinkCode.NOT_TLS,
            f"{address.origin} is not encrypted, or not with TLS. If the server has no certificate, write "
            "http:// in the url.",
        )
    return LinkReason(
        LinkCode.TLS_FAILED,
        f"No encrypted connection to {address.origin} could be agreed on "
        f"({clean(mnemonic or str(why), 120)}). The server's TLS may be too old or want a client "
        "certificate; ask its administrator.",
    )


async def wants_certificate(address: Address, answer: Handshake) -> bool:
    """Return whether the server gave no answer of ours because it wants a certificate of the client."""
    if answer.status or answer.no_answer in (NoAnswer.SILENT, NoAnswer.NO_HTTP) or not address.tls:
        return answer.wants_certificate
    return await asks_client(address.host, address.port, _LOOK)


def client_certificate(address: Address) -> LinkReason:
    """Return the reason for a server that wants a certificate of the client (mutual TLS)."""
    return LinkReason(
        LinkCode.CLIENT_CERTIFICATE,
        f"{address.origin} wants a certificate of the client (mutual TLS), which this program cannot "
        "present. Reach it through something that can, such as ssh -L or stunnel, or ask who runs it for "
        "another way in.",
    )


def encrypted(address: Address) -> LinkReason:
    """Return the reason for a server that speaks TLS where plain HTTP was tried."""
    return LinkReason(
        LinkCode.TLS_EXPECTED,
        f"{address.origin} is encrypted (TLS), but the url begins with http://. Write "
        f"https://{address.netloc} in the url.",
    )


def other_parser(address: Address) -> LinkReason:
    """Return the reason for a server that packs its packets in another way than the usual one."""
    return LinkReason(
        LinkCode.OTHER_PARSER,
        f"{address.origin} is a socket.io server with the msgpack parser; this program speaks only the usual "
        "one. Ask for a server, or a port of it, with the default parser (JSON).",
    )


def wrong_fingerprint(got: bytes, expected: bytes, address: Address) -> LinkReason:
    """Return the reason for a certificate that is not the pinned one."""
    return LinkReason(
        LinkCode.OTHER_FINGERPRINT,
        f"WARNING: the certificate of {address.origin} is NOT the pinned one. Pinned: "
        f"{show_fingerprint(expected)}. Presented: {show_fingerprint(got)}. Another machine may be between "
        "here and the chamber; nothing was sent. Only if you know that the certificate was renewed, put the "
        "new fingerprint into the profile.",
    )


def refused_certificate(why: Exception, certificate: Certificate | None, address: Address) -> LinkReason:
    """Return the reason for a certificate that the usual verification refused."""
    until, since = (None, None) if certificate is None else (certificate.valid_until, certificate.valid_from)
    # OpenSSL's X509_V_ERR_* numbers.
    match getattr(why, "verify_code", None):
        case 10:
            code, todo = LinkCode.CERTIFICATE_EXPIRED, "Have it renewed, or check this machine's clock"
            what = "has expired" + (f" on {until:%Y-%m-%d}" if until else "")
        case 9:
            code, todo = LinkCode.CERTIFICATE_NOT_YET_VALID, "Check this machine's clock"
            what = "is not valid yet" + (f" (from {since:%Y-%m-%d})" if since else "")
        case 62 | 64:
            code = LinkCode.CERTIFICATE_OTHER_NAME
            todo = "Use the name that the certificate carries in the url"
            what = f"is not made out to {clean(address.host, 100)}"
        case 18 | 19 | 20 | 21:
            code = LinkCode.CERTIFICATE_UNTRUSTED
            what = "is self-signed, or signed by an authority that is not known here"
            todo = 'Set ca_file = "…" in the profile to the PEM file of its authority'
        case _:
            code, todo = LinkCode.CERTIFICATE_REFUSED, "Ask the server's administrator"
            what = f"was refused ({clean(getattr(why, 'verify_message', '') or str(why), 200)})"
    text = f"The certificate of {address.origin} {what}; nothing was sent. "
    if certificate is None:
        return LinkReason(code, f"{text}{todo}.")
    digest = show_fingerprint(certificate.digest)
    return LinkReason(
        code,
        f"{text}Its SHA-256 fingerprint is {digest}. {todo}; or, if the server's administrator confirms "
        f'these digits, trust this one certificate with fingerprint = "{digest}" in the profile.',
    )


def no_transport(failed: Mapping[str, LinkReason]) -> LinkReason:
    """Return the reason for transports that all failed, each with its own."""
    if len(reasons := set(failed.values())) == 1:
        return reasons.pop()
    return LinkReason(
        LinkCode.SEVERAL, " ".join(f"By {name}: {reason.sentence}" for name, reason in failed.items())
    )


def not_socketio(
    address: Address,
    answer: Handshake,
    status: int | None,
    transports: Sequence[str] = (),
    by: str = "websocket",
) -> LinkReason:
    """Return the reason for a server that did not take the transport, and what it said over plain HTTP."""
    path = address.path.rstrip("/")
    if answer.old:
        return old_protocol(address)
    code = f" (HTTP status {status})" if status else ""
    if answer.version == 4:
        if by == "polling":
            return LinkReason(
                LinkCode.NO_POLL_SESSION,
                f"{address.origin} is a socket.io server, but the long poll gave no session{code}. A proxy "
                "may be in the way; trying again.",
            )
        return LinkReason(
            LinkCode.NO_WEBSOCKET,
            f"{address.origin} is a socket.io server, but refused the WebSocket{code}. A proxy may be in the "
            "way, or it offers only polling"
            + ("." if "polling" in transports else ': set transports = ["polling"] in the profile.'),
        )
    if answer.refusal:
        number = "" if answer.code is None else f"Engine.IO error {answer.code}, "
        quoted = f"({number}{answer.refusal!r})"
        if answer.code == UNKNOWN_TRANSPORT:
            also = "" if by == "polling" else f"refused the WebSocket{code} and "
            return LinkReason(
                LinkCode.NO_POLLING,
                f"{address.origin} is a socket.io server, but {also}does not offer long polling {quoted}. "
                + ("Ask its administrator what it offers." if also else "Set transports to what it offers."),
            )
        if answer.code == FORBIDDEN:
            return LinkReason(
                LinkCode.FORBIDDEN,
                f"{address.origin} is a socket.io server, but does not let this machine in {quoted}. Put "
                "what it wants to know into auth_file of the profile (auth, query in [auth], or headers).",
            )
        return LinkReason(
            LinkCode.HANDSHAKE_REFUSED,
            f"{address.origin} is a socket.io server, but refused the connection {quoted}. Ask its "
            "administrator; a proxy between here and it may have changed the request.",
        )
    found = answer.status or status
    if not found:
        return LinkReason(
            LinkCode.NOT_SOCKETIO,
            f"{address.origin} took the connection but gave no answer of a socket.io server. Check the port "
            "in the url.",
        )
    name = f", {answer.server}" if answer.server else ""
    if 300 <= found < 400:
        return LinkReason(
            LinkCode.REDIRECTED,
            f"{address.origin} redirects to another address (HTTP status {found}{name}). That is not "
            "followed: a command must go where the profile says. Put the final address into its url.",
        )
    if found in (401, 403, 407):
        return LinkReason(
            LinkCode.UNAUTHORIZED,
            f"{address.origin} wants to know who asks (HTTP status {found}{name}). Put what it wants into "
            "auth_file of the profile (auth, query in [auth], or headers).",
        )
    if found in (502, 503, 504):
        return LinkReason(
            LinkCode.BAD_GATEWAY,
            f"A proxy answers at {address.origin}, but the server behind it does not (HTTP status "
            f"{found}{name}). Check that the chamber's server is running.",
        )
    if found == 429:
        return LinkReason(
            LinkCode.TOO_MANY_REQUESTS,
            f"{address.origin} takes no more requests for now (HTTP status 429{name}). Connect less often, "
            "or ask its administrator.",
        )
    if found >= 500:
        return LinkReason(
            LinkCode.SERVER_ERROR,
            f"{address.origin} failed at the request for {path} (HTTP status {found}{name}), so whether a "
            "socket.io server is there is not known. Its own log says why.",
        )
    return LinkReason(
        LinkCode.NOT_SOCKETIO,
        f"{address.origin} answers, but there is no socket.io server at {path} (HTTP status {found}{name}). "
        "Check the port in the url, and path in the profile.",
    )


def old_protocol(address: Address) -> LinkReason:
    """Return the reason for a server of the protocol before ours."""
    return LinkReason(
        LinkCode.OLD_PROTOCOL,
        f"{address.origin} is a socket.io 2 server (Engine.IO 3); this program speaks Engine.IO 4, that is "
        "socket.io 3 and later. Ask for an update of the server, or for the port of a newer one.",
    )


def redirected(address: Address, where: str) -> LinkReason:
    """Return the reason for a redirect, which is never followed."""
    return LinkReason(
        LinkCode.REDIRECTED,
        f"{address.origin} redirects to {clean(where, 120)}. That is not followed, because a command must "
        "only reach the chamber that was named. Put the right address into the url.",
    )


def refused(target: Target, address: Address, data: tuple[Any, ...]) -> LinkReason:
    """Return the reason for a server that refused the namespace."""
    first = data[0] if data else ""
    message = first.get("message", first) if isinstance(first, dict) else first
    said = clean(message if isinstance(message, str) else repr(message), 160)
    namespace = clean(target.namespace, 80)
    if _is_no_namespace(said):
        return LinkReason(
            LinkCode.NO_NAMESPACE,
            f'{address.origin} has no namespace {namespace} (it said "{said}"). Correct namespace in the '
            'profile; usual is "/".',
        )
    given = target.auth is not None or target.headers or target.query
    what = "with what auth_file holds" if given else "without credentials"
    quoted = f': "{said}"' if said else ""
    return LinkReason(
        LinkCode.NAMESPACE_REFUSED,
        f"{address.origin} refused the connection to namespace {namespace} {what}{quoted}. Check auth and "
        "headers in auth_file of the profile.",
    )


def _is_no_namespace(said: str) -> bool:
    """Return whether a server's refusal means that it does not have the namespace.

    A refusal carries no code: socket.io 3 and 4 (Node) send "Invalid namespace", python-socketio 5 sends
    "Unable to connect", and older servers "Not connected".
    """
    return said in ("Invalid namespace", "Unable to connect", "Not connected")


def silent(address: Address, stage: str, seconds: float) -> LinkReason:
    """Return the reason for a server that took the connection and then did not go on in time."""
    return LinkReason(
        LinkCode.SILENT,
        f"{address.origin} took the connection but sent no {stage} within {format_whole(seconds)}. The "
        "server may be "
        f"hung, or there is no socket.io server at {address.path.rstrip('/')}; connect_timeout in the "
        "profile sets how long is waited.",
    )


def ended_early(address: Address, stage: str) -> LinkReason:
    """Return the reason for a server that ended the connection before it had consented."""
    return LinkReason(
        LinkCode.ENDED_EARLY,
        f"{address.origin} ended the connection before its {stage}. It may be restarting, or may want other "
        "credentials; trying again.",
    )


def sent_away(address: Address) -> LinkReason:
    """Return the reason for a server that has ended the connection for us."""
    return LinkReason(
        LinkCode.SENT_AWAY,
        f"The server at {address.origin} has sent this console away. It may be restarting, or let only some "
        "clients in; trying again.",
    )


def stopped_answering(address: Address, seconds: float) -> LinkReason:
    """Return the reason for a connection that showed no sign of life for so many seconds."""
    return LinkReason(
        LinkCode.STOPPED_ANSWERING,
        f"{address.origin} has stopped answering (no sign of life for {format_whole(seconds)}): its machine "
        "is hung, "
        "off, or cut from the network. Trying again.",
    )


def too_long(address: Address, code: LinkCode, limit: int) -> LinkReason:
    """Return the reason for more than `limit` bytes: ANSWER_TOO_LONG of a poll, else MESSAGE_TOO_LONG."""
    much = f"{limit >> 20} MiB"
    said = (
        f"answered with more than {much} at once"
        if code is LinkCode.ANSWER_TOO_LONG
        else f"sent a message of more than {much}"
    )
    return LinkReason(code, f"{address.origin} {said}, which ended the connection.")


def not_websocket(address: Address, error: object) -> LinkReason:
    """Return the reason for data that are no WebSocket's."""
    return LinkReason(
        LinkCode.NOT_WEBSOCKET,
        f"{address.origin} sent something other than WebSocket data ({clean(str(error), 120)}). "
        "Trying again.",
    )


def closed(address: Address, code: int | None = None, said: str = "") -> LinkReason:
    """Return the reason for a connection that the server closed; `code` is its WebSocket's."""
    if code is None:
        sentence = f"The server at {address.origin} has closed the connection."
    else:
        quoted = f", {clean(said, 100)}" if said else ""
        sentence = f"{address.origin} has closed the connection (WebSocket code {code}{quoted})."
    return LinkReason(LinkCode.SERVER_CLOSED, f"{sentence} It may be restarting; trying again.")


def broken_off(address: Address) -> LinkReason:
    """Return the reason for a connection that ended without a word."""
    return LinkReason(
        LinkCode.BROKEN_OFF,
        f"The connection to {address.origin} broke off: the server was ended, or the network cut it. Trying "
        "again.",
    )


def elsewhere(address: Address, found: Address | None) -> str:
    """Return where a socket.io server is instead, as a sentence that follows a reason; empty without one."""
    if found is None:
        return ""
    if found.host == address.host:
        return f' There is one at {found.path.rstrip("/")}: set path = "/socket.io" in the profile.'
    return (
        f" On this machine a socket.io server listens at {found.origin} instead: put that into the url, if "
        "it is the chamber's."
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
