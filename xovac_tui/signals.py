"""Signals: handled while a block lasts, and never those that the parent process made this one ignore."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence

ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Names of the signals that ask a program to end; each platform has some of them."""


@contextlib.contextmanager
def handled(handler: Callable[[int], object], names: Sequence[str] = ENDING) -> Iterator[None]:
    """Call `handler` with the number of each signal of these names while the block lasts.

    A signal that is ignored stays ignored: `nohup` and a shell's `&` ask for that. Outside the main thread,
    where Python takes no handlers, nothing is handled. The handler runs in the main thread between two
    instructions; to act on an event loop it uses `call_soon_threadsafe`, which also wakes the loop.
    """
    with contextlib.ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in _present(names):
                before = signal.getsignal(number)
                # None: a handler that Python did not install, and so could not put back.
                if before is not None and before is not signal.SIG_IGN:
                    signal.signal(number, lambda number, _frame: handler(number))
                    stack.callback(signal.signal, number, before)
        yield


@contextlib.contextmanager
def ignored_stay_ignored(names: Sequence[str]) -> Iterator[None]:
    """Ignore again, after the block, those signals of these names that were ignored before it.

    For libraries that install handlers of their own without checking.
    """
    ignored = [number for number in _present(names) if signal.getsignal(number) is signal.SIG_IGN]
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number in ignored:
                signal.signal(number, signal.SIG_IGN)


def on_resize(handler: Callable[[], object]) -> None:
    """Call `handler` whenever the terminal has another size, until something else takes SIGWINCH (POSIX).

    Nothing is inherited here: a terminal's size is news for every program that has one.
    """
    signal.signal(signal.SIGWINCH, lambda _number, _frame: handler())


def _present(names: Sequence[str]) -> list[signal.Signals]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]
