"""All there is to say about a recipe file at one moment: findings, time line, and what would be sent."""

from __future__ import annotations

from pathlib import Path

import msgspec

from xovac_tui.errors import RecipeError
from xovac_tui.recipes import bounds
from xovac_tui.recipes.check import check_recipe
from xovac_tui.recipes.compiler import Compiled, UnsendableError, compile_recipe
from xovac_tui.recipes.files import RecipeFile, examples_folder, list_recipes, read_file
from xovac_tui.recipes.findings import Finding
from xovac_tui.recipes.plan import Plan, PlanSettings, plan_recipe


class Study(msgspec.Struct, frozen=True):
    """One file, studied from one temperature at the start."""

    file: RecipeFile
    start_temperature: float
    """degC."""
    findings: tuple[Finding, ...] = ()
    plan: Plan | None = None
    """None where the recipe has no meaning."""
    compiled: Compiled | None = None
    """None where it must not be sent."""

    def count(self, severity: str) -> int:
        """Return how many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)


class Library(msgspec.Struct, frozen=True):
    """The recipes that can be chosen from."""

    own: tuple[RecipeFile, ...] = ()
    examples: tuple[RecipeFile, ...] = ()
    problem: str = ""
    """Why the folder cannot be read, as a sentence."""

    @property
    def files(self) -> tuple[RecipeFile, ...]:
        """All findings, the user's first."""
        return self.own + self.examples


def read_library(folder: Path | None) -> Library:
    """Return the recipes of a folder (which need not exist) and the examples; may take a while."""
    examples = list_recipes(examples_folder())
    if folder is None:
        return Library(examples=examples)
    try:
        return Library(list_recipes(folder), examples)
    except RecipeError as error:
        return Library(examples=examples, problem=str(error))


def read_again(file: RecipeFile) -> RecipeFile:
    """Return a file as it is on the disk now."""
    return read_file(file.path)


def study_recipe(file: RecipeFile, settings: PlanSettings, start_temperature: float) -> Study:
    """Check, plan and compile a recipe from the same start, in degC; may take a while, never raises."""
    recipe = file.recipe
    if recipe is None:
        return Study(file, start_temperature)
    findings = check_recipe(recipe, settings, start_temperature)
    if bounds.recipe_problems(recipe) or bounds.temperature_problem(start_temperature):
        return Study(file, start_temperature, findings)
    plan = plan_recipe(recipe, settings, start_temperature)
    try:
        compiled = compile_recipe(recipe, settings, start_temperature)
    except UnsendableError as error:
        return Study(file, start_temperature, tuple(dict.fromkeys((*error.findings, *findings))), plan)
    return Study(file, start_temperature, findings, plan, compiled)
