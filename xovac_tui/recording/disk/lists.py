"""Reads what is in a record beside events: sessions, runs, recipes, commands, links, marks, visits."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.recording.disk import kinds
from xovac_tui.recording.disk.axis import EvenAxis, Piece, SessionTimes, Within
from xovac_tui.recording.disk.cursors import FORWARDED
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError, TornRecordError, unpacking
from xovac_tui.recording.disk.table import Recorded, read_from

_HANDED_OVER = 1.0
"""Seconds by which a load may seem later than the run that it began."""
T = TypeVar("T", bound=Recorded)
MOST_MARKS = 5_000
"""Marks of one stretch of time that are read at once, the newest."""
_PLACED = "coalesce(position, ?1) BETWEEN ?1 AND ?2"
"""Chooses rows by their place among the events."""
_HANDED = (Outcome.SUCCESS.value, Outcome.UNKNOWN.value, Outcome.DONE.value)
"""Outcomes of a recipe that may have reached the chamber; the device has refused no such one."""


def read(
    record: Record,
    kind: type[T],
    where: str = "1",
    values: Sequence[Any] = (),
    *,
    instead: Mapping[str, str] | None = None,
) -> list[T]:
    """Return the rows of a kind for which a condition holds (an order and a limit may follow), oldest first.

    `instead` gives SQL in place of columns; empty leaves one out. No rows in a file of a version without
    the table. Raises TornRecordError where a column holds what it cannot have been given.
    """
    table = kind.table
    if not record.has(table.version):
        return []
    columns = {name: name for name in read_from(kind)} | dict(instead or {})
    columns = {name: sql for name, sql in columns.items() if sql}
    chosen = f"SELECT {', '.join(columns.values())} FROM {table.name} WHERE {kind.where} AND {where}"
    found = record.rows(chosen if "ORDER BY" in where else f"{chosen} ORDER BY {table.key}", values)
    with unpacking(record.path):
        return [kind.made(dict(zip(columns, row, strict=True))) for row in found]


def placed(record: Record, kind: type[T], within: Within | None, where: str = "1") -> list[T]:
    """Return the rows of a kind in a stretch (None: all) for which a condition holds, oldest first."""
    if within is None:
        return read(record, kind, where)
    found: list[Any] = read(record, kind, f"{_PLACED} AND {where}", (within.low, within.high))
    return within.keep(found)


def _newest(record: Record, kind: type[T], where: str = "1", values: Sequence[Any] = ()) -> T | None:
    found = read(record, kind, f"{where} ORDER BY {kind.table.key} DESC LIMIT 1", values)
    return found[0] if found else None


def _newest_row(record: Record, kind: type[Recorded]) -> int:
    """Return the number of the newest row in a kind's table; 0 where there is none."""
    if not record.has(kind.table.version):
        return 0
    return int(record.rows(f"SELECT coalesce(max(id), 0) FROM {kind.table.name}")[0][0])


def sessions(record: Record, *, recording: bool = True) -> list[kinds.RecordedSession]:
    """Return the recorders' sessions, or with `recording=False` all of them, oldest first."""
    return read(record, kinds.RecordedSession, "(recording OR NOT ?)", (recording,))


def newest_session(record: Record) -> kinds.RecordedSession | None:
    """Return the newest session of a recorder; None where there is none."""
    return _newest(record, kinds.RecordedSession, "recording")


def axis_of(record: Record) -> EvenAxis:
    """Return the even time of a record."""
    found = record.rows("SELECT id, started, mono, seen, seen_mono FROM sessions WHERE recording ORDER BY id")
    try:
        return EvenAxis([SessionTimes(*row) for row in found], record.pieces())
    except TypeError as error:
        raise TornRecordError(f"{record.path} is damaged: a session's time is not a number.") from error


def last_recorded(record: Record, *, without: int) -> float:
    """Return until when (UTC) another session recorded; 0 where none did."""
    newest = "SELECT coalesce(max(seen), 0) FROM sessions WHERE recording AND id != ?"
    return float(record.rows(newest, (without,))[0][0])


def runs(record: Record, *, states: bool = True) -> list[kinds.RecordedRun]:
    """Return all runs, oldest first; without `states` their `flight` is empty, which is long."""
    return _timed(record, read(record, kinds.RecordedRun, instead=None if states else {"flight": ""}))


def run(record: Record, number: int) -> kinds.RecordedRun | None:
    """Return the run with this number."""
    found = _timed(record, read(record, kinds.RecordedRun, "id = ?", (number,)))
    return found[0] if found else None


def _timed(record: Record, found: list[kinds.RecordedRun]) -> list[kinds.RecordedRun]:
    """Return runs with how long they took."""
    axis = axis_of(record) if found else None
    made = []
    for one in found:
        if axis is None or one.started_mono is None or one.ended_mono is None:
            made.append(one)
            continue
        end = one.session if one.end_session is None else one.end_session
        seconds = axis.length(one.session, one.started_mono, end, one.ended_mono)
        made.append(msgspec.structs.replace(one, seconds=seconds))
    return made


def open_run(record: Record) -> kinds.RecordedRun | None:
    """Return the newest run if it is not known to have ended."""
    newest = _newest(record, kinds.RecordedRun)
    return newest if newest is not None and newest.ended is None else None


def load(record: Record, number: int) -> kinds.RecordedLoad | None:
    """Return the load with this number."""
    return _newest(record, kinds.RecordedLoad, "id = ?", (number,))


class SentLoad(msgspec.Struct, frozen=True):
    """A load_recipe that some program sent, and that may have reached the chamber."""

    session: int
    t: float
    """Record time of its outcome."""
    hash: str
    """SHA-256 of the payload as it was sent, hex: that of the recipe that it handed over."""
    position: int | None = None
    mono: float | None = None


def newest_sent_load(record: Record, *, without: int = 0) -> SentLoad | None:
    """Return the load_recipe that was sent last, by any session but one; None where none was.

    What the device has refused is none.
    """
    found = _newest(
        record,
        kinds.RecordedCommand,
        "command = 'load_recipe' AND outcome IN (?, ?, ?) AND session != ?",
        (*_HANDED, without),
    )
    if found is None:
        return None
    return SentLoad(found.session, found.t, payload_hash(found.entry.payload), found.position, found.mono)


def payload_hash(text: str) -> str:
    """Return the SHA-256 of a payload as it was sent, hex."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def load_with(record: Record, wanted: str) -> kinds.RecordedLoad | None:
    """Return the newest load whose payload has this hash."""
    return _newest(record, kinds.RecordedLoad, "hash = ?", (wanted,))


def later_states(record: Record, after: int, *, without: int) -> list[kinds.RecordedCommand]:
    """Return the outcomes of commands of other sessions since a state of the ledger, oldest first."""
    return read(
        record, kinds.RecordedCommand, "id > ? AND session != ? ORDER BY id LIMIT 200", (after, without)
    )


def newest_state(record: Record) -> int:
    """Return the number of the newest state in the ledger; 0 where there is none."""
    return _newest_row(record, kinds.RecordedCommand)


def newest_load(
    record: Record, name: str | None = None, of: kinds.RecordedRun | None = None
) -> kinds.RecordedLoad | None:
    """Return the recipe that was handed over last, of this name and before a run began where they are given.

    What the device has refused is none.
    """
    found = record.rows(
        "SELECT id, session, position, t, mono FROM loads WHERE outcome IN (?, ?, ?) "
        "AND (? IS NULL OR name = ?) ORDER BY id DESC",
        (*_HANDED, name, name),
    )
    if of is not None and of.started_mono is not None and found:
        axis = axis_of(record)
        began = axis.even(of.session, of.started_mono)
        found = [row for row in found if axis.place(row[1], row[2], row[4], row[3]) <= began + _HANDED_OVER]
    return load(record, found[0][0]) if found else None


def rates(record: Record) -> list[tuple[int, str]]:
    """Return (run, JSON) of what the chamber managed, oldest first."""
    return [(one.run, one.data) for one in read(record, kinds.RecordedRates)]


def commands(
    record: Record, within: Within | None = None, *, newest_only: bool = True
) -> list[kinds.RecordedCommand]:
    """Return the commands of a stretch (None: all) as they ended up, or every state they were in."""
    newest = "id IN (SELECT max(id) FROM ledger GROUP BY session, entry)"
    return placed(record, kinds.RecordedCommand, within, newest if newest_only else "1")


def links(record: Record, within: Within | None = None) -> list[kinds.RecordedLink]:
    """Return the changes of the connection in a stretch; None: all."""
    return placed(record, kinds.RecordedLink, within)


def newest_link_row(record: Record) -> int:
    """Return the number of the newest change of the connection; 0 where there is none."""
    return _newest_row(record, kinds.RecordedLink)


def later_links(record: Record, after: int, *, position: int = 0) -> list[kinds.RecordedLink]:
    """Return the changes of the connection since a row, oldest first.

    Of those before event `position` only the newest.
    """
    newest = "coalesce((SELECT max(id) FROM links WHERE position < ?), 0)"
    return read(record, kinds.RecordedLink, f"id > ? AND id >= {newest}", (after, position))


def marks(record: Record, within: Within | None = None, most: int = MOST_MARKS) -> list[kinds.RecordedMark]:
    """Return the newest marks of a stretch (None: of all), oldest first."""
    if within is None:
        return read(record, kinds.RecordedMark, "1 ORDER BY t DESC, id DESC LIMIT ?", (most,))[::-1]
    return sorted(placed(record, kinds.RecordedMark, within), key=within.axis.of)[-most:]


def alarms(record: Record, within: Within | None = None) -> list[kinds.RecordedAlarm]:
    """Return what happened to alarms in a stretch (None: all), oldest first."""
    return sorted(
        placed(record, kinds.RecordedAlarm, within),
        key=(lambda one: one.t) if within is None else within.axis.of,
    )


def newest_alarms(record: Record) -> list[kinds.RecordedAlarm]:
    """Return the newest change of every alarm."""
    newest = f"SELECT max(id) FROM alarms WHERE {kinds.RecordedAlarm.where} GROUP BY rule"
    return read(record, kinds.RecordedAlarm, f"id IN ({newest})")


def recent_alarms(record: Record, most: int) -> list[kinds.RecordedAlarm]:
    """Return the newest changes of all alarms, oldest first."""
    return read(record, kinds.RecordedAlarm, "1 ORDER BY id DESC LIMIT ?", (most,))[::-1]


def later_alarms(
    record: Record, after: int, *, without: int
) -> list[kinds.RecordedAlarm | kinds.RecordedAsk]:
    """Return what other sessions wrote about alarms since a row, oldest first."""
    where, values = "id > ? AND session != ? ORDER BY id LIMIT 500", (after, without)
    both: list[kinds.RecordedAlarm | kinds.RecordedAsk] = [
        *read(record, kinds.RecordedAlarm, where, values),
        *read(record, kinds.RecordedAsk, where, values),
    ]
    return sorted(both, key=lambda one: one.id)[:500]


def unanswered(record: Record, seconds: float) -> list[kinds.RecordedAsk]:
    """Return what was asked in the last seconds of alarms to which nothing happened since, oldest first."""
    asked = read(
        record,
        kinds.RecordedAsk,
        "NOT EXISTS (SELECT 1 FROM alarms AS later WHERE later.rule = alarms.rule AND later.id > alarms.id "
        f"AND later.{kinds.RecordedAlarm.where})",
    )
    axis = axis_of(record)
    return axis.within(axis.now() - seconds, math.inf).keep(asked)


def newest_alarm_row(record: Record) -> int:
    """Return the number of the newest row about alarms; 0 where there is none."""
    return _newest_row(record, kinds.RecordedAlarm)


def changes(record: Record, within: Within | None = None) -> list[kinds.RecordedChange]:
    """Return which settings, limits, contracts and decisions of trust changed in a stretch (None: in all)."""
    return placed(record, kinds.RecordedChange, within)


def loads(record: Record, within: Within) -> list[kinds.RecordedLoad]:
    """Return the recipes that were handed over in a stretch."""
    return placed(record, kinds.RecordedLoad, within)


def newest_change(record: Record, kind: str) -> kinds.RecordedChange | None:
    """Return the newest change of a kind; None where there is none."""
    return _newest(record, kinds.RecordedChange, "kind = ?", (kind,))


def newest_contract_row(record: Record) -> int:
    """Return the number of the newest row that notes a contract in force; 0 where there is none."""
    if not record.has(kinds.RecordedChange.table.version):
        return 0
    found = record.rows("SELECT coalesce(max(id), 0) FROM changes WHERE kind = ?", (kinds.CONTRACT,))
    return int(found[0][0])


def cursors(record: Record) -> dict[tuple[str, str], int]:
    """Return how far each sink is, by its name and the table that is forwarded."""
    if not record.has(FORWARDED):
        return {}
    return {(sink, of): upto for sink, of, upto in record.rows("SELECT sink, rows_of, upto FROM cursors")}


def visits(record: Record, who: str) -> list[kinds.Visit]:
    """Return when users watched, oldest first."""
    return read(record, kinds.Visit, "who = ?", (who,))


class RecordSpan(msgspec.Struct, frozen=True):
    """A named stretch of a record: a run, a session, or all of it; a span of events.

    Its times are even: they go on with the monotonic clock from the wall time of its start.
    """

    label: str
    start: float
    end: float
    """Exclusive."""
    first: int
    """Index of its first event."""
    after: int
    """Index behind its last event."""
    axis: EvenAxis
    """Gives the even time of anything in the record."""
    run: kinds.RecordedRun | None = None
    session: kinds.RecordedSession | None = None

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return max(0.0, self.end - self.start)


_LAST = 1e-3
"""Seconds: an end is exclusive, and the last event belongs to what has no end of its own."""


def find_span(record: Record, wanted: str) -> RecordSpan:
    """Return what an id names: `r12` (or `12`) a run, `s3` a session, `last` the newest of either, `all`.

    RecordError says what there is when nothing has that name.
    """
    axis = axis_of(record)
    if not axis.pieces:
        raise RecordError(
            f"No event is in the record {record.path} yet. Commands and settings that it notes are listed by "
            "`xovac-tui audit list`."
        )
    name = wanted.strip().lower()
    if name == "all":
        return _of_events("all", axis, axis.pieces)
    ran, lives = runs(record), sessions(record)
    if name == "last":
        # A run that began with the first event of its session is the newer one.
        newest = [(one.first, kind, one.id) for kind, all_of in (("r", ran), ("s", lives)) for one in all_of]
        name = "{1}{2}".format(*max(newest, key=lambda one: (one[0], one[1] == "r", one[2])))
    kind, digits = (name[0], name[1:]) if name[:1] in "rs" else ("r", name)
    for one in ran if kind == "r" else ():
        if digits == str(one.id):
            return span_of(axis, one)
    for life in lives if kind == "s" else ():
        if digits == str(life.id):
            return _of_session(axis, life)
    there = [f"r{one.id}" for one in ran[-5:]] + [f"s{life.id}" for life in lives[-5:]]
    raise RecordError(
        f'No run or session "{wanted}" is in {record.path}. There are {", ".join(there)}, `last` and `all`; '
        "`xovac-tui runs` lists them."
    )


def span_of(axis: EvenAxis, one: kinds.RecordedRun) -> RecordSpan:
    """Return the span of a run; one that goes on reaches to the newest event."""
    began = 0.0 if one.started_mono is None else one.started_mono
    axis = axis.anchored(one.session, began, one.started)
    if one.ended is not None:
        return RecordSpan(
            one.label, one.started, one.started + one.seconds, one.first, one.after, axis, run=one
        )
    pieces = axis.pieces
    after = max(one.first, pieces[-1].after if pieces else 0)
    end = axis.bounds(pieces[-1])[1] + _LAST if pieces else one.started
    return RecordSpan(one.label, one.started, max(one.started, end), one.first, after, axis, run=one)


def _of_session(axis: EvenAxis, life: kinds.RecordedSession) -> RecordSpan:
    own = [piece for piece in axis.pieces if piece.session == life.id]
    label = f"s{life.id}"
    if own:
        return _of_events(label, axis, own, life)
    axis = axis.anchored(life.id, life.mono, life.started)
    return RecordSpan(
        label, life.started, life.started + life.seconds, life.first, life.first, axis, session=life
    )


def _of_events(
    label: str, axis: EvenAxis, pieces: Sequence[Piece], life: kinds.RecordedSession | None = None
) -> RecordSpan:
    """Return the span of all events of some blocks."""
    begin = pieces[0]
    axis = axis.anchored(begin.session, begin.low, begin.low + begin.shift)
    end = max(axis.bounds(piece)[1] for piece in pieces) + _LAST
    return RecordSpan(label, axis.bounds(begin)[0], end, begin.first, pieces[-1].after, axis, session=life)
