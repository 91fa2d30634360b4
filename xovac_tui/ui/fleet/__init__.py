"""The screen of the fleet: all chambers at a glance. An app of its own, which sends no command to any."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.ui.fleet import app as app
    from xovac_tui.ui.fleet import screen as screen
else:
    __getattr__ = later(__name__)
