"""Print the commands' output: text of files, records and devices never acts on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

import click

from xovac_tui.text import clean


def echo(line: str = "", *, err: bool = False) -> None:
    """Print one line of text; characters that act on a terminal, line breaks included, are made visible."""
    click.echo(clean(line), err=err)


def echo_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print several lines, each as `echo` does."""
    for line in lines:
        echo(line, err=err)


def echo_data(text: str, *, nl: bool = True) -> None:
    """Print data for a program unchanged: `json_line`, or a recipe's text, which has no controls."""
    click.echo(text, nl=nl)


def rewrite(line: str, shown: int = 0) -> int:
    """Overwrite the line of `shown` characters on stderr; return the length of the new one.

    An empty line erases it. The cursor stays in the line.
    """
    if shown:
        click.echo(f"\r{' ' * shown}\r", nl=False, err=True)
    text = clean(line)
    if text:
        click.echo(f"\r{text}", nl=False, err=True)
    return len(text)
