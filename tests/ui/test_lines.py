"""Only the cells that changed are painted, and only they are sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tests.helpers.console import drawn
from xovac_tui.ui.terminal.cropped import CroppedUpdate
from xovac_tui.ui.terminal.modal import LeanScreen
from xovac_tui.ui.widgets import lines
from xovac_tui.ui.widgets.lines import Line, LinesWidget, fit_label, styled

TEXTS = st.sampled_from(["", "a", "bb", "温", "longer than eight"])
SPANS = st.lists(st.tuples(TEXTS, st.sampled_from("xy"))).map(tuple)


def cells(line: Line) -> list[tuple[str, str]]:
    """Return a line cell by cell; a wide sign is in both of its cells."""
    return [(char, style) for text, style in line for char in text for _ in range(cell_len(char))]


class Repainted(LinesWidget):
    """Remembers what it has to paint again."""

    regions: Sequence[Region] = ()

    def refresh(self, *regions: Region, **_: Any) -> Self:
        self.regions = regions
        return self


def changed(before: Line, after: Line) -> list[tuple[int, int]]:
    """Return (x, width) of each stretch that is painted again when a line changes."""
    widget = Repainted()
    widget.show_lines([before])
    widget.regions = []
    widget.show_lines([after])
    assert all((region.y, region.height) == (0, 1) for region in widget.regions)
    return [(region.x, region.width) for region in widget.regions]


@given(SPANS, SPANS)
def test_what_is_not_painted_again_is_as_it_was(before: Line, after: Line) -> None:
    old, new = cells(before), cells(after)
    width = max(len(old), len(new))
    old += [(" ", "")] * (width - len(old))
    new += [(" ", "")] * (width - len(new))
    painted = {x + n for x, length in changed(before, after) for n in range(length)}
    assert all(old[x] == new[x] for x in range(width) if x not in painted)


def test_two_changes_far_apart_are_painted_apart() -> None:
    before: Line = (("12", "v"), (" a long text between ", ""), ("34", "v"))
    after: Line = (("13", "v"), (" a long text between ", ""), ("35", "v"))
    assert changed(before, after) == [(0, 2), (23, 2)]
    near: Line = (("12", "v"), (" ", ""), ("34", "v"))
    assert changed(near, (("13", "v"), (" ", ""), ("35", "v"))) == [(0, 5)]


def test_a_path_loses_its_beginning() -> None:
    assert fit_label("report.plate.inner", 12) == "report…inner"
    assert fit_label("Internal TEC number 1", 12) == "Intern…ber 1"
    assert fit_label("short", 8) == "short   "


class OneLine(LinesWidget):
    DEFAULT_CSS = "OneLine { height: 1; }"


class Coloured(App[None]):
    def compose(self) -> ComposeResult:
        yield OneLine()


async def test_styles_are_worked_out_again_only_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: list[str] = []

    def counted(widget: Widget, words: str) -> Style:
        worked_out.append(words)
        return styled(widget, words)

    monkeypatch.setattr(lines, "styled", counted)
    app = Coloured()
    async with app.run_test(size=(40, 3)) as pilot:
        line = app.query_one(OneLine)

        def colours() -> list[str]:
            return [
                s.style.color.name
                for s in line.render_line(0)
                if s.text.strip() and s.style and s.style.color
            ]

        line.show_lines([(("1", "bold $primary"), (" plain", ""))])
        await pilot.pause()
        assert {"", "bold $primary"} <= set(worked_out)
        worked_out.clear()
        for number in range(5):
            line.show_lines([((str(number), "bold $primary"), (" plain", ""))])
            await pilot.pause()
        assert worked_out == []
        assert colours()[0] == app.current_theme.primary.lower()
        app.theme = "nord"
        await pilot.pause()
        assert colours()[0] == app.current_theme.primary.lower() == "#88c0d0"
        # A colour set at the widget above it, of which no style sheet knows.
        backgrounds = [list(line.render_line(0))[-1].style]
        app.screen.styles.background = "rgb(1,2,3)"
        await pilot.pause()
        backgrounds.append(list(line.render_line(0))[-1].style)
        assert [style.bgcolor.name for style in backgrounds if style and style.bgcolor][-1] == "#010203"


class Small(App[None]):
    """A line below another one that covers a part of it."""

    CSS = """
    Screen { layers: below above; }
    #below, #last { layer: below; width: 30; }
    #above { layer: above; width: 8; offset: 4 0; }
    """

    def get_default_screen(self) -> LeanScreen[None]:
        return LeanScreen()

    def compose(self) -> ComposeResult:
        yield OneLine(id="below")
        yield OneLine(id="above")
        yield OneLine(id="last")

    def on_mount(self) -> None:
        for line in self.query(OneLine):
            line.show_lines([(("left stays ", ""), ("温度", ""), (" right stays", ""))])


def compositor_of(app: App[None]) -> Compositor:
    """Return what puts the picture of a screen together."""
    return app.screen._compositor


def pieces(app: App[None], *regions: Region) -> list[tuple[int, int, str]]:
    """Return what is sent, as (y, x, text), once these regions have changed."""
    compositor = compositor_of(app)
    compositor._dirty_regions.update(regions)
    update = compositor.render_partial_update()
    if update is None:
        return []
    assert isinstance(update, CroppedUpdate)
    sent = re.split(r"\x1b\[(\d+);(\d+)H", re.sub(r"\x1b\[[\d;]*m", "", update.render_segments(app.console)))
    assert sent[0] == ""
    return [
        (int(y) - 1, int(x) - 1, text) for y, x, text in zip(sent[1::3], sent[2::3], sent[3::3], strict=True)
    ]


async def test_an_update_is_cropped_at_both_ends() -> None:
    app = Small()
    async with app.run_test(size=(40, 3)):
        pieces(app)  # the first picture
        assert pieces(app, Region(11, 1, 2, 1)) == [(1, 11, "温")]


REGIONS = st.builds(Region, st.integers(0, 39), st.integers(0, 3), st.integers(1, 12), st.integers(1, 4))


async def test_an_update_is_the_part_of_the_whole_picture_thatchanged() -> None:
    app = Small()
    async with app.run_test(size=(40, 3)):
        pieces(app)
        ours = compositor_of(app)
        theirs = Compositor._render_chops(ours, Region(0, 0, 40, 3), lambda _: True)
        whole = [Strip.join(line.values()).text for line in theirs]
        assert [strip.text for strip in ours.render_strips()] == whole
        assert whole[0].startswith("leftleft sta")

        @given(st.lists(REGIONS, max_size=4))
        def check(regions: list[Region]) -> None:
            sent: set[tuple[int, int]] = set()
            for y, x, text in pieces(app, *regions):
                width = cell_len(text)
                cells = {(n, y) for n in range(x, x + width)}
                assert not sent & cells
                sent |= cells
                # Half of a wide sign is sent as a space.
                assert text == Strip([Segment(whole[y])]).crop(x, x + width).text
            screen = Region(0, 0, 40, 3)
            assert sent == {
                (x, y)
                for x in range(40)
                for y in range(3)
                if any(region.contains(x, y) for region in regions) and screen.contains(x, y)
            }

        check()


async def test_what_is_beside_a_widget_that_is_being_removed_stays_in_its_place() -> None:
    app = Small()
    async with app.run_test(size=(40, 3)):
        before = drawn(app.screen)[0]
        # Until the next layout, Textual renders such a widget without its contents.
        above: Any = app.query_one("#above")
        above.render_lines = lambda crop: [Strip.blank(2)] * crop.height
        after = drawn(app.screen)[0]
        assert (after[:4], after[12:]) == (before[:4], before[12:])


async def test_what_went_is_painted_over_although_the_map_was_made_in_between() -> None:
    app = Small()
    async with app.run_test(size=(40, 3)):
        gone, compositor = app.query_one("#above"), app.screen._compositor
        pieces(app)
        gone.styles.display = "none"
        # A widget that is not in the picture changes, and a place is asked for: before the next layout.
        compositor.update_widgets({OneLine()})
        assert gone not in compositor.full_map
        assert (0, 0, "left stays 温度 right stays   ") in pieces(app)


async def test_only_widgets_with_changed_cells_are_rendered() -> None:
    app = Small()
    async with app.run_test(size=(40, 3)):
        pieces(app)
        rendered: list[str] = []
        for widget in (app.screen, *app.query("*")):

            def count(
                crop: Region, widget: Widget = widget, render: Any = widget.render_lines
            ) -> list[Strip]:
                rendered.append(widget.id or type(widget).__name__)
                strips: list[Strip] = render(crop)
                return strips

            widget.render_lines = count
        # The first and the last line: not what is between them, nor what another widget covers.
        pieces(app, Region(5, 0, 3, 1), Region(35, 2, 2, 1))
        assert rendered == ["above", "LeanScreen"]
        rendered.clear()
        pieces(app, Region(0, 0, 6, 1))
        assert rendered == ["above", "below"]
