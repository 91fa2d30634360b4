"""Decimal text in a leaf that has a unit is its number, live and in the record; other text is no value."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.records import MONO, UTC, message, write_record
from tests.unit.test_bulky import logged
from tests.unit.test_validity import contract_of
from xovac_tui.analysis.values import ChamberValues
from xovac_tui.api.contract import Contract
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.api.validity import Validity, number_of
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.expressions import parse, parse_condition
from xovac_tui.recording.disk.codec import Block, block_of
from xovac_tui.recording.disk.record import Record

CONTRACT = """
[messages.readings]
"ta" = { channel = "plate_a", unit = "degC", role = "controlled" }
"tb" = { channel = "plate_b", unit = "degC", valid = [-80, 200], invalid = ["OPEN", "99.99"] }
"p" = { channel = "pressure", unit = "mbar", role = "pressure", log = true }
"mode" = { role = "state", running = ["running"], idle = ["idle", "0"] }
"step" = { role = "step" }
"note" = { channel = "note" }
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("21.50", 21.5),
        (" 21.50 ", 21.5),
        ("\t-3\r\n", -3.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1.0E-04", 1e-4),
        ("1e+3", 1000.0),
        ("007", 7.0),
        ("-0", 0.0),
        ("1e-999", 0.0),
    ],
)
def test_decimal_text_is_its_number(text: str, number: float) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            ".",
            "-",
            "e3",
            "1e",
            "1e+",
            "21,50",
            "1,234.5",
            "1 000",
            "1_000",
            "0x1F",
            "1f",
            "1d3",
            "--5",
        ),
        *(
            "inf",
            "-Infinity",
            "nan",
            "1e999",
            "21.5 C",
            "21.5°C",
            "٢١",
            "２１",
            "²",
            "−5",
            "1.2.3",
            "1" * 65,
            "½",
        ),
    ],
)
def test_any_other_text_is_no_number(text: str) -> None:
    assert number_of(text) is None


class Bench:
    """A chamber that receives a message a second."""

    def __init__(self, contract: Contract) -> None:
        self.chamber = Chamber(contract)
        self.values = ChamberValues(self.chamber)
        self.now = MONO
        self.chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, MONO)

    def say(self, **leaves: Any) -> None:
        self.now += 1.0
        self.chamber.apply(message(self.now - MONO, json.dumps(leaves), name="readings"))
        self.values.at(UTC + self.now, self.now)

    def shown(self, name: str) -> tuple[float | None, str, Quality, str]:
        channel = self.chamber.snapshot(UTC + self.now, self.now).channel(name)
        assert channel is not None
        return channel.value, channel.text, channel.quality, channel.problem


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(contract_of(tmp_path, CONTRACT))


def test_what_a_device_says_as_text_is_measured(bench: Bench) -> None:
    bench.say(ta="21.50", tb=" 22 ", p="1.0E-04", step="2", mode="0", note="21.5")
    assert bench.shown("plate_a") == (21.5, "", Quality.GOOD, "")
    assert bench.shown("pressure") == (1e-4, "", Quality.GOOD, "")
    assert bench.shown("note") == (None, "21.5", Quality.GOOD, "")
    seen = bench.chamber.observe(UTC, bench.now)
    assert (seen.actual, seen.pressure, seen.step) == (21.5, 1e-4, 2)
    assert parse("plate_a - plate_b").quantity(bench.values)[0]
    assert parse_condition("plate_a < plate_b and pressure < 1e-3 mbar").true(bench.values) is True
    # A state is a word, whatever it looks like.
    assert bench.chamber.snapshot(UTC, bench.now).run.word == "0"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("21,50", '"21,50" has a comma, which could mean two things'),
        ("----", '"----" is not a decimal number'),
        ("", "it is empty text, and no number"),
        ("OPEN", '"OPEN" stands for no value'),
        ("99.99", '"99.99" stands for no value'),
        ("300.0", Validity(high=200.0).problem(300.0)),
        ("x" * 500, '"' + 40 * "x" + '" is not a decimal number'),
    ],
)
def test_other_text_is_no_value_and_says_why(bench: Bench, text: str, why: str) -> None:
    bench.say(tb=20.0)
    bench.say(tb=text)
    assert bench.shown("plate_b") == (None, "", Quality.BAD, why)
    assert parse_condition("plate_b > 0 degC").true(bench.values) is None


def test_a_condition_goes_on_after_a_placeholder(bench: Bench) -> None:
    """What came first must not decide that a number is text."""
    bench.say(ta="----")
    hot = parse_condition("plate_a > 21 degC")
    assert hot.true(bench.values) is None
    bench.say(ta="21.5")
    assert hot.true(bench.values) is True


def spell(value: Any, escaped: bool) -> str:
    """Return a value as JSON; text also with every character escaped."""
    if escaped and isinstance(value, str):
        return '"' + "".join(f"\\u{ord(sign):04x}" for sign in value) + '"'
    return json.dumps(value)


REPORTED = st.sampled_from(
    [
        "21.5",
        21.5,
        " 3 ",
        " 7 ",
        "21.5 C",
        "3 of 5",
        "1e3",
        "21,5",
        "OPEN",
        "",
        "null",
        None,
        True,
        False,
        'a\\"b',
        "99.99",
        500.0,
        "500",
        "1e999",
    ]
)


@examples(60)
@given(st.lists(st.tuples(REPORTED, REPORTED), min_size=1, max_size=12), st.booleans(), st.booleans())
@example([("1.5", "x"), ("1.5", "x"), ("2.5", "x")], False, False)
@example([(True, 1.5), (True, False)] * 3 + [(True, "x")] * 6, False, False)
@example([(" 1.5 ", " 4"), (" 2.5 ", " 5"), ("\t3.5", " 6")], False, False)
@example([(str(n / 10), str(n % 3)) for n in range(12)], False, False)
def test_live_and_record_agree(reported: list[tuple[Any, Any]], long: bool, escaped: bool) -> None:
    contract = _contract()
    chamber = Chamber(contract)
    texts = [
        f'{{"tb": {spell(one, escaped)}, "ta": {spell(other, escaped)}, "note": "{"x" * 60_000 * long}"}}'
        for one, other in reported
    ]
    events = [message(float(at), text, name="readings") for at, text in enumerate(texts)]
    live: dict[str, list[float | None]] = {"readings.ta": [], "readings.tb": []}
    for event in events:
        chamber.apply(event)
        for name, values in live.items():
            channel = chamber.find(name)
            assert channel is not None
            values.append(channel.value)
    block = Block.unpack(block_of(logged(*texts, name="readings")).pack())
    block.rules = contract.rules()
    samples = block.samples()
    for name, values in live.items():
        found: list[float | None] = [None] * len(events)
        if (series := samples.get(name)) is not None:
            for place, value in zip(series.places, series.values, strict=True):
                found[place] = None if math.isnan(value) else value
        assert found == values
    printed: dict[str, list[str]] = {name: [""] * len(events) for name in live}
    for places, names, columns in block.rows():
        for name, column in zip(names, columns, strict=True):
            for place, text in zip(places, column, strict=True):
                printed.setdefault(name, [""] * len(events))[place] = text
    for name, values in live.items():
        assert [float(text) if text else None for text in printed[name]] == values


def _contract() -> Contract:
    with tempfile.TemporaryDirectory() as folder:
        return contract_of(Path(folder), CONTRACT)


def test_the_record_has_the_column_and_the_events_as_they_came(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, CONTRACT)
    things = [
        message(
            float(at),
            json.dumps({"ta": f"{21.5 + at / 100:.2f}", "tb": "21,50", "p": "1.0E-04"}),
            name="readings",
        )
        for at in range(700)
    ]
    path = write_record(tmp_path / "r.sqlite3", things, rules=contract.rules(), channels={})
    with Record(path) as record:
        assert [channel.name for channel in record.channels()] == ["readings.ta", "readings.p"]
        event = record.get(3)
        assert event is not None
        assert event.raw == '{"ta": "21.53", "tb": "21,50", "p": "1.0E-04"}'
    with Record(path) as record:
        block = next(iter(record.blocks(UTC, UTC + 1))).block
    found: dict[str, dict[int, str]] = {}
    for places, names, columns in block.rows():
        for name, column in zip(names, columns, strict=True):
            found.setdefault(name, {}).update(zip(places, column, strict=True))
    assert [found["readings.ta"][place] for place in (0, 1, 130)] == ["21.50", "21.51", "22.80"]
    assert set(found["readings.p"].values()) == {"1.0E-04"}
    assert set(found["readings.tb"].values()) == {""}


def test_text_with_spaces_around_its_number_is_text_where_no_unit_is_named() -> None:
    """The number in it looks like one of JSON, and must not become a sample of a channel of text."""
    block = block_of(logged(*(f'{{"w": " {n} ", "m": "step {n} of 5"}}' for n in range(20)), name="readings"))
    assert block.samples() == {}
    assert [names for _, names, _ in block.rows()] == [[]]


def test_a_simulators_contract_names_no_words_as_numbers() -> None:
    rules = load_contract((), simulator=True).rules()
    assert rules["chamber_state.part"].numeric
    assert "chamber_state.mode" not in rules
