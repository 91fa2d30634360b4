"""What the screens begin with: read and checked, nothing of it about the chamber."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from xovac_tui.config import Display
from xovac_tui.config.state import State
from xovac_tui.config.themes import ThemeSpec
from xovac_tui.notify.settings import NotifySettings


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the console."""

    display: Display
    keys: Mapping[str, str]
    """Action -> key or comma-separated keys, as the settings rebind them."""
    theme: str
    """The one to begin with: asked for, else remembered, else the settings'."""
    window: str
    """The trend's window to begin with."""
    themes: tuple[ThemeSpec, ...]
    """Ours and the user's, to be registered."""
    recipes: Path
    """Folder of recipe files; it need not exist."""
    state: State
    state_path: Path
    bell: NotifySettings = NotifySettings()
    """Receivers in this terminal."""
    log_path: Path | None
    """None: nothing can be logged."""
    notes: tuple[str, ...] = ()
    """Sentences to show once, after the start: theme files not used, a state file ignored."""
