"""Reads the events of a record from an index on, a stretch at a time, without a list of all blocks."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import NamedTuple

from xovac_tui.recording.disk.axis import Piece
from xovac_tui.recording.disk.codec import Block, block_of, unpack_tail
from xovac_tui.recording.disk.foreign_bounds import check_first, check_tail, check_times
from xovac_tui.recording.disk.record import Record, recorded_rules
from xovac_tui.recording.disk.schema import TornRecordError, unpacking

_LISTED = "SELECT id, first, count, session, shift, t0, t1 FROM blocks "


class Followed(NamedTuple):
    """Events that follow each other in one session with one shift."""

    first: int
    """Index of the first one: the one that was asked for, or where it is gone the next one."""
    after: int
    session: int
    shift: float
    """Record time minus monotonic time, seconds."""
    block: Block | None
    """May begin before `first`. None where they cannot be read any more."""


class EventFollower:
    """Follows the events of a record that is written meanwhile. Its memory is one block."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._hint = 0, sys.maxsize
        """Number of a block before which there is nothing of an index or a later one, and that index."""
        self._held: tuple[int, Block | None] | None = None
        """The block that was read last, with its number."""

    def total(self) -> int:
        """Return the index that the next event will get."""
        ends = (
            self._record.rows(f"SELECT first + count FROM {table} ORDER BY id DESC LIMIT 1")
            for table in ("blocks", "tail")
        )
        return max((int(end[0][0]) for end in ends if end), default=0)

    def first(self) -> int:
        """Return the index of the oldest event that is kept; 0 where there is none."""
        for table in ("blocks", "tail"):
            if found := self._record.rows(f"SELECT first FROM {table} ORDER BY id LIMIT 1"):
                return int(found[0][0])
        return 0

    def next(self, index: int, most: int = sys.maxsize) -> Followed | None:
        """Return the events from an index on that share a block; None where none has come yet.

        Of events that are in no block yet no more than `most`; a block is read as a whole.
        """
        with self._record.moment():
            return self._in_blocks(index) or self._in_tail(index, most)

    def _in_blocks(self, index: int) -> Followed | None:
        number, first = self._hint
        if index < first:
            number = self._search(index)
        while found := self._record.rows(f"{_LISTED} WHERE id >= ? ORDER BY id LIMIT 1", (number,)):
            number, *place = found[0]
            check_first(place[0])
            check_times(place[-2:])
            piece = Piece.of(*place)
            if piece.after > index:
                self._hint = number, piece.first
                block = self._block(number, piece)
                return Followed(max(index, piece.first), piece.after, piece.session, piece.shift, block)
            self._hint = number, piece.after
            number += 1
        return None

    def _search(self, index: int) -> int:
        """Return the number of the block that holds an event, or of one before it."""
        low, high = self._record.rows("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM blocks")[0]
        while low < high:
            middle = (low + high + 1) // 2
            first = self._record.rows(f"{_LISTED} WHERE id >= ? ORDER BY id LIMIT 1", (middle,))[0][1]
            low, high = (middle, high) if first <= index else (low, middle - 1)
        return int(low)

    def _block(self, number: int, piece: Piece) -> Block | None:
        rules = recorded_rules(self._record.rows)
        held = self._held
        # Samples that were decoded by other rules are kept in the block.
        if held is None or held[0] != number or (held[1] is not None and held[1].rules != rules):
            held = self._held = number, self._read(number, piece)
            if held[1] is not None:
                held[1].rules = rules
        return held[1]

    def _read(self, number: int, piece: Piece) -> Block | None:
        data = self._record.rows("SELECT data FROM blocks WHERE id = ?", (number,))[0][0]
        try:
            with unpacking(self._record.path):
                block = Block.unpack(data)
                if (block.first, block.count) != (piece.first, piece.after - piece.first):
                    raise ValueError("a block holds other events than it is listed with")
                return block
        except TornRecordError:
            # The others can be read still.
            return None

    def _in_tail(self, index: int, most: int) -> Followed | None:
        # Each row holds an event at least.
        found = self._record.rows(
            "SELECT session, shift, data FROM tail WHERE first + count > ? ORDER BY first LIMIT ?",
            (index, most),
        )
        if not found:
            return None
        (session, shift), group = next(groupby(found, key=lambda row: row[:2]))
        with unpacking(self._record.path):
            events = [event for *_, data in group for event in unpack_tail(data)]
            check_tail([(shift, events)])
        events = [event for event in events if event.index >= index][:most]
        block = block_of(events)
        block.rules = recorded_rules(self._record.rows)
        return Followed(block.first, block.first + block.count, session, shift, block)
