"""The Insight tab."""

from xovac_tui.ui.action import Action

ACTIONS = (Action("insight-back", "escape,i", "back", "Go back to Status.", footer=True),)
