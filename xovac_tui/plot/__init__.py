"""Charts in character cells: numbers in, cells out."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.plot import table as table
else:
    __getattr__ = later(__name__)
