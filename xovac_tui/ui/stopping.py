"""STOP in the app: every key passes here first, and two deliberate strokes send `cancel_recipe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.timer import Timer

from xovac_tui.station import STOP_COMMAND
from xovac_tui.ui.stop import SETTLE_SECONDS, StopKey, StopSwitch
from xovac_tui.ui.widgets.bars import StopBar

if TYPE_CHECKING:
    from xovac_tui.ui.app import XovacApp

_LOOK_SECONDS = 0.1
"""How often an armed STOP looks at the clock."""


class Stopping:
    """The switch, its line on every screen, and the sending."""

    def __init__(self, app: XovacApp) -> None:
        self.switch = StopSwitch()
        self._app = app
        self._timer: Timer | None = None
        self._told = ""

    def takes(self, event: events.Key) -> bool:
        """Return True when STOP has taken this key; nobody else may see it then."""
        app = self._app
        now = app.station.clock.mono()
        match self.switch.key(event.key, now):
            case StopKey.NOT_MINE:
                return False
            case StopKey.ARMED:
                self._told = ""
                # Many toasts reach up to the line that says what the next key would do.
                app.clear_notifications()
                if self._timer is None:
                    self._timer = app.set_interval(_LOOK_SECONDS, self._look)
            case StopKey.HELD:
                self._told = "! is held down: let go, then press it once more."
            case StopKey.SETTLING:
                app.set_timer(SETTLE_SECONDS, self._look)
            case StopKey.FIRE:
                self._send()
            case StopKey.DROPPED:
                app.notify("STOP dropped: nothing was sent.", timeout=3, markup=False)
            case StopKey.SWALLOWED:
                pass
        self.show(now)
        return True

    def show(self, now: float) -> None:
        """Say on every screen what the next key would do; nothing while STOP is not armed."""
        station = self._app.station
        text = ""
        if self.switch.armed:
            text = self._told or station.blocked(STOP_COMMAND, stop=True)
            text = text or (
                f"STOP armed {self.switch.left(now):.0f} s: ! or enter sends {STOP_COMMAND} "
                f"to {station.name}; any other key drops it."
            )
        for screen in self._app.screen_stack:
            for bar in screen.query(StopBar):
                bar.show(text)

    def _look(self) -> None:
        now = self._app.station.clock.mono()
        if self.switch.settled(now):
            self._send()
        elif self.switch.expired(now):
            said = "STOP dropped: no second key within 3 s, nothing was sent."
            self._app.notify(said, timeout=3, markup=False)
        if not self.switch.armed and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.show(now)

    def _send(self) -> None:
        self._app.run_worker(self._app.station.stop(), group="stop", exit_on_error=False)
