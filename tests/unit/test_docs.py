"""Documents that are made from the program are up to date, and the files and names in the others exist."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

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
    listing = module.made_listing()
    page = module.PAGE.read_text(encoding="utf-8")
    assert page == module.with_lists(page, listing), "run: python docs/commands.py"
    assert module.FILE.read_text(encoding="utf-8") == module.as_json(listing), "run: python docs/commands.py"
    assert all(f"| `{name}` |" in page for name in COMMANDS)


def test_the_page_on_scripts_shows_every_command_that_needs_no_terminal_and_no_other() -> None:
    page = (TOP / "docs" / "scripts.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"## Everyday commands\n\n```sh\n(.*?)```", page, re.DOTALL)
    assert set(re.findall(r"^xovac-tui ([a-z]+)", block, re.MULTILINE)) == set(HEADLESS)


PAGES = [
    *(TOP / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
    *sorted((TOP / "docs").glob("*.md")),
]
SOURCES = {
    path.relative_to(TOP).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("xovac_tui", "tests", "benchmarks", "docs")
    for path in (TOP / folder).rglob("*.py")
}
EXAMPLES = {
    "ui/screens/leak.py", "alarms/kinds/pump_down_slow.py", "alarms/kinds/NAME.py", "publish/mqtt.py",
    "forwarding/kinds/NAME.py", "forwarding/engines/NAME.py",
    "event.path", "store.lab",
}  # fmt: skip
"""Files that pages say to add, and what looks like a name of the code."""
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def code_of(page: Path) -> set[str]:
    """Return what a page has in backticks, without its blocks of code and without examples."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return set(re.findall(r"`([^`\n]+)`", text)) - EXAMPLES


@by_page
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    words = code_of(page)
    files = {word for word in words if re.fullmatch(r"[\w/]+\.py", word)}
    gone = {word for word in files if not any(f"/{path}".endswith(f"/{word}") for path in SOURCES)}
    places = {word for word in words if re.fullmatch(r"(?:xovac_tui|tests|docs|benchmarks)/[\w/.]*", word)}
    assert gone | {word for word in places if not (TOP / word).exists()} == set()


@by_page
def test_every_name_of_the_code_that_a_page_names_exists(page: Path) -> None:
    """Names are classes in CamelCase, alone or with an attribute, and functions behind their module."""
    gone = set()
    for word in code_of(page):
        name, _, attribute = word.partition(".")
        modules = [text for path, text in SOURCES.items() if path.endswith(f"/{name}.py")]
        if re.fullmatch(r"(?:[A-Z][a-z]+){2,}(?:\.\w+)?", word):
            modules = [one for one in SOURCES.values() if re.search(rf"^ *class {name}\b", one, re.MULTILINE)]
        elif not modules or not re.fullmatch(r"[a-z_]+\.(?!(?:py|toml|md)\b)[a-z_]+", word):
            continue
        if not any(re.search(rf"\b{attribute}\b", text) for text in modules):
            gone.add(word)
    assert gone == set()


def test_the_floors_on_the_page_are_those_of_the_contract() -> None:
    page = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"## Floors\n.*?```\n(.*?)```", page, re.DOTALL)
    settings = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one.get("containers") == ["xovac_tui"])
    assert [set(line.split()) for line in block.splitlines()] == [set(one.split(" | ")) for one in layers]
