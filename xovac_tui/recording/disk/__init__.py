"""The record on disk: its file, its writer and its readers."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.recording.disk import axis as axis
    from xovac_tui.recording.disk import codec as codec
    from xovac_tui.recording.disk import cursors as cursors
    from xovac_tui.recording.disk import files as files
    from xovac_tui.recording.disk import housekeeping as housekeeping
    from xovac_tui.recording.disk import kinds as kinds
    from xovac_tui.recording.disk import lists as lists
    from xovac_tui.recording.disk import lock as lock
    from xovac_tui.recording.disk import record as record
    from xovac_tui.recording.disk import recorder as recorder
    from xovac_tui.recording.disk import trouble_words as trouble_words
    from xovac_tui.recording.disk import windows as windows
    from xovac_tui.recording.disk import worded_marks as worded_marks
    from xovac_tui.recording.disk import writer as writer
else:
    __getattr__ = later(__name__)
