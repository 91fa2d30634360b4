"""A dialog that lists the chambers: the open ones with their state, then those that can be opened."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.alarm_words import by_urgency, severity_style
from xovac_tui.ui.widgets.lines import Span, fit, fit_label
from xovac_tui.ui.widgets.rows import CursorRows
from xovac_tui.ui.workspace import Workspace

_CHECK_SECONDS = 0.5
_NAMES, _LINK, _RUN = (12, 24), 11, 10
"""Cells of a chamber's name (least, most), of the word of its link, and of what it does."""
_OTHERS = 42
"""Cells for all but the name."""
_MOST_ROWS = 12
_LONGEST = 200
_LINK_STYLE = {LinkWord.ONLINE: "$good", LinkWord.STALE: "$stale", LinkWord.CONNECTING: "$stale"}


class ChamberRow(NamedTuple):
    """One chamber of the list."""

    name: str
    about: str
    """Its address; of an open one, empty."""
    workspace: Workspace | None
    """None: it is not open."""
    busy: str = ""
    """What is done with it, "opening" or "closing"; empty for nothing."""


class ChamberChoice(NamedTuple):
    """The answer: a chamber to show, or to close."""

    name: str
    close: bool = False


class ChamberRows(CursorRows[ChamberRow]):
    """The chambers, one a row."""

    EMPTY = "The settings hold no profile."

    def key_of(self, item: ChamberRow) -> Hashable:
        return item.name

    def spans_of(self, item: ChamberRow, width: int) -> Sequence[Span]:
        return chamber_spans(item, width, self.glyphs)


class ChambersDialog(Dialog[ChamberChoice]):
    """The chambers: enter shows one, and opens it first where it is not open."""

    DEFAULT_CSS = "ChambersDialog ChamberRows { width: 1fr; }"
    AUTO_FOCUS = "ChamberRows"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "show, open"),
        Binding("x,delete", "close_one", "close"),
    ]

    def __init__(self, workspace: Workspace, rows: Callable[[], Sequence[ChamberRow]]) -> None:
        super().__init__(workspace, "Chambers")
        self._rows = rows

    def contents(self) -> ComposeResult:
        """Build the list."""
        yield ChamberRows(self.workspace.glyphs)

    def on_mount(self) -> None:
        """Show the chambers as they are now, and keep on doing so."""
        self._show()
        rows = self.query_one(ChamberRows)
        rows.choose(next(one for one in self._rows() if one.workspace is self.workspace))
        self.set_interval(_CHECK_SECONDS, self._show)

    def _show(self) -> None:
        shown, rows = self._rows(), self.query_one(ChamberRows)
        rows.styles.height = max(1, min(len(shown), _MOST_ROWS, self.rows - 2))
        rows.show_items(shown)

    def on_resize(self) -> None:
        """Fit the terminal."""
        super().on_resize()
        self._show()

    def on_cursor_rows_picked(self) -> None:
        """Show the chamber that was clicked again."""
        self.action_choose()

    def action_choose(self) -> None:
        """Show the chamber under the cursor."""
        if (one := self.query_one(ChamberRows).chosen) is not None:
            self.dismiss(ChamberChoice(one.name))

    def action_close_one(self) -> None:
        """Close the chamber under the cursor, after a question; the last one stays."""
        one = self.query_one(ChamberRows).chosen
        if one is None or one.workspace is None:
            return
        if not one.workspace.others:
            quit_key = self.workspace.keys["quit"]
            self.workspace.say(f"{one.name} is the only open chamber: {quit_key} leaves the console.")
            return
        self.dismiss(ChamberChoice(one.name, close=True))


def chamber_spans(row: ChamberRow, width: int, glyphs: Glyphs) -> list[Span]:
    """Return a chamber as one line: name, link, run, alarms and recording; else its address."""
    least, most = _NAMES
    room = max(least, min(most, width - _OTHERS))
    name = f"{fit_label(clean(row.name, _LONGEST), room, ellipsis=glyphs.ellipsis)}  "
    if row.workspace is None:
        about = f"{row.busy}{glyphs.ellipsis}" if row.busy else glyphs.literal(clean(row.about, _LONGEST))
        return [(name, ""), (about, "$no-data")]
    station = row.workspace.station
    snapshot = station.snapshot()
    word, run = snapshot.link.word, snapshot.run
    running = run.state is RunState.RUNNING and not run.stale
    step = f" {run.step}/{run.steps}" if running and run.step and run.steps else ""
    doing = f"{glyphs.play} RUN{step}" if running else "unknown" if run.stale else run.state.value
    spans: list[Span] = [
        (name, "bold"),
        (fit(f"{glyphs.link(word)} {word}", _LINK), _LINK_STYLE.get(word, "bold $bad")),
        (f" {fit(doing, _RUN, ellipsis=glyphs.ellipsis)}", "$running" if running else ""),
    ]
    if waiting := by_urgency(station.alarms.unresolved().alarms):
        words = f"{glyphs.warning} {len(waiting)} {waiting[0].severity.upper()}"
        spans += [(" ", ""), (words, severity_style(waiting[0]))]
    if recorded := _record_word(station.recorder, glyphs):
        spans.append((f" {recorded}", "$no-data"))
    if row.workspace.is_shown:
        spans.append(("  shown", "$no-data"))
    return spans


def _record_word(view: RecorderView, glyphs: Glyphs) -> str:
    if view.state in (RecorderState.ON, RecorderState.BESIDE):
        return f"REC {glyphs.dot}"
    if view.state is RecorderState.STARTING:
        return f"REC {glyphs.ellipsis}"
    return "" if view.state is RecorderState.OFF else f"REC {glyphs.hollow}"
