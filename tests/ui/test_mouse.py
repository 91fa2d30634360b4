"""What a key does a click does; nothing needs the mouse, and no click is the second stroke of STOP."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.console import console
from xovac_tui.ui.dialogs.help import HelpDialog
from xovac_tui.ui.frame.bars import KeyBar
from xovac_tui.ui.widgets.stopbar import StopBar
from xovac_tui.ui.widgets.trend import TrendChart


async def test_a_click_on_the_strip_does_what_it_says(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        keys = c.app.query_one(KeyBar)
        await c.pilot.click(KeyBar, offset=(keys.plain.index("pause") + 1, 0))
        await c.until(lambda: c.app.workspace.held)
        await c.pilot.click(KeyBar, offset=(keys.plain.index("? help"), 0))
        await c.until(lambda: isinstance(c.app.screen, HelpDialog))
        await c.settle()
        strip = c.app.screen.query_one(StopBar)
        await c.pilot.click(strip, offset=(strip.plain.index("back"), 0))
        await c.until(lambda: len(c.app.screen_stack) == 1)


async def test_clicks_on_stop_make_its_first_stroke_only(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.pilot.click(KeyBar, offset=(3, 0))
        await c.until(lambda: c.app.stopping.switch.armed)
        for _ in range(3):
            c.clock.advance(0.4)
            await c.pilot.click(offset=(3, 23))
        await c.settle()
        assert c.link.emitted == []
        await c.press_stop_again()
        assert c.link.emitted == [("cancel_recipe", "")]


async def test_a_click_on_the_chart_sets_its_cursor(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.readings(seconds=60)
        chart = c.app.query_one(TrendChart)
        layout = chart.view.layout
        assert layout is not None
        right = layout.plot_x + layout.plot_width
        cursors = []
        for x in (right - 6, right - 4):
            await c.pilot.click(offset=(chart.content_region.x + x, chart.content_region.y + 1))
            await c.settle()
            cursors.append(chart.view.cursor)
        assert cursors[0] is not None
        assert cursors[1] is not None
        assert cursors[0] < cursors[1]
        # Beside the lines there is nothing to point at.
        await c.pilot.click(offset=(chart.content_region.x, chart.content_region.y + 1))
        assert chart.view.cursor == cursors[1]
