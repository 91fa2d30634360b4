"""The keys of all actions, as a console without `[keys]` prints them."""

from __future__ import annotations

from xovac_tui.ui.actions import Keys

KEYS = Keys({})
