"""Ask which chamber to open if none is named: a profile, one used before, the demo, or an address."""

from __future__ import annotations

import re

import click
import msgspec
from click.core import ParameterSource

from xovac_tui import paths
from xovac_tui.cli.chambers import DEMO
from xovac_tui.cli.common import effective, table
from xovac_tui.cli.output import echo, echo_lines
from xovac_tui.cli.records import address_in, known_records
from xovac_tui.config import Effective
from xovac_tui.config.check import url_mistake
from xovac_tui.errors import XovacError
from xovac_tui.text import clean

_RECENT = 5
"""Chambers without a profile that are offered because there is a record of them."""


class Offer(msgspec.Struct, frozen=True):
    """A chamber that can be opened, as offered in the list."""

    option: str
    """Name of the option that opens it: `demo`, `profile` or `url`."""
    value: str | bool
    shown: str
    words: str


def offers(found: Effective) -> list[Offer]:
    """Return the chambers to offer: the profiles, those with a record of their own, and the demo."""
    listed = [Offer("profile", name, name, profile.url) for name, profile in found.settings.profiles.items()]
    known = {profile.url for profile in found.settings.profiles.values()}
    recent: list[Offer] = []
    for path in reversed(known_records(found)):
        name = path.name.removesuffix(paths.RECORD_ENDING)
        if len(recent) == _RECENT:
            break
        if name in found.settings.profiles or name.partition("-")[0] == DEMO:
            continue
        try:
            url = address_in(path)
        except (XovacError, OSError):
            continue  # what cannot be read is not offered; `xovac-tui record check` says why
        if url not in known:
            known.add(url)
            recent.append(Offer("url", url, clean(url, 60), "used before"))
    return [*listed, *recent, Offer("demo", True, "demo", "the built-in simulator, no chamber is needed")]


def ask_chamber(ctx: click.Context) -> None:
    """Ask on the terminal which chamber to open, and store the answer as if its option had been typed.

    Raises click.Abort for ctrl+c and ctrl+d.
    """
    listed = offers(effective(ctx))
    echo("No chamber is named. These can be opened:", err=True)
    rows = [(f"  {number}", one.shown, one.words) for number, one in enumerate(listed, 1)]
    echo_lines(table(rows), err=True)
    # With a real chamber in the list, a bare enter opens none.
    default = "1" if len(listed) == 1 else None
    while True:
        said = click.prompt(
            "Which one? Its number, or the address of a chamber (http://HOST:PORT)",
            default=default,
            err=True,
        )
        chosen = _chosen(said.strip(), listed)
        if isinstance(chosen, Offer):
            ctx.params[chosen.option] = chosen.value
            ctx.set_parameter_source(chosen.option, ParameterSource.COMMANDLINE)
            return
        echo(chosen, err=True)


def _chosen(said: str, listed: list[Offer]) -> Offer | str:
    """Return the offer with this number, name or address, else a sentence that says what is wrong."""
    if said.isascii() and said.isdigit():
        if 1 <= int(said) <= len(listed):
            return listed[int(said) - 1]
        return f"There is no {said[:20]}: type a number from 1 to {len(listed)}."
    for one in listed:
        if said == one.value or said == one.shown:
            return one
    if not re.search(r"[.:/]", said) and said != "localhost":
        # `q` or a mistyped name must not become a chamber with a record of its own.
        return (
            f'"{clean(said, 40)}" is not in the list. Type a number from 1 to {len(listed)}, an address '
            "such as http://chamber:8080, or ctrl+c to leave."
        )
    url = said if "://" in said else f"http://{said}"
    if reason := url_mistake(url):
        return f"That cannot be opened: {clean(reason, 300)}"
    return Offer("url", url, url, "")
