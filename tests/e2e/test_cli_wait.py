"""`xovac-tui wait` and `status` as programs, against the real simulator in a process of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_cli_headless import command, environment, run
from tests.helpers.simulator import ROOT, Lines, SimulatorProcess, simulator_process
from xovac_tui.cli.wait import not_in_time
from xovac_tui.expressions.parser import MISSING_AT_END

__all__ = ["environment"]

PROFILE = """
[profiles.sim]
url = "{url}"
contracts = ["simulator"]
"""


@pytest.fixture(scope="module")
def chamber() -> Iterator[SimulatorProcess]:
    with simulator_process("--warm", "--period", "0.1", "--speed", "20") as running:
        yield running


@pytest.fixture
def home(chamber: SimulatorProcess, environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    (tmp_path / "config.toml").write_text(PROFILE.format(url=chamber.url))
    return environment


@pytest.mark.slow
def test_a_functional_test_at_a_plateau(chamber: SimulatorProcess, home: dict[str, str]) -> None:
    """The example of the manual: load, start, and wait for the step and for the plate."""
    recipe = Path(home["XOVAC_HOME"]) / "short.toml"
    recipe.write_text('name = "Short"\n[[steps]]\nto = 36\nover = "20s"\n[[steps]]\nhold = "1h"\n')
    payload = run(home, "recipe", "compile", str(recipe)).stdout
    assert run(home, "send", "load_recipe", "-", "--yes", given=payload).returncode == 0
    assert run(home, "send", "start_recipe", "--yes").returncode == 0
    condition = (
        'state == "RUNNING" and recipe == "short" and step == 2 and stable(test_part, 5 K, 3 s) '
        "and chamber_state.plateT.A > 10 degC and pressure < 1 Pa"
    )
    done = run(home, "wait", "--until", condition, "--timeout", "40s")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "sim: true after " in done.stderr
    reported = json.loads(run(home, "status", "--json").stdout)
    assert reported["run"]["state"] == "RUNNING"
    assert (reported["run"]["recipe"], reported["run"]["step"], reported["run"]["steps"]) == ("Short", 2, 2)
    assert reported["chamber"] == "sim"
    assert reported["alarms"] is None
    pressure = next(one for one in reported["channels"] if one["name"] == "pressure")
    assert pressure["quality"] == "good"
    assert 0 < pressure["value"] < 1
    shown = run(home, "status")
    assert shown.returncode == 0
    assert 'RUNNING "Short", item 2/2' in shown.stdout
    assert "good     Test part" in shown.stdout
    # Looking leaves nothing behind.
    assert not (Path(home["XOVAC_HOME"]) / "records").exists() or not list(
        (Path(home["XOVAC_HOME"]) / "records").glob("*.sqlite3")
    )


def test_the_time_runs_out(home: dict[str, str]) -> None:
    done = run(home, "wait", "--until", "test_part > 300 and pressure < 1", "--timeout", "4s", "--quiet")
    assert done.returncode == 7
    said = done.stderr.splitlines()
    assert said[0] == f"{not_in_time(4)}:"
    assert said[1].startswith("  not true  test_part > 300  test_part +")
    assert len(said) == 2


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("pressure < 3 K", "mbar and K"),
        pytest.param("pressure <", MISSING_AT_END, marks=pytest.mark.slow),
        pytest.param("pressure", "Compare it", marks=pytest.mark.slow),
    ],
)
def test_a_condition_that_cannot_be_is_refused(home: dict[str, str], condition: str, said: str) -> None:
    done = run(home, "wait", "--until", condition, "--timeout", "20s")
    assert done.returncode == 2
    assert said in done.stderr
    assert "\n  " + condition in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_listens(environment: dict[str, str]) -> None:
    nowhere = ("--url", "http://127.0.0.1:9")
    done = run(environment, "wait", "--until", 'link == "LOST"', "--timeout", "1s", *nowhere)
    assert done.returncode == 6
    assert "was not reached in 1s" in done.stderr
    done = run(environment, "status", *nowhere)
    assert (done.returncode, done.stdout) == (6, "")
    assert "Nothing listens on 127.0.0.1 port 9" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_it_goes_on_waiting_when_the_link_is_lost(environment: dict[str, str], tmp_path: Path) -> None:
    with simulator_process("--warm", "--period", "0.1") as first:
        (tmp_path / "config.toml").write_text(PROFILE.format(url=first.url))
        process = subprocess.Popen(
            command("wait", "--until", "pressure < 1e-9", "--timeout", "40s"),
            env=environment,
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        lines = Lines(process.stderr)
        try:
            wait_for(lines, "ONLINE")
            wait_for(lines, "[ ] pressure < 1e-09")
            first.kill()
            wait_for(lines, "LOST")
            with simulator_process("--warm", "--period", "0.1", "--port", str(first.port)):
                wait_for(lines, "ONLINE")
                process.send_signal(signal.SIGINT)
                assert process.wait(10) == 130
        finally:
            process.kill()
            process.wait(10)


def wait_for(lines: Lines, words: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        line = lines.next(20)
        assert line is not None, lines.seen
        if words in line:
            return
    raise AssertionError(lines.seen)
