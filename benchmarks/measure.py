"""What the measurements share: one row of the table, the processor's and the memory's clocks, helpers."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bare import READY
from tests.helpers.pty import PROGRAM, ROOT, Pty, environment
from tests.helpers.simulator import Lines

SIZE = (120, 36)
"""Columns and rows of the terminals in which everything is measured."""


@dataclass(frozen=True, slots=True)
class Row:
    """One promised number."""

    what: str
    measured: str
    """With its unit, and with what it was compared."""
    limit: str
    ok: bool


def ratio(what: str, ours: float, theirs: float, unit: str, *, most: float = 0, least: float = 0) -> Row:
    """Return the row of a ratio that must be at most, or at least, something."""
    found = ours / theirs
    ok = (not most or found <= most) and (not least or found >= least)
    limit = f"<= {most:g}x" if most else f">= {least:g}x"
    return Row(what, f"{found:.2f}x  ({ours:.3g} {unit} to {theirs:.3g} {unit})", limit, ok)


def at_most(what: str, value: float, limit: float, unit: str) -> Row:
    """Return the row of a number that must not be greater than its limit."""
    return Row(what, f"{value:,.4g} {unit}", f"<= {limit:,g} {unit}", value <= limit)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, in seconds; its children are not counted."""
    if sys.platform == "linux":
        # The kernel's clock of another process, in nanoseconds: clock_getcpuclockid(3) says how it is named.
        return time.clock_gettime((~pid << 3) | 2)
    done = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=True)
    seconds = 0.0
    for part in done.stdout.strip().split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def cpu_used(pids: Sequence[int], seconds: float) -> list[float]:
    """Return the processor time that processes use over the same seconds, each in seconds."""
    before = [cpu_seconds(pid) for pid in pids]
    time.sleep(seconds)
    return [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]


def resident_bytes(pid: int | None = None) -> int:
    """Return how many bytes of a process are in RAM; of this one where none is named."""
    import os

    pid = os.getpid() if pid is None else pid
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        return next(
            int(line.split()[1]) * 1024
            for line in status.read_text().splitlines()
            if line.startswith("VmRSS")
        )
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024


def machine() -> str:
    """Return the kind of machine in one line."""
    import os
    import platform

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2] for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0].strip() if names else model
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}, {python}"


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def module(name: str, *arguments: str) -> list[str]:
    """Return the command line of one of our helper programs."""
    return [sys.executable, "-m", f"benchmarks.{name}", *arguments]


class Server:
    """The server of the measurements, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self._out = Lines(process.stdout)
        self.url = f"http://127.0.0.1:{self.answer()['port']}"

    def order(self, **order: Any) -> dict[str, Any]:
        """Give an order and return the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Return its next report."""
        line = self._out.next(60)
        assert line is not None, "the server ended"
        said: dict[str, Any] = json.loads(line)
        return said


@contextlib.contextmanager
def console_and_label(channels: int, rate: float) -> Iterator[tuple[Pty, Pty]]:
    """Run the console on a server with channels at a rate in Hz, beside a bare app with one label."""
    with (
        server() as source,
        tempfile.TemporaryDirectory() as home,
        Pty(module("bare", "ticking"), home=home, size=SIZE) as bare,
        Pty([*PROGRAM, "--url", source.url], home=home, size=SIZE) as ours,
    ):
        bare.wait_raw(READY.encode())
        ours.wait_for("ONLINE")
        source.order(rate=rate, channels=channels)
        yield ours, bare


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Run the server while the block lasts."""
    process = subprocess.Popen(
        module("server"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment("/nonexistent"),
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        process.wait(10)
