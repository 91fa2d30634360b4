"""Forwarding begins and ends with the recorder, and the record keeps how far it is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.forwarded import AWAY, MADE, MemorySettings, MemorySink
from tests.helpers.record import HandClock, reading, writer
from xovac_tui.forwarding.batch import Batch
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.publisher import StatePublisher
from xovac_tui.forwarding.recordparts import Part, received
from xovac_tui.forwarding.service import ForwardPlan, ForwardPorts, ForwardService, merged
from xovac_tui.forwarding.settings import ForwardSettings
from xovac_tui.forwarding.sink import HistorySink
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.forwarding.summary import ChamberSummary
from xovac_tui.forwarding.view import SETTINGS_WAIT, ForwardChanged, ForwardView, SinkState, SinkView
from xovac_tui.recording.disk.cursors import ASKED
from xovac_tui.recording.status import RecorderState, RecorderView


class FakeRecord:
    """A record with a recorder of any state."""

    def __init__(self, path: Path, state: RecorderState = RecorderState.ON) -> None:
        self.view = RecorderView(state, path=str(path))
        self.kept: dict[tuple[str, str], int] | None = {}
        self.forgotten: list[str] = []

    def cursors(self) -> dict[tuple[str, str], int] | None:
        return self.kept

    def move_cursor(self, sink: str, table: str, cursor: int) -> None:
        assert self.kept is not None
        self.kept[sink, table] = cursor

    def to_forget(self) -> set[str]:
        return {sink for sink, table in self.kept or {} if table == ASKED}

    def forget_cursors(self, sink: str) -> None:
        assert self.kept is not None
        self.forgotten.append(sink)
        self.kept = {key: at for key, at in self.kept.items() if key[0] != sink}

    def become(self, state: RecorderState, files: int = 0) -> None:
        self.view = RecorderView(state, path=self.view.path, files=files)


class Bench:
    """A service with sinks in memory."""

    def __init__(self, path: Path, *names: str) -> None:
        made = writer(path)
        for number in range(20):
            made.event(reading(float(number), t=number))
        made.commit(made.next_index + 1_790_000_000.0)
        made.close(1_790_000_030.0)
        MADE.clear()
        MADE.update({name: MemorySink() for name in names})
        self.clock, self.record = HandClock(), FakeRecord(path)
        self.news: list[ForwardChanged] = []
        plan = ForwardPlan(
            ForwardSettings(), tuple(MemorySettings(name=name, url="http://lab") for name in names), "bench"
        )
        self.service = ForwardService(plan, self.record, self.clock, self.news.append, _ports())

    def tick(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)
        self.service.tick()

    def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(500):
            self.tick()
            if holds():
                return
            threading.Event().wait(0.01)
        raise AssertionError(f"{self.service.view}, {self.record.kept}")

    def cursor(self, name: str) -> int | None:
        return (self.record.kept or {}).get((name, Part.EVENTS.value))

    def close(self) -> None:
        asyncio.run(self.service.close())


def _ports() -> ForwardPorts:
    return ForwardPorts(
        secret=lambda _sink: "",
        summary=lambda: ChamberSummary(chamber="bench", utc=0.0, link="ONLINE", run="IDLE"),
    )


def test_what_is_recorded_is_forwarded_to_each_sink_and_the_record_knows_how_far(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab", "site")
    bench.until(lambda: bench.cursor("lab") == bench.cursor("site") == 20)
    assert {len(sink.stored) for sink in MADE.values()} == {20}
    bench.until(lambda: {one.state for one in bench.service.view.sinks} == {SinkState.ON})
    bench.close()
    assert all(sink.closed for sink in MADE.values())


def test_what_a_sink_may_forget_when_it_is_killed_is_received_and_not_settled(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab")
    MADE["lab"].settles = 60.0
    bench.until(lambda: len(MADE["lab"].stored) == 20)
    bench.close()
    assert bench.cursor("lab") is None
    assert received(bench.record.kept or {}, "lab", Part.EVENTS.value) == 20


def test_one_sink_that_is_away_holds_no_other_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab", "site")

    def fails(_batch: Batch) -> None:
        raise AWAY

    MADE["lab"].fails = fails
    bench.until(lambda: len(MADE["site"].stored) == 20)
    bench.until(lambda: bench.service.view.sinks[0].state is SinkState.WAITING)
    assert ("lab", "events") not in (bench.record.kept or {})
    bench.clock.advance(7_200.0)
    bench.tick()
    assert bench.service.view.sinks[0].behind > 7_200.0, "it grows while nothing is tried"
    bench.close()


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (RecorderState.BESIDE, SinkState.ELSEWHERE),
        (RecorderState.OFF, SinkState.OFF),
        (RecorderState.STARTING, SinkState.STARTING),
    ],
)
def test_only_the_recorder_forwards(tmp_path: Path, state: RecorderState, shown: SinkState) -> None:
    bench = Bench(tmp_path / "r", "lab")
    bench.record.become(state)
    for _ in range(3):
        bench.tick()
    assert [one.state for one in bench.service.view.sinks] == [shown]
    assert not MADE["lab"].opened
    bench.close()


def test_without_the_cursors_of_the_record_nothing_is_sent(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab")
    bench.record.kept = None
    bench.tick()
    assert not MADE["lab"].opened
    bench.record.kept = {("lab", "events"): 15}
    bench.until(lambda: len(MADE["lab"].stored) == 5)
    bench.close()


def test_what_the_old_file_confirms_late_is_no_cursor_of_the_new_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab")
    sending, confirm = threading.Event(), threading.Event()

    def slow(_batch: Batch) -> None:
        sending.set()
        confirm.wait(5)

    MADE["lab"].fails = slow
    bench.tick()
    assert sending.wait(5)
    # The record was put in place anew while a batch was on its way; the new file is not read yet.
    bench.record.become(RecorderState.ON, files=1)
    bench.record.kept = None
    bench.tick()
    confirm.set()
    bench.record.kept = {}
    MADE["lab"].fails = lambda _batch: None
    bench.until(lambda: MADE["lab"].closed > 0)
    bench.until(lambda: MADE["lab"].opened == 2)
    bench.until(lambda: bench.cursor("lab") == 20)
    assert MADE["lab"].resent in (0, 20)
    bench.close()


def test_everything_is_sent_again_when_that_is_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab", "site")
    bench.until(lambda: bench.cursor("lab") == bench.cursor("site") == 20)
    assert bench.record.kept is not None
    bench.record.kept["lab", ASKED] = 0
    bench.until(lambda: MADE["lab"].resent == 20)
    bench.until(lambda: bench.cursor("lab") == 20)
    assert bench.record.forgotten == ["lab"]
    assert MADE["site"].resent == 0
    bench.close()


def test_the_end_waits_for_a_batch_on_its_way_but_not_for_long(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab")
    sending, confirm = threading.Event(), threading.Event()

    def slow(_batch: Batch) -> None:
        sending.set()
        confirm.wait(0.2)

    MADE["lab"].fails = slow
    bench.tick()
    assert sending.wait(5)
    bench.close()
    assert bench.cursor("lab") == 20


def test_news_come_when_a_state_changes_and_not_with_each_figure(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab")

    def fails(_batch: Batch) -> None:
        raise AWAY

    MADE["lab"].fails = fails
    bench.until(lambda: bench.service.view.sinks[0].state is SinkState.WAITING)
    told = len(bench.news)
    for _ in range(5):
        bench.tick()
    assert len(bench.news) == told
    assert bench.news[-1].view.sinks[0].failure == AWAY.failure
    bench.close()


def test_a_sink_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r", "lab")
    failure = Failure(FailureCode.MISSING, "postgres")

    class Missing(MemorySettings, frozen=True, kw_only=True, tag="missing"):
        def history(self, chamber: ForwardedChamber, secret: str) -> HistorySink:
            raise SinkError(failure, SinkRemedy.SETTINGS)

    plan = ForwardPlan(ForwardSettings(), (Missing(name="lab", url="http://lab"),), "bench")
    bench.service = ForwardService(plan, bench.record, bench.clock, bench.news.append, _ports())
    bench.until(lambda: bench.service.view.sinks[0].failure == failure)
    (view,) = bench.service.view.sinks
    assert view.state is SinkState.STOPPED
    # The alarm hears how much waits, and for how long.
    assert view.rows == 20
    assert view.since is not None
    bench.close()


def test_a_publisher_that_could_not_be_made_is_made_later(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "r")
    failure = Failure(FailureCode.SECRET, "there is no such file")
    there = False

    class Publisher:
        view = SinkView(name="bus", kind="mqtt", state=SinkState.ON)

        def start(self) -> None: ...

        def publish(self, summary: ChamberSummary) -> None: ...

        def stop(self, *, wait: bool = False) -> None: ...

    class State(MemorySettings, frozen=True, tag="state"):
        takes_history = False
        takes_state = True

        def publisher(self, chamber: ForwardedChamber, secret: str) -> StatePublisher:
            if not there:
                raise SinkError(failure, SinkRemedy.SETTINGS)
            return Publisher()

    plan = ForwardPlan(ForwardSettings(), (State(name="bus", url="http://lab"),), "bench")
    bench.service = ForwardService(plan, bench.record, bench.clock, bench.news.append, _ports())
    bench.tick()
    assert bench.service.view.sinks[0].failure == failure
    there = True
    bench.tick(SETTINGS_WAIT)
    assert bench.service.view.sinks[0].failure is None
    bench.close()


def test_what_a_server_says_in_other_words_each_time_is_no_news() -> None:
    said = [Failure(FailureCode.ANSWER, f"request {number} failed", 500) for number in range(2)]
    first, second = (ForwardView((SinkView(name="lab", kind="influx", failure=one),)) for one in said)
    assert first.reported == second.reported
    assert first.reported != ForwardView((SinkView(name="lab", kind="influx"),)).reported


def test_a_sink_for_history_and_state_is_shown_once() -> None:
    fine = SinkView(name="bus", kind="mqtt", state=SinkState.BEHIND, rows=7)
    failing = SinkView(name="bus", kind="mqtt", state=SinkState.WAITING, failure=AWAY.failure)
    assert merged([fine, failing]) == (
        SinkView(name="bus", kind="mqtt", state=SinkState.WAITING, rows=7, failure=AWAY.failure),
    )
    assert merged([failing, fine]) == (failing,)
