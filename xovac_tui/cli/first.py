"""Ask which chamber to open if none is named: a profile, one used before, the demo, or an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import click
import msgspec
from click.core import ParameterSource

from xovac_tui import paths, ui
from xovac_tui.api.contracts.editing import unwritable
from xovac_tui.cli.chambers import DEMO
from xovac_tui.cli.common import effective
from xovac_tui.cli.records import address_in
from xovac_tui.compose import chambers
from xovac_tui.config import Effective, profile_name_for
from xovac_tui.config.check import url_mistake
from xovac_tui.config.settings_text import save_profile
from xovac_tui.config.state import load_state, recall, save_state
from xovac_tui.config.themes import shipped_themes, user_themes
from xovac_tui.errors import XovacError
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.link.doctor import probe
from xovac_tui.text import clean
from xovac_tui.ui.first_lines import DEMO_OFFER, SSH_OFFER, TYPED_OFFER, ConnectOffer, FirstStart, OfferKind

_RECENT = 5
"""Chambers without a profile that are offered because they were opened before."""
_LISTEN = 2.0
"""Seconds for which a chamber is listened to."""
_OPTIONS = {OfferKind.PROFILE: "profile", OfferKind.URL: "url"}


def offers(found: Effective, remembered: tuple[str, ...] = ()) -> tuple[ConnectOffer, ...]:
    """Return the chambers to offer: the profiles, the demo, an address, and those that were opened before."""
    listed = [
        ConnectOffer(OfferKind.PROFILE, name, name, profile.url)
        for name, profile in found.settings.profiles.items()
    ]
    known = {profile.url for profile in found.settings.profiles.values()}
    recent: list[ConnectOffer] = []
    for url in (*remembered, *_recorded(found)):
        if len(recent) == _RECENT:
            break
        if url not in known and not url_mistake(url):
            known.add(url)
            recent.append(ConnectOffer(OfferKind.URL, url, clean(url, 60), "used before"))
    return (*listed, DEMO_OFFER, TYPED_OFFER, SSH_OFFER, *recent)


def _recorded(found: Effective) -> list[str]:
    """Return the addresses of the newest records of chambers without a profile."""
    urls: list[str] = []
    for path in reversed(chambers.known_records(found)):
        name = path.name.removesuffix(paths.RECORD_ENDING)
        if len(urls) == _RECENT:
            break
        if name in found.settings.profiles or name.partition("-")[0] == DEMO:
            continue
        try:
            urls.append(address_in(path))
        except (XovacError, OSError):
            continue  # what cannot be read is not offered; `xovac-tui record check` says why
    return urls


def ask_chamber(ctx: click.Context) -> int | None:
    """Show the connect screen, and store the answer as if its option had been typed.

    Returns None then; the exit code where nothing was chosen.
    """
    found = effective(ctx)
    state, _ = load_state()
    display, ours = found.settings.display, shipped_themes()
    theirs, _ = user_themes(taken=[spec.name for spec in ours])
    first = FirstStart(
        offers=offers(found, state.recent),
        check=partial(_check, found),
        save=partial(_save, found),
        name_for=partial(_name_for, found),
        settings=found.path,
        problem=unwritable(found.path),
        display=display,
        theme=recall(state.theme, display.theme),
        themes=(*ours, *theirs),
    )
    chosen, code = ui.first_start.run_first_start(first)
    if chosen is None:
        return code
    option = _OPTIONS.get(chosen.kind, "demo")
    ctx.params[option] = True if option == "demo" else chosen.value
    ctx.set_parameter_source(option, ParameterSource.COMMANDLINE)
    if chosen.ssh:
        ctx.params["ssh"] = chosen.ssh
        ctx.set_parameter_source("ssh", ParameterSource.COMMANDLINE)
    elif chosen.kind is OfferKind.URL:
        recent = (chosen.value, *(url for url in state.recent if url != chosen.value))
        save_state(msgspec.structs.replace(state, recent=recent[:_RECENT]))
    return None


async def _check(found: Effective, offer: ConnectOffer) -> AsyncIterator[DoctorCheck]:
    """Check the way to an offered chamber as `xovac-tui doctor` does. Raises SettingsError."""
    by_name = offer.kind is OfferKind.PROFILE
    asked = msgspec.structs.replace(
        found,
        profile=offer.value if by_name else None,
        url=None if by_name else offer.value,
        ssh=offer.ssh or found.ssh,
    )
    async for check in probe(chambers.target(chambers.resolve(asked)), listen=_LISTEN):
        yield check


def _save(found: Effective, name: str, offer: ConnectOffer) -> None:
    """Save a profile for an offered address. Raises SettingsError."""
    save_profile(found.path, name, offer.value, offer.ssh)


def _name_for(found: Effective, offer: ConnectOffer) -> str:
    """Suggest a name for the profile of an address, which no profile has yet.

    Behind a destination of ssh every address may be `localhost`: there the destination gives the name.
    """
    taken = {name.casefold() for name in found.settings.profiles}
    ssh = f"ssh://{offer.ssh.removeprefix('ssh://')}"
    name = free = profile_name_for(ssh if offer.ssh else offer.value)
    number = 2
    while free.casefold() in taken:
        free, number = f"{name}-{number}", number + 1
    return free
