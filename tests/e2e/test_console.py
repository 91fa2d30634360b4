"""The real console in a real terminal against a real simulator."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import socketio

from tests.helpers.pty import Pty, console, leave, press_stop
from tests.helpers.simulator import SimulatorProcess, simulator_process
from xovac_tui.ui.frame.small_notice import NEEDS_ROOM
from xovac_tui.ui.stopping import NOT_SENT

READING = re.compile(r"TEST PART[^\n]*\n +[-−+]?\d+\.\d\b")
"""The controlled temperature as Status shows it first."""
RECIPE = {"name": "Long hold", "recipe": [[40.0, 3600.0, 0.0], [40.0, 7200.0, 0.0]]}


@pytest.fixture(scope="module")
def chamber() -> Iterator[SimulatorProcess]:
    with simulator_process("--warm") as running:
        yield running


@pytest.fixture
def simulator(chamber: SimulatorProcess) -> Iterator[SimulatorProcess]:
    """The module's simulator; no run is left on."""
    yield chamber
    with another_client(chamber.url) as client:
        ask(client, "cancel_recipe")


def a_home(folder: Path) -> Path:
    """Make a home whose only profile knows the names of the simulator's readings."""
    (folder / "config.toml").write_text(
        '[profiles.bench]\nurl = "http://127.0.0.1:1"\ncontracts = ["simulator"]\n'
    )
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return a_home(tmp_path)


@contextmanager
def another_client(url: str) -> Iterator[socketio.SimpleClient]:
    """A client of the simulator that is not ours."""
    with socketio.SimpleClient() as client:
        client.connect(url, transports=["websocket"])
        yield client


def ask(client: socketio.SimpleClient, command: str, payload: Any = "") -> dict[str, Any]:
    """Send a command and return its answer."""
    client.emit(command, payload if isinstance(payload, str) else json.dumps(payload))
    end = time.monotonic() + 10
    while True:
        name, *data = client.receive(timeout=end - time.monotonic())
        if name == f"{command}_ack":
            answer: dict[str, Any] = json.loads(data[0])
            return answer


def open_console(simulator: SimulatorProcess, home: Path, *arguments: str, **how: Any) -> Pty:
    return console("--profile", "bench", "--url", simulator.url, *arguments, home=home, **how)


@pytest.fixture(scope="module")
def shown(chamber: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pty]:
    """One console for the tests that leave it as it was; the last of them sends the first command."""
    with open_console(chamber, a_home(tmp_path_factory.mktemp("home"))) as program:
        program.wait_for(READING.search)
        yield program


def fills(columns: int, rows: int, text: str) -> bool:
    """Return whether Status is drawn to the edges of a terminal of this size."""
    lines = text.split("\n")
    widest = max(map(len, lines))
    return bool(READING.search(text)) and "Trend" in text and (widest, len(lines)) == (columns, rows)


def nothing_was_sent(program: Pty) -> None:
    """Look at the ledger of Controls, and come back to Status."""
    program.send("2")
    program.wait_for("No command has been sent from here")
    program.send("1")
    program.wait_for(READING.search)


def test_one_stroke_does_not_stop(simulator: SimulatorProcess, shown: Pty) -> None:
    with another_client(simulator.url) as client:
        ask(client, "load_recipe", RECIPE)
        ask(client, "start_recipe")
        shown.wait_for("RUN 1/2")
        shown.send("!")
        shown.wait_for("STOP armed")
        shown.wait_for(lambda text: "STOP armed" not in text)
        nothing_was_sent(shown)
        assert ask(client, "cancel_recipe")["result"] == "success"


def test_a_dead_link_never_looks_live(simulator: SimulatorProcess, shown: Pty) -> None:
    shown.wait_for("● ONLINE")
    simulator.pause()
    # Not lost yet: a server may be blocked for a while, and its connection is kept.
    text = shown.wait_for("STALE", 10)
    assert "● ONLINE" not in text
    simulator.resume()
    shown.wait_for("ONLINE", 15)
    nothing_was_sent(shown)


def test_down_to_40_by_10_and_back(simulator: SimulatorProcess, shown: Pty) -> None:
    shown.resize(40, 10)
    # The whole of it, for a picture may be caught while it is being drawn.
    text = shown.wait_for(lambda text: NEEDS_ROOM in text and "ONLINE" in text)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert "STOP works" in text
    for columns, rows in ((80, 24), (120, 36)):
        shown.resize(columns, rows)
        shown.wait_for(partial(fills, columns, rows))


def test_text_a_held_key_and_a_burst_do_not_stop_but_esc_and_two_strokes_do(
    simulator: SimulatorProcess, shown: Pty
) -> None:
    program = shown
    with another_client(simulator.url) as client:
        assert ask(client, "load_recipe", RECIPE)["result"] == "success"
        assert ask(client, "start_recipe")["result"] == "success"
        program.wait_for("RUN 1/2")
        program.send("n")
        program.wait_for("STOP: esc ! !")
        mark = program.count
        for key in "odd!!\r":
            program.send(key)
            time.sleep(0.2)
        # It is said for two seconds, which a busy machine may not show in time.
        program.wait_raw(b"Noted", start=mark)
        program.send("!")
        time.sleep(0.3)
        for _ in range(8):
            program.send("!")
            time.sleep(0.09)
        program.wait_for(NOT_SENT)
        time.sleep(0.3)
        program.send("!!!!")
        program.send("n")
        program.wait_for("STOP: esc ! !")
        program.send("ab\x1b")
        program.wait_for(lambda text: "STOP: esc ! !" not in text)
        nothing_was_sent(program)
        program.send("n")
        program.wait_for("STOP: esc ! !")
        program.send("\x1b!")
        program.wait_for("STOP armed")
        time.sleep(0.3)
        program.send("!")
        program.wait_for(lambda text: "cancel_recipe" in text and "success" in text and "confirmed" in text)
        program.wait_for(lambda text: "RUN 1/2" not in text and "IDLE" in text)
        assert ask(client, "cancel_recipe")["result"] == "warning"
    # What came in one read with the first key of STOP was alt and that key, so the note is open; the same
    # must not become of q.
    program.send("\x1b")
    program.wait_for(lambda text: "─ Note ─" not in text)
    leave(program)
    assert program.wait() == 0
    program.assert_as_before()


@pytest.mark.slow
def test_a_lost_ack_is_shown_as_unknown(home: Path) -> None:
    with (
        simulator_process("--warm", "--fault", "lost_ack") as simulator,
        open_console(simulator, home) as program,
    ):
        program.wait_for(READING.search)
        press_stop(program)
        shown = program.wait_for(lambda text: "cancel_recipe" in text and "UNKNOWN" in text, 25)
        assert "success" not in shown


@pytest.mark.slow
def test_two_consoles_at_once(simulator: SimulatorProcess, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_text((home / "config.toml").read_text())
    with (
        another_client(simulator.url) as client,
        open_console(simulator, home) as first,
        open_console(simulator, other, "--observe", size=(80, 24)) as second,
    ):
        ask(client, "load_recipe", RECIPE)
        ask(client, "start_recipe")
        for program in (first, second):
            program.wait_for("RUN 1/2")
        assert "OBSERVE" in second.text()
        press_stop(first)
        for program in (first, second):
            program.wait_for("IDLE")
        for program in (first, second):
            leave(program)
            assert program.wait() == 0
            program.assert_as_before()


def test_quitting_leaves_the_run_alone(simulator: SimulatorProcess, home: Path) -> None:
    with another_client(simulator.url) as client, open_console(simulator, home) as program:
        ask(client, "load_recipe", RECIPE)
        ask(client, "start_recipe")
        program.wait_for("RUN 1/2")
        program.send("q")
        program.wait_for("goes on")
        program.answer("\x1b")
        program.wait_for(lambda text: "goes on" not in text)
        program.send("q")
        program.wait_for("goes on")
        program.answer("\t\r")
        assert program.wait() == 0
        program.assert_as_before()
        assert ask(client, "cancel_recipe")["result"] == "success"


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({"TERM": "xterm", "COLORTERM": None}, marks=pytest.mark.slow),
        pytest.param({"TERM": "xterm-256color", "COLORTERM": None}, marks=pytest.mark.slow),
        {"TERM": "linux", "COLORTERM": None},
        pytest.param({"TERM": "tmux-256color", "COLORTERM": "truecolor"}, marks=pytest.mark.slow),
        {"NO_COLOR": "1"},
    ],
    ids=lambda env: " ".join(f"{name}={value}" for name, value in env.items() if value),
)
def test_terminals_of_few_colours(env: dict[str, str], simulator: SimulatorProcess, home: Path) -> None:
    with open_console(simulator, home, env=env, size=(80, 24)) as program:
        program.wait_for(READING.search)
        leave(program)
        assert program.wait() == 0
        raw = program.raw
        colours = re.compile(rb"\x1b\[[0-9;]*m").findall(raw)
        true, indexed = (any(part in code for code in colours) for part in (b"8;2;", b"8;5;"))
        if env.get("COLORTERM", "truecolor") is None:
            assert not true
            assert indexed == (env["TERM"] == "xterm-256color")
        if "NO_COLOR" in env:
            # Textual distinguishes only shades of grey by then.
            shades = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", raw)
            assert all(red == green == blue for red, green, blue in shades)


@pytest.mark.slow
def test_ascii_draws_nothing_else(simulator: SimulatorProcess, home: Path) -> None:
    with open_console(simulator, home, "--ascii", size=(80, 24)) as program:
        for key, word in (("1", "Test part"), ("2", "cancel_recipe"), ("3", "ecipe"), ("4", "events")):
            program.send(key)
            shown = program.wait_for(word)
            assert shown.isascii(), f"tab {key}: {sorted(set(shown) - set(map(chr, range(128))))}\n{shown}"


@pytest.mark.slow
def test_over_ssh_nothing_is_animated(simulator: SimulatorProcess, home: Path) -> None:
    code = (
        "import xovac_tui.ui.app as app\n"
        "old = app.XovacApp.on_mount\n"
        "def look(self):\n    self.title_of_test = self.animation_level\n    old(self)\n"
        "    self.notify(f'animation {self.animation_level}', timeout=60)\n"
        "app.XovacApp.on_mount = look\n"
        "from xovac_tui.cli import main\nmain()"
    )
    arguments = [sys.executable, "-c", code, "--url", simulator.url]
    far, near = {"SSH_CONNECTION": "10.0.0.1 5 10.0.0.2 22"}, {"SSH_CONNECTION": None}
    with Pty(arguments, home=home, env=far) as remote, Pty(arguments, home=home, env=near) as local:
        remote.wait_for("animation none")
        local.wait_for("animation full")


@pytest.mark.slow
def test_a_quiet_screen_is_quiet_on_the_wire(simulator: SimulatorProcess, home: Path) -> None:
    # A loose bound: the numbers themselves are measured by the benchmarks.
    with open_console(simulator, home) as program:
        program.wait_for(READING.search)
        time.sleep(2)
        before, began = program.count, time.monotonic()
        time.sleep(6)
        rate = (program.count - before) / (time.monotonic() - began)
        assert 10 < rate < 12_000


@pytest.mark.slow
def test_a_bare_start_in_a_fresh_home_asks_and_enter_opens_the_demo(tmp_path: Path) -> None:
    with console(home=tmp_path) as program:
        program.wait_for("Which one is to be opened?")
        program.send("\r")
        program.wait_for("Tour 1 of 4")
        time.sleep(0.5)  # a dialog takes no key before it was seen
        program.send("\x1b")
        program.wait_for(READING.search)
        leave(program)
        program.wait()
        program.assert_as_before()
