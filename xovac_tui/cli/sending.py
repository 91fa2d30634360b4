"""Ask before a command is sent, and report its outcome, for all commands that send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Sequence

import click

from xovac_tui.api.contract import CommandSpec, Hazard
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.cli import drop_output
from xovac_tui.cli.common import json_line, on_terminal
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.errors import CommandRefused, Exit, SettingsError
from xovac_tui.station.commands import Prepared
from xovac_tui.station.confirmation import ANSWER, SAFE, TYPED_NAME
from xovac_tui.station.live import LiveStation
from xovac_tui.text import clean

PROVE_BY_COMMAND = "Prove it while nothing runs: xovac-tui doctor --prove-stop."


def refuse_observed(chamber: ChamberSetup, command: str) -> None:
    """Raise CommandRefused if the settings allow only to observe this chamber."""
    if chamber.profile.observe:
        raise CommandRefused(
            f"{chamber.name} is set to observe only, so {command} was not sent. "
            "Use --control to take control."
        )


def need_person(spec: CommandSpec) -> None:
    """Raise SettingsError if a command needs confirmation and there is no terminal to ask on."""
    if spec.hazard is not Hazard.SAFE and not on_terminal():
        raise SettingsError(
            f"{spec.event} is hazardous ({spec.hazard}) and needs a terminal to ask, so it was not sent. "
            "Add --yes to send it without a question."
        )


def ask(
    chamber: ChamberSetup, prepared: Prepared, title: str = "", facts: Sequence[tuple[str, str]] = ()
) -> str:
    """Ask for confirmation of a hazardous command, and return how it was given; refuse without a terminal.

    `title` is the question, else the command's title; `facts` are further labelled lines of it.
    """
    spec = prepared.spec
    if spec.hazard is Hazard.SAFE:
        return SAFE
    need_person(spec)
    said = [title or f"{spec.title}?", f"  Chamber  {chamber.name}  {chamber.profile.url}"]
    said += [f"  {label:<9}{text}" for label, text in facts]
    # The payload may come from a file, so the text shown must not hide or reorder any of it.
    said.append(f"  Sends    {prepared.shown}")
    if spec.means:
        said.append(f"  Means    {spec.means}")
    echo_lines(said, err=True)
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


async def outcome_of(station: LiveStation, event: str, sending: Awaitable[LedgerEntry]) -> LedgerEntry:
    """Return a command's ledger entry; the outcome is reported as unknown if interrupted after sending."""
    try:
        return await sending
    except asyncio.CancelledError:
        if station.chamber.ledger.in_flight(event):
            echo(
                f"Interrupted after {event} was sent: whether it happened is unknown. Look at the chamber.",
                err=True,
            )
        raise


def report_outcome(station: LiveStation, entry: LedgerEntry) -> int:
    """Print the outcome of a command and of recording it; return the exit code."""
    try:
        code = print_outcome(entry)
    except OSError as error:
        # The command is sent already: its outcome must not get lost if standard output is closed.

        drop_output()
        echo(
            f"The answer to {entry.command} cannot be written ({error.strerror}). "
            f"Its outcome is {entry.outcome.shown}.",
            err=True,
        )
        code = exit_code(entry)
    if unwritten := station.record.unwritten:
        # The exit code follows the device's answer, whatever became of the record.
        echo(f"The outcome of {entry.command} is {entry.outcome.shown}. {unwritten}", err=True)
    return code


def print_outcome(entry: LedgerEntry) -> int:
    """Print the outcome of a command and return its exit code."""
    match entry.outcome:
        case Outcome.SUCCESS | Outcome.WARNING | Outcome.ERROR:
            echo_data(_answer(entry))
        case Outcome.DONE:
            echo_data(json_line({"result": "sent", "message": entry.reason}))
        case Outcome.REFUSED:
            echo(entry.reason, err=True)
        case _:
            echo_data(json_line({"result": "unknown", "message": entry.reason}))
    return exit_code(entry)


def exit_code(entry: LedgerEntry) -> int:
    """Return the exit code for the outcome of a command."""
    return int(
        {
            Outcome.SUCCESS: Exit.OK,
            Outcome.WARNING: Exit.WARNING,
            Outcome.ERROR: Exit.ERROR,
            Outcome.REFUSED: Exit.ERROR,
        }.get(entry.outcome, Exit.UNKNOWN)
    )


def _answer(entry: LedgerEntry) -> str:
    """Return the answer unchanged as compact JSON; result and message if it is not plain JSON."""
    try:
        return json_line(json.loads(entry.answer))
    except (ValueError, RecursionError):
        return json_line({"result": entry.outcome.value, "message": entry.message})
