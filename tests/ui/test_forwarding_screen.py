"""What the console says of the stores to which its record is forwarded."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.helpers.console import console
from tests.helpers.forwarded import MADE, WRONG, MemorySettings, MemorySink
from xovac_tui.forwarding.batch import Batch
from xovac_tui.forwarding.service import ForwardPlan
from xovac_tui.forwarding.settings import ForwardSettings
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.ui.frame.trust_bar import TrustBar

PATIENCE = 20.0
"""Seconds that the threads of the stores may take, on a machine with much else to do."""


def refusing() -> MemorySink:
    sink = MemorySink()

    def fails(_batch: Batch) -> None:
        raise WRONG

    sink.fails = fails
    return sink


async def test_the_console_forwards_what_it_records_and_says_what_fails(tmp_path: Path) -> None:
    MADE.clear()
    MADE.update(lab=MemorySink(), bus=refusing())
    sinks = tuple(MemorySettings(name=name, url="http://lab") for name in MADE)
    plan = ForwardPlan(ForwardSettings(), sinks, "bench-1")
    record = RecordChoice(path=tmp_path / "r.sqlite3", settings=RecordSettings())
    async with console(tmp_path, size=(120, 36), record=record, forward=plan) as c:
        bar = c.app.query_one(TrustBar)
        end = time.monotonic() + PATIENCE
        while not ("FWD bus: 401" in bar.plain and MADE["lab"].stored) and time.monotonic() < end:
            # Its clock goes on with the readings; the stores have threads of their own.
            await c.readings(seconds=1, part=25.0)
            await asyncio.sleep(0.01)
        assert "FWD bus: 401" in bar.plain
        assert any("Not forwarded" in message for message in c.messages)
    assert MADE["lab"].closed == 1
    assert not MADE["bus"].stored
