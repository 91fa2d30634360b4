"""The form of a channel: what it shows, what it saves, and that nothing of it is lost or sent."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from tests.helpers.console import URL, Console, console, drawn
from xovac_tui.api.contract import Hazard, Origin
from xovac_tui.api.loader import load_contract
from xovac_tui.api.wireform import Sends
from xovac_tui.chamber.snapshot import ChannelView
from xovac_tui.config import Profile
from xovac_tui.config.contracts import ContractPlace
from xovac_tui.recording.eventlog import KEPT_TEXT
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.contract.form import ContractForm, EntryRow, FieldsButton
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.dialogs.quit import QuitDialog, unsaved_sentence
from xovac_tui.ui.screens.controls.command_lists import ContractCommands
from xovac_tui.ui.screens.log.view import LogView
from xovac_tui.ui.screens.status.readings import Readings

PART = "chamber_state.part"


async def form_of(c: Console, full_name: str) -> ContractForm:
    """Open the form of a channel from its reading."""
    readings = c.app.screen.query_one(Readings)
    readings.focus()
    assert readings.choose(full_name)
    await c.press("enter")
    return await shown(c)


async def shown(c: Console) -> ContractForm:
    """Wait for a form and return it."""
    await c.until(lambda: isinstance(c.app.screen, ContractForm) and c.app.screen.is_mounted)
    await c.settle()
    assert isinstance(c.app.screen, ContractForm)
    return c.app.screen


async def closed(c: Console) -> None:
    """Wait until no form is shown."""
    await c.until(lambda: len(c.app.screen_stack) == 1)
    await c.settle()


def channel(c: Console, full_name: str) -> ChannelView:
    found = c.station.snapshot().channel(full_name)
    assert found is not None
    return found


def in_a_file(c: Console, folder: Path, file: str = "own.toml") -> Path:
    """Let the chamber's contract be in a file."""
    path = folder / file
    place = ContractPlace("bench-1", path, (path,), True, folder / "config.toml")
    c.app.workspace.start = type(c.app.workspace.start)(
        **{
            name: getattr(c.app.workspace.start, name)
            for name in c.app.workspace.start.__struct_fields__
            if name != "contract_place"
        },
        contract_place=lambda: place,
    )
    return path


def contracts_in(folder: Path) -> list[Path]:
    """Return the files that may be contracts."""
    return [one for one in folder.rglob("*.toml") if one.name != "state.toml"]


async def unnamed(c: Console) -> None:
    """Let the chamber say what no contract names."""
    for number in range(3):
        c.link.deliver("extra", json.dumps({"p_mbar": 1e-5 * 10**number, "oil_degC": 40.5, "phase": "idle"}))
    await c.settle()


async def test_guesses_are_offered_taken_by_one_key_and_the_next_channel_follows(tmp_path: Path) -> None:
    async with console(tmp_path, profile=Profile(url=URL, contracts=("simulator",))) as c:
        file = in_a_file(c, tmp_path)
        await unnamed(c)
        form = await form_of(c, "extra.oil_degC")
        assert form.texts["unit"] == "", "a guess is not applied"
        await c.press("g")
        assert form.texts["unit"] == "degC"
        assert not file.exists(), "nothing is saved before enter"
        await c.type("Oil")
        assert "Oil" in "\n".join(drawn(c.app.screen))
        await c.press("enter")
        await c.until(lambda: c.app.screen is not form)
        after = await shown(c)
        assert channel(c, "extra.oil_degC").unit == "degC"
        assert channel(c, "extra.oil_degC").label == "Oil"
        assert load_contract([file], simulator=True) == c.station.contract
        assert "phase" in after.heading
        await c.press("escape")
        await closed(c)
        await c.press("z")
        await c.until(lambda: channel(c, "extra.oil_degC").unit == "")
        assert c.link.emitted == []


async def test_of_many_messages_the_oldest_and_the_newest_words_of_a_state_count(tmp_path: Path) -> None:
    async with console(tmp_path, contract=load_contract(()), online=False) as c:
        await c.online()
        for word in ("STANDBY",) * 90 + ("CYCLING",) * 40:
            c.link.deliver("extra", json.dumps({"phase": word}))
        await c.settle()
        form = await form_of(c, "extra.phase")
        shown_as = drawn(form)
        assert any("Shown as" in row and "CYCLING" in row for row in shown_as)
        await c.press("g")
        assert (form.texts["idle"], form.texts["running"]) == ("STANDBY", "CYCLING")


async def test_a_message_too_long_for_the_log_has_guesses_too(tmp_path: Path) -> None:
    async with console(tmp_path, contract=load_contract(()), online=False) as c:
        await c.online()
        c.link.deliver("extra", json.dumps({"oil_degC": 40.5, "note": "x" * KEPT_TEXT}))
        await c.settle()
        form = await form_of(c, "extra.oil_degC")
        await c.press("g")
        assert form.texts["unit"] == "degC"


async def test_a_form_shows_a_value_of_a_lost_link_as_old(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        form = await form_of(c, PART)

        def shown_as() -> str:
            return next(row for row in drawn(form) if "Shown as" in row)

        assert "●" in shown_as()
        await c.lose()
        c.app.flush()
        await c.settle()
        assert "◌" in shown_as()
        assert "old" in shown_as()


async def test_a_value_that_is_a_message_by_itself_has_a_form_too(tmp_path: Path) -> None:
    async with console(tmp_path, profile=Profile(url=URL, contracts=("simulator",))) as c:
        file = in_a_file(c, tmp_path)
        c.link.deliver("oil_degC", 40.5)
        c.link.deliver("door", "STANDBY")
        await c.settle()
        form = await form_of(c, "oil_degC")
        assert "oil_degC" in form.heading
        await c.press("g", "enter")
        await c.until(lambda: c.app.screen is not form)
        assert channel(c, "oil_degC").unit == "degC"
        assert load_contract([file], simulator=True) == c.station.contract
        assert channel(c, "door").text == "STANDBY"
        assert "door" in (await shown(c)).heading


async def test_a_key_that_came_while_the_form_before_was_saved_passes_no_channel_over(tmp_path: Path) -> None:
    async with console(tmp_path, profile=Profile(url=URL, contracts=("simulator",))) as c:
        in_a_file(c, tmp_path)
        await unnamed(c)
        form = await form_of(c, "extra.oil_degC")
        await c.press("g")
        desk, may_end = c.app.workspace.contract_desk, asyncio.Event()
        save = desk.save

        async def slowly(*arguments: Any) -> str:
            await may_end.wait()
            return await save(*arguments)

        desk.save = slowly  # type: ignore[assignment,method-assign]
        await c.press("enter")
        await c.press("g")
        may_end.set()
        await c.until(lambda: c.app.screen is not form)
        after = await shown(c)
        await c.press("enter")
        assert c.app.screen is after, "the guesses were not taken, so the channel is not passed over unseen"
        assert "did not count" in "\n".join(drawn(after))
        await c.press("enter")
        await c.until(lambda: c.app.screen is not after)
        await shown(c)
        await c.press("escape")
        await closed(c)


async def test_a_renamed_channel_keeps_its_old_name_as_an_alias(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        form = await form_of(c, PART)
        before = channel(c, PART)
        await c.press("down", "ctrl+u")
        await c.type("sample")
        await c.press("enter")
        await closed(c)
        assert channel(c, PART).name == "sample"
        assert channel(c, PART).aliases == (before.name,)
        assert channel(c, PART).unit == before.unit
        assert form.texts["label"] == before.label


async def test_what_is_wrong_is_said_beside_its_field_and_not_saved(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        other = channel(c, "chamber_state.shroud").name
        form = await form_of(c, PART)
        before = c.station.contract
        await c.press("down", "ctrl+u")
        await c.type(other)
        await c.press("enter")
        await c.until(lambda: form.problems)
        assert list(form.problems) == ["channel"]
        form.put("channel", "part")
        form.put("unit", "mbar")
        await c.press("enter")
        await c.until(lambda: "unit" in form.problems)
        form.put("unit", "degC")
        form.put("valid", "5 to -5")
        await c.press("enter")
        await c.until(lambda: "valid" in form.problems)
        form.put("valid", "")
        form.put("role", "pressure")
        form.put("unit", "mbar")
        await c.press("enter")
        await c.until(lambda: "role" in form.problems)
        assert c.station.contract == before
        await c.press("escape")
        await closed(c)


async def test_what_was_typed_is_there_again_and_a_cut_link_takes_none_of_it(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await form_of(c, PART)
        await c.press("ctrl+u")
        await c.type("Half a na!!")
        await c.lose()
        assert isinstance(c.app.screen, ContractForm)
        await c.press("escape")
        await closed(c)
        form = await form_of(c, PART)
        assert form.texts["label"] == "Half a na!!"
        assert "Typed before and not saved yet" in "\n".join(drawn(form)), "it is not taken for what is saved"
        await c.press("tab", "f2")
        assert not form.changed, "one key takes each entry back to what is saved"
        await c.press("escape")
        await closed(c)
        assert c.link.emitted == []


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_a_file_changed_meanwhile_is_shown_before_it_is_saved_over(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(tmp_path, size=size) as c:
        file = in_a_file(c, tmp_path)
        file.write_text("# mine\n")
        await form_of(c, PART)
        await c.press("ctrl+u")
        await c.type("Sample")
        file.write_text('# mine\n[messages.chamber_state]\n"shroud" = { label = "Theirs" }\n')
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        shown_now = "\n".join(drawn(c.app.screen))
        assert all(words in shown_now for words in ("Theirs", "(s)", "(r)"))
        await c.press("s")
        await closed(c)
        assert "Theirs" in file.read_text()
        assert channel(c, PART).label == "Sample"
        assert file.read_text().startswith("# mine\n")


async def test_a_name_that_another_program_gave_goes_on_working_when_it_is_saved_over(tmp_path: Path) -> None:
    async with console(tmp_path, size=(60, 16)) as c:
        file = in_a_file(c, tmp_path)
        file.write_text('[messages.chamber_state]\n"part" = { channel = "dut", label = "Part" }\n')
        assert await c.station.reread_contract((file,)) is None
        await form_of(c, PART)
        await c.press("ctrl+u")
        await c.type("Sample")
        theirs = '{ channel = "probe", aliases = ["dut", "older"] }'
        file.write_text(f'[messages.chamber_state]\n"part" = {theirs}\n')
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        assert all(f"({key})" in "\n".join(drawn(c.app.screen)) for key in "sr")
        await c.press("s")
        await closed(c)
        made = '{ channel = "dut", aliases = ["probe", "older"], label = "Sample" }'
        assert file.read_text() == f'[messages.chamber_state]\n"part" = {made}\n'


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
async def test_a_read_only_folder_is_told_before_anything_is_typed(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        folder = tmp_path / "locked"
        folder.mkdir()
        in_a_file(c, folder)
        folder.chmod(0o500)
        await form_of(c, PART)
        assert not c.app.screen.query(Input)
        folder.chmod(0o700)


@pytest.mark.parametrize("size", [(60, 16), (80, 23), (120, 36)])
async def test_buttons_and_the_field_with_the_focus_are_seen_at_every_size(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(tmp_path, size=size) as c:
        form = await form_of(c, PART)
        for key in ("up",) * 3 + ("down",) * 3:
            await c.press(key)
            await c.until(lambda: form.focused and form.region.contains_region(form.focused.region))
            assert "Save" in "\n".join(drawn(c.app.screen))


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_a_form_that_cannot_save_offers_no_saving(tmp_path: Path, key: str) -> None:
    async with console(tmp_path) as c:

        async def problem() -> str:
            return "The folder may not be written."

        c.app.workspace.contract_desk.problem = problem  # type: ignore[method-assign]
        form = await form_of(c, PART)
        assert not form.query("#save")
        strip = drawn(form)[-1]
        assert "back" in strip
        assert "save" not in strip
        await c.press(key)
        await closed(c)


async def test_leaving_says_which_typed_text_is_lost(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        form = await form_of(c, PART)
        form.put("label", "Another")
        await c.press("ctrl+c")
        await c.until(lambda: isinstance(c.app.screen, QuitDialog))
        await c.settle()
        asked = " ".join(str(one.render()) for one in c.app.screen.query("#words"))
        assert unsaved_sentence([form.heading]) in asked
        await c.press("enter")
        await c.until(lambda: c.app.screen is form)
        assert form.texts["label"] == "Another"
        # A form in which nothing was typed loses nothing.
        form.put("label", "")
        form.put("label", channel(c, PART).label)
        assert not form.unsaved
        await c.press("ctrl+c")
        await c.until(lambda: c.app.return_code == 0)


async def command_form(c: Console, key: str) -> ContractForm:
    """Open the form of a command on Controls by its key."""
    await c.press(key)
    return await shown(c)


async def test_a_new_command_is_guessed_from_its_name_and_can_be_taken_out(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls", profile=Profile(url=URL, contracts=("simulator",))) as c:
        file = in_a_file(c, tmp_path)
        form = await command_form(c, "N")
        await c.type("stop_all")
        await c.press("f2")
        assert form.texts["title"] == "Stop all"
        form.put("fields", json.dumps({"gently": {"type": "bool", "help": "Slowly."}}))
        form.put("hazard", "critical")
        form.put("timeout", "2min")
        form.put("source", "Ada, 2026-11")
        await c.press("enter")
        await closed(c)
        made = c.station.contract.commands["stop_all"]
        assert (made.hazard, made.timeout, made.source) == (Hazard.CRITICAL, 120.0, "Ada, 2026-11")
        assert [field.name for field in made.fields] == ["gently"]
        assert made.confirm is not None
        assert made.confirm.becomes == "idle"
        chosen = c.app.screen.query_one(ContractCommands).chosen
        assert chosen is not None
        assert chosen.event == "stop_all", "the new command is chosen in the list"
        form = await command_form(c, "e")
        assert form.texts["source"] == "Ada, 2026-11"
        form.query_one("#remove").focus()
        await c.press("enter")
        await closed(c)
        assert "stop_all" not in c.station.contract.commands
        await c.press("z")
        await c.until(lambda: "stop_all" in c.station.contract.commands)
        assert load_contract([file], simulator=True) == c.station.contract
        assert c.link.emitted == []


async def test_of_a_documented_command_only_the_form_can_be_changed(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        form = await command_form(c, "e")
        able = {row.entry.key for row in form.query(EntryRow) if row.can_change}
        assert able == {
            *("starts", "sends", "arguments", "ack"),
            *("confirm.role", "confirm.becomes", "confirm.equals"),
        }
        form.put("sends", "nothing")
        await c.press("enter")
        await closed(c)
        command = c.station.contract.commands["cancel_recipe"]
        assert command.form.sends is Sends.NOTHING
        assert command.origin is Origin.DOCUMENTED


async def test_a_field_of_the_payload_has_a_form_of_its_own(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        form = await command_form(c, "N")
        await c.type("heat")
        form.query_one(FieldsButton).focus()
        await c.press("enter")
        await c.until(lambda: c.app.screen is not form and isinstance(c.app.screen, ContractForm))
        await c.settle()
        await c.type("power")
        await c.press("enter")
        await c.until(lambda: c.app.screen is form)
        await c.until(lambda: "power" in form.texts["fields"])
        await c.press("escape")
        await closed(c)


async def test_the_file_itself_and_the_answers_have_forms(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls", profile=Profile(url=URL, contracts=("simulator",))) as c:
        file = in_a_file(c, tmp_path)
        await c.press("f")
        await c.until(lambda: isinstance(c.app.screen, ChooseDialog))
        await c.settle()
        await c.press("enter")
        form = await shown(c)
        form.put("source", "lab notes")
        form.put("origin", "assumed")
        await c.press("enter")
        await closed(c)
        assert file.read_text() == 'origin = "assumed"\nsource = "lab notes"\n'
        await c.press("f")
        await c.until(lambda: isinstance(c.app.screen, ChooseDialog))
        await c.settle()
        await c.press("down", "enter")
        form = await shown(c)
        await c.type("vent_done")
        form.put("command", "vent")
        form.put("warnings", '"a, b", c')
        await c.press("enter")
        await closed(c)
        assert c.station.contract.responses["vent_done"].warnings == ("a, b", "c")


async def rename(c: Console, label: str) -> None:
    """Give the part another name by its form."""
    await form_of(c, PART)
    await c.press("ctrl+u")
    await c.type(label)
    await c.press("enter")
    await closed(c)


async def test_several_changes_are_taken_back_but_none_that_others_built_upon(tmp_path: Path) -> None:
    async with console(tmp_path, profile=Profile(url=URL, contracts=("simulator",))) as c:
        file = in_a_file(c, tmp_path)
        before = channel(c, PART).label
        await rename(c, "One")
        await rename(c, "Two")
        await c.press("z")
        await c.until(lambda: channel(c, PART).label == "One")
        await c.press("z")
        await c.until(lambda: channel(c, PART).label == before)
        await rename(c, "Three")
        file.write_text(file.read_text() + "# mine\n")
        await c.press("z")
        await c.until(lambda: any("Not taken back" in said for said in c.messages))
        assert channel(c, PART).label == "Three"
        assert file.read_text().endswith("# mine\n")


async def test_without_a_file_a_change_lasts_as_long_as_the_console(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await rename(c, "One")
        assert channel(c, PART).label == "One"
        await rename(c, "Two")
        await c.press("z", "z")
        await c.until(lambda: channel(c, PART).label == "Test part")
    assert contracts_in(tmp_path) == []


async def test_the_log_opens_the_form_of_a_channel_of_the_chosen_event(tmp_path: Path) -> None:
    async with console(tmp_path, tab="log") as c:
        log = c.app.screen.query_one(LogView)
        c.link.deliver("gauge", json.dumps(1e-6))
        await c.until(lambda: log.chosen is not None and log.chosen.name == "gauge")
        # One channel: its form at once; beside the detail as well.
        await c.press("enter")
        await c.press("N")
        assert "gauge" in (await shown(c)).heading
        await c.press("escape")
        await closed(c)
        # Several: a list of them, in which the first without a name is chosen.
        c.link.deliver("zones", json.dumps({"a": 1.5, "b": {"c": 2.5}}))
        await c.press("end")
        await c.until(lambda: log.chosen is not None and log.chosen.name == "zones")
        await c.press("N")
        await c.until(lambda: isinstance(c.app.screen, ChooseDialog) and c.app.screen.is_mounted)
        await c.settle()
        await c.press("down", "enter")
        form = await shown(c)
        assert "zones.b.c" in form.heading
        form.put("label", "Middle")
        await c.press("enter")
        await c.until(lambda: channel(c, "zones.b.c").label == "Middle")
        await c.press("escape")
        await closed(c)
        await c.press("z")
        await c.until(lambda: channel(c, "zones.b.c").label != "Middle")
        # Nothing in it: said, and no form.
        c.link.deliver("word", "{hello")
        await c.until(lambda: log.chosen is not None and log.chosen.name == "word")
        await c.press("N")
        await c.settle()
        assert len(c.app.screen_stack) == 1
        assert c.link.emitted == []


async def test_between_two_forms_no_key_reaches_the_tab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path) as c:
        c.link.deliver("zones", json.dumps({"a": 1.5, "b": 2.5}))
        await c.until(lambda: c.station.snapshot().channel("zones.b"))
        await c.settle()
        show = c.app.push_screen_wait
        between: list[tuple[int, bool]] = []
        pane = c.frame.pane

        async def show_late(screen: Any) -> Any:
            if isinstance(screen, ContractForm) and form.heading not in screen.heading:
                for key in ("2", "n"):
                    await c.app.on_event(events.Key(key, key))
                await asyncio.sleep(0.1)
                between.append((len(c.app.screen_stack), c.frame.pane is pane))
            return await show(screen)

        form = await form_of(c, "zones.a")
        monkeypatch.setattr(c.app, "push_screen_wait", show_late)
        form.put("label", "First")
        await c.press("enter")
        await c.until(lambda: c.app.screen is not form and isinstance(c.app.screen, ContractForm))
        assert "zones.b" in (await shown(c)).heading
        # And behind the last one they do again.
        await c.press("escape")
        await closed(c)
        await c.press("2")
        await c.settle()
        assert c.app.screen.query(ContractCommands)
        assert between == [(1, True)]


async def test_a_typed_letter_lays_out_nothing(tmp_path: Path) -> None:
    """Textual would lay out the whole screen, 70 parts, for each: 9 ms instead of 3."""
    async with console(tmp_path) as c:
        await c.press("enter")
        form, laid_out = c.app.screen, list[object]()
        assert isinstance(form, ContractForm)
        await c.type("a")
        await c.settle()
        form.screen_layout_refresh_signal.subscribe(form, laid_out.append, immediate=True)
        await c.type("bcd")
        assert laid_out == []
