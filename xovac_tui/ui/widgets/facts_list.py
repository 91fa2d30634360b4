"""A few lines about a run, or about two of them, above their chart."""

from __future__ import annotations

from collections.abc import Callable

from xovac_tui.ui.widgets.lines import Line, LinesWidget


class RunFacts(LinesWidget):
    """A run, or two of them, in a few lines."""

    DEFAULT_CSS = """
    RunFacts {
        height: 8; width: 1fr; padding: 0 1;
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
