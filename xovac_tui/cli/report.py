"""`xovac-tui report`: write a run as one page of HTML."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from xovac_tui.cli.named import Named
from xovac_tui.cli.output import echo
from xovac_tui.cli.records import Ticker, find_record, missing, record_options
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.errors import Exit
from xovac_tui.plural import counted
from xovac_tui.recording.disk.record import Record
from xovac_tui.report.writing import need_libraries, run_number, write_report


@click.command()
@click.argument("run", type=Named(ValueKind.RUN), metavar="RUN")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="File (CHAMBER-RUN.html).")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@record_options
@click.pass_context
def report(ctx: click.Context, /, run: str, out: Path | None, force: bool, **_: Any) -> None:
    """Write the report of RUN (r12, or last), judged by the recipe's own criteria.

    One self-contained file with charts, tables and attached photos, which prints to PDF from any
    browser. Exit code 3: events that are damaged in the record are missing in it.
    """
    need_libraries()
    source = find_record(ctx)

    with Record(source.path) as opened:
        number = run_number(opened, run)
    path = out or Path(f"{source.chamber.name}-r{number}.html")
    if not path.parent.is_dir():
        raise click.UsageError(f"There is no folder {path.parent}: make it, or name another.")
    with closing(Ticker(f"reporting r{number}")) as ticker:
        lost = write_report(
            source.path,
            number,
            path,
            chamber=source.chamber.name,
            contract=source.chamber.contract,
            zone=source.zone,
            now=time.time(),
            force=force,
            progress=ticker,
            units=source.found.settings.display.units,
        )
    echo(f"The report of r{number} is in {path} ({counted(path.stat().st_size, 'byte')}).", err=True)
    if lost is not None:
        echo(f"{missing(lost, source)} They are missing in the report.", err=True)
        ctx.exit(int(Exit.WARNING))
