"""Everything that has a name, for the palette."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.ui.palette import everything as everything
else:
    __getattr__ = later(__name__)
