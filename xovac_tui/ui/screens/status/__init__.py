"""The Status tab."""

from xovac_tui.ui.action import Action

ACTIONS = (
    Action("window", "w", "window", "Show the next longer window of the trend.", footer=True),
    Action("window-back", "W", "window back", "Show the next shorter window of the trend."),
    Action("all-channels", "a", "all channels", "Show every channel in full, or only those that fit."),
    Action("zoom-in", "+,=", "zoom in", "Zoom the trend in."),
    Action("zoom-out", "-", "zoom out", "Zoom the trend out."),
    Action("cursor-left", "left,h", "cursor left", "Move the trend's cursor to the left.", palette=False),
    Action("cursor-right", "right,l", "cursor right", "Move the trend's cursor to the right.", palette=False),
    Action("pan-back", "comma", "pan back", "Show half a window earlier on the trend."),
    Action("pan-on", "full_stop", "pan on", "Show half a window later on the trend."),
    Action("live", "escape", "now", "Take the trend's cursor away and go back to now."),
    Action(
        "insight",
        "i",
        "insight",
        "Show what is stable and when, where the pressure goes, and advice.",
        footer=True,
    ),
    Action("pin", "space", "pin", "Pin the chosen channel to the top and to the trend."),
)
