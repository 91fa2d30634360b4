"""An end for a wait that has none of its own: time-outs of sockets begin anew with every byte that comes."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def deadline(seconds: float, descriptor: Callable[[], int | None]) -> Iterator[threading.Event]:
    """Shut a connection down unless what is done within ends in so many seconds.

    `descriptor` returns the number of its socket, None or -1 where there is none. Yields what is set once it
    was shut down.
    """
    late = threading.Event()
    timer = threading.Timer(seconds, _shut_down, (descriptor, late))
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _shut_down(descriptor: Callable[[], int | None], late: threading.Event) -> None:
    number = descriptor()
    if number is None or number < 0:
        return
    late.set()
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as line:
        line.shutdown(socket.SHUT_RDWR)
