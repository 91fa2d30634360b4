"""Lines of one event in full: its facts, its problem, and its payload as far as it is readable."""

from __future__ import annotations

from typing import Any

from xovac_tui.api.event import Direction, Form
from xovac_tui.api.outline import Outline
from xovac_tui.api.payload import pretty, too_long
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.text import clean, clean_lines
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line, paragraph, wrapped

SHOWN = 20_000
"""Characters shown of a payload; the rest is in the file that saving writes."""
_DEEPEST = 40
"""Nesting up to which indenting helps; deeper it would push the text out of sight."""
_LINES = 4_000


def detail_lines(
    event: LoggedEvent,
    width: int,
    *,
    glyphs: Glyphs,
    times: Times,
    apart: Outline | None = None,
    equal: str = "",
) -> list[Line]:
    """Return everything about an event, folded to a width in cells.

    `apart` is the payload decoded by another process, for one that is too long to be decoded here; `equal`
    is about the equal events in the same row of the list.
    """
    out = event.direction is Direction.OUT
    way = f"{glyphs.arrow_out} OUT" if out else f"{glyphs.arrow_in} in"
    name = glyphs.literal(clean(event.name, 200))
    head: list[Line] = [
        ((f"{way}  {event.kind.value}  ", "$foreground-muted"), (name, "bold")),
    ]
    about = f"{times.stamp(event.utc)}, event {event.index + 1:,}, {_size(event)}"
    head += paragraph(about, max(10, width), "$foreground-muted")
    if equal:
        head += paragraph(glyphs.plain(equal), max(10, width), "$foreground-muted")
    if event.problem:
        problem = glyphs.literal(clean(event.problem, 400))
        what = "not read" if too_long(event.problem) else "malformed"
        head += paragraph(f"{glyphs.warning} {what}: {problem}", max(10, width), "$warning")
    if apart is not None:
        words = apart.problem or f"Decoded aside: {apart.about}."
        style = "$warning" if apart.problem else "$foreground-muted"
        problem = glyphs.literal(clean(words, 400))
        head += paragraph(problem, max(10, width), style)
    text, rest = _payload(event, apart)
    body: list[Line] = [
        ((piece, ""),) for line in text for piece in wrapped(glyphs.literal(line), max(10, width))
    ]
    if rest:
        body.append(((glyphs.plain(f"… {rest}"), "$warning"),))
    return [*head, *body]


def detail_text(event: LoggedEvent, apart: Outline | None = None) -> str:
    """Return the shown payload for copying, without characters that could act where it is pasted."""
    text, rest = _payload(event, apart)
    return "\n".join([*text, f"… {rest}"] if rest else text)


def shown_in_part(event: LoggedEvent) -> bool:
    """Return whether only a part of the payload is shown."""
    return bool(_payload(event)[1])


def _size(event: LoggedEvent) -> str:
    if event.form in (Form.NOTHING, Form.EMPTY):
        return {Form.NOTHING: "no payload", Form.EMPTY: "an empty string"}[event.form]
    unit = "bytes" if isinstance(event.raw, bytes) else "characters"
    held = f", the first {len(event.raw):,} in memory" if event.size > len(event.raw) else ""
    return f"{event.form.value}, {event.size:,} {unit}{held}"


def _payload(event: LoggedEvent, apart: Outline | None = None) -> tuple[list[str], str]:
    """Return cleaned lines of the payload, and a note on what is left out."""
    payload = event.payload()
    if event.form is Form.NOTHING:
        return ["(the event carried nothing)"], ""
    if event.form is Form.EMPTY:
        return ["''"], ""
    deep = _deeper(payload.value, _DEEPEST)
    text = payload.raw if deep and isinstance(payload.raw, str) else pretty(payload)
    if apart is not None and apart.text:
        text = apart.text
    shown = text[:SHOWN]
    lines = clean_lines(shown, lines=_LINES, width=SHOWN)
    if len(shown) < len(text) or event.size > len(event.raw) or apart is not None:
        return (
            lines,
            f"{SHOWN:,} characters are shown at most; {event.size:,} came. Saving writes what is kept.",
        )
    return lines, ""


def _deeper(value: Any, levels: int) -> bool:
    """Return whether a decoded value is nested deeper than `levels` levels."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for item in layer
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
        if not layer:
            return False
    return True
