"""The chamber through SSH: the system's `ssh` as a child process that forwards one address; no library."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.link.ssh import connector as connector
    from xovac_tui.link.ssh import tunnel as tunnel
else:
    __getattr__ = later(__name__)
