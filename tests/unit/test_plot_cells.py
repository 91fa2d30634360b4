"""Dots, sparklines and the differences between pictures."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.plot.cells import CellCanvas, CellSpan, Picture, Tone, changes, narrow
from xovac_tui.plot.raster import Raster, joined, strokes
from xovac_tui.plot.scale import Scale
from xovac_tui.plot.sparkline import sparkline

NAN = math.nan
PERCENT = Scale(0, 100, False, 20)
value = st.one_of(st.floats(0, 100), st.just(NAN))


def picture(raster: Raster) -> Picture:
    canvas = CellCanvas(raster.width, raster.height)
    raster.paste(canvas, 0, 0)
    return canvas.picture()


def text(raster: Raster) -> list[str]:
    return [row.text for row in picture(raster)]


def test_low_and_high_fill_a_dot_column() -> None:
    raster = Raster(2, 2)
    raster.line([0, NAN, NAN, 100], [100, NAN, NAN, 100], PERCENT, 0, 0)
    assert text(raster) == ["⡇⠈", "⡇ "]


def test_neighbours_are_joined_and_gaps_are_not() -> None:
    raster = Raster(2, 2)
    raster.line([0, 100, NAN, 0], [0, 100, NAN, 0], PERCENT, 0, 0)
    assert text(raster) == ["⢸ ", "⡇⢀"]


@given(st.lists(value, min_size=2, max_size=40), st.integers(1, 12))
def test_a_line_has_no_hole_and_a_gap_has_no_dot(values: list[float], height: int) -> None:
    drawn = joined(strokes(values, values, PERCENT, height * 4))
    for one, stroke in zip(values, drawn, strict=True):
        assert (stroke is None) == math.isnan(one)
        if stroke is not None:
            assert stroke[0] <= PERCENT.row(one, height * 4) <= stroke[1]
    for before, after in pairwise(drawn):
        if before is not None and after is not None:
            assert after[0] <= before[1] + 1
            assert before[0] <= after[1] + 1


@given(st.lists(value, min_size=2, max_size=40), st.booleans())
def test_empty_columns_stay_empty_cells(values: list[float], ascii_only: bool) -> None:
    across = 1 if ascii_only else 2
    dots = [one for one in values for _ in range(across)]
    raster = Raster(len(values), 5, ascii_only)
    raster.line(dots, dots, PERCENT, 0, 0)
    rows = text(raster)
    for column, one in enumerate(values):
        assert all(row[column] == " " for row in rows) == math.isnan(one)


def test_values_outside_go_to_the_edge() -> None:
    raster = Raster(1, 1)
    raster.line([-50, 200], [-50, 200], Scale(0, 100, False, 20), 0, 0)
    assert text(raster) == ["⡜"]


def test_a_log_scale_cannot_show_zero() -> None:
    assert strokes([0, 1e-3], [0, 1e-3], Scale(1e-4, 1e3, True), 40) == [None, (33, 33)]
    assert strokes([0.0], [1e3], Scale(1e-4, 1e3, True), 40) == [(0, 39)]


def test_shared_cells_have_the_colour_of_the_first_series_and_all_dots() -> None:
    raster = Raster(1, 1)
    raster.line([0, 0], [0, 0], PERCENT, 5, 1)
    raster.line([100, 100], [100, 100], PERCENT, 2, 0)
    (row,) = picture(raster)
    assert row.text == "⣉"
    assert row.tones[0] == Tone.SERIES + 2


def test_ascii_series_have_their_own_signs() -> None:
    raster = Raster(4, 3, True)
    raster.line([0] * 4, [0] * 4, PERCENT, 0, 0)
    raster.line([50] * 4, [50] * 4, PERCENT, 1, 1)
    raster.dotted([100] * 4, PERCENT, 1)
    assert text(raster) == [" . .", "oooo", "****"]
    assert all(line.isascii() for line in text(raster))


def test_planned_dots_keep_their_places_when_the_window_moves() -> None:
    first, second = Raster(10, 1), Raster(10, 1)
    first.dotted([50] * 20, PERCENT, 6)
    second.dotted([50] * 20, PERCENT, 8)
    assert text(first) == text(second)
    second = Raster(10, 1)
    second.dotted([50] * 20, PERCENT, 7)
    assert text(first) != text(second)


def test_changes_are_found_and_near_ones_taken_together() -> None:
    old, new = CellCanvas(60, 3), CellCanvas(60, 3)
    new.put(5, 1, "a", Tone.AXIS)
    new.put(9, 1, "b", Tone.AXIS)
    new.put(50, 1, "c", Tone.AXIS)
    assert list(changes(old.picture(), new.picture())) == [CellSpan(1, 5, 10), CellSpan(1, 50, 51)]
    assert list(changes(new.picture(), new.picture())) == []


def test_a_canvas_cuts_what_falls_outside() -> None:
    canvas = CellCanvas(4, 1)
    canvas.put(-2, 0, "abcd", Tone.LABEL)
    canvas.put(3, 0, "xyz", Tone.LABEL)
    canvas.put(0, 7, "no", Tone.LABEL)
    assert canvas.picture()[0].text == "cd x"


def test_narrow_text_is_one_cell_a_character() -> None:
    assert narrow("Plate 板\u0301 \x1b[31m\u200b") == "Plate ? [31m"
    assert narrow("−18.4 °C") == "−18.4 °C"


def test_sparkline() -> None:
    # Nothing higher: rows above each other would grow together.
    assert sparkline([0, 1, 2, 3, 4, 5], 6) == "▁▂▃▄▅▆"
    assert sparkline([1, NAN, 1], 5) == "··▁·▁"
    assert sparkline([], 3) == "···"
    assert sparkline([1, 2, 3], 2) == "▁▆"
    assert sparkline([1, 2], 0) == ""
    assert sparkline([20.0, 20.01], 2, least=2.0) in ("▃▄", "▄▄", "▃▃")
    assert sparkline([1e-4, 1e-2, 1e0], 3, log=True)[1] in "▃▄"
    assert sparkline([0, NAN, 7], 3, ascii=True) == "_ *"


@given(st.lists(st.floats(), max_size=30), st.integers(0, 30), st.booleans(), st.booleans())
def test_sparkline_takes_anything(values: list[float], width: int, ascii_only: bool, log: bool) -> None:
    line = sparkline(values, width, ascii_only, log=log)
    assert len(line) == width
    assert not ascii_only or line.isascii()
