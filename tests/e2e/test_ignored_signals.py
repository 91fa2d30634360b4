"""A program that was started to outlive its terminal does so: ignored signals stay ignored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.pty import environment, until
from tests.helpers.simulator import ROOT, Lines, simulator_process
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")

IGNORING = (
    "import os, signal, sys\n"
    "for name in ('SIGHUP', 'SIGINT'): signal.signal(getattr(signal, name), signal.SIG_IGN)\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'xovac_tui', *sys.argv[1:]])"
)
"""As `nohup ... &` of a shell without job control starts a program."""


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", IGNORING, *arguments],
        env=environment(home),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def events(home: Path) -> int:
    """Return how many events are in the record."""
    files = list((home / "records").glob("*.xovac.sqlite3"))
    try:
        with Record(files[0]) as record:
            return record.total
    except (IndexError, RecordError):
        return 0


def test_record_outlives_its_terminal_and_ends_on_sigterm(tmp_path: Path) -> None:
    with simulator_process("--warm", "--period", "0.1") as chamber:
        process = start(tmp_path, "record", "--url", chamber.url)
        try:
            until(lambda: events(tmp_path) > 5, 20, "the first recorded events")
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGINT)
            before = events(tmp_path)
            until(lambda: events(tmp_path) > before + 10, 20, "events recorded after the signals")
            assert process.poll() is None
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.communicate()


def test_the_simulator_outlives_its_terminal(tmp_path: Path) -> None:
    process = start(tmp_path, "simulate", "--port", "0")
    assert process.stdout is not None
    lines = Lines(process.stdout)
    try:
        assert "simulator on http" in (lines.next() or "")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
