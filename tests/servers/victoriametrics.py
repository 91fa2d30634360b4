"""VictoriaMetrics as Debian has it."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.base import Server, free_port, listens, program


class VictoriaMetrics(Server):
    """A server without data, which keeps the newest of points less than a millisecond apart."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        super().__init__(
            [
                program("victoria-metrics", "victoria-metrics"),
                f"-storageDataPath={folder}/victoria",
                f"-httpListenAddr=127.0.0.1:{self.port}",
                "-retentionPeriod=100y",
                "-dedup.minScrapeInterval=1ms",
                "-search.latencyOffset=0s",
            ],
            folder,
            lambda: listens(self.port),
            name="victoria-metrics",
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON of an answer."""
        with urllib.request.urlopen(self._address(path, query), timeout=30) as answer:
            return json.load(answer)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what an expression gives for a moment from now on, behind what was just written."""
        found = self.get("/api/v1/query", query=expression, nocache="1", time=str(time.time() + 1.0))
        assert found["status"] == "success"
        return list(found["data"]["result"])

    def export(self, match: str) -> list[dict[str, Any]]:
        """Return every series that matches, with its raw samples."""
        self.flush()
        address = self._address("/api/v1/export", {"match[]": match})
        with urllib.request.urlopen(address, timeout=30) as answer:
            return [json.loads(line) for line in answer]

    def flush(self) -> None:
        """Make everything that was written visible."""
        urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=30).close()

    def _address(self, path: str, query: dict[str, str]) -> str:
        return f"{self.url}{path}?{urllib.parse.urlencode(query)}"


@contextmanager
def victoriametrics(folder: Path) -> Iterator[VictoriaMetrics]:
    """Run a server in a folder."""
    server = VictoriaMetrics(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
