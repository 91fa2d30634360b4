"""The classes that a widget has by its own size, and by the step of the terminal's (`sizes`)."""

from __future__ import annotations

from textual.widget import Widget

from xovac_tui.ui.sizes import SizeStep, step_classes

WIDE = 100
"""Width in cells from which two parts of a tab are side by side with whole names."""
TALL = 28
"""Height in rows from which all parts of a tab are visible."""
SPACIOUS = 160
"""Width in cells from which the columns of lists widen instead of leaving cells empty."""


def fit(widget: Widget) -> None:
    """Give a widget the classes of its size: `-wide`, `-tall` and `-spacious`."""
    widget.set_class(widget.size.width >= WIDE, "-wide")
    widget.set_class(widget.size.height >= TALL, "-tall")
    widget.set_class(widget.size.width >= SPACIOUS, "-spacious")


def fit_step(widget: Widget, step: SizeStep) -> None:
    """Give a widget the classes of a step: `-below-NAME` of each step that the terminal does not reach."""
    for name, has in step_classes(step).items():
        widget.set_class(has, name)


def set_height(widget: Widget, height: int | str | None) -> None:
    """Give a widget a height of its own, in rows or in units of CSS; None takes it away.

    Textual lays out the whole screen when a height is taken away that there is not.
    """
    if height is not None or widget.styles.inline.has_rule("height"):
        widget.styles.height = height
