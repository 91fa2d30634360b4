"""Take the last change of the contract back."""

from __future__ import annotations

from xovac_tui.errors import SettingsError
from xovac_tui.text import clean
from xovac_tui.ui.workspace import Workspace


async def undo_contract(workspace: Workspace) -> None:
    """Take the last change of the contract that was made here back, and say so."""
    desk = workspace.contract_desk
    if not desk.can_undo:
        workspace.say("There is no change of the contract to take back.", title="Contract")
        return
    try:
        what = await desk.undo()
    except SettingsError as error:
        workspace.say(str(error), "warning", title="Not taken back")
        return
    if not what:
        return
    workspace.say(f"Taken back: {clean(what, 60)}.", title="Contract")
