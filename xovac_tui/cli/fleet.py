"""`xovac-tui fleet`: all chambers at a glance, from the records of this machine and from brokers."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from xovac_tui import logfile, ui
from xovac_tui.cli.common import effective, iso, json_line, typed
from xovac_tui.cli.console import check_theme, need_terminal
from xovac_tui.cli.output import echo, echo_data
from xovac_tui.cli.records import address_in
from xovac_tui.clock import Clock, SystemClock
from xovac_tui.compose import fleets
from xovac_tui.compose.chambers import known_records
from xovac_tui.config import Effective
from xovac_tui.config.state import load_state, recall
from xovac_tui.config.themes import shipped_themes, user_themes
from xovac_tui.errors import Exit, XovacError
from xovac_tui.fleet.as_data import data
from xovac_tui.fleet.opening import ThisMachine, opening
from xovac_tui.fleet.overview import FleetBoard, FleetView
from xovac_tui.forwarding.reports import FleetSource, SourceState
from xovac_tui.forwarding.wording import failure_sentence
from xovac_tui.notify.settings import NotifySettings

SETTLED = 1.0
"""Seconds after which a broker that was reached has sent what it keeps."""
LONGEST = 10.0
"""Seconds to wait for a source."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of all chambers once (docs/scripts.md).")
@click.option("--local", is_flag=True, help="Only chambers that are recorded on this machine.")
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file.")
@click.pass_context
def fleet(ctx: click.Context, /, as_json: bool, local: bool, **_: Any) -> None:
    """Show all chambers: those recorded on this machine, and those that publish to a broker of the settings.

    Holds no link to any chamber and sends no command. Enter opens the console of a chamber.
    With --json exit code 6 when a broker was not reached or the records were not read; what is
    known is printed.
    """
    found, clock = effective(ctx), SystemClock()
    if as_json:
        ctx.exit(_print(fleets.fleet_sources(found, clock, local=local), clock))
    need_terminal("fleet", "fleet --json")
    logfile.setup_logging()
    sources = fleets.fleet_sources(found, clock, local=local)
    ctx.exit(ui.fleet.app.run_fleet(_start(ctx, found, sources, clock)))


def _start(
    ctx: click.Context, found: Effective, sources: tuple[FleetSource, ...], clock: Clock
) -> ui.fleet.screen.FleetStart:
    """Return the start values of the screen; raises SettingsError for an unknown theme."""
    state, _ = load_state()
    display, ours = found.settings.display, shipped_themes()
    theirs, _ = user_themes(taken=[spec.name for spec in ours])
    themes = (*ours, *theirs)
    asked = found.sources.get("display.theme", str(found.path)) != str(found.path)
    if asked:
        check_theme(display.theme, themes)
    config = typed(ctx).config
    program = (sys.executable, "-m", "xovac_tui", *(("--config", str(config)) if config is not None else ()))
    here = ThisMachine(
        host=socket.gethostname(),
        site=found.settings.forward.site,
        program=program,
        consoles=_here(found),
    )
    return ui.fleet.screen.FleetStart(
        sources=sources,
        clock=clock,
        opening=partial(opening, here=here),
        bell=NotifySettings(receivers=found.settings.notify.in_terminal),
        looks=ui.small_app.Looks(
            display, display.theme if asked else recall(state.theme, display.theme), themes
        ),
    )


def _here(found: Effective) -> Mapping[str, Sequence[str]]:
    """Return the arguments that open each chamber that is known on this machine, by its name."""
    known: dict[str, Sequence[str]] = {}
    for path in known_records(found):
        name = fleets.recorded_name(path)
        if name not in found.settings.profiles and not fleets.is_demo(name):
            try:
                known[name] = ("--url", address_in(path))
            except (XovacError, OSError):
                continue
    return known | {name: ("--profile", name) for name in found.settings.profiles}


def _print(sources: tuple[FleetSource, ...], clock: Clock) -> Exit:
    """Print what is known of all chambers, and return the exit code."""
    board = FleetBoard()
    view = _collected(sources, board, clock)
    echo_data(json_line([data(row, iso) for row in view.rows]))
    missing = [one.view for one in sources if one.view.state is not SourceState.ON]
    for one in missing:
        why = "" if one.failure is None else f" {failure_sentence(one.failure)}"
        what = (
            f"{one.name}: the broker was not reached"
            if one.name
            else f"{one.place}: not all was read in time"
        )
        echo(f"{what}, so chambers are missing.{why}", err=True)
    return Exit.CONNECT if missing else Exit.OK


def _collected(sources: tuple[FleetSource, ...], board: FleetBoard, clock: Clock) -> FleetView:
    """Wait until every source has reported, or cannot be reached, and return what is known then."""
    for source in sources:
        source.start()
    began = clock.mono()
    while clock.mono() - began < LONGEST:
        views = [source.view for source in sources]
        waited = clock.mono() - began
        starting = any(one.state is SourceState.STARTING for one in views)
        if not starting and (waited >= SETTLED or not any(one.name for one in views)):
            break
        time.sleep(0.05)
    for number, source in enumerate(sources):
        board.take(number, source.take())
        source.stop()
    return board.view(clock.mono(), [source.view for source in sources])
