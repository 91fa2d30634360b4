"""Lines as dots: lowest to highest value per column, joined only where no gap lies between."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xovac_tui.plot.cells import CellCanvas, Tone
from xovac_tui.plot.scale import Scale

GLYPHS = "*ox#%@"
"""The sign of each series where there is no braille; the planned profile is a dot."""
PLANNED_GLYPH = "."
PLANNED = 255
"""Number of the planned profile, behind every series."""

_NOBODY = 254
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = tuple(chr(0x2800 + mask) if mask else " " for mask in range(256))
_MASKS = tuple(
    tuple(tuple(sum(dots[top : bottom + 1]) for bottom in range(4)) for top in range(4)) for dots in _DOTS
)
"""Dots of one cell column from a top to a bottom dot row."""

Stroke = tuple[int, int]
"""Top and bottom dot row of one dot column."""


class Raster:
    """A field of dots, `width` by `height` cells; every cell remembers the series it shows.

    Braille has 2 by 4 dots a cell; without it a cell is one dot. Of several series in a cell the one with the
    lowest number gives the colour, and in braille the others keep their dots.
    """

    def __init__(self, width: int, height: int, ascii_only: bool = False) -> None:
        self.width = width
        self.height = height
        self.ascii_only = ascii_only
        self.across, self.down = dots_per_cell(ascii_only)
        self._masks = [bytearray(width) for _ in range(height)]
        self._owners = [bytearray([_NOBODY]) * width for _ in range(height)]
        self._ranks = [bytearray([255]) * width for _ in range(height)]

    def line(
        self, lows: Sequence[float], highs: Sequence[float], scale: Scale, series: int, rank: int
    ) -> list[Stroke | None]:
        """Draw one series, a pair of values per dot column, NaN being a gap; return what was drawn."""
        drawn = joined(strokes(lows, highs, scale, self.height * self.down))
        for column, stroke in enumerate(drawn):
            if stroke is not None:
                self._stroke(column, *stroke, series, rank)
        return drawn

    def dotted(
        self, values: Sequence[float], scale: Scale, phase: int, owner: int = PLANNED, rank: int = 254
    ) -> None:
        """Draw what is planned or foreseen: every other dot, on columns even when counted from `phase`."""
        rows = self.height * self.down
        path = joined(strokes(values, values, scale, rows))
        for column, stroke in enumerate(path):
            if stroke is None:
                continue
            top, bottom = stroke
            if bottom - top > 2:
                for row in range(top, bottom + 1, 2):
                    self._stroke(column, row, row, owner, rank)
            elif (column + phase) % 2 == 0:
                self._stroke(column, top, top, owner, rank)

    def _stroke(self, column: int, top: int, bottom: int, series: int, rank: int) -> None:
        """Set the dots from `top` to `bottom` of one dot column."""
        down = self.down
        cell = column // self.across
        masks = _MASKS[column % self.across]
        first, last = top // down, bottom // down
        for row in range(first, last + 1):
            if down == 4:
                self._masks[row][cell] |= masks[top % 4 if row == first else 0][
                    bottom % 4 if row == last else 3
                ]
            if rank < self._ranks[row][cell]:
                self._ranks[row][cell] = rank
                self._owners[row][cell] = series

    def paste(self, canvas: CellCanvas, x: int, y: int) -> None:
        """Copy the dots to a canvas."""
        for row in range(self.height):
            owners = self._owners[row]
            if self.ascii_only:
                text: Sequence[str] = [_GLYPH_OF[owner] for owner in owners]
            else:
                text = [_BRAILLE[mask] for mask in self._masks[row]]
            canvas.paste(x, y + row, text, owners.translate(_TONE_OF))


def dots_per_cell(ascii_only: bool) -> tuple[int, int]:
    """Return how many dots a cell has across and down."""
    return (1, 1) if ascii_only else (2, 4)


def strokes(lows: Sequence[float], highs: Sequence[float], scale: Scale, rows: int) -> list[Stroke | None]:
    """Return top and bottom dot row per column; None where there is no value that the scale can show."""
    low_end, high_end = scale.ends()
    factor = (rows - 1) / (high_end - low_end)
    found: list[Stroke | None] = []
    for low, high in zip(lows, highs, strict=True):
        if scale.log:
            if not high > 0:
                found.append(None)
                continue
            high = math.log10(high)
            low = math.log10(low) if low > 0 else low_end
        elif low != low:
            found.append(None)
            continue
        top = round((high_end - min(high, high_end)) * factor)
        bottom = round((high_end - max(low, low_end)) * factor)
        found.append((max(0, min(top, rows - 1)), max(0, min(bottom, rows - 1))))
    return found


def joined(columns: Sequence[Stroke | None]) -> list[Stroke | None]:
    """Lengthen strokes so that neighbours touch, half of the way each; a gap keeps its neighbours apart."""
    result = list(columns)
    for index in range(1, len(columns)):
        before, here = columns[index - 1], columns[index]
        if before is None or here is None:
            continue
        if here[0] > before[1] + 1:
            middle = (here[0] + before[1]) // 2
            result[index - 1] = _hull(result[index - 1], middle)
            result[index] = _hull(result[index], middle + 1)
        elif here[1] < before[0] - 1:
            middle = (here[1] + before[0]) // 2
            result[index - 1] = _hull(result[index - 1], middle + 1)
            result[index] = _hull(result[index], middle)
    return result


def _hull(stroke: Stroke | None, row: int) -> Stroke:
    return (row, row) if stroke is None else (min(stroke[0], row), max(stroke[1], row))


def _tone_of(owner: int) -> int:
    if owner == _NOBODY:
        return Tone.BLANK
    return Tone.PLANNED if owner == PLANNED else Tone.SERIES + owner % 16


def _glyph_of(owner: int) -> str:
    if owner == _NOBODY:
        return " "
    return PLANNED_GLYPH if owner == PLANNED else GLYPHS[owner % len(GLYPHS)]


_TONE_OF = bytes(_tone_of(owner) for owner in range(256))
_GLYPH_OF = tuple(_glyph_of(owner) for owner in range(256))
