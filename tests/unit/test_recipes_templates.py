import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.errors import RecipeError
from xovac_tui.recipes.bounds import recipe_problems
from xovac_tui.recipes.check import ROOM, check_recipe
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.findings import FindingCode, flaw
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.templates import TEMPLATES, Parameter, Template, build, find_template
from xovac_tui.recipes.writer import write_recipe


def bare(steps: tuple[Step, ...]) -> list[object]:
    """Return steps as plain values, without notes."""
    return [
        [step.count, *bare(step.steps)]
        if isinstance(step, Repeat)
        else (step.to, step.rate)
        if isinstance(step, Ramp)
        else step.duration
        for step in steps
    ]


def made(name: str, **values: str) -> Recipe:
    return build(find_template(name), values)


def refusal(name: str, **values: str) -> str:
    with pytest.raises(RecipeError) as caught:
        made(name, **values)
    message = str(caught.value)
    assert all(line.endswith(".") for line in message.split("\n"))
    return message


def built_or_refused(template: Template, values: dict[str, str]) -> Recipe | str:
    try:
        return build(template, values)
    except RecipeError as error:
        return str(error)


def test_what_the_templates_make() -> None:
    home = [(22, 0.8), 1800]
    assert bare(made("bakeout").steps) == [(60, 0.8), 21600, *home]
    assert bare(made("cycling").steps) == [[4, (50, 0.8), 7200, (-20, 0.8), 7200], *home]
    assert bare(made("survival").steps) == [
        (60, 0.8), 3600, (-30, 0.8), 3600, (22, 0.8), 1800,
        [4, (45, 0.8), 14400, (-15, 0.8), 14400],
        *home,
    ]  # fmt: skip
    assert bare(made("balance").steps) == [(50, 0.8), 21600, (20, 0.8), 21600, (-20, 0.8), 21600, *home]


def test_values_as_people_type_them() -> None:
    recipe = made(
        "cycling",
        hot="323.15 K",
        cold="-30C",
        cycles=" 8 ",
        dwell="1h30",
        rate="60 K/h",
        start="Cold",
        end="20",
    )
    assert bare(recipe.steps) == [[8, (-30, 1), 5400, (50, 1), 5400], (20, 1), 1800]
    assert recipe.name == "Thermal cycling, 8 cycles"
    assert bare(made("balance", temperatures="40; -10 °C ;").steps)[:3:2] == [(40, 0.8), (-10, 0.8)]
    assert build(find_template("Bakeout"), {}, " Mine ").name == "Mine"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
@pytest.mark.parametrize("reading", ["ramp", "jump"])
def test_the_defaults_are_sound_and_end_at_room_temperature(template: Template, reading: str) -> None:
    recipe = build(template, {})
    how = PlanSettings(step_reading=reading)  # type: ignore[arg-type]
    severities = {finding.severity for finding in check_recipe(recipe, how)}
    assert severities <= ({"info"} if reading == "ramp" else {"info", "warning"})
    compiled = compile_recipe(recipe, how)
    assert ROOM[0] <= compiled.plan.final <= ROOM[1]
    assert isinstance(recipe.steps[-1], Hold)
    assert parse_recipe(write_recipe(recipe), "x") == recipe


@pytest.mark.parametrize(
    ("name", "values", "parts"),
    [
        ("bakeout", {"temperature": "hot"}, ['temperature: "hot" is not a temperature']),
        ("bakeout", {"temperature": "-300"}, ["absolute zero"]),
        ("bakeout", {"temperature": "20"}, ["temperature: 20 °C must be above end, 22 °C"]),
        ("bakeout", {"dwell": "6"}, ['dwell: "6" has a number without a unit']),
        ("bakeout", {"dwell": "10s"}, ["not from 1m to 30d"]),
        ("bakeout", {"rate": "0"}, [f'rate: "0" {flaw(FindingCode.RATE_NOT_POSITIVE)}.']),
        ("bakeout", {"end": "60"}, ["end: ", "not from 15 °C to 35 °C"]),
        ("bakeout", {"hours": "6h"}, ['"hours" is no value of bakeout: there are temperature, dwell']),
        ("cycling", {"hot": "-20", "cold": "50"}, ["hot: −20 °C must be above cold, 50 °C"]),
        ("cycling", {"cycles": "4.5"}, ['cycles: "4.5" is not a whole number']),
        ("cycling", {"cycles": "0"}, [f'cycles: "0" {flaw(FindingCode.NO_ROUNDS)}.']),
        ("cycling", {"cycles": "101"}, ["not from 1 to 100"]),
        ("cycling", {"start": "warm"}, ['"warm" must be hot or cold']),
        ("survival", {"hot": "65"}, ["survival_hot: 60 °C must not be below hot, 65 °C"]),
        ("survival", {"cold": "-35"}, ["cold: −35 °C must not be below survival_cold, −30 °C"]),
        ("balance", {"temperatures": " ,"}, ["Say 1 to 50 temperatures"]),
        ("balance", {"temperatures": "1,x"}, ['"x" is not a temperature']),
        ("balance", {"rate": "x", "end": "x"}, ["rate: ", "end: "]),
    ],
)
def test_what_is_wrong_with_a_value_is_said(name: str, values: dict[str, str], parts: list[str]) -> None:
    message = refusal(name, **values)
    assert all(part in message for part in parts), message


def test_the_same_operational_and_survival_temperatures_are_fine() -> None:
    assert made("survival", hot="60", cold="-30")


def test_an_unknown_template_names_those_that_there_are() -> None:
    with pytest.raises(RecipeError, match="there are bakeout, cycling, survival, balance"):
        find_template("x")
    with pytest.raises(RecipeError, match="name has 65 characters"):
        build(TEMPLATES[0], {}, "x" * 65)


def test_every_value_has_a_help_and_is_named_once() -> None:
    for template in TEMPLATES:
        names = [parameter.name for parameter in template.parameters]
        assert len(set(names)) == len(names)
        assert all(parameter.help.endswith(".") and parameter.label for parameter in template.parameters)
        (end,) = [parameter for parameter in template.parameters if parameter.name == "end"]
        assert (end.low, end.high) == ROOM


def _typed(parameter: Parameter) -> st.SearchStrategy[str]:
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    if parameter.kind == "count":
        return st.integers(1, 100).map(str)
    if parameter.kind == "duration":
        return st.integers(1, 43_200).map("{}min".format)
    if parameter.kind == "rate":
        return st.floats(0.01, 20).map("{:.2f}".format)
    if parameter.kind == "temperatures":
        return st.lists(st.integers(-150, 150), min_size=1, max_size=50).map(
            lambda values: ",".join(map(str, values))
        )
    return st.integers(int(parameter.low or -150), int(parameter.high or 150)).map(str)


@given(st.data(), st.sampled_from(TEMPLATES))
def test_whatever_is_typed_there_is_a_recipe_that_may_be_sent_or_a_sentence(
    data: st.DataObject, template: Template
) -> None:
    values = {parameter.name: data.draw(_typed(parameter)) for parameter in template.parameters}
    recipe = built_or_refused(template, values)
    if isinstance(recipe, str):
        assert "must" in recipe
        return
    assert not recipe_problems(recipe)
    assert not [finding for finding in check_recipe(recipe, PlanSettings()) if finding.severity == "error"]
