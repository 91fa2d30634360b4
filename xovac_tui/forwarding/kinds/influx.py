"""Stores that take the Influx line protocol: InfluxDB 1 to 3, VictoriaMetrics, QuestDB, Telegraf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from xovac_tui.forwarding import engines
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import USER_IN_ADDRESS, ForwardedChamber, Sink


class InfluxSink(Sink, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="influx"):
    """A store that takes the Influx line protocol over HTTP.

    An address without a path gets that of `api`; one with a path is used as it is.
    """

    api: Literal["1", "2", "3"] = "1"
    """Of InfluxDB; `1` is also what VictoriaMetrics, QuestDB and Telegraf take."""
    database: str = ""
    """Database of InfluxDB 1 and 3, bucket of InfluxDB 2."""
    org: str = ""
    """Organisation of InfluxDB 2."""
    gzip: bool = True
    """Compress what is sent."""

    def wrong_in(self, url: str) -> str:
        reason = super().wrong_in(url)
        return reason or (USER_IN_ADDRESS if urlsplit(url).username is not None else "")

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for everything that has the right type and still cannot be right."""
        yield from super().check()
        if self.url and self.api != "1" and urlsplit(self.url).path in ("", "/") and not self.database:
            yield "database", f'api = "{self.api}" needs the name of the database or bucket.'
        if self.org and self.api != "2":
            yield "org", 'it has no effect without api = "2". Remove it.'

    @property
    def takes_history(self) -> bool:
        return True

    def history(self, chamber: ForwardedChamber, secret: str) -> HistorySink:
        """Return what forwards a chamber there."""
        return engines.influx.InfluxWriter(
            engines.influx.write_address(self.url, self.api, self.database, self.org),
            engines.influx.Access(self.user, secret, self.api, self.ca_file, self.timeout, self.gzip),
            chamber,
        )
