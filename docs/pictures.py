"""Makes the pictures of the README: the real app, on the real simulator, in accelerated time.

    python docs/pictures.py [FOLDER]

Needs no terminal. The simulator runs as a process of its own, 30 times as fast as a chamber would, and the
console's clocks run with it, so that four minutes show a run of two hours.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs
from textual.pilot import Pilot

from xovac_tui.alarms.kinds.level import HighRule, LowRule
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.api.contract import Contract, LeafSpec, Role
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.chamber.snapshot import RunState
from xovac_tui.compose.chambers import ChamberSetup
from xovac_tui.compose.stations import Equipment, build_station
from xovac_tui.config import Display, Profile
from xovac_tui.config.state import State
from xovac_tui.config.themes import shipped_themes
from xovac_tui.recipes.compiler import compile_recipe
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.simulator.child import SimulatorChild
from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.station.live import LiveStation
from xovac_tui.ui.app import XovacApp
from xovac_tui.ui.start import Start

SPEED = 30.0
"""More, and a quarter of a second between two looks would count as a gap."""
MINUTES = 105
"""Minutes of the run until the picture is taken."""
TURNS = 5
"""Pictures of the run in the one that moves."""
TURN_SECONDS = 2.5
"""How long each of its pictures stays."""
RECIPE = """
name = "Bakeout and 4 cycles"
description = "Board X, lot 3"
limits = { min = -30, max = 65 }
[[steps]]
to = 60
rate = 1.5
[[steps]]
hold = "25min"
[[steps]]
repeat = 4
[[steps.steps]]
to = -20
rate = 2
[[steps.steps]]
hold = "30min"
[[steps.steps]]
to = 50
rate = 2
[[steps.steps]]
hold = "30min"
"""


RULES = (
    HighRule(
        name="part hot",
        channel="test_part",
        limit=58.0,
        deadband=1.0,
        on_delay=60.0,
        severity="medium",
        cause="The bake-out holds at 60 degC: this one is to be expected.",
        consequence="The adhesive of board X ages faster above 58 degC.",
        action="Note how long it lasts; cancel the recipe above 65 degC.",
    ),
    LowRule(
        name="plate cold",
        channel="plate_a",
        limit=-10.0,
        deadband=2.0,
        severity="high",
        cause="The plate leads the part on the way down.",
        consequence="Below -30 degC the board's connector may crack.",
        action="Compare with the part; the shroud must stay above -40 degC.",
    ),
)


class FastClock:
    """This machine's clocks, `speed` times as fast from now on."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._utc = time.time()
        self._start = time.monotonic()

    def utc(self) -> float:
        """Return seconds since 1970."""
        return self._utc + self.mono()

    def mono(self) -> float:
        """Return seconds since the start."""
        return (time.monotonic() - self._start) * self._speed


async def take(folder: Path) -> None:
    """Run the console through a recipe and save its screens."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["XOVAC_HOME"] = home
        options = SimulatorOptions(speed=SPEED, warm=True, period=0.1)
        async with SimulatorChild(options) as child:
            profile = Profile(url=child.url, contracts=(SIMULATOR_CONTRACT,))
            contract = without_its_clocks(load_contract((), simulator=True))
            clock = FastClock(SPEED)
            watched = watchlist(AlarmSettings(), profile.recipe, contract, RULES, simulator=True)
            record = RecordChoice(path=Path(home) / "record.sqlite3", settings=RecordSettings())
            setup = ChamberSetup("bench-1", profile, contract)
            equipment = Equipment(proofs=None, record=record, watchlist=watched)
            station = build_station(setup, equipment, clock=clock, who="ada@lab")
            start = Start(
                display=Display(time="utc"),
                keys={},
                theme="xovac-dark",
                window="6h",
                themes=shipped_themes(),
                # A name that is the same on every machine, and holds nothing.
                recipes=Path("recipes"),
                state=State(),
                state_path=Path(home) / "state.toml",
                log_path=None,
            )
            app = XovacApp(start, station)
            async with app.run_test(size=(120, 36), notifications=True) as pilot:
                await until(lambda: station.snapshot().link.word is LinkWord.ONLINE)
                await asyncio.sleep(20)
                turns = [await shot(app, pilot)]
                for key in ("3", "L"):
                    await pilot.press(key)
                    await asyncio.sleep(2)
                    turns.append(await shot(app, pilot))
                await pilot.press("escape", "1")
                await run_recipe(station)
                await until(lambda: station.snapshot().run.state is RunState.RUNNING)
                await pilot.press("plus")
                for _ in range(TURNS):
                    await asyncio.sleep(MINUTES * 60 / SPEED / TURNS)
                    turns.append(await shot(app, pilot))
                station.note("Heater strap checked")
                await asyncio.sleep(3)
                await save(app, pilot, folder / "status.svg")
                # The first key after so long reports what happened meanwhile.
                await pilot.press("right")
                await asyncio.sleep(2)
                await pilot.press("enter", "escape")
                await pilot.press("i")
                await asyncio.sleep(3)
                await save(app, pilot, folder / "insight.svg")
                await pilot.press("escape")
                tabs = (("2", "controls"), ("3", "recipes"), ("4", "log"), ("5", "alarms"), ("6", "runs"))
                for key, name in tabs:
                    await pilot.press(key)
                    await asyncio.sleep(3)
                    await save(app, pilot, folder / f"{name}.svg")
                    if name == "recipes":
                        await pilot.press("e")
                        await asyncio.sleep(3)
                        await save(app, pilot, folder / "editor.svg")
                        await pilot.press("escape")
                        await asyncio.sleep(1)
                    if name in ("controls", "alarms", "runs"):
                        turns.append(await shot(app, pilot))
                await pilot.press("1", "exclamation_mark")
                await asyncio.sleep(0.2)
                turns.append(await shot(app, pilot))
                await pilot.press("escape")
                await write(folder / "motion.svg", moving(turns))


async def run_recipe(station: LiveStation) -> None:
    """Load the recipe and start it, as a person would."""
    settings = station.plan_settings()
    recipe = parse_recipe(RECIPE, "docs/pictures.py")
    actual = station.snapshot().run.actual
    compiled = compile_recipe(recipe, settings, 20.0 if actual is None else actual)
    await station.load_recipe(compiled, RECIPE)
    await station.send("start_recipe")


def without_its_clocks(contract: Contract) -> Contract:
    """Return a contract in which the simulator's clock and speed mean nothing: this console's go as fast."""
    clocks = (Role.SPEED, Role.SERVER_TIME)

    def plain(leaf: LeafSpec) -> LeafSpec:
        return structs.replace(leaf, role=None, hide=True) if leaf.role in clocks else leaf

    messages = {
        name: structs.replace(message, leaves=tuple(plain(leaf) for leaf in message.leaves))
        for name, message in contract.messages.items()
    }
    return structs.replace(contract, messages=messages)


async def until(condition: object, within: float = 30.0) -> None:
    """Wait until the condition holds."""
    assert callable(condition)
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - the station tells by being looked at
            await asyncio.sleep(0.05)


async def shot(app: XovacApp, pilot: Pilot[int]) -> str:
    """Return the screen as an SVG."""
    app.flush()
    await pilot.pause()
    return app.export_screenshot(title="xovac-tui")


async def save(app: XovacApp, pilot: Pilot[int], path: Path) -> None:
    """Save the screen."""
    await write(path, await shot(app, pilot))


async def write(path: Path, picture: str) -> None:
    """Write a picture, and say so."""
    await asyncio.to_thread(path.write_text, picture, encoding="utf-8")
    print(f"saved {path}")


def moving(pictures: Sequence[str], seconds: float = TURN_SECONDS) -> str:
    """Return one SVG that shows SVGs of one size in turn, over and over, `seconds` each.

    Where the reader wants no motion it shows the last one, and nothing moves.
    """
    box = re.search(r'viewBox="([^"]+)"', pictures[0])
    assert box is not None
    share = 100 / len(pictures)
    frames = "".join(
        picture.replace(
            "<svg ", f'<svg id="frame-{number}" style="animation-delay: {number * seconds:g}s" ', 1
        ).replace('class="rich-terminal"', 'class="frame"', 1)
        for number, picture in enumerate(pictures)
    )
    return (
        f'<svg viewBox="{box[1]}" xmlns="http://www.w3.org/2000/svg">\n<style>\n'
        f"@keyframes turn {{ 0% {{ visibility: visible }} {share:.4f}% {{ visibility: hidden }} }}\n"
        f".frame {{ visibility: hidden; animation: turn {len(pictures) * seconds:g}s step-end infinite }}\n"
        "@media (prefers-reduced-motion: reduce) { .frame { animation: none } "
        f"#frame-{len(pictures) - 1} {{ visibility: visible }} }}\n"
        f"</style>\n{frames}</svg>\n"
    )


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "img"))
