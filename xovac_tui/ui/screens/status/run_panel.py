"""The panel of the run: recipe, step, target and actual, dwell clocks, progress, end and result."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.status.run_lines import LOW, run_lines, run_subtitle, run_title
from xovac_tui.ui.screens.status.run_moment import RunMoment
from xovac_tui.ui.widgets.lines import LinesWidget


class RunPanel(LinesWidget):
    """Shows everything known about the run, and what is not known."""

    DEFAULT_CSS = """
    RunPanel { height: 1fr; width: 1fr; }
    """

    _shown: tuple[RunMoment, Glyphs, Times, Mapping[str, str]] | None = None

    def show(self, moment: RunMoment, *, glyphs: Glyphs, times: Times, keys: Mapping[str, str]) -> None:
        """Show a moment of the run."""
        self._shown = (moment, glyphs, times, keys)
        self.draw()

    def draw(self) -> None:
        """Lay out again, frame included."""
        width, height = self.size.width, self.size.height
        if not width or not height or self._shown is None:
            return
        moment, glyphs, times, keys = self._shown
        self.show_lines(run_lines(moment, width, height, glyphs=glyphs, times=times, keys=keys))
        title = run_title(moment, glyphs, low=height <= LOW)
        if str(self.border_title or "") != title:
            self.border_title = Content(title)
        below = run_subtitle(moment, glyphs, low=height <= LOW)
        if str(self.border_subtitle or "") != below:
            self.border_subtitle = Content(below)
