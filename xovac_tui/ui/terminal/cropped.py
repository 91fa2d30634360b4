"""Crop partial updates to the changed cells, at their left end, too."""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate


class CroppedUpdate(CompositorUpdate):
    """A partial update of the screen, cropped at both ends.

    Textual crops an update only at its right end, so a changed value at the end of a line would send the
    whole line: over SSH that is most of what a quiet screen sends.
    """

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def render_segments(self, console: Console) -> str:
        """Return the segments to write to the terminal."""
        update = self._update
        written: list[str] = []
        for y, first, after in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                left, right = max(x, first), min(end, after)
                if strip is not None and left < right:
                    written.append(Control.move_to(left, y).segment.text)
                    written.append(strip.crop(left - x, right - x).render(console))
        return "".join(written)
