"""The chosen units on each screen, chosen while it is shown, and the way back."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import msgspec

from tests.helpers.console import drawn
from tests.helpers.pastruns import three_runs_bytes
from tests.ui.test_snapshots import RULES, Scene
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.ui.screens.insight.pane import InsightPane
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.recipes.pane import RecipesPane
from xovac_tui.ui.widgets.rows import Rows

OTHERS = DisplayUnits("degF", "Torr")
OLD = re.compile(r"°C|\bmbar\b|\bK/|\d K\b")
SIZE = (120, 36)
_NAMED = re.compile(r"±2 K in 10 min|[0-9] K/h  |[0-9] K/h\b")
"""Names of the criteria of the settings."""


def _rows(scene: Scene) -> list[str]:
    return [row for row in drawn(scene.app.screen) if not _NAMED.search(row)]


def _show_in(scene: Scene, units: DisplayUnits) -> None:
    display = scene.app.workspace.start.display
    wanted = {"temperature": units.temperature, "pressure": units.pressure}
    scene.app.show_as(msgspec.structs.replace(display, **wanted))


async def _both(scene: Scene, name: str, kept: int = 0) -> str:
    """Choose other units and the contract's again; return what the screen shows with the others.

    `kept` rows have values in their own unit.
    """
    await scene.still()
    before = _rows(scene)
    assert any(OLD.search(row) for row in before), name
    _show_in(scene, OTHERS)
    await scene.still()
    shown = _rows(scene)
    wrong = [row for row in shown if OLD.search(row)]
    assert len(wrong) <= kept, "\n".join(wrong)
    _show_in(scene, AS_REPORTED)
    await scene.still()
    assert _rows(scene) == before, name
    return "\n".join(shown)


async def test_each_screen_shows_the_chosen_units_at_once() -> None:
    scene = Scene(rules=RULES)
    async with scene.shown(SIZE):
        scene.cool()
        await scene.show("status")
        shown = await _both(scene, "status")
        assert "+10.5 °F  → −4.0" in shown, "the hero row"
        assert "value °F" in shown
        assert re.search(r"^ +40 ┤", shown, re.MULTILINE), "ticks at round numbers of the shown unit"
        await scene.press("i")
        await scene.until(lambda: isinstance(scene.pane, InsightPane))
        assert "°F/h" in await _both(scene, "insight")
        await scene.press("escape")
        await scene.show("alarms")
        # The guidance is the user's text.
        shown = await _both(scene, "alarms", kept=1)
        assert "32.0 °F" in shown, shown
        await scene.show("recipes")
        recipes = scene.pane
        assert isinstance(recipes, RecipesPane)
        steps = recipes.query_one("#recipe-steps", Rows)
        await scene.until(lambda: recipes.view.study is not None and "item" in steps.plain)
        # A recipe's own name, and the unit in which the list is sent.
        assert "°F" in await _both(scene, "recipes", kept=2)
        await scene.press("e")
        await scene.until(lambda: isinstance(scene.pane, EditorPane) and scene.pane.view.study is not None)
        # The form below keeps the recipe's unit, and names the shown one.
        assert "°F/min" in await _both(scene, "editor", kept=4)


async def test_runs_are_read_back_in_the_chosen_units(tmp_path: Path) -> None:
    record = tmp_path / "r.sqlite3"
    record.write_bytes(three_runs_bytes())
    scene = Scene(record)
    async with scene.shown(SIZE):
        scene.station.tick()
        await asyncio.to_thread(scene.station.record.flush)
        await scene.show("runs")
        await scene.until(lambda: any("hold" in row for row in drawn(scene.app.screen)))
        assert "°F" in await _both(scene, "runs")
