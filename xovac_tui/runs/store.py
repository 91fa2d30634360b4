"""What following runs wants of a record, whatever keeps it."""

from __future__ import annotations

from typing import Protocol

from xovac_tui.recording import disk


class RunRecord(Protocol):
    """The record as the follower of runs sees it. Where there is none, nothing is kept."""

    @property
    def record(self) -> disk.record.Record | None:
        """The record for reading; None until it is open, or where there is none."""

    @property
    def session(self) -> int:
        """Number of this program's session in it; 0 where it has none."""

    @property
    def recording(self) -> bool:
        """True while this program itself writes the record of the chamber."""

    @property
    def will_number(self) -> bool:
        """True while runs get no numbers because the record that this program writes cannot be read yet."""

    def new_run(self) -> int:
        """Return the number of a run that begins now; 0 where this program does not (yet) record it."""

    def run(self, item: disk.kinds.RunItem) -> None:
        """Take how far a run was at a moment; nothing of one without a number."""

    def close_runs(self, item: disk.kinds.CloseRunsItem) -> None:
        """Note that runs which another program left open have ended unseen, all but one."""

    def others(self) -> bool:
        """Return whether other programs add to this record, so that their commands must be read."""

    def cancelled_by(self, command: str) -> str:
        """Return the user who sent a command in the last two minutes, else empty. For a thread."""

    def flush(self) -> None:
        """Wait until everything that happened is written (or cannot be). For a thread."""
