"""Only the cells that changed are painted, and only they are sent."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.app import App, ComposeResult
from textual.geometry import Region

from xovac_tui.ui.terminal.cropped import CroppedUpdate
from xovac_tui.ui.widgets.lines import Line, LinesWidget, _changed, fit_label

TEXTS = st.sampled_from(["", "a", "bb", "温", "longer than eight"])
SPANS = st.lists(st.tuples(TEXTS, st.sampled_from("xy"))).map(tuple)


def cells(line: Line) -> list[tuple[str, str]]:
    """Return a line cell by cell; a wide sign is in both of its cells."""
    return [(char, style) for text, style in line for char in text for _ in range(cell_len(char))]


@given(SPANS, SPANS)
def test_what_is_not_painted_again_is_as_it_was(before: Line, after: Line) -> None:
    old, new = cells(before), cells(after)
    width = max(len(old), len(new))
    old += [(" ", "")] * (width - len(old))
    new += [(" ", "")] * (width - len(new))
    painted = {x + n for x, length in _changed(before, after) for n in range(length)}
    assert all(old[x] == new[x] for x in range(width) if x not in painted)


def test_two_changes_far_apart_are_painted_apart() -> None:
    before: Line = (("12", "v"), (" a long text between ", ""), ("34", "v"))
    after: Line = (("13", "v"), (" a long text between ", ""), ("35", "v"))
    assert _changed(before, after) == [(0, 2), (23, 2)]
    near: Line = (("12", "v"), (" ", ""), ("34", "v"))
    assert _changed(near, (("13", "v"), (" ", ""), ("35", "v"))) == [(0, 5)]


def test_a_path_loses_its_beginning() -> None:
    assert fit_label("report.plate.inner", 12) == "report…inner"
    assert fit_label("Internal TEC number 1", 12) == "Intern…ber 1"
    assert fit_label("short", 8) == "short   "


class OneLine(LinesWidget):
    DEFAULT_CSS = "OneLine { height: 1; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = set()


class TwoColours(LinesWidget):
    DEFAULT_CSS = """
    TwoColours { height: 1; }
    TwoColours .a { color: rgb(255,0,0); }
    TwoColours.-other .a { color: rgb(0,255,0); }
    """
    worked_out = 0

    def _style_of(self, name: str) -> Style:
        self.worked_out += 1
        return super()._style_of(name)


class Coloured(App[None]):
    def compose(self) -> ComposeResult:
        yield TwoColours()


async def test_styles_are_worked_out_again_only_when_they_change() -> None:
    app = Coloured()
    async with app.run_test(size=(40, 3)) as pilot:
        line = app.query_one(TwoColours)

        def colours() -> list[str]:
            return [
                s.style.color.name
                for s in line.render_line(0)
                if s.text.strip() and s.style and s.style.color
            ]

        line.show_lines([(("1", "a"), (" plain", ""))])
        await pilot.pause()
        before = line.worked_out
        for number in range(5):
            line.show_lines([((str(number), "a"), (" plain", ""))])
            await pilot.pause()
        assert line.worked_out == before
        assert colours()[0] == "#ff0000"
        line.add_class("-other")
        await pilot.pause()
        assert colours()[0] == "#00ff00"
        # A colour set at the widget above it, of which no style sheet knows.
        backgrounds = [line.render_line(0)._segments[-1].style]
        app.screen.styles.background = "rgb(1,2,3)"
        await pilot.pause()
        backgrounds.append(line.render_line(0)._segments[-1].style)
        assert [style.bgcolor.name for style in backgrounds if style and style.bgcolor][-1] == "#010203"


class Small(App[None]):
    def compose(self) -> ComposeResult:
        yield OneLine()


async def test_an_update_is_cropped_at_both_ends() -> None:
    app = Small()
    async with app.run_test(size=(40, 3)) as pilot:
        line = app.query_one(OneLine)
        line.show_lines([(("left stays ", ""), ("12", ""), (" right stays", ""))])
        await pilot.pause()
        line.show_lines([(("left stays ", ""), ("13", ""), (" right stays", ""))])
        await pilot.pause()
        compositor = app.screen._compositor
        compositor._dirty_regions.add(Region(11, 0, 2, 1))
        update = compositor.render_partial_update()
        assert isinstance(update, ChopsUpdate)
        theirs = update.render_segments(app.console)
        ours = CroppedUpdate(update).render_segments(app.console)
        assert "left stays" in theirs
        assert "13" in ours
        assert "stays" not in ours
        assert "\x1b[1;12H" in ours
