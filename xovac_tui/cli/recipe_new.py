"""`xovac-tui recipe new|templates`: make recipes from templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from xovac_tui.cli.common import json_line, table
from xovac_tui.cli.options import chamber_options
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.cli.recipe_files import force_option, out_option, write_out
from xovac_tui.recipes.templates import TEMPLATES, Parameter, build, find_template


@click.command()
@click.argument("name")
@click.option(
    "--template", "-t", required=True, metavar="T", help="Its template; `recipe templates` lists them."
)
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="A value, like hot=60; repeatable.")
@out_option
@force_option
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
