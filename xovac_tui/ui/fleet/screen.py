"""The screen of the fleet. It takes no command: what is to be done to a chamber is done in its console."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from xovac_tui.clock import Clock
from xovac_tui.config import Display
from xovac_tui.fleet.opening import CannotOpen, ConsoleOpening, OpenedOn
from xovac_tui.fleet.overview import FleetBoard, FleetRow, FleetView, worst_first
from xovac_tui.fleet.rings import FleetRings
from xovac_tui.forwarding.reports import FleetSource
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.ui.action import bindings, printed
from xovac_tui.ui.fleet.chamber_list import ChamberList
from xovac_tui.ui.fleet.dialogs import FleetDialog, key_lines
from xovac_tui.ui.fleet.lending import lend
from xovac_tui.ui.fleet.lines import (
    FleetLooks,
    fleet_alarm_line,
    head_line,
    names_of,
)
from xovac_tui.ui.fleet_keys import ACTIONS, HELP, OPEN, QUIT, STOP_ELSEWHERE
from xovac_tui.ui.format import Times
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.sizes import SizeStep, step_of
from xovac_tui.ui.small_app import Looks
from xovac_tui.ui.terminal.modal import LeanScreen
from xovac_tui.ui.widgets.find_field import FindField
from xovac_tui.ui.widgets.lines import Line, LinesWidget, paragraph
from xovac_tui.ui.widgets.rows import EnterClicked, Rows

FLUSH = 0.5
"""Seconds between two looks at what came."""
_SAID = 12.0
"""Seconds for which a sentence is shown."""
_KEPT = frozenset(one.id for one in (OPEN, HELP, QUIT))
"""Keys that are shown however narrow the terminal is."""
_LEAST_ALARMS = 3
"""Rows that alarms keep, with the line above them."""
_NOTHING = (
    "No chamber yet. A chamber appears when it is recorded on this machine, or when its recorder publishes "
    "to a broker of [forward] in the settings."
)
_ABOUT = (
    "All chambers that are recorded on this machine, or whose recorders publish to a broker of the settings. "
    "No link to any chamber is held here, and nothing is sent. Values in brackets are old."
)
_CANNOT = {
    CannotOpen.NO_HOST: "It is not known which machine records {name}: open its console by hand.",
    CannotOpen.UNSAFE: "The name of {name} or of its machine is not handed to ssh: open its console by hand.",
    CannotOpen.NO_PROFILE: "{name} is recorded on this machine, and no profile of the settings has its name. "
    "Open its console by the address that it was opened with.",
}
_ASKS = {
    OpenedOn.BESIDE: "{host} records {name}. This opens its console on this machine without a second record, "
    "for looking only: nothing can be sent, STOP included.",
    OpenedOn.THERE: "This runs in this terminal, and opens {name} for looking only: nothing can be sent, "
    "STOP included.",
}


class FleetStart(msgspec.Struct, frozen=True, kw_only=True):
    """All that the fleet needs."""

    sources: tuple[FleetSource, ...]
    clock: Clock
    opening: Callable[[FleetRow], ConsoleOpening | CannotOpen]
    """Says how the console of a chamber is opened."""
    bell: NotifySettings = NotifySettings()
    """Receivers in this terminal."""
    looks: Looks

    @property
    def display(self) -> Display:
        """The settings of the display."""
        return self.looks.display


class FleetScreen(LeanScreen[None]):
    """All chambers, and below them the alarms of all."""

    DEFAULT_CSS = """
    FleetScreen { layout: vertical; }
    FleetScreen #head, FleetScreen #foot { height: 1; width: 1fr; }
    FleetScreen #said { height: auto; padding: 0 1; display: none; }
    FleetScreen #said.-shown { display: block; }
    FleetScreen #nothing { height: auto; padding: 1 2; display: none; }
    FleetScreen.-empty #nothing { display: block; }
    FleetScreen #every-alarm, FleetScreen #every-alarm:focus { border: none; padding: 0; height: 1fr; }
    FleetScreen.-notice #every-alarm { display: none; }
    FleetScreen.-alarms #chambers { display: none; }
    FleetScreen #foot { background: $footer-background; color: $footer-description-foreground; }
    """
    AUTO_FOCUS = "#chambers"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ACTIONS),
        Binding("escape", "back", "back", show=False),
    ]

    def __init__(self, start: FleetStart, board: FleetBoard, glyphs: Glyphs) -> None:
        """Take `board`, which outlives a screen that is built again."""
        super().__init__()
        display = start.display
        self._start, self._board, self._glyphs = start, board, glyphs
        self._looks = FleetLooks(glyphs, display.units, Times(display.time))
        self._rings = FleetRings(start.bell, os.environ, glyphs.plain)
        self._view = FleetView()
        self._second = -1
        self._said = ""
        self._said_until: float | None = None
        self._worst = self._troubled = False
        self._lent = False
        """A console has the terminal."""

    def compose(self) -> ComposeResult:
        """Build head, chambers, alarms, field and foot."""
        yield LinesWidget(id="head")
        yield LinesWidget(id="nothing")
        yield ChamberList(self._looks, id="chambers")
        yield Rows(id="every-alarm")
        yield FindField("words", lambda: self.query_one(ChamberList), id="find-chamber")
        yield LinesWidget(id="said")
        yield LinesWidget(id="foot")

    def on_mount(self) -> None:
        """Begin to look at the sources."""
        self.flush(at_once=True)
        self.set_interval(FLUSH, self.flush)

    def on_resize(self) -> None:
        """Fit the terminal."""
        self.set_class(step_of(*self.app.size) is SizeStep.NOTICE, "-notice")
        self._fold_said()
        self._draw()

    # -- what is shown ----------------------------------------------------------------------------------

    def flush(self, *, at_once: bool = False) -> None:
        """Take what came, and draw where anything may look another way."""
        clock, new = self._start.clock, False
        for number, source in enumerate(self._start.sources):
            reports = source.take()
            new = new or bool(reports)
            self._board.take(number, reports)
        mono = clock.mono()
        if not (new or at_once or int(mono) != self._second):
            return
        self._second = int(mono)
        self._view = self._board.view(mono, [source.view for source in self._start.sources])
        if ring := self._rings.due(self._view.rows, clock.utc(), mono):
            self.app.write_beside(ring)  # type: ignore[attr-defined]
        if self._said_until is not None and mono >= self._said_until:
            self.say("")
        self._draw()

    def shown_rows(self) -> tuple[FleetRow, ...]:
        """Return the chambers that are shown, in the order in which they are."""
        rows = self._view.troubled if self._troubled else self._view.rows
        words = self.query_one(FindField).value
        if words.strip():
            rows = tuple(row for row in rows if row.has(words))
        return worst_first(rows) if self._worst else rows

    def _draw(self) -> None:
        if not self.is_mounted or not self.size.width:
            return
        width, height = self.app.size
        clock, rows = self._start.clock, self.shown_rows()
        names = names_of(self._view.rows, width, self._looks)
        sources = [source.view for source in self._start.sources]
        time_of_day = self._looks.times.short(clock.utc())
        self.query_one("#head", LinesWidget).show_lines(
            [
                head_line(
                    self._view,
                    sources,
                    time_of_day,
                    width,
                    self._looks,
                    mono=clock.mono(),
                    manner=self._manner(rows),
                )
            ]
        )
        chambers, every = self.query_one(ChamberList), self.query_one("#every-alarm", Rows)
        self.set_class(not self._view.rows, "-empty")
        self.query_one("#nothing", LinesWidget).show_lines(
            [] if self._view.rows else paragraph(self._glyphs.plain(_NOTHING), max(10, width - 4))
        )
        rest = max(2, height - 2 - self._other_rows())
        alarms = self._view.alarms
        kept = 0 if self.has_class("-notice") else min(1 + max(1, len(alarms)), max(_LEAST_ALARMS, rest // 3))
        wanted = max(2, min(2 * len(rows), (rest - kept) // 2 * 2))
        if chambers.styles.height is None or chambers.styles.height.value != wanted:
            chambers.styles.height = wanted
        chambers.show_chambers(rows, names)
        every.show_rows(
            max(1, len(alarms)),
            lambda at, _: self._alarm_row(at, every.size.width, names),
            head=lambda: self._rule(every.size.width),
        )
        self._show_foot(width)

    def _other_rows(self) -> int:
        """Return the rows that sentences and the field take."""
        said = self.query_one("#said", LinesWidget)
        return (len(said.lines) if said.has_class("-shown") else 0) + self.query_one(FindField).is_open

    def _manner(self, rows: Sequence[FleetRow]) -> str:
        words = [word for on, word in ((self._troubled, "troubled only"), (self._worst, "worst first")) if on]
        if len(rows) < len(self._view.rows):
            words.append(f"{len(rows)} of {len(self._view.rows)} shown")
        return ", ".join(words)

    def _alarm_row(self, at: int, width: int, names: dict[str, str]) -> Line:
        alarms = self._view.alarms
        if at >= len(alarms):
            return ((" No alarm wants attention.", "$foreground-muted"),)
        return fleet_alarm_line(alarms[at], names[alarms[at].chamber], width, self._looks)

    def _rule(self, width: int) -> Line:
        title = " Alarms of all "
        rule = self._glyphs.rule
        focused = self.query_one("#every-alarm", Rows).has_focus
        style = "$border" if focused else "$border-blurred"
        return ((rule * 2, style), (title, "bold"), (rule * max(0, width - 2 - len(title)), style))

    def _show_foot(self, width: int) -> None:
        entries = {
            action.id: (f" {self._glyphs.plain(printed(action.keys))} ", f"{action.title} ")
            for action in ACTIONS
            if action.footer
        }
        room, kept = width, set()
        for one in sorted(entries, key=lambda one: one not in _KEPT):
            cells = sum(map(len, entries[one]))
            if cells <= room:
                room -= cells
                kept.add(one)
        spans: list[tuple[str, str]] = []
        for one, (key, title) in entries.items():
            if one in kept:
                spans += [(key, "$footer-key-foreground"), (title, "")]
        self.query_one("#foot", LinesWidget).show_lines([tuple(spans)])

    def say(self, text: str) -> None:
        """Show a sentence for a while above the keys; none for an empty text."""
        self._said = text
        self._said_until = self._start.clock.mono() + _SAID if text else None
        self._fold_said()
        self._draw()

    def _fold_said(self) -> None:
        said, text = self.query_one("#said", LinesWidget), self._glyphs.plain(self._said)
        width = max(10, self.app.size.width - 2)
        said.show_lines(paragraph(text, width, "bold $warning") if text else [])
        said.set_class(bool(text), "-shown")

    # -- keys -------------------------------------------------------------------------------------------

    def action_alarms(self) -> None:
        whole = not self.has_class("-alarms")
        self.set_class(whole, "-alarms")
        self.call_after_refresh(self.query_one("#every-alarm" if whole else "#chambers").focus)

    def action_troubled(self) -> None:
        self._troubled = not self._troubled
        self._draw()

    def action_worst(self) -> None:
        self._worst = not self._worst
        self._draw()

    def action_find(self) -> None:
        self.query_one(FindField).open()
        self._draw()

    def action_back(self) -> None:
        """Take away what was opened last."""
        if self.query_one(FindField).back():
            self._draw()
        elif self.has_class("-alarms"):
            self.action_alarms()
        else:
            self.say("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what has the words."""
        event.stop()
        self._draw()

    def action_help(self) -> None:
        lines = [("", _ABOUT), ("", ""), *key_lines(ACTIONS)]
        self.app.push_screen(FleetDialog("The fleet", lines, "esc back", self._glyphs))

    def action_no_stop(self) -> None:
        row, stop = self.query_one(ChamberList).chosen, printed(STOP_ELSEWHERE.keys)
        name = "a chamber" if row is None else self._looks.text(row.name, 40)
        found = CannotOpen.NO_HOST if row is None else self._start.opening(row)
        if isinstance(found, CannotOpen):
            how = f"Open the console of {name} by hand"
        elif found.on is OpenedOn.HERE:
            how = f"Press {printed(OPEN.keys)} to open the console of {name}"
        else:
            # The console that the fleet opens of it is for looking only.
            how = f"Leave the fleet and run `{found.with_control}`"
        self.say(f"Nothing was sent: the fleet stops no recipe. {how}, then {stop} {stop} there.")

    def action_leave(self) -> None:
        self.app.exit(0)

    def on_enter_clicked(self, message: EnterClicked) -> None:
        """Open a chamber that is clicked twice."""
        message.stop()
        self.action_open()

    # -- consoles ---------------------------------------------------------------------------------------

    def action_open(self) -> None:
        row = self.query_one(ChamberList).chosen
        if row is None:
            return
        name = self._looks.text(row.name, 40)
        found = self._start.opening(row)
        if isinstance(found, CannotOpen):
            self.say(_CANNOT[found].format(name=name))
        elif found.on is OpenedOn.HERE:
            self._run_console(found, name)
        else:
            host = self._looks.text(row.summary.host, 40) if row.summary is not None else ""
            asks = _ASKS[found.on].format(name=name, host=host or "Another machine")
            lines = [("", asks), ("", ""), ("", found.shown)]
            dialog = FleetDialog(f"Console of {name}", lines, "enter run it   esc back", self._glyphs)
            self.app.push_screen(dialog, lambda yes: self._run_console(found, name) if yes else None)

    def _run_console(self, opening: ConsoleOpening, name: str) -> None:
        # A second enter may be on its way already: it must not end the console that the first one opened.
        if not self._lent:
            self._lent = True
            self.run_worker(self._run(opening, name), group="console")

    async def _run(self, opening: ConsoleOpening, name: str) -> None:
        """Lend the terminal to a console until it ends."""
        try:
            said = await lend(self.app, opening)
        finally:
            self._lent = False
        self.say(f"{name}: {said}" if said else "")
