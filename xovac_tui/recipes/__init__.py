"""Recipes as their author writes them: files, checks, plan, and the device's flat list."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.recipes import compiler as compiler
    from xovac_tui.recipes import places as places
    from xovac_tui.recipes import plan as plan
    from xovac_tui.recipes import rates as rates
    from xovac_tui.recipes import rewriting as rewriting
    from xovac_tui.recipes import study as study
else:
    __getattr__ = later(__name__)
