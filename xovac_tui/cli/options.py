"""Options that several commands share. Light to import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

transport_option = click.option(
    "--transport",
    "transports",
    multiple=True,
    type=click.Choice(["websocket", "polling"]),
    help="Connect by this one only; repeated: by the first that works, in this order.",
)
"""Transport options of the commands that connect."""


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
