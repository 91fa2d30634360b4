"""What the tests of the command line share: a home of its own, and a link without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, Launched, Script, clean_environment
from xovac_tui.cli import console
from xovac_tui.compose import stations
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment
from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.station.live import LiveStation
from xovac_tui.ui.start import Start


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line in this process, in an empty home."""
    clean_environment(monkeypatch, tmp_path)
    return CommandLine(tmp_path, capsys)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """What the chamber says to a command that connects."""
    found = Script()
    found.install(monkeypatch)
    return found


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Launched]:
    """What the console would have been opened with."""
    from xovac_tui.ui import app

    seen: list[Launched] = []
    built: list[tuple[ChamberSetup, Equipment, SimulatorOptions | None]] = []
    really = stations.build_station

    def build(
        setup: ChamberSetup, equipment: Equipment, *, simulator: SimulatorOptions | None = None
    ) -> LiveStation:
        built.append((setup, equipment, simulator))
        return really(setup, equipment, simulator=simulator)

    def run_console(start: Start, station: LiveStation) -> int:
        assert station.name == built[-1][0].name
        seen.append(Launched(start, *built[-1]))
        return 0

    monkeypatch.setattr(stations, "build_station", build)
    monkeypatch.setattr(app, "run_console", run_console)
    monkeypatch.setattr(console, "need_terminal", lambda: None)
    return seen
