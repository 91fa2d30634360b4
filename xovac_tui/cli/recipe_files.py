"""`xovac-tui recipe new|templates|export|import`: make recipes and exchange them with other programs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from xovac_tui import paths
from xovac_tui.cli.common import chamber_options, effective, json_line, plan_settings, table
from xovac_tui.cli.output import echo, echo_data

if TYPE_CHECKING:
    from xovac_tui.recipes.model import Recipe
    from xovac_tui.recipes.templates import Parameter

_FILE = click.argument("file", type=click.Path(path_type=Path))
_OUT = click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True), help="File to write; - prints."
)
_FORCE = click.option("--force", is_flag=True, help="Write over a file; a recipe's earlier version is kept.")


@click.command(short_help="Make a recipe from a template.")
@click.argument("name")
@click.option(
    "--template", "-t", required=True, metavar="T", help="Its template; `recipe templates` lists them."
)
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="A value, like hot=60; repeatable.")
@_OUT
@_FORCE
@chamber_options
@click.pass_context
def new(
    ctx: click.Context,
    /,
    name: str,
    template: str,
    values: tuple[str, ...],
    out: Path | None,
    force: bool,
    **_: Any,
) -> None:
    """Make a recipe called NAME from a template, in the recipes folder or in --out."""
    from xovac_tui.recipes.templates import build, find_template

    given = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals:
            raise click.UsageError(f'--set "{value}" has no value: write it like hot=60.')
        given[key.strip()] = text
    _write(ctx, build(find_template(template), given, name), out, force)


@click.command(short_help="List the templates and their values.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def templates(as_json: bool) -> None:
    """List the templates for `recipe new`, each with its values and their defaults."""
    from xovac_tui.recipes.templates import TEMPLATES

    if as_json:
        echo_data(json_line(msgspec.to_builtins(TEMPLATES)))
        return
    for number, template in enumerate(TEMPLATES):
        if number:
            echo()
        echo(f"{template.name}: {template.help}")
        for row in table([_row(parameter) for parameter in template.parameters]):
            echo(row)


@click.command(short_help="Write a recipe as CSV, JSON or TOML.")
@_FILE
@click.option("--format", "-f", "format_", required=True, type=click.Choice(["csv", "json", "toml"]))
@click.option(
    "--start",
    type=float,
    default=20.0,
    show_default=True,
    metavar="T",
    help="JSON: temperature at the start, degC.",
)
@_OUT
@_FORCE
@chamber_options
@click.pass_context
def export(
    ctx: click.Context, /, file: Path, format_: Any, start: float, out: Path | None, force: bool, **_: Any
) -> None:
    """Write a recipe for another program: its steps as CSV, the device's list as JSON, or tidy TOML.

    Prints it without --out. Lists on stderr what the format leaves out.
    """
    from xovac_tui.recipes.exchange import export_recipe
    from xovac_tui.recipes.files import load_recipe
    from xovac_tui.recipes.plan import PlanSettings
    from xovac_tui.recipes.store import write_text

    # Only the device's list depends on how the device reads it.
    settings = plan_settings(ctx) if format_ == "json" else PlanSettings()
    exported = export_recipe(load_recipe(file), format_, settings, start)
    for note in exported.notes:
        echo(note, err=True)
    if out is None or str(out) == "-":
        echo_data(exported.text, nl=False)
    else:
        _may_write(out, force)
        write_text(out, exported.text, overwrite=force)
        echo(f"Written: {out}", err=True)


@click.command(name="import", short_help="Make a recipe from CSV or the device's JSON.")
@_FILE
@_OUT
@_FORCE
@chamber_options
@click.pass_context
def import_(ctx: click.Context, /, file: Path, out: Path | None, force: bool, **_: Any) -> None:
    """Make a recipe from a CSV file or the device's JSON, in the recipes folder or in --out.

    Lists on stderr what was left out or assumed.
    """
    from xovac_tui.recipes.exchange import import_recipe
    from xovac_tui.recipes.plan import PlanSettings

    # Only the device's list depends on how the device reads it.
    settings = PlanSettings() if file.suffix.lower() == ".csv" else plan_settings(ctx)
    imported = import_recipe(file, settings)
    for note in imported.notes:
        echo(note, err=True)
    _write(ctx, imported.recipe, out, force)


def _write(ctx: click.Context, recipe: Recipe, out: Path | None, force: bool) -> None:
    """Write a recipe to the named file, else into the recipes folder, and print the path."""
    from xovac_tui.clock import SystemClock
    from xovac_tui.recipes.store import file_name, save_as
    from xovac_tui.recipes.writer import write_recipe

    if str(out) == "-":
        echo_data(write_recipe(recipe), nl=False)
        return
    if out is None:
        found = effective(ctx)
        out = paths.recipes_folder(found.settings.recipes, found.path) / file_name(recipe.name)
    _may_write(out, force)
    save_as(out, recipe, now=SystemClock().utc(), overwrite=force)
    echo(str(out))


def _may_write(out: Path, force: bool) -> None:
    if os.path.lexists(out) and not force:
        raise click.UsageError(
            f"{out} exists already: name another file with --out, or write over it with --force."
        )


def _row(parameter: Parameter) -> tuple[str, str, str]:
    default = f"{parameter.name}={parameter.default}"
    choices = f" One of {', '.join(parameter.choices)}." if parameter.choices else ""
    return "  " + default, parameter.label, parameter.help + choices
