"""Option declarations that several commands share. Light to import."""

from __future__ import annotations

import click

transport_option = click.option(
    "--transport",
    "transports",
    multiple=True,
    type=click.Choice(["websocket", "polling"]),
    help="Connect by this one only; repeated: by the first that works, in this order.",
)
"""Transport options of the commands that connect."""
