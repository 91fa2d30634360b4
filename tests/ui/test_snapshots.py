"""A few pictures: each screen at both sizes, a lost link, no colour.

After a change that is wanted: pytest tests/ui/test_snapshots.py --snapshot-update; then look at it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.helpers.console import FakeClock, FakeLink, drawn, frame_of, make_app
from tests.helpers.pastruns import three_runs
from xovac_tui.alarms.kinds import Rule
from xovac_tui.alarms.kinds.level import HighRule, LowRule
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.link import LinkWord
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.station.live import LiveStation
from xovac_tui.ui.screens.insight.pane import InsightPane
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.recipes.pane import RecipesPane
from xovac_tui.ui.screens.runs.pane import RunsPane
from xovac_tui.ui.widgets.rows import Rows

SIZES = [(80, 24), (120, 36)]
TABS = ["status", "controls", "recipes", "log"]
NOWHERE = Path("nowhere")
"""A folder that does not exist, with a name that is the same on every machine."""

SnapCompare = Callable[..., bool]


@pytest.fixture(autouse=True)
def still_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the cursor of a field on the screen: it blinks by the wall clock."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _input: None)


RULES = (
    LowRule(
        name="part cold",
        channel="chamber_state.part",
        limit=-10.0,
        on_delay=5.0,
        severity="critical",
        cause="The shroud does not follow its setpoint, or the recipe asks for more than the part may have.",
        consequence="Solder joints may crack: -10 °C is the limit of this part.",
        action="Press ! to cancel the recipe, then look at the shroud.",
    ),
    LowRule(name="part cool", channel="chamber_state.part", limit=0.0, severity="high"),
    LowRule(name="vacuum good", channel="chamber_state.vacuum.p", limit=1e-3, severity="low"),
    LowRule(name="plate cool", channel="chamber_state.plateT.A", limit=10.0),
    HighRule(name="plate hot", channel="chamber_state.plateT.A", limit=80.0),
    HighRule(name="shroud hot", channel="chamber_state.shroud"),
)
"""Of these four stand in the scene, two are not acknowledged, and one is off."""


class Scene:
    """A chamber that has been cooling for 20 minutes, on a clock that stands still."""

    def __init__(self, record: Path | None = None, rules: tuple[Rule, ...] = ()) -> None:
        self.clock = FakeClock()
        self.link = FakeLink(self.clock)
        choice = RecordChoice(path=record, settings=RecordSettings()) if record is not None else None
        watchlist = Watchlist(rules=rules)
        self.app = make_app(NOWHERE, self.clock, self.link, record=choice, watchlist=watchlist)

    @property
    def station(self) -> LiveStation:
        assert isinstance(self.app.workspace.station, LiveStation)
        return self.app.workspace.station

    def showing(self, tab: str, *keys: str, lost: bool = False) -> Callable[[Pilot[int]], Awaitable[None]]:
        async def play(pilot: Pilot[int]) -> None:
            await asyncio.wait_for(self.link.running.wait(), 10)
            assert await self.station.record_read(10)
            self.link.push(LinkWord.ONLINE)
            self._say("idle", 0)
            self.clock.advance(1)
            self.link.deliver("recipe_state", json.dumps({"name": "Cycles", "step": 7, "steps": 18}))
            for second in range(1200):
                self.clock.advance(1)
                self._say("running", second)
                self.station.tick()
            self.link.deliver("unheard_of", '{"aux": [1, 2.5], "text": "[red]\\u001b[31m"}', b"\x00\xff")
            if lost:
                self.clock.advance(40)
                self.link.push(LinkWord.LOST, "The connection was reset.")
            self.station.tick()
            for seen in self.station.alarms.view().alarms:
                if seen.rule in ("part cool", "plate cool"):
                    self.station.alarms.acknowledge([seen])
            await frame_of(self.app).show_tab(tab)
            await self._studied(pilot)
            for key in keys:
                # Without a toast, which would lie under a question for as long as that is open.
                await self._still(pilot)
                await pilot.press(key)
            await self._still(pilot)

        return play

    def reading_back(self, *keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
        """Open Runs, with nothing heard from the chamber, and press keys there."""

        async def play(pilot: Pilot[int]) -> None:
            await asyncio.wait_for(self.link.running.wait(), 10)
            assert await self.station.record_read(10)
            self.station.tick()
            # What the recorder writes at its beginning is in the file before a run is read, every time.
            await asyncio.to_thread(self.station.record.flush)
            await frame_of(self.app).show_tab("runs")
            pane = frame_of(self.app).pane
            assert isinstance(pane, RunsPane)
            async with asyncio.timeout(10):
                for key in ("", *keys):
                    before = pane.past
                    if key:
                        await pilot.press(key)
                    while pane.past is None or (key in ("up", "down") and pane.past is before):
                        await pilot.pause(0.01)
                while "c" in keys and pane.pair is None:
                    await pilot.pause(0.01)
            await self._still(pilot)

        return play

    def editing(self, *keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
        """Open the first recipe in the editor, then press keys."""

        async def play(pilot: Pilot[int]) -> None:
            await self.showing("recipes")(pilot)
            await pilot.press("e")
            async with asyncio.timeout(10):
                while not isinstance(pane := frame_of(self.app).pane, EditorPane) or pane.view.study is None:
                    await pilot.pause(0.01)
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            await self._still(pilot)

        return play

    def looking_deeper(self) -> Callable[[Pilot[int]], Awaitable[None]]:
        """Open insight over Status."""

        async def play(pilot: Pilot[int]) -> None:
            await self.showing("status")(pilot)
            await pilot.press("i")
            async with asyncio.timeout(10):
                while not isinstance(frame_of(self.app).pane, InsightPane):
                    await pilot.pause(0.01)
            await self._still(pilot)

        return play

    async def _studied(self, pilot: Pilot[int]) -> None:
        """Wait (bounded) until the recipe, which is studied in a thread, is on the screen."""
        pane = frame_of(self.app).pane
        if not isinstance(pane, RecipesPane):
            return
        steps = pane.query_one("#recipe-steps", Rows)
        async with asyncio.timeout(10):
            while pane.view.study is None or "item" not in steps.plain:
                await pilot.pause(0.01)

    async def _still(self, pilot: Pilot[int]) -> None:
        """Wait (bounded) until the picture is the same several times in a row, without a toast."""
        same, before = 0, [""]
        async with asyncio.timeout(20):
            while same < 3:
                self.app.clear_notifications()
                self.app.flush()
                await pilot.pause(0.02)
                now = drawn(self.app.screen)
                same, before = (same + 1 if now == before else 0), now

    def _say(self, mode: str, second: int) -> None:
        part = 24 - second * 0.03
        reading = {
            "part": part,
            "shroud": part - 2.5,
            "plateT": {"A": part - 1, "B": None},
            "vacuum": {"p": 2e-2 * 0.995**second},
            "setpoint": -20.0,
            "mode": mode,
        }
        self.link.deliver("chamber_state", json.dumps(reading))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tab", TABS)
def test_each_screen(snap_compare: SnapCompare, tab: str, size: tuple[int, int]) -> None:
    scene = Scene()
    assert snap_compare(scene.app, terminal_size=size, run_before=scene.showing(tab))


@pytest.mark.parametrize("size", SIZES)
def test_insight(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    scene = Scene()
    assert snap_compare(scene.app, terminal_size=size, run_before=scene.looking_deeper())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return three_runs(tmp_path_factory.mktemp("record") / "r.sqlite3").read_bytes()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param((), marks=pytest.mark.slow),
        pytest.param(("down", "down"), marks=pytest.mark.slow),
        ("down", "down", "c", "up", "c"),
    ],
)
def test_the_runs(
    snap_compare: SnapCompare, tmp_path: Path, recorded: bytes, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    record = tmp_path / "r.sqlite3"
    record.write_bytes(recorded)
    scene = Scene(record)
    assert snap_compare(scene.app, terminal_size=size, run_before=scene.reading_back(*keys))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", [(), ("enter",), ("m",), ("f",)], ids=["steps", "form", "head", "check"])
def test_the_recipe_editor(snap_compare: SnapCompare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    scene = Scene()
    assert snap_compare(scene.app, terminal_size=size, run_before=scene.editing(*keys))


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_link(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    scene = Scene()
    assert snap_compare(scene.app, terminal_size=size, run_before=scene.showing("status", lost=True))


@pytest.mark.parametrize(("size", "keys"), [(SIZES[0], ()), (SIZES[1], ()), (SIZES[0], ("A",))])
def test_the_alarms(snap_compare: SnapCompare, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    scene = Scene(rules=RULES)
    assert snap_compare(scene.app, terminal_size=size, run_before=scene.showing("alarms", *keys))


def test_no_colour(snap_compare: SnapCompare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    scene = Scene(rules=RULES)
    assert snap_compare(scene.app, terminal_size=SIZES[0], run_before=scene.showing("status"))


def test_a_terminal_that_is_too_small(snap_compare: SnapCompare) -> None:
    scene = Scene()
    assert snap_compare(scene.app, terminal_size=(40, 10), run_before=scene.showing("status"))
