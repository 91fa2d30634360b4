"""A run followed against its plan: where it is, how its dwells count, when it ends, and how it ended."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.runs import dwell as dwell
    from xovac_tui.runs import endings as endings
    from xovac_tui.runs import followed as followed
    from xovac_tui.runs import past as past
    from xovac_tui.runs import rate_learning as rate_learning
    from xovac_tui.runs import state as state
    from xovac_tui.runs import view as view
else:
    __getattr__ = later(__name__)
