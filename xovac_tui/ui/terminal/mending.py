"""Rebuild the screen after a defect; everything else goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Protocol

from textual._context import active_message_pump
from textual.app import App
from textual.dom import DOMNode
from textual.messages import Prune
from textual.screen import Screen
from textual.worker import WorkerFailed

from xovac_tui.errors import XovacError

WITHIN = 10.0
"""Seconds within which failures are counted together."""
MOST = 3
"""Failures within that time after which the notice replaces the screens."""
_GO_SECONDS = 2.0
"""Seconds that a failed screen gets to end in order."""
_MOST_LOGGED = 20
"""Tracebacks logged for the same place; the rest are counted."""

log = logging.getLogger(__name__)


class Remedy(Enum):
    """What is rebuilt after a failure, from the most to the least."""

    SAME = "the screens, with the tab that was shown"
    FIRST = "the screens, with the first tab"
    NOTICE = "the notice for small terminals"
    WORDS = "a few words"
    WAIT = "nothing for now"


BuildAgain = Callable[[Remedy], Awaitable[None]]
"""Rebuilds the screen as a remedy after a defect."""


class ReportDefect(Protocol):
    """Callback that reports a failure, and what is not affected by it."""

    def __call__(self, error: BaseException, *, rebuilt: bool) -> None:
        """Report a failure; `rebuilt`: the screen was rebuilt because of it."""


class Failures:
    """Decides what to rebuild after a failure. Pure: times are monotonic seconds."""

    def __init__(self) -> None:
        self._at: list[float] = []
        self.level = Remedy.SAME
        """What the screen shows now; SAME also means FIRST."""

    def take(self, now: float) -> Remedy:
        """Note a failure; return what to rebuild."""
        self._at = [at for at in self._at if now - at < WITHIN]
        self._at.append(now)
        count = len(self._at)
        if self.level is Remedy.SAME:
            if count < MOST:
                return Remedy.SAME if count == 1 else Remedy.FIRST
            return self._down_to(Remedy.NOTICE)
        if self.level is Remedy.NOTICE:
            return Remedy.NOTICE if count == 1 else self._down_to(Remedy.WORDS)
        return Remedy.WORDS if count == 1 else Remedy.WAIT

    def _down_to(self, level: Remedy) -> Remedy:
        self.level = level
        self._at.clear()
        return level

    def forget(self) -> None:
        """Drop all failures and start again with the whole screen."""
        self._at.clear()
        self.level = Remedy.SAME


class Mender:
    """Handles failures of the screen: logs and reports them, and rebuilds the screen."""

    def __init__(
        self, app: App[Any], now: Callable[[], float], build_again: BuildAgain, report_failure: ReportDefect
    ) -> None:
        self._app, self._now = app, now
        self._build_again, self._report_failure = build_again, report_failure
        self.failures = Failures()
        self._pending: asyncio.Task[None] | None = None
        self._building = False
        self._failed_again: BaseException | None = None
        self._logged: dict[str, int] = {}

    def take(self, error: BaseException) -> None:
        """Handle a failure of a widget, a handler, a timer or a worker."""
        inner = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(error, WorkerFailed) and isinstance(inner, XovacError):
            # No defect: a sentence for the user that the work did not show.
            self._app.notify(str(inner), severity="warning", timeout=12, markup=False)
            return
        self.log(inner)
        if isinstance(error, WorkerFailed):
            # A worker does not affect the screen.
            self._report_failure(inner, rebuilt=False)
            return
        if self._is_gone():
            return
        if self._building:
            self._failed_again = inner
        if self._pending is None:
            self._plan(inner)

    def again(self) -> None:
        """Rebuild the whole screen on request."""
        self.failures.forget()
        if self._pending is None:
            self._pending = asyncio.get_running_loop().create_task(self._build(Remedy.SAME, None))

    def _plan(self, error: BaseException) -> None:
        remedy = self.failures.take(self._now())
        if remedy is not Remedy.WAIT:
            self._pending = asyncio.get_running_loop().create_task(self._build(remedy, error), name="mend")

    def _is_gone(self) -> bool:
        """Return whether the failing widget belongs to a screen that is gone: ignore it."""
        node: object = active_message_pump.get(None)
        while isinstance(node, DOMNode) and not isinstance(node, Screen):
            node = node._parent
        return isinstance(node, Screen) and node not in self._app.screen_stack

    def log(self, error: BaseException) -> None:
        """Log a failure with its traceback; the first ones only if it repeats."""
        place = f"{type(error).__name__} {_where(error)}"
        count = self._logged[place] = self._logged.get(place, 0) + 1
        if count <= _MOST_LOGGED:
            log.error("a part of the screen failed: %s", place, exc_info=error)
        elif count % 1000 == 0:
            log.error("a part of the screen failed %d times by now: %s", count, place)

    async def _build(self, remedy: Remedy, error: BaseException | None) -> None:
        app = self._app
        with app._context():
            self._failed_again = None
            self._building = True
            try:
                await self._build_again(remedy)
                if error is not None and remedy in (Remedy.SAME, Remedy.FIRST):
                    self._report_failure(error, rebuilt=True)
            except Exception as failed:
                self.log(failed)
                self._failed_again = failed
            finally:
                self._building = False
                self._pending = None
            if self._failed_again is not None and not app._exit:
                self._plan(self._failed_again)


async def take_away(old: list[Screen[Any]]) -> None:
    """End screens that are no longer shown; answer those that wait for one with None."""
    for screen in old:
        for callback in screen._result_callbacks:
            if callback.future is not None and not callback.future.done():
                callback.future.set_result(None)
    for screen in reversed(old):
        await _end(screen)


async def _end(screen: Screen[Any]) -> None:
    """End a screen; cancel it if it takes too long.

    Not by `Screen.remove`: the app's own loop waits for everything that is removed so. A part that does not
    end would hold up every key, STOP included, and cancelling it would end the app.
    """
    for node in screen.walk_children(with_self=True):
        node._pruning = True
    screen.post_message(Prune())
    if (task := screen._task) is None:
        return
    _, left = await asyncio.wait([task], timeout=_GO_SECONDS)
    if left:
        log.warning("a screen that failed did not end in order within %g s", _GO_SECONDS)
        task.cancel()


def is_stray(cancelled: asyncio.CancelledError) -> bool:
    """Return whether only what a task waited for was cancelled, and not the task itself.

    Textual ends a loop in which this is raised without a word, and the console with the app's.
    """
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


class CancelledWaitError(Exception):
    """What a handler waited for was cancelled, so the rest of the handler was not run."""


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "nowhere"
