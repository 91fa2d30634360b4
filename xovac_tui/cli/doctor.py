"""`xovac-tui doctor`: check this machine, the settings and the connection to the chamber."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from xovac_tui import __version__, paths
from xovac_tui.cli.common import effective, table
from xovac_tui.cli.config_check import named_problems
from xovac_tui.cli.exposure import all_exposed
from xovac_tui.cli.forward import forwarding_lines
from xovac_tui.cli.options import connecting_options
from xovac_tui.cli.output import echo, echo_lines
from xovac_tui.cli.provestop import prove
from xovac_tui.cli.table import headless_words
from xovac_tui.compose import chambers, stations
from xovac_tui.config import Effective
from xovac_tui.config.charset import other_than_utf8
from xovac_tui.errors import Exit, SettingsError
from xovac_tui.link.doctor import probe
from xovac_tui.link.ssh.tunnel import Tunnel
from xovac_tui.link.target import Target, shown_through
from xovac_tui.recording.disk.share import network_share, share_advice
from xovac_tui.station.proving import NEVER
from xovac_tui.text import clean
from xovac_tui.ui.actions import Keys, check_keymap
from xovac_tui.ui.sizes import LEAST_SIZES, SizeStep, step_of

_PACKAGES = ("textual", "python-socketio", "python-engineio", "aiohttp", "msgspec", "click", "platformdirs")
_OK, _BAD = "ok", "!!"
_MARKS = {True: _OK, False: _BAD, None: "--"}


@click.command()
@click.option("--prove-stop", is_flag=True, help="Send cancel_recipe while nothing runs: does STOP arrive?")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before --prove-stop: you know that nothing runs.")
@connecting_options
@click.pass_context
def doctor(ctx: click.Context, /, prove_stop: bool, yes: bool, **_: Any) -> None:
    """Check paths, versions, terminal and settings, then the way to the chamber step by step.

    Connects, but sends no command. Exit code 0 when the chamber can be used, even
    if only one of its transports works; 2 when the settings have a mistake, 6 when it cannot be used.

    --prove-stop then asks, and sends cancel_recipe only while no recipe runs. A warning as its
    answer proves that STOP arrives in the contract's form; the proof is kept for this chamber. Exit code 3
    when the answer is success (which proves nothing), 4 for an error or refusal, 5 for no answer.
    """
    if yes and not prove_stop:
        raise click.UsageError("--yes belongs to --prove-stop.")
    _section("Versions", versions())
    _section("Places", places(_records_folder(ctx)))
    _section("Terminal", terminal(os.environ))
    found, well = _settings(ctx)
    if found is not None:
        _permissions(found)
    code = Exit.OK if found is None else _chamber(found)
    if prove_stop and code is Exit.OK:
        if found is None:
            raise SettingsError("STOP was not proven: the settings have mistakes.")

        code = prove(found, yes=yes)
    ctx.exit(int(code or (Exit.OK if well else Exit.USAGE)))


def versions() -> Iterator[tuple[str, str]]:
    """Yield a line for each version: program, Python, libraries, system."""
    yield "xovac-tui", __version__
    yield "Python", f"{platform.python_version()} ({sys.executable})"
    yield "system", platform.platform()
    for name in _PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, "not installed"


def places(records: Path) -> Iterator[tuple[str, str]]:
    """Yield a line for each path and whether it exists; `records` is the folder that the settings name."""
    if paths.home():
        yield "XOVAC_HOME", str(paths.home())
    for name, place in (
        ("settings", paths.settings_file()),
        ("recipes", paths.recipes_folder()),
        ("themes", paths.themes_folder()),
        ("records", records),
        ("state", paths.state_file()),
        ("log", paths.log_file()),
        ("shipped themes", paths.shipped_themes()),
    ):
        yield name, f"{place}{'' if place.exists() else ' (does not exist)'}"
        if name == "records" and (kind := network_share(place)):
            yield "", share_advice(kind)


def too_small(columns: int, rows: int) -> str:
    """Return what the screens need, if a terminal is too small for them."""
    least = LEAST_SIZES[SizeStep.LEAST]
    return f": the screens need {least}" if step_of(columns, rows) is SizeStep.NOTICE else ""


def terminal(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield a line for each capability that the terminal reports."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        size = shutil.get_terminal_size()
        yield "size", f"{size.columns}x{size.lines}{too_small(size.columns, size.lines)}"
    else:
        can = headless_words("and")
        yield "terminal", f"none: the console cannot open here; {can} can"
    yield "TERM", environ.get("TERM") or "not set"
    yield "colours", colours(environ)
    yield "characters", characters(other_than_utf8())
    for name, variable in (("tmux", "TMUX"), ("screen", "STY"), ("zellij", "ZELLIJ")):
        if environ.get(variable):
            yield "inside", name
    if environ.get("SSH_CONNECTION"):
        yield "over SSH", "yes: no animations; copying works where your terminal takes OSC 52"


def characters(charset: str) -> str:
    """Return what is drawn where the terminal has this character set, or an unknown one (empty)."""
    advice = "plain characters are drawn; for the others choose a UTF-8 locale (LC_ALL, LANG), or --unicode"
    return f"{clean(charset, 40)}: {advice}" if charset else "UTF-8"


def colours(environ: Mapping[str, str]) -> str:
    """Return how many colours the environment promises, as text."""
    if environ.get("NO_COLOR"):
        return "none, because NO_COLOR is set"
    term = environ.get("TERM", "")
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or environ.get("WT_SESSION"):
        return "16 million"
    if "256color" in term or term.endswith("-direct"):
        return "256 (set COLORTERM=truecolor if your terminal has more)"
    return "none" if term in ("", "dumb", "unknown") and sys.platform != "win32" else "16"


def _records_folder(ctx: click.Context) -> Path:
    """Return the folder of the records; the default one if the settings cannot be read."""
    try:
        found = effective(ctx)
    except SettingsError:
        return paths.records_folder()
    return paths.records_folder(found.settings.record.folder, found.path)


def _section(title: str, rows: Iterator[tuple[str, str]]) -> None:
    echo(title)
    echo_lines(table([("", *pair) for pair in rows]))
    echo()


def _settings(ctx: click.Context) -> tuple[Effective | None, bool]:
    """Check the settings; return them (None if they cannot be read) and whether all are right."""
    echo("Settings")
    try:
        found = effective(ctx)
        problems = list(named_problems(found.settings, found.path))
    except SettingsError as error:
        found, problems = None, list(error.sentences)
    echo_lines(f"  {_BAD}  {problem}" for problem in problems)
    if found and not problems:
        echo(f"  {_OK}  {found.path}" if found.exists else f"  {_OK}  no file: the defaults are in force")
    echo()
    return found, not problems


def _permissions(found: Effective) -> None:
    """Print which of our files other users can write, or read against their purpose."""
    try:
        profile = found.resolve()[1]
    except SettingsError:
        profile = None
    echo("Permissions")
    said = all_exposed(found, profile, paths.records_folder(found.settings.record.folder, found.path))
    echo_lines(f"  {_BAD}  {one}" for one in said)
    if not said:
        echo(f"  {_OK}  no other user can write settings or records, or read records")
    echo()


def _chamber(found: Effective) -> Exit:
    """Check the way to the chamber step by step and return the exit code."""
    if not (found.profile or found.url or found.settings.profile or len(found.settings.profiles) == 1):
        echo("Chamber")
        echo("  none is named, so none was tried: add --profile NAME or --url http://HOST:PORT")
        return Exit.OK

    chamber = chambers.resolve(found)
    echo(f"Chamber {chamber.name} at {shown_through(chamber.profile.url, chamber.profile.ssh)}")
    for spec in chamber.contract.commands.values():
        if spec.form_words:
            echo(f"  {_MARKS[None]}  form of {spec.event}: {spec.form_words}")
    proof = stations.stop_proof(chamber)
    echo(f"  {_BAD if proof is None else _OK}  {NEVER if proof is None else proof.words}")
    if proof is None:
        key = _bound_key(found.settings.keys, "prove-stop")
        echo(f"      Prove it while nothing runs: add --prove-stop, or press {key} in the console.")
    well = asyncio.run(_probe(chambers.target(chamber)))
    if tried := list(forwarding_lines(found, chamber.name, chamber.profile.forward)):
        echo()
        echo("Forwarding")
        echo_lines(tried)
    return Exit.OK if well else Exit.CONNECT


def _bound_key(keys: Mapping[str, str], action: str) -> str:
    """Return the key of an action in the console, which leaves out a `[keys]` table that has a mistake."""
    try:
        return Keys(check_keymap(keys))[action]
    except SettingsError:
        return Keys({})[action]


async def _probe(target: Target) -> bool:
    well, tunnel = True, Tunnel(target) if target.ssh else None
    if tunnel is not None:
        await tunnel.first(partial(echo, err=True))
    async for found in probe(target, tunnel=tunnel):
        echo(f"  {_MARKS[found.ok]}  {found.name}: {found.detail}")
        if found.advice:
            echo(f"      {found.advice}")
        well = well and not found.failed
    return well
