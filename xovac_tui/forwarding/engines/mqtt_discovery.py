"""Configurations for Home Assistant's MQTT discovery (home-assistant.io, "MQTT discovery", "MQTT sensor").

Sensors only: a button or a switch would be a way to command the chamber from a bus.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from xovac_tui import __version__
from xovac_tui.forwarding.engines.mqtt_topics import ChamberTopics, level, plain_id
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import ChamberSummary, ChannelSummary
from xovac_tui.units import unit_of

CHANNEL_EXPIRES, STATE_EXPIRES = 180, 60
"""Seconds after which Home Assistant drops a value: some times what it is published again after."""
CLASSES = {
    "degC": ("temperature", "°C"),
    "degF": ("temperature", "°F"),
    **{name: ("pressure", name) for name in ("Pa", "hPa", "kPa", "mbar", "bar", "mmHg", "inHg", "psi")},
    **{name: ("power", name) for name in ("W", "kW")},
    **{name: ("voltage", name) for name in ("V", "mV")},
    **{name: ("current", name) for name in ("A", "mA")},
    **{name: ("frequency", name) for name in ("Hz", "kHz", "MHz")},
    **{name: ("duration", name) for name in ("ms", "s", "min", "h", "d")},
    "m3/h": ("volume_flow_rate", "m³/h"),
    "l/min": ("volume_flow_rate", "L/min"),
    "%RH": ("humidity", "%"),
}
"""Unit -> device class and unit of Home Assistant. Not K: it may be the unit of a difference, which would be
converted as a temperature."""
_STEP = (
    "{% if value_json.step is defined %}{{ value_json.step }}/{{ value_json.steps | default('?') }} "
    "{{ value_json.label | default('') }}{% else %}-{% endif %}"
)
_ALARM = (
    "{{ 'ON' if value_json.alarms | default([], true) | selectattr('active', 'defined') | list else 'OFF' }}"
)


class _Device(msgspec.Struct, frozen=True):
    identifiers: list[str] = []


class _Config(msgspec.Struct, frozen=True):
    device: _Device = _Device()


class Discovery:
    """Makes the configurations of a chamber."""

    def __init__(self, chamber: ForwardedChamber, prefix: str) -> None:
        self._topics = ChamberTopics(chamber)
        self._node = f"xovac-{plain_id(chamber.name)}"
        self._site = chamber.site
        self._prefix = prefix
        self._identity = f"xovac_{level(chamber.site)}_{level(chamber.name)}"
        self._device = {
            "identifiers": [self._identity],
            "name": chamber.name,
            "sw_version": f"xovac-tui {__version__}",
            **({"suggested_area": chamber.site} if chamber.site else {}),
        }

    @property
    def topics(self) -> str:
        """Filter of all topics of its configurations."""
        return f"{self._prefix}/+/{self._node}/+/config"

    def is_own(self, payload: bytes) -> bool:
        """Return whether a configuration is of this chamber: another site may have one of its name."""
        try:
            found = msgspec.json.decode(payload, type=_Config)
        except (msgspec.MsgspecError, RecursionError):
            return False
        return self._identity in found.device.identifiers

    def of(self, summary: ChamberSummary) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield topic and configuration of all sensors."""
        yield self._state("sensor", "link", {"name": "Link", "value_template": "{{ value_json.link }}"})
        yield self._state("sensor", "run", {"name": "Run", "value_template": "{{ value_json.run }}"})
        yield self._state("sensor", "recipe", {"name": "Recipe", "value_template": _or_dash("recipe")})
        yield self._state("sensor", "step", {"name": "Step", "value_template": _STEP})
        yield self._state("binary_sensor", "alarm", {
            "name": "Alarm", "value_template": _ALARM, "device_class": "problem",
        })  # fmt: skip
        for channel in summary.channels:
            yield self._channel(channel)

    def _state(self, component: str, key: str, config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self._config(component, key, {
            "state_topic": self._topics.state,
            "expire_after": STATE_EXPIRES,
            **config,
        }, [])  # fmt: skip

    def _channel(self, channel: ChannelSummary) -> tuple[str, dict[str, Any]]:
        topic = self._topics.channel(channel.name)
        unit = unit_of(channel.unit)
        kind, shown = CLASSES.get(unit.name, ("", unit.shown or unit.name))
        config = {
            "name": channel.label or channel.name,
            "state_topic": topic,
            "value_template": "{{ value_json.value }}",
            "json_attributes_topic": topic,
            "json_attributes_template": "{{ {'quality': value_json.quality} | tojson }}",
            "state_class": "measurement",
            "expire_after": CHANNEL_EXPIRES,
            **({"device_class": kind} if kind else {}),
            **({"unit_of_measurement": shown} if shown else {}),
        }
        good = {
            "topic": topic,
            "value_template": "{{ 'online' if value_json.quality == 'good' else 'offline' }}",
        }
        return self._config("sensor", f"channel/{level(channel.name)}", config, [good])

    def _config(
        self, component: str, key: str, config: dict[str, Any], available: list[dict[str, str]]
    ) -> tuple[str, dict[str, Any]]:
        alive = {"topic": self._topics.status, "value_template": "{{ value_json.state }}"}
        whole = {
            **config,
            "unique_id": f"{self._identity}_{key}",
            "availability": [alive, *available],
            "availability_mode": "all",
            "device": self._device,
            "origin": {"name": "xovac-tui", "sw_version": __version__},
        }
        name = plain_id(f"{self._site}/{key}")
        return f"{self._prefix}/{component}/{self._node}/{name}/config", whole


def _or_dash(key: str) -> str:
    return "{{ value_json." + key + " | default('-', true) }}"
