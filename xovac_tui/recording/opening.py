"""Read what a record knows of the time before, in a thread of its own: a locked file delays nothing."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from xovac_tui import recording
from xovac_tui.api.contract import Contract
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.errors import XovacError
from xovac_tui.recording import disk

PATIENCE = 0.25
"""Seconds for which the loop waits for a record that another program has locked meanwhile."""
_ALARMS = 1_000
"""Newest changes of alarms whose numbers are read, for their marks."""
_NEWEST = 5_000
"""Events of another program's record among which the first one that came here is searched."""


class ProgramStart(msgspec.Struct, frozen=True):
    """When this program began, by both clocks (seconds), and the user whose absence counts."""

    utc: float
    mono: float
    who: str
    visit: bool
    background: bool
    """Charts show what is known of the past, and a thread reads the rest meanwhile."""
    contract: Contract
    """Says which values of the past count."""


class Found(msgspec.Struct, frozen=True):
    """What a record knows of the time before this program."""

    record: disk.record.Record
    """Open for the loop's use."""
    past: recording.past.Past | recording.background.BackgroundPast
    begin: int
    """Index in the record of the first event that came since this program began."""
    ours: bool
    """This program writes what comes into the record, from `begin` on."""
    away_since: float | None
    """When (record time) the user last watched, if that is long ago; else None."""
    marks: tuple[Mark, ...]
    """Those of the time before, in this program's monotonic time."""

    def close(self) -> None:
        """Let go of the record."""
        self.past.close()
        self.record.close()


def read_record(
    path: Path, began: ProgramStart, first_index: int | None, first_utc: float | None, *, session: int
) -> Found:
    """Read a record; blocks while another program holds it. Raises RecordError or OSError.

    `first_index` is the index that this program's first event has in it; None where it does not write its
    events. `first_utc` is when the first event came; None before there is one. `session` is the number of
    this program's session in it; 0 where it has none.
    """
    record = disk.record.Record(path)
    record.judge_by(began.contract)
    try:
        shift = began.utc - began.mono
        begin = first_index
        if begin is None:
            begin = record.total if first_utc is None else _index_at(record, first_utc)
        found = Found(
            record=record,
            past=(
                recording.background.BackgroundPast(path, shift, began.mono, begin, contract=began.contract)
                if began.background
                else recording.past.Past(disk.windows.Windows(record), shift, began.mono, begin)
            ),
            begin=begin,
            ours=first_index is not None,
            away_since=(
                recording.digest.away_since(
                    record,
                    began.who,
                    began.utc,
                    recording.digest.axis_to_now(record, began.utc, session, began.mono),
                )
                if began.visit
                else None
            ),
            marks=tuple(
                msgspec.structs.replace(one.mark, mono=one.t - shift)
                for one in disk.worded_marks.worded_marks(
                    disk.lists.marks(record), disk.lists.recent_alarms(record, _ALARMS)
                )
                if one.t - shift < began.mono
            ),
        )
        record.rows(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
    except BaseException:
        record.close()
        raise
    return found


def _index_at(record: disk.record.Record, utc: float) -> int:
    """Return the index of the first event of a record that came at a moment (UTC seconds) or after it."""
    for event in record.scan(max(record.first, record.total - _NEWEST)):
        if event.utc >= utc:
            return event.index
    return record.total


class RecordReading:
    """One reading of a record in a thread of its own, which ends with the process at the latest."""

    def __init__(
        self,
        wait: Callable[[], object],
        read: Callable[[], Found],
        in_force: Callable[[], Iterable[tuple[str, str]]],
        done: Callable[[], None],
    ) -> None:
        """Begin reading once `wait` returns; call `done` in the thread, at the end.

        `in_force` gives kinds and JSON of what is to be noted in the record.
        """
        self._wait, self._read, self._in_force, self._done = wait, read, in_force, done
        self.found: Found | None = None
        """What was read; None where the record could not be read."""
        self.noted: tuple[tuple[str, str], ...] = ()
        self.over = False
        """True once both are final."""
        self._given_up = False
        threading.Thread(target=self._run, name="record-reading", daemon=True).start()

    def give_up(self) -> None:
        """Let go of what is found from now on: the station has ended."""
        self._given_up = True

    def _run(self) -> None:
        self._wait()
        # What cannot be written can often not be read either: the recorder's own word says why.
        with contextlib.suppress(XovacError, OSError):
            self.found = self._read()
        self.noted = tuple(self._in_force())
        self.over = True
        if self._given_up:
            if self.found is not None:
                self.found.close()
        else:
            self._done()
