"""`xovac-tui notify list`: list the receivers of alarm messages."""

from __future__ import annotations

from typing import Any

import click

from xovac_tui.cli.common import effective, table
from xovac_tui.cli.options import chamber_options
from xovac_tui.cli.output import echo, echo_lines
from xovac_tui.durations import format_whole
from xovac_tui.notify.settings import HEARTBEAT

SEVERITIES = ("critical", "high", "medium", "low")
"""The worst first."""
NO_RECEIVER = (
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
        echo(NO_RECEIVER.format(found.path))
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
