"""Where the contract of a profile is written, and how the settings come to name it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.api.contracts.editing import unwritable
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.config.load import settings_problems
from xovac_tui.config.model import Profile
from xovac_tui.config.resolve import Effective
from xovac_tui.config.settings_text import SettingsText, changed, update_settings
from xovac_tui.errors import SettingsError
from xovac_tui.validation import join_key

FOLDER = "contracts"
"""Folder beside the settings file in which a profile gets its first contract file."""


class ContractPlace(msgspec.Struct, frozen=True):
    """The contract file of a profile that is edited, and the settings that name it."""

    profile: str
    path: Path
    files: tuple[Path, ...]
    """The contract files that the profile names, in their order; without the one that is still to be made."""
    simulator: bool
    settings: Path
    entry: str = ""
    """What the profile's `contracts` must name for the file to be read at the next start; empty: it does."""
    url: str = ""
    """The chamber's address, where the settings have no such profile yet."""
    ssh: str = ""
    """The destination of ssh through which that is reached; empty: directly."""

    @property
    def problem(self) -> str:
        """Why the file, or the settings that must name it, cannot be written; empty where both can."""
        return unwritable(self.path) or (unwritable(self.settings) if self.entry else "")


def contract_place(found: Effective, name: str, profile: Profile) -> ContractPlace:
    """Return the contract file to edit for a profile: its last one, else `contracts/NAME.toml`.

    That folder is beside the settings file. Neither need exist.
    """
    files = tuple(Path(one) for one in profile.contracts if one != SIMULATOR_CONTRACT)
    simulator = SIMULATOR_CONTRACT in profile.contracts
    if files:
        return ContractPlace(name, files[-1], files, simulator, found.path)
    file = f"{name}.toml"
    path = Path(os.path.abspath(found.path.parent / FOLDER / file))
    url = "" if name in found.settings.profiles else profile.url
    ssh = profile.ssh if url else ""
    return ContractPlace(name, path, (), simulator, found.path, f"{FOLDER}/{file}", url, ssh)


def name_in_settings(place: ContractPlace) -> None:
    """Add the file to the `contracts` of its profile in the settings file; comments and order stay.

    A profile that the settings do not have is added with its address. Nothing is written where the profile
    names the file already. Raises SettingsError where the settings are broken or cannot be written.
    """
    if not place.entry:
        return
    update_settings(place.settings, lambda file: _naming(place, file))


def _naming(place: ContractPlace, file: SettingsText) -> SettingsText | None:
    """Return the settings file with the contract file named in it; None where it is."""
    if problems := settings_problems(file.path, file.raw or b""):
        raise SettingsError(*problems)
    profiles: dict[str, Any] = file.data.get("profiles", {})
    known = profiles.get(place.profile, {})
    named = [*known.get("contracts", []), place.entry]
    if place.simulator and SIMULATOR_CONTRACT not in named:
        named.insert(0, SIMULATOR_CONTRACT)
    if place.entry in known.get("contracts", []):
        return None
    at = ("profiles", place.profile)
    fresh = place.url and not known
    way = {"ssh": place.ssh} if place.ssh else {}
    value = {"url": place.url, **way, "contracts": named} if fresh else named
    try:
        return changed(file, {at if fresh else (*at, "contracts"): value})
    except SettingsError as error:
        raise SettingsError(
            f"{file.path} cannot be changed so that it stays valid. Write into it by hand, under "
            f'[{join_key("profiles", place.profile)}]: contracts = ["{place.entry}"]',
            *error.sentences,
        ) from None
