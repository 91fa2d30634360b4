import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.recipes import bakeout, whole_recipes
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.bounds import MAX_DESCRIPTION, MAX_NOTE
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.findings import Finding, FindingCode, finding
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat
from xovac_tui.recipes.writer import write_recipe

WHOLE = Recipe(
    "Bakeout",
    (
        Ramp(60, rate=1.5, note="gently"),
        Hold(10800),
        Repeat(4, (Ramp(-20.5, over=2700), Repeat(2, (Hold(5400),)), Ramp(22))),
    ),
    description="Board X,\nlot 3",
    limits=Limits(-30, 65),
    tolerance=2,
    pressure=1e-3,
)
TEXT = '''name = "Bakeout"
description = """
Board X,
lot 3
"""
limits = { min = -30, max = 65 }
tolerance = 2
pressure = 0.001

[[steps]]
to = 60
rate = 1.5
note = "gently"

[[steps]]
hold = "3h"

[[steps]]
repeat = 4

[[steps.steps]]
to = -20.5
over = "45m"

[[steps.steps]]
repeat = 2

[[steps.steps.steps]]
hold = "1h 30m"

[[steps.steps]]
to = 22
'''


def test_it_is_what_a_person_would_write() -> None:
    assert write_recipe(WHOLE) == TEXT


@given(whole_recipes)
@example(bakeout(Hold(60, note='"""')))
@example(bakeout(Hold(60, note='a\n"""')))
@example(bakeout(Hold(60, note='\\\n\\"')))
@example(bakeout(Hold(60, note="\n x \n ")))
@example(bakeout(Hold(60, note="C:\\data '")))
@example(bakeout(Hold(3600.1234567), Hold(0.1), Ramp(1e-300), Ramp(-0.0)))
def test_reading_what_was_written_gives_the_same_recipe(recipe: Recipe) -> None:
    assert parse_recipe(write_recipe(recipe), "x") == recipe


@given(st.text("\\\"' \tx", min_size=MAX_DESCRIPTION - 5, max_size=MAX_DESCRIPTION).map(str.strip))
@example("\\" * MAX_DESCRIPTION)
@example("x" + " " * (MAX_DESCRIPTION - 2) + "x")
def test_long_texts_fit_into_the_lines_of_a_file(text: str) -> None:
    recipe = msgspec.structs.replace(WHOLE, description=text)
    assert parse_recipe(write_recipe(recipe), "x") == recipe


def test_quotes_are_written_as_people_do() -> None:
    written = write_recipe(bakeout(Hold(60, note='say "now"'), Hold(60, note='it\'s "now"')))
    assert "note = 'say \"now\"'" in written
    assert 'note = "it\'s \\"now\\""' in written


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        (Recipe("", (Hold(60),)), finding(FindingCode.NAME_EMPTY, key="name")),
        (Recipe("x", ()), finding(FindingCode.STEPS_MISSING, key="steps")),
        (
            bakeout(Hold(60, note="x" * (MAX_NOTE + 1))),
            finding(FindingCode.TEXT_TOO_LONG, (0,), "note", length=201, most=200),
        ),
        (Recipe("x", (Hold(60),), "\x1b"), finding(FindingCode.TEXT_NOT_PRINTABLE, key="description")),
        (bakeout(Ramp(5, rate=1, over=5)), finding(FindingCode.RATE_AND_TIME, (0,), "it")),
    ],
)
def test_what_could_not_be_read_again_is_not_written(recipe: Recipe, why: Finding) -> None:
    with pytest.raises(RecipeError) as caught:
        write_recipe(recipe)
    assert caught.value.sentences == (why.sentence,)
