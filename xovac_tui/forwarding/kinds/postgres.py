"""PostgreSQL, with TimescaleDB where it has that."""

from __future__ import annotations

from xovac_tui.forwarding import engines
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber, Sink


class PostgresSink(Sink, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="postgres"):
    """A PostgreSQL database; its address is `postgresql://host/database`."""

    schema: str = "xovac"
    """Schema of its tables, made where there is none."""

    @property
    def is_http(self) -> bool:
        return False

    @property
    def takes_history(self) -> bool:
        return True

    def history(self, chamber: ForwardedChamber, secret: str) -> HistorySink:
        """Return what forwards a chamber there."""
        return engines.postgres.PostgresWriter(self, chamber, secret)
