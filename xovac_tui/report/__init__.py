"""The report of a run: one page of HTML that a customer can read, print and check."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.report import gather as gather
    from xovac_tui.report import page as page
else:
    __getattr__ = later(__name__)
