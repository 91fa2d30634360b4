"""Names of readings: whole where room can be made, and different ones never the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.examples import examples
from tests.unit.test_screen_words import view
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.ui.glyphs import UNICODE
from xovac_tui.ui.screens.status.reading_lines import Columns, labels_of, pinned_line, reading_line
from xovac_tui.ui.widgets.lines import distinct_labels

THIRD = (78 - 2) // 3
"""Cells of a reading in three columns at 80 columns."""


def line(label: str, columns: Columns, **changes: object) -> str:
    channel = view(label=label, unit="degC", value=28.9, **changes)
    return "".join(text for text, _ in reading_line(channel, columns, UNICODE, "", chosen=False))


@pytest.mark.parametrize(
    ("label", "change"), [("Plate A", "−0.61"), ("Internal TEC 1", "↘"), ("Radiator north 1", "+28.9")]
)
def test_a_name_of_usual_length_is_whole_in_three_columns(label: str, change: str) -> None:
    columns = Columns.for_width(THIRD, "degC", len(label))
    said = line(label, columns, per_minute=-0.61)
    assert label in said
    assert "+28.9" in said
    assert said.endswith(change)
    assert cell_len(said) == THIRD


@pytest.mark.parametrize("label", ["Plate A", "Internal TEC 1", "Radiator north 1"])
def test_an_age_and_a_unit_of_its_own_take_room_of_the_name_never_of_the_value(label: str) -> None:
    columns = Columns.for_width(THIRD, "degC", len(label))
    old = line(label, columns, quality=Quality.STALE, overdue=True, age=3900.0)
    assert "+28.9" in old
    assert old.endswith("1h05m")
    channel = view(label=label, unit="mbar", value=3.1e-5, log=True)
    own = "".join(text for text, _ in reading_line(channel, columns, UNICODE, "", chosen=False))
    assert own.endswith("3.1e-05 mbar")
    assert {cell_len(old), cell_len(own)} == {THIRD}


def test_a_word_leaves_its_room_to_the_name() -> None:
    channel = view(label="Vacuum pump valve", unit="", value=1.0, is_bool=True, text="")
    columns = Columns.for_width(THIRD, "degC", 10)
    said = "".join(text for text, _ in reading_line(channel, columns, UNICODE, "", chosen=False))
    assert "Vacuum pump valve" in said
    assert cell_len(said) == THIRD


@pytest.mark.parametrize(
    "labels",
    [
        ("Sensor inner north plate", "Sensor outer north plate", "Sensor outer south plate"),
        tuple(f"report.some.long.path{n}.with.more" for n in range(12)),
        ("Internal TEC number 1", "Internal TEC number 2", "External TEC number 1", "Plate"),
    ],
)
@pytest.mark.parametrize("width", [9, 14])
def test_different_names_stay_different(labels: tuple[str, ...], width: int) -> None:
    cut = distinct_labels(labels, width)
    assert len(set(cut.values())) == len(labels)
    assert {cell_len(one) for one in cut.values()} == {width}
    channels = [view(label=one) for one in labels]
    assert labels_of(channels, UNICODE) == labels
    pinned = "".join(text for text, _ in pinned_line(channels[:3], 3, 200, UNICODE, "a", None))
    assert all(distinct_labels(labels[:3], 16)[one].rstrip() in pinned for one in labels[:3])


@given(st.lists(st.text(alphabet="ab温 .", min_size=1, max_size=20), unique=True), st.integers(5, 24))
@examples(60)
@example(["温", "温 "], 5)
def test_a_cut_name_is_as_wide_as_asked_and_a_short_one_whole(labels: list[str], width: int) -> None:
    for label, cut in distinct_labels(tuple(labels), width).items():
        assert cell_len(cut) == width
        if cell_len(label) <= width:
            assert cut.startswith(label)
