"""The log as a reader sees it: what the record held when this program began, and everything since."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xovac_tui.api.event import Event
from xovac_tui.errors import XovacError
from xovac_tui.recording import disk
from xovac_tui.recording.eventlog import EventLog, LoggedEvent

Passes = Callable[["tuple[disk.codec.BlockSummary, ...]"], bool]
"""Returns from the kinds of events there are whether any may be wanted."""


class Log:
    """Events by their index: the newest from memory, older ones from the record where there is one."""

    def __init__(self, keep: int = 50_000) -> None:
        self.memory = EventLog(keep)
        self._record: disk.record.Record | None = None
        self._begin = 0
        """Index of the first event that came into memory."""
        self._attached = False
        self._ours = False
        self.problem = ""
        """Why the record can no longer be read; from then on only what memory holds is shown."""

    def attach(self, record: disk.record.Record, *, ours: bool, begin: int | None = None) -> int:
        """Put a record behind memory; return by how much the indices of the events in memory have grown.

        `ours` where what comes now is written into it by this program. `begin` is the index that the first
        event in memory has, or will have, in the record; None: the next one of the record. Once a record is
        there an index never changes, so that another file is not put in its place once there are events.
        """
        if self._attached and self.memory.total > self._begin:
            return 0
        begin = record.total if begin is None else begin
        self._record, self._ours, self._attached = record, ours, True
        moved, self._begin = begin - self._begin, begin
        self.memory.move(moved)
        return moved

    def part(self) -> None:
        """Take note that the record no longer holds what memory drops under the same indices.

        It is so once events were lost, or a new file was begun in place of a damaged one.
        """
        self._ours = False

    def detach(self) -> None:
        """Let go of a record whose file is no longer the one that is written; memory's indices stay."""
        self._record, self._ours = None, False

    def append(self, event: Event) -> None:
        """Keep one more event in memory."""
        self.memory.append(event)

    @property
    def keep(self) -> int:
        """How many of the newest events are kept in memory."""
        return self.memory.keep

    @property
    def total(self) -> int:
        """Index that the next event gets."""
        return self.memory.total

    @property
    def first(self) -> int:
        """Index of the oldest event that can be read."""
        record = self._readable
        if record is not None:
            try:
                return min(record.first, self._begin) if self._begin else self._begin
            except XovacError as error:
                self.failed(error)
        return self.memory.first

    @property
    def _readable(self) -> disk.record.Record | None:
        return None if self.problem else self._record

    def failed(self, error: XovacError) -> None:
        """Take note that the record cannot be read."""
        # For good: rows that came and went with every refresh could not be read.
        self.problem = self.problem or str(error)

    @property
    def dropped(self) -> int:
        """How many of the oldest events can no longer be read."""
        return self.first

    @property
    def recorded(self) -> bool:
        """True when older events are read from the record."""
        return self._record is not None

    def __len__(self) -> int:
        return self.total - self.first

    def get(self, index: int) -> LoggedEvent | None:
        """Return the event with this index, or None when it cannot be read or has not come yet."""
        if index >= self.memory.first:
            return self.memory.get(index)
        record = self._readable
        if record is None or (index >= self._begin and not self._ours):
            return None
        try:
            return record.get(index)
        except XovacError as error:
            self.failed(error)
            return None

    def scan(
        self, start: int = 0, passes: Passes | None = None, *, whole: bool = False
    ) -> Iterator[LoggedEvent]:
        """Return the events from index `start` on that there are at this moment, oldest first.

        Any thread may read it. With `passes`, stretches of the record without what is wanted stay unread.
        `whole` asks the record first, which keeps more of a long payload than memory does.
        """
        newest = self.memory.scan(start)
        record = self._readable
        end = self.memory.total if whole and self._ours else self.memory.first
        if record is None or start >= end:
            return newest
        return self._older(record, start, end, newest, passes)

    def whole(self, event: LoggedEvent) -> LoggedEvent:
        """Return an event of this log with all that is kept of its payload anywhere. Any thread may ask."""
        if event.size == len(event.raw):
            return event
        found = next(self.scan(event.index, whole=True), event)
        return found if found.index == event.index and len(found.raw) > len(event.raw) else event

    def _older(
        self,
        record: disk.record.Record,
        start: int,
        end: int,
        newest: Iterator[LoggedEvent],
        passes: Passes | None,
    ) -> Iterator[LoggedEvent]:
        end, following = end if self._ours else min(end, self._begin), start
        # Its own reader: the one of the screen is no business of another thread.
        try:
            with disk.record.Record(record.path) as own:
                for event in own.scan(start, passes=passes):
                    if event.index >= end:
                        break
                    following = event.index + 1
                    yield event
        except XovacError as error:
            self.failed(error)
        # With `whole`, the record has yielded some that memory holds, too.
        for event in newest:
            if event.index >= following:
                yield event
