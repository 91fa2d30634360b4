"""What differs between recipes, where their repeats are in time, and paths that are completed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from tests.helpers import recipes as some
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.recipes.differing import DiffLine, differences, plan_lines, recipe_lines
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.recipes.spans import outline, repeat_spans, usual_total
from xovac_tui.ui.dialogs.ask_path import complete_path
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.screens.recipes.lines import side_signs
from xovac_tui.ui.screens.recipes.profile import bracket, profile_lines

CYCLES = Recipe(
    "Cycles", (Ramp(40, rate=1), Repeat(3, (Hold(3600), Ramp(-20, over=1800), Hold(7200))), Ramp(20))
)


def changed(*steps: Step, **head: object) -> list[DiffLine]:
    after = msgspec.structs.replace(CYCLES, **({"steps": steps} if steps else {}), **head)
    return differences(recipe_lines(CYCLES), recipe_lines(after))


def test_equal_recipes_differ_in_nothing() -> None:
    assert changed() == []


def test_a_changed_step_is_named_by_its_place() -> None:
    first, loop, last = CYCLES.steps
    assert isinstance(loop, Repeat)
    colder = Repeat(3, (loop.steps[0], Ramp(-30, over=1800), loop.steps[2]))
    assert changed(first, colder, last) == [
        DiffLine("~", "", ""),
        DiffLine(" ", "2.1", "  hold 1h"),
        DiffLine("-", "2.2", "  ramp to −20 °C in 30m"),
        DiffLine("+", "2.2", "  ramp to −30 °C in 30m"),
        DiffLine(" ", "2.3", "  hold 2h"),
        DiffLine("~", "", ""),
    ]


def test_a_step_before_others_leaves_them_equal_under_their_new_numbers() -> None:
    found = changed(Hold(60), *CYCLES.steps)
    assert [line for line in found if line.sign in "+-"] == [DiffLine("+", "1", "hold 1m")]
    assert DiffLine(" ", "2", "ramp to 40 °C at 1 K/min") in found


def test_head_and_notes_count_and_values_have_the_shown_unit() -> None:
    assert DiffLine("+", "", "limits −30 °C to 60 °C") in changed(limits=Limits(-30, 60))
    noted = changed(Ramp(40, rate=1, note="Slowly!"), *CYCLES.steps[1:])
    assert DiffLine("+", "1", "ramp to 40 °C at 1 K/min  (Slowly!)") in noted
    kelvin = recipe_lines(CYCLES, DisplayUnits("K"))
    assert kelvin[1].words == "ramp to 313.15 K at 1 K/min"


def test_time_lines_are_compared_by_what_is_sent() -> None:
    one = plan_recipe(CYCLES, PlanSettings())
    four = msgspec.structs.replace(CYCLES, steps=(CYCLES.steps[0], Repeat(4, CYCLES.steps[1].steps)))  # type: ignore[union-attr]
    found = differences(plan_lines(one), plan_lines(plan_recipe(four, PlanSettings())))
    assert DiffLine("-", "2.1", "  hold 40 °C for 1h, ×3") in found
    assert DiffLine("+", "2.1", "  hold 40 °C for 1h, ×4") in found


# -- repeats on the time line ---------------------------------------------------------------------------


def spans(*steps: Step) -> list[tuple[tuple[int, ...], int, int, int]]:
    plan = plan_recipe(Recipe("Any", steps), PlanSettings())
    return [(one.path, one.first, one.last, one.rounds) for one in repeat_spans(plan.segments)]


def test_each_execution_of_a_repeat_has_a_span() -> None:
    inner = Repeat(2, (Ramp(30, rate=1), Hold(60)))
    assert spans(Ramp(20, rate=1)) == []
    assert spans(Hold(60), Repeat(3, (Hold(60),))) == [((1,), 1, 3, 3)]
    assert spans(Repeat(2, (Ramp(50, rate=1), inner, Hold(5)))) == [
        ((0,), 0, 11, 2),
        ((0, 1), 1, 4, 2),
        ((0, 1), 7, 10, 2),
    ]
    # A repeat whose only step is a repeat.
    assert spans(Repeat(3, (inner,)))[0] == ((0,), 0, 11, 3)
    assert len(spans(Repeat(3, (inner,)))) == 4


def test_brackets_stand_before_the_rows_of_a_repeat() -> None:
    plan = plan_recipe(CYCLES, PlanSettings())
    signs = side_signs(repeat_spans(plan.segments), len(plan.segments), UNICODE)
    assert "".join(signs) == " ╭│││││││╰ "
    assert bracket(12, "×4", UNICODE) == "╭─── ×4 ───╮"
    assert [bracket(width, "x4", ASCII) for width in (2, 4, 5, 6)] == ["++", "+x4+", "+-x4+", "+ x4 +"]


# -- what is drawn --------------------------------------------------------------------------------------


def test_a_profile_has_plateaus_with_words_a_bracket_and_a_bright_step() -> None:
    hot_and_cold = Repeat(3, (Ramp(40, rate=2), Hold(7200), Ramp(-20, rate=2), Hold(7200)))
    plan = plan_recipe(Recipe("Hot and cold", (hot_and_cold,)), PlanSettings())
    lines = profile_lines(plan, repeat_spans(plan.segments), 120, 14, glyphs=UNICODE, bright=(3,))
    rows = ["".join(text for text, _ in line) for line in lines]
    assert " ×3 " in rows[0]
    assert sum(row.count("−20 °C 2h") for row in rows) == 3
    assert sum(row.count("40 °C") for row in rows) == 3
    bright = "".join(text for line in lines for text, style in line if style.startswith("bold"))
    assert "━" in bright
    grounds = {style for line in lines for _, style in line if " on " in f" {style}"}
    assert len({style.partition("on ")[2] for style in grounds}) == 2, "holds, and the chosen one of them"
    # Without colours the shades are signs.
    plain = profile_lines(plan, (), 120, 14, glyphs=ASCII, bright=(3,), plain=True)
    shown = "".join(text for line in plain for text, _ in line)
    assert ":" in shown
    assert shown.isascii()


def test_a_thumbnail_is_the_shape_of_the_recipe() -> None:
    shape = outline(some.bakeout(), 6)
    assert len(shape) == 6
    assert max(shape) == 60
    assert shape[0] < shape[1] < 60
    assert usual_total(some.bakeout()) == (80 + 60 + 76 + 30) * 60
    assert outline(Recipe("Long", (Repeat(9000, (Hold(1),)),)), 6) == ()


# -- paths ----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cycles-1.csv", "cycles-2.csv", "cycles.json", "notes.txt", ".hidden.csv", "a b.csv"):
        (tmp_path / name).write_text("x")
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "text", "names"),
    [
        ("cy", "cycles", ("cycles-1.csv", "cycles-2.csv", "cycles.json")),
        ("cycles-", "cycles-", ("cycles-1.csv", "cycles-2.csv")),
        ("cycles.", "cycles.json", ("cycles.json",)),
        ("s", "sub/", ("sub/",)),
        ("a", "a b.csv", ("a b.csv",)),
        ("n", "n", ()),
        (".h", ".hidden.csv", (".hidden.csv",)),
        ("none/x", "none/x", ()),
        ("\0", "\0", ()),
    ],
)
def test_a_path_is_completed(folder: Path, typed: str, text: str, names: tuple[str, ...]) -> None:
    found = complete_path(os.path.join(folder, typed), (".csv", ".json"))
    assert found == (os.path.join(folder, text), names)


def test_the_home_folder_stays_as_typed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert complete_path("~").text == "~/"
    assert complete_path("~/no").text == "~/notes.txt"
