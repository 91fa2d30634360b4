"""Recipe files from the screen: saved, kept, exchanged; what another program does is noticed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

from tests.helpers.console import forget_said
from tests.helpers.editor import SOAK, Edited, on_disk, recipes_tab, write
from tests.helpers.keys import KEYS
from xovac_tui import paths
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.findings import FindingCode, finding
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.store import versions
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.confirm import ConfirmDialog
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.screens.recipes.diffs import DiffDialog
from xovac_tui.ui.screens.recipes.editor.finding_list import words
from xovac_tui.ui.screens.recipes.template import TemplateDialog


def path_of(folder: Path, name: str = "soak") -> Path:
    return folder / "recipes" / f"{name}.toml"


def read_text(e: Edited) -> str:
    """Return the text of the dialog that shows differences."""
    return str(e.c.app.screen.query_one("VerticalScroll Static", Static).content)


def listed(e: Edited) -> str:
    return e.pane.view.files.plain


async def type_over(e: Edited, text: str) -> None:
    """Put a text into a dialog's field."""
    field = e.c.app.screen.query_one(Input)
    field.value = text
    await e.c.settle()


# -- saving -------------------------------------------------------------------------------------------


async def test_save_writes_the_file_and_keeps_the_version_before(tmp_path: Path) -> None:
    commented = SOAK.replace('hold = "2h"', 'hold = "2h"  # soak')
    write(tmp_path, soak=commented)
    async with recipes_tab(tmp_path) as e:
        await e.press("d")
        assert "changed, not saved" in e.head
        await e.press("s")
        await e.c.until(lambda: e.said("Saved. "))
        await e.c.settle()
        assert "  saved" in e.head
        assert on_disk(tmp_path) == e.recipe
        assert path_of(tmp_path).read_text().startswith("# Our own.\n")
        assert "# soak" in path_of(tmp_path).read_text(), "comments are kept, and nothing is asked"
        (kept,) = versions(path_of(tmp_path))
        assert kept.path.read_text() == commented
        await e.press("s")
        await e.c.until(lambda: e.said("nothing to save"))
        # Undo reaches back over saving, and that is a change again.
        await e.press("z")
        assert "changed, not saved" in e.head
        # What is wrong is not saved, nor is the editor left by saving it.
        saved, before = path_of(tmp_path).read_text(), e.recipe.steps
        await e.press("l", "s")
        empty = words(finding(FindingCode.STEPS_MISSING, (1,), "steps"), KEYS)
        await e.c.until(lambda: e.said(f"Not saved: {empty}"))
        assert e.editor.editing.path == (1,)
        forget_said(e.c.app)
        await e.press("escape")
        await e.answer("save")
        await e.c.until(lambda: e.said("Not saved"))
        assert e.recipe.steps == (before[0], Repeat(2, ()), *before[1:])
        assert path_of(tmp_path).read_text() == saved


async def test_an_example_is_edited_as_a_copy(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("end")
        await e.c.until(
            lambda: e.pane.view.study is not None and e.pane.view.study.file.name.startswith("Thermal")
        )
        await e.edit()
        assert e.editor.editing.opened is None
        example = e.editor.editing.origin
        assert example is not None
        await e.press("escape")
        await e.closed()
        assert list((tmp_path / "recipes").iterdir()) == [path_of(tmp_path)]
        await e.edit()
        await e.press("d", "s")
        await e.saved()
        copy = path_of(tmp_path, "thermal-cycling-4-cycles")
        assert load_recipe(copy) == e.recipe
        assert copy.read_text().startswith("# Thermal cycling")
        assert example.path.read_text() == example.text
        await e.press("escape")
        await e.closed()
        await e.c.until(lambda: listed(e).count("Thermal cycling") == 2)
        assert e.pane.view.study is not None
        await e.c.until(lambda: e.pane.view.study is not None and e.pane.view.study.file.path == copy)


# -- another program ----------------------------------------------------------------------------------

THEIRS = SOAK.replace("Hot soak", "Theirs")


async def test_a_file_changed_meanwhile_is_not_run_over(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.press("d")
        mine = e.recipe
        write(tmp_path, soak=THEIRS)
        await e.press("s")
        await e.answer("stay")
        await e.c.until(lambda: e.dialogs == 0)
        await e.c.settle()
        assert path_of(tmp_path).read_text() == THEIRS
        assert e.recipe == mine
        await e.press("s")
        await e.answer("read")
        await e.c.until(lambda: e.recipe.name == "Theirs")
        assert not e.editor.editing.draft.dirty
        await e.press("z")
        assert e.recipe == mine
        write(tmp_path, soak=SOAK)
        await e.press("s")
        await e.answer("overwrite")
        await e.saved()
        assert on_disk(tmp_path) == mine
        assert versions(path_of(tmp_path))[0].path.read_text() == SOAK


async def test_a_change_on_the_disk_is_noticed_in_the_editor(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        write(tmp_path, other=THEIRS)
        e.editor_pane.check_file()
        await e.c.settle()
        assert not e.editor.changed_on_disk
        path_of(tmp_path).unlink()
        e.editor_pane.check_file()
        await e.c.until(lambda: "changed on disk" in e.head)
        await e.c.until(lambda: e.said("Another program has changed this file"))
        write(tmp_path, soak=SOAK)
        e.editor_pane.check_file()
        await e.c.until(lambda: "changed on disk" not in e.head)


async def test_a_folder_that_another_program_changed_is_read_without_moving_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xovac_tui.ui.screens.recipes.pane.CHECK_SECONDS", 0.1)
    write(tmp_path, b=SOAK, c=SOAK.replace("Hot soak", "Third"))
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("down")
        await e.c.until(lambda: e.pane.view.study is not None and e.pane.view.study.file.name == "Third")
        write(tmp_path, a=THEIRS)
        # No key: the pane looks by itself.
        await e.c.until(lambda: "Theirs" in listed(e))
        await e.c.settle()
        assert "▸ Third" in listed(e)
        path_of(tmp_path, "c").unlink()
        await e.c.until(lambda: "Third" not in listed(e))
        await e.c.settle()
        assert "▸ Hot soak" in listed(e) or "▸ Bakeout" in listed(e)


# -- leaving ------------------------------------------------------------------------------------------


async def test_leaving_asks_about_what_is_not_saved(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.press("down", "escape")
        await e.closed()
        assert e.dialogs == 0, "nothing was changed"
        assert e.pane.view.files.has_focus
        before = on_disk(tmp_path)
        for answer in ("drop", "save"):
            await e.edit()
            assert e.editor.steps.has_focus, answer
            await e.press("d")
            mine = e.recipe
            for key in ("escape", "q"):
                await e.press(key)
                await e.answer("stay")
                await e.c.until(lambda: e.dialogs == 0)
                assert e.recipe == mine, (answer, key)
                assert e.c.app.is_running, (answer, key)
            await e.press("escape")
            await e.answer(answer)
            await e.closed()
            assert on_disk(tmp_path) == (mine if answer == "save" else before), answer


@pytest.mark.parametrize("answer", ["save", "drop"])
async def test_quitting_asks_about_what_is_not_saved(tmp_path: Path, answer: str) -> None:
    async with recipes_tab(tmp_path) as e:
        if answer == "drop":
            # A wrong text in the form is not lost without asking, either.
            await e.fill("to", "hot")
            mine = e.recipe
            await e.c.frame.show_tab("status")
        else:
            await e.press("d")
            mine = e.recipe
        await e.press("q")
        await e.answer(answer)
        await e.c.until(lambda: e.c.app.return_code == 0)
        assert on_disk(tmp_path) == mine


# -- the list -----------------------------------------------------------------------------------------


async def test_copy_and_rename(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("c")
        await e.c.until(lambda: "▸ Hot soak copy" in listed(e))
        copy = path_of(tmp_path, "hot-soak-copy")
        assert copy.read_text().startswith("# Our own.")
        await e.c.until(lambda: e.pane.view.study is not None and e.pane.view.study.file.path == copy)
        await e.press("m")
        await e.dialog()
        await type_over(e, "  ")
        await e.press("enter")
        await e.c.until(lambda: e.dialogs == 1 and e.c.app.screen.query(".problem"))
        await type_over(e, "Board X")
        await e.press("enter")
        await e.c.until(lambda: "▸ Board X" in listed(e))
        assert not copy.exists()
        assert load_recipe(path_of(tmp_path, "board-x")).name == "Board X"


async def test_delete_asks_and_is_taken_back(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("d")
        await e.dialog()
        await e.press("enter")
        await e.c.until(lambda: e.dialogs == 0)
        assert path_of(tmp_path).exists()
        await e.press("d")
        await e.answer("delete")
        await e.c.until(lambda: "Hot soak" not in listed(e))
        assert not path_of(tmp_path).exists()
        assert len(list((tmp_path / "recipes" / ".trash").iterdir())) == 1
        await e.press("z")
        await e.c.until(lambda: "▸ Hot soak" in listed(e))
        assert path_of(tmp_path).read_text() == SOAK
        await e.press("z")
        await e.c.until(lambda: e.said("Nothing was deleted"))


async def test_an_example_is_neither_renamed_nor_deleted_and_has_no_earlier_version(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("V")
        await e.c.until(lambda: e.said("There is no earlier version"))
        await e.press("end")
        await e.c.until(
            lambda: e.pane.view.study is not None and e.pane.view.study.file.name.startswith("Thermal")
        )
        for key in ("m", "d"):
            forget_said(e.c.app)
            await e.press(key)
            await e.c.until(lambda: e.said("An example"))
            assert e.dialogs == 0, key


async def test_going_back_to_an_earlier_version(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.press("d", "s")
        await e.saved()
        await e.press("escape")
        await e.closed()
        await e.press("V")
        await e.dialog()
        assert "Hot soak, 5 steps" in str(e.c.app.screen.query_one(OptionList).get_option_at_index(0).prompt)
        # Below the list stands what has changed since.
        await e.c.settle()
        assert "- 1 ramp to 60 °C at 1 K/min" in read_text(e)
        await e.press("enter")
        await e.c.until(lambda: path_of(tmp_path).read_text() == SOAK)
        view = e.pane.view
        await e.c.until(
            lambda: bool(view.study and view.study.file.recipe and len(view.study.file.recipe.steps) == 5)
        )
        assert len(versions(path_of(tmp_path))) == 2


async def test_what_differs_from_the_saved_file_and_from_what_is_loaded(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.press("D")
        await e.c.until(lambda: isinstance(e.c.app.screen, DiffDialog))
        await e.c.settle()
        assert "Nothing differs" in read_text(e)
        await e.press("escape")
        await e.press("d", "D")
        await e.c.until(lambda: isinstance(e.c.app.screen, DiffDialog))
        await e.c.settle()
        assert "- 1 ramp to 60 °C at 1 K/min" in read_text(e)
        await e.press("escape", "escape")
        await e.answer("drop")
        await e.closed()
        await e.press("D")
        await e.c.until(lambda: e.said("nothing to compare with"))


async def test_recipes_are_found_by_words(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK, cold=SOAK.replace("Hot soak", "Third"))
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("slash", *"cold")
        await e.c.until(lambda: "Hot soak" not in listed(e))
        await e.c.until(lambda: e.pane.view.study is not None and e.pane.view.study.file.name == "Third")
        await e.press("x", "x")
        await e.c.until(lambda: "No recipe has that" in listed(e))
        await e.press("enter")
        assert e.pane.view.files.has_focus
        await e.press("escape")
        await e.c.until(lambda: "Hot soak" in listed(e))
        assert not e.pane.view.has_class("-find")


async def test_a_path_is_completed_with_tab(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    for name in ("one.csv", "other.json"):
        (tmp_path / "lists" / name).write_text("x")
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("i")
        await e.dialog()
        field = e.c.app.screen.query_one(Input)
        await type_over(e, f"{tmp_path}/li")
        field.cursor_position = len(field.value)
        await e.press("tab")
        await e.c.until(lambda: field.value == f"{tmp_path}/lists/")
        await e.press("tab")
        await e.c.until(lambda: field.value == f"{tmp_path}/lists/o")
        await e.c.until(lambda: "one.csv" in str(e.c.app.screen.query_one(".names", Static).content))
        await e.press("escape")


async def test_a_bad_file_is_not_for_the_table(tmp_path: Path) -> None:
    write(tmp_path, soak="name = \n")
    async with recipes_tab(tmp_path, edit=False) as e:
        for key in ("e", "x"):
            await e.press(key)
            await e.c.until(lambda: e.said("cannot be read, so"))
            forget_said(e.c.app)
        assert e.dialogs == 0


# -- other programs -----------------------------------------------------------------------------------


async def test_export_and_import_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "state_folder", lambda: tmp_path / "state")
    async with recipes_tab(tmp_path, edit=False) as e:
        for ending in ("toml", "csv", "json"):
            await e.press("x")
            await e.dialog()
            offered = e.c.app.screen.query_one(Input).value
            assert offered == str(tmp_path / "state" / "exports" / "hot-soak.csv")
            await type_over(e, offered.replace("csv", ending))
            await e.press("enter")
            written = tmp_path / "state" / "exports" / f"hot-soak.{ending}"
            await e.c.until(written.exists)
            await e.c.settle()
            assert written.stat().st_size > 100, ending
            if ending == "json":
                assert json.loads(written.read_text())["name"] == "Hot soak"
            await e.press("i")
            await e.dialog()
            await type_over(e, str(written))
            await e.press("enter")
            if ending == "toml":
                await e.c.until(lambda: e.c.app.screen.query(".problem"))
                await e.press("escape")
                continue
            await e.c.until(lambda: e.c.frame.pane is not e.pane)
            await e.studied()
            assert e.editor.editing.opened is None, ending
            if ending == "csv":
                assert e.recipe.steps == on_disk(tmp_path).steps
                assert e.said("called")
                await e.press("escape")
                await e.answer("drop")
                await e.closed()
            else:
                assert len(e.recipe.steps) == 2 + 6 + 2
        await e.press("s")
        await e.saved()


async def test_export_asks_before_it_overwrites_and_reports_what_is_wrong(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        there = tmp_path / "there.csv"
        there.write_text("mine")
        await e.press("x")
        await e.dialog()
        await type_over(e, str(tmp_path / "a.xls"))
        await e.press("enter")
        await e.c.until(lambda: e.dialogs == 1 and e.c.app.screen.query(".problem"))
        await e.c.settle()
        await type_over(e, str(there))
        await e.press("enter")
        await e.c.until(lambda: isinstance(e.c.app.screen, QuestionDialog))
        await e.press("enter")
        await e.c.until(lambda: isinstance(e.c.app.screen, AskDialog))
        assert there.read_text() == "mine"
        await e.press("enter")
        await e.c.until(lambda: isinstance(e.c.app.screen, QuestionDialog))
        await e.press("o")
        await e.c.until(lambda: e.said("Written: "))
        assert there.read_text().startswith("kind,")


async def test_a_file_that_cannot_be_imported_says_why(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        await e.press("i")
        await e.dialog()
        for name in ("nowhere.csv", "recipes"):
            await type_over(e, str(tmp_path / name))
            before = e.c.app.screen
            await e.press("enter")
            await e.c.until(lambda before=before: e.dialogs == 1 and e.c.app.screen is not before)  # type: ignore[misc]
            await e.c.until(lambda: e.c.app.screen.query(".problem"))
            assert e.c.app.screen.query_one(Input).value == str(tmp_path / name)
        await e.press("escape")
        await e.c.until(lambda: e.dialogs == 0)


# -- new ----------------------------------------------------------------------------------------------


async def choose_template(e: Edited, *keys: str) -> None:
    await e.press("N")
    await e.c.until(lambda: isinstance(e.c.app.screen, ChooseDialog))
    await e.press(*keys, "enter")


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 36), marks=pytest.mark.slow)])
async def test_from_a_template_over_the_editor_to_the_chamber(tmp_path: Path, size: tuple[int, int]) -> None:
    async with recipes_tab(tmp_path, edit=False, size=size) as e:
        await choose_template(e, "down")
        await e.c.until(lambda: isinstance(e.c.app.screen, TemplateDialog))
        dialog = e.c.app.screen
        assert isinstance(dialog, TemplateDialog)
        await e.c.until(lambda: "Takes" in str(dialog.query_one("#total").content))  # type: ignore[attr-defined]
        form = dialog.query_one("FieldForm")
        names = [field.name for field in form.fields]  # type: ignore[attr-defined]
        assert names == ["", "hot", "cold", "cycles", "dwell", "rate", "start", "end"]
        for name, text in (("", "Board X"), ("hot", "-50"), ("cycles", "2"), ("dwell", "90 min")):
            form.take_focus(name or "")  # type: ignore[attr-defined]
            await e.c.settle()
            await type_in(e, text)
        await e.press("enter")
        await e.c.settle()
        assert "must be above" in form.below  # type: ignore[attr-defined]
        await type_in(e, "55")
        await e.press("enter")
        await e.c.until(lambda: e.c.frame.pane is not e.pane)
        await e.studied()
        assert e.editor.editing.opened is None
        assert e.recipe.name == "Board X"
        assert e.recipe.steps[0] == Repeat(
            2, (Ramp(55, 0.8), Hold(5400, "Hot plateau."), Ramp(-20, 0.8), Hold(5400, "Cold plateau."))
        )
        await e.press("s")
        await e.saved()
        await e.press("escape")
        await e.closed()
        await e.c.until(lambda: "▸ Board X" in listed(e))
        await e.c.until(lambda: e.pane.view.study is not None and e.pane.view.study.file.name == "Board X")
        await e.press("L")
        await e.c.until(lambda: isinstance(e.c.app.screen, ConfirmDialog))
        e.c.clock.advance(1)
        await e.press("y")
        await e.c.until(lambda: len(e.c.link.emitted) == 1)
        assert json.loads(e.c.link.emitted[0][1])["name"] == "Board X"


async def type_in(e: Edited, text: str) -> None:
    """Type over what the focused field has."""
    field = e.c.app.focused
    assert isinstance(field, Input)
    field.value = ""
    await e.c.settle()
    await e.c.type(text)


async def test_an_empty_recipe(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        await choose_template(e, "end")
        await e.c.until(lambda: e.c.frame.pane is not e.pane)
        await e.studied()
        assert e.recipe == Recipe("", ())
        assert "(no name yet)" in e.table[0]
        await e.press("s")
        await e.c.until(lambda: e.said("Not saved: name is empty"))
        await e.press("m")
        await e.fill("name", "Mine")
        await e.press("enter", "a")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        await e.c.type("30")
        await e.press("enter", "s")
        await e.saved()
        assert load_recipe(path_of(tmp_path, "mine")).steps == (Ramp(30),)


# -- STOP and the link --------------------------------------------------------------------------------


async def in_the_table(e: Edited) -> None:
    await e.edit()


async def in_a_field(e: Edited) -> None:
    """In every field of the step `!` is text, and escape drops it."""
    fields = ("to", "rate", "over", "note")
    boxes = [await e.form(field) for field in fields]
    before = [box.value for box in boxes]
    for field in fields:
        box = await e.form(field)
        await e.c.type("!!")
        assert "!!" in box.value, field
        assert not e.c.app.stopping.switch.armed, field
    await e.press("escape")
    assert [box.value for box in boxes] == before
    await e.form("note")


async def in_a_question(e: Edited) -> None:
    await e.press("d", "escape")
    await e.dialog()


async def in_ask(e: Edited) -> None:
    await e.press("i")
    await e.dialog()


async def in_the_list_of_templates(e: Edited) -> None:
    await e.press("N")
    await e.dialog()


async def in_a_template(e: Edited) -> None:
    await choose_template(e)
    await e.c.until(lambda: isinstance(e.c.app.screen, TemplateDialog))
    await e.c.settle()


async def stop_works(e: Edited) -> None:
    """In a field `!` is text; elsewhere two strokes send, and nothing else has changed."""
    if e.c.app.stopping.field is not None:
        await e.press("exclamation_mark", "exclamation_mark")
        assert not e.c.app.stopping.switch.armed
        assert e.c.link.emitted == []
        await e.press("escape")
    fields = [field.value for field in e.c.app.screen.query(Input)]
    await e.press("exclamation_mark")
    assert e.c.app.stopping.switch.armed
    await e.press("x")
    assert not e.c.app.stopping.switch.armed
    await e.c.press_stop()
    assert e.c.link.emitted == [("cancel_recipe", "")]
    assert [field.value for field in e.c.app.screen.query(Input)] == fields
    e.c.link.emitted.clear()
    e.c.link.answer("cancel_recipe")
    await e.c.settle()


@pytest.mark.parametrize(
    "places",
    [(in_ask, in_the_list_of_templates, in_a_template), (in_the_table, in_a_field, in_a_question)],
    ids=["dialogs", "editor"],
)
async def test_stop_and_a_cut_link_everywhere(
    tmp_path: Path, places: Sequence[Callable[[Edited], Awaitable[None]]]
) -> None:
    async with recipes_tab(tmp_path, edit=False) as e:
        trust = e.c.app.screen_stack[0].query_one(TrustBar)
        for place in places:
            await place(e)
            await stop_works(e)
            depth = e.dialogs
            await e.c.lose()
            await e.c.until(lambda: "LOST" in trust.plain)
            await e.c.online()
            await e.c.readings()
            # It is about files: that goes on without a link.
            assert e.dialogs == depth, place
            assert e.c.link.emitted == [], place
            while e.dialogs:
                await e.press("escape")
