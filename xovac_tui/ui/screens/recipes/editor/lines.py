"""The editor's first line: file, whether it is saved, duration, number of findings. Pure."""

from __future__ import annotations

from xovac_tui.durations import spell_shortly
from xovac_tui.recipes.study import Study
from xovac_tui.text import clean
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.screens.recipes.editor.model import Editing
from xovac_tui.ui.screens.recipes.lines import SEVERITY, severity_sign
from xovac_tui.ui.widgets.lines import Line, Span, clip


def state_words(editing: Editing, changed_on_disk: bool) -> tuple[str, str]:
    """Return the text on whether the recipe is saved, and its style."""
    if changed_on_disk:
        return "changed on disk", "bold $error"
    if editing.origin is not None:
        return "copy of an example", "$warning" if editing.draft.dirty else "$foreground-muted"
    if editing.opened is None:
        return "new, not saved", "$warning"
    return ("changed, not saved", "$warning") if editing.draft.dirty else ("saved", "$foreground-muted")


def head_line(
    editing: Editing,
    study: Study | None,
    width: int,
    *,
    changed_on_disk: bool,
    utc: float,
    speed: float,
    glyphs: Glyphs,
    times: Times,
) -> Line:
    """Return the first line; the file's name is shortened first if there is no room."""
    said, style = state_words(editing, changed_on_disk)
    right: list[Span] = []
    if study is not None:
        if study.plan is None:
            right.append(("no time line  ", "$warning"))
        else:
            about = "about " if study.plan.estimated else ""
            ends = times.day_and_time(utc + study.plan.total / speed)
            right += [
                ("takes ", "$foreground-muted"),
                (f"{about}{spell_shortly(study.plan.total)}", "bold"),
                (", ends ", "$foreground-muted"),
                (f"{ends}  ", "bold"),
            ]
        for severity, (_, severity_style) in SEVERITY.items():
            if count := study.count(severity):
                right.append((f"{severity_sign(severity, glyphs)} {count} ", severity_style))
    file = editing.opened or editing.origin
    path = file.path.name if file else "new recipe"
    room = width - sum(len(text) for text, _ in right) - len(said) - 4
    name = glyphs.literal(clean(path, max(8, room)))
    left: Line = ((f" {name}  ", "bold"), (f"{said}  ", style))
    gap = max(0, width - sum(len(text) for text, _ in (*left, *right)))
    line: Line = (*left, (" " * gap, ""), *right)
    return clip(tuple((glyphs.plain(text), used) for text, used in line), width, ellipsis=glyphs.ellipsis)
