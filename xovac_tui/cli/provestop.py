"""`xovac-tui doctor --prove-stop`: send `cancel_recipe` while nothing runs, and keep the proof."""

from __future__ import annotations

import asyncio
import contextlib

import click

from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.chamber.snapshot import LedgerEntry
from xovac_tui.cli.common import on_terminal
from xovac_tui.cli.link import asked, online
from xovac_tui.cli.output import echo, echo_lines
from xovac_tui.cli.sending import exit_code
from xovac_tui.compose import chambers, stations
from xovac_tui.config import Effective
from xovac_tui.errors import CommandRefused, Exit, SettingsError
from xovac_tui.station.confirmation import ANSWER, OPTION, confirmed_by
from xovac_tui.station.live import LiveStation
from xovac_tui.station.proving import BLIND, PROVES

LISTEN_FOR = 3.0
"""Seconds within which a chamber that reports its state has done so; about the period of slow ones."""
_RECORD = 5.0
"""Seconds to wait for the record to show whether a run goes on."""


def prove(found: Effective, *, yes: bool) -> Exit:
    """Check that nothing runs, ask, send once, and print what the answer proves."""
    chamber = chambers.resolve(found)
    if chamber.profile.observe:
        raise CommandRefused(
            f"{chamber.name} is set to observe only, so STOP was not proven and nothing was sent. "
            "Use --control to take control."
        )
    if not yes and not on_terminal():
        raise SettingsError(
            "Nothing was sent: --prove-stop asks first, and this is not a terminal. Add --yes when you know "
            "that nothing runs."
        )

    echo()
    # --yes states that nothing runs; the question shows what the chamber reports.
    blind = yes
    if not yes:
        checked = asked(stations.sending(found, chamber))
        blind = asyncio.run(_check(checked))
        _ask(checked, blind=blind)
    with confirmed_by(OPTION if yes else ANSWER):
        sent = asked(stations.sending(found, chamber))
        entry = asyncio.run(_prove(sent, blind=blind))
    verdict = sent.proving.judge(entry)
    echo(verdict.words)
    if verdict.proven:
        return Exit.OK
    # A success that proves nothing must not look like one.
    return Exit(exit_code(entry)) or Exit.WARNING


async def _check(station: LiveStation) -> bool:
    """Connect and listen; return whether it remains unknown that nothing runs."""
    async with station:
        await online(station, STOP_COMMAND)
        await _listen(station)
        if refusal := station.proving.blocked():
            raise CommandRefused(f"STOP was not proven. {refusal.sentence}")
        return station.proving.blind


async def _prove(station: LiveStation, *, blind: bool) -> LedgerEntry:
    async with station:
        await online(station, STOP_COMMAND)
        await _listen(station)
        try:
            return await station.proving.prove(blind=blind)
        except asyncio.CancelledError:
            if station.chamber.ledger.in_flight(STOP_COMMAND):
                echo(
                    f"Interrupted after {STOP_COMMAND} was sent: its effect is unknown, STOP not proven.",
                    err=True,
                )
            raise


async def _listen(station: LiveStation) -> None:
    """Wait until the chamber has reported whether a recipe runs, `LISTEN_FOR` seconds at most.

    The record is read first: a chamber that never reports its run shows it only there.
    """
    await station.record_read(_RECORD)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LISTEN_FOR):
            if not station.proving.blind:
                return
            async for _ in station.events():
                if not station.proving.blind:
                    return


def _ask(station: LiveStation, *, blind: bool) -> None:
    """Ask for confirmation on the terminal; raises CommandRefused without it."""
    said = [
        "Prove STOP while nothing runs?",
        f"  Chamber  {station.name}  {station.manner.address}",
        f"  Sends    {station.prepare(STOP_COMMAND).shown}",
        f"  Proves   {PROVES}",
    ]
    if blind:
        said.append(f"  Warning  {BLIND}")
    echo_lines(said, err=True)
    if not click.confirm("Send it?", err=True):
        raise CommandRefused("STOP was not proven: nothing was sent.")
