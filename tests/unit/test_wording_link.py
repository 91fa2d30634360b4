"""Every code of the link has its sentence, and is in docs/scripts.md; other tests compare codes."""

import errno
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path

from xovac_tui.api.link import LinkCode, LinkReason, LinkView, LinkWord
from xovac_tui.chamber.model import DATA_STOPPED, NO_PONG
from xovac_tui.link import explain
from xovac_tui.link.certificate import Certificate
from xovac_tui.link.handshake import Handshake
from xovac_tui.link.target import Address, Target
from xovac_tui.link.wording import worded
from xovac_tui.replay.timeline import not_recorded
from xovac_tui.simulator.child import not_started

C = LinkCode
PLAIN = Address("lab", 8080, False, "/socket.io/")
FAR = Address("lab", 8080, False, "/socket.io/", ssh="pc")
TLS = Address("lab", 8443, True, "/socket.io/")
CERTIFICATE = Certificate(b"\xab\xcd", datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC))
DIGEST = "AB:CD"
TRUST = (
    f"; or, if the server's administrator confirms these digits, trust this one certificate with "
    f'fingerprint = "{DIGEST}" in the profile.'
)
SHOWN = f"; nothing was sent. Its SHA-256 fingerprint is {DIGEST}."


def verification(code: int, message: str = "") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("verify failed")
    error.verify_code, error.verify_message = code, message
    return error


def tls(mnemonic: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "failed")
    error.reason = mnemonic
    return error


def refused(code: int) -> LinkReason:
    return explain.refused_certificate(verification(code), CERTIFICATE, TLS)


def answered(status: int) -> LinkReason:
    return explain.not_socketio(PLAIN, Handshake(status, server="nginx"), None)


def engine(code: int | None, refusal: str, by: str = "websocket") -> LinkReason:
    return explain.not_socketio(PLAIN, Handshake(400, refusal=refusal, code=code), 400, by=by)


HERE = "http://lab:8080"
SENTENCES = {
    worded(C.NOT_YET): "Not connected yet.",
    worded(C.CLOSED_HERE): "Disconnected at the operator's wish. Connect again with reconnect.",
    worded(C.RECONNECTING): "Reconnecting on request.",
    worded(C.ENDED_HERE): "Disconnected: this program has ended the connection.",
    worded(C.DEFECT, why="KeyError"): (
        "Connecting failed unexpectedly (KeyError); the log file has details. Trying again."
    ),
    worded(C.OFFLINE, event="vent", word=LinkWord.LOST): (
        "vent was not sent: the link is LOST. Wait until it is ONLINE and ask again; nothing is kept for "
        "later."
    ),
    worded(C.RESERVED_EVENT, event="connect"): (
        '"connect" was not sent: socket.io keeps this name for itself. Use another event.'
    ),
    worded(C.NOT_HANDED_OVER, event="vent", why="it is {too} long"): "vent was not sent: it is {too} long.",
    worded(C.UNKNOWN_HOST, PLAIN): (
        "The name lab is not known here. Check the url's spelling and this machine's name service, or use "
        "the "
        "address in numbers."
    ),
    explain.no_connection(OSError(errno.ECONNREFUSED, "refused"), PLAIN): (
        "Nothing listens on lab port 8080 (connection refused). Check that the chamber's server is running, "
        "and the port in the url; through ssh -L, that the tunnel is up."
    ),
    explain.no_connection(OSError(errno.ENETUNREACH, "unreachable"), PLAIN): (
        "There is no way to lab port 8080 from here. Check the network, the VPN and the address in the url."
    ),
    explain.no_connection(OSError(errno.EMFILE, "Too many open files"), PLAIN): (
        "The connection to lab port 8080 failed: Too many open files. Check the network and the url."
    ),
    worded(C.NO_ANSWER, PLAIN): (
        "lab port 8080 did not answer in time. The machine may be off or hung, or a firewall swallows the "
        "connection; connect_timeout in the profile sets how long is waited."
    ),
    worded(C.HUNG_UP, PLAIN): (
        f"{HERE} took the connection and closed it without an answer. If the server is encrypted, the url "
        "must begin with https://; else check the server."
    ),
    worded(C.HUNG_UP, TLS, "tls"): (
        "https://lab:8443 took the connection and closed it without an answer. Check the server."
    ),
    explain.silent(PLAIN, "answer", 5.0): (
        f"{HERE} took the connection but sent no answer within 5 s. The server may be hung, or there is no "
        "socket.io server at /socket.io; connect_timeout in the profile sets how long is waited."
    ),
    worded(C.NOT_CONNECTED, PLAIN, "otherwise", why="odd"): f"The connection to {HERE} failed: odd.",
    worded(C.NOT_HTTP, TLS, "tls"): (
        "https://lab:8443 answered with something that is not HTTP. Check the port in the url."
    ),
    explain.not_socketio(PLAIN, Handshake(200, 4), None, ("websocket", "polling")): (
        f"{HERE} is a socket.io server, but refused the WebSocket. A proxy may be in the way, or it offers "
        "only polling."
    ),
    explain.refused(Target(url=HERE, auth={"token": "x"}), PLAIN, ()): (
        f"{HERE} refused the connection to namespace / with what auth_file holds. Check auth and headers in "
        "auth_file of the profile."
    ),
    worded(C.NOT_HTTP, PLAIN): (
        f"{HERE} answered with something that is not HTTP. Check the port in the url. If the server is "
        "encrypted, the url must begin with https://."
    ),
    worded(C.TLS_EXPECTED, PLAIN): (
        f"{HERE} is encrypted (TLS), but the url begins with http://. Write https://lab:8080 in the url."
    ),
    explain.no_tls(tls("WRONG_VERSION_NUMBER"), TLS): (
        "https://lab:8443 is not encrypted, or not with TLS. If the server has no certificate, write http:// "
        "in the url."
    ),
    explain.no_tls(tls("UNSUPPORTED_PROTOCOL"), TLS): (
        "No encrypted connection to https://lab:8443 could be agreed on (UNSUPPORTED_PROTOCOL). The server's "
        "TLS may be too old or want a client certificate; ask its administrator."
    ),
    worded(C.CLIENT_CERTIFICATE, TLS): (
        "https://lab:8443 wants a certificate of the client (mutual TLS), which this program cannot present. "
        "Reach it through something that can, such as ssh -L or stunnel, or ask who runs it for another way "
        "in."
    ),
    worded(C.OTHER_FINGERPRINT, TLS, pinned="02", presented="01"): (
        "WARNING: the certificate of https://lab:8443 is NOT the pinned one. Pinned: 02. Presented: 01. "
        "Another machine may be between here and the chamber; nothing was sent. Only if you know that the "
        "certificate was renewed, put the new fingerprint into the profile."
    ),
    refused(10): (
        f"The certificate of https://lab:8443 has expired on 2026-03-04{SHOWN} Have it renewed, or check "
        "this "
        f"machine's clock{TRUST}"
    ),
    refused(9): (
        f"The certificate of https://lab:8443 is not valid yet (from 2026-01-02){SHOWN} Check this machine's "
        f"clock{TRUST}"
    ),
    refused(62): (
        f"The certificate of https://lab:8443 is not made out to lab{SHOWN} Use the name that the "
        "certificate "
        f"carries in the url{TRUST}"
    ),
    refused(18): (
        "The certificate of https://lab:8443 is self-signed, or signed by an authority that is not known "
        f'here{SHOWN} Set ca_file = "…" in the profile to the PEM file of its authority{TRUST}'
    ),
    explain.refused_certificate(verification(24, "invalid CA certificate"), None, TLS): (
        "The certificate of https://lab:8443 was refused (invalid CA certificate); nothing was sent. Ask the "
        "server's administrator."
    ),
    explain.not_socketio(PLAIN, Handshake(200, 3), None): (
        f"{HERE} is a socket.io 2 server (Engine.IO 3); this program speaks Engine.IO 4, that is socket.io 3 "
        "and later. Ask for an update of the server, or for the port of a newer one."
    ),
    worded(C.OTHER_PARSER, PLAIN): (
        f"{HERE} is a socket.io server with the msgpack parser; this program speaks only the usual one. Ask "
        "for a server, or a port of it, with the default parser (JSON)."
    ),
    worded(C.REDIRECTED, PLAIN, to="http://else/"): (
        f"{HERE} redirects to http://else/. That is not followed, because a command must only reach the "
        "chamber that was named. Put the right address into the url."
    ),
    answered(302): (
        f"{HERE} redirects to another address (HTTP status 302, nginx). That is not followed: a command must "
        "go where the profile says. Put the final address into its url."
    ),
    answered(401): (
        f"{HERE} wants to know who asks (HTTP status 401, nginx). Put what it wants into auth_file of the "
        "profile (auth, query in [auth], or headers)."
    ),
    answered(502): (
        f"A proxy answers at {HERE}, but the server behind it does not (HTTP status 502, nginx). Check that "
        "the chamber's server is running."
    ),
    answered(429): (
        f"{HERE} takes no more requests for now (HTTP status 429, nginx). Connect less often, or ask its "
        "administrator."
    ),
    answered(500): (
        f"{HERE} failed at the request for /socket.io (HTTP status 500, nginx), so whether a socket.io "
        "server "
        "is there is not known. Its own log says why."
    ),
    answered(404): (
        f"{HERE} answers, but there is no socket.io server at /socket.io (HTTP status 404, nginx). Check the "
        "port in the url, and path in the profile."
    ),
    answered(0): (
        f"{HERE} took the connection but gave no answer of a socket.io server. Check the port in the url."
    ),
    explain.not_socketio(PLAIN, Handshake(200, 4), None, by="polling"): (
        f"{HERE} is a socket.io server, but the long poll gave no session. A proxy may be in the way; trying "
        "again."
    ),
    explain.not_socketio(PLAIN, Handshake(200, 4), 403, ("websocket",)): (
        f"{HERE} is a socket.io server, but refused the WebSocket (HTTP status 403). A proxy may be in the "
        'way, or it offers only polling: set transports = ["polling"] in the profile.'
    ),
    engine(0, "Transport unknown"): (
        f"{HERE} is a socket.io server, but refused the WebSocket (HTTP status 400) and does not offer long "
        "polling (Engine.IO error 0, 'Transport unknown'). Ask its administrator what it offers."
    ),
    engine(0, "Transport unknown", "polling"): (
        f"{HERE} is a socket.io server, but does not offer long polling (Engine.IO error 0, 'Transport "
        "unknown'). Set transports to what it offers."
    ),
    engine(4, "Forbidden"): (
        f"{HERE} is a socket.io server, but does not let this machine in (Engine.IO error 4, 'Forbidden'). "
        "Put "
        "what it wants to know into auth_file of the profile (auth, query in [auth], or headers)."
    ),
    engine(3, "Bad request"): (
        f"{HERE} is a socket.io server, but refused the connection (Engine.IO error 3, 'Bad request'). Ask "
        "its administrator; a proxy between here and it may have changed the request."
    ),
    explain.no_transport({"websocket": LinkReason(C.HUNG_UP, "A."), "polling": LinkReason(C.SILENT, "B.")}): (
        "By websocket: A. By polling: B."
    ),
    explain.refused(Target(url=HERE, namespace="/x"), PLAIN, ("Invalid namespace",)): (
        f'{HERE} has no namespace /x (it said "Invalid namespace"). Correct namespace in the profile; usual '
        'is "/".'
    ),
    explain.refused(Target(url=HERE), PLAIN, ({"message": "who are you"},)): (
        f'{HERE} refused the connection to namespace / without credentials: "who are you". Check auth and '
        "headers in auth_file of the profile."
    ),
    worded(C.ENDED_EARLY, PLAIN, stage="consent to namespace /"): (
        f"{HERE} ended the connection before its consent to namespace /. It may be restarting, or may want "
        "other credentials; trying again."
    ),
    worded(C.STOPPED_ANSWERING, PLAIN, time="15 s"): (
        f"{HERE} has stopped answering (no sign of life for 15 s): its machine is hung, off, or cut from the "
        "network. Trying again."
    ),
    worded(C.SENT_AWAY, PLAIN): (
        f"The server at {HERE} has sent this console away. It may be restarting, or let only some clients "
        "in; trying again."
    ),
    worded(C.SERVER_CLOSED, PLAIN): (
        f"The server at {HERE} has closed the connection. It may be restarting; trying again."
    ),
    worded(C.SERVER_CLOSED, PLAIN, "websocket", number=1001, said=", bye"): (
        f"{HERE} has closed the connection (WebSocket code 1001, bye). It may be restarting; trying again."
    ),
    worded(C.BROKEN_OFF, PLAIN): (
        f"The connection to {HERE} broke off: the server was ended, or the network cut it. Trying again."
    ),
    worded(C.ANSWER_TOO_LONG, PLAIN, most=16): (
        f"{HERE} answered with more than 16 MiB at once, which ended the connection."
    ),
    worded(C.MESSAGE_TOO_LONG, PLAIN, most=16): (
        f"{HERE} sent a message of more than 16 MiB, which ended the connection."
    ),
    worded(C.NOT_WEBSOCKET, PLAIN, why="reserved bits"): (
        f"{HERE} sent something other than WebSocket data (reserved bits). Trying again."
    ),
    worded(C.SSH_MISSING, FAR, program="ssh"): (
        "There is no program ssh here, so no SSH tunnel to pc was made. Install OpenSSH (on Debian and "
        "Ubuntu the package openssh-client), or name another program with ssh_command in the profile."
    ),
    worded(C.SSH_UNKNOWN_KEY, FAR): (
        "The host key of pc is not known here, so no SSH tunnel was made and nothing was sent. Run `ssh pc` "
        "in a terminal, compare the fingerprint that it shows with the machine's own, and accept it."
    ),
    worded(C.SSH_CHANGED_KEY, FAR): (
        "WARNING: the host key of pc is NOT the known one. Another machine may answer in its place; no SSH "
        "tunnel was made and nothing was sent. Only if you know that its key was renewed, remove the old one "
        "(`ssh pc` shows the command), and accept the new one."
    ),
    worded(C.SSH_DENIED, FAR, said="no"): (
        "pc does not let this user in (no). Put the key into the agent (ssh-add), then reconnect; a password "
        "can only be asked for at the start, before the screen is drawn."
    ),
    worded(C.SSH_UNKNOWN_HOST, FAR): (
        "ssh does not know the host of pc. Check the spelling, ~/.ssh/config and this machine's name service."
    ),
    worded(C.SSH_NO_ROUTE, FAR, said="no"): (
        "There is no way from here to the SSH server of pc (no). Check the network and the VPN."
    ),
    worded(C.SSH_REFUSED, FAR, said="no"): (
        "pc takes no SSH connection (no). Check that an SSH server runs there, and its port."
    ),
    worded(C.SSH_NO_ANSWER, FAR): (
        "The SSH server of pc did not answer in time. The machine may be off or hung, or a firewall swallows "
        "the connection; connect_timeout in the profile sets how long is waited."
    ),
    worded(C.SSH_FAILED, FAR, said="no"): "No SSH tunnel to pc was made: no. Try `ssh pc` in a terminal.",
    worded(C.SSH_DEAD, FAR): (
        "The SSH tunnel is down: pc has stopped answering. Its machine is hung, off, or cut from the "
        "network. Trying again."
    ),
    worded(C.SSH_ENDED, FAR, said="no"): (
        "The SSH tunnel is down: the connection to pc was ended (no). Trying again."
    ),
    worded(C.SSH_FORWARD_REFUSED, FAR, said="no"): (
        "pc lets this user in, but does not forward to lab port 8080 (no). Ask its administrator to allow "
        "that (AllowTcpForwarding and PermitOpen of sshd)."
    ),
    worded(C.SSH_NOTHING_BEHIND, FAR): (
        "The SSH tunnel is up, but seen from pc nothing listens on lab port 8080 (connection refused). Check "
        "that the chamber's server is running, and the port in the url."
    ),
    worded(C.SSH_UNREACHABLE_BEHIND, FAR, said="no"): (
        "The SSH tunnel is up, but lab port 8080 cannot be reached from pc (no). The host in the url is the "
        "one that pc sees: check it."
    ),
    worded(C.BROKEN_OFF, FAR): (
        f"The connection to {HERE} through ssh pc broke off: the server was ended, or the network cut it. "
        "Trying again."
    ),
    DATA_STOPPED: "The data have stopped; the connection is open.",
    NO_PONG: "The connection is open, but the server answers no ping.",
    not_started(""): "The simulator did not start. Run `xovac-tui simulate` to see why.",
    not_started("Port 1 is taken."): "The simulator did not start. Port 1 is taken.",
    not_recorded(closed=True): "Nothing was recorded from here on: the recorder ended.",
    not_recorded(closed=False): ("Nothing was recorded from here on: the recorder was killed or lost power."),
}
ELSEWHERE = {
    C.UNUSABLE_SETTINGS: "worded where settings are checked",
    C.NOT_REACHED: "worded by the commands that wait: test_cli_watch, test_waiting",
}


def test_every_code_has_a_sentence() -> None:
    assert {one.code for one in SENTENCES} | ELSEWHERE.keys() == set(LinkCode)
    assert not {one.code for one in SENTENCES} & ELSEWHERE.keys()
    assert {one: one.sentence for one in SENTENCES} == SENTENCES


def test_transports_that_failed_alike_have_one_reason() -> None:
    reason = worded(C.BROKEN_OFF, PLAIN)
    assert explain.no_transport({"websocket": reason, "polling": reason}) == reason


def test_a_name_of_several_addresses_that_refuse_is_refused() -> None:
    joined = OSError(
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 80), [Errno 101] unreachable"
    )
    assert explain.no_connection(joined, PLAIN).code is C.NOTHING_LISTENS
    other = OSError("Multiple exceptions: [Errno 113] No route to host, [Errno 101] unreachable")
    assert explain.no_connection(other, PLAIN).code is C.NOT_CONNECTED


def test_a_word_with_its_reason_ends_with_the_code() -> None:
    assert LinkView(LinkWord.ONLINE).spoken == "ONLINE"
    lost = LinkView(LinkWord.LOST, why="It broke off.", code=C.BROKEN_OFF)
    assert lost.spoken == "LOST. It broke off. [broken-off]"
    assert LinkView(LinkWord.LOST, why="It broke off.").spoken == "LOST. It broke off.", "of an older record"


def test_scripts_find_every_code_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text(encoding="utf-8")
    section = text[text.index("## Codes of the link") :]
    listed = re.findall(r"^\| `([a-z-]+)` \|", section.split("\n## ")[0], re.MULTILINE)
    assert sorted(listed) == sorted(code.value for code in LinkCode)
