"""The connect screen by its keys: findings when it fails, a profile when it works; and the tour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input

from tests.helpers.console import console
from xovac_tui.config import Display
from xovac_tui.config.themes import shipped_themes
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.ui.dialogs.tour import TourDialog
from xovac_tui.ui.first_lines import (
    DEMO_OFFER,
    SSH_OFFER,
    TYPED_OFFER,
    USUAL_BEHIND,
    ConnectOffer,
    FirstStart,
    OfferKind,
)
from xovac_tui.ui.first_start import ConnectScreen, FirstApp
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.rows import Rows

FAILS = DoctorCheck("tcp", False, "It failed.", "Nothing listens there.")
WORKS = DoctorCheck("messages", True, "3 in 2 s")


class Desk:
    """A connect screen, and what it asks for."""

    def __init__(self, *, ascii: bool = False, problem: str = "") -> None:
        self.checked: list[str] = []
        self.through = ""
        self.saved: list[tuple[str, str, str]] = []
        self.app = FirstApp(
            FirstStart(
                offers=(DEMO_OFFER, TYPED_OFFER, SSH_OFFER),
                check=self.check,
                save=lambda name, offer: self.saved.append((name, offer.value, offer.ssh)),
                name_for=lambda offer: "bench",
                settings=Path("/etc/config.toml"),
                problem=problem,
                display=Display(ascii=ascii),
                theme="xovac-dark",
                themes=tuple(shipped_themes()),
            )
        )

    async def check(self, offer: ConnectOffer) -> AsyncIterator[DoctorCheck]:
        self.checked.append(offer.value)
        self.through = offer.ssh
        yield FAILS if offer.value.endswith(":1") else WORKS

    @property
    def text(self) -> str:
        return "\n".join(widget.plain for widget in self.app.screen.query(LinesWidget) if widget.display)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (130, 40)])
async def test_what_fails_is_shown_with_advice_and_what_works_is_saved(size: tuple[int, int]) -> None:
    desk = Desk(ascii=size == (60, 16))
    async with desk.app.run_test(size=size) as pilot:
        await pilot.press("down", "enter", *"c:1")
        await pilot.press("enter")
        await pilot.pause()
        screen = desk.app.screen
        assert isinstance(screen, ConnectScreen)
        assert screen.has_class("-failed")
        found = screen.query_one("#found", Rows)
        assert "Nothing listens there." in found.plain
        assert screen.query_one("#again").region.bottom <= size[1]
        # It is corrected where it was typed.
        await pilot.press("backspace", "8", "enter")
        await pilot.pause()
        assert screen.has_class("-works")
        assert desk.checked == ["http://c:1", "http://c:8"]
        assert isinstance(screen.focused, Input)
        assert screen.focused.value == "bench"
        assert screen.query_one("#save").region.bottom <= size[1]
        if size == (60, 16):
            assert desk.text.isascii()
        await pilot.press("-", "2", "enter")
    assert desk.saved == [("bench-2", "http://c:8", "")]
    assert desk.app.chosen is not None
    assert (desk.app.chosen.kind, desk.app.chosen.value) == (OfferKind.PROFILE, "bench-2")


async def test_nothing_is_connected_that_was_not_chosen_and_esc_leaves() -> None:
    desk = Desk()
    async with desk.app.run_test() as pilot:
        await pilot.press("down", "enter", *"dmeo", "enter")
        assert "is no address" in desk.text
        await pilot.press("escape", "escape")
    assert desk.checked == []
    assert desk.app.chosen is None
    assert desk.app.return_code == 0


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (130, 40)])
async def test_a_destination_of_ssh_is_typed_with_the_address_that_it_sees(size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        screen = desk.app.screen
        assert not screen.query_one("#through").display
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        await pilot.press("enter")
        assert desk.checked == []
        await pilot.press(*"me@lab", "enter")
        await pilot.pause()
        for field in ("#ssh", "#typed"):
            assert 0 < screen.query_one(field).region.bottom <= size[1]
        typed = screen.query_one("#typed", Input)
        assert screen.focused is typed
        assert typed.value == USUAL_BEHIND
        # It fails at first, and is corrected where it was typed.
        await pilot.press(*["backspace"] * 4, "1", "enter")
        await pilot.pause()
        assert screen.has_class("-failed")
        assert screen.query_one("#typed").region.bottom <= size[1]
        assert screen.query_one("#ssh").region.height == 1
        await pilot.press("backspace", "8", "enter")
        await pilot.pause()
        assert (desk.checked[-1], desk.through) == ("http://localhost:8", "me@lab")
        await pilot.press("enter")
    assert desk.saved == [("bench", "http://localhost:8", "me@lab")]


async def test_an_address_typed_after_a_destination_is_reached_directly() -> None:
    desk = Desk()
    async with desk.app.run_test() as pilot:
        await pilot.press("down", "down", "enter", *"lab", "enter")
        await pilot.press("escape", "up", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
    assert (desk.checked, desk.through) == ([USUAL_BEHIND], "")


async def test_settings_that_cannot_be_written_are_told_before_a_name_is_typed() -> None:
    desk = Desk(problem="The folder is read-only.")
    async with desk.app.run_test() as pilot:
        await pilot.press("down", "enter", *"c:8", "enter")
        await pilot.pause()
        assert "The folder is read-only." in desk.text
        assert not desk.app.screen.query_one("#name").display
        await pilot.press("enter")
    assert desk.app.chosen is not None
    assert desk.app.chosen.kind is OfferKind.URL


@pytest.mark.parametrize("size", [(60, 16), (120, 36)])
async def test_the_tour_drills_stop_on_the_demo(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, size=size) as c:
        c.station.manner = msgspec.structs.replace(c.station.manner, demo=True)
        await c.press("f1")
        await c.until(lambda: isinstance(c.app.screen, TourDialog))
        assert c.app.workspace.memory.state.toured
        for _ in range(3):
            await c.press("enter")
        await c.settle()
        assert c.app.screen.query_one("#next").region.bottom <= size[1]
        assert c.link.emitted == []
        await c.press_stop()
        assert c.link.emitted == [("cancel_recipe", "")]
        c.link.answer("cancel_recipe", "success")
        await c.settle()
        c.app.flush()
        assert "outcome success" in str(c.app.screen.query_one("#drill").render())
        await c.advance(1)  # enter right after the strokes would be out of habit
        await c.press("enter")
        await c.until(lambda: not isinstance(c.app.screen, TourDialog))
