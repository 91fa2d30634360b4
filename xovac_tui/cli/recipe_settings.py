"""How the profile's device reads recipes, for the commands that work on them."""

from __future__ import annotations

import click

from xovac_tui.cli.common import effective
from xovac_tui.cli.output import echo
from xovac_tui.compose import chambers
from xovac_tui.config import Profile
from xovac_tui.errors import SettingsError
from xovac_tui.recipes.plan import PlanSettings


def plan_settings(ctx: click.Context) -> PlanSettings:
    """Return how the profile's device reads recipes; without a profile the defaults, with a note."""
    found = effective(ctx)
    try:
        _, profile = found.resolve()
    except SettingsError:
        if found.profile or found.url:
            raise
        echo("No profile is named, so recipes are read with the default settings.", err=True)
        profile = Profile()
    return chambers.plan_settings(profile, chambers.contract_of(profile))
