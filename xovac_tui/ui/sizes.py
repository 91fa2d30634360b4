"""The steps of the terminal's size."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class SizeStep(IntEnum):
    """What the size of the terminal has room for; a larger step has room for more.

    A pane or dialog asks `workspace.step >= SizeStep.USUAL`. In CSS every screen has the class
    `-below-NAME` of each step that it does not reach: `.-below-usual #sparklines { display: none; }`.
    """

    NOTICE = 0
    """Link, run, alarms and pressure only."""
    LEAST = 1
    """Readings without a chart; the bars take as few rows as possible."""
    LOW = 2
    """A chart, and the pinned readings in one line."""
    SHORT = 3
    """All readings; the hero row has no sparklines. 24 rows with tmux's line."""
    USUAL = 4
    """The hero row has sparklines, the trend at least 9 rows."""
    FULL = 5
    """Everything."""


class LeastSize(NamedTuple):
    """The smallest terminal of a step."""

    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}"


LEAST_SIZES = {
    SizeStep.LEAST: LeastSize(60, 16),
    SizeStep.LOW: LeastSize(80, 20),
    SizeStep.SHORT: LeastSize(80, 23),
    SizeStep.USUAL: LeastSize(80, 24),
    SizeStep.FULL: LeastSize(120, 36),
}
"""Step -> its smallest terminal; below the first one there is the notice."""


def step_of(columns: int, rows: int) -> SizeStep:
    """Return the largest step that a terminal of this size has room for."""
    reached = [step for step, least in LEAST_SIZES.items() if columns >= least.columns and rows >= least.rows]
    return max(reached, default=SizeStep.NOTICE)


def step_classes(step: SizeStep) -> dict[str, bool]:
    """Return the classes of a screen at a step: each with whether the screen has it."""
    return {f"-below-{one.name.lower()}": step < one for one in LEAST_SIZES if one is not SizeStep.LEAST}
