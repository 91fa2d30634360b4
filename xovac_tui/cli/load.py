"""`xovac-tui load`: load a recipe file into the chamber, as `L` does on the Recipes screen."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any, NamedTuple

import click

from xovac_tui.api.contract import LOAD_COMMAND, Role
from xovac_tui.chamber.snapshot import LedgerEntry, RunState
from xovac_tui.cli.common import effective
from xovac_tui.cli.link import online
from xovac_tui.cli.options import connecting_options
from xovac_tui.cli.output import echo
from xovac_tui.cli.seconds import Seconds
from xovac_tui.cli.sending import (
    PROVE_BY_COMMAND,
    ask,
    need_person,
    outcome_of,
    refuse_observed,
    report_outcome,
)
from xovac_tui.compose import chambers, stations
from xovac_tui.errors import CommandRefused, RecipeError
from xovac_tui.recipes.files import RecipeFile, read_file
from xovac_tui.recipes.study import study_recipe
from xovac_tui.recording.disk.lock import is_recorded
from xovac_tui.station.confirmation import OPTION, confirmed_by
from xovac_tui.station.live import LiveStation
from xovac_tui.station.loading import Facts, Load, load_facts, load_of, start_of
from xovac_tui.text import clean

FIRST_DATA = 6.0
"""Seconds to wait for the chamber's temperature and state if the contract names them."""
_ANY_DATA = 1.0
"""Seconds to collect messages if the contract names none."""
_RECORD = 5.0
"""Seconds to wait for the rates of earlier runs from the record."""


class _CheckedLoad(NamedTuple):
    """What would be loaded, and what was known of the chamber at that moment."""

    load: Load
    facts: Facts
    state: RunState


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", "-y", is_flag=True, help="Do not ask before it is sent.")
@click.option(
    "--timeout", type=Seconds(0.1, 3600), metavar="S", help="Wait so long for the answer (10s, 2min)."
)
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
        agreed = asyncio.run(_check(stations.looking(found, chamber), recipe))
        how = ask(chamber, agreed.load.prepared, agreed.load.title, agreed.facts)
    # Begins a record if there is none: the next recorder finds in it which recipe the run executes.
    station = stations.sending(found, chamber, begin=True)
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
        async with asyncio.timeout(FIRST_DATA if roles else _ANY_DATA):
            while missing():
                await anext(events)
