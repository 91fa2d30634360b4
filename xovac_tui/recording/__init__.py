"""The record of everything that crossed the wire."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.recording import background as background
    from xovac_tui.recording import differences as differences
    from xovac_tui.recording import digest as digest
    from xovac_tui.recording import moments as moments
    from xovac_tui.recording import past as past
else:
    __getattr__ = later(__name__)
