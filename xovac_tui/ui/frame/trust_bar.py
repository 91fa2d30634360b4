"""The top line: link, age of the data, run, recorder and mode."""

from __future__ import annotations

from rich.cells import cell_len

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import RunState, RunView, Snapshot
from xovac_tui.durations import format_age, seconds_to
from xovac_tui.quantities import quantity
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import FrameBar
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, Span, fit
from xovac_tui.ui.workspace import Workspace

_LINK_STYLE = {
    LinkWord.ONLINE: "bold $good",
    LinkWord.STALE: "bold $stale",
    LinkWord.CONNECTING: "bold $stale",
    LinkWord.LOST: "bold reverse $bad",
    LinkWord.OFFLINE: "bold reverse $bad",
}
_NAME = 24
"""Cells for a recipe's name if there is room."""
_LESS_THAN_NAME = 4
"""Parts less important than this are dropped before the recipe's name is cut."""
GOES_ON = "chamber continues on its own"


class TrustBar(FrameBar):
    """The top line, made from the snapshot alone."""

    DEFAULT_CSS = """
    TrustBar { height: 1; background: $panel; color: $foreground; }
    """

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        station, playback, plain = workspace.station, workspace.playback, workspace.glyphs.plain
        word = "DEMO" if station.manner.demo else "SIMULATED" if station.speed != 1 else ""
        line = trust_line(
            snapshot,
            self.size.width or 80,
            recorder=station.recorder,
            name=station.name,
            mode=workspace.mode.name + ("" if playback is None else plain(f" ×{playback.speed:g}")),
            extra=word if station.speed == 1 else plain(f"{word} ×{station.speed:g}"),
            glyphs=workspace.glyphs,
            times=workspace.times,
            paused=workspace.held if playback is None else playback.paused,
        )
        self.show_lines([line])


def trust_line(
    snapshot: Snapshot,
    width: int,
    *,
    recorder: RecorderView,
    name: str,
    mode: str,
    extra: str,
    glyphs: Glyphs,
    times: Times,
    paused: bool,
) -> Line:
    """Return the bar's spans, exactly `width` cells; drops the least important parts if too narrow.

    `mode` is CONTROL, OBSERVE or REPLAY with its speed; `extra` a word such as DEMO.
    """
    link = snapshot.link
    word = link.word
    linked = word in (LinkWord.ONLINE, LinkWord.STALE)
    freshness = (
        format_age(snapshot.newest_age)
        if linked
        else format_age(max(0.0, snapshot.mono - link.since_mono) if link.since_utc else None)
    )
    # Each part: importance (0 stays to the last), gap before it, text, style.
    left: list[tuple[int, str, str]] = [
        (1, fit(name, min(16, cell_len(name))), "bold"),
        (
            0,
            f"{glyphs.link(word)} {word}" + (f" {freshness:<5}" if freshness != "—" else ""),
            _LINK_STYLE[word],
        ),
    ]
    if not linked and link.session:
        left.append((2, GOES_ON, "bold $stale"))
    elif linked:
        run = len(left)
        left.append((2, *_run_words(snapshot.run, glyphs, _NAME)))
    if recorder.state is not RecorderState.OFF:
        left.append(_recorder_part(recorder, glyphs))
    if paused:
        left.append((1, "PAUSED", "bold $stale"))
    left.append((1, mode, "bold $accent" if mode == "CONTROL" else "bold $stale"))
    if extra:
        left.append((3, extra, "bold $accent"))
    right: list[tuple[int, str, str]] = []
    if link.rtt is not None and word is LinkWord.ONLINE:
        right.append((6, f"rtt {seconds_to(link.rtt, 'ms'):.0f} ms", "$no-data"))
    if snapshot.clock_offset is not None and linked:
        right.append((5, glyphs.plain(f"clock {_offset(snapshot.clock_offset)}"), "$no-data"))
    right.append((4, times.clock_with_zone(snapshot.utc), ""))
    while right and right[0][0] > _LESS_THAN_NAME and _length(left) + _length(right) > width - 2:
        del right[0]
    if linked and (over := _length(left) + _length(right) - (width - 2)) > 0:
        # A shorter name of the recipe costs less than any other part.
        named = min(_NAME, cell_len(snapshot.run.recipe or ""))
        left[run] = (2, *_run_words(snapshot.run, glyphs, named - over))
    while left and _length(left) + _length(right) > width - 2 and max(p[0] for p in left + right) > 0:
        worst = max(p[0] for p in left + right)
        for side in (right, left):
            side[:] = [part for part in side if part[0] != worst]
    spans: list[Span] = []
    for _, text, style in left:
        spans += [(" " if not spans else "  ", ""), (text, style)]
    tail: list[Span] = []
    for _, text, style in right:
        tail += [("  " if tail else "", ""), (text, style)]
    used = sum(cell_len(text) for text, _ in [*spans, *tail])
    return (*spans, (" " * max(1, width - used - 1), ""), *tail, (" ", ""))


def _run_words(run: RunView, glyphs: Glyphs, room: int) -> tuple[str, str]:
    """Return the text of the run, with `room` cells for the recipe's name, and its style."""
    if run.stale:
        return f"{glyphs.question} run unknown", "bold $stale"
    if run.state is RunState.RUNNING:
        step = f" {run.step}/{run.steps}" if run.step and run.steps else f" {run.step}" if run.step else ""
        name = run.recipe or ""
        shown = fit(name, min(room, cell_len(name)), ellipsis=glyphs.ellipsis) if room >= 4 else ""
        recipe = f" {shown}" if shown else ""
        return f"{glyphs.play} RUN{step}{recipe}", "bold $running"
    if run.state is RunState.IDLE:
        return f"{glyphs.idle} IDLE", ""
    return f"{glyphs.question} run unknown", "$no-data"


def _recorder_part(recorder: RecorderView, glyphs: Glyphs) -> tuple[int, str, str]:
    """Return the recorder's part; a failure is as important as the link."""
    lost = f" {recorder.lost:,} lost" if recorder.lost else ""
    match recorder.state:
        case RecorderState.ON if lost:
            return (1, f"REC {glyphs.dot}{lost}", "bold $stale")
        case RecorderState.ON:
            return (2, f"REC {glyphs.dot}", "$no-data")
        case RecorderState.BESIDE:
            who = "" if recorder.pid is None else f" {recorder.pid}"
            return (2, f"REC {glyphs.dot}{who}", "$no-data")
        case RecorderState.STARTING:
            return (3, f"REC {glyphs.ellipsis}", "$no-data")
    return (1, f"REC {glyphs.hollow} {recorder.reason or ''}{',' if lost else ''}{lost}", "bold reverse $bad")


def _offset(seconds: float) -> str:
    sign = "−" if seconds <= -0.05 else "+"
    size = abs(seconds)
    return sign + (quantity(size, "s") if size < 99.95 else format_age(size))


def _length(parts: list[tuple[int, str, str]]) -> int:
    return sum(cell_len(text) + 2 for _, text, _ in parts)
