"""Notifies people and machines elsewhere of alarms: messages, receivers and times, and ways to send them."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.notify import notifier as notifier
    from xovac_tui.notify import terminal as terminal
    from xovac_tui.notify import trial as trial
else:
    __getattr__ = later(__name__)
