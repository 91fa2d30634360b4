"""STOP with real keys: above every dialog and field, in every mode, and never by a slip."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from tests.helpers.console import URL, Console, console, forget_said
from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.config import Profile
from xovac_tui.station.refusal import Refusal, RefusalCode
from xovac_tui.ui.dialogs.all_messages import HistoryDialog
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.confirm import ConfirmDialog
from xovac_tui.ui.dialogs.help import HelpDialog
from xovac_tui.ui.dialogs.palette import PaletteDialog, PaletteRows
from xovac_tui.ui.dialogs.quit import QuitDialog
from xovac_tui.ui.frame.bars import KeyBar
from xovac_tui.ui.screens.controls.command_lists import ContractCommands
from xovac_tui.ui.screens.controls.entry import EntryDialog
from xovac_tui.ui.screens.controls.form import FormDialog
from xovac_tui.ui.widgets.stopbar import StopBar, armed_words

STOPPED = [("cancel_recipe", "")]
LOST_STRIP = Refusal(RefusalCode.NO_LINK, STOP_COMMAND, link=LinkWord.LOST).strip("o")
OBSERVED_STRIP = Refusal(RefusalCode.OBSERVED, STOP_COMMAND).strip("o")


def strip(c: Console) -> str:
    """What the bottom row of the topmost screen says of STOP."""
    bar = c.app.screen.query_one(StopBar)
    footer = list(c.app.screen.query(KeyBar))
    shown = bar if bar.display else footer[0]
    assert shown.region.bottom == c.app.size.height
    assert not (footer and bar.display and footer[0].display)
    return shown.plain.strip()


async def choose(c: Console, event: str) -> None:
    """Put the cursor of Controls on a command and open it."""
    commands = c.app.query_one(ContractCommands)
    commands.focus()
    await c.press("home")
    while commands.chosen is not None and commands.chosen.event != event:
        commands.action_move(1)
    await c.press("enter")
    await c.until(lambda: len(c.app.screen_stack) > 1)
    await c.settle()


async def open_form(c: Console) -> None:
    await choose(c, "vent")


async def open_confirm(c: Console) -> None:
    await choose(c, "start_recipe")


async def open_critical(c: Console) -> None:
    await choose(c, "vent")
    await c.press("enter")
    await c.until(lambda: isinstance(c.app.screen, ConfirmDialog) and c.app.screen.focused)
    c.app.screen.query_one("#name").focus()
    await c.type("bench")


async def open_entry(c: Console) -> None:
    await c.station.send("no_such_command")
    await c.settle()
    await c.press("tab", "enter")


async def open_quit(c: Console) -> None:
    await c.readings("running")
    await c.press("q")


def by_key(key: str) -> Callable[[Console], Awaitable[None]]:
    async def press(c: Console) -> None:
        await c.press(key)

    return press


DIALOGS: dict[type, Callable[[Console], Awaitable[None]]] = {
    FormDialog: open_form,
    ConfirmDialog: open_confirm,
    EntryDialog: open_entry,
    QuitDialog: open_quit,
    AskDialog: by_key("n"),
    ChooseDialog: by_key("t"),
    HelpDialog: by_key("question_mark"),
    PaletteDialog: by_key("colon"),
}


async def opened(c: Console, dialog: type) -> None:
    await DIALOGS[dialog](c)
    await c.until(lambda: isinstance(c.app.screen, dialog) and c.app.screen.query(StopBar))
    await c.until(lambda: c.app.screen.query_one(StopBar).region)


async def answered(c: Console) -> None:
    """Let the chamber answer STOP: it can be sent again."""
    c.link.answer("cancel_recipe")
    await c.readings()
    await c.advance(5)
    c.link.emitted.clear()


async def test_two_strokes_send_cancel_on_every_tab_on_stale_data_and_a_held_picture(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        for tab in ("status", "controls", "recipes", "log"):
            await c.frame.show_tab(tab)
            await c.press("exclamation_mark")
            assert c.link.emitted == []
            assert "STOP armed" in strip(c)
            await c.press_stop_again()
            assert c.link.emitted == STOPPED, tab
            assert c.ledger[-1].stop
            assert c.ledger[-1].outcome is Outcome.SENT
            await answered(c)
        await c.press("p")
        await c.press_stop()
        assert c.link.emitted == STOPPED
        await answered(c)
        await c.go_stale()
        assert c.word is LinkWord.STALE
        await c.press_stop()
        assert c.link.emitted == STOPPED


async def test_stop_works_above_every_dialog(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        # The question of leaving comes last: the keys after STOP end the console.
        for dialog in sorted(DIALOGS, key=lambda one: one is QuitDialog):
            await opened(c, dialog)
            in_field = c.app.stopping.field is not None
            assert strip(c).startswith("STOP: esc ! !" if in_field else "! ! STOP")
            if in_field:
                await c.press("exclamation_mark", "exclamation_mark")
                assert strip(c).startswith("STOP: esc ! !  To stop the recipe: esc, then ! !")
                await c.press("escape")
            await c.press("exclamation_mark")
            assert "STOP armed" in strip(c)
            await c.press_stop_again()
            assert c.link.emitted == STOPPED, dialog
            # What was asked about is no longer so: nothing else can follow from the keys that come next.
            await c.press("y", "enter")
            await asyncio.sleep(0.3)
            await c.settle()
            assert c.link.emitted == STOPPED, dialog
            if dialog is not QuitDialog:
                while len(c.app.screen_stack) > 1:
                    await c.press("escape")
                await answered(c)


@pytest.mark.parametrize(("dialog", "button"), [(FormDialog, "#go"), (ConfirmDialog, "#keep")])
async def test_a_question_about_a_command_goes_when_stop_is_sent(
    tmp_path: Path, dialog: type, button: str
) -> None:
    async with console(tmp_path, tab="controls") as c:
        await opened(c, dialog)
        c.app.screen.query_one(button).focus()
        await c.press_stop()
        await c.until(lambda: len(c.app.screen_stack) == 1)
        assert any("STOP was sent" in message for message in c.messages)
        assert c.link.emitted == STOPPED


async def open_filter(c: Console) -> None:
    await c.frame.show_tab("log")
    await c.press("slash")


async def open_palette(c: Console) -> None:
    await c.app.run_action("command_palette")
    await c.until(lambda: isinstance(c.app.screen, PaletteDialog) and c.app.screen.query(StopBar))


async def open_help(c: Console) -> None:
    await c.app.run_action("help")
    await c.until(lambda: isinstance(c.app.screen, HelpDialog) and c.app.screen.query(StopBar))


async def open_messages(c: Console) -> None:
    await open_palette(c)
    await c.type("messages")
    await c.until(lambda: c.app.screen.query_one(PaletteRows).found)
    await c.press("enter")
    await c.until(lambda: isinstance(c.app.screen, HistoryDialog) and c.app.screen.query(StopBar))


async def find_messages(c: Console) -> None:
    await open_messages(c)
    await c.press("slash")


STACKS: dict[str, tuple[int, int, tuple[Callable[[Console], Awaitable[None]], ...]]] = {
    "filter": (1, 1, (open_filter,)),
    "palette": (1, 1, (open_palette,)),
    "palette above a filter": (2, 2, (open_filter, open_palette)),
    "help above a filter": (2, 2, (open_filter, open_help)),
    "messages": (0, 1, (open_messages,)),
    "messages above a filter": (0, 2, (open_filter, open_messages)),
    "search of messages": (1, 2, (find_messages,)),
    "search of messages above a filter": (1, 3, (open_filter, find_messages)),
}
"""Stacks of fields and dialogs, with the strokes of `esc` out of the fields and back to the tabs."""


@pytest.mark.parametrize("stack", STACKS)
async def test_the_strip_counts_the_strokes_that_it_really_takes(tmp_path: Path, stack: str) -> None:
    out, home, parts = STACKS[stack]
    async with console(tmp_path) as c:
        for part in parts:
            await part(c)
            await c.settle()
        assert strip(c).startswith(f"STOP: {'esc ' * out}! !" if out else "! ! STOP")
        await c.app.run_action("everywhere.observe")
        await c.until(lambda: c.station.observe)
        await c.settle()
        back = " ".join(["esc"] * home)
        assert strip(c).startswith(f"! ! STOP {back}, o: take control")
        for count in range(home):
            assert count > out or (c.app.stopping.field is None) is (count == out), count
            await c.press("escape")
        assert c.app.stopping.field is None
        assert len(c.app.screen_stack) == 1


async def test_in_a_field_it_is_text_and_arms_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await open_critical(c)
        await c.press("exclamation_mark", "exclamation_mark", "x")
        assert c.app.screen.query_one("#name", Input).value == "bench!!x"
        assert not c.app.stopping.switch.armed
        await c.press("enter")
        await asyncio.sleep(0.3)
        assert c.link.emitted == []


async def test_in_a_field_it_is_text_and_esc_leads_out(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # The hint of a field goes after three seconds and with the field.
        await c.press("n", "exclamation_mark", "exclamation_mark")
        assert "esc, then" in strip(c)
        c.clock.advance(3.1)
        await c.until(lambda: "esc, then" not in strip(c))
        assert strip(c).startswith("STOP: esc ! !")
        await c.press("exclamation_mark", "exclamation_mark", "escape")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        assert strip(c).startswith("! ! STOP")
        assert "esc" not in strip(c)
        # Esc and a stroke in one read leave the field and arm.
        await c.advance(5)
        await c.press("n")
        assert isinstance(c.app.screen, AskDialog)
        c.clock.advance(0.2)
        for key in (events.Key("escape", "\x1b"), events.Key("exclamation_mark", "!")):
            c.app.post_message(key)
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        assert c.app.stopping.switch.armed
        assert c.link.emitted == []
        await c.press_stop_again()
        assert c.link.emitted == STOPPED


async def test_a_held_key_a_paste_and_other_keys_never_send(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # Any other key drops it and does nothing else.
        for key in ("x", "enter", "escape", "y", "q", "space", "2", "ctrl+c", "tab", "colon"):
            forget_said(c.app)
            await c.press("exclamation_mark", key)
            assert not c.app.stopping.switch.armed
            assert c.frame.active_tab == "status"
            assert len(c.app.screen_stack) == 1
            assert any("dropped" in message for message in c.messages), key
        # Enter is the key of the reading again.
        await c.press("enter", "escape")
        assert len(c.app.screen_stack) == 1
        assert c.link.emitted == []
        assert c.ledger == ()
        # It is dropped when no second key comes.
        forget_said(c.app)
        await c.press("exclamation_mark")
        c.clock.advance(3.1)
        await c.until(lambda: not c.app.stopping.switch.armed)
        await c.until(lambda: any("no second key within 3 s" in message for message in c.messages))
        await c.press("enter", "escape")
        assert c.link.emitted == []
        assert not c.app.query_one(StopBar).has_class("-armed")
        # A paste is no stroke and drops an armed stop.
        await c.advance(5)
        for text in ("!", "!", "replaced!\n"):
            c.app.post_message(events.Paste(text))
            await c.advance(0.5)
        assert not c.app.stopping.switch.armed
        await c.press("exclamation_mark")
        c.app.post_message(events.Paste("!"))
        await c.settle()
        assert not c.app.stopping.switch.armed
        assert c.link.emitted == []
        # A held key never sends.
        await c.advance(5)
        await c.press("exclamation_mark")
        c.clock.advance(0.5)
        for _ in range(20):
            await c.pilot.press("exclamation_mark")
            c.clock.advance(0.033)
        await asyncio.sleep(0.3)
        assert c.link.emitted == []
        assert strip(c) == "Not sent: press ! again"


async def test_strokes_in_one_read_do_not_ask_for_another_that_would_be_refused(tmp_path: Path) -> None:
    """A link that stalls delivers them so."""

    async def burst() -> None:
        for _ in range(2):
            key = events.Key("exclamation_mark", "!")
            key.time = c.clock.mono()
            c.app.post_message(key)
        await c.settle()

    async with console(tmp_path) as c:
        await burst()
        assert strip(c) == "Not sent: press ! again"
        await c.press("o")
        assert strip(c).startswith("! ! STOP o: take control")
        await c.advance(5)
        await burst()
        assert strip(c) == OBSERVED_STRIP
        assert c.link.emitted == []


async def test_in_observe_it_is_refused_and_the_next_key_does_what_it_says(tmp_path: Path) -> None:
    async with console(tmp_path, observe=True) as c:
        # A stop that was refused twice is in the ledger.
        await c.press("exclamation_mark")
        assert list(c.ledger) == []
        await c.press("exclamation_mark")
        assert c.link.emitted == []
        assert c.ledger[-1].outcome is Outcome.REFUSED
        assert c.ledger[-1].stop
        assert "only observes" in c.ledger[-1].reason
        assert any("only observes" in message for message in c.messages)
        # In observe it is refused and the next key does what it says.
        await c.advance(5)
        assert strip(c).startswith("! ! STOP o: take control")
        assert ("! ! STOP", "strike $no-data") in c.app.query_one(KeyBar).lines[0]
        await c.press("exclamation_mark")
        assert strip(c) == OBSERVED_STRIP
        assert not c.app.stopping.switch.armed
        await c.press("o")
        assert not c.station.observe
        # Nor does it go on saying "press o", which would now give control away.
        assert strip(c).startswith("! ! STOP ?")
        assert ("! ! STOP", "bold $bad") in c.app.query_one(KeyBar).lines[0]
        await c.press("exclamation_mark")
        assert "STOP armed" in strip(c)
        await c.press_stop_again()
        assert c.link.emitted == STOPPED


async def test_without_a_link_it_is_refused_said_and_not_kept(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # A link that is lost after the first stroke drops it and says so.
        await c.press("exclamation_mark")
        assert strip(c).startswith("STOP armed")
        await c.lose()
        await c.until(lambda: strip(c) == LOST_STRIP)
        await c.online()
        await c.press("exclamation_mark")
        assert strip(c).startswith("STOP armed")
        assert c.link.emitted == []
        await c.press("escape")
        await c.advance(5)
        forget_said(c.app)
        await c.lose()
        for key, tab in (("x", "status"), ("2", "controls")):
            await c.press("exclamation_mark")
            assert strip(c) == LOST_STRIP
            await c.press(key)
            assert not any("dropped" in message for message in c.messages)
            assert c.frame.active_tab == tab
            await c.advance(5)
        # On a lost link it is refused and not kept.
        await c.press_stop()
        assert c.ledger[-1].outcome is Outcome.REFUSED
        await c.online()
        await c.readings()
        assert c.link.emitted == []


async def test_two_stops_do_not_send_twice(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press_stop()
        await c.advance(1)
        await c.press_stop()
        assert c.link.emitted == STOPPED
        assert c.ledger[-1].outcome is Outcome.REFUSED
        assert "Nothing was sent twice" in c.ledger[-1].reason


async def test_it_stays_where_it_is_whatever_the_settings_say(tmp_path: Path) -> None:
    async with console(tmp_path, keys={"pause": "!"}) as c:
        assert any("STOP key" in message for message in c.messages)
        await c.press_stop()
        assert c.link.emitted == STOPPED


async def test_a_profile_that_only_observes_cannot_be_talked_into_it(tmp_path: Path) -> None:
    async with console(tmp_path, profile=Profile(url=URL, observe=True)) as c:
        await c.press("o")
        await c.press_stop()
        assert c.link.emitted == []
        assert c.ledger[-1].outcome is Outcome.REFUSED


async def test_the_palette_arms_it_and_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        # The keys are those of the tab again when the palette has gone.
        before = c.app.query_one(KeyBar).plain
        await c.press("colon")
        await c.until(lambda: isinstance(c.app.screen, PaletteDialog))
        await c.settle()
        await c.press("escape")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        assert c.app.query_one(KeyBar).plain == before
        # A stop chosen from the palette is armed by it.
        await c.press("colon")
        await c.until(lambda: isinstance(c.app.screen, PaletteDialog))
        await c.type("STOP")
        await c.press("enter")
        await c.until(lambda: c.app.stopping.switch.armed)
        await c.press_stop_again()
        assert c.link.emitted == STOPPED


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "name", ["b", "bench-1", "the-long-name-of-a-chamber-that-has-sixty-four-letters-in-all-x"]
)
def test_only_the_name_of_the_chamber_is_ever_cut(name: str, width: int) -> None:
    words = armed_words(2.4, "cancel_recipe", name, width - 2)
    assert len(words) <= width - 2
    assert words.startswith("STOP armed 3 s: ")
    assert "cancel_recipe to " in words
    assert name[:8] in words


async def test_the_loop_being_held_up_sends_nothing_of_a_held_key(tmp_path: Path) -> None:
    """The third stroke waits behind a loop that was blocked for longer than the settling time."""
    async with console(tmp_path) as c:
        await c.press("exclamation_mark", "exclamation_mark")
        assert c.app.stopping.switch.settling
        c.clock.advance(0.5)
        time.sleep(0.3)  # noqa: ASYNC251 - this is what is tested
        await asyncio.sleep(0)
        assert c.link.emitted == []
        await c.pilot.press("exclamation_mark")
        await c.settle()
        assert strip(c) == "Not sent: press ! again"
        await asyncio.sleep(0.3)
        assert c.link.emitted == []
