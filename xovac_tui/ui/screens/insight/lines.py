"""Lines of the Insight tab: stability by criterion, course of the pressure, and advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xovac_tui import quantities
from xovac_tui.analysis.insight import InsightView, Judged, VacuumView
from xovac_tui.analysis.pumpdown import PressureForecast
from xovac_tui.analysis.settings import LONGEST_NAME
from xovac_tui.analysis.stability import Stability
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.digits import digits, figure
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_part, format_rough_span, format_roughly
from xovac_tui.ui.format import Times, reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import HEAD, Line, Span, clip, fit, folded

_NAME, _CHANGE, _BAR, _HELD, _RESETS, _END = 15, 12, 5, 12, 7, 18
_CLOSE = 72
"""Width in cells below which bar, resets and times of day give way, so that `stable in` is whole."""
_CLOSE_END = 12
_FACT = 11
_FAR = 43_200.0
"""Seconds from which a time of day is shown with its date."""


class InsightRow:
    """A row of the table: the heading of a channel, or one of its criteria."""

    def __init__(self, judged: Judged, *, heading: bool) -> None:
        self.judged, self.heading = judged, heading


def rows_of(view: InsightView) -> list[InsightRow]:
    """Return the table's rows: for each channel a heading, then its criteria."""
    rows: list[InsightRow] = []
    before = ""
    for judged in view.judged:
        if judged.channel.full_name != before:
            before = judged.channel.full_name
            rows.append(InsightRow(judged, heading=True))
        rows.append(InsightRow(judged, heading=False))
    return rows


def table_head(width: int, glyphs: Glyphs, units: DisplayUnits = AS_REPORTED) -> Line:
    """Return the headings of the table."""
    name, change_unit = _name_width(width), f"{units.difference_unit('degC')}/h"
    text = f"  {fit('criterion', name)} {fit(change_unit, _CHANGE, right=True)}"
    if width < _CLOSE:
        text += f" {fit('stable for', _HELD)}  stable in"
        return ((fit(text, width, ellipsis=glyphs.ellipsis), HEAD),)
    text += "  "
    text += f"{fit('stable for', _BAR + 1 + _HELD)} {fit('resets', _RESETS - 1, right=True)}  stable in"
    return ((fit(text, width, ellipsis=glyphs.ellipsis), HEAD),)


def table_line(
    row: InsightRow,
    view: InsightView,
    width: int,
    *,
    glyphs: Glyphs,
    times: Times,
    units: DisplayUnits = AS_REPORTED,
) -> Line:
    """Return one row of the table."""
    channel, found = row.judged.channel, row.judged.stability
    if row.heading:
        old = "" if channel.quality is Quality.GOOD else f"  {channel.quality.value}"
        label = glyphs.shown(channel.label, 60)
        value = glyphs.plain(f"  {reading_with_unit(channel, units)}")
        line: Line = (
            (f"{glyphs.quality(channel.quality)} {label}", "bold"),
            (value, "$no-data" if old else ""),
        )
        return clip((*line, (old, "$warning")), width, ellipsis=glyphs.ellipsis)
    name = glyphs.shown(row.judged.criterion.name, 40)
    full, empty = glyphs.bar(found.held / found.needed if found.needed else 0.0, _BAR)
    quiet = "$foreground-muted" if found.stable is None else ""
    spans: list[Span] = [
        (f"  {fit(name, _name_width(width), ellipsis=glyphs.ellipsis)} ", quiet),
        (fit(change_words(found, units), _CHANGE, right=True), quiet),
    ]
    held = fit(format_part(found.held, found.needed), _HELD)
    if width < _CLOSE:
        end = end_words(found, view, glyphs, times)
        if not found.stable and found.forecast is not None and found.stable is not None:
            end = format_roughly(found.forecast / view.speed), ""
        spans += [(f" {held}  ", "$good" if found.stable else quiet), end]
        line = tuple((glyphs.plain(text), style) for text, style in spans)
        return clip(line, width, ellipsis=glyphs.ellipsis)
    spans += [
        (f"  {full}", "$good" if found.stable else quiet),
        (f"{empty} ", "$foreground-muted"),
        (held, quiet),
        (fit(str(found.resets), _RESETS, right=True), "" if found.resets else "$foreground-muted"),
        ("  ", ""),
        end_words(found, view, glyphs, times),
    ]
    line = tuple((glyphs.plain(text), style) for text, style in spans)
    return clip(line, width, ellipsis=glyphs.ellipsis)


def _name_width(width: int) -> int:
    if width < _CLOSE:
        return max(8, min(LONGEST_NAME, width - 2 - 1 - _CHANGE - 1 - _HELD - 2 - _CLOSE_END))
    room = width - 2 - 1 - _CHANGE - 2 - _BAR - 1 - _HELD - _RESETS - 2 - _END
    return max(_NAME, min(LONGEST_NAME, room))


def change_words(found: Stability, units: DisplayUnits = AS_REPORTED) -> str:
    """Return the change per hour with its uncertainty: `−12.4 ±1.2`."""
    if found.per_hour is None or found.uncertainty is None:
        return "—"
    change, doubt = (units.change(one, "degC") for one in (found.per_hour, found.uncertainty))
    decimals = 2 if abs(change) < 10 and doubt < 10 else 1
    if abs(change) >= 1000 or doubt >= 1000:
        decimals = 0
    return f"{figure(change, f'+.{decimals}f')} ±{digits(doubt, f'.{decimals}f')}"


def end_words(found: Stability, view: InsightView, glyphs: Glyphs, times: Times) -> Span:
    """Return whether the criterion is met, or when it will be."""
    if found.stable:
        return f"{glyphs.dot} stable", "$good"
    if found.stable is None:
        return f"{glyphs.question} unknown", "$warning"
    if found.forecast is None:
        return "not foreseen", "$foreground-muted"
    return when_words(found.forecast, view, times), ""


def when_words(seconds: float, view: InsightView, times: Times) -> str:
    """Return a predicted time: the duration until then, and the time of day, with the date if not today's."""
    left = seconds / view.speed
    utc = view.utc + left
    clock = times.day_and_time(utc) if left >= _FAR else times.short(utc)
    return f"{format_roughly(left)}, {clock}"


def span_words(forecast: PressureForecast, view: InsightView, times: Times) -> str:
    """Return the earliest and latest predicted time until an event: `13h 10m to 21h 40m`."""
    soonest, latest = forecast.soonest / view.speed, forecast.latest / view.speed
    if format_roughly(soonest) == format_roughly(latest):
        return when_words(forecast.likely, view, times)
    return format_rough_span(soonest, latest)


def table_notes(view: InsightView, width: int, glyphs: Glyphs, keys: Mapping[str, str]) -> list[Line]:
    """Return the notes in place of the table or below it: what cannot be evaluated, and why."""
    said = list(view.problems)
    if not view.judged and not said:
        said = [
            "No temperature is judged: none has the role controlled, and none is pinned. Pin one on Status "
            f"({keys['pin']}), or name channels in the settings, [stability]."
        ]
    return _styled(folded(glyphs.plain("\n".join(said)), max(20, width)) if said else (), "$warning")


def _styled(texts: Iterable[str], style: str) -> list[Line]:
    return [((text, style),) for text in texts]


# -- pressure -----------------------------------------------------------------------------------------


def pressure_lines(
    view: InsightView,
    width: int,
    height: int,
    *,
    glyphs: Glyphs,
    times: Times,
    units: DisplayUnits = AS_REPORTED,
) -> list[Line]:
    """Return the facts about the pressure that fit: value, pump, predictions, and rate of rise."""
    vacuum = view.vacuum
    if vacuum is None:
        said = "No channel has the role pressure, so nothing is known of the vacuum: a contract file sets it."
        return _styled(folded(said, width), "$foreground-muted")[:height]
    good = vacuum.channel.quality is Quality.GOOD
    facts = [_fact("Pressure", reading_with_unit(vacuum.channel, units), "bold" if good else "$no-data")]
    if not good:
        facts.append(_fact("", vacuum.channel.quality.value, "$warning"))
    facts.append(_fact("Pump", _pump_words(vacuum), "" if vacuum.pump is not None else "$foreground-muted"))
    if vacuum.rise is not None:
        facts += _rise(vacuum, units)
    elif vacuum.halves is not None:
        facts.append(_fact("Halves in", f"{format_roughly(vacuum.halves / view.speed)} at this rate", ""))
    elif vacuum.falls:
        facts.append(_fact("Course", "falls", ""))
    elif vacuum.mbar is not None:
        facts.append(_fact("Course", "does not surely fall", "$foreground-muted"))
    for threshold in vacuum.thresholds:
        name = threshold_words(threshold.mbar, units)
        if threshold.forecast is not None:
            facts.append(_fact(name, span_words(threshold.forecast, view, times), ""))
        elif vacuum.falls:
            facts.append(_fact(name, "not foreseen", "$foreground-muted"))
    plain = (tuple((glyphs.plain(text), style) for text, style in line) for line in facts)
    return [clip(line, width, ellipsis=glyphs.ellipsis) for line in plain][:height]


def threshold_words(mbar: float, units: DisplayUnits = AS_REPORTED) -> str:
    """Return a round pressure in mbar in the shown unit: `1e-04 mbar`, `10 mbar`, `1.3e-02 Pa`."""
    if units.shown_unit("mbar") != "mbar":
        return units.pressure_words(mbar)
    return f"{digits(mbar, '.0e')} mbar" if mbar != 10 else "10 mbar"


def _fact(name: str, text: str, style: str) -> Line:
    return ((fit(name, _FACT), "$foreground-muted"), (text, style))


def _pump_words(vacuum: VacuumView) -> str:
    return {True: "on", False: "off", None: "not reported"}[vacuum.pump]


def _rise(vacuum: VacuumView, units: DisplayUnits) -> list[Line]:
    rise = vacuum.rise
    assert rise is not None
    name = units.unit("mbar")

    def pressure(mbar: float) -> str:
        return quantities.number(units.value(mbar, "mbar"), log=True)

    facts = [
        _fact("Rises", f"{pressure(rise.rate)} {name}/s", "bold"),
        _fact("", f"±{pressure(rise.uncertainty)}, {format_roughly(rise.seconds)}", ""),
        _fact("", "fades: outgassing" if rise.fades else "steady, as a leak is", ""),
    ]
    if rise.leak is None:
        facts.append(_fact("Leak", "volume not set", "$foreground-muted"))
    else:
        facts.append(_fact("Leak", f"≤ {pressure(rise.leak)} {name}·l/s", ""))
    return facts


# -- advice -------------------------------------------------------------------------------------------


def advice_lines(view: InsightView, width: int, glyphs: Glyphs) -> list[Line]:
    """Return the advice, or a sentence that there is none."""
    if not view.advises:
        return [(("Advice is switched off in the settings.", "$foreground-muted"),)]
    if not view.advice:
        said = "None at this moment."
        if view.vacuum is None or view.vacuum.mbar is None:
            said = "None can be given: the pressure is not known now."
        return [((said, "$foreground-muted"),)]
    lines: list[Line] = []
    for advice in view.advice:
        lines.append(((f"{glyphs.warning} {glyphs.shown(advice.title, 80)}", "$warning"),))
        for text in (advice.text, advice.action):
            wrapped = folded(glyphs.shown(text, 400), max(10, width - 2))
            lines += _styled((f"  {line}" for line in wrapped), "")
    return [clip(line, width, ellipsis=glyphs.ellipsis) for line in lines]
