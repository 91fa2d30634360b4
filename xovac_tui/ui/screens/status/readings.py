"""The readings: value, quality, change and age of every channel, in columns or in one line."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import msgspec
from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.message import Message

from xovac_tui.chamber.snapshot import ChannelView, Quality
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_age
from xovac_tui.plot.sparkline import sparkline
from xovac_tui.text import clean
from xovac_tui.ui.action import MOVING
from xovac_tui.ui.format import rate, reading, reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.lines import CHOSEN, Line, LinesWidget, Span, clip, fit, fit_label
from xovac_tui.ui.widgets.rows import EnterClicked, TwiceClicked
from xovac_tui.ui.widgets.ruled import entitle_rule
from xovac_tui.units import in_one, is_temperature

_QUALITY_STYLE = {
    Quality.GOOD: "$good",
    Quality.STALE: "$stale",
    Quality.BAD: "bold $bad",
    Quality.NO_DATA: "$no-data",
}
_FULL_WIDTH = 36
"""Cells of a reading from which on its value has its unit."""
LEAST_WIDTH = 24
"""Cells of a reading at least, where there are several columns."""
_COMFORT_WIDTH = 60
"""Cells of a reading above which another column is better than more blanks."""
_BETWEEN = 1
_OLD = 2.0
"""Seconds above which an age is worth showing."""
SPARK = 10
"""Bars of a small trend."""
PINNED_SPANS = 5
"""Spans of one channel in the line of the pinned ones."""
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
    usual: str = ""
    """Unit that is left out because the rule above says it."""

    @classmethod
    def for_width(cls, width: int, usual: str = "") -> Columns:
        """Return the parts that fit, the least important left out first."""
        if width < _FULL_WIDTH and usual:
            value, change = 7, 6
            return cls(max(4, width - 2 - value - change), value, change, 0, 0, usual)
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
) -> list[Span]:
    """Return the spans of one reading, as wide as its columns; `colour` is that of its line on the trend."""
    quality = channel.quality
    dim = quality in (Quality.STALE, Quality.NO_DATA)
    body = "$no-data" if dim else "$foreground"
    label = clean(channel.label, 60)
    old = ""
    if quality is Quality.NO_DATA:
        old = "no data"
    elif quality is Quality.BAD:
        old = "bad"
    elif channel.overdue and (channel.age or 0.0) > _OLD:
        old = format_age(channel.age)
    change = "" if dim else rate(channel, units)
    spans: list[Span] = [
        (f"{glyphs.quality(quality)} ", _QUALITY_STYLE[quality]),
        (
            fit_label(glyphs.plain(label), columns.label, ellipsis=glyphs.ellipsis),
            CHOSEN if chosen else body,
        ),
    ]
    value_style = "$no-data" if dim else "bold $foreground"
    behind = (old or glyphs.plain(change), _QUALITY_STYLE[quality] if old else "$no-data")
    if columns.usual:
        bare = channel.unit == columns.usual or not channel.unit or channel.value is None
        shown = glyphs.plain(reading(channel, units) if bare else reading_with_unit(channel, units))
        if cell_len(shown) >= columns.value or cell_len(behind[0]) >= columns.rate:
            # A value with a unit of its own takes the room of the change, and an age that of the value's.
            both = columns.value + columns.rate
            said = fit(behind[0], cell_len(behind[0]) + 1, right=True) if old else ""
            spans.append(
                (fit(shown, both - cell_len(said), right=True, ellipsis=glyphs.ellipsis), value_style)
            )
            return [*spans, (said, behind[1])]
        return [
            *spans,
            (fit(shown, columns.value, right=True), value_style),
            (fit(behind[0], columns.rate, right=True), behind[1]),
        ]
    spans.append(
        (fit(glyphs.plain(reading_with_unit(channel, units)), columns.value, right=True), value_style)
    )
    if columns.rate and columns.age:
        spans.append((fit(glyphs.plain(change), columns.rate, right=True), "$no-data"))
        spans.append((fit(old, columns.age, right=True), _QUALITY_STYLE[quality]))
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
    for channel in channels:
        old = channel.overdue and (channel.age or 0.0) > _OLD
        dim = channel.quality is not Quality.GOOD
        age = f" {format_age(channel.age)}" if old else ""
        one: list[Span] = [
            (f" {glyphs.quality(channel.quality)} ", _QUALITY_STYLE[channel.quality]),
            (fit_label(glyphs.plain(clean(channel.label, 60)), min(14, cell_len(channel.label))), ""),
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


class Readings(LinesWidget, can_focus=True):
    """The newest value of every channel with quality, change and age; pinned channels first."""

    DEFAULT_CSS = """
    Readings { height: 1fr; width: 1fr; padding: 0 1; border-top: solid $border-blurred; }
    Readings:focus { border-top: solid $border; }
    Readings.-line { border: none; padding: 0; }
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
        self._colours: Mapping[str, str] = {}
        self._advice = ""
        self._places: dict[int, tuple[int, int, int]] = {}
        """Number of a shown channel -> its row, and the cells from and to which it is drawn."""
        self._chosen = 0
        self._moved = False
        """The user chose a channel: the cursor stays on it when the order changes, else at the top."""
        self._top = 0
        self._clicks = TwiceClicked()
        self.full = False
        """Every channel with all that is known of it: for the enlarged view."""

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
        colours: Mapping[str, str] | None = None,
        advice: str = "",
        units: DisplayUnits = AS_REPORTED,
    ) -> None:
        """Show these channels; `trend` returns the newest values for the small trends.

        `moment` is what these values depend on beside the channels. `why` is shown if there are no
        channels: the reason for the missing link. `left_out` is a sentence about values without a channel.
        `colours` are the styles of channels on the trend, `advice` what the rule above says behind its title.
        """
        before = self.chosen
        self._why, self._left_out = why, left_out
        self._units = units
        self._colours, self._advice = colours or {}, advice
        self._channels, self._trend = channels, trend
        if before is not None and (self.chosen is None or self.chosen.full_name != before.full_name):
            names = [channel.full_name for channel in channels]
            stays = self._moved and before.full_name in names
            self._chosen = names.index(before.full_name) if stays else 0
        # An age is shown only where it is overdue.
        aged = [one if one.overdue else msgspec.structs.replace(one, age=None) for one in channels]
        inputs = (aged, moment, why, left_out, self._colours, advice, units)
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
        self._moved = True
        self.draw()
        self.post_message(self.Chosen())

    def copied(self) -> Copied | None:
        """Return the value of the chosen channel."""
        one = self.chosen
        return None if one is None else Copied(clean(one.label, 60), reading_with_unit(one, self._units))

    def on_click(self, event: events.Click) -> None:
        """Choose the reading that was clicked; a second click on it does what enter does."""
        row, column = event.y - self.gutter.top, event.x - self.gutter.left
        for index, place in self._places.items():
            if place[0] == row and place[1] <= column < place[2]:
                chosen, self._chosen = self._chosen == index, index
                self._moved = True
                self.draw()
                self.post_message(self.Chosen())
                if self._clicks.is_second(self._channels[index].full_name) and chosen:
                    self.post_message(EnterClicked())
                return

    def watch_has_focus(self, value: bool) -> None:
        """Show or hide the cursor."""
        super().watch_has_focus(value)
        if not value:
            self._clicks.forget()
        self.draw()

    def draw(self) -> None:
        """Lay out again."""
        width, height = self.size.width, self.size.height
        if not width or not height:
            return
        self._places = {}
        if height == 1 and self._channels:
            first = self._chosen if self.has_focus else 0
            shown = self._channels[first:]
            chosen = self.chosen if self.has_focus else None
            line = pinned_line(
                shown,
                len(self._channels),
                width,
                self._glyphs,
                self._keys["all-channels"],
                chosen,
                self._units,
            )
            self.show_lines([line])
            x = 0
            for number in range(len(line) // PINNED_SPANS):
                spans = line[number * PINNED_SPANS : (number + 1) * PINNED_SPANS]
                end = x + sum(cell_len(text) for text, _ in spans)
                self._places[first + number] = (0, x, end)
                x = end
            return
        said = textwrap.wrap(self._left_out, max(20, width - 1))[: height - 1]
        below: list[Line] = [((f" {line}", "$stale"),) for line in said]
        self.show_lines([*self._layout(width, height - len(below)), *below])

    def _columns(self, width: int, height: int) -> int:
        """Return the number of columns: enough for all channels, and not mostly blank."""
        most = max(1, (width + _BETWEEN) // ((_FULL_WIDTH if self.full else LEAST_WIDTH) + _BETWEEN))
        needed = -(-len(self._channels) // height)
        return min(most, max(needed, width // _COMFORT_WIDTH))

    def _layout(self, width: int, height: int) -> list[Line]:
        title: list[Span] = [("Readings", "$foreground")]
        if self._advice:
            title.append((f"  {self._advice}", "$stale"))
        if not self._channels:
            entitle_rule(self, title, glyphs=self._glyphs)
            reason = textwrap.wrap(self._glyphs.plain(clean(self._why, 1000)), max(20, width - 2))
            first: Line = ((" Nothing has been received yet.", "$no-data"),)
            return [first, *(((f" {line}", "$foreground"),) for line in reason)][:height]
        count = self._columns(width, height)
        # The last place counts the channels left out.
        room = height * count
        room = room - 1 if len(self._channels) > room > 1 else room
        if self._chosen < self._top or not self.has_focus:
            self._top = min(self._top, self._chosen) if self.has_focus else 0
        if self.has_focus and self._chosen >= self._top + room:
            self._top = self._chosen - room + 1
        shown = self._channels[self._top : self._top + room]
        left_out = len(self._channels) - len(shown)
        rows = height if left_out else -(-len(shown) // count)
        column_width = (width - (count - 1) * _BETWEEN) // count
        usual = _usual(self._channels)
        columns = Columns.for_width(column_width, usual)
        unit = self._glyphs.plain(f" {self._units.unit(usual)}") if columns.usual else ""
        old = all(one.overdue for one in shown)
        heads = f"value{unit}{fit('age' if old and not columns.age else '/min', columns.rate, right=True)}"
        heads += fit("age", columns.age, right=True) if columns.age else ""
        # They end where the parts below them end; the rule has one cell and a blank behind them.
        behind = width - 1 - (column_width + _BETWEEN) * (count - 1) - columns.up_to_age
        heads += f" {self._glyphs.rule * (behind - 1)}" if behind > 1 else " " * behind
        entitle_rule(self, title, heads, glyphs=self._glyphs)
        lines: list[Line] = []
        for row in range(rows):
            spans: list[Span] = []
            for column in range(count):
                index = column * rows + row
                if column:
                    spans.append((" " * _BETWEEN, ""))
                if index < len(shown):
                    x = column * (column_width + _BETWEEN)
                    self._places[self._top + index] = (row, x, x + column_width)
                    part = self._reading(shown[index], columns)
                    used = sum(cell_len(text) for text, _ in part)
                    spans += [*part, (" " * (column_width - used), "")]
                elif left_out and column == count - 1 and row == rows - 1:
                    spans.append((self._more(len(shown), column_width), "$no-data"))
                else:
                    spans.append((" " * column_width, ""))
            lines.append(tuple(spans))
        return lines

    def _more(self, shown: int, width: int) -> str:
        """Return how many channels are not seen, and the key that shows them, as far as they fit."""
        above, below = self._top, len(self._channels) - self._top - shown
        hidden = [f"{above} above"] * bool(above) + [f"{below} more"] * bool(below)
        said = f"{self._glyphs.ellipsis} {', '.join(hidden)}"
        key = self._keys["all-channels"]
        return next(
            (
                text
                for text in (f"{said}  ({key}: all channels)", f"{said}  ({key})")
                if cell_len(text) <= width
            ),
            said,
        )

    def _reading(self, channel: ChannelView, columns: Columns) -> list[Span]:
        chosen = self.has_focus and channel is self.chosen
        spark = ""
        if columns.spark and channel.value is not None and not channel.is_bool:
            newest = self._trend(channel.full_name, SPARK)
            least = 0.0 if channel.log else _quiet(channel.unit)
            spark = sparkline(newest, SPARK, self._glyphs.ascii, least=least, log=channel.log)
        colour = self._colours.get(channel.full_name, "")
        return reading_line(
            channel, columns, self._glyphs, spark, chosen=chosen, units=self._units, colour=colour
        )


def _usual(channels: Sequence[ChannelView]) -> str:
    """Return the unit of temperature that most channels have; empty if none has one."""
    found = [one.unit for one in channels if one.value is not None and is_temperature(one.unit)]
    return max(dict.fromkeys(found), key=found.count, default="")


def _quiet(unit: str) -> float:
    """Return the change below which a small trend is drawn flat, in a unit; 0 if that is no temperature."""
    return _QUIET * (in_one(unit, "K") or 0.0) if is_temperature(unit) else 0.0
