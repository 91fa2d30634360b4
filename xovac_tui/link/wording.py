"""The words of the link: one sentence a code, with its data; the only place that words a reason."""

from __future__ import annotations

from typing import Any

from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.link.target import Address
from xovac_tui.text import clean

C = LinkCode
_WORDS: dict[str, str] = {
    C.NOT_YET: "Not connected yet.",
    C.CLOSED_HERE: "Disconnected at the operator's wish. Connect again with reconnect.",
    C.RECONNECTING: "Reconnecting on request.",
    C.ENDED_HERE: "Disconnected: this program has ended the connection.",
    C.DEFECT: "Connecting failed unexpectedly ({why}); the log file has details. Trying again.",
    C.OFFLINE: (
        "{event} was not sent: the link is {word}. Wait until it is ONLINE and ask again; nothing is kept "
        "for later."
    ),
    C.RESERVED_EVENT: '"{event}" was not sent: socket.io keeps this name for itself. Use another event.',
    C.NOT_HANDED_OVER: "{event} was not sent: {why}.",
    C.UNKNOWN_HOST: (
        "The name {host} is not known here. Check the url's spelling and this machine's name service, or use "
        "the address in numbers."
    ),
    C.NOTHING_LISTENS: (
        "Nothing listens on {where} (connection refused). Check that the chamber's server is running, and "
        "the port in the url; through ssh -L, that the tunnel is up."
    ),
    C.NO_ROUTE: (
        "There is no way to {where} from here. Check the network, the VPN and the address in the url."
    ),
    C.NO_ANSWER: (
        "{where} did not answer in time. The machine may be off or hung, or a firewall swallows the "
        "connection; connect_timeout in the profile sets how long is waited."
    ),
    C.NOT_CONNECTED: "The connection to {where} failed: {why}. Check the network and the url.",
    f"{C.NOT_CONNECTED} otherwise": "The connection to {origin} failed: {why}.",
    C.HUNG_UP: (
        "{origin} took the connection and closed it without an answer. If the server is encrypted, the url "
        "must begin with https://; else check the server."
    ),
    f"{C.HUNG_UP} tls": ("{origin} took the connection and closed it without an answer. Check the server."),
    C.SILENT: (
        "{origin} took the connection but sent no {stage} within {time}. The server may be hung, or there is "
        "no socket.io server at {path}; connect_timeout in the profile sets how long is waited."
    ),
    C.NOT_HTTP: (
        "{origin} answered with something that is not HTTP. Check the port in the url. If the server is "
        "encrypted, the url must begin with https://."
    ),
    f"{C.NOT_HTTP} tls": "{origin} answered with something that is not HTTP. Check the port in the url.",
    C.SSH_MISSING: (
        "There is no program {program} here, so no SSH tunnel to {ssh} was made. Install OpenSSH (on Debian "
        "and Ubuntu the package openssh-client), or name another program with ssh_command in the profile."
    ),
    C.SSH_UNKNOWN_KEY: (
        "The host key of {ssh} is not known here, so no SSH tunnel was made and nothing was sent. Run `ssh "
        "{ssh}` in a terminal, compare the fingerprint that it shows with the machine's own, and accept it."
    ),
    C.SSH_CHANGED_KEY: (
        "WARNING: the host key of {ssh} is NOT the known one. Another machine may answer in its place; no "
        "SSH tunnel was made and nothing was sent. Only if you know that its key was renewed, remove the old "
        "one (`ssh {ssh}` shows the command), and accept the new one."
    ),
    C.SSH_DENIED: (
        "{ssh} does not let this user in ({said}). Put the key into the agent (ssh-add), then reconnect; "
        "a password can only be asked for at the start, before the screen is drawn."
    ),
    C.SSH_UNKNOWN_HOST: (
        "ssh does not know the host of {ssh}. Check the spelling, ~/.ssh/config and this machine's name "
        "service."
    ),
    C.SSH_NO_ROUTE: (
        "There is no way from here to the SSH server of {ssh} ({said}). Check the network and the VPN."
    ),
    C.SSH_REFUSED: (
        "{ssh} takes no SSH connection ({said}). Check that an SSH server runs there, and its port."
    ),
    C.SSH_NO_ANSWER: (
        "The SSH server of {ssh} did not answer in time. The machine may be off or hung, or a firewall "
        "swallows the connection; connect_timeout in the profile sets how long is waited."
    ),
    C.SSH_FAILED: "No SSH tunnel to {ssh} was made: {said}. Try `ssh {ssh}` in a terminal.",
    C.SSH_DEAD: (
        "The SSH tunnel is down: {ssh} has stopped answering. Its machine is hung, off, or cut from the "
        "network. Trying again."
    ),
    C.SSH_ENDED: "The SSH tunnel is down: the connection to {ssh} was ended ({said}). Trying again.",
    C.SSH_FORWARD_REFUSED: (
        "{ssh} lets this user in, but does not forward to {where} ({said}). Ask its administrator to allow "
        "that (AllowTcpForwarding and PermitOpen of sshd)."
    ),
    C.SSH_NOTHING_BEHIND: (
        "The SSH tunnel is up, but seen from {ssh} nothing listens on {where} (connection refused). Check "
        "that the chamber's server is running, and the port in the url."
    ),
    C.SSH_UNREACHABLE_BEHIND: (
        "The SSH tunnel is up, but {where} cannot be reached from {ssh} ({said}). The host in the url is the "
        "one that {ssh} sees: check it."
    ),
    C.TLS_EXPECTED: (
        "{origin} is encrypted (TLS), but the url begins with http://. Write https://{netloc} in the url."
    ),
    C.NOT_TLS: (
        "{origin} is not encrypted, or not with TLS. If the server has no certificate, write http:// in the "
        "url."
    ),
    C.TLS_FAILED: (
        "No encrypted connection to {origin} could be agreed on ({why}). The server's TLS may be too old or "
        "want a client certificate; ask its administrator."
    ),
    C.CLIENT_CERTIFICATE: (
        "{origin} wants a certificate of the client (mutual TLS), which this program cannot present. Reach "
        "it through something that can, such as ssh -L or stunnel, or ask who runs it for another way in."
    ),
    C.OTHER_FINGERPRINT: (
        "WARNING: the certificate of {origin} is NOT the pinned one. Pinned: {pinned}. Presented: "
        "{presented}. Another machine may be between here and the chamber; nothing was sent. Only if you "
        "know that the certificate was renewed, put the new fingerprint into the profile."
    ),
    C.NOT_SOCKETIO: (
        "{origin} answers, but there is no socket.io server at {path} (HTTP status {status}). Check the port "
        "in the url, and path in the profile."
    ),
    f"{C.NOT_SOCKETIO} silent": (
        "{origin} took the connection but gave no answer of a socket.io server. Check the port in the url."
    ),
    C.OLD_PROTOCOL: (
        "{origin} is a socket.io 2 server (Engine.IO 3); this program speaks Engine.IO 4, that is socket.io "
        "3 and later. Ask for an update of the server, or for the port of a newer one."
    ),
    C.OTHER_PARSER: (
        "{origin} is a socket.io server with the msgpack parser; this program speaks only the usual one. Ask "
        "for a server, or a port of it, with the default parser (JSON)."
    ),
    C.REDIRECTED: (
        "{origin} redirects to {to}. That is not followed, because a command must only reach the chamber "
        "that was named. Put the right address into the url."
    ),
    f"{C.REDIRECTED} status": (
        "{origin} redirects to another address (HTTP status {status}). That is not followed: a command must "
        "go where the profile says. Put the final address into its url."
    ),
    C.UNAUTHORIZED: (
        "{origin} wants to know who asks (HTTP status {status}). Put what it wants into auth_file of the "
        "profile (auth, query in [auth], or headers)."
    ),
    C.BAD_GATEWAY: (
        "A proxy answers at {origin}, but the server behind it does not (HTTP status {status}). Check that "
        "the chamber's server is running."
    ),
    C.TOO_MANY_REQUESTS: (
        "{origin} takes no more requests for now (HTTP status {status}). Connect less often, or ask its "
        "administrator."
    ),
    C.SERVER_ERROR: (
        "{origin} failed at the request for {path} (HTTP status {status}), so whether a socket.io server is "
        "there is not known. Its own log says why."
    ),
    C.NO_POLL_SESSION: (
        "{origin} is a socket.io server, but the long poll gave no session{status}. A proxy may be in the "
        "way; trying again."
    ),
    C.NO_WEBSOCKET: (
        "{origin} is a socket.io server, but refused the WebSocket{status}. A proxy may be in the way, or it "
        'offers only polling: set transports = ["polling"] in the profile.'
    ),
    f"{C.NO_WEBSOCKET} polling": (
        "{origin} is a socket.io server, but refused the WebSocket{status}. A proxy may be in the way, or it "
        "offers only polling."
    ),
    C.NO_POLLING: (
        "{origin} is a socket.io server, but refused the WebSocket{status} and does not offer long polling "
        "({said}). Ask its administrator what it offers."
    ),
    f"{C.NO_POLLING} polling": (
        "{origin} is a socket.io server, but does not offer long polling ({said}). Set transports to what it "
        "offers."
    ),
    C.FORBIDDEN: (
        "{origin} is a socket.io server, but does not let this machine in ({said}). Put what it wants to "
        "know into auth_file of the profile (auth, query in [auth], or headers)."
    ),
    C.HANDSHAKE_REFUSED: (
        "{origin} is a socket.io server, but refused the connection ({said}). Ask its administrator; a proxy "
        "between here and it may have changed the request."
    ),
    C.NO_NAMESPACE: (
        '{origin} has no namespace {namespace} (it said "{said}"). Correct namespace in the profile; usual '
        'is "/".'
    ),
    C.NAMESPACE_REFUSED: (
        "{origin} refused the connection to namespace {namespace} with what auth_file holds{said}. Check "
        "auth and headers in auth_file of the profile."
    ),
    f"{C.NAMESPACE_REFUSED} anonymous": (
        "{origin} refused the connection to namespace {namespace} without credentials{said}. Check auth and "
        "headers in auth_file of the profile."
    ),
    C.ENDED_EARLY: (
        "{origin} ended the connection before its {stage}. It may be restarting, or may want other "
        "credentials; trying again."
    ),
    C.STOPPED_ANSWERING: (
        "{origin} has stopped answering (no sign of life for {time}): its machine is hung, off, or cut from "
        "the network. Trying again."
    ),
    C.SENT_AWAY: (
        "The server at {origin} has sent this console away. It may be restarting, or let only some clients "
        "in; trying again."
    ),
    C.SERVER_CLOSED: (
        "The server at {origin} has closed the connection. It may be restarting; trying again."
    ),
    f"{C.SERVER_CLOSED} websocket": (
        "{origin} has closed the connection (WebSocket code {number}{said}). It may be restarting; trying "
        "again."
    ),
    C.BROKEN_OFF: (
        "The connection to {origin} broke off: the server was ended, or the network cut it. Trying again."
    ),
    C.ANSWER_TOO_LONG: "{origin} answered with more than {most} MiB at once, which ended the connection.",
    C.MESSAGE_TOO_LONG: "{origin} sent a message of more than {most} MiB, which ended the connection.",
    C.NOT_WEBSOCKET: "{origin} sent something other than WebSocket data ({why}). Trying again.",
}
"""Code, or code and variant -> sentence."""
_CERTIFICATES = {
    C.CERTIFICATE_EXPIRED: ("has expired{day}", "Have it renewed, or check this machine's clock"),
    C.CERTIFICATE_NOT_YET_VALID: ("is not valid yet{day}", "Check this machine's clock"),
    C.CERTIFICATE_OTHER_NAME: (
        "is not made out to {host}",
        "Use the name that the certificate carries in the url",
    ),
    C.CERTIFICATE_UNTRUSTED: (
        "is self-signed, or signed by an authority that is not known here",
        'Set ca_file = "…" in the profile to the PEM file of its authority',
    ),
    C.CERTIFICATE_REFUSED: ("was refused ({why})", "Ask the server's administrator"),
}
"""Code -> what is wrong with a certificate, and what to do."""


def worded(code: LinkCode, address: Address | None = None, variant: str = "", **data: Any) -> LinkReason:
    """Return the reason of a code about an address; its data are cleaned already, where they are not ours."""
    if address is not None:
        host = clean(address.host, 100)
        data |= {
            "origin": address.shown,
            "ssh": address.ssh,
            "host": host,
            "where": f"{host} port {address.port}",
            "netloc": address.netloc,
            "path": address.path.rstrip("/"),
        }
    return LinkReason(code, _WORDS[f"{code} {variant}".rstrip()].format(**data))


def certificate_reason(code: LinkCode, address: Address, digest: str, *, day: str, why: str) -> LinkReason:
    """Return the reason for a refused certificate; `digest`: its fingerprint, empty where it is not known."""
    what, todo = _CERTIFICATES[code]
    what = what.format(host=clean(address.host, 100), day=day, why=why)
    text = f"The certificate of {address.shown} {what}; nothing was sent. "
    if not digest:
        return LinkReason(code, f"{text}{todo}.")
    return LinkReason(
        code,
        f"{text}Its SHA-256 fingerprint is {digest}. {todo}; or, if the server's administrator confirms "
        f'these digits, trust this one certificate with fingerprint = "{digest}" in the profile.',
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
