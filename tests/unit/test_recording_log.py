"""The log over memory and record: one row of indices, wherever the event is held."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_eventlog import event
from xovac_tui.api.event import Event, EventKind
from xovac_tui.recording.disk.kinds import Session
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.filters import LogRows, parse_filter
from xovac_tui.recording.log import Log

OLD = 1_300
"""Events of the time before: more than two blocks, and a tail."""
SESSION = Session(pid=1, host="lab", who="ada@lab", program="test", profile="bench", url="http://x")


def happened(number: int) -> Event:
    """One event; every hundredth is a command, every three hundredth is no JSON."""
    if number % 100 == 7:
        return event(number, "", name="cancel_recipe", kind=EventKind.COMMAND)
    text = "{broken" if number % 300 == 11 else json.dumps({"n": number, "mode": "idle"})
    return event(number, text, name="state" if number % 2 else "aux")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "r.sqlite3"
    writer = Writer(file, SESSION, recording=True, utc=1_790_000_000.0, mono=0.0)
    for number in range(OLD):
        writer.event(happened(number))
        if number % 97 == 0:
            writer.commit(0.0)
    writer.commit(0.0)
    writer.close(0.0)
    return file


def standing_on(path: Path, *, ours: bool, keep: int = 50_000) -> tuple[Log, Record]:
    record = Record(path, clock=lambda: 0.0)
    log = Log(keep)
    log.attach(record, ours=ours)
    return log, record


@pytest.mark.parametrize("ours", [True, False])
def test_the_past_and_the_present_are_one_row(path: Path, ours: bool) -> None:
    log, record = standing_on(path, ours=ours)
    assert (log.first, log.total, len(log)) == (0, OLD, OLD)
    for number in range(OLD, OLD + 50):
        log.append(happened(number))
    assert (log.first, log.total) == (0, OLD + 50)
    for index in (0, 511, 512, 1299, 1300, 1349):
        found = log.get(index)
        assert found is not None
        assert (found.index, found.mono) == (index, float(index))
    assert log.get(-1) is None
    assert log.get(OLD + 50) is None
    assert [e.index for e in log.scan()] == list(range(OLD + 50))
    assert [e.index for e in log.scan(1290)] == list(range(1290, OLD + 50))
    assert [e.index for e in log.scan(1320)] == list(range(1320, OLD + 50))
    record.close()


def test_what_memory_dropped_is_read_from_our_own_record(path: Path) -> None:
    log, record = standing_on(path, ours=True, keep=300)
    writer = Writer(path, SESSION, recording=True, utc=1_790_000_000.0, mono=0.0)
    for number in range(OLD, OLD + 1_000):
        log.append(happened(number))
        writer.event(happened(number))
    writer.commit(0.0)
    assert log.memory.first == OLD + 700
    record.refresh(at_once=True)
    found = log.get(OLD + 5)
    assert found is not None
    assert found.mono == OLD + 5
    assert [e.index for e in log.scan(OLD - 3)] == list(range(OLD - 3, OLD + 1_000))
    writer.close(0.0)
    record.close()


def test_after_a_loss_no_wrong_event_is_shown(path: Path) -> None:
    log, record = standing_on(path, ours=True, keep=300)
    for number in range(OLD, OLD + 1_000):
        log.append(happened(number))
    log.part()
    assert log.get(OLD + 5) is None
    assert log.get(OLD - 1) is not None
    record.close()


def test_beside_a_recorder_what_memory_dropped_is_gone_and_said_so(path: Path) -> None:
    log, record = standing_on(path, ours=False, keep=300)
    for number in range(OLD, OLD + 1_000):
        log.append(happened(number))
    assert log.get(OLD + 5) is None
    assert log.get(OLD - 1) is not None
    assert [e.index for e in log.scan(OLD - 2)] == [OLD - 2, OLD - 1, *range(OLD + 700, OLD + 1_000)]
    record.close()


@pytest.mark.parametrize(
    "words",
    [
        "kind:command",
        "is:malformed",
        "name:aux -is:malformed",
        "-kind:message",
        "idle",
        '"n": 1299',
        "dir:out",
    ],
)
def test_a_filter_finds_the_same_with_and_without_a_record(path: Path, words: str) -> None:
    log, record = standing_on(path, ours=True)
    plain = Log()
    for number in range(OLD + 40):
        plain.append(happened(number))
        if number >= OLD:
            log.append(happened(number))
    wanted = parse_filter(words)
    found, expected = LogRows(log, wanted), LogRows(plain, wanted)
    while not found.work(0.01):
        pass
    while not expected.work(0.01):
        pass
    assert [found.index(row) for row in range(len(found))] == [
        expected.index(row) for row in range(len(expected))
    ]
    assert len(found) > 0
    # Later events are found, too.
    log.append(happened(OLD + 107))
    assert found.work(1.0)
    record.close()


def test_blocks_without_what_is_wanted_stay_unopened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, record = standing_on(path, ours=True)
    statements: list[str] = []
    read = Record.rows

    def watched(self: Record, statement: str, *values: Any) -> list[Any]:
        statements.append(statement)
        return read(self, statement, *values)

    monkeypatch.setattr(Record, "rows", watched)

    def found(pattern: str) -> tuple[int, int]:
        """Return how many events match, and how many blocks were opened to find them."""
        statements.clear()
        rows = LogRows(log, parse_filter(pattern))
        assert rows.work(5.0)
        return len(rows), sum("SELECT data FROM blocks" in one for one in statements)

    assert found("name:nothing_like_it") == (0, 0)
    assert found("name:cancel_recipe") == (13, 2)
    record.close()


def test_a_record_that_opens_late_is_put_before_what_came_first(path: Path) -> None:
    record = Record(path, clock=lambda: 0.0)
    log = Log()
    # Some of them packed, some not, and one block unpacked for a reader.
    for number in range(OLD, OLD + 600):
        log.append(happened(number))
    assert log.get(3) is not None
    before = [(event.name, event.raw) for event in log.scan()]
    assert log.attach(record, ours=True, begin=OLD) == OLD
    assert (log.first, log.total) == (0, OLD + 600)
    log.append(happened(OLD + 600))
    whole = list(log.scan())
    assert [event.index for event in whole] == list(range(OLD + 601))
    assert [(event.name, event.raw) for event in whole[OLD:-1]] == before
    for index in (0, OLD - 1, OLD, OLD + 3, OLD + 300, OLD + 600):
        assert log.get(index) == whole[index]
    record.close()


def test_another_record_is_not_put_in_place_of_one_once_there_are_events(path: Path) -> None:
    log, record = standing_on(path, ours=True)
    log.append(happened(OLD))
    log.detach()
    assert log.attach(record, ours=True, begin=0) == 0
    assert (log.first, log.total) == (OLD, OLD + 1)
    record.close()


def test_a_record_that_breaks_leaves_what_memory_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, _ = standing_on(path, ours=True)
    for number in range(OLD, OLD + 10):
        log.append(happened(number))
    reader = log.scan()
    assert next(reader).index == 0

    def broken(*_: object) -> list[Any]:
        raise RecordError("the disk is gone.")

    monkeypatch.setattr(Record, "rows", broken)
    assert log.get(5) is None
    assert log.problem == "the disk is gone."
    assert (log.first, log.total, len(log)) == (OLD, OLD + 10, 10)
    assert [event.index for event in log.scan()] == list(range(OLD, OLD + 10))
    # A reader on the way goes on with what there is.
    assert [event.index for event in reader][-10:] == list(range(OLD, OLD + 10))


def test_the_oldest_that_can_be_read_is_asked_of_a_broken_record(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(path)
    log = Log()
    log.attach(record, ours=True)
    log.append(happened(OLD))

    def broken(*_: object, **__: object) -> None:
        raise RecordError("the disk is gone.")

    monkeypatch.setattr(record, "refresh", broken)
    assert log.first == OLD
    assert log.problem


def test_a_record_that_is_let_go_of_leaves_what_memory_holds(path: Path) -> None:
    log, record = standing_on(path, ours=True)
    for number in range(OLD, OLD + 10):
        log.append(happened(number))
    log.detach()
    record.close()
    assert log.get(5) is None
    assert [event.index for event in log.scan()] == list(range(OLD, OLD + 10))
    assert (log.first, log.total, log.problem) == (OLD, OLD + 10, "")
