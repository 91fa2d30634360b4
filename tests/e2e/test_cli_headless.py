"""The command line as a program, against the real simulator in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.simulator import ROOT, Lines, SimulatorProcess, simulator_process
from xovac_tui.simulator.device import CANCEL_WHILE_IDLE

posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals are POSIX")


@pytest.fixture(scope="module")
def chamber() -> Iterator[SimulatorProcess]:
    with simulator_process("--warm", "--period", "0.1") as running:
        yield running


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("XOVAC_")}
    return {**mine, "XOVAC_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1", "TERM": "xterm-256color"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "xovac_tui", *arguments]


def run(environment: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env=environment,
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_overviews_example(chamber: SimulatorProcess, environment: dict[str, str]) -> None:
    done = run(environment, "send", "cancel_recipe", "--yes", "--url", chamber.url)
    expected = f'{{"result":"warning","message":"{CANCEL_WHILE_IDLE}"}}\n'
    assert (done.stdout, done.stderr, done.returncode) == (expected, "", 3)


def test_a_compiled_recipe_is_loaded_from_a_pipe(
    chamber: SimulatorProcess, environment: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "short.toml"
    file.write_text('name = "Short"\n[[steps]]\nto = 22\nover = "10min"\n[[steps]]\nhold = "10min"\n')
    compiled = run(environment, "recipe", "compile", str(file))
    done = run(environment, "send", "load_recipe", "-", "--yes", "--url", chamber.url, given=compiled.stdout)
    assert (done.stdout, done.returncode) == ('{"result":"success","message":""}\n', 0)


@pytest.mark.slow
def test_commands_reach_a_chamber_that_only_polls(environment: dict[str, str]) -> None:
    with simulator_process("--warm", "--transport", "polling") as polled:
        done = run(environment, "send", "cancel_recipe", "--yes", "--url", polled.url)
        assert (done.returncode, done.stderr) == (3, "")
        done = run(environment, "status", "--json", "--url", polled.url)
        assert json.loads(done.stdout)["link"]["word"] == "ONLINE"


def test_nothing_listens(environment: dict[str, str]) -> None:
    done = run(environment, "send", "cancel_recipe", "--yes", "--url", "http://127.0.0.1:9")
    assert done.returncode == 6
    assert done.stdout == ""
    assert "Nothing listens on 127.0.0.1 port 9" in done.stderr
    assert "Traceback" not in done.stderr


def test_watch_prints_json_for_a_while(chamber: SimulatorProcess, environment: dict[str, str]) -> None:
    done = run(environment, "watch", "--json", "--for", "4s", "--url", chamber.url)
    reported = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {event["name"] for event in reported} >= {"chamber_state"}
    assert isinstance(reported[-1]["payload"]["vacuum"]["p"], float)
    assert "ONLINE" in done.stderr


@posix
@pytest.mark.parametrize("reader", ["interrupt", "gone"])
def test_watch_ends_quietly(chamber: SimulatorProcess, environment: dict[str, str], reader: str) -> None:
    process = subprocess.Popen(
        command("watch", "--url", chamber.url),
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    errors = Lines(process.stderr)
    try:
        assert "chamber_state" in process.stdout.readline() + process.stdout.readline()
        if reader == "interrupt":
            process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(20) == 0
        assert [line.rsplit(" ", 1)[1] for line in errors.rest()] == ["CONNECTING", "ONLINE"]
    finally:
        process.kill()
        process.wait(10)


@posix
@pytest.mark.parametrize(("typed", "code"), [("y\r", 3), ("n\r", 4), ("\x03", 130)])
def test_a_person_at_a_terminal_is_asked(
    chamber: SimulatorProcess, environment: dict[str, str], typed: str, code: int
) -> None:
    import pty

    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        command("send", "cancel_recipe", "--url", chamber.url),
        env=environment,
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(terminal)
    seen = bytearray()
    asked = threading.Event()

    def read() -> None:
        while True:
            try:
                piece = os.read(controller, 4096)
            except OSError:
                return
            if not piece:
                return
            seen.extend(piece)
            if b"[y/N]" in seen:
                asked.set()

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    try:
        assert asked.wait(20), bytes(seen)
        assert typed_until_it_ends(process, controller, typed) == code
    finally:
        process.kill()
        process.wait(10)
        reading.join(5)
        os.close(controller)
    shown = seen.decode()
    assert f"Chamber  127.0.0.1  {chamber.url}" in shown
    assert ('"result":"warning"' in shown) == (code == 3)
    assert "Traceback" not in shown


def typed_until_it_ends(process: subprocess.Popen[bytes], controller: int, typed: str) -> int:
    """Type, and type again like a person: a signal that comes just before the read is not seen by Python."""
    for _ in range(10):
        os.write(controller, typed.encode())
        try:
            return process.wait(3)
        except subprocess.TimeoutExpired:
            continue
    raise TimeoutError(f"still running after {typed!r}")


def _take_terminal() -> None:
    """Make the pty the new session's own terminal, so that ctrl+c is a signal."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.slow
def test_doctor_checks_the_way_to_the_chamber(chamber: SimulatorProcess, environment: dict[str, str]) -> None:
    done = run(environment, "doctor", "--url", chamber.url)
    assert done.returncode == 0, done.stdout
    for part in ("Versions", "Places", "Terminal", "Settings", f"at {chamber.url}", "websocket", "messages"):
        assert part in done.stdout
    refused = run(environment, "doctor", "--url", "http://127.0.0.1:9")
    assert refused.returncode == 6
    assert "Nothing listens" in refused.stdout
