"""A replay gives what the live session gave: the same snapshots, histories, ledger and run."""

from __future__ import annotations

import asyncio
import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.console import FakeClock, reading
from tests.helpers.examples import examples
from tests.helpers.records import MONO, UTC, message, write_record
from tests.unit.test_station_record import Life, life, load_soak
from xovac_tui.api.contract import Contract
from xovac_tui.api.event import Event
from xovac_tui.api.link import LinkCode, LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome, RunState, Snapshot
from xovac_tui.recording.disk.kinds import Item, RecordedCommand, RecordedLink, RecordedMark
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.exports.imports import read_transcript
from xovac_tui.recording.exports.parts import open_still, part_of
from xovac_tui.recording.exports.slice import RecordSlice, slice_of
from xovac_tui.recording.exports.transcript import transcript
from xovac_tui.replay.model import Replay
from xovac_tui.replay.timeline import Timeline
from xovac_tui.runs.view import RunProgress

NOISE = 2e-6
"""Seconds: UTC is known to a quarter of a microsecond, and what lies between events is placed by it."""


@contextmanager
def sliced_record(path: Path, wanted: str = "all") -> Iterator[RecordSlice]:
    with open_still(path) as record:
        yield slice_of(record, part_of(find_span(record, wanted), None, None, None))


def contract() -> Contract:
    return load_contract((), simulator=True)


def same(one: Any, two: Any, where: str = "") -> None:
    """Compare structs field by field, floats but for the noise."""
    if isinstance(one, float) and isinstance(two, float):
        assert math.isclose(one, two, rel_tol=0, abs_tol=NOISE) or (one != one and two != two), where
    elif isinstance(one, msgspec.Struct):
        assert type(one) is type(two), where
        for name in one.__struct_fields__:
            same(getattr(one, name), getattr(two, name), f"{where}.{name}")
    elif isinstance(one, tuple | list):
        assert len(one) == len(two), where
        for number, pair in enumerate(zip(one, two, strict=True)):
            same(*pair, f"{where}[{number}]")
    else:
        assert one == two, where


class Picture(msgspec.Struct):
    """What a face saw at one moment of the live session."""

    mono: float
    snapshot: Snapshot
    newest: RunProgress | None
    curve: list[float]


def curve(chamber: Any, mono: float) -> list[float]:
    history = chamber.history("chamber_state.part")
    return [] if history is None else list(history.window(mono - 60, mono, 30).lows)


def picture(one: Life) -> Picture:
    mono = one.clock.mono()
    return Picture(mono, one.station.snapshot(), one.station.runs.view(), curve(one.station.chamber, mono))


def comparable(snapshot: Snapshot) -> Snapshot:
    """Take out what is not recorded: that a link which is gone says the same word again, and at what time."""
    link = snapshot.link
    if link.word not in (LinkWord.ONLINE, LinkWord.STALE):
        link = msgspec.structs.replace(link, since_utc=0.0, since_mono=0.0)
    return msgspec.structs.replace(snapshot, link=link)


def check(replay: Replay, pictures: list[Picture]) -> None:
    for seen in pictures:
        replay.advance(seen.mono)
        assert replay.mono == pytest.approx(seen.mono, abs=NOISE)
        same(comparable(seen.snapshot), comparable(replay.snapshot()), f"at {seen.mono}: ")
        same(seen.curve, curve(replay.chamber, seen.mono), f"curve at {seen.mono}")
        followed = replay.runs.view()
        assert (followed is None) == (seen.newest is None)
        if followed is not None and seen.newest is not None:
            # How long a run was unheard is only checked when something happens, or every 2 s.
            for name in ("name", "step", "steps", "label", "result", "planned"):
                assert getattr(followed, name, None) == getattr(seen.newest, name, None), name


async def act(one: Life, action: str, seconds: float) -> None:
    link, station = one.link, one.station
    until = one.clock.mono() + seconds
    while one.clock.mono() < until:
        one.clock.advance(min(until - one.clock.mono(), 0.5))
        station.tick()
    match action:
        case "idle" | "running":
            link.deliver("chamber_state", json.dumps(reading(action, one.clock.utc(), part=20 + seconds)))
        case "junk":
            link.deliver("chamber_state", "no JSON", b"\xff")
        case "other":
            link.deliver("pump", {"speed": seconds, "ok": True, "name": "p"})
        case "lose":
            link.push(LinkWord.LOST, "The cable was pulled.")
        case "online":
            link.push(LinkWord.ONLINE)
        case "answered" | "refused by the device":
            sending = asyncio.ensure_future(station.send("cancel_recipe"))
            for _ in range(3):
                await asyncio.sleep(0)
            one.clock.advance(0.3)
            link.answer("cancel_recipe", "success" if action == "answered" else "warning", "no run")
            await asyncio.sleep(0)
            if not sending.done():
                # An older command of this name took the answer.
                for _ in range(40):
                    one.clock.advance(0.5)
                    station.tick()
            await sending
        case "unanswered":
            sending = asyncio.ensure_future(station.send("cancel_recipe"))
            for _ in range(3):
                await asyncio.sleep(0)
            for _ in range(40):
                one.clock.advance(0.5)
                station.tick()
            await sending
        case "late answer":
            link.answer("cancel_recipe", "error", "too late")
        case "note":
            station.note("seen")
        case "looked":
            station.dismiss_unknown()
    one.clock.advance(0.01)
    station.tick()


_actions = st.sampled_from(
    [*["idle", "running"] * 3, "junk", "other", "lose", "online", "answered", "refused by the device",
     "unanswered", "late answer", "note", "looked"]
)  # fmt: skip
_scripts = st.lists(
    st.tuples(_actions, st.sampled_from([0.1, 0.5, 1.0, 1.0, 1.0, 3.0, 9.0, 60.0])), min_size=8, max_size=30
)


async def live(path: Path, script: list[tuple[str, float]]) -> list[Picture]:
    clock = FakeClock()
    pictures = []
    async with life(path, clock) as one:
        await one.report()
        for action, seconds in script:
            await act(one, action, seconds)
            pictures.append(picture(one))
        await one.report()
    return pictures


@examples(12)
@given(_scripts)
def test_a_replay_gives_the_snapshots_of_the_live_session(script: list[tuple[str, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.sqlite3"
        pictures = asyncio.run(live(path, script))
        with sliced_record(path) as sliced:
            check(Replay(sliced, contract()), pictures)
            out = Path(folder) / "x.jsonl"
            out.write_text("".join(transcript(sliced)))
        # What was exported and read again plays the same.
        check(Replay(read_transcript(out), contract()), pictures)


async def test_a_recorded_run_is_followed_again(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    pictures = []
    async with life(path, clock) as one:
        await one.report(seconds=3)
        await load_soak(one)
        for step, minutes in ((1, 9), (2, 6)):
            for _ in range(minutes):
                await one.report("running", 60, part=50.0, recipe="Soak", step=step, steps=2)
                pictures.append(picture(one))
        await one.report("idle", 3, part=50.0)
        pictures.append(picture(one))
    with sliced_record(path) as sliced:
        replay = Replay(sliced, contract())
        check(replay, pictures)
        followed = replay.runs.view()
        assert followed is not None
        assert replay.runs.loaded is not None
        assert replay.runs.loaded.name == "Soak"
        assert followed.result == pictures[-1].newest.result  # type: ignore[union-attr]


def telemetry(seconds: int, start: int = 0) -> list[Event | Item]:
    return [
        message(n, json.dumps(reading("idle", UTC + n, part=n / 4)), name="chamber_state")
        for n in range(start, start + seconds)
    ]


def online(at: float) -> RecordedLink:
    return RecordedLink(
        link=LinkView(LinkWord.ONLINE, UTC + at, MONO + at, session=1), t=UTC + at, mono=MONO + at
    )


def test_seeking_back_gives_what_was_there_before(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [online(0), *telemetry(10_000)], end=10_000)
    with sliced_record(path, "s1") as sliced:
        replay = Replay(sliced, contract())
        seen: dict[float, Snapshot] = {}
        # Checkpoints are 4 096 steps apart: one before the second of these, another before the last.
        for at in (100.0, 4_500.5, 6_000.0, 9_990.0):
            replay.advance(replay.begin + at)
            seen[at] = replay.snapshot()
        for at in (6_000.0, 100.0, 9_990.0, 4_500.5):
            replay.seek(replay.begin + at)
            while not replay.work(1.0):
                pass
            found = replay.snapshot()
            assert found.mono == seen[at].mono
            assert found.counters == seen[at].counters
            assert [c.value for c in found.channels] == [c.value for c in seen[at].channels]
            assert [c.quality for c in found.channels] == [c.quality for c in seen[at].channels]
        # What was played from a checkpoint leaves the checkpoint as it was.
        replay.seek(replay.begin + 6_000.0)
        while not replay.work(1.0):
            pass
        assert replay.snapshot().counters == seen[6_000.0].counters


def test_a_long_seek_can_be_left_for_another_one(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [online(0), *telemetry(3_000)], end=3_000)
    ticks = iter(range(10**6))
    with sliced_record(path, "s1") as sliced:
        replay = Replay(sliced, contract())
        replay.seek(replay.begin + 2_900)
        # By a clock that goes on with every look, each slice is one step.
        assert not replay.work(1.0, lambda: float(next(ticks)))
        assert replay.jumping
        assert 0.0 <= replay.part_done < 0.01
        replay.seek(replay.begin + 10)
        assert replay.work(60.0)
        assert not replay.jumping
        assert replay.snapshot().mono == replay.begin + 10


def test_time_ends_with_the_timeline(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [online(0), *telemetry(100)], end=100)
    with sliced_record(path, "s1") as sliced:
        replay = Replay(sliced, contract())
        replay.advance(math.inf)
        assert replay.mono == replay.end == pytest.approx(replay.begin + 100, abs=0.01)
        assert replay.snapshot().counters.events_in == 100
        replay.seek(-math.inf)
        assert replay.work(60.0)
        assert replay.mono == replay.begin


def test_between_two_lives_nothing_is_known(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [online(0), *telemetry(60)], end=60, ended=False)
    # The machine was off for an hour: its monotonic clock begins anew.
    later: list[Event | Item] = [
        RecordedLink(link=LinkView(LinkWord.ONLINE, UTC + 3660, 7.0, session=1), t=UTC + 3660, mono=7.0),
        *(
            msgspec.structs.replace(event, mono=event.utc - UTC - 3660 + 7.0)
            for event in telemetry(60, 3660)
            if isinstance(event, Event)
        ),
    ]
    write_record(path, later, utc=UTC + 3660, mono=7.0, end=60)
    with sliced_record(path) as sliced:
        replay = Replay(sliced, contract())
        replay.advance(replay.begin + 59.5)
        assert replay.snapshot().link.word is LinkWord.ONLINE
        replay.advance(replay.begin + 1800)
        snapshot = replay.snapshot()
        assert snapshot.link.word is LinkWord.OFFLINE
        assert snapshot.link.code == LinkCode.NOT_RECORDED
        assert snapshot.utc == pytest.approx(UTC + 1800, abs=NOISE)
        assert snapshot.channel("chamber_state.part").quality == "stale"  # type: ignore[union-attr]
        replay.advance(replay.begin + 3670.5)
        snapshot = replay.snapshot()
        assert snapshot.link.word is LinkWord.ONLINE
        assert snapshot.utc == pytest.approx(UTC + 3670.5, abs=NOISE)
        assert snapshot.channel("chamber_state.part").value == 3670 / 4  # type: ignore[union-attr]
        history = replay.chamber.history("chamber_state.part")
        assert history is not None
        lows = history.window(replay.begin, replay.begin + 3700, 37).lows
        assert [low == low for low in lows] == [True] + [False] * 35 + [True]


def test_commands_of_a_viewer_are_reported_in_their_time(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", [online(0), *telemetry(60)], end=60)
    from tests.helpers.records import session
    from xovac_tui.recording.disk.writer import Writer

    beside = Writer(path, session(who="bob@desk", pid=9), recording=False, utc=UTC + 20, mono=99.0)
    for number, (at, outcome) in enumerate([(30.2, Outcome.REFUSED), (40.2, Outcome.SUCCESS)], 1):
        entry = LedgerEntry(number, "cancel_recipe", "", "bob@desk", UTC + at, 79.0 + at, outcome)
        beside.item(RecordedCommand(entry=entry, t=UTC + at, mono=79.0 + at))
    beside.item(RecordedMark(mark=Mark(124.5, UTC + 45.5, "note", "look here"), who="bob@desk"))
    beside.commit(UTC + 50)
    beside.close(UTC + 50)
    with sliced_record(path) as sliced:
        replay = Replay(sliced, contract())
        replay.advance(replay.begin + 30.1)
        assert replay.snapshot().ledger == ()
        replay.advance(replay.begin + 45.4)
        ledger = replay.snapshot().ledger
        assert [(e.who, e.outcome) for e in ledger] == [
            ("bob@desk", Outcome.REFUSED),
            ("bob@desk", Outcome.SUCCESS),
        ]
        assert [e.mono - replay.begin for e in ledger] == pytest.approx([30.2, 40.2], abs=NOISE)
        assert not replay.snapshot().marks
        replay.advance(replay.begin + 45.6)
        (mark,) = replay.snapshot().marks
        assert mark.text == "look here"
        assert mark.mono == pytest.approx(replay.begin + 45.5, abs=NOISE)
        ((at, reported),) = replay.marks()
        assert at == pytest.approx(mark.mono, abs=NOISE)
        assert reported.mark.text == "look here"


async def test_the_outcome_of_a_command_is_reported_once(tmp_path: Path) -> None:
    path = tmp_path / "r"
    async with life(path, FakeClock()) as one:
        await one.report(seconds=2)
        await load_soak(one)
        await one.report(seconds=2)
        await one.written()
    with sliced_record(path) as sliced:
        replay = Replay(sliced, contract())
        reported = replay.advance(replay.end)
    assert [entry.outcome for entry in reported] == [Outcome.SENT, Outcome.SUCCESS]


def test_a_clock_that_is_set_moves_the_wall_time_only(tmp_path: Path) -> None:
    events = telemetry(120)
    moved = [
        msgspec.structs.replace(event, utc=event.utc - 3600.0)
        for event in events[60:]
        if isinstance(event, Event)
    ]
    path = write_record(tmp_path / "r", [online(0), *events[:60], *moved], end=120)
    with sliced_record(path, "s1") as sliced:
        timeline = Timeline(sliced)
        steps = []
        while (step := timeline.take()) is not None:
            steps.append(step)
        monos = [step.mono for step in steps]
        assert monos == sorted(monos)
        assert len([step for step in steps if step.index is not None]) == 120


def test_the_state_of_a_run_comes_with_its_messages(tmp_path: Path) -> None:
    things: list[Event | Item] = [online(0), *telemetry(10)]
    things += [
        message(
            n, json.dumps(reading("running", UTC + n, recipe="Soak", step=1, steps=2)), name="chamber_state"
        )
        for n in range(10, 40)
    ]
    with sliced_record(write_record(tmp_path / "r", things, end=40), "s1") as sliced:
        replay = Replay(sliced, contract())
        replay.advance(replay.begin + 20)
        assert replay.snapshot().run.state is RunState.RUNNING
        assert replay.snapshot().run.start_seen
        replay.seek(replay.begin + 5)
        assert replay.work(60.0)
        assert replay.snapshot().run.state is RunState.IDLE
        assert replay.runs.running is None
