from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui.api.event import Event, EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, Severity
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.recording.disk.kinds import (
    KINDS,
    Item,
    RecordedAlarm,
    RecordedChange,
    RecordedCommand,
    RecordedLink,
    RecordedLoad,
    RecordedMark,
    RecordedRun,
    RunItem,
)
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.schema import NewerRecordError, RecordError
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.exports.imports import NOT_JSON, read_transcript
from xovac_tui.recording.exports.parts import open_still, part_of
from xovac_tui.recording.exports.slice import RecordSlice, slice_of
from xovac_tui.recording.exports.transcript import transcript


def beside(at: float) -> list[Item]:
    """Return one of each thing that is recorded beside events."""
    utc, mono = UTC + at, MONO + at
    entry = LedgerEntry(1, "start_recipe", "", "ada@bench", utc, mono, Outcome.SENT, timeout=10.0, session=1)
    return [
        RecordedLink(link=LinkView(LinkWord.ONLINE, utc, mono, session=1), t=utc, mono=mono),
        RecordedCommand(entry=entry, t=utc, mono=mono),
        RecordedCommand(
            entry=msgspec.structs.replace(entry, outcome=Outcome.SUCCESS, took=0.25), t=utc, mono=mono + 0.25
        ),
        RecordedMark(mark=Mark(mono, utc, "note", "door öpened\x1b"), who="bob@bench"),
        RecordedLoad(
            t=utc,
            mono=mono,
            who="ada@bench",
            name="Bakeout",
            outcome="success",
            hash="ab" * 32,
            source="name = 'Bakeout'",
            payload='{"name": "Bakeout"}',
            plan="{}",
            settings="{}",
        ),
        RunItem(
            id=1,
            name="Bakeout",
            load=1,
            started_utc=utc,
            started_mono=mono,
            utc=utc + 5,
            mono=mono + 5,
            result="completed",
            flight=b'{"step": 2}',
            rates=b"[]",
        ),
        RecordedAlarm(
            change=AlarmChange(
                rule="Hot",
                event=AlarmEvent.RAISED,
                state=AlarmState.UNACKNOWLEDGED,
                severity=Severity.HIGH,
                utc=utc,
                mono=mono,
                text="It is hot.",
            )
        ),
        RecordedChange(kind="limits", who="ada@bench", text="Hot: 80 -> 90", t=utc, mono=mono, after="{}"),
    ]


def exported(
    path: Path, out: Path, wanted: str = "all", start: str | None = None
) -> tuple[RecordSlice, RecordSlice]:
    """Return a slice of a record, and the one that is read from its export."""
    with open_still(path) as record:
        sliced = slice_of(record, part_of(find_span(record, wanted), start, None, None))
        out.write_text("".join(transcript(sliced)), encoding="utf-8")
        # The record is closed when the caller looks.
        held = list(sliced.stretches(0))
        sliced = msgspec.structs.replace(sliced, stretches=lambda _: iter(held))
    return sliced, read_transcript(out)


def events_of(sliced: RecordSlice, start: int = 0) -> list[tuple[int, float, LoggedEvent]]:
    return [
        (stretch.session, stretch.shift, event)
        for stretch in sliced.stretches(start)
        for event in stretch.block.events()
    ]


def rest_of(sliced: RecordSlice) -> dict[str, Any]:
    ways = ("stretches", "get", "scan", "axis")
    return {name: getattr(sliced, name) for name in sliced.__struct_fields__ if name not in ways}


def test_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    things: list[Event | Item] = [message(n, json.dumps({"p": n / 7})) for n in range(700)]
    things[300:300] = beside(300.0)
    path = write_record(tmp_path / "r", things)
    # A second life after a restart of the machine, with a clock that ran from another origin.
    write_record(
        path, [message(2000 + n, b"\xff\x00", "two") for n in range(3)], utc=UTC + 2000, mono=MONO + 2000
    )
    before, after = exported(path, tmp_path / "all.jsonl")
    assert rest_of(after) == rest_of(before)
    assert events_of(after) == events_of(before)
    assert len(events_of(after)) == 703
    found = {kind.word: len(after.of(kind)) for kind in KINDS if kind.word}
    assert found == {
        "link": 1,
        "ledger": 2,
        "mark": 1,
        "load": 1,
        "run": 1,
        "alarm": 1,
        "change": 1,
        "rates": 1,
    }
    assert len(after.head.sessions) == 2
    assert (tmp_path / "all.jsonl").read_text().isascii()


def test_a_part_brings_the_link_that_was_up_and_the_recipe_that_ran(tmp_path: Path) -> None:
    things: list[Event | Item] = [message(n, json.dumps({"p": n / 7})) for n in range(700)]
    things[300:300] = beside(300.0)
    path = write_record(tmp_path / "r", things)
    before, after = exported(path, tmp_path / "part.jsonl", "r1", "2s")
    assert [event.index for _, _, event in events_of(after)] == [302, 303, 304]
    assert events_of(after) == events_of(before)
    assert [link.link.word for link in after.of(RecordedLink)] == [LinkWord.ONLINE]
    assert [load.name for load in after.of(RecordedLoad)] == ["Bakeout"]
    assert [run.label for run in after.of(RecordedRun)] == ["r1"]
    assert after.of(RecordedCommand) == ()
    assert [event.index for _, _, event in events_of(after, 304)][-1] == 304


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [], "line 1: it is empty"),
        (lambda lines: lines[1:], "not an exported record"),
        (lambda lines: [lines[0], "{", *lines[1:]], f"line 2: {NOT_JSON}"),
        (lambda lines: [lines[0], "[]"], "line 2: it is not a JSON object"),
        (lambda lines: [lines[0], '{"wrong": 1}'], 'line 2: "wrong" is not a known kind of line'),
        (lambda lines: [lines[0], "{}"], 'line 2: "" is not a known kind of line'),
        (lambda lines: [lines[0], '{"stretch": {"session": "x", "shift": 1}}'], "line 2: Expected `int`"),
        (lambda lines: [lines[0], '{"index": 1}'], "line 2: Object missing required field `utc`"),
        (lambda lines: [lines[0], '{"link": {"session": 1}}'], "line 2: link, position, t is missing"),
        (lambda lines: [lines[0], '{"link": 5}'], "line 2: an object was expected"),
        (lambda lines: [lines[0].replace('"closed": true', '"closed": "x"')], "line 1: Expected `bool`"),
        (
            lambda lines: [*lines[:2], lines[2].replace('"payload"', '"payload_base64"')],
            "line 3: ",
        ),
    ],
)
def test_a_file_that_is_not_as_it_was_written_names_the_line(change: Any, said: str, tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [message(0, '{"p": 1}')])
    out = tmp_path / "x.jsonl"
    exported(path, out)
    out.write_text("\n".join(change(out.read_text().splitlines())) + "\n")
    with pytest.raises(RecordError) as reported:
        read_transcript(out)
    assert str(reported.value).startswith(str(out))
    assert said in str(reported.value)


def test_other_files_are_distinguished_from_transcripts(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [message(0, '{"p": 1}')])
    with pytest.raises(RecordError, match="line 1: its byte "):
        read_transcript(path)
    with pytest.raises(RecordError, match="No such file"):
        read_transcript(tmp_path / "missing")
    exported(path, tmp_path / "x.jsonl")
    newer = tmp_path / "newer.jsonl"
    newer.write_text((tmp_path / "x.jsonl").read_text().replace('"format": 3', '"format": 4'))
    with pytest.raises(NewerRecordError, match="newer"):
        read_transcript(newer)


_arguments = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.binary(max_size=5),
        st.dictionaries(st.text(max_size=3), st.floats() | st.integers() | st.none(), max_size=3),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=3).map(json.dumps),
    ),
    max_size=2,
)
_pauses = st.sampled_from([0.0, 0.25, 1.0, 1e-7, 3600.0])
_steps = st.lists(
    st.tuples(st.text(min_size=1, max_size=5), _arguments, st.sampled_from(list(EventKind)), _pauses),
    max_size=25,
)


@examples(60)
@given(_steps, st.integers(1, 7), st.floats(-5, 5))
def test_export_then_import_gives_equal_events(
    steps: list[tuple[str, list[Any], EventKind, float]], every: int, clock_set: float
) -> None:
    events: list[Event | Item] = [message(0, '{"p": 1}')]
    at = 0.0
    for number, (name, arguments, kind, pause) in enumerate(steps):
        at += pause
        event = message(at, *arguments, name=name, kind=kind)
        # The wall clock is set half-way.
        moved = event.utc + (clock_set if number >= len(steps) // 2 else 0.0)
        events.append(msgspec.structs.replace(event, utc=moved))
    with tempfile.TemporaryDirectory() as folder:
        path = write_record(Path(folder) / "r", events, every=every, end=at + 10)
        before, after = exported(path, Path(folder) / "x.jsonl")
    assert events_of(after) == events_of(before)
    assert rest_of(after) == rest_of(before)
    sent = [(e.name, e.mono, e.kind, e.payload.form) for e in events if isinstance(e, Event)]
    came = [(e.name, e.mono, e.kind, e.form) for _, _, e in events_of(after)]
    assert came == sent


def test_a_file_gives_events_by_their_index(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [message(n, json.dumps({"p": n})) for n in range(1300)])
    _, sliced = exported(path, tmp_path / "x.jsonl", "s1", "100s")
    assert sliced.get(99) is None
    assert sliced.get(1300) is None
    for index in (100, 611, 612, 1299, 100):
        found = sliced.get(index)
        assert found is not None
        assert found.index == index
    assert [event.index for event in sliced.scan(700, None)] == list(range(700, 1300))
