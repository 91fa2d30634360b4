"""InfluxDB 1 as Debian has it."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.base import Server, free_port, listens, program

DATABASE = "xovac"


class InfluxDb(Server):
    """A server with an empty database."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        config = folder / "influxdb.conf"
        config.write_text(
            "reporting-disabled = true\n"
            f'bind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{folder}/meta"\n'
            f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
            "[monitor]\nstore-enabled = false\n"
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\n'
        )
        super().__init__(
            [program("influxd", "influxdb"), "-config", str(config)],
            folder,
            lambda: listens(self.port),
            name="influxd",
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def query(self, statement: str, *, database: str = DATABASE) -> list[dict[str, Any]]:
        """Return the rows of a statement, as (column -> value)."""
        told = urllib.parse.urlencode({"q": statement, "db": database, "epoch": "ns"}).encode()
        with urllib.request.urlopen(f"{self.url}/query", told, timeout=30) as answer:
            found = json.load(answer)["results"][0]
        if "error" in found:
            raise AssertionError(found["error"])
        return [
            dict(zip(series["columns"], row, strict=True)) | series.get("tags", {})
            for series in found.get("series", [])
            for row in series["values"]
        ]

    def write(self, lines: str, *, database: str = DATABASE) -> None:
        """Write lines past the program."""
        address = f"{self.url}/write?{urllib.parse.urlencode({'db': database})}"
        urllib.request.urlopen(address, lines.encode(), timeout=30).close()


@contextmanager
def influxdb(folder: Path) -> Iterator[InfluxDb]:
    """Run a server with an empty database `xovac` in a folder."""
    server = InfluxDb(folder)
    server.start()
    try:
        server.query(f"CREATE DATABASE {DATABASE}")
        yield server
    finally:
        server.kill()
