"""50 chambers on a real mosquitto, each with a new state a second: CPU and bytes to the terminal."""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.bare import READY
from benchmarks.measure import SIZE, Row, at_most, cpu_used, module, ratio
from tests.helpers.pty import PROGRAM, Pty
from tests.servers.mosquitto import USERS, Mosquitto, mosquitto
from xovac_tui.forwarding.summary import ChamberSummary, ChannelSummary

CHAMBERS = 50
SETTLE_SECONDS = 5.0
TOPIC = "xovac/lab-{number}/bench-1/{what}"
"""The access list lets a user write the chamber that is called as the user, on every site."""
SETTINGS = """
[[forward.sinks]]
name = "lab"
kind = "mqtt"
url = "{url}"
user = "viewer"
secret_env = "BROKER_SECRET"
"""


def state(number: int, second: int) -> ChamberSummary:
    """Return a chamber in which a recipe runs and every value is another one than a second before."""
    utc = time.time()
    celsius = 20 + 40 * math.sin(second / 300 + number) + 0.01 * (second % 7)
    about: dict[str, Any] = {"quality": "good", "age": 0.4, "pinned": True}
    return ChamberSummary(
        chamber="bench-1",
        site=f"lab-{number}",
        utc=utc,
        host="lab-pc",
        link="ONLINE",
        link_since=utc - 3600.0,
        newest_age=0.4,
        run="RUNNING",
        last_run="RUNNING",
        recipe="Bakeout and 4 cycles",
        step=4,
        steps=18,
        label="hold",
        ends=utc + 3_600.0,
        target=celsius,
        target_unit="degC",
        alarms=(),
        channels=(
            ChannelSummary(
                name="part",
                full_name="s.part",
                label="Test part",
                unit="degC",
                value=celsius,
                role="controlled",
                **about,
            ),
            ChannelSummary(
                name="p",
                full_name="s.p",
                label="Pressure",
                unit="mbar",
                value=1e-6 * (1 + (second * 7 + number) % 89),
                **about,
            ),
        ),
        recorder="on",
    )


@contextmanager
def published(broker: Mosquitto) -> Iterator[Client]:
    """Publish all chambers once a second from a thread, spread over the second."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.username_pw_set("bench-1", USERS["bench-1"])
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    ended = threading.Event()

    def publish() -> None:
        due, second = time.monotonic(), 0
        for number in range(CHAMBERS):
            online = msgspec.json.encode({"state": "online", "t": time.time()})
            client.publish(TOPIC.format(number=number, what="status"), online, qos=1, retain=True)
        while not ended.is_set():
            for number in range(CHAMBERS):
                payload = msgspec.json.encode(state(number, second))
                client.publish(TOPIC.format(number=number, what="state"), payload, qos=1, retain=True)
                due += 1 / CHAMBERS
                ended.wait(max(0.0, due - time.monotonic()))
            second += 1

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    try:
        yield client
    finally:
        ended.set()
        thread.join(5)
        client.disconnect()
        client.loop_stop()


def watch(seconds: float) -> tuple[float, float, float]:
    """Return bytes per second, and the processor time of fleet and bare app over the same seconds."""
    with tempfile.TemporaryDirectory() as folder, mosquitto(Path(folder) / "broker") as broker:
        (Path(folder) / "config.toml").write_text(SETTINGS.format(url=broker.url))
        with (
            published(broker),
            Pty(module("bare", "ticking"), home=folder, size=SIZE) as bare,
            Pty([*PROGRAM, "fleet"], home=folder, size=SIZE, env={"BROKER_SECRET": USERS["viewer"]}) as ours,
        ):
            bare.wait_raw(READY.encode())
            ours.wait_for("50 chambers")
            time.sleep(SETTLE_SECONDS)
            written = ours.count
            mine, theirs = cpu_used((ours.process.pid, bare.process.pid), seconds)
            written = ours.count - written
            shown = ours.text()
            assert shown.count("ONLINE") >= 10, f"not all live:\n{shown}"
    return written / seconds, mine, theirs


def measure(quick: bool) -> list[Row]:
    """Watch the fleet."""
    seconds = 8.0 if quick else 30.0
    written, ours, theirs = watch(seconds)
    name = f"fleet of {CHAMBERS} chambers at 1 Hz"
    return [
        at_most(f"{name}: to the terminal", written, 4_000, "B/s"),
        ratio(f"{name}: CPU, to one label", ours / seconds * 100, theirs / seconds * 100, "%", most=8),
    ]
