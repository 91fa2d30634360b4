"""Standard streams that are closed, full, or left by their reader: reported in words, and nothing is lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.simulator import ROOT, Lines, SimulatorProcess, simulator_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it takes a shell and /dev/full")


@pytest.fixture(scope="module")
def chamber() -> Iterator[SimulatorProcess]:
    with simulator_process("--warm", "--period", "0.1") as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, chamber: SimulatorProcess) -> "Shell":
    return Shell(tmp_path, chamber.url)


class Shell:
    """Runs one line of bash in which `$X` is the program and `$URL` the chamber."""

    def __init__(self, home: Path, url: str) -> None:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("XOVAC_")}
        self.environment = {
            **mine,
            "XOVAC_HOME": str(home),
            "X": f"{sys.executable} -m xovac_tui",
            "URL": f"--url {url}",
        }

    def __call__(self, line: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        assert "defect" not in done.stderr
        assert "Exception ignored" not in done.stderr
        return done


@pytest.mark.parametrize("stdout", ["> /dev/full", ">&-", "| true"])
def test_the_outcome_of_a_command_is_reported_whichever_process_reads_the_answer(
    shell: Shell, stdout: str
) -> None:
    assert shell(f"$X send cancel_recipe --yes $URL {stdout}").returncode == 3


def test_a_full_disk_is_no_defect(shell: Shell) -> None:
    for command in (
        "watch --for 5s $URL",
        "config show",
        "recipe plan xovac_tui/recipes/examples/bakeout.toml",
    ):
        done = shell(f"$X {command} > /dev/full")
        assert done.returncode == 2
        assert "No space left on device" in done.stderr


def test_closed_streams_are_no_defect(shell: Shell) -> None:
    assert shell("$X watch --for 50s $URL 2>&- | head -1").returncode == 0
    asked = shell("$X send cancel_recipe $URL <&-")
    assert (asked.returncode, "Add --yes" in asked.stderr) == (2, True)
    assert shell("$X send cancel_recipe - --yes $URL <&-").returncode == 3


def test_watch_without_a_standard_output_ends_when_it_is_asked_to(shell: Shell) -> None:
    with subprocess.Popen(
        ["bash", "-c", "exec $X watch $URL >&-"],
        env=shell.environment,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = Lines(process.stderr)
        try:
            while "ONLINE" not in (said.next() or "ONLINE"):
                pass
            process.send_signal(signal.SIGINT)
            assert process.wait(15) == 0
            assert "defect" not in "".join(said.rest())
        finally:
            process.kill()
