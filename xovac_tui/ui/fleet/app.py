"""The app of the fleet."""

from __future__ import annotations

from textual.screen import Screen

from xovac_tui.fleet.overview import FleetBoard
from xovac_tui.ui.fleet.screen import FleetScreen, FleetStart
from xovac_tui.ui.small_app import SmallApp
from xovac_tui.ui.terminal.lifecycle import run_in_terminal


class FleetApp(SmallApp):
    """Shows all chambers."""

    def __init__(self, start: FleetStart) -> None:
        super().__init__(start.looks, self._report_failure)
        self._start = start
        self._board = FleetBoard()

    def get_default_screen(self) -> Screen[None]:
        """Return the screen of the fleet."""
        return FleetScreen(self._start, self._board, self.glyphs)

    def _report_failure(self, error: BaseException, *, rebuilt: bool) -> None:
        screen = self.screen
        if isinstance(screen, FleetScreen) and screen.is_mounted:
            screen.say(f"A part of the screen failed by a defect ({type(error).__name__}).")


def run_fleet(start: FleetStart) -> int:
    """Show the fleet until it is left; return the exit code."""
    for source in start.sources:
        source.start()
    try:
        return run_in_terminal(FleetApp(start))
    finally:
        for source in start.sources:
            source.stop()
