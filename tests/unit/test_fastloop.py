"""The loop of the pilot tests waits for threads, and for nothing else."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from tests.helpers.fastloop import ScreenLoop


def test_a_screens_loop_waits_for_threads_only() -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(3600)
        assert 3600 <= loop.time() - began < 3601
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await asyncio.Event().wait()
        # What the loop gave to a thread takes its real time, and is not overtaken by a timeout.
        before = loop.time()
        await asyncio.wait_for(asyncio.to_thread(time.sleep, 0.05), 30)
        assert 0.04 < loop.time() - before < 30
        # A thread of the program's own gets time to answer, too.
        answer = loop.create_future()

        def reply() -> None:
            time.sleep(0.05)
            loop.call_soon_threadsafe(answer.set_result, 7)

        threading.Thread(target=reply, daemon=True).start()
        assert await asyncio.wait_for(answer, 600) == 7

    began = time.monotonic()
    with asyncio.Runner(loop_factory=ScreenLoop) as runner:
        runner.run(work())
    assert time.monotonic() - began < 60
