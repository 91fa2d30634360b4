"""The keys of a trend chart, for the chart and for the tabs that pass theirs on to one."""

from __future__ import annotations

from types import MappingProxyType

from xovac_tui.ui.action import Action, printed_keys

ACTIONS = (
    Action(
        "window", "w", "window", "Show the next longer window of the trend.", footer=True, method="walk(1)"
    ),
    Action(
        "window-back", "W", "window back", "Show the next shorter window of the trend.", method="walk(-1)"
    ),
    Action("zoom-in", "+,=", "zoom in", "Zoom the trend in.", method="zoom(1)"),
    Action("zoom-out", "-,_", "zoom out", "Zoom the trend out.", method="zoom(-1)"),
    Action(
        "cursor-left",
        "left,h",
        "cursor left",
        "Move the trend's cursor to the left.",
        palette=False,
        method="cursor(-1)",
    ),
    Action(
        "cursor-right",
        "right,l",
        "cursor right",
        "Move the trend's cursor to the right.",
        palette=False,
        method="cursor(1)",
    ),
    Action("pan-back", "comma", "pan back", "Show half a window earlier on the trend.", method="pan(-1)"),
    Action("pan-on", "full_stop", "pan on", "Show half a window later on the trend.", method="pan(1)"),
    Action("live", "escape", "now", "Take the trend's cursor away and go back to now."),
)
KEYS = MappingProxyType(printed_keys(ACTIONS, {}))
"""Default key of each action, as printed."""
