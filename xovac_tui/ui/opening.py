"""Opens a pane, or takes it away again where that fails: a tab that cannot be shown leaves the rest alive."""

from __future__ import annotations

import logging
from collections.abc import Callable

from textual.widget import Widget

from xovac_tui.ui.screens.pane import Pane


class Opening:
    """What goes wrong while a pane is opened, wherever in it that happens."""

    def __init__(self) -> None:
        self._busy = False
        self._error: Exception | None = None

    def takes(self, error: Exception) -> bool:
        """Take a defect of a widget while a pane is opened; False where none is."""
        if self._busy and self._error is None:
            self._error = error
        return self._busy

    async def mount(self, place: Widget, make: Callable[[], Pane], show: Callable[[Pane], None]) -> str:
        """Make a pane, mount it and show it; return why that failed, empty where it did not.

        A pane that failed is taken away again, and the details are logged.
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
                # Its own loop, which would do this, ended when its building failed.
                await pane._message_loop_exit()
        return type(self._error).__name__
