"""A record from elsewhere: what is packed in it can say anything, and costs neither memory nor program."""

from __future__ import annotations

import contextlib
import csv
import io
import math
import sqlite3
import tracemalloc
import zlib
from datetime import UTC as ZONE
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.audited import audited_record, done_to
from tests.helpers.examples import examples
from tests.helpers.record import UTC, copied, logged, reading, writer
from xovac_tui.recording.attachments import attachments
from xovac_tui.recording.audit import entries, verify
from xovac_tui.recording.disk.bins import Chunk
from xovac_tui.recording.disk.codec import Block, block_of
from xovac_tui.recording.disk.foreign_bounds import inflate
from xovac_tui.recording.disk.lists import find_span, marks, runs, sessions
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import (
    RecordError,
    TornRecordError,
    open_for_reading,
    open_for_writing,
    unpacking,
)
from xovac_tui.recording.disk.windows import Windows
from xovac_tui.recording.exports.parts import part_of, unread
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.exports.tables import csv_chunks
from xovac_tui.recording.gaps import gaps
from xovac_tui.text import clean

EVENTS = 600
"""One block, and a tail."""


def block_and_tail(path: Path) -> None:
    made = writer(path)
    for number in range(EVENTS):
        made.event(reading(number + 0.5, t=number, u=number / 8))
    made.commit(UTC + EVENTS)
    made.close(UTC + EVENTS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return copied(tmp_path / "r.sqlite3", block_and_tail)


def bomb(size: int) -> bytes:
    """Return a few bytes that zlib makes so many of."""
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)), packer.flush()])


def packed_block(path: Path) -> list[Any]:
    """Return the first block as a list that can be changed: first, count, utc, mono, groups."""
    with Record(path) as record:
        data = record.rows("SELECT data FROM blocks")[0][0]
    found: list[Any] = msgspec.msgpack.decode(zlib.decompress(data))
    return found


def put_block(path: Path, block: Any) -> None:
    done_to(path, "UPDATE blocks SET data = ?", (zlib.compress(msgspec.msgpack.encode(block)),))


def test_a_bomb_costs_its_bound_and_the_block_counts_as_damaged(path: Path) -> None:
    done_to(path, "UPDATE blocks SET data = ?", (bomb(200_000_000),))
    with Record(path) as record:
        tracemalloc.start()
        try:
            assert len(list(record.scan())) == EVENTS - 512
            assert tracemalloc.get_traced_memory()[1] < 120_000_000
        finally:
            tracemalloc.stop()
        lost = unread(record, part_of(find_span(record, "all"), None, None, None))
    assert lost is not None
    assert lost.events == 512


def test_bins_are_as_large_as_they_are_written_and_no_larger(path: Path) -> None:
    for data in (bomb(10_000_000), zlib.compress(b""), zlib.compress(bytes(1791)), b""):
        with pytest.raises(TornRecordError, match="is damaged"), unpacking(path):
            Chunk(data)
    done_to(path, "UPDATE bins SET data = ?", (bomb(10_000_000),))
    with Record(path) as record, pytest.raises(TornRecordError, match="is damaged"):
        Windows(record).first_time("state.t")


def test_inflating_gives_what_was_packed_up_to_the_bound() -> None:
    assert inflate(zlib.compress(b"x" * 1000), 1000) == b"x" * 1000
    with pytest.raises(ValueError, match="unpack to more than the 999"):
        inflate(zlib.compress(b"x" * 1000), 999)
    with pytest.raises(ValueError, match="ends too early"):
        inflate(zlib.compress(b"x" * 1000)[:-1], 1000)


CHANGES: dict[str, Any] = {
    "many events": lambda b: [b[0], 1 << 40, *b[2:]],
    "no events": lambda b: [b[0], 0, b"", b"", []],
    "negative count": lambda b: [b[0], -1, *b[2:]],
    "fewer times": lambda b: [*b[:2], b[2][:800], *b[3:]],
    "negative index": lambda b: [-5, *b[1:]],
    "other index": lambda b: [b[0] + 7, *b[1:]],
    "endless time": lambda b: [*b[:2], b"\x7f" * len(b[2]), *b[3:]],
    "no time": lambda b: [*b[:3], b"\xff" * len(b[3]), b[4]],
    "no groups": lambda b: [*b[:4], []],
    "groups twice": lambda b: [*b[:4], b[4] * 2],
    "many groups": lambda b: [*b[:4], b[4] * 1000],
    "a place too far": lambda b: [*b[:4], [[*b[4][0][:5], b"\xff\xff\xff\x00" * 512, *b[4][0][6:]]]],
    "half a place": lambda b: [*b[:4], [[*b[4][0][:5], b"\x00\x00\x00", *b[4][0][6:]]]],
    "a long text": lambda b: [*b[:4], [[*b[4][0][:6], ["x" * 200_000, *b[4][0][6][1:]], *b[4][0][7:]]]],
    "no column": lambda b: [*b[:4], [[*b[4][0][:7], b[4][0][7][:1], *b[4][0][8:]]]],
    "a short column": lambda b: [*b[:4], [[*b[4][0][:7], ["1", b[4][0][7][1]], *b[4][0][8:]]]],
    "a formula": lambda b: [*b[:4], [[*b[4][0][:7], [("=cmd()\n" * 512)[:-1], b[4][0][7][1]], *b[4][0][8:]]]],
    "payloads of another kind": lambda b: [*b[:4], [[*b[4][0][:6], None, [], [[]] * 512, []]]],
    "no payloads": lambda b: [*b[:4], [[*b[4][0][:6], None, [], [], []]]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_block_that_no_recorder_wrote_is_damaged(change: str, path: Path) -> None:
    put_block(path, CHANGES[change](packed_block(path)))
    with Record(path) as record:
        assert len(list(record.scan())) == EVENTS - 512
        assert record.damaged == {0}
        assert record.get(3) is None
        part = part_of(find_span(record, "all"), None, None, None)
        assert "cmd" not in "".join(csv_chunks(record, part, record.channels()))


def test_what_only_looks_like_a_number_is_no_sample(path: Path) -> None:
    block = packed_block(path)
    block[4][0][7][0] = "\n".join(["1-2", "1e999", *["5"] * 510])
    put_block(path, block)
    with Record(path) as record:
        stretch = next(record.blocks(UTC, UTC + 300))
        series = stretch.block.samples(frozenset({"state.t"}))["state.t"]
        assert [math.isnan(value) for value in series.values][:3] == [True, True, False]
        part = part_of(find_span(record, "all"), None, None, None)
        rows = list(csv.reader(io.StringIO("".join(csv_chunks(record, part, record.channels())))))
        assert len(rows) == EVENTS + 1


@examples(100)
@given(st.data())
def test_any_other_bytes_are_a_block_or_damage(data: st.DataObject) -> None:
    events = logged(reading(at, t=at, u=1 / (at + 1)) for at in range(6))
    whole = bytearray(zlib.decompress(block_of(events).pack()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        with unpacking(Path("r")):
            block = Block.unpack(zlib.compress(bytes(whole)))
    except TornRecordError:
        return
    assert [one.index for one in block.events()] == list(range(block.first, block.first + block.count))
    assert all(len(one.values) == len(one.places) for one in block.samples().values())
    assert all(len(column) == len(places) for places, _, texts in block.rows() for column in texts)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blocks SET first = 9223372036854775807",
        "UPDATE blocks SET t0 = 1e300",
        "UPDATE blocks SET shift = 9e999",
        "UPDATE blocks SET t1 = 'then'",
        "UPDATE tail SET shift = -9e999",
        "UPDATE tail SET data = x'dd0fffffff'",
        "UPDATE tail SET data = x'91'",
    ],
)
def test_the_list_of_what_is_packed_can_be_damaged_too(statement: str, path: Path) -> None:
    done_to(path, statement)
    with Record(path) as record, pytest.raises(RecordError, match="is damaged"):
        list(record.scan())


def test_a_session_of_another_age_is_damage(path: Path) -> None:
    done_to(path, "UPDATE sessions SET seen = 1e300")
    done_to(
        path,
        "INSERT INTO runs (session, name, started, result) VALUES (1, 'x', 9e999, 'running')",
    )
    with Record(path) as record:
        for read in (sessions, runs):
            with pytest.raises(TornRecordError, match="one of its times is not a time"):
                read(record)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A record with a run and one of everything that is audited."""
    path = audited_record(tmp_path_factory.mktemp("whole") / "r.sqlite3", 1)
    run = "INSERT INTO runs (session, load, name, started, result) VALUES (1, 1, 'x', 1790000000, 'running')"
    done_to(path, run)
    done_to(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@pytest.mark.parametrize("value", [b"\x00\xff", "text", 1e300])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(
            ("runs", column)
            for column in ("session", "load", "name", "started", "ended", "result", "exported")
        ),
        *(("attachments", column) for column in ("session", "t", "who", "name", "hash")),
        *(("loads", column) for column in ("t", "who", "plan")),
        *(("sessions", column) for column in ("started", "seen", "who", "about")),
        ("ledger", "t"),
        ("marks", "t"),
        ("chain", "row"),
        ("chain", "hash"),
    ],
)
def test_a_column_may_hold_anything_and_is_no_defect(
    table: str, column: str, value: object, whole: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "r.sqlite3"
    path.write_bytes(whole)
    try:
        done_to(path, f"UPDATE {table} SET {column} = ?", (value,))
    except sqlite3.IntegrityError:
        return
    with contextlib.suppress(RecordError):
        for fault in verify(path).faults:
            fault.sentence(said)
    with contextlib.suppress(RecordError):
        for entry in entries(path):
            if entry.t is not None:
                said(entry.t)
    with contextlib.suppress(RecordError), Record(path) as record:
        attachments(record, 1)
        sessions(record)
        for run in runs(record):
            assert f"{run.name}{run.result}" == clean(run.name) + clean(run.result)
            said(run.started)
            slice_of(record, part_of(find_span(record, run.label), None, None, None))


def said(utc: float) -> str:
    return datetime.fromtimestamp(utc, ZONE).isoformat()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, i AS t FROM n"
NO_TABLES = {
    "an endless view": ["ALTER TABLE marks RENAME TO old", f"CREATE VIEW marks AS {ENDLESS}"],
    "a trigger": ["CREATE TRIGGER t AFTER INSERT ON attachments BEGIN DELETE FROM ledger; END"],
    "a view that says it is a table": [
        "DROP TABLE marks",
        f"CREATE VIEW marks AS {ENDLESS}",
        "PRAGMA writable_schema = 1",
        "UPDATE sqlite_schema SET type = 'table' WHERE name = 'marks'",
    ],
    "a virtual table": ["DROP TABLE marks", "CREATE VIRTUAL TABLE marks USING fts5(t)"],
    "a gigabyte of nothing": [
        "ALTER TABLE ledger DROP COLUMN data",
        "ALTER TABLE ledger ADD COLUMN data AS (zeroblob(900000000))",
    ],
    "an index that need not be a number": ["DROP TABLE chain", "CREATE TABLE chain (id, place, row, hash)"],
}


@pytest.mark.parametrize("how", NO_TABLES)
def test_nothing_is_read_or_written_where_a_table_is_none_of_a_recorder(how: str, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        try:
            for statement in NO_TABLES[how]:
                db.execute(statement)
        except sqlite3.OperationalError as why:
            pytest.skip(f"this SQLite has no such thing: {why}")
    before = path.read_bytes()
    for opened in (open_for_reading, open_for_writing, verify):
        with pytest.raises(RecordError, match=r"not as a recorder makes it|malformed"):
            opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("column", ["t", "mono", "utc", "session", "text"])
def test_a_mark_with_a_value_of_another_kind_is_damage(column: str, path: Path) -> None:
    done_to(path, "INSERT INTO marks VALUES (1, 1, 5, 5.0, 5.0, 5.0, 'note', 'a', 'me')")
    with Record(path) as record:
        assert len(marks(record)) == 1
    done_to(path, f"UPDATE marks SET {column} = x'7b7d'")
    with Record(path) as record, pytest.raises(TornRecordError, match=f"{column} in a table is of another"):
        marks(record)


def test_a_record_without_a_session_has_no_gaps(path: Path) -> None:
    done_to(path, "DELETE FROM sessions")
    with Record(path) as record:
        assert gaps(record, UTC, UTC + 10) == ()


@pytest.mark.parametrize("count", [1e308, -5, "many", 1 << 62])
def test_an_impossible_count_is_no_defect_of_the_audit(count: object, path: Path) -> None:
    done_to(path, "UPDATE tail SET count = ?", (count,))
    assert verify(path).unchained["events"] == 512
