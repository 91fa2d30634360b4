"""The newest state on a real mosquitto: after an outage, and what 16 channels cost."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Row, at_most
from tests.helpers.summaries import channel, summary
from tests.servers.mosquitto import USERS, Mosquitto, Reader, mosquitto, reading
from xovac_tui.forwarding.engines.mqtt_connection import MqttAccess
from xovac_tui.forwarding.engines.mqtt_state import MqttPace, MqttPublisher
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import ChamberSummary

CHANNELS = 16
HOUR = 3_600
"""States of one a second."""
MOST_SECONDS, MOST_CPU, MOST_BYTES = 2.0, 5.0, 4_000.0
BENCH = ForwardedChamber("bench-1", "lab")
BASE = "xovac/lab/bench-1"


def measure(quick: bool) -> list[Row]:
    """Publish while the broker is away for an hour's states, then a while at 1 Hz."""
    with tempfile.TemporaryDirectory() as name, mosquitto(Path(name) / "broker") as server:
        access = MqttAccess(url=server.url, user="bench-1", secret=USERS["bench-1"])
        publisher = MqttPublisher("lab", access, BENCH, pace=MqttPace(fresh=60.0))
        publisher.start()
        publisher.publish(state(0))
        _until_published(server, 0)
        took, old = _after_an_outage(server, publisher)
        cpu, size = _cost(server, publisher, 5 if quick else 20)
        publisher.stop(wait=True)
    return [
        Row(
            "newest state on the broker after an outage of an hour",
            f"{took:.2f} s after the connection, {old} old ones",
            f"<= {MOST_SECONDS:g} s, 0",
            took <= MOST_SECONDS and not old,
        ),
        at_most("16 channels that change at 1 Hz to MQTT: CPU", cpu, MOST_CPU, "ms/s"),
        at_most("the same: topics and payloads", size, MOST_BYTES, "B/s"),
    ]


def state(number: int) -> ChamberSummary:
    """Return a state in which every channel has changed; three are pinned."""
    channels = (channel(f"c{one}", number + one / 100, pinned=one < 3) for one in range(CHANNELS))
    return summary(float(number), channels=tuple(channels))


def _value(payload: bytes) -> float | None:
    value: float | None = json.loads(payload)["value"]
    return value


def _until_published(server: Mosquitto, number: int) -> None:
    with reading(server, f"{BASE}/channel/c0") as reader:
        reader.until(lambda found: any(_value(one) == number for one in found.values()), within=60.0)


def _after_an_outage(server: Mosquitto, publisher: MqttPublisher) -> tuple[float, int]:
    """Return seconds from the connection to the newest value, and how many older values came."""
    server.kill()
    for number in range(1, HOUR + 1):
        publisher.publish(state(number))
    server.start()
    with reading(server, f"{BASE}/+/c0") as reader, reading(server, f"{BASE}/status") as statuses:
        statuses.until(lambda found: any(b"online" in one for one in found.values()), within=60.0)
        began = time.monotonic()
        reader.until(lambda found: any(_value(one) == HOUR for one in found.values()), within=60.0)
        took = time.monotonic() - began
        # What the broker itself had kept over its end is none of the publisher's.
        sent = [_value(payload) for _, payload, kept in reader.messages if not kept]
    return took, sum(one != HOUR for one in sent)


def _cost(server: Mosquitto, publisher: MqttPublisher, seconds: int) -> tuple[float, float]:
    """Return milliseconds of CPU a second, of publisher and its encoding, and bytes a second."""
    began = time.process_time()
    for number in range(seconds):
        publisher.publish(state(HOUR + 1 + number))
        time.sleep(1.0)
    cpu = (time.process_time() - began) / seconds * 1_000
    return cpu, _bytes_a_second(server, publisher, seconds)


def _bytes_a_second(server: Mosquitto, publisher: MqttPublisher, seconds: int) -> float:
    """Return the same as a reader counts it, who costs CPU of this process, too."""
    with reading(server) as reader:
        size = _size(reader)
        for number in range(seconds):
            publisher.publish(state(2 * HOUR + number))
            time.sleep(1.0)
        return (_size(reader) - size) / seconds


def _size(reader: Reader) -> int:
    return sum(len(topic) + len(payload) for topic, payload, _ in reader.messages)
