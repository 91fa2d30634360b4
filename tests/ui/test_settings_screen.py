"""The settings screen by its keys: the file keeps its comments, and a change is in force at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Static

from tests.helpers.console import Console, console, drawn
from xovac_tui.config.settings_text import SettingsText, write_settings_text
from xovac_tui.errors import SettingsError
from xovac_tui.notify import trial
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.contract.form import ContractForm
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.dialogs.quit import QuitDialog, unsaved_sentence
from xovac_tui.ui.settings import receiver_form, settings_model, settings_screen
from xovac_tui.ui.settings.settings_screen import KeyDialog, SettingsDialog
from xovac_tui.ui.widgets.rows import Rows

TEXT = """# mine
[display] # the screen
time = "utc" # as the logs
[[notify.receivers]]
name = "ringer"
kind = "bell"
"""


@asynccontextmanager
async def settings(folder: Path, text: str = TEXT, **options: object) -> AsyncIterator[tuple[Console, Path]]:
    """Open the settings screen on a file."""
    file = folder / "config.toml"
    file.write_text(text)
    async with console(folder, **options) as c:  # type: ignore[arg-type]
        c.app.workspace.start = msgspec.structs.replace(c.app.workspace.start, settings_path=file)
        await c.press("f9")
        await ready(c)
        yield c, file


async def ready(c: Console) -> SettingsDialog:
    """Wait until the list is shown and nothing is being changed."""

    def is_ready() -> bool:
        top = c.app.screen
        return isinstance(top, SettingsDialog) and not top.busy and top.chosen is not None

    await c.until(is_ready)
    await c.settle()
    assert isinstance(c.app.screen, SettingsDialog)
    return c.app.screen


async def pick(c: Console, typed: str) -> None:
    """Find a setting and change it."""
    await c.type(typed)
    await c.settle()
    await c.press("enter")
    await c.until(lambda: not isinstance(c.app.screen, SettingsDialog))
    await c.settle()


async def form_of(c: Console, typed: str) -> ContractForm:
    """Find a setting and return the form that changes it."""
    await pick(c, typed)
    form = c.app.screen
    assert isinstance(form, ContractForm)
    return form


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_units_change_while_choosing_and_stay_once_chosen(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with settings(tmp_path, size=size) as (c, file):
        workspace = c.app.workspace
        await pick(c, "temperatures")
        await c.press("down", "down")
        assert workspace.units.temperature == "K"
        await c.press("escape")
        await ready(c)
        assert workspace.units.temperature == ""
        assert file.read_text() == TEXT
        await c.press("enter")
        await c.until(lambda: not isinstance(c.app.screen, SettingsDialog))
        await c.press("down", "down", "down", "enter")
        dialog = await ready(c)
        assert workspace.units.temperature == "degF"
        assert workspace.start.display.temperature == "degF"
        assert file.read_text() == TEXT.replace("logs\n", 'logs\ntemperature = "degF"\n')
        assert "°F" in dialog.query_one(Rows).plain
        assert dialog.query_one("#about").region.bottom <= size[1]


async def test_a_key_is_put_elsewhere_and_clashes_are_told(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        await pick(c, "hold the picture")
        dialog = c.app.screen
        assert isinstance(dialog, KeyDialog)
        await c.press("q")
        assert "would be both pause and quit" in str(dialog.query_one("#problem", Static).render())
        await c.press("f5")
        await ready(c)
        assert '[keys]\npause = "f5"\n' in file.read_text()
        assert c.app.workspace.keys["pause"] == "f5"
        await c.press("escape")
        await c.settle()
        await c.press("p")
        assert not c.app.workspace.held
        await c.press("f5")
        assert c.app.workspace.held


async def test_stop_stays_on_its_key(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        await c.type("cancel the running recipe: press")
        await c.settle()
        assert isinstance(c.app.screen, SettingsDialog)
        assert c.app.screen.chosen is not None
        assert c.app.screen.chosen.title == "STOP"
        await c.press("enter")
        await ready(c)
        assert file.read_text() == TEXT


async def test_what_another_program_changed_is_shown_first_and_stays(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        file.write_text(f'recipes = "r"\n{TEXT}')
        await pick(c, "times")
        await c.press("up", "enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        assert '+recipes = "r"' in c.app.screen.words()  # type: ignore[attr-defined]
        await c.press("n")
        await ready(c)
        assert file.read_text() == f'recipes = "r"\n{TEXT}'
        await c.press("enter")
        await c.until(lambda: not isinstance(c.app.screen, SettingsDialog))
        await c.press("up", "enter")
        await ready(c)
        assert file.read_text() == f'recipes = "r"\n{TEXT}'.replace('"utc"', '"local"')


async def test_what_another_program_writes_while_mine_is_saved_is_shown_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = write_settings_text

    def late(made: SettingsText, before: SettingsText) -> None:
        # After the file was read and before it is written.
        monkeypatch.setattr(settings_screen, "write_settings_text", usual)
        file.write_text(f'recipes = "r"\n{TEXT}')
        usual(made, before)

    async with settings(tmp_path) as (c, file):
        monkeypatch.setattr(settings_screen, "write_settings_text", late)
        await pick(c, "times")
        await c.press("up", "enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        assert '+recipes = "r"' in c.app.screen.words()  # type: ignore[attr-defined]
        await c.press("y")
        await ready(c)
        assert file.read_text() == f'recipes = "r"\n{TEXT}'.replace('"utc"', '"local"')


async def test_what_was_typed_into_a_form_stays_when_the_file_had_changed(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        form = await form_of(c, "add program of yours")
        form.put("name", "pager")
        form.put("command", "page.sh")
        file.write_text(f'recipes = "r"\n{TEXT}')
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        await c.press("n")
        await c.until(lambda: isinstance(c.app.screen, ContractForm) and bool(c.app.screen.problems))
        await c.settle()
        assert isinstance(c.app.screen, ContractForm)
        assert c.app.screen.texts["name"] == "pager"
        assert "pager" not in file.read_text()
        await saved(c)
        assert "pager" in file.read_text()


async def test_a_number_out_of_range_is_asked_for_again(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        await pick(c, "pictures a second")
        await c.press("ctrl+u")
        await c.type("50")
        await c.press("enter")
        await c.settle()
        assert "refresh" in "".join(str(label.render()) for label in c.app.screen.query(".problem"))
        await c.press("ctrl+u")
        await c.type("1")
        await c.press("enter")
        await ready(c)
        assert "refresh = 1\n" in file.read_text()
        assert "next start" in c.app.workspace.history.messages[-1].text


async def test_a_receiver_is_tested_after_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    async with settings(tmp_path) as (c, _):
        monkeypatch.setattr(c.app, "write_beside", rung.append)
        await pick(c, "ringer")
        await c.press("enter")
        await ready(c)
        assert rung == []
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        await c.press("y")
        await ready(c)
        await c.until(lambda: c.app.workspace.history.messages[-1].text == "ringer took the test.")
        assert rung == ["\a"]
        assert c.link.emitted == []


async def test_a_receiver_that_hangs_in_a_test_holds_up_no_setting_and_reports_after_the_screen_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = asyncio.Event()

    async def hang(*_: object) -> str:
        await answered.wait()
        return "it gave no answer."

    async with settings(tmp_path) as (c, file):
        monkeypatch.setattr(trial, "attempt", hang)
        await pick(c, "ringer")
        await c.press("y")
        await ready(c)
        await c.press("ctrl+u")
        await pick(c, "times")
        await c.press("up", "enter")
        await ready(c)
        assert "local" in file.read_text()
        await c.press("escape")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        answered.set()
        await c.until(lambda: "it gave no answer." in c.app.workspace.history.messages[-1].text)


async def test_a_receiver_that_another_program_took_out_is_listed_no_more(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        file.write_text('[display]\ntime = "utc"\n')
        await pick(c, "times")
        await c.press("up", "enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        await c.press("n")
        screen = await ready(c)
        await c.press("ctrl+u")
        await c.type("ringer")
        await c.settle()
        assert "ringer" not in screen.query_one(Rows).plain


async def test_settings_that_cannot_be_written_are_told_before_typing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_model, "unwritable", lambda _: "The folder takes no file.")
    async with settings(tmp_path) as (c, file):
        notice = c.app.screen.query_one("#readonly", Static)
        assert "takes no file" in str(notice.render())
        await c.type("times")
        await c.press("enter")
        await ready(c)
        assert file.read_text() == TEXT


async def test_a_setting_is_changed_by_two_clicks(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, _):
        await c.type("times")
        await c.settle()
        rows = c.app.screen.query_one(Rows)
        await c.pilot.click(rows, offset=(4, 1))
        await c.pilot.click(rows, offset=(4, 1))
        await c.until(lambda: not isinstance(c.app.screen, SettingsDialog))


async def saved(c: Console) -> None:
    """Save the open form."""
    await c.settle()
    await c.press("enter")
    await ready(c)


async def test_a_receiver_is_added_changed_and_taken_out_by_its_form(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        form = await form_of(c, "add webhook")
        form.put("name", "lab system")
        form.put("url", "https://lab.example.org/t0ken")
        form.put("at_most", "3")
        await c.settle()
        assert "t0ken" not in c.app.export_screenshot()
        assert "*" * 20 in "\n".join(drawn(form)), "in plain characters"
        await saved(c)
        # The address is in a private file of its own; the rest is as it was.
        private = tmp_path / "lab-system.address"
        assert private.read_text() == "https://lab.example.org/t0ken\n"
        assert private.stat().st_mode & 0o777 == 0o600
        hook = (
            '[[notify.receivers]]\nname = "lab system"\nkind = "webhook"\nat_most = 3\n'
            'url_file = "lab-system.address"\n'
        )
        assert file.read_text() == f"{TEXT}\n{hook}"
        # Changed: what is not typed stays, the address too.
        await c.press("ctrl+u")
        await pick(c, "lab system")
        await c.press("e")
        await c.until(lambda: isinstance(c.app.screen, ContractForm))
        changed = c.app.screen
        assert isinstance(changed, ContractForm)
        assert "t0ken" not in str(changed.texts)
        changed.put("severities", "high")
        await saved(c)
        assert file.read_text() == f'{TEXT}\n{hook}severities = ["high"]\n'
        assert private.read_text() == "https://lab.example.org/t0ken\n"
        # Taken out after a question.
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        await c.press("e")
        await c.until(lambda: isinstance(c.app.screen, ContractForm))
        await c.settle()
        await c.pilot.click("#remove")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        await c.press("y")
        await c.until(lambda: file.read_text().strip() == TEXT.strip())
        assert c.link.emitted == []


async def test_the_heartbeat_is_set_up_and_taken_out(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        form = await form_of(c, "heartbeat")
        form.put("url", "https://watch.example.org/t0ken")
        form.put("only_online", "yes")
        await saved(c)
        table = '[notify.heartbeat]\nurl_file = "heartbeat.address"\nonly_online = true\n'
        assert file.read_text() == f"{TEXT}\n{table}"
        assert "every 1 min" in c.app.screen.query_one(Rows).plain
        await c.press("enter")
        await c.until(lambda: isinstance(c.app.screen, ContractForm))
        await c.settle()
        await c.pilot.click("#remove")
        await c.until(lambda: isinstance(c.app.screen, QuestionDialog))
        await c.settle()
        await c.press("y")
        await ready(c)
        assert file.read_text().strip() == TEXT.strip()


async def test_a_receiver_that_cannot_be_is_not_saved(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, file):
        form = await form_of(c, "add apprise")
        form.put("name", "ringer")
        form.put("url", "ntfys://t0ken")
        await c.press("enter")
        await c.until(lambda: form.problems)
        assert set(form.problems) == {"name"}
        # An address that was typed into the wrong field gets into no settings file.
        form.put("name", "phone")
        form.put("url", "")
        form.put("url_file", "ntfys://t0ken")
        await c.press("enter")
        await c.until(lambda: set(form.problems) == {"url_file"})
        form.put("url_file", "x" * 300)
        form.put("url", "ntfys://t0ken")
        form.put("name", "pager")
        await c.press("enter")
        await c.until(lambda: "name" in form.problems.get("url_file", ""))
        form.put("url_file", "")
        form.put("url", "")
        await c.press("enter")
        await c.until(lambda: set(form.problems) == {"url"})
        form.put("url", "ntfys://t0ken")
        # A file that is there is not written over.
        (tmp_path / "mine.address").write_text("ntfys://older")
        form.put("name", "phone")
        form.put("url_file", "mine.address")
        await c.press("enter")
        await c.until(lambda: set(form.problems) == {"url_file"})
        assert (tmp_path / "mine.address").read_text() == "ntfys://older"
        assert not (tmp_path / "phone.address").exists()
        assert file.read_text() == TEXT


async def test_why_nothing_was_saved_stays_in_the_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SettingsError("The disk is full.")

    monkeypatch.setattr(receiver_form, "write_address", full)
    async with settings(tmp_path) as (c, file):
        form = await form_of(c, "add webhook")
        form.put("name", "lab")
        form.put("url", "https://lab.example.org/t0ken")
        await c.press("enter")
        await c.until(lambda: form.problems)
        await asyncio.sleep(0.35)  # the check of what was typed would have been due after 0.3 s
        await c.settle()
        assert list(form.problems.values()) == ["The disk is full."]
        assert file.read_text() == TEXT


async def test_leaving_the_console_names_a_form_that_was_left_before(tmp_path: Path) -> None:
    async with settings(tmp_path) as (c, _):
        form = await form_of(c, "add program of yours")
        form.put("name", "pager")
        await c.press("escape")
        await ready(c)
        await c.press("escape")
        await c.until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        await c.press("q")
        await c.until(lambda: isinstance(c.app.screen, QuitDialog))
        await c.settle()
        asked = " ".join(str(one.render()) for one in c.app.screen.query("#words"))
        assert unsaved_sentence([form.heading]) in asked
        # What was typed is there again.
        await c.press("escape", "f9")
        await ready(c)
        await pick(c, "add program of yours")
        assert isinstance(c.app.screen, ContractForm)
        assert c.app.screen.texts["name"] == "pager"


async def test_leaving_the_console_names_an_open_note(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press("n")
        await c.until(lambda: isinstance(c.app.screen, AskDialog))
        await c.settle()
        note = c.app.screen
        assert isinstance(note, AskDialog)
        assert note.unsaved == ""
        await c.type("door opened")
        await c.press("ctrl+c")
        await c.until(lambda: isinstance(c.app.screen, QuitDialog))
        await c.settle()
        asked = " ".join(str(one.render()) for one in c.app.screen.query("#words"))
        assert unsaved_sentence([note.heading]) in asked
