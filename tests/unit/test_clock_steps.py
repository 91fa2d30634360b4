"""The wall clock is set before, during or after a run: nothing of the run becomes another one."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.helpers.pastruns import BEGAN, SESSION
from tests.helpers.steppedclock import HOT, SteppedWriter, record_on, stepped_record
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.loader import load_contract
from xovac_tui.api.payload import decode_arguments
from xovac_tui.recording.digest import axis_to_now, digest
from xovac_tui.recording.disk.housekeeping import Retention
from xovac_tui.recording.disk.kinds import RunItem
from xovac_tui.recording.disk.lists import find_span, runs, visits
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.recording.exports.parts import columns_of, open_still, part_of
from xovac_tui.recording.exports.slice import slice_of
from xovac_tui.recording.exports.tables import csv_chunks
from xovac_tui.recording.exports.transcript import transcript_hash
from xovac_tui.replay.model import Replay
from xovac_tui.report.deviations import deviations
from xovac_tui.report.gather import gather
from xovac_tui.report.judge import judge
from xovac_tui.units import DAY

CONTRACT = load_contract((), simulator=True)
PART = "chamber_state.part"
YEAR = 365.0 * DAY
STEPS = (-600.0, YEAR, *(pytest.param(by, marks=pytest.mark.slow) for by in (-YEAR, 600.0, DAY + 1.0)))
NOISE = 2e-6


class Found(msgspec.Struct):
    """All that is asked of a record about its run."""

    rows: list[list[str]]
    took: float
    hash: str
    report: dict[str, Any]
    digest: dict[str, Any]
    replay: dict[str, Any]


def exported(path: Path) -> list[list[str]]:
    """Return the rows of the run's CSV without their wall times."""
    with open_still(path) as record:
        part = part_of(find_span(record, "r1"), None, None, None)
        text = "".join(csv_chunks(record, part, columns_of(record, part)))
    return [row[1:] for row in csv.reader(io.StringIO(text, newline=""))]


def hash_of(path: Path) -> str:
    with open_still(path) as record:
        return transcript_hash(slice_of(record, part_of(find_span(record, "r1"), None, None, None)))


def report(path: Path, now: float) -> dict[str, Any]:
    """Return the figures of a report; moments in seconds since the run began."""
    facts = gather(path, 1, chamber="bench-1", contract=CONTRACT, program="test", now=now)
    start = facts.past.recorded.started
    assert facts.past.temperature is not None
    return {
        "took": facts.past.seconds,
        "ended": facts.past.until - start,
        "figures": {
            one.name: [
                None
                if found is None
                else (
                    found.low,
                    found.low_at - start,
                    found.high,
                    found.high_at - start,
                    found.mean,
                    found.count,
                )
                for found in one.figures
            ]
            for one in facts.channels
        },
        "phases": [(one.name, [(a - start, b - start) for a, b in one.spans]) for one in facts.phases],
        "gaps": [(gap.start - start, gap.end - start, gap.recorded) for gap in facts.past.gaps],
        "missing": [(gap.start - start, gap.end - start, gap.why) for gap in facts.gaps],
        "commands": [(one.t - start, one.entry.command) for one in facts.past.commands],
        "marks": [(one.t - start, one.mark.text) for one in facts.past.marks if one.mark.kind != "clock"],
        "highest": max(high for high in facts.past.temperature.bins.highs if high == high),
        "extremes": sorted((one.name, one.summary.low, one.summary.high) for one in facts.past.extremes),
        "verdict": judge(facts),
        "deviations": [one for one in deviations(facts) if "clock was set" not in one],
        "sessions": len(facts.sessions),
        "whole": facts.whole,
    }


def reported(path: Path, now: float) -> dict[str, Any]:
    """Return what a user is shown who was last there at second 20."""
    with Record(path) as record:
        axis = axis_to_now(record, now)
        since = axis.of(visits(record, "ada@lab")[-1])
        found = digest(record, since, now, channels=[(PART, "Part", "degC", False)], axis=axis)
    return {
        "away": now - since,
        "runs": [(one.label, one.seconds) for one in found.runs],
        "gaps": [(gap.start - since, gap.end - since) for gap in found.gaps],
        "commands": [entry.command for entry in found.commands],
        "notes": found.notes,
        "events": found.events,
        "extremes": [(one.summary.low, one.summary.high) for one in found.extremes],
    }


def replayed(path: Path) -> dict[str, Any]:
    """Return what a replay of the run shows at its middle and at its end."""
    with open_still(path) as record:
        sliced = slice_of(record, part_of(find_span(record, "r1"), None, None, None))
        replay = Replay(sliced, CONTRACT)
        found: dict[str, Any] = {"length": replay.end - replay.begin}
        for share in (0.5, 1.0):
            replay.advance(replay.begin + share * (replay.end - replay.begin))
            snapshot = replay.snapshot()
            found[f"at {share}"] = {
                "next": replay.next_index,
                "values": [(one.full_name, one.value) for one in snapshot.channels],
                "commands": [entry.command for entry in snapshot.ledger],
            }
        found["marks"] = [(at - replay.begin, one.mark.kind) for at, one in replay.marks()]
        found["marks"] = [one for one in found["marks"] if one[1] != "clock"]
    return found


def found_in(path: Path, writer: SteppedWriter) -> Found:
    at_its_end = hash_of(path)
    record_on(writer)
    with Record(path) as record:
        now = record.rows("SELECT seen FROM sessions")[0][0]
        (run,) = runs(record)
    assert hash_of(path) == at_its_end, "what is recorded later is no part of the run"
    return Found(
        exported(path), run.seconds, at_its_end, report(path, now), reported(path, now), replayed(path)
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Found:
    path = tmp_path_factory.mktemp("plain") / "r.sqlite3"
    return found_in(path, stepped_record(path, 0.0, "never"))


def close_to(one: Any, other: Any) -> bool:
    """Return whether two answers are the same, but for how coarse the floats of UTC are."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= NOISE
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close_to(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(close_to, one, other))
    return bool(one == other)


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {key: (one[key], other[key]) for key in one if not close_to(one[key], other[key])}


@pytest.mark.parametrize("when", ["before", "during", "after"])
@pytest.mark.parametrize("by", STEPS)
def test_a_clock_that_is_set_changes_nothing_of_a_run(
    plain: Found, tmp_path: Path, by: float, when: str
) -> None:
    path = tmp_path / "r.sqlite3"
    found = found_in(path, stepped_record(path, by, when))
    assert found.rows == plain.rows
    times = [float(row[0]) for row in found.rows[1:]]
    assert times == sorted(times)
    assert times[0] >= 0.0
    assert found.took == pytest.approx(plain.took, abs=NOISE)
    assert 200.0 < found.took < 300.0
    assert differences(found.report, plain.report) == {}
    assert found.report["highest"] < HOT
    assert differences(found.digest, plain.digest) == {}
    assert differences(found.replay, plain.replay) == {}
    if when == "after":
        assert found.hash == plain.hash


@pytest.mark.parametrize("when", ["before", "during", "after"])
@pytest.mark.parametrize("by", STEPS)
def test_a_clock_that_is_set_deletes_nothing(tmp_path: Path, by: float, when: str) -> None:
    path = tmp_path / "r.sqlite3"
    writer = stepped_record(path, by, when)
    record_on(writer)
    now = 1_500.0
    later = Writer(path, SESSION, recording=True, utc=writer.wall(now), mono=now)
    later.commit(writer.wall(now))
    before = later.execute("SELECT sum(count) FROM blocks")
    for after in (0.0, 3 * 3_600.0, 0.9 * DAY):
        for delete_unexported in (False, True):
            retention = Retention(1.0, delete_unexported=delete_unexported)
            utc = writer.wall(now + after)
            assert retention.tidy(later.execute, later.session, utc, now + after) == 0
    assert later.execute("SELECT sum(count) FROM blocks") == before
    later.close(writer.wall(now))


@pytest.mark.parametrize("by", [0.0, -YEAR, -600.0, 600.0])
def test_a_run_over_two_recorders_goes_on_evenly(tmp_path: Path, by: float) -> None:
    """The machine is started again in the middle of a run, with its wall clock set."""
    path = tmp_path / "r.sqlite3"
    off = 500.0
    for life in range(2):
        # Its monotonic clock begins anew.
        wall = BEGAN if not life else BEGAN + off + by
        writer = Writer(path, SESSION, recording=True, utc=wall + 10.0, mono=10.0)
        for second in range(11, 111):
            payload = decode_arguments(json.dumps({"part": HOT if second < 50 and not life else 20.0}))
            mono = float(second)
            writer.event(Event("chamber_state", payload, Direction.IN, EventKind.MESSAGE, wall + mono, mono))
            if second == 60:
                item = RunItem(
                    id=1, name="Soak", load=None, started_utc=BEGAN + 50.0, started_mono=50.0 - life * off,
                    utc=wall + mono, mono=mono, result="completed" if life else "running",
                )  # fmt: skip
                writer.item(item)
        writer.mono = 111.0
        writer.commit(wall + 111.0)
        writer.close(wall + 111.0)
    with Record(path) as record:
        (run,) = runs(record)
    pause = max(0.0, off + by + 10.0 - 111.0)
    expected = (111.0 - 50.0) + pause + (60.0 - 10.0)
    assert (run.session, run.end_session) == (1, 2)
    assert run.seconds == pytest.approx(expected, abs=1e-3)
    rows = exported(path)[1:]
    times = [float(row[0]) for row in rows]
    assert times == sorted(times)
    assert (times[0], times[60], times[61]) == pytest.approx((0.0, 60.0, 61.0 + pause + 1.0), abs=2e-3)
    assert {row[1] for row in rows} == {"20.0"}
    assert len(rows) == 61 + 49
    with open_still(path) as record:
        sliced = slice_of(record, part_of(find_span(record, "r1"), None, None, None))
        replay = Replay(sliced, CONTRACT)
        assert replay.end - replay.begin == pytest.approx(expected, abs=1e-3)
        replay.advance(replay.end)
        assert replay.next_index == run.after
