"""Rows of a record: what everything beside events becomes in its tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from xovac_tui import text
from xovac_tui.chamber.alarm import AlarmChange, Ask
from xovac_tui.recording.disk.items import (
    AlarmItem,
    AskItem,
    AttachmentItem,
    ChangeItem,
    CloseRunsItem,
    Item,
    LedgerItem,
    LinkItem,
    LoadItem,
    MarkItem,
    RunItem,
    VisitItem,
)
from xovac_tui.recording.disk.schema import ASKED

CLOCK_STEP = 1.0
"""Seconds; the wall clock was set if it and the monotonic one part by more than this at once."""


class Row(NamedTuple):
    """One statement that waits to be committed."""

    statement: str
    values: tuple[Any, ...]
    audited: str = ""
    """Table to which it adds a row that the chain vouches for; empty where it does not."""


class Place(NamedTuple):
    """Where in a record a row stands."""

    session: int
    position: int
    """Index of the next event."""
    time: Callable[[float, float], float]
    """Gives the record time of a moment in UTC and monotonic seconds."""
    index_at: Callable[[float], int]
    """Gives the index of the first event at a moment in monotonic seconds, or later."""


def insert(table: str, *, audited: bool = False, **columns: Any) -> Row:
    """Return a new row of a table."""
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
    return Row(statement, tuple(map(writable, columns.values())), table if audited else "")


def only_the_recorders(item: Item) -> bool:
    """Tell whether an item is the recorder's alone to write: it hears of it, or gives its number, itself."""
    if isinstance(item, MarkItem):
        # What the chamber tells, the recorder hears as well; a note is only this console's.
        return item.mark.kind not in ("note", "command")
    return isinstance(item, LinkItem | RunItem | CloseRunsItem)


def rows_of(item: Item, place: Place) -> Iterator[Row]:
    """Yield the rows that an item makes."""
    session, position, time, _ = place
    match item:
        case LedgerItem(entry, utc, mono):
            yield insert(
                "ledger",
                audited=True,
                session=session,
                entry=entry.id,
                position=position,
                t=time(utc, mono),
                mono=mono,
                command=entry.command,
                who=entry.who,
                outcome=entry.outcome.value,
                data=json_text(entry),
            )
        case LinkItem(link, utc, mono):
            yield insert(
                "links",
                session=session,
                position=position,
                t=time(utc, mono),
                mono=mono,
                word=link.word.value,
                data=json_text(link),
            )
        case MarkItem(mark, who):
            at = time(mark.utc, mark.mono)
            yield mark_row(place, at, mark.mono, mark.utc, mark.kind, mark.text, who)
        case LoadItem():
            yield insert(
                "loads",
                audited=True,
                session=session,
                position=position,
                t=time(item.utc, item.mono),
                mono=item.mono,
                who=item.who,
                name=item.name,
                outcome=item.outcome,
                hash=item.hash,
                source=item.source,
                payload=item.payload,
                plan=item.plan.decode(),
                settings=item.settings.decode(),
            )
        case RunItem():
            yield from _run(item, place)
        case CloseRunsItem(keep, reason):
            yield Row(
                "UPDATE runs SET result = 'unknown', reason = ?, ended = coalesce("
                "CASE WHEN json_valid(flight) THEN json_extract(flight, '$.utc') END, started) "
                "WHERE ended IS NULL AND id != ?",
                (writable(reason), keep),
            )
        case AlarmItem(change):
            yield _alarm(place, change.utc, change.mono, change, change.event, change.state)
        case AskItem(ask, mono):
            yield _alarm(place, ask.utc, mono, ask, ASKED, "")
        case ChangeItem():
            yield insert(
                "changes",
                audited=True,
                session=session,
                position=position,
                t=time(item.utc, item.mono),
                mono=item.mono,
                kind=item.kind,
                who=item.who,
                text=item.text,
                before=item.before,
                after=item.after,
            )
        case AttachmentItem():
            yield insert(
                "attachments",
                audited=True,
                session=session,
                position=position,
                t=time(item.utc, item.mono),
                mono=item.mono,
                run=item.run,
                who=item.who,
                name=item.name,
                media=item.media,
                text=item.text,
                hash=item.hash,
                data=item.data,
            )
        case VisitItem(who, arrived, seen, mono):
            yield Row("DELETE FROM visits WHERE session = ? AND arrived = ?", (session, arrived))
            yield insert(
                "visits", session=session, position=position, who=who, arrived=arrived, seen=seen, mono=mono
            )


def mark_row(place: Place, time: float, mono: float, utc: float, kind: str, text: str, who: str) -> Row:
    """Return a mark on the time axis; of those the chain vouches for notes, which people wrote."""
    return insert(
        "marks",
        audited=kind == "note",
        session=place.session,
        position=place.position,
        t=time,
        mono=mono,
        utc=utc,
        kind=kind,
        text=text,
        who=who,
    )


def _alarm(place: Place, utc: float, mono: float, data: AlarmChange | Ask, event: str, state: str) -> Row:
    return insert(
        "alarms",
        audited=True,
        session=place.session,
        position=place.position,
        t=place.time(utc, mono),
        mono=mono,
        rule=data.rule,
        event=event,
        state=state,
        who=data.who,
        data=json_text(data),
    )


def _run(item: RunItem, place: Place) -> Iterator[Row]:
    now = place.time(item.utc, item.mono)
    started = now - (item.mono - item.started_mono)
    if abs(started - item.started_utc) > CLOCK_STEP:
        # The clock was set since it began.
        started = item.started_utc
    made = insert(
        "runs",
        id=item.id,
        session=place.session,
        load=item.load,
        name=item.name,
        started=started,
        ended=None if item.result == "running" else now,
        result=item.result,
        reason=item.reason,
        flight=item.flight.decode(),
        first_event=place.index_at(item.started_mono),
        end_event=place.index_at(item.mono),
        started_mono=item.started_mono,
        ended_mono=item.mono,
        end_session=place.session,
    )
    if isinstance(item.load, str):
        # Looked up where it is written: what is ahead of it in the queue is there by then.
        newest = "(SELECT id FROM loads WHERE hash = ? ORDER BY id DESC LIMIT 1)"
        made = made._replace(statement=made.statement.replace("VALUES (?, ?, ?", f"VALUES (?, ?, {newest}"))
    later = [f"{name} = excluded.{name}" for name in ("load", "result", "reason", "flight")]
    # What is learned of a run after its end does not make it longer.
    later += [
        f"{name} = CASE WHEN runs.ended IS NULL THEN excluded.{name} ELSE runs.{name} END"
        for name in ("ended", "end_event", "ended_mono", "end_session")
    ]
    yield made._replace(statement=f"{made.statement} ON CONFLICT (id) DO UPDATE SET {', '.join(later)}")
    if item.rates:
        rates = writable(item.rates.decode())
        yield Row("INSERT OR REPLACE INTO rates (run, data) VALUES (?, ?)", (item.id, rates))


def json_text(value: Any) -> str:
    """Return JSON that can be written, also of text with half a character pair."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(_writable_inside(msgspec.to_builtins(value)), ensure_ascii=False)


def _writable_inside(value: Any) -> Any:
    """Return a value of JSON with every text in it as it can be written."""
    if isinstance(value, dict):
        return {writable(name): _writable_inside(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_writable_inside(inner) for inner in value]
    return writable(value)


def writable(value: Any) -> Any:
    """Return a value of a column as it can be written; see `api.text.writable`."""
    return text.writable(value) if isinstance(value, str) else value
