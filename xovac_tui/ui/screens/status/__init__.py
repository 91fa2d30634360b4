"""The Status tab."""

import msgspec

from xovac_tui.ui.action import Action
from xovac_tui.ui.widgets import contract_keys, trend_keys

ACTIONS = (
    # These work wherever the focus is; the chart has the same keys for when it is focused.
    *(msgspec.structs.replace(one, method=f"chart('{one.action}')") for one in trend_keys.ACTIONS),
    Action("all-channels", "a", "all channels", "Show every channel in full, or only those that fit."),
    Action(
        "insight",
        "i",
        "insight",
        "Show what is stable and when, where the pressure goes, and advice.",
        footer=True,
    ),
    Action("pin", "space", "pin", "Pin the chosen channel to the top and to the trend.", on="channel"),
    Action(
        "find-channel",
        "slash",
        "find",
        "Find a channel by a few letters of its name, and go there.",
        method="app.find('channel')",
    ),
    contract_keys.EDIT_CHANNEL,
    contract_keys.UNDO,
)
