"""A record with one of every recorded kind, and what an earlier version wrote for it, kept as text."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from tests.helpers.audited import one_of_each
from tests.helpers.record import UTC, event, reading
from tests.helpers.records import session
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import AlarmEvent, Ask
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.recording.disk.kinds import (
    CloseRunsItem,
    Item,
    RecordedAsk,
    RecordedCommand,
    RecordedLink,
    RecordedMark,
    RunItem,
    Visit,
)
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.exports.parts import open_still, part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.exports.transcript import transcript

DATA = Path(__file__).parent.parent / "data"
_IDENTITY = "application_id", "user_version"


def _also(mono: float) -> list[Item]:
    """Return items of the kinds that nothing covers, and of texts that are hard to write."""
    utc = UTC + mono
    entry = LedgerEntry(7, "start_recipe", "\ud83d", "ada@bench", utc, mono, Outcome.SENT, timeout=10.0)
    late = msgspec.structs.replace(entry, outcome=Outcome.UNKNOWN, late=Outcome.SUCCESS, reason="no answer")
    run = RunItem(
        id=1,
        name="Bake",
        load="ab" * 32,
        started_utc=utc,
        started_mono=mono,
        utc=utc + 1,
        mono=mono + 1,
        result="running",
        flight=b'{"step": 1}',
    )
    left = msgspec.structs.replace(run, id=2, load=None, name="Left open", flight=b"no JSON")
    return [
        RecordedLink(link=LinkView(LinkWord.ONLINE, utc, mono, session=1), t=utc, mono=mono),
        RecordedLink(
            link=LinkView(LinkWord.STALE, utc, mono, "nothing came", attempt=2, rtt=0.5), t=utc, mono=mono
        ),
        RecordedCommand(entry=entry, t=utc, mono=mono),
        RecordedCommand(entry=late, t=utc, mono=mono + 1),
        run,
        left,
        msgspec.structs.replace(
            run, utc=utc + 2, mono=mono + 2, result="completed", flight=b'{"step": 2}', rates=b"[1]"
        ),
        CloseRunsItem(1, "Nobody followed it to its end."),
        Visit(who="bob@bench", arrived=utc, seen=utc + 1, mono=mono + 1),
        Visit(who="bob@bench", arrived=utc, seen=utc + 2, mono=mono + 2),
        Visit(who="ada@bench", arrived=utc, seen=utc + 2),
    ]


def golden_record(path: Path) -> Path:
    """Write a record with one of every kind by two recorders, the second with a console beside it."""
    for number, began in enumerate((0.0, 100.0)):
        made = Writer(path, session(), recording=True, utc=UTC + began, mono=began)
        for step in range(20):
            made.event(reading(began + step + 0.5, p=step / 7, q=None))
        made.event(event(began + 20.5, b"\xff\x00", name="raw"))
        made.commit(UTC + began + 20)
        for item in [*one_of_each(began + 21.25), *_also(began + 22.0)]:
            made.item(item)
        # The wall clock is set by a minute.
        made.event(reading(began + 25.0, p=9.0, shift=UTC + 60.0))
        made.commit(UTC + began + 85.0)
        made.close(UTC + began + 86.0)
        if number:
            utc, mono = UTC + began + 87.0, began + 27.0
            beside = Writer(path, session(who="eve@desk"), recording=False, utc=utc, mono=mono)
            beside.item(RecordedMark(mark=Mark(mono, utc, "note", "from the desk"), who="eve@desk"))
            beside.item(RecordedMark(mark=Mark(mono, utc, "step", "left to the recorder"), who=""))
            asked = Ask(rule="Hot", event=AlarmEvent.SHELVED, who="eve@desk", utc=utc, until=utc + 60)
            beside.item(RecordedAsk(ask=asked, mono=mono))
            beside.commit(utc)
            beside.close(utc)
    return path


def written(path: Path) -> str:
    """Return all that is in a record's file, a line a table, index or row."""
    lines = []
    with contextlib.closing(sqlite3.connect(path)) as db:
        for name in _IDENTITY:
            lines.append({name: db.execute(f"PRAGMA {name}").fetchone()[0]})
        found = db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY rowid")
        for kind, name, sql in found.fetchall():
            lines.append({"sql": sql})
            if kind == "table":
                lines += [{name: list(map(_shown, row))} for row in db.execute(f"SELECT * FROM {name}")]
    return "".join(json.dumps(line) + "\n" for line in lines)


def _shown(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def put_back(name: str, path: Path) -> Path:
    """Make the file of a record of the text that is kept under a name."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("BEGIN")
        for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines():
            ((key, value),) = json.loads(line).items()
            if key == "sql":
                db.execute(value)
            elif key in _IDENTITY:
                db.execute(f"PRAGMA {key} = {value}")
            else:
                row = [bytes.fromhex(one["hex"]) if isinstance(one, dict) else one for one in value]
                db.execute(f"INSERT INTO {key} VALUES ({', '.join('?' * len(row))})", row)
        db.execute("COMMIT")
    return path


def exported(path: Path, wanted: str = "all") -> str:
    """Return the transcript of a part of a record."""
    from xovac_tui.recording.disk.lists import find_span

    with open_still(path) as record:
        return "".join(transcript(slice_of(record, part_of(find_span(record, wanted), None, None, None))))
