"""Options that several commands share. Light to import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from xovac_tui.cli.named import Named
from xovac_tui.completing.wanted import ValueKind

F = TypeVar("F", bound=Callable[..., Any])

transport_option = click.option(
    "--transport",
    "transports",
    multiple=True,
    type=click.Choice(["websocket", "polling"]),
    help="Connect by this one only; repeated: by the first that works, in this order.",
)
"""Transport options of the commands that connect."""


def profile_option(does: str) -> Callable[[F], F]:
    """Return the option `--profile`, with what it does."""
    return click.option("--profile", "-p", type=Named(ValueKind.PROFILE), metavar="NAME", help=does)


def fault_option(does: str) -> Callable[[F], F]:
    """Return the option `--fault` of the simulator, with what it does."""
    metavar = "NAME[@AFTER][:SECONDS]"
    return click.option("--fault", multiple=True, type=Named(ValueKind.FAULT), metavar=metavar, help=does)


def ssh_option(does: str) -> Callable[[F], F]:
    """Return the option `--ssh`, with what it does."""
    return click.option("--ssh", type=Named(ValueKind.SSH), metavar="DEST", help=does)


def chamber_options(function: F) -> F:
    """Give a command the options that choose a chamber (`--url`, `--profile`)."""
    for option in (
        click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file."),
        click.option("--url", metavar="URL", help="Chamber, by its address."),
        ssh_option("Reach it through this destination of ssh, which then sees the address."),
        profile_option("Chamber, by its name in the settings."),
    ):
        function = option(function)
    return function


def connecting_options(function: F) -> F:
    """Give a command that connects the options that choose a chamber and its transports."""
    return chamber_options(transport_option(function))
