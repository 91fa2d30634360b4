"""Everything that the commands print: text of files, records and devices never acts on a terminal."""

from __future__ import annotations

import click

from xovac_tui.text import clean


def echo(line: str = "", *, err: bool = False) -> None:
    """Print one line for people; whatever could act on a terminal, a line break included, is made visible."""
    click.echo(clean(line), err=err)


def echo_lines(text: str, *, err: bool = False) -> None:
    """Print a sentence or table of several lines, each as `echo` does."""
    for line in text.split("\n"):
        echo(line, err=err)


def echo_data(text: str, *, nl: bool = True) -> None:
    """Print data for a program as they are: `json_line`, or the text of a recipe, which has no controls."""
    click.echo(text, nl=nl)


def rewrite(line: str, shown: int = 0) -> int:
    """Put a line over the one of `shown` characters that is on stderr; return how many it has.

    An empty line puts that one away. The cursor stays in the line.
    """
    if shown:
        click.echo(f"\r{' ' * shown}\r", nl=False, err=True)
    text = clean(line)
    if text:
        click.echo(f"\r{text}", nl=False, err=True)
    return len(text)
