"""The line that a replay has: does it go on, how fast, and where in the slice it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len

from xovac_tui.durations import format_duration
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, LinesWidget

if TYPE_CHECKING:
    from xovac_tui.replay.playback import Playback

_STATE = 14
"""Cells of the words at the left, so that the bar does not jump when they change."""
_LEAST_BAR = 10


class ReplayBar(LinesWidget):
    """Where a replay is; not there in a console on a live chamber."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"replay--state", "replay--done", "replay--left", "replay--quiet"}
    DEFAULT_CSS = """
    ReplayBar { height: 1; display: none; background: $surface; color: $foreground; }
    ReplayBar.-shown { display: block; }
    ReplayBar .replay--state { color: $stale; text-style: bold; }
    ReplayBar .replay--done { color: $accent; }
    ReplayBar .replay--left { color: $no-data; }
    ReplayBar .replay--quiet { color: $no-data; }
    """

    def show(self, playback: Playback | None, *, glyphs: Glyphs, times: Times) -> None:
        """Show where the replay is; nothing without one."""
        self.set_class(playback is not None, "-shown")
        if playback is not None:
            width = self.size.width or self.app.size.width
            self.show_lines([replay_line(playback, width, glyphs=glyphs, times=times)])


def replay_line(playback: Playback, width: int, *, glyphs: Glyphs, times: Times) -> Line:
    """Return the bar's spans; the bar takes the room that the words leave."""
    state = f" {replay_state(playback, glyphs)}"
    state += " " * max(0, _STATE - cell_len(state))
    day = times.day_and_time(playback.replay.utc)
    place = f" {format_duration(playback.passed)} of {format_duration(playback.length)}"
    name = f"  {clean(playback.label, 12)} "
    room = width - cell_len(state) - cell_len(day) - cell_len(place) - cell_len(name) - 3
    part = max(0.0, playback.passed / playback.length) if playback.length > 0 else 1.0
    full, empty = glyphs.bar(part, room) if room >= _LEAST_BAR else ("", "")
    return (
        (state, "replay--state"),
        (f" {day} ", ""),
        (full, "replay--done"),
        (empty, "replay--left"),
        (place, ""),
        (name, "replay--quiet"),
    )


def replay_state(playback: Playback, glyphs: Glyphs) -> str:
    """Return in a word whether the replay goes on, and how fast."""
    if playback.seeking is not None:
        return f"{glyphs.then} seeking {playback.seeking:.0%}"
    if playback.ended:
        return f"{glyphs.idle} end"
    if playback.paused:
        return f"{glyphs.idle} paused"
    return glyphs.plain(f"{glyphs.play} ×{playback.speed:g}")
