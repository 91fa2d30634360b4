"""The readings: a line a channel with value, quality, change and age, in one column or two."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.message import Message

from xovac_tui.chamber.snapshot import ChannelView, Quality
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age
from xovac_tui.plot.sparkline import sparkline
from xovac_tui.text import clean
from xovac_tui.ui.action import MOVING
from xovac_tui.ui.format import rate, reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import CHOSEN, Line, LinesWidget, Span, fit, fit_label
from xovac_tui.units import in_one, is_temperature

_QUALITY_STYLE = {
    Quality.GOOD: "$good",
    Quality.STALE: "$stale",
    Quality.BAD: "bold $bad",
    Quality.NO_DATA: "$no-data",
}
_COLUMN_WIDTH = 36
SPARK = 10
"""Bars of a small trend."""
_QUIET = 1.0
"""Smallest span of a small trend, K, so that small changes look small."""

Trend = Callable[[str, int], Sequence[float]]
"""Function from full name and number of bins to the newest values of a channel, NaN for gaps."""


class Columns(msgspec.Struct, frozen=True):
    """Widths of the parts of one reading, cells; 0 leaves a part out."""

    label: int
    value: int
    rate: int
    age: int
    spark: int

    @classmethod
    def for_width(cls, width: int) -> Columns:
        """Return the parts that fit, the least important left out first."""
        value, change, old, spark = 13, 8, 7, SPARK + 1
        rest = width - 2 - value
        if rest - change - old - spark >= 16:
            return cls(min(30, rest - change - old - spark), value, change, old, spark)
        # Narrow: change and age share a column, because a stale value has no change.
        if rest - change >= 10:
            return cls(min(24, rest - change), value, change, 0, 0)
        return cls(max(4, rest), value, 0, 0, 0)


def reading_line(
    channel: ChannelView,
    columns: Columns,
    glyphs: Glyphs,
    spark: str,
    *,
    chosen: bool,
    units: DisplayUnits = AS_REPORTED,
) -> list[Span]:
    """Return the spans of one reading, as wide as its columns."""
    quality = channel.quality
    dim = quality in (Quality.STALE, Quality.NO_DATA)
    body = "$no-data" if dim else "$foreground"
    label = clean(channel.label, 60)
    old = ""
    if quality is Quality.NO_DATA:
        old = "no data"
    elif quality is Quality.BAD:
        old = "bad"
    elif channel.overdue:
        old = format_age(channel.age)
    change = "" if dim else rate(channel, units)
    spans: list[Span] = [
        (f"{glyphs.quality(quality)} ", _QUALITY_STYLE[quality]),
        (
            fit_label(glyphs.plain(label), columns.label, ellipsis=glyphs.ellipsis),
            CHOSEN if chosen else body,
        ),
        (
            fit(glyphs.plain(reading_with_unit(channel, units)), columns.value, right=True),
            "$no-data" if dim else "bold $foreground",
        ),
    ]
    if columns.rate and columns.age:
        spans.append((fit(glyphs.plain(change), columns.rate, right=True), "$no-data"))
        spans.append((fit(old, columns.age, right=True), _QUALITY_STYLE[quality]))
    elif columns.rate:
        spans.append(
            (
                fit(old or glyphs.plain(change), columns.rate, right=True),
                _QUALITY_STYLE[quality] if old else "$no-data",
            )
        )
    if columns.spark:
        spans.append((" " + fit(spark, columns.spark - 1), "$series-1"))
    return spans


class Readings(LinesWidget, can_focus=True):
    """The newest value of every channel with quality, change and age; pinned channels first."""

    DEFAULT_CSS = """
    Readings { height: 1fr; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = MOVING

    class Chosen(Message):
        """Another channel was chosen."""

    def __init__(self, glyphs: Glyphs, keys: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs, self._keys = glyphs, keys
        self._channels: tuple[ChannelView, ...] = ()
        self._trend: Trend = lambda name, bins: ()
        self._why = self._left_out = ""
        self._units = AS_REPORTED
        self._inputs: tuple[object, ...] = ()
        """What the shown lines were made from, beside size, focus and cursor, which draw by themselves."""
        self._chosen = 0
        self._top = 0
        self.full = False
        """One line a channel, whatever the height: for the enlarged view."""

    @property
    def chosen(self) -> ChannelView | None:
        """The channel under the cursor."""
        return self._channels[self._chosen] if self._chosen < len(self._channels) else None

    def show(
        self,
        channels: tuple[ChannelView, ...],
        trend: Trend,
        moment: tuple[int, ...] = (),
        *,
        why: str = "",
        left_out: str = "",
        units: DisplayUnits = AS_REPORTED,
    ) -> None:
        """Show these channels; `trend` returns the newest values for the small trends.

        `moment` is what these values depend on beside the channels. `why` is shown if there are no
        channels: the reason for the missing link. `left_out` is a sentence about values without a channel.
        """
        before = self.chosen
        self._why, self._left_out, self._units = why, left_out, units
        self._channels, self._trend = channels, trend
        if before is not None and (self.chosen is None or self.chosen.full_name != before.full_name):
            names = [channel.full_name for channel in channels]
            self._chosen = names.index(before.full_name) if before.full_name in names else 0
        # An age is shown only where it is overdue.
        aged = [one if one.overdue else msgspec.structs.replace(one, age=None) for one in channels]
        inputs = (aged, moment, why, left_out, units)
        if inputs != self._inputs:
            # A hidden tab has no room to draw in: it is drawn when it has.
            self._inputs = inputs if self.size else ()
            self.draw()

    def choose(self, full_name: str) -> bool:
        """Put the cursor on a channel; return whether it is shown."""
        names = [channel.full_name for channel in self._channels]
        if full_name not in names:
            return False
        self.action_move(names.index(full_name) - self._chosen)
        return True

    def action_page(self, pages: int) -> None:
        """Choose a channel ten further up or down."""
        self.action_move(10 * pages)

    def action_move(self, rows: int) -> None:
        """Choose another channel."""
        self._chosen = max(0, min(len(self._channels) - 1, self._chosen + rows))
        self.draw()
        self.post_message(self.Chosen())

    def watch_has_focus(self, value: bool) -> None:
        """Show or hide the cursor."""
        super().watch_has_focus(value)
        self.draw()

    def draw(self) -> None:
        """Lay out again."""
        width, height = self.size.width, self.size.height
        if width and height:
            said = textwrap.wrap(self._left_out, max(20, width - 1))[: height - 1]
            below: list[Line] = [((f" {line}", "$stale"),) for line in said]
            self.show_lines([*self._layout(width, height - len(below)), *below])

    def _layout(self, width: int, height: int) -> list[Line]:
        if not self._channels:
            reason = textwrap.wrap(self._glyphs.plain(clean(self._why, 1000)), max(20, width - 2))
            first: Line = ((" Nothing has been received yet.", "$no-data"),)
            return [first, *(((f" {line}", "$foreground"),) for line in reason)][:height]
        count = 1
        if not self.full and len(self._channels) > height and width >= 2 * _COLUMN_WIDTH:
            count = min(3, width // _COLUMN_WIDTH)
        room = height * count
        if len(self._channels) > room:
            # The last row counts the channels left out.
            room = (height - 1) * count
        room = max(1, room)
        if self._chosen < self._top or not self.has_focus:
            self._top = min(self._top, self._chosen) if self.has_focus else 0
        if self.has_focus and self._chosen >= self._top + room:
            self._top = self._chosen - room + 1
        shown = self._channels[self._top : self._top + room]
        rows = -(-len(shown) // count)
        column_width = (width - (count - 1) * 2) // count
        columns = Columns.for_width(column_width)
        lines: list[Line] = []
        for row in range(rows):
            spans: list[Span] = []
            for column in range(count):
                index = column * rows + row
                if index < len(shown):
                    if column:
                        spans.append(("  ", ""))
                    spans += self._reading(shown[index], columns)
            lines.append(tuple(spans))
        above, below = self._top, len(self._channels) - self._top - len(shown)
        if above or below:
            hidden = [f"{above} above"] * bool(above) + [f"{below} more"] * bool(below)
            said = (
                f"{self._glyphs.ellipsis} {', '.join(hidden)}  ({self._keys['all-channels']}: all channels)"
            )
            lines.append(((said, "$no-data"),))
        return lines

    def _reading(self, channel: ChannelView, columns: Columns) -> list[Span]:
        chosen = self.has_focus and channel is self.chosen
        spark = ""
        if columns.spark and channel.value is not None and not channel.is_bool:
            newest = self._trend(channel.full_name, SPARK)
            least = 0.0 if channel.log else _quiet(channel.unit)
            spark = sparkline(newest, SPARK, self._glyphs.ascii, least=least, log=channel.log)
        return reading_line(channel, columns, self._glyphs, spark, chosen=chosen, units=self._units)


def _quiet(unit: str) -> float:
    """Return the change below which a small trend is drawn flat, in a unit; 0 if that is no temperature."""
    return _QUIET * (in_one(unit, "K") or 0.0) if is_temperature(unit) else 0.0
