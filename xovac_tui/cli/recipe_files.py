"""How the profile's device reads recipes, and the files that commands make of them."""

from __future__ import annotations

import os
from pathlib import Path

import click

from xovac_tui import paths
from xovac_tui.cli.common import effective
from xovac_tui.cli.output import echo, echo_data
from xovac_tui.clock import SystemClock
from xovac_tui.compose import chambers
from xovac_tui.config import Profile
from xovac_tui.errors import SettingsError
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.store import file_name, save_as
from xovac_tui.recipes.writer import write_recipe

out_option = click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True), help="File to write; - prints."
)
force_option = click.option(
    "--force", is_flag=True, help="Write over a file; a recipe's earlier version is kept."
)


def write_out(ctx: click.Context, recipe: Recipe, out: Path | None, force: bool) -> None:
    """Write a recipe to the named file, else into the recipes folder, and print the path."""
    if str(out) == "-":
        echo_data(write_recipe(recipe), nl=False)
        return
    if out is None:
        found = effective(ctx)
        out = paths.recipes_folder(found.settings.recipes, found.path) / file_name(recipe.name)
    may_write(out, force)
    save_as(out, recipe, now=SystemClock().utc(), overwrite=force)
    echo(str(out))


def may_write(out: Path, force: bool) -> None:
    """Raise UsageError for a file that is there, without `force`."""
    if os.path.lexists(out) and not force:
        raise click.UsageError(
            f"{out} exists already: name another file with --out, or write over it with --force."
        )


def plan_settings(ctx: click.Context) -> PlanSettings:
    """Return how the profile's device reads recipes; without a profile the defaults, with a note."""
    found = effective(ctx)
    try:
        _, profile = found.resolve()
    except SettingsError:
        if found.profile or found.url:
            raise
        echo("No profile is named, so recipes are read with the default settings.", err=True)
        profile = Profile()
    return chambers.plan_settings(profile, chambers.contract_of(profile))
