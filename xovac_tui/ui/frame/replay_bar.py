"""The line that a replay has: does it go on, how fast, and where in the tape it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len

from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, LinesWidget

if TYPE_CHECKING:
    from xovac_tui.replay.playback import Player

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

    def show(self, player: Player | None, *, glyphs: Glyphs, times: Times) -> None:
        """Show where the replay is; nothing without one."""
        self.set_class(player is not None, "-shown")
        if player is not None:
            width = self.size.width or self.app.size.width
            self.show_lines([replay_line(player, width, glyphs=glyphs, times=times)])


def replay_line(player: Player, width: int, *, glyphs: Glyphs, times: Times) -> Line:
    """Return the bar's spans; the bar takes the room that the words leave."""
    from xovac_tui.durations import format_duration

    state = f" {replay_state(player, glyphs)}"
    state += " " * max(0, _STATE - cell_len(state))
    day = times.day_and_time(player.replay.utc)
    place = f" {format_duration(player.passed)} of {format_duration(player.length)}"
    name = f"  {clean(player.label, 12)} "
    room = width - cell_len(state) - cell_len(day) - cell_len(place) - cell_len(name) - 3
    part = max(0.0, player.passed / player.length) if player.length > 0 else 1.0
    full, empty = glyphs.bar(part, room) if room >= _LEAST_BAR else ("", "")
    return (
        (state, "replay--state"),
        (f" {day} ", ""),
        (full, "replay--done"),
        (empty, "replay--left"),
        (place, ""),
        (name, "replay--quiet"),
    )


def replay_state(player: Player, glyphs: Glyphs) -> str:
    """Return in a word whether the replay goes on, and how fast."""
    if player.seeking is not None:
        return f"{glyphs.then} seeking {player.seeking:.0%}"
    if player.ended:
        return f"{glyphs.idle} end"
    if player.paused:
        return f"{glyphs.idle} paused"
    return glyphs.plain(f"{glyphs.play} ×{player.speed:g}")
