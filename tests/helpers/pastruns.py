"""Runs in a record: made with the simulator's physics, and written as a station writes them."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tests.helpers import simulatedrun
from tests.helpers.console import UTC
from xovac_tui.api.event import Direction, Event, EventKind, Payload
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.snapshot import LedgerEntry, Mark, Outcome
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recording.disk.kinds import (
    RecordedCommand,
    RecordedLink,
    RecordedLoad,
    RecordedMark,
    RunItem,
    Session,
)
from xovac_tui.recording.disk.writer import Writer
from xovac_tui.runs.followed import Run
from xovac_tui.runs.state import RunSnapshot

BEGAN = UTC - 20_000.0
"""UTC seconds at which the record begins; its monotonic time begins with 0."""
SESSION = Session(pid=1, host="lab", who="rob@lab", program="test", profile="bench-1", url="http://x")
SOURCE = """name = "Soak"
description = "Board X, lot 3"
tolerance = 2
[[steps]]
to = 50
over = "20min"
[[steps]]
hold = "40min"
[[steps]]
to = 25
over = "20min"
[[steps]]
hold = "30min"
"""
SETTINGS = PlanSettings()


class RecordedBench(simulatedrun.Bench):
    """A simulated chamber whose messages go into a record."""

    writer: Writer

    def report(self, name: str, payload: Payload) -> None:
        super().report(name, payload)
        self.writer.event(Event(name, payload, Direction.IN, EventKind.MESSAGE, BEGAN + self.now, self.now))


def begin(path: Path) -> Writer:
    """Begin a record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = Writer(path, SESSION, recording=True, utc=BEGAN, mono=0.0)
    writer.item(RecordedLink(link=LinkView(LinkWord.ONLINE), t=BEGAN, mono=0.0))
    return writer


def record_run(
    writer: Writer,
    number: int,
    start: float,
    *,
    source: str = SOURCE,
    seconds: float = 240.0,
    lost: tuple[float, float] | None = None,
    cancel: float | None = None,
) -> RunSnapshot:
    """Run a recipe at 30 times the speed from `start` on (record seconds), and return how it went.

    It goes on after `seconds` where it has not ended; in `lost` the link is gone; at `cancel` it is stopped
    by ann@lab.
    """
    recipe = parse_recipe(source, "test")
    RecordedBench.writer = writer
    bench = RecordedBench(recipe, SETTINGS, now=start)
    followed = Run(bench.plan, speed=bench.speed)
    began = bench.now
    compiled = compile_recipe(recipe, SETTINGS, bench.plan.start_temperature)
    text = json.dumps(compiled.payload)
    writer.item(
        RecordedLoad(
            t=BEGAN + began - 5,
            mono=began - 5,
            who="ada@lab",
            name=recipe.name,
            outcome="success",
            hash=hashlib.sha256(text.encode()).hexdigest(),
            source=source,
            payload=text,
            plan=msgspec.json.encode(bench.plan).decode(),
            settings=msgspec.json.encode(SETTINGS).decode(),
        )
    )
    _command(writer, 2 * number, "start_recipe", "ada@lab", began)
    writer.item(
        RecordedMark(mark=Mark(began, BEGAN + began, "run", "chamber reports running"), who="rob@lab")
    )
    down = False
    for seen in bench.observations(seconds):
        t = bench.now - began
        gone = lost is not None and lost[0] <= t < lost[1]
        if gone is not down:
            down = gone
            word = LinkWord.LOST if gone else LinkWord.ONLINE
            writer.item(RecordedLink(link=LinkView(word), t=BEGAN + bench.now, mono=bench.now))
        if cancel is not None and t >= cancel:
            cancel = None
            _command(writer, 2 * number + 1, "cancel_recipe", "ann@lab", bench.now)
            bench.cancel()
            followed.cancel("ann@lab")
        utc = seen.utc - simulatedrun.UTC + BEGAN
        followed.observe(msgspec.structs.replace(seen, utc=utc, linked=not gone, fresh=not gone))
        if followed.over:
            break
    writer.item(
        RecordedMark(mark=Mark(began + 60, BEGAN + began + 60, "note", "Strap checked"), who="ada@lab")
    )
    state = followed.state()
    writer.item(
        RunItem(
            id=number,
            name=recipe.name,
            load=number,
            started_utc=BEGAN + began,
            started_mono=began,
            utc=BEGAN + bench.now,
            mono=bench.now,
            result=state.result.value,
            reason=state.reason,
            flight=msgspec.json.encode(state),
        )
    )
    writer.commit(BEGAN + bench.now)
    return state


def three_runs(path: Path) -> Path:
    """Write a record with a completed run that lost its link for 20 s, a cancelled one, one that goes on."""
    writer = begin(path)
    record_run(writer, 1, 100.0, lost=(100.0, 120.0))
    record_run(writer, 2, 1_000.0, cancel=90.0)
    record_run(writer, 3, 19_800.0, seconds=120.0)
    writer.close(BEGAN + 20_000)
    return path


@cache
def three_runs_bytes() -> bytes:
    """Return the file of the same, written once in a process."""
    with TemporaryDirectory() as folder:
        return three_runs(Path(folder) / "r.sqlite3").read_bytes()


def _command(writer: Writer, number: int, command: str, who: str, mono: float) -> None:
    entry = LedgerEntry(
        number, command, "", who, BEGAN + mono, mono, Outcome.SUCCESS, took=0.2, confirmed=1.0
    )
    writer.item(RecordedCommand(entry=entry, t=BEGAN + mono, mono=mono))
