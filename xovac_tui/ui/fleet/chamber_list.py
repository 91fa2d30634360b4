"""The list of chambers of the fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events

from xovac_tui.fleet.overview import FleetRow
from xovac_tui.ui.fleet.lines import FleetLooks, chamber_lines
from xovac_tui.ui.widgets.lines import Line
from xovac_tui.ui.widgets.rows import EnterClicked, ListWidget


class ChamberList(ListWidget):
    """Chambers, two lines each; only those that are seen are made."""

    DEFAULT_CSS = "ChamberList { width: 1fr; height: 4; }"

    def __init__(self, looks: FleetLooks, *, id: str) -> None:
        super().__init__(id=id)
        self._looks = looks
        self._rows: tuple[FleetRow, ...] = ()
        self._names: Mapping[str, str] = {}
        self._at = self._top = 0
        self._moved = False
        """The cursor was put where it is; until then it stays on the first chamber."""

    @property
    def chosen(self) -> FleetRow | None:
        """The chamber under the cursor."""
        return self._rows[self._at] if self._at < len(self._rows) else None

    @property
    def rows_seen(self) -> int:
        """How many chambers are seen at once."""
        return max(1, self.size.height // 2)

    def show_chambers(self, rows: Sequence[FleetRow], names: Mapping[str, str]) -> None:
        """Show these chambers; the cursor stays on its chamber."""
        before = self.chosen
        self._rows, self._names = tuple(rows), names
        if before is not None and self._moved:
            keys = [(row.site, row.chamber) for row in self._rows]
            key = before.site, before.chamber
            self._at = keys.index(key) if key in keys else min(self._at, max(0, len(keys) - 1))
        self._at = min(self._at, max(0, len(self._rows) - 1))
        self.repaint()

    def action_move(self, rows: int) -> None:
        self._moved = True
        self._at = max(0, min(len(self._rows) - 1, self._at + rows))
        self.repaint()

    def repaint(self) -> None:
        if not self.size.width or not self.size.height:
            return
        seen, count = self.rows_seen, len(self._rows)
        self._top = max(0, min(self._top, self._at, count - seen))
        self._top = max(self._top, self._at - seen + 1)
        lines: list[Line] = []
        for at in range(self._top, min(count, self._top + seen)):
            row = self._rows[at]
            chosen = at == self._at
            lines += chamber_lines(
                row,
                self._names[row.name],
                self.size.width,
                self._looks,
                chosen=chosen,
                focused=self.has_focus,
            )
        lines += [()] * (self.size.height - len(lines))
        self.show_lines(lines[: self.size.height])

    def draw(self) -> None:
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked chamber; a second click on it does what enter does."""
        at = self._top + event.y // 2
        if at < len(self._rows):
            second = self._clicks.is_second(at) and at == self._at
            self.action_move(at - self._at)
            if second:
                self.post_message(EnterClicked())
