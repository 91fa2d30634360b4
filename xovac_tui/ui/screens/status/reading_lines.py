"""Readings as lines: one in columns, and several in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from rich.cells import cell_len

from xovac_tui.chamber.snapshot import ChannelView, Quality
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age
from xovac_tui.text import clean
from xovac_tui.ui.format import rate, reading, reading_with_unit
from xovac_tui.ui.glyphs import QUALITY_STYLE, Glyphs
from xovac_tui.ui.screens.status.hero import trend_arrow
from xovac_tui.ui.widgets.lines import CHOSEN, Line, Span, clip, distinct_labels, fit, fit_label

FULL_WIDTH = 36
"""Cells of a reading from which on its value has its unit."""
LEAST_WIDTH = 24
"""Cells of a reading at least, where there are several columns."""
COMFORT_WIDTH = 60
"""Cells of a reading above which another column is better than more blanks."""
BETWEEN = 1
_ARROW = 2
"""Cells of a change that is only an arrow."""
USUAL_NAME = 16
"""Cells of a name up to which it is whole where room for it can be made."""
_OLD = 2.0
"""Seconds above which an age is worth showing."""
SPARK = 10
"""Bars of a small trend."""
_PINNED_NAME = 16
PINNED_SPANS = 5
"""Spans of one channel in the line of the pinned ones."""


class Columns(msgspec.Struct, frozen=True):
    """Widths of the parts of one reading, cells; 0 leaves a part out."""

    label: int
    value: int
    rate: int
    age: int
    spark: int
    usual: str = ""
    """Unit that is left out because the rule above says it."""
    arrow: bool = False
    """The change is only an arrow."""

    @classmethod
    def for_width(cls, width: int, usual: str = "", label: int = 0) -> Columns:
        """Return the parts that fit, the least important left out first.

        So that names of `label` cells are whole the change becomes an arrow, or goes.
        """
        if width < FULL_WIDTH and usual:
            value, change = 7, 6
            rest = width - 2 - value
            if label > rest - change:
                change = _ARROW if label <= rest - _ARROW else 0
            return cls(max(4, rest - change), value, change, 0, 0, usual, arrow=change == _ARROW)
        value, change, old, spark = 13, 8, 7, SPARK + 1
        rest = width - 2 - value
        if rest - change - old - spark >= 16:
            return cls(min(30, rest - change - old - spark), value, change, old, spark)
        # Narrow: change and age share a column, because a stale value has no change.
        if rest - change >= 10:
            return cls(min(24, rest - change), value, change, 0, 0)
        return cls(max(4, rest), value, 0, 0, 0)

    @property
    def up_to_age(self) -> int:
        """Cells up to the end of the age, or of the change where it has no column."""
        return 2 + self.label + self.value + self.rate + self.age


def reading_line(
    channel: ChannelView,
    columns: Columns,
    glyphs: Glyphs,
    spark: str,
    *,
    chosen: bool,
    units: DisplayUnits = AS_REPORTED,
    colour: str = "",
    names: Mapping[str, str] | None = None,
) -> list[Span]:
    """Return the spans of one reading, as wide as its columns.

    `colour` is that of its line on the trend; `names` has the labels as they are cut for these columns.
    """
    quality = channel.quality
    dim = quality in (Quality.STALE, Quality.NO_DATA)
    body = CHOSEN if chosen else "$no-data" if dim else "$foreground"
    label = glyphs.plain(clean(channel.label, 60))
    old = ""
    if quality is Quality.NO_DATA:
        old = "no data"
    elif quality is Quality.BAD:
        old = "bad"
    elif channel.overdue and (channel.age or 0.0) > _OLD:
        old = format_age(channel.age)
    change = "" if dim else trend_arrow(channel, glyphs) if columns.arrow else rate(channel, units)
    sign: Span = (f"{glyphs.quality(quality)} ", QUALITY_STYLE[quality])
    value_style = "$no-data" if dim else "bold $foreground"
    behind = (old or glyphs.plain(change), QUALITY_STYLE[quality] if old else "$no-data")

    def name(width: int) -> Span:
        cut = (names or {}).get(label, "") if width == columns.label else ""
        return cut or fit_label(label, width, ellipsis=glyphs.ellipsis), body

    if columns.usual:
        bare = channel.unit == columns.usual or not channel.unit or channel.value is None
        shown = glyphs.plain(reading(channel, units) if bare else reading_with_unit(channel, units))
        # A word leaves room to a long name: it has no change.
        longer = is_word(channel) and cell_len(label) > columns.label
        if not longer and cell_len(shown) < columns.value and cell_len(behind[0]) < max(1, columns.rate):
            return [
                sign,
                name(columns.label),
                (fit(shown, columns.value, right=True), value_style),
                (fit(behind[0], columns.rate, right=True), behind[1]),
            ]
        # A value with a unit of its own takes the room of the change, then of the name, as an age does.
        said = f" {old}" if old else ""
        room = columns.label + columns.value + columns.rate
        needed = cell_len(shown) + 1 + cell_len(said)
        width = min(max(columns.label, cell_len(label) if longer else 0), max(4, room - needed))
        shown = fit(shown, room - width - cell_len(said), right=True, ellipsis=glyphs.ellipsis)
        return [sign, name(width), (shown, value_style), (said, behind[1])]
    spans: list[Span] = [sign, name(columns.label)]
    spans.append(
        (fit(glyphs.plain(reading_with_unit(channel, units)), columns.value, right=True), value_style)
    )
    if columns.rate and columns.age:
        spans.append((fit(glyphs.plain(change), columns.rate, right=True), "$no-data"))
        spans.append((fit(old, columns.age, right=True), QUALITY_STYLE[quality]))
    elif columns.rate:
        spans.append((fit(behind[0], columns.rate, right=True), behind[1]))
    if columns.spark:
        tone = "$no-data" if dim else colour or "$foreground-muted"
        spans.append((" " + fit(spark, columns.spark - 1), tone))
    return spans


def pinned_line(
    channels: Sequence[ChannelView],
    count: int,
    width: int,
    glyphs: Glyphs,
    key: str,
    chosen: ChannelView | None,
    units: DisplayUnits = AS_REPORTED,
) -> Line:
    """Return the first channels in one line, with how many of `count` there are beside them."""
    spans: list[Span] = []
    shown = 0
    names = distinct_labels(labels_of(channels, glyphs), _PINNED_NAME, ellipsis=glyphs.ellipsis)
    for channel in channels:
        old = channel.overdue and (channel.age or 0.0) > _OLD
        dim = channel.quality is not Quality.GOOD
        age = f" {format_age(channel.age)}" if old else ""
        one: list[Span] = [
            (f" {glyphs.quality(channel.quality)} ", QUALITY_STYLE[channel.quality]),
            (names[glyphs.plain(clean(channel.label, 60))].rstrip(), ""),
            (
                f" {glyphs.plain(reading_with_unit(channel, units))}",
                "$no-data" if dim else "bold $foreground",
            ),
            (age, "$stale"),
            (" ", ""),
        ]
        if channel is chosen:
            one[1] = (one[1][0], CHOSEN)
        left = count - shown - 1
        more = f" {left} more ({key})" if left else ""
        used = sum(cell_len(text) for text, _ in (*spans, *one))
        if used + cell_len(more) > width:
            break
        assert len(one) == PINNED_SPANS
        spans += one
        shown += 1
    if count - shown:
        spans.append((f" {count - shown} more ({key})", "$no-data"))
    return clip(tuple(spans), width, ellipsis=glyphs.ellipsis)


def is_word(channel: ChannelView) -> bool:
    """Return whether a channel shows a word, such as on or off, and no number."""
    return channel.is_bool or (channel.value is None and bool(channel.text))


def labels_of(channels: Sequence[ChannelView], glyphs: Glyphs) -> tuple[str, ...]:
    """Return the different labels of channels as they are shown, uncut."""
    return tuple(dict.fromkeys(glyphs.plain(clean(one.label, 60)) for one in channels))
