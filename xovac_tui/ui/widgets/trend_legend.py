"""The text under a chart: its legend, or the values under the cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xovac_tui.chamber.snapshot import Mark
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.plot.cells import Tone, narrow
from xovac_tui.plot.chart import MARKS, ChartLine, Text, shade_signs
from xovac_tui.plot.raster import GLYPHS, PLANNED_GLYPH
from xovac_tui.ui.widgets.lines import distinct_labels, fit_label
from xovac_tui.ui.widgets.trend_model import TrendSeries, shown_unit, shown_value

_WORDS = {
    "alarm": "alarm",
    "note": "note",
    "lost": "link lost",
    "online": "link back",
    "step": "step",
    "run": "run",
    "idle": "idle",
    "command": "command",
}
_BETWEEN: Text = ("   ", Tone.BLANK)


def legend(
    drawn: Sequence[tuple[TrendSeries, ChartLine]],
    left_out: Sequence[TrendSeries],
    *,
    planned: bool,
    kinds: Sequence[str],
    width: int,
    ascii_only: bool,
    tolerance: str = "",
    counted: bool = False,
    fill: bool = False,
    heat: tuple[int, int] | None = None,
) -> tuple[Text, ...]:
    """Return the longest legend that fits `width`: with axes and units, without, or with cut names.

    `tolerance` is that of the shaded bands; `counted` where time that counts is shaded, with signs where
    `fill`. `heat` is the number of a series whose colour says its temperature, and the tone of now.
    """
    tail = _marks_legend(kinds, ascii_only)
    plan: list[Text] = []
    if planned:
        plan = [_BETWEEN, (f"{PLANNED_GLYPH if ascii_only else '┄'} plan", Tone.PLANNED)]
    band: list[Text] = []
    if tolerance:
        sign = _shade(0, Tone.BAND, ascii_only, fill)
        band = [
            _BETWEEN,
            sign,
            (f" band {'+-' if ascii_only else '±'}{tolerance}", Tone.LABEL),
        ]
    if counted:
        band += [_BETWEEN, _shade(1, Tone.BAND | Tone.COUNTED, ascii_only, fill), (" counts", Tone.LABEL)]
    tolerance_only = band[:3]
    out: list[Text] = []
    for series in left_out:
        unit = shown_unit(series.unit, ascii_only)
        out += [_BETWEEN, (f"{_cut(series.label, 24, ascii_only)} ({unit}: no axis for it)", Tone.HINT)]
    for long, most, rest in (
        (True, 40, plan + band + out + tail),
        (False, 40, plan + band + out + tail),
        (False, 40, plan + band + out),
        (False, 40, plan + band),
        (False, 40, plan + tolerance_only),
        (False, 40, plan),
        (False, 14, plan + band),
        (False, 14, plan),
        (False, 40, []),
        (False, 8, []),
    ):
        texts = [*_names(drawn, long, most, ascii_only, heat), *rest]
        if texts and texts[0] == _BETWEEN:
            del texts[0]
        if sum(len(text) for text, _ in texts) <= width:
            break
    return tuple(texts)


def _shade(place: int, tone: int, ascii_only: bool, fill: bool) -> Text:
    """Return a piece of a shade; `place` is 1 for time that counts."""
    if not fill:
        return "  ", tone
    return shade_signs(ascii_only)[place] * 2, Tone.AXIS | tone


def _names(
    drawn: Sequence[tuple[TrendSeries, ChartLine]],
    long: bool,
    most: int,
    ascii_only: bool,
    heat: tuple[int, int] | None = None,
) -> list[Text]:
    """Return sign and name of every series, names cut to `most` characters."""
    several = len(drawn) > 1
    names = _cuts(drawn, most, ascii_only)
    texts: list[Text] = []
    for series, line in drawn:
        tone = heat[1] if heat is not None and heat[0] == series.slot else Tone.SERIES + series.slot
        number = str(series.slot + 1) if several else ""
        sign = GLYPHS[series.slot % len(GLYPHS)] if ascii_only else f"{number}━"
        name = names[series.label]
        unit = shown_unit(series.unit, ascii_only)
        axis = ("right, log" if series.log else "right") if line.right else ""
        words = f" {unit}" if long and unit else ""
        words += f" ({axis})" if long and axis else ""
        if axis and not long:
            words += " ->" if ascii_only else " →"
        texts += [_BETWEEN, (f"{sign} ", tone), (name, tone), (words, Tone.LABEL)]
    return texts


def _marks_legend(kinds: Sequence[str], ascii_only: bool) -> list[Text]:
    texts: list[Text] = []
    for kind in dict.fromkeys(kinds):
        glyph, plain, tone = MARKS[kind]
        texts += [_BETWEEN, (plain if ascii_only else glyph, tone), (f" {_WORDS[kind]}", Tone.LABEL)]
    return texts


def readout(
    drawn: Sequence[tuple[TrendSeries, ChartLine]],
    column: int,
    across: int,
    when: str,
    marks: Sequence[Mark],
    width: int,
    ascii_only: bool,
    units_of_values: DisplayUnits = AS_REPORTED,
) -> tuple[Text, ...]:
    """Return time, marks and values of one cell that is `across` dot columns wide.

    The longest that fits `width`: lowest and highest if they differ, or the middle, or without units.
    """
    texts: list[Text] = [(when, Tone.CURSOR)]
    for mark in marks:
        glyph, plain, tone = MARKS.get(mark.kind, MARKS["note"])
        texts += [
            ("  ", Tone.BLANK),
            (f"{plain if ascii_only else glyph} {_cut(mark.text_in(units_of_values), 30, ascii_only)}", tone),
        ]
    for spread, units, most in ((True, True, 16), (False, True, 16), (False, False, 12), (False, False, 6)):
        found, names = list(texts), _cuts(drawn, most, ascii_only)
        for series, line in drawn:
            cells = range(column * across, (column + 1) * across)
            known = [n for n in cells if 0 <= n < len(line.lows) and not math.isnan(line.lows[n])]
            value = _value(series, line, known, spread, ascii_only, units_of_values)
            unit = shown_unit(series.unit, ascii_only) if units and known else ""
            found += [
                ("   " if units else "  ", Tone.BLANK),
                (f"{names[series.label]} ", Tone.LABEL),
                (f"{value} {unit}".rstrip(), Tone.SERIES + series.slot),
            ]
        if sum(len(text) for text, _ in found) <= width:
            break
    return tuple(found)


def _value(
    series: TrendSeries,
    line: ChartLine,
    known: Sequence[int],
    spread: bool,
    ascii_only: bool,
    units: DisplayUnits,
) -> str:
    if not known:
        return "no data"
    low, high = min(line.lows[n] for n in known), max(line.highs[n] for n in known)
    if not spread:
        low = high = math.sqrt(low * high) if series.log and low > 0 else (low + high) / 2
    ends = [shown_value(end, series.unit, series.log, ascii_only, units) for end in (low, high)]
    return (".." if ascii_only else "…").join(dict.fromkeys(ends))


def _cuts(drawn: Sequence[tuple[TrendSeries, ChartLine]], most: int, ascii_only: bool) -> dict[str, str]:
    """Return the labels of series in at most `most` cells: different ones stay different."""
    names = {series.label: _plain(series.label, ascii_only) for series, _ in drawn}
    cut = distinct_labels(tuple(dict.fromkeys(names.values())), most, ellipsis=_ellipsis(ascii_only))
    return {label: cut[name].rstrip() for label, name in names.items()}


def _cut(label: str, most: int, ascii_only: bool) -> str:
    """Return a label of at most `most` cells, cut like those of readings."""
    name = _plain(label, ascii_only)
    return name if len(name) <= most else fit_label(name, most, ellipsis=_ellipsis(ascii_only))


def _plain(label: str, ascii_only: bool) -> str:
    name = narrow(label)
    return name.encode("ascii", "replace").decode() if ascii_only else name


def _ellipsis(ascii_only: bool) -> str:
    return "~" if ascii_only else "…"
