"""What is forwarded of a real record, batch by batch."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.helpers.audited import done_to, one_of_each
from tests.helpers.forwarded import AWAY, BAD, MemorySink, rows_of
from tests.helpers.record import UTC, event, reading, session, writer
from tests.helpers.records import message, write_record
from xovac_tui.api.validity import Validity
from xovac_tui.forwarding.batch import Batch, EventRow, LogRow, stamp
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.forwarder import Forwarder
from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.view import SinkView
from xovac_tui.recording.disk.kinds import RunItem, SessionItem
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.disk.writer import Writer

BLOCK = 32
"""Events in a block, here."""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xovac_tui.recording.disk.writer.BLOCK", BLOCK)


def batches(rows: ForwardedRows, part: Part, cursor: int = 0, most: int = 1_000) -> list[Batch]:
    found = []
    while (batch := rows.next(part, cursor, most)) is not None:
        found.append(batch)
        if batch.after == cursor:
            # Runs that go on.
            break
        cursor = batch.after
    return found


def all_rows(path: Path, parts: Iterable[Part] = Part, most: int = 1_000) -> list[EventRow | LogRow]:
    rows = ForwardedRows(path)
    try:
        return [row for part in parts for batch in batches(rows, part, most=most) for row in rows_of(batch)]
    finally:
        rows.close()


def recorded(path: Path, count: int, begin: float = 0.0, **fields: object) -> Writer:
    """Record as one session, and leave it open."""
    made = Writer(path, session(**fields), recording=True, utc=UTC + begin, mono=begin)
    for number in range(count):
        made.event(reading(begin + number + 0.123456, t=number / 7, p=1e-6))
    made.commit(UTC + begin + count)
    return made


def test_the_rows_of_a_record_are_its_readings_and_what_happened(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = recorded(path, 3)
    for item in one_of_each(4.0):
        made.item(item)
    made.commit(UTC + 5)
    made.close(UTC + 5)
    found = all_rows(path)
    readings = [row for row in found if isinstance(row, EventRow)]
    assert [row.values for row in readings] == [[("t", n / 7), ("p", 1e-6)] for n in range(3)]
    assert [row.key.number for row in readings] == [0, 1, 2]
    assert readings[1].utc == round((UTC + 1.123456) * 1e6)
    log = [row for row in found if isinstance(row, LogRow)]
    assert [(row.kind, row.title, row.state, row.who) for row in log] == [
        ("alarm", "Plate A high", "raised", ""),
        ("command", "load_recipe", "success", "ada@bench"),
        ("step", "", "step", ""),
        ("note", "", "note", "bob@bench"),
    ]
    assert all(row.text.isprintable() for row in log)


@pytest.mark.parametrize("most", [1, 7, 32, 1_000])
def test_batches_of_any_size_give_each_row_once(tmp_path: Path, most: int) -> None:
    path = tmp_path / "r"
    recorded(path, 80).close(UTC + 80)
    found = all_rows(path, [Part.EVENTS], most)
    assert [row.key.number for row in found] == [*range(80)]


def test_a_row_of_the_tail_is_the_same_once_it_is_in_a_block(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = recorded(path, BLOCK - 1)
    rows = ForwardedRows(path)
    before = [row for batch in batches(rows, Part.EVENTS, most=5) for row in batch.events]
    made.event(event(900.0, '{"t": -1, "s": "on"}'))
    made.commit(UTC + 901)
    blocks = rows.next(Part.EVENTS, 0, 1_000)
    assert blocks is not None
    assert len(before) == BLOCK - 1
    assert blocks.events[:-1] == before
    assert [stamp(row.utc, row.key.number) for row in before] == sorted(
        {stamp(row.utc, row.key.number) for row in before}
    )
    rows.close()
    made.close(UTC + 901)


def test_text_and_values_that_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = writer(path)
    made.item(
        SessionItem(about=session(rules={"state.t": Validity(high=100.0), "state.w": Validity(numeric=True)}))
    )
    for number, text in enumerate(
        (
            '{"t": 20.5, "mode": "pump\\u001b[31m", "w": "12.5"}',
            '{"t": 850, "mode": "hold"}',
            '{"t": 1e999, "ok": true}',
            '{"mode": null}',
            "[]",
            '"bare text"',
            "-3.5",
        )
    ):
        made.event(event(float(number), text))
    made.commit(UTC + 9)
    made.close(UTC + 9)
    found = {row.key.number: row for row in all_rows(path, [Part.EVENTS]) if isinstance(row, EventRow)}
    assert found[0].values == [("t", 20.5), ("w", 12.5)]
    assert [name for name, _ in found[0].texts] == ["mode"]
    assert found[0].texts[0][1].isprintable()
    assert (found[1].values, found[1].texts) == ([], [("mode", "hold")])
    assert 3 not in found
    assert 4 not in found
    assert found[5].texts == [("", "bare text")]
    assert found[6].values == [("", -3.5)]
    assert all(value == value and abs(value) < 1e300 for row in found.values() for _, value in row.values)


def test_a_contract_that_changes_while_it_is_forwarded_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = recorded(path, 4)
    rows = ForwardedRows(path)
    assert len(batches(rows, Part.EVENTS)[0].events[3].values) == 2
    made.item(SessionItem(about=session(rules={"state.t": Validity(low=1.0)})))
    made.event(reading(8.0, t=0.0, p=2.0))
    made.commit(UTC + 9)
    later = rows.next(Part.EVENTS, 4, 1_000)
    assert later is not None
    assert later.events[0].values == [("p", 2.0)]
    rows.close()
    made.close(UTC + 9)


def test_what_a_channel_is_called_comes_once_and_again_when_it_is_renamed(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = Writer(path, session(channels={"state.t": ("Plate", "degC")}), recording=True, utc=UTC, mono=0.0)
    for number in range(BLOCK + 2):
        made.event(reading(float(number), t=1.0))
    made.commit(UTC + 100)
    rows = ForwardedRows(path)
    names = [one for batch in batches(rows, Part.EVENTS, most=10) for one in batch.channels]
    assert [(one.name, one.label, one.unit) for one in names] == [("state.t", "Plate", "degC")]
    made.item(SessionItem(about=session(channels={"state.t": ("Shroud", "degC")})))
    made.event(reading(101.0, t=1.0))
    made.commit(UTC + 102)
    later = rows.next(Part.EVENTS, BLOCK + 2, 1_000)
    assert later is not None
    assert [one.label for one in later.channels] == ["Shroud"]
    rows.forget_sent()
    again = rows.next(Part.EVENTS, BLOCK + 2, 1_000)
    assert again is not None
    assert [one.label for one in again.channels] == ["Shroud"]
    rows.close()
    made.close(UTC + 102)


def test_a_new_channel_has_its_own_name_until_the_record_knows_more(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = recorded(path, 2)
    rows = ForwardedRows(path)
    first = rows.next(Part.EVENTS, 0, 1)
    second = rows.next(Part.EVENTS, 1, 1)
    assert first is not None
    assert second is not None
    assert {one.name for one in first.channels} == {"state.t", "state.p"}
    assert not second.channels
    rows.close()
    made.close(UTC + 3)


def test_a_damaged_block_is_passed_over_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorded(path, 3 * BLOCK).close(UTC + 100)
    done_to(path, "UPDATE blocks SET data = x'00' WHERE first = ?", (BLOCK,))
    rows = ForwardedRows(path)
    found = batches(rows, Part.EVENTS)
    assert [(batch.first, batch.after, len(batch), batch.missed) for batch in found] == [
        (0, 32, 32, 0),
        (32, 64, 0, 32),
        (64, 96, 32, 0),
    ]
    assert rows.waiting_since(BLOCK) is not None
    rows.close()


def test_a_block_that_housekeeping_took_meanwhile_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorded(path, 4 * BLOCK).close(UTC + 200)
    rows = ForwardedRows(path)
    first = rows.next(Part.EVENTS, 0, 10)
    assert first is not None
    done_to(path, "DELETE FROM blocks WHERE first < ?", (2 * BLOCK,))
    later = rows.next(Part.EVENTS, first.after, 1_000)
    assert later is not None
    assert (later.events[0].key.number, later.missed) == (2 * BLOCK, 2 * BLOCK - 10)
    new = rows.next(Part.EVENTS, 0, 1_000)
    assert new is not None
    assert (new.events[0].key.number, new.missed) == (2 * BLOCK, 0)
    rows.close()


@pytest.mark.parametrize("cursor", [0, 31, 32, 200, 255, 256, 290])
def test_any_cursor_finds_its_event_in_any_order(tmp_path: Path, cursor: int) -> None:
    path = tmp_path / "r"
    made = recorded(path, 300)
    done_to(path, "DELETE FROM blocks WHERE first BETWEEN 64 AND 160")
    rows = ForwardedRows(path)
    for asked in (299, cursor, 10, cursor, 280, cursor):
        found = rows.next(Part.EVENTS, asked, 1)
        assert found is not None
        assert found.events[0].key.number == asked
    assert rows.next(Part.EVENTS, 300, 1) is None
    assert rows.after(Part.EVENTS) == 300
    rows.close()
    made.close(UTC + 300)


def test_sessions_have_keys_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorded(path, 40).close(UTC + 40)
    recorded(path, 40, begin=100.0).close(UTC + 140)
    found = all_rows(path, [Part.EVENTS])
    assert [row.key.number for row in found] == [*range(80)]
    assert len({row.key.source for row in found}) == 2
    assert all(len(row.key.source) == 32 for row in found)


def test_a_record_that_is_copied_and_continued_in_both_copies_has_distinct_keys(tmp_path: Path) -> None:
    # So does a number that is given twice because the machine lost what had been forwarded already.
    path, copy = tmp_path / "r", tmp_path / "copy"
    made = recorded(path, 20)
    for item in one_of_each(30.0):
        made.item(item)
    made.commit(UTC + 31)
    made.close(UTC + 31)
    shutil.copy(path, copy)
    both = {row.key for row in all_rows(path)}
    for number, one in enumerate((path, copy)):
        more = recorded(one, 20, begin=100.0 + number)
        for item in one_of_each(200.0):
            more.item(item)
        more.commit(UTC + 201)
        more.close(UTC + 201)
    first, second = ({row.key for row in all_rows(one)} for one in (path, copy))
    assert first & second == both
    assert len(first) == len(second) == 2 * len(both)


def test_two_recorders_that_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "r"
    for turn in range(4):
        made = recorded(path, 10, begin=turn * 100.0, who=f"user{turn % 2}@bench", pid=1_000 + turn % 2)
        made.item(one_of_each(turn * 100.0 + 50)[2])
        made.commit(UTC + turn * 100.0 + 60)
        made.close(UTC + turn * 100.0 + 60)
    found = all_rows(path)
    assert len({row.key for row in found}) == len(found) == 44
    assert len({row.key.source for row in found}) == 4


def test_a_clock_that_is_set_changes_no_key_and_no_age(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = recorded(path, 10)
    for number, shift in enumerate((UTC + 3_600.0, UTC - 7_200.0)):
        for at in range(10):
            made.event(reading(20.0 + 20 * number + at, shift=shift, t=at))
        made.commit(shift + 60)
    rows = ForwardedRows(path)
    found = [row for batch in batches(rows, Part.EVENTS) for row in batch.events]
    assert [row.key.number for row in found] == [*range(30)]
    assert len({row.key.source for row in found}) == 1
    assert found[10].utc - found[9].utc == pytest.approx((3_600 + 20 - 9.123456) * 1e6, abs=1)
    # Ages go by the monotonic clock.
    assert [rows.waiting_since(cursor) for cursor in (0, 10, 25, 30)] == [0.123456, 20.0, 45.0, None]
    rows.close()
    made.close(UTC)


def test_what_an_earlier_session_left_is_older_than_the_present_one(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorded(path, 10).close(UTC + 10)
    # After a restart of the machine the monotonic clock begins again.
    made = Writer(path, session(), recording=True, utc=UTC + 500.0, mono=7.0)
    rows = ForwardedRows(path)
    assert rows.waiting_since(2) == pytest.approx(7.0 - (500.0 - 2.123456))
    assert rows.waiting_since(10) is None
    rows.close()
    made.close(UTC + 501)


def _run(number: int, result: str, utc: float) -> RunItem:
    return RunItem(
        id=number,
        name=f"Bake {number}",
        load=None,
        started_utc=UTC,
        started_mono=0.0,
        utc=utc,
        mono=utc - UTC,
        result=result,
    )


def test_a_run_comes_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = recorded(path, 5)
    rows = ForwardedRows(path)
    assert rows.next(Part.RUNS, 0, 10) is None
    made.item(_run(1, "running", UTC + 6))
    made.commit(UTC + 6)
    begun = rows.next(Part.RUNS, 0, 10)
    assert begun is not None
    assert [(row.title, row.state, row.ended) for row in begun.log] == [("Bake 1", "running", None)]
    assert begun.after == 0, "it is looked at until it ends"
    made.item(_run(1, "running", UTC + 7))
    made.commit(UTC + 7)
    assert rows.next(Part.RUNS, 0, 10) is None, "nothing of it is new"
    rows.forget_sent()
    assert rows.next(Part.RUNS, 0, 10) == begun
    made.item(_run(1, "completed", UTC + 8))
    made.item(_run(2, "running", UTC + 9))
    made.commit(UTC + 9)
    over = rows.next(Part.RUNS, 0, 10)
    assert over is not None
    assert [(row.title, row.state) for row in over.log] == [("Bake 1", "completed"), ("Bake 2", "running")]
    assert over.log[0].key == begun.log[0].key
    assert over.log[0].ended == round((UTC + 8) * 1e6)
    assert over.after == 2
    rows.close()
    made.close(UTC + 10)


def test_a_run_that_another_session_ends_keeps_its_key(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = recorded(path, 5)
    made.item(_run(1, "running", UTC + 6))
    made.commit(UTC + 6)
    before = all_rows(path, [Part.EVENTS]), _first_run(path)
    made.close(UTC + 7)
    made = recorded(path, 5, begin=100.0)
    made.item(_run(1, "completed", UTC + 108))
    made.commit(UTC + 108)
    made.close(UTC + 109)
    assert _first_run(path).key == before[1].key
    assert _first_run(path).state == "completed"


def _first_run(path: Path) -> LogRow:
    rows = ForwardedRows(path)
    found = rows.next(Part.RUNS, 0, 10)
    rows.close()
    assert found is not None
    return found.log[0]


class Faults:
    """A store that does at random whatever a server may do; what forwards to it is killed at random."""

    def __init__(self, path: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.path, self.sink = path, MemorySink(most=self.random.choice((3, 20, 100)))
        self.sink.fails = self.fail
        self.cursors: dict[Part, int] = {}
        """As the record has them: what was confirmed just before a kill may be missing."""
        self.bad = frozenset(f"events:{number}" for number in self.random.sample(range(300), 3))
        self.rate = 0.3
        self._begin()

    def _begin(self) -> None:
        self.rows = ForwardedRows(self.path)
        self.forwarder = Forwarder(
            SinkView(name="lab", kind="influx"), self.rows, self.sink, self.cursors, self._moved
        )

    def _moved(self, part: Part, cursor: int) -> None:
        if self.random.random() < 0.7:
            self.cursors[part] = cursor

    def fail(self, batch: Batch) -> None:
        if any(row.key.text.partition(":")[2] in self.bad for row in rows_of(batch)):
            raise BAD
        if self.random.random() >= self.rate:
            return
        fault = self.random.choice(("away", "lost", "half", "large"))
        if fault == "large" and len(batch) > 1:
            raise SinkError(Failure(FailureCode.TOO_LARGE, status=413), SinkRemedy.SMALLER)
        if fault == "lost":
            self.sink.store(batch)
        if fault == "half":
            half = len(batch) // 2
            for row in rows_of(batch)[:half]:
                self.sink.stored[row.key.text] = row
        raise AWAY

    def work(self) -> None:
        for _ in range(self.random.randrange(12)):
            self.forwarder.turn(0.0)
        if self.random.random() < 0.3:
            self.rows.close()
            self._begin()

    def finish(self) -> None:
        self.rate = 0.0
        for _ in range(2_000):
            if self.forwarder.turn(0.0) == 1.0 and self.forwarder.view.failure is None:
                break
        self.rows.close()


@pytest.mark.parametrize("number", range(4))
def test_whatever_fails_the_store_has_the_keys_of_the_record(tmp_path: Path, number: int) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    chance, path = random.Random(seed), tmp_path / "r"
    mono, run, faults = 0.0, 1, None
    for _life in range(3):
        made = Writer(path, session(), recording=True, utc=UTC + mono, mono=mono)
        faults = faults or Faults(path, seed)
        for _step in range(chance.randrange(2, 8)):
            for _ in range(chance.randrange(30)):
                mono += 1.0
                made.event(reading(mono, t=mono))
            mono += 1.0
            if chance.random() < 0.5:
                made.item(one_of_each(mono)[chance.choice((0, 1, 2, 3, 4))])
            if chance.random() < 0.4:
                result = chance.choice(("running", "completed"))
                made.item(_run(run, result, UTC + mono))
                run += result == "completed"
            made.commit(UTC + mono)
            faults.work()
        if chance.random() < 0.5:
            made.close(UTC + mono)
        else:
            made.abandon()
        mono += 50.0
    assert faults is not None
    faults.finish()
    wanted = {row.key.text: row for row in all_rows(path)}
    bad = {key for key in wanted if key.partition(":")[2] in faults.bad}
    assert set(faults.sink.stored) == set(wanted) - bad, f"seed {seed}"
    assert all(faults.sink.stored[key] == wanted[key] for key in faults.sink.stored), f"seed {seed}"


def test_keys_do_not_depend_on_how_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r"
    recorded(path, 70).close(UTC + 70)
    with sqlite3.connect(path) as db:
        db.execute("VACUUM")
    assert [row.key for row in all_rows(path, most=9)] == [row.key for row in all_rows(path)]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE tail SET count = 1000000000000000000",
        "UPDATE tail SET data = 'x'",
        "UPDATE blocks SET t0 = 1e300",
        "UPDATE sessions SET started = x'ff'",
    ],
)
def test_a_damaged_record_is_called_so_whatever_is_read(tmp_path: Path, damage: str) -> None:
    things = [message(float(at), {"p": 1.0}) for at in range(600)]
    path = write_record(tmp_path / "a.sqlite3", things, ended=False)
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute(damage).rowcount > 0
    rows = ForwardedRows(path)
    for ask in (rows.waiting_since, rows.waiting_utc, lambda cursor: rows.next(Part.EVENTS, cursor, 1_000)):
        with suppress(RecordError):
            for cursor in (0, 550, 600, 700):
                ask(cursor)
    rows.close()


def test_a_record_whose_tables_have_damaged_names_is_called_damaged(tmp_path: Path) -> None:
    path = write_record(tmp_path / "a.sqlite3", [message(1.0, {"p": 1.0})])
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE sessions", b"CREATE TABLE \xa4essions"))
    with pytest.raises(RecordError):
        ForwardedRows(path)
