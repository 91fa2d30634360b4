"""Reads the settings file, strictly."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui import paths
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.config.check import settings_mistakes
from xovac_tui.config.model import Profile, Settings
from xovac_tui.errors import SettingsError
from xovac_tui.validation import convert, join_key, mistakes, parse_toml, read_toml, sound
from xovac_tui.withaddress import each_address


class Loaded(msgspec.Struct, frozen=True):
    """Settings as read; all file names in them are absolute."""

    settings: Settings
    path: Path
    """The file they were (or would have been) read from."""
    exists: bool
    given: frozenset[str] = frozenset()
    """Dotted names of the keys that the file gives."""


def load_settings(path: Path | None = None) -> Loaded:
    """Read the named settings file, or the usual one, which need not exist.

    Raises SettingsError with a sentence for everything that is wrong in it.
    """
    file = path or paths.settings_file()
    if path is None and not file.exists():
        return Loaded(Settings(), file, exists=False)
    data = read_toml(file)
    settings = convert(data, Settings, str(file))
    if found := list(settings_mistakes(settings)):
        raise SettingsError(*(f"{file}: {sentence}" for sentence in found))
    return Loaded(_absolute(settings, file.parent), file, exists=True, given=frozenset(_keys(data)))


def settings_problems(path: Path, raw: bytes | None = None) -> list[str]:
    """Return a sentence for everything that is wrong in a settings file; an empty list when it is well.

    `raw` is checked in the place of what the file holds.
    """
    try:
        data = read_toml(path) if raw is None else parse_toml(raw, path)
    except SettingsError as error:
        return [str(error)]
    # What is of another type than it must be is left out, to find mistakes in the rest as well.
    settings, left = sound(data, Settings)
    found = [*mistakes(data, Settings), *settings_mistakes(settings, left)]
    return [f"{path}: {sentence}" for sentence in dict.fromkeys(found)]


def sound_settings(path: Path) -> Settings:
    """Return what is right in a settings file, with defaults in the place of the rest; for a check of it."""
    try:
        data = read_toml(path)
    except SettingsError:
        return Settings()
    return _absolute(sound(data, Settings)[0], path.parent)


def _absolute(settings: Settings, folder: Path) -> Settings:
    return msgspec.structs.replace(
        each_address(settings, lambda one: one.placed(partial(_place, folder))),
        recipes=_place(folder, settings.recipes),
        alarms=msgspec.structs.replace(
            settings.alarms, files=tuple(_place(folder, name) for name in settings.alarms.files)
        ),
        profiles={name: _absolute_profile(profile, folder) for name, profile in settings.profiles.items()},
    )


def _absolute_profile(profile: Profile, folder: Path) -> Profile:
    return msgspec.structs.replace(
        profile,
        ca_file=_place(folder, profile.ca_file),
        auth_file=_place(folder, profile.auth_file),
        alarms=tuple(_place(folder, name) for name in profile.alarms),
        contracts=tuple(
            name if name == SIMULATOR_CONTRACT else _place(folder, name) for name in profile.contracts
        ),
    )


def _place(folder: Path, name: str) -> str:
    return str(paths.against(folder, name)) if name else ""


def _keys(data: dict[str, Any], parent: str = "") -> list[str]:
    found = []
    for name, value in data.items():
        key = join_key(parent, name)
        found += _keys(value, key) if isinstance(value, dict) else [key]
    return found
