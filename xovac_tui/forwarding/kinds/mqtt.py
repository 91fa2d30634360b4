"""An MQTT broker: the newest state in retained topics, on request also every message."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self
from urllib.parse import urlsplit

import msgspec

from xovac_tui.clock import Clock
from xovac_tui.forwarding import engines
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.publisher import StatePublisher
from xovac_tui.forwarding.reports import FleetSource, FleetSourceView, LostSource, SourceState
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import USER_IN_ADDRESS, ForwardedChamber, Sink

_PREFIX = re.compile(r"[^\s+#/$][^\s+#]{0,199}(?<!/)")


class MqttSink(Sink, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="mqtt"):
    """A broker that speaks MQTT 5; its address is `mqtt://host` or `mqtts://host`, without a password."""

    cert_file: str = ""
    """PEM file of a certificate by which the broker knows this client; it may hold the key, too."""
    key_file: str = ""
    """PEM file of its key."""
    discovery: str = ""
    """Prefix of Home Assistant's discovery, there `homeassistant`; empty: nothing is announced."""
    events: bool = False
    """Also publish every message and every entry of the log, at least once."""

    @property
    def is_http(self) -> bool:
        return False

    def wrong_in(self, url: str) -> str:
        return _broker_mistake(url) or super().wrong_in(url)

    def placed(self, place: Callable[[str], str]) -> Self:
        """Return it with absolute names of files; `place` makes one."""
        return msgspec.structs.replace(
            super().placed(place), cert_file=place(self.cert_file), key_file=place(self.key_file)
        )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for everything that has the right type and still cannot be right."""
        yield from super().check()
        if self.key_file and not self.cert_file:
            yield "key_file", "a key is of no use without its certificate. Give `cert_file`, too."
        if self.discovery and not _PREFIX.fullmatch(self.discovery):
            yield "discovery", 'give a prefix of topics without spaces, + and #, such as "homeassistant".'

    @property
    def takes_history(self) -> bool:
        return self.events

    @property
    def takes_state(self) -> bool:
        return True

    def history(self, chamber: ForwardedChamber, secret: str) -> HistorySink:
        """Return what forwards a chamber there; raises SinkError where paho-mqtt is missing."""
        with _library():
            made = engines.mqtt_events.MqttEvents
        return made(self.access(secret), chamber)

    def publisher(self, chamber: ForwardedChamber, secret: str) -> StatePublisher:
        """Return what publishes a chamber there; raises SinkError where paho-mqtt is missing."""
        with _library():
            made = engines.mqtt_state.MqttPublisher
        return made(self.name, self.access(secret), chamber, self.discovery)

    def fleet(self, secret: Callable[[], str], clock: Clock) -> FleetSource:
        """Return what reports all chambers there; `secret` reads the secret, and may raise SinkError."""
        try:
            with _library():
                made = engines.mqtt_fleet.BrokerFleet
        except SinkError as error:
            return LostSource(
                FleetSourceView(
                    name=self.name, place=self.where, state=SourceState.LOST, failure=error.failure
                )
            )
        return made(lambda: self.access(secret()), clock, name=self.name, place=self.where)

    def access(self, secret: str) -> engines.mqtt_connection.MqttAccess:
        """Return how to get into the broker; raises SinkError where the address is none of a broker."""
        if _broker_mistake(self.url):
            raise SinkError(
                Failure(FailureCode.NOT_FOUND, "the address must be mqtt://"), SinkRemedy.SETTINGS
            )
        return engines.mqtt_connection.MqttAccess(
            url=self.url,
            user=self.user,
            secret=secret,
            ca_file=self.ca_file,
            cert_file=self.cert_file,
            key_file=self.key_file,
            timeout=self.timeout,
        )


def _broker_mistake(url: str) -> str:
    """Return what is wrong with the address of a broker, without repeating it; empty where nothing is."""
    try:
        parts = urlsplit(url)
        well = parts.scheme in ("mqtt", "mqtts") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well:
        return "the address must be mqtt:// or mqtts:// with a host, such as mqtts://broker.example.org."
    if parts.username is not None:
        return USER_IN_ADDRESS
    if parts.path not in ("", "/") or parts.query:
        return "a broker's address ends with its host and port. Remove what stands behind."
    return ""


@contextmanager
def _library() -> Iterator[None]:
    """Raise SinkError where paho-mqtt is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "paho":
            raise
        raise SinkError(Failure(FailureCode.MISSING, "mqtt"), SinkRemedy.SETTINGS) from None
