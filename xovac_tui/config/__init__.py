"""Settings: strict reading, profiles, which place wins, and secrets."""

from typing import TYPE_CHECKING

from xovac_tui.config.load import load_settings, settings_problems
from xovac_tui.config.model import Display, Profile, Settings
from xovac_tui.config.resolve import (
    Effective,
    Overrides,
    effective_settings,
    from_environment,
    profile_name_for,
    resolve_profile,
)
from xovac_tui.config.secrets import Secrets, load_secrets
from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.config import contracts as contracts
    from xovac_tui.config import in_force as in_force
else:
    __getattr__ = later(__name__)

__all__ = [
    "Display",
    "Effective",
    "Overrides",
    "Profile",
    "Secrets",
    "Settings",
    "effective_settings",
    "from_environment",
    "load_secrets",
    "load_settings",
    "profile_name_for",
    "resolve_profile",
    "settings_problems",
]
