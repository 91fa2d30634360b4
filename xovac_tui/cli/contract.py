"""`xovac-tui contract draft|check|show|diff`: contract files without the console."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from xovac_tui import paths
from xovac_tui.api.contract import Contract
from xovac_tui.api.contracts import comparing, drafting, samples, tables
from xovac_tui.api.event import Direction, EventKind
from xovac_tui.api.loader import load_contract, read_contract
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.cli.common import echo_result, effective, table
from xovac_tui.cli.contract_notes import assumed_forms, contract_with_mistakes, unknown_units
from xovac_tui.cli.link import asked, beside, online
from xovac_tui.cli.options import chamber_options, connecting_options
from xovac_tui.cli.output import echo, echo_data, echo_lines
from xovac_tui.cli.seconds import Seconds
from xovac_tui.compose import chambers, stations
from xovac_tui.config import Effective, Profile
from xovac_tui.durations import format_whole
from xovac_tui.errors import Exit, NoChamberError, SettingsError, WaitTimeoutError
from xovac_tui.plural import counted
from xovac_tui.recording.arrivals import newest_messages
from xovac_tui.station.live import LiveStation
from xovac_tui.text import clean
from xovac_tui.tomltext import toml_value

LISTENED = 30.0
"""Seconds for which a chamber is listened to where no time is given."""
_SHARED = 0o644
"""Mode of a new file: a contract holds no secret, and colleagues share it."""
_FILE = click.Path(path_type=Path)


@click.command()
@click.option(
    "--from", "record", type=_FILE, metavar="RECORD", help="Read this record; nothing is connected."
)
@click.option("--for", "seconds", type=Seconds(0.1, 10**6), metavar="30s", help="Listen for this time.")
@click.option("--output", "-o", type=_FILE, metavar="FILE", help="Write into this file.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@connecting_options
@click.pass_context
def draft(
    ctx: click.Context,
    /,
    record: Path | None,
    seconds: float | None,
    output: Path | None,
    force: bool,
    **_: Any,
) -> None:
    """Write a contract file of what the chamber sends, with every guess marked and its reason.

    Names what the profile's contract does not name yet: what comes in 30 s (Ctrl+C ends it earlier), or the
    newest messages of a record. Sends nothing. Without --output the file is printed.
    """
    if record is not None and seconds is not None:
        raise click.UsageError("--for is for listening to a chamber: leave it out with --from.")
    found = effective(ctx)
    if output is not None:
        _check_output(found, output, force)
    observed = samples.Observed()
    if record is not None:
        contract = in_force(found)
        events, _count = newest_messages(record)
        for name, messages in events.items():
            for event in messages:
                observed.take(name, event.payload().value)
        source = f"drafted from the record {record.name}"
    else:
        chamber = chambers.resolve(found)
        contract = chamber.contract
        seconds = LISTENED if seconds is None else seconds
        echo(f"Listening to {chamber.name} for {format_whole(seconds)}; Ctrl+C ends it earlier.", err=True)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_listen(asked(stations.build_station(chamber)), seconds, observed))
        source = f"drafted from what {chamber.name} sent"
    if not observed.events:
        if record is not None:
            raise SettingsError(f"{record} holds no message of a chamber. Name another record.")
        raise WaitTimeoutError(
            f"No message came in {format_whole(seconds or 0.0)}. Listen for longer with --for, or look with "
            "`xovac-tui watch`."
        )
    made = drafting.drafted(observed, contract, source)
    _check(found, made.text, output or Path("draft.toml"))
    if output is None:
        echo_data(made.text, nl=False)
    else:
        _write(output, made.text, force)
        echo(str(output))
    echo_lines(_summary(made, observed, output), err=True)


async def _listen(station: LiveStation, seconds: float, observed: samples.Observed) -> None:
    """Take the messages that come in some seconds after the link is online; raises LinkError without one."""

    async def take() -> None:
        async for event in station.events():
            if event.direction is Direction.IN and event.kind is EventKind.MESSAGE:
                observed.take(event.name, event.payload.value)

    async with beside(take()), station:
        await online(station)
        await asyncio.sleep(seconds)


def _check_output(found: Effective, output: Path, force: bool) -> None:
    """Raise SettingsError where a file is not to be overwritten."""
    real = os.path.realpath(output)
    for name, profile in _profiles(found).items():
        files = {os.path.realpath(one) for one in profile.contracts if one != SIMULATOR_CONTRACT}
        if real in files and os.path.exists(real):
            raise SettingsError(
                f"{output} is a contract file of the profile {name}. A draft holds only what has no name "
                "yet, so the names in the file would be lost. Write into another file."
            )
    if os.path.lexists(output) and not force:
        raise SettingsError(f"There is a file already: {output}. Add --force to overwrite it.")


def _check(found: Effective, text: str, file: Path) -> None:
    """Raise SettingsError where the reader would refuse a drafted file behind those of the profile."""
    profile = next(iter(_profiles(found).values()), Profile())
    files = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT and Path(name) != file]
    simulator = SIMULATOR_CONTRACT in profile.contracts
    _, wrong = read_contract([*files, file], simulator=simulator, tables={file: tomllib.loads(text)})
    if wrong:
        raise SettingsError(*wrong)


def _write(file: Path, text: str, force: bool) -> None:
    try:
        paths.write_atomically(file, text, _SHARED, replace=force)
    except FileExistsError:
        raise SettingsError(f"There is a file already: {file}. Add --force to overwrite it.") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror or error}.") from None


def _summary(
    made: drafting.DraftedContract, observed: samples.Observed, output: Path | None
) -> Iterator[str]:
    """Yield what was drafted, and what to do with it."""
    known = f"; {counted(made.known, 'leaf', 'leaves')} had a name already" if made.known else ""
    yield (
        f"{counted(made.leaves, 'leaf', 'leaves')} of {counted(len(observed.events), 'event')}, with "
        f"{counted(made.guesses, 'guess', 'guesses')}{known}. Check each guess."
    )
    for event in made.left_out:
        yield f"Left out: no contract can name the event {clean(event, 60)}."
    if observed.left_out:
        yield f"Left out: more than {samples.MOST_LEAVES:,} leaves came."
    if output is not None:
        yield f"To use it, name it in the profile: contracts = [{toml_value(str(output))}]"
        yield f"  xovac-tui contract check {output}"


@click.command()
@click.argument("files", nargs=-1, type=_FILE)
@chamber_options
@click.pass_context
def check(ctx: click.Context, /, files: tuple[Path, ...], **_: Any) -> None:
    """Check contract files; print every mistake with file, key and reason. Exit code 2 when there is one.

    Without FILE, those of the profile; without a profile, those of all. Files that are named are read in
    their order; with --profile or --url after those of the profile.
    """
    found = effective(ctx)
    chosen = _profiles(found)
    if files:
        profile = next(iter(chosen.values())) if found.profile or found.url else Profile()
        own = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT]
        whole = [*(one for one in own if one not in files), *files]
        simulator = SIMULATOR_CONTRACT in profile.contracts
        results = {", ".join(map(str, files)): read_contract(whole, simulator=simulator)}
    else:
        results = {
            f"{found.path}: profile {name}": contract_with_mistakes(profile)
            for name, profile in chosen.items()
        }
    problems = list(dict.fromkeys(one for _, wrong in results.values() for one in wrong))
    echo_lines(problems)
    for name, (contract, wrong) in results.items():
        echo_lines((f"Note: {one}" for one in (*assumed_forms(contract), *unknown_units(contract))), err=True)
        if not wrong:
            echo(f"{name}: no mistakes found.")
    if not results:
        echo("There is no profile whose contract files could be checked. Name the files.")
    ctx.exit(int(Exit.USAGE if problems else Exit.OK))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@chamber_options
@click.pass_context
def show(ctx: click.Context, /, as_json: bool, **_: Any) -> None:
    """Print the contract in force: commands, answers and named leaves, each with its origin."""
    contract = in_force(effective(ctx))
    echo_result(as_json, contract_json(contract), _shown(contract))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.argument("file", type=_FILE)
@click.argument("other", required=False, type=_FILE)
@chamber_options
@click.pass_context
def diff(ctx: click.Context, /, as_json: bool, file: Path, other: Path | None, **_: Any) -> None:
    """Print what differs between the contracts of two files; of one file, from the contract in force."""
    found = effective(ctx)
    profile = next(iter(_profiles(found).values()), Profile()) if other is None else Profile()
    simulator = SIMULATOR_CONTRACT in profile.contracts
    before = in_force(found) if other is None else load_contract([file], simulator=simulator)
    after = load_contract([file if other is None else other], simulator=simulator)
    found_differences = comparing.differences(before, after)
    data = [{"where": list(one.where), "before": one.before, "after": one.after} for one in found_differences]
    lines = [one.sentence for one in found_differences] or ["They say the same."]
    echo_result(as_json, data, lines)


def in_force(found: Effective) -> Contract:
    """Return the contract of the chosen chamber; the manual's where the settings have no chamber at all."""
    try:
        _, profile = found.resolve()
    except NoChamberError:
        if found.settings.profiles:
            raise
        profile = Profile()
    return chambers.contract_of(profile)


def _profiles(found: Effective) -> dict[str, Profile]:
    """Return the chosen profile, or all where none is chosen."""
    try:
        name, profile = found.resolve()
    except NoChamberError:
        return dict(found.settings.profiles)
    return {name: profile}


def contract_json(contract: Contract) -> dict[str, Any]:
    """Return a contract as JSON holds it: each part with what a file says of it, its origin and source."""
    rows: dict[str, list[dict[str, Any]]] = {"commands": [], "responses": [], "leaves": []}
    for event, command in contract.commands.items():
        given = tables.command_table(command)
        rows["commands"].append({"event": event, **given, **_origin(command.origin, command.source)})
    for event, response in contract.responses.items():
        given = tables.response_table(response)
        rows["responses"].append({"event": event, **given, **_origin(response.origin, response.source)})
    for event, message in contract.messages.items():
        for leaf in message.leaves:
            given = {"event": event, "path": leaf.path, **tables.leaf_table(leaf)}
            rows["leaves"].append({**given, **_origin(leaf.origin, leaf.source)})
    return {"files": list(contract.files), "start": contract.start, **rows}


def _origin(origin: str, source: str) -> dict[str, str]:
    return {"origin": str(origin), "source": source}


def _shown(contract: Contract) -> Iterator[str]:
    """Yield a contract as lines: a table of each kind."""
    data = contract_json(contract)
    yield f"Files: {', '.join(data['files'])}"
    yield f"Starts a recipe: {data['start'] or 'not known'}"
    for title, keys in (("commands", ("event",)), ("responses", ("event",)), ("leaves", ("event", "path"))):
        if data[title]:
            yield ""
            yield f"{title.capitalize()}:"
            yield from table([_row(one, keys) for one in data[title]])


def _row(one: dict[str, Any], keys: Sequence[str]) -> list[str]:
    beside = ("origin", "source", "schema", *keys)
    given = ", ".join(f"{key} = {toml_value(value)}" for key, value in one.items() if key not in beside)
    return ["  " + clean(one[keys[0]]), *(clean(one[key]) for key in keys[1:]), one["origin"], given]
