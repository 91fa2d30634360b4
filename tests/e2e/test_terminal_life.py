"""However the console ends, the terminal is as it was, nothing is left running, and the code says why."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.pty import PROGRAM, Pty, alive, console, descendants, environment, leave, until
from xovac_tui.errors import Exit

READING = re.compile(r"TEST PART[^\n]*\n +[-−+]?\d+\.\d\b")
"""A line of the Status tab that holds a number."""
NAMED_LOG = re.compile(r"The details are in (\S+\.log)")


def shows_readings(text: str) -> bool:
    return READING.search(text) is not None


def broken(body: str) -> list[str]:
    """Return a command line of the program with a defect in it, which `body` puts there."""
    code = f"import xovac_tui.ui.app as app\n{body}\nfrom xovac_tui.cli import main\nmain()"
    return [sys.executable, "-c", code, "--demo"]


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGHUP,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_a_signal_gives_the_terminal_back(number: signal.Signals, tmp_path: Path) -> None:
    with console("--demo", home=tmp_path) as program:
        program.wait_for(shows_readings)
        children = descendants(program.process.pid)
        assert children, "the demo has no simulator"
        program.signal(number)
        assert program.wait() == 128 + number
        program.assert_as_before()
        assert program.left() == ""
        until(lambda: not any(map(alive, children)), 5, "the simulator has ended, too")


def test_a_signal_before_the_first_picture_gives_the_terminal_back(tmp_path: Path) -> None:
    with console("--demo", home=tmp_path) as program:
        program.wait_raw(b"\x1b[?1049h")
        program.signal(signal.SIGTERM)
        assert program.wait() == 128 + signal.SIGTERM
        program.assert_as_before()


@pytest.mark.slow
def test_a_signal_that_its_parent_ignores_is_ignored(tmp_path: Path) -> None:
    ignore = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    with Pty([sys.executable, "-c", ignore, *PROGRAM, "--demo"], home=tmp_path) as program:
        program.wait_for(shows_readings)
        program.signal(signal.SIGHUP)
        program.send("?")
        program.wait_for("Help")
        assert not program.ended()


def test_ctrl_c_as_a_key_asks_as_q_does_and_sends_nothing(tmp_path: Path) -> None:
    with console("--demo", home=tmp_path) as program:
        program.wait_for(shows_readings)
        program.send("\x03")
        program.wait_for("Leave the console?")
        program.answer("\x1b")
        program.wait_for(lambda text: "Leave the console?" not in text)
        assert "No command has been sent from here" in program.text()
        leave(program, "\x03")
        assert program.wait() == Exit.OK
        program.assert_as_before()
        assert program.left() == ""


@pytest.mark.parametrize(
    "controlling",
    [
        pytest.param(True, id="with SIGHUP", marks=pytest.mark.slow),
        pytest.param(False, id="without SIGHUP"),
    ],
)
def test_a_vanished_terminal_ends_it(controlling: bool, tmp_path: Path) -> None:
    with console("--demo", home=tmp_path, controlling=controlling) as program:
        program.wait_for(shows_readings)
        children = descendants(program.process.pid)
        program.vanish()
        assert program.wait(6) == 128 + signal.SIGHUP
        until(lambda: not any(map(alive, children)), 5, "the simulator has ended, too")
    assert "Traceback" not in (tmp_path / "logs" / "xovac-tui.log").read_text()


@pytest.mark.slow
def test_a_terminal_that_takes_no_more_output_cannot_hold_the_end_up(tmp_path: Path) -> None:
    # The same as a terminal stopped by ctrl+s or a dead ssh: nothing reads what is written.
    with console("--demo", "--speed", "600", home=tmp_path, size=(200, 60)) as program:
        program.wait_for(shows_readings)
        program.stop_reading()
        for _ in range(12):
            program.resize(200, 50)
            time.sleep(0.1)
            program.resize(200, 60)
            time.sleep(0.1)
        program.signal(signal.SIGTERM)
        assert program.process.wait(8) == 128 + signal.SIGTERM


@pytest.mark.slow
def test_kill_9_leaves_no_simulator_behind(tmp_path: Path) -> None:
    with console("--demo", home=tmp_path) as program:
        program.wait_for(shows_readings)
        children = descendants(program.process.pid)
        assert children
        program.signal(signal.SIGKILL)
        program.wait()
        until(lambda: not any(map(alive, children)), 10, "the simulator has ended, too")


@pytest.mark.slow
def test_suspended_and_continued(tmp_path: Path) -> None:
    with console("--demo", home=tmp_path) as program:
        program.wait_for(shows_readings)
        program.signal(signal.SIGTSTP)
        program.wait_raw(b"\x1b[?1049l")
        until(lambda: _state(program) == "T", 5, "the program is stopped")
        program.assert_as_before()
        mark = program.count
        program.signal(signal.SIGCONT)
        program.wait_raw(b"\x1b[?1049h", start=mark)
        program.wait_for(shows_readings)
        program.send("?")
        program.wait_for("Help")
        program.signal(signal.SIGTERM)
        assert program.wait() == 128 + signal.SIGTERM
        program.assert_as_before()


@pytest.mark.slow
def test_stopped_from_outside_and_continued(tmp_path: Path) -> None:
    with console("--demo", home=tmp_path) as program:
        program.wait_for(shows_readings)
        program.signal(signal.SIGSTOP)
        until(lambda: _state(program) == "T", 5, "the program is stopped")
        program.signal(signal.SIGCONT)
        program.send("?")
        program.wait_for("Help")
        program.signal(signal.SIGTERM)
        assert program.wait() == 128 + signal.SIGTERM
        program.assert_as_before()


DEFECTS = {
    "in making it": "def bad(*_, **__): raise ZeroDivisionError('of a test')\napp.Chambers = bad",
    "in taking the terminal": "def bad(self, **_): raise ZeroDivisionError('of a test')\n"
    "app.XovacApp._build_driver = bad",
}
"""Before there is a screen; what fails after that is mended."""


@pytest.mark.parametrize("where", DEFECTS)
def test_a_defect_is_one_sentence_and_its_traceback_is_in_the_log(where: str, tmp_path: Path) -> None:
    with Pty(broken(DEFECTS[where]), home=tmp_path) as program:
        assert program.wait(20) == Exit.CRASH
        program.assert_as_before()
        said = program.left()
    assert "Traceback" not in said
    assert "│" not in said
    assert said.startswith("A defect in xovac-tui ")
    assert "ZeroDivisionError" in said
    named = NAMED_LOG.search(said)
    assert named, said
    assert "of a test" not in said
    logged = Path(named[1]).read_text()
    assert "Traceback" in logged
    assert "ZeroDivisionError: of a test" in logged


@pytest.mark.parametrize("without", ["stdin", "stdout", "stderr"])
def test_without_a_terminal_it_names_what_works(without: str, tmp_path: Path) -> None:
    streams = {"stdin": "<", "stdout": ">", "stderr": "2>"}
    script = f'"$@" {streams[without]}/dev/null'
    if without == "stderr":
        script = f'"$@" 2>{tmp_path}/said'
    with Pty(["sh", "-c", script, "sh", *PROGRAM, "--demo"], home=tmp_path) as program:
        assert program.wait(15) == Exit.USAGE
        said = program.left() if without != "stderr" else (tmp_path / "said").read_text()
    said = " ".join(said.split())
    assert "terminal" in said
    for command in ("send", "watch", "recipe", "doctor"):
        assert command in said
    assert "\x1b" not in said


def test_no_terminal_at_all(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        timeout=30,
        check=False,
    )
    assert done.returncode == Exit.USAGE
    assert done.stdout == ""
    assert "watch" in done.stderr


def _state(program: Pty) -> str:
    status = Path(f"/proc/{program.process.pid}/stat")
    if not status.exists():
        reported = subprocess.run(
            ["ps", "-o", "state=", "-p", str(program.process.pid)], capture_output=True, text=True, check=True
        )
        return reported.stdout.strip()[:1]
    return status.read_text().rpartition(")")[2].split()[0]
