"""The Insight tab."""

from xovac_tui.ui.action import Action
from xovac_tui.ui.widgets import contract_keys

ACTIONS = (
    Action("insight-back", "escape,i", "back", "Go back to Status.", footer=True),
    contract_keys.EDIT_CHANNEL,
    contract_keys.UNDO,
)
