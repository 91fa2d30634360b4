"""A dialog that asks for a path and completes it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import NamedTuple

from textual import events, work
from textual.app import ComposeResult
from textual.widgets import Input, Label

from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.workspace import Workspace

MOST_READ = 5_000
"""Names of a folder that are read; a folder with more is completed from these."""
_MOST_SHOWN = 12
_LONGEST_PATH = 1000


class CompletedPath(NamedTuple):
    """A typed path, as far as it is certain what follows, and the names that fit it."""

    text: str
    names: tuple[str, ...] = ()
    """Files with one of the endings, and folders (with a separator at the end), sorted."""


def complete_path(text: str, endings: Sequence[str] = ()) -> CompletedPath:
    """Return the completion of a typed path from the names on the disk. Blocks.

    `~` stays as it was typed. Names that begin with a dot are found when the dot is typed.
    """
    head, begin = os.path.split(text)
    folder = os.path.expanduser(head) if head else os.curdir
    try:
        names = _names(folder, begin, endings)
    except (OSError, ValueError):
        return CompletedPath(text)
    if text == "~":
        return CompletedPath(f"~{os.sep}")
    if not names:
        return CompletedPath(text)
    return CompletedPath(os.path.join(head, _common(names)), tuple(names))


def _common(names: Sequence[str]) -> str:
    """Return what all of the sorted names begin with."""
    first, last = names[0], names[-1]
    equal = next((n for n, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    return first[: min(len(first), len(last)) if equal is None else equal]


def _names(folder: str, begin: str, endings: Sequence[str]) -> list[str]:
    found = []
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= MOST_READ:
                break
            name = entry.name
            if not name.startswith(begin) or (name[0] == "." and not begin) or not name.isprintable():
                continue
            if entry.is_dir():
                found.append(name + os.sep)
            elif not endings or name.lower().endswith(tuple(endings)):
                found.append(name)
    return sorted(found)


class PathDialog(AskDialog):
    """A text field for a path: tab completes it, and shows what it can go on with."""

    DEFAULT_CSS = """
    PathDialog > .dialog { width: 76; }
    PathDialog .names { color: $foreground-muted; margin-top: 1; }
    """

    def __init__(
        self,
        workspace: Workspace,
        title: str,
        words: str,
        value: str = "",
        *,
        problem: str = "",
        endings: Sequence[str] = (),
    ) -> None:
        super().__init__(workspace, title, words, value, longest=_LONGEST_PATH, problem=problem)
        self._endings = endings
        """Of the files that are offered; empty: all."""
        self.below = "tab: complete the path   enter: take   esc: back"

    def contents(self) -> ComposeResult:
        """Build the question, the field, and the line of names."""
        yield from super().contents()
        yield Label("", classes="names", markup=False)

    async def on_event(self, event: events.Event) -> None:
        """Complete the path with tab, which has no other field to go to."""
        if isinstance(event, events.Key) and event.key == "tab":
            event.stop()
            self._complete()
            return
        await super().on_event(event)

    @work(group="complete-path", exclusive=True)
    async def _complete(self) -> None:
        field = self.query_one(Input)
        typed, after = field.value[: field.cursor_position], field.value[field.cursor_position :]
        if after:
            field.cursor_position = len(field.value)
            return
        found = await asyncio.to_thread(complete_path, typed, self._endings)
        if field.value != typed:
            # What was typed meanwhile counts.
            return
        if found.text != typed:
            field.value = found.text
            field.cursor_position = len(found.text)
        self.query_one(".names", Label).update(self._words_of(found))

    def _words_of(self, found: CompletedPath) -> str:
        names = [self.workspace.glyphs.literal(name) for name in found.names]
        if not names:
            return "Nothing there begins with that."
        if len(names) == 1:
            return ""
        more = f"  and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
        return "  ".join(names[:_MOST_SHOWN]) + more
