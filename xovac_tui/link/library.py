"""The socket.io library, imported without what only its blocking clients use.

Where `requests` and `websocket` are installed, because apprise or another program needs them, these clients
would import them: 150 modules and 6 MB, which nothing here uses.
"""

from __future__ import annotations

import sys

__all__ = ["engineio", "socketio"]

_ABSENT = [name for name in ("requests", "websocket") if name not in sys.modules]
# As if these were not installed. Python's own way: an import of what is None here fails.
sys.modules.update(dict.fromkeys(_ABSENT))  # type: ignore[arg-type]
try:
    import engineio
    import socketio
finally:
    for _name in _ABSENT:
        del sys.modules[_name]
