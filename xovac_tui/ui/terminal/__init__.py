"""The terminal: its life cycle, input and output; nothing about the chamber."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.ui.terminal import driver as driver
else:
    __getattr__ = later(__name__)
