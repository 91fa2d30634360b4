"""Forms in which the contract is said: a channel, a command, an answer, the file itself. Nothing is sent."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.ui.dialogs.contract import channel_form as channel_form
    from xovac_tui.ui.dialogs.contract import command_form as command_form
    from xovac_tui.ui.dialogs.contract import of_event as of_event
    from xovac_tui.ui.dialogs.contract import undo as undo
else:
    __getattr__ = later(__name__)
