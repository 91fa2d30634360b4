"""How the tests share the machine's cores."""

from __future__ import annotations

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
