"""The recipe editor with real keys on real files: steps, form, undo, what comes of them."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.helpers.console import drawn
from tests.helpers.editor import SOAK, Edited, on_disk, recipes_tab, write
from tests.helpers.keys import KEYS
from xovac_tui.config import Display
from xovac_tui.recipes.findings import FindingCode, finding
from xovac_tui.recipes.model import Hold, Limits, Ramp, Repeat
from xovac_tui.ui.screens.recipes.editor.finding_list import words
from xovac_tui.ui.screens.recipes.profile import ProfileChart

SIZES = [(80, 24), (120, 36)]
OTHER_SIZES = [(100, 24), (80, 50), (200, 60)]


async def resized(e: Edited, size: tuple[int, int]) -> None:
    if e.c.app.size != size:
        await e.c.pilot.resize_terminal(*size)
        await e.c.settle()


def whats(e: Edited) -> list[str]:
    """Return number and kind of each line below the recipe's."""
    found = [re.match(r"[▸> ][✖x* ]?([0-9.]+)[ ╭│╰]+(\w+)", line) for line in e.table[1:]]
    return [f"{one[1]} {one[2]}" for one in found if one]


async def test_the_table_shows_a_line_a_step(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        for size in SIZES:
            await resized(e, size)
            heading = e.editor.steps.plain.splitlines()[0].split()
            assert heading[:5] == ["step", "what", "to", "rate/over", "hold"], size
            assert "Hot soak" in e.table[0], size
            assert "part −30 to 65 °C" in e.table[0], size
            assert e.table[1].startswith("▸ 1"), size
            assert e.table[1].split()[1:] == ["1", "ramp", "60", "°C", "1", "K/min"], size
            assert e.table[3].split() == ["3", "╭", "repeat", "×3"], size
            assert e.table[4].split() == ["3.1", "│", "ramp", "−20", "°C", "1h", "30m"], size
            assert e.table[4].index("ramp") == e.table[1].index("ramp") + 2, size
            # 39.5 min, 2 h, 3 × (1.5 h + 1 h), 45 min, 30 min.
            assert "soak.toml" in e.head, size
            assert "saved" in e.head, size
            assert "takes 11h 24m" in e.head, size
            assert re.search(r"0 +[23] h", e.editor.query_one(ProfileChart).plain), size
        # From another temperature it is planned anew.
        await e.c.readings(part=50.5)
        await e.c.until(lambda: e.editor.study is not None and e.editor.study.start_temperature == 50.5)
        await e.c.settle()
        assert "takes 10h 54m" in e.head


async def test_inserting_asks_at_once_for_the_value(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.press("a")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        await e.c.type("-15C")
        await e.press("down")
        await e.c.type("90 K/h")
        await e.press("enter")
        assert e.recipe.steps[1] == Ramp(-15, rate=1.5)
        assert e.editor.steps.has_focus
        await e.press("h")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        await e.c.type("1h30")
        await e.press("enter")
        assert e.recipe.steps[2] == Hold(5400)
        await e.press("l")
        assert whats(e)[2:5] == ["3 hold", "4 repeat", "5 hold"]
        await e.studied()
        assert "✖ 1" in e.head
        await e.press("v")
        assert words(finding(FindingCode.STEPS_MISSING, (3,), "steps"), KEYS) in " ".join(e.check.split())
        assert "no time line" in e.head
        await e.press("h")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        await e.press("enter")
        assert e.recipe.steps[3] == Repeat(2, (Hold(3600),))
        await e.studied()
        assert "takes" in e.head


async def test_every_key_of_the_table(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        first = e.recipe
        await e.press("z", "Z")
        assert e.said("nothing to take back")
        assert e.said("nothing to do again")
        await e.press("d")
        assert whats(e)[:2] == ["1 hold", "2 repeat"]
        await e.press("z")
        assert e.recipe == first
        await e.press("Z")
        assert whats(e)[0] == "1 hold"
        await e.press("z", "c")
        assert whats(e)[:2] == ["1 ramp", "2 ramp"]
        assert e.editor.editing.path == (1,)
        await e.press("J")
        assert whats(e)[:2] == ["1 ramp", "2 hold"]
        await e.press("K")
        assert e.editor.editing.path == (1,)
        await e.press("z", "z", "z")
        assert e.recipe == first
        assert e.said("Taken back: duplicate.")
        await e.press("home", "down", "space", "down")
        assert [line[1] for line in e.table[:4]] == [" ", "*", "*", " "]
        await e.press("w")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        await e.c.type("5")
        await e.press("enter")
        assert e.recipe.steps[0] == Repeat(5, first.steps[:2])
        await e.press("W")
        assert e.recipe == first
        await e.press("delete", "z", "shift+down", "shift+up")
        assert e.recipe == first


async def test_what_is_typed_is_seen_at_once_and_counts_when_taken(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path, size=(120, 36)) as e:
        before = e.head
        await e.fill("to", "70")
        assert "70 °C" in e.table[1]
        await e.studied()
        assert "✖ 1" in e.head
        assert e.head != before
        above = finding(FindingCode.ABOVE_PART, (0,), target=70.0, limit=65.0)
        assert above.sentence in " ".join(e.check.split())
        assert e.recipe.steps[0] == Ramp(60, rate=1)
        await e.press("escape")
        assert "60 °C" in e.table[1]
        await e.studied()
        assert "✖" not in e.head
        await e.fill("to", "55")
        await e.press("enter")
        assert e.recipe.steps[0] == Ramp(55, rate=1)
        # One visit of the form is one change.
        await e.press("z")
        assert e.recipe.steps[0] == Ramp(60, rate=1)


async def test_what_is_wrong_is_a_sentence_and_keeps_the_form(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.fill("to", "40,5")
        assert e.editor.form.below.startswith("✖")
        assert "point" in e.editor.form.below
        await e.press("enter")
        assert e.editor.form.has_focus_within
        await e.press("tab", "tab", "tab", "tab", "tab")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        assert e.recipe.steps[0] == Ramp(60, rate=1)
        # It is still there after another tab.
        await e.c.frame.show_tab("status")
        await e.c.settle()
        assert e.c.app.query_one("#status").display
        await e.c.frame.show_tab("recipes")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        assert (await e.form("to")).value == "40,5"
        await e.fill("to", "40.5")
        await e.press("enter")
        assert e.recipe.steps[0] == Ramp(40.5, rate=1)
        # Leaving the form by another way takes what is right.
        await e.fill("to", "41")
        e.editor.steps.focus()
        await e.c.settle()
        assert e.recipe.steps[0] == Ramp(41, rate=1)
        await e.fill("to", "42")
        await e.c.frame.show_tab("status")
        await e.c.frame.show_tab("recipes")
        await e.c.settle()
        assert e.recipe.steps[0] == Ramp(42, rate=1)
        assert len(e.editor.editing.draft.past) == 3


JUNK = ("", "1e999", "[red]ß\u202e")


@pytest.mark.parametrize(
    ("lines", "texts"),
    [((1,), JUNK[2:]), pytest.param((0, 1, 2), JUNK, marks=pytest.mark.slow)],
    ids=["quick", "whole"],
)
async def test_junk_in_every_field(tmp_path: Path, lines: tuple[int, ...], texts: tuple[str, ...]) -> None:
    async with recipes_tab(tmp_path) as e:
        for line, junk in product(lines, texts):
            await e.press("home", *(["down"] * line))
            for name in [field.name for field in e.editor.form.fields]:
                before, where = e.recipe, (line, name, junk)
                field = await e.form(name)
                field.value = junk
                await e.c.settle()
                await e.press("enter")
                assert e.editor.editing.draft.problems() == [], where
                if e.editor.form.has_focus_within:
                    assert e.editor.form.below.startswith("✖"), where
                    await e.press("escape")
                    assert e.recipe == before, where
                assert e.editor.steps.has_focus, where


async def test_the_recipe_itself_is_edited_in_its_line(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.press("m")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        await e.c.type("Board X")
        for name, text in (("min", "-40"), ("max", "80 C"), ("tolerance", "2"), ("pressure", "1e-3")):
            await e.fill(name, text)
        await e.press("enter")
        assert e.recipe.name == "Board X"
        assert (e.recipe.limits, e.recipe.tolerance, e.recipe.pressure) == (Limits(-40, 80), 2, 1e-3)
        assert "Board X" in e.table[0]
        assert "±2 K, ≤1.0e-03 mbar" in e.table[0]
        await e.press("d", "c", "J", "W", "w")
        assert len(e.recipe.steps) == 5


async def test_the_step_follows_the_finding_under_the_cursor(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK.replace("max = 65", "max = 30").replace('hold = "30min"', 'hold = "1min"'))
    async with recipes_tab(tmp_path) as e:
        await e.press("f")
        await e.c.until(lambda: e.editor.check.has_focus)
        await e.c.until(lambda: "✖ error" in e.check)
        above = finding(FindingCode.ABOVE_PART, (0,), target=60.0, limit=30.0)
        assert above.sentence in " ".join(e.check.split())
        assert e.table[1].startswith("▸✖1")
        await e.press("end")
        assert e.editor.editing.path != (0,)
        await e.press("home", "down", "up")
        assert e.editor.editing.path == (0,)
        assert e.table[1].startswith("▸✖1")
        await e.press("enter")
        await e.c.until(lambda: e.editor.form.has_focus_within)
        await e.press("escape")
        assert e.editor.steps.has_focus


async def test_view_changes_profile_for_check_and_back(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        chart = e.editor.query_one(ProfileChart)
        assert (chart.display, e.editor.check.display) == (True, False)
        await e.press("v")
        assert (chart.display, e.editor.check.display) == (False, True)
        assert "note" in e.check
        await e.press("v")
        assert (chart.display, e.editor.check.display) == (True, False)
        await resized(e, (120, 36))
        assert (chart.display, e.editor.check.display, e.editor.form.display) == (True, True, True)


@pytest.mark.parametrize("sizes", [SIZES, pytest.param(OTHER_SIZES, marks=pytest.mark.slow)])
async def test_nothing_is_clipped(tmp_path: Path, sizes: list[tuple[int, int]]) -> None:
    parts = "#edit-head, #edit-steps, #edit-form, #edit-profile, #edit-check, FormRow, .below"
    async with recipes_tab(tmp_path) as e:
        for size in sizes:
            await resized(e, size)
            for key in ("v", "v", "enter", "escape", "m"):
                await e.press(key)
                pane = e.editor.region
                for widget in e.editor.query(parts):
                    if widget.display and widget.region.area:
                        assert pane.contains_region(widget.region), (size, key, widget)
            rows = [row for row in e.editor.query("FormRow") if row.display]
            assert len(rows) == 6, size
            assert all(row.region.height == 1 for row in rows), size
            inner = e.editor.query_one("#edit-form").content_region
            assert all(inner.contains_region(row.region) for row in rows), size
            await e.press("escape")


async def test_ascii_has_nothing_but_ascii_and_a_degree_sign_in_a_note_outlives_it(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK.replace('hold = "2h"', 'hold = "2h"\nnote = "to 60 °C"'))
    async with recipes_tab(tmp_path, display=Display(time="utc", ascii=True)) as e:
        for key in ("v", "enter", "escape", "space", "m", "escape", "l", "z"):
            await e.press(key)
            assert [row for row in drawn(e.c.app.screen) if not row.isascii()] == [], key
        await resized(e, (120, 36))
        assert [row for row in drawn(e.c.app.screen) if not row.isascii()] == []
        await e.press("home", "down", "down")
        await e.fill("duration", "3h")
        await e.press("enter")
        assert e.recipe.steps[1] == Hold(10800, note="to 60 °C")


async def test_down_to_nothing_and_back(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.fill("to", "44")
        for size in ((40, 10), (80, 24), (120, 36), (80, 24)):
            await e.c.pilot.resize_terminal(*size)
            await e.c.settle()
        assert "44 °C" in e.table[1]
        assert isinstance(e.c.app.focused, Input) or e.recipe.steps[0] == Ramp(44, rate=1)
        assert on_disk(tmp_path).steps[0] == Ramp(60, rate=1)
