"""Lines for people on a standard stream that may stall: cleaned as `echo` does, and never waited for."""

from __future__ import annotations

import sys

from xovac_tui.outlet import StreamOutlet, say_last
from xovac_tui.text import clean


class Voice(StreamOutlet):
    """Says lines on stderr; what could act on a terminal, a line break included, is made visible."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def line(self, text: str) -> None:
        """Take a line."""
        super().line(clean(text))

    def rewrite(self, line: str, shown: int = 0) -> int:
        """Put a line over the one of `shown` characters; return how many it has.

        An empty line puts that one away. The cursor stays in the line.
        """
        text = clean(line)
        self.put((f"\r{' ' * shown}\r" if shown else "") + (f"\r{text}" if text else ""))
        return len(text)


def last_words(text: str, *, several_lines: bool = False) -> None:
    """Write a last sentence to stderr; its reader is waited for a moment only."""
    lines = text.split("\n") if several_lines else [text]
    say_last(sys.stderr, "\n".join(map(clean, lines)))
