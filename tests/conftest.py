"""How the tests share the machine's cores, and what of their surroundings they do not inherit."""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal
from collections.abc import Generator
from itertools import chain, zip_longest
from pathlib import Path

import pytest

from tests.helpers.examples import register_profiles

register_profiles()
with contextlib.suppress(ImportError):
    # The program loads socket.io without them; clients of tests that are not asynchronous need both.
    import requests  # noqa: F401
    import websocket  # noqa: F401

TESTS = Path(__file__).parent
_REAL = ("e2e", "peer", "servers")
"""Folders of tests with real processes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Have each worker load another part of the tests first, so that a file is made ready by one, not by all.

    When a new file is loaded, its assertions are rewritten, which takes twice as long as all else in a
    collection; workers that load it later find that done. What a file raises is reported at its collection.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        return
    named = [TESTS.parent / argument.partition("::")[0] for argument in session.config.args]
    files = sorted({file for path in named for file in [path, *path.rglob("test_*.py")] if file.is_file()})
    first = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    for file in [*files[first:], *files[:first]]:
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(file.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have workers begin files that mostly wait, and files that mostly compute, in turns.

    Otherwise all would wait at the beginning and all compute at the end. A worker gets whole files,
    so that what a module makes for its tests is made once, and what is short comes last.
    """
    if not hasattr(config, "workerinput"):
        return
    waiting, computing = dict[Path, list[pytest.Item]](), dict[Path, list[pytest.Item]]()
    for item in items:
        files = waiting if item.path.relative_to(TESTS).parts[0] in _REAL else computing
        files.setdefault(item.path, []).append(item)
    turns = chain.from_iterable(zip_longest(waiting.values(), computing.values(), fillvalue=[]))
    items[:] = chain.from_iterable(turns)


def pytest_configure() -> None:
    """Give the programs that tests start the usual signals, also under nohup or in the background."""
    for name in ("SIGHUP", "SIGQUIT", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Have the collector of garbage leave what is loaded alone, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a report be sent by a worker whatever text a test has met: half a character pair is no UTF-8."""
    report = yield
    report.sections = [(name, _sendable(text)) for name, text in report.sections]
    said = str(report.longrepr) if report.failed else ""
    if said != _sendable(said):
        report.longrepr = _sendable(said)
    return report


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
