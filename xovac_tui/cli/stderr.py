"""Print lines on a standard stream that may stall: cleaned as by `echo`, written without waiting."""

from __future__ import annotations

import sys

from xovac_tui.outlet import StreamOutlet, write_last
from xovac_tui.text import clean


class StderrLines(StreamOutlet):
    """Prints lines on stderr; characters that act on a terminal, line breaks included, are made visible."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def line(self, text: str) -> None:
        """Print a line, without waiting for its reader."""
        super().line(clean(text))

    def rewrite(self, line: str, shown: int = 0) -> int:
        """Overwrite the line of `shown` characters; return the length of the new one.

        An empty line erases it. The cursor stays in the line.
        """
        text = clean(line)
        self.put((f"\r{' ' * shown}\r" if shown else "") + (f"\r{text}" if text else ""))
        return len(text)


def last_words(text: str, *, several_lines: bool = False) -> None:
    """Write a last sentence to stderr; wait only briefly for its reader."""
    lines = text.split("\n") if several_lines else [text]
    write_last(sys.stderr, "\n".join(map(clean, lines)))
