"""The run: recipe, step, target and actual, how far it is and when it ends."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.cells import cell_len

from xovac_tui.api.contract import Role
from xovac_tui.chamber.snapshot import RunState, Snapshot
from xovac_tui.progress import Progress
from xovac_tui.recipes.units import format_duration
from xovac_tui.ui.format import Times, age, number, unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, fit


class RunPanel(LinesWidget):
    """Everything known about the run, and plainly what is not known."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "run--word", "run--quiet", "run--warn", "run--value", "run--full", "run--empty", "run--name",
    }  # fmt: skip
    DEFAULT_CSS = """
    RunPanel { height: 1fr; width: 1fr; }
    RunPanel .run--word { color: $running; text-style: bold; }
    RunPanel .run--name { text-style: bold; }
    RunPanel .run--quiet { color: $no-data; }
    RunPanel .run--warn { color: $stale; }
    RunPanel .run--value { text-style: bold; }
    RunPanel .run--full { color: $running; }
    RunPanel .run--empty { color: $grid; }
    """

    _lines_for: Callable[[int, int], list[Line]] | None = None

    def show(self, snapshot: Snapshot, progress: Progress, *, glyphs: Glyphs, times: Times) -> None:
        """Show this moment."""
        self._lines_for = partial(run_lines, snapshot, progress, glyphs=glyphs, times=times)
        self.draw()

    def draw(self) -> None:
        """Lay out again."""
        width, height = self.size.width, self.size.height
        if width and height and self._lines_for is not None:
            self.show_lines(self._lines_for(width, height))


def run_title(snapshot: Snapshot, glyphs: Glyphs, *, low: bool) -> str:
    """Return the panel's title; where the panel is low, it holds target and actual."""
    run = snapshot.run
    if not low or run.state is not RunState.RUNNING or run.stale or run.target is None:
        return "Run"
    name = unit(run.temperature_unit)
    actual = "" if run.actual is None else f"   actual {number(run.actual, run.temperature_unit)} {name}"
    return glyphs.plain(f"Run   target {number(run.target, run.temperature_unit)} {name}{actual}")


def run_lines(
    snapshot: Snapshot, progress: Progress, width: int, height: int, *, glyphs: Glyphs, times: Times
) -> list[Line]:
    """Return the panel's lines: two where it is low, else as many as there is to say."""
    low = height <= 3
    head = _head(snapshot, width, glyphs, _where(snapshot, progress, short=True) if low else "")
    if snapshot.run.state is not RunState.RUNNING:
        return [head, *_resting(snapshot, width)][:height]
    if snapshot.run.stale:
        return [head, *_not_heard(snapshot, progress, times)][:height]
    if low:
        return [head, _both_bars(progress, width, glyphs, times)][:height]
    lines: list[Line] = [
        head,
        *_step_lines(snapshot, progress, width, glyphs),
        _temperatures(snapshot, glyphs),
    ]
    if height >= len(lines) + 4:
        lines.append(())
    lines.append(_bar("Step", progress.step_elapsed, progress.step_total, width, glyphs))
    lines.append(
        _bar("All", progress.elapsed, progress.total, width, glyphs, least=progress.elapsed_is_least)
    )
    lines.append(_ends(progress, glyphs, times))
    room = height - len(lines) - 1
    if progress.upcoming and room >= 1:
        lines.append(())
        lines += [
            _upcoming(number, what, seconds, width, glyphs)
            for number, (what, seconds) in enumerate(progress.upcoming[:room])
        ]
    return lines[:height]


def _head(snapshot: Snapshot, width: int, glyphs: Glyphs, where: str) -> Line:
    run = snapshot.run
    if run.stale:
        word: Span = (f"{glyphs.question} last known: {run.word or run.state.value}", "run--warn")
    elif run.state is RunState.RUNNING:
        word = (f"{glyphs.play} RUNNING", "run--word")
    elif run.state is RunState.IDLE:
        word = (f"{glyphs.idle} IDLE", "")
    else:
        word = (f"{glyphs.question} run state unknown", "run--quiet")
    name = glyphs.plain(run.recipe or "")
    if not name:
        return (word, (f"  {glyphs.plain(where)}" if where else "", "run--quiet"))
    if where and not run.stale:
        room = max(8, min(cell_len(name), width - cell_len(word[0]) - cell_len(where) - 4))
        shown = fit(name, room, ellipsis=glyphs.ellipsis)
        return ((shown, "run--name"), ("  ", ""), word, (f"  {glyphs.plain(where)}", "run--quiet"))
    room = max(0, width - cell_len(word[0]) - 2)
    return ((fit(name, room, ellipsis=glyphs.ellipsis), "run--name"), ("  ", ""), word)


def _where(snapshot: Snapshot, progress: Progress, *, short: bool) -> str:
    """Return which step of which round the chamber is in, as far as it tells."""
    run = snapshot.run
    if run.state is not RunState.RUNNING:
        return ""
    of = "/" if short else " of "
    parts: list[str] = []
    if progress.cycle:
        parts.append(f"cycle {progress.cycle[0]}{of}{progress.cycle[1]}")
    if run.step:
        parts.append(f"step {run.step}" + (f"{of}{run.steps}" if run.steps else ""))
    if short:
        return ", ".join([*parts, *([progress.label] if progress.label else [])])
    return "   ".join(part[:1].upper() + part[1:] for part in parts) or "Step not told"


def _not_heard(snapshot: Snapshot, progress: Progress, times: Times) -> list[Line]:
    """Say how old the last word is, and what would follow if nothing had changed since."""
    lines: list[Line] = [
        (
            (f"Not heard for {_silence(snapshot)}. ", "run--warn"),
            ("The run may go on.", "run--quiet"),
        )
    ]
    if progress.ends_utc is not None:
        ends = times.day_and_time(progress.ends_utc)
        lines.append(((f"If it goes on as planned it ends {ends}.", "run--quiet"),))
    return lines


def _silence(snapshot: Snapshot) -> str:
    """Return how long the chamber has not told its state, whatever else it may have said."""
    told = snapshot.by_role(Role.STATE)
    return age(told.age if told is not None else snapshot.newest_age)


def _resting(snapshot: Snapshot, width: int) -> list[Line]:
    """Say what there is to do, or why nothing is known, wrapped to the width."""
    run = snapshot.run
    if run.stale:
        said = f"Not heard for {_silence(snapshot)}. Somebody else may have started a run."
    elif run.state is RunState.IDLE:
        said = "A recipe is loaded." if run.recipe else "No recipe is loaded."
        said += " Press 3 to choose, load and start one."
    elif run.word:
        said = f'The chamber says "{run.word}", which no contract file explains.'
    else:
        said = "No message says what the chamber does. A contract file can name one."
    return [((line, "run--quiet"),) for line in textwrap.wrap(said, max(20, width))]


def _step_lines(snapshot: Snapshot, progress: Progress, width: int, glyphs: Glyphs) -> list[Line]:
    """Return where the run is and what it does, on one line if both fit."""
    where, label = _where(snapshot, progress, short=False), glyphs.plain(progress.label)
    if not label:
        return [((where, ""),)]
    if cell_len(where) + 3 + cell_len(label) <= width:
        return [((where, ""), (f"   {label}", "run--quiet"))]
    return [((where, ""),), ((f"Now  {label}", "run--quiet"),)]


def _temperatures(snapshot: Snapshot, glyphs: Glyphs) -> Line:
    run = snapshot.run
    name = run.temperature_unit

    def words(value: float | None) -> str:
        return "—" if value is None else f"{number(value, name)} {unit(name)}"

    spans: list[Span] = [
        ("Target ", "run--quiet"),
        (glyphs.plain(words(run.target)), "run--value"),
        ("   Actual ", "run--quiet"),
        (glyphs.plain(words(run.actual)), "run--value"),
    ]
    if run.target is not None and run.actual is not None:
        spans.append((glyphs.plain(f"   off {number(run.actual - run.target, 'degC')} K"), "run--quiet"))
    return tuple(spans)


def _bar(
    title: str, elapsed: float | None, total: float | None, width: int, glyphs: Glyphs, *, least: bool = False
) -> Line:
    spans: list[Span] = [(fit(title, 5), "run--quiet")]
    if elapsed is None:
        return (*spans, ("elapsed not known: the start was not seen", "run--quiet"))
    at_least = "at least " if least else ""
    if not total:
        return (*spans, (f"{at_least}{format_duration(elapsed)}", ""), ("  of unknown length", "run--quiet"))
    words = f"{at_least}{format_duration(elapsed)} of {format_duration(total)}"
    full, empty = glyphs.bar(elapsed / total, max(6, min(30, width - 7 - len(words))))
    return (*spans, (full, "run--full"), (empty, "run--empty"), (f"  {words}", ""))


def _ends(progress: Progress, glyphs: Glyphs, times: Times) -> Line:
    if progress.ends_utc is None or progress.left is None:
        return (("Ends not known: it was not loaded from here", "run--quiet"),)
    about = "about " if progress.estimated else ""
    return (
        ("Ends ", "run--quiet"),
        (f"{about}{times.day_and_time(progress.ends_utc)}", "run--value"),
        (f"  in {format_duration(progress.left)}", "run--quiet"),
        ("  rate assumed" if progress.estimated else "", "run--warn"),
    )


def _upcoming(number: int, what: str, seconds: float, width: int, glyphs: Glyphs) -> Line:
    when = f"in {format_duration(seconds)}"
    shown = fit(glyphs.plain(what), max(0, width - 6 - cell_len(when)), ellipsis=glyphs.ellipsis)
    return (("Then " if number == 0 else "     ", "run--quiet"), (shown, ""), (f" {when}", "run--quiet"))


def _both_bars(progress: Progress, width: int, glyphs: Glyphs, times: Times) -> Line:
    spans: list[Span] = []
    if progress.step_elapsed is not None and progress.step_total:
        full, empty = glyphs.bar(progress.step_elapsed / progress.step_total, 12)
        words = f" {format_duration(progress.step_elapsed)} of {format_duration(progress.step_total)}"
        spans += [("Step ", "run--quiet"), (full, "run--full"), (empty, "run--empty"), (words, "")]
    if progress.elapsed is not None and progress.total:
        full, empty = glyphs.bar(progress.elapsed / progress.total, 8)
        spans += [("   All ", "run--quiet"), (full, "run--full"), (empty, "run--empty")]
    elif progress.elapsed is not None:
        least = "at least " if progress.elapsed_is_least else ""
        spans += [("   All ", "run--quiet"), (f"{least}{format_duration(progress.elapsed)} so far", "")]
    if progress.ends_utc is not None:
        about = "about " if progress.estimated else ""
        spans += [(" ends ", "run--quiet"), (about + times.day_and_time(progress.ends_utc), "run--value")]
        left = f"  in {format_duration(progress.left)}" if progress.left is not None else ""
        if sum(cell_len(text) for text, _ in spans) + cell_len(left) <= width:
            spans.append((left, "run--quiet"))
    return tuple(spans)
