"""Half a minute of the soak that `python -m benchmarks.soak` goes on with for an hour."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.helpers.pty import ROOT


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="the soak sets clocks and fills disks as Linux lets it")
def test_nothing_is_lost_and_nothing_is_sent() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.5", "--seed", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
