"""The layouts that a widget has for its own size; those for the terminal's are the steps of `sizes`."""

from __future__ import annotations

from textual.widget import Widget

from xovac_tui.ui.sizes import LEAST_SIZES as LEAST_SIZES
from xovac_tui.ui.sizes import SizeStep as SizeStep
from xovac_tui.ui.sizes import step_classes as step_classes
from xovac_tui.ui.sizes import step_of as step_of

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
