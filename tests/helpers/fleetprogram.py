"""The fleet with one chamber elsewhere, whose console is a given command: `python -m ... COMMAND...`."""

from __future__ import annotations

import sys

import msgspec

from tests.helpers.fleet import HandSource, report
from xovac_tui.clock import SystemClock
from xovac_tui.config import Display
from xovac_tui.config.themes import shipped_themes
from xovac_tui.fleet.opening import ConsoleOpening, OpenedOn
from xovac_tui.ui.fleet.app import run_fleet
from xovac_tui.ui.fleet.screen import FleetStart
from xovac_tui.ui.small_app import Looks


def main() -> int:
    """Run the fleet in this terminal."""
    clock, opening = SystemClock(), ConsoleOpening(tuple(sys.argv[1:]), OpenedOn.THERE)
    source = HandSource(report("bench-1", arrived=clock.mono()))
    source.view = msgspec.structs.replace(source.view, heard=clock.mono())
    looks = Looks(Display(), "xovac-dark", tuple(shipped_themes()))
    return run_fleet(FleetStart(sources=(source,), clock=clock, opening=lambda row: opening, looks=looks))


if __name__ == "__main__":
    sys.exit(main())
