"""What the console is started with: everything read and checked, nothing connected yet."""

from __future__ import annotations

from pathlib import Path

import msgspec

from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.contract import Contract
from xovac_tui.config import Profile, Secrets, Settings
from xovac_tui.config.state import State
from xovac_tui.config.themes import ThemeSpec
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.recording.service import RecordChoice
from xovac_tui.simulator.options import SimulatorOptions


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the console."""

    settings: Settings
    settings_path: Path
    profile_name: str
    profile: Profile
    """With `observe` and `url` as they were asked for; for the demo the address is not known yet."""
    secrets: Secrets
    contract: Contract
    demo: SimulatorOptions | None = None
    """Start this simulator first, and connect to it."""
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
    record: RecordChoice | None = None
    """Where everything is recorded; None: nowhere."""
    watchlist: Watchlist | None = None
    """What alarms are raised of; None: of nothing."""
    notify: NotifySettings | None = None
    """Who is told of alarms, with addresses read; None: nobody."""
    log_path: Path | None
    """None: nothing can be logged."""
    notes: tuple[str, ...] = ()
    """Sentences to show once, after the start: theme files not used, a state file ignored."""
