"""Wire one chamber together: link, chamber, ledger and record. Screens and commands use only this."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.station import contract_desk as contract_desk
else:
    __getattr__ = later(__name__)
