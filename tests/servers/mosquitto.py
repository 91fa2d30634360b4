"""mosquitto as Debian has it, with the configuration and the access list that the documentation shows."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.servers.base import Server, free_port, listens, program

DOCS = Path(__file__).parents[2] / "docs" / "mosquitto"
USERS = {"bench-1": "one", "bench-2": "two", "viewer": "see", "homeassistant": "ha", "collector": "all"}
"""User -> password."""


class Mosquitto(Server):
    """A broker. Retained messages survive its end, as it is set up."""

    def __init__(self, folder: Path, *, pki: Path | None = None, more: str = "") -> None:
        """Take the folder of the certificates, None: no TLS; `more` is added to the configuration."""
        self.port = free_port()
        self._pki = pki
        passwords = folder / "passwords"
        passwords.touch(0o600)
        for user, secret in USERS.items():
            added = [program("mosquitto_passwd", "mosquitto"), "-b", str(passwords), user, secret]
            subprocess.run(added, check=True, capture_output=True, timeout=30)
        (folder / "acl").write_text((DOCS / "acl").read_text())
        (folder / "mosquitto.conf").write_text(self._configuration(folder) + more)
        super().__init__(
            [program("mosquitto", "mosquitto"), "-c", str(folder / "mosquitto.conf")],
            folder,
            lambda: listens(self.port),
            name="mosquitto",
        )

    def _configuration(self, folder: Path) -> str:
        """Return the shipped configuration with the port and the places of this test, and nothing else."""
        text = (DOCS / "mosquitto.conf").read_text()
        places = {
            "/etc/mosquitto/ca.pem": f"{self._pki}/ca.pem",
            "/etc/mosquitto/broker.pem": f"{self._pki}/good.pem",
            "/etc/mosquitto/broker.key": f"{self._pki}/good.key",
            "/etc/mosquitto/passwords": f"{folder}/passwords",
            "/etc/mosquitto/acl": f"{folder}/acl",
            "/var/lib/mosquitto/": f"{folder}/",
            "listener 8883": f"listener {self.port} 127.0.0.1",
        }
        for old, new in places.items():
            assert old in text, f"the shipped configuration has no {old}"
            text = text.replace(old, new)
        if self._pki is None:
            text = re.sub(r"^(certfile|keyfile|cafile|tls_version) .*\n", "", text, flags=re.MULTILINE)
        # Not as a user of its own, who could not read the folders of the test.
        return text + "user root\n"

    @property
    def url(self) -> str:
        """Its address."""
        return f"mqtts://localhost:{self.port}" if self._pki else f"mqtt://127.0.0.1:{self.port}"


@contextmanager
def mosquitto(folder: Path, *, pki: Path | None = None, more: str = "") -> Iterator[Mosquitto]:
    """Run a broker in a folder."""
    folder.mkdir(exist_ok=True)
    server = Mosquitto(folder, pki=pki, more=more)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Reader:
    """A client of the test by itself: hears everything below a filter, and keeps the newest of each topic."""

    def __init__(
        self, port: int, topic: str = "xovac/#", *, user: str = "viewer", client_id: str = "", qos: int = 0
    ) -> None:
        """With a `client_id` the broker keeps messages for it while it is away."""
        self.messages: list[tuple[str, bytes, bool]] = []
        """Topic, payload, and whether the broker had kept it."""
        self.connected = 0
        """How often it has subscribed."""
        self._news = threading.Condition()
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5)
        self._client.username_pw_set(user, USERS[user])
        self._client.reconnect_delay_set(0.05, 0.05)  # type: ignore[arg-type]
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos)
        self._client.on_subscribe = self._on_subscribe
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600 if client_id else 0
        self._client.connect(
            "127.0.0.1", port, keepalive=60, clean_start=not client_id, properties=properties
        )
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def _on_subscribe(self, *_: object) -> None:
        with self._news:
            self.connected += 1
            self._news.notify_all()
        self._subscribed.set()

    def _on_message(self, client: Client, data: object, message: MQTTMessage) -> None:
        with self._news:
            self.messages.append((message.topic, bytes(message.payload), message.retain))
            self._news.notify_all()

    def newest(self) -> Mapping[str, bytes]:
        """Return topic -> newest payload of what is not cleared."""
        with self._news:
            return {topic: payload for topic, payload, _ in self.messages if payload}

    def until(self, condition: Callable[[Mapping[str, bytes]], object], within: float = 10.0) -> float:
        """Wait until what came fulfils a condition; return for how many seconds."""
        began = time.monotonic()
        with self._news:
            done = self._news.wait_for(
                lambda: condition({topic: payload for topic, payload, _ in self.messages}), within
            )
        assert done, f"in vain: {self.messages[-20:]}"
        return time.monotonic() - began

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish a message, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def close(self) -> None:
        """Take leave; a broker that keeps messages for it goes on with that."""
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def reading(
    server: Mosquitto, topic: str = "xovac/#", *, user: str = "viewer", client_id: str = "", qos: int = 0
) -> Iterator[Reader]:
    """Read from a broker."""
    reader = Reader(server.port, topic, user=user, client_id=client_id, qos=qos)
    try:
        yield reader
    finally:
        reader.close()
