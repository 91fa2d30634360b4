"""Records of older versions: where runs lie among the events is worked out, nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.audited import done_to, downgraded, opened, without_places
from tests.helpers.pastruns import BEGAN
from tests.helpers.steppedclock import record_on, stepped_record
from xovac_tui.recording.audit import verify
from xovac_tui.recording.disk.lists import axis_of, changes, commands, links, loads, runs, sessions
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.schema import VERSION, RecordError, open_for_writing

WORKED_OUT = 1e-3
"""Seconds: record times are coarse, and a run is noted a moment after it was seen."""


def spans(path: Path) -> list[tuple[int, int, float, float, int | None]]:
    with Record(path) as record:
        return [
            (one.first, one.after, one.started_mono or 0.0, one.ended_mono or 0.0, one.end_session)
            for one in runs(record)
        ]


def beside(path: Path) -> list[float]:
    """Return the even times of everything that lies beside the events."""
    with Record(path) as record:
        axis = axis_of(record)
        everything = axis.within(float("-inf"), float("inf"))
        found: list[Any] = [*commands(record, newest_only=False), *links(record), *loads(record, everything)]
        return [axis.of(one) for one in [*found, *changes(record)]]


def version_of(path: Path) -> int:
    with opened(path) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def near(found: Any, expected: Any) -> bool:
    return len(found) == len(expected) and all(
        (abs(one - other) <= WORKED_OUT if isinstance(one, float) else one == other)
        for row, wanted in zip(found, expected, strict=True)
        for one, other in zip(row, wanted, strict=True)
    )


def older(path: Path, version: int) -> None:
    if version == 1:
        downgraded(path)
    else:
        with opened(path) as db:
            without_places(db)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_record_is_read_as_it_will_be_written(tmp_path: Path, version: int) -> None:
    path = tmp_path / "r.sqlite3"
    record_on(stepped_record(path, 0.0, "never"))
    expected = spans(path)
    with Record(path) as record:
        lives = sessions(record)
    before = beside(path)
    older(path, version)
    with opened(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    assert near(spans(path), expected)
    assert beside(path) == pytest.approx(before, abs=WORKED_OUT)
    with Record(path) as record:
        assert [one.seconds for one in sessions(record)] == pytest.approx([one.seconds for one in lives])
    assert path.read_bytes() == content, "reading changes nothing"
    open_for_writing(path).close()
    assert version_of(path) == VERSION
    assert near(spans(path), expected)
    assert beside(path) == pytest.approx(before, abs=WORKED_OUT)
    assert verify(path).well


@pytest.mark.parametrize("by", [-31_536_000.0, -600.0, 600.0, 31_536_000.0])
@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_a_run_in_which_the_clock_was_set_is_found_by_its_events(
    tmp_path: Path, by: float, when: str
) -> None:
    path = tmp_path / "r.sqlite3"
    record_on(stepped_record(path, by, when))
    ((first, after, began, ended, _),) = spans(path)
    older(path, 2)
    open_for_writing(path).close()
    ((now_first, now_after, now_began, now_ended, _),) = spans(path)
    assert now_ended - now_began == pytest.approx(ended - began, abs=1.0)
    # The times of old records decide, which can be off by the second between two messages.
    assert abs(now_first - first) <= 4
    assert abs(now_after - after) <= 4
    with Record(path) as record:
        assert runs(record)[0].seconds == pytest.approx(ended - began, abs=1.0)
    assert verify(path).well


def test_the_chain_of_an_older_version_is_well_and_a_new_one_covers_more(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    stepped_record(path, 0.0, "never").inner.close(BEGAN)
    assert verify(path).well
    done_to(path, "UPDATE loads SET mono = mono + 1")
    assert [one.wrong for one in verify(path).faults] == ["changed"]


@pytest.mark.parametrize("version", [2, VERSION])
@pytest.mark.parametrize(
    "statement", ["UPDATE sessions SET started = 'noon'", "UPDATE runs SET started = x'00', flight = '[1]'"]
)
def test_a_time_that_is_no_number_is_reported_as_a_sentence(
    tmp_path: Path, version: int, statement: str
) -> None:
    path = tmp_path / "r.sqlite3"
    record_on(stepped_record(path, 0.0, "never"))
    if version == 2:
        older(path, 2)
    done_to(path, statement)
    with pytest.raises(RecordError, match=r"cannot be used|damaged"):
        spans(path)
