"""The chart widget: what it repaints, what its keys do."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widget import Widget

from tests.helpers.console import drawn
from tests.unit.test_plot_chart import ORIGIN, Bench
from xovac_tui.config.themes import variable_defaults
from xovac_tui.plot.cells import SHADES, Tone
from xovac_tui.runs.hold import PlacedHold
from xovac_tui.ui.widgets.trend import TrendChart, TrendEdge


class ChartApp(App[None]):
    def __init__(self, bench: Bench, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.bench = bench
        self.chart = TrendChart(ascii_only=ascii_only)
        self.windows: list[float | None] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults(dark=True)

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.chart.focus()
        self.chart.show(self.bench.model())

    def on_trend_chart_window_changed(self, message: TrendChart.WindowChanged) -> None:
        self.windows.append(message.seconds)


def screen_text(app: App[Any]) -> str:
    """Return what is on the screen."""
    return "\n".join(drawn(app.screen))


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Widget, tuple[Region, ...]]]:
    """Record what the chart asks Textual to repaint."""
    calls: list[tuple[Widget, tuple[Region, ...]]] = []
    original = Widget.refresh

    def refresh(self: Widget, *regions: Region, **options: bool) -> Widget:
        if isinstance(self, TrendChart | TrendEdge):
            calls.append((self, regions))
        return original(self, *regions, **options)

    monkeypatch.setattr(Widget, "refresh", refresh)
    return calls


@pytest.mark.parametrize("size", [(118, 22), (80, 11), (40, 8), (20, 4), (300, 60)])
async def test_it_shows_at_any_size(size: tuple[int, int]) -> None:
    app = ChartApp(Bench().run(590))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "Trend" in text
        assert any(0x2800 < ord(char) < 0x2900 for char in text)
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert len(app.chart.picture[0].text) == 60
        assert "1━ Test part" in screen_text(app)


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("theme", ["textual-dark", "ansi-dark"])
async def test_the_tolerance_is_seen_behind_lines_too(theme: str, ascii_only: bool) -> None:
    app = ChartApp(Bench().run(590), ascii_only=ascii_only)
    async with app.run_test(size=(80, 14)) as pilot:
        app.theme = theme
        hold = PlacedHold(ORIGIN + 100, ORIGIN + 300, 27.0, 6.0)
        app.chart.show(replace(app.bench.model(), holds=(hold,), controlled="part", title="Held"))
        await pilot.pause()
        behind: set[object] = set()
        for y, row in enumerate(app.chart.picture):
            x = 0
            for segment in app.chart.cells(y, 0, 80):
                tone, style = row.tones[x], segment.style
                assert style is not None
                if tone & Tone.BAND and tone & ~SHADES >= Tone.SERIES:
                    behind.add(bool(style.underline) if app.current_theme.ansi else style.bgcolor)
                x += len(segment.text)
        plain = app.chart.rich_style.bgcolor
        assert behind
        assert plain not in behind
        assert behind == {True} or not app.current_theme.ansi


async def test_a_new_sample_repaints_a_few_cells_only(
    painted: list[tuple[Widget, tuple[Region, ...]]],
) -> None:
    app = ChartApp(Bench().run(520))
    async with app.run_test(size=(118, 22)) as pilot:
        await pilot.pause()
        cells = whole = 0
        for _ in range(60):
            painted.clear()
            app.chart.show(app.bench.run(1).model())
            await pilot.pause()
            for widget, regions in painted:
                whole += not regions
                cells += sum(region.area for region in regions)
                assert isinstance(widget, TrendEdge) or regions
        assert whole == 0
        # Some 15 samples a cell column, three moves of the window: the rest is the newest cells.
        assert cells < 60 * 60


async def test_nothing_new_repaints_nothing(painted: list[tuple[Widget, tuple[Region, ...]]]) -> None:
    app = ChartApp(Bench().run(520))
    async with app.run_test(size=(118, 22)) as pilot:
        await pilot.pause()
        painted.clear()
        model = app.bench.model()
        for tenth in range(8):
            app.chart.show(
                replace(model, now_mono=model.now_mono + tenth / 10, now_utc=model.now_utc + tenth / 10)
            )
        await pilot.pause()
        assert painted == []


async def test_the_screen_shows_what_the_picture_says() -> None:
    """Partial repaints of chart and right end add up to the whole."""
    app = ChartApp(Bench().run(400))
    async with app.run_test(size=(118, 22)) as pilot:
        for _ in range(40):
            app.chart.show(app.bench.run(7).model())
            await pilot.pause()
        assert screen_text(app).split("\n") == [row.text for row in app.chart.picture]


async def test_gaps_stay_gaps_on_the_screen() -> None:
    app = ChartApp(Bench().run(590))
    async with app.run_test(size=(118, 22)) as pilot:
        await pilot.pause()
        view, rows = app.chart.view, screen_text(app).split("\n")
        assert view.layout is not None
        middle = view.layout.plot_x + view.span.column(ORIGIN + 430)
        planned = {y for y, row in enumerate(app.chart.picture) if row.tones[middle] == Tone.PLANNED}
        # Below the rule.
        for y in range(1, 1 + view.layout.plot_height):
            if y not in planned:
                assert rows[y][middle] == " "


async def test_keys_walk_windows_zoom_and_move_the_cursor() -> None:
    app = ChartApp(Bench().run(590))
    async with app.run_test(size=(118, 22)) as pilot:
        await pilot.press("w", "w", "W", "plus", "minus")
        assert app.windows == [3600, 21600, 3600, 1800, 3600]
        assert "Trend 1 h" in screen_text(app)
        await pilot.press("left", "left")
        assert "Test part +3" in screen_text(app)
        await pilot.press("escape")
        assert app.chart.view.cursor is None
        assert "1━ Test part" in screen_text(app)


async def test_a_hidden_chart_catches_up_when_shown() -> None:
    app = ChartApp(Bench().run(590))
    async with app.run_test(size=(118, 22)) as pilot:
        app.chart.display = False
        await pilot.pause()
        before = app.chart.picture
        app.chart.show(app.bench.run(100).model())
        assert app.chart.picture is before
        app.chart.display = True
        await pilot.pause()
        assert app.chart.picture != before


async def test_ascii_uses_only_ascii() -> None:
    app = ChartApp(Bench().run(590), ascii_only=True)
    async with app.run_test(size=(118, 22)) as pilot:
        await pilot.press("left")
        assert screen_text(app).isascii()
        await pilot.press("escape")
        assert "* Test part" in screen_text(app)


async def test_markup_in_names_is_literal() -> None:
    app = ChartApp(Bench().run(100))
    async with app.run_test(size=(118, 9)) as pilot:
        model = app.bench.model()
        strange = replace(model.series[0], label="[b]x[/b]")
        app.chart.show(replace(model, series=(strange,)))
        await pilot.pause()
        assert "[b]x[/b]" in screen_text(app)


async def test_a_theme_change_recolours_the_chart() -> None:
    app = ChartApp(Bench().run(100))
    async with app.run_test(size=(80, 15)) as pilot:
        await pilot.pause()
        before = {segment.style for segment in app.chart.render_line(2)}
        app.theme = "textual-light"
        await pilot.pause()
        assert {segment.style for segment in app.chart.render_line(2)} != before
