"""A defect of the screen is survived by the program, and fails the test that met it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.fastloop import ScreenLoop
from tests.helpers.quiet import (
    apply_styles_once,
    draw_when_quiet,
    keep_the_loops_time,
    parse_styles_once,
    run_in_the_screens_loop,
    wait_until_quiet,
)
from xovac_tui.ui.terminal.mending import Mender


def pytest_asyncio_loop_factories() -> dict[str, type[ScreenLoop]]:
    """Run these tests in a loop that waits for nothing but threads."""
    return {"screen": ScreenLoop}


@pytest.fixture(autouse=True)
def defects(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """Collect what the program mends; a test that expects defects clears the list."""
    met: list[BaseException] = []
    log = Mender.log

    def noted(self: Mender, error: BaseException) -> None:
        met.append(error)
        log(self, error)

    monkeypatch.setattr(Mender, "log", noted)
    yield met
    if met:
        raise met[0]


@pytest.fixture(autouse=True)
def quiet_by_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pilot go on as soon as the app has nothing to do."""
    run_in_the_screens_loop(monkeypatch)
    keep_the_loops_time(monkeypatch)
    draw_when_quiet(monkeypatch)
    parse_styles_once(monkeypatch)
    apply_styles_once(monkeypatch)
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", wait_until_quiet)
