"""The Log tab."""

from xovac_tui.ui.action import Action
from xovac_tui.ui.widgets.contract_keys import EDIT_EVENT, UNDO

ACTIONS = (
    Action("log-filter", "slash", "filter", "Show only events with some words, kinds or names.", footer=True),
    Action(
        "log-detail",
        "enter",
        "detail",
        "Hold the chosen event and show it in full, or hide it.",
        footer=True,
        on="event",
    ),
    Action("log-hold", "f", "follow", "Follow the newest event, or keep still.", footer=True),
    Action(
        "log-each",
        "e",
        "each",
        "Show each event in a row of its own, or equal ones of a short time in one.",
    ),
    Action(
        "log-copy",
        "c",
        "copy",
        "Copy the chosen event (by OSC 52, which not every terminal allows).",
        footer=True,
        on="event",
    ),
    Action(
        "log-save",
        "s",
        "save",
        "Save the chosen event to a file, exactly as it came.",
        footer=True,
        on="event",
    ),
    Action(
        "log-save-all",
        "S",
        "save all",
        "Save all events that the filter shows, as JSON lines.",
        footer=True,
        on="event",
    ),
    EDIT_EVENT,
    UNDO,
    Action("log-back", "escape", "back", "Hide the detail, then take the filter away."),
)
