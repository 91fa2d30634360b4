"""The writer: whole commits or none, sessions that follow each other, consoles beside a recorder."""

from __future__ import annotations

import json
import random
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.helpers.audited import downgraded
from tests.helpers.outside import copy_outside
from tests.helpers.record import (
    UTC,
    event,
    events_of,
    raws_of,
    reading,
    session,
    writer,
    written,
)
from xovac_tui.api.event import EventKind
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.recording.audit import verify
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk import writer as writer_module
from xovac_tui.recording.disk.kinds import (
    ChangeItem,
    RecordedChange,
    RecordedCommand,
    RecordedLink,
    RecordedLoad,
    RecordedMark,
    RunItem,
    Visit,
)
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import (
    CHAINED,
    VERSION,
    NewerRecordError,
    RecordError,
    TornRecordError,
    open_for_reading,
    open_for_writing,
    trouble_of,
)
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.disk.writer import BLOCK, Writer
from xovac_tui.recording.status import RecordTrouble


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "bench.record"


def counts(path: Path) -> dict[str, int]:
    with Record(path) as record:
        return {
            table: record.rows(f"SELECT count(*) FROM {table}")[0][0]
            for table in ("blocks", "tail", "ledger", "links", "marks", "loads", "runs", "visits")
        }


def tail_bytes(path: Path) -> list[object]:
    with Record(path) as record:
        return record.rows("SELECT * FROM tail")


def entry(number: int, command: str = "cancel_recipe") -> LedgerEntry:
    return LedgerEntry(number, command, "{}", "ada@bench", UTC, 0.0, Outcome.SENT)


def everything(mono: float) -> list[object]:
    """Return one of each item that is no event."""
    utc = UTC + mono
    return [
        RecordedCommand(entry=entry(1), t=utc, mono=mono),
        RecordedLink(link=LinkView(LinkWord.ONLINE), t=utc, mono=mono),
        RecordedMark(mark=Mark(mono, utc, "note", "door"), who="ada@bench"),
        RecordedMark(mark=Mark(mono, utc, "step", "step 2"), who=""),
        RecordedLoad(
            t=utc,
            mono=mono,
            who="ada@bench",
            name="bake",
            outcome="success",
            hash="00",
            source="",
            payload="{}",
            plan="{}",
            settings="{}",
        ),
        RunItem(
            id=1,
            name="bake",
            load=1,
            started_utc=utc,
            started_mono=mono,
            utc=utc,
            mono=mono,
            result="running",
        ),
        Visit(who="ada@bench", arrived=utc, seen=utc),
    ]


# -- events ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 100])
def test_what_is_committed_is_there_in_order(path: Path, count: int) -> None:
    made = writer(path)
    for number in range(count):
        assert made.event(reading(float(number), t=number))
        if number % 100 == 99:
            made.commit(UTC + number)
            assert len(events_of(path)) == number + 1
    made.commit(UTC + count)
    assert made.idle
    found = events_of(path)
    assert [one.index for one in found] == list(range(count))
    assert [json.loads(one.raw)["t"] for one in found] == list(range(count))
    with Record(path) as record:
        assert (record.first, record.total) == (0, count)
        for index in (0, count // 2, count - 1):
            assert record.get(index) == found[index]
        assert record.get(count) is None
        assert record.get(-1) is None
    assert counts(path)["blocks"] == count // BLOCK


def test_the_file_is_private(path: Path) -> None:
    written(path, [reading(0.0, t=1)])
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_few_very_long_events_fill_a_block(path: Path) -> None:
    made = writer(path)
    for number in range(5):
        made.event(event(float(number), "x" * 900_000))
    made.event(event(9.0, "y" * 5_000_000))
    made.commit(UTC)
    found = events_of(path)
    assert [len(one.raw) for one in found] == [900_000] * 5 + [4_000_000]
    assert found[-1].size == 5_000_000
    assert counts(path)["blocks"] == 2


def test_odd_text_never_keeps_the_rest_from_being_written(path: Path) -> None:
    made = writer(path)
    for number in range(BLOCK):
        made.event(event(float(number), '{"\\ud800": 1, "good": 2}', name="half \ud800"))
    made.item(RecordedCommand(entry=msgspec.structs.replace(entry(1), payload="\ud800"), t=UTC, mono=0.0))
    made.item(RecordedMark(mark=Mark(0.0, UTC, "note", "half \ud800"), who="ad\udc61"))
    made.commit(UTC)
    with Record(path) as record:
        assert record.total == BLOCK
        assert [mark.mark.text for mark in lists.marks(record)] == ["half \\ud800"]
        assert [one.entry.payload for one in lists.commands(record)] == ["\\ud800"]
        names = [channel.name for channel in record.channels()]
        assert names == ["half \\ud800.\\ud800", "half \\ud800.good"]


def test_channels_are_those_with_a_number(path: Path) -> None:
    written(
        path, [event(float(n), text) for n in range(BLOCK) for text in ("no json", '{"t": null, "p": 1}')]
    )
    with Record(path) as record:
        assert [channel.name for channel in record.channels()] == ["state.p"]


# -- all or nothing -------------------------------------------------------------------------------------


def test_a_full_disk_keeps_everything_in_memory_until_there_is_room(path: Path) -> None:
    dice = random.Random(7)
    made = writer(path)
    for number in range(40):
        made.event(event(float(number), dice.randbytes(200)))
    made.commit(UTC + 40)
    before = events_of(path)
    # What sqlite answers on a disk that is full.
    pages = made.execute("PRAGMA page_count")[0][0]
    made.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(40, 2000):
        made.event(event(float(number), dice.randbytes(200)))
        if number % 97 == 0:
            for item in everything(float(number)):
                made.item(item)  # type: ignore[arg-type]
            with pytest.raises(sqlite3.OperationalError) as caught:
                made.commit(UTC + number)
            assert trouble_of(caught.value) is RecordTrouble.DISK_FULL
            assert events_of(path) == before
    assert counts(path)["ledger"] == 0
    assert made.waiting == 1960
    made.execute("PRAGMA max_page_count = 1000000")
    made.commit(UTC + 2000)
    found = events_of(path)
    assert [one.index for one in found] == list(range(2000))
    again = random.Random(7)
    assert [one.raw for one in found] == [again.randbytes(200) for _ in range(2000)]
    there = counts(path)
    assert (there["ledger"], there["links"], there["loads"], there["marks"]) == (20, 20, 20, 40)
    assert made.waiting == 0


def test_what_memory_does_not_hold_is_counted_and_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "HELD_BYTES", 100_000)
    monkeypatch.setattr(writer_module, "HELD_ROWS", 10)
    dice = random.Random(3)
    made = writer(path)
    made.execute(f"PRAGMA max_page_count = {made.execute('PRAGMA page_count')[0][0]}")
    taken = sum(made.event(event(float(number), dice.randbytes(1000))) for number in range(2000))
    assert taken < 2000
    assert made.lost == 2000 - taken
    for number in range(15):
        made.item(RecordedMark(mark=Mark(0.0, UTC, "note", str(number)), who=""))
    with pytest.raises(sqlite3.OperationalError):
        made.commit(UTC)
    made.execute("PRAGMA max_page_count = 1000000")
    made.commit(UTC)
    assert len(events_of(path)) == taken
    with Record(path) as record:
        reported = [mark.mark for mark in lists.marks(record)]
        assert [mark.text for mark in reported if mark.kind == "note"] == [
            str(number) for number in range(10)
        ]
        assert [mark.text for mark in reported if mark.kind == "unrecorded"] == [
            f"{2005 - taken:,} events were not recorded: nothing could be written"
        ]
    made.event(event(3000.0, "{}"))
    made.commit(UTC)
    assert [one.index for one in events_of(path)] == list(range(taken + 1))
    with Record(path) as record:
        assert len(lists.marks(record)) == 11


def test_bins_of_a_commit_that_failed_are_not_added_twice(path: Path) -> None:
    made = writer(path)
    # Room for the channels, not for everything: the ids that they were given are taken back.
    pages = made.execute("PRAGMA page_count")[0][0]
    made.execute(f"PRAGMA max_page_count = {pages + 15}")
    for number in range(2 * BLOCK):
        made.event(reading(float(number), t=number, u=-number))
    made.item(RecordedMark(mark=Mark(0.0, UTC, "note", "long " * 20_000), who=""))
    for _ in range(3):
        with pytest.raises(sqlite3.OperationalError):
            made.commit(UTC)
    made.execute("PRAGMA max_page_count = 1000000")
    made.commit(UTC)
    with Record(path) as record:
        found = Windows(record).summary("state.t", UTC, UTC + 3 * BLOCK)
        assert found is not None
        assert (found.low, found.high, found.count) == (0.0, 2 * BLOCK - 1, 2 * BLOCK)
        assert found.mean == pytest.approx(BLOCK - 0.5)
        assert sorted(channel.name for channel in record.channels()) == ["state.t", "state.u"]


# -- sessions that follow each other --------------------------------------------------------------------


def test_the_next_session_packs_what_a_killed_one_left(path: Path) -> None:
    first = writer(path, 50.0)
    for number in range(BLOCK + 30):
        first.event(reading(50.0 + number, t=number))
        if number % 50 == 0:
            first.commit(UTC)
    first.commit(UTC + 900)
    first.abandon()
    before = events_of(path)
    # A machine that was started anew counts its monotonic time from 0 again.
    second = writer(path, 3.0, shift=UTC + 5000)
    assert second.next_index == BLOCK + 30
    assert not second.idle
    assert events_of(path) == before
    second.event(reading(3.5, t=1000, shift=UTC + 5000))
    second.commit(UTC + 5010)
    assert events_of(path)[:-1] == before
    assert events_of(path)[-1].index == BLOCK + 30
    with Record(path) as record:
        assert record.rows("SELECT session, first, count FROM blocks") == [(1, 0, BLOCK), (1, BLOCK, 30)]
        assert record.rows("SELECT session, first, count FROM tail") == [(2, BLOCK + 30, 1)]
        lives = lists.sessions(record)
        assert [life.closed for life in lives] == [False, False]
        assert [(life.started, life.seen) for life in lives] == [
            (UTC + 50, UTC + 900),
            (UTC + 5003, UTC + 5010),
        ]
        times, values = Windows(record).samples(["state.t"], UTC, UTC + 9000)["state.t"]
        assert (times[0], times[-1]) == (UTC + 50, UTC + 5003.5)
        assert values == [float(number) for number in range(BLOCK + 30)] + [1000.0]
    second.close(UTC + 5020)
    with Record(path) as record:
        assert [life.closed for life in lists.sessions(record)] == [False, True]


def test_left_overs_of_several_sessions_stay_apart(path: Path) -> None:
    for number in range(4):
        made = writer(path, 10.0, shift=UTC + 1000 * number)
        for step in range(3):
            made.event(reading(10.0 + step, t=3 * number + step, shift=UTC + 1000 * number))
            made.commit(UTC)
        made.abandon()
    with Record(path) as record:
        assert record.rows("SELECT session, first, count FROM blocks") == [(1, 0, 3), (2, 3, 3), (3, 6, 3)]
        times, values = Windows(record).samples(["state.t"], UTC, UTC + 9000)["state.t"]
    assert values == [float(number) for number in range(12)]
    assert times == [UTC + 1000 * number + 10 + step for number in range(4) for step in range(3)]


def test_runs_are_numbered_on(path: Path) -> None:
    first = writer(path)
    assert first.first_run == 1
    for item in everything(5.0):
        first.item(item)  # type: ignore[arg-type]
    first.item(
        RunItem(
            id=1,
            name="bake",
            load=1,
            started_utc=UTC + 5,
            started_mono=5.0,
            utc=UTC + 65,
            mono=65.0,
            result="success",
            rates=b"[]",
        )
    )
    first.commit(UTC)
    first.close(UTC)
    second = writer(path)
    assert second.first_run == 2
    second.abandon()
    with Record(path) as record:
        run = lists.run(record, 1)
        assert run is not None
        assert (run.started, run.ended, run.result) == (UTC + 5, UTC + 65, "success")
        assert lists.rates(record) == [(1, "[]")]


def test_a_clock_that_is_set_makes_a_mark_and_a_new_shift(path: Path) -> None:
    made = writer(path)
    shifts = [UTC, UTC + 0.4, UTC + 3600.0, UTC - 50.0]
    for number in range(40):
        made.event(reading(float(number), t=number, shift=shifts[number // 10]))
        if number % 7 == 0:
            made.commit(UTC)
    made.commit(UTC)
    with Record(path) as record:
        assert record.rows("SELECT shift, first, count FROM blocks") == [
            (UTC, 0, 20),
            (UTC + 3600, 20, 10),
        ]
        reported = [(mark.t, mark.mark.text) for mark in lists.marks(record) if mark.mark.kind == "clock"]
        assert reported == [
            (UTC - 50 + 30, "this machine's clock was set by -3650.0 s"),
            (UTC + 3600 + 20, "this machine's clock was set by +3600.0 s"),
        ]
        times, _ = Windows(record).samples(["state.t"], UTC - 100, UTC + 9000)["state.t"]
        assert times == sorted(
            number + shift for number, shift in enumerate([UTC] * 20 + [UTC + 3600] * 10 + [UTC - 50] * 10)
        )
    assert [one.utc for one in events_of(path)] == [number + shifts[number // 10] for number in range(40)]


# -- beside a recorder ----------------------------------------------------------------------------------


def test_a_viewer_adds_what_it_did_and_nothing_else(path: Path) -> None:
    recorder = writer(path)
    for number in range(10):
        recorder.event(reading(float(number), t=number))
    recorder.commit(UTC)
    before = tail_bytes(path)
    beside = writer(path, 5.0, recording=False)
    for number in range(2 * BLOCK):
        assert beside.event(reading(float(number), t=-1))
    for item in everything(7.0):
        beside.item(item)  # type: ignore[arg-type]
    beside.commit(UTC + 8)
    assert tail_bytes(path) == before
    there = counts(path)
    assert there == {
        "blocks": 0,
        "tail": 1,
        "ledger": 1,
        "links": 0,
        "marks": 1,
        "loads": 1,
        "runs": 0,
        "visits": 1,
    }
    for number in range(10, 25):
        recorder.event(reading(float(number), t=number))
    recorder.commit(UTC)
    beside.item(RecordedCommand(entry=entry(2), t=UTC + 9, mono=9.0))
    beside.commit(UTC + 9)
    beside.close(UTC + 10)
    with Record(path) as record:
        # Each stands where it happened among the recorder's events.
        assert [(one.session, one.position) for one in lists.commands(record)] == [(2, 10), (2, 25)]
        assert [life.recording for life in lists.sessions(record, recording=False)] == [True, False]
        assert [life.id for life in lists.sessions(record)] == [1]
    assert len(events_of(path)) == 25


def test_a_visit_is_one_row_however_long_it_is(path: Path) -> None:
    beside = writer(path, recording=False)
    for minute in range(5):
        beside.item(Visit(who="ada@bench", arrived=UTC, seen=UTC + 60 * minute))
        beside.commit(UTC)
    beside.item(Visit(who="bob@bench", arrived=UTC + 7, seen=UTC + 8))
    beside.commit(UTC)
    with Record(path) as record:
        assert [(v.arrived, v.seen) for v in lists.visits(record, "ada@bench")] == [(UTC, UTC + 240)]
        assert len(lists.visits(record, "bob@bench")) == 1


_OTHER = """
import sys
from pathlib import Path
from tests.helpers.record import UTC, writer
from tests.unit.test_recording_writer import entry
from xovac_tui.recording.disk.kinds import RecordedCommand
made = writer(Path(sys.argv[1]), recording=False)
print("open", flush=True)
for number in range(200):
    made.item(RecordedCommand(entry=entry(number), t=UTC, mono=0.0))
    made.commit(UTC)
made.close(UTC)
"""


def test_what_another_program_noted_meanwhile_is_not_noted_twice(path: Path) -> None:
    def noted(mono: float, after: str) -> ChangeItem:
        said = RecordedChange(kind="contract", who="a@b", text="", t=UTC + mono, mono=mono, after=after)
        return ChangeItem(change=said)

    recorder, viewer = writer(path), writer(path, recording=False)
    recorder.item(noted(1.0, '{"a": 1}'))
    recorder.commit(UTC)
    # Both find the same change, and neither has written it when the other takes it.
    for one in (viewer, recorder):
        one.item(noted(2.0, '{"a": 2}'))
        one.item(noted(3.0, '{"a": 2}'))
    viewer.commit(UTC + 2)
    recorder.commit(UTC + 3)
    viewer.item(noted(4.0, '{"a": 1}'))
    viewer.commit(UTC + 4)
    for one in (viewer, recorder):
        one.close(UTC + 4)
    with Record(path) as record:
        changes = lists.changes(record)
    assert [(one.before, one.after) for one in changes] == [
        ("", '{"a": 1}'),
        ('{"a": 1}', '{"a": 2}'),
        ('{"a": 2}', '{"a": 1}'),
    ]
    assert changes[1].text == "a: 1 -> 2"
    assert verify(path).well


def test_two_processes_write_at_once(path: Path) -> None:
    made = writer(path)
    other = subprocess.Popen([sys.executable, "-c", _OTHER, str(path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    number = 0
    while other.poll() is None:
        for _ in range(20):
            made.event(reading(float(number), t=number))
            number += 1
        made.item(RecordedMark(mark=Mark(0.0, UTC, "note", "here too"), who="bob@bench"))
        made.commit(UTC)
    other.stdout.close()
    assert other.returncode == 0
    made.commit(UTC)
    assert [json.loads(raw)["t"] for raw in raws_of(path)] == list(range(number))
    with Record(path) as record:
        assert [one.entry.id for one in lists.commands(record)] == list(range(200))
        notes = len(lists.marks(record))
        assert record.rows("PRAGMA integrity_check") == [("ok",)]
    audit = verify(path)
    assert audit.well
    assert audit.head.count == 200 + notes > 200


# -- readers --------------------------------------------------------------------------------------------


def test_a_reader_follows_a_writer(path: Path) -> None:
    made = writer(path)
    made.commit(UTC, durable=True)
    now = 0.0
    with Record(path, clock=lambda: now) as record:
        assert (record.first, record.total, record.span()) == (0, 0, None)
        for number in range(3 * BLOCK):
            made.event(reading(float(number), t=number))
            if number % 37 == 0:
                made.commit(UTC)
                # Checked twice a second at the most.
                before = record.total
                now += 0.3
                assert record.total in (before, number + 1)
                now += 0.3
                assert record.total == number + 1
                assert [one.index for one in record.scan(max(0, number - 600))] == list(
                    range(max(0, number - 600), number + 1)
                )
                assert record.span() == (UTC, UTC + number)


def test_blocks_without_a_kind_of_event_stay_unopened(path: Path) -> None:
    events = [reading(float(number), t=number) for number in range(4 * BLOCK)]
    events[BLOCK + 5] = event(float(BLOCK + 5), "{}", name="cancel_recipe", kind=EventKind.COMMAND)
    written(path, events)

    def passes(about: tuple[object, ...]) -> bool:
        return any(getattr(one, "kind", None) is EventKind.COMMAND for one in about)

    with Record(path) as record:
        found = list(record.scan(passes=passes))
        assert {one.index for one in found} == set(range(BLOCK, 2 * BLOCK))


def test_a_damaged_block_hides_itself_only(path: Path) -> None:
    written(path, [reading(float(number), t=number) for number in range(3 * BLOCK)])
    made = writer(path, 9999.0)
    data = bytearray(made.execute("SELECT data FROM blocks WHERE id = 2")[0][0])
    data[len(data) // 2] ^= 0xFF
    made.execute("UPDATE blocks SET data = ? WHERE id = 2", (bytes(data),))
    with Record(path) as record:
        assert [one.index for one in record.scan()] == [*range(BLOCK), *range(2 * BLOCK, 3 * BLOCK)]
        assert record.get(BLOCK) is None
        assert record.damaged == {BLOCK}


@pytest.mark.parametrize("statement", ["UPDATE tail SET data = x'c1'", "UPDATE bins SET data = x'00'"])
def test_what_cannot_be_unpacked_is_reported_as_damage(path: Path, statement: str) -> None:
    written(path, [reading(float(number), t=number) for number in range(BLOCK + 1)])
    made = writer(path, 9999.0)
    made.execute(statement)
    made.abandon()

    def read() -> None:
        with Record(path) as record:
            record.refresh()
            Windows(record).window(["state.t"], UTC, UTC + 9000, 10)

    def go_on() -> None:
        again = writer(path, 9999.0)
        for number in range(BLOCK):
            again.event(reading(10.0 + number, t=1))
        again.commit(UTC)

    for attempt in (read, go_on):
        with pytest.raises(TornRecordError, match="damaged"):
            attempt()


# -- files that are no record of ours -------------------------------------------------------------------


def test_a_file_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    first = writer(path)
    first.event(event(0.0, {"a": 1}))
    first.commit(UTC)
    first.close(UTC)
    downgraded(path)
    with Record(path) as old:
        assert [*lists.alarms(old), *lists.newest_alarms(old), *lists.changes(old)] == []
        assert old.get(0) is not None
    writer(path).close(UTC)
    with Record(path) as new:
        assert new.has(CHAINED)
        assert new.get(0) is not None
        assert new.rows("SELECT count(*) FROM alarms") == [(0,)]


def test_a_file_of_a_newer_version_is_left_alone_to_the_byte(path: Path) -> None:
    written(path, [reading(0.0, t=1)])
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {VERSION + 1}")
    raw.execute("PRAGMA journal_mode = DELETE")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(NewerRecordError, match="newer xovac-tui"):
        writer(path)
    with pytest.raises(NewerRecordError, match="newer xovac-tui"):
        Record(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_newer_file_whose_writer_was_killed_is_left_alone_to_the_byte(path: Path, tmp_path: Path) -> None:
    made = writer(path)
    made.execute(f"PRAGMA user_version = {VERSION + 1}")
    made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.event(reading(0.0, t=1))
    made.commit(UTC)
    copy = tmp_path / "copy"
    copy_outside(path.parent, copy)
    made.close(UTC)
    (copy / f"{path.name}-shm").unlink()
    before = {file.name: file.read_bytes() for file in copy.iterdir()}
    assert len(before[f"{path.name}-wal"]) > 0
    with pytest.raises(NewerRecordError):
        writer(copy / path.name)
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == before


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_database_of_another_program_is_never_touched(path: Path, mode: str) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA journal_mode = {mode}")
    other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    for attempt in (writer, Record):
        with pytest.raises(RecordError, match="another program"):
            attempt(path)
        assert path.read_bytes() == before


def test_no_record_and_an_empty_one_are_distinguished(path: Path) -> None:
    with pytest.raises(RecordError, match="There is no record at"):
        Record(path)
    path.parent.mkdir()
    path.touch()
    with pytest.raises(RecordError, match="nothing was recorded in it yet"):
        Record(path)
    written(path, [reading(0.0, t=1)])
    assert len(events_of(path)) == 1


def test_text_is_no_record(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("time,temperature\n" * 1000)
    with pytest.raises(TornRecordError, match="damaged"):
        open_for_reading(path)
    with pytest.raises(TornRecordError, match="damaged"):
        open_for_writing(path)
    assert path.read_text() == "time,temperature\n" * 1000


def test_names_of_a_session_are_kept(path: Path) -> None:
    about = session(channels={"state.t": ("Plate", "°C")}, contract=("documented",), speed=60.0)
    made = Writer(path, about, recording=True, utc=UTC, mono=0.0)
    made.close(UTC)
    with Record(path) as record:
        assert lists.sessions(record)[0].about == about
        assert [(c.name, c.label, c.unit) for c in record.channels()] == [("state.t", "Plate", "degC")]


def test_an_inaccessible_place_is_reported_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read: File name too long"):
        Record(tmp_path / ("x" * 400))
