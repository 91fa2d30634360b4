"""Options, settings and printing that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from click.core import ParameterSource

from xovac_tui.cli.output import echo_data, echo_lines
from xovac_tui.config import Effective, Overrides, effective_settings
from xovac_tui.config.charset import is_utf8
from xovac_tui.text import clean


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


def refuse_console_options(given: Sequence[click.Parameter], command: str) -> None:
    """Refuse console options given before a command, which would ignore them."""
    for param in given:
        if param.name not in Overrides.__struct_fields__:
            shown = "/".join([*param.opts, *param.secondary_opts])
            raise click.UsageError(
                f"{shown} before a command is for the console only, so {command} was not run. "
                f"`xovac-tui {command} --help` lists what it takes."
            )


def effective(ctx: click.Context) -> Effective:
    """Return the settings in force for this command."""
    return effective_settings(typed(ctx))


def on_terminal() -> bool:
    """Return whether a question can be answered: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def iso(utc: float | None) -> str | None:
    """Return a moment (UTC seconds) as JSON holds it, to the millisecond; None for None."""
    return None if utc is None else datetime.fromtimestamp(utc, UTC).isoformat(timespec="milliseconds")


def echo_result(as_json: bool, data: Any, lines: Iterable[str]) -> None:
    """Print the result of a command: as one line of JSON, or as lines of text."""
    if as_json:
        echo_data(json_line(data))
    else:
        echo_lines(lines)


def json_line(value: Any) -> str:
    """Return compact JSON in which no character acts on a terminal; raises ValueError for NaN."""
    utf8 = is_utf8(getattr(sys.stdout, "encoding", None) or "")
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=not utf8, allow_nan=False)
    return text if text.isprintable() else "".join(_escaped(char) for char in text)


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
