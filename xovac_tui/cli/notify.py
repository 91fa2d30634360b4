"""`xovac-tui notify list|test`: list the receivers of alarm messages, and send them a test."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from xovac_tui.cli.common import effective, table
from xovac_tui.cli.named import Named
from xovac_tui.cli.options import chamber_options
from xovac_tui.cli.output import echo, echo_lines
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.config import Effective
from xovac_tui.config.secrets import read_addresses
from xovac_tui.durations import format_whole
from xovac_tui.errors import Exit, NotifyError, SettingsError
from xovac_tui.notify.heartbeat import heartbeat
from xovac_tui.notify.settings import HEARTBEAT, NotifySettings
from xovac_tui.notify.trial import SEVERITIES, attempt
from xovac_tui.text import clean, nearest

_BELOW = "\n      "
"""Begins a further line about a receiver."""
_NO_RECEIVER = (
    "No receiver gets alarm messages: the settings name none. docs/notifications.md shows how to write "
    "[[notify.receivers]] into {}."
)


@click.command("list")
@chamber_options
@click.pass_context
def list_(ctx: click.Context, /, **_: Any) -> None:
    """Print the receivers of alarm messages, with the severities each takes. Addresses are hidden."""
    found = effective(ctx)
    settings = found.settings.notify
    if not settings.receivers and not settings.beats:
        echo(_NO_RECEIVER.format(found.path))
        return
    rows = [("receiver", "kind", "severities", "sent by", "reminder", "at most")]
    rows += [
        (
            one.name,
            one.kind,
            ", ".join(one.severities) if len(one.severities) < len(SEVERITIES) else "all",
            "each console" if one.in_terminal else "one program",
            format_whole(one.reminder) if one.reminder else "none",
            f"{one.at_most} in {format_whole(one.per)}",
        )
        for one in settings.receivers
    ]
    if settings.beats:
        beat = settings.heartbeat
        when = "while online" if beat.only_online else "always"
        rows.append((HEARTBEAT, "webhook", f"every {format_whole(beat.every)}", "one program", "none", when))
    echo_lines(table(rows))


@click.command()
@click.option(
    "--receiver",
    type=Named(ValueKind.RECEIVER),
    metavar="NAME",
    help="Only this receiver; `heartbeat` is called only if named.",
)
@click.option("--severity", type=click.Choice(SEVERITIES), help="Of the message; usual: the worst it takes.")
@chamber_options
@click.pass_context
def test(ctx: click.Context, /, receiver: str | None, severity: str | None, **_: Any) -> None:
    """Send a message marked as a test to the receivers, as an alarm would be, and print the outcome.

    Tries each receiver once. Exit code 0 when all took it, 4 when not.
    """
    found = effective(ctx)
    chosen = _chosen(found, receiver)

    settings = read_addresses(chosen)
    well = asyncio.run(_test(settings, _chamber(found), severity))
    ctx.exit(int(Exit.OK if well else Exit.ERROR))


def _chosen(found: Effective, name: str | None) -> NotifySettings:
    """Return the settings with only the chosen receivers."""
    settings = found.settings.notify
    known = [one.name for one in settings.receivers]
    if name == HEARTBEAT and settings.beats:
        return NotifySettings(heartbeat=settings.heartbeat)
    if name is not None and name not in known:
        known += [HEARTBEAT] if settings.beats else []
        raise SettingsError(f'There is no receiver "{name}" in {found.path}.{nearest(name, known)}')
    if not known:
        raise SettingsError(_NO_RECEIVER.format(found.path))
    return NotifySettings(
        receivers=tuple(one for one in settings.receivers if name is None or one.name == name)
    )


def _chamber(found: Effective) -> str:
    """Return the name for the messages: the chamber's, or "no chamber"."""
    try:
        return found.resolve()[0]
    except SettingsError:
        if found.profile or found.url:
            raise
        return "no chamber"


async def _test(settings: NotifySettings, chamber: str, severity: str | None) -> bool:
    """Send to all receivers at once, print each outcome, and return whether all took it."""
    tries = [
        (one.name, attempt(one, chamber, _ring, severity=severity, show=True)) for one in settings.receivers
    ]
    if settings.beats:
        tries.append((HEARTBEAT, _try_heartbeat(settings, chamber)))
    results = await asyncio.gather(*(work for _, work in tries))
    for (name, _), why in zip(tries, results, strict=True):
        said = _BELOW.join(why.split("\n")) or "taken."
        echo_lines(f"{'!!' if why else 'ok'}  {clean(name)}: {said}".split("\n"))
    return not any(results)


def _ring(characters: str) -> str:
    """Ring in this terminal; return why that failed, empty if it did not."""
    if not sys.stderr.isatty():
        return "not sent: this needs a terminal, but standard error is not one."
    sys.stderr.write(characters)
    sys.stderr.flush()
    return ""


async def _try_heartbeat(settings: NotifySettings, chamber: str) -> str:
    try:
        await heartbeat(settings.heartbeat, chamber)()
    except NotifyError as error:
        return str(error)
    return ""
