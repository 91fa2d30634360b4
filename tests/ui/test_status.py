"""Status: readings with their quality, the run over its plan, the trend's window and pins."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.helpers.console import Console, console
from xovac_tui.api.loader import documented_contract
from xovac_tui.chamber.snapshot import ChannelView, Counters
from xovac_tui.durations import format_age
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.screens.status.hero import Hero
from xovac_tui.ui.screens.status.readings import Readings
from xovac_tui.ui.screens.status.run_lines import RunPanel
from xovac_tui.ui.widgets.lines import CHOSEN
from xovac_tui.ui.widgets.ruled import rule_text
from xovac_tui.ui.widgets.trend import TrendChart

RECIPE = parse_recipe('name = "Soak"\n[[steps]]\nto = 50\nover = "30min"\n[[steps]]\nhold = "1h"\n', "test")


def readings(c: Console) -> str:
    return c.app.screen.query_one(Readings).plain


def hero(c: Console) -> str:
    return c.app.screen.query_one(Hero).plain


def run(c: Console) -> str:
    return c.app.screen.query_one(RunPanel).plain


def lines(c: Console) -> list[str]:
    model = c.app.screen.query_one(TrendChart).model
    return [] if model is None else [one.name for one in model.series]


async def load(c: Console) -> None:
    compiled = compile_recipe(RECIPE, c.station.plan_settings(), 20.0)
    sending = c.app.run_worker(c.station.load_recipe(compiled))
    await c.until(lambda: c.link.emitted)
    c.link.answer("load_recipe")
    await sending.wait()


async def test_pinned_channels_come_first_at_every_size(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        for size in ((80, 24), (120, 36), (200, 60)):
            await c.pilot.resize_terminal(*size)
            await c.settle()
            values = hero(c).splitlines()[1]
            assert "+20.5 °C" in values
            assert "1.3e-04 mbar" in values
            rows = readings(c).splitlines()
            if size >= (120, 36):
                assert "Test part" in rows[0]
                assert "Pressure" in rows[1]
            else:
                # They are seen above already.
                assert "Shroud" in rows[0]
            assert all(len(row) <= size[0] for row in rows), size


async def test_a_held_picture_fits_a_new_size(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        await c.press("p")
        await c.pilot.resize_terminal(80, 24)
        await c.settle()
        run_panel, chart = c.app.screen.query_one(RunPanel), c.app.screen.query_one(TrendChart)
        # No longer beside the readings, and the trend has what they leave: nine rows and its axes.
        assert not run_panel.display
        assert chart.view.layout is not None
        assert chart.view.layout.plot_height >= 9


async def test_the_cursor_is_drawn_where_the_focus_is_although_no_reading_changes(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        widget = c.app.screen.query_one(Readings)

        def marked() -> list[str]:
            return [text.strip() for line in widget.lines for text, style in line if style == CHOSEN]

        await c.lose()
        for focused in (True, False, True):
            widget.focus() if focused else c.app.screen.set_focus(None)
            await c.settle()
            assert marked() == ["Shroud"] * focused


async def test_the_cursor_stays_at_the_top_until_a_channel_is_chosen(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        widget = c.app.screen.query_one(Readings)

        def chosen() -> str:
            return "" if widget.chosen is None else widget.chosen.label

        seen = [chosen()]
        for moves in (0, 1):
            await c.press(*["down"] * moves)
            for size in ((80, 24), (120, 36)):
                await c.pilot.resize_terminal(*size)
                await c.settle()
                seen.append(chosen())
        # Where the hero row has the first two, they are the last readings.
        assert seen == ["Test part", "Shroud", "Test part", "Pressure", "Pressure"]


async def test_a_terminal_that_has_grown_shows_the_readings_above_too(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        c.link.deliver("extra", json.dumps({f"t{number}": number for number in range(16)}))
        await c.settle()
        await c.press("end")
        assert "above" in readings(c)
        await c.pilot.resize_terminal(160, 50)
        await c.settle()
        assert "above" not in readings(c)
        assert "t15" in readings(c)


async def test_readings_are_laid_out_again_only_when_they_change(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        widget = c.app.screen.query_one(Readings)
        channels = [one for one in c.station.snapshot().channels if one.value is not None][:3]
        asked: list[str] = []

        def trend(name: str, bins: int) -> list[float]:
            asked.append(name)
            return [float(len(asked))] * bins

        def show(*changed: ChannelView, moment: int = 1) -> int:
            asked.clear()
            widget.show(changed, trend, (moment,))
            return len(asked)

        assert show(*channels) == 3
        older = [replace(one, age=(one.age or 0.0) + 0.4) for one in channels]
        assert show(*older) == 0
        assert show(*older, moment=2) == 3
        assert show(*older[:2], replace(older[2], value=-7.5), moment=2) == 3
        assert "-7.5" in widget.plain.replace("−", "-")
        for age in (12.0, 13.0):
            assert show(replace(older[0], overdue=True, age=age), moment=2) == 1
            assert format_age(age) in widget.plain
        assert show(moment=2) == 0
        assert "Nothing has been received yet." in widget.plain


async def test_bad_and_stale_readings_are_marked(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # A bad sensor shows no number.
        await c.readings(part=None)
        await c.press("a")
        await c.settle()
        assert "✖ Test part" in readings(c)
        assert "20.5" not in readings(c)
        # Stale readings carry their age.
        await c.go_stale()
        row = readings(c).splitlines()[0]
        assert "◌ Test part" in row
        assert "1m00s" in row
        # The head of a column ends where the column ends.
        heads = rule_text(c.app.screen.query_one(Readings))
        assert heads.index("age") + 3 == row.index("1m00s") + 5


async def test_channels_of_an_unknown_device_show_by_themselves(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36), contract=documented_contract(), online=False) as c:
        await c.online()
        assert "Nothing has been received yet" in readings(c)
        c.link.deliver("sensor_data", '{"plate": {"A": 20.5}, "pump": true}')
        await c.settle()
        assert "● A  " in readings(c)
        assert "on" in readings(c)
        chart = c.app.screen.query_one(TrendChart)
        assert chart.model is not None
        assert [series.name for series in chart.model.series] == ["sensor_data.plate.A"]


async def test_windows_pins_and_all_channels_are_walked_and_remembered(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # The window is walked and remembered.
        chart = c.app.screen.query_one(TrendChart)
        assert chart.model is not None
        await c.press("w")
        await c.settle()
        assert chart.model.window == 3600
        await c.press("W")
        await c.settle()
        assert chart.model.window == 600
        await c.press("w")
        await c.settle()
        assert '"1h"' in (tmp_path / "state.toml").read_text()
        # All channels and back.
        assert "more" in readings(c)
        await c.press("a")
        await c.settle()
        assert "more" not in readings(c)
        assert "Radiator 2" in readings(c)
        await c.press("escape")
        await c.settle()
        assert "more" in readings(c)
        # Pinning reorders plots and is remembered.
        chart = c.app.screen.query_one(TrendChart)
        await c.press("space")
        assert chart.model is not None
        assert [s.label for s in chart.model.series] == ["Test part", "Pressure", "Shroud"]
        await c.press("G", "k", "space", "g")
        assert [s.label for s in chart.model.series] == ["Pressure", "Shroud"]
        assert "Shroud" in readings(c).splitlines()[0]
        assert "chamber_state.vacuum.p" in (tmp_path / "state.toml").read_text()


async def test_an_idle_chamber_says_what_to_do_and_no_number_where_there_are_no_data(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        # An idle chamber says what to do.
        assert "IDLE" in run(c)
        assert "No recipe is loaded" in run(c)
        # A channel without data shows no number.
        row = next(row for row in readings(c).splitlines() if "Radiator 1" in row)
        assert "no data" in row
        assert not any(char.isdigit() for char in row.replace("Radiator 1", ""))


async def test_a_chamber_whose_state_is_not_reported_is_unknown(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36), contract=documented_contract()) as c:
        assert "run state unknown" in run(c)
        assert "contract file" in " ".join(run(c).split())


async def test_a_recipe_loaded_from_here_is_laid_over_its_plan(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        await load(c)
        c.link.deliver("recipe_state", json.dumps({"name": "Soak", "step": 1, "steps": 2}))
        await c.readings("running", setpoint=22.0)
        c.clock.advance(15 * 60 - 1)
        await c.readings("running", setpoint=35.0, part=33.0)
        shown = run(c)
        assert "Soak" in shown
        assert "Item 1/2" in shown
        assert "ramp to 50 °C" in shown
        assert "15m 00s of 30m 00s" in shown
        assert "Target +35.0 °C" in shown
        assert "Actual +33.0 °C" in shown
        assert "in 1h 15m" in shown
        chart = c.app.screen.query_one(TrendChart)
        assert chart.model is not None
        assert chart.model.planned is not None


async def test_a_run_of_another_client_has_no_end(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        await c.run_state("Theirs", 2, 5)
        assert "Item 2/5" in run(c)
        assert "was not loaded from here" in run(c)


async def test_a_run_is_not_shown_as_going_on_without_data(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        await c.run_state()
        await c.lose()
        await c.advance(90)
        assert "last known: running" in run(c)
        assert "Not heard for 1m30s" in run(c)
        assert "RUNNING" not in run(c)


async def test_what_was_drawn_without_a_pin_stays_when_the_data_stop(tmp_path: Path) -> None:
    async with console(tmp_path, contract=documented_contract()) as c:
        await c.readings(seconds=3)
        drawn = lines(c)
        assert len(drawn) == 4
        await c.lose()
        c.clock.advance(60.0)
        await c.settle()
        assert "LOST" in c.app.query_one(TrustBar).plain
        assert lines(c) == drawn
        # Nor does another one take the place of one whose value is none for a while.
        await c.online()
        await c.readings(part=None)
        assert lines(c) == drawn


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_values_without_a_channel_are_counted_below_the_readings(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(tmp_path, size=size) as c:
        said = Counters(values_left_out=1_234).left_out
        _, _, of_any_number = said.partition(" ")
        assert of_any_number not in " ".join(readings(c).split())
        c.link.deliver("odd", json.dumps({"k" * 400 + str(number): 1 for number in range(1_234)}))
        await c.until(lambda: " ".join(readings(c).split()).endswith(said))
        assert ("Test part" if size == (120, 36) else "Shroud") in readings(c).splitlines()[0]
        assert len(readings(c).splitlines()) <= c.app.screen.query_one(Readings).size.height


SCREENS = ((60, 16), (80, 20), (80, 23), (80, 24), (120, 36), (160, 50))


async def test_what_gives_way_at_each_size(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        seen: dict[tuple[int, int], tuple[bool, bool, bool, bool]] = {}
        for size in SCREENS:
            await c.pilot.resize_terminal(*size)
            await c.settle()
            rows, chart = c.app.screen.query_one(Readings), c.app.screen.query_one(TrendChart)
            sparks = any(bar in hero(c) for bar in "▁▂▃▄▅▆")
            beside = bool(c.app.screen.query_one(RunPanel).display)
            seen[size] = sparks, rows.size.height > 1, bool(chart.display), beside
            assert "+20.5 °C" in hero(c), size
            if chart.display:
                assert chart.view.layout is not None
                assert chart.view.layout.plot_height >= 9, size
        assert seen == {
            (60, 16): (False, True, False, False),
            (80, 20): (False, False, True, False),
            (80, 23): (False, True, True, False),
            (80, 24): (True, True, True, False),
            (120, 36): (True, True, True, True),
            (160, 50): (True, True, True, True),
        }


async def test_one_panel_has_the_whole_tab_until_escape(tmp_path: Path) -> None:
    async with console(tmp_path, size=(120, 36)) as c:
        await c.readings(seconds=5)
        pane, chart = c.frame.pane, c.app.screen.query_one(TrendChart)
        assert pane is not None
        before = {widget: widget.region for widget in pane.query("*")}
        chart.focus()
        await c.press("f10")
        await c.settle()
        assert chart.region == pane.region
        assert not c.app.screen.query_one(Readings).is_on_screen
        assert c.app.screen.query_one(TrustBar).is_on_screen
        # The chart's cursor goes first.
        await c.press("left", "escape")
        await c.settle()
        assert chart.region == pane.region
        await c.press("escape")
        await c.settle()
        assert {widget: widget.region for widget in pane.query("*")} == before
        c.app.screen.query_one(Hero).focus()
        await c.press("f10")
        await c.settle()
        assert "No recipe is loaded" in hero(c)
        await c.press("f10")
        await c.settle()
        assert "No recipe is loaded" not in hero(c)


async def test_a_value_and_the_chart_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path / "home"))
    async with console(tmp_path, size=(120, 36)) as c:
        written: list[str] = []
        monkeypatch.setattr(c.app, "write_beside", written.append)
        await c.readings(seconds=20)
        await c.press("y")
        (sequence,) = written
        assert base64.b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\a")) == "+20.5 °C".encode()
        c.app.screen.query_one(TrendChart).focus()
        await c.press("y")
        await c.settle()
        (path,) = (tmp_path / "home").rglob("*.csv")
        head, *rows = path.read_text().splitlines()
        assert head == (
            "time,Test part [degC] min,Test part [degC] max,Pressure [mbar] min,Pressure [mbar] max"
        )
        assert any(row.endswith("20.5,20.5,0.00013,0.00013") for row in rows)
        assert str(path) in c.messages[-1]
