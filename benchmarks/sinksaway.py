"""What three stores cost a recorder whose servers are down: processor, memory, and events per second."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.alarms import home_with, recorder
from benchmarks.measure import Row, Server, at_most, cpu_used, median, ratio, resident_bytes, server
from tests.servers.base import free_port
from xovac_tui.recording.disk.record import Record

CHANNELS, RATE = 100, 20
SETTLE_SECONDS = 8.0


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """Listen on a port, take every connection and never answer."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield int(listening.getsockname()[1])


def settings(port: int) -> str:
    """Return settings with three stores: two that are away, and one that takes connections and is silent."""
    away = (
        f'kind = "influx"\nurl = "http://127.0.0.1:{free_port()}"\ndatabase = "x"',
        f'kind = "influx"\nurl = "http://127.0.0.1:{port}"\ndatabase = "x"\ntimeout = 5.0',
        f'kind = "postgres"\nurl = "postgresql://127.0.0.1:{free_port()}/x"\ntimeout = 5.0',
    )
    sinks = "".join(f'[[forward.sinks]]\nname = "s{at}"\n{keys}\n' for at, keys in enumerate(away))
    return f'[forward]\nto = ["s0", "s1", "s2"]\n{sinks}'


def beside(source: Server, folder: str, forward: str, seconds: float) -> tuple[list[float], list[float]]:
    """Return CPU in % and memory in MB of a recorder with stores and one without, over the same seconds."""
    homes = home_with(folder, "sinks", forward), home_with(folder, "none", "")
    with recorder(homes[0], source.url) as ours, recorder(homes[1], source.url) as bare:
        for each in (ours, bare):
            each.wait_for("ONLINE")
        source.order(rate=RATE, channels=CHANNELS)
        time.sleep(SETTLE_SECONDS)
        pids = ours.process.pid, bare.process.pid
        used = [one / seconds * 100 for one in cpu_used(pids, seconds)]
        memory = [resident_bytes(pid) / 1e6 for pid in pids]
        assert "Nothing listens" in ours.text(), ours.text()
    source.order(rate=0, channels=CHANNELS)
    return used, memory


def ingest(source: Server, folder: str, name: str, forward: str, events: int) -> float:
    """Return for how many events per second a recorder has them on record."""
    home = home_with(folder, name, forward)
    with recorder(home, source.url) as program:
        program.wait_for("ONLINE")
        # Until its libraries are imported and the first tries have failed.
        time.sleep(4.0)
        [path] = Path(home).glob("records/*.sqlite3")
        with Record(path) as record:
            first = record.total
            began = float(source.order(flood=events, channels=12)["mono"])
            while record.total < first + events:
                time.sleep(0.02)
                record.refresh(at_once=True)
            return events / (time.monotonic() - began)


def measure(quick: bool) -> list[Row]:
    """Compare a recorder with three stores that are away to one without any."""
    what = "3 stores that are away, to none"
    with server() as source, tempfile.TemporaryDirectory() as folder, silent() as port:
        forward = settings(port)
        used, memory = beside(source, folder, forward, 10.0 if quick else 60.0)
        times, events = (1, 5_000) if quick else (5, 20_000)
        ours, bare = [], []
        for number in range(times):
            ours.append(ingest(source, folder, f"ours{number}", forward, events))
            bare.append(ingest(source, folder, f"bare{number}", "", events))
        return [
            ratio(f"{what}: CPU, {CHANNELS} channels at {RATE} Hz", used[0], used[1], "%", most=1.15),
            at_most(f"{what}: memory", memory[0] - memory[1], 20, "MB more"),
            ratio(f"{what}: events on record", median(ours), median(bare), "/s", least=0.95),
        ]
