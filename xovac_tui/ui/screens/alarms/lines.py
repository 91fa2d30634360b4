"""Lines of the Alarms tab: head, list, and one alarm in full. Pure but for two small widgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len

from xovac_tui.chamber.alarm import AlarmChange, AlarmState, AlarmsView, AlarmView
from xovac_tui.durations import format_duration
from xovac_tui.plural import counted
from xovac_tui.recording.status import RecorderView
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import SIGN_WIDTH, Glyphs
from xovac_tui.ui.widgets.alarm_words import (
    SET_ASIDE,
    about,
    age_of,
    severity_style,
    sign_of,
    state_word,
)
from xovac_tui.ui.widgets.lines import CHOSEN, HEAD, Line, fit, folded, paragraph

VIEWS = ("unresolved", "all", "shelved")
"""The views of the list, in the order of its key."""
_ROOMY = 100
"""Width in cells from which the list has a column for the limit."""
_STATE, _VALUE, _LABEL = 15, 13, 10
_VALUE_WIDTHS = (3, 9, _VALUE)
"""Widths of the column of values: few, so that the texts beside it do not move with every digit."""


def listed(view: AlarmsView, which: str) -> list[AlarmView]:
    """Return the alarms of a view of the list, in the given order."""
    if which == "all":
        return list(view.alarms)
    if which == "shelved":
        return [one for one in view.alarms if one.state in SET_ASIDE]
    return list(view.unresolved)


# -- the head -----------------------------------------------------------------------------------------------


def head_lines(
    view: AlarmsView, width: int, recorder: RecorderView, *, glyphs: Glyphs, keys: Mapping[str, str]
) -> list[Line]:
    """Return the number of evaluated rules and the limits, then problems of the evaluation."""
    first = f"{limits_words(view, keys)}. {counts_words(view)}."
    if view.recorded:
        limits = f" Limits: {view.limit_set}." if view.limit_set else ""
        first = f"A replay shows alarms as they were recorded.{limits}"
    lines = _folded(glyphs.plain(first), width, "")
    if view.flood:
        said = f"FLOOD: {counted(view.flood, 'alarm')} in 10 min. Look for what they have in common."
        lines += _folded(glyphs.plain(said), width, "bold reverse $alarm-critical")
    if view.mirrored:
        who = f"process {recorder.pid}, which records" if recorder.pid else "the process that records"
        said = f"Evaluated by {who}; what you do here is asked of it."
        lines += _folded(said, width, "$no-data")
    if view.problem:
        lines += _folded(f"{glyphs.warning} {glyphs.shown(view.problem.sentence)}", width, "$stale")
    return lines


def limits_words(view: AlarmsView, keys: Mapping[str, str]) -> str:
    """Return the set of limits in force, and how it was chosen."""
    if not view.limit_set:
        return f"Limits: no set while the pressure is unknown ({keys['alarm-limits']} chooses one)"
    if view.by_hand:
        return f"Limits: {view.limit_set}, chosen by {view.set_by or 'hand'}"
    return f"Limits: {view.limit_set}, by the pressure"


def counts_words(view: AlarmsView) -> str:
    """Return the numbers of rules that are evaluated and that are not."""
    aside = (
        (sum(state_word(one) == "OFF" for one in view.alarms), "off"),
        (sum(one.state is AlarmState.SHELVED for one in view.alarms), "shelved"),
        (sum(one.state is AlarmState.OUT_OF_SERVICE for one in view.alarms), "out of service"),
    )
    watching = counted(_watching(view), "rule watches", "rules watch")
    return ", ".join([watching, *(f"{number} {word}" for number, word in aside if number)])


def list_title(view: AlarmsView, which: str) -> str:
    """Return the list's title with the number of all unacknowledged alarms."""
    waiting = len(view.waiting)
    return f"Alarms: {which}" + (f"   {waiting} not acknowledged" if waiting else "")


def empty_words(view: AlarmsView, which: str, keys: Mapping[str, str]) -> str:
    """Return the text of an empty list."""
    if which == "shelved":
        return "Nothing is shelved or out of service."
    if view.recorded:
        return (
            "No alarm was active at this moment."
            if view.alarms
            else "No alarm is recorded up to this moment."
        )
    if not view.alarms:
        return "No rule watches anything here: the settings give none, and the defaults are off."
    off = sum(state_word(one) == "OFF" for one in view.alarms)
    watching = counted(_watching(view), "rule watches", "rules watch")
    not_watching = f"; {counted(off, 'is off', 'are off')}" if off else ""
    return f"No active alarms. {watching}{not_watching} ({keys['alarm-view']} shows them)."


def _watching(view: AlarmsView) -> int:
    return sum(not one.off and one.state not in SET_ASIDE for one in view.alarms)


# -- the list -----------------------------------------------------------------------------------------------


def value_width(alarms: Sequence[AlarmView], glyphs: Glyphs) -> int:
    """Return the cells of the column of values in a list of these alarms."""
    longest = max((cell_len(_value(one, glyphs)) for one in alarms), default=0)
    return next((width for width in _VALUE_WIDTHS if width >= longest), _VALUE)


def list_head(width: int, value: int = _VALUE) -> Line:
    """Return the names of the columns; `value` is the width of that of the values."""
    return (
        (
            _row("", "severity", "state", "since", "what", "now", "limit", width, "~", value),
            HEAD,
        ),
    )


def _value(alarm: AlarmView, glyphs: Glyphs) -> str:
    value = glyphs.shown(alarm.value, 40) or (glyphs.dash if alarm.channel else "")
    return f"{glyphs.question} {value}" if alarm.doubtful and alarm.value else value


def list_line(
    alarm: AlarmView,
    width: int,
    utc: float,
    *,
    chosen: bool,
    focus: bool,
    glyphs: Glyphs,
    value: int = _VALUE,
) -> Line:
    """Return one alarm as a row; `value` is the width of the column of values."""
    row = _row(
        sign_of(alarm, glyphs),
        alarm.severity.upper(),
        state_word(alarm),
        age_of(alarm, utc),
        glyphs.shown(about(alarm)),
        _value(alarm, glyphs),
        glyphs.shown(alarm.limit, 40),
        width,
        glyphs.ellipsis,
        value,
    )
    if chosen:
        return ((row, CHOSEN if focus else "bold"),)
    # Sign and severity, then the rest.
    style = "" if alarm.unresolved else "$no-data"
    head = SIGN_WIDTH + 9
    return ((row[:head], severity_style(alarm)), (row[head:], style))


def _row(
    sign: str, severity: str, state: str, since: str, said: str, value: str, limit: str, width: int,
    ellipsis: str, value_cells: int,
) -> str:  # fmt: skip
    """Return one row; the alarm's text gets the width that the other columns leave."""
    # A word that fills the column leaves no room for the duration: the detail has it.
    room = _STATE - len(state) - 1
    when = f"{state} {since:>{room}}" if since and len(since) <= room else state
    tail = [fit(value, value_cells, right=True, ellipsis=ellipsis)]
    if width >= _ROOMY:
        tail.append(fit(limit, _VALUE, right=True, ellipsis=ellipsis))
    head = f"{fit(sign, SIGN_WIDTH)} {severity:<8} {fit(when, _STATE, ellipsis=ellipsis)}"
    room = width - cell_len(head) - sum(cell_len(one) + 1 for one in tail) - 1
    return " ".join([head, fit(said, max(4, room), ellipsis=ellipsis), *tail])


# -- one in full --------------------------------------------------------------------------------------------


def detail_lines(
    alarm: AlarmView,
    view: AlarmsView,
    width: int,
    utc: float,
    *,
    glyphs: Glyphs,
    times: Times,
) -> list[Line]:
    """Return everything about an alarm: state, what to do, condition and history."""
    lines: list[Line] = [_state_line(alarm, utc, glyphs, times)]
    if alarm.text and (alarm.unresolved or alarm.active):
        lines += _folded(glyphs.shown(alarm.text), width, "bold")
    for label, text, style in _facts(alarm, view, times):
        room = max(8, width - _LABEL)
        for place, line in enumerate(folded(glyphs.shown(text), room)):
            lines.append(((fit(label if not place else "", _LABEL), "$no-data"), (line, style)))
    return lines


def _state_line(alarm: AlarmView, utc: float, glyphs: Glyphs, times: Times) -> Line:
    sign = f"{sign_of(alarm, glyphs)} {alarm.severity.upper()}"
    since = f" for {age_of(alarm, utc)}" if alarm.since_utc is not None else ""
    state = f"  {state_word(alarm)}{since}"
    doubt = "  unknown now: the data are stale" if alarm.doubtful else ""
    return ((sign, severity_style(alarm)), (state, "bold"), (doubt, "$stale"))


def _facts(alarm: AlarmView, view: AlarmsView, times: Times) -> Iterator[tuple[str, str, str]]:
    """Yield label, text and style of the facts below the state."""
    yield from _silenced(alarm, times)
    if alarm.pending is not None and not alarm.unresolved:
        yield "Pending", f"raised in {format_duration(alarm.pending)}, if it goes on like this", "$stale"
    if alarm.off:
        yield "Off", alarm.off, ""
    for label, text in (("To do", alarm.action), ("Cause", alarm.cause), ("Leads to", alarm.consequence)):
        if text:
            yield label, text, ""
    watches = alarm.condition or alarm.rule
    yield "Watches", watches + (f" (limits: {view.limit_set})" if view.limit_set else ""), ""
    if alarm.value or alarm.limit:
        now = f"{alarm.value or 'not known'}" + (f", limit {alarm.limit}" if alarm.limit else "")
        yield "Now", now, ""
    if alarm.raised_utc is not None:
        count = f", {counted(alarm.times, 'time', 'times')} since evaluation began" if alarm.times else ""
        yield "Raised", f"{times.stamp(alarm.raised_utc)}{count}", ""
    if alarm.since_utc is not None and alarm.state is AlarmState.RETURNED:
        yield "Returned", f"{times.stamp(alarm.since_utc)}; not acknowledged since it was raised", ""
    if alarm.since_utc is not None and alarm.state is AlarmState.ACKNOWLEDGED:
        yield "Acked", f"{times.stamp(alarm.since_utc)} by {alarm.who or 'an unknown user'}", ""
    yield "Rule", alarm.rule, "$no-data"


def _silenced(alarm: AlarmView, times: Times) -> Iterator[tuple[str, str, str]]:
    """Yield the user who has silenced an alarm, the end of that and the reason."""
    if alarm.state not in SET_ASIDE:
        return
    until = f" until {times.day_and_time(alarm.until_utc)}" if alarm.until_utc is not None else ""
    word = "Shelved" if alarm.state is AlarmState.SHELVED else "Out"
    why = f": {alarm.reason}" if alarm.reason else ""
    yield word, f"by {alarm.who or 'an unknown user'}{until}{why}", "$stale"
    if alarm.active:
        yield "", "The condition holds by now.", "$stale"


def change_lines(change: AlarmChange, width: int, *, glyphs: Glyphs, times: Times) -> list[Line]:
    """Return everything about one thing that happened to an alarm."""
    sign = f"{sign_of(change, glyphs)} {change.severity.upper()}"
    lines: list[Line] = [((sign, f"$alarm-{change.severity}"), (f"  {change.event.value}", "bold"))]
    until = f" until {times.day_and_time(change.until)}" if change.until is not None else ""
    step = f", step {change.step}" if change.step is not None else ""
    value = change.value + (f", limit {change.limit}" if change.value and change.limit else "")
    facts = (
        ("At", times.stamp(change.utc)),
        ("Says", change.text),
        ("Rule", change.rule),
        ("By", f"{change.who}{until}" if change.who else ""),
        ("Why", change.reason),
        ("Was", value + (f" (limits: {change.limit_set})" if change.limit_set and value else "")),
        ("Run", f"{change.run} {change.recipe}{step}" if change.run else ""),
        ("To do", change.action),
    )
    for label, text in facts:
        for place, line in enumerate(folded(glyphs.shown(text), max(8, width - _LABEL)) if text else ()):
            lines.append(((fit(label if not place else "", _LABEL), "$no-data"), (line, "")))
    return lines


def question_line(alarm: AlarmView, width: int, utc: float, note: str, glyphs: Glyphs) -> Line:
    """Return one alarm as a line of a dialog, with `note` instead of its state if given."""
    sign = f"{fit(sign_of(alarm, glyphs), SIGN_WIDTH)} {alarm.severity.upper():<8}"
    state = note or f"{state_word(alarm)} {age_of(alarm, utc)}".rstrip()
    room = max(4, width - cell_len(sign) - cell_len(state) - 3)
    said = fit(glyphs.shown(about(alarm)), room, ellipsis=glyphs.ellipsis)
    return ((sign, severity_style(alarm)), (f" {said}  ", ""), (state, "$no-data"))


def _folded(text: str, width: int, style: str) -> list[Line]:
    return paragraph(text, max(8, width), style)


def chosen_among(alarms: Sequence[AlarmView], rule: str) -> int | None:
    """Return the index of a rule in the list; None if it is not there."""
    return next((place for place, one in enumerate(alarms) if one.rule == rule), None)
