"""The kinds of sinks: one file each, with its settings and check; `engines/` talks to the servers.

A new kind is a new file here, a line in the union, and what talks to its servers.
"""

from __future__ import annotations

from xovac_tui.forwarding.kinds.epics import EpicsSink
from xovac_tui.forwarding.kinds.influx import InfluxSink
from xovac_tui.forwarding.kinds.metrics import MetricsSink
from xovac_tui.forwarding.kinds.mqtt import MqttSink
from xovac_tui.forwarding.kinds.postgres import PostgresSink
from xovac_tui.forwarding.sinksettings import ForwardedChamber, Sink

__all__ = ["AnySink", "ForwardedChamber", "Sink"]

AnySink = InfluxSink | PostgresSink | MqttSink | MetricsSink | EpicsSink
"""A sink of any kind; `kind` says which."""
