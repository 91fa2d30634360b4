"""The settings screen."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.ui.settings import settings_model as settings_model
    from xovac_tui.ui.settings import settings_screen as settings_screen
else:
    __getattr__ = later(__name__)
