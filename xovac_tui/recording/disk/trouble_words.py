"""The words of a `RecordTrouble`: why nothing is recorded and what to do, for the screen and the log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from xovac_tui.durations import format_whole
from xovac_tui.plural import counted
from xovac_tui.recording.disk.housekeeping import size_words
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.disk.share import network_share, share_advice
from xovac_tui.recording.status import RecordTrouble
from xovac_tui.text import clean

_T = RecordTrouble
_ROOM = "Make room.", "Make room: what comes meanwhile is held in memory and written then."
_FOLDER = "Set `folder` in [record] to one that can be written, or correct its permissions."
_ADVICE = {
    _T.DISK_FULL: _ROOM,
    _T.QUOTA_FULL: _ROOM,
    _T.READ_ONLY: (_FOLDER, _FOLDER),
    _T.LOCKED: ("Another program holds it.", "Another program holds it; it is tried again."),
}
"""What to do at the end, when nothing is held or tried again any more, and before."""
_OF_SHARES = (_T.LOCKED, _T.DISK_ERROR, _T.CANNOT_OPEN, _T.DATABASE_ERROR)
"""What a network share may be the cause of."""


def failed_words(error: Exception, trouble: RecordTrouble, path: Path, *, ending: bool) -> str:
    """Return why a record cannot be written, and what to do; `ending`: nothing is tried again."""
    end, meanwhile = _ADVICE.get(trouble, ("", "It is tried again every few seconds."))
    advice = end if ending else meanwhile
    if trouble in _OF_SHARES:
        advice = f"{advice} {share_advice(network_share(path.parent))}".strip()
    if isinstance(error, RecordError):
        # With its own advice, but where a database error is all there is to report.
        return str(error) if error.__cause__ is None else f"{error} {advice}".rstrip()
    what = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"Nothing is recorded in {path}: {what}. {advice}".rstrip()


def not_open_words(path: str, seconds: float, share: str) -> str:
    """Return that a record has not opened for so long; `share` is the network share on which it is."""
    return (
        f"The record {path} has not opened for {format_whole(seconds)}: another program may hold it, or its "
        "disk does not answer. What comes meanwhile is held in memory and written then. "
        f"{share_advice(share)}"
    ).rstrip()


def held_words(holding: Mapping[str, int]) -> str:
    """Return for which stores old events are kept, by their bytes, and how to release them."""
    kept = ", ".join(f"{size_words(size)} for {clean(name, 64)}" for name, size in holding.items())
    return (
        f"Events older than `keep_days` are kept until they are forwarded: {kept}. Bring that store back, "
        "or release them by a smaller `hold_days` or by taking the store out of [forward]."
    )


def unsent_words(unsent: Mapping[str, int]) -> str:
    """Return how many events were deleted that a store has not received."""
    what = ", ".join(f"{counted(events, 'event')} for {clean(name, 64)}" for name, events in unsent.items())
    return f"Deleted although not forwarded, when `keep_days` and `hold_days` were over: {what}."
