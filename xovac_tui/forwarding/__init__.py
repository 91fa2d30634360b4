"""Forwards the record to stores that a lab already runs: complete, in order, each row once."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.forwarding import worker as worker
else:
    __getattr__ = later(__name__)
