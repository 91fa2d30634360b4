"""What a key does a click does; nothing needs the mouse, and no click is the second stroke of STOP."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.console import Console, console
from tests.helpers.editor import recipes_tab
from tests.ui.test_alarms_pane import HOT, RULES
from tests.ui.test_replay import HOURS, replayed
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.link import LinkWord
from xovac_tui.recipes.plan import Plan
from xovac_tui.ui.dialogs.contract.form import ContractForm
from xovac_tui.ui.dialogs.help import HelpDialog
from xovac_tui.ui.frame.bars import AlarmStrip, KeyBar, LinkBar, ReplayBar
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.recipes.profile import ProfileChart, segment_at
from xovac_tui.ui.screens.status.readings import Readings
from xovac_tui.ui.widgets.rows import Rows, TwiceClicked
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


def test_a_second_click_is_on_the_same_thing_with_none_between() -> None:
    clicks = TwiceClicked()
    assert [clicks.is_second(at) for at in (1, 2, 2, 2, 2, 3, 2)] == [
        False,
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    clicks.is_second(5)
    clicks.forget()
    assert not clicks.is_second(5)


def listed(c: Console, readings: Readings, beside: str = "") -> str:
    """Return the label of the last channel that is shown."""
    labels = [one.label for one in c.station.snapshot().channels]
    return [one for one in labels if one in readings.plain and one != beside][-1]


async def test_a_click_on_a_reading_chooses_it_and_a_second_one_opens_its_form(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.readings(seconds=2)
        readings = c.app.query_one(Readings)
        place = readings.content_region
        before = readings.chosen
        assert before is not None
        rows = readings.plain.split("\n")
        other = listed(c, readings, beside=before.label)
        y = next(y for y, row in enumerate(rows) if other in row)
        spot = (place.x + rows[y].index(other), place.y + y)
        await c.pilot.click(offset=spot)
        await c.settle()
        assert readings.has_focus
        assert readings.chosen is not None
        assert readings.chosen.label == other
        assert len(c.app.screen_stack) == 1
        await c.pilot.click(offset=spot)
        await c.until(lambda: isinstance(c.app.screen, ContractForm))


async def test_a_click_on_a_reading_in_the_line_of_the_pinned_ones_chooses_it(tmp_path: Path) -> None:
    async with console(tmp_path, size=(80, 20)) as c:
        await c.readings(seconds=2)
        readings = c.app.query_one(Readings)
        assert readings.size.height == 1
        place = readings.content_region
        other = listed(c, readings)
        await c.pilot.click(offset=(place.x + readings.plain.index(other), place.y))
        await c.settle()
        assert readings.chosen is not None
        assert readings.chosen.label == other


async def test_a_second_click_on_a_row_does_what_enter_does(tmp_path: Path) -> None:
    async with console(tmp_path, tab="recipes", keys={"edit-recipe": "w"}) as c:
        await c.until(lambda: c.app.query_one("#recipe-list", Rows).count)
        rows = c.app.query_one("#recipe-list", Rows)
        place = rows.content_region
        top = rows.plain.splitlines()
        last = max(y for y, row in enumerate(top) if row.strip())
        await c.pilot.click(offset=(place.x + 3, place.y + last))
        await c.settle()
        assert rows.chosen == rows.top + last
        assert not c.frame.over
        # A click elsewhere in between counts anew.
        await c.pilot.click(offset=(place.x + 3, place.y + last - 1))
        await c.pilot.click(offset=(place.x + 3, place.y + last))
        await c.settle()
        assert not c.frame.over
        await c.pilot.click(offset=(place.x + 3, place.y + last))
        await c.until(lambda: isinstance(c.frame.pane, EditorPane))


async def test_clicks_on_the_bars_do_what_they_name(tmp_path: Path) -> None:
    async with console(tmp_path, watchlist=Watchlist(rules=RULES)) as c:
        await c.readings(**HOT)
        await c.lose()
        assert c.word is LinkWord.LOST
        await c.pilot.click(LinkBar, offset=(5, 0))
        await c.until(lambda: c.link.reconnects == 1)
        await c.pilot.click(AlarmStrip, offset=(5, 0))
        await c.until(lambda: c.frame.active_tab == "alarms")
        assert c.link.emitted == []


async def test_clicks_on_the_bar_of_a_replay_go_there_and_pause(tmp_path: Path) -> None:
    async with replayed(tmp_path) as r:
        line = r.app.screen_stack[0].query_one(ReplayBar).lines[0]
        start = sum(len(text) for text, _ in line[:2])
        room = sum(len(text) for text, _ in line[2:4])
        await r.pilot.click(ReplayBar, offset=(start + room - 1, 0))
        await r.settle()
        assert r.at == HOURS * 3600
        await r.pilot.click(ReplayBar, offset=(start, 0))
        await r.settle()
        assert r.at == 0
        assert not r.station.playback.paused
        await r.pilot.click(ReplayBar, offset=(2, 0))
        await r.settle()
        assert r.station.playback.paused


def column_of(chart: ProfileChart, plan: Plan, number: int) -> int:
    """Return a column of the chart in which a segment of a plan is drawn."""
    width, height = chart.size
    shown = {segment_at(plan, x, width, height, UNICODE): x for x in range(width)}
    return shown[number]


async def test_a_click_in_the_profile_chooses_the_step_there(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        view = e.pane.view
        await e.c.until(lambda: view.study is not None and view.steps.count)
        assert view.study is not None
        assert view.study.plan is not None
        chart = view.query_one(ProfileChart)
        for number in (len(view.study.plan.segments) - 1, 0):
            place = chart.content_region
            column = column_of(chart, view.study.plan, number)
            await e.c.pilot.click(offset=(place.x + column, place.y + 2))
            await e.c.settle()
            assert view.steps.chosen == number
            assert view.steps.has_focus


async def test_a_click_in_the_profile_of_the_editor_goes_to_the_step(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, size=(120, 36)) as e:
        chart = e.c.app.query_one("#edit-profile", ProfileChart)
        study = e.editor.study
        assert study is not None
        assert study.plan is not None
        for segment in (study.plan.segments[-1], study.plan.segments[0]):
            place = chart.content_region
            column = column_of(chart, study.plan, study.plan.segments.index(segment))
            await e.c.pilot.click(offset=(place.x + column, place.y + 2))
            await e.c.settle()
            assert e.editor.editing.path == segment.path
