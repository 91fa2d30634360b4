"""Samples of a record as a table: a row a message, a column a channel, for CSV, Parquet and JSON lines."""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any, TypeAlias

from xovac_tui.recording.disk.record import Record, RecordedChannel, Stretch
from xovac_tui.recording.exports.parts import ExportPart, ProgressCallback, inside, stretches
from xovac_tui.text import clean

_FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What a spreadsheet takes for the beginning of a formula, full-width signs among them."""
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONG = 300
"""Digits; a float holds numbers of a few more."""
_LARGE_EXPONENT = re.compile(r"[eE]\+?0*[1-9][0-9]{2}")
_LONG_NUMBER = re.compile(f"[0-9]{{{_LONG}}}")
_LINE_END = "\r\n"
_TIME_COLUMNS = ("time", "t_s")

Group: TypeAlias = tuple[Sequence[int], list[str], list[list[str]]]
"""Messages of one text: places in the block, channels, and a channel's numbers as they came."""

# -- CSV ---------------------------------------------------------------------------------------------


def csv_chunks(
    record: Record,
    part: ExportPart,
    channels: Sequence[RecordedChannel],
    *,
    labels: bool = False,
    progress: ProgressCallback | None = None,
) -> Iterator[str]:
    """Yield a part as CSV (RFC 4180): `time` in UTC, `t_s` seconds since the span's start, the channels."""
    yield ",".join(map(cell, column_names(channels, labels=labels))) + _LINE_END
    layout = _Layout([channel.name for channel in channels])
    for stretch, groups in groups_of(record, part, layout.names, progress):
        lines = _csv_lines(stretch, groups, layout, part.span.start)
        if _maybe_infinite(lines):
            groups = [(places, names, _finite(texts)) for places, names, texts in groups]
            lines = _csv_lines(stretch, groups, layout, part.span.start)
        keep = inside(stretch, part)
        if keep is not None:
            lines = [line for line, kept in zip(lines, keep, strict=True) if kept]
        if text := _LINE_END.join(filter(None, lines)):
            yield text + _LINE_END


class _Layout:
    """Where the columns of a message stand in the row."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)
        self._order = {name: number for number, name in enumerate(names)}
        self._known: dict[tuple[str, ...], list[int | str]] = {}

    def cells(self, names: list[str], texts: list[list[str]]) -> list[Any]:
        """Return what is joined by commas into rows: columns, and the holes between them as one text each."""
        key = tuple(names)
        plan = self._known.get(key)
        if plan is None:
            plan = self._known[key] = self._plan(names)
        return [repeat(one) if isinstance(one, str) else texts[one] for one in plan]

    def _plan(self, names: list[str]) -> list[int | str]:
        where = {self._order[name]: number for number, name in enumerate(names) if name in self._order}
        plan: list[int | str] = []
        hole = 0
        for place in range(len(self._order)):
            if place not in where:
                hole += 1
                continue
            if hole:
                plan.append("," * (hole - 1))
                hole = 0
            plan.append(where[place])
        if hole:
            plan.append("," * (hole - 1))
        return plan


def _csv_lines(stretch: Stretch, groups: Sequence[Group], layout: _Layout, start: float) -> list[str]:
    """Return the rows of a block, one an event; empty for those that have none."""
    block = stretch.block
    stamps = _stamps(block.utc)
    offset = stretch.shift - start
    # Nothing lies before the start; a sign there would only be one of rounding.
    since = [f"{abs(mono + offset):.3f}" for mono in block.mono]
    lines = [""] * block.count
    for places, names, texts in groups:
        cells = layout.cells(names, texts)
        if len(places) == block.count:
            return list(map(",".join, zip(stamps, since, *cells)))  # noqa: B905 - holes repeat for ever
        heads = _at(stamps, places), _at(since, places)
        for place, line in zip(places, map(",".join, zip(*heads, *cells)), strict=True):  # noqa: B905
            lines[place] = line
    return lines


def _at(values: Sequence[str], places: Sequence[int]) -> list[str]:
    return [values[place] for place in places]


def _stamps(utc: Sequence[float]) -> list[str]:
    """Return times as ISO 8601 in UTC, to the millisecond."""
    made = []
    minute, head = -1, ""
    for at in utc:
        seconds, thousandths = divmod(round(at * 1000), 1000)
        now, second = divmod(seconds, 60)
        if now != minute:
            minute, head = now, time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(60 * now))
        made.append(f"{head}{second:02d}.{thousandths:03d}Z")
    return made


def _maybe_infinite(lines: Sequence[str]) -> bool:
    text = "\n".join(lines)
    long = max(map(len, lines)) > _LONG and _LONG_NUMBER.search(text)
    return bool(long or _LARGE_EXPONENT.search(text))


def _finite(texts: list[list[str]]) -> list[list[str]]:
    """Empty the cells of numbers that no float holds: they are no samples either."""
    return [["" if value_of(text) is None else text for text in column] for column in texts]


def column_names(
    channels: Sequence[RecordedChannel], *, labels: bool = False, spell: Callable[[str], str] | None = None
) -> list[str]:
    """Return what the columns of a table are called, each by another name, as `spell` writes them (CSV).

    They are the two of time, then the channels by their full names, or by label and unit. A label that
    several have is followed by the full name, a full name that is also a column of time by `(channel)`, and
    what is still the same then by a number.
    """
    spell = spell or _escaped
    wanted = [_wanted(one, labels) for one in channels]
    spelled = Counter([*_TIME_COLUMNS, *map(spell, wanted)])
    made = dict.fromkeys(_TIME_COLUMNS)
    for channel, name in zip(channels, wanted, strict=True):
        if spelled[spell(name)] > 1:
            name = f"{name} ({channel.name if name != channel.name else 'channel'})"
        head, number = spell(name), 1
        while head in made:
            number += 1
            head = spell(f"{name} ({number})")
        made[head] = None
    return list(made)


def _wanted(channel: RecordedChannel, labels: bool) -> str:
    if not labels:
        return channel.name
    name = channel.label or channel.name
    return f"{name} [{channel.unit}]" if channel.unit else name


def cell(text: str) -> str:
    """Return text as a cell of CSV that no spreadsheet runs: a formula gets an apostrophe in front.

    What would act on a terminal is made visible, as everywhere.
    """
    text = _escaped(text)
    if any(sign in text for sign in ',"') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _escaped(text: str) -> str:
    formula = bool(text) and text[0] in _FORMULA and not _PLAIN_NUMBER.fullmatch(text)
    return ("'" if formula else "") + clean(text)


# -- all of them ---------------------------------------------------------------------------------------


def groups_of(
    record: Record, part: ExportPart, wanted: frozenset[str], progress: ProgressCallback | None
) -> Iterator[tuple[Stretch, list[Group]]]:
    """Yield the blocks of a part with their messages that carry one of the wanted channels."""
    for stretch in stretches(record, part, progress):
        groups = [group for group in stretch.block.rows() if not wanted.isdisjoint(group[1])]
        if groups:
            yield stretch, groups


def sample_lines(
    record: Record,
    part: ExportPart,
    channels: Sequence[RecordedChannel],
    progress: ProgressCallback | None = None,
) -> Iterator[str]:
    """Yield the samples of a part as JSON lines, one a message; null where a message had no number."""
    wanted = frozenset(channel.name for channel in channels)
    for stretch, groups in groups_of(record, part, wanted, progress):
        block, keep = stretch.block, inside(stretch, part)
        rows: list[tuple[int, dict[str, float | None]]] = []
        for places, names, texts in groups:
            chosen = [(name, column) for name, column in zip(names, texts, strict=True) if name in wanted]
            for number, place in enumerate(places):
                if keep is None or keep[place]:
                    rows.append((place, {name: value_of(column[number]) for name, column in chosen}))
        rows.sort(key=lambda row: row[0])
        stamps = _stamps(block.utc)
        for place, values in rows:
            line = {
                "index": block.first + place,
                "time": stamps[place],
                "t_s": round(block.mono[place] + stretch.shift - part.span.start, 6),
                "samples": values,
            }
            yield json.dumps(line) + "\n"


def value_of(text: str) -> float | None:
    """Return a cell as a number; None where there is none that a float holds."""
    try:
        value = float(text) if text else math.nan
    except ValueError:
        # In a file from elsewhere.
        return None
    return value if math.isfinite(value) else None
