"""The other one-line bars: tabs, link, replay, worst alarm, and the footer with the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message

from xovac_tui import replay
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.alarm import SEVERITIES, AlarmState, AlarmsView, AlarmView
from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.durations import format_duration, format_roughly
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.alarm_words import (
    STATE_WORDS,
    age_of,
    by_urgency,
    severity_style,
    sign_of,
    who_short,
)
from xovac_tui.ui.widgets.lines import FOCUSED, Line, LinesWidget, Span, clip, fit
from xovac_tui.ui.widgets.stopbar import KeyClicked, Keys, clicked, strip_line
from xovac_tui.ui.workspace import Workspace


class FrameBar(LinesWidget):
    """A bar that shows the newest snapshot, also while the picture of the tab is held."""

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show a snapshot."""


class TabBar(LinesWidget):
    """The row of tabs; a click on one goes there."""

    DEFAULT_CSS = """
    TabBar { height: 1; background: $surface; color: $no-data; }
    """

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    _tabs: Sequence[tuple[str, str, str]] = ()
    _counts: Mapping[str, str] = {}
    """Id of a tab -> what stands behind its title."""
    _active = ""
    _ends: Sequence[tuple[int, str]] = ()
    """The column at which each tab ends, with its id."""

    def show(self, tabs: Sequence[tuple[str, str, str]], active: str) -> None:
        """Show tabs given as (id, key, title)."""
        self._tabs, self._active = tuple(tabs), active
        self.draw()

    def count(self, counts: Mapping[str, str]) -> None:
        """Show these texts behind the titles of tabs, by their ids."""
        if counts != self._counts:
            self._counts = dict(counts)
            self.draw()

    def draw(self) -> None:
        """Lay out again."""
        width = self.size.width or self.app.size.width
        line, self._ends = tab_line(self._tabs, self._active, width, self._counts)
        self.show_lines([line])

    def on_click(self, event: events.Click) -> None:
        """Go to the tab under the pointer."""
        for end, tab in self._ends:
            if event.x < end:
                self.post_message(self.Chosen(tab))
                return


def tab_line(
    tabs: Sequence[tuple[str, str, str]], active: str, width: int, counts: Mapping[str, str] | None = None
) -> tuple[Line, Sequence[tuple[int, str]]]:
    """Return the tabs' spans, and the column at which each ends, with its id.

    `counts` by the ids of tabs stand behind their titles. Where the width is short, blanks go first, then
    ends of titles; keys, counts and the active tab's title stay.
    """
    counts = counts or {}
    longest = max((cell_len(title) for _, _, title in tabs), default=0)
    for edge, most in ((1, longest), *((0, most) for most in range(longest, -1, -1))):
        spans: list[Span] = [(" ", "")]
        ends: list[tuple[int, str]] = []
        x = 1
        for tab, key, title in tabs:
            room = cell_len(title) if tab == active else most
            shown = fit(title, min(room, cell_len(title)), ellipsis="") if room else ""
            text = f"{' ' * edge}{key}{' ' if shown else ''}{shown}"
            count = f" {counts[tab]}" if counts.get(tab) else ""
            style = FOCUSED if tab == active else ""
            spans += [(text, style), (count, style or "bold $stale"), (f"{' ' * edge}", style), (" ", "")]
            x += cell_len(text + count) + edge + 1
            ends.append((x, tab))
        if x - 1 <= width:
            break
    return tuple(spans), ends


class LinkBar(FrameBar):
    """Shows on every tab why the link is down or impaired; hidden while it is good."""

    DEFAULT_CSS = """
    LinkBar { height: 1; display: none; background: $surface; }
    LinkBar.-shown { display: block; }
    """

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show the reason and the time of the next attempt; nothing while the link is good."""
        link, glyphs = snapshot.link, workspace.glyphs
        shown = bool(link.why) and link.word is not LinkWord.ONLINE and not _says(workspace, link)
        self.set_class(shown, "-shown")
        if not shown:
            return
        then = ""
        if link.next_try_mono is not None:
            wait = format_roughly(max(0.0, link.next_try_mono - snapshot.mono))
            then = f"  Next try in {wait}; {workspace.keys['reconnect']}: now."
        width = self.size.width or self.app.size.width
        if then and cell_len(clean(link.why)) > width - cell_len(then) - 4:
            # The reason needs the room: the wait is short, and the key is what helps.
            then = f"  {workspace.keys['reconnect']}: try now"
        room = width - cell_len(then) - 4
        why = clip(((clean(link.why), "$stale"),), room, ellipsis=glyphs.ellipsis)
        self.show_lines([((f" {glyphs.warning} ", "$stale"), *why, (then, "$no-data"))])

    async def on_click(self, event: events.Click) -> None:
        """Connect now."""
        await self.app.run_action("everywhere.reconnect")


def _says(workspace: Workspace, link: LinkView) -> bool:
    """Return whether the strip of alarms says why the link is impaired already."""
    there = by_urgency(workspace.station.alarms.unresolved().alarms)
    return bool(there) and there[0].waits and there[0].text == link.why and link.next_try_mono is None


class KeyBar(LinesWidget):
    """The footer: STOP, then the current keys, most important first; the rest is in the help."""

    DEFAULT_CSS = """
    KeyBar { height: 1; dock: bottom; background: $footer-background; color: $footer-description-foreground; }
    """

    _keys: Keys = ()
    _stop: Line = ()

    def show(self, keys: Keys) -> None:
        """Show (key, title) pairs from the left while they fit."""
        self._keys = tuple(keys)
        self.draw()

    def show_stop(self, stop: Line) -> None:
        """Show how to stop the recipe, before all keys and never cut."""
        if stop != self._stop:
            self._stop = stop
            self.draw()

    def draw(self) -> None:
        """Lay out again."""
        self.show_lines([strip_line(self._stop, self._keys, self.size.width or 80)])

    def on_click(self, event: events.Click) -> None:
        """Run the entry under the pointer."""
        title = clicked(self.lines[0], len(self._stop), event.x)
        if title is not None:
            self.post_message(KeyClicked(title))


_STATE = 14
"""Width of the left text in cells, so that the bar does not move when it changes."""
_LEAST_BAR = 10


class ReplayBar(FrameBar):
    """State and position of a replay."""

    DEFAULT_CSS = "ReplayBar { height: 1; background: $surface; color: $foreground; }"

    class Clicked(Message):
        """The bar was clicked: on its progress at a part of the whole, 0 to 1, else beside it."""

        def __init__(self, part: float | None) -> None:
            super().__init__()
            self.part = part

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show the replay's position."""
        if workspace.playback is not None:
            width = self.size.width or self.app.size.width
            line = replay_line(workspace.playback, width, glyphs=workspace.glyphs, times=workspace.times)
            self.show_lines([line])

    def on_click(self, event: events.Click) -> None:
        """Go to the place that was clicked; beside the progress pause, or go on."""
        self.post_message(self.Clicked(part_at(self.lines[0], event.x)))


_FULL = 2
"""Number of the span with the full part of the progress; the empty part follows."""


def part_at(line: Line, x: int) -> float | None:
    """Return which part of a replay is at a cell of its line, 0 to 1; None beside the progress."""
    start = sum(cell_len(text) for text, _ in line[:_FULL])
    room = sum(cell_len(text) for text, _ in line[_FULL : _FULL + 2])
    return (x - start) / max(1, room - 1) if start <= x < start + room else None


def replay_line(playback: replay.playback.Playback, width: int, *, glyphs: Glyphs, times: Times) -> Line:
    """Return the line's spans; the progress bar takes the room that the texts leave."""
    state = f" {replay_state(playback, glyphs)}"
    state += " " * max(0, _STATE - cell_len(state))
    day = f" {times.day_and_time(playback.replay.utc)} "
    place = f" {format_duration(playback.passed)} of {format_duration(playback.length)}"
    name = f"  {clean(playback.label, 12)} "
    # Where the width is short the name goes first, then the bar, then the length.
    if cell_len(state + day + place + name) > width:
        name = " "
    if cell_len(state + day + place + name) > width:
        place = f" {format_duration(playback.passed)}"
    room = width - cell_len(state + day + place + name) - 1
    part = max(0.0, playback.passed / playback.length) if playback.length > 0 else 1.0
    full, empty = glyphs.bar(part, room) if room >= _LEAST_BAR else ("", "")
    return (
        (state, "bold $stale"),
        (day, ""),
        (full, "$accent"),
        (empty, "$no-data"),
        (place, ""),
        (name, "$no-data"),
    )


def replay_state(playback: replay.playback.Playback, glyphs: Glyphs) -> str:
    """Return the replay's state and speed as a text."""
    if playback.seeking is not None:
        return f"{glyphs.then} seeking {playback.seeking:.0%}"
    if playback.ended:
        return f"{glyphs.idle} end"
    if playback.paused:
        return f"{glyphs.idle} paused"
    return glyphs.plain(f"{glyphs.play} ×{playback.speed:g}")


_ALL = 3
"""Parts beside the alarm's text: its state, the number of others, their tab."""
_LEAST_TEXT = 12
"""Cells that the alarm's text keeps; the parts beside it go first."""


class AlarmStrip(FrameBar):
    """Shows the most urgent alarm, the number of others, and their tab; hidden while none is active."""

    DEFAULT_CSS = """
    AlarmStrip { height: 1; display: none; background: $surface; }
    AlarmStrip.-shown { display: block; }
    """

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show the currently active alarms, or hide."""
        width = self.size.width or self.app.size.width
        unresolved = workspace.station.alarms.unresolved()
        line = alarm_line(unresolved, width, snapshot.utc, workspace.glyphs, workspace.keys)
        self.set_class(bool(line), "-shown")
        self.show_lines([line])

    def on_click(self, event: events.Click) -> None:
        """Go to the alarms."""
        self.post_message(TabBar.Chosen("alarms"))


def alarm_line(view: AlarmsView, width: int, utc: float, glyphs: Glyphs, keys: Mapping[str, str]) -> Line:
    """Return the strip's spans; empty if no alarm is active and the evaluation is sound."""
    there = by_urgency(view.alarms)
    where = f"  {keys['tab-alarms']}: alarms "
    if not there:
        if not view.problem:
            return ()
        said = f" {glyphs.warning} Alarms: {glyphs.shown(view.problem.sentence)}"
        return (*_filled(((said, "$stale"),), width - len(where), glyphs), (where, "$no-data"))
    first = there[0]
    flood = f" FLOOD {view.flood} alarms in 10 min " if view.flood else ""
    sign = f" {sign_of(first, glyphs)} {first.severity.upper()} "
    beside = [f"  {_state(first, utc, glyphs)}", _more(there, glyphs), where]
    said = glyphs.shown(first.text or first.condition)
    # The hint at the tab goes before the alarm's text is cut, the other parts before it is cut to nothing.
    while beside and width - len(flood + sign) - 1 - sum(map(cell_len, beside)) < (
        cell_len(said) if len(beside) == _ALL else _LEAST_TEXT
    ):
        beside.pop()
    state, more, where = (*beside, "", "", "")[:3]
    style = "bold" if first.waits else "$no-data"
    room = width - len(flood + sign) - 1 - sum(map(cell_len, beside))
    line = (
        (flood, "bold reverse $alarm-critical"),
        (sign, severity_style(first)),
        (" ", ""),
        *clip(((said, style),), room, ellipsis=glyphs.ellipsis),
        (state, style),
        (more, "$no-data"),
    )
    return (*_filled(line, width - len(where), glyphs), (where, "$no-data"))


def _state(alarm: AlarmView, utc: float, glyphs: Glyphs) -> str:
    """Return the alarm's state: `UNACK 2m`, `acked by ada`."""
    if alarm.state is AlarmState.ACKNOWLEDGED:
        return f"acked by {who_short(alarm.who, glyphs)}" if alarm.who else "acked"
    return f"{STATE_WORDS[alarm.state]} {age_of(alarm, utc)}".rstrip()


def _more(there: list[AlarmView], glyphs: Glyphs) -> str:
    """Return the number of other active alarms, with the worst severity of them if that is worse."""
    rest = there[1:]
    if not rest:
        return ""
    worst = min((one.severity for one in rest), key=SEVERITIES.index)
    worse = SEVERITIES.index(worst) < SEVERITIES.index(there[0].severity)
    return glyphs.plain(f" · {len(rest)} more") + (f", {worst.upper()} acked" if worse else "")


def _filled(line: Line, width: int, glyphs: Glyphs) -> Line:
    """Return the line padded to exactly `width` cells."""
    line = clip(line, width, ellipsis=glyphs.ellipsis)
    used = sum(cell_len(text) for text, _ in line)
    return (*line, (" " * max(0, width - used), ""))
