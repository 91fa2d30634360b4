"""The record of a replay: screens read it, and nothing goes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xovac_tui.chamber.history import History
from xovac_tui.chamber.snapshot import ChannelView, Mark
from xovac_tui.recording.disk.kinds import RunItem
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.past import Past
from xovac_tui.recording.status import RecorderView


class ReplayRecord:
    """Fits `RecordDesk` of the station and `RunRecord` of the runs."""

    choice = None
    view = RecorderView()
    session, at_stake = 0, 0
    settled = True
    recording = will_number = False
    unwritten = share = ""
    away_since: float | None = None

    def __init__(self, record: Record | None = None, past: Past | None = None) -> None:
        self.record, self._past = record, past

    @property
    def unreadable(self) -> str:
        """Why the time before, or a part of it, cannot be shown; empty while nothing is wrong."""
        return self._past.problem if self._past is not None else ""

    async def open(self) -> None:
        """Do nothing: it is open."""

    def history(self, name: str, live: Callable[[str], History | None]) -> History | None:
        """Return the channel's history as far as it was replayed."""
        return live(name)

    def with_past(self, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        """Return the marks as they are."""
        return marks

    def digest(self, channels: Sequence[ChannelView], pins: Sequence[str] | None = None) -> None:
        """Return None: nobody was away."""

    def note_return(self, seconds: float) -> None:
        """Do nothing."""

    def change(self, kind: str, text: str, *, before: str = "", after: str = "") -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def new_run(self) -> int:
        """Return 0: a replayed run has no number of its own."""
        return 0

    def run(self, item: RunItem) -> None:
        """Do nothing: what is replayed is on record already."""

    def close_runs(self, keep: int) -> None:
        """Do nothing."""

    def others(self) -> bool:
        """Return False: nothing is added."""
        return False

    def cancelled_by(self, command: str) -> str:
        """Return an empty text: the end of the run is in its messages."""
        return ""
