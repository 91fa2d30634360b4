"""What a station tells at once, because it cannot wait for the next snapshot."""

from __future__ import annotations

import msgspec

from xovac_tui.chamber.news import AlarmsChanged, LedgerChanged, LinkChanged, ModeChanged
from xovac_tui.recording.status import RecorderChanged, RecordOpened


class Jumped(msgspec.Struct, frozen=True):
    """News: a replay is at another time, so that what came after it has not come yet."""


News = LinkChanged | LedgerChanged | ModeChanged | RecorderChanged | RecordOpened | AlarmsChanged | Jumped
