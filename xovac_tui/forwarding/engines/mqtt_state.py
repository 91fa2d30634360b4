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
from typing import NamedTuple

import msgspec

from xovac_tui.forwarding.engines.mqtt_connection import (
    BrokerConnection,
    BrokerMessage,
    BrokerSession,
    MqttAccess,
    is_refused,
    refused,
)
from xovac_tui.forwarding.engines.mqtt_discovery import Discovery
from xovac_tui.forwarding.engines.mqtt_once import clear_retained, try_writing
from xovac_tui.forwarding.engines.mqtt_payloads import AT_LEAST, Retained, StateTopics, status
from xovac_tui.forwarding.engines.mqtt_rival import LISTEN, is_rivalled
from xovac_tui.forwarding.engines.mqtt_topics import ChamberTopics, client_id
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.forwarding.view import SETTINGS_WAIT, SinkState, SinkView

_STOP_WAIT = 2.0
"""Seconds that the end may take."""
_LEAVE = 1.0
"""Seconds that the broker may take for the last status."""
_LOOK = 0.2
"""Seconds after which a new state is seen."""
_STEADY = 60.0
"""Seconds that a connection must have lasted for the next one to be tried at once."""
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
    fresh: float = 3.0
    """A state that was given longer ago is not published: who gets it counts its age from then on."""
    held_after: float = 3 * AT_LEAST
    """Without a state for so long the program is held up."""
    listen: float = LISTEN
    """For so long another recorder of the chamber is listened for."""


class _Given(NamedTuple):
    """A state that is to be published."""

    summary: ChamberSummary
    at: float
    """When it was given, monotonic seconds."""


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
        self._newest: _Given | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"publish {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def publish(self, summary: ChamberSummary) -> None:
        """Take the state as it is now."""
        self._newest = _Given(summary, time.monotonic())

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
        if self._stopping.is_set():
            return
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
        self._own, self._pace, self._held_up = own, pace, False
        topics = self._states.topics
        self._connection = BrokerConnection(
            access,
            BrokerSession(
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
        newest: Callable[[], _Given | None],
        stopping: Callable[[], bool],
        show: Callable[[int, Failure | None], None],
    ) -> None:
        """Publish what is newest until the end; raises SinkError where the connection is lost."""
        connection, states = self._connection, self._states
        connection.open()
        seen: _Given | None = None
        try:
            self._say_alive(self._is_held_up(newest()))
            self._round(newest())
            base = states.topics.base
            own = (f"{base}/alarm/+", f"{base}/channel/+")
            connection.subscribe(*own, *((f"{self._prefix}/status",) if self._prefix else ()))
            while not stopping():
                connection.turn(_LOOK if not self._waiting else 0.0)
                given = newest()
                if self._is_held_up(given) != self._held_up:
                    self._say_alive(not self._held_up)
                # What is not answered yet holds back what is newer: then the newest of all is next.
                news = given is not seen or self._due_anew() or states.is_more(time.monotonic())
                if news and not self._waiting and not connection.pending:
                    seen = given
                    self._round(given)
                self._send()
                if not connection.pending and not self._waiting:
                    sent, self._sent = self._sent, 0
                    show(sent, self._refusal())
            self._leave()
            connection.close()
        finally:
            # Without taking leave, unless that is done: then the last will says that it was lost.
            connection.drop()

    def _is_held_up(self, given: _Given | None) -> bool:
        return given is not None and time.monotonic() - given.at > self._pace.held_after

    def _say_alive(self, held_up: bool) -> None:
        """Say `online`, or `offline` while the program is held up, though this thread goes on."""
        self._held_up = held_up
        reported = self._status(not held_up, "held up" if held_up else "")
        self._waiting.append(Retained(self._states.topics.status, reported))

    def _round(self, given: _Given | None) -> None:
        if self._due_anew():
            self._anew, self._begun = False, time.monotonic()
            self._states.begin()
        if given is not None and time.monotonic() - given.at <= self._pace.fresh:
            self._waiting.extend(self._states.due(given.summary, time.monotonic()))
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
