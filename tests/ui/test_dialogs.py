"""Forms and questions about commands: what they say, what they let through, and what closes them.

Most tests ask several questions in one console: an assertion names the keys, the text or the change.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len
from textual import events
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from tests.helpers.console import NAME, URL, Console, console, forget_said, of_the_simulator
from tests.helpers.quiet import wait_until_quiet
from tests.ui.test_stop import choose
from xovac_tui.api.contract import (
    CommandSpec,
    Contract,
    FieldType,
    Hazard,
    Origin,
    PayloadField,
    ResponseSpec,
)
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.ui.dialogs.confirm import ConfirmDialog, confirm_and_send, letters
from xovac_tui.ui.dialogs.facts import ORIGIN_WORDS, FactsView, wrap
from xovac_tui.ui.dialogs.guard import CommandDialog, DialogButton
from xovac_tui.ui.dialogs.palette import PaletteDialog
from xovac_tui.ui.screens.controls.command_lists import ContractCommands
from xovac_tui.ui.screens.controls.entry import EntryDialog
from xovac_tui.ui.screens.controls.form import FieldRow, FormDialog
from xovac_tui.ui.widgets.selector import Selector

GUARD = "xovac_tui.ui.dialogs.guard.SETTLE_SECONDS"
LIST = "xovac_tui.ui.screens.controls.pane.SETTLE_SECONDS"
SOON, NEVER = 0.01, 60.0
"""Seconds (real) in which a stroke settles: while the pilot waits anyway, and while no test looks."""


@pytest.fixture(autouse=True)
def settles_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a stroke that counts have counted once the pilot goes on."""
    monkeypatch.setattr(GUARD, SOON)
    monkeypatch.setattr(LIST, SOON)


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


def said_in(dialog: CommandDialog[bool]) -> str:
    """Return what a dialog says of the newest answer."""
    return str(dialog.query_one(".said", Static).render())


def below(dialog: FormDialog, name: str) -> str:
    """Return what stands below a field."""
    row = next(row for row in dialog.query(FieldRow) if row.field.name == name)
    return str(row.query_one(".below", Static).render())


def contract_with(*specs: CommandSpec) -> Contract:
    """Return the simulator's contract with more commands, each with an answer."""
    known = of_the_simulator()
    answers = [ResponseSpec(f"{spec.event}_ack", spec.event) for spec in specs]
    return msgspec.structs.replace(
        known,
        commands={**known.commands, **{spec.event: spec for spec in specs}},
        responses={**known.responses, **{one.event: one for one in answers}},
    )


async def sent(c: Console, *, command: str = "start_recipe") -> list[tuple[str, object]]:
    """Return what was sent, and let the chamber answer it, so that it can be asked again."""
    emitted = c.link.emitted[:]
    c.link.emitted.clear()
    if emitted:
        c.link.answer(command)
    await c.settle()
    return emitted


START = [("start_recipe", "")]
SAFE = CommandSpec("blink", "Blink", hazard=Hazard.SAFE, ack="blink_ack", help="Blinks.")


# -- the question -----------------------------------------------------------------------------------


async def test_it_says_what_where_now_and_exactly_what_is_sent(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.run_state("Bakeout", 2, 5)
        said = facts(await question(c, "cancel_recipe"))
        assert said["Chamber"] == f"{NAME}  {URL}"
        assert 'RUNNING "Bakeout", item 2/5' in said["Now"]
        assert "ONLINE" in said["Now"]
        assert "Test part +20.5 °C" in said["Now"]
        assert "1.3e-04 mbar" in said["Now"]
        assert said["Sends"] == "cancel_recipe ''"
        assert said["Means"].startswith("The recipe stops. The chamber does not vent.")
        assert "Origin" not in said
        await c.press("escape")

        # What the chamber calls its recipe is literal.
        await c.run_state("[red]\x1b[31mboo[/red]")
        dialog = await question(c, "cancel_recipe")
        assert "[red]" in facts(dialog)["Now"]
        assert "\x1b" not in dialog.query_one(FactsView).plain
        assert "[red]␛[31mboo[/red]" in dialog.query_one(FactsView).plain
        await c.press("escape")

        said = facts(await question(c, "start_recipe"))
        assert said["Origin"] == ORIGIN_WORDS[Origin.ASSUMED]


async def test_it_reports_the_state_of_this_moment_even_when_the_picture_is_held(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.press("p")
        dialog = await question(c, "sync_xovac_time")
        first = facts(dialog)["Sends"]
        await c.readings("idle", part=-40.0)
        await c.until(lambda: "Test part −40.0 °C" in facts(dialog)["Now"])
        await c.readings("idle", part=12.3, seconds=3)
        await c.until(lambda: "Test part +12.3 °C" in facts(dialog)["Now"])
        assert facts(dialog)["Sends"] != first, "the epoch that is shown goes on"
        await c.press("y")
        ((name, text),) = c.link.emitted
        assert name == "sync_xovac_time"
        assert json.loads(text)["epoch"] == pytest.approx(c.clock.utc() * 1000, abs=400)


YES = (["y"], ["right", "enter"], ["tab", "enter"], ["l", "enter"])
NO = (["enter"], ["escape"], ["right", "left", "enter"], ["tab", "tab", "enter"])


async def test_yes_sends_once_and_no_sends_nothing(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        for keys in NO:
            await question(c)
            await c.press(*keys)
            assert len(c.app.screen_stack) == 1, keys
            assert c.link.emitted == [], keys
            assert c.ledger == (), keys
        for keys in YES:
            await question(c)
            assert focus(c) == "keep", keys
            await c.press(*keys, "y", "y")
            assert len(c.app.screen_stack) == 1, keys
            assert c.ledger[-1].outcome is Outcome.SENT, keys
            assert await sent(c) == START, keys


async def test_an_answer_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the list nor the question acts before it is known that the key is not held."""
    from xovac_tui.ui.strokes import SETTLE_SECONDS

    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        monkeypatch.setattr(GUARD, SETTLE_SECONDS)
        await c.press("y")
        assert dialog.settling == "y"
        assert c.link.emitted == []
        await c.until(lambda: c.link.emitted)
        assert await sent(c) == START
        monkeypatch.setattr(LIST, SETTLE_SECONDS)
        await c.press("enter")
        assert len(c.app.screen_stack) == 1
        await asked(c)


async def test_the_pointer_answers_but_not_by_the_second_half_of_a_double_click(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        await c.pilot.click("#send")
        await c.settle()
        assert c.link.emitted == []
        assert c.app.screen is dialog
        c.clock.advance(1)
        await c.pilot.click("#send")
        await c.until(lambda: c.link.emitted)
        assert c.link.emitted == START


async def test_a_held_key_answers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first repeat comes after 0.25 to 0.66 s, the others about every 0.033 s."""
    async with console(tmp_path, tab="controls") as c:
        for key, first in (("y", 0.5), ("enter", 0.5), ("enter", 0.033)):
            dialog = await question(c)
            monkeypatch.setattr(GUARD, NEVER)
            if first == 0.5:  # else the enter that opened it is held
                await c.press("right")
            c.clock.advance(first)
            for _ in range(15):
                await c.pilot.press(key)
                c.clock.advance(0.033)
            await c.settle()
            assert dialog.settling == "", key
            assert c.link.emitted == [], key
            assert c.app.screen is dialog, key
            assert "held down" in said_in(dialog), key
            monkeypatch.setattr(GUARD, SOON)
            await c.press("y")
            assert await sent(c) == START, key


BURSTS = ("try\r", "y?", "\t\r", "y\r", "okay", "\ty", "why?")


@pytest.mark.parametrize(
    "texts", [BURSTS[:4], pytest.param(BURSTS[4:], marks=pytest.mark.slow)], ids=["some", "more"]
)
async def test_keys_that_come_in_one_read_or_at_once_answer_nothing(
    tmp_path: Path, texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that was pasted or typed while a question was open is none of its answers."""
    names = {"\r": "enter", "\t": "tab", "?": "question_mark"}
    now = 5.0
    async with console(tmp_path, tab="controls") as c:
        for text in texts:
            dialog = await question(c)
            monkeypatch.setattr(GUARD, NEVER)
            for apart in (0.0, 0.05):
                now += 0.05
                for number, character in enumerate(text):
                    key = events.Key(names.get(character, character), character)
                    key.time = now + apart * number
                    c.app.post_message(key)
                    await asyncio.sleep(0)
                now = key.time
                await c.settle()
                assert c.link.emitted == [], text
                assert c.app.screen is dialog, text
                # Only enter alone, at the harmless answer, counts as one.
                assert (dialog.settling, focus(c)) in (("", focus(c)), ("enter", "keep")), text
            monkeypatch.setattr(GUARD, SOON)
            now += 5.0
            c.clock.advance(5.0)
            key = events.Key("y", "y")
            key.time = now
            c.app.post_message(key)
            await c.settle()
            assert await sent(c) == START, text


async def test_a_key_that_waited_while_the_program_was_held_up_takes_an_answer_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        monkeypatch.setattr(GUARD, 0.05)
        c.app.post_message(events.Key("y", "y"))
        while not dialog.settling:  # noqa: ASYNC110
            await asyncio.sleep(0)
        c.app.call_later(asyncio.sleep, 0.15)
        c.app.post_message(events.Key("f7", None))
        await asyncio.sleep(0.2)
        await c.settle()
        assert c.link.emitted == []
        await c.press("y")
        await c.until(lambda: c.link.emitted)


async def test_a_text_with_enter_answers_nothing_however_slowly_it_is_typed(tmp_path: Path) -> None:
    now = 100.0

    async def typed(name: str, character: str | None, after: float) -> None:
        nonlocal now
        now += after
        key = events.Key(name, character)
        key.time = now
        c.clock.advance(after)
        c.app.post_message(key)
        await wait_until_quiet(drawing=False)

    async with console(tmp_path, tab="controls") as c:
        for text in ("odd y", "why", "oh"):
            dialog = await question(c)
            for character in text:
                await typed("space" if character == " " else character, character, 0.4)
            await typed("enter", None, 0.4)
            assert c.app.screen is dialog, text
            assert c.link.emitted == [], text
            dialog.query_one("#send", DialogButton).focus()
            await typed("enter", None, 1.5)
            assert await sent(c) == START, text


# -- critical ---------------------------------------------------------------------------------------


async def test_a_critical_command_wants_the_chambers_name(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        assert focus(c) == "name"
        assert facts(dialog)["Sends"] == 'vent {"rate": 10.0}'
        field = dialog.query_one("#name", Input)
        for typed in ("", "bench", "BENCH-1", "bench-12"):
            field.value = typed
            await c.press("enter")
            assert c.app.screen is dialog, typed
            assert typed in said_in(dialog)
            assert said_in(dialog), typed
        for keys in (["right", "enter"], ["tab", "tab", "enter"]):
            field.value = ""
            field.focus()
            await c.press(*keys)
            assert c.app.screen is dialog, keys
            assert focus(c) == "name", keys
        assert c.link.emitted == []
        for typed in (NAME[:3], NAME[3:]):
            await c.type(typed)
            count = str(dialog.query_one("#count", Static).render())
            assert count == f"{len(field.value)} of {len(NAME)}"
        await c.press("enter")
        assert c.link.emitted == [("vent", '{"rate": 10.0}')]


async def test_what_is_typed_or_pasted_goes_into_the_field_from_wherever_the_focus_is(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await critical(c)
        field = dialog.query_one("#name", Input)
        for where in ("#name", "#keep", "#send"):
            field.value = ""
            for typed, value in (("yjkhl ", "yjkhl "), ("q!", "yjkhl q!")):
                dialog.query_one(where).focus()
                await c.type(typed)
                assert c.app.screen is dialog, where
                assert field.value == value, where
        field.value = ""
        dialog.query_one("#send").focus()
        c.app.post_message(events.Paste(f"{NAME}\nmore"))
        await c.settle()
        assert field.value == NAME
        assert focus(c) == "name"
        assert c.link.emitted == []


async def test_a_critical_question_says_that_nothing_was_sent_when_it_closes(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        for typed, keys in (("ben", ["escape"]), (NAME, ["tab", "enter"])):
            dialog = await critical(c)
            assert dialog.question == "Vent chamber?"
            await c.type(typed)
            await c.press(*keys)
            assert len(c.app.screen_stack) == 1, keys
            assert c.messages == [f"{dialog.question}: Nothing was sent."], keys
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


# -- forms ------------------------------------------------------------------------------------------


async def test_a_wrong_number_is_said_at_the_field_and_not_sent_and_is_there_again_next_time(
    tmp_path: Path,
) -> None:
    """Which numbers are wrong, and how that is said, is tested with `parse_field`."""
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "vent")
        assert str(dialog.query_one(".limits", Static).render()) == "mbar/s, 0 to 50"
        field = dialog.query_one(Input)
        for typed in ("2,5", "51", ""):
            field.value = ""
            await c.type(typed)
            row = next(iter(dialog.query(FieldRow)))
            assert row.problem, typed
            assert row.problem in below(dialog, "rate"), "said while typing"
            dialog.query_one("#go").focus()
            await c.press("enter")
            assert c.app.screen is dialog, typed
            assert dialog.focused is field, typed
            assert c.link.emitted == [], typed
        field.value = "7.5"
        await c.settle()
        assert below(dialog, "rate") == "How fast the pressure rises; 0 closes the valve"
        await c.press("escape")
        dialog = await form(c, "vent")
        assert dialog.query_one(Input).value == "7.5"
        assert c.link.emitted == []


async def test_choices_and_switches_are_chosen_not_typed(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "simulator_fault")
        fault, on = dialog.query(Selector)
        assert (fault.value, on.value) == ("freeze_telemetry", "on")
        await c.press("right", "right", "left", "down", "space", "enter")
        assert fault.value == "slow_ack"
        assert on.value == "off"
        await asked(c)
        await c.press("y")
        ((name, text),) = c.link.emitted
        assert name == "simulator_fault"
        assert json.loads(text) == {"fault": "slow_ack", "on": False, "seconds": 30.0}


async def test_a_recipe_is_sent_to_its_tab_or_typed_as_json_and_shown_whole(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await form(c, "load_recipe")
        assert "Recipes tab (3)" in below(dialog, "recipe")
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
        await c.press("escape")

        dialog = await form(c, "load_recipe")
        name, items = dialog.query(Input)
        name.value = "By hand"
        items.value = "[[25, 3600]]"
        await c.press("enter")
        assert c.app.screen is dialog
        assert "item 1" in below(dialog, "recipe")
        items.value = "[[25, 3600, 0]]"
        await c.settle()
        await c.press("enter")
        await asked(c)
        await c.press("y")
        assert c.link.emitted == [("load_recipe", '{"name": "By hand", "recipe": [[25.0, 3600.0, 0.0]]}')]


MARK = CommandSpec(
    "mark",
    "Mark",
    fields=(
        PayloadField(FieldType.INT, name="at", auto="epoch_ms"),
        PayloadField(FieldType.STRING, name="text"),
    ),
    ack="mark_ack",
)
COUNT = msgspec.structs.replace(
    SAFE, event="count", fields=(PayloadField(FieldType.INT, name="times", min=1, max=3, default=2),)
)


async def test_a_safe_command_is_sent_without_a_question_and_once(tmp_path: Path) -> None:
    """With fields it is sent from its form; an automatic field is filled when sent."""
    async with console(tmp_path, tab="controls", contract=contract_with(MARK, COUNT, SAFE)) as c:
        c.app.query_one(ContractCommands).choose(SAFE)
        assert c.app.query_one(ContractCommands).chosen == SAFE
        await c.press("enter")
        assert await sent(c, command="blink") == [("blink", "")]
        assert c.station.blocked("blink") is None
        for _ in range(10):
            c.clock.advance(0.033)
            await c.pilot.press("enter")
        await c.settle()
        assert c.link.emitted == [], "a held enter sends nothing more"

        dialog = await form(c, "count")
        assert dialog.query_one("#go", DialogButton).label == "Send"
        await c.press("enter")
        assert await sent(c, command="count") == [("count", '{"times": 2}')]

        dialog = await form(c, "mark")
        assert "filled when sent" in " ".join(str(s.render()) for s in dialog.query(Static))
        await c.type("door open")
        await c.press("enter")
        await asked(c)
        await c.press("y")
        ((name, payload),) = c.link.emitted
        assert name == "mark"
        assert json.loads(payload)["text"] == "door open"
        assert json.loads(payload)["at"] == pytest.approx(c.clock.utc() * 1000, abs=400)


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


CHANGES: tuple[Callable[[Console], Awaitable[None]], ...] = (go_lost, go_stale, go_observe, go_running)
HELD = "question about a held picture"
OPENERS: dict[str, Callable[[Console], Awaitable[CommandDialog[object]]]] = {
    "question": question,  # type: ignore[dict-item]
    HELD: question,  # type: ignore[dict-item]
    "critical": critical,  # type: ignore[dict-item]
    "form": lambda c: form(c, "vent"),  # type: ignore[dict-item,return-value]
}
QUICK = [
    *(("question", change) for change in CHANGES),
    (HELD, go_lost),
    ("critical", go_stale),
    ("form", go_observe),
]
WHOLE = [(opener, change) for opener in OPENERS for change in CHANGES]


@pytest.mark.parametrize(
    "rounds", [QUICK, pytest.param(WHOLE, marks=pytest.mark.slow)], ids=["quick", "whole"]
)
async def test_a_change_closes_it_with_the_reason(
    tmp_path: Path, rounds: list[tuple[str, Callable[[Console], Awaitable[None]]]]
) -> None:
    async with console(tmp_path, tab="controls") as c:
        for opener, change in rounds:
            where = f"{opener}, {change.__name__}"
            await c.readings(seconds=8)
            if opener == HELD:
                await c.press("p")
            dialog = await OPENERS[opener](c)
            await change(c)
            await c.until(lambda: len(c.app.screen_stack) == 1)
            refusal = c.station.blocked(dialog.event_name)
            reason = refusal.sentence if refusal is not None else "The chamber went from IDLE to RUNNING"
            (message,) = (t for t in c.messages if t.startswith("Closed: "))
            assert message.startswith(f"Closed: {reason}"), where
            assert message.endswith(dialog.question), where
            assert (refusal is None) is (change is go_running), where
            await c.press("y")
            assert c.link.emitted == [], where
            if opener == HELD:
                await c.press("p")
            forget_said(c.app)
            c.station.set_observe(False)
            await c.online()
            await c.readings()


async def test_a_change_during_the_settling_of_the_answer_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        monkeypatch.setattr(GUARD, NEVER)
        await c.press("y")
        assert dialog.settling == "y"
        c.station.set_observe(True)
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        assert c.link.emitted == []
        assert not dialog.is_running


async def test_a_reason_that_comes_behind_the_palette_closes_the_question_later(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        dialog = await question(c)
        c.app.action_command_palette()
        await c.until(lambda: isinstance(c.app.screen, PaletteDialog))
        await c.lose()
        assert isinstance(c.app.screen, PaletteDialog), "the palette is not what the link's loss closes"
        assert dialog in c.app.screen_stack
        await c.online()
        await c.readings()
        await c.press("escape")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        assert c.link.emitted == []

        # So does the same command in flight.
        await question(c, "start_recipe")
        sending = asyncio.create_task(c.station.send("start_recipe"))
        await c.until(lambda: len(c.app.screen_stack) == 1)
        c.link.answer("start_recipe")
        await sending
        assert c.link.emitted == START


# -- the coroutine that other tabs use --------------------------------------------------------------


async def test_another_way_of_sending_is_taken_and_facts_are_shown(tmp_path: Path) -> None:
    results: list[LedgerEntry | None] = []
    async with console(tmp_path) as c:
        values = {"name": "Soak", "recipe": [[25, 60, 0.0]]}
        prepared = c.station.prepare("load_recipe", values)

        async def send() -> LedgerEntry:
            return await c.station.send("load_recipe", values)

        async def work() -> None:
            title, more = "Load Soak?", [("Takes", "1 min [b]x[/b]")]
            entry = await confirm_and_send(c.app.workspace, prepared, title=title, facts=more, send=send)
            results.append(entry)

        # Two questions at once are one.
        c.app.run_worker(work())
        c.app.run_worker(work())
        dialog = await asked(c)
        await c.until(lambda: results)
        assert results == [None]
        assert len(c.app.screen_stack) == 2
        assert dialog.query_one(".dialog").border_title == "Load Soak?"
        assert facts(dialog)["Takes"] == "1 min [b]x[/b]"
        await c.press("y")
        c.link.answer("load_recipe")
        await c.until(lambda: results[1:])
        assert results[1] is not None
        assert results[1].outcome is Outcome.SUCCESS
        assert len(c.app.screen_stack) == 1
        assert c.link.emitted == [("load_recipe", prepared.text)]


async def test_it_returns_none_when_blocked_or_beside_another_dialog_and_asks_nothing(tmp_path: Path) -> None:
    results: list[LedgerEntry | None] = []
    async with console(tmp_path, tab="controls") as c:

        async def work() -> None:
            results.append(await confirm_and_send(c.app.workspace, c.station.prepare("start_recipe")))

        dialog = await form(c, "vent")
        c.app.run_worker(work())
        await c.until(lambda: results)
        assert c.app.screen is dialog
        await c.press("escape")
        c.station.set_observe(True)
        await c.settle()
        forget_said(c.app)
        c.app.run_worker(work())
        await c.until(lambda: results[1:])
        assert results == [None, None]
        assert len(c.app.screen_stack) == 1
        refusal = c.station.blocked("start_recipe")
        assert refusal is not None
        await c.settle()
        assert c.messages == [f"{c.station.contract.commands['start_recipe'].title}?: {refusal.sentence}"]
        assert c.link.emitted == []


# -- looks ------------------------------------------------------------------------------------------


async def test_both_answers_are_on_the_screen_at_any_size(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        for opener in ("critical", "question"):
            dialog = await OPENERS[opener](c)
            for size in [(120, 36), (40, 10), (60, 14), (60, 16), (80, 24)]:
                await c.pilot.resize_terminal(*size)
                await c.settle()
                for button in dialog.query(DialogButton):
                    assert dialog.region.contains_region(button.region), (opener, size, button.label)
                    assert button.region.width == cell_len(button.plain), (opener, size)
                for field in dialog.query("#name"):
                    assert dialog.region.contains_region(field.region), (opener, size)
            await c.press("escape")


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
        await c.press("enter")
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


@pytest.mark.parametrize(("size", "cut"), [((60, 16), True), ((120, 36), False)])
async def test_a_question_names_the_keys_that_scroll_where_a_part_is_out_of_sight(
    tmp_path: Path, size: tuple[int, int], cut: bool
) -> None:
    async with console(tmp_path, size=size, tab="controls") as c:
        dialog = await critical(c)
        await c.until(lambda: ("scroll" in str(dialog.query_one(".dialog").border_subtitle)) is cut)
        assert (dialog.query_one(VerticalScroll).max_scroll_y > 0) is cut
