"""The record as alarms want it: fits `AlarmStore` of the alarms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from xovac_tui import recording
from xovac_tui.chamber.alarm import AlarmChange, Ask
from xovac_tui.recording import disk
from xovac_tui.recording.service import RecordService
from xovac_tui.recording.status import RecorderState


class RecordAlarmStore:
    """Alarms in the record of one station. Without a record it is empty and keeps nothing."""

    def __init__(self, record: RecordService) -> None:
        self._record = record
        self._nothing_in: tuple[object, ...] = ()
        """Record, its version, and what was asked of it when `later` found nothing last."""

    @property
    def starting(self) -> bool:
        """True until the record has been read."""
        return self._record.view.state is RecorderState.STARTING

    @property
    def elsewhere(self) -> bool:
        """True while another process writes the record, and so evaluates."""
        return self._record.view.state is RecorderState.BESIDE

    @property
    def writer(self) -> int | None:
        """Process id of the one that writes it, where that is another one; None: not known."""
        return self._record.view.pid

    @property
    def readable(self) -> bool:
        """True once the record can be read."""
        return self._record.record is not None

    @property
    def why_failing(self) -> str | None:
        """Why it cannot be written, as a sentence; empty: it can; None: nothing is to be recorded."""
        view = self._record.view
        if view.state is RecorderState.OFF:
            return None
        return view.why if view.state is RecorderState.FAILING else ""

    @property
    def folder(self) -> Path | None:
        """Folder of the record; None where nothing is to be recorded."""
        choice = self._record.choice
        return None if choice is None else choice.path.parent

    # -- what was ---------------------------------------------------------------------------------------

    def newest(self) -> Sequence[AlarmChange]:
        """Return the newest change of every alarm."""
        record = self._record.record
        return () if record is None else [one.change for one in disk.lists.newest_alarms(record)]

    def recent(self, most: int) -> Sequence[AlarmChange]:
        """Return the newest changes of all alarms, oldest first."""
        record = self._record.record
        return () if record is None else [one.change for one in disk.lists.recent_alarms(record, most)]

    def newest_row(self) -> int:
        """Return the number of the newest row about alarms; 0 where there is none."""
        record = self._record.record
        return 0 if record is None else disk.lists.newest_alarm_row(record)

    def later(self, after: int) -> Sequence[tuple[int, AlarmChange | Ask]]:
        """Return what other processes wrote about alarms since a row, oldest first, each with its row."""
        record, own = self._record.record, self._record.session
        if record is None:
            return []
        # Asked four times a second, while it is written once.
        asked = record, record.version, after, own
        if asked == self._nothing_in:
            return []
        found = disk.lists.later_alarms(record, after, without=own)
        self._nothing_in = () if found else asked
        return [(one.id, one.ask if isinstance(one, disk.kinds.RecordedAsk) else one.change) for one in found]

    def unanswered(self, seconds: float) -> Sequence[Ask]:
        """Return what was asked in the last seconds and not answered by any change, oldest first."""
        record = self._record.record
        return () if record is None else [one.ask for one in disk.lists.unanswered(record, seconds)]

    def last_recorded(self) -> float:
        """Return until when another session recorded, UTC seconds; 0 where none did."""
        record = self._record.record
        return 0.0 if record is None else disk.lists.last_recorded(record, without=self._record.session)

    def decision(self, kind: str) -> tuple[int, str, Any] | None:
        """Return row, `user@host` and value (builtins) of the newest decision of a kind; None without one.

        The value is None where it cannot be read.
        """
        record = self._record.record
        found = None if record is None else disk.lists.newest_change(record, kind)
        if found is None:
            return None
        try:
            return found.id, found.who, json.loads(found.after)
        except ValueError:
            return found.id, found.who, None

    # -- what goes in -----------------------------------------------------------------------------------

    def add(self, changes: Iterable[AlarmChange]) -> None:
        """Keep what happened to alarms, at once: a viewer waits for it."""
        self._record.alarms(changes)

    def ask(self, ask: Ask) -> None:
        """Ask the process that evaluates to do something to an alarm."""
        self._record.ask(ask)

    def decide(self, kind: str, text: str, *, before: str, after: str) -> None:
        """Keep a decision, at once; `text` says it in words."""
        self._record.change(kind, text, before=json.dumps(before), after=json.dumps(after))

    def note(self, kind: str, value: Any) -> None:
        """Keep what is in force now, as builtins, if the record knows of something else."""
        self._record.note_change(kind, recording.differences.as_json(value))
