"""A station and its record: what goes in comes back after a restart, and beside another station."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.helpers.console import FakeClock, FakeLink, make_station, reading, recorder_of
from tests.helpers.recipes import compiled_of
from xovac_tui.alarms.kinds import Rule
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.contract import Contract
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import documented_contract
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.recipes.model import Hold, Ramp, Recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.recording.status import RecorderState
from xovac_tui.runs.state import Result, RunSnapshot


class Life:
    """One station on a fake link, with its record."""

    def __init__(
        self,
        path: Path,
        clock: FakeClock,
        who: str,
        *,
        may_record: bool = True,
        contract: Contract | None = None,
        rules: Sequence[Rule] | None = None,
        notify: NotifySettings | None = None,
    ) -> None:
        self.clock = clock
        self.link = FakeLink(clock)
        self.station = make_station(
            clock,
            self.link,
            who=who,
            contract=contract,
            record=RecordChoice(path=path, settings=RecordSettings(), visit=True, may_record=may_record),
            watchlist=None if rules is None else Watchlist(rules=tuple(rules)),
            notify=notify,
        )

    async def report(self, mode: str = "idle", seconds: int = 1, **leaves: Any) -> None:
        """Let the chamber report once a second."""
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.link.deliver("chamber_state", json.dumps(reading(mode, self.clock.utc(), **leaves)))
            self.station.tick()
        await asyncio.sleep(0)

    async def written(self) -> None:
        """Wait until everything is in the file."""
        await asyncio.to_thread(self.station.record.flush)


@asynccontextmanager
async def life(path: Path, clock: FakeClock, who: str = "ada@lab", **how: Any) -> AsyncIterator[Life]:
    made = Life(path, clock, who, **how)
    async with made.station:
        await asyncio.wait_for(made.link.running.wait(), 10)
        assert await made.station.record_read(10)
        made.link.push(LinkWord.ONLINE)
        yield made


async def load_soak(one: Life, to: float = 50.0) -> None:
    """Load a recipe of two steps: to a temperature in 30 min, an hour there."""
    recipe = Recipe("Soak", (Ramp(to, over=1800), Hold(3600)))
    plan = plan_recipe(recipe, PlanSettings(), 20.0)
    payload = {"name": recipe.name, "recipe": [[to, 1800.0, 0.0], [to, 3600.0, 0.0]]}
    sending = asyncio.ensure_future(one.station.load_recipe(compiled_of(plan, payload), "name = 'Soak'\n"))
    await asyncio.sleep(0)
    one.clock.advance(0.1)
    one.link.answer("load_recipe")
    entry = await sending
    assert entry.outcome is Outcome.SUCCESS


async def test_everything_that_happens_is_in_the_record(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        assert one.station.recorder.state is RecorderState.ON
        await one.report(seconds=3)
        await load_soak(one)
        one.station.note("pump swapped")
        one.link.push(LinkWord.LOST, "The cable was pulled.")
        one.link.push(LinkWord.ONLINE)
        await one.written()
        live = list(one.station.log.scan())
    with Record(path) as record:
        assert [(e.name, e.raw, e.utc, e.mono) for e in record.scan()] == [
            (e.name, e.raw, e.utc, e.mono) for e in live
        ]
        assert [event.index for event in record.scan()] == list(range(len(live)))
        commands = lists.commands(record, newest_only=False)
        assert [c.entry.outcome for c in commands] == [Outcome.SENT, Outcome.SUCCESS]
        assert {c.entry.who for c in commands} == {"ada@lab"}
        words = [change.link.word for change in lists.links(record)]
        assert words[:3] == [LinkWord.ONLINE, LinkWord.LOST, LinkWord.ONLINE]
        marks = [one.mark.kind for one in lists.marks(record)]
        assert "note" in marks
        assert "command" in marks
        assert "lost" in marks
        (loaded,) = [lists.newest_load(record)]
        assert loaded is not None
        assert loaded.source == "name = 'Soak'\n"
        assert loaded.hash == hashlib.sha256(loaded.payload.encode()).hexdigest()
        assert json.loads(loaded.payload)["recipe"][0] == [50.0, 1800.0, 0.0]
        (session,) = lists.sessions(record)
        assert session.closed
        assert session.about.channels["chamber_state.part"][1] == "degC"


async def test_a_restart_shows_what_was(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        await one.report(seconds=120, part=42.0)
        one.station.note("before")
        before = one.station.log.total
    clock.advance(60)
    async with life(path, clock) as two:
        log = two.station.log
        assert log.total == before
        assert log.first == 0
        first = log.get(0)
        assert first is not None
        assert first.name == "chamber_state"
        assert [mark.text for mark in two.station.marks(two.station.snapshot()) if mark.kind == "note"] == [
            "before"
        ]
        await two.report(seconds=5, part=21.0)
        history = two.station.history("chamber_state.part")
        assert history is not None
        now = clock.mono()
        bins = history.window(now - 190, now + 1, 191)
        lows = [low for low in bins.lows if low == low]
        assert (min(lows), max(lows)) == (21.0, 42.0)
        # Between the two lives nothing was recorded: a gap stays a gap.
        assert all(low != low for low in bins.lows[130:180])
        assert log.total == before + 5
        assert [e.index for e in log.scan(before - 2)] == list(range(before - 2, before + 5))


async def test_a_run_is_kept_and_resumed_by_the_next_recorder(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        await one.report(seconds=2)
        await load_soak(one)
        one.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 1, "steps": 2}))
        await one.report("running", seconds=600, setpoint=30.0, part=28.0)
        assert one.station.runs.view() is not None
        began = one.station.runs.running
        assert began is not None
        elapsed = began.state().t
    clock.advance(30)
    async with life(path, clock) as two:
        resumed = two.station.runs.running
        assert resumed is not None
        assert two.station.runs.loaded is not None
        assert two.station.runs.loaded.name == "Soak"
        two.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 1, "steps": 2}))
        await two.report("running", seconds=10, setpoint=30.4, part=28.5)
        view = two.station.runs.view()
        assert view is not None
        assert view.elapsed == elapsed + 40
        assert view.gaps == 1
        assert view.step == 1
        two.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 2, "steps": 2}))
        await two.report("running", seconds=20, setpoint=50.0, part=50.0)
        await two.report("idle")
        await two.written()
        with Record(path) as record:
            (run,) = lists.runs(record)
            assert (run.name, run.load) == ("Soak", 1)
            assert run.result == Result.ENDED_EARLY, run.reason
            state = msgspec.json.decode(run.flight, type=RunSnapshot)
            assert [leg.step for leg in state.as_run] == [1, 2]
            dwell = state.as_run[1].dwell
            assert dwell is not None
            assert dwell.elapsed >= 19


async def test_a_resumed_run_without_a_plan_keeps_its_clock(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        await one.report(seconds=2)
        await one.report("running", seconds=60)
    clock.advance(30)
    async with life(path, clock) as two:
        await two.report("running", seconds=5)
        view, progress = two.station.runs.view(), two.station.progress(two.station.snapshot())
        assert view is not None
        assert progress.elapsed == view.elapsed
        assert view.elapsed is not None
        assert view.elapsed >= 90
        assert not progress.elapsed_is_least


async def test_a_viewer_adds_to_the_same_ledger_and_takes_over(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with AsyncExitStack() as first:
        recorder = await first.enter_async_context(life(path, clock, "rob@lab"))
        await recorder.report(seconds=3)
        await recorder.written()
        async with life(path, clock, "ada@lab") as console:
            assert console.station.recorder.state.value == "beside"
            assert console.station.recorder.pid == os.getpid()
            assert console.station.log.total == 3
            await console.report(seconds=2)
            await load_soak(console)
            console.station.note("by ada")
            await console.written()
            with Record(path) as record:
                assert record.total == 3
                assert [c.entry.who for c in lists.commands(record)] == ["ada@lab"]
                assert [(m.mark.text, m.who) for m in lists.marks(record)][-1] == ("by ada", "ada@lab")
            await first.aclose()
            clock.advance(6)
            await console.written()
            assert console.station.recorder.state is RecorderState.ON
            await console.report(seconds=4)
            await console.written()
            with Record(path) as record:
                assert record.total == 7
                assert [one.closed for one in lists.sessions(record)] == [True, False]


async def test_a_recorder_learns_which_other_process_cancelled(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, "rob@lab") as recorder, life(path, clock, "ada@lab") as console:
        await recorder.report(seconds=2)
        recorder.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 1, "steps": 2}))
        await recorder.report("running", seconds=30, setpoint=30.0, part=28.0)
        stopping = asyncio.ensure_future(console.station.stop())
        await asyncio.sleep(0)
        console.link.answer("cancel_recipe")
        await stopping
        await console.written()
        await recorder.report("idle")
        followed = recorder.station.runs.newest
        assert followed is not None
        assert followed.over
        async with asyncio.timeout(20):
            while followed.state().result is not Result.CANCELLED:  # noqa: ASYNC110 - a task of its own settles it
                await asyncio.sleep(0.02)
        assert "ada@lab" in followed.state().reason


async def test_without_a_choice_nothing_is_written(tmp_path: Path) -> None:
    clock = FakeClock()
    link = FakeLink(clock)
    station = make_station(clock, link)
    async with station:
        await asyncio.wait_for(link.running.wait(), 10)
        link.push(LinkWord.ONLINE)
        link.deliver("chamber_state", json.dumps(reading("idle", clock.utc())))
        assert station.recorder.state is RecorderState.OFF
    assert os.listdir(tmp_path) == []


# -- which recipe a run flies, and whose run it is --------------------------------------------------------


async def run_of_soak(one: Life, seconds: int = 5, name: str = "Soak") -> None:
    one.link.deliver("recipe_state", json.dumps({"name": name, "step": 1, "steps": 2}))
    await one.report("running", seconds=seconds, setpoint=30.0, part=28.0)


def plan_end(one: Life) -> float | None:
    """Return where the plan of the run that goes on ends, degC; None where no plan is known."""
    followed = one.station.runs.running
    assert followed is not None
    return followed.course.plan.final if followed.course is not None else None


async def test_a_recorder_follows_what_a_viewer_loaded_last(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, "rob@lab") as recorder, life(path, clock, "ada@lab") as console:
        await load_soak(console, 50.0)
        await console.written()
        await recorder.report(seconds=3)
        await load_soak(console, -30.0)
        await console.written()
        await run_of_soak(recorder)
        assert plan_end(recorder) == -30.0
        await recorder.report("running", seconds=20, setpoint=30.0, part=28.0)
        await recorder.written()
        with Record(path) as record:
            (run,) = lists.runs(record)
            assert run.load == 2
            # Nothing of its first seconds is missing, though they were held until the load was known.
            assert msgspec.json.decode(run.flight, type=RunSnapshot).t >= 12


async def test_a_run_that_begins_before_the_answer_flies_what_was_just_sent(tmp_path: Path) -> None:
    async with life(tmp_path / "r.sqlite3", FakeClock()) as one:
        await load_soak(one, 50.0)
        recipe = Recipe("Soak", (Ramp(-30, over=1800), Hold(3600)))
        plan = plan_recipe(recipe, PlanSettings(), 20.0)
        payload = {"name": "Soak", "recipe": [[-30.0, 1800.0, 0.0], [-30.0, 3600.0, 0.0]]}
        sending = asyncio.ensure_future(one.station.load_recipe(compiled_of(plan, payload)))
        await asyncio.sleep(0)
        await run_of_soak(one)
        assert plan_end(one) == -30.0
        one.link.answer("load_recipe")
        await sending


async def test_a_bare_list_hides_the_recipe_before_it(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    async with life(path, FakeClock()) as one:
        await load_soak(one, 50.0)
        sending = asyncio.ensure_future(
            one.station.send("load_recipe", {"name": "Soak", "recipe": [[10.0, 60.0, 0.0]]})
        )
        await asyncio.sleep(0)
        one.link.answer("load_recipe")
        await sending
        await run_of_soak(one)
        assert plan_end(one) is None
        await one.written()
        with Record(path) as record:
            assert [load.plan != "" for load in (lists.load(record, n) for n in (1, 2)) if load] == [
                True,
                False,
            ]


async def test_without_a_name_an_old_recipe_is_not_taken_for_the_one_that_runs(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        await load_soak(one)
        await run_of_soak(one)
        await one.report("idle", seconds=2)
    clock.advance(20 * 86_400)
    async with life(path, clock) as two:
        await two.report("idle", seconds=2)
        await two.report("running", seconds=3)
        assert plan_end(two) is None


async def test_what_recorded_the_run_dies_and_the_console_beside_it_goes_on_with_it(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with AsyncExitStack() as first:
        recorder = await first.enter_async_context(life(path, clock, "rob@lab"))
        async with life(path, clock, "ada@lab") as console:
            for one in (recorder, console):
                one.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 1, "steps": 2}))
            for _ in range(30):
                clock.advance(1)
                for one in (recorder, console):
                    text = json.dumps(reading("running", clock.utc(), setpoint=30.0, part=28.0))
                    one.link.deliver("chamber_state", text)
                    one.station.tick()
            await recorder.written()
            await first.aclose()
            clock.advance(6)
            await console.written()
            await asyncio.sleep(0)
            await console.report("running", seconds=12, setpoint=30.0, part=28.0)
            await console.report("idle", seconds=2)
            await console.written()
            with Record(path) as record:
                (run,) = lists.runs(record)
                assert run.ended is not None
                assert run.result != Result.RUNNING


async def test_a_run_not_followed_to_its_end_is_closed(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        await run_of_soak(one, 40)
        await one.written()
    import sqlite3

    with sqlite3.connect(path) as database:
        # A note that cannot be gone on from.
        database.execute("UPDATE runs SET flight = ''")
    database.close()
    clock.advance(600)
    async with life(path, clock) as two:
        await two.report("idle", seconds=2)
        await two.written()
        with Record(path) as record:
            (run,) = lists.runs(record)
            assert run.result == Result.UNKNOWN
            assert run.ended is not None


async def test_a_device_that_reports_nothing_has_runs_in_the_record_too(tmp_path: Path) -> None:
    path, clock, contract = tmp_path / "r.sqlite3", FakeClock(), documented_contract()
    async with (
        life(path, clock, "rob@lab", contract=contract) as recorder,
        life(path, clock, "ada@lab", contract=contract) as console,
    ):
        await recorder.report(seconds=3)
        await load_soak(console)
        await console.written()
        await recorder.report(seconds=15)
        assert recorder.station.runs.running is not None
        # Whether an unanswered STOP arrived nobody knows: the run is followed on.
        stopping = asyncio.ensure_future(console.station.stop())
        await asyncio.sleep(0)
        clock.advance(20)
        console.station.tick()
        assert (await stopping).outcome is Outcome.UNKNOWN
        await console.written()
        await recorder.report(seconds=3)
        assert recorder.station.runs.running is not None
        await recorder.written()
        with Record(path) as record:
            assert [run.name for run in lists.runs(record)] == ["Soak"]


async def test_two_runs_without_a_pause_are_two_in_the_record(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock) as one:
        await run_of_soak(one, 30, "Alpha")
        await run_of_soak(one, 30, "Beta")
        # What follows the end of a run is worked out beside.
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "run-settle"))
        await one.written()
        with Record(path) as record:
            first, second = lists.runs(record)
        assert (first.name, second.name) == ("Alpha", "Beta")
        assert first.ended is not None
        assert second.ended is None
        assert second.started - first.started >= 29


async def test_before_the_record_is_open_no_run_has_a_number(tmp_path: Path) -> None:
    made = Life(tmp_path / "r.sqlite3", FakeClock(), "ada@lab")
    assert recorder_of(made.station).new_run() == 0


async def test_a_warning_to_stop_ends_a_run_that_was_only_taken_to_go_on(tmp_path: Path) -> None:
    async with life(tmp_path / "r.sqlite3", FakeClock(), contract=documented_contract()) as one:
        await load_soak(one)
        await one.report(seconds=15)
        assert one.station.runs.running is not None
        stopping = asyncio.ensure_future(one.station.stop())
        await asyncio.sleep(0)
        one.link.answer("cancel_recipe", "warning", "Nothing is running.")
        await stopping
        assert one.station.runs.running is None
        view = one.station.runs.view()
        assert view is not None
        assert view.result is Result.UNKNOWN
        assert "warning" in view.reason


async def test_a_run_that_goes_on_already_begins_with_the_first_data(
    tmp_path: Path,
) -> None:
    async with life(tmp_path / "r.sqlite3", FakeClock()) as one:
        # The state comes first, the controlled temperature some seconds later.
        for _ in range(4):
            one.clock.advance(1)
            text = json.dumps({"mode": "running", "time": round(one.clock.utc() * 1000)})
            one.link.deliver("chamber_state", text)
            one.station.tick()
        await one.report("running", seconds=5, setpoint=30.0, part=28.0)
        view = one.station.runs.view()
        assert view is not None
        assert (view.gaps, view.elapsed_is_least) == (0, True)


async def test_the_plan_is_not_drawn_before_the_run_began(tmp_path: Path) -> None:
    async with life(tmp_path / "r.sqlite3", FakeClock()) as one:
        await load_soak(one)
        await run_of_soak(one, 60)
        # The device is in its second step long before its time.
        one.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 2, "steps": 2}))
        await one.report("running", seconds=5, setpoint=50.0, part=50.0)
        points = one.station.runs.planned_profile()
        followed = one.station.runs.running
        assert followed is not None
        state = followed.state()
        assert points[0][0] == state.mono - state.t
        assert points[0][1] > 40.0


async def test_a_list_that_the_chamber_did_not_take_hides_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "r.sqlite3", FakeClock()
    async with life(path, clock, "rob@lab") as recorder, life(path, clock, "ada@lab") as console:
        await load_soak(recorder, 10.0)
        await recorder.report(seconds=2)
        await load_soak(console, -30.0)
        await console.written()
        await recorder.report(seconds=2)
        sending = asyncio.ensure_future(
            recorder.station.send("load_recipe", {"name": "Soak", "recipe": [[99.0, 60.0, 0.0]]})
        )
        await asyncio.sleep(0)
        recorder.link.answer("load_recipe", "warning", "Already running.")
        await sending
        await run_of_soak(recorder)
        assert plan_end(recorder) == -30.0
