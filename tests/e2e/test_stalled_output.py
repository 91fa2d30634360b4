"""What does not read stderr or stdout holds up neither link nor record, and no end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_ignored_signals import events
from tests.helpers.pty import environment, until
from tests.helpers.simulator import ROOT, Lines, SimulatorProcess, simulator_process
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record

if sys.platform != "win32":
    import fcntl

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and signals are POSIX")


@pytest.fixture(scope="module")
def chamber() -> Iterator[SimulatorProcess]:
    with simulator_process("--warm", "--period", "0.05") as running:
        yield running


@contextlib.contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """Make a pipe in which nothing has room until it is read."""
    reading, writing = os.pipe()
    if sys.platform == "linux":
        # The smallest one, so that it is soon full again.
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    try:
        os.set_blocking(writing, False)
        for size in (65536, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(writing, b"." * size)
        os.set_blocking(writing, True)
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def test_record_goes_on_and_ends_with_a_stderr_that_is_not_read(
    chamber: SimulatorProcess, tmp_path: Path
) -> None:
    with full_pipe() as (_, full):
        process = subprocess.Popen(
            [sys.executable, "-m", "xovac_tui", "record", "--url", chamber.url],
            env=environment(tmp_path),
            cwd=ROOT,
            stdout=full,
            stderr=full,
        )
        try:
            until(lambda: events(tmp_path) > 10, 20, "events recorded with a stalled stderr")
            process.terminate()
            assert process.wait(8) == 0
        finally:
            process.kill()
            process.wait()
    (file,) = (tmp_path / "records").glob("*.xovac.sqlite3")
    with Record(file) as record:
        assert [session.closed for session in lists.sessions(record)] == [True]


@pytest.mark.slow
def test_watch_holds_the_link_and_says_what_was_not_printed(
    chamber: SimulatorProcess, tmp_path: Path
) -> None:
    with full_pipe() as (reading, full):
        process = subprocess.Popen(
            [sys.executable, "-m", "xovac_tui", "watch", "--json", "--url", chamber.url],
            env=environment(tmp_path),
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        errors = Lines(process.stderr)
        try:
            while "ONLINE" not in (errors.next() or "ONLINE"):
                pass
            # Once it is read again, all that came meanwhile is there.
            time.sleep(0.5)
            got = b""
            while got.count(b"\n") < 5:
                got += os.read(reading, 65536)
            assert b'"name":"chamber_state"' in got
            # And stalled once more, it ends when it is asked to.
            until(lambda: not room_in(full), 20, "the pipe is full again")
            # Twenty events a second are more than the pipe holds.
            time.sleep(1.0)
            process.send_signal(signal.SIGINT)
            assert process.wait(8) == 0
            said = errors.rest()
            assert "not printed: standard output was not read" in said[-1]
            assert not any("LOST" in line for line in said)
        finally:
            process.kill()
            process.wait()


def room_in(pipe: int) -> bool:
    return bool(select.select([], [pipe], [], 0)[1])
