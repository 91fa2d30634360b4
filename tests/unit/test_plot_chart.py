"""The whole chart in cells, at any size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.helpers.examples import examples
from xovac_tui.chamber.history import History
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.plot.cells import Picture, Tone, changes
from xovac_tui.plot.chart import Layout
from xovac_tui.runs.hold import PlacedHold
from xovac_tui.ui.widgets.trend_model import TrendModel, TrendSeries
from xovac_tui.ui.widgets.trend_view import View, assign, profile

ORIGIN = 50_000.0
"""Monotonic time of the first sample."""
UTC = 1_750_000_000.0 - ORIGIN
"""UTC minus monotonic time."""


class Bench:
    """A ramp, a shroud ahead of it, and a pump-down, at 1 Hz, silent from 400 s to 460 s."""

    def __init__(self) -> None:
        self.part, self.shroud, self.pressure = History(), History(), History()
        self.now = ORIGIN

    def run(self, seconds: int) -> Bench:
        for _ in range(seconds):
            self.now += 1
            since = self.now - ORIGIN
            if 400 <= since < 460:
                continue
            self.part.add(self.now, 20 + since / 30)
            self.shroud.add(self.now, 20 + since / 20)
            self.pressure.add(self.now, max(1e-4, 1013 * math.exp(-since / 100)))
        return self

    def model(self, window: float | None = 600.0) -> TrendModel:
        return TrendModel(
            now_mono=self.now,
            now_utc=UTC + self.now,
            series=(
                TrendSeries("part", "Test part", "degC", False, self.part, 0),
                TrendSeries("shroud", "Shroud", "degC", False, self.shroud, 1),
                TrendSeries("p", "Pressure", "mbar", True, self.pressure, 2),
            ),
            marks=(
                Mark(ORIGIN + 300, 0, "step", "step 2"),
                Mark(ORIGIN + 350, 0, "note", "looked"),
                Mark(ORIGIN + 400, 0, "lost", "gone"),
                Mark(ORIGIN + 450, 0, "alarm", "too hot"),
            ),
            planned=((ORIGIN, 20.0), (ORIGIN + 600, 50.0)),
            window=window,
            utc=True,
        )


def text(picture: Picture) -> str:
    return "\n".join(row.text for row in picture)


def cells_of(picture: Picture, series: int) -> set[int]:
    """Return the columns in which the plot shows a series."""
    return {
        x
        for row in picture[1:-2]
        for x, tone in enumerate(row.tones)
        if tone == Tone.SERIES + series and ord(row.text[x]) >= 0x2800
    }


def test_axes_units_marks_and_legend_are_there() -> None:
    shown = text(View().picture(Bench().run(590).model(), 118, 20))
    for wanted in (
        "°C └",
        "┘ mbar",
        "┤",
        "├ 1e+03",
        "▲",
        "◆",
        "◈",
        "▏",
        "1━ Test part",
        "2━ Shroud",
        "3━ Pressure",
        "┄ plan",
    ):
        assert wanted in shown, wanted


def test_a_gap_stays_a_gap_in_every_series() -> None:
    view = View()
    picture = view.picture(Bench().run(590).model(), 118, 20)
    assert view.layout is not None
    x = view.layout.plot_x
    first, last = view.span.column(ORIGIN + 402), view.span.column(ORIGIN + 456)
    assert last - first >= 8
    for series in range(3):
        columns = cells_of(picture, series)
        assert not columns & set(range(x + first + 1, x + last))
        assert columns & set(range(x + first - 3, x + first + 1))
        assert columns & set(range(x + last, x + last + 4))


def labels(picture: Picture, layout: Layout) -> list[str]:
    """Return what the axes of a picture say, row by row."""
    end = layout.plot_x + layout.plot_width
    return [row.text[: layout.plot_x] + row.text[end:] for row in picture]


def test_between_two_moves_only_the_newest_columns_change() -> None:
    bench, view = Bench().run(520), View()
    steady = 0
    before = view.picture(bench.model(), 118, 20)
    for _ in range(60):
        span = view.span
        bench.run(1)
        after = view.picture(bench.model(), 118, 20)
        assert view.layout is not None
        if view.span == span and labels(before, view.layout) == labels(after, view.layout):
            newest = view.layout.plot_x + span.column(bench.now)
            for change in changes(before, after):
                assert newest - 3 <= change.start < change.end <= newest + 4
            steady += 1
        before = after
    assert steady >= 45


def test_the_window_moves_by_whole_cells_and_keeps_its_cells() -> None:
    bench, view = Bench().run(100), View()
    firsts = []
    for _ in range(150):
        view.picture(bench.run(1).model(), 118, 20)
        firsts.append(view.span.first)
        assert view.layout is not None
        assert 0 <= view.span.column(bench.now) < view.layout.plot_width - 1
    assert 1 < len(set(firsts)) <= 150 / 15


def test_lines_that_end_together_keep_their_numbers() -> None:
    history = History()
    for second in range(120):
        history.add(ORIGIN + second, 20.0)
    series = tuple(TrendSeries(str(n), f"Plate {n}", "degC", False, history, n) for n in range(4))
    picture = View().picture(TrendModel(ORIGIN + 120, UTC, series), 118, 20)
    assert set("1234") <= set("".join(row.text[100:] for row in picture[:17]))


def test_without_colour_the_tolerance_of_a_hold_is_drawn_with_signs_between_the_lines() -> None:
    bench = Bench().run(600)
    hold = PlacedHold(ORIGIN + 100, ORIGIN + 300, 27.0, 6.0)
    model = structs.replace(bench.model(), holds=(hold,), controlled="part")
    coloured, plain = View(), View()
    plain.fill = True
    pairs = [
        (one, other)
        for row, signed in zip(coloured.picture(model, 80, 14), plain.picture(model, 80, 14), strict=True)
        for one, other in zip(row.text, signed.text, strict=True)
        if one != other
    ]
    assert set(pairs) == {(" ", "▒")}
    assert len(pairs) > 40


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("fill", [False, True])
def test_a_band_is_one_piece_with_the_line_in_it(ascii_only: bool, fill: bool) -> None:
    bench = Bench().run(600)
    hold = PlacedHold(ORIGIN + 100, ORIGIN + 300, 27.0, 6.0)
    model = structs.replace(bench.model(), holds=(hold,), controlled="part")
    view = View(ascii_only=ascii_only)
    view.fill = fill
    rows = [[bool(tone & Tone.BAND) for tone in row.tones] for row in view.picture(model, 80, 14)[1:-2]]
    banded = [row for row in rows if any(row)]
    assert 1 <= len(banded) < len(rows)
    first, last = banded[0].index(True), 79 - banded[0][::-1].index(True)
    assert last - first > 20
    for row in banded:
        assert all(row[first : last + 1]), "also behind lines and signs"
        assert not any(row[:first] + row[last + 1 :])


def test_the_tolerance_is_in_the_legend_before_what_counts() -> None:
    bench = Bench().run(600)
    hold = PlacedHold(ORIGIN + 100, ORIGIN + 300, 27.0, 6.0)
    series = bench.model().series[::2]
    model = structs.replace(bench.model(), series=series, holds=(hold,), controlled="part")
    for width, counts in ((80, False), (118, True)):
        head = View().picture(model, width, 14)[0].text
        assert "plan" in head
        assert "band ±6 K" in head
        assert ("counts" in head) is counts


def test_no_data_yet() -> None:
    model = TrendModel(0.0, UTC, (TrendSeries("a", "A", "degC", False, History(), 0),))
    assert "No data yet" in text(View().picture(model, 60, 12))
    assert "No data yet" in text(View().picture(TrendModel(0.0, UTC), 60, 12))


@examples(60)
@given(width=st.integers(1, 300), height=st.integers(1, 60), ascii_only=st.booleans(), cursor=st.booleans())
def test_every_size_gives_a_picture_of_that_size(
    width: int, height: int, ascii_only: bool, cursor: bool
) -> None:
    model = BENCH.model()
    view = View(ascii_only=ascii_only, inline=True)
    view.picture(model, width, height)
    if cursor:
        view.move(model, -1)
    picture = view.picture(model, width, height)
    assert len(picture) == height
    assert all(len(row.text) == len(row.tones) == width for row in picture)
    assert not ascii_only or text(picture).isascii()


BENCH = Bench().run(590)


def test_narrow_and_low_charts_drop_axes_then_times_then_the_rule() -> None:
    model = BENCH.model()
    assert "1e+0" not in text(View().picture(model, 30, 12))
    assert "┤" in text(View().picture(model, 30, 12))
    assert "┤" not in text(View().picture(model, 16, 12))
    low = text(View().picture(model, 118, 6))
    assert "Test part" in low
    assert ":" in low
    assert "Test part" in text(View().picture(model, 118, 4))
    assert ":" not in text(View().picture(model, 118, 4))
    assert "Test part" not in text(View().picture(model, 118, 3))


def test_without_colour_the_lines_carry_their_numbers() -> None:
    plain = View(inline=True).picture(BENCH.model(), 118, 20)
    assert sum(row.text[7:-10].count("2") for row in plain[1:-2]) >= 3


def test_cursor_reads_time_and_values_and_the_gap() -> None:
    view, model = View(), BENCH.model()
    view.picture(model, 118, 20)
    view.move(model, -1)
    shown = text(view.picture(model, 118, 20))
    assert "Test part +39.5" in shown
    assert "│" in shown
    view.cursor = ORIGIN + 430
    shown = text(view.picture(model, 118, 20))
    assert "Test part no data" in shown
    assert "planned" not in shown


def test_cursor_walks_into_the_past_and_escape_of_the_live_edge_is_reported() -> None:
    bench = Bench().run(3000)
    view, model = View(), bench.model()
    view.picture(model, 40, 12)
    for _ in range(75):
        view.move(model, -1)
        view.picture(model, 40, 12)
    assert view.held is not None
    assert "the past" in view.title(model)
    assert view.layout is not None
    assert view.cursor is not None
    assert 0 <= view.span.column(view.cursor) < view.layout.plot_width
    for _ in range(80):
        view.move(model, 1)
        view.picture(model, 40, 12)
    assert view.held is None


def test_a_cursor_that_time_leaves_behind_holds_the_picture() -> None:
    bench, view = Bench().run(600), View()
    view.picture(bench.model(), 80, 12)
    view.jump(bench.model(), newest=False)
    view.picture(bench.model(), 80, 12)
    assert view.held is None
    view.picture(bench.run(300).model(), 80, 12)
    assert view.held is not None
    assert view.cursor is not None
    assert view.span.column(view.cursor) >= 0


def test_zoom_and_windows() -> None:
    view, model = View(), BENCH.model()
    view.zoom(model, 1)
    assert view.window == 300
    view.zoom(model, -1)
    view.zoom(model, -1)
    assert view.window == 1200
    view.walk(1)
    assert view.window == 3600
    view.walk(-1)
    assert view.window == 600
    view.walk(-1)
    assert view.window is None
    assert view.seconds(model) == 600
    assert "all (10 min)" in view.title(model)


def test_the_models_window_counts_when_it_changes() -> None:
    view = View()
    view.take(BENCH.model(3600.0))
    assert view.window == 3600
    view.walk(1)
    view.take(BENCH.model(3600.0))
    assert view.window == 21600
    view.take(BENCH.model(600.0))
    assert view.window == 600


def test_axes_hold_one_unit_each_and_the_rest_is_said() -> None:
    def one(unit: str, log: bool = False) -> TrendSeries:
        return TrendSeries(unit, unit, unit, log, History(), 0)

    axes = assign((one("degC"), one("%"), one("mbar", True), one("degC")))
    assert [series.unit for series in axes.left] == ["degC", "degC"]
    assert [series.unit for series in axes.right] == ["mbar"]
    assert [series.unit for series in axes.none] == ["%"]
    assert [series.unit for series in assign((one("degC"), one("%"))).right] == ["%"]
    model = TrendModel(0.0, UTC, (one("degC"), one("%"), one("mbar", True)))
    assert "% (%: no axis for it)" in text(View().picture(model, 118, 20))


def test_profile_is_interpolated_and_ends() -> None:
    values = profile([(10, 0.0), (20, 10.0), (20, 50.0), (30, 50.0)], 5, 5, 6)
    assert math.isnan(values[0])
    assert values[1:5] == pytest.approx([2.5, 7.5, 50, 50])
    assert math.isnan(values[5])


def test_untrusted_labels_cannot_break_the_cells() -> None:
    history = History()
    history.add(1.0, 5.0)
    label = "[red]\x1b[31m板板\n" + "x" * 500
    model = TrendModel(2.0, UTC, (TrendSeries("a", label, "\x1b]0;", False, history, 11),))
    for height in (6, 20):
        picture = View().picture(model, 60, height)
        assert all(len(row.text) == 60 and row.text.isprintable() for row in picture)
