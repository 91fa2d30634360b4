"""The Recipes tab: what it says of a file, and that exactly that is sent, once, when it may be."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from tests.helpers import quiet
from tests.helpers.console import UTC, Console, console, forget_said, recorder_of
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.config import Display, Profile
from xovac_tui.recipes.compiler import compile_recipe, to_device_json
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.study import read_library, study_recipe
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.recording.status import RecorderState, RecorderView
from xovac_tui.ui.dialogs.facts import FactsView
from xovac_tui.ui.screens.recipes import pane as module
from xovac_tui.ui.screens.recipes.pane import RecipesPane
from xovac_tui.ui.screens.recipes.profile import ProfileChart
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.rows import Rows

SOAK = """name = "Hot soak"
description = "Board X, lot 3"
limits = { min = -30, max = 65 }
[[steps]]
to = 60
rate = 1
[[steps]]
hold = "2h"
[[steps]]
to = 25
rate = 1
[[steps]]
hold = "30min"
"""
BAD = 'name = "Broken"\n[[steps]]\nto = 40,5\n'
TOO_HOT = SOAK.replace("Hot soak", "Too hot").replace("to = 60", "to = 99")


def write(folder: Path, **files: str) -> None:
    (folder / "recipes").mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / "recipes" / f"{name}.toml").write_text(content)


@asynccontextmanager
async def recipes_tab(folder: Path, **options: Any) -> AsyncIterator[tuple[Console, RecipesPane]]:
    async with console(folder, tab="recipes", **options) as c:
        pane = c.frame.pane
        assert isinstance(pane, RecipesPane)
        await c.until(lambda: pane.view.study is not None)
        await c.settle()
        await c.until(lambda: "item" in rows(pane, "steps") or pane.view.has_class("-check"))
        await c.settle()
        yield c, pane


def facts(pane: RecipesPane) -> str:
    return pane.query_one("#recipe-facts", LinesWidget).plain


def rows(pane: RecipesPane, name: str) -> str:
    return pane.query_one(f"#recipe-{name}", Rows).plain


def _other(pane: RecipesPane, study: object) -> bool:
    return pane.view.study is not study


async def choose(c: Console, pane: RecipesPane, name: str) -> None:
    for _ in range(12):
        study = pane.view.study
        if study is not None and study.file.name == name:
            await c.settle()
            return
        before = pane.view.files.chosen
        await c.press("down")
        assert pane.view.files.chosen != before, f"{name} is not listed"
        await c.until(partial(_other, pane, study))
    raise AssertionError(name)


def dialogs(c: Console) -> int:
    return len(c.app.screen_stack) - 1


async def ask_to_load(c: Console) -> None:
    await c.press("L")
    await c.until(lambda: dialogs(c) == 1)
    await c.settle()
    c.clock.advance(1)


async def say_yes(c: Console, sent: int = 1) -> None:
    await c.press("y")
    await c.until(lambda: len(c.link.emitted) == sent)
    await c.settle()


async def load_is_refused(c: Console, why: str) -> None:
    """Press the key that loads: a message says why not, nothing is asked, and nothing sent."""
    forget_said(c.app)
    await c.press("L")
    await c.until(lambda: any(why in message for message in c.messages))
    assert dialogs(c) == 0
    assert c.link.emitted == []


async def test_an_empty_folder_shows_examples_and_says_where_files_go(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as (_c, pane):
        shown = rows(pane, "list")
        assert "No recipe files" in shown
        assert str(tmp_path / "recipes")[-10:] in shown.replace("\n", "").replace(" ", "")
        assert "Bakeout 60 °C" in shown
        assert "example" in facts(pane).splitlines()[0]


async def test_the_chosen_recipe_is_explained(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, pane):
        for size in ((80, 24), (120, 36)):
            await c.pilot.resize_terminal(*size)
            await c.settle()
            said = facts(pane)
            assert said.startswith("Hot soak"), size
            assert "Board X, lot 3" in said, size
            # 39.5 min up from the measured 20.5 °C, 2 h, 35 min, 30 min.
            assert "Takes 3h 44m" in said, size
            ends = UTC + 1 + (39.5 + 120 + 35 + 30) * 60
            assert f"ends {pane.workspace.times.day_and_time(ends)}Z if started now" in said, size
            assert "From +20.5 °C measured: Test part" in said, size
            assert "Assumed: sent in °C and s, items ramp" in said, size
            assert "L loads 4 items" in said, size
            steps = rows(pane, "steps").splitlines()
            assert steps[0].split() == ["item", "step", "what", "from", "to", "takes", "starts"] + (
                ["round"] if size[0] > 100 else []
            )
            assert steps[1].split()[:5] == ["1", "1", "ramp", "+20.5", "+60.0"], size
            assert steps[2].split()[:5] == ["2", "2", "hold", "+60.0", "2h"], size
            chart = pane.query_one(ProfileChart).plain
            assert "2 h" in chart, size
            assert "°C" in chart, size
            assert re.search("[\u2801-\u28ff]", chart), size
        for size in ((40, 10), (80, 24), (200, 60), (80, 24)):
            await c.pilot.resize_terminal(*size)
            await c.settle()
        assert "1    ramp" in rows(pane, "steps")
        assert facts(pane).startswith("Hot soak")


async def test_rounds_and_items_are_numbered_as_they_are_sent(tmp_path: Path) -> None:
    cycles = (
        'name = "Cycles"\n[[steps]]\nto = 20.5\n[[steps]]\nrepeat = 3\n[[steps.steps]]\nto = 40\n'
        '[[steps.steps]]\nhold = "1h"\n[[steps.steps]]\nto = 20\n'
    )
    write(tmp_path, c=cycles)
    async with recipes_tab(tmp_path, size=(120, 50)) as (c, pane):
        await c.until(lambda: rows(pane, "steps").count(" of 3") == 9)
        lines = [line.split() for line in rows(pane, "steps").splitlines() if line.strip()]
        assert lines[1][0] == "—"
        assert [line[0] for line in lines[2:]] == [str(n) for n in range(1, 10)]
        assert [line[1] for line in lines[1:5]] == ["1", "2.1", "2.2", "2.3"]
        assert lines[3][-3:] == ["1", "of", "3"]
        assert lines[-1][-3:] == ["3", "of", "3"]
        assert "~" in " ".join(lines[2])


async def test_what_cannot_be_loaded_says_why_and_is_not_loaded(tmp_path: Path) -> None:
    """A bad file stands in the list with its sentence; errors of the check come first."""
    write(tmp_path, a=BAD, b=TOO_HOT)
    async with recipes_tab(tmp_path) as (c, pane):
        assert re.search(r"a +✖ bad", rows(pane, "list"))
        assert "cannot be read" in facts(pane)
        assert "line 3" in facts(pane).replace("\n", " ")
        await load_is_refused(c, "cannot be loaded")
        await choose(c, pane, "Too hot")
        assert "✖ 1 error" in facts(pane)
        assert "cannot be loaded" in facts(pane)
        assert rows(pane, "check").startswith("✖ error   step 1:")
        assert pane.query_one("#recipe-check").display
        await c.press("v")
        assert not pane.query_one("#recipe-check").display
        assert "ramp" in rows(pane, "steps")
        await load_is_refused(c, "cannot be loaded")


async def test_load_sends_exactly_the_compiled_payload_once(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path, size=(120, 36)) as (c, pane):
        compiled = compile_recipe(
            load_recipe(tmp_path / "recipes" / "soak.toml"), c.station.plan_settings(), 20.5
        )
        await ask_to_load(c)
        assert 'Load "Hot soak": 4 items, 3h 44m 30s?' in str(c.app.screen.query_one(".dialog").border_title)
        assert c.link.emitted == []
        await say_yes(c)
        c.link.answer("load_recipe")
        await c.settle()
        assert c.link.emitted == [("load_recipe", to_device_json(compiled))]
        assert c.ledger[-1].outcome is Outcome.SUCCESS
        assert c.station.runs.loaded is not None
        assert c.station.runs.loaded.plan == compiled.plan
        assert pane.view.study is not None


async def test_the_text_of_the_file_as_it_was_checked_goes_into_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, _pane):
        kept: list[tuple[Any, ...]] = []
        monkeypatch.setattr(c.station.record, "load", lambda *arguments: kept.append(arguments))
        await ask_to_load(c)
        # What becomes of the file from here on does not touch the run.
        write(tmp_path, soak=SOAK.replace("60", "61"))
        await say_yes(c)
        c.link.answer("load_recipe")
        await c.until(lambda: kept)
        name, _entry, plan, _settings, source = kept[0]
        assert name == "Hot soak"
        assert plan.maximum == 60
        assert source == SOAK


async def test_what_recording_takes_is_a_fact_of_the_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, _pane):
        await ask_to_load(c)
        assert not any(fact.label == "Recording" for fact in c.app.screen.query_one(FactsView).facts)
        await c.press("escape")
        await c.until(lambda: dialogs(c) == 0)
        recorder_of(c.station).choice = RecordChoice(path=tmp_path / "r.sqlite3", settings=RecordSettings())
        on = RecorderView(RecorderState.ON)
        monkeypatch.setattr(type(c.station.record), "view", property(lambda record: on))
        usage = shutil.disk_usage(tmp_path)
        for free, words in ((50_000_000_000, "50 GB"), (150_000_000, "150 MB")):
            left = usage._replace(free=free)
            monkeypatch.setattr(shutil, "disk_usage", lambda folder, left=left: left)
            await ask_to_load(c)
            facts = c.app.screen.query_one(FactsView).facts
            (said,) = [fact.text for fact in facts if fact.label == "Recording"]
            assert said == f"about 1.3 MB, {words} free"
            warned = any("nearly full before the run ends" in fact.text for fact in facts)
            assert warned is (free < 1e9), words
            await c.press("escape")
            await c.until(lambda: dialogs(c) == 0)


async def test_no_is_the_easy_answer(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, _pane):
        for key in ("enter", "escape"):
            await ask_to_load(c)
            await c.press(key)
            await c.until(lambda: dialogs(c) == 0)
        assert c.link.emitted == []


async def test_a_held_key_asks_once(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, _pane):
        await c.pilot.press("L", "L", "L", "L")
        await c.settle()
        assert dialogs(c) == 1


async def test_a_file_changed_since_it_was_shown_is_shown_before_it_is_loaded(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, pane):
        write(tmp_path, soak=SOAK.replace("to = 60", "to = 55"))
        await c.press("L")
        await c.until(lambda: any("has changed since it was shown" in message for message in c.messages))
        await c.until(lambda: "+55.0" in rows(pane, "steps"))
        assert dialogs(c) == 0
        assert c.link.emitted == []
        await ask_to_load(c)
        await say_yes(c)
        assert json.loads(c.link.emitted[0][1])["recipe"][0][0] == 55.0


async def test_read_again_finds_new_files_stays_with_the_chosen_one_and_says_that_one_has_gone(
    tmp_path: Path,
) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, pane):
        write(tmp_path, a=SOAK.replace("Hot soak", "Another"))
        await c.press("R")
        await c.until(lambda: "Another" in rows(pane, "list"))
        await c.settle()
        assert "▸ Hot soak" in rows(pane, "list")
        assert facts(pane).startswith("Hot soak")
        (tmp_path / "recipes" / "soak.toml").unlink()
        await load_is_refused(c, "has changed")
        await c.until(lambda: "Hot soak" not in rows(pane, "list"))


async def go_observe(c: Console) -> None:
    await c.press("o")


async def test_what_forbids_loading_is_said_before_it_is_tried(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, pane):
        for forbid in (go_observe, Console.go_stale, Console.lose):
            await forbid(c)
            refusal = c.station.blocked("load_recipe")
            assert refusal is not None
            assert "not now: " in facts(pane), refusal
            room = pane.query_one("#recipe-facts", LinesWidget).size.width
            assert all(cell_len(line) <= room for line in facts(pane).split("\n")), refusal
            await load_is_refused(c, refusal.sentence)
            c.station.set_observe(False)
            await c.online()
            await c.readings()
            assert "not now: " not in facts(pane), refusal


async def test_the_link_lost_while_asking_closes_the_question(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, pane):
        await ask_to_load(c)
        await c.lose()
        await c.until(lambda: dialogs(c) == 0)
        await c.online()
        await c.readings()
        await c.press("y")
        assert c.link.emitted == []
        # And it can be asked again.
        assert "L loads" in facts(pane)
        await ask_to_load(c)


async def test_a_temperature_that_is_not_good_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path, online=False) as (c, pane):
        assert "From +20.0 °C assumed" in facts(pane)
        await c.online()
        await c.advance(30)
        await c.readings(part=31.0)
        await c.until(lambda: "From +31.0 °C measured" in facts(pane))
        assert pane.view.study is not None
        assert pane.view.study.start_temperature == 31.0
        await c.until(lambda: "+31.0" in rows(pane, "steps"))
        await c.readings(part=None)
        await c.until(lambda: "From +20.0 °C assumed: Test part is bad" in facts(pane))
        await c.readings(part=3276.7)
        await c.until(lambda: "From +20.0 °C assumed: Test part reads +3276.7 °C" in facts(pane))


async def test_plan_and_payload_take_the_temperature_of_the_moment_of_asking(tmp_path: Path) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, _pane):
        # Less than what makes the picture move.
        await c.readings(part=21.0)
        await ask_to_load(c)
        await c.readings(part=40.0)
        await say_yes(c)
        assert json.loads(c.link.emitted[0][1])["recipe"][0] == [60.0, 39 * 60.0, 0.0]


async def test_start_and_cancel_ask_then_send(tmp_path: Path) -> None:
    async with recipes_tab(tmp_path) as (c, _pane):
        start = c.station.contract.start
        assert start is not None
        for key, command in (("S", start), ("X", "cancel_recipe")):
            await c.press(key)
            await c.until(lambda: dialogs(c) == 1)
            c.clock.advance(1)
            await say_yes(c)
            assert c.link.emitted == [(command, "")]
            c.link.emitted.clear()
            c.link.answer(command)
            await c.run_state()


async def test_without_a_start_command_it_says_so(tmp_path: Path) -> None:
    contract = load_contract(())
    assert contract.start is None
    async with recipes_tab(tmp_path, contract=contract) as (c, pane):
        assert "assumed: no message reports" in facts(pane)
        await c.press("S")
        await c.until(lambda: any("No start command is documented" in message for message in c.messages))
        assert dialogs(c) == 0
        assert c.link.emitted == []


async def test_reading_and_planning_leave_the_screen_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, soak=SOAK)
    async with recipes_tab(tmp_path) as (c, pane):
        gate = threading.Event()

        def slow(*arguments: Any) -> Any:
            assert threading.current_thread() is not threading.main_thread()
            assert gate.wait(10)
            return study_recipe(*arguments)

        monkeypatch.setattr(module, "study_recipe", slow)
        monkeypatch.setattr(quiet, "THREADS", 0.0)
        before = pane.view.study
        await c.press("down")
        await c.press("2", "3", "down")
        assert pane.view.study is before
        gate.set()
        await c.until(lambda: pane.view.study is not before)


async def test_a_long_recipe_makes_only_the_rows_in_sight(tmp_path: Path) -> None:
    long = (
        'name = "Long"\n[[steps]]\nrepeat = 200\n[[steps.steps]]\nto = 40\n[[steps.steps]]\nhold = "1h"\n'
        '[[steps.steps]]\nto = 20\n[[steps.steps]]\nhold = "1h"\n'
    )
    write(tmp_path, long=long)
    profile = Profile(recipe=msgspec.structs.replace(Profile().recipe, max_items=1000))
    async with recipes_tab(tmp_path, profile=profile) as (c, pane):
        steps = pane.query_one("#recipe-steps", Rows)
        assert steps.count == 800
        steps.focus()
        await c.press("end")
        assert steps.plain.splitlines()[-1].split()[0] == "800"
        assert len(steps.lines) < 24
        assert steps.plain.splitlines()[0].split()[0] == "item"


async def test_hostile_names_are_literal(tmp_path: Path) -> None:
    write(tmp_path, **{"[red]x": SOAK.replace('"Hot soak"', '"[red]boo[/red] [link]"')})
    (tmp_path / "recipes" / "\x1b[31m.toml").write_text(BAD)
    async with recipes_tab(tmp_path, size=(120, 36)) as (c, pane):
        for widget in (pane.view.files, pane.query_one("#recipe-facts", LinesWidget)):
            assert all("".join(text for text, _ in line).isprintable() for line in widget.lines)
        assert "[red]boo[/red] [link]" in rows(pane, "list")
        await choose(c, pane, "[red]boo[/red] [link]")
        await ask_to_load(c)
        title = c.app.screen.query_one(".dialog").border_title
        assert "[red]boo" in str(title)


async def test_ascii_has_nothing_but_ascii(tmp_path: Path) -> None:
    write(tmp_path, a=BAD, soak=SOAK.replace("Board X", "Bünde −5 °C"))
    async with recipes_tab(tmp_path, display=Display(time="utc", ascii=True)) as (c, pane):
        for size in ((80, 24), (120, 36)):
            await c.pilot.resize_terminal(*size)
            for _ in range(5):
                shown = [facts(pane), pane.query_one(ProfileChart).plain]
                shown += [rows(pane, name) for name in ("list", "steps", "check")]
                assert all(text.isascii() for text in shown), size
                await c.press("down")
            await c.press("home")


async def test_a_load_before_the_recipes_are_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(folder: Path) -> Any:
        go_on.wait(10)
        return read_library(folder)

    monkeypatch.setattr(module, "read_library", slow)
    monkeypatch.setattr(quiet, "THREADS", 0.0)
    async with console(tmp_path) as c:
        try:
            await c.press("3", "L")
            await c.until(lambda: any("nothing was loaded" in message for message in c.messages))
            assert len(c.app.screen_stack) == 1
        finally:
            go_on.set()
    assert c.link.emitted == []
