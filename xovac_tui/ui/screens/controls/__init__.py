"""The Controls tab."""

from xovac_tui.ui.action import Action
from xovac_tui.ui.widgets import contract_keys

ACTIONS = (
    Action(
        "open-command",
        "enter",
        "open",
        "Open the chosen command's form or question, or the chosen entry of the ledger in full.",
        footer=True,
    ),
    Action(
        "expert-event",
        "x",
        "any event",
        "Send any event with any JSON; only where the profile says expert = true.",
    ),
    *contract_keys.COMMANDS,
)
