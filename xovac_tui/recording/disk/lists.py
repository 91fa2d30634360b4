"""What is in a record beside events: sessions, runs, recipes, commands, links, marks, visits."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from xovac_tui.chamber.alarm import AlarmChange, Ask
from xovac_tui.chamber.snapshot import LedgerEntry, LinkView, Mark, Outcome
from xovac_tui.recording.disk.axis import Axis, Piece, Within
from xovac_tui.recording.disk.items import Session
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import ASKED, RecordError, TornRecordError, unpacking

_HANDED_OVER = 1.0
"""Seconds by which a load may seem later than the run that it began."""
T = TypeVar("T", bound=msgspec.Struct)
MOST_MARKS = 5_000
"""Marks of one stretch of time that are read at once, the newest."""


class RecordedSession(msgspec.Struct, frozen=True, array_like=True):
    """The life of a recorder, or of a console beside one. Times in UTC seconds."""

    id: int
    started: float
    mono: float
    seen: float
    """Its newest commit: when it ended, or how far it is."""
    closed: bool
    """It ended by itself; False: it goes on, or was killed."""
    recording: bool
    pid: int
    host: str
    who: str
    program: str
    about: Session
    seen_mono: float | None = None
    """Monotonic seconds at `seen`; None: by the wall clock since its start."""
    first: int = 0
    """Index of its first event."""
    after: int = 0
    """Index behind its newest event."""

    @property
    def seconds(self) -> float:
        """How long it lasted, or lasts by now, by its monotonic clock."""
        wall = self.seen - self.started if self.seen_mono is None else self.seen_mono - self.mono
        return max(0.0, wall)


class RecordedLoad(msgspec.Struct, frozen=True):
    """A recipe that was handed to the chamber. `t` in record time."""

    id: int
    session: int
    t: float
    who: str
    name: str
    outcome: str
    hash: str
    source: str
    payload: str
    plan: str
    """JSON."""
    settings: str
    """JSON."""
    position: int | None = None
    """Index of the event that came next; None where it is not known."""
    mono: float | None = None
    """Monotonic seconds of its session; None where they are not known."""


class RecordedRun(msgspec.Struct, frozen=True):
    """The flight of a recipe: a span of events. `started` and `ended` say when, by the wall clock then."""

    id: int
    session: int
    load: int | None
    name: str
    started: float
    ended: float | None
    """None while it goes on (or nobody saw its end)."""
    result: str
    reason: str
    flight: str
    """JSON: how it was flown."""
    exported: float | None
    """UTC seconds of its newest export."""
    first: int = 0
    """Index of its first event."""
    after: int = 0
    """Index behind its last event; while it goes on: behind the newest that was noted."""
    started_mono: float | None = None
    """Monotonic seconds of its session."""
    ended_mono: float | None = None
    """Monotonic seconds of `end_session`; while it goes on: when it was noted last."""
    end_session: int | None = None
    """Session that noted its end, or how far it is."""
    seconds: float = 0.0
    """How long it took, or lasted when it was noted last, by the monotonic clock; never negative."""

    @property
    def label(self) -> str:
        """Its name on the command line: `r12`."""
        return f"r{self.id}"


class RecordedCommand(msgspec.Struct, frozen=True, array_like=True):
    """One state of a command in the ledger."""

    id: int
    session: int
    position: int
    """Index of the event that came next."""
    t: float
    entry: LedgerEntry
    mono: float | None = None
    """Monotonic seconds of its session; None where they are not known."""


class RecordedLink(msgspec.Struct, frozen=True, array_like=True):
    """One change of the connection."""

    session: int
    position: int
    t: float
    link: LinkView
    mono: float | None = None


class RecordedMark(msgspec.Struct, frozen=True):
    """Something on the time axis."""

    session: int
    position: int
    t: float
    mark: Mark
    who: str

    @property
    def mono(self) -> float:
        """Monotonic seconds of its session."""
        return self.mark.mono


class RecordedAlarm(msgspec.Struct, frozen=True):
    """Something that happened to an alarm. `t` in record time."""

    id: int
    session: int
    position: int
    """Index of the event that came next."""
    t: float
    change: AlarmChange
    mono: float | None = None


class RecordedAsk(msgspec.Struct, frozen=True):
    """What somebody beside the recorder wants done to an alarm."""

    id: int
    session: int
    ask: Ask


class RecordedChange(msgspec.Struct, frozen=True):
    """Settings, limits, a contract or a decision of trust that became others. `t` in record time."""

    id: int
    session: int
    t: float
    kind: str
    who: str
    text: str
    before: str
    """JSON; empty where nothing was known."""
    after: str
    """JSON."""
    position: int | None = None
    mono: float | None = None


class Visit(msgspec.Struct, frozen=True):
    """Somebody's look at the chamber, UTC seconds."""

    who: str
    arrived: float
    seen: float
    session: int = 0
    position: int | None = None
    """Index of the event that came next."""
    mono: float | None = None

    @property
    def t(self) -> float:
        """When it ended, UTC seconds."""
        return self.seen


_session_about = msgspec.json.Decoder(Session).decode
_entry = msgspec.json.Decoder(LedgerEntry).decode
_link = msgspec.json.Decoder(LinkView).decode
_alarm = msgspec.json.Decoder(AlarmChange).decode
_ask = msgspec.json.Decoder(Ask).decode

_SESSION = (
    "id, started, mono, seen, closed, recording, pid, host, who, program, about, "
    "seen_mono, coalesce(first_event, 0), coalesce(end_event, 0)"
)
_ABOUT = 10
"""Place of `about` among these."""
_LOAD = "id, session, t, who, name, outcome, hash, source, payload, plan, settings, position, mono"
_RUN = (
    "id, session, load, name, started, ended, result, reason, flight, exported, "
    "coalesce(first_event, 0), coalesce(end_event, 0), started_mono, ended_mono, end_session"
)
_CHANGE = "id, session, t, kind, who, text, before, after, position, mono"
_PLACED = "coalesce(position, ?1) BETWEEN ?1 AND ?2"
"""Chooses rows by their place among the events."""


def _places(within: Within | None) -> tuple[int, int]:
    """Return between which indices of the next event the rows of a stretch lie."""
    return (0, sys.maxsize) if within is None else (within.low, within.high)


def _made(record: Record, kind: type[T], row: Sequence[Any]) -> T:
    """Return a row as a struct; TornRecordError where a column holds what it cannot have been given.

    The row has the columns of its first fields, in their order; the others keep their defaults.
    """
    with unpacking(record.path):
        return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=False)), kind)


def sessions(record: Record, *, recording: bool = True) -> list[RecordedSession]:
    """Return the recorders' sessions, or with `recording=False` all of them, oldest first."""
    found = record.rows(f"SELECT {_SESSION} FROM sessions WHERE recording OR NOT ? ORDER BY id", (recording,))
    with unpacking(record.path):
        return [
            msgspec.convert(
                (*row[:_ABOUT], _session_about(row[_ABOUT]), *row[_ABOUT + 1 :]),
                RecordedSession,
                strict=False,
            )
            for row in found
        ]


def axis_of(record: Record) -> Axis:
    """Return the even time of a record."""
    found = record.rows("SELECT id, started, mono, seen, seen_mono FROM sessions WHERE recording ORDER BY id")
    try:
        return Axis([Life(*row) for row in found], record.pieces())
    except TypeError as error:
        raise TornRecordError(f"{record.path} is damaged: a session's time is no number.") from error


class Life(NamedTuple):
    """What the even time and housekeeping need of a session."""

    id: int
    started: float
    mono: float
    seen: float
    seen_mono: float | None
    recording: bool = True


def last_recorded(record: Record, *, without: int) -> float:
    """Return until when (UTC) another session recorded; 0 where none did."""
    newest = "SELECT coalesce(max(seen), 0) FROM sessions WHERE recording AND id != ?"
    return float(record.rows(newest, (without,))[0][0])


def runs(record: Record, *, flights: bool = True) -> list[RecordedRun]:
    """Return all runs, oldest first; without `flights` it is left out how they were flown, which is long."""
    columns = _RUN if flights else _RUN.replace("flight", "''")
    return _timed(
        record,
        [_made(record, RecordedRun, row) for row in record.rows(f"SELECT {columns} FROM runs ORDER BY id")],
    )


def run(record: Record, number: int) -> RecordedRun | None:
    """Return the run with this number."""
    found = record.rows(f"SELECT {_RUN} FROM runs WHERE id = ?", (number,))
    return _timed(record, [_made(record, RecordedRun, found[0])])[0] if found else None


def _timed(record: Record, found: list[RecordedRun]) -> list[RecordedRun]:
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


def open_run(record: Record) -> RecordedRun | None:
    """Return the newest run if it is not known to have ended."""
    found = record.rows(f"SELECT {_RUN} FROM runs ORDER BY id DESC LIMIT 1")
    newest = _made(record, RecordedRun, found[0]) if found else None
    return newest if newest is not None and newest.ended is None else None


def load(record: Record, number: int) -> RecordedLoad | None:
    """Return the load with this number."""
    found = record.rows(f"SELECT {_LOAD} FROM loads WHERE id = ?", (number,))
    return _made(record, RecordedLoad, found[0]) if found else None


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

    What the device has turned down is none.
    """
    found = record.rows(
        "SELECT session, t, data, position, mono FROM ledger WHERE command = 'load_recipe' "
        "AND outcome IN (?, ?, ?) AND session != ? ORDER BY id DESC LIMIT 1",
        (Outcome.SUCCESS.value, Outcome.UNKNOWN.value, Outcome.DONE.value, without),
    )
    if not found:
        return None
    session, t, data, position, mono = found[0]
    return SentLoad(session, t, payload_hash(_entry(data).payload), position, mono)


def payload_hash(text: str) -> str:
    """Return the SHA-256 of a payload as it was sent, hex."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def load_with(record: Record, wanted: str) -> RecordedLoad | None:
    """Return the newest load whose payload has this hash."""
    found = record.rows(f"SELECT {_LOAD} FROM loads WHERE hash = ? ORDER BY id DESC LIMIT 1", (wanted,))
    return _made(record, RecordedLoad, found[0]) if found else None


def later_states(record: Record, after: int, *, without: int) -> list[RecordedCommand]:
    """Return what became of commands of other sessions since a state of the ledger, oldest first."""
    found = record.rows(
        "SELECT id, session, position, t, data FROM ledger WHERE id > ? AND session != ? "
        "ORDER BY id LIMIT 200",
        (after, without),
    )
    return [msgspec.convert((*row[:-1], _entry(row[-1])), RecordedCommand) for row in found]


def newest_state(record: Record) -> int:
    """Return the number of the newest state in the ledger; 0 where there is none."""
    return int(record.rows("SELECT coalesce(max(id), 0) FROM ledger")[0][0])


def newest_load(
    record: Record, name: str | None = None, of: RecordedRun | None = None
) -> RecordedLoad | None:
    """Return the recipe that was handed over last, of this name and before a run began where they are given.

    What the device has turned down is none.
    """
    found = record.rows(
        "SELECT id, session, position, t, mono FROM loads WHERE outcome IN (?, ?, ?) "
        "AND (? IS NULL OR name = ?) ORDER BY id DESC",
        (Outcome.SUCCESS.value, Outcome.UNKNOWN.value, Outcome.DONE.value, name, name),
    )
    if of is not None and of.started_mono is not None and found:
        axis = axis_of(record)
        began = axis.even(of.session, of.started_mono)
        found = [row for row in found if axis.place(row[1], row[2], row[4], row[3]) <= began + _HANDED_OVER]
    return load(record, found[0][0]) if found else None


def rates(record: Record) -> list[tuple[int, str]]:
    """Return (run, JSON) of what the chamber managed, oldest first."""
    return [
        (int(number), str(data)) for number, data in record.rows("SELECT run, data FROM rates ORDER BY run")
    ]


def commands(
    record: Record, within: Within | None = None, *, newest_only: bool = True
) -> list[RecordedCommand]:
    """Return the commands of a stretch (None: all) as they ended up, or every state they were in."""
    chosen = "AND id IN (SELECT max(id) FROM ledger GROUP BY session, entry)" if newest_only else ""
    found = record.rows(
        f"SELECT id, session, position, t, data, mono FROM ledger WHERE {_PLACED} {chosen} ORDER BY id",
        _places(within),
    )
    with unpacking(record.path):
        return [
            msgspec.convert((*row[:4], _entry(row[4]), row[5]), RecordedCommand)
            for row in _in(found, within, 3)
        ]


def _in(rows: list[Any], within: Within | None, t: int) -> list[Any]:
    """Return rows (with `session, position, t` before column `t`, and `mono` last) that a stretch holds."""
    if within is None:
        return rows
    return [row for row in rows if within.holds(row[t - 2], row[t - 1], row[-1], row[t])]


def links(record: Record, within: Within | None = None) -> list[RecordedLink]:
    """Return the changes of the connection in a stretch; None: all."""
    found = record.rows(
        f"SELECT session, position, t, data, mono FROM links WHERE {_PLACED} ORDER BY id", _places(within)
    )
    with unpacking(record.path):
        return [
            msgspec.convert((*row[:3], _link(row[3]), row[4]), RecordedLink) for row in _in(found, within, 2)
        ]


def marks(record: Record, within: Within | None = None, most: int = MOST_MARKS) -> list[RecordedMark]:
    """Return the newest marks of a stretch (None: of all), oldest first."""
    found = record.rows(
        "SELECT kind, text, who, utc, session, position, t, mono FROM marks "
        f"WHERE {_PLACED} ORDER BY {'t' if within is None else 'id'} DESC, id DESC LIMIT ?3",
        (*_places(within), most if within is None else -1),
    )
    made = [
        RecordedMark(session, position, t, Mark(mono, utc, kind, text), who)
        for kind, text, who, utc, session, position, t, mono in reversed(_in(found, within, 6))
    ]
    if within is not None:
        made.sort(key=within.axis.of)
    return made[-most:]


def alarms(record: Record, within: Within | None = None) -> list[RecordedAlarm]:
    """Return what happened to alarms in a stretch (None: all), oldest first."""
    if not record.audited:
        return []
    found = record.rows(
        "SELECT id, data, session, position, t, mono FROM alarms "
        f"WHERE {_PLACED} AND event != ?3 ORDER BY id",
        (*_places(within), ASKED),
    )
    with unpacking(record.path):
        made = [
            RecordedAlarm(number, session, position, t, _alarm(data), mono)
            for number, data, session, position, t, mono in _in(found, within, 4)
        ]
    return sorted(made, key=(lambda one: one.t) if within is None else within.axis.of)


def newest_alarms(record: Record) -> list[RecordedAlarm]:
    """Return the newest change of every alarm."""
    if not record.audited:
        return []
    found = record.rows(
        "SELECT id, session, position, t, data FROM alarms WHERE id IN "
        "(SELECT max(id) FROM alarms WHERE event != ? GROUP BY rule) ORDER BY id",
        (ASKED,),
    )
    with unpacking(record.path):
        return [
            RecordedAlarm(number, session, position, t, _alarm(data))
            for number, session, position, t, data in found
        ]


def later_alarms(record: Record, after: int, *, without: int) -> list[RecordedAlarm | RecordedAsk]:
    """Return what other sessions wrote about alarms since a row, oldest first."""
    if not record.audited:
        return []
    found = record.rows(
        "SELECT id, session, position, t, event, data FROM alarms WHERE id > ? AND session != ? "
        "ORDER BY id LIMIT 500",
        (after, without),
    )
    with unpacking(record.path):
        return [
            RecordedAsk(number, session, _ask(data))
            if event == ASKED
            else RecordedAlarm(number, session, position, t, _alarm(data))
            for number, session, position, t, event, data in found
        ]


def unanswered(record: Record, seconds: float) -> list[RecordedAsk]:
    """Return what was asked in the last seconds of alarms to which nothing happened since, oldest first."""
    if not record.audited:
        return []
    found = record.rows(
        "SELECT id, data, session, position, t, mono FROM alarms AS asked WHERE event = ? AND NOT EXISTS "
        "(SELECT 1 FROM alarms AS later WHERE later.rule = asked.rule AND later.id > asked.id "
        "AND later.event != ?) ORDER BY id",
        (ASKED, ASKED),
    )
    axis = axis_of(record)
    recent = _in(found, axis.within(axis.now() - seconds, math.inf), 4)
    with unpacking(record.path):
        return [RecordedAsk(row[0], row[2], _ask(row[1])) for row in recent]


def newest_alarm_row(record: Record) -> int:
    """Return the number of the newest row about alarms; 0 where there is none."""
    if not record.audited:
        return 0
    return int(record.rows("SELECT coalesce(max(id), 0) FROM alarms")[0][0])


def changes(record: Record, within: Within | None = None) -> list[RecordedChange]:
    """Return which settings, limits, contracts and decisions of trust changed in a stretch (None: in all)."""
    if not record.audited:
        return []
    found = record.rows(f"SELECT {_CHANGE} FROM changes WHERE {_PLACED} ORDER BY id", _places(within))
    made = [_made(record, RecordedChange, row) for row in found]
    return made if within is None else within.keep(made)


def loads(record: Record, within: Within) -> list[RecordedLoad]:
    """Return the recipes that were handed over in a stretch."""
    found = record.rows(f"SELECT {_LOAD} FROM loads WHERE {_PLACED} ORDER BY id", _places(within))
    return within.keep([_made(record, RecordedLoad, row) for row in found])


def newest_change(record: Record, kind: str) -> RecordedChange | None:
    """Return the newest change of a kind; None where there is none."""
    if not record.audited:
        return None
    found = record.rows(
        f"SELECT {_CHANGE} FROM changes WHERE kind = ? ORDER BY id DESC LIMIT 1",
        (kind,),
    )
    return _made(record, RecordedChange, found[0]) if found else None


def visits(record: Record, who: str) -> list[Visit]:
    """Return when somebody looked, oldest first."""
    columns = "who, arrived, seen, session, position, mono"
    found = record.rows(f"SELECT {columns} FROM visits WHERE who = ? ORDER BY id", (who,))
    return [_made(record, Visit, row) for row in found]


class Span(msgspec.Struct, frozen=True):
    """A stretch of a record that somebody named: a run, a session, or all of it; a span of events.

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
    axis: Axis
    """Gives the even time of anything in the record."""
    run: RecordedRun | None = None
    session: RecordedSession | None = None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max(0.0, self.end - self.start)


_LAST = 1e-3
"""Seconds: an end is exclusive, and the last event belongs to what has no end of its own."""


def find_span(record: Record, wanted: str) -> Span:
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
    flown, lives = runs(record), sessions(record)
    if name == "last":
        # A run that began with the first event of its session is the newer one.
        newest = [
            (one.first, kind, one.id) for kind, all_of in (("r", flown), ("s", lives)) for one in all_of
        ]
        name = "{1}{2}".format(*max(newest, key=lambda one: (one[0], one[1] == "r", one[2])))
    kind, digits = (name[0], name[1:]) if name[:1] in "rs" else ("r", name)
    for one in flown if kind == "r" else ():
        if digits == str(one.id):
            return span_of(axis, one)
    for life in lives if kind == "s" else ():
        if digits == str(life.id):
            return _of_session(axis, life)
    there = [f"r{one.id}" for one in flown[-5:]] + [f"s{life.id}" for life in lives[-5:]]
    raise RecordError(
        f'No run or session "{wanted}" is in {record.path}. There are {", ".join(there)}, `last` and `all`; '
        "`xovac-tui runs` lists them."
    )


def span_of(axis: Axis, one: RecordedRun) -> Span:
    """Return the span of a run; one that goes on reaches to the newest event."""
    began = 0.0 if one.started_mono is None else one.started_mono
    axis = axis.anchored(one.session, began, one.started)
    if one.ended is not None:
        return Span(one.label, one.started, one.started + one.seconds, one.first, one.after, axis, run=one)
    pieces = axis.pieces
    after = max(one.first, pieces[-1].after if pieces else 0)
    end = axis.bounds(pieces[-1])[1] + _LAST if pieces else one.started
    return Span(one.label, one.started, max(one.started, end), one.first, after, axis, run=one)


def _of_session(axis: Axis, life: RecordedSession) -> Span:
    own = [piece for piece in axis.pieces if piece.session == life.id]
    label = f"s{life.id}"
    if own:
        return _of_events(label, axis, own, life)
    axis = axis.anchored(life.id, life.mono, life.started)
    return Span(label, life.started, life.started + life.seconds, life.first, life.first, axis, session=life)


def _of_events(label: str, axis: Axis, pieces: Sequence[Piece], life: RecordedSession | None = None) -> Span:
    """Return the span of all events of some blocks."""
    begin = pieces[0]
    axis = axis.anchored(begin.session, begin.low, begin.low + begin.shift)
    end = max(axis.bounds(piece)[1] for piece in pieces) + _LAST
    return Span(label, axis.bounds(begin)[0], end, begin.first, pieces[-1].after, axis, session=life)
