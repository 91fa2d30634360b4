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

from xovac_tui.chamber.snapshot import ChannelView
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.plot.sparkline import sparkline
from xovac_tui.text import clean
from xovac_tui.ui.action import MOVING
from xovac_tui.ui.format import reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.status.reading_lines import (
    BETWEEN,
    COMFORT_WIDTH,
    FULL_WIDTH,
    LEAST_WIDTH,
    PINNED_SPANS,
    SPARK,
    USUAL_NAME,
    Columns,
    is_word,
    labels_of,
    pinned_line,
    reading_line,
)
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, distinct_labels, fit
from xovac_tui.ui.widgets.rows import EnterClicked, TwiceClicked
from xovac_tui.ui.widgets.ruled import entitle_rule
from xovac_tui.units import in_one, is_temperature

Trend = Callable[[str, int], Sequence[float]]
"""Function from full name and number of bins to the newest values of a channel, NaN for gaps."""
_QUIET = 1.0
"""Smallest span of a small trend, K, so that small changes look small."""


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
        most = max(1, (width + BETWEEN) // ((FULL_WIDTH if self.full else LEAST_WIDTH) + BETWEEN))
        needed = -(-len(self._channels) // height)
        return min(most, max(needed, width // COMFORT_WIDTH))

    def _arrange(self, width: int, height: int, usual: str) -> tuple[int, Columns]:
        """Return the number of columns, and their parts.

        Names of usual length are whole where that is possible: the change gives way to them, then a column
        that is not needed to show every channel.
        """
        most = self._columns(width, height)
        fewest = min(most, -(-len(self._channels) // max(1, height)))
        numbers = labels_of([one for one in self._channels if not is_word(one)], self._glyphs)
        wanted = min(USUAL_NAME, max((cell_len(one) for one in numbers), default=0))
        tried = []
        for count in range(most, max(1, fewest) - 1, -1):
            room = (width - (count - 1) * BETWEEN) // count
            tried.append((count, Columns.for_width(room, usual, wanted)))
        return next((one for one in tried if one[1].label >= wanted), tried[0])

    def _layout(self, width: int, height: int) -> list[Line]:
        title: list[Span] = [("Readings", "$foreground")]
        if self._advice:
            title.append((f"  {self._advice}", "$stale"))
        if not self._channels:
            entitle_rule(self, title, glyphs=self._glyphs)
            reason = textwrap.wrap(self._glyphs.plain(clean(self._why, 1000)), max(20, width - 2))
            first: Line = ((" Nothing has been received yet.", "$no-data"),)
            return [first, *(((f" {line}", "$foreground"),) for line in reason)][:height]
        usual = _usual(self._channels)
        labels = labels_of(self._channels, self._glyphs)
        count, columns = self._arrange(width, height, usual)
        names = distinct_labels(labels, columns.label, ellipsis=self._glyphs.ellipsis)
        # The last place counts the channels left out.
        room = height * count
        room = room - 1 if len(self._channels) > room > 1 else room
        if self._chosen < self._top or not self.has_focus:
            self._top = min(self._top, self._chosen) if self.has_focus else 0
        if self.has_focus and self._chosen >= self._top + room:
            self._top = self._chosen - room + 1
        # A terminal that has grown has room above the chosen one too.
        self._top = min(self._top, max(0, len(self._channels) - room))
        shown = self._channels[self._top : self._top + room]
        left_out = len(self._channels) - len(shown)
        rows = height if left_out else -(-len(shown) // count)
        column_width = (width - (count - 1) * BETWEEN) // count
        unit = self._glyphs.plain(f" {self._units.unit(usual)}") if columns.usual else ""
        old = all(one.overdue for one in shown)
        behind = "" if columns.arrow else "age" if old and not columns.age else "/min"
        heads = f"value{unit}{fit(behind, columns.rate, right=True)}"
        heads += fit("age", columns.age, right=True) if columns.age else ""
        # They end where the parts below them end; the border has a blank and a cell of rule behind them.
        free = width - 1 - (column_width + BETWEEN) * (count - 1) - columns.up_to_age
        entitle_rule(self, title, heads, behind=max(0, free), glyphs=self._glyphs)
        lines: list[Line] = []
        for row in range(rows):
            spans: list[Span] = []
            for column in range(count):
                index = column * rows + row
                if column:
                    spans.append((" " * BETWEEN, ""))
                if index < len(shown):
                    x = column * (column_width + BETWEEN)
                    self._places[self._top + index] = (row, x, x + column_width)
                    part = self._reading(shown[index], columns, names)
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

    def _reading(self, channel: ChannelView, columns: Columns, names: Mapping[str, str]) -> list[Span]:
        chosen = self.has_focus and channel is self.chosen
        spark = ""
        if columns.spark and channel.value is not None and not channel.is_bool:
            newest = self._trend(channel.full_name, SPARK)
            least = 0.0 if channel.log else _quiet(channel.unit)
            spark = sparkline(newest, SPARK, self._glyphs.ascii, least=least, log=channel.log)
        colour = self._colours.get(channel.full_name, "")
        return reading_line(
            channel,
            columns,
            self._glyphs,
            spark,
            chosen=chosen,
            units=self._units,
            colour=colour,
            names=names,
        )


def _usual(channels: Sequence[ChannelView]) -> str:
    """Return the unit of temperature that most channels have; empty if none has one."""
    found = [one.unit for one in channels if one.value is not None and is_temperature(one.unit)]
    return max(dict.fromkeys(found), key=found.count, default="")


def _quiet(unit: str) -> float:
    """Return the change below which a small trend is drawn flat, in a unit; 0 if that is no temperature."""
    return _QUIET * (in_one(unit, "K") or 0.0) if is_temperature(unit) else 0.0
