"""What is left of the screen in a terminal that is too small for it."""

from __future__ import annotations

from typing import ClassVar

from xovac_tui.chamber.snapshot import LinkWord, Outcome, Snapshot
from xovac_tui.ui.format import age, reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, LinesWidget


class SmallNotice(LinesWidget):
    """The few things that must be seen at any size."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"small--good", "small--bad", "small--quiet"}
    DEFAULT_CSS = """
    SmallNotice { display: none; height: 1fr; width: 1fr; }
    SmallNotice .small--good { color: $good; }
    SmallNotice .small--bad { color: $bad; text-style: bold; }
    SmallNotice .small--quiet { color: $no-data; }
    """

    def show(self, snapshot: Snapshot, *, name: str, glyphs: Glyphs, replay: bool = False) -> None:
        """Show this moment."""
        self.show_lines(small_lines(snapshot, name=name, glyphs=glyphs, replay=replay))


def small_lines(snapshot: Snapshot, *, name: str, glyphs: Glyphs, replay: bool = False) -> list[Line]:
    """Return the notice's lines, the most important first."""
    word = snapshot.link.word
    style = "small--good" if word is LinkWord.ONLINE else "small--bad"
    lines: list[Line] = [
        (
            (f"{name} ", ""),
            (f"{glyphs.link(word)} {word}", style),
            (glyphs.plain(f" {age(snapshot.newest_age)}"), ""),
        ),
        (
            (f"{glyphs.run(snapshot.run.state)} ", ""),
            ("last known: " if snapshot.run.stale else "", "small--bad"),
            (snapshot.run.state.value, ""),
            (f" {snapshot.run.recipe or ''}", ""),
        ),
    ]
    unknown = [e for e in snapshot.ledger if e.outcome is Outcome.UNKNOWN and not e.looked_at]
    if unknown:
        lines.append(((f"{unknown[-1].command}: outcome UNKNOWN", "small--bad"),))
    shown = [c for c in snapshot.channels if c.log or c.pinned][:4]
    lines += [
        (
            (f"{glyphs.quality(c.quality)} ", ""),
            (f"{glyphs.plain(c.label)} ", "small--quiet"),
            (glyphs.plain(reading_with_unit(c)), ""),
            (f" {age(c.age)}" if c.overdue else "", "small--bad"),
        )
        for c in shown
    ]
    works = "A replay: nothing is sent." if replay else "! STOP works here."
    lines.append(((f"{works} All else needs 80x24.", "small--quiet"),))
    return lines
