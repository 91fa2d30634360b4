"""Forms and questions about commands: what they say, what they let through, and what closes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len
from textual import events
from textual.command import CommandPalette
from textual.widgets import Input, Static

from tests.helpers.console import NAME, URL, Console, console
from tests.ui.test_stop import choose
from xovac_tui.api.contract import CommandSpec, Contract, FieldType, Hazard, Origin, PayloadField
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.station.commands import Prepared
from xovac_tui.ui.dialogs.confirm import ConfirmDialog, confirm_and_send, letters
from xovac_tui.ui.dialogs.facts import ORIGIN_WORDS, FactsView, wrap
from xovac_tui.ui.dialogs.guard import CommandDialog, DialogButton
from xovac_tui.ui.screens.controls.entry import EntryDialog
from xovac_tui.ui.screens.controls.fields import FieldRow
from xovac_tui.ui.screens.controls.form import FormDialog
from xovac_tui.ui.strokes import SETTLE_SECONDS
from xovac_tui.ui.widgets.selector import Selector

SETTLE = 0.25
"""Seconds (real) after which a stroke that was going to count has counted."""


async def asked(c: Console) -> ConfirmDialog:
    """Wait for the question and return it."""
    await c.until(lambda: [view for view in c.app.screen.query(FactsView) if view.facts])
    await c.settle()
    assert isinstance(c.app.screen, ConfirmDialog)
    return c.app.screen


async def question(c: Console, command: str = "start_recipe") -> ConfirmDialog:
    """Open the question about a command without fields."""
    await choose(c, command)
    return await asked(c)


async def form(c: Console, command: str) -> FormDialog:
    """Open a command's form."""
    await choose(c, command)
    await c.until(lambda: isinstance(c.app.screen, FormDialog) and c.app.screen.focused)
    assert isinstance(c.app.screen, FormDialog)
    return c.app.screen


async def critical(c: Console) -> ConfirmDialog:
    """Open the question about a command that wants the chamber's name."""
    await form(c, "vent")
    await c.press("enter")
    return await asked(c)


async def press(c: Console, *keys: str) -> None:
    """Press keys and wait until a stroke that counts has counted."""
    for key in keys:
        await c.press(key)
        await asyncio.sleep(SETTLE)
        await c.until(lambda: getattr(c.app.screen, "_settling", None) is None)
    await c.settle()


def facts(dialog: ConfirmDialog | EntryDialog) -> dict[str, str]:
    """Return what a dialog states, by label; an empty label goes on with the one before."""
    said: dict[str, str] = {}
    label = ""
    for fact in dialog.query_one(FactsView).facts:
        label = fact.label or label
        said[label] = f"{said[label]} {fact.text}" if label in said else fact.text
    return said


def focus(c: Console) -> str:
    return (c.app.screen.focused.id or "") if c.app.screen.focused else ""


def below(dialog: FormDialog, name: str) -> str:
    """Return what stands below a field."""
    row = next(row for row in dialog.query(FieldRow) if row.field.name == name)
    return str(row.query_one(".below", Static).render())


def contract_with(*specs: CommandSpec) -> Contract:
    known = load_contract((), simulator=True)
    return msgspec.structs.replace(known, commands={**known.commands, **{s.event: s for s in specs}})


SAFE = CommandSpec("blink", "Blink", hazard=Hazard.SAFE, ack="blink_ack", help="Blinks.")


# -- the question -----------------------------------------------------------------------------------


async def test_it_says_what_where_now_and_exactly_what_is_sent(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.run_state("Bakeout", 2, 5)
        said = facts(await question(c, "cancel_recipe"))
        assert said["Chamber"] == f"{NAME}  {URL}"
        assert 'RUNNING "Bakeout", step 2 of 5' in said["Now"]
        assert "ONLINE" in said["Now"]
        assert "Test part +20.5 °C" in said["Now"]
        assert "1.3e-04 mbar" in said["Now"]
        assert said["Sends"] == "cancel_recipe ''"
        assert said["Means"].startswith("The recipe stops. The chamber does not vent.")
        assert "Origin" not in said


async def test_an_assumed_command_is_said_to_be_assumed(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        said = facts(await question(c, "start_recipe"))
        assert said["Origin"] == "assumed: the device's manual does not document this command"


async def test_it_reports_the_state_of_this_moment_even_when_the_picture_is_held(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.press("p")
        dialog = await question(c)
        await c.readings("idle", part=-40.0)
        await c.until(lambda: "Test part −40.0 °C" in facts(dialog)["Now"])
        await c.readings("idle", part=12.3)
        await c.until(lambda: "Test part +12.3 °C" in facts(dialog)["Now"])


async def test_server_text_is_literal(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.run_state("[red]\x1b[31mboo[/red]")
        dialog = await question(c, "cancel_recipe")
        assert "[red]" in facts(dialog)["Now"]
        assert "\x1b" not in dialog.query_one(FactsView).plain
        assert "[red]␛[31mboo[/red]" in dialog.query_one(FactsView).plain


@pytest.mark.parametrize("keys", [["y"], ["right", "enter"], ["tab", "enter"], ["l", "enter"]])
async def test_yes_sends_once(tmp_path: Path, keys: list[str]) -> None:
    async with console(tmp_path, tab="controls") as c:
        await question(c)
        assert focus(c) == "keep"
        await press(c, *keys)
        assert c.link.emitted == [("start_recipe", "")]
        assert len(c.app.screen_stack) == 1
        assert c.ledger[-1].outcome is Outcome.SENT


@pytest.mark.parametrize("keys", [["enter"], ["escape"], ["right", "left", "enter"], ["tab", "tab", "enter"]])
async def test_no_sends_nothing(tmp_path: Path, keys: list[str]) -> None:
    async with console(tmp_path, tab="controls") as c:
        await question(c)
        await press(c, *keys)
        assert len(c.app.screen_stack) == 1
        assert c.link.emitted == []
        assert c.ledger == ()


async def test_the_pointer_can_answer(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await question(c)
        c.clock.advance(1)
        await c.pilot.click("#send")
        await c.until(lambda: c.link.emitted)
        assert c.link.emitted == [("start_recipe", "")]


async def test_the_second_half_of_a_double_click_answers_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        dialog._opened_at = c.clock.mono()
        await c.pilot.click("#send")
        await asyncio.sleep(SETTLE)
        assert c.link.emitted == []
        assert c.app.screen is dialog


@pytest.fixture
def long_settle(monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds to wait for an answer that settles so long that no machine is too slow to type meanwhile."""
    monkeypatch.setattr("xovac_tui.ui.dialogs.guard.SETTLE_SECONDS", 1.0)
    return 1.3


@pytest.mark.parametrize("key", ["y", "enter"])
async def test_a_held_key_answers_nothing(tmp_path: Path, key: str, long_settle: float) -> None:
    """A first repeat comes after 0.25 to 0.66 s, the others about every 0.033 s."""
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        await press(c, "right")
        c.clock.advance(0.5)
        for _ in range(15):
            await c.pilot.press(key)
            c.clock.advance(0.033)
        await asyncio.sleep(long_settle)
        assert c.link.emitted == []
        assert c.app.screen is dialog
        assert "held down" in str(dialog.query_one(".said", Static).render())
        await press(c, "y")
        await c.until(lambda: c.link.emitted)
        assert c.link.emitted == [("start_recipe", "")]


@pytest.mark.parametrize(
    "text",
    ["y\r", "try\r", *(pytest.param(t, marks=pytest.mark.slow) for t in ("okay", "\ty", "\t\r", "why?"))],
)
async def test_keys_that_come_in_one_read_or_at_once_answer_nothing(
    tmp_path: Path, text: str, long_settle: float
) -> None:
    """A text that was pasted or typed while a question was open is none of its answers."""
    names = {"\r": "enter", "\t": "tab", "?": "question_mark"}
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        for apart in (0.0, 0.05):
            for number, character in enumerate(text):
                key = events.Key(names.get(character, character), character)
                key.time = 5.0 + apart + apart * number
                c.app.post_message(key)
                await asyncio.sleep(0)
            await asyncio.sleep(long_settle)
            assert c.link.emitted == []
            if c.app.screen is not dialog:  # an enter by itself at the harmless answer
                dialog = await question(c)
        await press(c, "y")
        await c.until(lambda: c.link.emitted)
        assert c.link.emitted == [("start_recipe", "")]


async def test_a_key_that_waited_while_the_program_was_held_up_takes_an_answer_back(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        c.app.post_message(events.Key("y", "y"))
        while not dialog._settling:  # noqa: ASYNC110
            await asyncio.sleep(0)
        c.app.call_later(asyncio.sleep, SETTLE_SECONDS + 0.1)
        c.app.post_message(events.Key("f7", None))
        await asyncio.sleep(2 * SETTLE_SECONDS)
        assert c.link.emitted == []
        await press(c, "y")
        await c.until(lambda: c.link.emitted)


@pytest.mark.parametrize(
    "text", ["odd y", *(pytest.param(t, marks=pytest.mark.slow) for t in ("pump odd, why", "oh"))]
)
async def test_a_text_with_enter_answers_nothing_however_slowly_it_is_typed(
    tmp_path: Path, text: str
) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        now = 100.0

        async def typed(name: str, character: str | None, after: float) -> None:
            nonlocal now
            now += after
            key = events.Key(name, character)
            key.time = now
            c.clock.advance(after)
            c.app.post_message(key)
            await asyncio.sleep(1.2 * SETTLE_SECONDS)
            await c.until(lambda: dialog._settling is None)

        for character in text:
            await typed("space" if character == " " else character, character, 0.4)
        await typed("enter", None, 0.4)
        assert c.app.screen is dialog
        assert c.link.emitted == []
        dialog.query_one("#send", DialogButton).focus()
        await typed("enter", None, 1.5)
        await c.until(lambda: c.link.emitted)


async def test_the_enter_that_opened_it_does_not_answer_it_when_held(
    tmp_path: Path, long_settle: float
) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        for _ in range(15):
            await c.pilot.press("enter")
            c.clock.advance(0.033)
        await asyncio.sleep(long_settle)
        assert c.app.screen is dialog
        assert c.link.emitted == []


async def test_many_strokes_send_one_command(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await question(c)
        for _ in range(5):
            await press(c, "y")
        assert c.link.emitted == [("start_recipe", "")]


async def test_what_was_shown_is_what_is_sent_except_the_time_of_now(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c, "sync_xovac_time")
        first = facts(dialog)["Sends"]
        for _ in range(3):
            await c.readings(seconds=1)
        assert facts(dialog)["Sends"] != first, "the epoch that is shown goes on"
        await press(c, "y")
        ((name, text),) = c.link.emitted
        assert name == "sync_xovac_time"
        assert json.loads(text)["epoch"] == pytest.approx(c.clock.utc() * 1000, abs=400)


# -- critical ---------------------------------------------------------------------------------------


async def test_a_critical_command_wants_the_chambers_name(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        assert focus(c) == "name"
        assert facts(dialog)["Sends"] == 'vent {"rate": 10.0}'
        await c.type(NAME[:3])
        assert str(dialog.query_one("#count", Static).render()) == f"3 of {len(NAME)}"
        await c.type(NAME[3:])
        assert str(dialog.query_one("#count", Static).render()) == f"{len(NAME)} of {len(NAME)}"
        await press(c, "enter")
        assert c.link.emitted == [("vent", '{"rate": 10.0}')]


async def test_a_wrong_name_sends_nothing_and_says_so(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        dialog.query_one("#name").focus()
        for typed in ("bench", "BENCH-1", "bench-12"):
            dialog.query_one("#name", Input).value = ""
            await c.type(typed)
            await press(c, "enter")
            assert c.app.screen is dialog
            assert typed in str(dialog.query_one(".said", Static).render())
        assert c.link.emitted == []


@pytest.mark.parametrize("where", ["#name", "#keep", "#send"])
async def test_what_is_typed_goes_into_the_field_from_wherever_the_focus_is(
    tmp_path: Path, where: str
) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        dialog.query_one(where).focus()
        await c.type("yjkhl ")
        assert c.app.screen is dialog
        assert dialog.query_one("#name", Input).value == "yjkhl "
        dialog.query_one(where).focus()
        await c.type("q!")
        assert dialog.query_one("#name", Input).value == "yjkhl q!"
        assert c.link.emitted == []


async def test_what_is_pasted_goes_into_the_field_from_wherever_the_focus_is(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        dialog.query_one("#send").focus()
        c.app.post_message(events.Paste(f"{NAME}\nmore"))
        await c.settle()
        assert dialog.query_one("#name", Input).value == NAME
        assert focus(c) == "name"
        assert c.link.emitted == []


@pytest.mark.parametrize("keys", [["escape"], ["tab", "enter"]])
async def test_a_critical_question_says_that_nothing_was_sent_when_it_closes(
    tmp_path: Path, keys: list[str]
) -> None:
    async with console(tmp_path, tab="controls") as c:
        await critical(c)
        await c.type("ben")
        await press(c, *keys)
        await c.until(lambda: len(c.app.screen_stack) == 1)
        assert c.toasts == ["Vent chamber?: Nothing was sent."]
        assert c.link.emitted == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "0 of 7"),
        ("ben", "3 of 7"),
        ("bench-1", "7 of 7"),
        (" bench-1 ", "7 of 7"),
        ("bxnch-1", "1 of 7, then wrong"),
        ("bench-12", "7 of 7, then wrong"),
    ],
)
def test_the_letters_that_are_right_are_counted(typed: str, said: str) -> None:
    assert letters(typed, "bench-1") == said


@pytest.mark.parametrize("keys", [["right", "enter"], ["tab", "tab", "enter"]])
async def test_without_the_name_yes_is_no_answer(tmp_path: Path, keys: list[str]) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        await press(c, *keys)
        assert c.app.screen is dialog
        assert focus(c) == "name"
        assert c.link.emitted == []


async def test_the_harmless_answer_stays_harmless_with_the_name_typed(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        dialog.query_one("#name", Input).value = NAME
        dialog.query_one("#keep").focus()
        await press(c, "enter")
        assert len(c.app.screen_stack) == 1
        assert c.link.emitted == []


async def test_a_y_in_the_name_is_a_letter(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        dialog.query_one("#name").focus()
        await press(c, "y")
        assert dialog.query_one("#name", Input).value == "y"
        assert c.app.screen is dialog


# -- forms ------------------------------------------------------------------------------------------


WRONG = [
    ("nan", "finite"),
    ("inf", "finite"),
    ("1e999", "finite"),
    ("2,5", "write a decimal point, not a comma (2.5)"),
    ("", "rate is empty. Give a number from 0 to 50 mbar/s."),
    ("51", "outside its limits. Give a number from 0 to 50 mbar/s."),
    ("-0.1", "outside its limits"),
    ("ten", "is not a number"),
]


async def test_a_wrong_number_is_said_at_the_field_and_not_sent(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "vent")
        for typed, sentence in WRONG:
            dialog.query_one(Input).value = ""
            await c.settle()
            await c.type(typed)
            assert sentence in below(dialog, "rate"), "said while typing"
            await press(c, "enter")
            assert c.app.screen is dialog
            assert isinstance(dialog.focused, Input)
            assert c.link.emitted == []
        dialog.query_one(Input).value = "2.5"
        await c.settle()
        assert below(dialog, "rate") == "How fast the pressure rises; 0 closes the valve"


async def test_fields_show_units_and_limits(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "vent")
        assert str(dialog.query_one(".limits", Static).render()) == "mbar/s, 0 to 50"


async def test_choices_and_switches_are_chosen_not_typed(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "simulator_fault")
        fault, on = dialog.query(Selector)
        assert (fault.value, on.value) == ("freeze_telemetry", "on")
        await c.press("right", "right", "left", "down", "space", "enter")
        assert fault.value == "slow_ack"
        assert on.value == "off"
        await asked(c)
        await press(c, "y")
        ((name, text),) = c.link.emitted
        assert name == "simulator_fault"
        assert json.loads(text) == {"fault": "slow_ack", "on": False, "seconds": 30.0}


async def test_a_recipe_is_sent_to_its_tab_or_typed_as_json(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "load_recipe")
        assert "Recipes tab (3)" in below(dialog, "recipe")
        name, items = dialog.query(Input)
        name.value = "By hand"
        items.value = "[[25, 3600]]"
        await press(c, "enter")
        assert c.app.screen is dialog
        assert "item 1" in below(dialog, "recipe")
        items.value = "[[25, 3600, 0]]"
        await c.settle()
        await c.press("enter")
        await asked(c)
        await press(c, "y")
        assert c.link.emitted == [("load_recipe", '{"name": "By hand", "recipe": [[25.0, 3600.0, 0.0]]}')]


async def test_what_was_typed_is_there_again_next_time(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "vent")
        dialog.query_one(Input).value = "7.5"
        await c.settle()
        await c.press("escape")
        dialog = await form(c, "vent")
        assert dialog.query_one(Input).value == "7.5"
        assert c.link.emitted == []


async def test_an_automatic_field_beside_others_is_filled_when_sent(tmp_path: Path) -> None:
    spec = CommandSpec(
        "mark",
        "Mark",
        fields=(
            PayloadField(FieldType.INT, name="at", auto="epoch_ms"),
            PayloadField(FieldType.STRING, name="text"),
        ),
        ack="mark_ack",
    )
    async with console(tmp_path, tab="controls", contract=contract_with(spec)) as c:
        dialog = await form(c, "mark")
        assert "filled when sent" in " ".join(str(s.render()) for s in dialog.query(Static))
        await c.type("door open")
        await c.press("enter")
        await asked(c)
        await press(c, "y")
        sent = json.loads(c.link.emitted[0][1])
        assert sent["text"] == "door open"
        assert sent["at"] == pytest.approx(c.clock.utc() * 1000, abs=400)


async def test_a_safe_command_is_sent_without_a_question_and_once(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls", contract=contract_with(SAFE)) as c:
        from xovac_tui.ui.screens.controls.command_list import ContractCommands

        commands = c.app.query_one(ContractCommands)
        await c.press("end")
        assert commands.chosen == SAFE
        await press(c, "enter")
        assert c.link.emitted == [("blink", "")]
        c.link.answer("blink")
        await c.settle()
        c.clock.advance(0.5)
        for _ in range(10):
            await c.pilot.press("enter")
            c.clock.advance(0.033)
        await asyncio.sleep(SETTLE)
        assert c.link.emitted == [("blink", "")], "a held enter sends nothing more"


async def test_a_safe_command_with_fields_is_sent_from_its_form(tmp_path: Path) -> None:
    spec = replace_spec(SAFE, fields=(PayloadField(FieldType.INT, name="times", min=1, max=3, default=2),))
    async with console(tmp_path, tab="controls", contract=contract_with(spec)) as c:
        dialog = await form(c, "blink")
        assert dialog.query_one("#go", DialogButton).label == "Send"
        await press(c, "enter")
        assert c.link.emitted == [("blink", '{"times": 2}')]


def replace_spec(spec: CommandSpec, **changes: object) -> CommandSpec:
    return msgspec.structs.replace(spec, **changes)


# -- what closes a dialog ---------------------------------------------------------------------------


async def go_lost(c: Console) -> None:
    await c.lose()


async def go_stale(c: Console) -> None:
    await c.advance(60)


async def go_observe(c: Console) -> None:
    c.station.set_observe(True)
    await c.settle()


async def go_running(c: Console) -> None:
    await c.readings("running")


CHANGES: dict[str, tuple[Callable[[Console], Awaitable[None]], str]] = {
    "lost": (go_lost, "The link is LOST"),
    "stale": (go_stale, "The data are stale"),
    "observe": (go_observe, "only observes"),
    "run state": (go_running, "went from IDLE to RUNNING"),
}
OPENERS: dict[str, Callable[[Console], Awaitable[CommandDialog[object]]]] = {
    "question": question,  # type: ignore[dict-item]
    "critical": critical,  # type: ignore[dict-item]
    "form": lambda c: form(c, "vent"),  # type: ignore[dict-item,return-value]
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("opener", "held"), [("question", False), ("question", True), ("critical", False), ("form", False)]
)
async def test_a_change_closes_it_with_the_reason(
    tmp_path: Path, opener: str, change: str, held: bool
) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.readings(seconds=8)
        if held:
            await c.press("p")
        await OPENERS[opener](c)
        happen, reason = CHANGES[change]
        await happen(c)
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.until(lambda: any(t.startswith("Closed: ") and reason in t for t in c.toasts))
        await press(c, "y")
        assert c.link.emitted == []


async def test_a_change_during_the_settling_of_the_answer_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough that the change comes first on the slowest machine.
    monkeypatch.setattr("xovac_tui.ui.dialogs.guard.SETTLE_SECONDS", 3.0)
    async with console(tmp_path, tab="controls") as c:
        await question(c)
        await c.press("y")
        c.station.set_observe(True)
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        assert c.link.emitted == []
        assert len(c.app.screen_stack) == 1


async def test_a_reason_that_comes_behind_the_palette_closes_the_question_later(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        c.app.action_command_palette()
        await c.until(lambda: isinstance(c.app.screen, CommandPalette))
        await c.lose()
        assert isinstance(c.app.screen, CommandPalette), "the palette is not what the link's loss closes"
        assert dialog in c.app.screen_stack
        await c.online()
        await c.readings()
        await c.press("escape")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        assert c.link.emitted == []


async def test_the_same_command_in_flight_closes_its_question(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await question(c, "start_recipe")
        sending = asyncio.create_task(c.station.send("start_recipe"))
        await c.until(lambda: len(c.app.screen_stack) == 1)
        c.link.answer("start_recipe")
        await sending
        assert c.link.emitted == [("start_recipe", "")]


# -- the coroutine that other tabs use --------------------------------------------------------------


async def test_another_way_of_sending_is_taken_and_facts_are_shown(tmp_path: Path) -> None:
    results: list[LedgerEntry | None] = []
    async with console(tmp_path) as c:
        values = {"name": "Soak", "recipe": [[25, 60, 0.0]]}
        prepared = c.station.prepare("load_recipe", values)

        async def send() -> LedgerEntry:
            return await c.station.send("load_recipe", values)

        async def work() -> None:
            results.append(
                await confirm_and_send(
                    c.app.workspace,
                    prepared,
                    title="Load Soak?",
                    facts=[("Takes", "1 min [b]x[/b]")],
                    send=send,
                )
            )

        c.app.run_worker(work())
        dialog = await asked(c)
        assert dialog.query_one(".dialog").border_title == "Load Soak?"
        assert facts(dialog)["Takes"] == "1 min [b]x[/b]"
        await press(c, "y")
        c.link.answer("load_recipe")
        await c.until(lambda: results)
        assert results[0] is not None
        assert results[0].outcome is Outcome.SUCCESS
        assert c.link.emitted == [("load_recipe", prepared.text)]


async def test_it_returns_none_when_blocked_and_shows_no_question(tmp_path: Path) -> None:
    results: list[LedgerEntry | None] = []
    async with console(tmp_path, observe=True) as c:

        async def work() -> None:
            results.append(
                await confirm_and_send(c.app.workspace, Prepared(c.station.contract.commands["vent"], ""))
            )

        c.app.run_worker(work())
        await c.until(lambda: results)
        assert results == [None]
        assert any("only observes" in toast for toast in c.toasts)


async def test_two_questions_at_once_are_one(tmp_path: Path) -> None:
    results: list[LedgerEntry | None] = []
    async with console(tmp_path) as c:
        prepared = c.station.prepare("start_recipe")

        async def work() -> None:
            results.append(await confirm_and_send(c.app.workspace, prepared))

        c.app.run_worker(work())
        c.app.run_worker(work())
        await asked(c)
        await c.until(lambda: results)
        assert results == [None]
        assert len(c.app.screen_stack) == 2
        await press(c, "escape")
        assert len(c.app.screen_stack) == 1
        assert c.link.emitted == []


# -- looks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opener", ["critical", "question"])
async def test_both_answers_are_on_the_screen_at_any_size(tmp_path: Path, opener: str) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await OPENERS[opener](c)
        for size in [(80, 24), (120, 36), (40, 10), (60, 14), (80, 24)]:
            await c.pilot.resize_terminal(*size)
            await c.settle()
            for button in dialog.query(DialogButton):
                assert dialog.region.contains_region(button.region), (size, button.label)
                assert button.region.width == cell_len(button.plain), size
            for field in dialog.query("#name"):
                assert dialog.region.contains_region(field.region), size


async def test_a_long_payload_is_whole_and_can_be_scrolled(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "load_recipe")
        name, items = dialog.query(Input)
        name.value = "Long"
        items.value = json.dumps([[20 + i, 60, 0.0] for i in range(100)])
        await c.settle()
        await c.press("enter")
        question = await asked(c)
        lines = question.query_one(FactsView).lines
        shown = "".join(line[1][0] for line in lines if line[1][1] == "bold $accent")
        assert shown == f"load_recipe {question.prepared.text}"
        body = question.query_one("VerticalScroll")
        assert body.max_scroll_y > 0
        await c.press("pagedown")
        await c.until(lambda: body.scroll_y > 0)


def test_wrapping_keeps_every_word_and_every_character() -> None:
    text = "The recipe stops.  The chamber does not vent. Überlängewortdasnichtpasst 温度温度温度"
    for width in range(4, 40):
        lines = wrap(text, width)
        assert all(cell_len(line) <= width for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        literal = wrap(text, width, literal=True)
        assert all(cell_len(line) <= width for line in literal)
        assert "".join(literal) == text


# -- one entry of the ledger ------------------------------------------------------------------------


async def test_an_entry_shows_everything_and_follows_what_comes(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        sending = asyncio.create_task(c.station.send("vent", {"rate": 3}))
        await c.settle()
        await c.press("tab")
        await press(c, "enter")
        dialog = c.app.screen
        assert isinstance(dialog, EntryDialog)
        said = facts(dialog)
        assert said["Payload"] == '{"rate": 3.0}'
        assert "sent" in said["Outcome"]
        assert "ada@lab" in said["Asked"]
        await c.advance(16)
        await sending
        said = facts(dialog)
        assert "unknown" in said["Outcome"]
        assert "may or may not have happened" in said["Why"]
        c.clock.advance(2)
        c.link.answer("vent", "error", "[b]dew\x1b point[/b]")
        c.link.answer("vent", "error", "again")
        await c.settle()
        said = facts(dialog)
        assert said["Late"].startswith("error came")
        assert said["Message"] == "[b]dew␛ point[/b]"
        assert said["Repeats"].startswith("1 further")
        assert '"result": "error"' in said["Answer"]


def test_every_origin_has_its_words() -> None:
    assert set(ORIGIN_WORDS) == set(Origin)
