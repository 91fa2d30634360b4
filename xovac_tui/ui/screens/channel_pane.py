"""A tab on which a channel is chosen, and can be named."""

from __future__ import annotations

from textual import work

from xovac_tui.ui import dialogs
from xovac_tui.ui.screens.pane import Pane


class ChannelPane(Pane):
    """A tab with the keys that name the chosen channel, and take that back."""

    @property
    def chosen_channel(self) -> str | None:
        """The full name of the channel under the cursor; None without one."""
        raise NotImplementedError

    @work(group="contract", exclusive=True)
    async def action_edit_channel(self) -> None:
        """Show the form of the chosen channel."""
        if (full_name := self.chosen_channel) is not None:
            await dialogs.contract.channel_form.edit_channel(self.workspace, full_name)

    @work(group="contract")
    async def action_undo_contract(self) -> None:
        """Take the last change of the contract back."""
        await dialogs.contract.undo.undo_contract(self.workspace)
