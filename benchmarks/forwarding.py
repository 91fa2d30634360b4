"""An outage of eight hours, forwarded into real servers once they are healthy again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Row
from tests.servers.forwarded import CHANNELS, Outage, forward_all, readings, stamps
from tests.servers.influxdb import influxdb
from tests.servers.postgresql import PASSWORD, postgresql
from tests.servers.victoriametrics import victoriametrics
from xovac_tui.forwarding.kinds.influx import InfluxSink
from xovac_tui.forwarding.kinds.postgres import PostgresSink
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber

HOURS = 8
MESSAGES = 2 * 3600 * HOURS
MOST_SECONDS = 10.0
LEAST_RATE = 20_000
"""Samples a second."""
BENCH = ForwardedChamber("bench", "lab")


def influx(url: str) -> Callable[[], HistorySink]:
    """Return what makes a sink of the Influx line protocol."""
    return lambda: InfluxSink(name="lab", url=url, database="xovac", timeout=2.0).history(BENCH, "")


def measure(quick: bool) -> list[Row]:
    """Forward the same record into each server; the second time it is killed three times meanwhile."""
    count = MESSAGES // 10 if quick else MESSAGES
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = readings(folder / "outage.sqlite3", count)
        wanted = stamps(path)
        what = f"{count} messages of 16 channels"
        (folder / "one").mkdir()
        with influxdb(folder / "one") as server:
            began = time.monotonic()
            forward_all(path, influx(server.url))
            took = time.monotonic() - began
            found = {row["time"] for row in server.query("SELECT c0 FROM xovac")}
            limit = f"<= {MOST_SECONDS:g} s"
            rows.append(
                Row(f"{what} into InfluxDB", f"{took:.1f} s", limit, took <= MOST_SECONDS and found == wanted)
            )
        (folder / "two").mkdir()
        with influxdb(folder / "two") as server:
            outage = Outage(1, server.kill, every=max(2, count // 2000), repair=server.revive, most=3)
            forward_all(path, influx(server.url), trouble=outage)
            server.revive()
            times = [row["time"] for row in server.query("SELECT c0 FROM xovac")]
            missing, doubled = len(wanted - set(times)), len(times) - len(set(times))
            rows.append(
                Row(
                    f"the same, the server killed {outage.count} times",
                    f"{missing} missing, {doubled} doubled",
                    "0 missing, 0 doubled",
                    not missing and not doubled and outage.count == 3,
                )
            )
        with victoriametrics(folder) as store:
            began = time.monotonic()
            for _ in range(2):
                forward_all(path, influx(store.url))
            took = (time.monotonic() - began) / 2
            series = store.export('xovac_c0{chamber="bench"}')
            times = sorted(one for part in series for one in part["timestamps"])
            once = times == sorted(one // 1_000_000 for one in wanted)
            rows.append(
                Row(
                    "the same twice into VictoriaMetrics with deduplication",
                    f"{took:.1f} s, {len(times)} samples of one channel",
                    "each once",
                    once,
                )
            )
        rows += _postgres(path, count)
    return rows


def _postgres(path: Path, count: int) -> list[Row]:
    """Forward the same record into PostgreSQL, three times killed meanwhile; then once without."""

    def make() -> HistorySink:
        sink = PostgresSink(name="lab", url=server.url, user="ada", timeout=5.0)
        return sink.history(BENCH, PASSWORD)

    with postgresql() as server:
        outage = Outage(3, server.kill, every=max(2, count // 2000), repair=server.revive, most=3)
        forward_all(path, make, trouble=outage)
        server.revive()
        [(samples, there)] = server.query("SELECT count(*), count(DISTINCT number) FROM xovac.samples")
        missing, doubled = count - there, samples - there * CHANNELS
        server.query("DROP SCHEMA xovac CASCADE")
        began = time.monotonic()
        forward_all(path, make)
        rate = count * CHANNELS / (time.monotonic() - began)
    return [
        Row(
            f"the same into PostgreSQL, killed {outage.count} times",
            f"{missing} missing, {doubled} doubled",
            "0 missing, 0 doubled",
            not missing and not doubled and outage.count == 3,
        ),
        Row("samples into PostgreSQL", f"{rate:,.0f}/s", f">= {LEAST_RATE:,}/s", rate >= LEAST_RATE),
    ]
