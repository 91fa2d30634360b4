"""The other one-line bars: tabs, link, newest command, and the footer with the current keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.message import Message

from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.durations import format_age, format_roughly
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, clip, fit
from xovac_tui.ui.widgets.stopbar import STOP_CLASSES, STOP_CSS, Keys, strip_line


class TabBar(LinesWidget):
    """The row of tabs; a click on one goes there."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tab--active", "tab--key"}
    DEFAULT_CSS = """
    TabBar { height: 1; background: $surface; color: $no-data; }
    TabBar .tab--active {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
    }
    TabBar .tab--key { color: $footer-key-foreground; }
    """

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def show(self, tabs: Sequence[tuple[str, str, str]], active: str) -> None:
        """Show tabs given as (id, key, title)."""
        self._ends: list[tuple[int, str]] = []
        spans: list[Span] = [(" ", "")]
        x = 1
        for tab, key, title in tabs:
            style = "tab--active" if tab == active else ""
            spans += [(f" {key} {title} ", style), (" ", "")]
            x += cell_len(key) + cell_len(title) + 4
            self._ends.append((x, tab))
        self.show_lines([tuple(spans)])

    def on_click(self, event: events.Click) -> None:
        """Go to the tab under the pointer."""
        for end, tab in self._ends:
            if event.x < end:
                self.post_message(self.Chosen(tab))
                return


class LinkBar(LinesWidget):
    """Shows on every tab why the link is down or impaired; hidden while it is good."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"link--why", "link--next"}
    DEFAULT_CSS = """
    LinkBar { height: 1; display: none; background: $surface; }
    LinkBar.-shown { display: block; }
    LinkBar .link--why { color: $stale; }
    LinkBar .link--next { color: $no-data; }
    """

    def show(self, link: LinkView, mono: float, glyphs: Glyphs, keys: Mapping[str, str]) -> None:
        """Show the reason and the time of the next attempt; nothing while the link is good."""
        shown = bool(link.why) and link.word is not LinkWord.ONLINE
        self.set_class(shown, "-shown")
        if not shown:
            return
        then = ""
        if link.next_try_mono is not None:
            wait = format_roughly(max(0.0, link.next_try_mono - mono))
            then = f"  Next try in {wait}; {keys['reconnect']}: now."
        room = (self.size.width or self.app.size.width) - cell_len(then) - 4
        why = clip(((clean(link.why), "link--why"),), room, ellipsis=glyphs.ellipsis)
        self.show_lines([((f" {glyphs.warning} ", "link--why"), *why, (then, "link--next"))])


OUTCOME_STYLE = {
    Outcome.SENT: "outcome--wait",
    Outcome.SUCCESS: "outcome--good",
    Outcome.DONE: "outcome--wait",
    Outcome.WARNING: "outcome--warn",
    Outcome.ERROR: "outcome--bad",
    Outcome.REFUSED: "outcome--warn",
    Outcome.UNKNOWN: "outcome--bad",
}


def ledger_spans(entry: LedgerEntry, *, glyphs: Glyphs, times: Times, now: float) -> list[Span]:
    """Return a ledger entry as one line: time, command, then its outcomes."""
    then = f" {glyphs.then} "
    spans: list[Span] = [
        (f"{times.clock(entry.utc)} ", "outcome--quiet"),
        (("STOP " if entry.stop else "") + entry.command, ""),
        (
            f" {fit(entry.payload, min(24, cell_len(entry.payload)), ellipsis=glyphs.ellipsis)}"
            if entry.payload
            else "",
            "",
        ),
    ]
    if entry.outcome is not Outcome.REFUSED:
        spans.append((" sent", "outcome--quiet"))
    spans.append((then, "outcome--quiet"))
    took = f" {format_age(entry.took)}" if entry.took is not None else ""
    if entry.outcome is Outcome.SENT:
        spans.append((f"waiting {format_age(max(0.0, now - entry.mono))}", OUTCOME_STYLE[entry.outcome]))
    else:
        spans.append((f"{entry.outcome.after_sent}{took}", OUTCOME_STYLE[entry.outcome]))
    if entry.late is not None:
        spans += [
            (then, "outcome--quiet"),
            (f"late {entry.late.value} {format_age(entry.late_after)}", OUTCOME_STYLE[entry.late]),
        ]
    if entry.confirmed is not None:
        spans += [(then, "outcome--quiet"), (f"confirmed {format_age(entry.confirmed)}", "outcome--good")]
    if entry.duplicates:
        spans.append((glyphs.plain(f"  (×{entry.duplicates + 1} answers)"), "outcome--warn"))
    said = entry.message or (entry.reason if entry.outcome in (Outcome.REFUSED, Outcome.UNKNOWN) else "")
    if said:
        spans.append((f"  {said}", "outcome--quiet"))
    return spans


OUTCOME_CSS = """
    {name} .outcome--good {{ color: $good; }}
    {name} .outcome--warn {{ color: $stale; }}
    {name} .outcome--bad {{ color: $bad; text-style: bold; }}
    {name} .outcome--wait {{ color: $accent; }}
    {name} .outcome--quiet {{ color: $no-data; }}
"""
OUTCOME_CLASSES = {"outcome--good", "outcome--warn", "outcome--bad", "outcome--wait", "outcome--quiet"}


class LedgerLine(LinesWidget):
    """The newest command and its outcome; an unknown outcome stays until it is dismissed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = OUTCOME_CLASSES
    DEFAULT_CSS = "LedgerLine { height: 1; }" + OUTCOME_CSS.format(name="LedgerLine")

    def show(
        self,
        entries: Sequence[LedgerEntry],
        *,
        glyphs: Glyphs,
        times: Times,
        keys: Mapping[str, str],
        now: float,
    ) -> None:
        """Show the newest unknown outcome that is not dismissed, else the newest entry.

        A command that waits for its answer comes before both: it was just sent, and may be STOP.
        """
        unknown = [e for e in entries if e.outcome is Outcome.UNKNOWN and not e.dismissed]
        if not entries:
            self.show_lines([((f" {glyphs.then} No command has been sent from here.", "outcome--quiet"),)])
            return
        waits = entries[-1].outcome is Outcome.SENT
        entry = unknown[-1] if unknown and not waits else entries[-1]
        spans: list[Span] = [(f" {glyphs.then} ", "outcome--quiet")]
        if unknown:
            more = f" +{len(unknown) - 1}" if len(unknown) > 1 else ""
            spans.append((f"UNKNOWN{more} ({keys['seen']}: seen){', now' if waits else ''} ", "outcome--bad"))
        spans += ledger_spans(entry, glyphs=glyphs, times=times, now=now)
        self.show_lines([clip(tuple(spans), self.size.width or 80, ellipsis=glyphs.ellipsis)])


class KeyBar(LinesWidget):
    """The footer: STOP, then the current keys, most important first; the rest is in the help."""

    COMPONENT_CLASSES: ClassVar[set[str]] = STOP_CLASSES
    DEFAULT_CSS = """
    KeyBar { height: 1; dock: bottom; background: $footer-background; color: $footer-description-foreground; }
    """ + STOP_CSS.format(name="KeyBar")

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
