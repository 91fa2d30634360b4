"""An app with one screen of its own, beside the console: themes, plain characters, and how it is left."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import msgspec
from textual.app import App
from textual.binding import Binding, BindingType
from textual.scrollbar import ScrollBar

from xovac_tui.config import Display
from xovac_tui.config.themes import ThemeSpec, variable_defaults
from xovac_tui.ui.glyphs import ASCII, UNICODE
from xovac_tui.ui.terminal.app import TerminalApp
from xovac_tui.ui.terminal.mending import Remedy, ReportDefect, take_away
from xovac_tui.ui.terminal.scrollbar import AsciiScrollBar
from xovac_tui.ui.theming import to_textual

_FOLDER = Path(__file__).parent


class Looks(msgspec.Struct, frozen=True):
    """How a screen looks."""

    display: Display
    theme: str
    themes: tuple[ThemeSpec, ...]
    """Themes to register: ours and the user's."""


class SmallApp(TerminalApp):
    """An app with one screen of its own."""

    TITLE = "xovac-tui"
    ENABLE_COMMAND_PALETTE = False
    _themed = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,super+c,ctrl+q", "leave", show=False, priority=True),
    ]

    def __init__(self, looks: Looks, report_failure: ReportDefect) -> None:
        names = ("app.tcss", "ascii.tcss") if looks.display.ascii else ("app.tcss",)
        super().__init__(self._build_again, report_failure, [str(_FOLDER / name) for name in names])
        self._disable_notifications = True
        self.glyphs = ASCII if looks.display.ascii else UNICODE
        for spec in looks.themes:
            self.register_theme(to_textual(spec))
        self._themed = True
        if looks.theme in self.available_themes:
            self.set_reactive(App.theme, looks.theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables; none before there is one."""
        return super().get_css_variables() if self._themed else {}

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colour variables that our widgets need, for Textual's own themes."""
        return variable_defaults(self.current_theme.dark)

    def on_mount(self) -> None:
        """Draw with plain characters where they are wanted."""
        if self.glyphs.ascii:
            self.add_class("-ascii")
            ScrollBar.renderer = AsciiScrollBar

    async def _build_again(self, remedy: Remedy) -> None:
        """Replace the screen after a defect; end where it goes on failing."""
        if remedy not in (Remedy.SAME, Remedy.FIRST):
            self.exit(1)
            return
        await take_away(self.put_lowest(self.get_default_screen()))

    def action_leave(self) -> None:
        """Leave."""
        self.exit(0)
