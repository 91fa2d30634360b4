"""Samples of a record as a Parquet table, where the library for it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any

from xovac_tui.recording.disk.record import Record, RecordedChannel, Stretch
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.exports.parts import ExportPart, ProgressCallback, inside
from xovac_tui.recording.exports.tables import Group, column_names, groups_of, value_of
from xovac_tui.text import writable

_BLOCKS = 128
"""Blocks of the record in one row group."""


def write_parquet(
    record: Record,
    part: ExportPart,
    channels: Sequence[RecordedChannel],
    file: Any,
    progress: ProgressCallback | None = None,
) -> None:
    """Write a part as a Parquet table; RecordError where the library for it is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise RecordError(
            "Parquet needs pyarrow, which is not installed. Install it with "
            "`pip install 'xovac-tui[parquet]'`, or export as csv."
        ) from None
    names = [channel.name for channel in channels]
    time, since, *heads = column_names(channels, spell=writable)
    fields = [pa.field(time, pa.timestamp("us", tz="UTC")), pa.field(since, pa.float64())]
    fields += [
        pa.field(
            head,
            pa.float64(),
            metadata={"label": writable(channel.label), "unit": writable(channel.unit)},
        )
        for head, channel in zip(heads, channels, strict=True)
    ]
    schema = pa.schema(fields)
    with pq.ParquetWriter(file, schema) as writer:
        gathered = _Gathered(names)
        for number, (stretch, groups) in enumerate(groups_of(record, part, frozenset(names), progress), 1):
            gathered.add(stretch, groups, inside(stretch, part), part.span.start)
            if number % _BLOCKS == 0:
                writer.write_table(gathered.table(pa, schema))
                gathered = _Gathered(names)
        writer.write_table(gathered.table(pa, schema))


class _Gathered:
    """Rows of some blocks, by column."""

    def __init__(self, names: Sequence[str]) -> None:
        self._times: list[int] = []
        self._since: list[float] = []
        self._values: dict[str, list[float | None]] = {name: [] for name in names}

    def add(self, stretch: Stretch, groups: Sequence[Group], keep: list[bool] | None, start: float) -> None:
        """Put the rows of one block behind those that are there."""
        block = stretch.block
        full: dict[str, list[float | None]] = {name: [None] * block.count for name in self._values}
        used = [False] * block.count
        for places, names, texts in groups:
            for place in places:
                used[place] = keep is None or keep[place]
            for name, column in zip(names, texts, strict=True):
                if name in full:
                    into = full[name]
                    for place, text in zip(places, column, strict=True):
                        into[place] = value_of(text)
        self._times += compress((round(at * 1e6) for at in block.utc), used)
        self._since += compress((mono + stretch.shift - start for mono in block.mono), used)
        for name, into in full.items():
            self._values[name] += compress(into, used)

    def table(self, pa: Any, schema: Any) -> Any:
        """Return the rows as a table of Arrow."""
        columns = [self._times, self._since, *self._values.values()]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        return pa.table(arrays, schema=schema)
