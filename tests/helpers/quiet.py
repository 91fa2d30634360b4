"""Waiting until an app has nothing to do: by what its loop holds, not by how busy the processor is."""

from __future__ import annotations

import asyncio
import contextvars
import time
import weakref
from typing import Any, ClassVar, cast

import pytest
from textual import _time, notifications
from textual._compositor import Compositor
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from tests.helpers.fastloop import ScreenLoop

SOON = 0.02
"""Seconds; what is due by then is waited for."""
FRAME = 0.1
"""Seconds after which a frame is drawn although the app was never quiet."""
_TURNS = 3
"""Turns of the loop in a row in which nothing was ready."""
_MOST_TURNS, _MOST_TIMERS = 20_000, 60
"""After so many turns, or timers, an app that is never quiet is waited for no longer: about a second."""
THREADS = 1.0
"""Real seconds for which a thread that works for the loop is waited for; longer work is for the test.

A test that holds a thread up on purpose sets it to 0.
"""
_due: weakref.WeakSet[Frame] = weakref.WeakSet()
_parsed: dict[Any, Any] = {}
_rules: dict[tuple[int, ...], dict[Any, Any]] = {}
"""By the rules of a style sheet (which `_parsed` keeps): those that apply to a node, by its place."""
_found: weakref.WeakKeyDictionary[Stylesheet, tuple[Any, dict[Any, Any]]] = weakref.WeakKeyDictionary()


class Frame:
    """In place of a screen's timer: what has changed is drawn once, when the app has nothing else to do."""

    painting = False
    """Whether what has changed is painted now: else it stays among the compositor's dirty regions."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._latest: asyncio.TimerHandle | None = None

    def resume(self) -> None:
        """Have the next frame drawn."""
        if self._latest is None:
            self._context = contextvars.copy_context()
            self._loop = asyncio.get_running_loop()
            self._latest = self._loop.call_later(FRAME, self._draw_unasked)
            _due.add(self)

    def pause(self) -> None:
        """Have no frame drawn until the next change."""
        if self._latest is not None:
            self._latest.cancel()
            self._latest = None
            _due.discard(self)

    def draw(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Draw what is due in this loop; False where nothing is."""
        if self._latest is None or self._loop is not loop:
            return False
        self._context.run(self._draw)
        return True

    def _draw(self) -> None:
        try:
            self._screen._on_timer_update()
        except Exception as error:
            self._screen.app._handle_exception(error)

    def _draw_unasked(self) -> None:
        Frame.painting = True
        try:
            self._draw()
        finally:
            Frame.painting = False


def run_in_the_screens_loop(patch: pytest.MonkeyPatch) -> None:
    """Have `App.run`, by which pictures are taken, use the loop that the other tests run in."""
    honest = App.run

    def run(self: App[Any], **how: Any) -> Any:
        with asyncio.Runner(loop_factory=ScreenLoop) as runner:
            return honest(self, loop=runner.get_loop(), **how)

    patch.setattr(App, "run", run)


def draw_when_quiet(patch: pytest.MonkeyPatch) -> None:
    """Lay screens out when the app is quiet, and paint them when a pilot pauses, before a test reads them."""
    paint, pause = Compositor.render_update, Pilot.pause

    def frame(self: Screen[Any]) -> Frame:
        return self.__dict__.setdefault("frame", Frame(self))  # type: ignore[no-any-return]

    def when_seen(self: Compositor, full: bool = False, **how: Any) -> Any:
        """Paint a picture of all, and what is due while no pilot waits; all else at the next pause."""
        return paint(self, full=full, **how) if full or Frame.painting else None

    async def pause_and_check(self: Pilot[Any], delay: float | None = None) -> None:
        await pause(self, delay)
        screen = self.app.screen
        if screen._compositor._dirty_regions:
            with self.app._context():
                try:
                    paint(screen._compositor, screen_stack=self.app._background_screens)
                except Exception as error:
                    self.app._handle_exception(error)

    async def until_quiet(*_: Any, **__: Any) -> bool:
        return await wait_until_quiet(threads=0.0)

    patch.setattr(Screen, "_update_timer", property(frame))
    patch.setattr(Pilot, "_wait_for_screen", until_quiet)
    patch.setattr(Pilot, "pause", pause_and_check)
    patch.setattr(Compositor, "render_update", when_seen)


def parse_styles_once(patch: pytest.MonkeyPatch) -> None:
    """Have the style sheets of all apps of this process parsed once for each theme."""
    honest = Stylesheet._parse_rules

    def parsed(self: Stylesheet, *arguments: Any, **named: Any) -> Any:
        key = (arguments, tuple(named.items()), tuple(self._variables.items()))
        if key not in _parsed:
            _parsed[key] = honest(self, *arguments, **named)
        return _parsed[key]

    patch.setattr(Stylesheet, "_parse_rules", parsed)


class _Remembered:
    """In place of Textual's cache of the rules found in one update: one for all apps of this process.

    It holds for nodes of which the style sheet and all ancestors are alike in what a selector can ask.
    """

    _above: ClassVar[tuple[DOMNode | None, Any]] = (None, None)
    """The widget to which styles are applied, and its key: its component classes come next."""

    def __init__(self, sheet: Stylesheet, node: DOMNode) -> None:
        self._sheet, self._node = sheet, node
        if isinstance(node, Widget):
            _Remembered._above = None, None

    def get(self, _key: object) -> Any:
        rules = self._sheet.rules
        known, self._found = _found.get(self._sheet, (None, {}))
        if known is not rules:
            self._found = _rules.setdefault(tuple(map(id, rules)), {})
            _found[self._sheet] = rules, self._found
        self._place = self._key(self._node)
        if isinstance(self._node, Widget):
            _Remembered._above = self._node, self._place
        return self._found.get(self._place)

    def __setitem__(self, _key: object, rules: Any) -> None:
        self._found[self._place] = rules

    def _key(self, node: DOMNode) -> Any:
        if node is _Remembered._above[0]:
            return _Remembered._above[1]
        state: tuple[object, ...] = ()
        if isinstance(node, Widget):
            state = node.mouse_hover, node.has_focus, node.disabled, node.allow_focus()
        elif isinstance(node, App):
            state = tuple(holds(node) for holds in App._PSEUDO_CLASSES.values())
        above = self._key(node._parent) if isinstance(node._parent, DOMNode) else None
        return above, type(node), node._id, frozenset(node._classes), state


def apply_styles_once(patch: pytest.MonkeyPatch) -> None:
    """Have the rules that apply to a node found once for all apps of this process."""
    honest = Stylesheet.apply

    def apply(self: Stylesheet, node: DOMNode, *, animate: bool = False, cache: object = None) -> None:
        honest(self, node, animate=animate, cache=cast(Any, _Remembered(self, node)))

    patch.setattr(Stylesheet, "apply", apply)
    patch.setattr(RuleSet, "__hash__", object.__hash__)


def keep_the_loops_time(patch: pytest.MonkeyPatch) -> None:
    """Have Textual's timers, messages and messages count in the time of the loop they run in."""
    elsewhere = _time.get_time

    def get_time() -> float:
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return elsewhere()

    patch.setattr(_time, "get_time", get_time)
    patch.setattr(notifications, "time", get_time)


async def wait_until_quiet(*_: Any, threads: float | None = None, drawing: bool = True, **__: Any) -> bool:
    """Wait until no callback of this loop is ready, none is due within `SOON` seconds, no thread works, and
    all that has changed is drawn (unless `drawing` is False).

    In place of Textual's own, which sleeps 0.02 s at least, and takes a process that gets no processor for
    an idle one. Nothing here depends on how long a turn takes.
    """
    loop: Any = asyncio.get_running_loop()
    quiet = timers = 0
    patience = time.monotonic() + (THREADS if threads is None else threads)
    for _turn in range(_MOST_TURNS):
        await asyncio.sleep(0)
        if loop._ready:
            quiet = 0
            continue
        due = min((one.when() for one in loop._scheduled if not one.cancelled()), default=None)
        if due is not None and due < loop.time() + SOON:
            quiet, timers = 0, timers + 1
            if timers > _MOST_TIMERS:
                return True
            await asyncio.sleep(max(0.0, due - loop.time()))
            continue
        working = loop.at_work
        if working and time.monotonic() < patience:
            quiet = 0
            await asyncio.wait(working, timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
            continue
        if drawing and any(frame.draw(loop) for frame in list(_due)):
            quiet = 0
            continue
        quiet += 1
        if quiet == _TURNS:
            return True
    return True
