"""From what ssh printed to why there is no tunnel, or no way through it.

OpenSSH ends with 255 whatever happened, and gives no code: its lines (clientloop.c, sshconnect.c, channels.c)
are all there is. They are English in every locale; LogLevel=INFO has all of these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xovac_tui.api.link import LinkCode

C = LinkCode
_ENDINGS: tuple[tuple[re.Pattern[str], LinkCode], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), code)
    for pattern, code in (
        (r"host identification has changed|host key .*has changed|revoked host key", C.SSH_CHANGED_KEY),
        (r"no \S+ host key is known|host key verification failed", C.SSH_UNKNOWN_KEY),
        (r"permission denied|too many authentication failures", C.SSH_DENIED),
        (r"could not resolve hostname", C.SSH_UNKNOWN_HOST),
        (r"connect to .*(?:no route to host|network is unreachable|host is down)", C.SSH_NO_ROUTE),
        (r"connect to .*connection refused", C.SSH_REFUSED),
        (r"timeout, server .* not responding", C.SSH_DEAD),
        (r"connect to .*timed out|timed out during banner exchange|connection timed out", C.SSH_NO_ANSWER),
        (r"closed by|reset by|connection closed|broken pipe", C.SSH_ENDED),
    )
)
"""The first that fits any line is meant: a changed key is also one that failed to be verified."""
_CHANNEL = re.compile(r"channel \d+: open failed: (.*)")
_REFUSED_BEHIND = re.compile(r"connect failed: .*refused", re.IGNORECASE)
_BEHIND = re.compile(r"connect failed: (.*)")


def ending_of(lines: Sequence[str]) -> tuple[LinkCode, str]:
    """Return why ssh ended, and the line that says so (empty where it said nothing)."""
    for pattern, code in _ENDINGS:
        for line in lines:
            if pattern.search(line):
                return code, line
    return C.SSH_FAILED, lines[-1] if lines else ""


def refusal_of(line: str) -> tuple[LinkCode, str] | None:
    """Return why the far end opened no way through the tunnel; None for a line about something else."""
    if not (found := _CHANNEL.search(line)):
        return None
    said = found[1]
    if _REFUSED_BEHIND.search(said):
        return C.SSH_NOTHING_BEHIND, said
    if behind := _BEHIND.search(said):
        return C.SSH_UNREACHABLE_BEHIND, behind[1]
    return C.SSH_FORWARD_REFUSED, said
