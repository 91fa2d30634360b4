"""The record on disk: its file, its writer and its readers."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.recording.disk import lock as lock
else:
    __getattr__ = later(__name__)
