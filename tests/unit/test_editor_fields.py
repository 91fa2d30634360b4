"""The form of a step: what it asks for, and what was typed as a step again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.recipes import bakeout, whole_recipes
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.draft import Draft
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat
from xovac_tui.ui.screens.recipes.editor.fields import fields_of, parse_pressure, read_form


def typed(draft: Draft, path: tuple[int, ...], **texts: str) -> tuple[Draft, dict[str, str]]:
    """Return what comes of a form in which some fields were typed over."""
    found = {field.name: field.text for field in fields_of(draft.recipe, draft.step(path))}
    assert texts.keys() <= found.keys()
    read = read_form(draft, path, found | texts)
    return read.draft, read.problems


@given(whole_recipes)
def test_an_untouched_form_changes_nothing(recipe: Recipe) -> None:
    draft = Draft(recipe)
    for path in [(), *(row.path for row in draft.rows())]:
        after, problems = typed(draft, path)
        assert problems == {}
        assert after is draft


@pytest.mark.parametrize(
    ("texts", "ramp"),
    [
        ({"to": "-20C"}, Ramp(-20, rate=0.5)),
        ({"to": "253.15 K"}, Ramp(-20, rate=0.5)),
        ({"rate": "90 K/h"}, Ramp(60, rate=1.5)),
        ({"rate": ""}, Ramp(60)),
        ({"rate": " ", "over": "1h30"}, Ramp(60, over=5400)),
        ({"rate": "", "over": "90 min"}, Ramp(60, over=5400)),
        ({"note": "slow⏎down"}, Ramp(60, rate=0.5, note="slow\ndown")),
    ],
)
def test_a_ramp_as_a_person_types_it(texts: dict[str, str], ramp: Ramp) -> None:
    after, problems = typed(Draft(bakeout()), (0,), **texts)
    assert problems == {}
    assert after.step((0,)) == ramp
    assert after.undo().recipe == bakeout()


@pytest.mark.parametrize(
    ("texts", "field", "said"),
    [
        ({"to": ""}, "to", "empty"),
        ({"to": "40,5"}, "to", "point"),
        ({"to": "-300"}, "to", "absolute zero"),
        ({"to": "hot"}, "to", "not a temperature"),
        ({"rate": "-1"}, "rate", "negative"),
        ({"rate": "1 K"}, "rate", "in which time"),
        ({"over": "30"}, "over", "without a unit"),
        ({"over": "1h"}, "over", "Both a rate and a time"),
        ({"over": "1h"}, "rate", "Both a rate and a time"),
        ({"note": "x" * 201}, "note", "200 are allowed"),
    ],
)
def test_what_is_wrong_with_a_ramp_is_a_sentence(texts: dict[str, str], field: str, said: str) -> None:
    draft = Draft(bakeout())
    after, problems = typed(draft, (0,), **texts)
    assert said in problems[field]
    assert after is draft


def test_a_hold_and_a_repeat() -> None:
    draft = Draft(Recipe("R", (Repeat(3, (Hold(60),)),)))
    assert typed(draft, (0, 0), duration="01:30:00")[0].step((0, 0)) == Hold(5400)
    assert "duration" in typed(draft, (0, 0), duration="soon")[1]
    assert typed(draft, (0,), count="12")[0].step((0,)) == Repeat(12, (Hold(60),))
    for text in ("0", "x", "", "-1", "1.5", "99999"):
        after, problems = typed(draft, (0,), count=text)
        assert problems["count"].endswith(".")
        assert after is draft


def test_the_head() -> None:
    draft = Draft(bakeout())
    after, problems = typed(
        draft,
        (),
        name=" Board ",
        description="a⏎b",
        min="-30",
        max="65 °C",
        tolerance="2 K",
        pressure="0.1 Pa",
    )
    assert problems == {}
    recipe = after.recipe
    assert (recipe.name, recipe.description) == ("Board", "a\nb")
    assert (recipe.limits, recipe.tolerance, recipe.pressure) == (Limits(-30, 65), 2.0, 0.001)
    assert after.undoes == "change name, description, limits, tolerance, pressure"
    assert typed(after, (), min="", max="", tolerance="", pressure="")[0].recipe.limits is None


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"min": "5"}, "max"),
        ({"max": "5"}, "min"),
        ({"min": "50", "max": "5"}, "max"),
        ({"min": "cold", "max": "5"}, "min"),
        ({"tolerance": "0"}, "tolerance"),
        ({"pressure": "low"}, "pressure"),
        ({"pressure": "0"}, "pressure"),
        ({"description": "x" * 2001}, "description"),
    ],
)
def test_what_is_wrong_with_the_head_is_reported_at_its_field(texts: dict[str, str], field: str) -> None:
    draft = Draft(bakeout())
    after, problems = typed(draft, (), **texts)
    assert list(problems) == [field]
    assert problems[field].endswith(".")
    assert after is draft


@given(st.dictionaries(st.sampled_from(["to", "rate", "over", "note"]), st.text(max_size=30)))
def test_junk_is_a_sentence_or_a_sound_step(texts: dict[str, str]) -> None:
    after, problems = typed(Draft(bakeout()), (0,), **texts)
    assert all(said and len(said) < 200 for said in problems.values())
    assert after.problems() == []


@given(
    st.dictionaries(st.sampled_from(["name", "min", "max", "tolerance", "pressure"]), st.text(max_size=30))
)
def test_junk_in_the_head_is_a_sentence_or_sound(texts: dict[str, str]) -> None:
    after, problems = typed(Draft(bakeout()), (), **texts)
    assert all(said for said in problems.values())
    assert after.problems() == []


@pytest.mark.parametrize(
    ("text", "mbar"),
    [
        ("1e-3", 1e-3),
        ("1e-3 mbar", 1e-3),
        ("0.1 Pa", 1e-3),
        ("2 hPa", 2),
        ("1bar", 1000),
        ("1 Torr", 1.33322368),
    ],
)
def test_pressures(text: str, mbar: float) -> None:
    assert parse_pressure(text) == mbar


@pytest.mark.parametrize("text", ["", "-1", "1 psig", "1 °C", "1 mpa", "1,5", "e-3", "1e99999"])
def test_no_pressures(text: str) -> None:
    with pytest.raises(RecipeError, match="not a pressure"):
        parse_pressure(text)
