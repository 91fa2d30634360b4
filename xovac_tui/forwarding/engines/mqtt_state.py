"""Publishes the state of a chamber to an MQTT broker: retained topics, and a last will.

Nothing is ever subscribed to that could be a command: a retained or queued one would be carried out again on
every connection, MQTT may deliver one twice, and a broker knows no hazard, no typed name and no user.
"""

from __future__ import annotations

import logging
import random
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from xovac_tui.forwarding.engines.mqtt_connection import (
    BrokerConnection,
    BrokerMessage,
    MqttAccess,
    Session,
    is_refused,
    refused,
)
from xovac_tui.forwarding.engines.mqtt_discovery import Discovery
from xovac_tui.forwarding.engines.mqtt_payloads import Retained, StateTopics, status
from xovac_tui.forwarding.engines.mqtt_rival import LISTEN, is_rivalled
from xovac_tui.forwarding.engines.mqtt_topics import ChamberTopics, client_id
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.forwarder import SETTINGS_WAIT
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.forwarding.view import SinkState, SinkView

_STOP_WAIT = 2.0
"""Seconds that the end may take."""
_LEAVE = 1.0
"""Seconds that the broker may take for the last status."""
_LOOK = 0.2
"""Seconds after which a new state is seen."""
_STEADY = 60.0
"""Seconds that a connection must have lasted for the next one to be tried at once."""
SETTLED = 1.0
"""Seconds without a message after which everything that the broker keeps has come."""
ANEW = 5.0
"""Seconds between two times at the least that everything is published again because Home Assistant began."""


class MqttPace(msgspec.Struct, frozen=True):
    """How fast a publisher notices, and tries again; seconds."""

    keepalive: int = 10
    will_delay: int = 5
    """For so long a lost connection is no news."""
    first_wait: float = 1.0
    longest_wait: float = 15.0
    settings_wait: float = SETTINGS_WAIT
    listen: float = LISTEN
    """For so long another recorder of the chamber is listened for."""


class MqttPublisher:
    """Publishes the newest state from a thread of its own."""

    def __init__(
        self,
        name: str,
        access: MqttAccess,
        chamber: ForwardedChamber,
        discovery: str = "",
        pace: MqttPace | None = None,
    ) -> None:
        """Take the name of the sink, and the prefix of Home Assistant's discovery; empty: none."""
        self._access, self._chamber, self._prefix = access, chamber, discovery
        self._pace = pace or MqttPace()
        self._topics = ChamberTopics(chamber)
        self.view = SinkView(name=name, kind="mqtt")
        """How it is; replaced, never changed."""
        self._own = secrets.token_hex(4)
        self._lost = False
        self._newest: ChamberSummary | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"publish {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def publish(self, summary: ChamberSummary) -> None:
        """Take the state as it is now."""
        self._newest = summary

    def stop(self, *, wait: bool = False) -> None:
        """End, and say that the recorder has stopped; may be called again."""
        self._stopping.set()
        if wait and self._thread.is_alive():
            self._thread.join(_STOP_WAIT)

    def trial(self) -> Iterator[str]:
        """Try step by step whether it can be used: connect, then write what is not kept."""
        yield from try_writing(self._access, self._topics.trial)

    def forget(self) -> int:
        """Clear everything that the broker keeps of the chamber; return of how many topics."""
        discovery = Discovery(self._chamber, self._prefix) if self._prefix else None
        return clear_retained(self._access, self._topics, discovery)

    def _run(self) -> None:
        failed = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._session()
            except SinkError as error:
                wrong = error
            except Exception as error:  # a defect here is no reason to leave the thread
                logging.getLogger(__name__).warning("publishing to %s failed", self.view.name, exc_info=error)
                wrong = SinkError(Failure(FailureCode.DEFECT, type(error).__name__), SinkRemedy.SETTINGS)
            else:
                return
            failed = 0 if time.monotonic() - began > _STEADY else failed
            self._stopping.wait(self._failing(wrong, failed))
            failed += 1

    def _failing(self, error: SinkError, failed: int) -> float:
        """Take note of a failure; return for how many seconds to wait."""
        settings = error.remedy is SinkRemedy.SETTINGS
        state = SinkState.STOPPED if settings else SinkState.WAITING
        self.view = msgspec.structs.replace(self.view, state=state, failure=error.failure)
        pace = self._pace
        doubled = min(pace.longest_wait, pace.first_wait * 2.0 ** min(failed, 10))
        wait = pace.settings_wait if settings else doubled
        return wait * (0.75 + 0.25 * random.random())

    def _session(self) -> None:
        """Publish on one connection until the end; raises SinkError where it is lost."""
        if self._lost and is_rivalled(self._access, self._topics, self._own, listen=self._pace.listen):
            raise SinkError(Failure(FailureCode.TAKEN), SinkRemedy.SETTINGS)
        _PublishingSession(self._access, self._chamber, self._prefix, self._pace, self._own).run(
            newest=lambda: self._newest, stopping=self._stopping.is_set, show=self._show
        )

    def _show(self, sent: int, failure: Failure | None) -> None:
        # From now on a connection that is lost may be one that another recorder has taken over.
        self._lost = True
        state = SinkState.ON if failure is None else SinkState.STOPPED
        view = self.view
        if sent or (view.state, view.failure) != (state, failure):
            self.view = msgspec.structs.replace(view, state=state, failure=failure, sent=view.sent + sent)


class _PublishingSession:
    """What is published on one connection."""

    def __init__(
        self, access: MqttAccess, chamber: ForwardedChamber, prefix: str, pace: MqttPace, own: str
    ) -> None:
        self._states = StateTopics(chamber, prefix)
        self._prefix, self._host = prefix, socket.gethostname()
        self._own = own
        topics = self._states.topics
        self._connection = BrokerConnection(
            access,
            Session(
                client_id(chamber, "s"),
                keepalive=pace.keepalive,
                kept=pace.will_delay + 60,
                will=(topics.status, self._status(False, "connection lost")),
                will_delay=pace.will_delay,
            ),
            received=self._received,
            answered=self._answered,
        )
        self._waiting: deque[Retained] = deque()
        self._sent = 0
        """Messages that were taken since that was shown."""
        self._anew = False
        """Home Assistant has begun: it knows of nothing."""
        self._begun = time.monotonic()

    def run(
        self,
        newest: Callable[[], ChamberSummary | None],
        stopping: Callable[[], bool],
        show: Callable[[int, Failure | None], None],
    ) -> None:
        """Publish what is newest until the end; raises SinkError where the connection is lost."""
        connection, states = self._connection, self._states
        connection.open()
        seen: ChamberSummary | None = None
        try:
            self._waiting.append(Retained(states.topics.status, self._status(True)))
            self._round(newest())
            base = states.topics.base
            own = (f"{base}/alarm/+", f"{base}/channel/+")
            connection.subscribe(*own, *((f"{self._prefix}/status",) if self._prefix else ()))
            while not stopping():
                connection.turn(_LOOK if not self._waiting else 0.0)
                summary = newest()
                # What is not answered yet holds back what is newer: then the newest of all is next.
                news = summary is not seen or self._due_anew() or states.is_more(time.monotonic())
                if news and not self._waiting and not connection.pending:
                    seen = summary
                    self._round(summary)
                self._send()
                if not connection.pending and not self._waiting:
                    sent, self._sent = self._sent, 0
                    show(sent, self._refusal())
            self._leave()
            connection.close()
        finally:
            # Without taking leave, unless that is done: then the last will says that it was lost.
            connection.drop()

    def _round(self, summary: ChamberSummary | None) -> None:
        if self._due_anew():
            self._anew, self._begun = False, time.monotonic()
            self._states.begin()
        if summary is not None:
            self._waiting.extend(self._states.due(summary, time.monotonic()))
        self._send()

    def _due_anew(self) -> bool:
        return self._anew and time.monotonic() - self._begun > ANEW

    def _send(self) -> None:
        while self._waiting and self._connection.room > 0:
            one = self._waiting.popleft()
            self._connection.publish(one.topic, one.payload)

    def _leave(self) -> None:
        self._connection.publish(self._states.topics.status, self._status(False, "stopped"))
        self._connection.settle(_LEAVE)

    def _status(self, online: bool, why: str = "") -> bytes:
        return status(online, time.time(), self._host, self._own, why)

    def _received(self, message: BrokerMessage) -> None:
        if self._prefix and message.topic == f"{self._prefix}/status":
            self._anew = self._anew or (message.payload == b"online" and not message.retained)
        elif message.retained and message.payload:
            self._states.found(message.topic)

    def _answered(self, topic: str, code: int) -> None:
        taken = not is_refused(code)
        self._states.answered(topic, 0 if taken else code, time.monotonic())
        self._sent += taken

    def _refusal(self) -> Failure | None:
        found = self._states.refused
        return refused(found[1], found[0]).failure if found is not None else None


def try_writing(access: MqttAccess, topic: str) -> Iterator[str]:
    """Connect, then write a message that is not kept; yields the name of each step that is done."""
    codes: list[int] = []
    connection = BrokerConnection(access, Session(""), answered=lambda topic, code: codes.append(code))
    try:
        connection.open()
        yield "connect"
        connection.publish(topic, b"{}", retain=False)
        connection.settle()
        if is_refused(codes[0]):
            raise refused(codes[0], topic)
        yield "write"
    finally:
        connection.close()


def clear_retained(access: MqttAccess, topics: ChamberTopics, discovery: Discovery | None) -> int:
    """Clear everything that a broker keeps of a chamber; return of how many topics. Raises SinkError."""
    found: dict[str, float] = {}
    wrong: list[tuple[str, int]] = []
    heard = [time.monotonic()]

    def received(message: BrokerMessage) -> None:
        heard[0] = time.monotonic()
        own = message.topic.startswith(f"{topics.base}/") or (
            discovery is not None and discovery.is_own(message.payload)
        )
        if message.retained and message.payload and own:
            found[message.topic] = heard[0]

    def answered(topic: str, code: int) -> None:
        if is_refused(code):
            wrong.append((topic, code))

    connection = BrokerConnection(access, Session(""), received=received, answered=answered)
    try:
        connection.open()
        connection.subscribe(f"{topics.base}/#", *((discovery.topics,) if discovery is not None else ()))
        heard[0] = time.monotonic()
        while time.monotonic() - heard[0] < SETTLED:
            connection.turn(0.1)
        for topic in found:
            while connection.room <= 0:
                connection.turn(0.1)
            connection.publish(topic, b"")
        connection.settle()
    finally:
        connection.close()
    if wrong:
        raise refused(wrong[0][1], wrong[0][0])
    return len(found)
