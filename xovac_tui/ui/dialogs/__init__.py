"""Questions that must be answered before the console goes on."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.ui.dialogs import all_messages as all_messages
    from xovac_tui.ui.dialogs import ask as ask
    from xovac_tui.ui.dialogs import chambers as chambers
    from xovac_tui.ui.dialogs import choose as choose
    from xovac_tui.ui.dialogs import confirm as confirm
    from xovac_tui.ui.dialogs import contract as contract
    from xovac_tui.ui.dialogs import digest as digest
    from xovac_tui.ui.dialogs import help as help
    from xovac_tui.ui.dialogs import palette as palette
    from xovac_tui.ui.dialogs import quit as quit
    from xovac_tui.ui.dialogs import tour as tour
else:
    __getattr__ = later(__name__)
