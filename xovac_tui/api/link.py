"""The words and codes for a connection, and what is known about it, for link, chamber and screen alike."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from xovac_tui.api.event import Event, EventKind
from xovac_tui.clock import Clock
from xovac_tui.errors import LinkError


class LinkWord(StrEnum):
    """The five words on the screen, exactly."""

    OFFLINE = "OFFLINE"
    """Not connected and not trying: by the operator's wish, or because trying again cannot help."""
    CONNECTING = "CONNECTING"
    ONLINE = "ONLINE"
    STALE = "STALE"
    """Connected, but the data that used to come have stopped. Decided by the chamber, never by the link."""
    LOST = "LOST"
    """Was connected, is not; the next try is under way or waits for its turn."""


class LinkCode(StrEnum):
    """Why the link is as it is. Scripts read these words: they are never given another meaning."""

    NOT_YET = "not-connected-yet"
    CLOSED_HERE = "disconnected-by-operator"
    RECONNECTING = "reconnecting-on-request"
    ENDED_HERE = "program-ended"
    UNUSABLE_SETTINGS = "unusable-settings"
    DEFECT = "unexpected-failure"
    """A defect, here or in a library."""
    NO_SIMULATOR = "simulator-not-started"
    NOT_REACHED = "not-reached-in-time"

    UNKNOWN_HOST = "unknown-host"
    NOTHING_LISTENS = "connection-refused"
    NO_ROUTE = "no-route"
    NO_ANSWER = "no-answer"
    NOT_CONNECTED = "connection-failed"
    HUNG_UP = "closed-without-answer"
    SILENT = "connected-but-silent"
    NOT_HTTP = "not-http"

    SSH_MISSING = "ssh-not-found"
    """The program ssh is not there."""
    SSH_UNKNOWN_KEY = "ssh-unknown-host-key"
    SSH_CHANGED_KEY = "ssh-changed-host-key"
    SSH_DENIED = "ssh-permission-denied"
    SSH_UNKNOWN_HOST = "ssh-unknown-host"
    SSH_NO_ROUTE = "ssh-no-route"
    SSH_REFUSED = "ssh-connection-refused"
    SSH_NO_ANSWER = "ssh-no-answer"
    SSH_FAILED = "ssh-failed"
    SSH_DEAD = "ssh-stopped-answering"
    """The tunnel is down: its far end was silent for too long."""
    SSH_ENDED = "ssh-ended"
    """The tunnel is down: ssh or its far end has ended it."""
    SSH_FORWARD_REFUSED = "ssh-forwarding-refused"
    SSH_NOTHING_BEHIND = "ssh-nothing-listens-behind"
    """The tunnel is up, and what it leads to takes no connection."""
    SSH_UNREACHABLE_BEHIND = "ssh-unreachable-behind"

    TLS_EXPECTED = "tls-expected"
    """The server speaks TLS, the url begins with http://."""
    NOT_TLS = "not-encrypted"
    TLS_FAILED = "tls-failed"
    CLIENT_CERTIFICATE = "client-certificate-wanted"
    OTHER_FINGERPRINT = "fingerprint-mismatch"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_OTHER_NAME = "certificate-other-name"
    CERTIFICATE_UNTRUSTED = "certificate-untrusted"
    CERTIFICATE_REFUSED = "certificate-refused"

    NOT_SOCKETIO = "not-socketio"
    OLD_PROTOCOL = "old-protocol"
    OTHER_PARSER = "other-parser"
    REDIRECTED = "redirected"
    UNAUTHORIZED = "unauthorized"
    BAD_GATEWAY = "bad-gateway"
    TOO_MANY_REQUESTS = "too-many-requests"
    SERVER_ERROR = "server-error"
    NO_POLL_SESSION = "polling-failed"
    NO_WEBSOCKET = "websocket-refused"
    NO_POLLING = "polling-not-offered"
    FORBIDDEN = "forbidden"
    HANDSHAKE_REFUSED = "handshake-refused"
    SEVERAL = "no-transport-works"
    NO_NAMESPACE = "no-namespace"
    NAMESPACE_REFUSED = "namespace-refused"
    ENDED_EARLY = "ended-before-consent"

    STOPPED_ANSWERING = "stopped-answering"
    DATA_STOPPED = "data-stopped"
    NO_PONG = "no-pong"
    SENT_AWAY = "sent-away"
    SERVER_CLOSED = "closed-by-server"
    BROKEN_OFF = "broken-off"
    ANSWER_TOO_LONG = "answer-too-long"
    MESSAGE_TOO_LONG = "message-too-long"
    NOT_WEBSOCKET = "not-websocket"

    OFFLINE = "link-not-online"
    RESERVED_EVENT = "reserved-event"
    NOT_HANDED_OVER = "not-handed-over"
    NOT_RECORDED = "nothing-recorded"
    """Of a replay: its recorder had ended."""


class LinkReason(msgspec.Struct, frozen=True):
    """Why a connection was not made, ended, or is doubtful."""

    code: LinkCode
    sentence: str
    """What happened, to what, and what to do."""

    def error(self, kind: type[LinkError] = LinkError) -> LinkError:
        """Return it as an error."""
        return kind(self.sentence, self.code)


class LinkView(msgspec.Struct, frozen=True):
    """The connection at one moment, with since when and why."""

    word: LinkWord = LinkWord.OFFLINE
    since_utc: float = 0.0
    since_mono: float = 0.0
    why: str = ""
    """A sentence: what happened and what to do; empty when ONLINE."""
    attempt: int = 0
    """Number of the current try since the last success; 0 when ONLINE."""
    next_try_mono: float | None = None
    """Monotonic time of the next try; None when none is waiting."""
    rtt: float | None = None
    """Round trip of the newest transport-level ping, seconds; None where unknown."""
    session: int = 0
    """How many connections have been made; an answer can only come on the session its command was sent on."""
    silent: bool | msgspec.UnsetType = msgspec.UNSET
    """True: connected, but for some seconds no sign of life has come, not even an answer to a ping.

    The chamber turns it into the word STALE: neither screens nor records have it.
    """
    code: str | msgspec.UnsetType = msgspec.UNSET
    """The `LinkCode` of `why`, or one of another version; unset in records of before there were codes."""

    @property
    def spoken(self) -> str:
        """The word, and why: `LOST. The server has closed the connection. [closed-by-server]`."""
        why = f". {self.why}" if self.why else ""
        return f"{self.word}{why}{f' [{self.code}]' if self.code else ''}"

    def error(self) -> LinkError:
        """Return why there is no connection, as an error."""
        return LinkError(self.why, self.code or "")


class LinkCallbacks(msgspec.Struct, frozen=True):
    """What a link asks and reports; `on_event` and `on_status` are called from its loop and must not wait."""

    contract_kind: Callable[[str], EventKind]
    on_event: Callable[[Event], None]
    on_status: Callable[[LinkView], None]
    clock: Clock
