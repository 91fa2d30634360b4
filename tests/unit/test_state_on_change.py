"""A device that reports its state only when it changes: its silence says that nothing has changed."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.helpers.records import MONO, UTC, message
from tests.unit.test_validity import contract_of
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.recipes.model import Hold, Ramp, Recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.runs.endings import EndCode, RunEnding
from xovac_tui.runs.followed import Run
from xovac_tui.runs.state import Result

CONTRACT = """
[messages.temps]
"ta" = { channel = "plate", unit = "degC", role = "controlled" }
[messages.status]
"mode" = { role = "state", running = ["run"], idle = ["idle"] }
"step" = { role = "step" }
"""
PLAN = plan_recipe(Recipe("Soak", (Ramp(50.0, over=60), Hold(540)), tolerance=2.0), PlanSettings(), 20.0)


class Bench:
    """A chamber whose temperature comes once a second."""

    def __init__(self, tmp_path: Path) -> None:
        self.chamber = Chamber(contract_of(tmp_path, CONTRACT))
        self.newest = Run(PLAN)
        self.now, self.session = 0, 0
        self.link(LinkWord.ONLINE)

    def link(self, word: LinkWord) -> None:
        self.session += word is LinkWord.ONLINE
        view = LinkView(word, since_mono=MONO + self.now, session=self.session)
        self.chamber.link_changed(view, UTC + self.now, MONO + self.now)

    def status(self, mode: str, step: int, **more: object) -> None:
        said = {"mode": mode, "step": step, **more}
        self.chamber.apply(message(float(self.now), said, name="status"))

    def run(self, seconds: int, *, temps: bool = True, follow: bool = True) -> None:
        for _ in range(seconds):
            self.now += 1
            if temps:
                celsius = 20.0 + min(30.0, max(0.0, (self.now - 100) / 2))
                self.chamber.apply(message(float(self.now), {"ta": celsius}, name="temps"))
            if follow:
                self.newest.observe(self.chamber.observe(UTC + self.now, MONO + self.now))

    def state(self) -> RunState:
        return self.chamber.observe(UTC + self.now, MONO + self.now).state

    def begin(self) -> None:
        self.status("idle", 0)
        self.run(100, follow=False)
        self.status("run", 1)
        self.run(60)
        self.status("run", 2)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_run_whose_state_is_reported_on_change_is_completed(bench: Bench) -> None:
    bench.begin()
    bench.run(541)
    run = bench.chamber.snapshot(UTC + bench.now, MONO + bench.now).run
    assert (run.state, run.stale) == (RunState.RUNNING, False)
    bench.status("idle", 0)
    bench.run(1)
    view = bench.newest.view()
    assert (view.result, bench.newest.ending) == (Result.COMPLETED, RunEnding(EndCode.LAST_STEP))


@pytest.mark.parametrize("uptime", [False, True])
def test_a_state_that_used_to_be_repeated_and_is_not_any_more_is_not_known(
    bench: Bench, uptime: bool
) -> None:
    count = itertools.count()
    for _ in range(100):
        bench.run(1, follow=False)
        bench.status("idle", 0, **({"uptime": next(count)} if uptime else {}))
    bench.status("run", 1)
    bench.run(61)
    assert bench.state() is RunState.UNKNOWN


def test_nothing_holds_over_a_loss_of_the_link_or_of_the_data(bench: Bench) -> None:
    bench.begin()
    bench.run(300)
    assert bench.state() is RunState.RUNNING
    bench.run(10, temps=False)
    assert bench.state() is RunState.UNKNOWN
    assert bench.chamber.snapshot(UTC + bench.now, MONO + bench.now).run.stale
    bench.run(10)
    assert bench.state() is RunState.RUNNING
    bench.link(LinkWord.LOST)
    bench.run(5, temps=False)
    bench.link(LinkWord.ONLINE)
    bench.run(10)
    assert bench.state() is RunState.UNKNOWN
    bench.status("run", 2)
    bench.run(200)
    assert bench.state() is RunState.RUNNING


def test_a_run_that_went_on_already_is_not_held(bench: Bench) -> None:
    bench.status("run", 1)
    bench.run(100)
    assert bench.state() is RunState.UNKNOWN
