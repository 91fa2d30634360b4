from __future__ import annotations

import csv
import io
import json
import math
import tempfile
from datetime import UTC as ZONE
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.helpers.records import MONO, UTC, message, write_record
from xovac_tui.api.event import Event, EventKind
from xovac_tui.api.payload import leaves
from xovac_tui.recording.disk.lists import find_span
from xovac_tui.recording.disk.record import Record, RecordedChannel
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.exports.parquet import write_parquet
from xovac_tui.recording.exports.parts import ExportPart, choose, columns_of, open_still, part_of
from xovac_tui.recording.exports.tables import cell, column_names, csv_chunks, sample_lines
from xovac_tui.text import writable


def whole(record: Record) -> ExportPart:
    return part_of(find_span(record, "all"), None, None, ZONE)


def as_csv(record: Record, part: ExportPart, *, labels: bool = False) -> list[list[str]]:
    text = "".join(csv_chunks(record, part, columns_of(record, part), labels=labels))
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def telemetry(seconds: int) -> list[Event]:
    return [
        message(n, json.dumps({"plate": {"A": 20 + n / 8, "B": -n}, "p": 1e-5, "ok": n % 2 == 0}))
        for n in range(seconds)
    ]


def test_a_row_a_message_a_column_a_channel(tmp_path: Path) -> None:
    events = telemetry(3)
    events.insert(2, message(1.5, '{"volts": 24.5}', name="supply"))
    events.append(message(3, "no JSON at all", name="greeting"))
    events.append(
        message(4, '{"result": "success", "code": 7}', name="cancel_recipe_ack", kind=EventKind.RESPONSE)
    )
    with open_still(write_record(tmp_path / "r", events)) as record:
        rows = as_csv(record, whole(record))
    plates = ["sensor_data.plate.A", "sensor_data.p", "sensor_data.plate.B", "sensor_data.ok"]
    assert rows == [
        ["time", "t_s", *plates, "supply.volts"],
        ["2026-09-21T14:13:20.000Z", "0.000", "20.0", "1e-05", "0", "1.0", ""],
        ["2026-09-21T14:13:21.000Z", "1.000", "20.125", "1e-05", "-1", "0.0", ""],
        ["2026-09-21T14:13:21.500Z", "1.500", "", "", "", "", "24.5"],
        ["2026-09-21T14:13:22.000Z", "2.000", "20.25", "1e-05", "-2", "1.0", ""],
    ]


def test_labels_with_units_stand_in_the_head_where_they_are_asked_for(tmp_path: Path) -> None:
    twice = {"sensor_data.plate.A": ("Plate", "degC"), "sensor_data.plate.B": ("Plate", "degC")}
    with open_still(write_record(tmp_path / "r", telemetry(2), channels=twice)) as record:
        head = as_csv(record, whole(record), labels=True)[0]
    assert head[2:4] == ["Plate [degC] (sensor_data.plate.A)", "Plate [degC] (sensor_data.plate.B)"]
    with open_still(write_record(tmp_path / "r2", telemetry(2))) as record:
        assert as_csv(record, whole(record), labels=True)[0][2:4] == ["Plate A [degC]", "Pressure [mbar]"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("@x", "'@x"),
        ("-cmd|'/c calc'!A0", "'-cmd|'/c calc'!A0"),
        ("\t=1", "'␉=1"),
        ("\r=1", "'␍=1"),
        ("＝1", "'＝1"),
        ("-5", "-5"),
        ("-1.5e-3", "-1.5e-3"),
        ("+5", "+5"),
        ('a,"b"', '"a,""b"""'),
        (" a ", '" a "'),
        ("\x1b[2J", "␛[2J"),
        ("", ""),
    ],
)
def test_cells_are_harmless_in_spreadsheets_and_terminals(text: str, made: str) -> None:
    assert cell(text) == made


def test_names_from_the_server_are_harmless_in_the_head(tmp_path: Path) -> None:
    events = [message(0, '{"=HYPERLINK(\\"x\\")": 1}', name="=cmd|calc"), message(1, '{"a,b": -2}', name="m")]
    with open_still(write_record(tmp_path / "r", events)) as record:
        rows = as_csv(record, whole(record))
    assert rows[0][2:] == ['\'=cmd|calc."=HYPERLINK(\\"x\\")"', "m.a,b"]
    assert [row[2:] for row in rows[1:]] == [["1", ""], ["", "-2"]]


def test_numbers_that_no_float_holds_are_empty(tmp_path: Path) -> None:
    texts = ['{"a": 1e400, "b": 2}', '{"a": %s, "b": 3}' % ("9" * 400), '{"a": 1e-400, "b": 1e100}']
    with open_still(
        write_record(tmp_path / "r", [message(n, text) for n, text in enumerate(texts)])
    ) as record:
        rows = as_csv(record, whole(record))
    assert [row[2:] for row in rows[1:]] == [["", "2"], ["", "3"], ["1e-400", "1e100"]]


def test_a_part_is_cut_to_the_event(tmp_path: Path) -> None:
    with open_still(write_record(tmp_path / "r", telemetry(1500))) as record:
        span = find_span(record, "s1")
        part = part_of(span, "14:14", "1200s", ZONE)
        rows = as_csv(record, part)
        assert not part.whole
        assert [rows[1][1], rows[-1][1], len(rows)] == ["40.000", "1199.000", 1161]
        lines = list(sample_lines(record, part, columns_of(record, part)))
        with pytest.raises(RecordError, match=r"Nothing of s1 is from .* it goes from 2026-09-21 14:13:20"):
            part_of(span, "2h", None, ZONE)
    assert [json.loads(lines[0])["index"], json.loads(lines[-1])["index"], len(lines)] == [40, 1199, 1160]


def test_channels_are_chosen_by_name_label_and_glob(tmp_path: Path) -> None:
    with open_still(write_record(tmp_path / "r", telemetry(2))) as record:
        channels = columns_of(record, whole(record))
    short = {"sensor_data.plate.B": ("plate_b", "former_b")}

    def chosen(*words: str) -> list[str]:
        return [channel.name.removeprefix("sensor_data.") for channel in choose(channels, words, short)]

    assert chosen("plate*") == ["plate.A", "plate.B"]
    assert chosen("Pressure", "PLATE_B") == ["p", "plate.B"]
    assert chosen("former_b") == ["plate.B"]
    assert chosen("sensor_data.ok") == ["ok"]
    assert chosen("plate a") == ["plate.A"]
    with pytest.raises(RecordError, match=r'No channel here is called "presure"\. Did you mean "pressure"'):
        chosen("presure")
    with pytest.raises(RecordError, match=r"There are sensor_data\.plate\.A, sensor_data\.p, "):
        chosen("zzzzzz")


def test_what_is_recorded_meanwhile_is_left_out(tmp_path: Path) -> None:
    path = write_record(tmp_path / "r", telemetry(700))
    with open_still(path) as record:
        part = whole(record)
        channels = columns_of(record, part)
        chunks = csv_chunks(record, part, channels)
        first = next(chunks)
        # The tail of before becomes a block while the export is on its way.
        write_record(path, telemetry(600), utc=UTC + 700, mono=MONO + 700)
        rows = (first + "".join(chunks)).splitlines()
    assert len(rows) == 701


_scalars = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc,=\n"), inner, max_size=3)
    ),
    max_leaves=6,
)
_events = st.lists(
    st.tuples(st.sampled_from(["sensor_data", "m", "m.a", "=x"]), _values, st.booleans()),
    min_size=1,
    max_size=30,
)


@examples(60)
@given(_events, st.integers(1, 9))
def test_csv_parsed_again_gives_the_samples_that_came(
    things: list[tuple[str, object, bool]], every: int
) -> None:
    events = [
        message(n / 4, json.dumps(value) if text else value, name=name)
        for n, (name, value, text) in enumerate(things)
    ]
    expected: dict[tuple[float, str], float] = {}
    for event in events:
        for path, leaf in leaves(event.payload.value):
            if isinstance(leaf, bool | float) and math.isfinite(leaf):
                name = f"{event.name}.{path}" if path else event.name
                expected[event.utc, name] = float(leaf)
    with tempfile.TemporaryDirectory() as folder:
        record_file = write_record(Path(folder) / "r", events, every=every)
        with open_still(record_file) as record:
            part = whole(record)
            names = [channel.name for channel in columns_of(record, part)]
            rows = as_csv(record, part)
    found = {
        (datetime.fromisoformat(row[0]).timestamp(), name): float(text)
        for row in rows[1:]
        for name, text in zip(names, row[2:], strict=True)
        if text
    }
    assert found == expected


def test_parquet_holds_the_same_samples(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    events = telemetry(600)
    events.insert(300, message(299.5, '{"volts": null}', name="supply"))
    events.insert(301, message(299.6, '{"volts": 24.5}', name="supply"))
    with open_still(write_record(tmp_path / "r", events)) as record:
        part = part_of(find_span(record, "s1"), "5s", None, ZONE)
        channels = columns_of(record, part)
        rows = as_csv(record, part)
        with (tmp_path / "t.parquet").open("wb") as file:
            write_parquet(record, part, channels, file)
    table = parquet.read_table(tmp_path / "t.parquet")
    assert table.column_names == rows[0]
    assert table.schema.field("sensor_data.p").metadata == {b"label": b"Pressure", b"unit": b"mbar"}
    columns = [table[name].to_pylist() for name in rows[0]]
    assert [at.timestamp() for at in columns[0]] == [
        datetime.fromisoformat(row[0]).timestamp() for row in rows[1:]
    ]
    assert columns[1] == pytest.approx([float(row[1]) for row in rows[1:]])
    for number, column in enumerate(columns[2:], 2):
        assert column == [float(row[number]) if row[number] else None for row in rows[1:]]


def test_parquet_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with open_still(write_record(tmp_path / "r", telemetry(2))) as record:
        part = whole(record)
        with pytest.raises(RecordError, match=r"pip install 'xovac-tui\[parquet\]'"):
            write_parquet(record, part, columns_of(record, part), io.BytesIO())


def test_no_two_columns_have_one_name(tmp_path: Path) -> None:
    events = [
        message(0.0, '{"ta": 20.5, "tb": 21.5, "Ta": 1, "TA": 2}', name="readings"),
        message(0.5, "1790000000", name="time"),
        message(0.5, "5", name="t_s"),
    ]
    labels = {"readings.ta": ("Plate", "degC"), "readings.tb": ("Plate", "degC"), "time": ("t_s", "")}
    with open_still(write_record(tmp_path / "r", events, channels=labels)) as record:
        part = whole(record)
        head = as_csv(record, part)[0]
        plain = {"readings.ta", "readings.tb", "readings.Ta", "readings.TA"}
        assert set(head) == plain | {"time", "t_s", "time (channel)", "t_s (channel)"}
        reported = as_csv(record, part, labels=True)[0]
        assert {"Plate [degC] (readings.ta)", "Plate [degC] (readings.tb)", "t_s (time)"} <= set(reported)
        assert len(set(reported)) == len(reported) == len(head)
        # The values stand below their own heads.
        rows = [dict(zip(head, row, strict=True)) for row in as_csv(record, part)[1:]]
        assert {row["time (channel)"] for row in rows} == {"", "1790000000"}
        parquet = pytest.importorskip("pyarrow.parquet")
        with (tmp_path / "t.parquet").open("wb") as file:
            write_parquet(record, part, columns_of(record, part), file)
    table = parquet.read_table(tmp_path / "t.parquet")
    assert sorted(table.column_names) == sorted(head)
    assert table.column("t_s (channel)").drop_null().to_pylist() == [5.0]


NAMES = st.sampled_from(
    ["time", "t_s", "a", "A", "=a", "'=a", "a\x1b", "a (b)", "a (2)", "time (channel)", "time (channel) (2)"]
)


@given(st.lists(st.tuples(NAMES, NAMES | st.just(""), st.sampled_from(["", "K"])), max_size=9), st.booleans())
def test_columns_have_different_names_whatever_channels_are_called(
    reported: list[tuple[str, str, str]], labels: bool
) -> None:
    channels = [RecordedChannel(number, *one) for number, one in enumerate(reported)]
    for names in (
        list(map(cell, column_names(channels, labels=labels))),
        column_names(channels, labels=labels, spell=writable),
    ):
        assert len(set(names)) == len(names) == len(channels) + 2
