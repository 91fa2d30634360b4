"""`xovac-tui recipe`: check, plan, compile, make, compare and exchange recipe files, without a chamber."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui import paths
from xovac_tui.cli.common import echo_result, effective, json_line, table
from xovac_tui.cli.named import Named, NamedFile
from xovac_tui.cli.options import chamber_options
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.clock import SystemClock
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.compose import chambers
from xovac_tui.config import Profile
from xovac_tui.digits import digits
from xovac_tui.durations import spell_duration
from xovac_tui.errors import Exit, SettingsError
from xovac_tui.quantities import format_temperature
from xovac_tui.recipes.check import check_recipe
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.differing import NO_DIFFERENCE, differences, recipe_lines, written_lines
from xovac_tui.recipes.exchange import export_recipe, import_recipe
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.findings import Finding
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.places import step_number
from xovac_tui.recipes.plan import Plan, PlanSettings, plan_recipe
from xovac_tui.recipes.store import file_name, save_as, write_file
from xovac_tui.recipes.templates import TEMPLATES, Parameter, build, find_template
from xovac_tui.recipes.writer import write_recipe

_FILE = click.argument("file", type=NamedFile(ValueKind.RECIPE, path_type=Path))
_START = click.option(
    "--start",
    type=float,
    default=20.0,
    show_default=True,
    metavar="T",
    help="Temperature at the start, degC.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_OUT = click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True), help="File to write; - prints."
)
_FORCE = click.option("--force", is_flag=True, help="Write over a file; a recipe's earlier version is kept.")


@click.command()
@_FILE
@_START
@_JSON
@chamber_options
@click.pass_context
def check(ctx: click.Context, /, file: Path, start: float, as_json: bool, **_: Any) -> None:
    """Print the errors and warnings of a recipe. Exit code 2 when it must not be sent."""
    settings = plan_settings(ctx)
    findings = check_recipe(load_recipe(file), settings, start)
    bad = any(finding.severity == "error" for finding in findings)
    rows = table([(finding.severity, finding.where, finding.message) for finding in findings])
    verdict = f"{file}: {'must not be sent' if bad else 'may be sent'}."
    echo_result(as_json, [_finding_data(one) for one in findings], [*rows, verdict])
    ctx.exit(int(Exit.USAGE if bad else Exit.OK))


@click.command()
@_FILE
@_START
@_JSON
@chamber_options
@click.pass_context
def plan(ctx: click.Context, /, file: Path, start: float, as_json: bool, **_: Any) -> None:
    """Print the time line of a recipe."""
    laid_out = plan_recipe(load_recipe(file), plan_settings(ctx), start)
    echo_result(as_json, _plan_data(laid_out), _plan_lines(laid_out))


@click.command(name="compile")
@_FILE
@_START
@click.option("--items", is_flag=True, help="Print the items as a table instead of the payload.")
@chamber_options
@click.pass_context
def compile_(ctx: click.Context, /, file: Path, start: float, items: bool, **_: Any) -> None:
    """Print the payload of load_recipe for a recipe, as one line of JSON. Warnings go to stderr."""
    settings = plan_settings(ctx)
    compiled = compile_recipe(load_recipe(file), settings, start)
    for finding in compiled.warnings:
        echo(f"{finding.severity}: {finding.sentence}", err=True)
    if not items:
        echo_data(json_line(compiled.payload))
        return
    head = ("item", f"target {settings.temperature_unit}", f"duration {settings.duration_unit}", "gradient")
    rows = [
        (str(number), *(digits(value, ".10g") for value in item))
        for number, item in enumerate(compiled.items, 1)
    ]
    echo_lines(table([head, *rows], right=(0, 1, 2, 3)))


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "code": finding.code.name.lower(),
        "where": finding.where,
        "message": finding.message,
        "data": dict(finding.data),
    }


def _plan_lines(laid_out: Plan) -> list[str]:
    rows = [("item", "step", "begins", "takes", "from", "to", "cycle", "what")]
    for segment in laid_out.segments:
        rows.append(
            (
                "" if segment.index is None else str(segment.index),
                step_number(segment.path),
                spell_duration(round(segment.start)),
                ("~" if segment.estimated else "") + spell_duration(round(segment.duration)),
                format_temperature(segment.from_temp),
                format_temperature(segment.to_temp),
                "" if segment.cycle is None else f"{segment.cycle[0]}/{segment.cycle[1]}",
                segment.label,
            )
        )
    total = f"{'about ' if laid_out.estimated else ''}{spell_duration(round(laid_out.total))}"
    if laid_out.estimated:
        shortest, longest = spell_duration(round(laid_out.shortest)), spell_duration(round(laid_out.longest))
        total += f" ({f'{shortest} to {longest}, ' if shortest != longest else ''}{laid_out.basis})"
    low, high = format_temperature(laid_out.minimum), format_temperature(laid_out.maximum)
    return [
        f"{laid_out.recipe_name}: {total}, {low} to {high}",
        *table(rows, right=(0, 2, 3, 4, 5, 6)),
    ]


def _plan_data(laid_out: Plan) -> dict[str, Any]:
    segments = [msgspec.to_builtins(segment) for segment in laid_out.segments]
    return {
        "name": laid_out.recipe_name,
        "total_s": laid_out.total,
        "shortest_s": laid_out.shortest,
        "longest_s": laid_out.longest,
        "estimated": laid_out.estimated,
        "basis": laid_out.basis,
        "min_degC": laid_out.minimum,
        "max_degC": laid_out.maximum,
        "segments": segments,
    }


@click.command()
@_FILE
@click.argument("other", type=NamedFile(ValueKind.RECIPE, path_type=Path))
@_JSON
@click.pass_context
def diff(ctx: click.Context, /, file: Path, other: Path, as_json: bool) -> None:
    """Print what differs between two recipes: steps, values and notes, not layout and comments.

    Exit code 1 where they differ, 0 where they do not.
    """
    before, after = (recipe_lines(load_recipe(one)) for one in (file, other))
    lines = differences(before, after)
    changed = [one for one in lines if one.sign in "-+"]
    heading = [f"--- {file}", f"+++ {other}"] if lines else [NO_DIFFERENCE]
    echo_result(as_json, [one._asdict() for one in changed], [*heading, *written_lines(lines)])
    ctx.exit(int(Exit.DIFFERENT if lines else Exit.OK))


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
@click.argument("file", type=click.Path(path_type=Path))
@_OUT
@_FORCE
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


@click.command()
@click.argument("name")
@click.option(
    "--template",
    "-t",
    type=Named(ValueKind.TEMPLATE),
    required=True,
    metavar="T",
    help="Its template; `recipe templates` lists them.",
)
@click.option(
    "--set",
    "values",
    type=Named(ValueKind.SETTING),
    multiple=True,
    metavar="KEY=VALUE",
    help="A value, like hot=60; repeatable.",
)
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
    given = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals:
            raise click.UsageError(f'--set "{value}" has no value: write it like hot=60.')
        given[key.strip()] = text
    write_out(ctx, build(find_template(template), given, name), out, force)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def templates(as_json: bool) -> None:
    """List the templates for `recipe new`, each with its values and their defaults."""
    if as_json:
        echo_data(json_line(msgspec.to_builtins(TEMPLATES)))
        return
    for number, template in enumerate(TEMPLATES):
        if number:
            echo()
        echo(f"{template.name}: {template.help}")
        echo_lines(table([_row(parameter) for parameter in template.parameters]))


def _row(parameter: Parameter) -> tuple[str, str, str]:
    default = f"{parameter.name}={parameter.default}"
    choices = f" One of {', '.join(parameter.choices)}." if parameter.choices else ""
    return "  " + default, parameter.label, parameter.help + choices


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
