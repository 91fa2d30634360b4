"""Options, settings and printing that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from xovac_tui import compose
from xovac_tui.cli.options import transport_option
from xovac_tui.cli.output import echo
from xovac_tui.config import Effective, Overrides, Profile, effective_settings
from xovac_tui.durations import format_whole
from xovac_tui.errors import RecipeError, SettingsError
from xovac_tui.text import clean

if TYPE_CHECKING:
    from xovac_tui.recipes.plan import PlanSettings

    _FloatType = click.ParamType[float]
else:
    # Older releases of click have no type parameter here.
    _FloatType = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])


def chamber_options(function: F) -> F:
    """Give a command the options that choose a chamber (`--url`, `--profile`)."""
    for option in (
        click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file."),
        click.option("--url", metavar="URL", help="Chamber, by its address."),
        click.option("--profile", "-p", metavar="NAME", help="Chamber, by its name in the settings."),
    ):
        function = option(function)
    return function


def connecting_options(function: F) -> F:
    """Give a command that connects the options that choose a chamber and its transports."""
    return chamber_options(transport_option(function))


def typed(ctx: click.Context) -> Overrides:
    """Return the typed options, from here or before the command's name; the nearer one wins."""
    found: dict[str, Any] = {}
    context: click.Context | None = ctx
    while context is not None:
        for name in Overrides.__struct_fields__:
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                found.setdefault(name, context.params[name])
        context = context.parent
    return Overrides(**found)


def effective(ctx: click.Context) -> Effective:
    """Return the settings in force for this command."""
    return effective_settings(typed(ctx))


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
    return compose.plan_settings(profile, compose.contract_of(profile))


class Seconds(_FloatType):
    """A duration such as `10s`, `2min` or `90` (seconds)."""

    name = "duration"

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        from xovac_tui.durations import parse_duration

        text = str(value).strip()
        try:
            plain = text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()
            seconds = float(text) if plain else parse_duration(text)
        except RecipeError as error:
            self.fail(str(error), param, ctx)
        if not self.low <= seconds <= self.high:
            self.fail(
                f"{text} is not from {format_whole(self.low)} to {format_whole(self.high)}.", param, ctx
            )
        return seconds


def on_terminal() -> bool:
    """Return whether a question can be answered: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def json_line(value: Any) -> str:
    """Return compact JSON in which no character acts on a terminal; raises ValueError for NaN."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=not _utf8(), allow_nan=False)
    return text if text.isprintable() else "".join(_escaped(char) for char in text)


def _utf8() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def _escaped(char: str) -> str:
    # Such characters occur only inside JSON strings, where their escapes mean the same.
    return char if char.isprintable() else json.dumps(char)[1:-1]


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Return rows as lines of aligned columns of clean text; `right` names the columns that end flush."""
    rows = [[clean(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
