"""The keys that change the contract, for every tab that has them."""

from xovac_tui.ui.action import Action

EDIT_CHANNEL = Action(
    "edit-channel",
    "enter",
    "edit channel",
    "Name the chosen channel: its unit, what it means, which of its values count. Sends nothing.",
    footer=True,
)
UNDO = Action(
    "undo-contract",
    "z",
    "undo",
    "Take the last change of a channel or command back; again for the one before.",
)
