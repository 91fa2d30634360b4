"""How long to wait before the next try."""

from __future__ import annotations

from collections.abc import Callable

from xovac_tui.api.link import LinkCode

SHORTEST = 1.0
"""Seconds; also what the first wait is at least."""
LONGEST = 5.0
"""Seconds."""
LONGEST_DROPPED = 30.0
"""Seconds, where a server takes every connection and soon ends it: each costs it more than a refusal."""
PERSONS = {
    LinkCode.SSH_DENIED: 300.0,
    LinkCode.SSH_UNKNOWN_KEY: 30.0,
    LinkCode.SSH_CHANGED_KEY: 30.0,
}
"""Seconds to wait after what only a person can settle; servers lock out who is denied often (fail2ban)."""
SETTLED = 10.0
"""Seconds that a connection must last to count as a success."""
_JITTER = 0.2


def delay(failures: int, random: Callable[[], float], longest: float = LONGEST) -> float:
    """Return the seconds to wait after this many failures in a row (1 or more).

    1 s doubling to `longest`. Up to a fifth is taken off by chance (`random` returns 0 to 1), so that
    consoles that lost the same server do not all come back in the same instant.
    """
    # Past a few doublings the bound decides; the exponent is held so that years of failures cannot overflow.
    ceiling = min(longest, SHORTEST / (1 - _JITTER) * 2.0 ** min(failures - 1, 8))
    return max(SHORTEST, min(longest, ceiling * (1 - _JITTER * random())))
