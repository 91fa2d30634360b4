"""`xovac-tui simulate`: run a simulated chamber on a port of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xovac_tui.cli.options import fault_option
from xovac_tui.simulator.faults import parse_fault
from xovac_tui.simulator.options import SimulatorOptions, check_options
from xovac_tui.simulator.run import run_simulator


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 and :: are all."
)
@click.option("--port", default=8080, show_default=True, type=int, help="Port; 0: any free one.")
@click.option(
    "--cors", multiple=True, metavar="ORIGIN", help="Web pages from there may connect (* any); repeatable."
)
@click.option("--speed", default=1.0, show_default=True, help="Model seconds per second.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other noise.")
@click.option("--warm", is_flag=True, help="Begin pumped down, with the part a bit off ambient.")
@fault_option("A fault; repeatable.")
@click.option("--reading", type=click.Choice(["ramp", "jump"]), help="How a recipe item is read.")
@click.option(
    "--form",
    type=click.Choice(["noarg", "object", "args", "ack"]),
    help="Handlers that want another form of payload, or answer by acknowledgement.",
)
@click.option(
    "--parameters", metavar="FILE", type=click.Path(path_type=Path), help="TOML file of other parameters."
)
def simulate(
    host: str,
    port: int,
    cors: tuple[str, ...],
    speed: float,
    seed: int,
    warm: bool,
    fault: tuple[str, ...],
    reading: str | None,
    form: Any,
    parameters: Path | None,
) -> None:
    """Simulate a chamber: a real socket.io server with a physical model.

    All of its behaviour but the documented commands is assumed. In the settings, `contracts = ["simulator"]`
    of a profile gives its readings their names. Ctrl+C ends it.
    """
    options = SimulatorOptions(
        host=host,
        port=port,
        cors=cors,
        speed=speed,
        seed=seed,
        warm=warm,
        faults=tuple(parse_fault(text) for text in fault),
        reading="ramp" if reading == "ramp" else "jump" if reading else None,
        form=form,
        parameters=str(parameters) if parameters else None,
    )
    check_options(options)
    run_simulator(options)
