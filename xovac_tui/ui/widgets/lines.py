"""A widget made of lines that repaints only the cells that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Self

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.style import Style as VisualStyle
from textual.widget import Widget

Span = tuple[str, str]
"""Text, and its style over the widget's own, as Textual writes it: `bold $bad`."""
Line = tuple[Span, ...]
CHOSEN = "$block-cursor-foreground on $block-cursor-background"
FOCUSED = f"bold {CHOSEN}"
HEAD = "underline $foreground-muted"
"""Style of the names above columns."""

_ENDS = 5
"""Width in cells from which a cut label keeps both its ends."""
_APART = 8
"""Unchanged cells between two changes above which moving the terminal's cursor costs less."""


def styled(widget: Widget, words: str) -> Style:
    """Return a style over the widget's own; `words` are Textual's, such as `bold $bad on $panel`."""
    own = (
        widget.own_style
        if isinstance(widget, LinesWidget)
        else VisualStyle.from_rich_style(widget.rich_style)
    )
    return (own + VisualStyle.parse(words)).rich_style


def entitle(box: Widget, title: str | None = None, below: str | None = None) -> None:
    """Write texts, which are literal, into a box's frame where they differ; None leaves one as it is.

    Textual repaints the whole box for each.
    """
    for place, text in (("border_title", title), ("border_subtitle", below)):
        if text is not None and (getattr(box, place) or "") != _markup(text):
            setattr(box, place, Content(text))


@lru_cache(64)
def _markup(text: str) -> str:
    """Return a text as Textual's markup, in which it gives the texts of a frame back."""
    return Content(text).markup


class SizedWidget(Widget):
    """Draws for a new size before it is painted at that size, so that no blank picture appears first."""

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if changed:
            self.draw()
        return changed

    def draw(self) -> None:
        """Draw the shown contents for the current size."""


class LinesWidget(SizedWidget):
    """Shows lines of styled spans. Text is literal: markup, escape sequences and links have no effect.

    Textual repaints the whole region that is refreshed, so over SSH the refreshed region is the bandwidth:
    `show_lines` compares with what is on the screen and refreshes the changed stretch of each line.
    """

    DEFAULT_CSS = "LinesWidget { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._styles_of_spans: dict[str, Style] = {}
        self._own_style: VisualStyle | None = None
        self._room: int | None = None
        """Cells of a line; None until it is asked for, since Textual works it out anew each time."""

    @property
    def lines(self) -> Sequence[Line]:
        """The shown lines."""
        return self._lines

    @property
    def plain(self) -> str:
        """The shown lines as text."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def show_lines(self, lines: Iterable[Line]) -> None:
        """Show these lines instead of the previous ones."""
        new = list(lines)
        old, self._lines = self._lines, new
        if len(old) != len(new):
            self.refresh(layout=self.styles.auto_dimensions)
            return
        regions = [
            Region(x, y, width, 1)
            for y, (before, after) in enumerate(zip(old, new, strict=True))
            if before != after
            for x, width in _changed(before, after)
        ]
        if regions:
            self.refresh(*regions)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one row a line."""
        return max(1, len(self._lines))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the width of the widest line."""
        return max((line_width(line) for line in self._lines), default=0)

    def render_line(self, y: int) -> Strip:
        """Return one line, exactly as wide as the widget."""
        if self._room is None:
            self._room = self.size.width
        width, known = self._room, self._styles_of_spans
        base = known.get("") or self._style_of("")
        if not 0 <= y < len(self._lines):
            return Strip.blank(width, base)
        segments = [
            Segment(text, known.get(style) or self._style_of(style)) for text, style in self._lines[y] if text
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _style_of(self, words: str) -> Style:
        """Return a style over the widget's own, and keep it."""
        style = self._styles_of_spans[words] = styled(self, words)
        return style

    @property
    def own_style(self) -> VisualStyle:
        """The widget's own style, over which that of a span is laid; Textual works it out anew each time."""
        if self._own_style is None:
            self._own_style = VisualStyle.from_rich_style(self.rich_style)
        return self._own_style

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Repaint; without `regions` compute the styles again: Textual calls it so when they change.

        Textual drops them at every refresh, even of a few cells of which only the text has changed.
        """
        if not regions:
            self._forget_style()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Drop the cached styles: the style sheet was applied again."""
        super().notify_style_update()
        self._forget_style()

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        self._room = None
        return super()._size_updated(size, virtual_size, container_size, layout)

    def _forget_style(self) -> None:
        self._styles_of_spans.clear()
        self._own_style = None
        self._room = None


def line_width(line: Sequence[Span]) -> int:
    """Return the cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def _changed(before: Line, after: Line) -> list[tuple[int, int]]:
    """Return (x, width) of each stretch in which two lines differ, in cells."""
    old, new = [cell_len(text) for text, _ in before], [cell_len(text) for text, _ in after]
    if old != new:
        # Everything after the first difference may have moved.
        x = 0
        for was, now, width in zip(before, after, new, strict=False):
            if was != now:
                break
            x += width
        return [(x, max(1, max(sum(old), sum(new)) - x))]
    stretches: list[tuple[int, int]] = []
    x = 0
    for was, now, width in zip(before, after, new, strict=True):
        if was != now and width:
            near = bool(stretches) and x - sum(stretches[-1]) < _APART
            begin = stretches.pop()[0] if near else x
            stretches.append((begin, x + width - begin))
        x += width
    return stretches


def fit(text: str, width: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """Return text cut or padded to exactly `width` cells."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + (ellipsis if width > 0 else "")
    return " " * (width - length) + text if right else text + " " * (width - length)


def fit_label(label: str, width: int, *, ellipsis: str = "…") -> str:
    """Return a channel's label cut in its middle or padded: both its ends may distinguish it."""
    if cell_len(label) <= width or width < _ENDS:
        return fit(label, width, ellipsis=ellipsis)
    half = (width - 1) // 2
    return fit(f"{_head(label, width - 1 - half)}{ellipsis}{_end(label, half)}", width)


def fit_said(text: str, width: int, *, ellipsis: str = "…") -> str:
    """Return what was said cut or padded to `width` cells: in its middle, since its end may decide.

    What is more than twice as long is cut at its end: two short ends of it are no text any more.
    """
    middle = cell_len(text) <= 2 * width
    return (fit_label if middle else fit)(text, width, ellipsis=ellipsis)


@lru_cache(64)
def distinct_labels(labels: tuple[str, ...], width: int, *, ellipsis: str = "…") -> dict[str, str]:
    """Return labels cut or padded to exactly `width` cells, so that different ones stay different.

    They are cut as `fit_label` does; those that would be equal are cut elsewhere, together.
    """
    shown = {label: fit_label(label, width, ellipsis=ellipsis) for label in labels}
    alike: dict[str, list[str]] = {}
    for label, cut in shown.items():
        alike.setdefault(cut, []).append(label)
    for cut, group in alike.items():
        others = {one for one in alike if one != cut}
        # Whole labels that look alike differ in blanks at their end: no cut tells them apart.
        apart = len(group) > 1 and any(cell_len(one) > width for one in group)
        for ways in _other_cuts(group, width, ellipsis) if apart else ():
            if len(set(ways)) == len(group) and not others & set(ways):
                shown.update(zip(group, ways, strict=True))
                break
    return shown


def _other_cuts(group: Sequence[str], width: int, ellipsis: str) -> Iterator[list[str]]:
    """Yield ways to cut labels: with a longer head, with a longer end, and around where they differ."""
    room = max(0, width - 1)
    for end in sorted(range(room + 1), key=lambda end: abs(end - room // 2)):
        yield [fit(f"{_head(one, room - end)}{ellipsis}{_end(one, end)}", width) for one in group]
    first = next((at for at, chars in enumerate(zip(*group, strict=False)) if len(set(chars)) > 1), 0)
    for before in range(min(3, width), -1, -1):
        yield [fit(f"{one[:before]}{ellipsis}{one[first:]}", width, ellipsis=ellipsis) for one in group]


def _head(text: str, width: int) -> str:
    while cell_len(text) > width:
        text = text[:-1]
    return text


def _end(text: str, width: int) -> str:
    while cell_len(text) > width:
        text = text[1:]
    return text


def clip(line: Line, width: int, *, ellipsis: str = "…") -> Line:
    """Return a line cut to `width` cells, with an ellipsis if it was longer."""
    if line_width(line) <= width:
        return line
    spans: list[Span] = []
    left = max(0, width)
    for text, style in line:
        if cell_len(text) >= left:
            return (*spans, (fit(text + " ", left, ellipsis=ellipsis), style))
        spans.append((text, style))
        left -= cell_len(text)
    return tuple(spans)


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a line in pieces of at most `width` cells; an empty line is one empty piece."""
    if width < 2 or not text:
        yield text
        return
    if text.isascii():
        for at in range(0, len(text), width):
            yield text[at : at + width]
        return
    start = cells = 0
    for at, char in enumerate(text):
        wide = cell_len(char)
        if cells + wide > width:
            yield text[start:at]
            start, cells = at, 0
        cells += wide
    yield text[start:]


@lru_cache(64)
def folded(text: str, width: int) -> tuple[str, ...]:
    """Return a text as lines of at most `width` cells, broken between words if possible."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and cell_len(line) + 1 + cell_len(word) > width:
                lines.append(line)
                line = ""
            pieces = list(wrapped(word, width))
            lines.extend(pieces[:-1])
            line = f"{line} {pieces[-1]}" if line else pieces[-1]
        lines.append(line)
    return tuple(lines)


def paragraph(text: str, width: int, style: str = "") -> list[Line]:
    """Return text as lines of one style, folded to a width in cells."""
    return [((line, style),) for line in folded(text, width)]


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
