"""Done once on a connection of its own: a trial, and clearing what a broker keeps of a chamber."""

from __future__ import annotations

import time
from collections.abc import Iterator

from xovac_tui.forwarding.engines.mqtt_connection import (
    BrokerConnection,
    BrokerMessage,
    BrokerSession,
    MqttAccess,
    is_refused,
    refused,
)
from xovac_tui.forwarding.engines.mqtt_discovery import Discovery
from xovac_tui.forwarding.engines.mqtt_topics import ChamberTopics

SETTLED = 1.0
"""Seconds without a message after which everything that the broker keeps has come."""


def try_writing(access: MqttAccess, topic: str) -> Iterator[str]:
    """Connect, then write a message that is not kept; yields the name of each step that is done."""
    codes: list[int] = []
    connection = BrokerConnection(access, BrokerSession(""), answered=lambda topic, code: codes.append(code))
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

    connection = BrokerConnection(access, BrokerSession(""), received=received, answered=answered)
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
