"""The layouts that a widget has for its size."""

from __future__ import annotations

from textual.widget import Widget

WIDE = 100
"""Width in cells from which two parts of a tab are side by side with whole names."""
TALL = 28
"""Height in rows from which all parts of a tab are visible."""


def fit(widget: Widget) -> None:
    """Give a widget the classes of its size: `-wide` and `-tall`."""
    widget.set_class(widget.size.width >= WIDE, "-wide")
    widget.set_class(widget.size.height >= TALL, "-tall")
