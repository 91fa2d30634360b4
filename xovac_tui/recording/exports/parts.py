"""Choose a part of a record: a stretch of time, and channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from xovac_tui.recording.disk.axis import Piece
from xovac_tui.recording.disk.lists import RecordSpan
from xovac_tui.recording.disk.pieces import Unread
from xovac_tui.recording.disk.record import Record, RecordedChannel, Stretch
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.moments import moment, say
from xovac_tui.text import clean

_FEW = 8
"""Channels that are named where nothing is near to a word."""

ProgressCallback = Callable[[float], None]
"""Called now and then with how much is done, 0 to 1."""


class ExportPart(msgspec.Struct, frozen=True):
    """The stretch of a span that is exported, in the even time of the span."""

    span: RecordSpan
    start: float
    end: float
    """Exclusive."""

    @property
    def whole(self) -> bool:
        """True when nothing of the span is left out."""
        return self.start <= self.span.start and self.end >= self.span.end

    def touches(self, piece: Piece) -> bool:
        """Return whether events of a block may belong to the part."""
        span = self.span
        if self._by_index:
            return piece.first < span.after and piece.after > span.first
        first, last = span.axis.bounds(piece)
        own = span.session is None or piece.session == span.session.id
        return own and last >= self.start and first < self.end

    @property
    def _by_index(self) -> bool:
        return (self.start, self.end) == (self.span.start, self.span.end)

    def holds(self, stretch: Stretch) -> list[bool] | None:
        """Return which events of a block belong to the part; None where all of them do."""
        block, span = stretch.block, self.span
        if self._by_index:
            begin, stop = span.first - block.first, span.after - block.first
            if begin <= 0 and stop >= block.count:
                return None
            return [begin <= place < stop for place in range(block.count)]
        offset = span.axis.offset(stretch.session)
        times = [mono + offset for mono in block.mono]
        if self.start <= min(times) and max(times) < self.end:
            return None
        return [self.start <= at < self.end for at in times]

    def even(self, stretch: Stretch) -> Stretch:
        """Return a block with what makes its monotonic time even, in place of how the wall clock was set."""
        return msgspec.structs.replace(stretch, shift=self.span.axis.offset(stretch.session))


def open_still(path: Path) -> Record:
    """Open a record as it is at this moment: what is written meanwhile is left to the next reader."""
    return Record(path, clock=lambda: 0.0)


def part_of(span: RecordSpan, start: str | None, end: str | None, zone: tzinfo | None) -> ExportPart:
    """Return the part of a span that lies between two typed moments; RecordError where there is none."""
    first = span.start if start is None else moment(start, span.start, span.end, zone)
    last = span.end if end is None else moment(end, span.start, span.end, zone)
    if start is None and end is None:
        # A run that nothing was recorded of is empty, but no mistake.
        return ExportPart(span, first, last)
    if not (first < last and first < span.end and last > span.start):
        raise RecordError(
            f"Nothing of {span.label} is from {say(first, zone)} to {say(last, zone)}: it goes from "
            f"{say(span.start, zone)} to {say(span.end, zone)}."
        )
    return ExportPart(span, max(first, span.start), min(last, span.end))


def recorded_stretches(
    record: Record, part: ExportPart, progress: ProgressCallback | None = None
) -> Iterator[Stretch]:
    """Yield the blocks that hold events of a part, in order, with the wall clock as it was set."""
    width = max(part.end - part.start, 1e-9)
    for stretch in record.blocks_of(part.touches):
        if progress is not None:
            at = stretch.block.mono[0] + part.span.axis.offset(stretch.session) - part.start
            progress(min(1.0, max(0.0, at / width)))
        yield stretch


def stretches(
    record: Record, part: ExportPart, progress: ProgressCallback | None = None
) -> Iterator[Stretch]:
    """Yield the blocks that hold events of a part, in order, in the even time of its span."""
    for stretch in recorded_stretches(record, part, progress):
        yield part.even(stretch)


def unread(record: Record, part: ExportPart) -> Unread | None:
    """Return what could not be read of a part so far; None where nothing is missing."""
    return record.unread_of(part.touches)


def check(record: Record, part: ExportPart, progress: ProgressCallback | None = None) -> Unread | None:
    """Read all blocks of a part, and return what could not be read; 50 MB take about a second."""
    for _ in recorded_stretches(record, part, progress):
        pass
    return unread(record, part)


def inside(stretch: Stretch, part: ExportPart) -> list[bool] | None:
    """Return which events of a block belong to a part; None where all of them do."""
    return part.holds(stretch)


def columns_of(record: Record, part: ExportPart) -> list[RecordedChannel]:
    """Return the channels of which a part holds samples, in the order of their first sight."""
    found: dict[str, None] = {}
    for stretch in stretches(record, part):
        keep = inside(stretch, part)
        for places, names, texts in stretch.block.rows():
            for name, column in zip(names, texts, strict=True):
                # What never holds a number, such as a message of plain text, is no column.
                if name not in found and any(
                    text and (keep is None or keep[place]) for text, place in zip(column, places, strict=True)
                ):
                    found[name] = None
    known = {channel.name: channel for channel in record.channels()}
    # Beyond the bound on channels there are samples of channels that have no number.
    ordered = [*(name for name in known if name in found), *(name for name in found if name not in known)]
    return [known.get(name) or RecordedChannel(0, name, "", "") for name in ordered]


def choose(
    channels: Sequence[RecordedChannel], wanted: Sequence[str], short: Mapping[str, Sequence[str]]
) -> list[RecordedChannel]:
    """Return the channels that names, labels or globs (`plate*`) mean, in the order of the record.

    `short` gives the short names of contract files, earlier ones too, by full name. RecordError names what
    is near to a word that means none.
    """
    names = {channel.name: _names(channel, short) for channel in channels}
    chosen: set[str] = set()
    for word in wanted:
        pattern = word.strip().casefold()
        hits = [name for name, called in names.items() if any(fnmatchcase(one, pattern) for one in called)]
        # A name may hold a bracket, which means something else in a glob.
        hits = hits or [name for name, called in names.items() if pattern in called]
        if not hits:
            raise RecordError(unknown_channel(word) + _hint(pattern, names))
        chosen.update(hits)
    return [channel for channel in channels if channel.name in chosen]


def unknown_channel(word: str) -> str:
    """Return the sentence about a word that means no channel, without what is near to it."""
    return f'No channel here is called "{clean(word, 60)}".'


def _hint(pattern: str, names: Mapping[str, list[str]]) -> str:
    """Return what is near, or the first few full names: there may be thousands."""
    known = {clean(called, 60) for group in names.values() for called in group}
    if close := get_close_matches(pattern, known, n=1, cutoff=0.6):
        return f' Did you mean "{close[0]}"?'
    few = ", ".join(clean(name, 60) for name in list(names)[:_FEW])
    more = f" and {len(names) - _FEW:,} more" if len(names) > _FEW else ""
    return f" There are {few}{more}." if few else " No samples of any channel are in it."


def _names(channel: RecordedChannel, short: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what a channel may be called, without regard to capitals."""
    path = channel.name.partition(".")[2]
    called = (channel.name, path, channel.label, *short.get(channel.name, ()))
    return [name.casefold() for name in called if name]
