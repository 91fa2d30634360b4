"""Bulky payloads: kept, never decoded at once, and never in the way of the loop or of the memory."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.console import FakeClock, recorder_of
from tests.helpers.record import raws_of
from tests.helpers.records import MONO, UTC, message, session, write_record
from tests.unit.test_station_record import Life, life
from xovac_tui.api.event import Direction, EventKind, Form, Payload
from xovac_tui.api.payload import BULKY, LONGEST, TooLong, decode, decode_arguments, lean, pretty, too_long
from xovac_tui.budget import ByteBudget, weight
from xovac_tui.chamber.history import History
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.clock import SystemClock
from xovac_tui.link import bulky
from xovac_tui.recording.background import BackgroundPast
from xovac_tui.recording.disk import codec, lists
from xovac_tui.recording.disk import recorder as recorder_module
from xovac_tui.recording.disk import writer as writer_module
from xovac_tui.recording.disk.codec import Block, block_of
from xovac_tui.recording.disk.eventgroup import EventGroup
from xovac_tui.recording.disk.kinds import RecordedMark
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.recorder import Recorder
from xovac_tui.recording.disk.schema import no_record
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.eventlog import EventLog, LoggedEvent, payload_of
from xovac_tui.recording.past import Past, RecordedHistory
from xovac_tui.recording.status import RecorderState
from xovac_tui.station.eventqueue import EventQueue

OPENING = re.compile(r"42([0-9]*)\[")


def logged(*texts: Any, name: str = "bulk") -> list[LoggedEvent]:
    """Return messages as the record keeps them."""
    kept = []
    for number, text in enumerate(texts):
        payload = decode(text)
        kept.append(
            LoggedEvent(
                number,
                UTC + number,
                MONO + number,
                Direction.IN,
                EventKind.MESSAGE,
                name,
                payload.form,
                payload.raw,
                payload.problem,
                payload.size,
            )
        )
    return kept


# -- never decoded ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "argument", ["[" + "1," * BULKY + "1]", {"rows": ["x" * 1000] * 1100}, b"1" * (BULKY + 1)]
)
def test_a_payload_over_a_megabyte_is_kept_whole_and_not_decoded(argument: Any) -> None:
    payload = decode(argument)
    assert payload.value is None
    assert too_long(payload.problem) is TooLong.NOT_READ
    assert payload.raw == (argument if isinstance(argument, str | bytes) else json.dumps(argument))
    short = decode_arguments(argument, "1")
    assert short.value is None or payload.form is Form.BYTES


def test_what_is_recorded_of_a_huge_payload_is_its_beginning_and_its_length(tmp_path: Path) -> None:
    text = "[" + "1," * (LONGEST // 2) + "1]"
    event = message(0.0, text)
    assert too_long(event.payload.problem) is TooLong.CUT
    kept = lean(event.payload)
    assert (kept.value, kept.raw, kept.size) == (None, text[:LONGEST], len(text))
    # Whether the recorder has made it lean before, or not.
    for number, payload in enumerate((event.payload, kept)):
        path = write_record(tmp_path / str(number), [msgspec.structs.replace(event, payload=payload)])
        with Record(path) as record:
            found = record.get(0)
        assert found is not None
        assert (found.raw, found.size, too_long(found.problem)) == (text[:LONGEST], len(text), TooLong.CUT)


def test_the_beginning_of_what_is_not_decoded_is_laid_out_for_a_reader() -> None:
    text = '{"a": [1, {"b{,": "c\\"]"}], "rows": [' + "0," * BULKY + "0]}"
    shown = pretty(decode(text), 5_000)
    assert shown.startswith(
        '{\n  "a": [\n    1,\n    {\n      "b{,": "c\\"]"\n    }\n  ],\n  "rows": [\n    0,\n    0,'
    )


def packet_of(data: str | bytes) -> tuple[str, str, str] | None:
    return asyncio.run(bulky.event_of(data.encode() if isinstance(data, str) else data, OPENING))


@given(st.text(), st.integers(14, 60), st.booleans())
def test_a_string_taken_piece_by_piece_is_the_string(text: str, piece: int, plain: bool) -> None:
    text = text + text[::-1] + '\\"' + text
    literal = json.dumps(text, ensure_ascii=not plain)
    if not plain or text.isprintable():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bulky, "PIECE", piece)
            patch.setattr(bulky, "CUT_WITHIN", piece)
            assert packet_of(f'42["an event",{literal}]') == ("", "an event", text)


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        ('42["a", {"b": [1.50,"]"]} ] ', ("", "a", '{"b": [1.50,"]"]}')),
        ('4217["a",1,"x"]', ("17", "a", '1,"x"')),
        ('42["a","x","y"]', ("", "a", '"x","y"')),
        ('42["a"]', ("", "a", "")),
        ('42["caf\\u00e9","x"]', ("", "café", "x")),
        ("42[5]", None),
        ('42["a","x"', None),
        ('43["a","x"]', None),
    ],
)
def test_a_long_packet_is_taken_as_it_is_written(packet: str, found: tuple[str, str, str] | None) -> None:
    assert packet_of(packet) == found


def test_sixty_megabytes_leave_the_loop_in_short_turns() -> None:
    """Each turn takes 40 ms of the processor; decoding it whole took a second."""
    rows = json.dumps([{"n": number, "v": 0.5} for number in range(20_000)])
    data = b'42["rows","' + json.dumps(rows)[1:-1].encode() * 120 + b'"]'
    assert len(data) > 60_000_000
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, before = max(longest, now - before), now

    async def take() -> int:
        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        found = await bulky.event_of(data, OPENING)
        assert found is not None
        event = decode_arguments(found[2])
        watching.cancel()
        assert event.value is None
        return len(event.raw)

    assert asyncio.run(take()) == 120 * len(rows)
    assert longest < 0.4


# -- shapes -------------------------------------------------------------------------------------------


def test_text_that_changes_makes_no_shape_of_its_own() -> None:
    chance = random.Random(1)
    texts = [
        json.dumps(
            {
                "at": f"2026-11-30T12:00:{number % 60:02d}Z",
                "word": "".join(chance.choices('ab\\"\n,:]} 1é', k=chance.randrange(9))),
                "open": chance.random() < 0.5,
                "none": chance.choice([None, 1.5]),
                "same": "idle",
                "n": number,
            }
        )
        for number in range(300)
    ]
    events = logged(*texts)
    block = Block.unpack(block_of(events).pack())
    assert len(block.groups) == codec.FEW_SHAPES + 1
    assert [event.raw for event in block.events()] == texts
    found = {name: list(series.values) for name, series in block.samples().items()}
    values = [json.loads(text) for text in texts]
    assert found["bulk.n"] == [float(number) for number in range(300)]
    assert found["bulk.open"] == [float(value["open"]) for value in values]
    assert [v if v == v else None for v in found["bulk.none"]] == [value["none"] for value in values]
    assert "bulk.at" not in found
    # The block of one shape and the payloads one by one hold the same samples.
    group = EventGroup(Direction.IN, EventKind.MESSAGE, "bulk", Form.JSON, "", b"", None, [], texts, [])
    single = Block(0, 300, block.utc, block.mono, [group]).samples()
    assert {n: [repr(v) for v in s.values] for n, s in single.items()} == {
        n: [repr(v) for v in values] for n, values in found.items()
    }


def test_text_and_numbers_in_one_place_are_two_shapes() -> None:
    events = logged(*(f'{{"p": {value}}}' for value in ("1.5", '"open"', "2.5", '"shut"', '"a"', '"b"')))
    block = block_of(events)
    assert [event.raw for event in block.events()] == [event.raw for event in events]
    series = block.samples()["bulk.p"]
    assert (list(series.places), list(series.values)) == ([0, 2], [1.5, 2.5])


@given(st.lists(st.text(alphabet='{}[]",: \\\n-1.5etfnrualsx', max_size=30), min_size=1, max_size=8))
def test_any_text_comes_back_from_a_block(texts: list[str]) -> None:
    events = [msgspec.structs.replace(event, form=Form.JSON, problem="") for event in logged(*texts)]
    assert Block.unpack(block_of(events).pack()).events() == events


def test_payloads_are_decoded_once_for_all_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({f"c{number}": number for number in range(8_000)})
    assert len(text) > codec.LONGEST_SHAPED
    block = block_of(logged(*[text] * 5))
    decoded: list[str] = []

    def counted(form: Form, raw: Any) -> Payload:
        decoded.append(raw)
        return payload_of(form, raw)

    monkeypatch.setattr(codec, "payload_of", counted)
    for number in range(10):
        series = block.samples(frozenset([f"bulk.c{number}"]))[f"bulk.c{number}"]
        assert list(series.values) == [float(number)] * 5
    assert len(decoded) == 5
    assert block.weight > 5 * 12 * 5_000


# -- the past, off the loop ---------------------------------------------------------------------------


def past_of(tmp_path: Path, **options: Any) -> tuple[BackgroundPast, Past]:
    texts = (json.dumps({"t": number, "at": str(number)}) for number in range(600))
    path = write_record(
        tmp_path / "r", [message(float(n), text, name="bulk") for n, text in enumerate(texts)]
    )
    shift, began = UTC - MONO, MONO + 600
    record = Record(path)
    return (
        BackgroundPast(path, shift, began, record.total, **{"start": False} | options),
        Past(Windows(record), shift, began),
    )


def test_a_chart_never_waits_for_the_record(tmp_path: Path) -> None:
    past, whole = past_of(tmp_path)
    start, end = MONO, MONO + 300
    asked = past.window("bulk.t", start, end, 100)
    assert all(low != low for low in asked.lows)
    assert past.first("bulk.t") is None
    assert past.end == -float("inf")
    version = past.version
    past.work()
    assert past.version > version
    found = past.window("bulk.t", start, end, 100)
    assert list(found.lows) == list(whole.window("bulk.t", start, end, 100).lows)
    assert past.first("bulk.t") == whole.first("bulk.t")
    assert past.end == whole.end
    # What is done is asked for no more.
    past.work()
    before = past.version
    past.window("bulk.t", start, end, 100)
    past.work()
    assert past.version == before


def test_a_picture_that_reaches_beyond_the_record_draws_no_chart_again(tmp_path: Path) -> None:
    now = [0.0]
    past, whole = past_of(tmp_path, clock=lambda: now[0])
    start, end = MONO + 300, MONO + 900
    past.window("bulk.t", start, end, 1)
    past.work()
    version = past.version
    for _ in range(3):
        now[0] += 1.0
        past.window("bulk.t", start, end, 1)
        assert past.work(), "its end may be recorded meanwhile"
    assert past.version == version
    assert list(past.window("bulk.t", start, end, 1).highs) == [599.0]
    assert list(whole.window("bulk.t", start, end, 1).highs) == [599.0]


def test_the_column_in_which_this_program_began_is_read_once(tmp_path: Path) -> None:
    now = [0.0]
    past, _ = past_of(tmp_path, clock=lambda: now[0])
    past.began = MONO + 590
    live = History()
    live.add(MONO + 595, 700.0)
    history = RecordedHistory("bulk.t", lambda: live, past)
    for _ in range(2):
        history.window(MONO + 300, MONO + 900, 1)
        past.work()
    now[0] += 1.0
    bins = history.window(MONO + 300, MONO + 900, 1)
    assert past.work() == 0
    assert bins.lows[0] <= 300.0
    assert list(bins.highs) == [700.0]


def test_a_channel_that_began_with_this_program_asks_for_no_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past, _ = past_of(tmp_path)
    monkeypatch.setattr(past, "first", lambda _name: past.began + 0.5)
    live = History()
    live.add(past.began + 0.5, 1.0)
    bins = RecordedHistory("bulk.t", lambda: live, past).window(past.began - 100, past.began + 100, 20)
    assert bins.highs[10] == 1.0
    assert past.work() == 0


def test_a_chart_that_moves_on_keeps_what_it_knows(tmp_path: Path) -> None:
    past, _ = past_of(tmp_path)
    past.window("bulk.t", MONO, MONO + 300, 100)
    past.work()
    known = past.window("bulk.t", MONO, MONO + 300, 100)
    moved = past.window("bulk.t", MONO + 30, MONO + 330, 100)
    assert list(moved.lows[:90]) == list(known.lows[10:])
    assert all(low != low for low in moved.lows[90:])


def test_a_record_that_cannot_be_read_is_a_problem_and_no_end(tmp_path: Path) -> None:
    past = BackgroundPast(tmp_path / "none", 0.0, 0.0, 0, start=False)
    past.window("x", 0.0, 10.0, 10)
    assert past.end == -float("inf")
    assert past.problem == "", "the record was opened by who only asked"
    past.work()
    assert past.problem == no_record(tmp_path / "none")


def test_the_thread_answers_and_ends(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    past, _ = past_of(tmp_path, start=True)
    (thread,) = set(threading.enumerate()) - before
    past.window("bulk.t", MONO, MONO + 300, 100)
    end = time.monotonic() + 20
    while not past.version and time.monotonic() < end:
        time.sleep(0.005)
    assert past.version
    past.close()
    thread.join(20)
    assert not thread.is_alive()


# -- memory -------------------------------------------------------------------------------------------


def test_a_budget_is_never_exceeded() -> None:
    budget = ByteBudget(100)
    assert budget.take(60)
    assert not budget.take(41)
    assert budget.take(40)
    budget.give(60)
    assert budget.held == 40
    assert weight({"a": ["x" * 1000, b"y" * 1000]}) > 2000


def test_bulky_messages_of_a_record_that_cannot_be_opened_are_bounded_in_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    recorder = Recorder(tmp_path / "file" / "r", session(), SystemClock())
    recorder.start()
    assert recorder.opened(10.0)
    assert recorder.view.state is RecorderState.FAILING
    text = json.dumps(["x" * 1000] * 990)
    for at in range(60):
        event = message(float(at), text)
        assert event.payload.value is not None
        decoded = (event, event.payload, event.payload.value)
        before = [*map(sys.getrefcount, decoded)]
        recorder.put(event)
        after = [*map(sys.getrefcount, decoded)]
        assert after == before, "what was decoded of it is held, too"
    # What people do is kept all the same.
    recorder.put(RecordedMark(mark=Mark(MONO, UTC, "note", "still here"), who="ada"))
    (tmp_path / "file").unlink()
    assert recorder.flush()
    recorder.close()
    held = raws_of(tmp_path / "file" / "r")
    assert sum(map(sys.getsizeof, held)) <= recorder_module.HELD_UNOPENED_BYTES
    assert len(held) + recorder.view.lost == 60
    assert recorder.view.lost > 0
    with Record(tmp_path / "file" / "r") as record:
        assert "still here" in [mark.mark.text for mark in lists.marks(record)]


def test_rows_that_cannot_be_written_are_bounded_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "HELD_ROW_BYTES", 100_000)
    writer = Writer(tmp_path / "r", session(), recording=True, utc=UTC, mono=MONO)
    for at in range(100):
        writer.item(RecordedMark(mark=Mark(MONO + at, UTC + at, "note", "x" * 10_000), who="ada"))
    assert writer.held < 11
    assert writer.lost == 100 - writer.held
    writer.commit(UTC + 100)
    writer.item(RecordedMark(mark=Mark(MONO, UTC, "note", "room again"), who="ada"))
    assert writer.held == 1
    writer.close(UTC + 100)
    with Record(tmp_path / "r") as record:
        assert record.rows("SELECT count(*) FROM marks WHERE kind = 'unrecorded'") == [(1,)]


def test_a_reader_that_is_too_slow_loses_the_oldest_and_is_bounded() -> None:
    async def read() -> None:
        queue = EventQueue(limit=10_000)
        for at in range(100):
            queue.put(message(float(at), json.dumps("x" * 1_000)))
        assert queue.dropped > 90
        held = [await queue.get() for _ in range(100 - queue.dropped)]
        assert [one.mono - MONO for one in held] == [float(at) for at in range(queue.dropped, 100)]
        queue.put(message(0.0, json.dumps("x" * 20_000)))
        queue.put(message(1.0, "1"))
        assert (await queue.get()).mono == MONO + 1.0

    asyncio.run(read())


def test_blocks_held_open_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xovac_tui.recording.disk.record.OPEN_BYTES", 300_000)
    texts = (json.dumps({"t": "x" * 200, "n": [number] * 99}) for number in range(1_500))
    path = write_record(tmp_path / "r", [message(float(n), text) for n, text in enumerate(texts)])
    with Record(path) as record:
        read: list[str] = []
        record.connection.set_trace_callback(read.append)

        def blocks_read() -> int:
            return sum("SELECT data FROM blocks" in statement for statement in read)

        assert sum(1 for _ in record.blocks(UTC, UTC + 1_500)) > 2
        blocks = blocks_read()
        assert blocks >= 2
        read.clear()
        # Only the newest one is held, so all are read again.
        assert sum(1 for _ in record.blocks(UTC, UTC + 1_500)) > 2
        assert blocks_read() == blocks
        for _ in range(2):
            read.clear()
            for index in range(0, 1_500, 100):
                assert record.get(index) is not None
            assert blocks_read() == blocks


def test_the_log_keeps_the_beginning_of_a_bulky_payload() -> None:
    log = EventLog()
    log.append(message(0.0, "[" + "1," * BULKY + "1]"))
    kept = log.get(0)
    assert kept is not None
    assert (len(kept.raw), kept.size, too_long(kept.problem)) == (64_000, 2 * BULKY + 3, TooLong.NOT_READ)


async def test_a_console_takes_its_past_from_a_thread(tmp_path: Path) -> None:
    others = threading.enumerate()
    path, clock = tmp_path / "r", FakeClock()
    async with life(path, clock) as before:
        await before.report(seconds=60)
        await before.written()
    again = Life(path, clock, "ada@lab")
    record = recorder_of(again.station)
    assert record.choice is not None
    record.choice = msgspec.structs.replace(record.choice, background=True)
    async with again.station:
        await asyncio.wait_for(again.link.running.wait(), 10)
        assert isinstance(record.past, BackgroundPast)
        threads = [one for one in threading.enumerate() if one.name == "past" and one not in others]
        assert record.record is not None
        [name] = [one.name for one in record.record.channels() if one.name.endswith("_state.part")]
        now = clock.mono()
        async with asyncio.timeout(20):
            while True:
                history = again.station.history(name)
                assert history is not None
                lows = history.window(now - 60, now, 10).lows
                if any(low == low for low in lows):
                    break
                await asyncio.sleep(0.01)
    (thread,) = threads
    thread.join(20)
    assert not thread.is_alive()
