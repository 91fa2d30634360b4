"""Rules above panels: a line with a title at its left and a few words at its right, instead of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Span, clip

_ENDS = 5
"""Cells of rule and blanks around the title."""


def rule_text(box: Widget) -> str:
    """Return what the rule above a box says."""
    return Content.from_markup(str(box.border_title or "")).plain


def entitle_rule(
    box: Widget, title: Sequence[Span], right: str = "", *, behind: int = 0, glyphs: Glyphs
) -> None:
    """Write title and right words into the rule above a box where they differ from what it says.

    The box has a border at its top only. Texts are literal. `behind` cells of rule stand behind the words.
    """
    width = box.outer_size.width
    if width < _ENDS:
        return
    rule = "$border" if box.has_focus else "$border-blurred"
    shown = clip(tuple(title), width - _ENDS - 1, ellipsis=glyphs.ellipsis)
    room = width - _ENDS - sum(cell_len(text) for text, _ in shown)
    # Title, rule, words, end: where the words do not fit they are left out.
    words = f" {right} " if right and room >= cell_len(right) + 4 + behind else ""
    line = glyphs.rule * max(0, room - cell_len(words) - (behind if words else 0))
    parts: list[Span] = [(glyphs.rule, rule), (" ", ""), *shown, (" ", ""), (line, rule)]
    if words:
        parts += [(words, "$foreground-muted"), (glyphs.rule * behind, rule)]
    content, markup = _assembled(tuple(parts))
    if (box.border_title or "") != markup:
        box.border_title = content


@lru_cache(64)
def _assembled(parts: tuple[Span, ...]) -> tuple[Content, str]:
    """Return spans as a content, and as the markup in which Textual gives the texts of a frame back."""
    content = Content.assemble(*[(text, style) if style else text for text, style in parts])
    return content, content.markup
