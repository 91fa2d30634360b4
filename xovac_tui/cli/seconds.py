"""Durations as options take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from xovac_tui.durations import format_whole, parse_duration
from xovac_tui.errors import RecipeError

if TYPE_CHECKING:
    _FloatType = click.ParamType[float]
else:
    # Older releases of click have no type parameter here.
    _FloatType = click.ParamType


class Seconds(_FloatType):
    """A duration such as `10s`, `2min` or `90` (seconds)."""

    name = "duration"

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        text = str(value).strip()
        try:
            plain = text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit()
            seconds = float(text) if plain else parse_duration(text)
        except RecipeError as error:
            self.fail(str(error), param, ctx)
        if not self.low <= seconds <= self.high:
            self.fail(
                f"{text} is not from {format_whole(self.low)} to {format_whole(self.high)}.", param, ctx
            )
        return seconds
