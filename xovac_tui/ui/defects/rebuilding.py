"""Builds the screen anew after a defect, without a touch of the station."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual import events
from textual.compose import compose
from textual.screen import Screen

from xovac_tui.ui.defects.mending import Remedy, take_away
from xovac_tui.ui.defects.notice import NoticeScreen
from xovac_tui.ui.screens.pane import Pane

if TYPE_CHECKING:
    from xovac_tui.ui.app import XovacApp

_MOUNT_SECONDS = 3.0
"""Seconds after which widgets that are not there yet are not waited for any more."""


async def build_again(app: XovacApp, remedy: Remedy) -> None:
    """Put a new lowest screen in place of all that are there; what was typed into an editor is kept."""
    stack = app._screen_stack
    old = list(stack)
    kept = {tab: again for tab, pane in app.over.items() if (again := pane.again()) is not None}
    app.kept_panes |= kept
    app.over.clear()
    app.capture_mouse(None)
    app._notifications.clear()
    full = remedy in (Remedy.SAME, Remedy.FIRST)
    tab = app.active_tab
    app.active_tab = "status"
    frame: Screen[Any] = Screen() if full else NoticeScreen(words_only=remedy is Remedy.WORDS)
    # Both screens are there for a moment, so the new one has no name that the old one may have.
    stack[:] = [frame]
    app._register(app, frame)
    frame.post_message(events.ScreenResume())
    if full:
        await _mounted(app, frame)
        await app.show_kept(tab if remedy is Remedy.SAME else "status")
    app.fit_size(app.size)
    app.show_keys()
    if remedy is not Remedy.WORDS:
        app.flush()
    await take_away(app, old)


async def _mounted(app: XovacApp, frame: Screen[Any]) -> None:
    async with asyncio.timeout(_MOUNT_SECONDS):
        await frame.mount_all(compose(app))
        for pane in frame.query(Pane):
            await pane._mounted_event.wait()
