"""A recipe file studied from one temperature, and the profile drawn from it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import recipes as some
from tests.helpers.examples import examples
from xovac_tui.durations import spell_shortly
from xovac_tui.plot.ticks import even_cell
from xovac_tui.recipes.files import RecipeFile
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import PlanSettings, plan_recipe
from xovac_tui.recipes.spans import repeat_spans
from xovac_tui.recipes.study import read_again, read_library, study_recipe
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.screens.recipes.profile import columns, profile_lines, time_labels

GOOD = 'name = "Good"\n[[steps]]\nto = 40\nrate = 1\n[[steps]]\nhold = "1h"\n'
BAD = 'name = "Bad"\n[[steps]]\nto = 40,5\n'


def test_a_missing_folder_leaves_the_examples(tmp_path: Path) -> None:
    library = read_library(tmp_path / "none")
    assert library.own == ()
    assert not library.problem
    assert len(library.examples) == 3
    assert all(file.recipe is not None for file in library.examples)


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    library = read_library(tmp_path / "file")
    assert "not a folder" in library.problem
    assert len(library.files) == 3


def test_bad_files_stand_in_the_list_with_their_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(BAD)
    good, bad = read_library(tmp_path).own
    assert (good.name, good.problem) == ("Good", "")
    assert bad.recipe is None
    assert "line 3" in bad.problem
    assert study_recipe(bad, PlanSettings(), 20.0).compiled is None


def test_a_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(GOOD)
    file = read_library(tmp_path).own[0]
    assert read_again(file) == msgspec.structs.replace(file, source=file.path.read_text())
    path.write_text(GOOD.replace("40", "41"))
    assert read_again(file).recipe != file.recipe
    path.write_text(BAD)
    assert read_again(file).recipe is None
    path.unlink()
    assert "does not exist" in read_again(file).problem


@given(recipe=some.recipes, start=st.floats(-60, 100))
@examples(60)
def test_plan_check_and_payload_start_from_the_same_temperature(recipe: Recipe, start: float) -> None:
    study = study_recipe(RecipeFile(Path("x.toml"), "x", recipe), PlanSettings(max_items=10_000), start)
    assert study.plan is not None
    assert study.plan.start_temperature == start
    assert (study.compiled is None) == (study.count("error") > 0)
    if study.compiled is not None:
        assert study.compiled.plan == study.plan


@given(recipe=some.recipes, width=st.integers(1, 200))
@examples(60)
def test_columns_hold_the_whole_profile(recipe: Recipe, width: int) -> None:
    plan = plan_recipe(recipe, PlanSettings())
    lows, highs = columns(plan.points(), plan.total, width)
    assert len(lows) == len(highs) == width
    assert all(low <= high for low, high in zip(lows, highs, strict=True))
    assert math.isclose(min(lows), plan.minimum, abs_tol=1e-6)
    assert math.isclose(max(highs), plan.maximum, abs_tol=1e-6)
    for column in range(width):
        middle = plan.temperature_at((column + 0.5) * plan.total / width)
        jumps = any(abs(t - (column + 0.5) * plan.total / width) < 1e-6 for t, _ in plan.points())
        assert jumps or lows[column] - 1e-6 <= middle <= highs[column] + 1e-6


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (2.54, "2.5s"), (570, "9m 30s"), (3624, "1h"), (7500, "2h 5m"), (104_940, "1d 5h 9m")],
)
def test_short_durations(seconds: float, words: str) -> None:
    assert spell_shortly(seconds) == words


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("size", [(50, 5), (80, 9), (10, 3), (3, 1), (200, 40)])
def test_a_picture_fills_its_size(size: tuple[int, int], ascii_only: bool) -> None:
    plan = plan_recipe(some.bakeout(), PlanSettings())
    glyphs = ASCII if ascii_only else UNICODE
    lines = profile_lines(plan, repeat_spans(plan.segments), *size, glyphs=glyphs, bright=(1,))
    assert len(lines) == size[1]
    rows = ["".join(text for text, _ in line) for line in lines]
    assert {len(row) for row in rows} == {size[0]}
    if ascii_only:
        assert all(row.isascii() for row in rows)


@pytest.mark.parametrize(
    ("total", "last"),
    [
        (30, "30 s"),
        (900, "15 min"),
        (3 * 3600, "3 h"),
        (9 * 3600, "8 h"),
        (40 * 86400, "40 d"),
        (3e8, "3000 d"),
    ],
)
def test_time_labels_are_round_and_do_not_touch(total: float, last: str) -> None:
    labels = time_labels(even_cell(total / 60, since=True), 60)
    assert labels[0] == (0, "0")
    assert labels[-1][1] == last
    places = [place for place, _ in labels]
    assert all(b - a >= 7 for a, b in pairwise(places))
