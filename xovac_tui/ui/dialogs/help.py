"""The help dialog: explains a tab and its keys, filters while typing, runs the action under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from xovac_tui.ui.action import Action, KeyTables
from xovac_tui.ui.dialogs.base import Dialog
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lean import LeanInput
from xovac_tui.ui.widgets.lines import CHOSEN, Line, clip, fit, folded
from xovac_tui.ui.widgets.rows import ListWidget
from xovac_tui.ui.workspace import Workspace

_KEYS_WIDTH = 13


class HelpTopic(NamedTuple):
    """One part of the help: a heading, a paragraph, or an action with its keys."""

    text: str
    keys: str = ""
    heading: bool = False
    action: Action | None = None


def help_topics(text: str, tables: KeyTables) -> tuple[HelpTopic, ...]:
    """Return all parts of the help of a tab."""
    parts = [HelpTopic(paragraph) for paragraph in text.split("\n") if paragraph]
    for title, table in tables:
        parts.append(HelpTopic(title, heading=True))
        parts += [HelpTopic(action.help, keys, action=action) for keys, action in table]
    return tuple(parts)


def matching(topics: Sequence[HelpTopic], typed: str) -> tuple[HelpTopic, ...]:
    """Return the parts that hold all typed words, under their headings; all of them without a word."""
    words = typed.lower().split()
    found: list[HelpTopic] = []
    heading: HelpTopic | None = None
    for topic in topics:
        if topic.heading:
            heading = topic
            continue
        # A key is typed as it is printed: `E` and `e` are two.
        title = topic.action.title if topic.action is not None else ""
        keys, said = topic.keys.split(), f"{title} {topic.text}".lower()
        if typed.strip() in keys or all(word in said for word in words):
            if heading is not None:
                found.append(heading)
                heading = None
            found.append(topic)
    return tuple(found)


class TopicList(ListWidget, can_focus=False):
    """Folded topics; the cursor stands on those that can be run, and text between them scrolls by lines."""

    DEFAULT_CSS = "TopicList { height: 1fr; width: 1fr; }"

    class Picked(Message):
        """An action was clicked."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._topics: tuple[HelpTopic, ...] = ()
        self._rows: list[tuple[int, Line]] = []
        """Every line, with the number of its topic."""
        self._folded_at = 0
        self._at: int | None = None
        """Number of the topic under the cursor."""
        self._top = 0

    @property
    def chosen(self) -> Action | None:
        """The action under the cursor."""
        return None if self._at is None else self._topics[self._at].action

    @property
    def text(self) -> str:
        """All lines of the topics, seen or not."""
        return "\n".join("".join(part for part, _ in line) for _, line in self._rows)

    def show_topics(self, topics: Sequence[HelpTopic], *, choose: bool) -> None:
        """Show these topics from their beginning; `choose` puts the cursor on the first action."""
        self._topics, self._top, self._at = tuple(topics), 0, None
        self._fold()
        if choose:
            self._at = next((at for at, one in enumerate(topics) if one.action is not None), None)
            self._see()
        self.repaint()

    def draw(self) -> None:
        """Fold again for another width."""
        if self.size.width != self._folded_at:
            self._fold()
        self._see()
        self.repaint()

    def _fold(self) -> None:
        width = self._folded_at = self.size.width
        plain = self._glyphs.plain
        self._rows = []
        if not width:
            return
        for number, topic in enumerate(self._topics):
            if number and (topic.heading or topic.action is None):
                self._rows.append((-1, ()))
            if topic.heading:
                self._rows.append((number, ((plain(topic.text), "bold"),)))
            elif topic.action is None:
                self._rows += [(number, ((line, ""),)) for line in folded(plain(topic.text), width)]
            else:
                keys = plain(topic.keys)
                for line in folded(plain(topic.text), max(8, width - _KEYS_WIDTH - 2)):
                    label = fit(f"  {keys}", _KEYS_WIDTH + 1, ellipsis=self._glyphs.ellipsis) + " "
                    self._rows.append((number, ((label, "bold $footer-key-foreground"), (line, ""))))
                    keys = ""

    def _span(self, topic: int) -> tuple[int, int]:
        """Return the first line of a topic, and the one behind its last."""
        own = [row for row, (number, _) in enumerate(self._rows) if number == topic]
        return own[0], own[-1] + 1

    def _see(self) -> None:
        """Scroll until the topic under the cursor is seen."""
        if self._at is not None and self._rows and self.size.height:
            first, after = self._span(self._at)
            self._top = min(max(self._top, after - self.size.height), first)

    def action_move(self, rows: int) -> None:
        for _ in range(min(abs(rows), len(self._rows))):
            self._step(1 if rows > 0 else -1)
        self.repaint()

    def _step(self, way: int) -> None:
        """Go to the next action if it is seen or near, else scroll by a line towards it."""
        last = max(0, len(self._rows) - self.size.height)
        start = self._at if self._at is not None else -1 if way > 0 else 0
        order = range(start + way, len(self._topics) if way > 0 else -1, way)
        for at in order:
            if self._topics[at].action is None:
                continue
            first, after = self._span(at)
            near = after <= self._top + self.size.height + 1 if way > 0 else first >= self._top - 1
            if near:
                self._at = at
                self._see()
                return
            break
        self._top = max(0, min(last, self._top + way))

    def action_page(self, pages: int) -> None:
        height = max(1, self.size.height - 1)
        self._top = max(0, min(len(self._rows) - self.size.height, self._top + pages * height))
        self._top = max(0, self._top)
        seen = {number for number, _ in self._rows[self._top : self._top + self.size.height]}
        whole = [
            at
            for at in sorted(seen - {-1})
            if self._topics[at].action is not None and self._span(at)[0] >= self._top
        ]
        if whole and self._at not in whole:
            self._at = whole[0] if pages > 0 else whole[-1]
            self._see()
        self.repaint()

    def repaint(self) -> None:
        height, width = self.size.height, self.size.width
        if not height or not width:
            return
        self._top = max(0, min(self._top, len(self._rows) - height))
        shown = []
        for number, line in self._rows[self._top : self._top + height]:
            if number == self._at and number >= 0:
                # One colour over the whole width.
                text = "".join(part for part, _ in line)
                mark = self._glyphs.then if text[:2].isspace() and text[2:3] != " " else " "
                line = ((fit(f"{mark}{text[1:]}", width, ellipsis=self._glyphs.ellipsis), CHOSEN),)
            shown.append(clip(line, width, ellipsis=self._glyphs.ellipsis))
        self.show_lines(shown or [((" Nothing in this help has these words.", "$no-data"),)])

    def on_click(self, event: events.Click) -> None:
        """Choose the action under the pointer; do it if it is chosen already."""
        row = self._top + event.y
        number = self._rows[row][0] if row < len(self._rows) else -1
        if number < 0 or self._topics[number].action is None:
            return
        if number == self._at and event.chain == 1:
            self.post_message(self.Picked())
        self._at = number
        self.repaint()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll."""
        event.stop()
        self._top -= 3
        self.repaint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll."""
        event.stop()
        self._top += 3
        self.repaint()


class HelpDialog(Dialog[Action]):
    """Purpose and keys of a tab, and the keys that work everywhere; enter returns the action to run."""

    TYPE_AHEAD = True
    DEFAULT_CSS = """
    HelpDialog > .dialog.-wide { width: 84; padding: 0 1; }
    HelpDialog Input { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("ctrl+home", "move(-1000000)", "first", show=False),
        Binding("ctrl+end", "move(1000000)", "last", show=False),
    ]

    def __init__(self, workspace: Workspace, screen: str, text: str, tables: KeyTables) -> None:
        """Explain a tab; `screen` and `text` are empty if none is shown."""
        below = workspace.glyphs.plain("↑↓ scroll   enter: do it   esc: back")
        super().__init__(workspace, f"Help: {screen}" if screen else "Help", below)
        self._topics = help_topics(text, tables)

    @property
    def topics(self) -> TopicList:
        """The text."""
        return self.query_one(TopicList)

    def contents(self) -> ComposeResult:
        """Build field and text."""
        yield LeanInput(
            placeholder="Type to find a key or a word", compact=True, select_on_focus=False, max_length=80
        )
        yield TopicList(self.workspace.glyphs)

    def on_mount(self) -> None:
        """Show all."""
        super().on_mount()
        self.on_resize()
        self.query_one(Input).focus()
        self.topics.show_topics(self._topics, choose=False)

    def on_resize(self) -> None:
        """Fit the terminal."""
        super().on_resize()
        self.query_one(".dialog").styles.height = max(5, self.rows)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what holds the typed words."""
        event.stop()
        self.topics.show_topics(matching(self._topics, event.value), choose=bool(event.value.strip()))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what is under the cursor."""
        event.stop()
        self._take()

    def on_topic_list_picked(self, message: TopicList.Picked) -> None:
        """Do what was clicked."""
        self._take()

    def _take(self) -> None:
        if (chosen := self.topics.chosen) is not None:
            self.dismiss(chosen)

    def action_move(self, rows: int) -> None:
        self.topics.action_move(rows)

    def action_page(self, pages: int) -> None:
        self.topics.action_page(pages)
