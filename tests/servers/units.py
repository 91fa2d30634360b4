"""As much of systemd as a page of the documentation uses: units are started, killed and started again.

Tests run where no systemd does. `systemctl` and `systemd-run` are programs in a folder that stands first in
PATH; they pass what they were called with to the test, which keeps the units.
"""

from __future__ import annotations

import fnmatch
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_CALL = """#!{python} -IS
import json, os, socket, sys
line = socket.create_connection(("127.0.0.1", {port}))
line.sendall(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]).encode() + b"\\n")
answer = json.loads(line.makefile().readline())
print(answer["said"], end="")
sys.exit(answer["code"])
"""
_ENDING = 15.0
"""Seconds until a unit that was asked to end is killed."""


class UnitFile(NamedTuple):
    """What is used of the text of a unit."""

    command: str
    environment_file: str = ""
    restart_after: float | None = None
    """Seconds; None: not at all."""


def read_unit(text: str) -> UnitFile:
    """Return what the text of a unit says."""
    lines = [line for line in text.splitlines() if "=" in line and line[0].isalpha()]
    said = dict(line.split("=", 1) for line in lines)
    again = float(said.get("RestartSec", "0.1")) if said.get("Restart") == "on-failure" else None
    return UnitFile(said["ExecStart"], said.get("EnvironmentFile", ""), again)


class Unit:
    """A unit: its process, and whether it is to run."""

    def __init__(self, name: str, file: UnitFile, environment: Mapping[str, str], log: Path) -> None:
        self.name, self.starts = name, 0
        self._file, self._environment, self._log = file, environment, log
        self.wanted = False
        self._process: subprocess.Popen[bytes] | None = None
        self._due = 0.0

    @property
    def pid(self) -> int | None:
        """Number of its process, None where none runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it, where it does not run."""
        self.wanted = True
        if self.pid is None:
            self._begin()

    def _begin(self) -> None:
        environment = dict(self._environment)
        if self._file.environment_file:
            for line in Path(self._file.environment_file).read_text().splitlines():
                name, is_one, value = line.partition("=")
                if is_one and not line.startswith("#"):
                    environment[name] = value.strip('"')
        words: list[str] = []
        for word in shlex.split(self._file.command):
            words += environment[word[1:]].split() if word.startswith("$") else [word]
        self.starts, self._due = self.starts + 1, 0.0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                words, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self, which: str) -> None:
        """Send it a signal by its name."""
        if self.pid is not None and self._process is not None:
            self._process.send_signal(signal.Signals[f"SIG{which.removeprefix('SIG')}"])

    def stop(self) -> None:
        """End it, and leave it so."""
        self.wanted = False
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(_ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_ENDING)

    def keep(self, mono: float) -> None:
        """Start it again after a failure, once it is time."""
        process, after = self._process, self._file.restart_after
        if not self.wanted or process is None or process.poll() in (None, 0) or after is None:
            return
        if not self._due:
            self._due = mono + after
        elif mono >= self._due:
            self._begin()


class Units:
    """All units, and the programs by which they are ruled."""

    def __init__(self, folder: Path, system: Path, user: Path, environment: Mapping[str, str]) -> None:
        """Take folders: for logs, with units of the system, with those of the user; and what these see."""
        self.known: dict[str, Unit] = {}
        self._folder, self._places, self._environment = folder, {False: system, True: user}, environment
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._serve, self._watch)]
        for thread in self._threads:
            thread.start()

    def add_programs(self, folder: Path) -> None:
        """Put `systemctl` and `systemd-run` into a folder."""
        for name in ("systemctl", "systemd-run"):
            path = folder / name
            path.write_text(
                _CALL.format(python=os.path.realpath(sys.executable), port=self._listening.getsockname()[1])
            )
            path.chmod(0o755)

    def close(self) -> None:
        """End all units."""
        self._ended.set()
        with self._lock:
            for unit in self.known.values():
                unit.stop()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            with self._lock:
                for unit in self.known.values():
                    unit.keep(time.monotonic())

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line:
                words = json.loads(line.makefile().readline())
                try:
                    with self._lock:
                        self._called(words)
                    answer = {"said": "", "code": 0}
                except (KeyError, OSError, ValueError) as error:
                    answer = {"said": f"{words}: {error!r}\n", "code": 1}
                line.sendall(json.dumps(answer).encode() + b"\n")

    def _called(self, words: Sequence[str]) -> None:
        name, *rest = words
        user = "--user" in rest
        rest = [word for word in rest if word not in ("--user", "--now")]
        if name == "systemd-run":
            unit = rest[0].removeprefix("--unit=")
            self._made(unit, UnitFile(shlex.join(rest[1:]))).start()
            return
        verb, *rest = rest
        if verb == "kill":
            _, which, *rest = rest
            self._each(rest, user, lambda unit: unit.kill(which))
        elif verb == "reload":
            self._each(rest, user, lambda unit: unit.kill("HUP"))
        elif verb in ("start", "enable"):
            self._each(rest, user, Unit.start)
        elif verb == "stop":
            self._each(rest, user, Unit.stop)
        elif verb == "restart":
            self._each(rest, user, Unit.stop)
            self._each(rest, user, Unit.start)
        elif verb != "daemon-reload":
            raise ValueError(verb)

    def _each(self, names: Sequence[str], user: bool, do: Callable[[Unit], None]) -> None:
        for name in names:
            found = fnmatch.filter(self.known, name) if "*" in name else [name]
            for one in found:
                do(self.known.get(one) or self._made(one, self._read(one, user)))

    def _read(self, name: str, user: bool) -> UnitFile:
        template, is_one, instance = name.partition("@")
        file = f"{template}@.service" if is_one else f"{name}.service"
        text = (self._places[user] / file).read_text()
        return read_unit(text.replace("%i", instance).replace("%h", self._environment["HOME"]))

    def _made(self, name: str, file: UnitFile) -> Unit:
        log = self._folder / f"{name}.log"
        return self.known.setdefault(name, Unit(name, file, self._environment, log))
