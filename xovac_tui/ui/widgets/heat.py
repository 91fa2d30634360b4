"""Colours that say a temperature: from a theme's cold to its hot."""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color, Gradient

from xovac_tui.ui.widgets.trend_view import STEPS, heat_step


def heat_style(step: int, variables: Mapping[str, str]) -> str:
    """Return the colour of a step of temperature, 0 (cold) to 15, in a theme with these variables."""
    cold, mild, hot = (Color.parse(variables[name]) for name in ("cold", "mild", "hot"))
    gradient = Gradient((0.0, cold), (0.5, mild), (1.0, hot), quality=STEPS)
    return gradient.get_color(step / (STEPS - 1)).hex6


def tint_of(celsius: float, variables: Mapping[str, str]) -> str:
    """Return the colour of a temperature in degC."""
    return heat_style(heat_step(celsius), variables)
