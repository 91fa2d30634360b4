"""Prometheus as Debian has it."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.base import Server, free_port, listens, program


class Prometheus(Server):
    """A server that reads pages five times a second."""

    def __init__(self, folder: Path, targets: Sequence[int]) -> None:
        """Take the ports of 127.0.0.1 with the pages."""
        self.port = free_port()
        config = folder / "prometheus.yml"
        pages = ", ".join(f"'127.0.0.1:{port}'" for port in targets)
        config.write_text(
            "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
            f"scrape_configs:\n  - job_name: xovac\n    static_configs: [{{targets: [{pages}]}}]\n"
        )
        super().__init__(
            [
                *(program("prometheus", "prometheus"), f"--config.file={config}"),
                *(f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{self.port}"),
            ],
            folder,
            lambda: listens(self.port) and self._is_ready(),
            name="prometheus",
        )

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return what an expression gives now: labels and value; raises where it is no expression."""
        told = urllib.parse.urlencode({"query": expression}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query", told, timeout=30) as answer:
            found = json.load(answer)["data"]["result"]
        return [one["metric"] | {"value": float(one["value"][1])} for one in found]

    def _is_ready(self) -> bool:
        address = f"http://127.0.0.1:{self.port}/-/ready"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)


@contextmanager
def prometheus(folder: Path, *targets: int) -> Iterator[Prometheus]:
    """Run a server that reads the pages at these ports, in a folder."""
    server = Prometheus(folder, targets)
    server.start()
    try:
        yield server
    finally:
        server.kill()
