"""Recipes from and for other programs: CSV files, and the device's own JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

import msgspec

from xovac_tui.digits import digits
from xovac_tui.durations import seconds_from
from xovac_tui.errors import RecipeError
from xovac_tui.plural import counted
from xovac_tui.recipes import bounds
from xovac_tui.recipes.compiler import compile_recipe, to_device_json
from xovac_tui.recipes.files import MAX_BYTES, is_candidate, read_bytes
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Step
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.spreadsheet import LEFT_OUT, from_csv, to_csv
from xovac_tui.recipes.writer import write_recipe
from xovac_tui.text import clean
from xovac_tui.units import converted

Format: TypeAlias = Literal["csv", "json", "toml"]
FORMATS: tuple[Format, ...] = ("csv", "json", "toml")

_NOISE = 9
"""Decimals of a converted temperature or duration; binary fractions differ below that."""
_MOST_SHOWN = 10


class Exported(msgspec.Struct, frozen=True):
    """A recipe as text for another program."""

    text: str
    notes: tuple[str, ...] = ()
    """What is not in it, in sentences."""


class Imported(msgspec.Struct, frozen=True):
    """A recipe that another program wrote."""

    recipe: Recipe
    notes: tuple[str, ...] = ()
    """What was left out, or taken for granted, in sentences."""


def export_recipe(
    recipe: Recipe, format_: Format, settings: PlanSettings, start_temperature: float = 20.0
) -> Exported:
    """Return a recipe as text for another program; `start_temperature` in degC matters to JSON only.

    RecipeError with every reason why the device's JSON must not be made of it.
    """
    if format_ == "csv":
        return Exported(to_csv(recipe), (LEFT_OUT,))
    if format_ == "json":
        compiled = compile_recipe(recipe, settings, start_temperature)
        note = "Repeats were unrolled; limits, other conditions and notes are not in the device's list."
        return Exported(to_device_json(compiled) + "\n", (note,))
    return Exported(write_recipe(recipe))


def import_recipe(path: Path, settings: PlanSettings) -> Imported:
    """Return the recipe in a CSV or JSON file; RecipeError names the file, the place and what is right."""
    data, source = read_bytes(path), str(path)
    if is_candidate(path.name):
        raise RecipeError(f"{clean(source, 400)} is a recipe file already: copy it into the recipes folder.")
    if path.suffix.lower() == ".json" or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return from_device_json(data, source, settings)
    recipe, notes = from_csv(data, source, _name_of(path))
    return Imported(recipe, (*notes, f'The recipe is called "{recipe.name}", after the file. {LEFT_OUT}'))


def from_device_json(data: str | bytes, source: str, settings: PlanSettings) -> Imported:
    """Return the recipe in `{"name": ..., "recipe": [[target, duration, gradient], ...]}`, with notes.

    Compiled under the same settings it gives the same list again.
    """
    source = clean(source, 400)
    table = _object(data, source)
    name, items = table.get("name"), table.get("recipe")
    if not isinstance(name, str):
        raise RecipeError(f'{source}: "name" is missing, or no text: the device\'s recipes have a name.')
    if not isinstance(items, list) or not items:
        raise RecipeError(f'{source}: "recipe" must be a list of [target, duration, gradient].')
    problems: list[str] = []
    steps: list[Step] = []
    ignored, before = 0, math.nan
    for number, item in enumerate(items, 1):
        if not _is_item(item):
            problems.append(f"item {number} must be three numbers: [target, duration, gradient].")
            continue
        target, duration, gradient = map(float, item)
        celsius = round(converted(target, settings.temperature_unit, "degC") or 0.0, _NOISE) + 0.0
        seconds = round(seconds_from(duration, settings.duration_unit), _NOISE)
        if problem := bounds.temperature_problem(celsius):
            problems.append(
                f"item {number}: its target, {digits(target)} {settings.temperature_unit}, {problem}."
            )
        if problem := bounds.duration_problem(seconds):
            problems.append(
                f"item {number}: its duration, {digits(duration)} {settings.duration_unit}, {problem}."
            )
        steps.append(Hold(seconds) if target == before else Ramp(celsius, over=seconds))
        ignored += gradient != 0
        before = target
    recipe = Recipe(name.strip(), tuple(steps))
    if not problems:
        problems = [one.sentence for one in bounds.recipe_problems(recipe)]
    if problems:
        shown = [f"{source}: {problem}" for problem in problems[:_MOST_SHOWN]]
        if (rest := len(problems) - len(shown)) > 0:
            shown.append(f"{source}: {counted(rest, 'more problem')} like these.")
        raise RecipeError(*shown)
    return Imported(recipe, tuple(_notes(recipe, ignored, settings)))


def _notes(recipe: Recipe, ignored: int, settings: PlanSettings) -> list[str]:
    """Return what was assumed about a device's list."""
    notes = [
        f"Targets were read as {settings.temperature_unit} and durations as {settings.duration_unit}, as the "
        "profile says (the list has no units). An item with the target of the one before became a hold."
    ]
    if any(isinstance(step, Ramp) for step in recipe.steps):
        if settings.step_reading == "jump":
            notes.append(
                "The profile says that the device jumps: each ramp here lasts its item's whole duration, in "
                "which the chamber goes as fast as it can and waits at the target for the rest. When it "
                "arrives is not in the list, so it was not split into a ramp and a hold."
            )
        else:
            notes.append("Items with another target became ramps over their duration, as the profile says.")
    if ignored:
        notes.append(
            f"{ignored} gradient{'s were' if ignored > 1 else ' was'} left out: the device fills them in."
        )
    return notes


def _object(data: str | bytes, source: str) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise RecipeError(f"{source} is larger than {MAX_BYTES:,} bytes: that is not a recipe.")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise RecipeError(f"{source} is not UTF-8 text: save the file as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise RecipeError(f"{source}, line {error.lineno}: this is not JSON: {error.msg}.") from None
    except (ValueError, RecursionError):  # NaN, thousands of digits, thousands of brackets
        raise RecipeError(f"{source} has a value that no recipe has, or is nested too deep.") from None
    if not isinstance(value, dict):
        raise RecipeError(f'{source} must be an object like {{"name": ..., "recipe": [...]}}.')
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_item(item: object) -> bool:
    if not isinstance(item, list) or len(item) != 3:
        return False
    # A whole number with hundreds of digits is no float.
    return all(
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
        for value in item
    )


def _name_of(path: Path) -> str:
    """Return a name for a recipe whose file has none."""
    words = "".join(char if char.isprintable() else " " for char in path.stem)
    return " ".join(words.split())[: bounds.MAX_NAME].strip() or "Imported"
