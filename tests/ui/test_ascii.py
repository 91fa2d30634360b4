"""With --ascii nothing but ASCII is drawn, on any tab and in any dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tests.helpers.console import Console, console, drawn
from tests.ui.test_alarms_pane import HOT, RULES
from tests.ui.test_replay import replayed
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.config import Display
from xovac_tui.ui.glyphs import ASCII
from xovac_tui.ui.terminal.plainfilter import PlainFilter

SCREENS: dict[str, tuple[str, ...]] = {
    "readings": ("1",),
    "cursor of the chart": ("1", "tab", "tab", "left"),
    "all channels": ("1", "a"),
    "insight": ("1", "i"),
    "channel": ("1", "enter"),
    "zoomed": ("1", "f10"),
    "controls": ("2",),
    "command": ("2", "down", "enter"),
    "recipes": ("3",),
    "check": ("3", "v"),
    "steps": ("3", "tab"),
    "editor": ("3", "enter"),
    "form of a step": ("3", "enter", "enter"),
    "new recipe": ("3", "N"),
    "load": ("3", "L"),
    "log": ("4",),
    "detail": ("4", "enter"),
    "filter": ("4", "slash"),
    "alarms": ("5",),
    "alarm": ("5", "enter"),
    "shelve": ("5", "s"),
    "acknowledge all": ("5", "A"),
    "limits": ("5", "L"),
    "rules": ("5", "v"),
    "history of alarms": ("5", "H"),
    "runs": ("6",),
    "palette": ("colon",),
    "help": ("question_mark",),
    "messages": ("M",),
    "note": ("n",),
    "themes": ("t",),
    "settings": ("f9",),
    "proof of STOP": ("f8",),
    "quit": ("q",),
}


def beyond(rows: list[str]) -> list[str]:
    """Return the rows with other characters than ASCII, and these."""
    return [
        f"{''.join(sorted({c for c in row if not c.isascii()}))}  {row}" for row in rows if not row.isascii()
    ]


async def go_back(c: Console) -> None:
    """Close what is open, and what is in place of a tab."""
    for _ in range(8):
        if len(c.app.screen_stack) == 1 and not c.frame.over:
            return
        await c.press("escape")
    raise AssertionError(f"{c.app.screen} stays open")


@pytest.mark.parametrize("size", [(80, 24), pytest.param((60, 16), marks=pytest.mark.slow)])
async def test_nothing_but_ascii_is_drawn(tmp_path: Path, size: tuple[int, int]) -> None:
    found: dict[str, list[str]] = {}
    async with console(
        tmp_path, size=size, display=Display(ascii=True, time="utc"), watchlist=Watchlist(rules=RULES)
    ) as c:
        await c.readings(seconds=20, part=21.5)
        await c.readings(**HOT)
        for name, keys in SCREENS.items():
            for key in keys:
                await c.press(key)
                await c.settle()
            if wrong := beyond(drawn(c.app.screen)):
                found[name] = wrong
            await go_back(c)
        await c.run_state()
        await c.lose()
        if wrong := beyond(drawn(c.app.screen)):
            found["lost"] = wrong
    assert not found, "\n".join(f"{name}:\n  " + "\n  ".join(rows) for name, rows in found.items())


async def test_a_replay_draws_nothing_but_ascii(tmp_path: Path) -> None:
    async with replayed(tmp_path, ascii_only=True) as r:
        for keys in ((), ("greater_than_sign",), ("at",)):
            await r.press(*keys)
            assert beyond(drawn(r.app.screen)) == []


def test_what_a_widget_missed_is_replaced_cell_by_cell() -> None:
    made = PlainFilter(ASCII.plain)
    style = Style(bold=True)
    rows = {"─┐│ plain": "-+| plain", "cut…": "cut~", "20 °C": "20 ?C", "温度": "????", "→": "?"}
    for text, expected in rows.items():
        segments = made.apply([Segment("a"), Segment(text, style)], Color(0, 0, 0))
        assert segments == [Segment("a"), Segment(expected, style)]
        assert cell_len(text) == cell_len(expected)
