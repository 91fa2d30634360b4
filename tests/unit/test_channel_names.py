"""Two channels never share a shown name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.records import MONO, UTC, message
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.names import shown_names

PARTS = st.sampled_from(["a", "B", "plate", "0", "1", '"x.y"', "t"])
FULL = st.lists(PARTS, min_size=1, max_size=4).map(".".join)
GIVEN = st.dictionaries(
    FULL, st.sampled_from(["", "Plate", "plate", "a", "0", "plate.0", "Part A"]), max_size=12
)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"s.plate.A": "", "s.p": ""}, ["A", "p"]),
        ({"s.plate.A": "", "s.shroud.A": ""}, ["plate.A", "shroud.A"]),
        ({"s.r.0.ta": "", "s.r.1.ta": ""}, ["0.ta", "1.ta"]),
        ({"s.r.0": "", "s.r.1": ""}, ["r.0", "r.1"]),
        ({"s.a": "Plate", "t.a": "Plate"}, ["s.a", "t.a"]),
        ({"s.a": "Plate", "s.b": "plate", "s.c": "Shroud"}, ["a", "b", "Shroud"]),
        ({"s.p": "", "t.p": "p"}, ["s.p", "p"]),
        ({'m."a.b"': "", "m.a.b": ""}, ['"a.b"', "b"]),
        ({"beat": ""}, ["beat"]),
    ],
)
def test_the_shortest_tail_that_no_other_channel_has(given: dict[str, str], shown: list[str]) -> None:
    assert list(shown_names(given).values()) == shown


@given(GIVEN)
def test_no_two_channels_are_called_the_same(given: dict[str, str]) -> None:
    folded: dict[str, str] = {}
    for full, name in given.items():
        # Full names that differ in case only are two channels, too, but no device sends them.
        if full.casefold() not in {one.casefold() for one in folded}:
            folded[full] = name
    shown = shown_names(folded)
    assert len({name.casefold() for name in shown.values()}) == len(folded)
    for full, name in shown.items():
        assert name == folded[full] or full == name or full.endswith(f".{name}")


def test_a_name_becomes_longer_when_another_channel_ends_alike() -> None:
    chamber = Chamber(load_contract(()))
    chamber.apply(message(0.0, '{"plate": {"A": 1.0}}'))
    assert [one.label for one in chamber.snapshot(UTC, MONO).channels] == ["A"]
    chamber.apply(message(1.0, '{"plate": {"A": 1.0}, "shroud": {"A": 2.0}}'))
    channels = chamber.snapshot(UTC, MONO + 1).channels
    assert [one.label for one in channels] == ["plate.A", "shroud.A"]
    assert [one.name for one in channels] == ["sensor_data.plate.A", "sensor_data.shroud.A"]
