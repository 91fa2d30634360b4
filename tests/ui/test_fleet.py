"""The screen of the fleet by its keys, at several sizes, with chambers that are set by hand."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]
from syrupy.assertion import SnapshotAssertion
from textual import events
from textual.widgets import Input

from tests.helpers.fleet import RUNNING, UTC, HandSource, alarm, plate, pressure, report, source_view
from tests.helpers.record import HandClock
from xovac_tui.config import Display
from xovac_tui.config.themes import shipped_themes
from xovac_tui.fleet.opening import ConsoleOpening, OpenedOn, ThisMachine, opening
from xovac_tui.forwarding.reports import ChamberReport, Presence, SourceState
from xovac_tui.notify.settings import NotifySettings, Receiver
from xovac_tui.ui.fleet.app import FleetApp
from xovac_tui.ui.fleet.chamber_list import ChamberList
from xovac_tui.ui.fleet.dialogs import FleetDialog
from xovac_tui.ui.fleet.screen import FleetStart
from xovac_tui.ui.small_app import Looks
from xovac_tui.ui.widgets.find_field import FindField
from xovac_tui.ui.widgets.lines import LinesWidget
from xovac_tui.ui.widgets.rows import Rows

SIZES = [(60, 16), (80, 24), (120, 36), (160, 50)]
SNAPSHOTS = Path(__file__).parent / "__snapshots__"


def four() -> list[ChamberReport]:
    """Return the chambers of the sketch: one with an alarm, one that runs, one lost, one gone."""
    lost = {**RUNNING, "recipe": "Cycles A", "run": "UNKNOWN", "link": "LOST", "newest_age": 840.0}
    return [
        report("bench-2", of={**RUNNING, "alarms": (alarm(),)}),
        report("bench-1", of={**RUNNING, "recipe": "Bakeout", "step": 2, "steps": 4, "target": 60.0}),
        report(
            "bench-3", of={**lost, "link_since": UTC - 840.0, "channels": (plate(19.8), pressure(1.1e-5))}
        ),
        report("bench-4", presence=Presence.GONE, gone_for=7_200.0, of={"newest_age": 1.0}),
    ]


class Desk:
    """The fleet on a clock that is set by hand."""

    def __init__(
        self, *reports: ChamberReport, ascii: bool = False, bell: bool = False, theme: str = "xovac-dark"
    ) -> None:
        self.clock = HandClock(100.0, UTC - 100.0)
        self.source = HandSource(*(reports or four()))
        self.opened: list[ConsoleOpening] = []
        self.rung: list[str] = []
        receivers = (Receiver(name="here", kind="bell"),) if bell else ()
        self.app = FleetApp(
            FleetStart(
                sources=(self.source,),
                clock=self.clock,
                opening=partial(
                    opening,
                    here=ThisMachine(
                        host="here",
                        program=("xovac-tui",),
                        consoles={name: ("--profile", name) for name in ("bench-1", "bench-3")},
                    ),
                ),
                bell=NotifySettings(receivers=receivers),
                looks=Looks(Display(ascii=ascii, time="utc"), theme, tuple(shipped_themes())),
            )
        )
        self.app.write_beside = self.rung.append  # type: ignore[assignment, method-assign]

    @property
    def text(self) -> str:
        return "\n".join(one.plain for one in self.app.screen.query(LinesWidget) if one.display)

    @property
    def names(self) -> list[str]:
        found = self.app.screen.query_one(ChamberList).plain.splitlines()
        return [match[0] for line in found if (match := re.search(r"bench-\d+", line[:14]))]

    def flush(self, seconds: float = 0.0) -> None:
        self.clock.advance(seconds)
        self.app.screen.flush(at_once=True)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
async def test_four_chambers_fit_with_the_alarms_of_all(size: tuple[int, int]) -> None:
    desk = Desk(ascii=size == (60, 16))
    async with desk.app.run_test(size=size):
        text = desk.text
        assert desk.names == ["bench-1", "bench-2", "bench-3", "bench-4"]
        for words in ("ONLINE 1 s", "LOST 14 min", "RECORDER GONE 2 h", "Alarms of all", "1 alarm unack"):
            assert words in text
        every = desk.app.screen.query_one("#every-alarm", Rows)
        assert every.region.bottom <= size[1] - 1
        assert "bench-2" in every.plain
        assert desk.app.screen.query_one("#foot").region.bottom == size[1]
        for widget in desk.app.screen.query(LinesWidget):
            assert all(len(line) <= size[0] for line in widget.plain.splitlines())
        assert size != (60, 16) or text.isascii()


async def test_what_is_silent_does_not_look_live() -> None:
    desk = Desk(report("bench-1"))
    async with desk.app.run_test():
        assert "ONLINE 1 s" in desk.text
        desk.flush(4.0)
        assert "ONLINE 4 s" in desk.text
        desk.source.view = source_view(SourceState.LOST)
        desk.flush()
        assert "NO REPORT 4 s" in desk.text
        assert "LOST" in desk.app.screen.query_one("#head", LinesWidget).plain
        assert "ONLINE" not in desk.text


async def test_sorting_filtering_and_finding_keep_the_chosen_chamber() -> None:
    desk = Desk()
    async with desk.app.run_test() as pilot:
        await pilot.press("s")
        assert desk.names == ["bench-2", "bench-4", "bench-3", "bench-1"]
        await pilot.press("down", "s")
        assert desk.names[0] == "bench-1"
        chosen = desk.app.screen.query_one(ChamberList).chosen
        assert chosen is not None
        assert chosen.chamber == "bench-4"
        await pilot.press("t")
        assert desk.names == ["bench-2", "bench-3", "bench-4"]
        assert "troubled only" in desk.text
        await pilot.press("t", "slash", *"cycles", "enter")
        assert desk.names == ["bench-2", "bench-3"]
        assert "2 of 4" in desk.text
        await pilot.press("escape")
        assert len(desk.names) == 4
        assert not desk.app.screen.query_one(FindField).is_open


async def test_keys_typed_into_the_field_are_text() -> None:
    desk = Desk()
    async with desk.app.run_test() as pilot:
        await pilot.press("slash", *"qt!")
        assert desk.app.screen.query_one(Input).value == "qt!"
        assert desk.app.is_running


async def test_alarms_take_the_screen_and_give_it_back() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        every = desk.app.screen.query_one("#every-alarm", Rows)
        assert every.has_focus
        assert every.size.height == 22
        await pilot.press("a")
        assert desk.app.screen.query_one(ChamberList).has_focus


@pytest.mark.parametrize(
    ("chamber", "how"),
    [
        (report("bench-1", local=True), "Press enter to open the console of bench-1, then ! ! there."),
        (report("bench-1"), "run `xovac-tui --profile bench-1`, then ! ! there."),
        (report("bench-2"), "run `ssh -t lab-pc xovac-tui --profile bench-2`, then ! ! there."),
        (report("bench-2", of={"host": ""}), "Open the console of bench-2 by hand, then ! ! there."),
    ],
)
async def test_nothing_is_sent_from_here_and_the_keys_say_what_does(chamber: ChamberReport, how: str) -> None:
    desk = Desk(chamber)
    async with desk.app.run_test() as pilot:
        await pilot.press("exclamation_mark", "exclamation_mark")
        assert "Nothing was sent" in desk.text
        assert how in " ".join(desk.app.screen.query_one("#said", LinesWidget).plain.split())
        desk.flush(15.0)
        assert "Nothing was sent" not in desk.text


async def test_what_is_said_is_folded_again_in_a_narrower_terminal() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(160, 24)) as pilot:
        await pilot.press("exclamation_mark")
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        said = desk.app.screen.query_one("#said", LinesWidget).plain
        assert " ".join(said.split()).endswith("! ! there.")
        assert max(map(len, said.splitlines())) <= 38


async def test_in_a_terminal_of_16_columns_the_help_is_not_cut() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(16, 60)) as pilot:
        await pilot.press("question_mark")
        rows = desk.app.screen.query_one(Rows)
        assert "enter" in rows.plain
        assert max(map(len, rows.plain.splitlines())) <= rows.size.width


@pytest.mark.parametrize("size", [(60, 16), (120, 36)])
async def test_a_console_elsewhere_is_shown_before_it_runs(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[ConsoleOpening] = []

    async def lend(app: Any, one: ConsoleOpening) -> str:
        ran.append(one)
        return "it ended." if one.on is OpenedOn.THERE else ""

    monkeypatch.setattr("xovac_tui.ui.fleet.screen.lend", lend)
    desk = Desk(report("bench-1", local=True), *four()[:1], report("bench-3"))
    async with desk.app.run_test(size=size) as pilot:
        await pilot.press("enter")
        assert ran == [ConsoleOpening(("xovac-tui", "--profile", "bench-1"), OpenedOn.HERE)]
        for name, command in (
            ("bench-2", "ssh -t lab-pc xovac-tui --profile bench-2 --observe"),
            ("bench-3", "xovac-tui --profile bench-3 --observe --no-record"),
        ):
            await pilot.press("down", "enter")
            assert isinstance(desk.app.screen, FleetDialog)
            shown = " ".join(desk.app.screen.query_one(Rows).plain.split())
            assert command in shown
            ran.clear()
            await pilot.press("escape")
            assert ran == []
            await pilot.press("enter", "enter")
            await pilot.pause()
            assert [one.shown for one in ran] == [command]
            assert (f"{name}: it ended." in desk.text) == command.startswith("ssh")


async def test_a_second_enter_does_not_end_the_console_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    ran, end = [], asyncio.Event()

    async def lend(app: Any, one: ConsoleOpening) -> str:
        ran.append("begins")
        await end.wait()
        ran.append("ends")
        return ""

    monkeypatch.setattr("xovac_tui.ui.fleet.screen.lend", lend)
    desk = Desk(report("bench-1", local=True))
    async with desk.app.run_test() as pilot:
        await pilot.press("enter", "enter")
        assert ran == ["begins"]
        end.set()
        await pilot.pause()
        assert ran == ["begins", "ends"]
        await pilot.press("enter")
        assert len(ran) == 4


async def test_no_text_in_its_field_opens_or_sends_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[ConsoleOpening] = []

    async def lend(app: Any, one: ConsoleOpening) -> str:
        ran.append(one)
        return ""

    monkeypatch.setattr("xovac_tui.ui.fleet.screen.lend", lend)
    desk = Desk(report("bench-1", local=True))
    async with desk.app.run_test(size=(80, 24)) as pilot:
        for end in ("enter", "tab", "escape"):
            await pilot.press("slash", "!", "!", "q", "a", "y", "!", "!", end)
            assert "Nothing was sent" not in desk.text
            await pilot.press("escape")
        desk.app.post_message(events.Paste("!!\n!!\n"))
        await pilot.press("slash")
        desk.app.post_message(events.Paste("q!!\n!!\n"))
        await pilot.pause()
        assert desk.app.is_running
        assert ran == []


async def test_help_names_every_key_and_closes() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(60, 16)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(desk.app.screen, FleetDialog)
        assert desk.app.screen.query_one("#box").region.bottom <= 16
        await pilot.press("escape", "q")
    assert desk.app.return_code == 0


async def test_only_a_new_alarm_rings() -> None:
    desk = Desk(bell=True)
    async with desk.app.run_test():
        desk.flush(1.0)
        assert desk.rung == []
        desk.source.new = [
            report("bench-1", arrived=101.0, of={"alarms": (alarm("part hot", since=UTC + 1),)})
        ]
        desk.flush()
        assert desk.rung == ["\a"]
        desk.flush(1.0)
        assert desk.rung == ["\a"]


async def test_without_chambers_it_says_what_makes_one_appear() -> None:
    desk = Desk(report("x"))
    desk.source.new = []
    async with desk.app.run_test(size=(60, 16)):
        assert "No chamber yet." in desk.text
        desk.source.new = [report("bench-1", arrived=100.0)]
        desk.flush()
        assert "No chamber yet." not in desk.text


async def test_many_chambers_make_only_the_rows_that_are_seen() -> None:
    desk = Desk(*(report(f"bench-{number}") for number in range(50)))
    async with desk.app.run_test(size=(80, 24)) as pilot:
        assert desk.names == [f"bench-{number}" for number in range(10)]
        await pilot.press("G")
        assert desk.names[-1] == "bench-49"
        assert len(desk.names) == 10


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_picture(snapshot: SnapshotAssertion, size: tuple[int, int]) -> None:
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        await pilot.pause()
        picture = desk.app.export_screenshot(title="fleet", simplify=True)
    assert picture == snapshot.use_extension(SVGImageExtension)
