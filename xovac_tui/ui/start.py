"""Start values of the screens, read and checked; none of them about the chamber."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from xovac_tui import config
from xovac_tui.config import Display
from xovac_tui.config.state import State
from xovac_tui.config.themes import ThemeSpec
from xovac_tui.notify.settings import NotifySettings


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
    tour: bool = False
    """Begin with the tour."""
    notes: tuple[str, ...] = ()
    """Sentences to show once after the start, such as on a theme file that is not used."""
