"""The Alarms tab."""

from xovac_tui.ui.action import Action

ACTIONS = (
    Action(
        "alarm-ack",
        "a",
        "acknowledge",
        "Acknowledge the chosen alarm: you have seen it. Nothing is sent to the chamber.",
        footer=True,
        on="alarm",
    ),
    Action(
        "alarm-ack-all",
        "A",
        "all",
        "Acknowledge all alarms that the list shows; asks first, with their list.",
        footer=True,
    ),
    Action(
        "alarm-shelve",
        "s",
        "shelve",
        "Silence the chosen alarm for a time, 8 h at most; asks for the reason.",
        footer=True,
        on="alarm",
    ),
    Action(
        "alarm-unshelve",
        "U",
        "unshelve",
        "Unshelve the chosen alarm: it is notified again.",
        on="alarm",
    ),
    Action(
        "alarm-service",
        "x",
        "in/out",
        "Take the chosen alarm out of service, with a reason, or put it back.",
        on="alarm",
    ),
    Action(
        "alarm-limits",
        "L",
        "limits",
        "Choose the set of limits: ambient, pumping, tvac, or by the pressure.",
        footer=True,
    ),
    Action(
        "alarm-view",
        "v",
        "view",
        "Show active alarms, everything that is watched, or what is shelved and out of service.",
        footer=True,
    ),
    Action(
        "alarm-history",
        "H",
        "history",
        "Show what happened to alarms: raised, returned, acknowledged, shelved, each with its time.",
        footer=True,
    ),
    Action(
        "alarm-detail",
        "enter",
        "detail",
        "Give the whole tab to the chosen alarm, or show the list again.",
        footer=True,
        on="alarm",
    ),
    Action("alarm-back", "escape", "back", "Back to the list, then to the active alarms."),
    Action(
        "find-alarm",
        "slash",
        "find",
        "Find an alarm by a few letters of its rule or of what it watches, and go there.",
        method="app.find('alarm')",
    ),
)
