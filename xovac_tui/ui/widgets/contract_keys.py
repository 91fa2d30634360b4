"""The keys that change the contract, for every tab that has them."""

from xovac_tui.ui.action import Action

EDIT_CHANNEL = Action(
    "edit-channel",
    "enter",
    "edit channel",
    "Name the chosen channel: its unit, what it means, which of its values count. Sends nothing.",
    footer=True,
    on="channel",
)
EDIT_EVENT = Action(
    "edit-event",
    "N",
    "edit channel",
    "Name a channel of the chosen event, or change the command that it was. Sends nothing.",
    on="event",
)
UNDO = Action(
    "undo-contract",
    "z",
    "undo",
    "Take the last change of a channel or command back; again for the one before.",
)
EDIT_COMMAND = Action(
    "edit-command",
    "e",
    "edit",
    "Change what the contract says of the chosen command: title, hazard, payload, answer. Sends nothing.",
    on="command",
)
NEW_COMMAND = Action(
    "new-command", "N", "new command", "Name a command that no contract file names yet. Sends nothing."
)
CONTRACT_FILE = Action(
    "contract-file",
    "f",
    "contract file",
    "Change the contract's answers, its start command, origin and source.",
)
COMMANDS = (EDIT_COMMAND, NEW_COMMAND, CONTRACT_FILE, UNDO)
"""Those of the Controls tab."""
