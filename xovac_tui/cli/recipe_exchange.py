"""`xovac-tui recipe export|import`: exchange recipes with other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xovac_tui.cli.options import chamber_options
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.cli.recipe_files import force_option, may_write, out_option, plan_settings, write_out
from xovac_tui.recipes.exchange import export_recipe, import_recipe
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.store import write_file

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
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
@out_option
@force_option
@chamber_options
@click.pass_context
def export(
    ctx: click.Context, /, file: Path, format_: Any, start: float, out: Path | None, force: bool, **_: Any
) -> None:
    """Write a recipe for another program: its steps as CSV, the device's list as JSON, or tidy TOML.

    Prints it without --out. Lists on stderr what the format leaves out.
    """
    # Only the device's list depends on how the device reads it.
    settings = plan_settings(ctx) if format_ == "json" else PlanSettings()
    exported = export_recipe(load_recipe(file), format_, settings, start)
    echo_lines(exported.notes, err=True)
    if out is None or str(out) == "-":
        echo_data(exported.text, nl=False)
    else:
        may_write(out, force)
        write_file(out, exported.text, overwrite=force)
        echo(f"Written: {out}", err=True)


@click.command(name="import")
@_FILE
@out_option
@force_option
@chamber_options
@click.pass_context
def import_(ctx: click.Context, /, file: Path, out: Path | None, force: bool, **_: Any) -> None:
    """Make a recipe from a CSV file or the device's JSON, in the recipes folder or in --out.

    Lists on stderr what was left out or assumed.
    """
    # Only the device's list depends on how the device reads it.
    settings = PlanSettings() if file.suffix.lower() == ".csv" else plan_settings(ctx)
    imported = import_recipe(file, settings)
    echo_lines(imported.notes, err=True)
    write_out(ctx, imported.recipe, out, force)
