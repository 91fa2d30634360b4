"""The body of a command's dialog: labelled facts, wrapped to the width, all text literal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from textual import events
from textual.geometry import Size

from xovac_tui import runs
from xovac_tui.api.contract import Hazard, Origin
from xovac_tui.chamber.snapshot import Quality, RunState, Snapshot
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age
from xovac_tui.text import clean
from xovac_tui.ui.format import reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, LinesWidget

ORIGIN_WORDS = {
    Origin.DOCUMENTED: "documented: the device's manual describes this command",
    Origin.ASSUMED: "assumed: the device's manual does not document this command",
    Origin.USER: "yours: your contract file names this command, the manual does not",
}
LABEL_WIDTH = 10
_LONGEST_NAME = 40
_MOST_READINGS = 4


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled statement."""

    label: str
    text: str
    style: str = ""
    """Component class of the text."""
    literal: bool = False
    """Wrap at any character, so that no space is lost: for payloads sent or received."""


def wrap(text: str, width: int, *, literal: bool = False) -> list[str]:
    """Return text as lines of at most `width` cells; at least one line."""
    width = max(4, width)
    if literal:
        return [part for row in text.split("\n") for part in _literally(row, width)]
    if cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    current = ""
    for word in text.split():
        candidate = f"{current} {word}" if current else word
        if cell_len(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        *full, current = chop_cells(word, width)
        lines += full
    return [*lines, current] if current or not lines else lines


def _literally(row: str, width: int) -> list[str]:
    """Return a row in pieces that together are the row, broken behind a comma or blank if possible.

    So no number of a list is broken.
    """
    pieces: list[str] = []
    for part in re.findall(r"[^, ]*[, ]+|[^, ]+", row):
        if pieces and cell_len(pieces[-1]) + cell_len(part) <= width:
            pieces[-1] += part
        else:
            pieces += chop_cells(part, width)
    return pieces or [""]


def now_facts(snapshot: Snapshot, glyphs: Glyphs, units: DisplayUnits = AS_REPORTED) -> list[Fact]:
    """Return the chamber's current state as facts: link and run, then the readings."""
    run, link = snapshot.run, snapshot.link
    words = f"{glyphs.link(link.word)} {link.word} {format_age(snapshot.newest_age)}  "
    words += f"{glyphs.run(run.state)} " + (f"last known: {run.state}" if run.stale else str(run.state))
    if run.recipe:
        words += f' "{clean(run.recipe, _LONGEST_NAME)}"'
    if run.step is not None and run.state is RunState.RUNNING:
        words += f", {runs.view.item_words(run.step, run.steps)}"
    shown = [c for c in snapshot.channels if c.pinned and not c.hidden and c.quality is not Quality.NO_DATA]
    readings = [
        f"{clean(c.label, 24)} {reading_with_unit(c, units)}"
        + (f" ({format_age(c.age)} old)" if c.overdue else "")
        for c in shown[:_MOST_READINGS]
    ]
    facts = [Fact("Now", glyphs.plain(words), "$foreground")]
    if readings:
        facts.append(Fact("", glyphs.plain(", ".join(readings)), "$foreground"))
    return facts


def hazard_sign(hazard: Hazard, glyphs: Glyphs) -> str:
    """Return the sign that is shown with a hazard's word."""
    if hazard is Hazard.CRITICAL:
        return glyphs.warning
    if hazard is Hazard.CONFIRM:
        return glyphs.question
    return glyphs.dash


class FactsView(LinesWidget):
    """A list of facts: labels left, wrapped texts right."""

    DEFAULT_CSS = "FactsView { height: auto; width: 1fr; }"

    def __init__(self, label_width: int = LABEL_WIDTH, label_style: str = "$no-data") -> None:
        super().__init__()
        self._facts: tuple[Fact, ...] = ()
        self._label_width, self._label_style = label_width, label_style

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that are shown."""
        return self._facts

    def show(self, facts: Sequence[Fact]) -> None:
        """Show these facts instead of the previous ones."""
        self._facts = tuple(facts)
        if self.size.width:
            self.show_lines(self._wrapped(self.size.width))
        else:
            self.refresh(layout=True)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap again."""
        self.show_lines(self._wrapped(event.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows that the facts take at this width."""
        return max(1, len(self._wrapped(width)))

    def _wrapped(self, width: int) -> list[Line]:
        lines: list[Line] = []
        for fact in self._facts:
            label = fact.label
            # A blank before the bar that scrolls.
            for part in wrap(fact.text, width - self._label_width - 1, literal=fact.literal):
                lines.append(((f"{label:<{self._label_width}}", self._label_style), (part, fact.style)))
                label = ""
        return lines
