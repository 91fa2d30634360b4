"""Servers on the reference socket.io of Node.js: packages installed once, servers started for a test."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.simulator import Lines

PEER = Path(__file__).resolve().parents[1] / "peer"


def need_node() -> None:
    """Skip without Node.js; fail instead in CI, where it must be there."""
    if shutil.which("node") and shutil.which("npm"):
        return
    said = "Node.js and npm are needed for the tests against the reference socket.io server."
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)


def installed(name: str) -> Path:
    """Return the folder of a peer package, installed; `npm` runs when its package.json is new."""
    need_node()
    folder = PEER / name
    wanted = (folder / "package.json").read_text()
    seal = folder / "node_modules" / ".installed"
    # The workers of a test run share the folder: one installs, the others wait for it.
    with (folder / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if seal.exists() and seal.read_text() == wanted:
            return folder
        npm = shutil.which("npm")
        assert npm
        # Without a lock file no address of this machine's registry gets into the folder.
        done = subprocess.run(
            [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--no-update-notifier"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, f"npm install in {folder} failed:\n{done.stdout}\n{done.stderr}"
        seal.write_text(wanted)
    return folder


class NodeServer:
    """A running server: its address, what it reported, and orders for it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self._out = Lines(process.stdout)
        self._err = Lines(process.stderr)
        self.messages: list[dict[str, Any]] = []
        first = self._next(15)
        assert first, f"the server did not start: {self._err.rest(2)}"
        self.url = f"http://127.0.0.1:{first['port']}"

    def wait_for_message(
        self, fits: Callable[[Mapping[str, Any]], Any], within: float = 15.0
    ) -> dict[str, Any]:
        """Return the next thing it reports that fits; what comes before it is only kept in `messages`."""
        while True:
            message = self._next(within)
            assert message is not None, f"it ended after {self.messages}: {self._err.rest(2)}"
            if fits(message):
                return message

    def order(self, **order: Any) -> None:
        """Give an order and wait until it is done."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.wait_for_message(lambda message: message.get("done") == order)

    def commands(self) -> list[dict[str, Any]]:
        """Return all events that clients have sent to it up to now."""
        self.order()
        return [message for message in self.messages if "event" in message]

    def _next(self, within: float) -> dict[str, Any] | None:
        line = self._out.next(within)
        if line is None:
            return None
        message: dict[str, Any] = json.loads(line)
        self.messages.append(message)
        return message


@contextlib.contextmanager
def node_server(
    name: str = "current", script: str = "server.mjs", **environment: str
) -> Iterator[NodeServer]:
    """Run a server of a peer package while the block lasts, with these variables beside the usual ones."""
    folder = installed(name)
    process = subprocess.Popen(
        ["node", script],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield NodeServer(process)
    finally:
        process.kill()
        process.wait(10)
