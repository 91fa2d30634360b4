"""Several chambers in one console: STOP, questions, news and the end of each."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from itertools import product
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Static

from tests.helpers.beside import OTHER, Beside, beside
from tests.helpers.console import NAME, FakeLink, console, drawn, of_the_simulator, recorder_of
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.notify.settings import NotifySettings, Receiver
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.recording.status import RecorderState
from xovac_tui.ui.dialogs.all_messages import HistoryDialog
from xovac_tui.ui.dialogs.ask import AskDialog
from xovac_tui.ui.dialogs.chambers import ChambersDialog
from xovac_tui.ui.dialogs.confirm import ConfirmDialog, confirm_and_send
from xovac_tui.ui.dialogs.palette import PaletteDialog
from xovac_tui.ui.dialogs.quit import CloseDialog, QuitDialog
from xovac_tui.ui.frame.bars import KeyBar
from xovac_tui.ui.messages import AWAY
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.start import OpenedProfile

STOPPED = [("cancel_recipe", "")]
HOT = Watchlist(rules=(HighRule(name="part hot", channel="test_part", limit=80.0, severity="high"),))


def strip(b: Beside) -> str:
    return drawn(b.c.app.screen)[-1]


def line(b: Beside) -> str:
    return drawn(b.c.app.screen)[-2]


async def test_another_chamber_is_opened_beside_and_both_go_on(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        dialog = await b.list_them()
        listed = "\n".join(drawn(dialog))
        assert "bench-1" in listed
        assert "ONLINE" in listed
        assert "bench-2" in listed
        assert "bench-3" in listed
        await b.c.press("escape")
        await b.both_online()
        assert b.shown == NAME
        before = b.station.log.total
        b.say(part=33.3)
        assert b.station.log.total == before + 1
        await b.go(OTHER)
        await b.c.settle()
        assert any("33.3" in row for row in drawn(b.c.app.screen))
        assert drawn(b.c.app.screen)[0].startswith(" bench-2")
        assert b.c.link.emitted == b.link.emitted == []


async def test_what_was_typed_and_opened_stays_with_its_chamber(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        await b.c.press("4", "/")
        await b.c.type("chamber")
        await b.c.press("enter")
        await b.go(OTHER)
        assert b.c.frame.active_tab == "status"
        await b.go(NAME)
        assert b.c.frame.active_tab == "log"
        assert any("chamber" in row for row in drawn(b.c.app.screen)[2:6])


# -- STOP ---------------------------------------------------------------------------------------------


async def test_stop_goes_to_the_chamber_that_is_shown_and_names_it(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        assert "! ! STOP ? help" in strip(b)
        await b.both_online()
        assert "! ! STOP bench-1" in strip(b)
        await b.c.press("exclamation_mark")
        assert "cancel_recipe to bench-1" in strip(b)
        await b.c.press_stop_again()
        assert (b.c.link.emitted, b.link.emitted) == (STOPPED, [])
        await b.go(OTHER)
        assert "! ! STOP bench-2" in strip(b)
        await b.c.press_stop()
        assert (b.c.link.emitted, b.link.emitted) == (STOPPED, STOPPED)


async def test_every_way_between_the_strokes_disarms(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        # By keys: the first of them drops it, and does nothing else.
        await b.c.press("exclamation_mark", "P")
        assert len(b.c.app.screen_stack) == 1
        await b.c.press("exclamation_mark", "escape")
        # By what was chosen before the stroke, and takes until after it.
        switching = asyncio.ensure_future(b.c.app.chambers.show(OTHER))
        await b.c.press("exclamation_mark")
        assert await switching
        await b.c.settle()
        if b.c.app.stopping.switch.armed:
            assert "bench-2" in strip(b)
            await b.c.press("escape")
        await b.go(NAME)
        await b.c.press("exclamation_mark")
        assert b.c.app.stopping.switch.armed
        assert await b.c.app.chambers.show(OTHER)
        assert not b.c.app.stopping.switch.armed
        await b.c.press("exclamation_mark")
        await b.c.advance(4.0)
        await b.c.until(lambda: not b.c.app.stopping.switch.armed)
        assert b.c.link.emitted == b.link.emitted == []


async def test_what_two_strokes_asked_for_goes_to_the_chamber_they_were_for(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        await b.c.press("exclamation_mark")
        b.c.clock.advance(0.2)
        b.c.app.stopping.press()
        assert b.c.app.stopping.switch.settling
        assert await b.c.app.chambers.show(OTHER)
        await b.c.settle()
        assert "cancel_recipe to bench-1" in strip(b)
        b.c.clock.advance(0.2)
        await b.c.until(lambda: b.c.link.emitted)
        assert (b.c.link.emitted, b.link.emitted) == (STOPPED, [])


async def test_a_stroke_refused_at_one_chamber_is_no_first_one_at_the_next(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        b.c.station.set_observe(True)
        b.station.set_observe(True)
        await b.c.settle()
        await b.c.press("exclamation_mark")
        assert await b.c.app.chambers.show(OTHER)
        await b.c.press("exclamation_mark")
        assert b.station.snapshot().ledger == ()
        await b.c.press("exclamation_mark")
        assert [entry.outcome for entry in b.station.snapshot().ledger] == [Outcome.REFUSED]
        assert b.c.link.emitted == b.link.emitted == []


async def test_a_held_key_over_a_switch_sends_nothing(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        await b.c.press("exclamation_mark")
        for _ in range(3):
            b.c.clock.advance(0.03)
            await b.c.pilot.press("exclamation_mark")
        assert await b.c.app.chambers.show(OTHER)
        for _ in range(9):
            b.c.clock.advance(0.03)
            await b.c.pilot.press("exclamation_mark")
        await b.c.advance(1.0)
        assert b.c.link.emitted == b.link.emitted == []


async def test_stop_above_a_dialog_goes_to_the_chamber_that_is_shown(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        await b.go(OTHER)
        for key, kind in (("M", HistoryDialog), ("P", ChambersDialog)):
            await b.c.press(key)
            await b.c.until(lambda kind=kind: isinstance(b.c.app.screen, kind))  # type: ignore[misc]
            await b.c.press("exclamation_mark")
            assert "cancel_recipe to bench-2" in strip(b)
            await b.c.press_stop_again()
            assert (b.c.link.emitted, b.link.emitted) == ([], STOPPED)
            b.link.answer("cancel_recipe")
            b.link.emitted.clear()
            await b.c.advance(5)
            await b.c.press("escape")


async def test_a_click_is_a_first_stroke_for_the_chamber_that_is_shown(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        await b.c.pilot.click(KeyBar, offset=(3, 0))
        await b.c.settle()
        assert "cancel_recipe to bench-1" in strip(b)
        assert await b.c.app.chambers.show(OTHER)
        await b.c.press("exclamation_mark")
        await b.c.advance(4.0)
        assert b.c.link.emitted == b.link.emitted == []


def _count(links: dict[str, FakeLink]) -> int:
    return sum(len(link.emitted) for link in links.values())


@pytest.mark.slow
async def test_in_every_order_of_strokes_and_switches_stop_goes_to_the_chamber_of_its_first_stroke(
    tmp_path: Path,
) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        links = {NAME: b.c.link, OTHER: b.link}
        for keys in product(("stroke", "switch", "other"), repeat=5):
            armed, sent = "", []
            for key in keys:
                shown = b.shown
                if key == "switch":
                    assert await b.c.app.chambers.show(OTHER if shown == NAME else NAME)
                    armed = ""
                elif key == "other":
                    await b.c.press("escape")
                    armed = ""
                else:
                    await b.c.press("exclamation_mark")
                    if not armed:
                        armed = shown
                        continue
                    assert armed == shown
                    sent.append(armed)
                    armed = ""
                    async with asyncio.timeout(30):
                        while _count(links) < len(sent):
                            b.c.clock.advance(0.2)
                            await b.c.pilot.pause(0.02)
                    links[shown].answer("cancel_recipe")
                    b.c.clock.advance(1.0)
            assert [name for name, link in links.items() for _ in link.emitted] == sorted(sent), keys
            assert b.c.app.stopping.switch.armed == bool(armed), keys
            await b.c.press("escape")
            for link in links.values():
                link.emitted.clear()
            b.c.clock.advance(5.0)
            await b.c.settle()


# -- questions ----------------------------------------------------------------------------------------


async def test_a_question_about_one_chamber_cannot_be_answered_at_another(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        asking = b.c.app.run_worker(_send(b, NAME), group="test")
        await b.c.until(lambda: isinstance(b.c.app.screen, ConfirmDialog) and b.c.app.screen.focused)
        await b.c.settle()
        shown = "\n".join(drawn(b.c.app.screen))
        assert "bench-1: " in shown
        assert "bench-1  http" in shown
        # Nothing goes to another chamber as long as it is open.
        assert not await b.c.app.chambers.show(OTHER)
        assert b.shown == NAME
        await b.c.press("escape")
        await asking.wait()
        # And of a chamber that is not shown nothing is asked.
        await b.go(OTHER)
        await b.c.app.run_worker(_send(b, NAME), group="test").wait()
        assert len(b.c.app.screen_stack) == 1
        assert b.c.link.emitted == b.link.emitted == []


async def _send(b: Beside, name: str) -> None:
    from_there = b.c.app.workspaces[name]
    station = from_there.station
    await confirm_and_send(from_there, station.prepare("start_recipe"))


async def test_a_note_names_its_chamber(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        await b.c.press("n")
        await b.c.until(lambda: isinstance(b.c.app.screen, AskDialog))
        await b.c.settle()
        assert any("bench-1: Note" in row for row in drawn(b.c.app.screen))


# -- news of a chamber that is not shown --------------------------------------------------------------


async def test_an_alarm_of_another_chamber_rings_and_is_said_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    bell = NotifySettings(receivers=(Receiver(name="desk", kind="osc9", severities=("high",)),))
    async with beside(tmp_path, notify=bell, others={"watchlist": HOT}) as b:
        await b.both_online()
        written: list[str] = []
        monkeypatch.setattr(b.c.app, "write_beside", written.append)
        painted: list[Pane] = []
        monkeypatch.setattr(Pane, "show", lambda pane, snapshot: painted.append(pane))
        b.say(part=85.0)
        assert painted == []
        assert len(written) == 1
        assert "bench-2 HIGH" in written[0]
        await b.c.settle()
        assert "bench-2: HIGH alarm" in line(b)
        assert "bench-2 1 HIGH" in drawn(b.c.app.screen)[0]
        b.c.app.workspace.say("Noted.")
        await b.c.settle()
        assert "bench-2: HIGH alarm" in line(b)
        await b.c.press("u")
        assert "bench-2" not in line(b)
        assert "bench-2 1 HIGH" in drawn(b.c.app.screen)[0]
        monkeypatch.undo()
        await b.go(OTHER)
        assert drawn(b.c.app.screen)[0].count("bench-2") == 1


async def test_a_cut_link_and_an_unknown_outcome_of_another_chamber_are_said(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        sending = b.c.app.run_worker(b.station.send("start_recipe"))
        await b.c.until(lambda: b.link.emitted)
        b.link.push(LinkWord.LOST, "The connection was reset.")
        await sending.wait()
        await b.c.settle()
        assert "bench-2: start_recipe" in line(b)
        assert drawn(b.c.app.screen)[0].startswith(" bench-1  ● ONLINE")
        await b.c.press("u")
        assert "bench-2" not in line(b)
        await b.go(OTHER)
        # The one of this chamber's ledger waits until it is dismissed here.
        assert "UNKNOWN (u: seen)" in line(b)


async def test_the_contract_of_another_chamber_changes_alone(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        known = of_the_simulator()
        message = known.messages["chamber_state"]
        leaves = tuple(
            msgspec.structs.replace(leaf, label="Sample") if leaf.path == "part" else leaf
            for leaf in message.leaves
        )
        changed = msgspec.structs.replace(message, leaves=leaves)
        contract = msgspec.structs.replace(known, messages={**known.messages, "chamber_state": changed})
        assert b.station.change_contract(contract)
        await b.c.settle()
        assert not any("Sample" in row or "SAMPLE" in row for row in drawn(b.c.app.screen))
        b.say()
        await b.go(OTHER)
        assert any("Sample" in row or "SAMPLE" in row for row in drawn(b.c.app.screen))


async def test_settings_for_all_hold_in_every_chamber(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        display = msgspec.structs.replace(b.c.app.workspace.start.display, temperature="degF")
        b.c.app.show_as(display, keep=True)
        b.c.app.rebind({"pause": "f7"})
        await b.go(OTHER)
        b.say(part=20.0)
        await b.c.settle()
        assert any("68.0" in row for row in drawn(b.c.app.screen))
        assert b.c.app.workspace.keys["pause"] == "F7" or "f7" in b.c.app.workspace.keys["pause"].lower()
        # Held is one picture, not all.
        b.c.app.workspace.held = True
        await b.go(NAME)
        assert not b.c.app.workspace.held


async def test_a_digest_waits_until_its_chamber_is_shown(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        b.c.clock.advance(AWAY + 1)
        asked: list[str] = []
        for one in b.c.app.workspaces.values():
            name = one.station.name

            def noted(seconds: float, name: str = name) -> None:
                asked.append(name)

            one.station.record.note_return = noted  # type: ignore[method-assign]
        await b.c.press("down")
        # The operator was away from both; only what is shown may open a dialog.
        assert sorted(asked) == [NAME, OTHER]
        assert len(b.c.app.screen_stack) == 1


async def test_the_palette_has_the_other_chambers(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.c.press(":")
        await b.c.until(lambda: isinstance(b.c.app.screen, PaletteDialog))
        await b.c.type("bench-2")
        await b.c.until(lambda: any("Open this chamber" in row for row in drawn(b.c.app.screen)))
        await b.c.press("enter")
        await b.c.until(lambda: b.shown == OTHER)
        await b.c.settle()
        assert list(b.c.app.workspaces) == [NAME, OTHER]


# -- closing, leaving ---------------------------------------------------------------------------------


async def test_one_is_closed_after_a_question_and_never_the_last_one(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        await b.list_them()
        await b.c.press("x")
        assert isinstance(b.c.app.screen, ChambersDialog)
        assert "bench-1 is the only open chamber" in line(b)
        await b.c.press("escape")
        await b.both_online()
        b.say("running")
        await b.list_them()
        await b.point_at(OTHER)
        await b.c.press("x")
        await b.c.until(lambda: isinstance(b.c.app.screen, CloseDialog))
        await b.c.settle()
        assert b.shown == OTHER
        words = str(b.c.app.screen.query_one("#words", Static).content)
        assert "bench-2 runs, and goes on with it when it is closed here." in words
        await b.c.press("escape")
        await b.c.until(lambda: b.shown == NAME and len(b.c.app.screen_stack) == 1)
        assert list(b.c.app.workspaces) == [NAME, OTHER]
        await b.list_them()
        await b.point_at(OTHER)
        await b.c.press("x")
        await b.c.until(lambda: isinstance(b.c.app.screen, CloseDialog))
        await b.c.press("y")
        await b.c.until(lambda: list(b.c.app.workspaces) == [NAME])
        await b.c.until(lambda: any("bench-2 is closed" in said for said in b.c.messages))
        assert b.shown == NAME
        await b.c.settle()
        assert "STOP bench-1" not in strip(b)
        # It can be opened again, with a link of its own.
        before = b.link
        await b.both_online()
        assert b.link is not before
        assert b.c.link.emitted == before.emitted == b.link.emitted == []


async def test_one_that_cannot_be_opened_says_why_and_changes_nothing(tmp_path: Path) -> None:
    async with beside(tmp_path) as b:
        b.profiles.wrong = "The settings are wrong."
        await b.list_them()
        await b.point_at(OTHER)
        await b.c.press("enter")
        await b.c.until(lambda: any("was not opened" in said for said in b.c.messages))
        assert list(b.c.app.workspaces) == [NAME]


async def test_a_second_profile_of_the_same_chamber_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with beside(tmp_path) as b:
        made = b.profiles.opened

        def opened(name: str) -> OpenedProfile:
            found = made(name)
            found.station.manner = msgspec.structs.replace(found.station.manner, place="http://bench:1")
            return found

        monkeypatch.setattr(b.profiles, "opened", opened)
        await b.go(OTHER)
        assert not any("recorded twice" in said for said in b.c.messages)
        await b.go("bench-3")
        assert any("bench-3 has the address of bench-2" in said for said in b.c.messages)


async def test_a_screen_that_takes_too_long_is_given_up_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with beside(tmp_path) as b:
        with monkeypatch.context() as slow:
            slow.setattr("xovac_tui.ui.open_chambers.MOUNT_SECONDS", 0.0)
            assert not await b.c.app.chambers.open_named(OTHER)
        assert b.shown == NAME
        assert any("too busy to show it" in said for said in b.c.messages)
        assert list(b.c.app.workspaces) == [NAME, OTHER]
        await b.go(OTHER)
        assert "! ! STOP bench-2" in strip(b)


def recorded(folder: Path, name: str) -> RecordChoice:
    return RecordChoice(path=folder / f"{name}.sqlite3", settings=RecordSettings(), visit=True)


def beside_it(folder: Path, name: str) -> list[Path]:
    """Return the files that SQLite has beside a record until the record is let go of."""
    return list(folder.glob(f"{name}.sqlite3-*"))


async def test_leaving_asks_once_names_each_and_closes_every_record(tmp_path: Path) -> None:
    others = {"record": partial(recorded, tmp_path)}
    async with beside(tmp_path, record=recorded(tmp_path, NAME), others=others) as b:
        await b.both_online()
        await b.c.until(lambda: b.station.recorder.state is RecorderState.ON)
        await b.c.press("q")
        await b.c.until(lambda: isinstance(b.c.app.screen, QuitDialog))
        await b.c.settle()
        words = str(b.c.app.screen.query_one("#words", Static).content)
        assert words.count("Its recording and its alarms end here.") == 2
        assert "bench-1 is idle" in words
        assert "bench-2 is idle" in words
        stations = [one.station for one in b.c.app.workspaces.values()]
        await b.c.press("y")
        await b.c.until(lambda: b.c.app.return_code == 0)
    assert [recorder_of(one).at_stake for one in stations] == [0, 0]
    assert b.c.app.chambers.unwritten == []
    assert [beside_it(tmp_path, name) for name in (NAME, OTHER)] == [[], []]


HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
async def test_a_record_that_takes_long_to_close_holds_up_no_key_of_the_others(tmp_path: Path) -> None:
    others = {"record": partial(recorded, tmp_path)}
    async with beside(tmp_path, others=others) as b:
        await b.both_online()
        await b.c.until(lambda: b.station.recorder.state is RecorderState.ON)
        path = str(tmp_path / f"{OTHER}.sqlite3")
        pipe = asyncio.subprocess.PIPE
        holder = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLD, path, stdin=pipe, stdout=pipe
        )
        assert holder.stdout is not None
        await holder.stdout.readline()
        b.say(part=44.4)
        closing = asyncio.ensure_future(b.c.app.chambers.close(OTHER))
        await b.c.pilot.pause()
        await b.c.press_stop()
        assert b.c.link.emitted == STOPPED
        assert not closing.done()
        assert "bench-2" not in b.c.app.workspaces
        await holder.communicate(b"")
        await closing
        assert b.c.app.chambers.unwritten == []


async def test_leaving_shows_the_chamber_whose_recipe_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        await b.c.press("3")
        await b.c.until(lambda: b.c.frame.pane is not None and b.c.frame.pane.id == "recipes")
        asked: list[str] = []

        async def stay(pane: Pane) -> bool:
            asked.append(b.shown)
            return False

        frame = b.c.frame
        monkeypatch.setattr(frame, "unsaved", lambda: {"recipes": None})
        await b.go(OTHER)
        for pane in frame.query(Pane):
            pane.may_leave = partial(stay, pane)  # type: ignore[method-assign]
        await b.c.press("q")
        await b.c.until(lambda: asked)
        assert asked == [NAME]
        assert b.shown == NAME
        assert b.c.app.return_code is None


async def test_a_closed_record_is_whole_while_the_others_go_on(tmp_path: Path) -> None:
    others = {"record": partial(recorded, tmp_path)}
    async with beside(tmp_path, others=others) as b:
        await b.both_online()
        await b.c.until(lambda: b.station.recorder.state is RecorderState.ON)
        b.say(part=44.4)
        await b.c.app.chambers.close(OTHER)
        assert beside_it(tmp_path, OTHER) == []
        assert recorder_of(b.station).at_stake == 0
        await b.c.press_stop()
        assert b.c.link.emitted == STOPPED


async def test_a_defect_of_a_screen_that_is_not_shown_builds_that_one_anew(
    tmp_path: Path, defects: list[BaseException]
) -> None:
    async with beside(tmp_path) as b:
        await b.both_online()
        hidden = next(one for one in b.c.app.chambers.open if one.workspace.station is b.station)
        frame, shown = hidden.frame, b.c.frame
        assert frame is not None

        def fail() -> None:
            raise ZeroDivisionError

        frame.call_later(fail)
        await b.c.until(lambda: hidden.frame is None)
        assert b.c.frame is shown
        defects.clear()
        await b.go(OTHER)
        assert b.c.frame is not frame
        assert drawn(b.c.app.screen)[0].startswith(" bench-2")


async def test_there_is_no_other_chamber_where_none_can_be_opened(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.press("P")
        await c.until(lambda: isinstance(c.app.screen, ChambersDialog))
        await c.settle()
        assert any("bench-1" in row and "shown" in row for row in drawn(c.app.screen))
