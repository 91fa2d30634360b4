import re
import time
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.recipes import bakeout, recipes, whole_recipes
from xovac_tui.recipes.draft import Draft
from xovac_tui.recipes.files import examples_folder, list_recipes, parse_recipe
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe
from xovac_tui.recipes.rewriting import rewritten
from xovac_tui.recipes.writer import write_recipe

TEXT = """\
# For board X.

name = 'Bakeout' # as in the plan
limits = {min=-30,max = 65}  # of the part
# own

# --- Part one ---

# Warm up.
[[steps]]  # first
to = 6_0 # the oven's limit
rate=1.50
# no faster

[[steps]]
hold = "90min" # soak

# --- Part two ---

# Cycles.
[[steps]]
repeat = 4
  # Cold.
  [[steps.steps]]
  to = -20.0  # cold
  [[steps.steps]]
  hold = "0.5h"
  note = 'cold soak'

# End.
[[steps]]
to = 22
# The end.

# Signed: me
"""


def draft(text: str = TEXT) -> Draft:
    recipe = parse_recipe(text, "it")
    return Draft(recipe, saved=recipe)


def after(changed: Draft, text: str = TEXT) -> str:
    assert changed.saved is not None
    return rewritten(text, changed.saved, changed.recipe)


def comments(text: str) -> Counter[str]:
    return Counter(re.findall(r"#[^\n\r]*", text))


def test_nothing_changes_where_nothing_was_changed() -> None:
    assert after(draft()) == TEXT
    assert rewritten(TEXT, parse_recipe(TEXT, "a"), parse_recipe(TEXT, "b")) == TEXT


def test_a_value_is_changed_in_its_place() -> None:
    changed = draft().replace((0,), Ramp(55, rate=1.5)).replace((2, 1), Hold(3600, "cold soak"))
    assert after(changed) == TEXT.replace("6_0", "55").replace('"0.5h"', '"1h"')


def test_a_rate_becomes_a_time_and_a_note_comes_and_goes() -> None:
    changed = draft().replace((0,), Ramp(60, over=600, note="slow")).replace((2, 1), Hold(1800))
    expected = TEXT.replace("rate=1.50\n", 'over="10m"\nnote = "slow"\n').replace(
        "  note = 'cold soak'\n", ""
    )
    assert after(changed) == expected


def test_a_new_value_stands_where_it_is_written() -> None:
    changed = draft().replace((2, 0), Ramp(-20, rate=2)).change_head(tolerance=2.0, description="Long.")
    assert after(changed) == (
        TEXT.replace("-20.0  # cold\n", "-20.0  # cold\n  rate = 2\n")
        .replace("plan\n", 'plan\ndescription = "Long."\n')
        .replace("part\n", "part\ntolerance = 2\n")
    )


def test_a_step_is_moved_with_its_comments() -> None:
    moved = after(draft().move_down((0,)))
    assert moved.index("# soak") < moved.index(
        "# Warm up.\n[[steps]]  # first\nto = 6_0 # the oven's limit\nrate"
    )
    assert comments(moved) == comments(TEXT)
    into = after(draft().move_up((3,)))
    assert "# End.\n[[steps.steps]]\nto = 22\n" in into
    assert comments(into) == comments(TEXT)


def test_a_deleted_step_takes_only_its_own_comments() -> None:
    gone = after(draft().delete((2,)))
    assert comments(TEXT) - comments(gone) == Counter(["# Cycles.", "# Cold.", "# cold"])
    assert "# --- Part two ---\n\n# End.\n[[steps]]\nto = 22\n" in gone
    first = after(draft().delete((0,)))
    assert "# own\n\n# --- Part one ---\n\n[[steps]]\nhold" in first
    last = after(draft().delete((3,)))
    assert comments(TEXT) - comments(last) == Counter(["# End.", "# The end."])


def test_a_copy_has_no_comments_and_equal_steps_are_distinguished() -> None:
    text = (
        write_recipe(bakeout(Hold(60), Hold(60), Hold(60)))
        .replace('"1m"', '"60s" # {}')
        .format("a", "b", "c")
    )
    assert after(draft(text).delete((0,)), text) == text.replace('[[steps]]\nhold = "60s" # a\n\n', "")
    copied = after(draft(text).duplicate((1,)), text)
    assert copied == text.replace("# b\n", '# b\n\n[[steps]]\nhold = "1m"\n')


def test_steps_go_into_a_repeat_and_out_of_one() -> None:
    wrapped = after(draft().wrap((0,), (1,), 3))
    assert "\n[[steps]]\nrepeat = 3\n" in wrapped
    assert "# Warm up.\n[[steps.steps]]  # first\nto = 6_0 # the oven's limit\n" in wrapped
    assert comments(wrapped) == comments(TEXT)
    unwrapped = after(draft().unwrap((2,)))
    assert "  # Cold.\n  [[steps]]\n  to = -20.0  # cold\n  [[steps]]\n" in unwrapped
    assert comments(TEXT) - comments(unwrapped) == Counter(["# Cycles."])


def test_what_is_taken_back_leaves_the_text_as_it_was() -> None:
    changed = draft().delete((0,)).move_up((1,)).duplicate((0,)).change_head(name="B")
    for _ in range(4):
        changed = changed.undo()
    assert after(changed) == TEXT
    again = draft().move_up((1,)).undo().redo()
    assert comments(after(again)) == comments(TEXT)


def test_a_step_that_moved_and_changed_keeps_its_comments() -> None:
    assert comments(after(draft().move_down((0,)).replace((1,), Ramp(60, rate=2)))) == comments(TEXT)


LIST = """\
name = "Short"
steps = [
  # above
  { to = 60, rate=1.5 },  # beside
  { repeat = 2, steps = [{ hold = "1h" }, {to = 5.0}] }, # cycles
  # below
] # end
"""


def test_steps_in_brackets_stay_there_while_only_values_change() -> None:
    changed = draft(LIST).replace((0,), Ramp(55, note="x")).replace((1, 0), Hold(60))
    again = after(changed, LIST)
    assert (
        '  { to = 55,  note = "x"},  # beside\n  { repeat = 2, steps = [{ hold = "1m" }, {to = 5.0}] }'
        in again
    )
    assert comments(again) == comments(LIST)


def test_steps_in_brackets_get_headers_when_their_order_changes() -> None:
    assert after(draft(LIST).insert_after((0,), Hold(60)), LIST) == (
        'name = "Short"\n\n# above\n[[steps]]  # beside\nto = 60\nrate = 1.5\n\n[[steps]]\nhold = "1m"\n\n'
        "[[steps]]  # cycles\nrepeat = 2\n# below\n# end\n\n"
        '[[steps.steps]]\nhold = "1h"\n\n[[steps.steps]]\nto = 5.0\n'
    )


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("limits.min = -30 # low\nlimits.max = 65\n", "limits.min = -40 # low\nlimits.max = 65\n"),
        ("\n# part\n[limits] # of it\nmin = -30 # low\nmax = 65\n", None),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_limits_in_any_form(limits: str, expected: str | None, last: bool) -> None:
    steps = '\n[[steps]]\nhold = "1m"\n'
    if last and expected:
        return
    text = 'name = "x"\n' + (steps + limits if last else limits + steps)
    changed = draft(text).change_head(limits=Limits(-40, 65))
    assert after(changed, text) == text.replace("-30", "-40")
    without = after(draft(text).change_head(limits=None, tolerance=1.0), text)
    assert parse_recipe(without, "x") == Recipe("x", (Hold(60),), tolerance=1)
    assert "low" not in without


def test_line_ends_and_the_mark_at_the_head_stay() -> None:
    windows = "\ufeff" + TEXT.replace("\n", "\r\n")
    changed = draft(windows).replace((0,), Ramp(55, rate=1.5))
    assert after(changed, windows) == windows.replace("6_0", "55")


def test_another_name_keeps_every_comment() -> None:
    assert after(draft().change_head(name='A "b"'), TEXT) == TEXT.replace("'Bakeout'", "'A \"b\"'")
    odd = TEXT.replace("name = 'Bakeout'", '"name" = """Bakeout"""')
    assert after(draft(odd).change_head(name="New"), odd) == odd.replace('"""Bakeout"""', '"New"')


def test_the_examples_keep_every_comment() -> None:
    for file in list_recipes(examples_folder()):
        assert file.recipe is not None
        text = file.path.read_text(encoding="utf-8")
        changed = Draft(file.recipe, saved=file.recipe).insert_after((0,), Hold(61)).change_head(name="New")
        again = after(changed, text)
        assert comments(again) == comments(text)
        assert parse_recipe(again, "x") == changed.recipe


def commented(recipe: Recipe) -> str:
    """Return the text of a recipe with a comment above each step, and one beside its first value."""
    lines, steps = write_recipe(recipe).split("\n"), 0
    for number, line in enumerate(lines):
        if line.startswith("[["):
            steps += 1
            lines[number] = f"# above {steps}\n{line}  # beside {steps}"
    text = "\n".join(lines)
    # A text that looks like a header would not be one.
    return text if parse_recipe(text, "x") == recipe else write_recipe(recipe)


OPERATIONS = ["move_up", "move_down", "duplicate", "wrap", "unwrap", "delete"]


@examples(40)
@given(
    whole_recipes,
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 50)), max_size=6),
    recipes,
)
def test_any_change_can_be_written_and_keeps_what_stays(
    recipe: Recipe, operations: list[tuple[str, int]], other: Recipe
) -> None:
    text = commented(recipe)
    changed = Draft(recipe, saved=recipe)
    removed = False
    for name, at in operations:
        rows = changed.rows()
        if rows:
            changed = getattr(changed, name)(rows[at % len(rows)].path)
        removed |= name in ("delete", "unwrap")
    if changed.problems():
        return
    again = after(changed, text)
    assert parse_recipe(again, "x") == parse_recipe(write_recipe(changed.recipe), "x")
    lost = comments(text) - comments(again)
    assert removed or not lost
    assert rewritten(again, changed.recipe, changed.recipe) == again
    # All of it exchanged for another.
    assert parse_recipe(rewritten(again, changed.recipe, other), "x") == other


def test_a_long_recipe_is_saved_within_two_seconds() -> None:
    steps = tuple(
        Ramp(number % 60, note=f"n{number}") if number % 2 else Hold(60 + number) for number in range(2000)
    )
    text = commented(Recipe("Long", steps))
    recipe = parse_recipe(text, "x")
    changed = msgspec.structs.replace(recipe, steps=(*recipe.steps[1000:], *recipe.steps[:999], Hold(5)))
    before = time.process_time()
    again = rewritten(text, recipe, changed)
    assert time.process_time() - before < 2
    assert parse_recipe(again, "x") == changed
    assert sum((comments(text) - comments(again)).values()) == 2
