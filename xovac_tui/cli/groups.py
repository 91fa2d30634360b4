"""The commands that have commands of their own. Light to import."""

from __future__ import annotations

from typing import Any

import click

from xovac_tui.cli.group import ListedGroup
from xovac_tui.cli.options import connecting_options
from xovac_tui.cli.seconds import Seconds
from xovac_tui.cli.table import AUDIT, CONFIG, CONTRACT, FORWARD, NOTIFY, RECIPE, RECORD, imported


@click.group(cls=ListedGroup, listed=RECORD, invoke_without_command=True)
@click.option("--for", "seconds", type=Seconds(0.1, 10**9), metavar="12h", help="End after this time.")
@connecting_options
@click.pass_context
def record(ctx: click.Context, /, seconds: float | None, **_: Any) -> None:
    """Connect, and record all traffic with the chamber until ended (Ctrl+C, SIGTERM).

    Reconnects after a lost link and never sends anything. A console on the same machine finds it, shows
    `REC` with its process number, reads its history, and adds its own commands and notes to the same record.
    """
    if ctx.invoked_subcommand is None:
        imported("record:record_chamber")(ctx, seconds)
    elif seconds is not None:
        raise click.UsageError("--for is for recording: leave it out.")


@click.group(cls=ListedGroup, listed=AUDIT)
def audit() -> None:
    """Show and verify the audited entries of a record: commands, notes, recipes, alarms, changes."""


@click.group(cls=ListedGroup, listed=RECIPE)
def recipe() -> None:
    """Work on recipe files without a chamber.

    The profile (the named one, else the only one) sets how the device reads a recipe; without one,
    the defaults do.
    """


@click.group(cls=ListedGroup, listed=NOTIFY)
def notify() -> None:
    """List the receivers of alarm messages, or send them a message marked as a test."""


@click.group(cls=ListedGroup, listed=FORWARD)
def forward() -> None:
    """Show how far the stores are to which records are forwarded, try them, or send everything again."""


@click.group(cls=ListedGroup, listed=CONTRACT)
def contract() -> None:
    """Work on contract files: names, units and meaning of what a chamber speaks."""


@click.group(cls=ListedGroup, listed=CONFIG)
def config() -> None:
    """Work on the settings file."""
