"""Marks of alarms with the numbers of their sentences, which are recorded with the alarms."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from xovac_tui.displayunits import Phrase
from xovac_tui.recording.disk.kinds import RecordedAlarm, RecordedMark

ALARM = "alarm"
"""Kind of the mark of an alarm that was raised."""


def worded_marks(marks: Iterable[RecordedMark], alarms: Iterable[RecordedAlarm]) -> list[RecordedMark]:
    """Return marks, those of alarms with the numbers that are known of them."""
    # The mark has the moment and the text of what it marks.
    said = {(one.change.utc, one.change.text): one.change.phrase for one in alarms if one.change.phrase}
    return [_worded(one, said.get((one.mark.utc, one.mark.text), ())) for one in marks]


def _worded(one: RecordedMark, phrase: Phrase) -> RecordedMark:
    if not phrase or one.mark.kind != ALARM:
        return one
    return msgspec.structs.replace(one, mark=msgspec.structs.replace(one.mark, phrase=phrase))
