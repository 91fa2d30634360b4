"""The Controls tab: what it lists, what it lets through, and what it keeps."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input

from tests.helpers.console import URL, Console, console, drawn, of_the_simulator
from tests.ui.test_stop import choose
from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.config import Display, Profile
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.ui.dialogs.base import Entries
from xovac_tui.ui.dialogs.confirm import ConfirmDialog
from xovac_tui.ui.dialogs.facts import FactsView
from xovac_tui.ui.screens.controls.command_lists import (
    KEEP,
    CommandGroup,
    ContractCommands,
    LedgerList,
    group_of,
    grouped,
)
from xovac_tui.ui.screens.controls.entry import EntryDialog
from xovac_tui.ui.screens.controls.form import FieldRow, FormDialog
from xovac_tui.ui.screens.controls.pane import ControlsPane
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.message_line import MessageLine

EXPERT = Profile(url=URL, expert=True)
SETTLE = 0.25


def listed(c: Console) -> dict[str, str]:
    """Return the list's lines by the first words of each."""
    lines = c.app.query_one(ContractCommands).plain.split("\n")
    return {line[11:36].strip(): line for line in lines}


def entries(c: Console) -> list[str]:
    return c.app.query_one(LedgerList).plain.split("\n")


async def send(c: Console, command: str, **values: object) -> asyncio.Task[LedgerEntry]:
    """Send a command, as any other part of the program would, and leave it waiting."""
    task = asyncio.create_task(c.station.send(command, values or None))
    await c.settle()
    return task


# -- the list ---------------------------------------------------------------------------------------


async def test_the_list_says_what_each_command_does_and_how_it_went(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        # Every command is listed with hazard and origin in words.
        await c.until(lambda: len(listed(c)) == len(c.station.contract.commands))
        lines = listed(c)
        assert "confirm" in lines["Cancel the running recipe"]
        assert "documented" in lines["Cancel the running recipe"]
        assert "⚠ critical" in lines["Vent chamber"]
        assert "assumed" in lines["Vent chamber"]
        assert "Any event (expert)" not in lines
        # It says what the chosen command does.
        about = c.app.query_one("#about", LinesWidget)
        assert "cancel_recipe" in about.plain
        await c.press("j")
        assert "load_recipe (name, recipe)" in about.plain
        assert "documented: XO-VAC+ API manual" in about.plain
        await c.press("up")
        assert "Asks the chamber to cancel its recipe." in about.plain
        # The last outcome stands behind its command.
        await send(c, "set_pump", on=True)
        assert "waiting" in listed(c)["Vacuum pump"]
        c.link.answer("set_pump", "warning", "no")
        await c.settle()
        assert "⚠ warning" in listed(c)["Vacuum pump"]
        assert "—" in listed(c)["Start recipe"]
        # A command in flight dims itself alone.
        await send(c, "start_recipe")
        dim = {
            line[3][0].strip(): line[3][1] == "$no-data"
            for line in c.app.query_one(ContractCommands).lines[1:]
        }
        assert dim["Start recipe"]
        assert not dim["Vent chamber"]
        # Enter opens the form or the question.
        sent = list(c.link.emitted)
        await choose(c, "vent")
        assert isinstance(c.app.screen, FormDialog)
        await c.press("escape")
        await choose(c, "cancel_recipe")
        assert isinstance(c.app.screen, ConfirmDialog)
        await c.press("escape")
        await choose(c, "sync_xovac_time")
        assert isinstance(c.app.screen, ConfirmDialog), "nothing can be typed: no form"
        assert c.link.emitted == sent


async def test_a_wide_ledger_shows_outcomes_as_they_come_and_payloads_literally(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls", size=(120, 36)) as c:
        # A wide terminal shows what each command does in the list.
        assert "Asks the chamber to cancel" in c.app.query_one(ContractCommands).plain
        # Outcomes are reported as they come newest on top.
        await c.readings("running")
        await send(c, "cancel_recipe")
        c.clock.advance(0.2)
        c.link.answer("cancel_recipe")
        c.link.answer("cancel_recipe")
        await c.readings("idle")
        await send(c, "start_recipe")
        await c.advance(11)
        first, second, *_ = entries(c)
        assert first.split()[3:6] == ["start_recipe", "unknown", "11s"]
        assert second.split()[2:7] == ["cancel_recipe", "success", "▸", "confirmed", "0.2s"]
        assert "(×2 answers)" in second
        c.clock.advance(3)
        c.link.answer("start_recipe", "error", "[b]too late[/b]")
        await c.settle()
        assert "unknown ▸ late error" in entries(c)[0]
        assert "[b]too late[/b]" in entries(c)[0]
        # A payload is shown literally.
        name = "[red]x[/red]\x1b[2J"
        await send(c, "load_recipe", name=name, recipe=[[1, 2, 0]])
        assert "[red]x[/red]" in entries(c)[0]
        assert "\x1b" not in c.app.query_one(LedgerList).plain
        assert json.loads(c.link.emitted[-1][1])["name"] == name


@pytest.mark.parametrize(
    ("happen", "refusal"),
    [
        ("lost", Refusal(RefusalCode.NO_LINK, STOP_COMMAND, link=LinkWord.LOST)),
        ("stale", Refusal(RefusalCode.STALE, STOP_COMMAND, stop=True)),
        ("observe", Refusal(RefusalCode.OBSERVED, STOP_COMMAND)),
    ],
)
async def test_while_nothing_can_be_sent_it_says_why_and_opens_nothing(
    tmp_path: Path, happen: str, refusal: Refusal
) -> None:
    async with console(tmp_path, tab="controls", size=(120, 36)) as c:
        if happen == "lost":
            await c.lose()
        elif happen == "stale":
            await c.go_stale()
        else:
            await c.press("o")
        assert refusal.before in " ".join(c.app.query_one("#about", LinesWidget).plain.split())
        styles = {style for line in c.app.query_one(ContractCommands).lines[1:] for _, style in line}
        assert "bold" not in styles, "all are dimmed"
        await c.press("enter")
        await c.until(lambda: any(refusal.before in message for message in c.messages))
        assert len(c.app.screen_stack) == 1
        assert c.link.emitted == []


async def test_one_click_chooses_a_second_one_or_a_double_stroke_opens_one_dialog(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        # A click chooses and a second one opens.
        commands = c.app.query_one(ContractCommands)
        await c.pilot.click(ContractCommands, offset=(5, 2))
        assert commands.chosen is not None
        assert commands.chosen.event == "start_recipe"
        assert len(c.app.screen_stack) == 1
        await asyncio.sleep(0.6)  # longer than a double click
        await c.pilot.click(ContractCommands, offset=(5, 2))
        await c.until(lambda: isinstance(c.app.screen, ConfirmDialog))
        assert c.link.emitted == []
        # A double stroke opens one dialog.
        await c.press("escape")
        await c.pilot.press("enter", "enter")
        await asyncio.sleep(SETTLE)
        await c.settle()
        assert len(c.app.screen_stack) <= 2
        assert c.link.emitted == []
        # Any event is refused where the profile does not allow it.
        await c.press("escape")
        assert len(c.app.screen_stack) == 1
        await c.press("x")
        assert any("expert = true" in message for message in c.messages)
        assert len(c.app.screen_stack) == 1


# -- the expert's line ------------------------------------------------------------------------------


async def test_in_a_form_that_scrolls_up_and_down_go_from_field_to_field(tmp_path: Path) -> None:
    profile = Profile(url=URL, contracts=("simulator",), expert=True)
    async with console(tmp_path, size=(60, 16), tab="controls", profile=profile) as c:
        await choose(c, "simulator_fault")
        form = c.app.screen
        assert isinstance(form, FormDialog)
        assert form.query_one(Entries).allow_vertical_scroll
        order = [row.query("Input, Selector").first() for row in form.query(FieldRow)]
        assert form.focused is order[0]
        for key, field in (("down", order[1]), ("down", order[2]), ("up", order[1]), ("up", order[0])):
            await c.press(key)
            assert form.focused is field
        assert c.link.emitted == []


async def test_any_event_is_sent_as_typed_after_the_name(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls", profile=EXPERT) as c:
        # An unprintable event is refused in the form.
        await c.press("x")
        await c.until(lambda: isinstance(c.app.screen, FormDialog) and c.app.screen.focused)
        dialog = c.app.screen
        assert isinstance(dialog, FormDialog)
        dialog.query(Input).first().value = "a\u202eb"
        await c.settle()
        await c.press("enter")
        await asyncio.sleep(SETTLE)
        assert c.app.screen is dialog
        assert "not printable" in str(dialog.query_one(".said").render())
        # Any event is sent as typed after the name.
        await c.press("escape")
        await c.press("x")
        await c.until(lambda: isinstance(c.app.screen, FormDialog) and c.app.screen.focused)
        event, payload = c.app.screen.query(Input)
        event.value, payload.value = "door", '{"open":   NaN}'
        await c.settle()
        await c.press("enter")
        await asyncio.sleep(SETTLE)
        assert isinstance(c.app.screen, FormDialog), "NaN is not JSON"
        payload.value = '{"open":   1}'
        await c.settle()
        await c.press("enter")
        await c.until(lambda: [v for v in c.app.screen.query(FactsView) if v.facts])
        question = c.app.screen
        assert isinstance(question, ConfirmDialog)
        assert question.critical
        question.query_one("#name", Input).value = "bench-1"
        question.query_one("#name").focus()
        await c.press("enter")
        await c.until(lambda: c.link.emitted)
        assert c.link.emitted == [("door", '{"open":   1}')]
        await c.settle()
        assert c.ledger[-1].outcome is Outcome.DONE


# -- the ledger -------------------------------------------------------------------------------------


async def test_an_unknown_outcome_stays_until_it_is_dismissed(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await send(c, "start_recipe")
        await c.lose()
        await c.online()
        await c.readings()
        await send(c, "set_pump", on=True)
        c.link.answer("set_pump")
        await c.settle()
        assert "1 UNKNOWN" in str(c.app.query_one("#ledger-box").border_title)
        assert "UNKNOWN (u: seen)" in c.app.query_one(MessageLine).plain
        await c.press("u")
        assert "UNKNOWN" not in str(c.app.query_one("#ledger-box").border_title)
        assert "UNKNOWN" not in c.app.query_one(MessageLine).plain
        assert "unknown" in "".join(entries(c)), "it is still in the ledger"


async def test_the_ledger_shows_entries_in_full_and_keeps_its_cursor(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # What was sent before the tab was shown is there.
        await send(c, "set_pump", on=True)
        await c.press("2")
        assert "set_pump" in entries(c)[0]
        # Enter shows the entry in full.
        c.link.answer("set_pump")
        await c.station.send("no_such_command")
        await c.settle()
        await c.press("tab", "enter")
        await c.until(lambda: isinstance(c.app.screen, EntryDialog))
        await c.settle()
        text = c.app.screen.query_one(FactsView).plain
        assert "refused" in text
        assert "no command" in text
        assert "not sent" in text
        await c.press("escape")
        assert len(c.app.screen_stack) == 1
        # The cursor stays on its entry when others come.
        for number in range(12):
            await c.station.send(f"nothing_{number}")
        await c.settle()
        ledger = c.app.query_one(LedgerList)
        ledger.focus()
        await c.press("down", "down")
        assert ledger.chosen is not None
        chosen = ledger.chosen.id
        await c.station.send("one_more")
        await c.settle()
        assert ledger.chosen.id == chosen
        await c.press("end")
        assert ledger.chosen.command == "set_pump"
        assert "set_pump" in entries(c)[-1]
        await c.press("home")
        assert ledger.chosen.command == "one_more"
        # An entry of another day carries its date.
        await c.station.send("old_one")
        await c.settle()
        assert "09-21" not in entries(c)[0]
        await c.advance(86_400)
        assert "09-21" in entries(c)[0]


async def test_the_history_is_bounded_and_says_what_was_dropped(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        first = await c.station.send("first")
        ledger = c.app.query_one(LedgerList)
        many = [msgspec.structs.replace(first, id=first.id + n) for n in range(1, KEEP + 5)]
        ledger.show(many, utc=0.0, mono=0.0)
        assert len(ledger.entries) == KEEP
        assert ledger.dropped == 5
        await c.settle()  # brings back the first one: the station still has it
        assert f"{ledger.dropped} older dropped" in str(c.app.query_one("#ledger-box").border_title)


@pytest.mark.parametrize("size", [(60, 16), (80, 23), (80, 24), (120, 36)])
async def test_why_nothing_can_be_sent_is_never_cut_without_a_sign(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(tmp_path, tab="controls", size=size) as c:
        await c.lose()
        refusal = c.station.blocked(STOP_COMMAND)
        assert refusal is not None
        about = c.app.query_one("#about", LinesWidget)
        assert " ".join(about.plain.split()) == refusal.before
        assert about.content_region.height >= len(about.lines)


def test_commands_are_grouped_by_what_they_are_about() -> None:
    contract = of_the_simulator()
    groups = [group_of(one, contract.start) for one in grouped(contract.commands.values(), contract)]
    assert groups == sorted(groups, key=list(CommandGroup).index)
    assert {one.event for one in contract.commands.values() if group_of(one, contract.start) == "Run"} == {
        "load_recipe",
        STOP_COMMAND,
        contract.start,
    }
    assert group_of(contract.commands["vent"], contract.start) is CommandGroup.DANGER


# -- looks ------------------------------------------------------------------------------------------


async def test_lines_fit_and_both_lists_have_room(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls", profile=EXPERT) as c:
        pane = c.app.query_one(ControlsPane)
        commands, ledger = c.app.query_one(ContractCommands), c.app.query_one(LedgerList)
        for size in ((80, 24), (100, 30), (120, 36), (200, 60)):
            await c.pilot.resize_terminal(*size)
            await c.until(lambda: commands.size.height == len(pane.commands))
            await c.settle()
            assert ledger.size.height >= 4, size
            assert pane.region.contains_region(ledger.region), size


async def test_ascii_mode_draws_ascii_alone(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls", display=Display(ascii=True, time="utc")) as c:
        await send(c, "set_pump", on=True)
        c.link.answer("set_pump", "warning", "no")
        await c.settle()
        await choose(c, "vent")
        await c.press("enter")
        await c.until(lambda: [v for v in c.app.screen.query(FactsView) if v.facts])
        await c.settle()
        assert {char for row in drawn(c.app.screen) for char in row if not char.isascii()} == set()
