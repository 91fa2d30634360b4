"""How the tests share the machine's cores, and what of their surroundings they do not inherit."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
_REAL = ("e2e", "peer")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests with real processes on one worker; before xdist looks for the mark."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in _REAL:
            item.add_marker(pytest.mark.xdist_group("real processes"))


def pytest_configure() -> None:
    """Give the programs that tests start the usual signals, also under nohup or in the background."""
    for name in ("SIGHUP", "SIGQUIT", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
