"""The fleet lends its terminal to a console, and takes it back: a real pseudo-terminal (POSIX)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no pseudo-terminal", allow_module_level=True)

from tests.helpers.pty import Pty

FLEET = (sys.executable, "-m", "tests.helpers.fleetprogram")


def opened(home: Path, *command: str) -> Pty:
    """Run the fleet, choose its chamber and confirm the command."""
    program = Pty([*FLEET, *command], home=home, size=(80, 24), controlling=True)
    program.wait_for("bench-1")
    program.send("\r")
    program.wait_for(command[0])
    program.answer("\r")
    return program


@pytest.mark.slow
def test_a_console_has_the_terminal_until_it_ends_ctrl_c_included(tmp_path: Path) -> None:
    wait = "until read word; do :; done"
    # What is printed is not in the command, which the question shows.
    script = f"trap 'echo inter\"\"rupted' INT; echo re''ady; {wait}; echo got $word; {wait}"
    with opened(tmp_path, "sh", "-c", script) as program:
        program.wait_for("ready")
        program.send("\x03")
        program.wait_for("interrupted")
        program.send("hello\r")
        program.wait_for("got hello")
        program.send("\r")
        program.wait_for("FLEET")
        program.send("q")
        assert program.wait() == 0
        program.assert_as_before()


@pytest.mark.slow
def test_the_last_words_of_a_console_that_failed_can_be_read(tmp_path: Path) -> None:
    with opened(tmp_path, "sh", "-c", "echo last''words; exit 255") as program:
        shown = program.wait_for("Enter goes back")
        assert "lastwords" in shown
        program.send("\r")
        program.wait_for("with code 255")
        program.send("q")
        assert program.wait() == 0
        program.assert_as_before()


@pytest.mark.slow
def test_a_command_that_is_not_there_leaves_the_fleet_as_it_was(tmp_path: Path) -> None:
    with opened(tmp_path, "/nonexistent/ssh") as program:
        program.wait_for("bench-1: /nonexistent/ssh")
        program.send("q")
        assert program.wait() == 0
        program.assert_as_before()
