"""EPICS pvAccess: the newest readings as process variables."""

from __future__ import annotations

from collections.abc import Iterator

from xovac_tui.forwarding import engines
from xovac_tui.forwarding.publisher import StatePublisher
from xovac_tui.forwarding.sinksettings import ForwardedChamber, ListeningSink


class EpicsSink(ListeningSink, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="epics"):
    """A pvAccess server with the readings of one chamber. Its variables can only be read."""

    prefix: str = "XOVAC"
    """First part of the names: `XOVAC:bench:plate_a`."""
    server_port: int = 5075
    """TCP port; where it is taken the system chooses another one, and clients find that by a search."""

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for everything that has the right type and still cannot be right."""
        yield from super().check()
        if not 0 <= self.server_port <= 65_535:
            yield "server_port", "use a port up to 65535, or 0 for any."
        if not self.prefix.isascii() or not self.prefix.replace("_", "").replace("-", "").isalnum():
            yield "prefix", "use letters, digits, dashes and underscores."

    @property
    def where(self) -> str:
        return f"variables at {self.address}:{self.server_port}"

    def publisher(self, chamber: ForwardedChamber, secret: str) -> StatePublisher:
        """Return what serves the variables; raises SinkError where p4p is missing."""
        return engines.epics.PvServer(
            self.name, f"{self.prefix}:{engines.epics.pv_name(chamber.name)}", self.address, self.server_port
        )
