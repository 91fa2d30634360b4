"""The board of quiet alarms: each rule with its value of now and how far that is from its limit. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len

from xovac_tui.chamber.alarm import (
    SEVERITIES,
    AlarmChange,
    AlarmEvent,
    AlarmNumber,
    AlarmsView,
    AlarmView,
    Sense,
)
from xovac_tui.digits import figure
from xovac_tui.displayunits import DisplayUnits, Spelling, worded, worked_out
from xovac_tui.durations import format_minutes
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import SIGN_WIDTH, Glyphs
from xovac_tui.ui.widgets.alarm_words import SET_ASIDE, severity_style, sign_of
from xovac_tui.ui.widgets.lines import CHOSEN, HEAD, Line, Span, fit
from xovac_tui.units import TEMPERATURE

FAR_KELVINS = 100.0
"""K from the limit at and above which the bar of a temperature is empty."""
FAR_DECADES = 3.0
"""Decades from the limit at and above which the bar of a logarithmic value is empty."""
NEAR = 0.9
"""Part of the bar from which it is shown as near to its limit."""
_VALUE, _LEAST_BAR, _MOST_BAR = 14, 8, 30
_DISTANCE_FROM, _LIMIT_FROM = 72, 92
"""Widths in cells from which the board has columns for the distance and for the limit."""
_EVENT = 12


def is_quiet(view: AlarmsView) -> bool:
    """Return whether no alarm wants attention."""
    return not view.unresolved


def on_board(view: AlarmsView) -> list[AlarmView]:
    """Return the rules that watch, those with a limit first; their order does not depend on their values."""
    watching = [one for one in view.alarms if not one.off and one.state not in SET_ASIDE]
    return sorted(
        watching, key=lambda one: (one.measured is None, SEVERITIES.index(one.severity), one.rule.casefold())
    )


def distance(measured: AlarmNumber) -> float | None:
    """Return how far the value is from its limit, negative beyond it; None where either is not known.

    In its unit, of a logarithmic value in decades.
    """
    value, limit = measured.value, measured.limit
    if value is None or limit is None or not math.isfinite(value):
        return None
    if measured.sense is Sense.BEYOND:
        return limit - abs(value)
    if measured.log and limit > 0:
        if value <= 0:
            return math.inf if measured.sense is Sense.ABOVE else -math.inf
        decades = math.log10(limit / value)
        return decades if measured.sense is Sense.ABOVE else -decades
    return limit - value if measured.sense is Sense.ABOVE else value - limit


def nearness(measured: AlarmNumber | None) -> float | None:
    """Return how near a value is to its limit: 1 at or beyond it, 0 far from it; None where not known."""
    gap = None if measured is None else distance(measured)
    if measured is None or gap is None or measured.limit is None:
        return None
    return max(0.0, min(1.0, 1.0 - gap / _far(measured)))


def _far(measured: AlarmNumber) -> float:
    """Return the distance at which the bar is empty, as `distance` has it."""
    assert measured.limit is not None
    if measured.sense is not Sense.BEYOND and measured.log and measured.limit > 0:
        return FAR_DECADES
    if measured.sense is not Sense.BEYOND and measured.unit.dimension == TEMPERATURE:
        return FAR_KELVINS / measured.unit.factor
    return abs(measured.limit) or 1.0


def distance_words(measured: AlarmNumber | None, units: DisplayUnits) -> str:
    """Return the distance to the limit in words: `58.0 K`, `1.9 decades`; empty where it is not known."""
    gap = None if measured is None else distance(measured)
    if measured is None or gap is None or not math.isfinite(gap):
        return ""
    if measured.sense is not Sense.BEYOND and measured.log and (measured.limit or 0.0) > 0:
        return f"{figure(gap, '.1f')} decades"
    unit, spelling = measured.unit, measured.spelling
    if spelling is Spelling.WORKED_OUT:
        return units.phrase(worked_out(gap, unit))
    if spelling is Spelling.VALUE and unit.dimension == TEMPERATURE:
        spelling = Spelling.DIFFERENCE
    return units.phrase(worded(gap, unit.name, spelling))


def board_head(width: int) -> Line:
    """Return the names of the board's columns."""
    return ((_cells("", "rule", "now", "to its limit", "distance", "limit", width, "~"), HEAD),)


def board_line(
    alarm: AlarmView, width: int, *, chosen: bool, focus: bool, glyphs: Glyphs, units: DisplayUnits
) -> Line:
    """Return one rule as a row; what is not known has no bar, so that it never looks well."""
    rule_room, bar_room = _rooms(width)
    value = glyphs.shown(alarm.value, 40)
    near = nearness(alarm.measured)
    if alarm.pending is not None:
        bar, style = f"raised in {format_minutes(alarm.pending)}", "bold $stale"
    elif alarm.doubtful:
        bar, style = "not known: old data", "$stale"
    elif near is not None:
        bar, style = "", "$stale" if near >= NEAR else "$good"
    elif alarm.measured is not None:
        bar, style = "not known", "$stale"
    else:
        bar, style = "", ""
    spans: list[Span] = []
    sign = fit(sign_of(alarm, glyphs), SIGN_WIDTH)
    spans.append((f"{sign} ", severity_style(alarm) if alarm.unresolved else f"$alarm-{alarm.severity}"))
    spans.append((f"{fit(glyphs.shown(alarm.rule), rule_room, ellipsis=glyphs.ellipsis)} ", ""))
    if alarm.measured is None:
        # No number is compared: what is watched has the room of value and bar.
        said = glyphs.shown(f"{value}  {alarm.condition}" if value else alarm.condition)
        room = max(4, width - sum(cell_len(text) for text, _ in spans))
        style = style if alarm.pending is not None or alarm.doubtful else "$no-data"
        spans.append((fit(f"{bar}: {said}" if bar else said, room, ellipsis=glyphs.ellipsis), style))
        return _chosen(spans, chosen=chosen, focus=focus)
    shown = value or glyphs.dash
    spans.append((f"{fit(shown, _VALUE, right=True, ellipsis=glyphs.ellipsis)} ", "" if value else "$stale"))
    if bar or near is None:
        # Where it does not fit, its first words say enough.
        spans.append((fit(bar, bar_room, ellipsis=glyphs.ellipsis), style))
    else:
        full, empty = glyphs.bar(near, bar_room)
        spans += [(full, style), (empty, "$no-data")]
    if width >= _DISTANCE_FROM:
        gap = "" if bar else glyphs.plain(distance_words(alarm.measured, units))
        spans.append((f" {fit(gap, _VALUE, right=True, ellipsis=glyphs.ellipsis)}", ""))
    if width >= _LIMIT_FROM:
        limit = glyphs.shown(alarm.limit, 40)
        spans.append((f" {fit(limit, _VALUE, right=True, ellipsis=glyphs.ellipsis)}", "$no-data"))
    return _chosen(spans, chosen=chosen, focus=focus)


def _chosen(spans: Sequence[Span], *, chosen: bool, focus: bool) -> Line:
    """Return a row in one style where it is the chosen one."""
    if not chosen:
        return tuple(spans)
    return (("".join(text for text, _ in spans), CHOSEN if focus else "bold"),)


def _rooms(width: int) -> tuple[int, int]:
    """Return the cells of the rule's name and of the bar."""
    room = width - SIGN_WIDTH - 1 - _VALUE - 2
    room -= (_VALUE + 1) * ((width >= _DISTANCE_FROM) + (width >= _LIMIT_FROM))
    bar = max(_LEAST_BAR, min(_MOST_BAR, room // 2))
    return max(6, room - bar), bar


def _cells(
    sign: str, rule: str, value: str, bar: str, gap: str, limit: str, width: int, ellipsis: str
) -> str:  # fmt: skip
    rule_room, bar_room = _rooms(width)
    parts = [
        fit(sign, SIGN_WIDTH),
        fit(rule, rule_room, ellipsis=ellipsis),
        fit(value, _VALUE, right=True, ellipsis=ellipsis),
        fit(bar, bar_room, ellipsis=ellipsis),
    ]
    if width >= _DISTANCE_FROM:
        parts.append(fit(gap, _VALUE, right=True, ellipsis=ellipsis))
    if width >= _LIMIT_FROM:
        parts.append(fit(limit, _VALUE, right=True, ellipsis=ellipsis))
    return " ".join(parts)


# -- what happened ------------------------------------------------------------------------------------------


def last_raised(history: Sequence[AlarmChange], since_utc: float | None) -> list[AlarmChange]:
    """Return the alarms that were raised since a moment (None: ever), the newest first."""
    raised = [one for one in history if one.event is AlarmEvent.RAISED]
    return [one for one in reversed(raised) if since_utc is None or one.utc >= since_utc]


def raised_lines(
    raised: Sequence[AlarmChange], width: int, utc: float, *, in_run: bool, glyphs: Glyphs, times: Times
) -> list[Line]:
    """Return alarms that were raised, each with its time, as lines."""
    if not raised:
        said = "None since this run began." if in_run else "None that is in memory or in the record."
        return [((said, "$no-data"),)]
    return [change_line(one, width, utc, glyphs=glyphs, times=times, short=True) for one in raised]


def change_line(
    change: AlarmChange,
    width: int,
    utc: float,
    *,
    glyphs: Glyphs,
    times: Times,
    short: bool = False,
    chosen: bool = False,
    focus: bool = False,
) -> Line:
    """Return what happened to an alarm as one line: when, how bad, what, by whom; `short`: not what."""
    day = times.stamp(change.utc)[:10] != times.stamp(utc)[:10]
    when = f"{times.day(change.utc)} {times.clock(change.utc)}" if day else times.clock(change.utc)
    sign = f"{fit(sign_of(change, glyphs), SIGN_WIDTH)} {change.severity.upper():<8}"
    event = "" if short else f"{fit(change.event.value, _EVENT, ellipsis=glyphs.ellipsis)} "
    who = f" by {change.who}" if change.who else ""
    said = change.text if change.event is AlarmEvent.RAISED and change.text else f"{change.rule}{who}"
    if change.reason and change.event is not AlarmEvent.RAISED:
        said += f": {change.reason}"
    head: list[Span] = [
        (f"{when} ", "$no-data"),
        (sign, f"$alarm-{change.severity}" if change.event is AlarmEvent.RAISED else "$no-data"),
        (f" {event}", ""),
    ]
    room = max(4, width - sum(cell_len(text) for text, _ in head))
    head.append((fit(glyphs.shown(said), room, ellipsis=glyphs.ellipsis), ""))
    return _chosen(head, chosen=chosen, focus=focus)


def change_head(width: int, *, dated: bool) -> Line:
    """Return the names of the history's columns."""
    when = "time" if not dated else "day and time"
    row = f"{when:<{14 if dated else 8}} {'severity':<11} {'what':<{_EVENT}} alarm"
    return ((fit(row, width), HEAD),)
