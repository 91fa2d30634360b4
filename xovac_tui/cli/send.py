"""`xovac-tui send`: one command, its answer as one JSON line, its outcome as the exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from xovac_tui.cli.common import (
    Chamber,
    Seconds,
    connecting_options,
    effective,
    json_line,
    on_terminal,
    record_choice,
    resolve,
)
from xovac_tui.cli.output import echo, echo_data
from xovac_tui.errors import CommandRefused, ContractError, Exit, SettingsError

if TYPE_CHECKING:
    from xovac_tui.chamber.snapshot import LedgerEntry
    from xovac_tui.station import Prepared, Station


@click.command(short_help="Send one command and print its answer.")
@click.argument("event")
@click.argument("payload", metavar="[JSON]", required=False, default="")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before a hazardous command.")
@click.option(
    "--timeout", type=Seconds(0.1, 3600), metavar="S", help="Wait so long for the answer (10s, 2min)."
)
@click.option("--raw", is_flag=True, help="Send an event that the contract does not know, or unchecked JSON.")
@connecting_options
@click.pass_context
def send(
    ctx: click.Context, /, event: str, payload: str, yes: bool, timeout: float | None, raw: bool, **_: Any
) -> None:
    """Send EVENT to the chamber, with a payload of JSON where it takes one (`-` reads it from input).

    Prints the answer as one line of JSON. Exit codes: 0 success, 3 warning (it did not happen),
    4 error or refused, 5 unknown (no answer came: it may or may not have happened), 6 no connection.
    """
    text = sys.stdin.read() if payload == "-" else payload
    found = effective(ctx)
    chamber = resolve(found)
    if chamber.profile.observe:
        raise CommandRefused(
            f"{chamber.name} is set to observe only, so {event} was not sent. Use --control to take control."
        )
    from xovac_tui.cli.link import open_station

    # A record is added to, but none is begun for a single command.
    station = open_station(chamber, record_choice(found, chamber, may_record=False, begin=False))
    prepared = _prepare(station, event, text, raw)
    from xovac_tui.station.confirmation import OPTION, confirmed_by

    with confirmed_by(OPTION if yes else _ask(chamber, prepared)):
        entry = asyncio.run(_send(station, event, text, raw, timeout))
    try:
        code = _tell(entry)
    except OSError as error:
        # The command is sent whether or not somebody reads the answer: its outcome must not get lost.
        from xovac_tui.cli import drop_output

        drop_output()
        echo(
            f"The answer to {event} cannot be written ({error.strerror}). "
            f"Its outcome is {entry.outcome.value}.",
            err=True,
        )
        code = _code(entry)
    if station.record.unwritten:
        # The exit code is the device's word, and says nothing of the record.
        echo(
            f"The outcome of {event} is {entry.outcome.value}, but {_lower(station.record.unwritten)}",
            err=True,
        )
    ctx.exit(code)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _prepare(station: Station, event: str, text: str, raw: bool) -> Prepared:
    """Check what is to be sent against the contract, or as raw JSON."""
    if raw:
        return station.prepare_raw(event, text)
    if event not in station.contract.commands:
        from xovac_tui.api.text import clean
        from xovac_tui.strict import nearest

        hint = nearest(event, station.contract.commands)
        raise ContractError(
            f'The contract has no command "{clean(event, 60)}", so it was not sent.{hint} '
            "To send it all the same, add --raw."
        )
    values = _values(event, text) if text.strip() else None
    return station.prepare(event, values)


def _values(event: str, text: str) -> dict[str, Any]:
    from xovac_tui.api.forms import parse_json

    try:
        values = parse_json(text)
    except ContractError as error:
        raise ContractError(f"The payload of {event} was not sent. {error}") from None
    if not isinstance(values, dict):
        raise ContractError(f'The payload of {event} must be a JSON object, such as {{"name": 1}}.')
    return values


def _ask(chamber: Chamber, prepared: Prepared) -> str:
    """Have a person confirm a hazardous command, and return how; without one it is refused."""
    from xovac_tui.api.contract import Hazard
    from xovac_tui.api.text import clean
    from xovac_tui.station.confirmation import ANSWER, SAFE, TYPED_NAME

    spec = prepared.spec
    if spec.hazard is Hazard.SAFE:
        return SAFE
    if not on_terminal():
        raise SettingsError(
            f"{spec.event} is hazardous ({spec.hazard}) and nobody is here to ask, so it was not sent. "
            "Add --yes to send it without a question."
        )
    said = [f"{spec.title}?", f"  Chamber  {chamber.name}  {chamber.profile.url}"]
    # The payload may come from a file: what is shown must not hide or reorder any of it.
    said.append(f"  Sends    {clean(spec.event)} {clean(prepared.text) or repr('')}")
    if spec.means:
        said.append(f"  Means    {spec.means}")
    for line in said:
        echo(line, err=True)
    if spec.hazard is Hazard.CRITICAL:
        answer = click.prompt(
            f"Type the chamber's name ({clean(chamber.name)}) to send it",
            default="",
            show_default=False,
            err=True,
        )
        agreed, how = answer.strip() == chamber.name, TYPED_NAME
    else:
        agreed, how = click.confirm("Send it?", err=True), ANSWER
    if not agreed:
        raise CommandRefused("Nothing was sent.")
    return how


async def _send(station: Station, event: str, text: str, raw: bool, timeout: float | None) -> LedgerEntry:
    from xovac_tui.cli.link import online

    async with station:
        await online(station)
        # Prepared again: a clock that is sent must not be as old as the question before it.
        sending = asyncio.ensure_future(
            station.send_prepared(_prepare(station, event, text, raw), timeout=timeout)
        )
        try:
            return await sending
        except asyncio.CancelledError:
            if station.chamber.ledger.in_flight(event):
                echo(
                    f"Interrupted after {event} was sent: whether it happened is unknown. "
                    "Look at the chamber.",
                    err=True,
                )
            raise


def _tell(entry: LedgerEntry) -> int:
    """Print what became of the command and return the exit code for it."""
    from xovac_tui.chamber.snapshot import Outcome

    match entry.outcome:
        case Outcome.SUCCESS | Outcome.WARNING | Outcome.ERROR:
            echo_data(_answer(entry))
        case Outcome.DONE:
            echo_data(json_line({"result": "sent", "message": "The contract names no answer to it."}))
        case Outcome.REFUSED:
            echo(entry.reason, err=True)
        case _:
            echo_data(json_line({"result": "unknown", "message": entry.reason}))
    return _code(entry)


def _code(entry: LedgerEntry) -> int:
    """Return the exit code for what became of the command."""
    from xovac_tui.chamber.snapshot import Outcome

    return int(
        {
            Outcome.SUCCESS: Exit.OK,
            Outcome.DONE: Exit.OK,
            Outcome.WARNING: Exit.WARNING,
            Outcome.ERROR: Exit.ERROR,
            Outcome.REFUSED: Exit.ERROR,
        }.get(entry.outcome, Exit.UNKNOWN)
    )


def _answer(entry: LedgerEntry) -> str:
    """Return the answer as it came, compact; what is no plain JSON is given as result and message."""
    try:
        return json_line(json.loads(entry.answer))
    except (ValueError, RecursionError):
        return json_line({"result": entry.outcome.value, "message": entry.message})
