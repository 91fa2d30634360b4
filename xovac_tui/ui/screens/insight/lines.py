"""Lines of the Insight tab: stability by criterion, course of the pressure, and advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xovac_tui import quantities
from xovac_tui.analysis.insight import InsightView, Judged, VacuumView
from xovac_tui.analysis.pumpdown import PressureForecast
from xovac_tui.analysis.settings import LONGEST_NAME
from xovac_tui.analysis.stability import Stability
from xovac_tui.chamber.snapshot import ChannelView, Quality
from xovac_tui.digits import digits, figure
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.durations import format_part, format_rough_span, format_roughly
from xovac_tui.text import clean
from xovac_tui.ui.format import Times, reading_with_unit
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import CHOSEN, HEAD, Line, Span, clip, fit, folded

_NAME, _CHANGE, _BAR, _HELD, _RESETS, _END = 15, 12, 5, 12, 7, 18
_CLOSE = 72
"""Width in cells below which bar, resets and times of day give way, so that `stable in` is whole."""
_CLOSE_END = 12
_FACT = 11
_FAR = 43_200.0
"""Seconds from which a time of day is shown with its date."""


class InsightRow:
    """A row of the table: the pressure, the heading of a channel, or one of its criteria."""

    def __init__(self, judged: Judged | None, *, heading: bool) -> None:
        """`judged` is None for the pressure."""
        self.judged, self.heading = judged, heading

    @property
    def key(self) -> tuple[str, str]:
        """Full name of the channel and name of the criterion, both empty for the pressure."""
        judged = self.judged
        return ("", "") if judged is None else (judged.channel.full_name, judged.criterion.name)


def rows_of(view: InsightView) -> list[InsightRow]:
    """Return the table's rows: the pressure, then for each channel a heading and its criteria."""
    rows = [InsightRow(None, heading=False)] if view.vacuum is not None else []
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
    if row.judged is None:
        vacuum = view.vacuum
        assert vacuum is not None
        course: Span = (glyphs.plain(f"  {course_words(view, vacuum)}"), "$foreground-muted")
        return _heading(vacuum.channel, course, width, glyphs, units)
    channel, found = row.judged.channel, row.judged.stability
    if row.heading:
        return _heading(channel, ("", ""), width, glyphs, units)
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


def _heading(channel: ChannelView, beside: Span, width: int, glyphs: Glyphs, units: DisplayUnits) -> Line:
    """Return name and value of a channel, with more beside it while the value is of now."""
    old = channel.quality is not Quality.GOOD
    label = glyphs.shown(channel.label, 60)
    value = glyphs.plain(f"  {reading_with_unit(channel, units)}")
    line: Line = ((f"{glyphs.quality(channel.quality)} {label}", "bold"), (value, "$no-data" if old else ""))
    more = (f"  {channel.quality.value}", "$warning") if old else beside
    return clip((*line, more), width, ellipsis=glyphs.ellipsis)


def marked(line: Line, width: int, glyphs: Glyphs, *, focus: bool) -> Line:
    """Return a row with the cursor on it; without the focus it is where the detail comes from."""
    if focus:
        text = "".join(text for text, _ in line)
        return ((fit(text, width, ellipsis=glyphs.ellipsis), CHOSEN),)
    (first, style), *rest = line
    if first.startswith("  "):
        return ((f"{glyphs.then} {first[2:]}", f"bold {style}".strip()), *rest)
    return tuple((text, f"bold {style.removeprefix('bold')}".strip()) for text, style in line)


def course_words(view: InsightView, vacuum: VacuumView) -> str:
    """Return where the pressure goes, in few words; empty where that is not known."""
    if vacuum.rise is not None:
        return "rises"
    if vacuum.halves is not None:
        return f"halves in {format_roughly(vacuum.halves / view.speed)}"
    if vacuum.falls:
        return "falls"
    return "no clear fall" if vacuum.mbar is not None else ""


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
    elif course := course_words(view, vacuum):
        facts.append(_fact("Course", course, "" if vacuum.falls else "$foreground-muted"))
    for threshold in vacuum.thresholds:
        name = threshold_words(threshold.mbar, units)
        if threshold.forecast is not None:
            facts.append(_fact(name, span_words(threshold.forecast, view, times), ""))
        elif vacuum.falls:
            facts.append(_fact(name, "not foreseen", "$foreground-muted"))
    plain = (tuple((glyphs.plain(text), style) for text, style in line) for line in facts)
    return [clip(line, width, ellipsis=glyphs.ellipsis) for line in plain][:height]


def channel_lines(
    judged: Judged,
    view: InsightView,
    width: int,
    height: int,
    *,
    glyphs: Glyphs,
    times: Times,
    units: DisplayUnits = AS_REPORTED,
    band: str = "",
) -> list[Line]:
    """Return the facts about a channel by one criterion that fit; `band` says when it is in tolerance."""
    channel, found = judged.channel, judged.stability
    rate = (
        f"{change_words(found, units)} {units.difference_unit('degC')}/h"
        if found.per_hour is not None
        else "—"
    )
    old = channel.quality is not Quality.GOOD
    value: Span = (f"  {reading_with_unit(channel, units)}", "$no-data" if old else "bold $cursor")
    facts: list[Line] = [((clean(channel.label, 60), "bold"), value)]
    if old:
        facts.append(_fact("", channel.quality.value, "$warning"))
    facts += [
        _fact("Criterion", clean(judged.criterion.name, 40), ""),
        _fact("Stable in", *end_words(found, view, glyphs, times)),
        _fact("Change", rate, ""),
    ]
    lines = folded(band, max(8, width - _FACT)) if band else ()
    facts += [_fact("" if at else "Band", text, "") for at, text in enumerate(lines)]
    facts += [
        _fact("Stable for", format_part(found.held, found.needed), "$good" if found.stable else ""),
        _fact("Resets", str(found.resets), "" if found.resets else "$foreground-muted"),
    ]
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
