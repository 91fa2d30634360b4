"""Start values of the screens, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from xovac_tui import config
from xovac_tui.config import Display
from xovac_tui.config.state import State
from xovac_tui.config.themes import ThemeSpec
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.station.station import Station


class ProfileLine(NamedTuple):
    """A chamber that can be opened."""

    name: str
    about: str
    """Its address, or what it is."""


class OpenedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A chamber that was opened beside another one; its station does not run yet."""

    station: Station
    contract_place: Callable[[], config.contracts.ContractPlace] | None = None
    """As in `Start`."""
    notes: tuple[str, ...] = ()
    """Sentences to show once, such as on a file that others can write."""


class ProfileSource(Protocol):
    """Where chambers to open come from. Its methods may block, and raise XovacError."""

    def listed(self) -> Sequence[ProfileLine]:
        """Return the chambers that can be opened, in the order of the settings as they are now."""

    def opened(self, name: str) -> OpenedProfile:
        """Open one of them by its name."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Start values of the console."""

    display: Display
    keys: Mapping[str, str]
    """Action -> key or comma-separated keys, as the settings rebind them."""
    theme: str
    """Theme at the start: the requested one, else the remembered one, else the settings'."""
    window: str
    """Window of the trend at the start, seconds."""
    themes: tuple[ThemeSpec, ...]
    """Themes to register: ours and the user's."""
    recipes: Path
    """Folder of recipe files; it need not exist."""
    state: State
    state_path: Path
    bell: NotifySettings = NotifySettings()
    """Receivers in this terminal."""
    log_path: Path | None
    """Log file; None: there is no log."""
    settings_path: Path | None = None
    """The settings file, which need not exist; None: it is not known."""
    overridden: Mapping[str, str] = {}
    """Dotted key -> the place above the settings file that gave it."""
    contract_place: Callable[[], config.contracts.ContractPlace] | None = None
    """Finds where the chamber's contract is written, by a thread; None: nowhere, as in a demo."""
    profiles: ProfileSource | None = None
    """Chambers to open beside the present one; None: there are none, as in a replay."""
    tour: bool = False
    """Begin with the tour."""
    notes: tuple[str, ...] = ()
    """Sentences to show once after the start, such as on a theme file that is not used."""
