"""The field that `/` opens is one on every list: enter and esc keep its words; in the list esc takes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.console import console
from xovac_tui.ui.widgets.find_field import FindField


@pytest.mark.parametrize("tab", ["recipes", "log", "runs", "messages"])
async def test_the_field_is_the_same_everywhere(tmp_path: Path, tab: str) -> None:
    async with console(tmp_path, size=(80, 24)) as c:
        if tab == "messages":
            await c.press("M")
        else:
            await c.frame.show_tab(tab)
        await c.settle()
        (field,) = c.app.screen.query(FindField)
        listed = c.app.screen.focused
        assert not field.display
        for leave in ("enter", "escape", "down"):
            await c.press("slash")
            assert field.has_focus
            assert (field.region.height, field.styles.border_top[0]) == (1, "")
            await c.type("vent!!")
            await c.press(leave)
            assert (c.app.screen.focused, field.value, field.display) == (listed, "vent!!", True)
            # In the list the words go first.
            await c.press("escape")
            assert (c.app.screen.focused, field.value, field.display) == (listed, "", False)
            # Without words it closes at once.
            await c.press("slash", leave)
            assert (c.app.screen.focused, field.display) == (listed, False)
        assert c.link.emitted == []
