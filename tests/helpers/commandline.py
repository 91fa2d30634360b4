"""The command line in this process, and a link that answers without a network."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from xovac_tui import cli
from xovac_tui.api.event import Direction, Event, EventKind
from xovac_tui.api.link import LinkCallbacks, LinkView, LinkWord
from xovac_tui.api.payload import decode_arguments
from xovac_tui.api.wire import as_sent
from xovac_tui.api.wireform import callback_answer
from xovac_tui.compose import stations
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment, build_station
from xovac_tui.errors import LinkError
from xovac_tui.link.target import Target
from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.station.live import LiveStation
from xovac_tui.station.proofs import StopProofs
from xovac_tui.ui.start import Start


class Said(msgspec.Struct):
    """What one run of the program said."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs `xovac-tui ...` in this process with a home of its own."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capture = capture

    def __call__(self, *arguments: str) -> Said:
        root = logging.getLogger()
        before, level = list(root.handlers), root.level
        self._capture.readouterr()
        try:
            code = cli.run(arguments)
        finally:
            for handler in [handler for handler in root.handlers if handler not in before]:
                root.removeHandler(handler)
                handler.close()
            root.setLevel(level)
        out, err = self._capture.readouterr()
        return Said(code, out, err)

    def settings(self, text: str) -> Path:
        """Write the settings file."""
        file = self.home / "config.toml"
        file.write_text(text, encoding="utf-8")
        return file


def clean_environment(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Take the person's own variables away and give the program an empty home."""
    import os

    for name in [name for name in os.environ if name.startswith("XOVAC_")]:
        monkeypatch.delenv(name)
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XOVAC_HOME", str(home))


class ScriptedLink:
    """A link that is online at once, answers from a table, and then reports what the test queued."""

    def __init__(self, target: Target, callbacks: LinkCallbacks, script: Script) -> None:
        self.callbacks = callbacks
        self.script = script
        script.target = target
        self.status = LinkView()

    async def run(self) -> None:
        for status in self.script.statuses:
            self.status = status
            self.callbacks.on_status(status)
            await asyncio.sleep(0)
        for name, argument in self.script.messages:
            self._receive(name, argument)
        await asyncio.Event().wait()

    async def emit(self, name: str, *arguments: Any, callback: bool = False) -> Event:
        if self.script.emit_fails:
            raise LinkError(self.script.emit_fails)
        self.script.sent.append((name, arguments[0] if len(arguments) == 1 else arguments))
        self.script.emitted.set()
        event = self._event(name, Direction.OUT, EventKind.COMMAND, *as_sent(arguments))
        self.callbacks.on_event(event)
        if name in self.script.answers:
            answer = callback_answer(name) if callback else f"{name}_ack"
            asyncio.get_running_loop().call_soon(self._receive, answer, self.script.answers[name])
        return event

    def reconnect_now(self) -> None:
        """Do nothing: it is online."""

    def _receive(self, name: str, argument: Any) -> None:
        self.callbacks.on_event(self._event(name, Direction.IN, self.callbacks.contract_kind(name), argument))

    def _event(self, name: str, direction: Direction, kind: EventKind, *arguments: Any) -> Event:
        clock = self.callbacks.clock
        utc, mono = (clock.utc(), clock.mono()) if self.script.fresh else (1_700_000_000.25, 1.0)
        return Event(name, decode_arguments(*arguments), direction, kind, utc, mono)


class Script:
    """What a scripted link does, and what was sent over it."""

    def __init__(self) -> None:
        self.statuses = [LinkView(LinkWord.ONLINE, session=1)]
        self.answers: dict[str, Any] = {}
        self.messages: list[tuple[str, Any]] = []
        self.emit_fails = ""
        self.fresh = False
        """What comes is of now, not of a moment that is always the same."""
        self.sent: list[tuple[str, Any]] = []
        self.emitted = asyncio.Event()
        self.target: Target | None = None
        self.chamber: ChamberSetup | None = None
        self.proofs: StopProofs | None = None

    def answer(self, command: str, result: str, message: str = "") -> None:
        """Answer a command with the documented response."""
        self.answers[command] = json.dumps({"result": result, "message": message})

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the link, and the proofs of STOP, of every station that a command builds."""
        monkeypatch.setattr(stations, "build_station", self.build)

    def build(self, setup: ChamberSetup, equipment: Equipment | None = None) -> LiveStation:
        """Return what a command would connect with, on this link."""
        self.chamber = setup
        return build_station(
            setup,
            msgspec.structs.replace(equipment or Equipment(), proofs=self.proofs),
            link=lambda target, callbacks: ScriptedLink(target, callbacks, self),
        )


@dataclass
class Launched:
    """What the console was opened with."""

    start: Start
    setup: ChamberSetup
    equipment: Equipment
    simulator: SimulatorOptions | None
