"""What the readings mean: lines, stability, vacuum, forecasts and advice. Pure."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.analysis import insight as insight
    from xovac_tui.analysis import reaching as reaching
    from xovac_tui.analysis import values as values
else:
    __getattr__ = later(__name__)
