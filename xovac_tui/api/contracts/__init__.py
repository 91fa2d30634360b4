"""Contract files that the program writes: guesses, drafts, edits and what differs between two."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.api.contracts import comparing as comparing
    from xovac_tui.api.contracts import drafting as drafting
    from xovac_tui.api.contracts import editing as editing
    from xovac_tui.api.contracts import guesses as guesses
    from xovac_tui.api.contracts import samples as samples
else:
    __getattr__ = later(__name__)
