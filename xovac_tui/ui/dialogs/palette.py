"""The palette: finds anything by its name, and does what choosing it means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from heapq import nsmallest
from time import monotonic
from typing import ClassVar

from rich.cells import cell_len
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Input

from xovac_tui.plural import counted
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.search import FuzzyQuery, PaletteEntry
from xovac_tui.ui.widgets.lean import LeanInput
from xovac_tui.ui.widgets.lines import CHOSEN, Line, LinesWidget, Span, clip, entitle, fit, folded
from xovac_tui.ui.widgets.rows import CursorRows
from xovac_tui.ui.workspace import Workspace

Batches = Callable[[], AsyncIterator[Sequence[PaletteEntry]]]
"""Function that begins to yield all entries, in batches, the most important first."""
MOST_SHOWN = 300
"""Entries that are shown at most: more are not scrolled through, but narrowed down."""
_CHUNK = 500
"""Entries compared before the loop gets its turn."""
_TURN_SECONDS = 0.1
"""Seconds of a search after which what was found so far is shown."""
_PREVIEW_SECONDS = 0.12
"""Seconds for which the cursor stays on a theme before it is shown."""
_KIND, _NAME, _LEAST_ABOUT = 9, 20, 16
"""Cells of the kind, of a name that does not move what it does, and of the least of that which helps."""
_TITLE = "Find anything"
_TALL = 20
"""Rows of the terminal from which the description has two lines and the frame a distance."""
_MOST_ROWS = 24
"""Rows of the dialog at most: below it a theme is seen as it would be."""


def entry_spans(entry: PaletteEntry, width: int, query: FuzzyQuery, glyphs: Glyphs) -> list[Span]:
    """Return an entry as one line: kind, name with what was typed underlined, what it does, its key."""
    key = f" {glyphs.plain(entry.key)}" if entry.key else ""
    room = width - _KIND - cell_len(key)
    title = glyphs.shown(entry.title, 80)
    barred = bool(entry.refusal)
    kind = fit(glyphs.shown(entry.kind), _KIND - 1, ellipsis=glyphs.ellipsis)
    spans: list[Span] = [(f"{kind} ", "$no-data")]
    if cell_len(title) >= room:
        shown: list[Span] = [(fit(title, room, ellipsis=glyphs.ellipsis), "$no-data" if barred else "bold")]
    else:
        places = query.places(title)
        base = "$no-data" if barred else "bold"
        shown = [(letter, f"{base} underline" if at in places else base) for at, letter in enumerate(title)]
        rest = room - cell_len(title)
        said = f"not now: {entry.refusal}" if barred else entry.about
        gap = " " * max(2, min(_NAME - cell_len(title), rest - _LEAST_ABOUT))
        about = f"{gap}{glyphs.shown(said)}" if rest >= _LEAST_ABOUT else ""
        shown.append((fit(about, rest, ellipsis=glyphs.ellipsis), "$stale" if barred else "$no-data"))
    return [*spans, *shown, (key, "$footer-key-foreground")]


class PaletteRows(CursorRows[PaletteEntry], can_focus=False):
    """The entries found; the field above keeps the focus, and its keys move the cursor."""

    DEFAULT_CSS = "PaletteRows { height: 1fr; width: 1fr; }"

    query_text = FuzzyQuery("")

    @property
    def found(self) -> tuple[PaletteEntry, ...]:
        """The entries that are shown."""
        return self._items

    def key_of(self, item: PaletteEntry) -> Hashable:
        """Return what identifies an entry."""
        return item.kind, item.title, item.beside

    def spans_of(self, item: PaletteEntry, width: int) -> Sequence[Span]:
        """Return an entry's line."""
        return entry_spans(item, width, self.query_text, self.glyphs)

    def show_found(self, found: Sequence[PaletteEntry], query: FuzzyQuery, *, rewind: bool) -> None:
        """Show what was found; with `rewind` the cursor goes to the first, else it stays on its entry."""
        self.query_text = query
        before = self.chosen
        self._items = tuple(found)
        if rewind or before is None:
            self._at = self._top = 0
        else:
            # Also at the top: enter must not run what has come in its place a moment ago.
            keys = [self.key_of(item) for item in self._items]
            key = self.key_of(before)
            self._at = keys.index(key) if key in keys else 0
        self.repaint()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Choose the entry under the pointer."""
        at = self._top + event.y
        if at < len(self._items):
            self.action_move(at - self._at)
            self.post_message(self.Picked(self))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the cursor up."""
        event.stop()
        self.action_move(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the cursor down."""
        event.stop()
        self.action_move(3)

    def _row(self, item: PaletteEntry, width: int, chosen: bool) -> Line:
        mark = f"{self.glyphs.then if chosen else ' '} "
        spans = [(mark, ""), *self.spans_of(item, width - 2)]
        if chosen:
            spans = [(text, f"{'underline ' * ('underline' in style)}{CHOSEN}") for text, style in spans]
        return clip(tuple(spans), width, ellipsis=self.glyphs.ellipsis)


class PaletteDialog(Dialog[PaletteEntry]):
    """A field, and what has the name that is typed there; enter returns it, escape None."""

    TYPE_AHEAD = True
    DEFAULT_CSS = """
    PaletteDialog { align: center top; }
    PaletteDialog > .dialog, PaletteDialog > .dialog.-wide { width: 100; margin: 0; padding: 0 1; }
    PaletteDialog Input { width: 1fr; }
    PaletteDialog #palette-about { height: 2; width: 1fr; color: $foreground; }
    PaletteDialog.-tall > .dialog { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+p", "move(-1)", "up", show=False),
        Binding("down,ctrl+n", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("ctrl+home", "move(-1000000)", "first", show=False),
        Binding("ctrl+end", "move(1000000)", "last", show=False),
    ]

    def __init__(
        self,
        workspace: Workspace,
        batches: Batches,
        preview: Callable[[str], None],
        typed: str = "",
        *,
        title: str = "",
    ) -> None:
        """`preview` shows a theme by its name, the present one again for an empty name."""
        below = workspace.glyphs.plain("↑↓ move   enter: do it   esc: back")
        super().__init__(workspace, title or _TITLE, below)
        self._batches, self._preview, self._typed = batches, preview, typed
        self._entries: list[PaletteEntry] = []
        self._all = False
        """All entries have come."""
        self._searched: str | None = None
        """The typed text for which everything that has come was searched; None before the first time."""
        self._wanted = False
        """Enter was pressed before the search for what is typed had ended."""
        self._showing: Timer | None = None

    @property
    def found(self) -> tuple[PaletteEntry, ...]:
        """The entries that are shown."""
        return self.query_one(PaletteRows).found

    @property
    def complete(self) -> bool:
        """Whether all entries have come, and were searched for what is typed."""
        return self._all and self._searched == self.query_one(Input).value

    def contents(self) -> ComposeResult:
        """Build field, list and description."""
        hint = "Type a part of a name"
        yield LeanInput(self._typed, placeholder=hint, compact=True, select_on_focus=False, max_length=80)
        yield PaletteRows(self.workspace.glyphs, id="palette-rows")
        yield LinesWidget(id="palette-about")

    def on_mount(self) -> None:
        """Begin to collect the entries."""
        super().on_mount()
        self.fit_rows()
        self.query_one(Input).focus()
        self._collect()

    def on_resize(self) -> None:
        """Fit the terminal."""
        super().on_resize()
        self.fit_rows()
        self.call_after_refresh(self._describe)

    def fit_rows(self) -> None:
        """Give the dialog the rows above the strip of STOP."""
        tall = self.rows >= _TALL
        self.set_class(tall, "-tall")
        self.query_one(".dialog").styles.height = max(6, min(_MOST_ROWS, self.rows - 2 * tall))

    # -- search -------------------------------------------------------------------------------------

    @work(group="palette-collect", exit_on_error=False)
    async def _collect(self) -> None:
        """Take the entries as they come, and show those that match."""
        shown_at = 0.0
        async for batch in self._batches():
            self._entries += batch
            if monotonic() - shown_at >= _TURN_SECONDS:
                self._search()
                await asyncio.sleep(0)
                shown_at = monotonic()
        self._all = True
        self._search()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for what is typed."""
        event.stop()
        self._wanted = False
        self._search()

    @work(group="palette-search", exclusive=True)
    async def _search(self) -> None:
        """Compare all entries with what is typed; show what is found now and then on the way."""
        if not self._is_whole:
            return
        typed = self.query_one(Input).value
        query = FuzzyQuery(typed)
        rewind = self._searched != typed
        found: list[tuple[int, int, int]] = []
        total = len(self._entries)
        shown_at = monotonic()
        for start in range(0, total, _CHUNK):
            for at in range(start, min(start + _CHUNK, total)):
                entry = self._entries[at]
                cost = query.cost(entry.title.lower(), entry.beside)
                if cost is not None:
                    found.append((cost, len(entry.title) if query.words else 0, at))
            if monotonic() - shown_at >= _TURN_SECONDS:
                self._show_found(found, query, rewind=rewind)
                shown_at = monotonic()
            await asyncio.sleep(0)
        self._show_found(found, query, rewind=rewind)
        self._searched = typed
        if self._wanted and self._is_whole:
            self._take()

    @property
    def _is_whole(self) -> bool:
        """False while the dialog is taken away: its parts go before it does."""
        return bool(self.query(PaletteRows)) and bool(self.query(Input)) and bool(self.query(".dialog"))

    def _show_found(self, found: list[tuple[int, int, int]], query: FuzzyQuery, *, rewind: bool) -> None:
        if not self._is_whole:
            return
        rows = self.query_one(PaletteRows)
        best = nsmallest(MOST_SHOWN, found)
        rows.show_found([self._entries[at] for _, _, at in best], query, rewind=rewind)
        box = self.query_one(".dialog")
        said = self.heading
        if query.words:
            said += f"{' ' if said.endswith('?') else ': '}{counted(len(found), 'match', 'matches')}"
            said += f", the best {MOST_SHOWN} shown" if len(found) > MOST_SHOWN else ""
        entitle(box, said)

    # -- the cursor ---------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        self.query_one(PaletteRows).action_move(rows)

    def action_page(self, pages: int) -> None:
        self.query_one(PaletteRows).action_page(pages)

    def on_cursor_rows_moved(self, message: CursorRows.Moved) -> None:
        """Describe the entry under the cursor, and show it if it is a theme."""
        self._describe()
        if self._showing is not None:
            self._showing.stop()
        self._showing = self.set_timer(_PREVIEW_SECONDS, self._show_theme)

    def _show_theme(self) -> None:
        if self._dismissed:
            return
        chosen = self.query_one(PaletteRows).chosen
        self._preview(chosen.theme if chosen is not None else "")

    def _describe(self) -> None:
        about, chosen = self.query_one("#palette-about", LinesWidget), self.query_one(PaletteRows).chosen
        width, glyphs = about.size.width, self.workspace.glyphs
        if not width:
            return
        if chosen is None:
            typed = self.query_one(Input).value
            said = "Nothing has this name. Fewer letters find more." if typed and self.complete else ""
            about.show_lines([((said, "$no-data"),)])
            return
        style = "$stale" if chosen.refusal else ""
        said = f"Not now: {chosen.refusal}" if chosen.refusal else chosen.about
        about.show_lines([((line, style),) for line in folded(glyphs.shown(said), width)])

    # -- choosing -----------------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what the entry under the cursor means, once it is the one for what is typed."""
        event.stop()
        if self._searched == event.value:
            self._take()
        else:
            self._wanted = True

    def on_cursor_rows_picked(self, message: CursorRows.Picked) -> None:
        """Do what the clicked entry means."""
        self._take()

    def _take(self) -> None:
        self._wanted = False
        chosen = self.query_one(PaletteRows).chosen
        if chosen is not None and not chosen.refusal:
            self.dismiss(chosen)
