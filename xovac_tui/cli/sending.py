"""`xovac-tui send|load`: send one command, or a recipe file; print its answer, exit with its outcome."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import click

from xovac_tui.api.contract import LOAD_COMMAND, CommandSpec, Hazard, Role
from xovac_tui.api.forms import parse_json
from xovac_tui.api.wireform import Sends, WireForm
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome, RunState
from xovac_tui.chamber.unknown_reasons import UnknownCode
from xovac_tui.cli import drop_output
from xovac_tui.cli.common import effective, json_line, on_terminal
from xovac_tui.cli.link import asked, online
from xovac_tui.cli.named import Named, NamedFile
from xovac_tui.cli.options import connecting_options
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.cli.seconds import Seconds
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.compose import chambers, stations
from xovac_tui.errors import CommandRefused, ContractError, Exit, RecipeError, SettingsError
from xovac_tui.link.target import shown_through
from xovac_tui.recipes.files import RecipeFile, read_file
from xovac_tui.recipes.study import study_recipe
from xovac_tui.recording.disk.lock import is_recorded
from xovac_tui.station.commands import Prepared
from xovac_tui.station.confirmation import ANSWER, OPTION, SAFE, TYPED_NAME, confirmed_by
from xovac_tui.station.live import LiveStation
from xovac_tui.station.loading import Facts, Load, load_facts, load_of, start_of
from xovac_tui.text import clean, nearest

PROVE_BY_COMMAND = "Prove it while nothing runs: xovac-tui doctor --prove-stop."
FIRST_DATA = 6.0
"""Seconds to wait for the chamber's temperature and state if the contract names them."""
ANY_DATA = 1.0
"""Seconds to collect messages if the contract names none."""
_RECORD = 5.0
"""Seconds to wait for the rates of earlier runs from the record."""
_TIMEOUT = click.option(
    "--timeout", type=Seconds(0.1, 3600), metavar="S", help="Wait so long for the answer (10s, 2min)."
)


@click.command()
@click.argument("event", type=Named(ValueKind.COMMAND))
@click.argument("payload", metavar="[JSON]", required=False, default="")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before a hazardous command.")
@_TIMEOUT
@click.option("--object", "as_object", is_flag=True, help="Send the payload as one object, not as JSON text.")
@click.option("--no-argument", is_flag=True, help="Send the event without an argument.")
@click.option(
    "--arguments",
    type=Named(ValueKind.FIELD),
    metavar="NAMES",
    help="Send these fields, each as an argument (name,recipe).",
)
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
    station = asked(stations.sending(found, chamber))
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


class _CheckedLoad(NamedTuple):
    """What would be loaded, and what was known of the chamber at that moment."""

    load: Load
    facts: Facts
    state: RunState


@click.command()
@click.argument("file", type=NamedFile(ValueKind.RECIPE, path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="Do not ask before it is sent.")
@_TIMEOUT
@connecting_options
@click.pass_context
def load(ctx: click.Context, /, file: Path, yes: bool, timeout: float | None, **_: Any) -> None:
    """Check a recipe FILE, lay it out from the chamber's temperature, and load it.

    Does the same as L on the Recipes screen: the same check, limits and refusals, and the same entry in the
    record, with plan, hash and the file's text, so that the run gets its dwell clocks and a verdict. Prints
    the answer as one line of JSON. Exit codes: those of `send`, and 2 where the recipe must not be sent.
    """
    recipe = read_file(file)
    if recipe.recipe is None:
        raise RecipeError(recipe.problem)
    found = effective(ctx)
    chamber = chambers.resolve(found)
    refuse_observed(chamber, LOAD_COMMAND)
    how, agreed = OPTION, None
    if not yes:
        need_person(chamber.contract.commands[LOAD_COMMAND])
        # No link stays open during a question: check over one, ask without one, send over a new one.
        agreed = asyncio.run(_check(asked(stations.looking(found, chamber)), recipe))
        how = ask(chamber, agreed.load.prepared, agreed.load.title, agreed.facts)
    # Begins a record if there is none: the next recorder finds in it which recipe the run executes.
    station = asked(stations.sending(found, chamber, begin=True))
    with confirmed_by(how):
        entry = asyncio.run(_load(station, recipe, agreed, timeout))
    ctx.exit(report_outcome(station, entry))


async def _check(station: LiveStation, recipe: RecipeFile) -> _CheckedLoad:
    async with station:
        return await _seen(station, recipe)


async def _load(
    station: LiveStation, recipe: RecipeFile, agreed: _CheckedLoad | None, timeout: float | None
) -> LedgerEntry:
    """Send the confirmed load; without a confirmation, what the check yields now."""
    async with station:
        if agreed is None:
            checked = await _seen(station, recipe)
            for label, text in checked.facts:
                echo(f"{label:<9} {text}", err=True)
        else:
            checked = agreed
            await _ready(station)
            state = station.snapshot().run.state
            if state is not checked.state:
                raise CommandRefused(
                    f"The chamber went from {checked.state} to {state} meanwhile, so {LOAD_COMMAND} was not "
                    "sent. Look at it, then load again."
                )
        compiled, source = checked.load.compiled, recipe.source
        sending = asyncio.ensure_future(station.load_recipe(compiled, source, timeout=timeout))
        return await outcome_of(station, LOAD_COMMAND, sending)


async def _seen(station: LiveStation, recipe: RecipeFile) -> _CheckedLoad:
    """Return what would be loaded now; raises CommandRefused, RecipeError or ContractError."""
    await _ready(station)
    if refusal := station.blocked(LOAD_COMMAND):
        raise CommandRefused(refusal.sentence)
    snapshot = station.snapshot()
    start = start_of(snapshot)
    study = await asyncio.to_thread(study_recipe, recipe, station.plan_settings(), start.celsius)
    found = load_of(station, study, start)
    run = snapshot.run
    now = f'{run.state} "{clean(run.recipe, 64)}"' if run.recipe else str(run.state)
    facts = await asyncio.to_thread(load_facts, station, found, PROVE_BY_COMMAND)
    if unrecorded := await asyncio.to_thread(_unrecorded, station):
        facts = [*(fact for fact in facts if fact[0] != "Recording"), ("Recording", unrecorded)]
    return _CheckedLoad(found, (("Now", now), *facts), run.state)


def _unrecorded(station: LiveStation) -> str:
    """Return a warning that the run will not be recorded; empty if a recorder runs on this machine."""
    choice = station.record.choice
    if choice is None:
        return "none: the settings say `record = false`, so the run gets no dwell clocks and no verdict."
    if is_recorded(choice.path):
        return ""
    return (
        "none: no program on this machine records this chamber. Start `xovac-tui record` or a console before "
        "the run, or it gets no dwell clocks and no verdict."
    )


async def _ready(station: LiveStation) -> None:
    """Wait for the link, the record's rates, and the temperature and state that the contract names."""
    await online(station, LOAD_COMMAND)
    await station.record_read(_RECORD)
    leaves = [leaf for message in station.contract.messages.values() for leaf in message.leaves]
    roles = {leaf.role for leaf in leaves} & {Role.CONTROLLED, Role.STATE}
    events = station.events()

    def missing() -> bool:
        snapshot = station.snapshot()
        if Role.STATE in roles and snapshot.run.state is RunState.UNKNOWN:
            return True
        return roles != {Role.STATE} and not start_of(snapshot).measured

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FIRST_DATA if roles else ANY_DATA):
            while missing():
                await anext(events)


def refuse_observed(chamber: chambers.ChamberSetup, command: str) -> None:
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
    chamber: chambers.ChamberSetup, prepared: Prepared, title: str = "", facts: Sequence[tuple[str, str]] = ()
) -> str:
    """Ask for confirmation of a hazardous command, and return how it was given; refuse without a terminal.

    `title` is the question, else the command's title; `facts` are further labelled lines of it.
    """
    spec = prepared.spec
    if spec.hazard is Hazard.SAFE:
        return SAFE
    need_person(spec)
    where = shown_through(chamber.profile.url, chamber.profile.ssh)
    said = [title or f"{spec.title}?", f"  Chamber  {chamber.name}  {where}"]
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
        code = print_outcome(entry, station.chamber.ledger.why_unknown(entry.id))
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


def print_outcome(entry: LedgerEntry, unknown: UnknownCode | None = None) -> int:
    """Print the outcome of a command, and why it is not known; return its exit code."""
    match entry.outcome:
        case Outcome.SUCCESS | Outcome.WARNING | Outcome.ERROR:
            echo_data(_answer(entry))
        case Outcome.REFUSED:
            echo(entry.reason, err=True)
        case _:
            result = "sent" if entry.outcome is Outcome.DONE else "unknown"
            echo_data(json_line({"result": result, "code": unknown, "message": entry.reason}))
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
