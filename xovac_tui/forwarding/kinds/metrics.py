"""A page that Prometheus reads: `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator

from xovac_tui.forwarding import engines
from xovac_tui.forwarding.publisher import StatePublisher
from xovac_tui.forwarding.sinksettings import ForwardedChamber, ListeningSink


class MetricsSink(ListeningSink, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="metrics"):
    """A page in the format of Prometheus, with the newest state of one chamber. It can only be read."""

    port: int = 9464

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for everything that has the right type and still cannot be right."""
        yield from super().check()
        if not 1 <= self.port <= 65_535:
            yield "port", "use a port between 1 and 65535."

    @property
    def where(self) -> str:
        return f"a page at {self.address}:{self.port}"

    def publisher(self, chamber: ForwardedChamber, secret: str) -> StatePublisher:
        """Return what serves the page; raises SinkError where prometheus-client is missing."""
        return engines.metrics.MetricsPage(self.name, chamber, self.address, self.port)
