"""Documents that are made from the program are what the program would make today."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from xovac_tui.cli.table import COMMANDS, HEADLESS
from xovac_tui.ui.actions import keys_page, places

TOP = Path(__file__).parents[2]


def test_the_page_of_keys_is_up_to_date() -> None:
    assert (TOP / "docs" / "keys.md").read_text(encoding="utf-8") == keys_page(), "run: python docs/keys.py"


def test_every_action_is_on_the_page() -> None:
    page = keys_page()
    assert all(f"`{action.id}`" in page for place in places() for action in place.actions)


def test_the_list_of_commands_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("docs_commands", TOP / "docs" / "commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = module.PAGE.read_text(encoding="utf-8")
    assert page == module.with_list(page), "run: python docs/commands.py"
    assert all(f"| `{name}` |" in page for name in COMMANDS)


def test_the_readme_shows_every_command_that_needs_no_terminal_and_no_other() -> None:
    page = (TOP / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"## Without a screen\n\n```sh\n(.*?)```", page, re.DOTALL)
    assert set(re.findall(r"^xovac-tui ([a-z]+)", block, re.MULTILINE)) == set(HEADLESS)
