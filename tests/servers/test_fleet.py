"""The fleet's screen in one process, recorders in others, and a real mosquitto between them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.pty import PROGRAM, Pty, environment
from tests.helpers.servers import Server, socketio_server
from tests.servers.mosquitto import USERS, Mosquitto, mosquitto

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the server of these tests is Debian's"),
]
CONTRACT = """
origin = "assumed"
source = "test"
[messages.telemetry."plate"]
label = "Plate"
unit = "degC"
pin = true
"""
SINK = """
[[forward.sinks]]
name = "lab"
kind = "mqtt"
url = "{url}"
user = "{user}"
secret_env = "BROKER_SECRET"
"""
WITHIN = 2.0
"""Seconds that a value may take from the device to the screen."""


@contextmanager
def recorder(broker: Mosquitto, home: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Record and publish a chamber in a process of its own."""
    home.mkdir()
    (home / "own.toml").write_text(CONTRACT)
    (home / "config.toml").write_text(
        f'[profiles.bench-1]\nurl = "{url}"\ncontracts = ["own.toml"]\n'
        '[forward]\nto = ["lab"]\nsite = "lab"\n' + SINK.format(url=broker.url, user="bench-1")
    )
    process = subprocess.Popen(
        [*PROGRAM, "record", "--profile", "bench-1"],
        env=environment(home, BROKER_SECRET=USERS["bench-1"]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


async def send(device: Server, values: list[float]) -> None:
    """Send the newest of these values once a second."""
    while True:
        await device.sio.emit("telemetry", json.dumps({"plate": values[-1]}))
        await asyncio.sleep(1.0)


async def test_a_value_reaches_the_screen_of_another_process_within_two_seconds(tmp_path: Path) -> None:
    values = [20.0]
    viewer = tmp_path / "viewer"
    viewer.mkdir()
    with mosquitto(tmp_path / "broker") as broker:
        (viewer / "config.toml").write_text(SINK.format(url=broker.url, user="viewer"))
        async with socketio_server() as device:
            sending = asyncio.create_task(send(device, values))
            with (
                recorder(broker, tmp_path / "recorder", device.url) as recording,
                Pty(
                    [*PROGRAM, "fleet"], home=viewer, size=(80, 24), env={"BROKER_SECRET": USERS["viewer"]}
                ) as screen,
            ):
                await asyncio.to_thread(screen.wait_for, "+20.0 °C", 30.0)
                took = []
                for number in range(1, 6):
                    # At any moment between two messages of the device.
                    await asyncio.sleep(1.0 + 0.17 * number)
                    values.append(20.0 + number)
                    sent = time.monotonic()
                    await device.sio.emit("telemetry", json.dumps({"plate": values[-1]}))
                    await asyncio.to_thread(screen.wait_for, f"+{values[-1]:.1f} °C", 10.0)
                    took.append(time.monotonic() - sent)
                print(f"from the device to the fleet: {', '.join(f'{one:.2f}' for one in took)} s")
                assert max(took) <= WITHIN, took
                # The recorder is killed: its last will says so, and nothing looks live any more.
                recording.kill()
                shown = await asyncio.to_thread(screen.wait_for, "RECORDER GONE", 40.0)
                assert "(+25.0 °C)" in shown
                assert "ONLINE" not in shown
                broker.kill()
                await asyncio.to_thread(screen.wait_for, "✖ LOST bus lab", 30.0)
                screen.send("q")
                assert await asyncio.to_thread(screen.wait) == 0
                screen.assert_as_before()
            sending.cancel()
