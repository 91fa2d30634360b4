"""Open a pane, or remove it again if that fails, so that other tabs keep working."""

from __future__ import annotations

import logging
from collections.abc import Callable

from textual.widget import Widget

from xovac_tui.ui.screens.pane import Pane


class Opening:
    """Collects the failures of a pane while it is opened."""

    def __init__(self) -> None:
        self._busy = False
        self._error: Exception | None = None

    def takes(self, error: Exception) -> bool:
        """Take a widget's defect while a pane is opened; return False if none is being opened."""
        if self._busy and self._error is None:
            self._error = error
        return self._busy

    async def mount(self, place: Widget, make: Callable[[], Pane], show: Callable[[Pane], None]) -> str:
        """Make, mount and show a pane; return why that failed, empty if it did not.

        Removes a pane that failed, and logs the details.
        """
        self._busy, self._error = True, None
        pane: Pane | None = None
        try:
            pane = make()
            await place.mount(pane)
            if self._error is None:
                show(pane)
        except Exception as error:
            self._error = self._error or error
        finally:
            self._busy = False
        if self._error is None:
            return ""
        logging.getLogger(__name__).error("a tab could not be opened", exc_info=self._error)
        if pane is not None and pane.is_attached:
            if pane.is_running:
                await pane.remove()
            else:
                # The pane's own loop, which would do this, ended when its building failed.
                await pane._message_loop_exit()
        return type(self._error).__name__
