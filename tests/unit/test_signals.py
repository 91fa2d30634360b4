"""One place handles signals, and an ignored one stays ignored."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import xovac_tui
from xovac_tui.signals import ENDING, handled, ignored_stay_ignored

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals are POSIX")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Put every handler back that a test has changed."""
    names = (*ENDING, "SIGTSTP")
    before = {name: signal.getsignal(getattr(signal, name)) for name in names if hasattr(signal, name)}
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


def test_signals_are_handled_while_the_block_lasts() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    came: list[int] = []
    with handled(came.append):
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
    assert came == [signal.SIGHUP, signal.SIGTERM, signal.SIGINT]
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    came: list[int] = []
    with handled(came.append):
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert came == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_library_that_takes_hold_of_an_ignored_signal_gives_it_back() -> None:
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    with ignored_stay_ignored(("SIGTSTP", "SIGHUP")):
        signal.signal(signal.SIGTSTP, lambda *_: None)
    assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN


def test_outside_the_main_thread_nothing_is_handled() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    found: list[object] = []

    def look() -> None:
        with handled(lambda _number: None):
            found.append(signal.getsignal(signal.SIGHUP))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]


def test_no_other_module_installs_a_handler() -> None:
    package = Path(xovac_tui.__file__).parent
    installs = re.compile(r"\bsignal\.signal\(|\badd_signal_handler\(|\bsiginterrupt\(|\bset_wakeup_fd\(")
    found = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if installs.search(file.read_text(encoding="utf-8"))
    }
    # The keeper of ssh is a program of its own, run without the package.
    assert found == {"signals.py", str(Path("link/ssh/keeper.py"))}
