"""`python -m xovac_tui.simulator`: the simulator alone, without the console's command line."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from xovac_tui.errors import XovacError
from xovac_tui.logwriter import OutletHandler
from xovac_tui.simulator.faults import parse_fault
from xovac_tui.simulator.handlers import HANDLER_FORMS
from xovac_tui.simulator.options import TRANSPORTS, SimulatorOptions
from xovac_tui.simulator.run import run_simulator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m xovac_tui.simulator", description=__doc__)
    default = SimulatorOptions()
    add = parser.add_argument
    add("--host", default=default.host)
    add("--port", type=int, default=default.port, help="0: any free one")
    add("--speed", type=float, default=default.speed, help="model seconds per second")
    add("--seed", type=int, default=default.seed)
    add("--warm", action="store_true", help="begin pumped down, with the part off ambient")
    add("--fault", action="append", default=[], metavar="NAME[@AFTER][:SECONDS]", help="may be repeated")
    add("--parameters", metavar="FILE", help="parameters that differ from the built-in ones")
    add("--reading", choices=["ramp", "jump"], help="how a recipe item is read")
    add("--form", choices=HANDLER_FORMS, help="what its handlers want, or how they answer")
    add("--period", type=float, default=default.period, help="seconds between two chamber_state")
    add("--transport", action="append", choices=TRANSPORTS, help="may be repeated; default both")
    add("--ping", nargs=2, type=float, metavar=("INTERVAL", "TIMEOUT"), help="Engine.IO's, seconds")
    add("--stdin-watch", action="store_true", help="end when stdin ends")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator and return the exit code."""
    # The console reads stderr only at the end: writing to it must not hold up the model meanwhile.
    logging.basicConfig(handlers=[OutletHandler(sys.stderr)])
    given = _parser().parse_args(arguments)
    default = SimulatorOptions()
    interval, timeout = given.ping or (default.ping_interval, default.ping_timeout)
    try:
        run_simulator(
            SimulatorOptions(
                host=given.host,
                port=given.port,
                speed=given.speed,
                seed=given.seed,
                warm=given.warm,
                faults=tuple(parse_fault(text) for text in given.fault),
                parameters=given.parameters,
                reading=given.reading,
                form=given.form,
                period=given.period,
                transports=tuple(given.transport or default.transports),
                ping_interval=interval,
                ping_timeout=timeout,
                parent_watch=given.stdin_watch,
            )
        )
    except XovacError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
