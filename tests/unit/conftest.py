"""What the tests of the command line share: a home of its own, and a link without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, Script, clean_environment
from xovac_tui.cli import console
from xovac_tui.cli import link as cli_link
from xovac_tui.ui.start import Launch


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line in this process, in an empty home."""
    clean_environment(monkeypatch, tmp_path)
    return CommandLine(tmp_path, capsys)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """What the chamber says to a command that connects."""
    found = Script()
    monkeypatch.setattr(cli_link, "open_station", found.opener())
    return found


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    """What the console would have been started with."""
    from xovac_tui.ui import app

    seen: list[Launch] = []

    def run_console(launch: Launch) -> int:
        seen.append(launch)
        return 0

    monkeypatch.setattr(app, "run_console", run_console)
    monkeypatch.setattr(console, "need_terminal", lambda: None)
    return seen
