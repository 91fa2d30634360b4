"""What every real server of the tests has in common."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

PATIENCE = 30.0
"""Seconds that a server may take to begin, on a machine with much else to do."""
PLACES = "/usr/lib/postgresql/15/bin:/usr/sbin:/usr/local/sbin"
"""Folders beside those of PATH in which Debian puts servers."""


def program(name: str, package: str) -> str:
    """Return the path of a server's program; skips the test where it is missing, and fails it in CI."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{PLACES}")
    if found is None:
        said = f"{name} is missing: install the package {package}"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    return found


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A process that serves; it can be killed, stopped for a while, and begun again on the same port."""

    def __init__(
        self, command: Sequence[str], folder: Path, ready: Callable[[], bool], *, name: str = "server"
    ) -> None:
        """Take `ready`, which tells whether it serves."""
        self._command, self._folder, self._ready, self._name = list(command), folder, ready, name
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._folder / f"{self._name}.log"

    def start(self) -> None:
        """Begin, and wait until it serves."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            try:
                if self._ready():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.kill()
        said = self.log.read_text(errors="replace")[-3000:]
        raise AssertionError(f"{self._command[0]} does not serve:\n{said}")

    def kill(self) -> None:
        """End it at once, as a power failure would end the program."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Let it accept connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End a pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def revive(self) -> None:
        """Let it serve again, whatever was done to it."""
        if self._process is None or self._process.poll() is not None:
            self.start()
        else:
            self.go_on()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(how)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def listens(port: int) -> bool:
    """Return whether something accepts connections on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
