"""A picture of character cells, each with a tone, and what changed between two pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple


class Tone(IntEnum):
    """What a cell means; a face gives each its colour."""

    BLANK = 0
    AXIS = 1
    LABEL = 2
    HINT = 3
    CURSOR = 4
    PLANNED = 5
    NOTE = 6
    LOST = 7
    STEP = 8
    COMMAND = 9
    ALARM = 10
    RULE = 11
    TITLE = 12
    SERIES = 16
    """The first series; the tone of series n, at most 15, is SERIES + n."""
    HEAT = 32
    """The coldest of 16 steps of temperature; the hottest is HEAT + 15."""
    BAND = 64
    """Added to a tone: the cell is within the tolerance of a hold."""
    COUNTED = 128
    """Added to a tone: the time counts for a dwell."""


SHADES = Tone.BAND | Tone.COUNTED


class CellRow(NamedTuple):
    """One line of cells: a character each, and a tone each."""

    text: str
    tones: bytes


Picture = tuple[CellRow, ...]


class CellSpan(NamedTuple):
    """Cells `start` to `end` (exclusive) of row `y`."""

    y: int
    start: int
    end: int


class CellCanvas:
    """Cells to write on; whatever falls outside is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._text = [[" "] * width for _ in range(height)]
        self._tones = [bytearray(width) for _ in range(height)]

    def put(self, x: int, y: int, text: str, tone: int) -> None:
        """Write text from `x` on."""
        if not 0 <= y < self.height:
            return
        if x < 0:
            text, x = text[-x:], 0
        text = text[: self.width - x]
        if text:
            self._text[y][x : x + len(text)] = text
            self._tones[y][x : x + len(text)] = bytes([tone]) * len(text)

    def paste(self, x: int, y: int, text: Sequence[str], tones: bytes | bytearray) -> None:
        """Write a row of cells that is known to fit."""
        self._text[y][x : x + len(tones)] = text
        self._tones[y][x : x + len(tones)] = tones

    def tone(self, x: int, y: int) -> int:
        """Return the tone of a cell inside the canvas."""
        return self._tones[y][x]

    def dye(self, x: int, y: int, tone: int) -> None:
        """Change the tone of a cell inside the canvas, and leave its character."""
        self._tones[y][x] = tone

    def at(self, x: int, y: int) -> str:
        """Return the character of a cell inside the canvas."""
        return self._text[y][x]

    def picture(self) -> Picture:
        """Return what has been written."""
        return tuple(
            CellRow("".join(text), bytes(tones)) for text, tones in zip(self._text, self._tones, strict=True)
        )


def changes(old: Picture, new: Picture, bridge: int = 10) -> Iterator[CellSpan]:
    """Yield where two pictures of equal size differ; gaps of up to `bridge` equal cells are taken along.

    Moving the terminal's cursor and setting a colour costs some forty bytes, a few cells cost less.
    """
    for y, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            continue
        start = end = -1
        both = zip(before.text, after.text, before.tones, after.tones, strict=True)
        for x, (char, now, tone, tone_now) in enumerate(both):
            if char != now or (tone != tone_now and (now != " " or (tone ^ tone_now) & SHADES)):
                if start >= 0 and x - end > bridge:
                    yield CellSpan(y, start, end)
                    start = -1
                if start < 0:
                    start = x
                end = x + 1
        if start >= 0:
            yield CellSpan(y, start, end)


def narrow(text: str) -> str:
    """Return text whose every character takes exactly one cell; others become `?` or are left out."""
    if text.isascii() and text.isprintable():
        return text
    kept = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if category[0] in "MC":
            continue
        kept.append("?" if unicodedata.east_asian_width(char) in "WF" else char)
    return "".join(kept)
