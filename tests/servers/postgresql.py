"""PostgreSQL as Debian has it; it refuses root, so root runs it as the user `postgres`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.base import PATIENCE, Server, free_port, listens, program

PASSWORD = "hush"


class PostgreSql(Server):
    """A server with a database `lab`, whose user `ada` has a password."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._data = folder / "data"
        postgres, initdb = program("postgres", "postgresql"), program("initdb", "postgresql")
        self._as: list[str] = []
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            self._as = ["runuser", "-u", "postgres", "--"]
        word = folder / "password"
        word.write_text(PASSWORD)
        if self._as:
            shutil.chown(word, "postgres", "postgres")
        subprocess.run(
            [
                *(*self._as, initdb, "-D", str(self._data), "-U", "ada", "-A", "scram-sha-256"),
                *(f"--pwfile={word}", "--no-sync", "-E", "UTF8", "--locale=C"),
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        super().__init__(
            [
                *(*self._as, postgres, "-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1"),
                *("-k", "", "-c", "shared_buffers=16MB", "-c", "fsync=on", "-c", "max_connections=20"),
            ],
            folder,
            lambda: listens(self.port) and self._takes_queries(),
            name="postgres",
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"postgresql://127.0.0.1:{self.port}/lab"

    def query(self, statement: str, *, database: str = "lab") -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        psycopg = pytest.importorskip("psycopg")
        address = f"postgresql://ada:{PASSWORD}@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def kill(self) -> None:
        """End it with all its processes at once; it recovers at the next start."""
        ended = self._signal(signal.SIGKILL)
        super().kill()
        end = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in ended) and time.monotonic() < end:
            time.sleep(0.01)
        # It would keep the next one from beginning where its number is another process's by then.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def pause(self) -> None:
        """Let it accept connections and answer nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End a pause."""
        self._signal(signal.SIGCONT)

    def _signal(self, how: signal.Signals) -> list[int]:
        """Send a signal to all its processes, of which some may end meanwhile; return their numbers."""
        found = self._processes()
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        return found

    def _processes(self) -> list[int]:
        """Return the postmaster and what it has started; empty where it does not run."""
        file = self._data / "postmaster.pid"
        if not file.exists() or self._process is None:
            return []
        first = int(file.read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children")
        return [first, *map(int, children.read_text().split())] if children.exists() else []

    def _takes_queries(self) -> bool:
        psycopg = pytest.importorskip("psycopg")
        try:
            return self.query("SELECT 1", database="postgres") == [(1,)]
        except psycopg.Error:
            return False


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSql]:
    """Run a server with an empty database `lab`, in a folder that another user may enter."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = PostgreSql(Path(folder))
        server.start()
        try:
            server.query("CREATE DATABASE lab", database="postgres")
            yield server
        finally:
            server.kill()
