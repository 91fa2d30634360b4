"""What the program itself remembers between two runs; never the user's settings."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import tomli_w

from xovac_tui import paths
from xovac_tui.errors import SettingsError
from xovac_tui.validation import read_toml

_HEAD = "# Written by xovac-tui: what it remembers by itself. Settings go into config.toml.\n"


class Remembered(msgspec.Struct, frozen=True):
    """A choice made in the program, and what the settings said at that moment."""

    value: str
    over: str = ""
    """It holds for as long as the settings still say this: edited settings always win."""


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is remembered."""

    theme: Remembered | None = None
    window: Remembered | None = None
    recent: tuple[str, ...] = ()
    """Addresses that were opened from the connect screen, the newest first."""
    toured: bool = False
    """The tour was shown, or left."""
    pinned: dict[str, tuple[str, ...]] = {}
    """Profile -> the channels that the user pinned, in order (full names)."""


def recall(remembered: Remembered | None, configured: str) -> str:
    """Return the remembered choice if the settings still say what they said then, else the settings'."""
    return remembered.value if remembered and remembered.over == configured else configured


def load_state(path: Path | None = None) -> tuple[State, str]:
    """Return what is remembered, and a note for the user where the file could not be used (else empty)."""
    file = path or paths.state_file()
    if not file.exists():
        return State(), ""
    try:
        return msgspec.convert(read_toml(file), State), ""
    except (SettingsError, msgspec.ValidationError) as error:
        logging.getLogger(__name__).warning("state file ignored: %s", error)
        return State(), f"What was remembered in {file} cannot be read and is ignored; it will be replaced."


def save_state(state: State, path: Path | None = None) -> str:
    """Write the state file whole or not at all; return a note where it could not be written (else empty)."""
    file = path or paths.state_file()
    try:
        paths.write_atomically(file, _HEAD + tomli_w.dumps(msgspec.to_builtins(state)))
    except OSError as error:
        return f"What is to be remembered cannot be written to {file}: {error.strerror or error}."
    return ""
