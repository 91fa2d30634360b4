"""Run the simulator as a child process that ends with its parent, however the parent ends."""

from __future__ import annotations

import asyncio
import re
import sys
from types import TracebackType
from typing import Self

from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.simulator.options import SimulatorOptions

_READY = re.compile(r"http://[^\s]+?:\d+")
_START_SECONDS = 30.0
_STOP_SECONDS = 2.0


def not_started(said: str) -> LinkReason:
    """Return the reason for a simulator that did not start; `said` is its last line, if there is one."""
    why = said or "Run `xovac-tui simulate` to see why."
    return LinkReason(LinkCode.NO_SIMULATOR, f"The simulator did not start. {why}")


class SimulatorChild:
    """`async with SimulatorChild(...) as child:` runs a simulator on a free port of this machine."""

    def __init__(self, options: SimulatorOptions) -> None:
        self.url = ""
        self._arguments = ["--port", "0", "--stdin-watch", "--speed", f"{options.speed:g}"]
        self._arguments += ["--seed", f"{options.seed}", "--period", f"{options.period:g}"]
        if options.warm:
            self._arguments.append("--warm")
        if options.parameters is not None:
            self._arguments += ["--parameters", options.parameters]
        if options.reading is not None:
            self._arguments += ["--reading", options.reading]
        if options.form is not None:
            self._arguments += ["--form", options.form]
        for plan in options.faults:
            length = "" if plan.duration is None else f":{plan.duration:g}"
            self._arguments += ["--fault", f"{plan.fault.value}@{plan.at:g}{length}"]
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        # The child ends with its standard input, so a killed console leaves no process behind.
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            # Without the modules in the folder that the console was started in.
            "-P",
            "-m",
            "xovac_tui.simulator",
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Keys such as ctrl+c in a program that has borrowed the terminal must not reach the child.
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_SECONDS):
                line = (await process.stdout.readline()).decode(errors="replace")
        except TimeoutError:
            line = ""
        ready = _READY.search(line)
        if ready is None:
            raise not_started(await self._end()).error()
        self.url = ready[0]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> str:
        """End the child; return the last line of its standard error."""
        process, self._process = self._process, None
        if process is None:
            return ""
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        said = (await process.stderr.read()).decode(errors="replace") if process.stderr is not None else ""
        return said.strip().splitlines()[-1] if said.strip() else ""
