"""The console rings in its terminal for alarms, and only as the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.console import Console, console
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.notify.settings import NotifySettings, Receiver

HOT = HighRule(name="part hot", channel="test_part", limit=80.0, severity="high")
WATCH = Watchlist(rules=(HOT,))


def listen(c: Console, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep what is written beside the picture."""
    written: list[str] = []
    monkeypatch.setattr(c.app, "write_beside", written.append)
    return written


async def test_it_rings_when_an_alarm_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    notify = NotifySettings(
        receivers=(
            Receiver(name="bell", kind="bell"),
            Receiver(name="desk", kind="osc9", severities=("high",)),
            Receiver(name="quiet", kind="osc777", severities=("low",)),
        )
    )
    async with console(tmp_path, notify=notify, watchlist=WATCH) as c:
        written = listen(c, monkeypatch)
        await c.readings(seconds=2)
        assert written == []
        await c.readings(part=85.0)
        assert written == ["\a\x1b]9;xovac-tui: bench-1 HIGH: Test part is +85.0 °C, above +80.0 °C.\a"]
        await c.readings(part=85.0, seconds=3)
        assert len(written) == 1


async def test_without_such_a_receiver_it_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = NotifySettings(receivers=(Receiver(name="hook", kind="webhook", url="http://127.0.0.1:9"),))
    async with console(tmp_path, notify=hook, watchlist=WATCH) as c:
        written = listen(c, monkeypatch)
        await c.readings(part=85.0)
        assert c.station.alarms.unresolved().alarms
        assert written == []
