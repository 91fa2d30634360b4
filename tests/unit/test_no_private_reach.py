"""No test reaches into private parts: what it asserts can be seen from outside, or comes in from outside."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
OTHERS = {
    "helpers/console.py": {
        "_character_to_key": "Textual turns a sign into the name of a key nowhere else",
        "_background_screens": "Textual names the screens below a dialog nowhere else",
        "_compositor": "Textual shows the cells of a screen nowhere else",
        "_context": "Textual leaves out what is below a dialog, unless its stack is set there",
    },
    "helpers/quiet.py": dict.fromkeys(
        (
            *("_compositor", "_dirty_regions", "_background_screens", "_context", "_handle_exception"),
            *("_on_timer_update", "_update_timer", "_wait_for_screen", "_parse_rules", "_PSEUDO_CLASSES"),
            *("_parent", "_classes", "_id", "_time"),
        ),
        "Textual has no way to draw and to style at the moment that a test chooses",
    )
    | dict.fromkeys(("_ready", "_scheduled"), "asyncio says nowhere else whether a loop has something to do"),
    "ui/test_lines.py": dict.fromkeys(
        ("_compositor", "_dirty_regions", "_render_chops"),
        "what is sent for some cells is compared with the whole picture of Textual's own compositor",
    ),
    "ui/test_partial_pictures.py": dict.fromkeys(
        ("_compositor", "_context", "_background_screens"),
        "what partial pictures leave is compared with the whole picture of Textual's own compositor",
    ),
    "ui/test_snapshots.py": {"_toggle_cursor": "Textual blinks by the wall clock"},
    "unit/test_key_parser.py": {"_timeout_time": "Textual waits by the wall clock until a key is whole"},
}
"""Private names of other libraries that have no public one for it: file -> name -> reason. None is ours."""
PUBLIC = {"_replace", "_asdict", "_fields", "_make", "_exit"}
"""What Python documents, of named tuples and of `os`."""
BY_NAME = {"setattr", "getattr", "delattr", "hasattr", "attrgetter", "patch", "object"}
"""Functions that take the name of an attribute, or the path to one, as text."""
OURS_IN_TEXT = re.compile(r"xovac_tui(?:\.\w+)*?\.(_[a-zA-Z]\w*)")


def private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name != "_" and name not in PUBLIC


def reaches(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each private attribute, import or patched name that is not the file's own."""
    tree = ast.parse(source)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)} | {"self", "cls"}
    for node in ast.walk(tree):
        names: list[str] = []
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        if isinstance(node, ast.Attribute):
            if not (isinstance(node.value, ast.Name) and node.value.id in own):
                names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)] * (called in BY_NAME)
            names = [part for text in texts if isinstance(text, str) for part in text.split(".")]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "xovac_tui" in node.value:
            names = OURS_IN_TEXT.findall(node.value)
            if "import" in node.value:
                # A program for another process.
                names += programs(node.value)
        yield from ((node.lineno, name) for name in names if private(name))


def programs(text: str) -> list[str]:
    try:
        return [name for _, name in reaches(text)]
    except SyntaxError:
        return []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("one._part", ["_part"]),
        ("one._part = 2", ["_part"]),
        ("one.whole._part.other()", ["_part"]),
        ("from xovac_tui.paths import _part, home", ["_part"]),
        ("from xovac_tui._part import home", ["_part"]),
        ("import xovac_tui._part", ["_part"]),
        ('monkeypatch.setattr(paths, "_part", 1)', ["_part"]),
        ('getattr(paths, "_part")', ["_part"]),
        ('load("xovac_tui.paths._part")', ["_part"]),
        ('run("from xovac_tui import paths\\nprint(paths._part)")', ["_part"]),
        ("class Own:\n    def go(self):\n        return self._part, Own._part", []),
        ("super()._part()", ["_part"]),
        ("one._replace(free=1), one.__class__, [_ for _ in one]", []),
        ('say("see xovac_tui.paths and __init__")', []),
    ],
)
def test_what_a_reach_is(source: str, found: list[str]) -> None:
    assert list(dict.fromkeys(name for _, name in reaches(source))) == found


def test_no_test_reaches_into_private_parts() -> None:
    used: dict[str, set[str]] = {}
    said = []
    for path in sorted(TESTS.rglob("*.py")):
        name = path.relative_to(TESTS).as_posix()
        for line, part in [] if path == Path(__file__) else reaches(path.read_text(encoding="utf-8")):
            if part in OTHERS.get(name, ()):
                used.setdefault(name, set()).add(part)
            else:
                said.append(f"tests/{name}, line {line}: `{part}` is private. Assert what can be seen.")
    assert not said, "\n".join(said)
    assert used == {name: set(parts) for name, parts in OTHERS.items()}, "an exception is not needed any more"
