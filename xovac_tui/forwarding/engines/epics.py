"""Serves the newest readings of a chamber over EPICS pvAccess, by p4p: NTScalar, and read-only.

Types and severities: docs.epics-controls.org, "EPICS 7 Normative Types". A reading that is stale or bad has
the severity INVALID, and keeps the time at which its value came.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.summary import ChamberSummary, ChannelSummary
from xovac_tui.forwarding.view import SinkState, SinkView
from xovac_tui.text import clean

_PLAIN = re.compile(r"[^A-Za-z0-9.:-]")
_SEVERITIES = {"low": 1, "medium": 1, "high": 2, "critical": 2}
"""Severity of an alarm -> NO_ALARM 0, MINOR 1, MAJOR 2."""
_INVALID = 3
_STATUS_DEVICE, _STATUS_DRIVER = 1, 2
"""Where an alarm comes from: the device, or what reads it."""


def pv_name(name: str) -> str:
    """Return a name that every client takes; names that differ stay different."""
    return _PLAIN.sub(lambda found: f"_{ord(found[0]):x}_" if found[0] != "_" else "__", name)


class PvServer:
    """A pvAccess server whose variables are those channels of a chamber that have a number."""

    def __init__(self, name: str, prefix: str, address: str, port: int) -> None:
        """Raise SinkError where p4p is not installed."""
        try:
            import p4p.nt
            import p4p.server.thread
        except ImportError as error:
            raise SinkError(Failure(FailureCode.MISSING, "epics"), SinkRemedy.SETTINGS) from error
        self._p4p = p4p
        self._prefix, self._address, self._port = prefix, address, port
        self._view = SinkView(name=name, kind="epics")
        self._server: Any = None
        self._provider: Any = None
        self._variables: dict[str, tuple[Any, tuple[object, ...]]] = {}
        """Full name of a channel -> its variable, and what it was given last."""

    @property
    def view(self) -> SinkView:
        """Whether it listens."""
        return self._view

    @property
    def configuration(self) -> dict[str, str]:
        """How clients find it without a search, as they take it from their environment."""
        found: dict[str, str] = self._server.conf()
        return found | {"EPICS_PVA_NAME_SERVERS": f"{self._address}:{found['EPICS_PVAS_SERVER_PORT']}"}

    def start(self) -> None:
        """Begin to listen."""
        self._provider = self._p4p.server.StaticProvider("xovac")
        try:
            self._server = self._p4p.server.Server(
                providers=[self._provider],
                conf={
                    "EPICS_PVAS_INTF_ADDR_LIST": self._address,
                    "EPICS_PVAS_SERVER_PORT": str(self._port),
                    "EPICS_PVAS_BROADCAST_PORT": "5076" if self._port else "0",
                    "EPICS_PVAS_AUTO_BEACON_ADDR_LIST": "NO" if self._address == "127.0.0.1" else "YES",
                },
                useenv=False,
            )
        except (RuntimeError, OSError) as error:
            failure = Failure(FailureCode.CONNECTION, clean(f"{error}", 200))
            self._change(state=SinkState.STOPPED, failure=failure)
            return
        self._change(state=SinkState.ON, failure=None)

    def publish(self, summary: ChamberSummary) -> None:
        """Give the variables what changed."""
        if self._server is None:
            return
        worst: dict[str, str] = {
            one.channel: one.severity for one in reversed(summary.alarms or ()) if one.active
        }
        for channel in summary.channels:
            self._give(channel, summary.utc, worst.get(channel.label, ""))

    def stop(self, *, wait: bool = False) -> None:
        """End the server; its clients see their variables disconnect."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def _give(self, channel: ChannelSummary, utc: float, severity: str) -> None:
        reported = (channel.value, channel.quality, severity, channel.unit, channel.label)
        known = self._variables.get(channel.full_name)
        if known is not None and known[1] == reported:
            return
        value = self._value(channel, utc, severity)
        if known is None:
            scalar = self._p4p.nt.NTScalar("d", display=True)
            variable = self._p4p.server.thread.SharedPV(nt=scalar, initial=value)
            self._provider.add(f"{self._prefix}:{pv_name(channel.name)}", variable)
        else:
            variable = known[0]
            variable.post(value)
        self._variables[channel.full_name] = variable, reported

    def _value(self, channel: ChannelSummary, utc: float, severity: str) -> dict[str, Any]:
        good = channel.quality == "good" and channel.value is not None
        at = utc - (channel.age or 0.0)
        return {
            "value": float("nan") if channel.value is None else channel.value,
            "alarm": {
                "severity": _SEVERITIES.get(severity, 0) if good else _INVALID,
                "status": (_STATUS_DEVICE if severity else 0) if good else _STATUS_DRIVER,
                "message": severity if good else channel.quality,
            },
            "timeStamp": {"secondsPastEpoch": int(at), "nanoseconds": int(at % 1 * 1e9)},
            "display": {"description": channel.label, "units": channel.unit},
        }

    def _change(self, **changes: object) -> None:
        self._view = msgspec.structs.replace(self._view, **changes)
