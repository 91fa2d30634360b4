"""The lines of the fleet: two a chamber, one an alarm, and the one above them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len

from xovac_tui.chamber.alarm import AlarmState
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.displayunits import DisplayUnits
from xovac_tui.durations import format_coarsely
from xovac_tui.fleet.overview import FleetAlarm, FleetReading, FleetRow, FleetView, RowState
from xovac_tui.forwarding.reports import FleetSourceView, SourceState
from xovac_tui.forwarding.wording import failure_word
from xovac_tui.plural import counted
from xovac_tui.recording.status import RecorderState
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import SIGN_WIDTH, Glyphs
from xovac_tui.ui.widgets.alarm_words import STATE_WORDS
from xovac_tui.ui.widgets.lines import CHOSEN, Line, Span, clip, fit, fit_label, line_width

WIDE = 110
"""Columns from which on values are in the first line of a chamber."""
_NARROW = 80
"""Columns below which only services in trouble are shown."""
_MARKS = 3
"""Cells before a name: cursor and alarm."""
_STATE = 20
"""Cells of the state with its age: `RECORDER GONE 2 min`."""
_NAMES = {60: 9, 80: 10, WIDE: 18}
"""Columns -> cells of a name at the most."""
_RUN = 40
"""Cells of what runs, where values follow in the same line."""
_ALARM_LEAST = 24
"""Cells that the worst alarm of a chamber keeps."""
_OLD = "$no-data"
_STYLES = {
    RowState.ONLINE: "$good",
    RowState.STALE: "bold $stale",
    RowState.CONNECTING: "$stale",
    RowState.OFFLINE: "bold $no-data",
}
_BAD = "bold $bad"


class FleetLooks(msgspec.Struct, frozen=True):
    """How everything is shown."""

    glyphs: Glyphs
    units: DisplayUnits
    times: Times

    def text(self, foreign: str, most: int = 200) -> str:
        """Return text from elsewhere as this terminal shows it."""
        return self.glyphs.shown(foreign, most)


def names_of(rows: Sequence[FleetRow], width: int, looks: FleetLooks) -> dict[str, str]:
    """Return what each row is called in a terminal of a width: cut in the middle, and no two alike."""
    most = max(cells for columns, cells in _NAMES.items() if columns <= max(width, 60))
    shown = {row.name: looks.text(row.name) or "?" for row in rows}
    cells, ellipsis = min(most, max(map(cell_len, shown.values()), default=1)), looks.glyphs.ellipsis
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name, text in shown.items():
        cut, number = fit_label(text, cells, ellipsis=ellipsis), 1
        while cut in taken:
            number += 1
            tail = f"{ellipsis}{number}"
            cut = fit(fit(text, max(0, cells - cell_len(tail)), ellipsis="") + tail, cells)
        taken.add(cut)
        made[name] = cut
    return made


# -- a chamber --------------------------------------------------------------------------------------------


def chamber_lines(
    row: FleetRow, name: str, width: int, looks: FleetLooks, *, chosen: bool, focused: bool
) -> tuple[Line, Line]:
    """Return a chamber as two lines of at most `width` cells; `name` has the width of all names."""
    glyphs = looks.glyphs
    cursor = glyphs.then if chosen else " "
    waits = ("!", f"bold reverse $alarm-{row.alarms[0].severity}") if row.waiting else (" ", "")
    head: list[Span] = [
        (cursor, ""),
        waits,
        (" ", ""),
        (name, CHOSEN if chosen and focused else "bold"),
        (" ", ""),
        (fit(state_words(row), _STATE, ellipsis=glyphs.ellipsis), _STYLES.get(row.state, _BAD)),
        (" ", ""),
    ]
    indent = _MARKS + line_width(((name, ""),)) + 1
    services = service_spans(row, looks, width)
    values, notes = reading_spans(row, looks), note_spans(row)
    alarm = alarm_spans(row, looks)
    if width >= WIDE:
        whole = (*head, *_padded(run_spans(row, looks, _RUN), _RUN + 1), *values)
        below = _two_sides([(" " * indent, ""), *notes, *alarm], services, width, glyphs)
        return clip(whole, width, ellipsis=glyphs.ellipsis), below
    room = width - line_width(tuple(head)) - line_width(tuple(services)) - 1
    first = [*head, *run_spans(row, looks, room)]
    second = [*values, *notes]
    if alarm:
        # The worst alarm is never pushed out by values.
        left = width - indent - min(_ALARM_LEAST, line_width(tuple(alarm))) - 2
        second = [*_cut(second, left, glyphs), *alarm]
    second.insert(0, (" " * indent, ""))
    return _two_sides(first, services, width, glyphs), clip(tuple(second), width, ellipsis=glyphs.ellipsis)


def state_words(row: FleetRow) -> str:
    """Return the state of a chamber with its age: `ONLINE 1 s`, `RECORDER GONE 2 h`."""
    return row.state.value if row.age is None else f"{row.state.value} {format_coarsely(row.age)}"


def run_spans(row: FleetRow, looks: FleetLooks, width: int) -> list[Span]:
    """Return what a chamber runs, in at most `width` cells: of one that is not known now what it did last."""
    summary = row.summary
    if summary is None or width < 4:
        return []
    ellipsis = looks.glyphs.ellipsis
    recipe = looks.text(summary.recipe) or "a recipe"
    if not row.live or summary.run == RunState.UNKNOWN:
        return [(fit(_last_known(row, recipe), width, ellipsis=ellipsis).rstrip(), _OLD)]
    if summary.run != RunState.RUNNING:
        return [(looks.text(summary.run.lower(), 20)[:width], "$foreground-muted")]
    parts = [_step(row, looks), "" if row.ends is None else f"ends {looks.times.short(row.ends)}"]
    tail = "".join(f"  {part}" for part in parts if part)
    least = min(len(recipe), 8)
    if len(tail) + least > width:
        tail = f"  {parts[0]}" if parts[0] and len(parts[0]) + 2 + least <= width else ""
    name = fit(recipe, max(0, width - len(tail)), ellipsis=ellipsis).rstrip()
    return [(name, "$running"), (tail, "")]


def _step(row: FleetRow, looks: FleetLooks) -> str:
    summary = row.summary
    if summary is None or summary.step is None:
        return ""
    of = "" if summary.steps is None else f"/{summary.steps}"
    # The label goes on with a temperature, which the values have.
    label = looks.text(summary.label, 40).partition(" ")[0]
    return f"step {summary.step}{of} {label}".rstrip()


def _last_known(row: FleetRow, recipe: str) -> str:
    summary = row.summary
    last = "" if summary is None else summary.last_run
    if last == RunState.RUNNING and row.state is RowState.LOST:
        return f"{recipe}: continues on its own"
    known = {RunState.RUNNING.value: f"last known: {recipe} running", RunState.IDLE.value: "last known: idle"}
    return known.get(last, "run not known")


def reading_spans(row: FleetRow, looks: FleetLooks) -> list[Span]:
    """Return the values of a chamber; old ones in brackets, one beside fresh ones with its age."""
    spans: list[Span] = []
    for one in row.readings:
        spans.append((f"{looks.text(one.channel.label or one.channel.name, 16)} ", "$foreground-muted"))
        spans.append((_value(one, looks), _OLD if one.old else ""))
        if one.target is not None and not one.old:
            spans.append((f" ({looks.units.number(one.target, one.channel.unit)})", "$foreground-muted"))
        if one.old and row.live and one.age is not None:
            spans.append((f" {format_coarsely(one.age)}", _OLD))
        spans.append(("  ", ""))
    return [(looks.glyphs.plain(text), style) for text, style in spans]


def note_spans(row: FleetRow) -> list[Span]:
    """Return how old the values of a chamber are, and how far its clock is off, where that is worth it."""
    spans: list[Span] = []
    if row.readings and not row.live and row.data_age is not None:
        spans.append((f"{format_coarsely(row.data_age)} old  ", _OLD))
    if row.clock_ahead is not None:
        way = "ahead" if row.clock_ahead > 0 else "behind"
        spans.append((f"clock {format_coarsely(abs(row.clock_ahead))} {way}  ", "bold $warning"))
    return spans


def _value(one: FleetReading, looks: FleetLooks) -> str:
    assert one.channel.value is not None
    text = looks.text(looks.units.quantity(one.channel.value, one.channel.unit, log=one.log), 24)
    return f"({text})" if one.old else text


def alarm_spans(row: FleetRow, looks: FleetLooks) -> list[Span]:
    """Return the worst alarm of a chamber, and how many more there are."""
    if not row.alarms:
        summary = row.summary
        if row.live and summary is not None and summary.alarms is None:
            return [("alarms are not evaluated", _OLD)]
        return []
    worst = row.alarms[0]
    spans = alarm_words(worst, looks)
    if more := len(row.alarms) - 1:
        spans.insert(1, (f"+{more} ", ""))
    return spans


def alarm_words(one: FleetAlarm, looks: FleetLooks) -> list[Span]:
    """Return an alarm: sign, severity, what is the matter, since when, and whether it waits."""
    style = f"bold $alarm-{one.severity}" if one.waits else f"$alarm-{one.severity}"
    sign = fit(looks.glyphs.severity(one.severity), SIGN_WIDTH)
    text = looks.text(one.alarm.text or one.alarm.rule)
    since = "" if one.alarm.since is None else f" since {looks.times.short(one.alarm.since)}"
    spans = [(f"{sign} {one.severity.value.upper()} ", style)]
    if one.old:
        spans.append(("last known: ", _OLD))
    return [*spans, (text.rstrip("."), ""), (f"{since}, {_alarm_state(one, looks)}", "$foreground-muted")]


def _alarm_state(one: FleetAlarm, looks: FleetLooks) -> str:
    known = {state.value: words for state, words in _STATES.items()}
    return known.get(one.alarm.state, looks.text(one.alarm.state, 20))


_STATES = {state: words.lower() for state, words in STATE_WORDS.items()} | {
    AlarmState.UNACKNOWLEDGED: "not acknowledged",
    AlarmState.ACKNOWLEDGED: "acknowledged",
    AlarmState.RETURNED: "gone, not acknowledged",
}


def service_spans(row: FleetRow, looks: FleetLooks, width: int) -> list[Span]:
    """Return recorder and forwarding of a chamber; in a narrow terminal only what is in trouble."""
    short = width < _NARROW
    summary, glyphs = row.summary, looks.glyphs
    if summary is None or row.state in (RowState.GONE, RowState.SILENT, RowState.UNREADABLE):
        return []
    spans: list[Span] = []
    recording = summary.recorder in (RecorderState.ON, RecorderState.BESIDE)
    if summary.recorder == RecorderState.FAILING:
        spans.append((f"REC {glyphs.cross} failing ", _BAD))
    elif not short and summary.recorder:
        sign, style = (glyphs.dot, "$recording") if recording else (glyphs.dash, _OLD)
        host = (
            f" {looks.text(summary.host, 16)}"
            if width >= WIDE and summary.host and not row.report.local
            else ""
        )
        spans.append((f"REC {sign}{host} ", style))
    if (sink := row.sink) is not None:
        words = f"{format_coarsely(sink.behind)} behind" if sink.behind else looks.text(sink.state, 12)
        spans.append((f"FWD {looks.text(sink.name, 12)} {words}", "bold $warning"))
    elif summary.sinks and not short:
        spans.append((f"FWD {glyphs.dot}", "$good"))
    return spans


# -- the line above, and alarms of all -----------------------------------------------------------------------


def head_line(
    view: FleetView,
    sources: Sequence[FleetSourceView],
    clock: str,
    width: int,
    looks: FleetLooks,
    *,
    mono: float,
    manner: str = "",
) -> Line:
    """Return the line above everything; `manner` says what is left out or sorted in another way."""
    spans: list[Span] = [(" FLEET ", "bold reverse"), (f"  {counted(len(view.rows), 'chamber')}", "bold")]
    waiting = view.waiting
    word = "unacknowledged" if width >= _NARROW else "unack"
    words = f"{counted(waiting, 'alarm')} {word}" if waiting else "no alarm waits"
    spans.append((f"   {words}", _BAD if waiting else "$foreground-muted"))
    # What is cut in a narrow terminal is what is in order.
    lost = [one for one in sources if one.state is SourceState.LOST]
    for one in lost:
        spans += _source(one, looks, mono)
    if view.left_out:
        spans.append((f"   {view.left_out} more have no room", _BAD))
    if manner:
        spans.append((f"   {manner}", "bold $warning"))
    if off := sum(row.clock_ahead is not None for row in view.rows):
        spans.append((f"   {counted(off, 'clock differs', 'clocks differ')}", "bold $warning"))
    for one in sources:
        if one not in lost:
            spans += _source(one, looks, mono)
    return _two_sides(spans, [(f"{clock} ", "")], width, looks.glyphs)


def _source(one: FleetSourceView, looks: FleetLooks, mono: float) -> list[Span]:
    glyphs = looks.glyphs
    what = f"bus {looks.text(one.name, 16)}" if one.name else "records"
    age = "" if one.heard is None else f" {format_coarsely(mono - one.heard)}"
    match one.state:
        case SourceState.ON:
            return [
                (f"   {what} ", "$foreground-muted"),
                (glyphs.dot, "$good"),
                (age if one.name else "", ""),
            ]
        case SourceState.STARTING:
            return [(f"   {what} {glyphs.ellipsis}", "$stale")]
    why = f", {failure_word(one.failure)}" if one.failure is not None else ""
    return [(glyphs.plain(f"   {glyphs.cross} LOST {what}{age}{why}"), _BAD)]


def fleet_alarm_line(one: FleetAlarm, name: str, width: int, looks: FleetLooks) -> Line:
    """Return an alarm of any chamber as one line."""
    mark: Span = ("!", f"bold reverse $alarm-{one.severity}") if one.waits else (" ", "")
    spans: list[Span] = [(" ", ""), mark, (" ", ""), (name, "bold"), (" ", ""), *alarm_words(one, looks)]
    return clip(tuple(spans), width, ellipsis=looks.glyphs.ellipsis)


# -- cells ----------------------------------------------------------------------------------------------


def _padded(spans: Sequence[Span], cells: int) -> list[Span]:
    return [*spans, (" " * max(1, cells - line_width(tuple(spans))), "")]


def _cut(spans: Sequence[Span], cells: int, glyphs: Glyphs) -> list[Span]:
    return list(clip(tuple(spans), max(0, cells), ellipsis=glyphs.ellipsis))


def _two_sides(left: Sequence[Span], right: Sequence[Span], width: int, glyphs: Glyphs) -> Line:
    """Return spans at both ends of a line; the left ones are cut first, the right ones to half of it."""
    right = _cut(right, max(width // 2, width - line_width(tuple(left)) - 1), glyphs)
    room = max(0, width - line_width(tuple(right)))
    cut = clip(tuple(left), max(0, room - 1) if right else room, ellipsis=glyphs.ellipsis)
    return (*cut, (" " * (room - line_width(cut)), ""), *right) if right else cut
