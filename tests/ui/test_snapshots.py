"""A few pictures: each screen at both sizes, a lost link, no colour.

An app shows one after another; each picture is compared with the one of its name. After a change that is
wanted: pytest tests/ui/test_snapshots.py --snapshot-update; then look at it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input

from tests.helpers.console import FakeClock, FakeLink, drawn, frame_of, make_app
from tests.helpers.pastruns import three_runs_bytes
from xovac_tui.alarms.kinds import Rule
from xovac_tui.alarms.kinds.level import HighRule, LowRule
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.link import LinkWord
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.station.live import LiveStation
from xovac_tui.ui.message_history import MessageHistory
from xovac_tui.ui.screens.insight.pane import InsightPane
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.recipes.pane import RecipesPane
from xovac_tui.ui.screens.runs.pane import RunsPane
from xovac_tui.ui.widgets.rows import Rows

SIZES = [(80, 24), (120, 36)]
NOWHERE = Path("nowhere")
"""A folder that does not exist, with a name that is the same on every machine."""


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
    """A chamber that has been cooling for 20 minutes, on a clock that stands still, and pictures of it."""

    def __init__(self, record: Path | None = None, rules: tuple[Rule, ...] = ()) -> None:
        self.clock = FakeClock()
        self.link = FakeLink(self.clock)
        choice = RecordChoice(path=record, settings=RecordSettings()) if record is not None else None
        watchlist = Watchlist(rules=rules)
        self.app = make_app(NOWHERE, self.clock, self.link, record=choice, watchlist=watchlist)
        self.pictures: dict[str, str] = {}

    @asynccontextmanager
    async def shown(self, size: tuple[int, int]) -> AsyncIterator[None]:
        """Run the app."""
        async with self.app.run_test(size=size) as self.pilot:
            async with asyncio.timeout(10):
                await self.link.running.wait()
            assert await self.station.record_read(10)
            yield

    @property
    def station(self) -> LiveStation:
        assert isinstance(self.app.workspace.station, LiveStation)
        return self.app.workspace.station

    @property
    def pane(self) -> object:
        return frame_of(self.app).pane

    def cool(self) -> None:
        """Let the chamber cool for 20 minutes."""
        self.link.push(LinkWord.ONLINE)
        self._say("idle", 0)
        self.clock.advance(1)
        self.link.deliver("recipe_state", json.dumps({"name": "Cycles", "step": 7, "steps": 18}))
        for second in range(1200):
            self.clock.advance(1)
            self._say("running", second)
            self.station.tick()
        self.link.deliver("unheard_of", '{"aux": [1, 2.5], "text": "[red]\\u001b[31m"}', b"\x00\xff")
        self.station.tick()
        for seen in self.station.alarms.view().alarms:
            if seen.rule in ("part cool", "plate cool"):
                self.station.alarms.acknowledge([seen])

    async def show(self, tab: str) -> None:
        await frame_of(self.app).show_tab(tab)

    async def press(self, *keys: str) -> None:
        for key in keys:
            # Without a message, which may name a folder of this run.
            await self.still()
            await self.pilot.press(key)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await self.pilot.pause(0.01)

    async def still(self) -> None:
        """Let everything be shown, and no message."""
        for _ in range(2):
            self.app.workspace.history = MessageHistory()
            self.app.flush()
            await self.pilot.pause()

    async def take(self, name: str) -> None:
        """Take the picture of this name, once it is the same twice."""
        before = None
        while before != (before := drawn(self.app.screen)):
            await self.still()
        self.pictures[name] = self.app.export_screenshot(title=self.app.title, simplify=True)

    def differ(self, snapshot: SnapshotAssertion) -> list[str]:
        """Return the names of the pictures that are not those of before."""
        pictures = snapshot.use_extension(SVGImageExtension)
        return [name for name, picture in self.pictures.items() if picture != pictures(name=name)]

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
async def test_the_screens(snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    scene = Scene()
    async with scene.shown(size):
        scene.cool()
        for tab in ("status", "controls", "log"):
            await scene.show(tab)
            await scene.take(tab)
        await scene.show("status")
        await scene.press("i")
        await scene.until(lambda: isinstance(scene.pane, InsightPane))
        await scene.take("insight")
        await scene.press("escape")
        await scene.show("recipes")
        recipes = scene.pane
        assert isinstance(recipes, RecipesPane)
        steps = recipes.query_one("#recipe-steps", Rows)
        await scene.until(lambda: recipes.view.study is not None and "item" in steps.plain)
        await scene.take("recipes")
        await scene.press("e")
        await scene.until(lambda: isinstance(scene.pane, EditorPane) and scene.pane.view.study is not None)
        await scene.take("editor")
        await scene.press("enter")
        await scene.take("editor-form")
        await scene.press("escape", "m")
        await scene.take("editor-head")
        await scene.press("escape", "f")
        await scene.take("editor-check")
        await scene.press("escape", "escape")
        await scene.show("status")
        if size == SIZES[0]:
            await scene.pilot.resize_terminal(40, 10)
            await scene.take("too-small")
            await scene.pilot.resize_terminal(*size)
        scene.clock.advance(40)
        scene.link.push(LinkWord.LOST, "The connection was reset.")
        scene.station.tick()
        await scene.take("lost-link")
    assert scene.differ(snapshot) == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_alarms(snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    scene = Scene(rules=RULES)
    async with scene.shown(size):
        scene.cool()
        await scene.show("alarms")
        await scene.take("alarms")
        if size == SIZES[0]:
            await scene.press("A")
            await scene.take("acknowledge-all")
    assert scene.differ(snapshot) == []


async def test_no_colour(snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    scene = Scene(rules=RULES)
    async with scene.shown(SIZES[0]):
        scene.cool()
        await scene.take("status")
    assert scene.differ(snapshot) == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_runs(snapshot: SnapshotAssertion, tmp_path: Path, size: tuple[int, int]) -> None:
    record = tmp_path / "r.sqlite3"
    record.write_bytes(three_runs_bytes())
    scene = Scene(record)
    async with scene.shown(size):
        scene.station.tick()
        # What the recorder writes at its beginning is in the file before a run is read, every time.
        await asyncio.to_thread(scene.station.record.flush)
        await scene.show("runs")
        runs = scene.pane
        assert isinstance(runs, RunsPane)

        async def choose(key: str) -> None:
            before = runs.past
            await scene.press(key)
            await scene.until(lambda: runs.past is not None and runs.past is not before)

        await scene.until(lambda: runs.past is not None)
        await scene.until(lambda: runs.runs.plain.count("FAIL") == 2)
        await scene.take("newest")
        await choose("down")
        await choose("down")
        await scene.take("oldest")
        await scene.press("c")
        await choose("up")
        await scene.press("c")
        await scene.until(lambda: runs.pair is not None)
        await scene.take("compared")
    assert scene.differ(snapshot) == []
