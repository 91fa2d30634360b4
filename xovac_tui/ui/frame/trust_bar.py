"""The top line: link, age of the data, run, recorder and mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.alarm import LOUD, AlarmsView, AlarmView
from xovac_tui.chamber.snapshot import RunState, RunView, Snapshot
from xovac_tui.durations import format_age, seconds_to
from xovac_tui.forwarding.view import ForwardView, SinkState
from xovac_tui.forwarding.wording import short_words
from xovac_tui.quantities import quantity
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.format import Times
from xovac_tui.ui.frame.bars import FrameBar
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.alarm_words import by_urgency, severity_style
from xovac_tui.ui.widgets.lines import Line, Span, fit, fit_label
from xovac_tui.ui.workspace import Workspace

NO_ALARMS = AlarmsView()
NO_SINKS = ForwardView()
_LINK_STYLE = {
    LinkWord.ONLINE: "bold $good",
    LinkWord.STALE: "bold $stale",
    LinkWord.CONNECTING: "bold $stale",
    LinkWord.LOST: "bold reverse $bad",
    LinkWord.OFFLINE: "bold reverse $bad",
}
_NAME = 24
"""Cells for a recipe's name if there is room."""
_LEAST_NAME = 4
"""Cells of a recipe's name below which it is left out."""
GOES_ON = "chamber continues on its own"


class TrustBar(FrameBar):
    """The top line, made from the snapshot alone."""

    DEFAULT_CSS = """
    TrustBar { height: 1; background: $panel; color: $foreground; }
    """

    def show(self, workspace: Workspace, snapshot: Snapshot) -> None:
        """Show a snapshot."""
        station, playback, plain = workspace.station, workspace.playback, workspace.glyphs.plain
        word = "DEMO" if station.manner.demo else "SIMULATED" if station.speed != 1 else ""
        line = trust_line(
            snapshot,
            self.size.width or 80,
            recorder=station.recorder,
            forward=station.forward,
            name=station.name,
            mode=workspace.mode.name + ("" if playback is None else plain(f" ×{playback.speed:g}")),
            extra=word if station.speed == 1 else plain(f"{word} ×{station.speed:g}"),
            glyphs=workspace.glyphs,
            times=workspace.times,
            paused=workspace.held if playback is None else playback.paused,
            alarms=station.alarms.unresolved(),
            elsewhere={one.station.name: one.station.alarms.unresolved() for one in workspace.others},
        )
        self.show_lines([line])


def trust_line(
    snapshot: Snapshot,
    width: int,
    *,
    recorder: RecorderView,
    name: str,
    mode: str,
    extra: str,
    glyphs: Glyphs,
    times: Times,
    paused: bool,
    alarms: AlarmsView = NO_ALARMS,
    elsewhere: Mapping[str, AlarmsView] = {},
    forward: ForwardView = NO_SINKS,
) -> Line:
    """Return the bar's spans, exactly `width` cells; shortens and drops the least important parts first.

    `mode` is CONTROL, OBSERVE or REPLAY with its speed; `extra` a word such as DEMO; `alarms` at least those
    that want attention; `elsewhere` those of the other open chambers, by their names.
    """
    link, word = snapshot.link, snapshot.link.word
    linked = word in (LinkWord.ONLINE, LinkWord.STALE)
    whole = [(_CUTS, fit(name, min(16, cell_len(name)), ellipsis=glyphs.ellipsis))]
    left = [
        _TrustPart(
            [
                *(whole if cell_len(name) > _SHORT_NAME else ()),
                (_RECORDS, fit(name, min(_SHORT_NAME, cell_len(name)), ellipsis=glyphs.ellipsis)),
            ],
            "bold",
        ),
        _TrustPart([(_NEVER, _link_words(snapshot, glyphs, linked=linked))], _LINK_STYLE[word]),
    ]
    if not linked and link.session:
        left.append(_TrustPart([(_GOES_ON, GOES_ON)], "bold $stale"))
    elif linked:
        left.append(_run_part(snapshot.run, glyphs))
    if alarms.unresolved:
        left.append(_alarm_part(alarms.unresolved, glyphs))
    if elsewhere and (part := _elsewhere_part(elsewhere, glyphs)) is not None:
        left.append(part)
    if shelved := [one for one in alarms.shelved if one in LOUD]:
        words = f"{len(shelved)} {shelved[0].upper()} shelved"
        # The shortest is the word of ISA-18.2.
        forms = [(_CUTS, words), (_CLOCK, f"{len(shelved)} shelved"), (_NEEDED, f"{len(shelved)} SHLVD")]
        left.append(_TrustPart(forms, "$stale"))
    if recorder.state is not RecorderState.OFF:
        left.append(_recorder_part(recorder, glyphs))
    if forward.sinks:
        left.append(_forward_part(forward, glyphs))
    if paused:
        left.append(_TrustPart([(_NEEDED, "PAUSED")], "bold $stale"))
    if mode == "CONTROL":
        left.append(_TrustPart([(_CUTS, mode)], "bold $accent"))
    else:
        left.append(_TrustPart([(_RECORDS, mode)], "bold $stale"))
    if extra:
        left.append(_TrustPart([(_CUTS, extra), (_GOES_ON, extra.partition(" ")[0])], "bold $accent"))
    right: list[_TrustPart] = []
    if link.rtt is not None and word is LinkWord.ONLINE:
        right.append(_TrustPart([(_ROUND_TRIP, f"rtt {seconds_to(link.rtt, 'ms'):.0f} ms")], "$no-data"))
    if snapshot.clock_offset is not None and linked:
        right.append(
            _TrustPart([(_OFFSET, glyphs.plain(f"clock {_offset(snapshot.clock_offset)}"))], "$no-data")
        )
    utc = snapshot.utc
    right.append(
        _TrustPart([(_SECONDS, times.clock_with_zone(utc)), (_CLOCK, times.short_with_zone(utc))], "")
    )
    _fit_parts([*left, *right], width - 2)
    spans: list[Span] = []
    for part in left:
        if part.text:
            spans += [(" " if not spans else "  ", ""), (part.text, part.style)]
    tail: list[Span] = []
    for part in right:
        if part.text:
            tail += [("  " if tail else "", ""), (part.text, part.style)]
    used = sum(cell_len(text) for text, _ in [*spans, *tail])
    return (*spans, (" " * max(1, width - used - 1), ""), *tail, (" ", ""))


class _TrustPart:
    """One part of the bar: its forms from the longest on, and how easily each is given up."""

    def __init__(self, forms: list[tuple[int, str]], style: str) -> None:
        self.forms = forms
        """Rank and text; the highest rank in the bar is given up first."""
        self.style = style

    @property
    def text(self) -> str:
        """The present form; empty once all are given up."""
        return self.forms[0][1] if self.forms else ""

    @property
    def rank(self) -> int:
        """How easily the present form is given up."""
        return self.forms[0][0] if self.forms else _NEVER


_NEVER, _NEEDED, _RECORDS, _CLOCK, _GOES_ON, _CUTS, _SECONDS, _RECIPE, _OFFSET, _ROUND_TRIP = range(10)
"""Ranks: from what always stays to what goes first."""
_SHORT_NAME = 8
"""Cells of the chamber's name in a narrow terminal."""
_ELSEWHERE_NAME = 12
"""Cells of the name of another chamber."""
_AGED = 2.0
"""Seconds beyond which the age of the newest data is shown."""


def _fit_parts(parts: list[_TrustPart], width: int) -> None:
    """Give up forms, the easiest first, until the parts fit."""
    while sum(cell_len(part.text) + 2 for part in parts if part.text) > width:
        easiest = max(reversed(parts), key=lambda part: part.rank)
        if easiest.rank == _NEVER:
            return
        del easiest.forms[0]


def _link_words(snapshot: Snapshot, glyphs: Glyphs, *, linked: bool) -> str:
    """Return the link's word, with the age of the newest data or of the loss where there is one."""
    link, age = snapshot.link, snapshot.newest_age
    if not linked:
        age = max(0.0, snapshot.mono - link.since_mono) if link.since_utc else None
    elif age is not None and age <= _AGED:
        age = None
    return f"{glyphs.link(link.word)} {link.word}" + (f" {format_age(age):<5}" if age is not None else "")


def _run_part(run: RunView, glyphs: Glyphs) -> _TrustPart:
    """Return the run; of a running one the recipe's name is given up cell by cell."""
    if run.stale:
        return _TrustPart([(_NEEDED, f"{glyphs.question} run unknown")], "bold $stale")
    if run.state is RunState.RUNNING:
        step = f" {run.step}/{run.steps}" if run.step and run.steps else f" {run.step}" if run.step else ""
        words = f"{glyphs.play} RUN{step}"
        name = run.recipe or ""
        rooms = range(min(_NAME, cell_len(name)), min(_LEAST_NAME, cell_len(name)) - 1, -1) if name else ()
        named = [(_RECIPE, f"{words} {fit(name, room, ellipsis=glyphs.ellipsis)}") for room in rooms]
        return _TrustPart([*named, (_NEEDED, words)], "bold $running")
    if run.state is RunState.IDLE:
        return _TrustPart([(_NEEDED, f"{glyphs.idle} IDLE")], "")
    return _TrustPart([(_NEEDED, f"{glyphs.question} run unknown")], "$no-data")


def _alarm_part(unresolved: Sequence[AlarmView], glyphs: Glyphs) -> _TrustPart:
    """Return the number of alarms that want attention, and the severity of the most urgent one."""
    first = by_urgency(unresolved)[0]
    words = f"{glyphs.warning} {len(unresolved)} {first.severity.upper()}"
    return _TrustPart([(_NEEDED, words)], severity_style(first))


def _elsewhere_part(elsewhere: Mapping[str, AlarmsView], glyphs: Glyphs) -> _TrustPart | None:
    """Return how many alarms of other chambers want attention, and of which; None: there are none."""
    found = {name: alarms.unresolved for name, alarms in elsewhere.items() if alarms.unresolved}
    if not found:
        return None
    first = by_urgency(one for alarms in found.values() for one in alarms)[0]
    number = sum(len(alarms) for alarms in found.values())
    where = (
        fit_label(*_named(found), ellipsis=glyphs.ellipsis) if len(found) == 1 else f"{len(found)} chambers"
    )
    forms = [
        (_CUTS, f"{where} {number} {first.severity.upper()}"),
        (_RECORDS, f"{where} {number}"),
        (_NEEDED, f"+{number}"),
    ]
    return _TrustPart([(rank, f"{glyphs.warning} {words}") for rank, words in forms], severity_style(first))


def _named(found: Mapping[str, object]) -> tuple[str, int]:
    name = next(iter(found))
    return name, min(_ELSEWHERE_NAME, cell_len(name))


def _recorder_part(recorder: RecorderView, glyphs: Glyphs) -> _TrustPart:
    """Return the recorder's part; a failure is as important as the run."""
    lost = f" {recorder.lost:,} lost" if recorder.lost else ""
    match recorder.state:
        case RecorderState.ON if lost:
            return _TrustPart([(_NEEDED, f"REC {glyphs.dot}{lost}")], "bold $stale")
        case RecorderState.ON:
            return _TrustPart([(_RECORDS, f"REC {glyphs.dot}")], "$no-data")
        case RecorderState.BESIDE:
            who = "" if recorder.pid is None else f" {recorder.pid}"
            return _TrustPart(
                [(_CUTS, f"REC {glyphs.dot}{who}"), (_RECORDS, f"REC {glyphs.dot}")], "$no-data"
            )
        case RecorderState.STARTING:
            return _TrustPart([(_RECORDS, f"REC {glyphs.ellipsis}")], "$no-data")
    rec = f"REC {glyphs.hollow}"
    words = f"{rec} {recorder.reason or ''}{',' if lost else ''}{lost}"
    return _TrustPart([(_NEEDED, words), (_NEVER, rec)], "bold reverse $bad")


def _forward_part(forward: ForwardView, glyphs: Glyphs) -> _TrustPart:
    """Return where the record goes besides its file: the worst sink, and how many more are in trouble."""
    wrong = sorted(
        (one for one in forward.sinks if short_words(one)), key=lambda one: _URGENT.index(one.state)
    )
    if wrong:
        more = f" +{len(wrong) - 1}" if len(wrong) > 1 else ""
        words = glyphs.plain(f"{short_words(wrong[0])}{more}")
        short = f"FWD {glyphs.hollow}"
        return _TrustPart([(_CUTS, f"FWD {words}"), (_RECORDS, short)], "bold $stale")
    states = {one.state for one in forward.sinks}
    if SinkState.ELSEWHERE in states:
        return _TrustPart([(_RECIPE, "FWD elsewhere")], "$no-data")
    if SinkState.OFF in states:
        return _TrustPart([(_CUTS, f"FWD {glyphs.hollow}")], "$no-data")
    sign = glyphs.ellipsis if SinkState.STARTING in states else glyphs.dot
    return _TrustPart([(_CUTS, f"FWD {sign}")], "$no-data")


_URGENT = (SinkState.STOPPED, SinkState.WAITING, SinkState.BEHIND, *SinkState)
"""States, the most urgent first."""


def _offset(seconds: float) -> str:
    sign = "−" if seconds <= -0.05 else "+"
    size = abs(seconds)
    return sign + (quantity(size, "s") if size < 99.95 else format_age(size))
