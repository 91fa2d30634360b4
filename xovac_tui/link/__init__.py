"""One socket.io connection: states, back-off, liveness, TLS; yields events, emits commands."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.link import connection as connection
else:
    __getattr__ = later(__name__)
