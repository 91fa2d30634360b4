from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.recipes import recipes
from xovac_tui.recipes.draft import HISTORY, Draft, step_label
from xovac_tui.recipes.findings import Finding, FindingCode
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.places import StepPath, path_of, place_of

A, B, C, D, E = Ramp(1), Ramp(2), Ramp(3), Ramp(4), Ramp(5)
NEW = Hold(60)
START = Recipe("Any", (A, Repeat(3, (B, C)), D, Repeat(2, (E,))))


def short(steps: tuple[Step, ...]) -> str:
    """Write steps as `1 [2 3] 4`, a hold as `h`."""
    return " ".join(
        f"[{short(step.steps)}]"
        if isinstance(step, Repeat)
        else str(step.to)
        if isinstance(step, Ramp)
        else "h"
        for step in steps
    )


def draft() -> Draft:
    return Draft(START, saved=START)


def after(changed: Draft) -> tuple[str, StepPath]:
    return short(changed.recipe.steps), changed.chosen


@pytest.mark.parametrize(
    ("change", "steps", "chosen"),
    [
        (lambda d: d.insert_before((0,), NEW), "h 1 [2 3] 4 [5]", (0,)),
        (lambda d: d.insert_before((1, 1), NEW), "1 [2 h 3] 4 [5]", (1, 1)),
        (lambda d: d.insert_before((), NEW), "h 1 [2 3] 4 [5]", (0,)),
        (lambda d: d.insert_after((1, 1), NEW), "1 [2 3 h] 4 [5]", (1, 2)),
        (lambda d: d.insert_after((1,), NEW), "1 [2 3] h 4 [5]", (2,)),
        (lambda d: d.insert_after((), NEW), "1 [2 3] 4 [5] h", (4,)),
        (lambda d: d.insert_inside((1,), NEW), "1 [h 2 3] 4 [5]", (1, 0)),
        (lambda d: d.replace((1, 0), NEW), "1 [h 3] 4 [5]", (1, 0)),
        (lambda d: d.delete((0,)), "[2 3] 4 [5]", (0,)),
        (lambda d: d.delete((1, 1)), "1 [2] 4 [5]", (1, 0)),
        (lambda d: d.delete((3, 0)), "1 [2 3] 4 []", (3,)),
        (lambda d: d.delete((3,)), "1 [2 3] 4", (2,)),
        (lambda d: d.duplicate((1,)), "1 [2 3] [2 3] 4 [5]", (2,)),
        (lambda d: d.duplicate((1, 0)), "1 [2 2 3] 4 [5]", (1, 1)),
        (lambda d: d.move_up((1, 1)), "1 [3 2] 4 [5]", (1, 0)),
        (lambda d: d.move_up((1, 0)), "1 2 [3] 4 [5]", (1,)),
        (lambda d: d.move_up((2,)), "1 [2 3 4] [5]", (1, 2)),
        (lambda d: d.move_up((3,)), "1 [2 3] [5] 4", (2,)),
        (lambda d: d.move_up((1,)), "[2 3] 1 4 [5]", (0,)),
        (lambda d: d.move_down((0,)), "[1 2 3] 4 [5]", (0, 0)),
        (lambda d: d.move_down((1, 0)), "1 [3 2] 4 [5]", (1, 1)),
        (lambda d: d.move_down((1, 1)), "1 [2] 3 4 [5]", (2,)),
        (lambda d: d.move_down((3, 0)), "1 [2 3] 4 [] 5", (4,)),
        (lambda d: d.move_down((2,)), "1 [2 3] [4 5]", (2, 0)),
        (lambda d: d.wrap((0,)), "[1] [2 3] 4 [5]", (0,)),
        (lambda d: d.wrap((1, 0), (1, 1)), "1 [[2 3]] 4 [5]", (1, 0)),
        (lambda d: d.wrap((2,), (0,)), "[1 [2 3] 4] [5]", (0,)),
        (lambda d: d.wrap((3, 0), (1, 1)), "1 [[2 3] 4 [5]]", (1,)),
        (lambda d: d.wrap((1,), (1, 1)), "1 [[2 3]] 4 [5]", (1,)),
        (lambda d: d.unwrap((1,)), "1 2 3 4 [5]", (1,)),
        (lambda d: d.unwrap((1, 1)), "1 2 3 4 [5]", (2,)),
    ],
)
def test_what_a_change_does_and_which_step_is_chosen_then(
    change: Callable[[Draft], Draft], steps: str, chosen: StepPath
) -> None:
    changed = change(draft())
    assert after(changed) == (steps, chosen)
    assert changed.step(chosen) is not None
    assert changed.dirty
    assert changed.undoes
    assert changed.undo().recipe == START
    assert not changed.undo().dirty


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.move_up((0,)),
        lambda d: d.move_down((3,)),
        lambda d: d.delete((9,)),
        lambda d: d.delete(()),
        lambda d: d.duplicate((1, 7)),
        lambda d: d.replace((0, 0), NEW),
        lambda d: d.replace((0,), A),
        lambda d: d.insert_before((0, 0), NEW),
        lambda d: d.insert_after((5,), NEW),
        lambda d: d.insert_inside((0,), NEW),
        lambda d: d.wrap((0,), (9,)),
        lambda d: d.unwrap((0,)),
        lambda d: d.unwrap((1, 9)),
        lambda d: d.change_head(name=" Any "),
        lambda d: d.undo(),
        lambda d: d.redo(),
    ],
)
def test_what_cannot_be_done_leaves_the_very_same_draft(change: Callable[[Draft], Draft]) -> None:
    before = draft()
    assert change(before) is before


def test_a_repeat_walks_through_the_steps_like_any_other() -> None:
    path: StepPath = (3,)
    moved, seen = draft(), []
    while (nxt := moved.move_up(path)) is not moved:
        moved, path = nxt, nxt.chosen
        seen.append(short(moved.recipe.steps))
    assert seen == [
        "1 [2 3] [5] 4",
        "1 [2 3 [5]] 4",
        "1 [2 [5] 3] 4",
        "1 [[5] 2 3] 4",
        "1 [5] [2 3] 4",
        "[5] 1 [2 3] 4",
    ]


def test_repeats_are_not_moved_deeper_than_a_file_may_have_them() -> None:
    deep: Step = NEW
    for _ in range(5):
        deep = Repeat(1, (deep,))
    recipe = Recipe("Deep", (Repeat(1, (A,)), deep))
    moved = Draft(recipe).move_up((1,))
    assert moved.chosen == (0,)
    assert moved.move_down((0,)).recipe == recipe
    assert not moved.problems()


def test_a_draft_may_be_unsound_and_says_so() -> None:
    empty = Draft(Recipe("", ()))
    assert [one.code for one in empty.problems()] == [FindingCode.NAME_EMPTY, FindingCode.STEPS_MISSING]
    assert empty.dirty
    first = empty.insert_after((), NEW)
    assert after(first) == ("h", (0,))
    assert after(first.delete((0,))) == ("", ())
    hollow = draft().delete((3, 0))
    assert hollow.problems() == [Finding(FindingCode.STEPS_MISSING, (3,), "steps")]
    assert after(hollow.unwrap((3,))) == ("1 [2 3] 4", (2,))
    assert after(hollow.move_down((2,))) == ("1 [2 3] [4]", (2, 0))


def test_the_head_is_changed_by_the_names_of_its_fields() -> None:
    changed = draft().choose((1, 1)).change_head(name=" New ", limits=Limits(-5, 5), tolerance=2.0)
    assert (changed.recipe.name, changed.recipe.limits, changed.recipe.tolerance) == ("New", Limits(-5, 5), 2)
    assert changed.chosen == (1, 1)
    assert changed.undoes == "change name, limits, tolerance"


def test_another_recipe_in_its_place_is_one_change() -> None:
    other = Recipe("Other", (A,))
    changed = draft().choose((1, 1)).exchange(other, "take the file")
    assert (changed.recipe, changed.chosen, changed.undoes) == (other, (0,), "take the file")
    assert changed.undo().recipe == START
    assert draft().choose((0,)).exchange(other).chosen == (0,)


def test_undo_is_bounded_and_a_change_ends_redo() -> None:
    changed = draft()
    for number in range(HISTORY + 50):
        changed = changed.change_head(name=f"N{number}")
    for _ in range(HISTORY + 50):
        changed = changed.undo()
    assert changed.recipe.name == "N49"
    assert changed.redoes
    assert changed.undoes == ""
    assert changed.change_head(name="X").redoes == ""


def test_saving_is_no_change_but_undoing_after_it_is() -> None:
    changed = draft().delete((0,))
    changed = msgspec.structs.replace(changed, saved=changed.recipe)
    assert not changed.dirty
    assert changed.undo().dirty
    assert not changed.undo().redo().dirty


def test_rows_for_a_table() -> None:
    rows = Draft(
        Recipe("R", (Ramp(60, rate=1.5), Repeat(4, (Ramp(-20, over=2700), Hold(7200))), Ramp(22)))
    ).rows()
    assert [(row.path, row.depth, row.label, place_of(row.path)) for row in rows] == [
        ((0,), 0, "ramp to 60 °C at 1.5 K/min", "step 1"),
        ((1,), 0, "repeat 4 times", "step 2"),
        ((1, 0), 1, "ramp to −20 °C in 45m", "step 2.1"),
        ((1, 1), 1, "hold 2h", "step 2.2"),
        ((2,), 0, "ramp to 22 °C", "step 3"),
    ]
    assert step_label(Repeat(1, ())) == "repeat once"


@pytest.mark.parametrize(
    ("where", "path"),
    [
        ("step 4.1", (3, 0)),
        ("step 4.13: rate", (3, 12)),
        ("step 1", (0,)),
        ("step 10.2.1", (9, 1, 0)),
        ("steps", ()),
        ("limits", ()),
        ("recipe", ()),
    ],
)
def test_findings_lead_to_their_step(where: str, path: StepPath) -> None:
    assert path_of(where) == path
    assert not path or place_of(path) == where.partition(":")[0]


_numbers = st.integers(0, 4)
_paths = st.lists(_numbers, max_size=3).map(tuple)
_changes: st.SearchStrategy[Callable[[Draft], Draft]] = st.one_of(
    st.builds(lambda path: lambda d: d.insert_before(path, NEW), _paths),
    st.builds(lambda path: lambda d: d.insert_after(path, NEW), _paths),
    st.builds(lambda path: lambda d: d.insert_inside(path, NEW), _paths),
    st.builds(lambda path: lambda d: d.replace(path, NEW), _paths),
    st.builds(lambda path: lambda d: d.delete(path), _paths),
    st.builds(lambda path: lambda d: d.duplicate(path), _paths),
    st.builds(lambda path: lambda d: d.move_up(path), _paths),
    st.builds(lambda path: lambda d: d.move_down(path), _paths),
    st.builds(lambda one, two: lambda d: d.wrap(one, two), _paths, _paths),
    st.builds(lambda path: lambda d: d.unwrap(path), _paths),
    st.builds(lambda name: lambda d: d.change_head(name=name), st.text("ab", max_size=2)),
    st.builds(lambda recipe: lambda d: d.exchange(recipe), recipes),
)


@given(recipes, st.lists(_changes, max_size=12))
def test_undo_and_redo_are_exact_inverses(recipe: Recipe, changes: list[Callable[[Draft], Draft]]) -> None:
    states = [Draft(recipe)]
    for change in changes:
        changed = change(states[-1])
        assert changed.chosen == () or changed.step(changed.chosen) is not None
        if changed is not states[-1]:
            states.append(changed)
    now = states[-1]
    for before in reversed(states[:-1]):
        undone = now.undo()
        assert undone.recipe == before.recipe
        assert undone.past == before.past
        again = undone.redo()
        assert (again.recipe, again.past, again.future) == (now.recipe, now.past, now.future)
        now = undone
    for then in states[1:]:
        now = now.redo()
        assert now.recipe == then.recipe
        assert now.chosen == then.chosen
    assert now == states[-1]


@given(recipes, _paths)
def test_moving_up_and_down_again_changes_nothing(recipe: Recipe, path: StepPath) -> None:
    for one, two in ((Draft.move_up, Draft.move_down), (Draft.move_down, Draft.move_up)):
        before = Draft(recipe)
        moved = one(before, path)
        if moved is not before and moved.step(moved.chosen) is not None:
            back = two(moved, moved.chosen)
            assert (back.recipe, back.chosen) == (recipe, path) or back is moved


@given(recipes, _paths)
def test_wrapping_and_unwrapping_changes_nothing(recipe: Recipe, path: StepPath) -> None:
    wrapped = Draft(recipe).wrap(path)
    assert wrapped.unwrap(wrapped.chosen).recipe == recipe
