"""`xovac-tui send`: send one command; print its answer as a JSON line, exit with its outcome."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click

from xovac_tui.api.contract import LOAD_COMMAND
from xovac_tui.api.forms import parse_json
from xovac_tui.api.wireform import Sends, WireForm
from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.cli.common import effective
from xovac_tui.cli.link import online
from xovac_tui.cli.options import connecting_options
from xovac_tui.cli.output import echo
from xovac_tui.cli.seconds import Seconds
from xovac_tui.cli.sending import PROVE_BY_COMMAND, ask, outcome_of, refuse_observed, report_outcome
from xovac_tui.compose import chambers, stations
from xovac_tui.errors import ContractError
from xovac_tui.station.commands import Prepared
from xovac_tui.station.confirmation import OPTION, confirmed_by
from xovac_tui.station.live import LiveStation
from xovac_tui.text import clean, nearest


@click.command()
@click.argument("event")
@click.argument("payload", metavar="[JSON]", required=False, default="")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before a hazardous command.")
@click.option(
    "--timeout", type=Seconds(0.1, 3600), metavar="S", help="Wait so long for the answer (10s, 2min)."
)
@click.option("--object", "as_object", is_flag=True, help="Send the payload as one object, not as JSON text.")
@click.option("--no-argument", is_flag=True, help="Send the event without an argument.")
@click.option("--arguments", metavar="NAMES", help="Send these fields, each as an argument (name,recipe).")
@click.option("--callback", is_flag=True, help="Ask for the answer as a socket.io acknowledgement.")
@click.option("--raw", is_flag=True, help="Send an event that the contract does not know, or unchecked JSON.")
@connecting_options
@click.pass_context
def send(
    ctx: click.Context, /, event: str, payload: str, yes: bool, timeout: float | None, raw: bool, **form: Any
) -> None:
    """Send EVENT to the chamber, with a payload of JSON where it takes one (`-` reads it from input).

    Prints the answer as one line of JSON. Exit codes: 0 success, 3 warning (it did not happen),
    4 error or refused, 5 unknown (no answer, or none documented: it may or may not have happened),
    6 no connection.

    --object, --no-argument, --arguments and --callback send it once in another form than the contract's: the
    form that a device's handlers take is not documented.
    """
    text = sys.stdin.read() if payload == "-" else payload
    found = effective(ctx)
    chamber = chambers.resolve(found)
    refuse_observed(chamber, event)

    # An existing record is continued; a single command begins none.
    station = stations.sending(found, chamber)
    prepare = partial(_prepare, station, event, text, raw, form)
    prepared = prepare()

    if station.proving.unproven and event in (LOAD_COMMAND, station.contract.start):
        # Also without a question: a run is about to begin.
        echo(f"{station.proving.words} {PROVE_BY_COMMAND}", err=True)
    with confirmed_by(OPTION if yes else ask(chamber, prepared)):
        entry = asyncio.run(_send(station, prepare, timeout))
    ctx.exit(report_outcome(station, entry))


def _prepare(station: LiveStation, event: str, text: str, raw: bool, form: Mapping[str, Any]) -> Prepared:
    """Check the payload against the contract, or as raw JSON, and put it into the chosen form."""
    prepared = _checked(station, event, text, raw)
    asked = _form(prepared.spec.form, form)
    return prepared if asked == prepared.spec.form else prepared.in_form(asked)


def _form(usual: WireForm, asked: Mapping[str, Any]) -> WireForm:
    """Return the form that the options choose; the contract's in all that they leave open."""
    names = asked["arguments"]
    chosen = [name for name in ("as_object", "no_argument", "arguments") if asked[name] not in (None, False)]
    if len(chosen) > 1:
        raise click.UsageError("--object, --no-argument and --arguments exclude each other.")
    if names is not None and not names.strip():
        raise click.UsageError("--arguments names no field. To send no argument, use --no-argument.")
    sends, arguments = usual.sends, usual.arguments
    if chosen:
        sends = {"as_object": Sends.OBJECT, "no_argument": Sends.NOTHING}.get(chosen[0], Sends.TEXT)
        arguments = tuple(name.strip() for name in names.split(",")) if names else ()
    return WireForm(sends, arguments, usual.callback or asked["callback"])


def _checked(station: LiveStation, event: str, text: str, raw: bool) -> Prepared:
    if raw:
        return station.prepare_raw(event, text)
    if event not in station.contract.commands:
        hint = nearest(event, station.contract.commands)
        raise ContractError(
            f'The contract has no command "{clean(event, 60)}", so it was not sent.{hint} '
            "To send it all the same, add --raw."
        )
    values = _values(event, text) if text.strip() else None
    return station.prepare(event, values)


def _values(event: str, text: str) -> dict[str, Any]:
    try:
        values = parse_json(text)
    except ContractError as error:
        raise ContractError(f"The payload of {event} was not sent. {error}") from None
    if not isinstance(values, dict):
        raise ContractError(f'The payload of {event} must be a JSON object, such as {{"name": 1}}.')
    return values


async def _send(station: LiveStation, prepare: Callable[[], Prepared], timeout: float | None) -> LedgerEntry:
    async with station:
        await online(station, prepare().spec.event)
        # Prepared again: a time in the payload must not be as old as the question.
        prepared = prepare()
        sending = asyncio.ensure_future(station.send_prepared(prepared, timeout=timeout))
        return await outcome_of(station, prepared.spec.event, sending)
