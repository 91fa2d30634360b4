"""Render and send only the cells that changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from textual._compositor import Compositor, CompositorMap, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip


def _place(x: int, y: int) -> str:
    """Return the sequence that moves the cursor to a cell (CUP, ECMA-48, which counts from 1).

    Rich's own makes three objects for each, a tenth of all the work of a picture.
    """
    return f"\x1b[{y + 1};{x + 1}H"


class CroppedUpdate(CompositorUpdate):
    """Pieces of lines to write, given as (y, x, strip)."""

    def __init__(self, pieces: Sequence[tuple[int, int, Strip]]) -> None:
        self._pieces = pieces

    def render_segments(self, console: Console) -> str:
        """Return the text to write to the terminal."""
        return "".join(f"{_place(x, y)}{strip.render(console)}" for y, x, strip in self._pieces)


class CroppedCompositor(Compositor):
    """Renders only lines of widgets that are seen there, and in a partial update only changed cells.

    Textual renders all widgets in the smallest rectangle around all changes, those below others too. It
    crops an update only at its right end, so a changed value at the end of a line would send the whole
    line: over SSH that is most of what a quiet screen sends.
    """

    @property
    def full_map(self) -> CompositorMap:
        """The place of every widget; where that has changed since the last layout is painted again.

        Textual compares with this map at the next layout: what went before that would stay on the screen.
        """
        if not self._full_map_invalidated:
            return super().full_map
        old = self._full_map if self._visible_map is None else self._visible_map
        new = super().full_map
        changed = (place.region.intersection(place.clip) for _, place in old.items() ^ new.items())
        self._dirty_regions.update(filter(None, changed))
        return new

    def render_partial_update(self) -> CroppedUpdate | None:  # type: ignore[override]
        """Return the changed cells; None if there are none."""
        screen = self.size.region
        changed = [region.intersection(screen) for region in self._dirty_regions]
        self._dirty_regions.clear()
        bare: dict[int, list[tuple[int, int]]] = {}
        for y, first, after in self._regions_to_spans(changed):
            bare.setdefault(y, []).append((first, after))
        return CroppedUpdate(self._pieces(bare)) if bare else None

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        chops: list[dict[int, Strip]] = [{} for _ in range(self.size.height)]
        edges = crop.x, crop.right
        for y, x, strip in self._pieces({y: [edges] for y in crop.line_range if is_rendered_line(y)}):
            chops[y][x] = strip
        return chops

    def _pieces(self, bare: dict[int, list[tuple[int, int]]]) -> list[tuple[int, int, Strip]]:
        """Return pieces of lines as (y, x, strip), in the order of their places.

        `bare` are the cells to render of each line, as (first, last + 1).
        """
        pieces: list[tuple[int, int, Strip]] = []
        # From front to back, until no cell is left.
        for widget, (region, clip) in self.visible_widgets.items():
            seen = region.intersection(clip)
            rows = [
                y
                for y in seen.line_range
                if y in bare and any(first < seen.right and seen.x < after for first, after in bare[y])
            ]
            if not rows:
                continue
            top, height = rows[0], rows[-1] + 1 - rows[0]
            strips = widget.render_lines(Region(seen.x - region.x, top - region.y, seen.width, height))
            for y in rows:
                left: list[tuple[int, int]] = []
                for first, after in bare[y]:
                    begin, end = max(first, seen.x), min(after, seen.right)
                    if begin >= end:
                        left.append((first, after))
                        continue
                    piece = strips[y - top].crop(begin - seen.x, end - seen.x)
                    # A widget that is being removed renders lines that are too short; in a full picture
                    # what is at its right would move into the gap.
                    pieces.append((y, begin, piece.adjust_cell_length(end - begin)))
                    left += [rest for rest in ((first, begin), (end, after)) if rest[0] < rest[1]]
                if left:
                    bare[y] = left
                else:
                    del bare[y]
            if not bare:
                break
        pieces.sort(key=lambda piece: piece[:2])
        return pieces
