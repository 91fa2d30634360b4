"""Serves the newest state of a chamber as a page in the format of Prometheus, by prometheus-client.

Names and units follow prometheus.io, "Metric and label naming": base units, and no time stamps of our own, so
that a page that is not read any more goes stale where it is stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from xovac_tui import __version__
from xovac_tui.api.link import LinkWord
from xovac_tui.forwarding.engines.pageserver import PageServer
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import ChamberSummary, ChannelSummary
from xovac_tui.forwarding.view import SinkState, SinkView
from xovac_tui.text import clean
from xovac_tui.units import CELSIUS, PRESSURE, TEMPERATURE, unit_of

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

OLD = 10.0
"""Seconds after which a state that was given is not shown as the newest one any more."""
TRY_EVERY = 30.0
"""Seconds between tries to listen where the port was taken."""
_PASCAL = unit_of("Pa")
_WATT = unit_of("W")


class MetricsPage:
    """An HTTP server with the page, in threads of its own."""

    def __init__(
        self,
        name: str,
        chamber: ForwardedChamber,
        address: str,
        port: int,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raise SinkError where prometheus-client is not installed."""
        try:
            import prometheus_client
        except ImportError as error:
            raise SinkError(Failure(FailureCode.MISSING, "metrics"), SinkRemedy.SETTINGS) from error
        self._library = prometheus_client
        self._chamber, self._address, self._port, self._mono = chamber, address, port, mono
        self._view = SinkView(name=name, kind="metrics")
        self._newest: tuple[float, ChamberSummary] | None = None
        self._server: PageServer | None = None
        self._tried = 0.0

    @property
    def view(self) -> SinkView:
        """Whether it listens."""
        return self._view

    @property
    def port(self) -> int:
        """The port at which it listens."""
        return self._port if self._server is None else int(self._server.server_port)

    def start(self) -> None:
        """Begin to listen; where the port is taken this is tried again."""
        self._tried = self._mono()
        registry = self._library.CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self))
        try:
            server = PageServer(self._address, self._port, self._library.make_wsgi_app(registry))
        except OSError as error:
            detail = clean(error.strerror or str(error), 200)
            self._change(state=SinkState.WAITING, failure=Failure(FailureCode.CONNECTION, detail))
            return
        self._server = server
        threading.Thread(target=server.serve_forever, name=f"page {self._view.name}", daemon=True).start()
        self._change(state=SinkState.ON, failure=None)

    def publish(self, summary: ChamberSummary) -> None:
        """Take the state that the page has from now on."""
        self._newest = self._mono(), summary
        if self._server is None and self._mono() - self._tried >= TRY_EVERY:
            self.start()

    def stop(self, *, wait: bool = False) -> None:
        """End the server; `wait` waits for that."""
        server, self._server = self._server, None
        if server is not None:
            server.server_close()
            ending = threading.Thread(target=server.shutdown, daemon=True)
            ending.start()
            if wait:
                ending.join(2.0)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of this moment."""
        newest = self._newest
        yield from page(self._library.metrics_core, self._chamber, newest, self._mono())

    def _change(self, **changes: object) -> None:
        self._view = msgspec.structs.replace(self._view, **changes)


class _Collector:
    """What prometheus-client calls for each reading of the page."""

    def __init__(self, of: MetricsPage) -> None:
        self._of = of

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        return self._of.collect()


def page(
    core: Any, chamber: ForwardedChamber, newest: tuple[float, ChamberSummary] | None, mono: float
) -> Iterator[Metric]:
    """Yield the metrics of a chamber, of a state with the monotonic time at which it was given.

    A state that is old shows nothing but that it is old. A channel without a good value is absent.
    """
    labels = {"chamber": chamber.name} | ({"site": chamber.site} if chamber.site else {})
    made = Families(core, labels)
    made.add("xovac_build_info", "Version of the program that serves this page.", 1, version=__version__)
    if newest is not None:
        made.add("xovac_state_age_seconds", "Age of what this page says.", max(0.0, mono - newest[0]))
        if mono - newest[0] <= OLD:
            _chamber(made, newest[1])
    yield from made.found


def _chamber(made: Families, of: ChamberSummary) -> None:
    for word in LinkWord:
        made.add("xovac_link_state", "1 for the state of the link.", float(of.link == word), state=word.value)
    made.maybe(
        "xovac_newest_data_timestamp_seconds",
        "When the newest message of the chamber came, UTC.",
        None if of.newest_age is None else of.utc - of.newest_age,
    )
    made.maybe(
        "xovac_run_active",
        "1 while a recipe runs; absent where that is not known.",
        None if of.run == "UNKNOWN" else float(of.run == "RUNNING"),
    )
    made.maybe("xovac_run_step", "Step that runs, from 1.", of.step)
    made.maybe("xovac_run_steps", "Steps of the recipe that runs.", of.steps)
    made.maybe("xovac_run_remaining_seconds", "Estimated time to the end of the run.", of.remaining)
    if of.target is not None:
        unit = unit_of(of.target_unit)
        if unit.dimension == TEMPERATURE:
            made.add(
                "xovac_target_celsius", "Temperature that the run asks for.", unit.to(CELSIUS, of.target)
            )
    for one in of.alarms or ():
        made.add(
            "xovac_alarm",
            "1 for an alarm that wants attention.",
            1,
            rule=one.rule,
            severity=one.severity,
            state=one.state,
        )
    made.maybe(
        "xovac_alarms_evaluated",
        "1 where alarms are evaluated.",
        float(of.alarms is not None),
    )
    for channel in of.channels:
        _channel(made, channel)
    made.add("xovac_recorder_on", "1 while everything is recorded.", float(of.recorder == "on"))
    made.add("xovac_record_lost_events", "Messages that could not be recorded.", of.lost)
    made.maybe("xovac_record_bytes", "Size of the record.", of.record_bytes)
    for sink in of.sinks:
        reported = {"sink": sink.name}
        made.add(
            "xovac_forward_on", "1 while the store takes what comes.", float(sink.state == "on"), **reported
        )
        made.add("xovac_forward_behind_seconds", "Age of the oldest row that waits.", sink.behind, **reported)
        made.add("xovac_forward_waiting_rows", "Rows that wait.", sink.rows, **reported)
        made.add("xovac_forward_skipped_rows", "Rows that a store does not take.", sink.skipped, **reported)


def _channel(made: Families, channel: ChannelSummary) -> None:
    if channel.quality != "good" or channel.value is None:
        return
    unit, reported = unit_of(channel.unit), {"channel": channel.full_name, "name": channel.label}
    for name, base in (
        ("xovac_temperature_celsius", CELSIUS),
        ("xovac_pressure_pascals", _PASCAL),
        ("xovac_power_watts", _WATT),
    ):
        if unit.dimension == base.dimension:
            made.add(name, _HELP[base.dimension], unit.to(base, channel.value), **reported)
            return
    made.add("xovac_value", "Newest value of another kind.", channel.value, unit=unit.name, **reported)


_HELP = {
    TEMPERATURE: "Newest temperature.",
    PRESSURE: "Newest pressure.",
    _WATT.dimension: "Newest power.",
}


class Families:
    """Metrics by their names, each with the labels that all have."""

    def __init__(self, core: Any, labels: dict[str, str]) -> None:
        self._core, self._labels = core, labels
        self._by_name: dict[str, tuple[Any, tuple[str, ...]]] = {}

    @property
    def found(self) -> list[Any]:
        """The families, in the order of their first samples."""
        return [family for family, _ in self._by_name.values()]

    def maybe(self, name: str, about: str, value: float | None, /, **labels: str) -> None:
        """Add a sample where its value is known."""
        if value is not None:
            self.add(name, about, value, **labels)

    def add(self, name: str, about: str, value: float, /, **labels: str) -> None:
        """Add a sample."""
        reported = self._labels | labels
        if name not in self._by_name:
            self._by_name[name] = (
                self._core.GaugeMetricFamily(name, about, labels=[*reported]),
                tuple(reported),
            )
        family, names = self._by_name[name]
        family.add_metric([reported[one] for one in names], value)
