"""What is in a record beside events: sessions, runs, recipes, commands, links, marks, visits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from xovac_tui.chamber.alarmview import AlarmChange, Ask
from xovac_tui.chamber.snapshot import LedgerEntry, LinkView, Mark, Outcome
from xovac_tui.recording.items import Session
from xovac_tui.recording.record import Record
from xovac_tui.recording.schema import ASKED, RecordError, unpacking

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


class RecordedRun(msgspec.Struct, frozen=True):
    """The flight of a recipe. Times in record time."""

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


class RecordedLink(msgspec.Struct, frozen=True, array_like=True):
    """One change of the connection."""

    session: int
    position: int
    t: float
    link: LinkView


class RecordedMark(msgspec.Struct, frozen=True):
    """Something on the time axis."""

    session: int
    position: int
    t: float
    mark: Mark
    who: str


class RecordedAlarm(msgspec.Struct, frozen=True):
    """Something that happened to an alarm. `t` in record time."""

    id: int
    session: int
    position: int
    """Index of the event that came next."""
    t: float
    change: AlarmChange


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


class Visit(msgspec.Struct, frozen=True):
    """Somebody's look at the chamber, UTC seconds."""

    who: str
    arrived: float
    seen: float


_session_about = msgspec.json.Decoder(Session).decode
_entry = msgspec.json.Decoder(LedgerEntry).decode
_link = msgspec.json.Decoder(LinkView).decode
_alarm = msgspec.json.Decoder(AlarmChange).decode
_ask = msgspec.json.Decoder(Ask).decode

_SESSION = "id, started, mono, seen, closed, recording, pid, host, who, program, about"
_LOAD = "id, session, t, who, name, outcome, hash, source, payload, plan, settings"
_RUN = "id, session, load, name, started, ended, result, reason, flight, exported"


def _made(record: Record, kind: type[T], row: Sequence[Any]) -> T:
    """Return a row as a struct; TornRecordError where a column holds what it cannot have been given."""
    with unpacking(record.path):
        names = [field.name for field in msgspec.structs.fields(kind)]
        return msgspec.convert(dict(zip(names, row, strict=True)), kind)


def sessions(record: Record, *, recording: bool = True) -> list[RecordedSession]:
    """Return the recorders' sessions, or with `recording=False` all of them, oldest first."""
    found = record.rows(f"SELECT {_SESSION} FROM sessions WHERE recording OR NOT ? ORDER BY id", (recording,))
    with unpacking(record.path):
        return [
            msgspec.convert((*row[:-1], _session_about(row[-1])), RecordedSession, strict=False)
            for row in found
        ]


def last_recorded(record: Record, *, without: int) -> float:
    """Return until when (UTC) another session recorded; 0 where none did."""
    newest = "SELECT coalesce(max(seen), 0) FROM sessions WHERE recording AND id != ?"
    return float(record.rows(newest, (without,))[0][0])


def runs(record: Record, *, flights: bool = True) -> list[RecordedRun]:
    """Return all runs, oldest first; without `flights` it is left out how they were flown, which is long."""
    columns = _RUN if flights else _RUN.replace("flight", "''")
    return [_made(record, RecordedRun, row) for row in record.rows(f"SELECT {columns} FROM runs ORDER BY id")]


def run(record: Record, number: int) -> RecordedRun | None:
    """Return the run with this number."""
    found = record.rows(f"SELECT {_RUN} FROM runs WHERE id = ?", (number,))
    return _made(record, RecordedRun, found[0]) if found else None


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


def newest_sent_load(record: Record, *, without: int = 0) -> SentLoad | None:
    """Return the load_recipe that was sent last, by any session but one; None where none was.

    What the device has turned down is none.
    """
    found = record.rows(
        "SELECT session, t, data FROM ledger WHERE command = 'load_recipe' AND outcome IN (?, ?, ?) "
        "AND session != ? ORDER BY id DESC LIMIT 1",
        (Outcome.SUCCESS.value, Outcome.UNKNOWN.value, Outcome.DONE.value, without),
    )
    if not found:
        return None
    session, t, data = found[0]
    return SentLoad(session, t, payload_hash(_entry(data).payload))


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


def newest_load(record: Record, name: str | None = None, before: float = 1e18) -> RecordedLoad | None:
    """Return the recipe that was handed over last before a record time, of this name where one is given.

    What the device has turned down is none.
    """
    found = record.rows(
        f"SELECT {_LOAD} FROM loads WHERE outcome IN (?, ?, ?) AND (? IS NULL OR name = ?) "
        "AND t <= ? "
        "ORDER BY t DESC, id DESC LIMIT 1",
        (Outcome.SUCCESS.value, Outcome.UNKNOWN.value, Outcome.DONE.value, name, name, before),
    )
    return _made(record, RecordedLoad, found[0]) if found else None


def rates(record: Record) -> list[tuple[int, str]]:
    """Return (run, JSON) of what the chamber managed, oldest first."""
    return [
        (int(number), str(data)) for number, data in record.rows("SELECT run, data FROM rates ORDER BY run")
    ]


def commands(
    record: Record, start: float = 0.0, end: float = 1e18, *, newest_only: bool = True
) -> list[RecordedCommand]:
    """Return the commands of a stretch of record time as they ended up, or every state they were in."""
    chosen = "AND id IN (SELECT max(id) FROM ledger GROUP BY session, entry)" if newest_only else ""
    found = record.rows(
        f"SELECT id, session, position, t, data FROM ledger WHERE t >= ? AND t < ? {chosen} ORDER BY id",
        (start, end),
    )
    with unpacking(record.path):
        return [msgspec.convert((*row[:-1], _entry(row[-1])), RecordedCommand) for row in found]


def links(record: Record, start: float = 0.0, end: float = 1e18) -> list[RecordedLink]:
    """Return the changes of the connection in a stretch of record time."""
    found = record.rows(
        "SELECT session, position, t, data FROM links WHERE t >= ? AND t < ? ORDER BY id", (start, end)
    )
    with unpacking(record.path):
        return [msgspec.convert((*row[:-1], _link(row[-1])), RecordedLink) for row in found]


def marks(
    record: Record, start: float = 0.0, end: float = 1e18, most: int = MOST_MARKS
) -> list[RecordedMark]:
    """Return the newest marks of a stretch of record time, oldest first."""
    found = record.rows(
        "SELECT session, position, t, mono, utc, kind, text, who FROM marks WHERE t >= ? AND t < ? "
        "ORDER BY t DESC, id DESC LIMIT ?",
        (start, end, most),
    )
    return [
        RecordedMark(session, position, t, Mark(mono, utc, kind, text), who)
        for session, position, t, mono, utc, kind, text, who in reversed(found)
    ]


def alarms(record: Record, start: float = 0.0, end: float = 1e18) -> list[RecordedAlarm]:
    """Return what happened to alarms in a stretch of record time, oldest first."""
    if not record.audited:
        return []
    found = record.rows(
        "SELECT id, session, position, t, data FROM alarms WHERE t >= ? AND t < ? AND event != ? "
        "ORDER BY t, id",
        (start, end, ASKED),
    )
    with unpacking(record.path):
        return [
            RecordedAlarm(number, session, position, t, _alarm(data))
            for number, session, position, t, data in found
        ]


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


def unanswered(record: Record, since: float) -> list[RecordedAsk]:
    """Return what was asked since a record time of alarms to which nothing happened after, oldest first."""
    if not record.audited:
        return []
    found = record.rows(
        "SELECT id, session, data FROM alarms AS asked WHERE event = ? AND t >= ? AND NOT EXISTS "
        "(SELECT 1 FROM alarms AS later WHERE later.rule = asked.rule AND later.id > asked.id "
        "AND later.event != ?) ORDER BY id",
        (ASKED, since, ASKED),
    )
    with unpacking(record.path):
        return [RecordedAsk(number, session, _ask(data)) for number, session, data in found]


def newest_alarm_row(record: Record) -> int:
    """Return the number of the newest row about alarms; 0 where there is none."""
    if not record.audited:
        return 0
    return int(record.rows("SELECT coalesce(max(id), 0) FROM alarms")[0][0])


def changes(record: Record, start: float = 0.0, end: float = 1e18) -> list[RecordedChange]:
    """Return which settings, limits, contracts and decisions of trust changed, oldest first."""
    if not record.audited:
        return []
    found = record.rows(
        "SELECT id, session, t, kind, who, text, before, after FROM changes WHERE t >= ? AND t < ? "
        "ORDER BY id",
        (start, end),
    )
    return [_made(record, RecordedChange, row) for row in found]


def newest_change(record: Record, kind: str) -> RecordedChange | None:
    """Return the newest change of a kind; None where there is none."""
    if not record.audited:
        return None
    found = record.rows(
        "SELECT id, session, t, kind, who, text, before, after FROM changes WHERE kind = ? "
        "ORDER BY id DESC LIMIT 1",
        (kind,),
    )
    return _made(record, RecordedChange, found[0]) if found else None


def visits(record: Record, who: str) -> list[Visit]:
    """Return when somebody looked, oldest first."""
    found = record.rows("SELECT who, arrived, seen FROM visits WHERE who = ? ORDER BY seen", (who,))
    return [_made(record, Visit, row) for row in found]


class Span(msgspec.Struct, frozen=True):
    """A stretch of a record that somebody named: a run, a session, or all of it. Record time."""

    label: str
    start: float
    end: float
    run: RecordedRun | None = None
    session: RecordedSession | None = None


def find_span(record: Record, wanted: str) -> Span:
    """Return what an id names: `r12` (or `12`) a run, `s3` a session, `last` the newest of either, `all`.

    RecordError says what there is when nothing has that name.
    """
    whole = record.span()
    if whole is None:
        raise RecordError(f"Nothing is in the record {record.path} yet.")
    start, end = whole[0], whole[1] + 1e-3
    name = wanted.strip().lower()
    if name == "all":
        return Span("all", start, end)
    flown, lives = runs(record), sessions(record)
    if name == "last":
        newest = max(
            [*((one.started, f"r{one.id}") for one in flown), *((one.started, f"s{one.id}") for one in lives)]
        )
        name = newest[1]
    kind, digits = (name[0], name[1:]) if name[:1] in "rs" else ("r", name)
    for one in flown if kind == "r" else ():
        if digits == str(one.id):
            return Span(one.label, one.started, end if one.ended is None else one.ended, run=one)
    for life in lives if kind == "s" else ():
        if digits == str(life.id):
            first, last = _extent(record, life)
            return Span(f"s{life.id}", first, last, session=life)
    there = [f"r{one.id}" for one in flown[-5:]] + [f"s{life.id}" for life in lives[-5:]]
    raise RecordError(
        f'No run or session "{wanted}" is in {record.path}. There are {", ".join(there)}, `last` and `all`; '
        "`xovac-tui runs` lists them."
    )


def _extent(record: Record, life: RecordedSession) -> tuple[float, float]:
    """Return the record times of a session's first and last event; its own times where it has none."""
    found = record.rows("SELECT min(t0), max(t1) FROM blocks WHERE session = ?", (life.id,))[0]
    times = [time for time in found if time is not None]
    for stretch in record.tail():
        if stretch.session == life.id:
            times += [stretch.block.mono[0] + stretch.shift, stretch.block.mono[-1] + stretch.shift]
    return (min(times), max(times) + 1e-3) if times else (life.started, life.seen)
