import json
import math

import pytest
from hypothesis import assume, given

from tests.helpers.recipes import bakeout, recipes, settings, temperatures
from xovac_tui.durations import seconds_from
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.check import check_recipe
from xovac_tui.recipes.compiler import Compiled, compile_recipe, to_device_json
from xovac_tui.recipes.files import examples_folder, list_recipes
from xovac_tui.recipes.findings import FindingCode
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat
from xovac_tui.recipes.plan import NO_CHANGE, PlanSettings, plan_recipe
from xovac_tui.units import to_celsius

SECONDS = PlanSettings()


def compiled(recipe: Recipe, how: PlanSettings, start: float) -> Compiled:
    """Compile, or skip the example where nothing at all is to be done."""
    assume(not any(f.severity == "error" for f in check_recipe(recipe, how, start)))
    return compile_recipe(recipe, how, start)


def test_the_documented_payload() -> None:
    result = compile_recipe(bakeout(Ramp(60, rate=1), Hold(3600), Ramp(20, over=1800)), SECONDS, 20)
    assert to_device_json(result) == (
        '{"name": "Bakeout", "recipe": [[60.0, 2400.0, 0.0], [60.0, 3600.0, 0.0], [20.0, 1800.0, 0.0]]}'
    )
    assert result.total == 7800


def test_the_devices_units() -> None:
    recipe = bakeout(Ramp(0, over=5400), Hold(1800), Ramp(20, over=3600))
    how = PlanSettings(temperature_unit="K", duration_unit="h")
    assert compile_recipe(recipe, how).items == ((273.15, 1.5, 0), (273.15, 0.5, 0), (293.15, 1.0, 0))
    how = PlanSettings(temperature_unit="degF", duration_unit="min")
    assert compile_recipe(recipe, how).items == ((32.0, 90.0, 0), (32.0, 30.0, 0), (68.0, 60.0, 0))
    how = PlanSettings(duration_unit="ms")
    assert compile_recipe(recipe, how).items[0] == (0.0, 5_400_000.0, 0.0)


def test_a_jumping_device_gets_the_same_time_and_a_warning() -> None:
    ramp, jump = (
        compile_recipe(bakeout(), PlanSettings(step_reading=reading)) for reading in ("ramp", "jump")
    )
    assert ramp.items == jump.items
    assert FindingCode.RATES_NOT_KEPT not in {w.code for w in ramp.warnings}
    assert [w.path for w in jump.warnings if w.code is FindingCode.RATES_NOT_KEPT] == [(0,)]


def test_only_warnings_want_a_thought_before_sending() -> None:
    result = compile_recipe(bakeout(Ramp(60, rate=5), Hold(60)), SECONDS)
    # Too fast, so that nothing is left of the hold, and it ends hot.
    assert [(w.severity, w.where) for w in result.warnings] == [
        ("warning", "step 1"),
        ("warning", "step 2"),
        ("warning", "step 2"),
    ]


def test_every_reason_not_to_send_is_reported() -> None:
    recipe = Recipe(
        "Hot", (Ramp(80, rate=1), Hold(600), Ramp(-40, rate=1), Hold(600)), limits=Limits(-30, 65)
    )
    with pytest.raises(RecipeError) as caught:
        compile_recipe(recipe, PlanSettings(chamber_max=70))
    assert [line.split(":")[0] for line in str(caught.value).split("\n")] == [
        "step 1",
        "step 1",
        "step 3",
    ]


@pytest.mark.parametrize(
    "recipe",
    [
        bakeout(Ramp(math.nan)),
        bakeout(Ramp(60, over=math.inf)),
        bakeout(Hold(0)),
        bakeout(Hold(-5)),
        bakeout(Repeat(501, (Hold(60),))),
        bakeout(Ramp(20)),
        Recipe("a\x1b[2J", (Hold(60),)),
    ],
    ids=["nan", "endless", "zero", "negative", "long", "nothing", "name"],
)
def test_nothing_questionable_is_compiled(recipe: Recipe) -> None:
    with pytest.raises(RecipeError):
        compile_recipe(recipe, SECONDS)


@given(recipes, settings, temperatures)
def test_total_time_is_preserved(recipe: Recipe, how: PlanSettings, start: float) -> None:
    result = compiled(recipe, how, start)
    total = sum(seconds_from(duration, how.duration_unit) for _, duration, _ in result.items)
    assert total == pytest.approx(result.total, rel=1e-6, abs=1e-5 * len(result.items))
    assert result.total == plan_recipe(recipe, how, start).total


@given(recipes, settings, temperatures)
def test_end_points_are_preserved(recipe: Recipe, how: PlanSettings, start: float) -> None:
    result = compiled(recipe, how, start)
    sent = [to_celsius(target, how.temperature_unit) for target, _, _ in result.items]
    segments = [segment for segment in result.plan.segments if segment.index is not None]
    assert sent == pytest.approx([segment.to_temp for segment in segments], abs=1e-5)
    assert sent[-1] == pytest.approx(result.plan.final, abs=NO_CHANGE * 2)


@given(recipes, settings, temperatures)
def test_every_item_is_finite_and_takes_time(recipe: Recipe, how: PlanSettings, start: float) -> None:
    result = compiled(recipe, how, start)
    for target, duration, gradient in result.items:
        assert math.isfinite(target)
        assert 0 < duration < math.inf
        assert gradient == 0
    again = json.loads(to_device_json(result))
    assert again == {"name": recipe.name, "recipe": [list(item) for item in result.items]}


@pytest.mark.parametrize("reading", ["ramp", "jump"])
def test_the_examples_are_sound(reading: str) -> None:
    files = list_recipes(examples_folder())
    assert len(files) >= 3
    how = PlanSettings(step_reading=reading)  # type: ignore[arg-type]
    for file in files:
        assert file.recipe is not None, file.problem
        assert file.recipe.limits is not None
        severities = {finding.severity for finding in check_recipe(file.recipe, how)}
        assert severities <= ({"info"} if reading == "ramp" else {"info", "warning"}), file.path
        assert compile_recipe(file.recipe, how).total < 2 * 86400
        text = file.path.read_text(encoding="utf-8")
        assert "not documented" in text, f"{file.path} must say what is assumed about the chamber"


def test_the_example_with_cycles_has_four() -> None:
    (cycling,) = [file.recipe for file in list_recipes(examples_folder()) if "cycling" in file.path.name]
    assert cycling is not None
    plan = compile_recipe(cycling, SECONDS).plan
    assert {segment.cycle for segment in plan.segments} == {None, (1, 4), (2, 4), (3, 4), (4, 4)}
    assert (plan.minimum, plan.maximum) == (-20, 50)
