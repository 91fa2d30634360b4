"""STOP in the app: every key is checked here first, and two deliberate strokes send `cancel_recipe`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from rich.cells import cell_len
from textual import events
from textual._time import get_time
from textual.actions import parse
from textual.app import App
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.station.refusal import Refusal
from xovac_tui.ui.frame.bars import KeyBar
from xovac_tui.ui.stop_key import STOP_KEY, StopKey, StopSwitch
from xovac_tui.ui.widgets.lines import Line, fit_label
from xovac_tui.ui.widgets.stopbar import StopBar, armed_words
from xovac_tui.ui.workspace import Workspace

_CHECK_SECONDS = 0.05
"""Seconds between two checks of the clock while STOP is armed or the strip has a message."""
_LATE_SECONDS = 0.15
"""Seconds between two checks beyond which the program was held up and may have unread strokes."""
_SAID_SECONDS = 3.0
_NAME = 16
"""Cells of a chamber's name beside the keys of STOP."""
NOT_SENT = "Not sent: press ! again"


def _fields() -> tuple[type[Widget], ...]:
    """Return the classes of text fields; Textual's large one only once it is imported, which takes long."""
    large = sys.modules.get("textual.widgets._text_area")
    return (Input,) if large is None else (Input, large.TextArea)


def _strokes(count: int, end: str) -> str:
    """Return so many strokes of `esc` as text with an end; empty for none."""
    return " ".join(["esc"] * count) + end if count else ""


def from_a_field(count: int) -> str:
    """Return what stops the recipe from a text field that so many strokes of `esc` lead out of."""
    return f"To stop the recipe: {_strokes(count, ', then ')}! !"


def _escape_closes(screen: Screen[object]) -> bool:
    """Return whether `esc` closes a screen from where its focus is, by what the key is bound to there."""
    bound = screen.active_bindings.get("escape")
    return bound is not None and parse(bound.binding.action)[1] == "dismiss"


class Stopping:
    """The switch, the strip on every screen, and the sending.

    `workspace` returns the chamber that is shown: STOP goes to the one that is shown at the first stroke.
    `now` and `arrived` return monotonic seconds: of this moment, and of the read that brought a key.
    """

    def __init__(
        self,
        app: App[Any],
        workspace: Callable[[], Workspace],
        now: Callable[[], float] = get_time,
        arrived: Callable[[events.Key], float] = lambda event: event.time,
    ) -> None:
        self.switch = StopSwitch()
        self._app, self._workspace = app, workspace
        self._now, self._arrived = now, arrived
        self._bound: Workspace | None = None
        """The chamber that was shown at the first stroke."""
        self._timer: Timer | None = None
        self._checked_at = 0.0
        """Time of the last check, in the loop's own time."""
        self._said: str | Refusal = ""
        """The strip shows a refusal, which goes once STOP can be sent."""
        self._said_again = False
        """The strip asks for the key once more, which goes once STOP cannot be sent."""
        self._said_until = self._hint_until = 0.0

    # -- keys ---------------------------------------------------------------------------------------

    def takes(self, event: events.Key) -> bool:
        """Return True if STOP consumes this key, so that the screen must not get it."""
        if event.is_forwarded:
            # The key was here before, and returns from a screen that did not use it.
            return False
        refusal = self._refusal() if event.key == STOP_KEY else None
        meaning = self.switch.key(event.key, self._arrived(event), field=self.field, refused=bool(refusal))
        self._apply(meaning, refusal)
        return meaning not in (StopKey.NOT_MINE, StopKey.TEXT, StopKey.TEXT_TWICE)

    def press(self) -> None:
        """Make the first stroke of a STOP chosen from the palette."""
        refusal = self._refusal()
        self._apply(self.switch.press(self._now(), refused=bool(refusal)), refusal)

    def take_paste(self) -> None:
        """Drop an armed STOP: pasted text is neither a stroke nor may it come between two."""
        if self.switch.armed:
            self._drop("STOP dropped: nothing was sent.")
            self.show()

    def turn_away(self) -> None:
        """Drop a first stroke before another chamber is shown: the second one would be for that one.

        What two strokes have asked for is sent all the same, to the chamber that they were for.
        """
        if self.switch.armed and not self.switch.settling:
            self._drop("STOP dropped: nothing was sent.")
        self.switch.forget_refusal()
        self._said = ""

    @property
    def _target(self) -> Workspace:
        """The chamber that STOP is for: the one that it is armed for, else the one that is shown."""
        return self._bound if self.switch.armed and self._bound is not None else self._workspace()

    @property
    def field(self) -> Widget | None:
        """The text field that has the focus, where `!` is text."""
        app = self._app
        focused = app.focused if app.screen_stack else None
        return focused if isinstance(focused, _fields()) else None

    def _escapes(self, *, home: bool = False) -> int:
        """Return how many strokes of `esc` it takes until `!` is no text any more.

        `home`: until the keys of the tabs work. In a screen with a field the first one leads out of it,
        unless it closes the screen: then the screen below counts.
        """
        *above, tabs = reversed(self._app.screen_stack)
        count = 0
        for screen in above:
            in_field = isinstance(screen.focused, _fields())
            if not in_field and not home:
                return count
            count += 1
            if in_field and not _escape_closes(screen):
                if not home:
                    return count
                count += 1
        return count + isinstance(tabs.focused, _fields())

    def _apply(self, meaning: StopKey, refusal: Refusal | None) -> None:
        match meaning:
            case StopKey.NOT_MINE | StopKey.SWALLOWED | StopKey.TEXT:
                pass
            case StopKey.TEXT_TWICE:
                self._hint_until = self._now() + _SAID_SECONDS
                self._watch()
            case StopKey.ARMED:
                self._bound = self._workspace()
                self._say("")
                self._watch()
            case StopKey.SETTLING:
                self._watch()
            case StopKey.HELD | StopKey.BURST | StopKey.REFUSED if refusal:
                # Pressing it again would not send it, either.
                self._say(refusal)
            case StopKey.HELD | StopKey.BURST:
                self._say(NOT_SENT, again=True)
            case StopKey.DROPPED:
                self._drop("STOP dropped: nothing was sent.")
            case StopKey.REFUSED_TWICE if refusal:
                self._say(refusal)
                self._workspace().station.refuse_stop(refusal)
        self.show()

    # -- the strip ----------------------------------------------------------------------------------

    def show(self) -> None:
        """Show on every screen how to stop the recipe, or the effect of the next key."""
        if not self._app.screen_stack:
            return
        words, resting = self._words(), self._resting()
        frame = self._app.screen_stack[0]
        # Textual caches a query for one widget of a kind; a query for several goes through all widgets.
        keys = frame.query_one_optional(KeyBar)
        if keys is not None:
            keys.show_stop(resting)
            keys.display = not words
        for screen in self._app.screen_stack:
            self._strip(screen, words, resting)

    def _strip(self, screen: Screen[object], words: str, resting: Line) -> None:
        bar = screen.query_one_optional(StopBar)
        if bar is None and screen.is_mounted and screen.is_attached:
            # A screen of Textual's own, the palette; while the app ends nothing is attached any more.
            bar = StopBar()
            screen.mount(bar)
        if bar is not None:
            bar.show(words, resting)

    def _words(self) -> str:
        if self.switch.armed:
            station, now = self._target.station, self._now()
            return armed_words(
                self.switch.left(now),
                STOP_COMMAND,
                station.name,
                self._app.size.width - 2,
                ellipsis=self._workspace().glyphs.ellipsis,
            )
        if self._now() >= self._said_until:
            return ""
        if isinstance(self._said, Refusal):
            if not self._said.same_as(self._refusal()):
                return ""
            return self._said.strip(self._workspace().keys["observe"])
        return "" if self._said_again and self._refusal() else self._said

    def _resting(self) -> Line:
        """Return how to stop the recipe; struck through, with the remedy, if it cannot be."""
        workspace = self._workspace()
        station = workspace.station
        name = ""
        if workspace.others:
            name = fit_label(
                station.name, min(_NAME, cell_len(station.name)), ellipsis=workspace.glyphs.ellipsis
            )
        keys = f"! ! STOP {name}".rstrip()
        back = _strokes(self._escapes(home=True), ", ")
        if workspace.playback is not None:
            return (
                (keys, "strike $no-data"),
                (f" {back}{workspace.keys['quit']}: leave the replay", "$footer-key-foreground"),
            )
        if station.observe:
            how = (
                "this console only observes"
                if station.manner.observe_only
                else (f"{back}{workspace.keys['observe']}: take control")
            )
            return ((keys, "strike $no-data"), (f" {how}", "$footer-key-foreground"))
        if self.field is not None:
            count = self._escapes()
            hint = f"  {from_a_field(count)}  " if self._now() < self._hint_until else ""
            stop = f"STOP {name}".rstrip()
            return ((f"{stop}: {_strokes(count, ' ')}! !", "bold $bad"), (hint, "$footer-key-foreground"))
        return ((keys, "bold $bad"),)

    def _refusal(self) -> Refusal | None:
        """Return why STOP cannot be sent now; None if it can."""
        return self._target.station.blocked(STOP_COMMAND, stop=True)

    def _say(self, said: str | Refusal, *, again: bool = False) -> None:
        self._said, self._said_until = said, self._now() + _SAID_SECONDS
        self._said_again = again
        if said:
            self._watch()

    def _drop(self, words: str) -> None:
        self.switch.drop()
        self._said = ""
        self._workspace().say(words, seconds=3)

    # -- time ---------------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._timer is None:
            self._checked_at = get_time()
            self._timer = self._app.set_interval(_CHECK_SECONDS, self._check_after_keys)

    def _check_after_keys(self) -> None:
        # After the keys that wait already: one of them may show that the key is held.
        self._app.call_later(self._check_time)

    def _check_time(self) -> None:
        before, self._checked_at = self._checked_at, get_time()
        now, target = self._now(), self._target
        if self._checked_at - before > _LATE_SECONDS:
            self.switch.delay(now)
        if self.switch.settled(now):
            self._said = ""
            self._app.run_worker(target.station.stop(), group="stop", exit_on_error=False)
        elif self.switch.expired(now):
            self._drop("STOP dropped: no second key within 3 s, nothing was sent.")
        elif self.switch.armed and not self.switch.settling and (refusal := self._refusal()):
            # The strip must no longer show that the next key sends.
            self.switch.drop()
            self._say(refusal)
        idle = not self.switch.armed and now >= max(self._said_until, self._hint_until)
        if idle and self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.show()
