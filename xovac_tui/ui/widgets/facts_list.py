"""A few lines about a run, or about two of them, above their chart."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from xovac_tui.ui.widgets.lines import Line, LinesWidget


class RunFacts(LinesWidget):
    """A run, or two of them, in a few lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--quiet", "rows--strong", "rows--warn", "rows--good",
    }  # fmt: skip
    DEFAULT_CSS = """
    RunFacts {
        height: 8; width: 1fr; padding: 0 1;
        & > .rows--quiet { color: $foreground-muted; }
        & > .rows--strong { text-style: bold; }
        & > .rows--warn { color: $warning; }
        & > .rows--good { color: $good; }
    }
    """

    _make: Callable[[int, int], list[Line]] | None = None

    def show(self, make: Callable[[int, int], list[Line]]) -> None:
        """Show lines made by a function of width and height, now and after each change of size."""
        self._make = make
        self.draw()

    def draw(self) -> None:
        """Fill the current size."""
        if self._make is not None and self.size:
            self.show_lines(self._make(*self.size))
