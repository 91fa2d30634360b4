"""Insight over Status: what it says, where it says it, and the way there and back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.widgets import Input

from tests.helpers.console import Console, console, frame_of, reading
from tests.ui.test_replay import replayed
from xovac_tui.analysis.advice import COOLING
from xovac_tui.analysis.insight import InsightView
from xovac_tui.analysis.pumpdown import PressureForecast
from xovac_tui.analysis.settings import AdviceSettings, InsightSettings, StabilitySettings
from xovac_tui.analysis.stability import Stability
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.config import Display
from xovac_tui.durations import format_part
from xovac_tui.ui.dialogs.contract.form import ContractForm
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import KeyBar
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.screens.insight.lines import (
    InsightRow,
    advice_lines,
    change_words,
    end_words,
    span_words,
    table_head,
    table_line,
)
from xovac_tui.ui.screens.insight.pane import InsightPane
from xovac_tui.ui.screens.status.pane import StatusPane
from xovac_tui.ui.screens.status.readings import Readings
from xovac_tui.ui.widgets.lines import RunFacts
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.widgets.ruled import rule_text
from xovac_tui.ui.widgets.trend import TrendChart


async def report(
    c: Console, seconds: int, pressure: Callable[[int], float] = lambda second: 1.3e-4, **leaves: Any
) -> None:
    """Let the chamber report once a second, and the screen look once at the end."""
    for second in range(seconds):
        c.clock.advance(1.0)
        reported = {"pump": True, "vent": False, "vacuum": {"p": pressure(second)}, **leaves}
        c.link.deliver("chamber_state", json.dumps(reading("idle", c.clock.utc(), **reported)))
    await c.settle()


async def opened(c: Console) -> InsightPane:
    await c.press("i")
    await c.until(lambda: isinstance(c.frame.pane, InsightPane))
    await c.settle()
    pane = c.frame.pane
    assert isinstance(pane, InsightPane)
    return pane


def text(pane: InsightPane, name: str) -> str:
    widget = pane.query_one(f"#insight-{name}")
    assert isinstance(widget, Rows | RunFacts)
    return widget.plain


async def test_the_key_opens_it_and_escape_goes_back(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        pane = await opened(c)
        assert not c.app.query_one(StatusPane).display
        assert "esc back" in c.app.query_one(KeyBar).plain
        await c.press("2", "1")
        assert c.frame.pane is pane, "it stays in the place of Status"
        await c.press("escape")
        await c.until(lambda: isinstance(c.frame.pane, StatusPane))
        assert c.app.query_one(StatusPane).display
        assert not c.app.query(InsightPane)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_what_is_stable_since_when_and_when_it_will_be(
    tmp_path: Path, size: tuple[int, int], ascii_only: bool
) -> None:
    display = Display(time="utc", ascii=ascii_only)
    async with console(tmp_path, size=size, display=display) as c:
        await report(c, 700)
        pane = await opened(c)
        head, pressure, channel, band, fast, slow = text(pane, "stable").splitlines()[:6]
        assert "Pressure  1.3e-04 mbar" in pressure
        assert head.split() == ["criterion", "K/h", "stable", "for", "resets", "stable", "in"]
        assert channel.startswith("* Test part  +20.5" if ascii_only else "● Test part  +20.5 °C")
        assert ("+-2 K in 10 min" if ascii_only else "±2 K in 10 min") in band
        assert "10 of 10 min" in band
        assert band.rstrip().endswith("* stable" if ascii_only else "● stable")
        assert "11 of 30 min" in fast
        assert "18 min, " in fast
        assert "11 of 40 min" in slow
        assert "28 min, " in slow
        if ascii_only:
            words = "".join(text(pane, name) for name in ("stable", "facts", "advice"))
            assert words.isascii()
        for name in ("stable", "advice"):
            rows = pane.query_one(f"#insight-{name}", Rows)
            assert rows.count <= rows.size.height, "nothing has to be scrolled to"
        assert pane.query_one(TrendChart).size.height >= 5


async def test_the_cursor_chooses_the_channel_of_the_detail(tmp_path: Path) -> None:
    async with console(tmp_path, size=(80, 24)) as c:
        await report(c, 700)
        pane = await opened(c)
        chart = pane.query_one(TrendChart)
        assert "Pump " in text(pane, "facts")
        assert "Pressure" in chart.head
        await c.press("down", "down")
        assert text(pane, "facts").startswith("Test part  +20.5 °C")
        assert "3 K/h" in text(pane, "facts")
        assert "Test part" in chart.head
        assert pane.chosen_channel == "chamber_state.part"
        await c.press("down", "down", "down", "down")
        assert "1 K/h" in text(pane, "facts"), "the last row"
        # The choice stays where the focus goes, and is seen.
        await c.press("tab")
        assert "▸ 1 K/h" in text(pane, "stable")
        await c.press("shift+tab", "home")
        assert "Pump " in text(pane, "facts")


@pytest.mark.parametrize(("keys", "named"), [((), "Pressure"), (("down",), "Test part")])
async def test_enter_names_the_channel_under_the_cursor(
    tmp_path: Path, keys: tuple[str, ...], named: str
) -> None:
    async with console(tmp_path) as c:
        pane = await opened(c)
        await c.press(*keys, "enter")
        await c.until(lambda: isinstance(c.app.screen, ContractForm))
        assert c.app.screen.query_one(Input).value == named
        await c.press("escape")
        await c.until(lambda: c.frame.pane is pane and c.app.screen is c.frame)


async def test_at_the_smallest_size_the_choice_is_seen_and_its_facts_stay(tmp_path: Path) -> None:
    async with console(tmp_path, size=(60, 16)) as c:
        await report(c, 20)
        pane = await opened(c)
        for _ in range(3):
            await c.press("down")
            row = pane.query_one("#insight-stable", Rows)
            assert row.top <= row.chosen < row.top + row.rows_seen
        assert text(pane, "facts").startswith("Test part ")


@pytest.mark.parametrize("width", [56, 71])
def test_when_it_will_be_stable_is_never_cut(width: int) -> None:
    channel = SimpleNamespace(full_name="m.a", label="Part", quality=Quality.GOOD)
    criterion = SimpleNamespace(name="±2 K in 10 min")
    ends = {
        "stable in": None,
        "● stable": Stability(stable=True, held=600.0, needed=600.0),
        "? unknown": Stability(held=0.0, needed=600.0),
        "not foreseen": Stability(stable=False, held=0.0, needed=6000.0),
        "1d 02h": Stability(stable=False, held=0.0, needed=1e5, forecast=94_200.0),
    }
    view = InsightView(utc=0.0, speed=1.0)
    for end, found in ends.items():
        if found is None:
            line = table_head(width, UNICODE)
        else:
            judged: Any = SimpleNamespace(channel=channel, criterion=criterion, stability=found)
            row = InsightRow(judged, heading=False)
            line = table_line(row, view, width, glyphs=UNICODE, times=Times("utc"))
            assert "±2 K in 10 min" in line[0][0]
        said = "".join(words for words, _ in line)
        assert len(said) <= width
        assert said.rstrip().endswith(end), said


async def test_the_pressure_is_foreseen(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await report(c, 600, lambda second: 1000 * math.exp(-second / 60))
        pane = await opened(c)
        facts = text(pane, "facts")
        assert "Pump       on" in facts
        assert "Halves in  42 s at this rate" in facts
        assert "1e-03 mbar not foreseen" in facts


async def test_a_pump_down_is_foreseen_with_a_range(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await report(c, 1500, lambda second: 0.6 / (second + 60) * (1 + 0.02 * math.sin(second**2)))
        facts = text(await opened(c), "facts")
        # The truth is 74 min.
        found = re.search(r"1e-04 mbar (\d+) to (\d+) min", facts)
        assert found is not None, facts
        assert int(found[1]) <= 74 <= int(found[2]) < 3 * int(found[1])


def test_a_range_is_written_shortly() -> None:
    view, times = InsightView(utc=0.0, speed=1.0), Times("utc")
    assert span_words(PressureForecast(1500.0, 2000.0, 2820.0), view, times) == "25 to 47 min"
    assert span_words(PressureForecast(47_400.0, 60_000.0, 78_000.0), view, times) == "13h 10m to 21h 40m"
    assert span_words(PressureForecast(80.0, 90.0, 130.0), view, times) == "80 s to 2 min"
    assert span_words(PressureForecast(60.0, 60.1, 60.2), view, times) == "60 s, 00:01"


async def test_the_rise_says_what_is_missing_for_a_leak(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await report(c, 10)
        await report(c, 300, lambda second: 1e-3 + second * 1e-5, pump=False)
        facts = text(await opened(c), "facts")
        assert "Pump       off" in facts
        assert "Rises      1.0e-05 mbar/s" in facts
        assert "steady, as a leak is" in facts
        assert "Leak       volume not set" in facts


async def test_advice_is_reported_with_its_limits_and_hinted_at_on_status(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        readings = c.app.query_one(Readings)
        await report(c, 10, lambda second: 30.0)
        assert "advice" not in rule_text(readings)
        await report(c, 10, lambda second: 30.0, shroud=5.0)
        assert "Readings  ⚠ advice (i)" in rule_text(readings)
        pane = await opened(c)
        said = text(pane, "advice")
        (advice,) = c.station.insight.advice(c.station.snapshot())
        assert advice.title == COOLING
        assert advice.text.startswith("Shroud is +5.0 °C")
        assert "+12.0 °C (assumed)" in advice.text
        assert f"⚠ {COOLING}" in said
        assert advice.text in " ".join(said.split())
        rows = pane.query_one("#insight-advice", Rows)
        assert "Advisory only" in str(rows.border_title)
        assert rows.count <= rows.size.height
        await c.press("escape")
        await report(c, 10, lambda second: 1e-5)
        assert "advice" not in rule_text(readings)


async def test_without_roles_it_says_what_is_missing(tmp_path: Path) -> None:
    async with console(tmp_path, contract=load_contract(())) as c:
        pane = await opened(c)
        assert "No temperature is judged" in text(pane, "stable")
        assert "No channel has the role pressure" in " ".join(text(pane, "facts").split())


async def test_problems_of_the_settings_and_advice_that_is_off_are_reported(tmp_path: Path) -> None:
    reported = InsightSettings(StabilitySettings(channels=("nobody",)), AdviceSettings(enabled=False))
    async with console(tmp_path, insight=reported) as c:
        pane = await opened(c)
        assert 'the channel "nobody"' in text(pane, "stable")
        assert "switched off in the settings" in text(pane, "advice")


async def test_a_replay_has_it_too(tmp_path: Path) -> None:
    async with replayed(tmp_path) as one:
        await one.press("right_parenthesis", "right_parenthesis", "i")
        await one.pilot.pause()
        pane = frame_of(one.app).pane
        assert isinstance(pane, InsightPane)
        one.app.flush()
        # 0.01 K a second.
        assert "+36.0 ±" in text(pane, "stable")
        assert one.station.insight.view(one.station.snapshot()).utc == one.station.snapshot().utc


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Stability(stable=True), "● stable"),
        (Stability(stable=None), "? unknown"),
        (Stability(stable=False), "not foreseen"),
        (Stability(stable=False, forecast=30.0), "30 s, 00:00"),
        (Stability(stable=False, forecast=7260.0), "2h 01m, 02:01"),
        (Stability(stable=False, forecast=93_600.0), "1d 02h, Fri 02:00"),
    ],
)
def test_the_end_in_words(found: Stability, words: str) -> None:
    view = InsightView(utc=0.0, speed=1.0)
    assert end_words(found, view, UNICODE, Times("utc"))[0] == words


def test_no_advice_without_a_pressure_is_not_shown_as_all_is_well() -> None:
    ((said, _),) = advice_lines(InsightView(utc=0.0, speed=1.0), 80, UNICODE)[0]
    assert said == "None can be given: the pressure is not known now."


@pytest.mark.parametrize(
    ("per_hour", "uncertainty", "words"),
    [
        (None, None, "—"),
        (-0.12, 0.034, "−0.12 ±0.03"),
        (-36.04, 1.2, "−36.0 ±1.2"),
        (1234.0, 56.7, "+1234 ±57"),
    ],
)
def test_the_change_in_words(per_hour: float | None, uncertainty: float | None, words: str) -> None:
    assert change_words(Stability(per_hour=per_hour, uncertainty=uncertainty)) == words


@pytest.mark.parametrize(
    ("held", "needed", "words"),
    [(29.9, 60.0, "30 of 60 s"), (599.0, 600.0, "9 of 10 min"), (7000.0, 7200.0, "1.9 of 2.0 h")],
)
def test_what_is_held_is_never_rounded_up_to_what_is_needed(held: float, needed: float, words: str) -> None:
    assert format_part(held, needed) == words
