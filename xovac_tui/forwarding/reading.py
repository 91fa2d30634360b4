"""Reads a record in batches, by cursors that are indices: what is committed late is not missed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from xovac_tui.forwarding.batch import Batch, ChannelRow, EventRow, LogRow, RowKey
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.recording.disk import kinds, lists
from xovac_tui.recording.disk.following import EventFollower, Followed
from xovac_tui.recording.disk.record import Record, RecordedChannel
from xovac_tui.recording.disk.schema import unpacking
from xovac_tui.text import clean

_TEXT = 1_000
"""Characters of a text that are forwarded."""


class ForwardedRows:
    """A record that is forwarded, on a connection of its own. For one thread."""

    def __init__(self, path: Path) -> None:
        """Open the record; raises RecordError, as every method does."""
        self._record = Record(path)
        self._sources: dict[int, str] = {}
        """Session -> its name."""
        self._channels: dict[str, ChannelRow] = {}
        """What was given of channels."""
        self._listed: list[Any] = []
        """What the record called them when it was last asked."""
        self._runs: dict[int, tuple[object, ...]] = {}
        """Run that goes on -> what was given of it."""
        self._events = EventFollower(self._record)
        self._present: tuple[int, float, float] | None = None
        """Newest recorder's session, and its start in UTC and monotonic seconds."""

    def close(self) -> None:
        """Let go of the file."""
        self._record.close()

    def after(self, part: Part) -> int:
        """Return the cursor behind everything of a part that is committed."""
        if part is Part.EVENTS:
            return self._events.total()
        found = self._record.rows(f"SELECT coalesce(max(id), 0) + 1 FROM {part.value}")
        return int(found[0][0])

    def waiting_since(self, cursor: int) -> float | None:
        """Return the moment of the oldest event from a cursor on; None where there is none.

        In monotonic seconds of the session that records now: what it recorded has the age that it has,
        whatever the wall clock was set to meanwhile. What was before it lies before its start by the wall
        clock of then.
        """
        found = self._oldest(cursor)
        if found is None:
            return None
        present, started, began = self._recorder()
        if found.block is None:
            return began
        mono = found.block.mono[found.first - found.block.first]
        return mono if found.session == present else began - max(0.0, started - (mono + found.shift))

    def waiting_utc(self, cursor: int) -> float | None:
        """Return the record time of the oldest event from a cursor on; None where there is none."""
        found = self._oldest(cursor)
        if found is None:
            return None
        if found.block is None:
            return self._recorder()[1]
        return found.block.mono[found.first - found.block.first] + found.shift

    def _oldest(self, cursor: int) -> Followed | None:
        with unpacking(self._record.path):
            return self._events.next(cursor, 1)

    def first(self, part: Part) -> int:
        """Return the cursor before everything of a part that is kept."""
        if part is Part.EVENTS:
            return self._events.first()
        return int(self._record.rows(f"SELECT coalesce(min(id), 1) FROM {part.value}")[0][0])

    def _recorder(self) -> tuple[int, float, float]:
        if self._present is None:
            rows = self._record.rows(
                "SELECT id, started, mono FROM sessions WHERE recording ORDER BY id DESC LIMIT 1"
            )
            self._present = rows[0] if rows else (0, 0.0, 0.0)
        return self._present

    def next(self, part: Part, cursor: int, most: int) -> Batch | None:
        """Return the next rows of a part from a cursor on, `most` at the most; None where there are none.

        Rows of no value for a store, such as messages without any value, are passed over; then a batch
        may be empty, and its cursor moves all the same.
        """
        # Whatever is wrong with a row, it is the record that cannot be read.
        with unpacking(self._record.path):
            if part is Part.EVENTS:
                return self._next_events(cursor, most)
            return self._next_runs(cursor, most) if part is Part.RUNS else self._next_log(part, cursor, most)

    def source(self, session: int) -> str:
        """Return the name of a session."""
        found = self._sources.get(session)
        if found is None:
            rows = self._record.rows(
                "SELECT host, pid, started, mono, who FROM sessions WHERE id = ?", (session,)
            )
            # A session of which there is no row: another file than the recorder's has it.
            found = self._sources[session] = source_of(*(rows[0] if rows else ("", session, 0.0, 0.0, "")))
        return found

    # -- events ---------------------------------------------------------------------------------------

    def _next_events(self, cursor: int, most: int) -> Batch | None:
        found = self._events.next(cursor, most)
        if found is None:
            return None
        # A new sink has missed nothing of what was deleted before it was there.
        gone = found.first - cursor if cursor else 0
        if found.block is None:
            missed = gone + found.after - found.first
            return Batch(Part.EVENTS, cursor, found.after, missed=missed)
        after = min(found.after, found.first + most)
        rows = event_rows(found, self.source(found.session), after)
        return Batch(Part.EVENTS, cursor, after, events=rows, channels=self._new_channels(rows), missed=gone)

    def _new_channels(self, rows: Sequence[EventRow]) -> tuple[ChannelRow, ...]:
        """Return what the channels of rows are called, of those that are new or called otherwise by now."""
        names = {f"{row.event}.{path}" if path else row.event for row in rows for path, _ in row.values}
        if names <= self._channels.keys() and not self._renamed():
            return ()
        found = []
        for one in self._record.channels():
            row = _channel_row(one)
            if one.name in names | self._channels.keys() and self._channels.get(one.name) != row:
                self._channels[one.name] = row
                found.append(row)
        for name in names - self._channels.keys():
            # Its bins are written with its first block; until then it has no name but its own.
            self._channels[name] = row = ChannelRow(name, clean(name, _TEXT), "")
            found.append(row)
        return tuple(found)

    def _renamed(self) -> bool:
        """Return whether the record calls any channel otherwise than when this was last asked."""
        listed = self._record.rows("SELECT name, label, unit FROM channels ORDER BY id")
        before, self._listed = self._listed, listed
        return listed != before

    # -- the log --------------------------------------------------------------------------------------

    def _next_log(self, part: Part, cursor: int, most: int) -> Batch | None:
        kind, made = _LOG[part]
        with self._record.moment():
            found = lists.read(self._record, kind, "id >= ? ORDER BY id LIMIT ?", (cursor, most))
            numbers = self._record.rows(
                f"SELECT id FROM {part.value} WHERE {kind.where} AND id >= ? ORDER BY id LIMIT ?",
                (cursor, most),
            )
            after = self.after(part)
        if not found:
            return Batch(part, cursor, after) if after > cursor else None
        rows = [
            row
            for (number,), one in zip(numbers, found, strict=True)
            if (row := made(one, RowKey(self.source(one.session), part, number))) is not None
        ]
        return Batch(part, cursor, numbers[-1][0] + 1, log=rows)

    def _next_runs(self, cursor: int, most: int) -> Batch | None:
        """Return runs that began or ended; the cursor stays before one that goes on."""
        found = lists.read(
            self._record,
            kinds.RecordedRun,
            "id >= ? ORDER BY id LIMIT ?",
            (cursor, most),
            instead={"flight": ""},
        )
        rows, after = [], cursor
        for one in found:
            reported = (one.name, one.started, one.ended, one.result, one.reason)
            if self._runs.get(one.id) != reported:
                rows.append(_run_row(one, self.source(one.session)))
                self._runs[one.id] = reported
        for one in found:
            if one.ended is None:
                break
            after = one.id + 1
            self._runs.pop(one.id, None)
        return Batch(Part.RUNS, cursor, after, log=rows) if rows or after > cursor else None

    def forget_sent(self) -> None:
        """Give again what was given and perhaps not stored: channels' names and runs that go on."""
        self._channels.clear()
        self._runs.clear()


def source_of(host: str, pid: int, started: float, mono: float, who: str) -> str:
    """Return the name of a session from its row; its start in UTC and monotonic seconds."""
    reported = json.dumps([host, pid, repr(started), repr(mono), who])
    return hashlib.sha256(reported.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def event_rows(found: Followed, source: str, after: int) -> list[EventRow]:
    """Return the messages with index `found.first` to before `after` that have any value.

    Values that do not count by the contract are left out, as are those that are not finite.
    """
    block = found.block
    assert block is not None
    low, high = found.first - block.first, after - block.first
    values: dict[int, list[tuple[str, float]]] = {}
    for name, series in block.samples().items():
        for place, value in zip(series.places, series.values, strict=True):
            if low <= place < high and isfinite(value):
                values.setdefault(place, []).append((name, value))
    texts: dict[int, list[tuple[str, str]]] = {}
    for name, places, words in block.words():
        for place, word in zip(places, words, strict=True):
            if low <= place < high:
                texts.setdefault(place, []).append((name, clean(word, _TEXT)))
    names = block.names()
    made = []
    for place in sorted(values.keys() | texts.keys()):
        event = names[place]
        skip = len(event) + 1
        made.append(
            EventRow(
                RowKey(source, Part.EVENTS, block.first + place),
                round((block.mono[place] + found.shift) * 1e6),
                event,
                [(name[skip:], value) for name, value in values.get(place, ())],
                [(name[skip:], word) for name, word in texts.get(place, ())],
            )
        )
    return made


def _channel_row(one: RecordedChannel) -> ChannelRow:
    return ChannelRow(one.name, clean(one.label or one.name, _TEXT), clean(one.unit, _TEXT))


def _alarm_row(one: kinds.RecordedAlarm, key: RowKey) -> LogRow:
    change = one.change
    return _log_row(
        one,
        key,
        kind="alarm",
        title=change.rule,
        state=change.event.value,
        text=change.text or change.reason,
        who=change.who,
    )


def _command_row(one: kinds.RecordedCommand, key: RowKey) -> LogRow:
    entry = one.entry
    said = " ".join(part for part in (entry.reason, entry.message) if part)
    state = "confirmed" if entry.confirmed is not None else entry.outcome.value
    return _log_row(
        one,
        key,
        kind="command",
        title=entry.command,
        state=state,
        text=said,
        who=entry.who,
    )


def _mark_row(one: kinds.RecordedMark, key: RowKey) -> LogRow | None:
    mark = one.mark
    if mark.kind == "command":
        # The command itself is forwarded.
        return None
    return _log_row(
        one,
        key,
        kind=mark.kind,
        title="",
        state=mark.kind,
        text=mark.text,
        who=one.who,
    )


def _run_row(one: kinds.RecordedRun, source: str) -> LogRow:
    return LogRow(
        RowKey(source, Part.RUNS, one.id),
        _micros(one.started),
        "run",
        clean(one.name, _TEXT),
        clean(one.result, _TEXT),
        clean(one.reason, _TEXT),
        "",
        ended=None if one.ended is None else _micros(one.ended),
    )


def _log_row(one: Any, key: RowKey, *, kind: str, title: str, state: str, text: str, who: str) -> LogRow:
    title, state, text, who = (clean(reported, _TEXT) for reported in (title, state, text, who))
    return LogRow(key, _micros(one.t), kind, title, state, text, who)


def _micros(utc: float) -> int:
    return round(utc * 1e6)


_LOG: dict[Part, tuple[type[Any], Callable[[Any, RowKey], LogRow | None]]] = {
    Part.ALARMS: (kinds.RecordedAlarm, _alarm_row),
    Part.COMMANDS: (kinds.RecordedCommand, _command_row),
    Part.MARKS: (kinds.RecordedMark, _mark_row),
}
"""Part -> its kind in the record, and what makes a row of one."""
