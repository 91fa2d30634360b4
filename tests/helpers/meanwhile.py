"""Two saves at one instant: the second begins between the first one's comparison and its replacement."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

needs_locks = pytest.mark.skipif(sys.platform == "win32", reason="no folder can be locked there")
_HEAD_START = 0.05
"""Seconds for which the first save waits for the second, which needs less where nothing keeps it out."""


def saved_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    first: Callable[[], object],
    second: Callable[[], object],
) -> list[BaseException]:
    """Run `first`, and `second` in another thread when `first` calls the function `where.name`.

    Returns what `second` raised.
    """
    usual, raised = getattr(where, name), list[BaseException]()

    def other() -> None:
        try:
            second()
        except BaseException as error:  # whatever it is, the test sees it
            raised.append(error)

    thread = threading.Thread(target=other)

    def replaced(*arguments: Any, **options: Any) -> Any:
        if thread.ident is None:
            thread.start()
            thread.join(_HEAD_START)
        return usual(*arguments, **options)

    monkeypatch.setattr(where, name, replaced)
    first()
    thread.join()
    return raised
