"""A record played back as if its chamber were there."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.replay import playback as playback
else:
    __getattr__ = later(__name__)
