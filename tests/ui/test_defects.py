"""A defect of the screen takes the screen alone, which is built again; station, link and STOP go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.drivers.headless_driver import HeadlessDriver

from tests.helpers.console import Console, console, forget_said
from tests.helpers.editor import recipes_tab
from xovac_tui.alarms.service import AlarmService
from xovac_tui.api.contract import Hazard
from xovac_tui.recording.service import RecordService
from xovac_tui.ui.dialogs.confirm import confirm_and_send
from xovac_tui.ui.dialogs.quit import QuitDialog
from xovac_tui.ui.frame.defect_notice import NoticeScreen
from xovac_tui.ui.frame.small_notice import SmallNotice
from xovac_tui.ui.frame.trust_bar import TrustBar
from xovac_tui.ui.screens.recipes.editor.pane import EditorPane
from xovac_tui.ui.screens.status.pane import StatusPane
from xovac_tui.ui.terminal.mending import CancelledWaitError

Defects = list[BaseException]


class DefectOfATestError(Exception):
    """What a broken part raises."""


def fails(*_args: object, **_more: object) -> None:
    raise DefectOfATestError


async def fails_later() -> None:
    raise DefectOfATestError


async def until(condition: Callable[[], object]) -> None:
    """Wait (real time, bounded); the pilot's own waiting asks widgets that may be gone."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def shown_until(c: Console, condition: Callable[[], object]) -> None:
    """Have the moment shown again and again, faster than by the clock, until a condition holds."""
    async with asyncio.timeout(10):
        while not condition():
            c.app.call_later(c.app.flush)
            await asyncio.sleep(0.01)


def break_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    """Make a method fail at its next call, and work from then on."""
    good = getattr(owner, name)

    def broken(*args: object, **more: object) -> object:
        setattr(owner, name, good)
        raise DefectOfATestError

    monkeypatch.setattr(owner, name, broken)


def in_render(c: Console, patch: pytest.MonkeyPatch) -> None:
    break_once(patch, TrustBar, "render_line")
    c.app.screen.query_one(TrustBar).refresh()


def in_a_handler(c: Console, patch: pytest.MonkeyPatch) -> None:
    c.app.screen.query_one(StatusPane).call_later(fails)


def in_the_lowest_screen(c: Console, patch: pytest.MonkeyPatch) -> None:
    c.app.screen.call_later(fails)


def in_the_app(c: Console, patch: pytest.MonkeyPatch) -> None:
    c.app.call_later(fails)


def next_in_the_app(c: Console, patch: pytest.MonkeyPatch) -> None:
    c.app.call_next(fails)


def in_a_timer(c: Console, patch: pytest.MonkeyPatch) -> None:
    c.app.set_timer(0.01, fails)


def in_an_interval(c: Console, patch: pytest.MonkeyPatch) -> None:
    break_once(patch, TrustBar, "show")


def in_showing_news(c: Console, patch: pytest.MonkeyPatch) -> None:
    break_once(patch, StatusPane, "on_news")
    c.station.set_observe(True)


def in_layout(c: Console, patch: pytest.MonkeyPatch) -> None:
    break_once(patch, TrustBar, "get_content_width")
    c.app.screen.query_one(TrustBar).styles.width = "auto"
    c.app.screen.query_one(TrustBar).refresh(layout=True)


PLACES = (
    in_render, in_a_handler, in_the_lowest_screen, in_the_app, next_in_the_app, in_a_timer, in_an_interval,
    in_showing_news, in_layout,
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
async def test_one_defect_builds_the_screen_again(
    place: Callable[[Console, pytest.MonkeyPatch], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    defects: Defects,
) -> None:
    async with console(tmp_path) as c:
        before = c.app.screen_stack[0]
        place(c, monkeypatch)
        await until(lambda: defects)
        await until(lambda: any("built again" in said for said in c.messages))
        await until(lambda: not before.is_running)
        assert {type(error) for error in defects} == {DefectOfATestError}
        defects.clear()
        assert c.app.screen_stack[0] is not before
        c.station.set_observe(False)
        await c.readings(part=41.5)
        await c.press("4")
        assert c.frame.active_tab == "log"
        await c.press_stop()
        assert [name for name, _ in c.link.emitted] == ["cancel_recipe"]


async def test_a_failed_screen_that_does_not_end_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defects: Defects
) -> None:
    async with console(tmp_path) as c:
        before = c.app.screen_stack[0]
        ending = asyncio.Event()

        async def never_ends(_bar: TrustBar) -> None:
            ending.set()
            await asyncio.Event().wait()

        with monkeypatch.context() as patch:
            patch.setattr(TrustBar, "on_unmount", never_ends, raising=False)
            before.call_later(fails)
            await until(ending.is_set)
        await c.press_stop()
        assert [name for name, _ in c.link.emitted] == ["cancel_recipe"]
        await until(lambda: not before.is_running)
        await asyncio.sleep(10)
        assert [type(error) for error in defects] == [DefectOfATestError]
        defects.clear()
        await c.press("4")
        assert c.frame.active_tab == "log"


async def test_the_terminal_is_given_back_although_a_part_does_not_end_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[object] = []

    def does_not_end(_bar: TrustBar) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(TrustBar, "on_unmount", does_not_end, raising=False)
    monkeypatch.setattr(HeadlessDriver, "close", lambda driver: closed.append(driver))
    async with console(tmp_path):
        assert not closed
    assert closed


async def cancelled_wait() -> None:
    waited = asyncio.ensure_future(asyncio.Event().wait())
    asyncio.get_running_loop().call_soon(waited.cancel)
    await waited


@pytest.mark.parametrize("way", ["call_later", "call_next"])
async def test_what_the_app_waits_for_may_be_cancelled(way: str, tmp_path: Path, defects: Defects) -> None:
    async with console(tmp_path) as c:
        getattr(c.app, way)(cancelled_wait)
        await until(lambda: defects)
        await until(lambda: any("built again" in said for said in c.messages))
        assert [type(error) for error in defects] == [CancelledWaitError]
        defects.clear()
        await c.press("4")
        assert c.frame.active_tab == "log"


async def test_a_worker_that_fails_leaves_the_screen_as_it_is(tmp_path: Path, defects: Defects) -> None:
    async with console(tmp_path) as c:
        before = c.app.screen
        for ends in (True, False):
            c.app.run_worker(fails_later(), exit_on_error=ends)
            await until(lambda: defects)
            await until(lambda: any("Something failed by a defect" in said for said in c.messages))
            defects.clear()
            forget_said(c.app)
        assert c.app.screen is before


async def test_after_three_failures_the_notice_is_shown_and_ctrl_l_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defects: Defects
) -> None:
    async with console(tmp_path) as c:
        with monkeypatch.context() as patch:
            patch.setattr(TrustBar, "show", fails)
            await shown_until(c, lambda: isinstance(c.app.screen, NoticeScreen) and c.app.screen.is_mounted)
            await c.readings(part=41.5)
            said = str(c.app.screen.query_one(SmallNotice).lines)
            assert "ONLINE" in said
            assert "! ! STOP works." in said
            await c.press_stop()
            assert [name for name, _ in c.link.emitted] == ["cancel_recipe"]
            await c.press("t", "n", "3")
            assert isinstance(c.app.screen, NoticeScreen)
        await c.press("ctrl+l")
        await until(lambda: not isinstance(c.app.screen, NoticeScreen) and bool(c.frame.pane))
        await c.press("2")
        assert c.frame.active_tab == "controls"
        defects.clear()


async def test_a_notice_that_fails_too_is_a_few_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defects: Defects
) -> None:
    async with console(tmp_path) as c:
        monkeypatch.setattr(TrustBar, "show", fails)
        monkeypatch.setattr(SmallNotice, "show", fails)
        await shown_until(
            c,
            lambda: (
                isinstance(c.app.screen, NoticeScreen)
                and bool(c.app.screen.query("#why"))
                and not c.app.screen.query(SmallNotice)
            ),
        )
        await c.press_stop()
        assert [name for name, _ in c.link.emitted] == ["cancel_recipe"]
        defects.clear()


async def test_an_open_question_is_unanswered_after_a_defect(tmp_path: Path, defects: Defects) -> None:
    async with console(tmp_path) as c:
        await c.run_state()
        await c.press("q")
        assert isinstance(c.app.screen, QuitDialog)
        c.app.screen.call_later(fails)
        await until(lambda: len(c.app.screen_stack) == 1)
        await c.settle()
        assert c.app.is_running
        assert c.link.emitted == []
        defects.clear()


async def test_a_command_is_followed_to_its_end_when_what_asked_for_it_is_gone(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        begun, answered, followed = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def send() -> Any:
            begun.set()
            await answered.wait()
            followed.set()

        prepared = c.station.prepare("cancel_recipe")
        safe = msgspec.structs.replace(prepared.spec, hazard=Hazard.SAFE)
        prepared = msgspec.structs.replace(prepared, spec=safe)
        worker = c.app.run_worker(confirm_and_send(c.app.workspace, prepared, send=send))
        await until(begun.is_set)
        worker.cancel()
        await until(lambda: worker.is_finished)
        answered.set()
        await until(followed.is_set)


async def test_an_unsaved_recipe_outlives_a_defect(tmp_path: Path, defects: Defects) -> None:
    async with recipes_tab(tmp_path) as e:
        await e.press("down", "c")
        before, draft = e.c.frame.pane, e.editor.editing.draft
        assert draft.dirty
        e.c.app.call_later(fails)
        await until(lambda: isinstance(e.c.frame.pane, EditorPane) and e.c.frame.pane is not before)
        await until(lambda: e.editor.is_mounted)
        await e.c.settle()
        assert e.editor.editing.draft.recipe == draft.recipe
        defects.clear()
        await e.press("z")
        assert not e.editor.editing.draft.dirty
        await e.press("escape")
        await e.closed()


async def test_a_listener_that_fails_does_not_reach_the_station(tmp_path: Path) -> None:
    received: list[object] = []
    async with console(tmp_path) as c:
        c.station.subscribe(fails)
        c.station.subscribe(received.append)
        c.station.set_observe(True)
        assert received


async def test_a_station_that_fails_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defects: Defects
) -> None:
    monkeypatch.setattr("xovac_tui.ui.open_chambers.AGAIN_SECONDS", 0.01)
    good = RecordService.open
    tried: list[int] = []

    async def once(self: RecordService) -> None:
        tried.append(1)
        if len(tried) == 1:
            raise DefectOfATestError
        await good(self)

    monkeypatch.setattr(RecordService, "open", once)
    async with console(tmp_path) as c:
        assert len(tried) == 2
        assert any("begin again" in said for said in c.messages)
        assert [type(error) for error in defects] == [DefectOfATestError]
        defects.clear()
        await c.press_stop()
        assert [name for name, _ in c.link.emitted] == ["cancel_recipe"]


@pytest.mark.parametrize(
    ("owner", "method", "title"),
    [(RecordService, "tick", "Recording fails"), (AlarmService, "tick", "Evaluation of alarms fails")],
)
async def test_a_service_that_fails_is_not_shown_as_if_it_worked(
    owner: type, method: str, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path) as c:
        monkeypatch.setattr(owner, method, fails)
        c.station.tick()
        await c.settle()
        said = [message for message in c.messages if message.startswith(title)]
        assert len(said) == 1
        assert "DefectOfATestError" in said[0]
