"""What leaves a record, and what comes back: tables, events, transcripts."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.recording.exports import events as events
    from xovac_tui.recording.exports import newfile as newfile
else:
    __getattr__ = later(__name__)
