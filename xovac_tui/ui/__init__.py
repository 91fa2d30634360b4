"""The terminal interface: app, screens, widgets, dialogs."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.ui import app as app
    from xovac_tui.ui import first_start as first_start
    from xovac_tui.ui import fleet as fleet
    from xovac_tui.ui import small_app as small_app
    from xovac_tui.ui import theming as theming
else:
    __getattr__ = later(__name__)
