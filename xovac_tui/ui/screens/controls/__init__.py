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
        on="command",
    ),
    Action(
        "expert-event",
        "x",
        "any event",
        "Send any event with any JSON; only where the profile says expert = true.",
    ),
    Action(
        "find-command",
        "slash",
        "find",
        "Find a command by a few letters of its name, and open its form or question.",
        method="app.find('command')",
    ),
    *contract_keys.COMMANDS,
)
