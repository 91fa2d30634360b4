"""Chambers that commands work on beside those of the settings: the demo's, and those of records."""

from __future__ import annotations

from datetime import UTC, tzinfo

from xovac_tui.api.loader import load_contract
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.cli.output import echo
from xovac_tui.compose.chambers import ChamberSetup, contract_of
from xovac_tui.config import Effective, Profile, Secrets
from xovac_tui.errors import SettingsError
from xovac_tui.text import clean

DEMO = "demo"
"""Name of the demo's chamber."""


def zone_of(found: Effective) -> tzinfo | None:
    """Return the settings' time zone; None: this machine's."""
    return UTC if found.settings.display.time == "utc" else None


def demo_chamber(found: Effective) -> ChamberSetup:
    """Return the chamber of the built-in simulator."""
    contracts = (SIMULATOR_CONTRACT,)
    profile = Profile(url="http://127.0.0.1:0", observe=bool(found.observe), contracts=contracts)
    # The simulator must not get the secrets of a real chamber.
    return ChamberSetup(
        DEMO, found.reached(profile), load_contract((), simulator=True), Secrets(), found.settings.insight
    )


def chamber_named(found: Effective, name: str) -> ChamberSetup:
    """Return the settings' chamber of this name, or the demo's; else one without settings."""
    profiles = found.settings.profiles
    if name in profiles:
        profile = profiles[name]
        try:
            return ChamberSetup(name, profile, contract_of(profile), Secrets(), found.settings.insight)
        except SettingsError as error:
            echo(f"The names of the channels are not known: {error}", err=True)
            return _bare(name, found)
    if name == DEMO:
        return demo_chamber(found)
    # The name comes from the file and is not trusted: it is printed, and becomes part of file names.
    return _bare(clean(name, 60).replace("/", "-") or "record", found)


def _bare(name: str, found: Effective) -> ChamberSetup:
    """Return a chamber that the settings do not mention."""
    return ChamberSetup(name, Profile(), contract_of(Profile()), Secrets(), found.settings.insight)
