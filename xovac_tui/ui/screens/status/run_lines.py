"""Lines of the run's panel: what is known of the run and what is not, by the height of the panel.

The set of rows depends on the panel's height alone, so that nothing moves during a run.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from xovac_tui import runs
from xovac_tui.api.contract import Role
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.durations import format_age, format_duration
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.status.run_moment import RunMoment
from xovac_tui.ui.widgets import run_words
from xovac_tui.ui.widgets.band_words import band_words
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, clip, fit, folded, paragraph
from xovac_tui.ui.widgets.ruled import entitle_rule
from xovac_tui.units import from_celsius, unit_of

_RANKS = {
    "head": 0,
    "where": 1,
    "temperatures": 2,
    "step": 3,
    "ends": 4,
    "dwell": 5,
    "why": 6,
    "label": 7,
    "all": 8,
    "band": 9,
    "basis": 10,
    "gaps": 11,
    "space": 12,
}
"""Rank of each row; those of the highest ranks are left out of a low panel."""
_BAR_WORDS = 31
"""Cells for texts like `1h 21m of 2h 00m, 39m 00s left`, so that the bars keep their length."""


def run_lines(
    moment: RunMoment,
    width: int,
    height: int,
    *,
    glyphs: Glyphs,
    times: Times,
    keys: Mapping[str, str],
) -> list[Line]:
    """Return the lines that fit the panel."""
    if not moment.on:
        lines = _resting(moment, width, glyphs, times, keys)
    elif moment.silent:
        lines = _silent(moment, width, glyphs, times)
    else:
        lines = _full(moment, width, height, glyphs, times)
    return [clip(line, width, ellipsis=glyphs.ellipsis) for line in lines[:height]]


def _full(moment: RunMoment, width: int, height: int, glyphs: Glyphs, times: Times) -> list[Line]:
    """Return the rows that fit, in their order."""
    progress, followed = moment.progress, moment.planned
    rows: dict[str, Line] = {"head": _head(moment, width, glyphs, "")}
    names = [name for name in _RANKS if followed is not None or name not in ("dwell", "why", "band", "basis")]
    kept = set(sorted(names, key=_RANKS.__getitem__)[:height])
    label = glyphs.plain(progress.label_in(moment.units))
    where = where_words(moment, short=False)
    rows["where"] = (
        (where, ""),
        (f"   {label}" if label and "label" not in kept else "", "$no-data"),
        ("   estimated" if followed is not None and followed.estimated else "", "$stale"),
    )
    rows["label"] = (("Now   ", "$no-data"), (label or "not known: it was not loaded from here", ""))
    rows["temperatures"] = _temperatures(moment, width, glyphs)
    rows["space"] = ()
    rows["step"] = _bar("Step", progress.step_elapsed, progress.step_total, width, glyphs)
    rows["all"] = _bar(
        "All", progress.elapsed, progress.total, width, glyphs, least=progress.elapsed_is_least
    )
    rows["ends"] = _ends(moment, width, glyphs, times)
    if followed is not None:
        rows["basis"] = _basis(followed)
        band = band_words(moment.band, moment.snapshot, times, moment.units)
        foreseen = moment.band is not None and (moment.band.inside or moment.band.forecast is not None)
        rows["band"] = (("Band  ", "$no-data"), (glyphs.plain(band), "" if foreseen else "$no-data"))
        rows["dwell"], rows["why"] = _dwell(moment, followed, glyphs)
    if moment.running is not None:
        gaps = run_words.gap_words(moment.running.gaps, moment.running.gap_seconds)
        rows["gaps"] = (("Gaps  ", "$no-data"), (gaps, "$stale" if moment.running.gaps else ""))
    lines = [rows[name] for name in _ORDER if name in kept and name in rows]
    room = height - len(lines) - 1
    if progress.upcoming and room >= 1:
        lines.append(())
        lines += [
            _upcoming(place, what, seconds, width, glyphs)
            for place, (what, seconds) in enumerate(progress.upcoming_in(moment.units)[:room])
        ]
    return lines


_ORDER = (
    *("head", "where", "label", "temperatures", "band", "space", "step", "all"),
    *("ends", "basis", "dwell", "why", "gaps"),
)


def _head(moment: RunMoment, width: int, glyphs: Glyphs, where: str) -> Line:
    run = moment.snapshot.run
    name = run.recipe or ""
    if moment.on and moment.running is not None:
        name = name or moment.running.name
    if moment.silent:
        word: Span = (f"{glyphs.question} last known: {run.word or run.state.value}", "$stale")
        if moment.unreported:
            word = (f"{glyphs.question} not heard", "$stale")
    elif moment.unreported:
        word = (f"{glyphs.question} perhaps running", "$stale")
    elif moment.on:
        word = (f"{glyphs.play} RUNNING", "bold $running")
    elif run.state is RunState.IDLE:
        word = (f"{glyphs.idle} IDLE", "")
    else:
        word = (f"{glyphs.question} run state unknown", "$no-data")
    name = glyphs.plain(clean(name, 80))
    where = glyphs.plain(where)
    if not name:
        return (word, (f"  {where}" if where else "", "$no-data"))
    room = max(8, width - cell_len(word[0]) - 2 - (cell_len(where) + 2 if where else 0))
    shown = fit(name, min(cell_len(name), room) if where else room, ellipsis=glyphs.ellipsis)
    return ((shown, "bold"), ("  ", ""), word, (f"  {where}" if where else "", "$no-data"))


def where_words(moment: RunMoment, *, short: bool, estimated: bool = True) -> str:
    """Return the current step and round, as reported by the chamber or estimated from the plan.

    The `short` form marks an estimate, unless its surroundings do.
    """
    run, followed, progress = moment.snapshot.run, moment.planned, moment.progress
    step, steps = (followed.step, followed.steps) if followed is not None else (run.step, run.steps)
    of, cycle, item = ("/", "cycle", "item") if short else (" of ", "Cycle", "Item")
    parts: list[str] = []
    if progress.cycle:
        parts.append(f"{cycle} {progress.cycle[0]}{of}{progress.cycle[1]}")
    if step:
        parts.append(f"{item} {step}" + (f"/{steps}" if steps else ""))
    if short:
        estimated = estimated and followed is not None and followed.estimated
        parts += [
            *(["estimated"] if estimated else []),
            *([progress.label_in(moment.units)] if progress.label else []),
        ]
        return ", ".join(parts)
    return "   ".join(parts) or "Step not reported"


def _silent(moment: RunMoment, width: int, glyphs: Glyphs, times: Times) -> list[Line]:
    """Return the age of the last report, and what would follow if nothing had changed since."""
    progress, followed = moment.progress, moment.planned
    lines: list[Line] = [
        _head(moment, width, glyphs, ""),
        ((f"Not heard for {silence_words(moment)}. ", "$stale"), ("The run may go on.", "$no-data")),
    ]
    if progress.ends_utc is not None:
        said = f"If it goes on as planned it ends {times.day_and_time(progress.ends_utc)}."
        if followed is not None:
            said += f" It would be in {where_words(moment, short=True, estimated=False)}."
        lines += paragraph(glyphs.plain(said), width, "$no-data")
    if moment.running is not None:
        gaps = run_words.gap_words(moment.running.gaps, moment.running.gap_seconds)
        lines.append((("Gaps  ", "$no-data"), (gaps, "$stale")))
    return lines


def silence_words(moment: RunMoment) -> str:
    """Return the time since the chamber last reported its state, whatever else it has sent."""
    snapshot, followed = moment.snapshot, moment.running
    state = snapshot.by_role(Role.STATE)
    if state is None and followed is not None and followed.silent is not None:
        return format_age(followed.silent)
    return format_age(state.age if state is not None else snapshot.newest_age)


def _resting(
    moment: RunMoment, width: int, glyphs: Glyphs, times: Times, keys: Mapping[str, str]
) -> list[Line]:
    """Return how the newest run ended, and what to do or why nothing is known."""
    run, ended = moment.snapshot.run, moment.ended
    head = _head(moment, width, glyphs, "")
    if run.stale:
        said = f"Not heard for {silence_words(moment)}. A run may have been started elsewhere."
    elif run.state is RunState.IDLE:
        if run.recipe:
            said = "A recipe is loaded."
        elif moment.snapshot.by_role(Role.RECIPE_NAME) is None:
            said = "What is loaded is not reported."
        else:
            said = "No recipe is loaded."
        said += f" Press {keys['tab-recipes']} to choose, load and start one."
    elif run.word:
        said = f'The chamber says "{run.word}", which no contract file explains.'
    else:
        said = "No message says what the chamber does. A contract file can name one."
    if ended is None:
        return [head, *paragraph(glyphs.plain(said), max(20, width), "$no-data")]
    result = (f"{glyphs.result(ended.result)} {ended.result.value} ", result_style(ended.result))
    when = glyphs.plain(run_words.ended_words(ended, times))
    name = glyphs.plain(clean(ended.name, 80)) or "a recipe without a name"
    reason = folded(glyphs.plain(clean(ended.reason, 400)), max(20, width))
    after = said if run.stale else f"Press {keys['tab-runs']} to read it back."
    if run.state is RunState.IDLE and not run.stale:
        after += f" Press {keys['tab-recipes']} to load and start another."
    return [
        head,
        (("Last run  ", "$no-data"), (name, "bold")),
        (result, (when, "")),
        *(((line, ""),) for line in reason),
        (("Gaps  ", "$no-data"), (run_words.gap_words(ended.gaps, ended.gap_seconds), "")),
        (),
        *paragraph(glyphs.plain(after), max(20, width), "$no-data"),
    ]


def result_style(word: str) -> str:
    """Return the style of a run's result."""
    return "bold $good" if word == "completed" else "$stale"


def _temperatures(moment: RunMoment, width: int, glyphs: Glyphs) -> Line:
    run, followed = moment.snapshot.run, moment.planned
    name = run.temperature_unit

    def words(value: float | None) -> str:
        return "—" if value is None else moment.units.quantity(value, name)

    spans: list[Span] = [
        ("Target ", "$no-data"),
        (glyphs.plain(words(run.target)), "bold"),
        ("  Actual ", "$no-data"),
        (glyphs.plain(words(run.actual)), "bold"),
    ]
    if followed is not None and followed.planned_temperature is not None:
        planned = glyphs.plain(_planned(moment, followed.planned_temperature))
        spans += [("  Plan ", "$no-data"), (planned, "bold")]
    if run.target is not None and run.actual is not None:
        off = glyphs.plain(f"  off {_off(moment, run.actual - run.target)}")
        if sum(cell_len(text) for text, _ in spans) + cell_len(off) <= width:
            spans.append((off, "$no-data"))
    return tuple(spans)


def _planned(moment: RunMoment, celsius: float) -> str:
    """Return a temperature in degC in the unit in which the run's are shown, with that unit."""
    name = moment.snapshot.run.temperature_unit
    return moment.units.quantity(from_celsius(celsius, name), name)


def _off(moment: RunMoment, distance: float) -> str:
    """Return a distance from the target, given in the run's unit, as text: `+0.3 K`."""
    name = moment.snapshot.run.temperature_unit
    kelvins = distance * unit_of(name).factor
    return moment.units.difference(kelvins, "K" if name == "K" else "degC", signed=True)


def _bar(
    title: str, elapsed: float | None, total: float | None, width: int, glyphs: Glyphs, *, least: bool = False
) -> Line:
    spans: list[Span] = [(fit(title, 6), "$no-data")]
    if elapsed is None:
        return (*spans, ("elapsed not known: the start was not seen", "$no-data"))
    at_least = "at least " if least else ""
    if not total:
        return (*spans, (f"{at_least}{format_duration(elapsed)}", ""), ("  of unknown length", "$no-data"))
    words = f"{at_least}{format_duration(elapsed)} of {format_duration(total)}"
    full, empty = glyphs.bar(elapsed / total, max(6, min(30, width - 8 - _BAR_WORDS)))
    left = "" if least else f", {format_duration(max(0.0, total - elapsed))} left"
    return (*spans, (full, "$running"), (empty, "$grid"), (f"  {words}", ""), (left, "$no-data"))


def _ends(moment: RunMoment, width: int, glyphs: Glyphs, times: Times) -> Line:
    progress, followed = moment.progress, moment.planned
    if progress.ends_utc is None or progress.left is None:
        return (("Ends  not known: it was not loaded from here", "$no-data"),)
    spread = run_words.range_words(followed) if followed is not None else ""
    about = "about " if progress.basis and not spread else ""
    spans: list[Span] = [
        ("Ends  ", "$no-data"),
        (f"{about}{times.day_and_time(progress.ends_utc)}", "bold"),
        (glyphs.plain(f" {spread}" if spread else ""), ""),
    ]
    drift = run_words.drift_words(followed.drift) if followed is not None else ""
    late = followed is not None and (followed.drift or 0.0) >= 60
    if drift:
        spans.append((glyphs.plain(f"  ({drift})"), "$stale" if late else "$no-data"))
    left = f"  in {format_duration(progress.left)}"
    if sum(cell_len(text) for text, _ in spans) + cell_len(left) <= width:
        spans.append((left, "$no-data"))
    return tuple(spans)


def _basis(followed: runs.view.RunProgress) -> Line:
    said = run_words.basis_words(followed.basis) or "as the recipe says"
    return (("Times ", "$no-data"), (said, "$stale" if followed.assumed else "$no-data"))


def _dwell(moment: RunMoment, followed: runs.view.RunProgress, glyphs: Glyphs) -> tuple[Line, Line]:
    """Return the clocks of the current hold, and why it does not count now."""
    dwell = followed.dwell
    if dwell is None:
        none = "none now: the step is a ramp" if followed.kind != "hold" else "its beginning was not seen"
        return (("Dwell ", "$no-data"), (none, "$no-data")), ()
    why = run_words.why_not(dwell, followed, moment.snapshot, moment.units)
    spans: list[Span] = [("Dwell ", "$no-data")]
    for name, time in run_words.clock_words(dwell):
        last = name == "counts"
        style = ("$stale" if why else "bold $good") if last else "bold"
        # As wide as the longest time, so that the names do not move.
        spans += [(f"{name} ", "$no-data"), (time if last else f"{time:<7}", style)]
    said = (
        f"does not count: {why}" if why else f"counts now: {run_words.condition_words(dwell, moment.units)}"
    )
    return tuple(spans), ((glyphs.plain(f"      {said}"), "$stale" if why else "bold $good"),)


def _upcoming(place: int, what: str, seconds: float, width: int, glyphs: Glyphs) -> Line:
    when = f"in {format_duration(seconds)}"
    shown = fit(glyphs.plain(what), max(0, width - 7 - cell_len(when)), ellipsis=glyphs.ellipsis)
    return (("Then  " if place == 0 else "      ", "$no-data"), (shown, ""), (f" {when}", "$no-data"))


class RunPanel(LinesWidget):
    """Shows everything known about the run, and what is not known."""

    DEFAULT_CSS = """
    RunPanel { height: 1fr; width: 1fr; }
    """

    _shown: tuple[RunMoment, Glyphs, Times, Mapping[str, str]] | None = None
    _facts: tuple[object, ...] | None = None
    """What the shown lines were made from, beside the size, for which they are drawn by themselves."""

    def show(self, moment: RunMoment, *, glyphs: Glyphs, times: Times, keys: Mapping[str, str]) -> None:
        """Show a moment of the run."""
        known = moment.facts
        facts = None if known is None else (known, glyphs, times, keys)
        self._shown = (moment, glyphs, times, keys)
        if facts is None or facts != self._facts:
            # A hidden panel has no room to draw in: it is drawn when it has.
            self._facts = facts if self.size else None
            self.draw()

    def draw(self) -> None:
        """Lay out again, frame included."""
        width, height = self.size.width, self.size.height
        if not width or not height or self._shown is None:
            return
        moment, glyphs, times, keys = self._shown
        self.show_lines(run_lines(moment, width, height, glyphs=glyphs, times=times, keys=keys))
        entitle_rule(self, (("Run", "$foreground"),), glyphs=glyphs)
