"""The line above the strip: the newest message, or the one that waits to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from rich.cells import cell_len
from textual import events

from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.durations import format_age
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.message_history import MessageHistory, SaidMessage, Severity
from xovac_tui.ui.widgets.lines import Line, LinesWidget, Span, clip, fit, fit_said, line_width

OUTCOME_STYLE = {
    Outcome.SENT: "$accent",
    Outcome.SUCCESS: "$good",
    Outcome.DONE: "$accent",
    Outcome.WARNING: "$stale",
    Outcome.ERROR: "bold $bad",
    Outcome.REFUSED: "$stale",
    Outcome.UNKNOWN: "bold $bad",
}
SEVERITY_STYLE: dict[Severity, str] = {"information": "", "warning": "$stale", "error": "bold $bad"}
_LONGEST = 4_000
"""Characters of a path that are shown."""
_LEAST_COMMAND = 11
"""Cells before the last state of a command, below which the key of the history gives way to them."""
_LEAST_ANSWER = 16
"""Cells below which a part of what was said is useless, with the two blanks before it."""
NOTHING_SENT = "No command has been sent from here."


def severity_sign(severity: Severity, glyphs: Glyphs) -> str:
    """Return the sign of a message's severity."""
    return {"information": glyphs.then, "warning": glyphs.warning, "error": glyphs.cross}[severity]


class MessageLine(LinesWidget):
    """One line of every screen; covers nothing. A click on it opens the history.

    Above a dialog it is not shaded.
    """

    DEFAULT_CSS = """
    MessageLine { dock: bottom; margin-bottom: 1; height: 1; width: 1fr; background: $surface; }
    ChamberScreen > MessageLine { dock: none; margin-bottom: 0; }
    """

    def show(
        self,
        history: MessageHistory,
        ledger: Sequence[LedgerEntry],
        *,
        glyphs: Glyphs,
        times: Times,
        now: float,
        keys: Mapping[str, str],
        elsewhere: Sequence[SaidMessage] = (),
    ) -> None:
        """Show the message of the moment; `now` is monotonic seconds."""
        width = self.size.width or self.app.size.width
        self.show_lines(
            [
                message_line(
                    history,
                    ledger,
                    width,
                    glyphs=glyphs,
                    times=times,
                    now=now,
                    keys=keys,
                    elsewhere=elsewhere,
                )
            ]
        )

    async def on_click(self, event: events.Click) -> None:
        """Open the history, but not from a dialog."""
        event.stop()
        if self.screen is self.app.screen_stack[0]:
            await self.app.run_action("everywhere.messages")


def message_line(
    history: MessageHistory,
    ledger: Sequence[LedgerEntry],
    width: int,
    *,
    glyphs: Glyphs,
    times: Times,
    now: float,
    keys: Mapping[str, str],
    elsewhere: Sequence[SaidMessage] = (),
) -> Line:
    """Return the line's spans, at most `width` cells.

    An unknown outcome that is not dismissed, or an alarm that was not seen, outranks information; a command
    or a warning that came after it stands behind its sign. Without any message it is the ledger's newest.
    `elsewhere` are messages about other open chambers (`elsewhere_messages`).
    """
    unknown = [entry for entry in ledger if entry.outcome is Outcome.UNKNOWN and not entry.dismissed]
    # Those of the chamber that is shown come last, so that they are the first to be shown.
    alarms = [one for one in (*elsewhere, *history.waiting) if one.entry is None and one.waits]
    shown = _newest(history, ledger)
    if passing := [one for one in elsewhere if not one.waits]:
        newest = passing[-1]
        if not isinstance(shown, SaidMessage) or newest.mono > shown.mono:
            shown = newest
    if (unknown or alarms) and _is_outranked(shown, unknown):
        shown = unknown[-1] if unknown else alarms[-1]
    if shown is None:
        return ((f" {glyphs.then} {NOTHING_SENT}", "$no-data"),)
    sign, style = glyphs.then, "$no-data"
    if isinstance(shown, SaidMessage):
        sign, style = severity_sign(shown.severity, glyphs), SEVERITY_STYLE[shown.severity] or style
    start: Span = (f" {sign} ", style)
    words: list[str] = []
    if unknown or alarms:
        words = [f"UNKNOWN{_more(unknown)}"] if unknown else []
        words += [f"ALARM{_more(alarms)}"] if alarms and shown not in alarms[-1:] else []
    now_word = "" if shown in (*unknown, *alarms) else ", now"
    seen, waits = keys["seen"], bool(unknown or alarms)
    # What waits, with what its key does, and shorter.
    heads: list[list[Span]] = [
        [start, *([(" ".join((*words, f"{key} ")), "bold $bad")] if waits else [])]
        for key in (f"({seen}: seen){now_word}", f"({seen})")
    ]
    hint = f"  {keys['messages']}: more "
    if isinstance(shown, LedgerEntry):
        own = shown in unknown
        return _entry_line(shown, heads, hint, width, own=own, glyphs=glyphs, times=times, now=now)
    fresh = now - shown.mono < shown.seconds or shown.waits
    whole, more = _message_spans(shown, glyphs=glyphs, times=times, fresh=fresh)
    # Before a text is cut, what stands before it gets shorter.
    for line in ((*heads[0], *whole), (*heads[1], *whole), (*heads[1], *whole[1:])):
        if line_width(line) <= width - more * cell_len(hint):
            return (*line, (hint, "$no-data")) if more else line
    room = width - cell_len(hint)
    shortest = (*heads[1], *whole[1:])
    if shown.severity == "information" and not waits:
        shortest = (*heads[0], *whole)
        return (*clip(shortest, room, ellipsis=glyphs.ellipsis), (hint, "$no-data"))
    return (*_cut_within(shortest, room, glyphs), (hint, "$no-data"))


def _entry_line(
    entry: LedgerEntry,
    heads: Sequence[Sequence[Span]],
    hint: str,
    width: int,
    *,
    own: bool,
    glyphs: Glyphs,
    times: Times,
    now: float,
) -> Line:
    """Return a command behind one of the heads, the shorter as there is less room.

    `own`: the head says that the outcome of this very command is not known. Neither its last state is cut
    nor, as far as possible, what the chamber said: it decides what to do.
    """
    # The outcome must not be pushed out of sight by what was sent.
    whole = ledger_spans(entry, glyphs=glyphs, times=times, now=now, payload=False)
    states = _states(entry, now)
    answer = _answer_spans(entry, glyphs)
    tried = heads
    if own and len(states) == 1:
        # Its only state is the head.
        tried = heads[:1]
        brief = [[*head, (_command_of(entry), "")] for head in heads]
    else:
        then: Span = (f" {glyphs.then} ", "$no-data")
        brief = [[*heads[-1], (_command_of(entry), ""), then, states[-1]]]
    wide = ((*head, *rest) for rest in (whole, whole[1:]) for head in tried)
    for line in (*wide, *((*one, *answer) for one in brief)):
        if line_width(line) <= width:
            return tuple(line)
    for room, key in ((width - cell_len(hint), hint), (width, "")):
        if answer and room - line_width(brief[0]) >= _LEAST_ANSWER:
            return (*_cut_within((*brief[0], *answer), room, glyphs), (key, "$no-data"))
    room = width - cell_len(hint)
    spans = list(heads[0])
    if line_width((*spans, *_until_last_state(entry, states, glyphs=glyphs, times=times))) > room:
        spans = list(heads[-1])
        if room - line_width((*spans, states[-1])) < _LEAST_COMMAND:
            room, hint = width, ""
        whole = _last_state_spans(entry, states, room - line_width(spans), glyphs=glyphs, times=times)
    return (*clip((*spans, *whole), room, ellipsis=glyphs.ellipsis), (hint, "$no-data"))


def _cut_within(line: Sequence[Span], room: int, glyphs: Glyphs) -> Line:
    """Return a line of `room` cells whose longest text is cut."""
    longest = max(range(len(line)), key=lambda at: cell_len(line[at][0]))
    over = line_width(line) - room
    text, style = line[longest]
    left = cell_len(text) - over
    if over <= 0 or left < _LEAST_ANSWER:
        return clip(tuple(line), room, ellipsis=glyphs.ellipsis)
    cut = fit_said(text, left, ellipsis=glyphs.ellipsis)
    return (*line[:longest], (cut, style), *line[longest + 1 :])


def elsewhere_messages(histories: Mapping[str, MessageHistory], now: float) -> list[SaidMessage]:
    """Return what other chambers have to say on the line, their names before it, the newest last.

    That is what waits to be seen, and while it is new the newest message of each if it is no mere
    information. `histories` by the names of the chambers; `now` is monotonic seconds.
    """
    found: list[SaidMessage] = []
    for name, history in histories.items():
        newest = [history.newest] if history.newest is not None and not history.newest.stays else []
        fresh = [one for one in newest if one.severity != "information" and now - one.mono < one.seconds]
        for one in (*history.waiting, *fresh):
            # What a command came to is in that chamber's ledger: here it is a message like any other.
            title = f"{name}: {one.title}" if one.title else name
            found.append(msgspec.structs.replace(one, title=title, entry=None))
    return sorted(found, key=lambda one: one.mono)


def _newest(history: MessageHistory, ledger: Sequence[LedgerEntry]) -> SaidMessage | LedgerEntry | None:
    """Return the newest message, of a command its entry as it is now; before any, the newest entry."""
    newest = history.newest
    if newest is None:
        return ledger[-1] if ledger else None
    if newest.entry is None:
        return newest
    return next((entry for entry in reversed(ledger) if entry.id == newest.entry.id), newest.entry)


def _is_outranked(shown: SaidMessage | LedgerEntry | None, unknown: Sequence[LedgerEntry]) -> bool:
    """Return whether what waits to be seen is shown in place of a message."""
    if isinstance(shown, LedgerEntry):
        # A command that was sent after it stands beside it: it may be STOP.
        return shown.dismissed or (bool(unknown) and shown.id <= unknown[-1].id)
    return shown is None or shown.severity == "information"


def _more(several: Sequence[object]) -> str:
    return f" +{len(several) - 1}" if len(several) > 1 else ""


def _message_spans(
    message: SaidMessage, *, glyphs: Glyphs, times: Times, fresh: bool
) -> tuple[list[Span], bool]:
    """Return a message's first line, and whether it has more of them; dim unless `fresh`."""
    first, _, rest = message.text.partition("\n")
    style = SEVERITY_STYLE[message.severity] or ("" if fresh else "$no-data")
    spans: list[Span] = [(f"{times.clock(message.utc)} ", "$no-data")]
    if message.title:
        spans.append((message.title + (": " if first else ""), f"bold {style.removeprefix('bold ')}".strip()))
    spans.append((first, style))
    if message.path and message.path not in first:
        spans.append((f" {glyphs.literal(clean(message.path, _LONGEST))}", style))
    if message.times > 1:
        spans.append((glyphs.plain(f" (×{message.times})"), "$no-data"))
    return spans, bool(rest)


def _states(entry: LedgerEntry, now: float) -> list[Span]:
    """Return what became of a command, the newest state last; `now` is monotonic seconds."""
    took = f" {format_age(entry.took)}" if entry.took is not None else ""
    if entry.outcome is Outcome.SENT:
        first = f"waiting {format_age(max(0.0, now - entry.mono))}"
    else:
        first = f"{entry.outcome.after_sent}{took}"
    states: list[Span] = [(first, OUTCOME_STYLE[entry.outcome])]
    if entry.late is not None:
        states.append((f"late {entry.late.value} {format_age(entry.late_after)}", OUTCOME_STYLE[entry.late]))
    if entry.confirmed is not None:
        states.append((f"confirmed {format_age(entry.confirmed)}", "$good"))
    return states


def _until_last_state(
    entry: LedgerEntry, states: Sequence[Span], *, glyphs: Glyphs, times: Times, payload: bool = False
) -> list[Span]:
    """Return time, command, with its payload if wanted, and states."""
    then = f" {glyphs.then} "
    spans: list[Span] = [(f"{times.clock(entry.utc)} ", "$no-data"), (_command_of(entry), "")]
    if entry.payload and payload:
        shown = fit(entry.payload, min(24, cell_len(entry.payload)), ellipsis=glyphs.ellipsis)
        spans.append((f" {shown}", ""))
    if entry.outcome is not Outcome.REFUSED:
        spans.append((" sent", "$no-data"))
    for state in states:
        spans += [(then, "$no-data"), state]
    return spans


def _last_state_spans(
    entry: LedgerEntry, states: Sequence[Span], room: int, *, glyphs: Glyphs, times: Times
) -> list[Span]:
    """Return a command and its last state in `room` cells; the time, then the command give way."""
    then: Span = (f" {glyphs.then} ", "$no-data")
    between = [(f" {glyphs.ellipsis}", "$no-data"), then] if len(states) > 1 else [then]
    when: Span = (f"{times.clock(entry.utc)} ", "$no-data")
    command = _command_of(entry)
    shortened = [(command, ""), *between, states[-1]]
    if line_width((when, *shortened)) <= room:
        return [when, *shortened]
    if line_width(shortened) <= room:
        return shortened
    left = room - line_width((then, states[-1]))
    return (
        [(fit(command, left, ellipsis=glyphs.ellipsis), ""), then, states[-1]] if left > 1 else [states[-1]]
    )


def _command_of(entry: LedgerEntry) -> str:
    return ("STOP " if entry.stop else "") + entry.command


def ledger_spans(
    entry: LedgerEntry, *, glyphs: Glyphs, times: Times, now: float, payload: bool = True
) -> list[Span]:
    """Return a ledger entry as one line: time, command, with its payload if wanted, then its outcomes."""
    spans = _until_last_state(entry, _states(entry, now), glyphs=glyphs, times=times, payload=payload)
    return [*spans, *_answer_spans(entry, glyphs)]


def _answer_spans(entry: LedgerEntry, glyphs: Glyphs) -> list[Span]:
    """Return how often a command was answered, and what was said, or why it was refused or is unknown."""
    spans: list[Span] = []
    if entry.duplicates:
        spans.append((glyphs.plain(f"  (×{entry.duplicates + 1} answers)"), "$stale"))
    said = entry.message or (entry.reason if entry.outcome in (Outcome.REFUSED, Outcome.UNKNOWN) else "")
    if said:
        spans.append((f"  {said}", "$no-data"))
    return spans
