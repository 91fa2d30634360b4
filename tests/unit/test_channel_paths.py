"""A key with a dot and a nested key are two channels: in model, record, export and contract files."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.records import MONO, UTC, message, write_record
from tests.unit.test_record_tables import as_csv, whole
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.api.payload import decode, leaves
from xovac_tui.chamber.model import Chamber
from xovac_tui.recording.disk.codec import block_of
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.eventlog import EventLog

BOTH = '{"a.b": 1.5, "a": {"b": 2.5, "": 3.5}, "": 4.5, "q\\"": 5.5, "plain key": 6.5, "B": [7.5]}'
NAMES = {
    'm."a.b"': 1.5,
    "m.a.b": 2.5,
    'm.a.""': 3.5,
    'm.""': 4.5,
    'm."q\\""': 5.5,
    "m.plain key": 6.5,
    "m.B.0": 7.5,
}


def test_they_are_two_channels_of_the_model() -> None:
    chamber = Chamber(documented_contract())
    chamber.apply(message(0.0, BOTH, name="m"))
    channels = chamber.snapshot(UTC, MONO).channels
    assert {channel.full_name: channel.value for channel in channels} == NAMES


def test_they_are_two_columns_of_record_and_export(tmp_path: Path) -> None:
    log = EventLog()
    log.append(message(0.0, BOTH, name="m"))
    found = block_of(list(log.scan())).samples()
    assert {name: list(series.values) for name, series in found.items()} == {
        name: [value] for name, value in NAMES.items()
    }
    path = write_record(tmp_path / "r", [message(float(at), BOTH, name="m") for at in range(512)])
    with Record(path) as record:
        head, *rows = as_csv(record, whole(record))
        assert {one.name for one in record.channels()} >= set(NAMES)
    for name, value in NAMES.items():
        assert rows[0][head.index(name)] == str(value)


def test_a_contract_file_can_name_either(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        """
        [messages.m]
        '"a.b"' = { channel = "flat" }
        "a.b" = { channel = "nested" }
        """
    )
    chamber = Chamber(load_contract([path]))
    chamber.apply(message(0.0, BOTH, name="m"))
    flat, nested = chamber.find("flat"), chamber.find("nested")
    assert flat is not None
    assert nested is not None
    assert (flat.value, nested.value) == (1.5, 2.5)


keys = st.text(alphabet='ab."\\ ', max_size=4)
values = st.recursive(st.floats(0, 9), lambda inner: st.dictionaries(keys, inner, max_size=4), max_leaves=12)


@given(values)
def test_no_two_leaves_share_a_path(value: object) -> None:
    paths = [path for path, _ in leaves(value)]
    assert len(paths) == len(set(paths))


def test_ordinary_keys_keep_their_names() -> None:
    text = '{"plate": {"A": 1}, "list": [{"x-y z": 2}], "é": 3, "0": 4, "a\\\\b": 5}'
    assert [path for path, _ in leaves(decode(text).value)] == [
        "plate.A",
        "list.0.x-y z",
        "é",
        "0",
        "a\\b",
    ]
