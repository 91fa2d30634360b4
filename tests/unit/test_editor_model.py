"""The editor without a screen: cursor, inserting, ranges; the lines that it shows."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given

from tests.helpers.keys import KEYS
from tests.helpers.recipes import bakeout, recipes
from xovac_tui.recipes.findings import Finding, FindingCode, finding
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.store import Opened
from xovac_tui.recipes.writer import write_recipe
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.screens.recipes.editor.finding_list import finding_rows, words
from xovac_tui.ui.screens.recipes.editor.lines import row_line, state_words, table_head
from xovac_tui.ui.screens.recipes.editor.model import Editing

CYCLES = Recipe("Cycles", (Ramp(50), Repeat(3, (Ramp(-20, over=600), Hold(60, "cold"))), Ramp(22)))


def opened(recipe: Recipe) -> Opened:
    return Opened(Path("cycles.toml"), write_recipe(recipe), recipe)


def test_the_head_is_the_first_line() -> None:
    editing = Editing.of_file(opened(CYCLES))
    assert (editing.at, editing.path, editing.step) == (0, (), None)
    assert [editing.with_cursor_on(line).path for line in range(7)] == [
        (), (0,), (1,), (1, 0), (1, 1), (2,), (2,),
    ]  # fmt: skip
    assert editing.with_cursor_on(3).at == 3


@given(recipes)
def test_every_line_can_be_gone_to(recipe: Recipe) -> None:
    editing = Editing.of_new(recipe)
    for line in range(len(editing.rows) + 1):
        assert editing.with_cursor_on(line).at == line


def test_a_new_step_stands_below_the_cursor() -> None:
    editing = Editing.of_file(opened(CYCLES))
    assert editing.inserted(Hold).path == (0,)
    assert editing.with_cursor_on(1).inserted(Hold).path == (1,)
    inside = editing.with_cursor_on(2).inserted(Ramp)
    assert inside.path == (1, 0)
    assert inside.step == Ramp(50)
    assert editing.with_cursor_on(4).inserted(Repeat).step == Repeat(2, ())
    assert Editing.of_new(Recipe("", ())).inserted(Ramp).rows[0].step == Ramp(20)


def test_the_marked_steps_are_repeated() -> None:
    editing = Editing.of_new(bakeout()).with_cursor_on(1).marked().with_cursor_on(2)
    assert editing.in_range() == {(0,), (1,)}
    wrapped = editing.wrapped()
    assert wrapped.draft.recipe.steps[0] == Repeat(2, bakeout().steps[:2])
    assert wrapped.mark is None
    assert editing.with_cursor_on(1).marked().mark is None
    assert editing.with_cursor_on(0).marked().mark is None
    assert editing.with_cursor_on(0).wrapped().draft.recipe == bakeout()


def test_what_is_said_of_the_file() -> None:
    new, file = Editing.of_new(CYCLES), Editing.of_file(opened(CYCLES))
    changed = file.with_cursor_on(1).inserted(Hold)
    assert state_words(new, False)[0] == "new, not saved"
    assert state_words(Editing.of_example(opened(CYCLES)), False)[0] == "copy of an example"
    assert state_words(file, False)[0] == "saved"
    assert state_words(changed, False)[0] == "changed, not saved"
    assert state_words(file, True)[0] == "changed on disk"
    saved = changed.saved(opened(changed.draft.recipe), changed.draft.recipe)
    assert not saved.draft.dirty


def test_what_changes_while_it_is_saved_is_still_unsaved() -> None:
    changed = Editing.of_file(opened(CYCLES)).with_cursor_on(1).inserted(Hold)
    on_its_way = changed.draft.recipe
    saved = changed.inserted(Hold).saved(opened(on_its_way), on_its_way)
    assert saved.draft.dirty


def test_reading_again_can_be_taken_back() -> None:
    mine = Editing.of_file(opened(CYCLES)).with_cursor_on(1).inserted(Hold)
    read = mine.reread(opened(bakeout()), "read again")
    assert read.draft.recipe == bakeout()
    assert not read.draft.dirty
    assert read.draft.undo().recipe == mine.draft.recipe


def test_findings_name_the_step_as_the_table_does() -> None:
    two = finding(FindingCode.TWO_RAMPS, (1, 0), target=60.0)
    assert words(two, KEYS) == two.sentence
    assert two.where == "step 2.1"
    unnamed = Finding(FindingCode.NAME_EMPTY, key="name")
    assert words(unnamed, KEYS) == unnamed.message
    empty = Finding(FindingCode.STEPS_MISSING, (0,), "steps")
    assert words(empty, KEYS).startswith("step 1: the repeat is empty")
    assert words(Finding(FindingCode.STEPS_MISSING, key="steps"), KEYS).startswith(
        "steps are missing: a inserts"
    )
    rows = finding_rows([empty, Finding(FindingCode.RATES_AS_DURATIONS)], 40, UNICODE, KEYS)
    assert rows[0].path == (0,)
    assert {row.number for row in rows} == {0, 1}
    assert all(len(row.sign + row.text) < 40 for row in rows)
    chosen = ["".join(text for text, _ in row.line(UNICODE, chosen=True, focus=True)) for row in rows]
    # One mark a finding, and a block without ragged ends.
    assert sum(row.startswith(UNICODE.then) for row in chosen) == 2
    assert {len(row) for row in chosen} == {40}


def test_lines_fill_exactly_their_width() -> None:
    recipe = Recipe("R", (Repeat(3, (Repeat(2, (Ramp(-20.25, rate=1.234, note="ä\n" * 40),)),)), Hold(90061)))
    for glyphs in (UNICODE, ASCII):
        for width in (40, 58, 62, 76, 120):
            assert len(table_head(width)[0][0]) == width
            for row in Editing.of_new(recipe).rows:
                line = row_line(row, width, glyphs, chosen=True, focus=True, marked=False, wrong=())
                assert len(line[0][0]) == width
                assert glyphs is UNICODE or line[0][0].isascii()
