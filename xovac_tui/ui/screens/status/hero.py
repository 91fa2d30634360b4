"""The hero row: the controlled temperature, the pressure and the step, for a look from arm's length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from rich.cells import cell_len

from xovac_tui import runs
from xovac_tui.api.contract import Role
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import ChannelView, Quality, RunState, Snapshot
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.durations import format_age, format_duration
from xovac_tui.plot.sparkline import sparkline
from xovac_tui.text import clean
from xovac_tui.ui.format import Times, reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.status.run_lines import result_style, run_lines, silence_words
from xovac_tui.ui.screens.status.run_moment import RunMoment, steady
from xovac_tui.ui.widgets import run_words
from xovac_tui.ui.widgets.band_words import when_in_band
from xovac_tui.ui.widgets.copied import Copied
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, clip, fit, line_width
from xovac_tui.units import is_temperature, to_celsius

Trend = Callable[[str, int], Sequence[float]]
"""Function from full name and number of bins to the newest values of a channel, NaN for gaps."""
Tint = Callable[[float], str]
"""Function from degC to the style of a temperature; empty where colours do not allow it."""
State = Callable[[str, int], object]
"""Function from full name and number of bins to what its trend depends on; equal for an equal trend."""

BRIGHT = "bold $cursor"
"""Style of what has to be seen first: no theme has a colour that stands out more from its background."""
MUTED = "$no-data"
SPARK_ROWS = 3
"""Rows of the hero with its sparklines; one less without."""
FULL_ROWS = 8
"""Rows from which on everything about the run is below the hero."""
_REPLAY = "REPLAY  "
_MARGIN = 2
_BETWEEN = 2
_STEADY_RATIO, _STEADY = 0.002, 0.05
"""Changes per minute, of a logarithmic channel and of others, below which a value is drawn as steady."""
_OLD = 2.0
"""Seconds above which an age is worth showing."""


class Look(msgspec.Struct, frozen=True):
    """How the hero is drawn: signs, times, keys, and what a value's colour says."""

    glyphs: Glyphs
    times: Times
    keys: Mapping[str, str]
    trend: Trend = lambda name, bins: ()
    tint: Tint = lambda celsius: ""
    state: State = lambda name, bins: None
    replay: bool = False


def leading(channels: Sequence[ChannelView]) -> tuple[ChannelView | None, ChannelView | None]:
    """Return the channels of the first two places: by their roles, else the first ones with a number."""
    first = next((one for one in channels if one.role is Role.CONTROLLED), None)
    second = next((one for one in channels if one.role is Role.PRESSURE), None)
    rest = [
        one for one in channels if one not in (first, second) and one.value is not None and not one.is_bool
    ]
    if first is None and rest:
        first = rest.pop(0)
    if second is None and rest:
        second = rest.pop(0)
    return first, second


def hero_lines(
    moment: RunMoment, channels: Sequence[ChannelView], width: int, height: int, look: Look
) -> list[Line]:
    """Return the hero's lines: heading, value and, if there is room, a sparkline or a second fact."""
    rows = min(height, SPARK_ROWS)
    first, second = leading(channels)
    left, middle = _widths(width)
    right = width - _MARGIN - left - middle - 2 * _BETWEEN - 1
    places = (
        (_temperature(moment, first, left, rows, look), left),
        (_pressure(second, middle, rows, look, moment.units), middle),
        (_step(moment, right, rows, look), right),
    )
    lines: list[Line] = []
    for row in range(rows):
        spans: list[Span] = [(" " * _MARGIN, "")]
        for place, (made, room) in enumerate(places):
            if place:
                spans.append((" " * _BETWEEN, ""))
            spans += _filled(made[row] if row < len(made) else (), room, look.glyphs)
        lines.append(tuple(spans))
    if height >= FULL_ROWS:
        about = run_lines(
            moment, width - 2 * _MARGIN, height - rows - 1,
            glyphs=look.glyphs, times=look.times, keys=look.keys,
        )  # fmt: skip
        lines += [(), *(((" " * _MARGIN, ""), *line) for line in about)]
    return lines


def _widths(width: int) -> tuple[int, int]:
    """Return the cells of the first two places."""
    return max(18, min(34, width * 26 // 100)), max(15, min(32, width * 24 // 100))


def _filled(line: Line, width: int, glyphs: Glyphs) -> Line:
    """Return a line of exactly `width` cells."""
    cut = clip(line, max(0, width), ellipsis=glyphs.ellipsis)
    return (*cut, (" " * max(0, width - sum(cell_len(text) for text, _ in cut)), ""))


def _apart(left: Line, right: Line, width: int) -> Line:
    """Return two texts at both ends of a place; the right one goes if there is no room for it."""
    used, more = (sum(cell_len(text) for text, _ in one) for one in (left, right))
    return (*left, (" " * (width - used - more), ""), *right) if more and used + more + 2 <= width else left


# -- the values -------------------------------------------------------------------------------------------


def _heading(channel: ChannelView, width: int, glyphs: Glyphs) -> Line:
    label = glyphs.plain(clean(channel.label, 60)).upper()
    return ((fit(label, width, ellipsis=glyphs.ellipsis), MUTED),)


def _in_rows(channel: ChannelView, value: list[Span], width: int, glyphs: Glyphs) -> list[Line]:
    """Return heading and value; an age that has no room behind the value stands behind the heading."""
    if len(value) > 1 and channel.quality is Quality.STALE and line_width(value) > width:
        label = glyphs.plain(clean(channel.label, 60)).upper()
        age = value.pop()
        room = max(1, width - cell_len(age[0]))
        head: Line = ((fit(label, min(room, cell_len(label)), ellipsis=glyphs.ellipsis), MUTED), age)
        return [head, tuple(value)]
    return [_heading(channel, width, glyphs), tuple(value)]


def _value(channel: ChannelView, style: str, glyphs: Glyphs, units: DisplayUnits) -> list[Span]:
    """Return the value, dimmed and with its age where it is not of now."""
    shown = glyphs.plain(reading_with_unit(channel, units))
    quality = channel.quality
    if quality is Quality.GOOD:
        return [(shown, style)]
    if quality is Quality.STALE:
        old = channel.age is not None and channel.age > _OLD
        return [(shown, MUTED), (f" {glyphs.ring}{format_age(channel.age)}" if old else "", "$stale")]
    word = "no data" if quality is Quality.NO_DATA else "bad"
    return [(glyphs.plain("—"), MUTED), (f"  {word}", "$bad" if quality is Quality.BAD else MUTED)]


def _spark(channel: ChannelView, width: int, look: Look, style: str) -> Line:
    if channel.value is None or channel.is_bool:
        return ()
    least = 1.0 if is_temperature(channel.unit) else 0.0
    bars = sparkline(
        look.trend(channel.full_name, width), width, look.glyphs.ascii, least=least, log=channel.log
    )
    # A gap is a blank: dots would be louder than the bars.
    return ((bars.replace("·", " "), style if channel.quality is Quality.GOOD else MUTED),)


def _temperature(
    moment: RunMoment, channel: ChannelView | None, width: int, rows: int, look: Look
) -> list[Line]:
    glyphs, run = look.glyphs, moment.snapshot.run
    if channel is None:
        return [(("TEMPERATURE", MUTED),), ((glyphs.plain("—"), MUTED), ("  no data", MUTED))]
    celsius = to_celsius(channel.value, channel.unit) if channel.value is not None else None
    tint = look.tint(celsius) if celsius is not None else ""
    spans = _value(channel, f"bold {tint or '$cursor'}", glyphs, moment.units)
    controlled = channel.role is Role.CONTROLLED and channel.quality is Quality.GOOD
    if controlled and run.target is not None and moment.on and not run.stale:
        target = glyphs.plain(f"  → {moment.units.number(run.target, run.temperature_unit)}")
        if sum(cell_len(text) for text, _ in spans) + cell_len(target) <= width:
            spans.append((target, MUTED))
    lines = _in_rows(channel, spans, width, glyphs)
    if rows >= SPARK_ROWS:
        lines.append(_spark(channel, width - _BETWEEN, look, tint or "$series-1"))
    return lines


def trend_arrow(channel: ChannelView, glyphs: Glyphs) -> str:
    """Return where a value goes; empty where its change is not known."""
    change = channel.per_minute
    if change is None or channel.quality is not Quality.GOOD:
        return ""
    steady = _STEADY_RATIO if channel.log else _STEADY
    signs = r"\-/" if glyphs.ascii else "↘→↗"
    return signs[0] if change < -steady else signs[2] if change > steady else signs[1]


def _pressure(
    channel: ChannelView | None, width: int, rows: int, look: Look, units: DisplayUnits
) -> list[Line]:
    glyphs = look.glyphs
    if channel is None:
        return [(("PRESSURE", MUTED),), ((glyphs.plain("—"), MUTED), ("  not reported", MUTED))]
    value = _value(channel, BRIGHT, glyphs, units)
    if arrow := trend_arrow(channel, glyphs):
        value.append((f"  {arrow}", "$series-2"))
    lines = _in_rows(channel, value, width, glyphs)
    if rows >= SPARK_ROWS:
        lines.append(_spark(channel, width - _BETWEEN, look, "$series-2"))
    return lines


# -- the step ---------------------------------------------------------------------------------------------


def _step(moment: RunMoment, width: int, rows: int, look: Look) -> list[Line]:
    """Return what runs now, or what to do where nothing does."""
    width -= len(_REPLAY) if look.replay else 0
    if moment.silent or (moment.on and moment.snapshot.link.word is LinkWord.LOST):
        lines = _not_heard(moment, width, look)
    elif moment.on:
        lines = _running(moment, width, rows, look)
    else:
        lines = _resting(moment, width, rows, look)
    if look.replay:
        lines[0] = ((_REPLAY, "bold $stale"), *lines[0])
    return lines


def _not_heard(moment: RunMoment, width: int, look: Look) -> list[Line]:
    glyphs, progress, run = look.glyphs, moment.progress, moment.snapshot.run
    word = moment.snapshot.link.word
    head = f"{word.value} " if word is LinkWord.LOST else ""
    was = clean(run.word or run.state.value, 30)
    known = "NOT HEARD" if moment.unreported else f"last known: {was}"
    if cell_len(f"{glyphs.question} {head}{known}") > width and not moment.unreported:
        known = f"was {was}"
    heard = f"not heard for {silence_words(moment)}"
    on = "; it may go on"
    lines: list[Line] = [
        ((glyphs.plain(f"{glyphs.question} {head}{known}"), "bold $stale"),),
        ((heard, "$stale"), (on if cell_len(heard + on) <= width else "", MUTED)),
    ]
    if progress.ends_utc is not None:
        lines.append(((f"planned end {look.times.day_and_time(progress.ends_utc)}", MUTED),))
    return lines


def _what(followed: runs.view.RunProgress, units: DisplayUnits) -> str:
    """Return the step in few words: `HOLD −20 °C`."""
    if followed.kind == "hold" and followed.dwell is not None:
        return f"HOLD {units.temperature_words(followed.dwell.target)}"
    label = followed.label_in(units)
    return label[:1].upper() + label[1:]


def _running(moment: RunMoment, width: int, rows: int, look: Look) -> list[Line]:
    glyphs, progress, followed = look.glyphs, moment.progress, moment.planned
    run = moment.snapshot.run
    if followed is None:
        word = f"{glyphs.question} PERHAPS RUNNING" if moment.unreported else f"{glyphs.play} RUNNING"
        step = runs.view.item_words(run.step, run.steps)
        lasts: Line = ()
        if progress.elapsed is not None:
            least = "at least " if progress.elapsed_is_least else ""
            lasts = (("for ", MUTED), (f"{least}{format_duration(progress.elapsed)}", BRIGHT))
        return [
            _apart(((word, "bold $running"),), ((step, ""),), width),
            lasts,
            (("not loaded from here: its end is not known", MUTED),),
        ]
    where = f"cycle {progress.cycle[0]} of {progress.cycle[1]}" if progress.cycle else ""
    if not where and followed.step:
        where = runs.view.item_words(followed.step, followed.steps)
    if followed.estimated:
        where = f"{where}, estimated" if where else "estimated"
    sign = glyphs.question if moment.unreported else glyphs.play
    head = _apart(
        ((f"{sign} ", "$running"), (glyphs.plain(_what(followed, moment.units)), "bold")),
        ((where, "$stale" if followed.estimated else MUTED),),
        width,
    )
    ends = _ends(moment, look)
    band: Line = ((glyphs.plain(when_in_band(moment.band, moment.snapshot, look.times)), ""),)
    dwell = followed.dwell
    if dwell is None:
        clock = _clock(progress.step_elapsed, progress.step_total, width, glyphs)
        return [head, clock, _apart(ends, band, width)]
    why = run_words.why_not(dwell, followed, moment.snapshot, moment.units)
    sign = glyphs.cross if why else glyphs.dot
    counts: list[Span] = [
        ("counts ", MUTED),
        (format_age(dwell.creditable), BRIGHT if not why else "bold $stale"),
        (f" {sign}", "$stale" if why else "bold $good"),
    ]
    if why:
        counts.append((glyphs.plain(f" {why}"), "$stale"))
    if rows >= SPARK_ROWS:
        last = tuple(counts) if why else _apart(tuple(counts), ends, width)
        clock = _clock(progress.step_elapsed, progress.step_total, 0 if band[0][0] else width, glyphs)
        return [head, _apart(clock, band, width), last]
    clock = _clock(progress.step_elapsed, progress.step_total, 0, glyphs)
    return [head, tuple(counts) if why else _apart(tuple(counts), clock, width)]


def _clock(elapsed: float | None, total: float | None, width: int, glyphs: Glyphs) -> Line:
    """Return a bar with the time that has passed and the whole; without a bar where there is no room."""
    if elapsed is None:
        return (("its start was not seen", MUTED),)
    if not total:
        return ((format_duration(elapsed), BRIGHT),)
    # As wide as the longest, so that the bar keeps its length.
    words: Line = ((f" {format_duration(elapsed)}", BRIGHT), (f" / {format_duration(total)}", MUTED))
    used = 1 + 7 + 3 + 7
    if width < used + 6:
        return ((words[0][0].lstrip(), BRIGHT), words[1])
    full, empty = glyphs.bar(elapsed / total, min(34, width - used))
    return ((full, "$running"), (empty, "$grid"), *words)


def _ends(moment: RunMoment, look: Look) -> Line:
    progress, followed = moment.progress, moment.planned
    if progress.ends_utc is None:
        return ()
    spread = run_words.range_words(followed).replace(" ", "") if followed is not None else ""
    about = "about " if progress.basis and not spread else ""
    return (
        ("ends ", MUTED),
        (f"{about}{look.times.short(progress.ends_utc)}", ""),
        (look.glyphs.plain(f" {spread}") if spread else "", MUTED),
    )


def _resting(moment: RunMoment, width: int, rows: int, look: Look) -> list[Line]:
    """Return that nothing runs and what to do next, or why that is not known; then the last run."""
    glyphs, run, ended = look.glyphs, moment.snapshot.run, moment.ended
    word = moment.snapshot.link.word
    if run.stale or word is LinkWord.LOST:
        last = f", last known: {run.word or run.state.value}" if run.state is not RunState.UNKNOWN else ""
        head: Line = ((glyphs.plain(f"{glyphs.question} {word.value}{clean(last, 40)}"), "bold $stale"),)
        then = f"not heard for {silence_words(moment)}"
    elif run.state is RunState.IDLE:
        head = ((f"{glyphs.idle} IDLE", BRIGHT),)
        key = look.keys["tab-recipes"]
        then = f"{key}: start the loaded recipe" if run.recipe else f"{key}: choose a recipe and start it"
        if look.replay:
            then = "nothing runs at this moment"
    else:
        head = ((f"{glyphs.question} run state unknown", "bold $stale"),)
        then = "no message says what it does" if not run.word else f'it says "{clean(run.word, 30)}"'
    lines: list[Line] = [head, ((glyphs.plain(then), MUTED),)]
    if run.state is RunState.UNKNOWN and run.word and not run.stale and not look.replay:
        how = f"{look.keys['tab-log']}, {look.keys['edit-event']} on its message: name it"
        lines.append(((glyphs.plain(how), MUTED),))
    if ended is not None:
        when = "" if ended.ends_utc is None else look.times.day_and_time(ended.ends_utc)
        result = (f"{glyphs.result(ended.result)} {ended.result.value}", result_style(ended.result))
        lines.append((("last run ", MUTED), result, (f" {when}", "")))
        if rows < SPARK_ROWS and not run.stale:
            lines[0] = _apart(head, (("last run ", MUTED), result), width)
    return lines


class Hero(LinesWidget, can_focus=True):
    """Shows what matters most in one row; with more room everything about the run below it."""

    DEFAULT_CSS = """
    Hero { height: 3; width: 1fr; }
    Hero:focus { background: $surface; }
    """

    _shown: tuple[RunMoment, Sequence[ChannelView], Look] | None = None
    _facts: tuple[object, ...] | None = None
    """What the shown lines were made from, beside the size, for which they are drawn by themselves."""

    def show(self, moment: RunMoment, channels: Sequence[ChannelView], look: Look) -> None:
        """Show a moment of the chamber."""
        self._shown = (moment, channels, look)
        size = self.size
        facts = self._made_from(moment, channels, look, size.width) if size else None
        if facts is None or facts != self._facts:
            self._facts = facts
            self.draw()

    @staticmethod
    def _made_from(
        moment: RunMoment, channels: Sequence[ChannelView], look: Look, width: int
    ) -> tuple[object, ...] | None:
        """Return everything that the lines depend on; None where the time is part of it."""
        facts = moment.facts
        if facts is None:
            return None
        places = [
            (steady(one), look.state(one.full_name, room - _BETWEEN) if one is not None else None)
            for one, room in zip(leading(channels), _widths(width), strict=True)
        ]
        return facts, places, look

    def notify_style_update(self) -> None:
        """Draw again with the next moment: the colour of a temperature is one of the theme."""
        super().notify_style_update()
        self._facts = None

    def copied(self) -> Copied | None:
        """Return what the hero says, as text."""
        return Copied("the row at the top", self.plain)

    def draw(self) -> None:
        """Lay out again."""
        size = self.size
        if size and self._shown is not None:
            moment, channels, look = self._shown
            self.show_lines(hero_lines(moment, channels, *size, look))


def at_the_pace(channel: ChannelView, speed: float) -> ChannelView:
    """Return a channel whose change is per minute of the device, which may be faster than the clock."""
    change = channel.per_minute
    if change is None or speed in (0.0, 1.0):
        return channel
    slower = (1.0 + change) ** (1.0 / speed) - 1.0 if channel.log and change > -1.0 else change / speed
    return msgspec.structs.replace(channel, per_minute=slower)


def paced(snapshot: Snapshot, speed: float) -> Snapshot:
    """Return a snapshot whose rates are per minute of the device."""
    if speed == 1.0:
        return snapshot
    return msgspec.structs.replace(
        snapshot, channels=tuple(at_the_pace(one, speed) for one in snapshot.channels)
    )
