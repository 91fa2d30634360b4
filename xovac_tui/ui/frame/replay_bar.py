"""The line of a replay: whether it runs, its speed, and its position in the slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from xovac_tui.chamber.snapshot import Snapshot
from xovac_tui.durations import format_duration
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import Bar
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line
from xovac_tui.ui.workspace import Workspace

if TYPE_CHECKING:
    from xovac_tui.replay.playback import Playback

_STATE = 14
"""Width of the left text in cells, so that the bar does not move when it changes."""
_LEAST_BAR = 10


class ReplayBar(Bar):
    """State and position of a replay; hidden in a console on a live chamber."""

    DEFAULT_CSS = """
    ReplayBar { height: 1; display: none; background: $surface; color: $foreground; }
    ReplayBar.-shown { display: block; }
    """

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show the replay's position; nothing without a replay."""
        playback = workspace.playback
        self.set_class(playback is not None, "-shown")
        if playback is not None:
            width = self.size.width or self.app.size.width
            self.show_lines([replay_line(playback, width, glyphs=workspace.glyphs, times=workspace.times)])


def replay_line(playback: Playback, width: int, *, glyphs: Glyphs, times: Times) -> Line:
    """Return the line's spans; the progress bar takes the room that the texts leave."""
    state = f" {replay_state(playback, glyphs)}"
    state += " " * max(0, _STATE - cell_len(state))
    day = times.day_and_time(playback.replay.utc)
    place = f" {format_duration(playback.passed)} of {format_duration(playback.length)}"
    name = f"  {clean(playback.label, 12)} "
    room = width - cell_len(state) - cell_len(day) - cell_len(place) - cell_len(name) - 3
    part = max(0.0, playback.passed / playback.length) if playback.length > 0 else 1.0
    full, empty = glyphs.bar(part, room) if room >= _LEAST_BAR else ("", "")
    return (
        (state, "bold $stale"),
        (f" {day} ", ""),
        (full, "$accent"),
        (empty, "$no-data"),
        (place, ""),
        (name, "$no-data"),
    )


def replay_state(playback: Playback, glyphs: Glyphs) -> str:
    """Return the replay's state and speed as a text."""
    if playback.seeking is not None:
        return f"{glyphs.then} seeking {playback.seeking:.0%}"
    if playback.ended:
        return f"{glyphs.idle} end"
    if playback.paused:
        return f"{glyphs.idle} paused"
    return glyphs.plain(f"{glyphs.play} ×{playback.speed:g}")
