"""The Alarms tab, the strip, the questions and the messages, on a real station with rules of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from tests.helpers.console import Console, console
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.kinds.stale import StaleRule
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.chamber.alarm import AlarmState, AlarmsView
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.frame.bars import AlarmStrip, LinkBar, TabBar
from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.screens.alarms.dialogs import AcknowledgeDialog, AlarmHistoryDialog, ShelveDialog
from xovac_tui.ui.screens.alarms.lines import empty_words
from xovac_tui.ui.screens.alarms.pane import AlarmsPane
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.rows import Rows
from xovac_tui.ui.widgets.trend import TrendChart

RULES = (
    HighRule(name="part hot", channel="chamber_state.part", limit=60.0, severity="critical",
         action="Press !."),
    HighRule(name="shroud hot", channel="chamber_state.shroud", limit=60.0, severity="high"),
    HighRule(name="setpoint high", channel="chamber_state.setpoint", limit=60.0, severity="low"),
    HighRule(name="plate hot", channel="chamber_state.plateT.A", severity="medium"),
)  # fmt: skip
HOT: dict[str, Any] = {"part": 84.0, "shroud": 70.0, "setpoint": 65.0}
CALM: dict[str, Any] = {"part": 20.0, "shroud": 20.0, "setpoint": 20.0}


@asynccontextmanager
async def alarms_tab(folder: Path, **options: Any) -> AsyncIterator[tuple[Console, AlarmsPane]]:
    """Open Alarms, with three alarms standing unless `hot` is False."""
    hot = options.pop("hot", True)
    async with console(folder, tab="alarms", watchlist=Watchlist(rules=RULES), **options) as c:
        pane = c.frame.pane
        assert isinstance(pane, AlarmsPane)
        if hot:
            await c.readings(**HOT)
        yield c, pane


def strip(c: Console) -> str:
    shown = c.app.screen_stack[0].query_one(AlarmStrip)
    return shown.plain if shown.display else ""


def rows(pane: AlarmsPane) -> list[str]:
    """The rows of the list, without their heading and the empty ones below."""
    return [row for row in pane.rows.plain.split("\n") if row.strip() and "severity" not in row]


def board(pane: AlarmsPane) -> list[str]:
    """The rows of the board, without its heading."""
    return [row for row in pane.rows.plain.split("\n") if row.strip() and "to its limit" not in row]


def detail(pane: AlarmsPane) -> str:
    return pane.query_one("#alarm-detail", Rows).plain


async def calm(c: Console) -> None:
    """Let all alarms return, and acknowledge them: the list is empty."""
    await c.readings(**CALM)
    waiting = [one for one in c.station.alarms.view().alarms if one.state is AlarmState.RETURNED]
    if waiting:
        assert c.station.alarms.acknowledge(waiting) is None
    await c.advance(1)


def states(c: Console) -> dict[str, AlarmState]:
    return {one.rule: one.state for one in c.station.alarms.view().alarms}


async def test_an_alarm_is_on_every_tab_at_once_and_said_in_one_message(tmp_path: Path) -> None:
    async with console(tmp_path, watchlist=Watchlist(rules=RULES)) as c:
        assert strip(c) == ""
        await c.readings(**HOT)
        assert "2 alarms, worst CRITICAL" in " ".join(c.messages)
        assert len(c.messages) == 1
        for key in "123456":
            await c.press(key)
            assert strip(c).startswith(
                " ▲▲ CRITICAL  Test part is +84.0 °C, above +60.0 °C.  UNACK <1m · 2 more"
            )
        await c.readings(**CALM)
        assert "RETURNED" in strip(c)


async def test_what_is_watched_and_by_which_limits(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path, hot=False) as (c, pane):
        # The quiet list is a board of what is watched, with the last alarms below.
        assert [row.split()[1] for row in board(pane)] == ["part", "shroud", "setpoint"]
        assert "39.5 K" in board(pane)[0]
        assert "None that is" in detail(pane)
        await c.press("v")
        assert len(rows(pane)) == 4
        assert "OFF" in next(row for row in rows(pane) if "Plate" in row or "plate" in row)
        await c.press("v")
        assert rows(pane) == [empty_words(AlarmsView(), "shelved", {})]
        await c.press("escape")
        assert "39.5 K" in board(pane)[0]
        # Nothing waits to be acknowledged or unshelved.
        await c.press(*"aAU")
        assert len(c.app.screen_stack) == 1
        assert set(states(c).values()) == {AlarmState.NORMAL}
        # A rule's detail is opened from the board.
        await c.press("enter")
        assert "Test part above" in detail(pane)
        await c.press("escape")
        # The set of limits is chosen and given back.
        await c.pilot.press("L", "A", "L")
        await c.settle()
        assert isinstance(c.app.screen, ChooseDialog)
        assert len(c.app.screen_stack) == 2
        await c.press("end", "enter")
        assert "Limits: tvac, chosen by ada@lab." in pane.query_one("#alarm-head", LinesWidget).plain
        await c.press("L")
        assert c.app.screen.query_one(OptionList).highlighted == 3
        await c.press("home", "enter")
        assert "by the pressure" in pane.query_one("#alarm-head", LinesWidget).plain
        # The cursor follows its alarm when a worse one comes.
        await c.readings(**{**HOT, "part": 20.0})
        assert pane.chosen is not None
        assert pane.chosen.rule == "shroud hot"
        await c.readings(**HOT)
        assert "CRITICAL" in rows(pane)[0]
        assert pane.chosen.rule == "shroud hot"
        await c.press("a")
        assert states(c)["part hot"] is AlarmState.UNACKNOWLEDGED


async def test_the_chosen_alarm_is_acknowledged_and_nothing_else(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path) as (c, pane):
        # The list is worst first and the detail follows the cursor or takes the tab.
        assert [row.split()[1] for row in rows(pane)] == ["CRITICAL", "HIGH", "LOW"]
        assert "To do     Press !." in detail(pane)
        await c.press("down")
        assert "Shroud is +70.0 °C" in detail(pane)
        assert "not acknowledged" in str(pane.rows.border_title)
        assert "Limits:" in pane.query_one("#alarm-head", LinesWidget).plain
        await c.press("enter")
        assert not pane.rows.display
        assert pane.query_one("#alarm-detail").has_focus
        await c.press("escape")
        assert pane.rows.has_focus
        # A acknowledges the chosen one and nothing else.
        await c.press("home")
        await c.press("down", "a")
        assert states(c)["shroud hot"] is AlarmState.ACKNOWLEDGED
        assert states(c)["part hot"] is AlarmState.UNACKNOWLEDGED
        assert "by ada@lab" in detail(pane)
        await c.press("a")
        assert "is ACKED: there is nothing to acknowledge." in c.messages[-1]
        assert c.link.emitted == []
        # Keys typed without a pause mean the row under the cursor.
        await calm(c)
        await c.readings(**HOT)
        await c.press("home")
        await c.pilot.press("down", "down", "a")
        await c.settle()
        assert states(c)["setpoint high"] is AlarmState.ACKNOWLEDGED
        assert states(c)["part hot"] is states(c)["shroud hot"] is AlarmState.UNACKNOWLEDGED
        # What slides under the cursor is not acknowledged by the same key.
        await calm(c)
        await c.readings(**HOT)
        await c.press("home")
        await c.press("a")
        # It returns, which takes it from the list, just before the key is pressed once more.
        await c.readings(**{**HOT, "part": 20.0})
        assert pane.chosen is not None
        assert pane.chosen.rule == "shroud hot"
        await c.press("a")
        assert "just changed" in c.messages[-1]
        assert states(c)["shroud hot"] is AlarmState.UNACKNOWLEDGED
        await c.advance(1)
        await c.press("a")
        assert states(c)["shroud hot"] is AlarmState.ACKNOWLEDGED
        # A held key acknowledges once.
        await calm(c)
        await c.readings(**HOT)
        await c.press("home")
        await c.readings(**CALM)
        for _ in range(45):
            c.clock.advance(0.03)
            await c.pilot.press("a")
        await c.settle()
        assert list(states(c).values()).count(AlarmState.RETURNED) == 2


# -- acknowledge all ----------------------------------------------------------------------------------------


async def test_all_are_acknowledged_after_a_question_about_the_present(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path) as (c, _pane):
        # All that are listed are acknowledged after a question.
        await c.press("A")
        assert isinstance(c.app.screen, AcknowledgeDialog)
        listed = c.app.screen.query_one("#asked", LinesWidget).plain
        assert listed.count("UNACK") == 3
        await c.press("enter")
        assert AlarmState.ACKNOWLEDGED not in states(c).values()
        await c.press("A", "y")
        assert list(states(c).values()).count(AlarmState.ACKNOWLEDGED) == 3
        await c.press("A")
        assert "Nothing in this list waits" in c.messages[-1]
        # The question shows the present and goes when nothing is left.
        await calm(c)
        await c.readings(**HOT)
        await c.press("A")
        await c.lose()
        assert isinstance(c.app.screen, AcknowledgeDialog)
        await c.online()
        await c.readings(**CALM)
        assert c.app.screen.query_one("#asked", LinesWidget).plain.count("RETURNED") == 3
        assert c.station.alarms.acknowledge(c.station.alarms.view().alarms) is None
        await c.settle()
        assert not isinstance(c.app.screen, AcknowledgeDialog)
        assert any("None of them waits" in message for message in c.messages)
        # What came while the question was open is not acknowledged.
        await calm(c)
        await c.readings(**{**CALM, "shroud": 70.0, "setpoint": 65.0})
        await c.press("A")
        # One more comes, and one that is listed returns and comes again.
        await c.readings(**HOT)
        seen = next(one for one in c.station.alarms.view().alarms if one.rule == "setpoint high")
        assert c.station.alarms.acknowledge([seen]) is None
        await c.readings(**{**HOT, "setpoint": 20.0})
        await c.readings(**HOT)
        listed = c.app.screen.query_one("#asked", LinesWidget).plain
        assert "raised again: not this one" in listed
        assert "Test part" not in listed
        await c.press("y")
        assert states(c)["shroud hot"] is AlarmState.ACKNOWLEDGED
        assert states(c)["setpoint high"] is AlarmState.UNACKNOWLEDGED
        assert states(c)["part hot"] is AlarmState.UNACKNOWLEDGED


# -- shelving -----------------------------------------------------------------------------------------------


async def test_an_alarm_is_put_away_for_a_reason_and_for_a_time(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path) as (c, pane):
        # The shelf can be emptied by hand.
        await c.press("U")
        assert "is not shelved" in c.messages[-1]
        await c.press("s")
        await c.type("known")
        await c.press("enter", "v", "v", "U")
        assert states(c)["part hot"] is AlarmState.UNACKNOWLEDGED
        # Out of service wants a reason and x puts it back.
        await c.press("escape")
        await c.advance(2)
        await c.press("x", "enter")
        assert isinstance(c.app.screen, AskDialog)
        await c.press("escape")
        assert states(c)["part hot"] is AlarmState.UNACKNOWLEDGED
        await c.press("x")
        await c.type("sensor broken")
        await c.press("enter")
        assert states(c)["part hot"] is AlarmState.OUT_OF_SERVICE
        await c.advance(2)
        await c.press("v", "v", "x")
        assert states(c)["part hot"] is not AlarmState.OUT_OF_SERVICE
        # Shelving needs a reason, and ends when its time is over.
        await c.press("escape")
        await c.advance(2)
        await c.press("s")
        assert isinstance(c.app.screen, ShelveDialog)
        await c.press("enter")
        assert c.app.screen.query_one("#wrong").display
        await c.press("up", "left", "left")
        await c.press("enter")
        await c.type("sensor is known")
        await c.press("enter")
        assert states(c)["part hot"] is AlarmState.SHELVED
        assert "CRITICAL" not in strip(c)
        await c.press("v", "v")
        assert "Shelved   by ada@lab until" in detail(pane)
        assert "sensor is known" in detail(pane)
        await c.advance(899)
        assert states(c)["part hot"] is AlarmState.SHELVED
        await c.readings(**HOT, seconds=4)
        assert states(c)["part hot"] is AlarmState.UNACKNOWLEDGED


# -- around it ----------------------------------------------------------------------------------------------


async def test_a_held_picture_holds_no_alarm_back_and_observe_no_acknowledgement(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path, hot=False, observe=True) as (c, pane):
        await c.press("p")
        await c.readings(**HOT)
        assert "CRITICAL" in strip(c)
        assert len(rows(pane)) == 3
        await c.press("a")
        assert "ACKED" in rows(pane)[0]


async def test_the_small_notice_and_the_trend_show_alarms(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path, size=(120, 36)) as (c, _pane):
        await c.press("1")
        await c.readings(**HOT, seconds=30)
        picture = "\n".join(row.text for row in c.app.screen.query_one(TrendChart).picture)
        assert "◈ alarm" in picture
        await c.pilot.resize_terminal(40, 10)
        await c.settle()
        assert strip(c) == ""
        notice = c.app.screen.query_one(SmallNotice)
        assert "▲▲ CRITICAL UNACK 3 alarms stand" in notice.plain
        assert len(notice.lines) <= notice.size.height


@pytest.mark.parametrize("size", [(60, 16), (80, 23), (120, 36)])
async def test_the_board_never_shows_old_values_as_live(tmp_path: Path, size: tuple[int, int]) -> None:
    async with alarms_tab(tmp_path, hot=False, size=size) as (c, pane):
        assert len(board(pane)) >= 3
        assert "+20.5 °C" in board(pane)[0]
        assert "░" in board(pane)[0]
        await c.lose()
        await c.advance(1)
        for row in board(pane):
            assert "not known" in row
            assert not set("█░") & set(row)
        assert pane.region.contains_region(pane.query_one("#alarm-detail").region)


async def test_the_history_has_every_change_and_the_title_of_the_tab_how_many_wait(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path, size=(60, 16)) as (c, pane):
        assert "5 Alarms ●3" in c.frame.query_one(TabBar).plain
        await c.press("home", "a")
        await calm(c)
        assert "●" not in c.frame.query_one(TabBar).plain
        assert "Shroud is +70.0 °C" in detail(pane)
        await c.press("H")
        assert isinstance(c.app.screen, AlarmHistoryDialog)
        changes = c.app.screen.query_one("#changes", Rows)
        assert changes.count == len(c.station.alarms.history()) >= 8
        await c.press("end")
        shown = c.app.screen.query_one("#change", Rows).plain
        assert "raised" in shown
        await c.press("escape")
        assert len(c.app.screen_stack) == 1


async def test_a_shelved_alarm_of_high_severity_is_in_the_trust_bar(tmp_path: Path) -> None:
    async with alarms_tab(tmp_path) as (c, _pane):
        assert c.station.alarms.shelve("setpoint high", 900, "known") is None
        await c.advance(1)
        assert "shelved" not in c.frame.query_one(TrustBar).plain
        assert c.station.alarms.shelve("part hot", 900, "known") is None
        await c.advance(1)
        assert "1 CRITICAL shelved" in c.frame.query_one(TrustBar).plain


async def test_why_the_link_is_impaired_is_not_said_twice(tmp_path: Path) -> None:
    rules = (StaleRule(name="data stopped", severity="high", on_delay=5.0),)
    async with console(tmp_path, watchlist=Watchlist(rules=rules)) as c:
        await c.readings(seconds=8)
        await c.advance(4)
        bar = c.frame.query_one(LinkBar)
        why = bar.plain.strip(" ⚠")
        assert bar.display
        assert not strip(c)
        await c.advance(3)
        await c.advance(6)
        assert why in strip(c)
        assert not bar.display
        c.station.alarms.acknowledge(c.station.alarms.view().unresolved)
        await c.settle()
        # What was acknowledged is dim, so that the reason is shown again.
        assert bar.display
