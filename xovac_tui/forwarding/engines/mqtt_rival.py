"""Finds out whether another recorder publishes as the same chamber.

Both have the same client id, so that a broker ends the connection of one when the other one comes. If each
came back at once they would go on so for ever. MQTT 5 has a reason code for that (0x8E, session taken over),
but mosquitto 2.0.11 only closes the connection, as it also does when it ends.
"""

from __future__ import annotations

import time

import msgspec

from xovac_tui.forwarding.engines.mqtt_connection import (
    BrokerConnection,
    BrokerMessage,
    BrokerSession,
    MqttAccess,
)
from xovac_tui.forwarding.engines.mqtt_payloads import AT_LEAST
from xovac_tui.forwarding.engines.mqtt_topics import ChamberTopics

ANSWER = 0.5
"""Seconds in which what the broker keeps has come."""
LISTEN = AT_LEAST + 2.0
"""Seconds in which a recorder publishes its state at least once."""


class PublishedStatus(msgspec.Struct, frozen=True):
    """What `status` says."""

    state: str
    id: str = ""
    """Names the process that publishes."""
    why: str = ""
    t: float | None = None
    """UTC seconds; of a last will the beginning of its connection."""


def is_rivalled(access: MqttAccess, topics: ChamberTopics, own: str, *, listen: float = LISTEN) -> bool:
    """Return whether another process publishes as this chamber now; `own` is the id of this one.

    A status that a dead recorder has left is no proof; a state that comes within `listen` seconds is. Blocks,
    but only where the broker keeps an `online` of another one; raises SinkError.
    """
    online: list[bool] = []
    live: list[bytes] = []

    def received(message: BrokerMessage) -> None:
        if message.topic == topics.status:
            online.append(_is_others(message.payload, own))
        elif not message.retained:
            live.append(message.payload)

    connection = BrokerConnection(access, BrokerSession(""), received=received)
    try:
        connection.open()
        connection.subscribe(topics.status, topics.state)
        end = time.monotonic() + ANSWER
        while not online and time.monotonic() < end:
            connection.turn(0.05)
        end = time.monotonic() + listen
        while online and online[-1] and not live and time.monotonic() < end:
            connection.turn(0.1)
        return bool(online and online[-1] and live)
    finally:
        connection.close()


def _is_others(payload: bytes, own: str) -> bool:
    try:
        reported = msgspec.json.decode(payload, type=PublishedStatus)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return reported.state == "online" and reported.id != own
