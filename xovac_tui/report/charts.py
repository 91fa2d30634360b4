"""Draw the charts of a report, as SVG within the page: what was measured, over what was planned."""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from xovac_tui.chamber.ring import Bins
from xovac_tui.digits import format_number
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.quantities import number
from xovac_tui.report.facts import ReportFacts
from xovac_tui.report.formatting import DWELLS, ReportTimes, dwell_word
from xovac_tui.runs.dwell import Dwell
from xovac_tui.runs.past import RunTrack
from xovac_tui.runs.state import Leg
from xovac_tui.text import clean
from xovac_tui.units import HOUR, MINUTE

_WIDTH, _HEIGHT, _LOW_HEIGHT = 7.3, 3.5, 2.4
"""Inches: a page of A4 or Letter between its margins."""
_ZOOM = (3.55, 2.0)
_EDGES = (0.68, 0.06, 0.46, 0.42)
"""Inches left, right, above and below of a chart, for its numbers and its legend."""
_ZOOM_EDGES = (0.45, 0.06, 0.24, 0.38)
_NARROW = 50.0
"""Ratio of the highest to the lowest pressure below which there are numbers within a decade."""
_COLUMNS = 1_200
"""Columns of a line; more than a printer can resolve on this width."""
_MEASURED, _PLAN, _PRESSURE = "#0b4f8a", "#555555", "#6b3fa0"
_HOT, _COLD, _EVEN = "#f6d9c8", "#cfe3f5", "#e6e6e6"
_LIMIT, _ALARM, _NOTE = "#b3261e", "#b3261e", "#1b6e3c"
_OTHERS = ("#8a6d3b", "#3b8a7a", "#8a3b6d", "#6d8a3b", "#b07a1e", "#5a5a8a")
_STYLES = ("-", "--", "-.", ":")
_STYLE: Any = {
    # Text stays text: it can be searched, and the page's fonts are used.
    "svg.fonttype": "none",
    "svg.hashsalt": "xovac",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "text.parse_math": False,
    "path.simplify": True,
}
_UNUSED_NAMES = re.compile(r' id="[A-Za-z0-9.]+_[0-9]+"')
_NO_METADATA: Any = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def temperature_chart(facts: ReportFacts, times: ReportTimes) -> str:
    """Return the chart of the temperatures over the plan, with dwells, limits, gaps, notes and alarms."""
    with mpl.rc_context(_STYLE):
        figure, axes = _chart(_WIDTH, _HEIGHT)
        past, units = facts.past, facts.units
        start = past.recorded.started
        _shade(axes, facts)
        if past.temperature is not None:
            _line(
                axes,
                _shown(past.temperature, units),
                _label(past.temperature),
                color=_MEASURED,
                width=1.3,
                above=3,
            )
        points = past.planned_points()
        if points:
            shown = [(start + t, celsius) for t, celsius in points]
            axes.plot(
                [_at(at) for at, _ in shown],
                [units.value(celsius, "degC") for _, celsius in shown],
                color=_PLAN,
                linewidth=1.0,
                linestyle=(0, (4, 2)),
                label="Plan",
            )
        for place, other in enumerate(facts.others):
            style = _STYLES[(place + 1) % len(_STYLES)]
            _line(
                axes,
                _shown(other, units),
                _label(other),
                color=_OTHERS[place % len(_OTHERS)],
                width=0.7,
                style=style,
            )
        limits = facts.recipe.limits if facts.recipe is not None else None
        if limits is not None:
            for place, limit in enumerate((limits.min, limits.max)):
                axes.axhline(
                    units.value(limit, "degC"), color=_LIMIT, linewidth=0.9, linestyle=(0, (1, 1.5)),
                    label="" if place else "Limits of the part",
                )  # fmt: skip
        _marks(axes, facts)
        axes.set_ylabel(f"Temperature, {units.unit('degC')}")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: format_number(at)))
        _time_axis(axes, facts, times)
        _legend(axes)
        return _svg(figure, "temperature")


def pressure_chart(facts: ReportFacts, times: ReportTimes) -> str:
    """Return the chart of the pressure on a logarithmic axis; empty where it is not known."""
    track, plan = facts.past.pressure, facts.past.plan
    if track is None or not any(low > 0 for low in track.bins.lows):
        return ""
    units = facts.units
    with mpl.rc_context(_STYLE):
        figure, axes = _chart(_WIDTH, _LOW_HEIGHT)
        _shade(axes, facts, words=False)
        axes.set_yscale("log")
        _line(axes, _shown(track, units), _label(track), color=_PRESSURE, width=1.2, positive=True)
        if plan is not None and plan.pressure is not None:
            axes.axhline(
                units.value(plan.pressure, "mbar"),
                color=_PLAN,
                linewidth=0.9,
                linestyle=(0, (4, 2)),
                label="A dwell counts below",
            )
        axes.set_ylabel(f"Pressure, {units.unit('mbar')}")
        low, high = axes.get_ylim()
        narrow = high / low < _NARROW
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,), numticks=8))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: number(at, log=True).replace(".0e", "e")))
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda at, _: ""))
        _time_axis(axes, facts, times)
        _legend(axes)
        return _svg(figure, "pressure")


def dwell_charts(facts: ReportFacts, times: ReportTimes) -> list[str]:
    """Return a small chart of each dwell: the temperature against its target and tolerance."""
    legs = {leg.step: leg for leg in facts.past.view().legs}
    made = []
    with mpl.rc_context(_STYLE):
        for step, track in facts.zooms:
            leg = legs.get(step)
            if leg is not None and leg.dwell is not None:
                made.append(_dwell_chart(leg, leg.dwell, track, facts.units))
    return made


def _dwell_chart(leg: Leg, dwell: Dwell, track: RunTrack, units: DisplayUnits) -> str:
    figure, axes = _chart(*_ZOOM, _ZOOM_EDGES)
    bins = _shown(track, units)
    low, target, high = (
        units.value(dwell.target + off, "degC") for off in (-dwell.tolerance, 0.0, dwell.tolerance)
    )
    axes.axhspan(low, high, color=_EVEN, linewidth=0, zorder=0)
    axes.axhline(target, color=_PLAN, linewidth=0.9, linestyle=(0, (4, 2)))
    seconds = bins.seconds * len(bins.lows)
    scale, name = (
        (HOUR, "h") if seconds > 3 * HOUR else (MINUTE, "min") if seconds > 3 * MINUTE else (1.0, "s")
    )
    for times, values in _pieces(bins):
        axes.plot([(at - bins.start) / scale for at in times], values, color=_MEASURED, linewidth=1.1)
    axes.set_xlim(0, seconds / scale)
    axes.set_title(f"Step {leg.step}: {units.temperature_words(dwell.target)}", fontsize=8, loc="left")
    axes.set_xlabel(f"{name} since the dwell began", fontsize=7, labelpad=2)
    axes.tick_params(labelsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 1.5, 2, 3, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: format_number(at)))
    return _svg(figure, f"temperature in step {leg.step}")


# -- parts ----------------------------------------------------------------------------------------------


def _chart(
    width: float, height: float, edges: tuple[float, float, float, float] = _EDGES
) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    # Fixed edges: charts below each other have the same moment in the same place.
    left, right, top, bottom = edges
    box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height)
    return figure, figure.add_axes(box)


def _shown(track: RunTrack, units: DisplayUnits) -> Bins:
    """Return what a channel did, in the unit in which it is shown."""
    bins = track.bins
    lows, highs = (units.values(some, track.unit) for some in (bins.lows, bins.highs))
    return Bins(bins.start, bins.seconds, lows, highs)


def _label(track: RunTrack) -> str:
    return clean(track.label, 40)


def _line(
    axes: Axes,
    bins: Bins,
    label: str,
    *,
    color: str,
    width: float,
    style: str = "-",
    positive: bool = False,
    above: float = 2.0,
) -> None:
    """Draw what a channel did: through its lowest and highest value of each column, gaps left open."""
    for times, values in _pieces(bins, positive=positive):
        moments = [_at(at) for at in times]
        axes.plot(moments, values, color=color, linewidth=width, linestyle=style, label=label, zorder=above)
        label = ""


def _pieces(bins: Bins, *, positive: bool = False) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the stretches without a gap as times and values, a wide picture made narrower."""
    many = max(1, math.ceil(len(bins.lows) / _COLUMNS))
    times: list[float] = []
    values: list[float] = []
    for first in range(0, len(bins.lows), many):
        lows = [low for low in bins.lows[first : first + many] if low == low and (low > 0 or not positive)]
        highs = [
            high for high in bins.highs[first : first + many] if high == high and (high > 0 or not positive)
        ]
        if not lows or not highs:
            if times:
                yield times, values
            times, values = [], []
            continue
        at = bins.start + (first + many / 2) * bins.seconds
        low, high = min(lows), max(highs)
        # Rising or falling: the end that is nearer to what was before comes first.
        ends = (low, high) if not values or abs(low - values[-1]) <= abs(high - values[-1]) else (high, low)
        for end in ends if low != high else (low,):
            times.append(at)
            values.append(end)
    if times:
        yield times, values


def _shade(axes: Axes, facts: ReportFacts, *, words: bool = True) -> None:
    """Shade dwells by their temperature, and what was not measured."""
    past = facts.past
    start = past.recorded.started
    named: set[str] = set()
    for leg in past.view().legs:
        if leg.dwell is None or leg.start is None:
            continue
        end = past.until if leg.end is None else start + leg.end
        word = dwell_word(leg.dwell.target)
        colour = {"hot dwell": _HOT, "cold dwell": _COLD}.get(word, _EVEN)
        label = DWELLS[word] if words and word not in named else ""
        named.add(word)
        axes.axvspan(_at(start + leg.start), _at(end), color=colour, linewidth=0, zorder=0, label=label)
    for place, gap in enumerate(facts.gaps):
        axes.axvspan(
            _at(gap.start), _at(gap.end), facecolor="#ffffff", edgecolor="#999999", hatch="////", linewidth=0,
            zorder=0.5, label="Not measured" if words and not place else "",
        )  # fmt: skip


def _at(utc: float) -> float:
    """Return a moment as matplotlib counts time."""
    return float(mdates.date2num(datetime.fromtimestamp(utc, UTC)))


def _marks(axes: Axes, facts: ReportFacts) -> None:
    """Put notes and alarms on the time axis, each kind with a sign of its own."""
    past = facts.past
    begin, end = past.recorded.started, past.until
    notes = [max(begin, one.t) for one in past.marks if one.mark.kind == "note" and one.t <= end]
    alarms = [max(begin, one.raised.utc) for one in facts.alarms]
    for moments, sign, colour, label in (
        (notes, "^", _NOTE, "Note"),
        (alarms, "D", _ALARM, "Alarm"),
    ):
        if moments:
            axes.plot(
                [_at(at) for at in moments], [0.02] * len(moments), sign, color=colour, markersize=5,
                transform=axes.get_xaxis_transform(), clip_on=False, label=label, linestyle="none",
            )  # fmt: skip


def _time_axis(axes: Axes, facts: ReportFacts, times: ReportTimes) -> None:
    past = facts.past
    begin, end = past.recorded.started, past.until
    if past.running and past.planned_seconds is not None:
        end = max(end, begin + past.planned_seconds)
    axes.set_xlim(_at(begin), _at(max(end, begin + 1.0)))
    locator = mdates.AutoDateLocator(tz=times.zone, minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, tz=times.zone))


def _legend(axes: Axes) -> None:
    """Put the legend above the chart, where it hides nothing: what was measured first."""
    handles, labels = axes.get_legend_handles_labels()
    pairs = sorted(zip(handles, labels, strict=True), key=lambda pair: isinstance(pair[0], Patch))
    named: dict[str, Any] = {}
    for handle, label in pairs:
        named.setdefault(label, handle)
    shown: Sequence[str] = [label for label in named if label]
    if shown:
        axes.legend(
            [named[label] for label in shown], shown, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=6,
            borderaxespad=0.2, handlelength=2.2, columnspacing=1.4,
        )  # fmt: skip


def _svg(figure: Figure, name: str) -> str:
    """Return a figure as an element of the page, its inner names its own."""
    with mpl.rc_context({"svg.hashsalt": name}), warnings.catch_warnings():
        # Text stays text: the reader's browser has the letters that this font does not.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata=_NO_METADATA)
    whole = file.getvalue()
    # Names that nothing refers to would be in the page several times.
    drawn = _UNUSED_NAMES.sub("", whole[whole.index("<svg") :])
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)
