import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.recipes import bakeout, whole_recipes
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.bounds import MAX_DESCRIPTION, MAX_NOTE
from xovac_tui.recipes.files import examples_folder, list_recipes, load_recipe, parse_recipe
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat
from xovac_tui.recipes.writer import has_inner_comments, head_comment, renamed_text, write_recipe

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
    assert not has_inner_comments(write_recipe(recipe, "# a head\n\n"))


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
    ("recipe", "reason"),
    [
        (Recipe("", (Hold(60),)), "name is empty"),
        (Recipe("x", ()), "steps are missing"),
        (bakeout(Hold(60, note="x" * (MAX_NOTE + 1))), r"step 1: note has 201 characters"),
        (Recipe("x", (Hold(60),), "\x1b"), "description holds a control character"),
        (bakeout(Ramp(5, rate=1, over=5)), "both a rate and a time"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(recipe: Recipe, reason: str) -> None:
    with pytest.raises(RecipeError, match=reason):
        write_recipe(recipe)


def test_the_comment_at_the_head_stays() -> None:
    head = "# What this is for.\n#\n\n# By whom.\n\n"
    again = write_recipe(WHOLE, head_comment(head + TEXT))
    assert again == head + TEXT
    assert head_comment("\ufeff" + (head + TEXT).replace("\n", "\r\n")) == head
    assert head_comment("\n\n" + TEXT) == ""


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (TEXT, False),
        ("# head\n\n" + TEXT, False),
        (TEXT + "# at the end", True),
        (TEXT.replace("tolerance = 2", "tolerance = 2  # K"), True),
        ("# head\n" + TEXT.replace("[[steps]]", "# a step\n[[steps]]", 1), True),
        (TEXT.replace("gently", "not # a comment"), False),
        (TEXT.replace('"gently"', "'# \" none'"), False),
        (TEXT.replace("lot 3", 'lot # 3 "" #\\"""\n# none'), False),
        (TEXT.replace("lot 3\n", 'lot 3""""  # one\n').replace('\n"""\nlimits', "\nlimits"), True),
        (TEXT.replace('"gently"', "'''# ' none'''"), False),
    ],
)
def test_comments_that_would_be_lost_are_found(text: str, inner: bool) -> None:
    parse_recipe(text, "x")
    assert has_inner_comments(text) is inner


def test_the_examples_keep_their_head_and_have_more_comments() -> None:
    for file in list_recipes(examples_folder()):
        text = file.path.read_text(encoding="utf-8")
        assert file.recipe is not None
        written = write_recipe(file.recipe, head_comment(text))
        assert written.startswith(text.split("\n\nname")[0])
        assert parse_recipe(written, "x") == load_recipe(file.path)
        assert has_inner_comments(text)


def test_another_name_keeps_every_comment() -> None:
    text = "# head\n" + TEXT.replace('name = "Bakeout"', "name='Bakeout' # mine")
    assert renamed_text(text, WHOLE, ' A "b" ') == text.replace("name='Bakeout'", "name = 'A \"b\"'")


def test_a_name_in_an_odd_place_is_written_anew() -> None:
    text = TEXT.replace('name = "Bakeout"', '"name" = """Bakeout""" # odd')
    text = text.replace("Board X,", "name = 'no'")
    recipe = parse_recipe(text, "x")
    again = renamed_text(text, recipe, "New")
    assert parse_recipe(again, "x") == msgspec.structs.replace(recipe, name="New")
    assert "odd" not in again
