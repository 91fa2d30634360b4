"""PostgreSQL, with TimescaleDB where the database has that."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xovac_tui.forwarding import engines
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber, Sink

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class PostgresSink(Sink, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="postgres"):
    """A PostgreSQL database; its address is `postgresql://host/database`, without a password."""

    schema: str = "xovac"
    """Schema of its tables, made where there is none."""

    @property
    def is_http(self) -> bool:
        return False

    def wrong_in(self, url: str) -> str:
        if not url.startswith(("postgresql://", "postgres://")):
            return "the address must be postgresql:// with a host and a database, or without a host."
        return super().wrong_in(url)

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for everything that has the right type and still cannot be right."""
        yield from super().check()
        if not _SCHEMA.fullmatch(self.schema):
            yield "schema", "use small letters, digits and underscores, beginning with a letter."

    @property
    def takes_history(self) -> bool:
        return True

    def history(self, chamber: ForwardedChamber, secret: str) -> HistorySink:
        """Return what forwards a chamber there; raises SinkError where psycopg is missing."""
        where = engines.postgres.Database(
            self.url, self.user, secret, self.ca_file, self.schema, self.timeout
        )
        return engines.postgres.PostgresWriter(where, chamber)
