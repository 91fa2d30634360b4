"""What alarms want of a record, whatever keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from xovac_tui.chamber.alarm import AlarmChange, Ask


class AlarmStore(Protocol):
    """The record as alarms see it. Where there is none, nothing is kept and nothing comes back.

    What reads raises XovacError, ValueError or msgspec.MsgspecError where a record is damaged.
    """

    @property
    def starting(self) -> bool:
        """True until the record has been read."""

    @property
    def elsewhere(self) -> bool:
        """True while another process writes the record, and so evaluates."""

    @property
    def writer(self) -> int | None:
        """Process id of the one that writes it, where that is another one; None: not known."""

    @property
    def readable(self) -> bool:
        """True once the record can be read."""

    @property
    def why_failing(self) -> str | None:
        """Why it cannot be written, as a sentence; empty: it can; None: nothing is to be recorded."""

    @property
    def folder(self) -> Path | None:
        """Folder of the record; None where nothing is to be recorded."""

    def newest(self) -> Sequence[AlarmChange]:
        """Return the newest change of every alarm."""

    def recent(self, most: int) -> Sequence[AlarmChange]:
        """Return the newest changes of all alarms, oldest first."""

    def newest_row(self) -> int:
        """Return the number of the newest row about alarms; 0 where there is none."""

    def later(self, after: int) -> Sequence[tuple[int, AlarmChange | Ask]]:
        """Return what other processes wrote about alarms since a row, oldest first, each with its row."""

    def unanswered(self, seconds: float) -> Sequence[Ask]:
        """Return what was asked in the last seconds and not answered by any change, oldest first."""

    def last_recorded(self) -> float:
        """Return until when another session recorded, UTC seconds; 0 where none did."""

    def decision(self, kind: str) -> tuple[int, str, Any] | None:
        """Return row, `user@host` and value (builtins) of the newest decision of a kind; None without one.

        The value is None where it cannot be read.
        """

    def add(self, changes: Iterable[AlarmChange]) -> None:
        """Keep what happened to alarms, at once: a viewer waits for it."""

    def ask(self, ask: Ask) -> None:
        """Ask the process that evaluates to do something to an alarm."""

    def decide(self, kind: str, text: str, *, before: str, after: str) -> None:
        """Keep a decision, at once; `text` says it in words."""

    def note(self, kind: str, value: Any) -> None:
        """Keep what is in force now, as builtins, if the record knows of something else."""
