"""`xovac-tui recipe check|plan|compile`: what a recipe file comes to, without a chamber."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui.cli.common import echo_result, json_line, table
from xovac_tui.cli.options import chamber_options
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.cli.recipe_files import plan_settings
from xovac_tui.digits import digits
from xovac_tui.durations import spell_duration
from xovac_tui.errors import Exit
from xovac_tui.quantities import format_temperature
from xovac_tui.recipes.check import check_recipe
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.findings import Finding
from xovac_tui.recipes.places import step_number
from xovac_tui.recipes.plan import Plan, plan_recipe

_FILE = click.argument("file", type=click.Path(path_type=Path))
_START = click.option(
    "--start",
    type=float,
    default=20.0,
    show_default=True,
    metavar="T",
    help="Temperature at the start, degC.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


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
