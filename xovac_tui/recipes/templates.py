"""Recipes that most tests begin with, made from a few values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from xovac_tui.digits import format_number
from xovac_tui.durations import parse_duration, spell_duration
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.quantities import format_temperature, parse_rate, parse_temperature
from xovac_tui.recipes import bounds
from xovac_tui.recipes.findings import Flaw
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat, Step
from xovac_tui.text import clean
from xovac_tui.validation import read_toml

Kind: TypeAlias = Literal["temperature", "rate", "duration", "count", "choice", "temperatures"]
Values: TypeAlias = dict[str, float | str | tuple[float, ...]]

MOST_PLATEAUS = 50
_END_HOLD = 1800.0


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One value that a template asks for."""

    name: str
    label: str
    kind: Kind
    default: str
    """As a person would type it."""
    help: str
    low: float | None = None
    """In degC, K/min, seconds or rounds; None: any that a recipe may have."""
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What a bare number means, or the form that is asked for."""
        return {"temperature": "°C", "temperatures": "°C", "rate": "K/min", "duration": "h, min, s"}.get(
            self.kind, ""
        )


class Template(msgspec.Struct, frozen=True):
    """A recipe with values still to be filled in."""

    name: str
    """For the command line: small letters and hyphens."""
    label: str
    help: str
    parameters: tuple[Parameter, ...]


class TemplateError(RecipeError):
    """Values that a template cannot be filled with: (name of the value, sentence) for each."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(*(f"{name}: {said}" if name else said for name, said in problems))
        self.problems = problems


class _Rule(NamedTuple):
    """One temperature must be above another."""

    upper: str
    lower: str
    same: bool = False
    """They may be the same."""


def build(template: Template, values: Mapping[str, str], name: str = "") -> Recipe:
    """Return the recipe for values as they were typed; what is not given has its default.

    TemplateError has a sentence for every value that is wrong. `name` is the recipe's; by default the
    template's own.
    """
    known = {parameter.name: parameter for parameter in template.parameters}
    problems = [
        ("", f'"{clean(key, 40)}" is no value of {template.name}: there are {", ".join(known)}.')
        for key in values
        if key not in known
    ]
    read: Values = {}
    for parameter in template.parameters:
        try:
            read[parameter.name] = _parsed(parameter, values.get(parameter.name, parameter.default))
        except RecipeError as error:
            problems.append((parameter.name, str(error)))
    if not problems:
        rules = _RULES[template.name]
        problems = [(rule.upper, problem) for rule in rules if (problem := _rule_problem(read, rule))]
    if problems:
        raise TemplateError(problems)
    recipe = _BUILDERS[template.name](read)
    recipe = msgspec.structs.replace(recipe, name=name.strip() or recipe.name)
    if found := bounds.recipe_problems(recipe):
        raise RecipeError(*(problem.sentence for problem in found))
    return recipe


def find_template(name: str) -> Template:
    """Return the template of this name; RecipeError names those that there are."""
    for template in TEMPLATES:
        if template.name == name.strip().lower():
            return template
    names = ", ".join(template.name for template in TEMPLATES)
    raise RecipeError(f'There is no template "{clean(name, 40)}": there are {names}.')


def _parsed(parameter: Parameter, text: str) -> float | str | tuple[float, ...]:
    """Return what was typed for a parameter, in degC, K/min, seconds or rounds; RecipeError else."""
    words = text.strip()
    match parameter.kind:
        case "choice":
            if words.lower() not in parameter.choices:
                raise RecipeError(f'"{clean(words, 24)}" must be {" or ".join(parameter.choices)}.')
            return words.lower()
        case "count":
            if not re.fullmatch(r"[0-9]{1,9}", words):
                raise RecipeError(f'"{clean(words, 24)}" is not a whole number.')
            return _bounded(parameter, float(words), words, bounds.count_problem(int(words)))
        case "temperatures":
            parts = [part for part in re.split(r"[;,]", words) if part.strip()]
            if not 1 <= len(parts) <= MOST_PLATEAUS:
                raise RecipeError(
                    f"Say 1 to {MOST_PLATEAUS} temperatures with commas between, like {parameter.default}."
                )
            return tuple(_temperature(parameter, part) for part in parts)
        case "temperature":
            return _temperature(parameter, words)
        case "rate":
            rate = parse_rate(words)
            return _bounded(parameter, rate, words, bounds.rate_problem(rate))
    seconds = parse_duration(words)
    return _bounded(parameter, seconds, words, bounds.duration_problem(seconds))


def _temperature(parameter: Parameter, text: str) -> float:
    celsius = parse_temperature(text)
    return _bounded(parameter, celsius, text.strip(), bounds.temperature_problem(celsius))


def _bounded(parameter: Parameter, value: float, typed: str, problem: Flaw | None) -> float:
    if problem:
        raise RecipeError(f'"{clean(typed, 24)}" {problem}.')
    low, high = parameter.low, parameter.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise RecipeError(
            f'"{clean(typed, 24)}" is not from {_as_typed(parameter, low)} to {_as_typed(parameter, high)}.'
        )
    return value


def _as_typed(parameter: Parameter, value: float | None) -> str:
    if value is None:
        return "any"
    if parameter.kind == "duration":
        return spell_duration(value)
    return f"{format_number(value)} {parameter.unit}".strip()


def _rule_problem(values: Values, rule: _Rule) -> str:
    high, low = _number(values, rule.upper), _number(values, rule.lower)
    if high > low or (rule.same and high == low):
        return ""
    how = "must not be below" if rule.same else "must be above"
    return f"{format_temperature(high)} {how} {rule.lower}, {format_temperature(low)}."


def _number(values: Values, name: str) -> float:
    value = values[name]
    assert isinstance(value, float)
    return value


def _bakeout(values: Values) -> Recipe:
    hot, rate = _number(values, "temperature"), _number(values, "rate")
    steps = (
        Ramp(hot, rate=rate, note="Start it in vacuum, when the pressure no longer falls quickly."),
        Hold(_number(values, "dwell"), "The bakeout itself: the pressure should fall and level out."),
        *_home(values),
    )
    return Recipe(f"Bakeout {format_temperature(hot)}", steps)


def _cycling(values: Values) -> Recipe:
    rate, dwell, number = _number(values, "rate"), _number(values, "dwell"), int(_number(values, "cycles"))
    hot = Ramp(_number(values, "hot"), rate=rate), Hold(dwell, "Hot plateau.")
    cold = Ramp(_number(values, "cold"), rate=rate), Hold(dwell, "Cold plateau.")
    cycle: tuple[Step, ...] = (*hot, *cold) if values["start"] == "hot" else (*cold, *hot)
    name = f"Thermal cycling, {counted(number, 'cycle')}"
    return Recipe(name, (Repeat(number, cycle), *_home(values)))


def _survival(values: Values) -> Recipe:
    rate = _number(values, "rate")
    survive, dwell = _number(values, "survival_dwell"), _number(values, "dwell")
    end = _number(values, "end")
    operation = (
        Ramp(_number(values, "hot"), rate=rate),
        Hold(dwell, "Operation hot."),
        Ramp(_number(values, "cold"), rate=rate),
        Hold(dwell, "Operation cold."),
    )
    steps = (
        Ramp(_number(values, "survival_hot"), rate=rate),
        Hold(survive, "Survival hot: part off."),
        Ramp(_number(values, "survival_cold"), rate=rate),
        Hold(survive, "Survival cold: part off."),
        Ramp(end, rate=rate),
        Hold(_END_HOLD, "Switch the part on, and prove that it survived."),
        Repeat(int(_number(values, "cycles")), operation),
        *_home(values),
    )
    return Recipe("Survival and operation", steps)


def _balance(values: Values) -> Recipe:
    plateaus, rate = values["temperatures"], _number(values, "rate")
    assert isinstance(plateaus, tuple)
    steps: list[Step] = []
    for number, celsius in enumerate(plateaus, 1):
        note = f"Case {number} of {len(plateaus)}: balance is reached when the temperatures no longer drift."
        steps += [Ramp(celsius, rate=rate), Hold(_number(values, "stabilisation"), note)]
    return Recipe("Thermal balance", (*steps, *_home(values)))


def _home(values: Values) -> tuple[Step, ...]:
    """Return to room temperature and wait, so that nothing cold or hot is opened."""
    return (
        Ramp(_number(values, "end"), rate=_number(values, "rate")),
        Hold(_END_HOLD, "Room temperature, so that nothing cold or hot is opened."),
    )


def _templates() -> tuple[Template, ...]:
    table = read_toml(Path(__file__).with_name("templates.toml"))
    for template in table["templates"]:
        template["parameters"] = [
            table["shared"].get(one["name"], {}) | one for one in template["parameters"]
        ]
    return msgspec.convert(table["templates"], tuple[Template, ...])


TEMPLATES = _templates()
"""In the order in which they are listed."""
_BUILDERS: dict[str, Callable[[Values], Recipe]] = {
    "bakeout": _bakeout,
    "cycling": _cycling,
    "survival": _survival,
    "balance": _balance,
}
_RULES: dict[str, tuple[_Rule, ...]] = {
    "bakeout": (_Rule("temperature", "end"),),
    "cycling": (_Rule("hot", "cold"),),
    "survival": (
        _Rule("hot", "cold"),
        _Rule("survival_hot", "hot", same=True),
        _Rule("cold", "survival_cold", same=True),
    ),
    "balance": (),
}
