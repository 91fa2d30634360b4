"""One connection to an MQTT 5 broker, driven by the thread that owns it.

The library reconnects by itself, and keeps what was published meanwhile to send it later, old as it is. So a
connection is used once: when it is lost the next one begins with an empty client, and what is sent then is
what its owner knows then. Everything is published with QoS 1, since only that is answered: MQTT 5 says in the
answer that an access list drops a message, 3.1.1 acknowledges it.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from xovac_tui.forwarding.engines.unreached import explained, trusting
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.text import clean

PORT, TLS_PORT = 1883, 8883
WINDOW = 100
"""Messages on their way at the most; fewer where the broker says so."""
LARGEST = 2_000_000
"""Bytes of a message that the broker may send us."""
NO_SUBSCRIBER = 0x10
"""Reason code of MQTT 5, 2.4: taken, and nobody gets it."""
_FAILED = 0x80
"""Reason codes from here on are failures."""
_TAKEN_OVER = 0x8E
_VERSION = 0x84
_CREDENTIALS = frozenset((0x86, 0x87, 0x8A, 0x8C))
"""Bad user name or password, not authorized, banned, bad authentication method."""
_BUSY = frozenset((0x88, 0x89, 0x8B, 0x93, 0x96, 0x97, 0x9F))
_ROW = frozenset((0x90, 0x99))
"""Topic name or payload format invalid."""
_TOO_LARGE = 0x95


class MqttAccess(msgspec.Struct, frozen=True, kw_only=True):
    """How to get into a broker. Not shown: it holds the secret."""

    url: str
    user: str = ""
    secret: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    timeout: float = 10.0
    """Seconds that the broker may take to answer."""

    def __repr__(self) -> str:
        return "MqttAccess(…)"

    def context(self) -> ssl.SSLContext:
        """Return what checks the broker's certificate; raises SinkError for files that cannot be used."""
        return trusting(self.ca_file, self.cert_file, self.key_file)


class BrokerSession(NamedTuple):
    """What a client asks of the broker when it connects."""

    client_id: str
    """Empty: the broker gives one."""
    keepalive: int = 10
    """Seconds after which an idle connection is tried out."""
    kept: int = 0
    """Seconds for which the broker keeps the session of a connection that was lost; 0: it begins anew."""
    will: tuple[str, bytes] | None = None
    """Topic and payload of what the broker publishes, retained, when the connection was lost."""
    will_delay: int = 0
    """Seconds between the loss and the will; no longer than the session is kept."""


class BrokerMessage(NamedTuple):
    """A message that came."""

    topic: str
    payload: bytes
    retained: bool
    """The broker had kept it, so nobody knows how old it is."""


class _BoundedClient(Client):
    """A client that takes no message larger than it has said: the library reads up to 256 MB into memory."""

    def _sock_recv(self, bufsize: int) -> bytes:
        # The library asks for all that is left of a message.
        if bufsize > LARGEST:
            raise ValueError("a message is too large")
        return super()._sock_recv(bufsize)


class BrokerConnection:
    """One connection. For one thread; every method raises SinkError where the broker does not do it."""

    def __init__(
        self,
        access: MqttAccess,
        session: BrokerSession,
        *,
        received: Callable[[BrokerMessage], None] = lambda message: None,
        answered: Callable[[str, int], None] = lambda topic, code: None,
    ) -> None:
        """Take `answered`, called with the topic and reason code of each message that was published."""
        self._access, self._session = access, session
        self._received, self._answered = received, answered
        self._client: Client | None = None
        self._sent: dict[int, tuple[str, float]] = {}
        """Message on its way -> its topic, and when it was sent, in monotonic seconds."""
        self._window = WINDOW
        self.denied = 0
        """Reason code of a subscription that the broker does not grant; 0: none."""
        self._accepted: ReasonCode | None = None
        self._ended: ReasonCode | None = None
        """Why the broker has ended it."""

    @property
    def room(self) -> int:
        """How many messages may be published now."""
        return self._window - len(self._sent)

    @property
    def pending(self) -> int:
        """How many messages are not answered."""
        return len(self._sent)

    def open(self) -> None:
        """Connect, and wait for the answer."""
        self.drop()
        self._accepted, self._ended, self.denied = None, None, 0
        self._client = client = self._made()
        parts = urlsplit(self._access.url)
        secure = parts.scheme == "mqtts"
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._session.kept
        properties.MaximumPacketSize = LARGEST
        try:
            if secure:
                client.tls_set_context(self._access.context())
            client.connect(
                parts.hostname or "",
                parts.port or (TLS_PORT if secure else PORT),
                keepalive=self._session.keepalive,
                clean_start=not self._session.kept,
                properties=properties,
            )
        except SinkError:
            self.drop()
            raise
        except (OSError, ValueError) as error:
            self.drop()
            raise explained(error) from error
        end = time.monotonic() + self._access.timeout
        while self._accepted is None:
            if time.monotonic() > end:
                self.drop()
                raise SinkError(Failure(FailureCode.NO_ANSWER), SinkRemedy.WAIT)
            self.turn(0.1)
        if self._accepted.is_failure:
            self.drop()
            raise refusal(self._accepted)

    def publish(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Send a message; what becomes of it is reported to `answered`."""
        info = self._live().publish(topic, payload, qos=1, retain=retain)
        self._sent[info.mid] = topic, time.monotonic()
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost(info.rc)

    def subscribe(self, *filters: str) -> None:
        """Ask for messages, but for those that this client publishes; what is retained comes at once."""
        options = SubscribeOptions(qos=0, noLocal=True, retainAsPublished=False)
        self._live().subscribe([(one, options) for one in filters])

    def turn(self, timeout: float) -> None:
        """Take what comes within so many seconds, and send what waits."""
        try:
            done = self._live().loop(timeout)
        except SinkError:
            raise
        except Exception as error:  # what the library raises for packets that are none of MQTT 5
            self.drop()
            failure = Failure(FailureCode.CONNECTION, "what it sends is no MQTT 5, or too large")
            raise SinkError(failure, SinkRemedy.WAIT) from error
        if done != MQTTErrorCode.MQTT_ERR_SUCCESS and not (
            self._accepted is not None and self._accepted.is_failure
        ):
            self._lost(done)
        if self._sent:
            _, oldest = next(iter(self._sent.values()))
            if time.monotonic() - oldest > self._access.timeout:
                self.drop()
                raise SinkError(Failure(FailureCode.NO_ANSWER), SinkRemedy.WAIT)

    def settle(self, timeout: float | None = None) -> None:
        """Wait until every message is answered; None: for the time-out of the settings."""
        end = time.monotonic() + (self._access.timeout if timeout is None else timeout)
        while self._sent and time.monotonic() < end:
            self.turn(0.1)
        if self._sent:
            self.drop()
            raise SinkError(Failure(FailureCode.NO_ANSWER), SinkRemedy.WAIT)

    def close(self) -> None:
        """Take leave, so that there is no last will and no session is kept; never raises."""
        properties = Properties(PacketTypes.DISCONNECT)
        properties.SessionExpiryInterval = 0
        if self._client is not None:
            with contextlib.suppress(OSError, ValueError):
                self._client.disconnect(properties=properties)
                self._client.loop(0.0)
        self.drop()

    def drop(self) -> None:
        """Let go of the connection without taking leave; never raises."""
        client, self._client = self._client, None
        self._sent.clear()
        found = client.socket() if client is not None else None
        if found is not None:
            with contextlib.suppress(OSError):
                found.close()

    @property
    def is_open(self) -> bool:
        """Whether it was opened, and its loss has not been noticed."""
        return self._client is not None

    def _live(self) -> Client:
        if self._client is None:
            raise SinkError(Failure(FailureCode.CONNECTION), SinkRemedy.WAIT)
        return self._client

    def _lost(self, code: MQTTErrorCode) -> None:
        ended, answered = self._ended, self._accepted is not None
        self.drop()
        if ended is not None and ended.is_failure:
            raise refusal(ended)
        detail = clean(code.name, 60)
        if not answered:
            # So does one that wants a certificate of its clients, in TLS 1.3.
            detail = "the broker closed it without an answer; it may want a certificate, or be no MQTT broker"
        elif code in (MQTTErrorCode.MQTT_ERR_CONN_LOST, MQTTErrorCode.MQTT_ERR_NO_CONN):
            detail = "the broker closed it"
        raise SinkError(Failure(FailureCode.CONNECTION, detail), SinkRemedy.WAIT)

    def _made(self) -> Client:
        made = _BoundedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._session.client_id,
            protocol=MQTTv5,
            reconnect_on_failure=False,
        )
        made.connect_timeout = self._access.timeout
        made.max_inflight_messages_set(WINDOW)
        if self._access.user or self._access.secret:
            made.username_pw_set(self._access.user, self._access.secret or None)
        if self._session.will is not None:
            properties = Properties(PacketTypes.WILLMESSAGE)
            properties.WillDelayInterval = self._session.will_delay
            made.will_set(*self._session.will, qos=1, retain=True, properties=properties)
        made.on_connect = self._on_connect
        made.on_publish = self._on_publish
        made.on_subscribe = self._on_subscribe
        made.on_message = self._on_message
        made.on_disconnect = self._on_disconnect
        return made

    def _on_connect(self, client: Client, data: object, flags: object, code: ReasonCode, had: Any) -> None:
        self._accepted = code
        self._window = min(WINDOW, getattr(had, "ReceiveMaximum", WINDOW) or WINDOW)

    def _on_publish(self, client: Client, data: object, mid: int, code: ReasonCode, had: object) -> None:
        topic, _ = self._sent.pop(mid, ("", 0.0))
        if topic:
            self._answered(topic, code.value)

    def _on_subscribe(
        self, client: Client, data: object, mid: int, codes: list[ReasonCode], had: object
    ) -> None:
        self.denied = max((one.value for one in codes if one.is_failure), default=0)

    def _on_message(self, client: Client, data: object, message: MQTTMessage) -> None:
        with contextlib.suppress(UnicodeDecodeError):
            self._received(BrokerMessage(message.topic, bytes(message.payload), message.retain))

    def _on_disconnect(self, client: Client, data: object, flags: Any, code: ReasonCode, had: object) -> None:
        if flags.is_disconnect_packet_from_server:
            self._ended = code


def is_refused(code: int) -> bool:
    """Return whether a reason code says that a message was not taken."""
    return code >= _FAILED


def refusal(code: ReasonCode) -> SinkError:
    """Return what a broker says as it refuses or ends a connection."""
    return refused(code.value, clean(str(code), 100))


def refused(code: int, detail: str) -> SinkError:
    """Return what a reason code of MQTT 5 (2.4) means."""
    failure = Failure(FailureCode.ANSWER, detail, code)
    kind, remedy = FailureCode.ANSWER, SinkRemedy.WAIT
    if code in _CREDENTIALS:
        kind, remedy = FailureCode.CREDENTIALS, SinkRemedy.SETTINGS
    elif code == _TAKEN_OVER:
        kind, remedy = FailureCode.TAKEN, SinkRemedy.SETTINGS
    elif code == _VERSION:
        remedy = SinkRemedy.SETTINGS
    elif code in _BUSY:
        kind = FailureCode.BUSY
    elif code in _ROW:
        kind, remedy = FailureCode.BAD_ROW, SinkRemedy.SMALLER
    elif code == _TOO_LARGE:
        kind, remedy = FailureCode.TOO_LARGE, SinkRemedy.SMALLER
    return SinkError(msgspec.structs.replace(failure, code=kind), remedy)
