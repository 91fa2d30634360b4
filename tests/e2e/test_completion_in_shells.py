"""Tab in a real bash, zsh and fish, each in a terminal of its own and without anybody's settings."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.pty import Pty

pytestmark = pytest.mark.slow
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(xovac-tui completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'eval "$(xovac-tui completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "xovac-tui completion fish | source"),
}
READY = "ready-for-keys"


@contextmanager
def shell(name: str, folder: Path) -> Iterator[Pty]:
    """Open a shell in which the completion was switched on as the docs say."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not on this machine")
    programs, home, work = folder / "bin", folder / "home", folder / "work"
    for one in (programs, home / "recipes", work):
        one.mkdir(parents=True)
    program = programs / "xovac-tui"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m xovac_tui "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    settings = '[profiles.bench-1]\nurl = "http://a:1"\n[profiles."lab $(b)"]\nurl = "http://b:1"\n'
    (home / "config.toml").write_text(settings, encoding="utf-8")
    (folder / "inputrc").write_text("set show-all-if-ambiguous on\n", encoding="utf-8")
    (home / "recipes" / "cycles.toml").touch()
    (work / "own file.toml").touch()
    (work / "folder").mkdir()
    arguments, switched_on = SHELLS[name]

    env = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "HOME": str(folder),
        "PS1": "> ",
        "LC_ALL": "C.UTF-8",
        "INPUTRC": str(folder / "inputrc"),
    }
    with Pty(arguments, home=home, env=env, cwd=work, controlling=True, size=(240, 40)) as opened:
        # What is echoed while it is typed is not the word.
        opened.send(f"{switched_on}; echo ready''-for-keys\r")
        opened.wait_for(READY, 30)
        yield opened


def completed(opened: Pty, typed: str, *expected: str) -> None:
    """Type, press Tab, wait for what the line or the list below must show, and clear the line."""
    opened.send(f"{typed}\t")
    opened.wait_for(lambda shown: all(one in shown for one in expected), 20)
    shown = opened.text()
    assert "Traceback" not in shown
    assert "rror" not in shown
    # Clears the line, and then the screen.
    opened.send("\x15\x0c")
    opened.wait_for(lambda shown: typed not in shown)


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_commands_options_and_values(name: str, tmp_path: Path) -> None:
    with shell(name, tmp_path) as opened:
        completed(opened, "xovac-tui wat", "xovac-tui watch")
        completed(opened, "xovac-tui recipe temp", "xovac-tui recipe templates")
        completed(opened, "xovac-tui watch --js", "xovac-tui watch --json")
        completed(opened, "xovac-tui watch --profile ben", "--profile bench-1")
        completed(opened, "xovac-tui watch --profile=ben", "--profile=bench-1")
        completed(opened, "xovac-tui send canc", "xovac-tui send cancel_recipe")
        completed(opened, "xovac-tui simulate --fault dro", "--fault drop_link")
        completed(opened, "xovac-tui watch --transport ", "websocket", "polling")


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes_files_and_quotes_what_would_act(name: str, tmp_path: Path) -> None:
    with shell(name, tmp_path) as opened:
        completed(opened, "xovac-tui recipe check own", r"own\ file.toml")
        completed(opened, "xovac-tui recipe check cyc", "recipes/cycles.toml")
        completed(opened, "xovac-tui export r1 --out fol", "--out folder/")
        completed(opened, "xovac-tui watch --profile lab", "lab\\ \\$" if name != "fish" else "lab")
