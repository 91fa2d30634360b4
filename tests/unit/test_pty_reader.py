"""The terminal of the tests loses nothing of what a program writes last."""

from __future__ import annotations

import select
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.pty import Pty


def test_what_is_written_between_two_looks_is_read_though_the_program_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, join = select.select, threading.Thread.join
    asked, left = threading.Event(), threading.Event()

    def slow_look(*where: Any) -> Any:
        """Find nothing, and come back with that when the program has written and ended."""
        found = look(*where)
        if not found[0] and not asked.is_set():
            asked.set()
            left.wait(10)
        return found

    def joined(thread: threading.Thread, timeout: float | None = None) -> None:
        left.set()
        join(thread, timeout)

    monkeypatch.setattr(select, "select", slow_look)
    with Pty(["sh", "-c", "read line; echo the last words"], home=tmp_path) as program:
        assert asked.wait(10)
        program.send("\n")
        monkeypatch.setattr(threading.Thread, "join", joined)
        assert program.wait() == 0
        assert b"the last words" in program.raw
